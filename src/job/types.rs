//! The types of all fields, for targets that have to know them before the first record.
//!
//! They are those of the schema that was given, or the narrowest ones, for which the source is read once more.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::fold::Fold;
use crate::fold::infer::Infer;
use crate::job::opened::Opened;
use crate::job::settings::{ColumnsFrom, Settings};
use crate::metrics::{Warning, WarningKind};
use crate::record::{Kind, Schema, Type, is_within};
use crate::wording::{counted, input};

impl Opened<'_> {
    /// The fields of the records that reach the target, with their types. A field for which a schema was given has the
    /// type that this says.
    ///
    /// # Errors
    /// Usage: the source can't be read twice, and no schema says all types. Those of a run.
    pub fn types(&mut self) -> Result<Schema> {
        let types = match self.known_types() {
            Some(types) => types,
            None => {
                let said = self.given().or_else(|| self.kept_types().map(Arc::new));
                let (types, warning) = types_of(self.find_types()?, said.as_deref())?;
                // A strict run wants the exact text.
                self.odd_types = warning.filter(|_| !self.settings.strict);
                types
            }
        };
        Ok(of_columns(types, &self.settings.columns))
    }

    /// The same if they are known without reading any record, whatever columns were asked for.
    pub fn known_types(&self) -> Option<Schema> {
        let Settings { select, drop, rename, ops, .. } = self.settings;
        let given = self.given().filter(|_| select.is_empty() && drop.is_empty() && rename.is_empty());
        if let Some(given) = given.filter(|_| self.route.ops.iter().all(|op| op.types().is_some())) {
            return Some((*given).clone());
        }
        // Steps that only leave records out change no types.
        let types = self.reading.types().filter(|_| ops.iter().all(|op| op.only_drops()))?;
        let place = |name: &String| types.position(name.as_bytes());
        let dropped = drop.iter().map(place).collect::<Option<Vec<_>>>()?;
        let selected = match select.is_empty() {
            true => (0..types.len()).collect(),
            false => select.iter().map(place).collect::<Option<Vec<_>>>()?,
        };
        let left = selected.into_iter().filter(|place| !dropped.contains(place));
        rename.iter().all(|rename| place(&rename.old).is_some()).then(|| self.renamed(&types, left))
    }

    /// The types of the source's fields that reach the target as they are.
    fn kept_types(&self) -> Option<Schema> {
        let types = self.reading.types()?;
        let Settings { select, drop, rename, ops, .. } = self.settings;
        let mut changed: Vec<&[u8]> = Vec::new();
        for op in ops.iter().filter(|op| !op.only_drops()) {
            let before = changed.len();
            changed.extend(op.makes().into_iter().chain(op.fields().iter().map(|name| &**name)));
            // What takes values apart changes what it reads.
            if op.makes().is_none() && op.makes_batches() {
                changed.extend(op.reads().iter().map(|name| &**name));
            }
            if changed.len() == before {
                return None;
            }
        }
        // A part of a field that is left out or gets another name changes the field.
        let paths = select.iter().chain(drop).chain(rename.iter().flat_map(|rename| [&rename.old, &rename.new]));
        let paths = paths.map(String::as_bytes).filter(|path| types.position(path).is_none());
        changed.extend(paths);
        let is_changed = |name: &[u8]| changed.iter().any(|path| is_within(path, name));
        let kept = (0..types.len()).filter(|&place| !is_changed(types.name(place)));
        Some(self.renamed(&types, kept))
    }

    /// The types at these places, with the names that the target gives them.
    fn renamed(&self, types: &Schema, places: impl Iterator<Item = usize>) -> Schema {
        Schema::typed(places.map(|place| {
            let name = types.name(place);
            let renamed = self.settings.rename.iter().find(|rename| rename.old.as_bytes() == name);
            (renamed.map_or(name, |rename| rename.new.as_bytes()).to_vec(), types.type_of(place).clone())
        }))
    }

    /// The types that a schema says.
    pub fn given(&self) -> Option<Arc<Schema>> {
        self.route.ops.iter().find_map(|op| op.types())
    }

    /// Reads the source to find the types of its records.
    pub fn find_types(&mut self) -> Result<Infer> {
        let infer = self.infer()?;
        // Of nothing there is nothing to be found, and the system calls an empty file no file that can be mapped.
        if self.head.bytes.is_empty() && self.source.stream().is_some_and(|stream| stream.ended()) {
            return Ok(infer);
        }
        if !self.source.is_repeatable() {
            let said = match self.given() {
                None => {
                    "its fields have to be known before the first record, and it can't be read twice\n  Give ⟨schema⟩, or a file."
                }
                Some(_) => {
                    "steps change its fields, and it can't be read twice to find the types of all\n  Give a file."
                }
            };
            return Err(Error::usage(format!("{}: {said}", input(&self.source.path))));
        }
        Ok(self.first_pass(infer)?.0)
    }
}

/// The types that were found, but for those that a schema says; and what is odd about them.
pub(crate) fn types_of(found: Infer, given: Option<&Schema>) -> Result<(Schema, Option<Warning>)> {
    let file = found.finish()?;
    let is_found = |name: &str| given.is_none_or(|given| given.position(name.as_bytes()).is_none());
    let warning = numbers_as_text(&file.texts_of_numbers().filter(|name| is_found(name)).collect::<Vec<_>>());
    let found = file.with_decimals().schema().map_err(Error::refused)?;
    let Some(given) = given else { return Ok((found, warning)) };
    let of = |index: usize| {
        let name = found.name(index);
        let said = given.position(name).map(|number| given.type_of(number));
        (name.to_vec(), said.unwrap_or_else(|| found.type_of(index)).clone())
    };
    Ok((Schema::typed((0..found.len()).map(of)), warning))
}

/// The warning about columns that are text although all that they hold is numbers.
fn numbers_as_text(names: &[&str]) -> Option<Warning> {
    /// How many columns are named.
    const NAMED: usize = 5;
    let first = names.first()?;
    let quoted: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {}", counted(more as u64, "other")) } else { String::new() };
    let are = if names.len() == 1 { "it is a column of text" } else { "they are columns of text" };
    let text = format!(
        "the numbers in {}{more} differ in how many digits follow the point, so {are}\n  ⟨types {first}=decimal⟩ makes decimal numbers of them: 21 beside 10.4 becomes 21.0.",
        quoted.join(", ")
    );
    Some(Warning::new(WarningKind::NumbersAsText, text))
}

/// The types of the columns that were asked for.
pub(crate) fn of_columns(types: Schema, columns: &ColumnsFrom) -> Schema {
    let ColumnsFrom::List(names) = columns else { return types };
    Schema::typed(names.iter().map(|name| {
        let known = types.position(name.as_bytes()).map(|place| types.type_of(place).clone());
        (name.as_bytes(), known.unwrap_or(Type { kind: Kind::Any, nullable: true }))
    }))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::job::Settings;
    use crate::op::Op;
    use crate::op::Set;
    use crate::record::Kind;
    use crate::{Format, SourceSpec};

    fn types(text: &'static str, change: impl FnOnce(&mut Settings)) -> Vec<(String, Kind, bool)> {
        let mut settings = Settings { from: Some(Format::Csv), to: Some(Format::Tsv), ..Settings::default() };
        change(&mut settings);
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let source = SourceSpec::Path(file.path().to_owned());
        let mut opened = Opened::only_read(source, &settings).unwrap();
        let schema = opened.types().unwrap();
        let field = |index| {
            let of = schema.type_of(index);
            (String::from_utf8(schema.name(index).to_vec()).unwrap(), of.kind.clone(), of.nullable)
        };
        (0..schema.len()).map(field).collect()
    }

    #[test]
    fn the_narrowest_types_of_what_is_written() {
        let text = "a,b\n1,x\n300,\n";
        assert_eq!(types(text, |_| {}), [("a".into(), Kind::Int(16), false), ("b".into(), Kind::Text, true)]);
        let set = |settings: &mut Settings| {
            settings.ops.push(Arc::new(Set::parse("c=a*1000").unwrap()));
            settings.select = vec!["c".into()];
            settings.rename = vec![crate::op::Rename::new("c", "d")];
        };
        assert_eq!(types(text, set), [("d".into(), Kind::Int(32), false)]);
    }

    #[test]
    fn what_can_be_read_once_needs_a_schema() {
        let settings = Settings { from: Some(Format::Csv), to: Some(Format::Tsv), ..Settings::default() };
        let mut opened = Opened::only_read(SourceSpec::bytes("a\n1\n"), &settings).unwrap();
        assert!(opened.types().unwrap_err().to_string().contains("it can't be read twice"));
    }

    #[test]
    fn a_given_schema_says_the_types() {
        let schema =
            r#"{"schema":1,"fields":[{"name":"a","kind":"int64"},{"name":"b","kind":"text","nullable":true}]}"#;
        let pin = crate::op::PinSchema::of_text(schema, Default::default(), 100).unwrap();
        let pin: Arc<dyn Op> = Arc::new(pin);
        let text = "a,b\n1,x\n300,\n";
        let given = types(text, |settings| settings.ops.push(pin.clone()));
        assert_eq!(given, [("a".into(), Kind::Int(64), false), ("b".into(), Kind::Text, true)]);
        let given = types(text, |settings| {
            settings.ops.push(pin);
            settings.ops.push(Arc::new(Set::parse("c=a+1").unwrap()));
        });
        assert_eq!(given[0], ("a".into(), Kind::Int(64), false));
        assert_eq!(given[2], ("c".into(), Kind::Int(16), false));
    }
}
