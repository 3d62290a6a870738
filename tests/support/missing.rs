//! What a test needs and this machine lacks.

/// Says that something is left out because this machine lacks `what`: a program, a right, a folder. With
/// `PAGEMILL_REQUIRE_ALL=1` that is a failure, unless `PAGEMILL_MAY_LACK`, a list with spaces, has it.
#[track_caller]
pub fn left_out(what: &str, why: &str) {
    let required = std::env::var_os("PAGEMILL_REQUIRE_ALL").is_some_and(|value| value == "1");
    let may_lack = std::env::var("PAGEMILL_MAY_LACK").unwrap_or_default();
    let may_lack = may_lack.split_whitespace().any(|name| name == what);
    assert!(may_lack || !required, "this test needs {what}: {why}");
    eprintln!("left out: {what}: {why}");
}

/// The same for a program that can't be started; whether it can.
#[track_caller]
pub fn has(program: &str) -> bool {
    let started = std::process::Command::new(program).arg("--version").output();
    if let Err(error) = &started {
        left_out(program, &format!("it can't be started: {error}"));
    }
    started.is_ok()
}

/// The folder of files that others made: what `PAGEMILL_CORPORA` names, or `shared/corpora` beside the project.
#[track_caller]
pub fn corpora() -> Option<std::path::PathBuf> {
    let beside = || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora");
    let folder = std::env::var_os("PAGEMILL_CORPORA").map_or_else(beside, Into::into);
    if !folder.is_dir() {
        left_out("corpora", &format!("there is no folder {}", folder.display()));
        return None;
    }
    Some(folder)
}
