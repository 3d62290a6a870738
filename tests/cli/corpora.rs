//! Files that others made, through the binary. They are not part of this project: `missing::corpora` says where they lie.

use std::path::Path;
use std::process::Command;

use crate::support;
use crate::support::missing::{corpora, has};
use crate::support::{folder, run};

fn name_of(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}

/// Runs a file of JSON in several ways; every way has to end alike.
#[track_caller]
fn ends(here: &Path, file: &Path, format: &str) -> i32 {
    let path = file.to_str().expect("a plain name");
    let mut codes = Vec::new();
    for (target, more) in [
        ("json", &["-j1"][..]),
        ("ndjson", &["-j2", "--slice-size", "1"]),
        ("ndjson", &["--io", "read", "--slice-size", "3"]),
        ("json", &["--op", "trim", "--pretty"]),
    ] {
        let mut arguments = vec!["convert", path, "-f", format, "-t", target, "-o", "out", "-q"];
        arguments.extend(more);
        let ran = run(here, &arguments);
        assert!(!ran.stderr.contains("panicked") && !ran.stderr.contains("a bug in"), "{path}: {}", ran.stderr);
        assert_eq!(here.join("out").exists(), ran.code == 0, "{path}: {}", ran.stderr);
        let _ = std::fs::remove_file(here.join("out"));
        codes.push(ran.code);
    }
    assert!(codes.iter().all(|code| *code == codes[0]), "{path} as {format}: {codes:?}");
    codes[0]
}

#[test]
fn the_json_test_suite() {
    let Some(corpora) = corpora() else { return };
    let here = folder();
    let mut counts = [0; 4];
    // Not one value, as the suite wants it, but documents one after another.
    let documents = ["n_structure_double_array.json"];
    for entry in std::fs::read_dir(corpora.join("json/JSONTestSuite/test_parsing")).unwrap() {
        let path = entry.unwrap().path();
        let (name, bytes) = (name_of(&path), std::fs::read(&path).unwrap());
        let expected: &[i32] = match name.as_bytes()[0] {
            b'y' => &[0],
            b'n' => &[1],
            _ => &[0, 1],
        };
        let code = ends(here.path(), &path, "json");
        assert!(expected.contains(&code) || (code == 0 && documents.contains(&&*name)), "{name} ends with {code}");
        counts[[b'y', b'n', b'i'].iter().position(|kind| *kind == name.as_bytes()[0]).unwrap()] += 1;
        // Without anything in it, NDJSON is good.
        let one_line = !bytes.trim_ascii_end().contains(&b'\n') && !bytes.trim_ascii().is_empty();
        if one_line {
            let code = ends(here.path(), &path, "ndjson");
            assert!(expected.contains(&code), "{name} as NDJSON ends with {code}");
            counts[3] += 1;
        }
    }
    assert!(counts[0] > 60 && counts[1] > 100 && counts[2] > 20 && counts[3] > 200, "{counts:?}");
}

#[test]
fn json_of_others() {
    let Some(corpora) = corpora() else { return };
    let here = folder();
    // jsoncpp's files are of JSON with comments, unless they say otherwise.
    let files = std::fs::read_dir(corpora.join("json/jsoncpp/test/data")).unwrap();
    for path in files.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "json")) {
        let good = support::values::try_json(&String::from_utf8_lossy(&std::fs::read(&path).unwrap())).is_ok();
        // 2000 deep: serde_json passes over raw values without recursion, pagemill has a limit.
        let good = good && !name_of(&path).contains("stack_limit");
        assert_eq!(ends(here.path(), &path, "json"), i32::from(!good), "{}", path.display());
    }
    for entry in std::fs::read_dir(corpora.join("json/JSON-Schema-Test-Suite/tests/draft2020-12")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let expected = support::values::items(&std::fs::read(&path).unwrap());
            let ran = run(here.path(), ["convert", path.to_str().unwrap(), "-t", "ndjson"]).ends(0);
            assert!(support::values::lines(ran.stdout.as_bytes()) == expected, "{}", path.display());
        }
    }
}

#[test]
fn the_script_finds_nothing() {
    let Some(corpora) = corpora() else { return };
    if !has("python3") {
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/check_corpora.py");
    let output = Command::new("python3").arg(script).arg(env!("CARGO_BIN_EXE_pagemill")).arg(corpora).output().unwrap();
    let (out, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{out}");
    assert!(output.status.success(), "{out}\n{errors}");
}
