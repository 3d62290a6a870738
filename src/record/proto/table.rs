//! The fields of messages, as tables.

use std::collections::HashMap;

use super::wire;

/// All messages and enums of a schema. They know each other by number.
#[derive(Debug, Default)]
pub struct Messages {
    all: Vec<Message>,
    enums: Vec<Enum>,
    by_name: HashMap<Box<str>, u32>,
}

/// A kind of message.
#[derive(Debug, Default)]
pub struct Message {
    /// The name with its package.
    pub name: Box<str>,
    /// In the order of the schema; extensions come last.
    pub fields: Vec<Field>,
    /// The names of groups of fields of which only one may be set.
    pub oneofs: Vec<Box<str>>,
    /// A kind that has a form of its own.
    pub known: Known,
    /// Those that can't be missing.
    pub required: Vec<u32>,
    /// For each small number, the place of its field and one more; 0: there is none.
    dense: Vec<u32>,
    /// The others, in order.
    sparse: Vec<(u32, u32)>,
    by_name: HashMap<Box<[u8]>, u32>,
    /// The names of all fields as keys, in a row: those of the schema, then those of JSON.
    pub(super) keys: Box<[u8]>,
}

/// A field of a message.
#[derive(Clone, Debug)]
pub struct Field {
    /// The name, or that of an extension in brackets.
    pub name: Box<str>,
    /// The name in JSON.
    pub json: Box<str>,
    /// Its number.
    pub number: u32,
    /// What its values are.
    pub of: Of,
    /// How many values it has.
    pub shape: Shape,
    /// The group of which only one field may be set.
    pub oneof: Option<u32>,
    /// Where its two names are among the keys of the message.
    pub(super) keys: [(u32, u32); 2],
}

/// What values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Of {
    Double,
    Float,
    Int32,
    Int64,
    UInt32,
    UInt64,
    SInt32,
    SInt64,
    Fixed32,
    Fixed64,
    SFixed32,
    SFixed64,
    Bool,
    /// Text; with `utf8`, invalid UTF-8 is an error.
    Text {
        utf8: bool,
    },
    Bytes,
    /// The enum of this number.
    Enum(u32),
    /// The message of this number; a group is between two tags.
    Message {
        of: u32,
        group: bool,
    },
}

/// How many values a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One, which is zero or empty if it is not there.
    Plain,
    /// One or none.
    Optional,
    /// One, always.
    Required,
    /// Any number; written one after another if they are packed.
    List {
        /// Whether they are.
        packed: bool,
    },
    /// Pairs, each of which is a message of this number.
    Map(u32),
}

/// Messages that have a form of their own in JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Known {
    #[default]
    No,
    Timestamp,
    Duration,
    FieldMask,
    Struct,
    Value,
    ListValue,
    /// A value that may be missing, in the field `value`.
    Wrapper,
    Any,
}

/// A kind of values that have names.
#[derive(Debug, Default)]
pub struct Enum {
    /// The name with its package.
    pub name: Box<str>,
    /// It may have no other values than those it names.
    pub closed: bool,
    /// Its only value means null.
    pub is_null: bool,
    /// The names of values, in a row.
    pub(super) keys: Box<[u8]>,
    /// The values in order, each once, with the places of their names.
    by_number: Vec<(i32, (u32, u32))>,
    by_name: HashMap<Box<[u8]>, i32>,
    first: i32,
}

/// The longest list of fields by number: larger numbers are looked for.
const DENSE: u32 = 512;

/// The keys of a message that are taken over at once.
pub(super) const SHORT: usize = 4096;

impl Of {
    /// How one value is laid out.
    #[inline(always)]
    pub fn layout(self) -> u8 {
        match self {
            Of::Double | Of::Fixed64 | Of::SFixed64 => wire::FIXED64,
            Of::Float | Of::Fixed32 | Of::SFixed32 => wire::FIXED32,
            Of::Text { .. } | Of::Bytes | Of::Message { group: false, .. } => wire::BYTES,
            Of::Message { group: true, .. } => wire::BEGIN_GROUP,
            _ => wire::VARINT,
        }
    }

    /// Whether values may be written one after another, without tags.
    #[inline(always)]
    pub fn may_be_packed(self) -> bool {
        !matches!(self, Of::Text { .. } | Of::Bytes | Of::Message { .. })
    }

    /// Whether JSON has a text for it, since it may have more digits than a number there.
    pub(super) fn is_long(self) -> bool {
        matches!(self, Of::Int64 | Of::UInt64 | Of::SInt64 | Of::Fixed64 | Of::SFixed64)
    }
}

impl Field {
    /// A field. The name in JSON is given, or made of the name.
    pub fn new(name: &str, json: Option<&str>, number: u32, of: Of, shape: Shape) -> Field {
        let json = json.map_or_else(|| camel(name), str::to_owned).into();
        Field { name: name.into(), json, number, of, shape, oneof: None, keys: [(0, 0); 2] }
    }
}

/// A name as JSON has it: `from_station` is `fromStation`.
pub(super) fn camel(name: &str) -> String {
    let mut up = false;
    let mut camel = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            '_' => up = true,
            letter if up => {
                camel.push(letter.to_ascii_uppercase());
                up = false;
            }
            letter => camel.push(letter),
        }
    }
    camel
}

impl Message {
    /// A message of these fields.
    pub fn new(name: &str, fields: Vec<Field>, oneofs: Vec<Box<str>>, known: Known) -> Message {
        let mut message = Message { name: name.into(), fields, oneofs, known, ..Message::default() };
        message.index();
        message
    }

    /// Adds a field that another place of the schema says: an extension.
    pub fn extend(&mut self, field: Field) {
        self.fields.push(field);
    }

    /// Makes the tables.
    fn index(&mut self) {
        let (mut keys, mut by_name) = (Vec::new(), HashMap::new());
        for json in [false, true] {
            for (place, field) in self.fields.iter_mut().enumerate() {
                let name = if json { &field.json } else { &field.name };
                let from = keys.len() as u32;
                keys.extend_from_slice(name.as_bytes());
                field.keys[usize::from(json)] = (from, keys.len() as u32);
                // A name of the schema is never taken for another one in JSON.
                by_name.entry(name.as_bytes().into()).or_insert(place as u32);
            }
        }
        (self.keys, self.by_name) = (keys.into(), by_name);
        let places = || self.fields.iter().enumerate().map(|(place, field)| (field.number, place as u32));
        let longest = places().map(|(number, _)| number).filter(|number| *number < DENSE).max();
        let mut dense = vec![0; longest.map_or(0, |number| number as usize + 1)];
        let mut sparse = Vec::new();
        for (number, place) in places() {
            match dense.get_mut(number as usize) {
                Some(of) => *of = place + 1,
                None => sparse.push((number, place)),
            }
        }
        sparse.sort_unstable();
        let is_required = |field: &(usize, &Field)| field.1.shape == Shape::Required;
        self.required = self.fields.iter().enumerate().filter(is_required).map(|(place, _)| place as u32).collect();
        (self.dense, self.sparse) = (dense, sparse);
    }

    /// The place of the field with a number.
    #[inline(always)]
    pub fn numbered(&self, number: u32) -> Option<usize> {
        match self.dense.get(number as usize) {
            Some(0) => None,
            Some(place) => Some(*place as usize - 1),
            None if self.sparse.is_empty() => None,
            None => self.far(number),
        }
    }

    #[inline(never)]
    fn far(&self, number: u32) -> Option<usize> {
        let found = self.sparse.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(self.sparse[found].1 as usize)
    }

    /// The place of the field with a name, of the schema or of JSON. `guess`: where it may be.
    #[inline(always)]
    pub fn named(&self, name: &[u8], guess: usize) -> Option<usize> {
        match self.fields.get(guess) {
            Some(field) if field.name.as_bytes() == name || field.json.as_bytes() == name => Some(guess),
            _ => self.by_name.get(name).map(|place| *place as usize),
        }
    }
}

impl Enum {
    /// An enum of these values.
    pub fn new(name: &str, values: &[(&str, i32)], closed: bool) -> Enum {
        let (mut keys, mut by_number, mut by_name) = (Vec::new(), Vec::new(), HashMap::new());
        for (value, number) in values {
            let from = keys.len() as u32;
            keys.extend_from_slice(value.as_bytes());
            by_number.push((*number, (from, keys.len() as u32)));
            by_name.entry(value.as_bytes().into()).or_insert(*number);
        }
        // Of several names of a number, the first is written.
        by_number.sort_by_key(|(number, _)| *number);
        by_number.dedup_by_key(|(number, _)| *number);
        Enum {
            name: name.into(),
            closed,
            is_null: name == "google.protobuf.NullValue",
            keys: keys.into(),
            by_number,
            by_name,
            first: values.first().map_or(0, |(_, number)| *number),
        }
    }

    /// Where the name of a number is.
    #[inline]
    pub(super) fn place(&self, number: i32) -> Option<(u32, u32)> {
        // Usually they count from 0.
        if let Some((found, place)) = self.by_number.get(number as usize)
            && *found == number
        {
            return Some(*place);
        }
        let found = self.by_number.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(self.by_number[found].1)
    }

    /// The number of a name.
    pub fn number(&self, name: &[u8]) -> Option<i32> {
        self.by_name.get(name).copied()
    }

    /// The value of a field that is not there.
    pub fn first(&self) -> i32 {
        self.first
    }

    /// The names in order of their numbers.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let text = |(from, to): (u32, u32)| std::str::from_utf8(&self.keys[from as usize..to as usize]);
        self.by_number.iter().filter_map(move |(_, place)| text(*place).ok())
    }
}

/// Makes the tables of a schema.
#[derive(Debug, Default)]
pub struct Builder(Messages);

impl Builder {
    /// Adds a message; its number is that of messages before it.
    pub fn message(&mut self, message: Message) {
        self.0.by_name.insert(message.name.clone(), self.0.all.len() as u32);
        self.0.all.push(message);
    }

    /// Adds an enum; its number is that of enums before it.
    pub fn value(&mut self, of: Enum) {
        self.0.enums.push(of);
    }

    /// The message of a number, to be changed.
    pub fn at(&mut self, number: u32) -> Option<&mut Message> {
        self.0.all.get_mut(number as usize)
    }

    /// All messages. The numbers in their fields have to be those of messages and enums that were added.
    pub fn finish(mut self) -> Messages {
        self.0.all.iter_mut().for_each(Message::index);
        self.0
    }
}

impl Messages {
    /// The message of a number.
    #[inline(always)]
    pub fn at(&self, number: u32) -> &Message {
        &self.all[number as usize]
    }

    /// The enum of a number.
    #[inline(always)]
    pub fn value(&self, number: u32) -> &Enum {
        &self.enums[number as usize]
    }

    /// The number of the message with a name.
    pub fn named(&self, name: &str) -> Option<u32> {
        self.by_name.get(name).copied()
    }

    /// All messages, in order of their numbers.
    pub fn all(&self) -> &[Message] {
        &self.all
    }
}
