//! The heads of values: how many items follow, and which type of a union.

use super::plan::{Plan, Word};
use super::tree::Id;
use super::wire::{self, Flaw};
use crate::error::{Cause, RecordError, Short};

/// How many items come next in a list or map, none at its end, and the place of the first one.
#[inline(always)]
pub(super) fn count(data: &[u8], at: usize, least: u32, is_map: bool, most: usize) -> Result<(u64, usize), Flaw> {
    let (mut count, mut next) = wire::long(data, at)?;
    if count == 0 {
        return Ok((0, next));
    }
    if count < 0 {
        // Its length in bytes follows, which is for those who pass over it.
        next = wire::long(data, next)?.1;
        count = count.checked_neg().ok_or_else(|| Flaw::Bad(lies(at)))?;
    }
    let least = u64::from(least) + u64::from(is_map);
    // An item takes bytes, so a number that lies is found out at once, if all data is there.
    if least == 0 && count as u64 > most as u64 {
        return Err(RecordError::with_numbers(at, "a list of more than {} values that have no bytes", [most, 0])
            .hint("Raise ⟨max_fields⟩ if that is not a mistake.")
            .into());
    }
    if (count as u64).saturating_mul(least) > (data.len() - next) as u64 {
        return Err(Flaw::Cut);
    }
    Ok((count as u64, next))
}

#[cold]
fn lies(at: usize) -> RecordError {
    RecordError::new(at, "a number of items that makes no sense")
}

#[inline(always)]
pub(super) fn branch(plan: &Plan, branches: &[Result<Id, Word>], data: &[u8], at: usize) -> Result<(Id, usize), Flaw> {
    let (number, next) = wire::long(data, at)?;
    match usize::try_from(number).ok().and_then(|number| branches.get(number)) {
        Some(Ok(id)) => Ok((*id, next)),
        Some(Err(why)) => Err(refused(plan, *why, at)),
        None => Err(no_number(at, "a union has no type of the number {}", number)),
    }
}

#[cold]
pub(super) fn no_number(at: usize, reason: &'static str, number: i64) -> Flaw {
    RecordError::showing(at, reason, Short::new(number)).into()
}

#[cold]
pub(super) fn refused(plan: &Plan, why: Word, at: usize) -> Flaw {
    let why = String::from_utf8_lossy(plan.text(why)).into_owned();
    RecordError::new(at, why)
        .cause(Cause::Value)
        .hint("Correct the schema, or leave such records out: ⟨on_error skip⟩.")
        .into()
}
