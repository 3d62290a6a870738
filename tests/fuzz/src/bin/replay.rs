//! Runs the kept corpus through its targets, without a fuzzer: `replay [FOLDER [TARGET]]`. Ends with 1 when an input
//! makes a target panic. `replay --seeds FOLDER` writes the inputs that fuzzing begins with.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use std::{env, fs, io, panic};

use pagemill_fuzz::{TARGETS, seeds};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--seeds", folder] => write_seeds(Path::new(folder)).map(|()| 0),
        [] => replay(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"), None),
        [folder] => replay(Path::new(folder), None),
        [folder, target] => replay(Path::new(folder), Some(target)),
        _ => Err(io::Error::other("usage: replay [FOLDER [TARGET]] | replay --seeds FOLDER")),
    };
    match outcome {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failed) => {
            eprintln!("{failed} inputs failed");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn replay(corpus: &Path, only: Option<&str>) -> io::Result<usize> {
    let (mut failed, mut inputs) = (0, 0);
    for (name, target) in TARGETS {
        if only.is_some_and(|only| only != name) {
            continue;
        }
        let started = Instant::now();
        let files = files(&corpus.join(name))?;
        for file in &files {
            let input = fs::read(file)?;
            if panic::catch_unwind(|| target(&input)).is_err() {
                eprintln!("{name} fails on {}", file.display());
                failed += 1;
            }
        }
        println!("{name:10} {:5} inputs, {:.1} s", files.len(), started.elapsed().as_secs_f64());
        inputs += files.len();
    }
    match inputs {
        0 => Err(io::Error::other(format!("there are no inputs in {}", corpus.display()))),
        _ => Ok(failed),
    }
}

/// The files of a folder by name.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

fn write_seeds(folder: &Path) -> io::Result<()> {
    for (name, _) in TARGETS {
        let folder = folder.join(name);
        fs::create_dir_all(&folder)?;
        for (number, seed) in seeds::seeds(name).into_iter().enumerate() {
            fs::write(folder.join(format!("seed-{number:03}")), seed)?;
        }
    }
    Ok(())
}
