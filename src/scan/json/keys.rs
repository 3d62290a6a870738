//! A quick look at records: do they have only keys that were met before?

use super::Strings;
use super::known::{Known, Place, ROOT};
use crate::scan::vector::{Unit, Vector, Work};

/// How records are arranged in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    /// One on each line.
    Lines,
    /// In an array.
    Items,
    /// One after another.
    Maps,
}

/// The keys of the records that were [learnt](Self::learn), as paths.
///
/// A text is not checked. This is guaranteed: if a text [has no new keys](Self::has_no_new), then every valid record in
/// it that a decoder reads has only paths that were learnt. (After a bad record, a decoder goes on at the next line
/// feed, or at the place that [`Nesting`](super::Nesting) finds from the record's first byte, or at a map that begins a
/// line.)
pub struct Keys {
    unit: Unit,
    among: Among,
    /// Maps are taken apart: their keys make paths.
    apart: bool,
    known: Known,
}

impl Keys {
    /// No keys yet. With `apart`, a map that is not empty is not a value: its keys are looked at.
    pub fn new(unit: Unit, among: Among, apart: bool) -> Keys {
        Keys { unit, among, apart, known: Known::new() }
    }

    /// Whether all records of a text are maps without new paths; false if that is not certain.
    pub fn has_no_new(&mut self, text: &[u8]) -> bool {
        self.look::<false>(text)
    }

    /// Takes in the paths of valid records, as far as there is room for them.
    pub fn learn(&mut self, records: &[u8]) {
        self.look::<true>(records);
    }

    fn look<const LEARN: bool>(&mut self, text: &[u8]) -> bool {
        let unit = self.unit;
        match self.among {
            Among::Lines => unit.run(Look::<LEARN, true> { keys: self, text }),
            _ => unit.run(Look::<LEARN, false> { keys: self, text }),
        }
    }
}

struct Look<'k, const LEARN: bool, const LINES: bool> {
    keys: &'k mut Keys,
    text: &'k [u8],
}

/// The state of a walk.
#[derive(Clone, Copy)]
struct Walk {
    /// Within a record.
    within: bool,
    /// There were escapes.
    escapes: bool,
    /// In lists, or in maps that are not taken apart: how many are open.
    skipped: usize,
    place: Place,
    /// The end of the previous record.
    behind: usize,
}

impl<const LEARN: bool, const LINES: bool> Work for Look<'_, LEARN, LINES> {
    type Out = bool;

    #[inline(always)]
    fn run<V: Vector>(self, v: V) -> bool {
        let Look { keys, text } = self;
        let mut strings = Strings::default();
        let mut walk = Walk { within: false, escapes: false, skipped: 0, place: OUTSIDE, behind: 0 };
        let (blocks, rest) = text.as_chunks::<64>();
        let mut base = 0;
        for block in blocks {
            if !walk.block::<V, LEARN, LINES>(v, &mut strings, keys, Part { text, base, bytes: block }) {
                return false;
            }
            base += 64;
        }
        let mut last = [0; 64];
        last[..rest.len()].copy_from_slice(rest);
        walk.block::<V, LEARN, LINES>(v, &mut strings, keys, Part { text, base, bytes: &last })
            && strings.inside == 0
            && !walk.within
            && is_between(&text[walk.behind..])
    }
}

/// Between records: there is no key to guess.
const OUTSIDE: Place = Place { map: ROOT, key: ROOT, guess: ROOT };

/// A block of a text.
#[derive(Clone, Copy)]
struct Part<'t> {
    text: &'t [u8],
    /// Where the block begins.
    base: usize,
    bytes: &'t [u8; 64],
}

impl Walk {
    /// Looks at a block; false when something may be new.
    #[inline(always)]
    fn block<V: Vector, const LEARN: bool, const LINES: bool>(
        &mut self,
        v: V,
        strings: &mut Strings,
        keys: &mut Keys,
        part: Part<'_>,
    ) -> bool {
        let block = v.load(part.bytes);
        let backslashes = v.equal(block, b'\\');
        self.escapes |= backslashes != 0;
        let found = strings.next(v, v.equal(block, b'"'), backslashes);
        let mut tokens = v.operators(block) & !v.equal(block, b',');
        let lines = v.equal(block, b'\n');
        if lines & found.inside != 0 {
            return false;
        }
        if LINES {
            tokens |= lines;
        }
        self.tokens::<LEARN>(keys, part, tokens & !found.inside)
    }

    /// Looks at the tokens of a block: what a walk has to see outside strings.
    #[inline(always)]
    fn tokens<const LEARN: bool>(&mut self, keys: &mut Keys, part: Part<'_>, mut tokens: u64) -> bool {
        let Part { text, base, bytes } = part;
        let byte = |tokens: u64| bytes[tokens.trailing_zeros() as usize % 64];
        loop {
            if self.skipped > 0 {
                match self.skip(bytes, tokens) {
                    Some(rest) => tokens = rest,
                    None => return false,
                }
            }
            // Most keys are those that were guessed.
            while tokens != 0 && byte(tokens) == b':' {
                let at = base + tokens.trailing_zeros() as usize;
                let Some(next) = keys.known.behind_leaf(self.place.guess, text, at, self.escapes) else { break };
                self.place = Place { key: self.place.guess, guess: next, ..self.place };
                tokens &= tokens - 1;
            }
            if tokens == 0 {
                return true;
            }
            let at = base + tokens.trailing_zeros() as usize;
            let known = match byte(tokens) {
                b':' => self.key::<LEARN>(keys, text, at),
                b'{' => self.open(keys, text, at),
                b'[' => {
                    self.skipped = 1;
                    self.within
                }
                b'}' => self.close::<LEARN>(keys, at),
                b']' if keys.among == Among::Items && !self.within => {
                    let before = std::mem::replace(&mut self.behind, text.len());
                    return is_end(text, before, at);
                }
                // A line that ends, between records.
                b'\n' => !self.within,
                _ => false,
            };
            if !known {
                return false;
            }
            tokens &= tokens - 1;
        }
    }

    /// Skips tokens in lists and maps that are not looked into; gives the tokens after them. None: a line ends inside.
    #[inline(always)]
    fn skip(&mut self, bytes: &[u8; 64], mut tokens: u64) -> Option<u64> {
        while tokens != 0 && self.skipped > 0 {
            match bytes[tokens.trailing_zeros() as usize % 64] {
                b'{' | b'[' => self.skipped += 1,
                b'}' | b']' => self.skipped -= 1,
                b'\n' => return None,
                _ => {}
            }
            tokens &= tokens - 1;
        }
        Some(tokens)
    }

    /// A colon: the key before it, and what value follows.
    #[inline(always)]
    fn key<const LEARN: bool>(&mut self, keys: &mut Keys, text: &[u8], at: usize) -> bool {
        if !self.within {
            return false;
        }
        let mut key = self.place.guess;
        if !keys.known.holds(key, text, at) {
            match keys.known.find(self.place, text, at, LEARN) {
                Some(found) => key = found,
                None => return false,
            }
        }
        self.place = keys.known.behind(self.place, key);
        if keys.known.is_leaf(key) || (text.get(at + 1) == Some(&b'{') && keys.apart) {
            return true;
        }
        other_value::<LEARN>(keys, key, &text[at + 1..])
    }

    #[inline(always)]
    fn open(&mut self, keys: &Keys, text: &[u8], at: usize) -> bool {
        if !self.within {
            self.within = true;
            self.place = keys.known.enter(ROOT);
            return is_between(&text[self.behind..at]);
        } else if begins_line(text, at) {
            // The previous record may be cut off.
            return false;
        } else if keys.apart {
            // Without a key it can't be entered.
            let key = self.place.key;
            self.place = keys.known.enter(key);
            return key != ROOT;
        } else {
            self.skipped = 1;
        }
        true
    }

    #[inline(always)]
    fn close<const LEARN: bool>(&mut self, keys: &mut Keys, at: usize) -> bool {
        let Place { map, key, .. } = self.place;
        if map == ROOT {
            (self.behind, self.place) = (at + 1, OUTSIDE);
            return std::mem::take(&mut self.within);
        }
        // An empty map is a value.
        if key == ROOT && !keys.known.is_leaf(map) {
            if !LEARN {
                return false;
            }
            keys.known.set_leaf(map);
        }
        self.place = keys.known.leave(map);
        true
    }
}

/// Whether nothing but blanks is before the byte at `at` in its line.
#[inline(always)]
fn begins_line(text: &[u8], at: usize) -> bool {
    text[..at].iter().rev().find(|byte| !matches!(byte, b' ' | b'\t')).is_some_and(|byte| *byte == b'\n')
}

/// Whether the bracket at `at` ends an array whose last record ends before `behind`: nothing follows it.
#[cold]
#[inline(never)]
fn is_end(text: &[u8], behind: usize, at: usize) -> bool {
    is_between(&text[behind..at]) && text[at + 1..].trim_ascii().is_empty()
}

/// The value of a key that was not seen with one: a map after white space, or something new.
#[cold]
#[inline(never)]
fn other_value<const LEARN: bool>(keys: &mut Keys, key: usize, value: &[u8]) -> bool {
    if keys.apart && value.trim_ascii_start().starts_with(b"{") {
        return true;
    }
    if LEARN {
        keys.known.set_leaf(key);
    }
    LEARN
}

/// Whether this is only what may be between records.
#[inline(always)]
fn is_between(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b','))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::scan::vector::tests::noise;

    /// Every path and every leaf of some records: raw keys, each with a zero after it.
    #[derive(Default)]
    struct Plain {
        paths: HashSet<Vec<u8>>,
        leaves: HashSet<Vec<u8>>,
    }

    impl Plain {
        /// The definition, byte by byte: false when something is new and not to be learnt.
        fn look(&mut self, text: &[u8], among: Among, apart: bool, learn: bool) -> bool {
            // The open maps that are taken apart, and the path of the last key of each; none between records.
            let mut path: Vec<u8> = Vec::new();
            let mut open: Vec<(usize, Option<Vec<u8>>)> = Vec::new();
            let (mut inside, mut escaped, mut skipped, mut ended) = (false, false, 0, false);
            // The last string: where it began and where it ended, quotes included.
            let (mut begun, mut string) = (0, 0..0);
            for (at, &byte) in text.iter().enumerate() {
                let quote = byte == b'"' && !escaped;
                escaped = byte == b'\\' && !escaped;
                inside ^= quote;
                let white = matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
                if (inside && byte == b'\n') || (ended && !white) {
                    return false;
                }
                if quote && inside {
                    begun = at;
                } else if quote {
                    string = begun..at + 1;
                }
                if open.is_empty() && (inside || quote || !(white || b"{}[],".contains(&byte))) {
                    return false;
                }
                if inside || quote {
                    continue;
                }
                match byte {
                    b'{' | b'[' if skipped > 0 => skipped += 1,
                    b'}' | b']' if skipped > 0 => skipped -= 1,
                    b'{' if open.is_empty() => open.push((0, None)),
                    b'{' if begins_line(text, at) => return false,
                    b'{' if apart => match open.last() {
                        Some((_, Some(key))) => {
                            path = key.clone();
                            open.push((path.len(), None));
                        }
                        _ => return false,
                    },
                    b'{' | b'[' if !open.is_empty() => skipped = 1,
                    b'}' => {
                        let Some((_, last)) = open.pop() else { return false };
                        let empty = last.is_none() && !open.is_empty();
                        if empty && !self.leaves.contains(&path) {
                            if !learn {
                                return false;
                            }
                            self.leaves.insert(path.clone());
                        }
                        path.truncate(open.last().map_or(0, |(len, _)| *len));
                    }
                    b']' if open.is_empty() && among == Among::Items => ended = true,
                    b']' | b'[' => return false,
                    b'\n' if among == Among::Lines && !open.is_empty() => return false,
                    b':' if skipped == 0 => {
                        if text[..at].trim_ascii_end().len() != string.end || string.is_empty() {
                            return false;
                        }
                        let key = [&path, &text[string.start + 1..string.end - 1], b"\0"].concat();
                        let map = apart && text[at + 1..].trim_ascii_start().starts_with(b"{");
                        let known = self.paths.contains(&key) && (map || self.leaves.contains(&key));
                        if !known && !learn {
                            return false;
                        }
                        self.paths.insert(key.clone());
                        if !map {
                            self.leaves.insert(key.clone());
                        }
                        if let Some((_, last)) = open.last_mut() {
                            *last = Some(key);
                        }
                    }
                    _ => {}
                }
            }
            !inside && open.is_empty()
        }
    }

    const RECORDS: [&str; 14] = [
        r#"{"a":1,"b":"x","c":{"a":1,"b":{"c":2}}}"#,
        r#"{"c":{"b":{"c":2},"a":1},"b":"{\"a\":1}","a":-1.5e3}"#,
        r#"{"a":[1,{"new":[2]},"]"],"b":{},"c":{}}"#,
        r#"{}"#,
        r#"{ "a" : 1 , "b"	: { "a" : null } }"#,
        r#"{"x\"a":1,"\"a":2,"a\\":3,"\\":4}"#,
        r#"{"thirteen byte":1,"fourteen bytes":2,"a key of more than sixteen bytes":3}"#,
        r#"{"that key of more than sixteen bytes":3,"this key of more than sixteen bytes":3}"#,
        r#"{"":1,"c":{"":{"":1}}}"#,
        r#"{"fare":20.36,"tip":0.00,"total":20.86,"device":"bb39b00e"}"#,
        r#"{"a":1,"a":{"a":2},"a":{}}"#,
        r#"{"a":{"a":{"a":{"a":{"a":[[[{}]]]}}}}}"#,
        r#"{"é":1,"日本":{"é":2}}"#,
        r#"{"b":true,"fourteen byteS":2,"c":{"a":[]}}"#,
    ];

    #[test]
    fn knows_what_the_definition_knows() {
        let (mut known, mut looks) = (0, 0);
        for seed in 0..4000u64 {
            let random = noise(seed, 400);
            let mut dice = random.iter().map(|byte| usize::from(*byte)).cycle();
            let mut roll = |sides: usize| dice.next().unwrap_or(0) % sides;
            let among = [Among::Lines, Among::Items, Among::Maps][seed as usize % 3];
            let (apart, separator) = (seed % 4 != 0, if among == Among::Lines { "\n" } else { ",\n" });
            let kinds: Vec<&str> = (0..1 + roll(5)).map(|_| RECORDS[roll(RECORDS.len())]).collect();
            let mut text = |from: &[&str], count| -> Vec<u8> {
                let white = " ".repeat(roll(64));
                let text: String = (0..count).map(|_| format!("{}{separator}", from[roll(from.len())])).collect();
                (white + &text).into_bytes()
            };
            let first = text(&kinds, 6);
            let mut second = text(if seed % 5 == 0 { &RECORDS } else { &kinds }, 8);
            if seed % 7 > 2 {
                // A change, mostly of a byte that matters.
                let at = roll(second.len()) * 7 % second.len();
                match seed % 3 {
                    0 => second[at] = random[7],
                    1 => second.insert(at, random[8]),
                    _ => drop(second.remove(at)),
                }
            }
            if among == Among::Items && seed % 2 == 0 {
                second.truncate(second.len().saturating_sub(2));
                second.extend_from_slice(if seed % 16 == 0 { b"] ]" } else { b" ]\n" });
            }
            let mut plain = Plain::default();
            assert!(plain.look(&first, among, apart, true));
            let expected = plain.look(&second, among, apart, false);
            for unit in Unit::available() {
                let mut keys = Keys::new(unit, among, apart);
                assert!(!keys.has_no_new(&first) || !first.contains(&b'"'));
                keys.learn(&first);
                assert!(keys.has_no_new(&first), "{unit:?} {seed}");
                for _ in 0..2 {
                    let shown = String::from_utf8_lossy(&second);
                    assert_eq!(
                        keys.has_no_new(&second),
                        expected,
                        "{unit:?} {seed} {among:?} {apart} {kinds:?} {shown}"
                    );
                }
            }
            (known, looks) = (known + usize::from(expected), looks + 1);
        }
        assert!(known > looks / 4 && known < looks * 3 / 4, "{known} of {looks}");
    }

    #[test]
    fn sees_what_is_new() {
        let learnt = br#"{"a":[{"x":1}],"b":{"c":1,"d":{"e":{}}},"\u0061":1}"#;
        for (text, lines, items) in [
            (&br#"{"b":{"d":{"e":{}}}} ,{"a":{"y":[1]}}"#[..], false, false),
            (br#"{"b":{"d":{"e":{}}}} ,{"a":"\"c\":1"}"#, true, true),
            (b"{\"a\":[1,\n2]}\n", false, true),
            (b"{\"a\":[{\"y\":\n1}]}\n", false, true),
            (b"{\"a\"\n:1}", false, true),
            (b"{\"a\":\"\n\"}", false, false),
            (b"{\"a\":1}\n \t\r\n\n{ \"a\" : 2 }  ", true, true),
            (b"{\"a\":1}\n7\n{\"a\":1}", false, false),
            (b"{\"a\":1}\n\"a\":{\"a\":1}", false, false),
            (b"{\"a\":1}, [1]", false, false),
            (b"{\"a\":1} ]", false, true),
            (b"{\"a\":1} ] ]", false, false),
            (b"{\"a\":1} ],{}", false, false),
            (b"{\"a\":1}}", false, false),
            (b"{\"a\":1", false, false),
            (b"{\"a\":\"", false, false),
            (b"[{\"a\":1}]", false, false),
            (b"{\"b\":1}", false, false),
            (b"{\"b\":{}}", false, false),
            (b"{\"b\":{\"d\":{\"e\":{\"e\":1}}}}", false, false),
            (b"{\"c\":1}", false, false),
            (b"{\"A\":1}", false, false),
            (b"{\"x\":1}", false, false),
            (b"{\"u0061\":1}", false, false),
            (b"{\"\\u0061\":1}", true, true),
            (b"{\"\\\"a\":1}", false, false),
            (b"{\"a\\\"\":1}", false, false),
            (b"{}", true, true),
            (b"", true, true),
        ] {
            for (unit, before) in Unit::available().into_iter().flat_map(|unit| (0..70).map(move |n| (unit, n))) {
                for (among, expected) in [(Among::Lines, lines), (Among::Items, items)] {
                    let mut keys = Keys::new(unit, among, true);
                    assert!(!keys.has_no_new(learnt));
                    keys.learn(learnt);
                    let text = [" ".repeat(before).as_bytes(), text].concat();
                    let shown = String::from_utf8_lossy(&text);
                    assert_eq!(keys.has_no_new(&text), expected, "{unit:?} {among:?} {shown}");
                }
            }
        }
    }

    /// What does not fit is new for ever, and nothing breaks.
    #[test]
    fn takes_in_no_more_than_there_is_room_for() {
        for unit in Unit::available() {
            let mut keys = Keys::new(unit, Among::Lines, true);
            let records: Vec<String> = (0..3000).map(|n| format!("{{\"k{n}\":1}}\n")).collect();
            records.iter().for_each(|record| keys.learn(record.as_bytes()));
            let known = records.iter().filter(|record| keys.has_no_new(record.as_bytes())).count();
            assert!((700..800).contains(&known), "{known}");
            let mut keys = Keys::new(unit, Among::Lines, true);
            let long: Vec<String> = (0..100).map(|n| format!("{{\"{}{n}\":1}}\n", "k".repeat(n * 20))).collect();
            long.iter().for_each(|record| keys.learn(record.as_bytes()));
            let known: Vec<bool> = long.iter().map(|record| keys.has_no_new(record.as_bytes())).collect();
            assert!(known[0] && known[15] && !known[60] && !known[99], "{known:?}");
        }
    }
}
