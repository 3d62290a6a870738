//! What a configuration says about extensions of file names.

use toml::de::DeValue;

use crate::format::{Extensions, Format};
use crate::op::nearest;

/// Lets an extension mean what a value says.
///
/// # Errors
/// What is wrong with it.
pub fn add(extensions: &mut Extensions, key: &str, value: &DeValue<'_>) -> Result<(), String> {
    let DeValue::String(name) = value else {
        return Err(format!("`{key}` means a format, by its name: {key} = \"csv\""));
    };
    let format = name.parse::<Format>().map_err(|error| {
        let like = nearest(&Format::ALL.map(Format::name), name);
        like.map_or(error.marked(), |like| format!("`{name}` is not a format; did you mean `{like}`?"))
    })?;
    extensions.add(key, format).map_err(|error| error.marked())
}
