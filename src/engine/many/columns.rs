//! The columns of many sources together.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::super::keys::Limits;
use super::super::opened::Opened;
use super::super::settings::ColumnsFrom;
use crate::error::{Error, Position, RecordError, Result};
use crate::format::{Format, UnknownKey};
use crate::record::Schema;

/// The most names that an error lists of a kind.
const LISTED: usize = 5;

/// What the sources' columns come to.
pub(super) struct Together {
    rule: ColumnsFrom,
    strict: bool,
    limits: Limits,
    /// The most that the names may take, and what they take, in bytes.
    room: usize,
    size: usize,
    /// The names in order, and the place of each.
    names: Vec<Box<[u8]>>,
    places: HashMap<Box<[u8]>, u32>,
    /// The first source that had any, and whether its records are keyed.
    first: Option<(PathBuf, bool)>,
    schema: Schema,
}

impl Together {
    /// No names of columns; all of them may take `room` bytes.
    pub fn new(rule: &ColumnsFrom, strict: bool, limits: Limits, room: usize) -> Together {
        let mut together = Together {
            rule: rule.clone(),
            strict,
            limits,
            room,
            size: 0,
            names: Vec::new(),
            places: HashMap::new(),
            first: None,
            schema: Schema::default(),
        };
        if let ColumnsFrom::List(names) = rule {
            names.iter().for_each(|name| together.add(name.as_bytes()));
        }
        together
    }

    fn add(&mut self, name: &[u8]) {
        if !self.places.contains_key(name) {
            // It stands here twice and in the schema, each with what an allocation and an entry take.
            const ENTRY: usize = 160;
            self.size += 3 * name.len() + ENTRY;
            self.places.insert(name.into(), self.names.len() as u32);
            self.names.push(name.into());
        }
    }

    /// Takes in the columns of the next source, or the keys of its records.
    ///
    /// # Errors
    /// Data: it does not go together with those before.
    pub fn take(&mut self, path: &Path, schema: &Schema, keyed: bool) -> Result<()> {
        // A source without a header has no records either.
        if schema.is_empty() {
            return Ok(());
        }
        let is_first = self.first.is_none();
        let (_, first_keyed) = self.first.get_or_insert_with(|| (path.to_path_buf(), keyed));
        match self.rule {
            ColumnsFrom::Auto if keyed != *first_keyed => return Err(self.mixed(path)),
            ColumnsFrom::Auto if !is_first && !keyed => return self.check(path, schema),
            ColumnsFrom::First if !is_first => return Ok(()),
            ColumnsFrom::List(_) => return Ok(()),
            _ => {
                for name in schema.names() {
                    self.add(name);
                    if self.size > self.room {
                        return Err(self.no_room(path));
                    }
                }
            }
        }
        if self.names.len() > self.limits.keys {
            return Err(self.limits.too_many());
        }
        Ok(())
    }

    /// Every source was taken in.
    pub fn settle(&mut self) {
        self.schema = Schema::new(&self.names);
    }

    /// The columns of the target.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Whether the first source's columns are known, where no other ones matter.
    pub fn is_enough(&self) -> bool {
        self.rule == ColumnsFrom::First && self.first.is_some()
    }

    /// What becomes of a key that is none of the columns.
    pub fn unknown(&self) -> UnknownKey {
        match self.rule {
            ColumnsFrom::Auto | ColumnsFrom::Union => UnknownKey::Refuse,
            ColumnsFrom::First | ColumnsFrom::List(_) => UnknownKey::Count,
        }
    }

    /// Makes a source in columns give these columns, in this order; what it lacks is absent. Gives how many of its own
    /// are left out.
    ///
    /// # Errors
    /// Data: it does not go together with the others.
    pub fn align(&self, opened: &mut Opened<'_>) -> Result<u64> {
        let route = &mut opened.route;
        let Some(own) = route.schema.as_ref().filter(|own| **own != self.schema) else { return Ok(0) };
        let path = &opened.source.path;
        if self.rule == ColumnsFrom::Auto && !own.is_empty() {
            self.check(path, own)?;
        }
        if route.from == Format::Text {
            return Err(bad(path, "lines of text have no columns that could be put beside others")
                .into_error("Convert the inputs of text by themselves."));
        }
        let known: HashMap<&[u8], usize> = own.names().enumerate().map(|(index, name)| (name, index)).collect();
        let mut select: Vec<Box<[u8]>> = Vec::with_capacity(self.names.len());
        let mut found = 0;
        for name in &self.names {
            select.push(match known.get(&**name) {
                Some(&index) => {
                    found += 1;
                    // The name in the source, before it was renamed.
                    route.want.select.as_ref().map_or_else(|| own.name(index).into(), |select| select[index].clone())
                }
                None => nobodys(name, opened.reading.schema()),
            });
        }
        let left_out = own.len() - found;
        if self.strict && left_out > 0 {
            let names = own.names().filter(|name| !self.places.contains_key(*name));
            return Err(bad(path, format!("--columns leaves out its columns {}", list(names)))
                .into_error("Leave out --strict to let it pass."));
        }
        route.want.select = Some(select);
        route.schema = Some(self.schema.clone());
        Ok(left_out as u64)
    }

    /// Whether these are the same columns, in whatever order.
    fn check(&self, path: &Path, schema: &Schema) -> Result<()> {
        let own: HashSet<&[u8]> = schema.names().collect();
        let mut parts = Vec::new();
        if self.names.iter().any(|name| !own.contains(&**name)) {
            parts.push(format!("it lacks {}", list(self.names.iter().map(|n| &**n).filter(|n| !own.contains(n)))));
        }
        if own.iter().any(|name| !self.places.contains_key(*name)) {
            parts.push(format!("only it has {}", list(schema.names().filter(|n| !self.places.contains_key(*n)))));
        }
        if parts.is_empty() {
            return Ok(());
        }
        let first = self.first.as_ref().map(|(path, _)| path.display().to_string()).unwrap_or_default();
        Err(bad(path, format!("its columns are not those of {first}: {}", parts.join(", and "))).into_error(
            "Give --columns union to have all columns, --columns first to have those of the first input, or a list.",
        ))
    }

    fn no_room(&self, path: &Path) -> Error {
        Error::memory(format!(
            "the names of the columns of all inputs up to {} ask for {} bytes and more, which is more than the {} that the memory limit has for them\n  Name the columns with --columns a,b,c, or raise --memory-limit (or the limit of the control group where that is lower).",
            path.display(),
            self.size,
            self.room
        ))
    }

    fn mixed(&self, path: &Path) -> Error {
        let first = self.first.as_ref().map(|(path, _)| path.display().to_string()).unwrap_or_default();
        bad(path, format!("its records and those of {first} are of different kinds: in columns, and with keys"))
            .into_error("Give --columns union to have all columns and keys, or a list.")
    }
}

/// A field that the source does not have.
fn nobodys(name: &[u8], source: Option<&Schema>) -> Box<[u8]> {
    let mut name = name.to_vec();
    while source.is_some_and(|schema| schema.position(&name).is_some()) {
        name.push(b'\0');
    }
    name.into()
}

/// What is wrong with a source as a whole.
struct Bad(Position, RecordError);

fn bad(path: &Path, reason: impl Into<std::borrow::Cow<'static, str>>) -> Bad {
    Bad(Position::new(path, 0, 0), RecordError::new(0, reason))
}

impl Bad {
    fn into_error(self, hint: &'static str) -> Error {
        Error::data(self.0, self.1.hint(hint))
    }
}

/// Some names, and how many there are besides.
fn list<'n>(names: impl Iterator<Item = &'n [u8]>) -> String {
    let names: Vec<&[u8]> = names.collect();
    let shown: Vec<String> =
        names.iter().take(LISTED).map(|name| format!("`{}`", String::from_utf8_lossy(name))).collect();
    match names.len().saturating_sub(LISTED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
