//! What the evaluation of an expression works with: the record, room for results, and the words for what is bad.

use std::cell::Cell;
use std::sync::{Arc, Weak};

use regex::bytes::{CaptureLocations, Regex};

use super::decimal::{Decimal, Trouble};
use super::origin::Origin;
use super::scalar::{Scalar, TextRoom};
use crate::error::RecordError;
use crate::memory::Arena;
use crate::record::json::Reader;
use crate::record::{Tree, Value, find};

/// The result of an instruction or a function; an error makes the record bad.
pub type Outcome<'a> = Result<Scalar<'a>, Bad>;

/// Why a record is bad. In a box, which is made only for bad records, so that results stay small.
pub type Bad = Box<RecordError>;

/// How much is taken from the arena at once for short texts.
const PIECE: usize = 4 << 10;
/// How many characters of a value a message shows.
const SHOWN: usize = 60;

/// Where a record is, for the functions that ask.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place<'a> {
    pub source: &'a [u8],
    /// The number of the record, from 1.
    pub record: u64,
    /// The line it begins in, from 1.
    pub line: u64,
}

thread_local! {
    /// Is there as long as its thread.
    static THREAD: Arc<()> = Arc::new(());
}

/// What a worker keeps from batch to batch for an expression: regexes have memory of their own, for each thread that
/// uses them.
pub struct Scratch {
    /// The thread that it is for.
    thread: Weak<()>,
    pub regexes: Vec<Regex>,
    /// Room for the groups of each regex that replaces.
    pub groups: Vec<CaptureLocations>,
    /// Checks JSON texts; made when the first one comes.
    pub json: Option<Reader>,
}

impl Scratch {
    /// For these regexes; those whose numbers are in `replacing` replace.
    pub fn new(regexes: &[Regex], replacing: impl Iterator<Item = u16>) -> Scratch {
        let groups = replacing.map(|number| regexes[usize::from(number)].capture_locations()).collect();
        let thread = THREAD.with(Arc::downgrade);
        Scratch { thread, regexes: regexes.to_vec(), groups, json: None }
    }

    /// Takes what this thread kept; what ended threads kept goes.
    pub fn take(kept: &mut Vec<Scratch>) -> Option<Scratch> {
        kept.retain(|scratch| scratch.thread.strong_count() > 0);
        let own = THREAD.with(Arc::downgrade);
        let place = kept.iter().position(|scratch| scratch.thread.ptr_eq(&own))?;
        Some(kept.swap_remove(place))
    }
}

/// The fields of a record.
#[derive(Clone, Copy)]
pub enum View<'s, 'a> {
    /// The values of a record in columns, and the column of each field of the program.
    Columns { values: &'s [Value<'a>], columns: &'s [Cell<u32>] },
    /// A keyed record, and the node of each field of the program, once it is known.
    Tree { tree: Tree<'s, 'a>, nodes: &'s [Cell<u32>], paths: &'s [Box<[u8]>] },
}

/// There is no such column or node.
pub const NONE: u32 = u32::MAX;
/// It has not been looked for yet.
pub const UNKNOWN: u32 = u32::MAX - 1;

impl<'s, 'a> View<'s, 'a> {
    /// The value of a field of the program.
    #[inline(always)]
    pub fn field(self, field: u16) -> Scalar<'a> {
        match self {
            View::Columns { values, columns } => {
                values.get(columns[usize::from(field)].get() as usize).map_or(Scalar::Absent, |value| leaf(*value))
            }
            View::Tree { tree, nodes, paths } => {
                let known = &nodes[usize::from(field)];
                if known.get() == UNKNOWN {
                    known.set(find(tree, &paths[usize::from(field)]).unwrap_or(NONE));
                }
                match tree.nodes().0.get(known.get() as usize) {
                    None => Scalar::Absent,
                    Some(Value::List(_) | Value::Map(_)) => Scalar::Inside(known.get()),
                    Some(value) => leaf(*value),
                }
            }
        }
    }

    /// A list or map of the record.
    pub fn inside(self, node: u32) -> Option<Tree<'s, 'a>> {
        match self {
            View::Tree { tree, .. } => Some(tree.node(node as usize)),
            View::Columns { .. } => None,
        }
    }
}

/// The scalar of a value that is not taken apart.
#[inline(always)]
fn leaf(value: Value<'_>) -> Scalar<'_> {
    match value {
        Value::Absent => Scalar::Absent,
        Value::Null => Scalar::Null,
        Value::Bool(truth) => Scalar::Bool(truth),
        value => Scalar::Field(value),
    }
}

/// What an expression is evaluated with.
pub struct Scope<'s, 'a> {
    pub arena: &'a Arena,
    pub view: View<'s, 'a>,
    pub scratch: &'s mut Scratch,
    pub place: Place<'a>,
    /// The offset of the record in its slice.
    pub offset: usize,
    /// The longest text that may be made, in bytes.
    pub max_text: usize,
    /// What messages call the parts of the expression.
    pub origins: &'s [Origin],
    /// The part that is evaluated: its number.
    pub origin: u16,
    /// A piece of the arena not used yet.
    pub spare: &'a mut [u8],
}

impl<'a> Scope<'_, 'a> {
    /// Room for a text of `len` bytes, for the rest of the batch's life.
    ///
    /// # Errors
    /// It is longer than a record may be, or there is no memory.
    #[inline]
    pub fn room(&mut self, len: usize) -> Result<&'a mut [u8], Bad> {
        if len > self.max_text {
            return Err(self.too_long());
        }
        if self.spare.len() < len {
            self.more(len)?;
        }
        let (room, spare) = std::mem::take(&mut self.spare).split_at_mut(len);
        self.spare = spare;
        Ok(room)
    }

    #[cold]
    fn more(&mut self, len: usize) -> Result<(), Bad> {
        let piece = self.arena.bytes(len.max(PIECE), self.offset);
        self.spare = piece.or_else(|_| self.arena.bytes(len, self.offset))?;
        Ok(())
    }

    /// A text that is longer than a record may be.
    #[cold]
    pub fn too_long(&self) -> Bad {
        let max = self.max_text;
        let reason = format!("{} makes a text of more than {max} bytes, the longest that a record may be", self.what());
        Box::new(RecordError::new(self.offset, reason).hint("Raise ⟨max_record_size⟩ (and ⟨memory_limit⟩ with it)."))
    }

    /// A copy of a text.
    pub fn text(&mut self, text: &[u8]) -> Outcome<'a> {
        let room = self.room(text.len())?;
        room.copy_from_slice(text);
        Ok(Scalar::Text(room))
    }

    /// The text of a value that has one; made values get theirs written.
    #[inline]
    pub fn text_of(&mut self, scalar: Scalar<'a>) -> Result<&'a [u8], Bad> {
        if let Some(text) = scalar.own_text() {
            return Ok(text);
        }
        let mut room = TextRoom::new();
        let Some(text) = scalar.text(&mut room) else { return Err(self.needs("a text", scalar)) };
        let copy = self.room(text.len())?;
        copy.copy_from_slice(text);
        Ok(copy)
    }

    /// The same, as UTF-8.
    pub fn utf8_of(&mut self, scalar: Scalar<'a>) -> Result<&'a str, Bad> {
        let text = self.text_of(scalar)?;
        simdutf8::basic::from_utf8(text).map_err(|_| {
            let reason = format!("{} is not valid UTF-8", self.what());
            Box::new(
                RecordError::new(self.offset, reason).hint(
                    "Name the encoding with ⟨encoding⟩ (often it is windows-1252), or use ⟨invalid_utf8 replace⟩.",
                ),
            )
        })
    }

    /// The value of a number.
    #[inline]
    pub fn decimal_of(&self, scalar: Scalar<'a>) -> Result<Decimal, Bad> {
        match scalar.decimal() {
            Some(Ok(number)) => Ok(number),
            Some(Err(trouble)) => Err(self.trouble(trouble)),
            None => Err(self.needs("a number", scalar)),
        }
    }

    /// The result of a calculation.
    #[inline]
    pub fn number(&self, result: Result<Decimal, Trouble>) -> Outcome<'a> {
        match result {
            Ok(Decimal::Small(small)) => Ok(Scalar::Number(small)),
            Ok(Decimal::Big(big)) => {
                let place = || self.arena.bump().try_alloc(big);
                match self.arena.with_room(size_of_val(&big) + 16, place) {
                    Ok(big) => Ok(Scalar::Big(big)),
                    Err(why) => {
                        let text = "a number does not fit into a worker's arena".to_owned();
                        Err(Box::new(crate::memory::no_memory(self.offset, text, why)))
                    }
                }
            }
            Err(trouble) => Err(self.trouble(trouble)),
        }
    }

    #[cold]
    fn trouble(&self, trouble: Trouble) -> Bad {
        let what = self.what();
        let error = match trouble {
            Trouble::TooLong => {
                let most = super::decimal::MAX_DIGITS;
                RecordError::new(self.offset, format!("{what} needs more than {most} digits"))
            }
            Trouble::DivisionByZero => RecordError::new(self.offset, format!("{what} divides by zero"))
                .hint("Write nullif(x, 0) for the divisor to get null instead."),
        };
        Box::new(error)
    }

    /// A value is of the wrong kind.
    #[cold]
    pub fn needs(&self, wanted: &str, scalar: Scalar<'_>) -> Bad {
        let what = self.what();
        let mut error =
            RecordError::new(self.offset, format!("{what} is {}, where {wanted} is needed", shown(scalar, self)));
        error = match wanted {
            "a number" => error.hint(number_hint(scalar)),
            "a time" => error.hint(
                "to_timestamp(x, '%d.%m.%Y') reads other forms than ISO 8601; try_cast(x AS timestamp) gives null.",
            ),
            _ => error,
        };
        Box::new(error)
    }

    /// A function needs another first argument.
    #[cold]
    pub fn needs_first(&self, wanted: &str, scalar: Scalar<'_>) -> Bad {
        self.bad(format!("needs {wanted}, and its first argument is {}", shown(scalar, self)))
    }

    /// A record is bad for another reason.
    #[cold]
    pub fn bad(&self, reason: impl std::fmt::Display) -> Bad {
        Box::new(RecordError::new(self.offset, format!("{} {reason}", self.what())))
    }

    /// A record is bad for a reason that is a phrase of its own.
    #[cold]
    pub fn fails(&self, reason: impl std::fmt::Display) -> Bad {
        Box::new(RecordError::new(self.offset, format!("{}: {reason}", self.what())))
    }

    /// The part of the expression that is evaluated.
    fn what(&self) -> String {
        match self.origins.get(usize::from(self.origin)) {
            Some(Origin { text, is_field: true }) => format!("the field `{text}`"),
            Some(Origin { text, .. }) => format!("`{text}`"),
            None => "the expression".to_owned(),
        }
    }
}

/// What to do about a text that has nothing of a number.
pub(crate) const NOT_A_NUMBER: &str =
    "try_cast(x AS decimal) gives null for what is not a number; ⟨on_error skip⟩ leaves out such records.";

/// What to do about a text where a number is needed.
fn number_hint(scalar: Scalar<'_>) -> String {
    const NULLS: [&str; 6] = ["na", "n/a", "nan", "null", "none", "-"];
    let mut room = TextRoom::new();
    let text = String::from_utf8_lossy(scalar.text(&mut room).unwrap_or_default());
    let digits = text.strip_prefix(['-', '+']).unwrap_or(&text);
    let has_marks = digits.contains(|c: char| c.is_ascii_digit())
        && digits.contains([',', '.'])
        && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | '.'));
    match () {
        // A binary number has no text that could be null.
        () if NULLS.contains(&&*text.to_ascii_lowercase()) && !matches!(scalar, Scalar::Field(Value::Float(_))) => {
            format!("⟨null {text}⟩ reads it as null; ⟨on_error skip⟩ leaves out such records.")
        }
        () if has_marks => {
            "to_number(x, ',', '.') reads 1.234,50, and to_number(x, '.', ',') reads 1,234.50.".to_owned()
        }
        () => NOT_A_NUMBER.to_owned(),
    }
}

/// A value in a message.
fn shown(scalar: Scalar<'_>, scope: &Scope<'_, '_>) -> String {
    let mut room = TextRoom::new();
    match scalar {
        Scalar::Inside(node) => match scope.view.inside(node).map(|tree| tree.value()) {
            Some(Value::List(_)) => "a list".to_owned(),
            _ => "a map".to_owned(),
        },
        Scalar::Field(Value::Raw([b'[', ..])) => "a list".to_owned(),
        Scalar::Field(Value::Raw(_)) => "a map".to_owned(),
        Scalar::Field(Value::Bytes(_)) => "bytes that are not text".to_owned(),
        Scalar::Null | Scalar::Absent => "null".to_owned(),
        scalar => {
            let text = String::from_utf8_lossy(scalar.text(&mut room).unwrap_or_default()).into_owned();
            let hidden = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
            let cut: String = text.chars().take(SHOWN).map(hidden).collect();
            if text.chars().nth(SHOWN).is_some() { format!("`{cut}…`") } else { format!("`{cut}`") }
        }
    }
}
