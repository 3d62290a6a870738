//! `pagemill schema`.

use std::io::IsTerminal;
use std::path::Path;

use pagemill::config::flags::{Commands, Said};
use pagemill::error::Error;
use pagemill::op::Folding;
use pagemill::schema::{File, Form};
use pagemill::sys;

use super::answer::Out;
use super::convert;
use super::exit::Exit;
use super::parser::Typed;
use super::paths::file;
use super::request::Request;
use super::table::table;

/// Prints the narrowest schema.
pub fn run(typed: Typed) -> Result<Exit, Error> {
    let (form, out) = (form(&typed.said)?, Out::table(&typed.said));
    let mut request = convert::request(typed, Commands::SCHEMA, false)?;
    prepare(&mut request)?;
    if request.see.explain {
        return request.convert();
    }
    out.check()?;
    let (bytes, exit) = request.run_kept()?;
    let found = File::read(&bytes).map_err(|what| Error::usage(format!("the schema can't be read: {what}")))?;
    out.write(&match form {
        Form::Table => table(&Form::rows(&found), out.is_shown().then(sys::output_width).flatten()),
        form => form.write(&found, &name(&request.source))?,
    })?;
    Ok(exit)
}

/// Makes a request one for a schema.
///
/// # Errors
/// Usage: words are to be counted.
pub fn prepare(request: &mut Request) -> Result<(), Error> {
    request.refuse_words()?;
    request.settings.fold = Some(Folding::Schema);
    request.settings.to = Some(Folding::Schema.format());
    Ok(())
}

/// What the flags say, the extension of the output, or what fits where the answer goes.
pub fn form(said: &Said) -> Result<Form, Error> {
    if let Some(name) = said.text("to")? {
        let known: Vec<&str> = Form::names().collect();
        return Form::named(name)
            .ok_or_else(|| Error::usage(format!("--to: `{name}` is not one of {}", known.join(", "))));
    }
    let output = said.path("output").and_then(file);
    match output.and_then(Path::extension).map(|extension| extension.to_string_lossy()) {
        Some(extension) => Form::of_extension(&extension).ok_or_else(|| {
            let which = match extension.eq_ignore_ascii_case("sql") {
                true => "the tables of systems differ: give --to postgres or --to duckdb",
                false => "give one with --to",
            };
            Error::usage(format!("--output: the extension .{extension} says no form of a schema\n  {which}."))
        }),
        None if output.is_none() && std::io::stdout().is_terminal() => Ok(Form::Table),
        None => Ok(Form::Json),
    }
}

/// What is described: the name of the file up to its first dot.
fn name(source: &Path) -> String {
    let name = file(source).and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_default();
    match name.split('.').find(|part| !part.is_empty()) {
        Some(name) => name.to_owned(),
        None => "record".to_owned(),
    }
}
