//! From data to the nodes of a keyed batch, or to columns.

use super::items::{branch, count, no_number, refused};
use super::plain::{checked, read};
use super::plan::{Node, Plan, Step, Word, of};
use super::skip::Skipper;
use super::tree::Id;
use super::wire::{self, Flaw};
use crate::error::RecordError;
use crate::record::json::too_deep;
use crate::record::{Batch, Value, too_many_fields};

/// Reads values, one after another. Everything is checked.
pub(super) struct Reader {
    max_depth: usize,
    max_fields: usize,
    replace: bool,
    /// The lists, maps and records that are open.
    open: Vec<Open>,
    /// Where the written fields of records begin that are read in another order.
    places: Vec<usize>,
    pub skipper: Skipper,
}

/// What is open.
struct Open {
    node: usize,
    of: Of,
    /// Where reading goes on after it, if that is not where it ends.
    resume: Option<usize>,
}

enum Of {
    /// A list or map of values of this type; this many are still to come in this part of it.
    Items { id: Id, left: u64, is_map: bool },
    /// A record; its next step, and where the places of its fields begin.
    Record { id: Id, step: usize, places: usize },
}

/// Data with the words that names are taken from.
#[derive(Clone, Copy)]
pub(super) struct Data<'a> {
    pub bytes: &'a [u8],
    pub words: &'a [u8],
}

impl Reader {
    pub fn new(max_depth: usize, max_fields: usize, replace: bool) -> Reader {
        let (open, places) = (Vec::with_capacity(64), Vec::with_capacity(64));
        Reader { max_depth, max_fields, replace, open, places, skipper: Skipper::new(max_depth) }
    }

    /// Adds the value at `at`, a record, to a keyed batch; returns the place after it.
    pub fn value<'a>(&mut self, plan: &Plan, data: Data<'a>, at: usize, batch: &mut Batch<'a>) -> Result<usize, Flaw> {
        self.open.clear();
        self.places.clear();
        let end = self.walk(plan, data, at, plan.root, b"", batch)?;
        if batch.open_values().len() > self.max_fields && fields(batch.open_values()) > self.max_fields {
            return Err(too_many_fields(at, self.max_fields).into());
        }
        Ok(end)
    }

    /// A plain value.
    #[inline(always)]
    pub fn plain<'a>(
        &self,
        plan: &Plan,
        data: Data<'a>,
        mut at: usize,
        mut id: Id,
        batch: &mut Batch<'a>,
    ) -> Result<(Value<'a>, usize), Flaw> {
        loop {
            match plan.node(id) {
                Node::Plain(plain) => return read(*plain, data.bytes, at, self.replace, batch),
                Node::Union(branches) => (id, at) = branch(plan, branches, data.bytes, at)?,
                Node::Enum(symbols) => {
                    let (symbol, end) = symbol(plan, symbols, data.bytes, at)?;
                    return Ok((Value::Text(of(data.words, symbol)), end));
                }
                Node::Refused(_, why) => return Err(refused(plan, *why, at)),
                Node::List(_) | Node::Map(_) | Node::Record(_) => {
                    return Err(RecordError::new(at, "a list or map where a plain value was expected").into());
                }
            }
        }
    }

    /// A plain value that is a default.
    pub fn default<'a>(
        &self,
        plan: &Plan,
        words: &'a [u8],
        id: Id,
        data: Word,
        batch: &mut Batch<'a>,
    ) -> Result<Value<'a>, Flaw> {
        let bytes = of(words, data);
        Ok(self.plain(plan, Data { bytes, words }, 0, id, batch)?.0)
    }

    fn walk<'a>(
        &mut self,
        plan: &Plan,
        data: Data<'a>,
        mut at: usize,
        mut id: Id,
        mut key: &'a [u8],
        batch: &mut Batch<'a>,
    ) -> Result<usize, Flaw> {
        let below = self.open.len();
        let Data { bytes, words } = data;
        loop {
            let begins = at;
            match plan.node(id) {
                Node::Plain(plain) => {
                    let (value, end) = read(*plain, bytes, at, self.replace, batch)?;
                    batch.push_keyed(key, value, begins)?;
                    at = end;
                }
                Node::Union(branches) => {
                    (id, at) = branch(plan, branches, bytes, at)?;
                    continue;
                }
                Node::Enum(symbols) => {
                    let (symbol, end) = symbol(plan, symbols, bytes, at)?;
                    batch.push_keyed(key, Value::Text(of(words, symbol)), begins)?;
                    at = end;
                }
                Node::Refused(_, why) => return Err(refused(plan, *why, at)),
                node => {
                    if self.open.len() >= self.max_depth {
                        return Err(too_deep(begins, self.max_depth).into());
                    }
                    let (place, mut resume) = (batch.next_node(), None);
                    let (value, of) = match node {
                        Node::List(id) => (Value::List(0), Of::Items { id: *id, left: 0, is_map: false }),
                        Node::Map(id) => (Value::Map(0), Of::Items { id: *id, left: 0, is_map: true }),
                        Node::Record(record) => {
                            let places = self.places.len();
                            if let Some(written) = &record.written {
                                let mut from = at;
                                for field in written {
                                    self.places.push(from);
                                    from = self.skipper.end_of(plan, *field, bytes, from)?;
                                }
                                resume = Some(from);
                            }
                            (Value::Map(0), Of::Record { id, step: 0, places })
                        }
                        _ => continue,
                    };
                    batch.push_keyed(key, value, begins)?;
                    self.open.push(Open { node: place, of, resume });
                }
            }
            // After a value, or inside what begins.
            loop {
                if self.open.len() == below {
                    return Ok(at);
                }
                let Some(open) = self.open.last_mut() else { return Ok(at) };
                match &mut open.of {
                    Of::Items { id: item, left, is_map } => {
                        if *left == 0 {
                            let (count, next) = count(bytes, at, plan.least[*item as usize], *is_map, self.max_fields)?;
                            (*left, at) = (count, next);
                        }
                        if *left == 0 {
                            match is_map {
                                true => batch.close_map(open.node),
                                false => batch.close_list(open.node),
                            }
                            at = open.resume.unwrap_or(at);
                            self.open.pop();
                            continue;
                        }
                        *left -= 1;
                        (id, key) = (*item, b"");
                        if *is_map {
                            let (text, end) = wire::bytes(bytes, at)?;
                            key = checked(text, end, self.replace, batch)?;
                            at = end;
                        }
                        break;
                    }
                    Of::Record { id: record, step, places } => {
                        let Node::Record(of_record) = plan.node(*record) else { return Ok(at) };
                        let Some(next) = of_record.steps.get(*step) else {
                            batch.close_map(open.node);
                            self.places.truncate(*places);
                            at = open.resume.unwrap_or(at);
                            self.open.pop();
                            continue;
                        };
                        *step += 1;
                        match *next {
                            Step::Read(word, field) => {
                                (id, key) = (field, of(words, word));
                                break;
                            }
                            Step::Skip(field) => at = self.skipper.end_of(plan, field, bytes, at)?,
                            Step::Written(word, field, number) => {
                                (id, key) = (field, of(words, word));
                                at = self.places[*places + number as usize];
                                break;
                            }
                            Step::Default(word, field, default) => {
                                let inner = Data { bytes: of(words, default), words };
                                self.walk(plan, inner, 0, field, of(words, word), batch)?;
                            }
                        }
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn symbol(plan: &Plan, symbols: &[Result<Word, Word>], data: &[u8], at: usize) -> Result<(Word, usize), Flaw> {
    let (number, next) = wire::long(data, at)?;
    match usize::try_from(number).ok().and_then(|number| symbols.get(number)) {
        Some(Ok(word)) => Ok((*word, next)),
        Some(Err(why)) => Err(refused(plan, *why, at)),
        None => Err(no_number(at, "an enum has no symbol of the number {}", number)),
    }
}

/// How many fields there are in the nodes of a record.
fn fields(nodes: &[Value<'_>]) -> usize {
    let mut count = 0;
    for (node, value) in nodes.iter().enumerate() {
        let Value::Map(inside) = value else { continue };
        let end = node + 1 + *inside as usize;
        let mut at = node + 1;
        while at < end {
            count += 1;
            at += 1 + nodes[at].nodes_inside();
        }
    }
    count
}
