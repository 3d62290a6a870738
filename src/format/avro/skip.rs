//! Passing over values.

use super::items::{branch, count};
use super::plan::{Node, Plain, Plan, Step};
use super::tree::Id;
use super::wire::{self, Flaw};
use crate::record::json::too_deep;

/// Finds the ends of values.
pub(super) struct Skipper {
    max_depth: usize,
    open: Vec<Open>,
}

/// How many values may follow each other of which nobody knows whether they have bytes.
const MOST: usize = 1 << 20;

enum Open {
    Items { id: Id, left: u64, is_map: bool },
    Record { id: Id, step: usize },
}

impl Skipper {
    pub fn new(max_depth: usize) -> Skipper {
        Skipper { max_depth, open: Vec::with_capacity(64) }
    }

    /// Where the value at `at` ends. Only what its end depends on is checked.
    pub fn end_of(&mut self, plan: &Plan, mut id: Id, data: &[u8], mut at: usize) -> Result<usize, Flaw> {
        self.open.clear();
        loop {
            match plan.node(id) {
                Node::Plain(plain) => at = behind(*plain, data, at)?,
                Node::Enum(_) => at = wire::long(data, at)?.1,
                Node::Union(branches) => {
                    let (number, next) = wire::long(data, at)?;
                    match usize::try_from(number).ok().and_then(|number| branches.get(number)) {
                        Some(Ok(of)) => (id, at) = (*of, next),
                        // Nobody knows how long it is.
                        _ => (id, at) = branch(plan, branches, data, at)?,
                    }
                    continue;
                }
                Node::Refused(of, _) => {
                    id = *of;
                    continue;
                }
                node => {
                    if self.open.len() >= self.max_depth {
                        return Err(too_deep(at, self.max_depth).into());
                    }
                    self.open.push(match node {
                        Node::List(id) => Open::Items { id: *id, left: 0, is_map: false },
                        Node::Map(id) => Open::Items { id: *id, left: 0, is_map: true },
                        _ => Open::Record { id, step: 0 },
                    });
                }
            }
            loop {
                match self.open.last_mut() {
                    None => return Ok(at),
                    Some(Open::Items { id: item, left, is_map }) => {
                        if *left == 0 {
                            let least = plan.least[*item as usize];
                            let most = if plan.empty[*item as usize] { usize::MAX } else { MOST };
                            // Parts that state their length are passed over as a whole.
                            loop {
                                let (number, next) = wire::long(data, at)?;
                                if number >= 0 {
                                    break;
                                }
                                let (len, next) = wire::long(data, next)?;
                                at = wire::run(data, next, usize::try_from(len).map_err(|_| Flaw::Cut)?)?.1;
                            }
                            (*left, at) = count(data, at, least, *is_map, most)?;
                            // Values that have no bytes end at once, however many there are.
                            if !*is_map && *left > 0 && plan.empty[*item as usize] {
                                *left = 0;
                                continue;
                            }
                        }
                        if *left == 0 {
                            self.open.pop();
                            continue;
                        }
                        *left -= 1;
                        if *is_map {
                            at = wire::bytes(data, at)?.1;
                        }
                        id = *item;
                        break;
                    }
                    Some(Open::Record { id: record, step }) => {
                        let Node::Record(of) = plan.node(*record) else { return Ok(at) };
                        // As they are written.
                        let next = match &of.written {
                            Some(written) => written.get(*step).copied(),
                            None => loop {
                                match of.steps.get(*step) {
                                    Some(Step::Read(_, id) | Step::Skip(id)) => break Some(*id),
                                    Some(_) => *step += 1,
                                    None => break None,
                                }
                            },
                        };
                        *step += 1;
                        match next {
                            Some(field) => {
                                id = field;
                                break;
                            }
                            None => {
                                self.open.pop();
                            }
                        }
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn behind(plain: Plain, data: &[u8], at: usize) -> Result<usize, Flaw> {
    let end = match plain {
        Plain::Null => return Ok(at),
        Plain::Int | Plain::Long | Plain::Date | Plain::Time(_) | Plain::Stamp(..) | Plain::IntAsFloat(_) => {
            return Ok(wire::long(data, at)?.1);
        }
        Plain::Bytes | Plain::Text | Plain::Decimal(_) | Plain::TextAsBytes | Plain::BytesAsText => {
            return Ok(wire::bytes(data, at)?.1);
        }
        Plain::Bool => 1,
        Plain::Float => 4,
        Plain::Double => 8,
        Plain::Duration => 12,
        Plain::Uuid => 16,
        Plain::Fixed(size) | Plain::FixedDecimal(size, _) => size,
    };
    Ok(wire::run(data, at, end)?.1)
}
