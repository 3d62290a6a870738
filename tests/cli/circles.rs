//! Circles of files: files that use each other, directly or by way of others.

use std::collections::{BTreeMap, BTreeSet};

/// Which file uses which; the code of each file is without comments, strings and tests.
pub struct Graph<'c> {
    /// The modules, as paths like `flow::order::commit`, and the files that they are.
    files: BTreeMap<String, &'c str>,
    /// For each module the names that it hands on from others.
    handed_on: BTreeMap<String, BTreeMap<String, String>>,
    edges: BTreeMap<&'c str, BTreeSet<&'c str>>,
}

/// The module that a file is, as a path from the root.
fn module_of(file: &str) -> String {
    let path = file.trim_end_matches(".rs");
    path.strip_suffix("/mod").unwrap_or(path).replace('/', "::")
}

impl<'c> Graph<'c> {
    /// `uses` gives the paths from the root that a file uses.
    pub fn new(code: &'c [(String, String)], uses: impl Fn(&str, &str) -> Vec<String>) -> Graph<'c> {
        let code: Vec<_> = code.iter().filter(|(file, _)| !["lib.rs", "main.rs"].contains(&file.as_str())).collect();
        let files = code.iter().map(|(file, _)| (module_of(file), file.as_str())).collect();
        let mut graph = Graph { files, handed_on: BTreeMap::new(), edges: BTreeMap::new() };
        for (file, text) in &code {
            let module = module_of(file);
            let (public, _) = split(text);
            let names = graph.paths(&module, &public, &uses(file, &public));
            let named = names.into_iter().filter_map(|path| Some((path.rsplit("::").next()?.to_owned(), path)));
            graph.handed_on.insert(module, named.collect());
        }
        for (file, text) in &code {
            let module = module_of(file);
            let (_, own) = split(text);
            let used = graph.paths(&module, &own, &uses(file, &own));
            let used: BTreeSet<&str> = used.iter().filter_map(|path| graph.file(path, 0)).collect();
            graph.edges.insert(file, used.into_iter().filter(|other| other != file).collect());
        }
        graph
    }

    /// The paths from the root that code of a module uses: those that say so, and those that begin with a module in it.
    fn paths(&self, module: &str, code: &str, rooted: &[String]) -> Vec<String> {
        let mut found = rooted.to_vec();
        let word = |c: char| c.is_alphanumeric() || c == '_';
        for (at, _) in code.match_indices("::") {
            let start = code[..at].rfind(|c| !word(c)).map_or(0, |before| before + 1);
            let child = format!("{module}::{}", &code[start..at]);
            if code[..start].ends_with("::") || !self.files.contains_key(&child) {
                continue;
            }
            let rest = &code[at + 2..];
            let names = rest.strip_prefix('{').map_or(rest, |group| group.split('}').next().unwrap_or_default());
            let one = rest.find(|c| !word(c)).unwrap_or(rest.len());
            match rest.starts_with('{') {
                true => found.extend(names.split(',').map(|name| format!("{child}::{}", name.trim()))),
                false => found.push(format!("{child}::{}", &rest[..one])),
            }
        }
        found
    }

    /// The file in which something is defined, whoever hands it on.
    fn file(&self, path: &str, depth: usize) -> Option<&'c str> {
        let parts: Vec<&str> = path.split("::").filter(|part| !part.is_empty()).collect();
        for len in (1..=parts.len()).rev() {
            let module = parts[..len].join("::");
            let Some(file) = self.files.get(&module) else { continue };
            let name = parts.get(len).copied().unwrap_or_default();
            let from = self.handed_on.get(&module).and_then(|names| names.get(name));
            let defined = from.filter(|_| depth < 5).and_then(|from| self.file(from, depth + 1));
            return defined.or(Some(file));
        }
        None
    }

    /// The circles: files of which each uses each other one in some way.
    pub fn circles(&self) -> Vec<Vec<&'c str>> {
        let mut left: BTreeSet<&str> = self.edges.keys().copied().collect();
        let mut found = Vec::new();
        while let Some(file) = left.pop_first() {
            let reached = self.reached(file);
            let circle: Vec<&str> =
                reached.iter().copied().filter(|other| self.reached(other).contains(file)).collect();
            if reached.contains(file) {
                circle.iter().for_each(|other| _ = left.remove(other));
                found.push(circle);
            }
        }
        found
    }

    fn reached(&self, from: &'c str) -> BTreeSet<&'c str> {
        let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(file) = next.pop() {
            let used = self.edges.get(file).into_iter().flatten();
            next.extend(used.filter(|other| reached.insert(**other)));
        }
        reached
    }
}

/// What a file hands on (`pub use`), and the rest of its code.
fn split(code: &str) -> (String, String) {
    let (mut public, mut own) = (String::new(), String::new());
    let mut rest = code;
    while let Some(at) = rest.find("pub") {
        let behind = &rest[at + 3..];
        let visible = behind.strip_prefix("(crate)").or_else(|| behind.strip_prefix("(super)")).unwrap_or(behind);
        let (into, len) = match visible.trim_start().starts_with("use ") {
            true => (&mut public, rest[at..].find(';').map_or(rest.len() - at, |end| end + 1)),
            false => (&mut own, 3),
        };
        let (before, after) = (&rest[..at], &rest[at + len..]);
        into.push_str(&rest[at..at + len]);
        into.push('\n');
        own.push_str(before);
        rest = after;
    }
    own.push_str(rest);
    (public, own)
}
