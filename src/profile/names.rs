//! The functions at addresses of this process.

use std::collections::HashMap;

/// Where the source of this crate was when it was built.
const HOME: &str = env!("CARGO_MANIFEST_DIR");

/// A function, and a place in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Named {
    /// Its name as people read it: one without a path has its source file after it. An address if nothing is known of it.
    pub name: String,
    /// Its name as debug information has it.
    pub raw: String,
    /// Its source file, if that is known.
    pub file: String,
    /// The line, from 1; 0: not known.
    pub line: u32,
}

/// The functions at the addresses of some stacks. One address has several if calls were inlined there: the innermost
/// comes first.
pub struct Names(HashMap<usize, Vec<Named>>);

impl Names {
    /// Looks up these addresses in the debug information of the program and its libraries, which takes memory and time.
    pub fn of(addresses: impl Iterator<Item = usize>) -> Names {
        let mut names = HashMap::new();
        for address in addresses {
            names.entry(address).or_insert_with(|| at(address));
        }
        Names(names)
    }

    /// The functions at an address.
    pub fn at(&self, address: usize) -> &[Named] {
        self.0.get(&address).map_or(&[], |named| named)
    }
}

fn at(address: usize) -> Vec<Named> {
    let mut found = Vec::new();
    // An address is taken for that of the instruction after a call.
    backtrace::resolve((address + 1) as *mut _, |symbol| {
        let Some(name) = symbol.name() else { return };
        let file = symbol.filename().map(|file| file.to_string_lossy().into_owned());
        // Without the hash at its end.
        let raw = format!("{name:#}");
        let file = file.unwrap_or_default();
        found.push(Named { name: placed(&raw, &file), raw, file, line: symbol.lineno().unwrap_or(0) });
    });
    if found.is_empty() {
        let name = format!("{address:#x}");
        found.push(Named { raw: name.clone(), name, ..Named::default() });
    }
    found
}

/// The name of a function, with its file where the name alone says too little: line tables have nothing but `run` or
/// `{closure#0}` for functions that were inlined.
fn placed(name: &str, file: &str) -> String {
    // Type arguments have paths too.
    let own = name.split('<').next().unwrap_or_default();
    match name.starts_with('<') || own.contains("::") && !name.starts_with("{closure") || file.is_empty() {
        true => name.to_owned(),
        false => format!("{name} ({})", short(file)),
    }
}

/// A source file as its crate knows it: below `src/`, and after the name of the crate unless that is this one.
fn short(file: &str) -> String {
    let file = file.replace('\\', "/");
    let home = HOME.replace('\\', "/");
    if let Some(own) = file.strip_prefix(&home).and_then(|own| own.strip_prefix('/')) {
        return own.strip_prefix("src/").unwrap_or(own).to_owned();
    }
    let Some((before, within)) = file.rsplit_once("/src/") else {
        return file.rsplit('/').next().unwrap_or_default().to_owned();
    };
    let folder = before.rsplit('/').next().unwrap_or_default();
    // Folders of packages end with their version.
    let is_version = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit()) && rest.contains('.');
    let cut =
        folder.match_indices('-').find(|(at, _)| is_version(&folder[at + 1..])).map_or(folder.len(), |(at, _)| at);
    format!("{}/{within}", &folder[..cut])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_a_path_has_its_file() {
        let own = format!("{HOME}/src/format/json/columns.rs");
        let table = [
            ("encode", &*own, "encode (format/json/columns.rs)"),
            ("{closure#0}", &own, "{closure#0} (format/json/columns.rs)"),
            ("{closure#0}<pagemill::Job>", &own, "{closure#0}<pagemill::Job> (format/json/columns.rs)"),
            ("run<core::option::Option<u8>>", &own, "run<core::option::Option<u8>> (format/json/columns.rs)"),
            ("pagemill::format::json::encode", &own, "pagemill::format::json::encode"),
            ("<u8 as core::clone::Clone>::clone", &own, "<u8 as core::clone::Clone>::clone"),
            (
                "wait",
                "/home/me/.cargo/registry/src/index-1949/rayon-core-1.13.0/src/job.rs",
                "wait (rayon-core/job.rs)",
            ),
            ("next", "/rustc/0123abcd/library/core/src/str/iter.rs", "next (core/str/iter.rs)"),
            ("deflate", "/build/zlib/deflate.c", "deflate (deflate.c)"),
            ("memcpy", "", "memcpy"),
        ];
        for (name, file, expected) in table {
            assert_eq!(placed(name, file), expected);
        }
    }
}
