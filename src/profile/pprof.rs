//! Profiles as `pprof` reads them: `profile.proto` of <https://github.com/google/pprof>, compressed with gzip.

use std::collections::HashMap;
use std::io::{self, Write};
use std::time::UNIX_EPOCH;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::names::{Named, Names};
use super::recorded::Profile;
use super::wire::Message;

// Fields of the messages.
const SAMPLE_TYPE: u32 = 1;
const SAMPLE: u32 = 2;
const MAPPING: u32 = 3;
const LOCATION: u32 = 4;
const FUNCTION: u32 = 5;
const STRINGS: u32 = 6;
const TIME_NANOS: u32 = 9;
const DURATION_NANOS: u32 = 10;
const PERIOD_TYPE: u32 = 11;
const PERIOD: u32 = 12;
const COMMENT: u32 = 13;

/// Texts and their numbers. The first one is empty.
#[derive(Default)]
struct Table<T> {
    numbers: HashMap<T, u64>,
    all: Vec<T>,
}

impl<T: Clone + Eq + std::hash::Hash> Table<T> {
    /// The number of a value, from 0, in order of first appearance.
    fn number(&mut self, value: T) -> u64 {
        *self.numbers.entry(value).or_insert_with_key(|value| {
            self.all.push(value.clone());
            self.all.len() as u64 - 1
        })
    }
}

/// Writes a profile.
///
/// # Errors
/// The writer's.
pub fn write(profile: &Profile, names: &Names, to: impl Write) -> io::Result<()> {
    let mut strings: Table<String> = Table::default();
    let mut functions: Table<[String; 3]> = Table::default();
    let mut locations: Table<usize> = Table::default();
    let mut message = Message::default();
    strings.number(String::new());
    let mut unit = |message: &mut Message, field, name: &str, unit: &str| {
        let [name, unit] = [name, unit].map(|text| strings.number(text.to_owned()));
        message.message(field, |it| _ = it.number(1, name).number(2, unit));
    };
    unit(&mut message, SAMPLE_TYPE, "samples", "count");
    unit(&mut message, SAMPLE_TYPE, "cpu", "nanoseconds");
    unit(&mut message, PERIOD_TYPE, "cpu", "nanoseconds");
    for (stack, count) in profile.stacks.sorted() {
        let stack: Vec<u64> = stack.iter().map(|address| locations.number(*address) + 1).collect();
        let values = [count, count * profile.period_nanos];
        message.message(SAMPLE, |sample| _ = sample.numbers(1, stack).numbers(2, values));
    }
    // One mapping for all: with it, and the names in place, `pprof` asks for no program. The last flags say that
    // functions, files, lines and inlined calls are known.
    let program = std::env::current_exe().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
    let program = strings.number(program);
    message.message(MAPPING, |it| {
        it.number(1, 1).number(3, u64::MAX).number(5, program);
        [7, 8, 9, 10].into_iter().for_each(|known| _ = it.number(known, 1));
    });
    for (index, address) in locations.all.iter().enumerate() {
        message.message(LOCATION, |location| {
            location.number(1, index as u64 + 1).number(2, 1).number(3, *address as u64);
            for Named { name, raw, file, line } in names.at(*address) {
                let function = functions.number([name.clone(), raw.clone(), file.clone()]) + 1;
                location.message(4, |it| _ = it.number(1, function).number(2, u64::from(*line)));
            }
        });
    }
    for (index, texts) in functions.all.iter().enumerate() {
        let [name, raw, file] = texts.each_ref().map(|text| strings.number(text.clone()));
        message
            .message(FUNCTION, |it| _ = it.number(1, index as u64 + 1).number(2, name).number(3, raw).number(4, file));
    }
    let since = profile.started.duration_since(UNIX_EPOCH).unwrap_or_default();
    message.number(TIME_NANOS, since.as_nanos() as u64);
    message.number(DURATION_NANOS, profile.took.as_nanos() as u64);
    message.number(PERIOD, profile.period_nanos);
    if let Some(lost) = profile.says_lost() {
        message.number(COMMENT, strings.number(lost));
    }
    strings.all.iter().for_each(|text| _ = message.bytes(STRINGS, text.as_bytes()));
    let mut packed = GzEncoder::new(to, Compression::default());
    packed.write_all(&message.into_bytes())?;
    packed.finish()?.flush()
}
