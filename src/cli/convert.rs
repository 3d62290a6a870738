//! `pagemill convert`.

use std::path::{Path, PathBuf};

use pagemill::config::flags::{self, Commands, Passed, Said, SetBy};
use pagemill::error::Error;
use pagemill::format::Format;

use super::exit::Exit;
use super::found::{Folders, include};
use super::inputs::Inputs;
use super::parser::Typed;
use super::paths::is_folder;
use super::request::{Batch, Request};
use super::{signals, tips};

/// Converts. `implied`: the command was omitted, and a second operand is the output.
pub fn run(typed: Typed, implied: bool) -> Result<Exit, Error> {
    request(typed, Commands::CONVERT, implied)?.convert()
}

/// Checks what `convert` and `audit` were asked to do, and lets signals stop it. What a signal does is the same in all
/// jobs of a configuration, however small their inputs are.
pub fn request(typed: Typed, command: Commands, implied: bool) -> Result<Request, Error> {
    let mut request = asked(typed, command, implied)?;
    let only = request.batch.is_none().then_some(&*request.source);
    let is_watched = request.see.live.is_wanted() || request.see.report.is_some() || request.said.job().is_some();
    signals::attach(&mut request.settings, only, is_watched);
    Ok(request)
}

/// Checks what `convert` and `audit` were asked to do.
pub fn asked(Typed { mut said, operands }: Typed, command: Commands, implied: bool) -> Result<Request, Error> {
    let mut inputs = Inputs::of(&said, operands);
    let mut output = said.path("output").map(Path::to_path_buf);
    if implied {
        output = second_operand(&mut said, &mut inputs)?.or(output);
    }
    let paths = inputs.take()?;
    let (out_dir, keep_going) = (said.path("out-dir"), said.has("keep-going"));
    if let (Some(output), false) = (&output, said.has("to"))
        && let Some(tip) = output.to_str().and_then(tips::format_as_output)
    {
        return Err(tip);
    }
    let file = out_dir.into_iter().flat_map(Path::ancestors).find(|path| path.is_file());
    if let Some(file) = file {
        return Err(Error::usage(format!("--out-dir: {} is a file, not a folder", file.display())));
    }
    refuse_folder(output.as_deref(), command)?;
    tips::no_input(&paths).map_or(Ok(()), Err)?;
    if output.is_none() && out_dir.is_none() && !keep_going {
        tips::output_as_input(&paths).map_or(Ok(()), Err)?;
    }
    // With only a list, the first path is not known before the list is read.
    let first = paths.first().cloned().unwrap_or_else(|| PathBuf::from("-"));
    let mut request = Request::of(said, first, output)?;
    request.list = inputs.list_path();
    request.batch = batch(&request.said, &inputs, &paths)?;
    request.check_flags(command)?;
    let Some(batch) = &request.batch else { return Ok(request) };
    request.source = batch.sources[0].path.clone();
    Ok(request)
}

/// The inputs, if there are many: one plain path is not a batch.
fn batch(said: &Said, inputs: &Inputs, paths: &[PathBuf]) -> Result<Option<Batch>, Error> {
    let out_dir = said.path("out-dir");
    let include = include(said)?;
    let folders = Folders { recursive: said.has("recursive"), include: &include, without: out_dir };
    let sources = inputs.list(paths, folders)?;
    // A configuration may say so for any number of inputs; with one it has no effect.
    let keep_going = said.has("keep-going") && (sources.len() > 1 || said.is_typed("keep-going"));
    let plain = sources.len() == 1 && paths.first() == Some(&sources[0].path);
    if plain && out_dir.is_none() && !keep_going {
        return Ok(None);
    }
    Ok(Some(Batch { sources, out_dir: out_dir.map(Path::to_path_buf), keep_going }))
}

/// Refuses an output that is a folder.
pub fn refuse_folder(output: Option<&Path>, command: Commands) -> Result<(), Error> {
    let Some(folder) = output.filter(|path| is_folder(path)) else { return Ok(()) };
    let folder = folder.display();
    let instead = match command {
        each if flags::find(each, "out-dir").is_some() => {
            format!("Name a file in it, or use --out-dir {folder} to write one file for each input into it.")
        }
        _ => "Name a file in it.".to_owned(),
    };
    Err(Error::usage(format!("{folder} is a folder, and the output is a file\n  {instead}")))
}

/// Two operands without a command are an input and an output.
fn second_operand(said: &mut Said, inputs: &mut Inputs) -> Result<Option<PathBuf>, Error> {
    let Some(path) = inputs.in_and_out(said.has("output") || said.has("out-dir"))? else { return Ok(None) };
    if let Some(by) = said.by("force").filter(|by| **by != SetBy::Flag).cloned() {
        said.pass_over(Passed {
            name: "force".to_owned(),
            by,
            why: "without -o, pagemill never replaces a file".to_owned(),
        });
    }
    if said.has("force") {
        return Err(Error::usage(
            "`--force` has no effect: without -o, pagemill never replaces a file\n  Name the output with -o: pagemill INPUT -o OUTPUT --force",
        ));
    }
    if is_folder(&path) {
        return refuse_folder(Some(&path), Commands::CONVERT).map(|()| None);
    }
    if path.exists() {
        if inputs.has(&path) {
            return Err(Error::usage(format!(
                "{} is the input; writing to it would destroy it\n  Name another output.",
                path.display()
            )));
        }
        return Err(Error::usage(format!(
            "{} exists already, and without -o pagemill never replaces a file\n  To replace it: pagemill {input} -o {output} --force\n  To combine both: pagemill convert {input} {output} -o OUTPUT",
            path.display(),
            input = inputs.shown(),
            output = tips::quoted(&path.to_string_lossy())
        )));
    }
    match tips::part_of_a_list(&path).filter(|_| !said.has("to") && Format::from_path(&path).is_none()) {
        Some(tip) => Err(tip),
        None => Ok(Some(path)),
    }
}
