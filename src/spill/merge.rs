//! Merging what is sorted: runs on disk, and entries in memory.

use super::file::SpillFile;
use super::run::{Run, RunReader, RunWriter};
use crate::error::{Error, Result};
use crate::memory::Budget;
use crate::wording::megabytes;

/// While sorted entries are merged, somebody is asked once in this number of them whether to go on.
pub(crate) const MERGED: u64 = 4096;

/// Entries in the order of their keys, of which the next one is at hand.
pub(crate) trait Sorted {
    /// Whether there is no next one.
    fn is_over(&self) -> bool;

    /// The first eight bytes of the key.
    fn prefix(&self) -> u64;

    /// The key.
    fn key(&self) -> &[u8];

    /// Gives the body in pieces, and goes on to the next entry.
    ///
    /// # Errors
    /// Those of `to`. It can't be read.
    fn take(&mut self, to: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()>;
}

impl Sorted for RunReader {
    #[inline]
    fn is_over(&self) -> bool {
        self.is_over()
    }

    #[inline]
    fn prefix(&self) -> u64 {
        self.prefix()
    }

    #[inline]
    fn key(&self) -> &[u8] {
        self.key()
    }

    #[inline]
    fn take(&mut self, to: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.take(to)
    }
}

/// Merges several inputs: a tree in which the loser of each comparison waits.
pub(crate) struct Merge<S> {
    inputs: Vec<S>,
    /// The winner, and after it the losers of the inner nodes; numbers of inputs.
    tree: Vec<u32>,
}

impl<S: Sorted> Merge<S> {
    /// Merges these inputs.
    pub fn new(inputs: Vec<S>) -> Merge<S> {
        const NOBODY: u32 = u32::MAX;
        let mut merge = Merge { tree: vec![NOBODY; inputs.len().max(1)], inputs };
        for input in 0..merge.inputs.len() {
            let mut winner = input as u32;
            let mut node = (input + merge.inputs.len()) / 2;
            while node > 0 {
                if merge.tree[node] == NOBODY {
                    merge.tree[node] = winner;
                    winner = NOBODY;
                    break;
                }
                merge.contest(node, &mut winner);
                node /= 2;
            }
            if winner != NOBODY {
                merge.tree[0] = winner;
            }
        }
        merge
    }

    /// The better one goes on, the other one waits at the node.
    #[inline]
    fn contest(&mut self, node: usize, winner: &mut u32) {
        if self.comes_before(self.tree[node], *winner) {
            std::mem::swap(&mut self.tree[node], winner);
        }
    }

    #[inline]
    fn comes_before(&self, one: u32, other: u32) -> bool {
        let (one, other) = (&self.inputs[one as usize], &self.inputs[other as usize]);
        if one.is_over() || other.is_over() {
            return !one.is_over();
        }
        match one.prefix().cmp(&other.prefix()) {
            std::cmp::Ordering::Equal => one.key() < other.key(),
            order => order.is_lt(),
        }
    }

    /// The input with the lowest key.
    pub fn first(&mut self) -> Option<&mut S> {
        let first = *self.tree.first()?;
        self.inputs.get_mut(first as usize).filter(|input| !input.is_over())
    }

    /// Finds the lowest key again, after the first one was taken.
    #[inline]
    pub fn next(&mut self) {
        let mut winner = self.tree[0];
        let mut node = (winner as usize + self.inputs.len()) / 2;
        while node > 0 {
            self.contest(node, &mut winner);
            node /= 2;
        }
        self.tree[0] = winner;
    }
}

/// How many of these runs can be merged at once with `memory` bytes; at least two, or all. `instead`: what else helps.
///
/// # Errors
/// Memory: not even two can be.
fn fan_in(runs: &[Run], memory: usize, budget: &Budget, instead: &str) -> Result<usize> {
    let mut sum = 0;
    let fit = runs.iter().take_while(|run| {
        sum += run.memory();
        sum <= memory
    });
    match fit.count() {
        count @ (0 | 1) if runs.len() > count => {
            let needed = runs.iter().take(2).map(Run::memory).sum();
            let (limit, remedy) = (budget.ceiling(), budget.remedy(instead));
            Err(Error::memory(format!(
                "{limit} is too low: merging what is sorted, with its long keys, takes {}, and there are {}\n  {remedy}",
                megabytes(needed),
                megabytes(memory)
            )))
        }
        count => Ok(count),
    }
}

/// Merges runs into fewer ones until all can be merged at once; `check` is asked now and then whether to go on, and
/// `instead` is what else helps where the keys are too long for that. Gives the runs, and how many bytes were written.
///
/// # Errors
/// Io: they can't be read or written. Memory: there is none for two at a time.
pub(crate) fn reduce(
    mut runs: Vec<Run>,
    memory: usize,
    budget: &Budget,
    create: &dyn Fn() -> Result<SpillFile>,
    block: usize,
    check: &dyn Fn() -> Result<()>,
    instead: &str,
) -> Result<(Vec<Run>, u64)> {
    let (mut written, mut writer) = (0, None);
    let memory = memory.saturating_sub(RunWriter::memory(block));
    loop {
        // The shortest first: that is the least to write.
        runs.sort_by_key(Run::bytes);
        let most = fan_in(&runs, memory, budget, instead)?;
        if most == runs.len() {
            return Ok((runs, written));
        }
        let rest = runs.split_off(most.min(runs.len() - most + 1));
        let inputs = runs.into_iter().map(RunReader::new).collect::<Result<Vec<_>>>()?;
        let mut merge = Merge::new(inputs);
        let writer = match &mut writer {
            Some(writer) => writer,
            none => none.insert(RunWriter::new(create()?, block)),
        };
        let mut count = 0u64;
        while let Some(input) = merge.first() {
            if count.is_multiple_of(MERGED) {
                check()?;
            }
            count += 1;
            writer.begin(&[input.key()], input.len())?;
            input.take(&mut |piece| writer.put(piece))?;
            merge.next();
        }
        let run = writer.end()?;
        written += run.bytes();
        runs = rest;
        runs.push(run);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(folder: &std::path::Path, all: &[&[&str]]) -> Vec<Run> {
        let mut writer = RunWriter::new(SpillFile::create(folder).unwrap(), 64);
        all.iter()
            .map(|keys| {
                for key in *keys {
                    writer.begin(&[key.as_bytes()], 2 * key.len()).unwrap();
                    writer.put(key.repeat(2).as_bytes()).unwrap();
                }
                writer.end().unwrap()
            })
            .collect()
    }

    fn merged(runs: Vec<Run>) -> Vec<String> {
        let mut merge = Merge::new(runs.into_iter().map(|run| RunReader::new(run).unwrap()).collect());
        let mut found = Vec::new();
        while let Some(input) = merge.first() {
            let (key, mut body) = (String::from_utf8(input.key().to_vec()).unwrap(), Vec::new());
            input
                .take(&mut |piece| {
                    body.extend_from_slice(piece);
                    Ok(())
                })
                .unwrap();
            assert_eq!(body, key.repeat(2).as_bytes());
            found.push(key);
            merge.next();
        }
        found
    }

    #[test]
    fn inputs_are_merged() {
        let folder = tempfile::tempdir().unwrap();
        assert!(merged(vec![]).is_empty());
        let all: [&[&str]; 5] = [&["b", "d", "x"], &[], &["a"], &["c", "long long key y", "z"], &["long long key x"]];
        let wanted = ["a", "b", "c", "d", "long long key x", "long long key y", "x", "z"];
        assert_eq!(merged(runs(folder.path(), &all)), wanted);
        assert_eq!(merged(runs(folder.path(), &all[..1])), ["b", "d", "x"]);
    }

    #[test]
    fn many_runs_take_several_passes() {
        let folder = tempfile::tempdir().unwrap();
        let names: Vec<String> = (0..100).map(|n| format!("{n:03}")).collect();
        let all: Vec<[&str; 1]> = (0..100).map(|n| [&*names[n * 37 % 100]]).collect();
        let all: Vec<&[&str]> = all.iter().map(|keys| &keys[..]).collect();
        let runs = runs(folder.path(), &all);
        let create = || SpillFile::create(folder.path());
        let three = 3 * runs[0].memory() + RunWriter::memory(64);
        let budget = Budget::new(1000);
        let (fewer, written) = reduce(runs.clone(), three, &budget, &create, 64, &|| Ok(()), "").unwrap();
        assert!(fewer.len() <= 3 && written > 0, "{}", fewer.len());
        assert_eq!(merged(fewer), names);
        let error = reduce(runs, 300, &budget, &create, 64, &|| Ok(()), "sort less").map(drop).unwrap_err().to_string();
        assert!(error.contains("memory limit of 1,000 bytes") && error.contains("sort less"), "{error}");
    }
}
