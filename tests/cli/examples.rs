//! Every example is true: each command of the README, of the pages in `src/docs` and of every help text is run, and has the answer that is written
//! here by hand. What is not on this machine (a network, somebody at an editor) is played by small scripts.
#![cfg(unix)]

mod answers;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use crate::support::{folder, ran, run};
use answers::{ANSWERS, FILES, Prints, TOOLS};

#[test]
fn every_example_has_an_answer_and_gives_it() {
    let shown = examples();
    let known: BTreeSet<&str> = ANSWERS.iter().map(|answer| answer.command).collect();
    assert_eq!(known.len(), ANSWERS.len(), "an example has two answers");
    let without: Vec<_> = shown.iter().filter(|command| !known.contains(command.as_str())).collect();
    let unused: Vec<_> = known.iter().filter(|command| !shown.contains(**command)).collect();
    let next = AtomicUsize::new(0);
    let wrong: Vec<String> = thread::scope(|scope| {
        let work = || {
            let mut wrong = Vec::new();
            while let Some(answer) = ANSWERS.get(next.fetch_add(1, Relaxed)) {
                wrong.extend(check(answer));
            }
            wrong
        };
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(
        wrong.is_empty() && without.is_empty() && unused.is_empty(),
        "examples without an answer: {without:#?}\nanswers without an example: {unused:#?}\nwrong:\n{}",
        wrong.join("\n")
    );
}

/// The plot in the README shows what the table has: `scripts/bench_plot.py` draws it anew.
#[test]
fn the_plot_is_that_of_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let plot = fs::read_to_string(root.join("scripts/bench_plot.svg")).unwrap();
    let table = readme.lines().skip_while(|line| !line.starts_with("| job | pagemill |")).skip(2);
    let rows: Vec<Vec<&str>> = table
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert!(rows.len() > 10, "{rows:?}");
    for row in rows {
        let [job, time, _, tool, its_time, _, factor, others] = row[..] else { panic!("{row:?}") };
        let spread = if others.is_empty() { String::new() } else { format!(" ({others})") };
        let shown =
            [job.to_owned(), format!("{}{spread}", factor.trim_matches('*')), format!("{time}, {tool} {its_time}")];
        for text in shown {
            assert!(plot.contains(&format!(">{text}</text>")), "the plot has no {text:?}: run scripts/bench_plot.py");
        }
    }
}

/// Runs an example in a folder of its own; says what is wrong.
fn check(answer: &answers::Answer) -> Option<String> {
    let home = folder();
    let home = home.path();
    for (name, bytes) in FILES {
        let path = home.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let tools = home.join(".tools");
    fs::create_dir(&tools).unwrap();
    for (name, script) in TOOLS {
        fs::write(tools.join(format!("{name}.sh")), format!("#!/bin/sh\n{script}\n")).unwrap();
    }
    // By the shell: a program that we are starting in another thread might still have a file open for writing that we
    // made ourselves, and then it can't be run.
    let make = "for tool in .tools/*.sh; do cp $tool ${tool%.sh}; chmod 755 ${tool%.sh}; done";
    symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"), home.join("fixtures")).unwrap();
    let script = format!("set -e\n{make}\n{}\n{}\n{}\n", answer.before, answer.command, answer.after);
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("sh");
    command.current_dir(home).args(["-c", &script]).env("PATH", path).env("HOME", home).env("EDITOR", "edit");
    let output = command.env("PAGEMILL_BINARY", env!("CARGO_BIN_EXE_pagemill")).stdin(std::process::Stdio::null());
    let ran = ran(output.output().unwrap());
    let right = match answer.prints {
        Prints::This(text) => ran.stdout == text,
        Prints::Parts(parts) => parts.iter().all(|part| ran.stdout.contains(part)),
    };
    let fine = right && ran.code == 0 && !ran.stderr.contains("panicked");
    (!fine).then(|| {
        format!("---- {}\nended with {}\n{}\n-- standard error\n{}", answer.command, ran.code, ran.stdout, ran.stderr)
    })
}

/// All commands that are shown: in blocks of shell commands of the README and the pages, and under "Examples:" in the help.
fn examples() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = fs::read_dir(root.join("src/docs")).unwrap().map(|page| page.unwrap().path());
    for page in pages.chain([root.join("README.md")]) {
        let text = fs::read_to_string(page).unwrap();
        for block in text.split("```sh\n").skip(1) {
            let block = block.split("```").next().unwrap().replace("\\\n", " ");
            found.extend(block.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned));
        }
    }
    assert!(found.len() > 20, "the commands of the README are not found: {found:?}");
    let here = folder();
    let help = |arguments: &[&str]| run(here.path(), arguments).ends(0).stdout;
    let top = help(&["--help"]);
    let commands = top.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let commands: Vec<&str> = commands.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.contains(&"convert"), "{commands:?}");
    let mut texts = vec![help(&["-h"]), top.clone()];
    for command in commands.iter().filter(|command| **command != "help") {
        let own = [help(&[command, "-h"]), help(&[command, "--help"])];
        assert!(own.iter().all(|text| text.contains("\nExamples:\n")), "{command} has no examples");
        texts.extend(own);
    }
    for text in &texts {
        for part in text.split("\nExamples:\n").skip(1) {
            for line in part.lines().take_while(|line| line.starts_with("  ")) {
                // A remark may follow in brackets.
                let command = line.split("   ").find(|piece| !piece.trim().is_empty()).unwrap_or(line).trim();
                found.insert(command.to_owned());
            }
        }
    }
    found
}
