//! The largest groups so far, for those who look at a run.

use std::time::{Duration, Instant};

use crate::error::Result;
use crate::fold::groups::Groups;
use crate::fold::groups::kept::{common, parts};
use crate::fold::pen::memory;
use crate::memory::{ARENA_INSTEAD, Arena, Budget};
use crate::metrics::Registry;
use crate::record::Value;
use crate::record::digits::DigitRoom;

/// How many are shown.
const MOST: usize = 5;
/// Looking takes at most one part in this many of the time.
const PART: u32 = 20;
/// How much of a value is shown, in characters.
const SHOWN: usize = 24;
/// Memory for the results of a few groups, in bytes.
const ARENA: usize = 16 << 10;

/// Shows the largest groups to those who look at a run.
pub(crate) struct Leading {
    registry: Registry,
    next: Instant,
    arena: Arena,
}

impl Leading {
    /// None if nobody looks.
    pub fn new(registry: &Registry, budget: &Budget) -> Option<Leading> {
        let arena = || Arena::asking(ARENA, usize::MAX / 2, budget.open("large results", ARENA_INSTEAD));
        let watched = registry.are_groups_watched();
        watched.then(|| Leading { registry: registry.clone(), next: Instant::now(), arena: arena() })
    }

    /// Shows the groups with the largest results of the first function, after a line of text; not if that was done a short
    /// while ago.
    ///
    /// # Errors
    /// There is no memory.
    pub fn show(&mut self, title: Option<String>, groups: &mut Groups) -> Result<()> {
        let begun = Instant::now();
        if begun < self.next {
            return Ok(());
        }
        let lines = title.into_iter().chain(groups.leading(&mut self.arena)?).collect();
        self.registry.show_groups(lines);
        let now = Instant::now();
        self.next = now + (now - begun).max(Duration::from_micros(10)) * PART;
        Ok(())
    }
}

impl Groups {
    /// The groups with the largest results of the first function, or the first ones, in lines of text.
    fn leading(&mut self, arena: &mut Arena) -> Result<Vec<String>> {
        let Groups { columns, held, .. } = self;
        if let Some(first) = columns.first_mut() {
            first.settle(held)?;
        }
        let mut leading: Vec<(f64, u32)> = Vec::with_capacity(MOST + 1);
        for group in 0..self.len() as u32 {
            let size = match self.columns.first() {
                None if leading.len() == MOST => break,
                None => 0.0,
                Some(column) => {
                    arena.clear();
                    number(column.result(group, arena).map_err(memory)?)
                }
            };
            let place = leading.partition_point(|(other, _)| *other >= size);
            if place < MOST {
                leading.insert(place, (size, group));
                leading.truncate(MOST);
            }
        }
        let names: Vec<String> = self.spec.names().map(str::to_owned).collect();
        let common = self.spec.common().len();
        let mut lines = Vec::with_capacity(leading.len());
        for (_, group) in leading {
            arena.clear();
            let mut row = Vec::with_capacity(names.len());
            self.values_of(group, arena, &mut row)?;
            let values: Vec<String> = row.iter().map(|value| shown(*value)).collect();
            let key = if common == 0 { "all".to_owned() } else { values[..common].join(", ") };
            let result = values.get(common).map(|value| format!("   {} {value}", names[common]));
            lines.push(key + &result.unwrap_or_default());
        }
        Ok(lines)
    }

    /// What a group has in common, and the result of the first function.
    fn values_of<'a>(&'a self, group: u32, arena: &'a Arena, row: &mut Vec<Value<'a>>) -> Result<()> {
        let common = common(self.keys.key(group), self.keys.more(group), |value| {
            row.push(value);
            Ok(())
        });
        common.map_err(memory)?;
        if let Some(column) = self.columns.first() {
            row.push(column.result(group, arena).map_err(memory)?);
        }
        Ok(())
    }
}

/// About how large a value is; what is no number comes last.
fn number(value: Value<'_>) -> f64 {
    let mut room = DigitRoom::default();
    let text = std::str::from_utf8(parts(value, &mut room).1).ok();
    text.and_then(|text| text.parse().ok()).filter(|number: &f64| !number.is_nan()).unwrap_or(f64::NEG_INFINITY)
}

fn shown(value: Value<'_>) -> String {
    let mut room = DigitRoom::default();
    let (kind, text) = parts(value, &mut room);
    if kind.is_null() {
        return "null".to_owned();
    }
    let text = String::from_utf8_lossy(text);
    match text.chars().nth(SHOWN) {
        Some(_) => text.chars().take(SHOWN - 1).chain(['…']).collect(),
        None => text.into_owned(),
    }
}
