//! `first`, `any`, `last`: a value by the place of its record.

use crate::error::{RecordError, Result};
use crate::fold::groups::at::At;
use crate::fold::groups::column::State;
use crate::fold::groups::held::Held;
use crate::fold::groups::joined::Joined;
use crate::fold::groups::kept::{Kept, load_kept, save_kept};
use crate::fold::groups::saved::{Out, Saved};
use crate::fold::groups::whole::{Join, Whole};
use crate::memory::Arena;
use crate::record::Value;

/// The first value that is not null, or with `LAST` the last one.
#[derive(Default)]
pub(super) struct First<const LAST: bool> {
    kept: Option<(At, Kept)>,
}

impl<const LAST: bool> State for First<LAST> {
    type Item<'a> = Value<'a>;
    type How = ();

    #[inline(always)]
    fn add(&mut self, value: Value<'_>, at: At, (): &(), held: &mut Held) -> Result<()> {
        match &mut self.kept {
            Some(_) if !LAST => Ok(()),
            Some((place, kept)) => {
                *place = at;
                let before = kept.size();
                kept.set(value);
                held.take(kept.size() - before)
            }
            None => {
                let mut kept = Kept::default();
                kept.set(value);
                held.take(kept.size())?;
                self.kept = Some((at, kept));
                Ok(())
            }
        }
    }

    fn merge(&mut self, other: &mut First<LAST>, (): &(), _: &mut Held) -> Result<()> {
        let Some((at, _)) = &other.kept else { return Ok(()) };
        if self.kept.as_ref().is_none_or(|(own, _)| (at > own) == LAST) {
            self.kept = other.kept.take();
        }
        Ok(())
    }

    fn save(&self, out: &mut Out<'_>) -> Result<()> {
        save_kept(&self.kept, out)
    }

    fn joined((): &()) -> Box<dyn Joined> {
        Join::<Self>::boxed(&())
    }

    fn result<'a>(&self, (): &(), arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        self.kept.as_ref().map_or(Ok(Value::Null), |(_, kept)| kept.value(arena))
    }
}

impl<const LAST: bool> Whole for First<LAST> {
    fn load(from: &mut Saved<'_>, held: &mut Held) -> Result<Self> {
        Ok(Self { kept: load_kept(from, held)? })
    }
}
