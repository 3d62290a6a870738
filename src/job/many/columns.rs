//! The combined columns of many sources.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::fold::keys::Limits;
use crate::format::UnknownKey;
use crate::job::opened::Opened;
use crate::job::settings::{ColumnsFrom, Settings};
use crate::op::Order;
use crate::plan::named::some;
use crate::plan::route::nobodys;
use crate::quarantine::Section;
use crate::record::Schema;
use crate::wording::{input, nouns};

/// The combined columns of the sources.
pub(crate) struct Together {
    rule: ColumnsFrom,
    strict: bool,
    /// The sources are those of a quarantine.
    pub replayed: bool,
    limits: Limits,
    /// The memory that the names may take, and what they take, in bytes.
    room: usize,
    size: usize,
    /// The names in order, and the place of each.
    names: Vec<Box<[u8]>>,
    places: HashMap<Box<[u8]>, u32>,
    /// The order of selected fields, and the names that records had.
    order: Order,
    found: HashSet<Box<[u8]>>,
    /// A selected field of some source has to become several columns.
    objects: bool,
    /// The first source that had columns or keys, and whether its records are keyed.
    first: Option<(PathBuf, bool)>,
    schema: Schema,
}

impl Together {
    /// No names of columns; all of them may take `room` bytes.
    pub fn new(settings: &Settings, room: usize) -> Together {
        let rule = &settings.columns;
        let mut together = Together {
            rule: rule.clone(),
            strict: settings.strict,
            replayed: false,
            limits: settings.key_limits(),
            order: Order::new(&settings.select, &settings.drop, &settings.rename),
            found: HashSet::new(),
            objects: false,
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
            // A name is stored here twice and in the schema, each time with the cost of an allocation and an entry.
            const ENTRY: usize = 160;
            self.size += 3 * name.len() + ENTRY;
            self.places.insert(name.into(), self.names.len() as u32);
            self.names.push(name.into());
        }
    }

    /// Takes in the columns of the next source, or the keys of its records.
    ///
    /// # Errors
    /// Data: it does not fit the sources before it.
    pub fn take(&mut self, path: &Path, schema: &Schema, keyed: bool) -> Result<()> {
        // A source without any columns has no records either.
        if schema.is_empty() {
            return Ok(());
        }
        let is_first = self.first.is_none();
        let (_, first_keyed) = self.first.get_or_insert_with(|| (path.to_path_buf(), keyed));
        match self.rule {
            ColumnsFrom::Auto if keyed != *first_keyed && self.order.is_empty() => return Err(self.mixed(path)),
            ColumnsFrom::Auto if !(is_first || keyed && *first_keyed) => return self.check(path, schema),
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
            return Err(self.too_many(path, keyed));
        }
        Ok(())
    }

    /// Settles the columns after every source was taken in.
    pub fn settle(&mut self) {
        if self.first.as_ref().is_some_and(|(_, keyed)| *keyed) {
            // A selected name that no record has becomes a column only if no other column takes its place.
            let asked = |name: &[u8]| self.order.names().any(|selected| selected == name);
            self.names.retain(|name| self.found.contains(name) || !asked(name));
            let columns = self.order.arrange(&Schema::new(&self.names));
            self.names = columns.names().map(Into::into).collect();
        }
        self.schema = Schema::new(&self.names);
    }

    /// Notes that a record has a field of this name.
    pub fn found(&mut self, name: &[u8]) {
        if !self.order.is_empty() {
            self.found.insert(name.into());
        }
    }

    /// The columns of a source have an order of their own.
    pub fn keeps_order(&mut self) {
        self.order = Order::default();
    }

    /// Notes that a selected field has to become several columns.
    pub fn has_objects(&mut self) {
        self.objects = true;
    }

    /// The columns of the target.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Whether no other source adds columns.
    pub fn is_enough(&self) -> bool {
        match self.rule {
            ColumnsFrom::First => self.first.is_some(),
            ColumnsFrom::List(_) => true,
            ColumnsFrom::Auto | ColumnsFrom::Union => false,
        }
    }

    /// What happens to a key that is not among the columns.
    pub fn unknown(&self) -> UnknownKey {
        match self.rule {
            ColumnsFrom::Auto | ColumnsFrom::Union => UnknownKey::Refuse,
            ColumnsFrom::First | ColumnsFrom::List(_) => UnknownKey::Count,
        }
    }

    /// Makes a source in columns give these columns, in this order; columns that it lacks are absent. Returns how many
    /// of its own are left out.
    ///
    /// # Errors
    /// Data: it does not fit the other sources.
    pub fn align(&self, opened: &mut Opened<'_>) -> Result<u64> {
        let (keyed, counts) = (opened.route.is_keyed(&*opened.reading), self.unknown() == UnknownKey::Count);
        let route = &mut opened.route;
        if keyed {
            // Where other fields are only counted, not every source was looked at.
            if counts || self.objects || route.names.as_ref().is_some_and(|own| !own.is_named_as(&self.schema)) {
                opened.take_apart();
            }
            return Ok(0);
        }
        let Some(own) = route.names.as_ref().filter(|own| !own.is_named_as(&self.schema)) else { return Ok(0) };
        let path = opened.replay.as_ref().and_then(Section::original).unwrap_or(&opened.source.path);
        if self.rule == ColumnsFrom::Auto && !own.is_empty() {
            self.check(path, own)?;
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
                None => opened.reading.schema().map_or_else(|| name.clone(), |schema| nobodys(name, schema)),
            });
        }
        let left_out = own.len() - found;
        if self.strict && left_out > 0 {
            let names = own.names().filter(|name| !self.places.contains_key(*name));
            let what = format!("⟨columns⟩ leaves out its columns {}", some(names));
            return Err(bad(path, &what, "Leave out ⟨strict⟩ to accept it."));
        }
        let fields = route.with_needed(&Schema::new(&select));
        route.names = Some(self.schema.clone());
        route.want.select = Some(fields.names().map(Into::into).collect());
        route.schema = Some(fields);
        route.pass_through = None;
        Ok(left_out as u64)
    }

    /// Whether these are the same columns, in whatever order.
    fn check(&self, path: &Path, schema: &Schema) -> Result<()> {
        let own: HashSet<&[u8]> = schema.names().collect();
        let mut parts = Vec::new();
        if self.names.iter().any(|name| !own.contains(&**name)) {
            parts.push(format!("it has no {}", some(self.names.iter().map(|n| &**n).filter(|n| !own.contains(n)))));
        }
        let first = self.first.as_ref().map(|(path, _)| input(path).to_string()).unwrap_or_default();
        if own.iter().any(|name| !self.places.contains_key(*name)) {
            let more = some(schema.names().filter(|n| !self.places.contains_key(*n)));
            parts.insert(0, format!("it has {more}, which {first} does not"));
        }
        if parts.is_empty() {
            return Ok(());
        }
        let what = format!("its columns differ from those of {first}: {}", parts.join("; "));
        let instead = match self.replayed {
            true => "Give the ⟨columns⟩ that the first run had.",
            false if self.divides_otherwise(schema) => {
                "The delimiters seem to differ: first convert the inputs that have another one."
            }
            false => {
                "Give ⟨columns union⟩ for all columns, ⟨columns first⟩ for those of the first input, or a list of names."
            }
        };
        Err(bad(path, &what, instead))
    }

    /// Whether the only name of one header is the names of the other with another delimiter between them.
    fn divides_otherwise(&self, schema: &Schema) -> bool {
        let divided = |one: &[&[u8]], several: &[&[u8]]| match one {
            [name] => several.len() > 1 && name.split(|byte| b",;\t|".contains(byte)).eq(several.iter().copied()),
            _ => false,
        };
        let own: Vec<&[u8]> = schema.names().collect();
        let first: Vec<&[u8]> = self.names.iter().map(|name| &**name).collect();
        divided(&own, &first) || divided(&first, &own)
    }

    fn no_room(&self, path: &Path) -> Error {
        Error::memory(format!(
            "the names of the columns of all inputs up to {} need {} bytes or more, but the memory limit leaves {} for them\n  Name the columns with ⟨columns a,b,c⟩, or raise ⟨memory_limit⟩ (or the limit of the control group where that is lower).",
            input(path),
            self.size,
            self.room
        ))
    }

    fn too_many(&self, path: &Path, keyed: bool) -> Error {
        let (most, columns) = (self.limits.keys, nouns(self.limits.keys as u64, "column"));
        let maps = if keyed { ", keep maps whole with ⟨nested json⟩" } else { "" };
        Error::refused(format!(
            "the inputs up to {} have more than {most} different {columns} together\n  Name the columns with ⟨columns a,b,c⟩{maps}, or raise ⟨max_keys⟩ (and ⟨memory_limit⟩ with it).",
            input(path)
        ))
    }

    fn mixed(&self, path: &Path) -> Error {
        let first = self.first.as_ref().map(|(path, _)| input(path).to_string()).unwrap_or_default();
        bad(
            path,
            &format!("its records and those of {first} are of different kinds: one has columns, the other has keys"),
            "Give ⟨columns union⟩ for all columns and keys, or a list of names.",
        )
    }
}

/// The error for a source as a whole.
fn bad(path: &Path, what: &str, instead: &str) -> Error {
    Error::refused(format!("{}: {what}\n  {instead}", input(path)))
}
