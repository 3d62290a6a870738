//! Runs the kept corpus through its targets, without a fuzzer: `replay [FOLDER [TARGET]]`. Ends with 1 when an input
//! makes a target panic. `replay --seeds FOLDER` writes the inputs that fuzzing begins with.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

use pagemill_fuzz::corpus::{kept, replay};
use pagemill_fuzz::{TARGETS, seeds};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--seeds", folder] => write_seeds(Path::new(folder)).map(|()| 0),
        [] => replay(&kept(), None),
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
