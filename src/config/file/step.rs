//! Steps, which happen in the order in which they are written.

use toml::de::DeValue;

use super::value::one;
use crate::config::flags::{Commands, Flag, all};
use crate::op::nearest;

/// A step: its flag and the text of it.
type Step = (&'static Flag, std::ffi::OsString);

/// The flags that are steps.
pub fn flags() -> impl Iterator<Item = &'static Flag> {
    all().filter(|flag| flag.step && flag.is_in(Commands::CONVERT))
}

/// The step that an item of `steps` means.
pub fn step(item: &DeValue<'_>) -> Result<Step, String> {
    let names: Vec<&str> = flags().map(|flag| flag.name).collect();
    let shape = || format!("a step is a table with one key, such as {{ {} = \"…\" }}", names[0]);
    let DeValue::Table(table) = item else { return Err(shape()) };
    let mut keys = table.iter();
    let (Some((key, value)), None) = (keys.next(), keys.next()) else { return Err(shape()) };
    let key = key.get_ref();
    let Some(flag) = flags().find(|flag| flag.name == &**key) else {
        let like = nearest(&names, key).map(|like| format!("; did you mean `{like}`?")).unwrap_or_default();
        return Err(format!("there is no step `{key}`{like}\n  A step is one of {}.", names.join(", ")));
    };
    Ok((flag, one(flag, value.get_ref())?))
}
