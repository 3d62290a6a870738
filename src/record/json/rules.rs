//! The grammar of RFC 8259 applied straight to a text, without errors. See `quick`.

use super::build::{Build, Fault};
use super::nodes::Skip;
use super::strings::escape_len;
use crate::record::Value;
use crate::scan::json::{Guess, byte, number_end, text_end, white_end};
use crate::scan::vector::{Unit, Vector, Work};

/// The rules for all values.
pub(super) struct Rules {
    /// A line feed ends a value.
    pub lines: bool,
    /// How many lists and maps may be open at once in a record.
    pub max_depth: usize,
    /// For every 64 open lists and maps, which of them are maps.
    pub outer: Vec<u64>,
}

/// The error is dropped: the other reader finds it again.
#[inline(always)]
fn done<T>(outcome: Result<T, Fault>) -> Option<T> {
    match outcome {
        Ok(done) => Some(done),
        Err(fault) => drop_fault(fault),
    }
}

#[cold]
#[inline(never)]
fn drop_fault<T>(fault: Fault) -> Option<T> {
    drop(fault.into_error());
    None
}

impl Rules {
    /// Goes through the list or map at `at`, inside `around` lists and maps of the record.
    #[inline(never)]
    pub fn skip(&mut self, text: &[u8], at: usize, around: usize) -> Option<usize> {
        struct Pass<'r, 't> {
            rules: &'r mut Rules,
            text: &'t [u8],
            at: usize,
            around: usize,
        }
        impl Work for Pass<'_, '_> {
            type Out = Option<usize>;
            #[inline(always)]
            fn run<V: Vector>(self, v: V) -> Option<usize> {
                self.rules.walk(v, self.text, self.at, self.around, &mut Skip)
            }
        }
        Unit::get().run(Pass { rules: self, text, at, around })
    }

    /// Goes through the value at `at`, inside `around` lists and maps of the record; returns the place after it.
    #[inline(always)]
    pub fn walk<'a, V: Vector, B: Build<'a>>(
        &mut self,
        v: V,
        text: &'a [u8],
        mut at: usize,
        around: usize,
        build: &mut B,
    ) -> Option<usize> {
        // Which of the innermost 64 lists and maps are maps; the lowest bit is the innermost.
        let (mut maps, mut depth) = (0u64, 0usize);
        let lines = self.lines;

        // The next byte that is not white space; `at` moves there.
        macro_rules! token {
            () => {{
                let mut token = byte(text, at);
                if token <= b' ' {
                    at = white_end(v, text, at, lines);
                    token = byte(text, at);
                }
                token
            }};
        }
        // Reads a key at `at`; goes to its value.
        macro_rules! key {
            ($token:expr) => {
                let open = at;
                if let Some((close, value)) = build.guess().and_then(|guess| guess.stands(v, text, at)) {
                    at = value;
                    build.guessed(&text[open + 1..close]);
                } else {
                    if $token != b'"' {
                        return None;
                    }
                    let (close, escaped) = string(v, text, at + 1)?;
                    at = close + 1;
                    if token!() != b':' {
                        return None;
                    }
                    at += 1;
                    done(build.key(&text[open + 1..close], escaped, open))?;
                    if B::GUESSES {
                        token!();
                        build.learn(if escaped { Guess::NONE } else { Guess::new(&text[open..at], close - open - 1) });
                    }
                }
            };
        }
        macro_rules! close {
            ($is_map:expr) => {
                at += 1;
                build.close($is_map, at);
                depth -= 1;
                maps >>= 1;
                if depth % 64 == 0 {
                    maps = self.outer.pop().unwrap_or(0);
                }
            };
        }

        'value: loop {
            let first = token!();
            if first == b'"' {
                let open = at;
                let (close, escaped) = string(v, text, at + 1)?;
                done(build.text(&text[open + 1..close], escaped, open))?;
                at = close + 1;
            } else if first | 0x20 == b'{' {
                let is_map = first == b'{';
                if !B::SKIP && !done(build.open(is_map, at))? {
                    let open = at;
                    at = self.walk(v, text, at, around + depth, &mut Skip)?;
                    done(build.raw(&text[open..at], open))?;
                } else {
                    if around + depth >= self.max_depth {
                        return None;
                    }
                    if depth % 64 == 0 {
                        self.outer.push(maps);
                    }
                    depth += 1;
                    maps = maps << 1 | u64::from(is_map);
                    at += 1;
                    let token = token!();
                    match (is_map, token) {
                        (true, b'"') => {
                            key!(token);
                            continue 'value;
                        }
                        (true, b'}') | (false, b']') => {}
                        (true, _) => return None,
                        (false, _) => {
                            build.item();
                            continue 'value;
                        }
                    }
                    close!(is_map);
                }
            } else {
                let (value, end) = scalar(v, text, at, first)?;
                done(build.scalar(value, at))?;
                at = end;
            }
            // After a value.
            while depth > 0 {
                let is_map = maps & 1 == 1;
                let token = token!();
                if token == b',' {
                    at += 1;
                    if is_map {
                        let token = token!();
                        key!(token);
                    } else {
                        build.item();
                    }
                    continue 'value;
                }
                if token != if is_map { b'}' } else { b']' } {
                    return None;
                }
                close!(is_map);
            }
            return Some(at);
        }
    }
}

/// The number or literal at a place, which begins with `first`, and the place after it.
#[inline(always)]
fn scalar<'a, V: Vector>(v: V, text: &'a [u8], at: usize, first: u8) -> Option<(Value<'a>, usize)> {
    if first.is_ascii_digit() | (first == b'-') {
        let end = number_end(v, text, at)?;
        return Some((Value::Number(&text[at..end]), end));
    }
    let rest = &text[at.min(text.len())..];
    match rest.first_chunk() {
        Some(b"true") => Some((Value::Bool(true), at + 4)),
        Some(b"null") => Some((Value::Null, at + 4)),
        Some(b"fals") if rest.get(4) == Some(&b'e') => Some((Value::Bool(false), at + 5)),
        _ => None,
    }
}

/// The closing quote of the string whose content begins at `at`, and whether it has escapes.
#[inline(always)]
fn string<V: Vector>(v: V, text: &[u8], at: usize) -> Option<(usize, bool)> {
    let end = text_end(v, text, at);
    match byte(text, end) {
        b'"' => Some((end, false)),
        b'\\' => Some((escaped(text, end)?, true)),
        _ => None,
    }
}

/// The closing quote of a string whose first escape is at `at`.
#[inline(never)]
pub(super) fn escaped(text: &[u8], at: usize) -> Option<usize> {
    struct Escaped<'t>(&'t [u8], usize);
    impl Work for Escaped<'_> {
        type Out = Option<usize>;
        #[inline(always)]
        fn run<V: Vector>(self, v: V) -> Option<usize> {
            let Escaped(text, mut at) = self;
            loop {
                match byte(text, at) {
                    b'\\' => at += escape_len(text, at)?,
                    b'"' => return Some(at),
                    _ => {
                        let end = text_end(v, text, at);
                        if end == at {
                            return None;
                        }
                        at = end;
                    }
                }
            }
        }
    }
    Unit::get().run(Escaped(text, at))
}
