//! From bytes to nodes of a keyed batch.

use super::names::Names;
use super::opened::Opened;
use super::root::Root;
use super::scan::{Begun, Found, Scan};
use super::table::{Field, Known, Messages, Of, Shape};
use super::wire;
use crate::error::RecordError;
use crate::record::binary::fields;
use crate::record::digits::{float_text, int_text, short_float, uint_text};
use crate::record::json::too_deep;
use crate::record::{Batch, LossyKind, Value, too_many_fields, utf8};

/// Reads messages, one after another. Everything is checked.
pub struct Reader {
    /// None only while a message is read.
    root: Option<Root>,
    /// As the canonical JSON has it.
    pub(super) json: bool,
    max_depth: usize,
    max_fields: usize,
    /// Invalid UTF-8 becomes U+FFFD.
    replace: bool,
    /// Fields that nobody knows are counted.
    counts: bool,
    pub(super) scan: Scan,
    pub(super) open: Vec<Opened>,
    /// The keys of a map, by the places of their nodes.
    met: hashbrown::HashTable<u32>,
    /// A text that is put together.
    pub(super) joined: Vec<u8>,
}

impl Reader {
    /// A reader of a message. With `counts`, fields that the schema lacks are counted as lost.
    pub fn new(root: Root, json: bool, max_depth: usize, max_fields: usize, replace: bool, counts: bool) -> Reader {
        let (scan, open) = (Scan::new(), Vec::with_capacity(64));
        let (met, joined) = (hashbrown::HashTable::with_capacity(64), Vec::with_capacity(256));
        Reader { root: Some(root), json, max_depth, max_fields, replace, counts, scan, open, met, joined }
    }

    /// Adds the message at `from..to`, a record, to a keyed batch.
    pub fn message<'a>(
        &mut self,
        data: &'a [u8],
        from: usize,
        to: usize,
        names: &mut Names<'a>,
        batch: &mut Batch<'a>,
    ) -> Result<(), RecordError> {
        let Some(root) = self.root.take() else { return Ok(()) };
        let read = self.record(&root, &data[..to], from, names, batch);
        self.root = Some(root);
        read
    }

    fn record<'a>(
        &mut self,
        root: &Root,
        data: &'a [u8],
        from: usize,
        names: &mut Names<'a>,
        batch: &mut Batch<'a>,
    ) -> Result<(), RecordError> {
        self.scan.clear();
        self.open.clear();
        let whole = self.scan.push(Found::range(from, data.len()));
        let first = batch.next_node();
        self.scan.most = batch.arena().limit() / (2 * size_of::<Found>());
        self.enter(root.messages(), root.number(), b"", whole, false, data, names, batch)?;
        self.walk(root.messages(), first, data, names, batch)?;
        if self.counts && self.scan.unknown > 0 {
            batch.lose(LossyKind::FieldNotInSchema, self.scan.unknown);
        }
        if batch.open_values().len() > self.max_fields && fields(batch.open_values()) > self.max_fields {
            return Err(too_many_fields(from, self.max_fields));
        }
        Ok(())
    }

    /// Names for a batch.
    pub fn names<'a>() -> Names<'a> {
        Names::default()
    }

    /// Adds what is left of the messages that are open. `first`: the first node of the record.
    fn walk<'a>(
        &mut self,
        messages: &Messages,
        first: usize,
        data: &'a [u8],
        names: &mut Names<'a>,
        batch: &mut Batch<'a>,
    ) -> Result<(), RecordError> {
        'message: while let Some(top) = self.open.last_mut() {
            let Opened { message: of, begun, end, node, list, .. } = *top;
            let message = messages.at(of);
            if top.inside {
                let (place, number) = (top.field, top.next);
                let field = &message.fields[place];
                if number != 0 {
                    top.next = self.scan.found(number).next;
                    self.item(messages, field, number, data, names, batch)?;
                    continue;
                }
                match field.shape {
                    Shape::Map(_) => {
                        batch.close_map(list);
                        if self.has_twice(batch, list, first) {
                            self.without_twice(messages, data)?;
                            batch.rewind(list + 1);
                            continue;
                        }
                    }
                    _ => batch.close_list(list),
                }
                let Some(top) = self.open.last_mut() else { break };
                (top.inside, top.field) = (false, place + 1);
                if top.only {
                    self.scan.end(end);
                    self.open.pop();
                }
                continue;
            }
            for place in top.field..message.fields.len() {
                let field = &message.fields[place];
                let number = self.scan.slot(begun, place).first;
                if number == 0 && (self.json || matches!(field.shape, Shape::Optional | Shape::Required)) {
                    continue;
                }
                if self.json && field.shape == Shape::Plain && self.scan.found(number).is_default() {
                    continue;
                }
                let key = names.get(2 * of, &message.keys, field.keys[usize::from(self.json)], batch, node_at(data))?;
                match field.shape {
                    Shape::Map(_) => {
                        batch.push_keyed(key, Value::Map(0), 0)?;
                        self.begin_items(place, number, batch);
                        continue 'message;
                    }
                    Shape::List { .. } => {
                        batch.push_keyed(key, Value::List(0), 0)?;
                        if let Of::Message { .. } = field.of {
                            self.begin_items(place, number, batch);
                            continue 'message;
                        }
                        let list = batch.next_node() - 1;
                        self.items(messages, field, number, data, names, batch)?;
                        batch.close_list(list);
                    }
                    _ => {
                        if let Of::Message { of, .. } = field.of {
                            if let Some(top) = self.open.last_mut() {
                                top.field = place + 1;
                            }
                            self.enter(messages, of, key, number, true, data, names, batch)?;
                            continue 'message;
                        }
                        let found = match number {
                            0 => Found { next: 0, ranged: false, from: 0, to: 0 },
                            number => self.scan.found(number),
                        };
                        if let Some(value) = self.value(messages, field, found, data, names, batch)? {
                            batch.push_keyed(key, value, found.from as usize)?;
                        }
                    }
                }
            }
            batch.close_map(node);
            self.scan.end(end);
            self.open.pop();
        }
        Ok(())
    }

    /// The next nodes are values of the field at a place, in the list or map whose node is the last one.
    fn begin_items(&mut self, place: usize, number: u32, batch: &Batch<'_>) {
        if let Some(top) = self.open.last_mut() {
            (top.field, top.next, top.inside, top.list) = (place, number, true, batch.next_node() - 1);
        }
    }

    /// Adds an item of a list that is a message, or a pair of a map.
    fn item<'a>(
        &mut self,
        messages: &Messages,
        field: &Field,
        number: u32,
        data: &'a [u8],
        names: &mut Names<'a>,
        batch: &mut Batch<'a>,
    ) -> Result<(), RecordError> {
        let Shape::Map(pair) = field.shape else {
            let Of::Message { of, .. } = field.of else { return Ok(()) };
            return self.enter(messages, of, b"", number, false, data, names, batch);
        };
        let at = self.scan.found(number).from as usize;
        let unknown = self.scan.unknown;
        let begun = self.scan.message(messages, pair, data, number, false)?;
        let pair = messages.at(pair);
        let [key, value] = &pair.fields[..] else { return Ok(()) };
        let get = |place: usize| match self.scan.slot(begun, place).first {
            0 => None,
            number => Some((number, self.scan.found(number))),
        };
        let (name, content) = (get(0), get(1));
        if let (Of::Enum(of), None) = (value.of, content)
            && self.scan.unknown > unknown
            && messages.value(of).closed
        {
            // A pair with a value that the enum does not have is unknown as a whole.
            self.scan.end(begun);
            return Ok(());
        }
        let name = self.key(key.of, name.map(|(_, found)| found), at, data, batch)?;
        if let Of::Message { of, .. } = value.of {
            // An empty message if there is none.
            let number = content.map_or_else(|| self.scan.push(Found::range(at, at)), |(number, _)| number);
            return self.enter_within(begun, messages, of, name, number, data, names, batch);
        }
        let found =
            content.map_or(Found { next: 0, ranged: false, from: self.nothing(messages, value.of), to: 0 }, |it| it.1);
        let value = self.value(messages, value, found, data, names, batch)?;
        self.scan.end(begun);
        batch.push_keyed(name, value.unwrap_or(Value::Null), at)
    }

    /// The number that a value of a map has that is not there.
    fn nothing(&self, messages: &Messages, of: Of) -> u64 {
        if let Of::Enum(of) = of { messages.value(of).first() as u64 } else { 0 }
    }

    /// The key of a pair as text.
    fn key<'a>(
        &self,
        of: Of,
        found: Option<Found>,
        at: usize,
        data: &'a [u8],
        batch: &mut Batch<'a>,
    ) -> Result<&'a [u8], RecordError> {
        let raw = found.map_or(0, |found| found.from);
        let mut room = [0; 32];
        let text = match of {
            Of::Text { .. } | Of::Bytes => {
                let Some(found) = found else { return Ok(b"") };
                let text = &data[found.from as usize..found.to];
                return utf8::checked(text, self.replace, found.from as usize, batch).map_err(utf8::without_encoding);
            }
            Of::Bool => return Ok(if raw != 0 { b"true" } else { b"false" }),
            Of::UInt32 | Of::Fixed32 => uint_text(u64::from(raw as u32), &mut room),
            Of::UInt64 | Of::Fixed64 => uint_text(raw, &mut room),
            of => int_text(signed(of, raw), &mut room),
        };
        kept(batch, text, at)
    }

    /// Adds the items of a list of plain values.
    fn items<'a>(
        &mut self,
        messages: &Messages,
        field: &Field,
        first: u32,
        data: &'a [u8],
        names: &mut Names<'a>,
        batch: &mut Batch<'a>,
    ) -> Result<(), RecordError> {
        let mut number = first;
        while number != 0 {
            let found = self.scan.found(number);
            number = found.next;
            if !found.ranged || !field.of.may_be_packed() {
                if let Some(value) = self.value(messages, field, found, data, names, batch)? {
                    batch.push_keyed(b"", value, found.from as usize)?;
                }
                continue;
            }
            let (packed, mut at) = (&data[..found.to], found.from as usize);
            let layout = field.of.layout();
            while at < packed.len() {
                let read = match layout {
                    wire::VARINT => wire::varint(packed, at),
                    wire::FIXED64 => wire::fixed64(packed, at),
                    _ => wire::fixed32(packed, at),
                };
                let Some((raw, next)) = read else { return Err(wire::cut(at, packed.len())) };
                let one = Found { next: 0, ranged: false, from: raw, to: 0 };
                match self.value(messages, field, one, data, names, batch)? {
                    Some(value) => batch.push_keyed(b"", value, at)?,
                    None => self.scan.unknown += 1,
                }
                at = next;
            }
        }
        Ok(())
    }

    /// A plain value; none if its enum does not have it.
    #[inline(always)]
    pub(super) fn value<'a>(
        &self,
        messages: &Messages,
        field: &Field,
        found: Found,
        data: &'a [u8],
        names: &mut Names<'a>,
        batch: &mut Batch<'a>,
    ) -> Result<Option<Value<'a>>, RecordError> {
        let raw = found.from;
        Ok(Some(match field.of {
            of if self.json && of.is_long() => self.long(of, raw, batch)?,
            Of::Double => self.double(f64::from_bits(raw)),
            Of::Float => self.float(f32::from_bits(raw as u32), batch)?,
            Of::UInt32 | Of::Fixed32 => Value::UInt(u64::from(raw as u32)),
            Of::UInt64 | Of::Fixed64 => Value::UInt(raw),
            Of::Bool => Value::Bool(raw != 0),
            Of::Text { .. } if !found.ranged => Value::Text(b""),
            Of::Bytes if !found.ranged => Value::Bytes(b""),
            Of::Bytes => Value::Bytes(&data[raw as usize..found.to]),
            Of::Text { utf8 } => return self.text(&data[raw as usize..found.to], utf8, raw as usize, batch).map(Some),
            Of::Enum(of) => {
                let all = messages.value(of);
                match all.place(raw as i32) {
                    _ if all.is_null => Value::Null,
                    Some(place) => Value::Text(names.get(2 * of + 1, &all.keys, place, batch, node_at(data))?),
                    None if all.closed && found_is_there(found) => return Ok(None),
                    None => Value::Int(i64::from(raw as i32)),
                }
            }
            of => Value::Int(signed(of, raw)),
        }))
    }

    #[inline]
    fn text<'a>(&self, text: &'a [u8], utf8: bool, at: usize, batch: &mut Batch<'a>) -> Result<Value<'a>, RecordError> {
        if !utf8 && !self.replace && !text.is_ascii() && simdutf8::basic::from_utf8(text).is_err() {
            // The schema allows any bytes.
            return Ok(Value::Bytes(text));
        }
        utf8::checked(text, self.replace, at, batch).map(Value::Text).map_err(utf8::without_encoding)
    }

    #[inline(never)]
    fn long<'a>(&self, of: Of, raw: u64, batch: &Batch<'a>) -> Result<Value<'a>, RecordError> {
        let mut room = [0; 32];
        let text = match of {
            Of::UInt64 | Of::Fixed64 => uint_text(raw, &mut room),
            of => int_text(signed(of, raw), &mut room),
        };
        kept(batch, text, 0).map(Value::Text)
    }

    #[inline]
    fn double<'a>(&self, number: f64) -> Value<'a> {
        match number.is_finite() {
            false if self.json => Value::Text(not_finite(number)),
            _ => Value::Float(number),
        }
    }

    fn float<'a>(&self, number: f32, batch: &Batch<'a>) -> Result<Value<'a>, RecordError> {
        let wide = crate::record::to_number::widen(number);
        if !number.is_finite() {
            return Ok(self.double(wide));
        }
        // Most numbers are short in both.
        let (mut short, mut long) = ([0; 32], [0; 32]);
        let text = short_float(number, &mut short);
        match text == float_text(wide, &mut long) {
            true => Ok(Value::Float(wide)),
            false => kept(batch, text, 0).map(Value::Number),
        }
    }

    /// Begins a message, or adds it if it has a form of its own. Its bytes are the run of this number; with `all`, those
    /// after it too.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn enter<'a>(
        &mut self,
        messages: &Messages,
        of: u32,
        key: &'a [u8],
        number: u32,
        all: bool,
        data: &'a [u8],
        names: &mut Names<'a>,
        batch: &mut Batch<'a>,
    ) -> Result<(), RecordError> {
        let at = self.scan.found(number).from as usize;
        if self.open.len() >= self.max_depth {
            return Err(too_deep(at, self.max_depth));
        }
        let message = messages.at(of);
        if message.known != Known::No {
            return self.special(messages, of, key, number, all, data, names, batch);
        }
        let begun = self.scan.message(messages, of, data, number, all)?;
        let node = batch.next_node();
        batch.push_keyed(key, Value::Map(0), at)?;
        self.open.push(Opened {
            message: of,
            begun,
            end: begun,
            node,
            field: 0,
            next: 0,
            inside: false,
            list: 0,
            only: false,
        });
        Ok(())
    }

    /// The same for a message inside something that was gone over, and of which nothing else is left.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn enter_within<'a>(
        &mut self,
        within: Begun,
        messages: &Messages,
        of: u32,
        key: &'a [u8],
        number: u32,
        data: &'a [u8],
        names: &mut Names<'a>,
        batch: &mut Batch<'a>,
    ) -> Result<(), RecordError> {
        let open = self.open.len();
        self.enter(messages, of, key, number, true, data, names, batch)?;
        match self.open.get_mut(open) {
            Some(top) => top.end = within,
            None => self.scan.end(within),
        }
        Ok(())
    }

    /// Whether a map has a key twice.
    fn has_twice(&mut self, batch: &Batch<'_>, list: usize, first: usize) -> bool {
        let map = batch.open_tree().node(list - first);
        let count = map.children().count();
        if count <= 8 {
            let again = |place: usize, key: &[u8]| map.children().take(place).any(|before| before.key() == key);
            return map.children().enumerate().any(|(place, child)| again(place, child.key()));
        }
        self.met.clear();
        let keys = map.nodes().1;
        let mut at = 1;
        for child in map.children() {
            let key = child.key();
            let hash = twox_hash::XxHash3_64::oneshot(key);
            if self.met.find(hash, |other| keys[*other as usize] == key).is_some() {
                return true;
            }
            self.met.insert_unique(hash, at as u32, |other| twox_hash::XxHash3_64::oneshot(keys[*other as usize]));
            at += child.nodes().0.len();
        }
        false
    }

    /// Leaves out pairs whose key is there again later.
    #[cold]
    #[inline(never)]
    fn without_twice(&mut self, messages: &Messages, data: &[u8]) -> Result<(), RecordError> {
        let Some(top) = self.open.last().copied() else { return Ok(()) };
        let Shape::Map(pair) = messages.at(top.message).fields[top.field].shape else { return Ok(()) };
        let mut number = self.scan.slot(top.begun, top.field).first;
        let mut last: std::collections::HashMap<Vec<u8>, u32> = std::collections::HashMap::new();
        let mut drop = Vec::new();
        while number != 0 {
            let begun = self.scan.message(messages, pair, data, number, false)?;
            let key = match self.scan.slot(begun, 0).first {
                0 => Vec::new(),
                key => match self.scan.found(key) {
                    Found { ranged: true, from, to, .. } => data[from as usize..to].to_vec(),
                    Found { from: 0, .. } => Vec::new(),
                    Found { from, .. } => same_key(messages.at(pair).fields[0].of, from).to_le_bytes().to_vec(),
                },
            };
            self.scan.end(begun);
            drop.extend(last.insert(key, number));
            number = self.scan.found(number).next;
        }
        drop.into_iter().for_each(|number| self.scan.unlink(top.begun, top.field, number));
        let first = self.scan.slot(top.begun, top.field).first;
        if let Some(top) = self.open.last_mut() {
            top.next = first;
        }
        Ok(())
    }
}

/// A key as a number that is the same for the same key.
fn same_key(of: Of, raw: u64) -> u64 {
    match of {
        Of::Bool => u64::from(raw != 0),
        Of::UInt64 | Of::Fixed64 => raw,
        Of::UInt32 | Of::Fixed32 => u64::from(raw as u32),
        of => signed(of, raw) as u64,
    }
}

/// Whether a value was read, and is not what stands for one that is not there.
fn found_is_there(found: Found) -> bool {
    found.from != 0 || found.ranged
}

/// Errors about memory have no place of their own here.
fn node_at(_: &[u8]) -> usize {
    0
}

/// A number that may be negative.
#[inline(always)]
pub(super) fn signed(of: Of, raw: u64) -> i64 {
    let zigzag = |raw: u64| (raw >> 1) as i64 ^ -((raw & 1) as i64);
    match of {
        Of::SInt32 => i64::from(zigzag(u64::from(raw as u32)) as i32),
        Of::SInt64 => zigzag(raw),
        Of::Int64 | Of::SFixed64 => raw as i64,
        _ => i64::from(raw as i32),
    }
}

/// How JSON names such a number.
pub(super) fn not_finite(number: f64) -> &'static [u8] {
    match number {
        f64::INFINITY => b"Infinity",
        f64::NEG_INFINITY => b"-Infinity",
        _ => b"NaN",
    }
}

/// Keeps a text in the arena.
pub(super) fn kept<'a>(batch: &Batch<'a>, text: &[u8], at: usize) -> Result<&'a [u8], RecordError> {
    let place = batch.arena().bytes(text.len(), at)?;
    place.copy_from_slice(text);
    Ok(place)
}
