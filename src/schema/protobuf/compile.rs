//! Compiling `.proto` files.

use std::cell::RefCell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};
use protox::{Compiler, Error};

use super::editions;
use crate::schema::limits::LONGEST;

/// Words that a `.proto` file may begin with.
const BEGINS: [&[u8]; 8] = [b"syntax", b"edition", b"package", b"import", b"message", b"option", b"enum", b"extend"];

/// Whether a text looks like a `.proto` file: it begins with one of its words, after comments.
pub fn is_source(mut text: &[u8]) -> bool {
    text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    loop {
        text = text.trim_ascii_start();
        let end = match text {
            [b'/', b'/', ..] => memchr::memchr(b'\n', text),
            [b'/', b'*', rest @ ..] => memchr::memmem::find(rest, b"*/").map(|at| at + 4),
            _ => break,
        };
        match end {
            Some(end) => text = &text[end..],
            None => return false,
        }
    }
    BEGINS.iter().any(|word| {
        text.strip_prefix(*word).and_then(<[u8]>::first).is_some_and(|next| next.is_ascii_whitespace() || *next == b'=')
    })
}

/// What a file was compiled to.
pub struct Compiled {
    /// A set of descriptors.
    pub set: Vec<u8>,
    /// The name of the file in it.
    pub own: String,
    /// The names of files that have an edition.
    pub editions: HashSet<String>,
}

/// The files that have an edition, so far.
type Editions = Rc<RefCell<HashSet<String>>>;

/// Compiles a file with all that it imports.
pub fn compile(path: &Path, text: &[u8]) -> Result<Compiled, String> {
    let text = std::str::from_utf8(text).map_err(|_| "it is not UTF-8".to_owned())?;
    if text.len() as u64 > LONGEST {
        return Err(format!("it is longer than the {} MiB that a schema may have", LONGEST >> 20));
    }
    let name = path.file_name().map_or("schema.proto".into(), |name| name.to_string_lossy().into_owned());
    let mut chain = ChainFileResolver::new();
    let editions = Editions::default();
    chain.add(Own { name: name.clone(), text: text.to_owned(), editions: editions.clone() });
    folders(path).into_iter().for_each(|folder| chain.add(Folder(folder, editions.clone())));
    chain.add(GoogleFileResolver::new());
    let mut compiler = Compiler::with_file_resolver(chain);
    compiler.include_imports(true).include_source_info(false);
    compiler.open_file(&name).map_err(|error| {
        let more = match editions.borrow().is_empty() {
            true => "",
            false => "\n  Not all of what editions allow is compiled here; a descriptor set is taken too: protoc --include_imports --descriptor_set_out=FILE",
        };
        said(&error, path) + more
    })?;
    Ok(Compiled { set: compiler.encode_file_descriptor_set(), own: name, editions: editions.take() })
}

/// Where imported files are looked for: the folder of the file, and those around it.
fn folders(path: &Path) -> Vec<PathBuf> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    path.ancestors().skip(1).map(Path::to_path_buf).collect()
}

/// An error with its place.
fn said(error: &Error, path: &Path) -> String {
    // This form has the file, the line and the column.
    let said = format!("{error:?}");
    let own = path.file_name().map(|name| format!("{}:", name.to_string_lossy())).unwrap_or_default();
    let said = match said.strip_prefix(&own) {
        Some(rest) => match rest.split_once(": ") {
            Some((place, what)) if !place.contains(' ') => match place.split_once(':') {
                Some((line, column)) => format!("line {line}, column {}: {what}", column.trim_end_matches(':')),
                None => rest.trim_start().to_owned(),
            },
            _ => rest.trim_start().to_owned(),
        },
        None => said,
    };
    match error.is_file_not_found() {
        true => format!("{said}\n  Imports are looked for in the folder of the file and in those around it."),
        false => said,
    }
}

/// The schema itself.
struct Own {
    name: String,
    text: String,
    editions: Editions,
}

/// A file of which the edition is noted.
fn parsed(name: &str, text: &str, noted: &Editions) -> Result<File, Error> {
    let as_syntax = editions::as_syntax(text);
    if as_syntax.is_some() {
        noted.borrow_mut().insert(name.to_owned());
    }
    File::from_source(name, as_syntax.as_deref().unwrap_or(text))
}

impl FileResolver for Own {
    fn resolve_path(&self, path: &Path) -> Option<String> {
        (path == Path::new(&self.name)).then(|| self.name.clone())
    }

    fn open_file(&self, name: &str) -> Result<File, Error> {
        match name == self.name {
            true => parsed(name, &self.text, &self.editions),
            false => Err(Error::file_not_found(name)),
        }
    }
}

/// A folder in which imported files are looked for.
struct Folder(PathBuf, Editions);

impl FileResolver for Folder {
    fn open_file(&self, name: &str) -> Result<File, Error> {
        let path = self.0.join(name);
        let is_short = std::fs::metadata(&path).is_ok_and(|of| of.is_file() && of.len() <= LONGEST);
        match std::fs::read_to_string(&path) {
            Ok(text) if is_short => parsed(name, &text, &self.1),
            _ => Err(Error::file_not_found(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_known_by_their_beginning() {
        for text in ["syntax = \"proto3\";", "// a\n/* b */ package x;", "\u{feff}message A {}", "syntax=\"proto2\";"] {
            assert!(is_source(text.as_bytes()), "{text}");
        }
        for text in ["", "{\"type\":\"record\"}", "// a", "messages", "id,message\n"] {
            assert!(!is_source(text.as_bytes()), "{text}");
        }
    }
}
