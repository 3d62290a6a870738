//! What is known of the values at one place: of a field, of the items of a list, of the values of a map.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::plain::{ALL, BOOL, DECIMAL, NUMBERS, Plain, TEXTS};
use crate::error::Result;
use crate::fold::groups::held::Held;
use crate::record::digits::{DigitRoom, int_text, uint_text};
use crate::record::{Tree, Value};
use crate::schema::LEVELS;

/// A map inside a record that has more different keys than this is a map; others are records.
pub(super) const KEYS: usize = 1000;

/// Where a field is first met: fields are in this order, whoever meets them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct First {
    /// The slice, with the source in its first bits.
    pub slice: u64,
    /// The record among those of the slice, and the node among those of the record.
    pub record: u64,
    pub node: u32,
}

/// What is known of the values at a place.
#[derive(Default)]
pub(super) struct Place {
    pub nulls: u64,
    /// Truth values of formats that have some: how many are true, and how many false.
    pub bools: [u64; 2],
    /// Numbers, and fields of tables that are not in quotes.
    pub numbers: Option<Box<Plain>>,
    /// Some of them are fields of tables: then a text in quotes is not another kind.
    pub untyped: bool,
    /// Texts.
    pub texts: Option<Box<Plain>>,
    pub bytes: Option<Bytes>,
    pub lists: u64,
    /// The items of all lists.
    pub items: Option<Box<Place>>,
    pub maps: u64,
    pub fields: Option<Box<Fields>>,
    /// Lists and maps that are too deep inside others to be looked at.
    pub deep: u64,
}

/// Bytes: how many values there are, the shortest and the longest.
#[derive(Clone, Copy)]
pub(super) struct Bytes {
    pub count: u64,
    pub shortest: usize,
    pub longest: usize,
}

/// The fields of maps.
#[derive(Default)]
pub(super) struct Fields {
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
    pub all: Vec<Field>,
    /// The fields of the map before, in its order.
    last: Vec<u32>,
    /// There are too many: the values of all keys are at one place.
    pub values: Option<Box<Place>>,
}

/// A field.
pub(super) struct Field {
    pub name: Box<[u8]>,
    pub first: First,
    pub place: Place,
}

impl Place {
    fn numbers(&mut self, asked: Asked, held: &mut Held) -> Result<&mut Plain> {
        plain(&mut self.numbers, asked.facts, held)
    }

    /// Takes in a value that is neither a list nor a map.
    #[inline]
    pub fn add(&mut self, value: &Value<'_>, asked: Asked, held: &mut Held) -> Result<()> {
        match *value {
            Value::Untyped(text) if !asked.as_text => {
                self.untyped = true;
                self.numbers(asked, held)?.add(text, ALL);
            }
            Value::Number(text) => self.numbers(asked, held)?.add(text, NUMBERS),
            Value::Untyped(text) | Value::Text(text) => plain(&mut self.texts, asked.facts, held)?.add(text, TEXTS),
            Value::Null => self.nulls += 1,
            ref other => self.add_other(other, asked, held)?,
        }
        Ok(())
    }

    fn add_other(&mut self, value: &Value<'_>, asked: Asked, held: &mut Held) -> Result<()> {
        let mut room: DigitRoom = [0; 32];
        match *value {
            Value::Bool(truth) => self.bools[usize::from(!truth)] += 1,
            Value::Int(number) => self.numbers(asked, held)?.add(int_text(number, &mut room), DECIMAL),
            Value::UInt(number) => self.numbers(asked, held)?.add(uint_text(number, &mut room), DECIMAL),
            Value::Float(number) => self.numbers(asked, held)?.add_float(number),
            Value::Bytes(bytes) => {
                let own = self.bytes.get_or_insert(Bytes { count: 0, shortest: bytes.len(), longest: 0 });
                own.add(Bytes { count: 1, shortest: bytes.len(), longest: bytes.len() });
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes in a value with everything inside it, `level` lists and maps inside the record.
    pub fn add_tree(&mut self, tree: Tree<'_, '_>, walk: &mut Walk<'_>, level: usize) -> Result<()> {
        match tree.value() {
            Value::List(_) | Value::Map(_) if level > LEVELS => self.deep += 1,
            Value::List(_) => {
                self.lists += 1;
                if self.items.is_none() {
                    walk.held.take(size_of::<Place>())?;
                }
                let items = self.items.get_or_insert_default();
                for item in tree.children() {
                    walk.node += 1;
                    items.add_tree(item, walk, level + 1)?;
                }
            }
            Value::Map(_) => self.add_map(tree, walk, level)?,
            value => self.add(&value, walk.asked, walk.held)?,
        }
        Ok(())
    }

    /// Takes in the fields of a map.
    pub fn add_map(&mut self, map: Tree<'_, '_>, walk: &mut Walk<'_>, level: usize) -> Result<()> {
        self.maps += 1;
        let fields = self.fields.get_or_insert_default();
        for (at, child) in map.children().enumerate() {
            walk.node += 1;
            let place = match &mut fields.values {
                Some(values) => &mut **values,
                None => match fields.find(child.key(), at, walk, level)? {
                    Some(field) => &mut fields.all[field].place,
                    None => fields.collapse(walk.held)?,
                },
            };
            place.add_tree(child, walk, level + 1)?;
        }
        Ok(())
    }

    /// Takes in what another worker knows, or what is known of another place.
    pub fn merge(&mut self, other: Place, held: &mut Held, limit: usize, level: usize) -> Result<()> {
        let Place { nulls, bools, numbers, untyped, texts, bytes, lists, items, maps, fields, deep } = other;
        self.nulls += nulls;
        self.bools = [self.bools[0] + bools[0], self.bools[1] + bools[1]];
        for (own, other) in [(&mut self.numbers, numbers), (&mut self.texts, texts)] {
            if let Some(other) = other {
                plain(own, other.has_facts(), held)?.merge(*other);
            }
        }
        self.untyped |= untyped;
        if let Some(other) = bytes {
            self.bytes.get_or_insert(Bytes { count: 0, ..other }).add(other);
        }
        self.lists += lists;
        if let Some(items) = items {
            self.items.get_or_insert_default().merge(*items, held, limit, level + 1)?;
        }
        self.maps += maps;
        self.deep += deep;
        if let Some(other) = fields {
            self.fields.get_or_insert_default().merge(*other, held, limit, level)?;
        }
        Ok(())
    }

    /// How many values there are that are not null.
    pub fn values(&self) -> u64 {
        let plain = |of: &Option<Box<Plain>>| of.as_ref().map_or(0, |plain| plain.count);
        let bytes = self.bytes.map_or(0, |bytes| bytes.count);
        plain(&self.numbers)
            + plain(&self.texts)
            + self.bools[0]
            + self.bools[1]
            + bytes
            + self.lists
            + self.maps
            + self.deep
    }

    /// Puts texts and truth values to the fields of tables, if there are some: there, text may look like anything.
    pub fn settle(&mut self) {
        // Those are numbers as long as nothing else is known.
        let Some(numbers) = self.numbers.as_mut().filter(|_| self.untyped) else { return };
        let (texts, bools) = (self.texts.take(), std::mem::take(&mut self.bools));
        texts.into_iter().for_each(|texts| numbers.merge(*texts));
        for (text, count) in [(&b"true"[..], bools[0]), (b"false", bools[1])] {
            if count > 0 {
                numbers.add(text, BOOL);
                numbers.count += count - 1;
            }
        }
    }
}

fn plain<'p>(of: &'p mut Option<Box<Plain>>, facts: bool, held: &mut Held) -> Result<&'p mut Plain> {
    match of {
        Some(plain) => Ok(plain),
        None => Ok(of.insert(Box::new(Plain::new(held, facts)?))),
    }
}

impl Bytes {
    fn add(&mut self, other: Bytes) {
        self.count += other.count;
        self.shortest = self.shortest.min(other.shortest);
        self.longest = self.longest.max(other.longest);
    }
}

/// What is asked of values.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    /// A field of a table is a text, whatever it looks like.
    pub as_text: bool,
    /// More than kinds: see [`Plain`].
    pub facts: bool,
}

/// A walk through the values of a record.
pub(super) struct Walk<'w> {
    pub held: &'w mut Held,
    /// Where the record is, and how many of its nodes were passed.
    pub first: First,
    pub node: u32,
    pub asked: Asked,
    /// The most fields of a record.
    pub limit: usize,
}

impl Fields {
    /// The number of a field. `at`: its place in the map; `None`: there are too many fields for a record.
    #[inline]
    fn find(&mut self, name: &[u8], at: usize, walk: &mut Walk<'_>, level: usize) -> Result<Option<usize>> {
        if let Some(number) = self.last.get(at)
            && *self.all[*number as usize].name == *name
        {
            return Ok(Some(*number as usize));
        }
        let first = First { node: walk.node, ..walk.first };
        let found = self.number(name, first, walk.held, if level == 0 { walk.limit } else { KEYS })?;
        if let Some(number) = found {
            if at < self.last.len() {
                self.last[at] = number as u32;
            } else if at == self.last.len() {
                self.last.push(number as u32);
            }
        }
        Ok(found)
    }

    /// The number of a field, which is added if it is new and there are not too many.
    fn number(&mut self, name: &[u8], first: First, held: &mut Held, limit: usize) -> Result<Option<usize>> {
        let hash = self.hasher.hash_one(name);
        if let Some(number) = self.table.find(hash, |number| *self.all[*number as usize].name == *name) {
            let number = *number as usize;
            let own = &mut self.all[number].first;
            *own = (*own).min(first);
            return Ok(Some(number));
        }
        if self.all.len() >= limit {
            return Ok(None);
        }
        // Lists may be twice as long as they have to be; a name has a block of its own.
        const SIZE: usize = 2 * (size_of::<Field>() + 3 * size_of::<u32>()) + 64;
        held.take(SIZE + name.len())?;
        let number = self.all.len();
        self.all.push(Field { name: name.into(), first, place: Place::default() });
        let Fields { table, hasher, all, .. } = self;
        table.insert_unique(hash, number as u32, |number| hasher.hash_one(&*all[*number as usize].name));
        Ok(Some(number))
    }

    /// The same for the fields of records, where too many are an error.
    pub fn of_record(&mut self, name: &[u8], first: First, held: &mut Held, limit: usize) -> Result<Option<usize>> {
        self.number(name, first, held, limit)
    }

    /// Puts the values of all keys together.
    fn collapse(&mut self, held: &mut Held) -> Result<&mut Place> {
        let mut values = self.values.take().unwrap_or_default();
        for field in std::mem::take(&mut self.all) {
            values.merge(field.place, held, KEYS, 1)?;
        }
        self.table = HashTable::new();
        self.last = Vec::new();
        Ok(self.values.insert(values))
    }

    fn merge(&mut self, other: Fields, held: &mut Held, limit: usize, level: usize) -> Result<()> {
        let limit = if level == 0 { limit } else { KEYS };
        if let Some(values) = other.values {
            self.collapse(held)?.merge(*values, held, limit, level + 1)?;
        }
        for Field { name, first, place } in other.all {
            let own = match &mut self.values {
                Some(values) => &mut **values,
                None => match self.number(&name, first, held, limit)? {
                    Some(number) => &mut self.all[number].place,
                    None if level == 0 => return Err(too_many(limit)),
                    None => self.collapse(held)?,
                },
            };
            own.merge(place, held, limit, level + 1)?;
        }
        Ok(())
    }
}

/// The error for records with too many fields.
pub(super) fn too_many(limit: usize) -> crate::error::Error {
    crate::error::Error::refused(format!(
        "the records have more than {limit} different fields\n  Look at some of them: ⟨select a,b⟩, or raise ⟨max_keys⟩ (and ⟨memory_limit⟩ with it).",
    ))
}
