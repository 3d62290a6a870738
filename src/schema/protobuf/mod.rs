//! Schemas of Protobuf: `.proto` files, which are compiled here, and sets of descriptors, which a compiler wrote.

mod choose;
mod compile;
mod descriptor;
mod editions;
mod features;
mod tables;

use std::path::Path;

use crate::error::{Error, Result};
use crate::record::proto::Root;

/// The longest set of descriptors, in bytes. It has the files that others import, too.
const LONGEST_SET: usize = 64 << 20;

/// Whether a file is a schema of Protobuf, by its content and, for an empty one, its name.
pub(crate) fn is_one(path: &Path, start: &[u8]) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("proto"))
        || descriptor::is_set(start)
        || compile::is_source(start)
}

/// Reads a message of a schema. Without a name, it is the one that no other uses.
///
/// # Errors
/// Usage: the schema can't be read or compiled, and where; there is no such message, or it is not clear which one.
pub fn read(path: &Path, message: Option<&str>) -> Result<Root> {
    let wrong = |what: String| Error::usage(format!("⟨schema⟩ {}: {what}", path.display()));
    let bytes = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let compiled = match descriptor::is_set(&bytes) {
        true if bytes.len() > LONGEST_SET => {
            return Err(wrong(format!("it is longer than the {} MiB that a set may have", LONGEST_SET >> 20)));
        }
        true => None,
        false => Some(compile::compile(path, &bytes).map_err(wrong)?),
    };
    let set = compiled.as_ref().map_or(&bytes, |compiled| &compiled.set);
    let mut files = descriptor::read(set).map_err(wrong)?;
    if let Some(compiled) = &compiled {
        let marked = files.iter_mut().filter(|file| compiled.editions.contains(&file.name));
        marked.for_each(|file| file.syntax = "editions".to_owned());
    }
    let own = compiled.as_ref().map(|compiled| &*compiled.own);
    let name = choose::message(&files, own, message).map_err(wrong)?;
    let messages = tables::build(&files).map_err(wrong)?;
    let number = messages.named(&name).ok_or_else(|| wrong(format!("there is no message `{name}`")))?;
    let digest = twox_hash::XxHash3_64::oneshot(set);
    Ok(Root::new(messages, number, digest))
}
