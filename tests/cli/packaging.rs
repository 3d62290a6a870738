//! What is beside the program: a service, a timer, an image.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::folder;
use crate::support::missing::has;

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(name)
}

/// systemd's own check finds no fault, and what a service needs least is forbidden.
#[test]
fn the_units_are_valid() {
    let here = folder();
    let here = here.path();
    for name in ["pagemill@.service", "pagemill@.timer"] {
        let text = fs::read_to_string(script(name)).unwrap();
        let text = text.replace("/usr/local/bin/pagemill", env!("CARGO_BIN_EXE_pagemill"));
        fs::write(here.join(name), &text).unwrap();
        fs::write(here.join(name.replace('@', "@nightly")), &text).unwrap();
    }
    let units = ["pagemill@nightly.service", "pagemill@nightly.timer"].map(|name| here.join(name));
    if !has("systemd-analyze") {
        return;
    }
    let checked = Command::new("systemd-analyze").arg("verify").args(&units).output().unwrap();
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("pagemill@")).collect();
    assert!(checked.status.success() && ours.is_empty(), "{said}");
}

/// What the image is built from is there, and what the build reads is in it.
#[test]
fn the_image_is_built_from_what_there_is() {
    let text = fs::read_to_string(script("Dockerfile")).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let copied: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("COPY ") && !line.contains("--from"))
        .flat_map(|line| {
            let words: Vec<&str> = line.split_whitespace().skip(1).collect();
            words[..words.len() - 1].to_vec()
        })
        .collect();
    for name in &copied {
        assert!(root.join(name).exists(), "{name}");
    }
    for needed in ["Cargo.toml", "Cargo.lock", "scripts/link.rs", "src", "benches", "tests"] {
        assert!(copied.contains(&needed), "{needed}");
    }
    assert!(text.contains("--locked") && text.contains("\nUSER ") && text.contains("\nFROM scratch\n"));
}
