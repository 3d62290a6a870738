//! How data is read: the types of its schema, as far as reading needs them.

use super::tree::{Id, Kind, Logical, Tree};
use crate::record::Unit;

/// All that reading needs. It is shared by all decoders.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub nodes: Vec<Node>,
    pub root: Id,
    /// Names, symbols and defaults, one after another.
    pub words: Vec<u8>,
    /// For each node, the least number of bytes of a value.
    pub least: Vec<u32>,
    /// Whether values never have any.
    pub empty: Vec<bool>,
}

/// A part of [`Plan::words`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub at: u32,
    pub len: u32,
}

/// How a value is read.
#[derive(Debug)]
pub(super) enum Node {
    Plain(Plain),
    /// For each number, the symbol, or the reason why there is none.
    Enum(Box<[Result<Word, Word>]>),
    List(Id),
    Map(Id),
    /// For each number, the type, or the reason why there is none.
    Union(Box<[Result<Id, Word>]>),
    Record(Box<Record>),
    /// There is always an error, once such a value is met. It is passed over like this type.
    Refused(Id, Word),
}

/// How a record is read.
#[derive(Debug)]
pub(super) struct Record {
    pub steps: Box<[Step]>,
    /// All fields as they are written, if they are read in another order: then their places are found first.
    pub written: Option<Box<[Id]>>,
}

/// What happens next to a record that is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// The next field is a field of the record.
    Read(Word, Id),
    /// It is none.
    Skip(Id),
    /// A field of the record is the written one of this number.
    Written(Word, Id, u32),
    /// A field of the record has a default, which is data of its own.
    Default(Word, Id, Word),
}

/// A value that is no list, map or record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plain {
    Null,
    Bool,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    Text,
    Fixed(usize),
    /// Digits after the point.
    Decimal(usize),
    FixedDecimal(usize, usize),
    Date,
    Time(Unit),
    Stamp(Unit, bool),
    Uuid,
    Duration,
    /// A number of variable length that is read as a floating-point number: of 32 bits, or else of 64.
    IntAsFloat(bool),
    /// A text that is read as bytes; bytes that are read as text.
    TextAsBytes,
    BytesAsText,
}

impl Plan {
    /// Reads all as it is written.
    pub fn of(tree: &Tree) -> Plan {
        let mut plan = Plan { root: tree.root, ..Plan::default() };
        plan.append(tree);
        plan
    }

    /// Adds the types of a tree as they are.
    pub fn append(&mut self, tree: &Tree) {
        let first = self.nodes.len() as Id;
        let (least, empty) = tree.sizes();
        self.least.extend(least);
        self.empty.extend(empty);
        for id in 0..tree.nodes.len() as Id {
            let node = self.written(tree, id, first);
            self.nodes.push(node);
        }
    }

    pub fn node(&self, id: Id) -> &Node {
        &self.nodes[id as usize]
    }

    /// Keeps a text.
    pub fn word(&mut self, text: &[u8]) -> Word {
        let at = self.words.len() as u32;
        self.words.extend_from_slice(text);
        Word { at, len: text.len() as u32 }
    }

    pub fn text(&self, word: Word) -> &[u8] {
        of(&self.words, word)
    }

    /// The node of a type as it is written, where the nodes of the tree are numbered from `first` on.
    fn written(&mut self, tree: &Tree, id: Id, first: Id) -> Node {
        match &tree.node(id).kind {
            Kind::Enum { symbols, .. } => {
                Node::Enum(symbols.iter().map(|symbol| Ok(self.word(symbol.as_bytes()))).collect())
            }
            Kind::Array(items) => Node::List(first + *items),
            Kind::Map(values) => Node::Map(first + *values),
            Kind::Union(branches) => Node::Union(branches.iter().map(|branch| Ok(first + *branch)).collect()),
            Kind::Record(fields) => {
                let steps =
                    fields.iter().map(|field| Step::Read(self.word(field.name.as_bytes()), first + field.of)).collect();
                Node::Record(Box::new(Record { steps, written: None }))
            }
            kind => Node::Plain(plain(kind, tree.node(id).logical)),
        }
    }
}

/// A text among others.
#[inline(always)]
pub(super) fn of(words: &[u8], Word { at, len }: Word) -> &[u8] {
    &words[at as usize..][..len as usize]
}

/// How a plain type is read.
pub(super) fn plain(kind: &Kind, logical: Option<Logical>) -> Plain {
    match (kind, logical) {
        (Kind::Bytes, Some(Logical::Decimal { scale, .. })) => Plain::Decimal(scale as usize),
        (Kind::Fixed(size), Some(Logical::Decimal { scale, .. })) => Plain::FixedDecimal(*size, scale as usize),
        (Kind::Fixed(16), Some(Logical::Uuid)) => Plain::Uuid,
        (Kind::Fixed(12), Some(Logical::Duration)) => Plain::Duration,
        (Kind::Int, Some(Logical::Date)) => Plain::Date,
        (Kind::Int | Kind::Long, Some(Logical::Time(unit))) => Plain::Time(unit),
        (Kind::Long, Some(Logical::Timestamp { unit, utc })) => Plain::Stamp(unit, utc),
        (Kind::Boolean, _) => Plain::Bool,
        (Kind::Int, _) => Plain::Int,
        (Kind::Long, _) => Plain::Long,
        (Kind::Float, _) => Plain::Float,
        (Kind::Double, _) => Plain::Double,
        (Kind::Bytes, _) => Plain::Bytes,
        (Kind::String, _) => Plain::Text,
        (Kind::Fixed(size), _) => Plain::Fixed(*size),
        _ => Plain::Null,
    }
}
