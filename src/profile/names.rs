//! The functions at addresses of this process.

use std::collections::HashMap;

/// A function, and a place in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Named {
    /// Its name; an address if nothing is known of it.
    pub name: String,
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
        found.push(Named {
            // Without the hash at its end.
            name: format!("{name:#}"),
            file: file.unwrap_or_default(),
            line: symbol.lineno().unwrap_or(0),
        });
    });
    if found.is_empty() {
        found.push(Named { name: format!("{address:#x}"), ..Named::default() });
    }
    found
}
