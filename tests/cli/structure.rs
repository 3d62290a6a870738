//! The shape of the source: who may use whom, where `unsafe` may be, how long a file may get.

use std::fs;
use std::path::{Path, PathBuf};

use crate::circles::Graph;

/// The layers, lowest first. A module may use those below its own layer, and itself.
const LAYERS: [&[&str]; 13] = [
    &["nearest", "sigma", "wording", "chart", "address"],
    &["error"],
    &["sys", "scan"],
    &["memory", "compress"],
    &["record"],
    &["schema"],
    &["expr"],
    &["source", "format", "op", "sink", "spill", "metrics"],
    &["job", "plan", "flow", "fold", "quarantine", "resume", "sample", "monitor"],
    &["history", "alerts", "dashboard", "otlp", "bench", "profile", "described"],
    &["config", "tune"],
    &["cli"],
    &["main", "lib"],
];

/// The rooms of a run, which may use each other's files: what keeps them in order is that no files do so in a circle.
const RUN: [&str; 6] = ["job", "plan", "flow", "fold", "quarantine", "resume"];

/// What `sample` may use, although more lies below it.
const SAMPLE_MAY_USE: [&str; 6] = ["format", "record", "error", "scan", "memory", "wording"];

/// Only these may have `unsafe` code.
const UNSAFE_IN: [&str; 2] = ["sys", "scan"];

/// Only these name a format, apart from the formats' own room, tests, and examples in comments: the makers of samples
/// write formats themselves, because nothing that reads or writes them in earnest may know what a sample is.
const FORMATS_NAMED_IN: [&str; 1] = ["sample/mod.rs"];

/// Only these look at what a source or a target is: the rooms of both, what names a source, and what feeds workers. Others
/// ask it what it can.
const PLACES_MATCHED_IN: [&str; 4] = ["source/", "sink/", "job/spec.rs", "flow/feed/"];

/// A pattern that asks what a source or a target is.
fn matched_place(line: &str) -> Option<&'static str> {
    let arm = line.split_once("=>").map(|(pattern, _)| pattern);
    let bound = line.split_once("let ").and_then(|(_, rest)| rest.split_once(" = ")).map(|(pattern, _)| pattern);
    let asked = line.split_once("matches!").map(|(_, rest)| rest);
    let patterns = [arm, bound, asked];
    let found = |variant: &&str| patterns.into_iter().flatten().any(|pattern| pattern.contains(*variant));
    ["SourceSpec::", "TargetSpec::", "Bytes::Mapped", "Bytes::Stream"].into_iter().find(found)
}

/// The longest file, in lines.
const LONGEST: usize = 600;

#[test]
fn the_source_keeps_its_shape() {
    let files = files();
    assert!(files.len() > 20, "there are only {} files", files.len());
    let found: Vec<String> = files.iter().flat_map(|(name, text)| check(name, text)).collect();
    assert!(found.is_empty(), "{} faults:\n{}", found.len(), found.join("\n"));
    let code: Vec<(String, String)> =
        files.iter().map(|(name, text)| (name.clone(), without_tests(&blank(text)))).collect();
    let circles = circles_of(&code);
    assert!(circles.is_empty(), "circles of files: {circles:#?}");
}

fn circles_of(code: &[(String, String)]) -> Vec<Vec<&str>> {
    Graph::new(code, |file, code| uses(file, code).into_iter().map(|(_, path)| path).collect()).circles()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
}

/// Where the modules stand that a file declares for tests only: paths without `.rs`.
fn test_modules(name: &str, text: &str) -> Vec<String> {
    let code = blank(text);
    let mut found = Vec::new();
    for behind in code.split("#[cfg(test)]").skip(1) {
        let rest = behind.trim_start().trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
        if let Some((module, _)) = rest.strip_prefix("mod ").and_then(|rest| rest.split_once([';', '{'])) {
            let mut place = place(name);
            place.push(module.trim());
            found.push(place.join("/"));
        }
    }
    found
}

/// Whether a file is one of these modules, or inside one.
fn is_in(name: &str, modules: &[String]) -> bool {
    modules
        .iter()
        .any(|module| name.strip_prefix(module.as_str()).is_some_and(|rest| rest == ".rs" || rest.starts_with('/')))
}

/// The faults of one file; `name` is its path inside `src`.
fn check(name: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let lines = text.lines().count();
    if lines > LONGEST {
        faults.push(format!("{name}: {lines} lines are more than {LONGEST}"));
    }
    let code = without_tests(&blank(text));
    let source: Vec<&str> = text.lines().collect();
    for (line, used) in uses(name, &code) {
        if let Some(reason) = forbidden(name, &used) {
            faults.push(format!("{name}:{}: {reason}", line + 1));
        }
    }
    for (index, line) in code.lines().enumerate() {
        let place = format!("{name}:{}", index + 1);
        let mut fault = |what: String| faults.push(format!("{place}: {what}"));
        if let Some(variant) = named_format(line)
            && module(name) != "format"
            && !FORMATS_NAMED_IN.contains(&name)
        {
            fault(format!("`{variant}` names a format; ask what is true of it"));
        }
        if let Some(variant) = matched_place(line)
            && !PLACES_MATCHED_IN.iter().any(|place| name.starts_with(place))
        {
            fault(format!("matches on {variant}; ask it what it can"));
        }
        if hides_arguments(line) {
            fault("a function takes a tuple apart; give each part a parameter, or the whole a type".to_owned());
        }
        for word in ["todo!", "dbg!", "unimplemented!", ".unwrap()"] {
            if line.contains(word) {
                fault(format!("{word} outside of tests"));
            }
        }
        if is_unsafe(line) {
            if !UNSAFE_IN.contains(&module(name)) {
                fault("`unsafe` outside of sys and scan".to_owned());
            }
            if !is_justified(&source, index) && !is_of_a_trait(&source, index) {
                fault("`unsafe` without a SAFETY comment".to_owned());
            }
        }
    }
    faults
}

/// The first part of a path: the module that it belongs to.
fn module(name: &str) -> &str {
    name.split('/').next().unwrap_or(name).trim_end_matches(".rs")
}

/// The paths from the root that a file uses, each with its line (from 0): after `crate::`, `pagemill::`
/// and `super::`; a group `{a, b::c}` is taken apart.
fn uses(name: &str, code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for start in ["crate::", "pagemill::", "super::"] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | ':')) {
                continue;
            }
            let mut rest = &code[at..];
            let mut root = vec![];
            if start == "super::" {
                root = place(name);
                while let Some(behind) = rest.strip_prefix("super::") {
                    root.pop();
                    rest = behind;
                }
            } else {
                rest = &rest[start.len()..];
            }
            let line = code[..at].matches('\n').count();
            let root: String = root.iter().map(|part| format!("{part}::")).collect();
            let mut paths = vec![];
            expand(&root, rest, &mut paths);
            found.extend(paths.into_iter().map(|path| (line, path)));
        }
    }
    found
}

/// Where a file stands in the tree of modules.
fn place(name: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = name.trim_end_matches(".rs").split('/').collect();
    if matches!(parts.last(), Some(&("mod" | "lib" | "main"))) {
        parts.pop();
    }
    parts
}

/// Adds the paths of a use tree that begins at `text` to `paths`; gives back what follows it.
fn expand<'t>(root: &str, text: &'t str, paths: &mut Vec<String>) -> &'t str {
    let text = text.trim_start();
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | ':'))).unwrap_or(text.len());
    let (path, rest) = text.split_at(end);
    let path = format!("{root}{path}");
    let Some(mut rest) = rest.strip_prefix('{') else {
        paths.push(path);
        return rest;
    };
    loop {
        rest = expand(&path, rest, paths);
        // Behind a member: ` as name`, a comma, or the end of the group.
        match rest.find([',', '}']) {
            Some(at) if rest[at..].starts_with(',') => rest = &rest[at + 1..],
            Some(at) => return &rest[at + 1..],
            None => return "",
        }
    }
}

/// Why a file may not use a path.
fn forbidden(name: &str, used: &str) -> Option<String> {
    let from = module(name);
    let mut parts = used.split("::").filter(|part| !part.is_empty());
    let to = match parts.next()? {
        "audit" => "memory", // re-exported at the root
        to => to,
    };
    if from == to {
        return other_format(name, parts.next()?);
    }
    // What is no module of the table is an item at the root: fine for the command, else a way around the table.
    let (Some(own), layer) = (layer(from), layer(to)) else {
        return Some(format!("the module `{from}` has no layer; add it to the table"));
    };
    match layer {
        None if from == "main" || from == "lib" || from == "cli" => None,
        None => Some(format!("`{from}` uses crate::{to}, which has no layer")),
        Some(_) if from == "sample" && !SAMPLE_MAY_USE.contains(&to) => Some(format!("`sample` may not use `{to}`")),
        Some(_) if RUN.contains(&from) && RUN.contains(&to) => None,
        Some(layer) if layer >= own => Some(format!("`{from}` may not use `{to}`: dependencies point downwards")),
        Some(_) => None,
    }
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// A format never uses another format.
fn other_format(name: &str, item: &str) -> Option<String> {
    let mut parts = name.strip_prefix("format/")?.split('/');
    let own = parts.next()?;
    // Files right under format/ are the table, which knows them all.
    parts.next()?;
    let is_format = || Path::new(env!("CARGO_MANIFEST_DIR")).join("src/format").join(item).is_dir();
    // The records of columns travel as data of Avro between threads.
    let rides = (own, item) == ("columnar", "avro");
    (item != own && !rides && is_format()).then(|| format!("the format `{own}` may not use the format `{item}`"))
}

/// A format that a line names: a variant of `Format` (its constants are in capitals), or what would hide one.
fn named_format(line: &str) -> Option<&str> {
    line.match_indices("Format").find_map(|(at, word)| {
        let rest = &line[at + word.len()..];
        let inside = line[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        let named = rest.strip_prefix("::").is_some_and(|item| {
            let second = item.chars().nth(1);
            item.starts_with(['{', '*'])
                || item.starts_with(|c: char| c.is_ascii_uppercase()) && !second.is_some_and(|c| c.is_ascii_uppercase())
        });
        let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | ':'))).unwrap_or(rest.len());
        (!inside && (named || rest.starts_with(" as "))).then(|| &line[at..at + word.len() + end])
    })
}

/// Whether a function's parameter is a tuple that is taken apart. (Closures get tuples from iterators.)
fn hides_arguments(line: &str) -> bool {
    let apart = ["): (", "): &(", "): &mut ("].iter().find_map(|mark| line.find(mark));
    let other = line.contains('|') || line.contains("let ");
    apart.is_some_and(|at| !other && !line[..at].ends_with('('))
}

fn is_unsafe(line: &str) -> bool {
    line.match_indices("unsafe").any(|(at, word)| {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let rest = line[at + word.len()..].trim_start();
        !line[..at].chars().next_back().is_some_and(is_word)
            && !line[at + word.len()..].chars().next().is_some_and(is_word)
            // The type of a function pointer needs no proof; its call does.
            && !rest.starts_with("fn(")
    })
}

/// Whether the comment above a line, or on it, says why it is sound. Lines that continue or attribute the
/// statement may stand between.
fn is_justified(source: &[&str], index: usize) -> bool {
    let says = |line: &str| line.contains("SAFETY:") || line.contains("# Safety");
    if source.get(index).is_some_and(|line| says(line)) {
        return true;
    }
    let mut others = 0;
    for line in source[..index].iter().rev() {
        let line = line.trim_start();
        if says(line) {
            return true;
        }
        let is_comment = line.starts_with("//") || line.starts_with("#[") || line.starts_with("#![");
        others += usize::from(!is_comment);
        if others > 2 || line.is_empty() {
            return false;
        }
    }
    false
}

/// Whether a line begins a function of a trait's implementation: its contract stands at the trait.
fn is_of_a_trait(source: &[&str], index: usize) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let own = indent(source[index]);
    if !source[index].contains("unsafe fn ") || own == 0 {
        return false;
    }
    // rustfmt indents what is inside, so the nearest line further out is the head of the block.
    let head = source[..index].iter().rev().find(|line| !line.trim().is_empty() && indent(line) < own);
    head.is_some_and(|line| line.trim_start().starts_with("impl") && line.contains(" for "))
}

/// The text with comments and the insides of strings and characters replaced by blanks.
fn blank(text: &str) -> String {
    separate(text).0
}

/// The code of a text, and its strings, each with blanks in place of all else.
fn separate(text: &str) -> (String, String) {
    let chars: Vec<char> = text.chars().collect();
    let (mut code, mut strings) = (String::with_capacity(text.len()), String::with_capacity(text.len()));
    let blank = |c: &char| if *c == '\n' { '\n' } else { ' ' };
    let mut at = 0;
    while at < chars.len() {
        let mut is_string = false;
        let end = match chars[at] {
            '/' if chars.get(at + 1) == Some(&'/') => find(&chars, at, |i| chars[i] == '\n'),
            '/' if chars.get(at + 1) == Some(&'*') => comment_end(&chars, at),
            '"' => {
                is_string = true;
                string_end(&chars, at)
            }
            'r' if is_raw_string(&chars, at) => {
                is_string = true;
                raw_string_end(&chars, at)
            }
            '\'' if is_char(&chars, at) => find(&chars, at + 2, |i| chars[i] == '\'') + 1,
            c => {
                code.push(c);
                strings.push(blank(&c));
                at += 1;
                continue;
            }
        };
        let all = &chars[at..end.min(chars.len())];
        code.extend(all.iter().map(blank));
        strings.extend(all.iter().map(|c| if is_string { *c } else { blank(c) }));
        at += all.len();
    }
    (code, strings)
}

/// The lines of a file that have strings, apart from its tests: their numbers from 1, and the strings.
pub fn strings(text: &str) -> Vec<(usize, String)> {
    let (code, strings) = separate(text);
    let kept = without_tests(&code);
    let lines = code.lines().zip(kept.lines()).zip(strings.lines()).enumerate();
    let own = lines.filter(|(_, ((code, kept), strings))| code == kept && !strings.trim().is_empty());
    own.map(|(index, (_, strings))| (index + 1, strings.to_owned())).collect()
}

/// The files of the source, with their paths inside `src`, apart from those that are only tests.
pub fn files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    let name = |path: &PathBuf| path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
    let files = files.iter().map(|path| (name(path), fs::read_to_string(path).unwrap()));
    let files: Vec<(String, String)> = files.collect();
    let tests: Vec<String> = files.iter().flat_map(|(name, text)| test_modules(name, text)).collect();
    files.into_iter().filter(|(name, _)| !is_in(name, &tests)).collect()
}

fn find(chars: &[char], from: usize, test: impl Fn(usize) -> bool) -> usize {
    (from..chars.len()).find(|&i| test(i)).unwrap_or(chars.len())
}

fn comment_end(chars: &[char], at: usize) -> usize {
    let mut depth = 0;
    let mut i = at;
    while i + 1 < chars.len() {
        match (chars[i], chars[i + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                i += 1;
                continue;
            }
        }
        i += 2;
        if depth == 0 {
            return i;
        }
    }
    chars.len()
}

fn string_end(chars: &[char], at: usize) -> usize {
    let mut i = at + 1;
    while i < chars.len() && chars[i] != '"' {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    i + 1
}

fn is_raw_string(chars: &[char], at: usize) -> bool {
    let starts_word = at == 0 || !(chars[at - 1].is_alphanumeric() || chars[at - 1] == '_') || chars[at - 1] == 'b';
    let quote = find(chars, at + 1, |i| chars[i] != '#');
    starts_word && chars.get(quote) == Some(&'"')
}

fn raw_string_end(chars: &[char], at: usize) -> usize {
    let quote = find(chars, at + 1, |i| chars[i] != '#');
    let hashes = quote - at - 1;
    let closes = |i: usize| chars[i] == '"' && (1..=hashes).all(|n| chars.get(i + n) == Some(&'#'));
    find(chars, quote + 1, closes) + 1 + hashes
}

/// Whether a quote begins a character and not a lifetime.
fn is_char(chars: &[char], at: usize) -> bool {
    chars.get(at + 1) == Some(&'\\') || chars.get(at + 2) == Some(&'\'')
}

/// The code without what follows `#[cfg(test)]`, line for line.
fn without_tests(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        if !line.trim_start().starts_with("#[cfg(test)]") {
            out.push_str(line);
            out.push('\n');
            continue;
        }
        out.push('\n');
        let mut depth = 0i32;
        for line in lines.by_ref() {
            out.push('\n');
            depth += line.matches('{').count() as i32 - line.matches('}').count() as i32;
            let is_attribute = line.trim_start().starts_with("#[");
            if depth <= 0 && !line.trim().is_empty() && !is_attribute {
                break;
            }
        }
    }
    out
}

mod checks_can_fail {
    use super::*;

    fn faults(name: &str, text: &str) -> String {
        check(name, text).join("\n")
    }

    #[test]
    fn upward_edges() {
        for (name, text) in [
            ("memory/arena.rs", "use crate::record::Batch;"),
            ("op/case.rs", "use crate::format::Format;"),
            ("op/case.rs", "fn f() { let x = crate::job::Job; }"),
            ("source/mod.rs", "use crate::sink::File;"),
            ("job/single.rs", "use crate::{error::Error, config::Raw};"),
            ("flow/worker.rs", "use crate::sample::Sample;"),
            ("sample/mod.rs", "use crate::metrics::Report;"),
            ("sys/map.rs", "use crate::scan::count;"),
            ("format/csv/cut.rs", "use crate::format::json::Scanner;"),
            ("format/csv/cut.rs", "use super::super::json::Scanner;"),
            ("format/csv/mod.rs", "use super::{Cut,\n    json::Scanner};"),
            ("format/csv/mod.rs", "use crate::{\n    error::Error,\n    format::{Cut, json::{self, X}},\n};"),
            ("record/batch.rs", "use crate::{\n    error::Error,\n    job::Job as J,\n};"),
            ("format/csv/cut.rs", "use crate::audit2::x;"),
            ("newmodule/mod.rs", "use crate::error::Error;"),
        ] {
            assert!(!faults(name, text).is_empty(), "{name}: {text}");
        }
        for (name, text) in [
            ("memory/arena.rs", "use crate::error::Error; // crate::job is above"),
            ("format/csv/cut.rs", "use crate::format::{Cut, csv::Dialect};"),
            ("format/csv/cut.rs", "use crate::format::csv::Dialect;"),
            ("format/csv/cut.rs", "use super::{Dialect, super::Cut};"),
            ("format/mod.rs", "use crate::format::json::open;"),
            ("cli/run.rs", "use pagemill::{job::{Job, Settings}, config::Raw};"),
            ("job/single.rs", "/* crate::cli */ use crate::metrics::Report; const T: &str = \"crate::cli\";"),
        ] {
            assert_eq!(faults(name, text), "", "{name}: {text}");
        }
    }

    #[test]
    fn names_of_formats() {
        for text in [
            "fn f(x: Format) -> bool { matches!(x, Format::Csv | Format::Tsv) }",
            "fn f() { g(pagemill::Format::Json) }",
            "use crate::format::Format::*;",
            "use crate::format::Format::{Csv, Tsv};",
            "use crate::format::Format as F;",
        ] {
            assert!(faults("job/open.rs", text).contains("names a format"), "{text}");
            assert!(faults("cli/args.rs", text).contains("names a format"), "{text}");
        }
        for (name, text) in [
            ("job/open.rs", "fn f(x: Format) -> bool { x == Format::PLAIN || Format::ALL.len() > 1 }"),
            ("job/open.rs", "/// `Format::Csv`\nfn f(x: &dyn WriteFormat) { ReadFormat::start(x); Format::name; }"),
            ("job/open.rs", "#[cfg(test)]\nmod tests {\n  fn f() { g(Format::Csv) }\n}\n"),
            ("format/choose.rs", "fn f() { g(Format::Csv) }"),
            ("sample/mod.rs", "fn f() { g(Format::Csv) }"),
        ] {
            assert_eq!(faults(name, text), "", "{name}: {text}");
        }
    }

    #[test]
    fn circles() {
        let code = |files: &[(&str, &str)]| -> Vec<(String, String)> {
            files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
        };
        // By way of a third, and by a name that is handed on.
        let three = code(&[
            ("a/mod.rs", "mod x;\npub use x::Deep;"),
            ("a/x.rs", "use crate::b::B;"),
            ("b.rs", "use crate::{c::C, d::D};"),
            ("c.rs", "fn f() { crate::a::Deep; }"),
            ("d.rs", "use crate::e::E;"),
            ("e.rs", ""),
        ]);
        assert_eq!(circles_of(&three), [["a/x.rs", "b.rs", "c.rs"]]);
        // A room and a file in it.
        let inner = code(&[("a/mod.rs", "mod x;\nuse x::{X, Y};"), ("a/x.rs", "use super::Own;")]);
        assert_eq!(circles_of(&inner), [["a/mod.rs", "a/x.rs"]]);
        let none = code(&[("a/mod.rs", "mod x;\npub(crate) use x::X;"), ("a/x.rs", "use super::Own;")]);
        assert_eq!(circles_of(&none), Vec::<Vec<&str>>::new());
    }

    #[test]
    fn unsafe_code() {
        let good = "// SAFETY: because.\nunsafe { f() }\n/// # Safety\n/// Never.\n#[inline]\npub unsafe fn g() {}\n";
        assert_eq!(faults("sys/a.rs", good), "");
        assert!(faults("memory/a.rs", good).contains("outside of sys and scan"));
        assert!(faults("scan/a.rs", "unsafe { f() }").contains("SAFETY"));
        assert!(
            faults("scan/a.rs", "// SAFETY: far away\n\nfn f() {\n let a = 1;\n unsafe { g() }").contains("SAFETY")
        );
        let of =
            |head: &str| faults("scan/a.rs", &format!("{head} {{\n    fn g() {{}}\n\n    unsafe fn f() {{}}\n}}\n"));
        assert_eq!(of("impl Classify for Portable"), "");
        assert!(of("impl Portable").contains("a.rs:4") && of("trait Classify").contains("a.rs:4"));
        assert_eq!(faults("op/a.rs", "#![deny(unsafe_code)]\n// unsafe {\nlet s = \"unsafe {\";"), "");
        assert_eq!(faults("scan/a.rs", "type F = unsafe fn(&[u8]) -> usize;"), "");
    }

    #[test]
    fn tuples_of_arguments() {
        for bad in ["fn f((a, b): (u8, u8)) {}", "fn f(\n    (a, b): &mut (u8, u8),\n) {}"] {
            assert!(faults("op/a.rs", bad).contains("tuple"), "{bad}");
        }
        for good in ["fn f((): &()) {}", "fn f() { let (a, b): (u8, u8) = g(); h(|(c, d): (u8, u8)| c) }"] {
            assert_eq!(faults("op/a.rs", good), "", "{good}");
        }
    }

    #[test]
    fn what_must_not_stay() {
        assert!(faults("op/a.rs", "fn f() { x.unwrap(); }").contains("a.rs:1: .unwrap()"));
        assert!(faults("op/a.rs", "fn f() { todo!() }").contains("todo!"));
        assert!(faults("op/a.rs", "fn f() { dbg!(1); }").contains("dbg!"));
        let tested = "fn f() {}\n#[cfg(test)]\nmod tests {\n  fn g() { x.unwrap(); }\n}\n";
        assert_eq!(faults("op/a.rs", tested), "");
        assert!(faults("op/a.rs", &format!("{tested}fn h() {{ y.unwrap() }}\n")).contains("a.rs:6"));
        assert_eq!(
            faults("op/a.rs", "/// x.unwrap();\nfn f<'a>(c: &'a char) { c == &'\"'; let s = r#\"todo!\"#; }"),
            ""
        );
        assert!(faults("op/a.rs", "fn f<'a>(x: &'a u8) -> char { '\\'' }\nfn g() { todo!() }").contains(":2"));
        let tests = test_modules("op/case/mod.rs", "mod a;\n#[cfg(test)]\nmod tests;\n// #[cfg(test)]\nmod b;");
        assert_eq!(tests, ["op/case/tests"]);
        assert!(is_in("op/case/tests.rs", &tests) && is_in("op/case/tests/big.rs", &tests));
        assert!(!is_in("op/case/tests2.rs", &tests) && !is_in("op/case/b.rs", &tests));
        assert_eq!(test_modules("op/case.rs", "#[cfg(test)]\npub(crate) mod testing;"), ["op/case/testing"]);
        assert!(faults("op/a.rs", &"\n".repeat(601)).contains("601 lines"));
    }
}
