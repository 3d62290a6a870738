//! Where the values of a message are.

use super::table::{Message, Messages, Of, Shape};
use super::wire::{self, BEGIN_GROUP, BYTES, END_GROUP, FIXED32, FIXED64, VARINT};
use crate::error::RecordError;
use crate::memory::{Refusal, no_memory};

/// A value that was found, or a run of bytes.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// The next one of the same field, and one more; 0: there is none.
    pub next: u32,
    /// It is from `from` to `to`; otherwise `from` is the number itself.
    pub ranged: bool,
    pub from: u64,
    pub to: usize,
}

impl Found {
    pub fn range(from: usize, to: usize) -> Found {
        Found { next: 0, ranged: true, from: from as u64, to }
    }

    /// Whether it is 0 or empty.
    #[inline(always)]
    pub fn is_default(self) -> bool {
        if self.ranged { self.from == self.to as u64 } else { self.from == 0 }
    }
}

/// The values of a field: the first and the last one, and one more; 0: there is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Slot {
    pub first: u32,
    last: u32,
}

/// What was found in the messages that are open, those of the innermost one last.
#[derive(Debug, Default)]
pub struct Scan {
    slots: Vec<Slot>,
    found: Vec<Found>,
    /// How many fields nobody knows.
    pub unknown: u64,
    /// How many values are noted at most.
    pub most: usize,
}

/// How much was found before a message was gone over.
#[derive(Clone, Copy, Debug)]
pub struct Begun {
    slots: usize,
    found: usize,
}

/// Room for what usual records have.
const USUAL: usize = 1 << 14;

impl Scan {
    pub fn new() -> Scan {
        Scan { slots: Vec::with_capacity(512), found: Vec::with_capacity(1024), ..Scan::default() }
    }

    pub fn clear(&mut self) {
        self.slots.clear();
        self.found.clear();
        // What a large record took is not kept.
        self.slots.shrink_to(USUAL);
        self.found.shrink_to(USUAL);
        self.unknown = 0;
    }

    /// Adds a run of bytes as a value of no field; gives its number.
    #[inline(always)]
    pub fn push(&mut self, found: Found) -> u32 {
        self.found.push(found);
        self.found.len() as u32
    }

    #[inline(always)]
    pub fn found(&self, number: u32) -> Found {
        self.found[number as usize - 1]
    }

    #[inline(always)]
    pub fn slot(&self, begun: Begun, place: usize) -> Slot {
        self.slots[begun.slots + place]
    }

    /// Forgets what was found since.
    #[inline(always)]
    pub fn end(&mut self, begun: Begun) {
        self.slots.truncate(begun.slots);
        self.found.truncate(begun.found);
    }

    /// Leaves a value out of those of a field.
    pub fn unlink(&mut self, begun: Begun, place: usize, number: u32) {
        let slot = begun.slots + place;
        let next = self.found(number).next;
        if self.slots[slot].first == number {
            self.slots[slot].first = next;
            return;
        }
        let mut before = self.slots[slot].first;
        while before != 0 {
            let after = self.found(before).next;
            if after == number {
                self.found[before as usize - 1].next = next;
                return;
            }
            before = after;
        }
    }

    /// Goes over a message whose bytes are these runs, one after another: with `all`, the first one and those after it.
    pub fn message(
        &mut self,
        messages: &Messages,
        of: u32,
        data: &[u8],
        first: u32,
        all: bool,
    ) -> Result<Begun, RecordError> {
        let message = messages.at(of);
        let begun = Begun { slots: self.slots.len(), found: self.found.len() };
        if self.slots.len() >= self.most {
            return Err(no_room(self.found(first).from as usize, self.most));
        }
        self.slots.resize(begun.slots + message.fields.len() + message.oneofs.len(), Slot::default());
        let (mut number, mut last) = (first, 0);
        while number != 0 {
            let run = self.found(number);
            last = run.from as usize;
            self.run(messages, message, &data[..run.to], run.from as usize, begun.slots)?;
            number = if all { run.next } else { 0 };
        }
        match message.required.is_empty() {
            true => Ok(begun),
            false => self.required(message, begun, last),
        }
    }

    #[inline(never)]
    fn required(&self, message: &Message, begun: Begun, at: usize) -> Result<Begun, RecordError> {
        for place in &message.required {
            if self.slots[begun.slots + *place as usize].first == 0 {
                let field = &message.fields[*place as usize].name;
                let reason = format!("the message {} lacks the field `{field}`, which is required", message.name);
                return Err(RecordError::new(at, reason));
            }
        }
        Ok(begun)
    }

    fn run(
        &mut self,
        messages: &Messages,
        message: &Message,
        data: &[u8],
        mut at: usize,
        slots: usize,
    ) -> Result<(), RecordError> {
        while at < data.len() {
            let (number, layout, next) = wire::tag(data, at)?;
            let Some(place) = message.numbered(number) else {
                self.unknown += 1;
                at = wire::skip(data, next, number, layout)?;
                continue;
            };
            let field = &message.fields[place];
            let is_list = matches!(field.shape, Shape::List { .. });
            if layout != field.of.layout() && !(layout == BYTES && is_list && field.of.may_be_packed()) {
                // Written by a schema in which the field was something else.
                self.unknown += 1;
                at = wire::skip(data, next, number, layout)?;
                continue;
            }
            let mut found = Found { next: 0, ranged: false, from: 0, to: 0 };
            let cut = || wire::cut(next, data.len());
            match layout {
                VARINT => (found.from, at) = wire::varint(data, next).ok_or_else(cut)?,
                FIXED64 => (found.from, at) = wire::fixed64(data, next).ok_or_else(cut)?,
                FIXED32 => (found.from, at) = wire::fixed32(data, next).ok_or_else(cut)?,
                BYTES => {
                    let (from, to) = wire::run(data, next)?;
                    (found, at) = (Found::range(from, to), to);
                }
                BEGIN_GROUP => {
                    let (end, behind) = wire::group(data, next, number)?;
                    (found, at) = (Found::range(next, end), behind);
                }
                END_GROUP.. => return Err(wire::no_layout(at, layout)),
            }
            if let (Of::Enum(of), false) = (field.of, found.ranged)
                && messages.value(of).closed
                && messages.value(of).place(found.from as i32).is_none()
            {
                self.unknown += 1;
                continue;
            }
            if self.found.len() >= self.most {
                return Err(no_room(at, self.most));
            }
            if let Some(oneof) = field.oneof {
                self.only(message, slots, oneof, place);
            }
            let slot = &mut self.slots[slots + place];
            let joins = is_list || matches!(field.shape, Shape::Map(_)) || matches!(field.of, Of::Message { .. });
            match slot.first {
                0 => {
                    self.found.push(found);
                    let number = self.found.len() as u32;
                    *slot = Slot { first: number, last: number };
                }
                // Of several values the last one counts.
                first if !joins => self.found[first as usize - 1] = found,
                _ => {
                    self.found.push(found);
                    let number = self.found.len() as u32;
                    self.found[slot.last as usize - 1].next = number;
                    slot.last = number;
                }
            }
        }
        Ok(())
    }

    /// A field is set, so others of its group are not.
    #[inline(always)]
    fn only(&mut self, message: &Message, slots: usize, oneof: u32, place: usize) {
        let own = slots + message.fields.len() + oneof as usize;
        let before = self.slots[own].first as usize;
        if before != 0 && before != place + 1 {
            self.slots[slots + before - 1] = Slot::default();
        }
        self.slots[own].first = place as u32 + 1;
    }
}

#[cold]
fn no_room(at: usize, most: usize) -> RecordError {
    no_memory(
        at,
        format!("the record has more than {most} values, for which there is no room"),
        Refusal::Limit(Some(MEMORY.to_owned())),
    )
}

const MEMORY: &str = "Raise ⟨memory_limit⟩.";
