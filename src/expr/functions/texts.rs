//! Functions of texts. Positions and lengths count characters, from 1 as in SQL.

use super::function::{Function, Known, MANY, PLAIN};
use crate::expr::scalar::Scalar;
use crate::expr::scope::{Bad, Outcome, Scope};
use crate::expr::types::Type::{Bool, Number, Text};
use crate::sigma::is_final;

const TEXT: Function = Function { takes: &[Text], count: (1, 1), gives: Text, utf8: true, ..PLAIN };
const TWO_TEXTS: Function = Function { takes: &[Text, Text], count: (2, 2), gives: Bool, ..PLAIN };

pub static FUNCTIONS: [Function; 17] = [
    Function { name: "lower", usage: "lower(text)", run: |args, scope| case(args[0], scope, false), ..TEXT },
    Function { name: "upper", usage: "upper(text)", run: |args, scope| case(args[0], scope, true), ..TEXT },
    Function {
        name: "trim",
        usage: "trim(text[, characters])",
        run: |args, scope| trim(args, scope, Ends::Both),
        ..TRIM
    },
    Function {
        name: "ltrim",
        usage: "ltrim(text[, characters])",
        run: |args, scope| trim(args, scope, Ends::Start),
        ..TRIM
    },
    Function {
        name: "rtrim",
        usage: "rtrim(text[, characters])",
        run: |args, scope| trim(args, scope, Ends::End),
        ..TRIM
    },
    Function {
        name: "substr",
        usage: "substr(text, start[, length])",
        takes: &[Text, Number, Number],
        count: (2, 3),
        check: |known| match (known.index, known.value.integer()?) {
            (2, Some(..0)) => Err("a length can't be negative".to_owned()),
            _ => Ok(()),
        },
        run: substr,
        ..TEXT
    },
    Function {
        name: "replace",
        usage: "replace(text, what, by)",
        takes: &[Text, Text, Text],
        count: (3, 3),
        utf8: false,
        run: replace,
        ..TEXT
    },
    Function {
        name: "regexp_replace",
        usage: "regexp_replace(text, regex, by)",
        takes: &[Text, Text, Text],
        count: (3, 3),
        ..TEXT
    },
    Function {
        name: "split_part",
        usage: "split_part(text, separator, number)",
        takes: &[Text, Text, Number],
        count: (3, 3),
        utf8: false,
        check: |known| match known.value.integer()? {
            Some(0) => Err("parts count from 1, or from -1 at the end".to_owned()),
            _ => Ok(()),
        },
        run: split_part,
        ..TEXT
    },
    Function { name: "length", usage: "length(text)", gives: Number, run: length, ..TEXT },
    Function {
        name: "concat",
        usage: "concat(value, …)",
        count: (1, MANY),
        nulls: true,
        utf8: false,
        run: concat,
        ..TEXT
    },
    Function { name: "lpad", usage: "lpad(text, length[, with])", run: |args, scope| pad(args, scope, true), ..PAD },
    Function { name: "rpad", usage: "rpad(text, length[, with])", run: |args, scope| pad(args, scope, false), ..PAD },
    Function {
        name: "starts_with",
        usage: "starts_with(text, beginning)",
        run: |args, scope| look(args, scope, <[u8]>::starts_with),
        ..TWO_TEXTS
    },
    Function {
        name: "ends_with",
        usage: "ends_with(text, ending)",
        run: |args, scope| look(args, scope, <[u8]>::ends_with),
        ..TWO_TEXTS
    },
    Function {
        name: "contains",
        usage: "contains(text, part)",
        run: |args, scope| look(args, scope, |text, part| memchr::memmem::find(text, part).is_some()),
        ..TWO_TEXTS
    },
    Function { name: "strpos", usage: "strpos(text, part)", gives: Number, utf8: true, run: strpos, ..TWO_TEXTS },
];

const TRIM: Function = Function { takes: &[Text, Text], count: (1, 2), ..TEXT };
const PAD: Function = Function { takes: &[Text, Number, Text], count: (2, 3), check: check_length, ..TEXT };

/// No record is as long as 4 GiB.
fn check_length(known: Known<'_>) -> Result<(), String> {
    match known.value.integer()? {
        Some(length) if length > i64::from(u32::MAX) => Err("no text is so long".to_owned()),
        _ => Ok(()),
    }
}

/// A number of characters: an integer. What is beyond a text is its end.
fn count<'a>(scalar: Scalar<'a>, scope: &Scope<'_, 'a>) -> Result<i64, Bad> {
    scope.decimal_of(scalar)?.to_i64().ok_or_else(|| scope.needs("an integer", scalar))
}

/// Where the character of a number begins, from 0; the end if there are fewer.
fn byte_of(text: &str, character: usize) -> usize {
    if text.is_ascii() {
        return character.min(text.len());
    }
    text.char_indices().nth(character).map_or(text.len(), |(at, _)| at)
}

fn case<'a>(text: Scalar<'a>, scope: &mut Scope<'_, 'a>, upper: bool) -> Outcome<'a> {
    let text = scope.utf8_of(text)?;
    let changes = |byte: u8| if upper { byte.is_ascii_lowercase() } else { byte.is_ascii_uppercase() };
    if text.is_ascii() {
        if !text.bytes().any(changes) {
            return Ok(Scalar::Text(text.as_bytes()));
        }
        let room = scope.room(text.len())?;
        room.copy_from_slice(text.as_bytes());
        if upper {
            room.make_ascii_uppercase()
        } else {
            room.make_ascii_lowercase()
        }
        return Ok(Scalar::Text(room));
    }
    let each = |put: &mut dyn FnMut(char)| {
        for (at, c) in text.char_indices() {
            if c == 'Σ' && !upper {
                put(if is_final(text, at) { 'ς' } else { 'σ' });
            } else if upper {
                c.to_uppercase().for_each(&mut *put);
            } else {
                c.to_lowercase().for_each(&mut *put);
            }
        }
    };
    let mut len = 0;
    each(&mut |c| len += c.len_utf8());
    let room = scope.room(len)?;
    let mut at = 0;
    each(&mut |c| at += c.encode_utf8(&mut room[at..]).len());
    Ok(Scalar::Text(room))
}

/// Where a text is trimmed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    Start,
    End,
    Both,
}

fn trim<'a>(args: &[Scalar<'a>], scope: &mut Scope<'_, 'a>, ends: Ends) -> Outcome<'a> {
    let mut text = scope.utf8_of(args[0])?;
    let set = args.get(1).map(|set| scope.utf8_of(*set)).transpose()?;
    let goes = |c: char| set.map_or(c.is_whitespace(), |set| set.contains(c));
    if ends != Ends::End {
        text = text.trim_start_matches(goes);
    }
    if ends != Ends::Start {
        text = text.trim_end_matches(goes);
    }
    Ok(Scalar::Text(text.as_bytes()))
}

fn substr<'a>(args: &[Scalar<'a>], scope: &mut Scope<'_, 'a>) -> Outcome<'a> {
    let (text, start) = (scope.utf8_of(args[0])?, count(args[1], scope)?);
    let end = match args.get(2) {
        None => i64::MAX,
        Some(len) => match count(*len, scope)? {
            len if len < 0 => return Err(scope.bad("has a negative length")),
            len => start.saturating_add(len),
        },
    };
    // Characters before the first one count as part of the length, as in SQL.
    let [from, to] = [start, end].map(|at| byte_of(text, usize::try_from(at.saturating_sub(1)).unwrap_or(0)));
    Ok(Scalar::Text(&text.as_bytes()[from..to.max(from)]))
}

fn replace<'a>(args: &[Scalar<'a>], scope: &mut Scope<'_, 'a>) -> Outcome<'a> {
    let (text, what, by) = (scope.text_of(args[0])?, scope.text_of(args[1])?, scope.text_of(args[2])?);
    if what.is_empty() {
        return Ok(Scalar::Text(text));
    }
    let finder = memchr::memmem::Finder::new(what);
    let found = finder.find_iter(text).count();
    if found == 0 {
        return Ok(Scalar::Text(text));
    }
    let len = (text.len() - found * what.len()).saturating_add(found.saturating_mul(by.len()));
    let room = scope.room(len)?;
    let (mut from, mut at) = (0, 0);
    for place in finder.find_iter(text) {
        for piece in [&text[from..place], by] {
            room[at..at + piece.len()].copy_from_slice(piece);
            at += piece.len();
        }
        from = place + what.len();
    }
    room[at..].copy_from_slice(&text[from..]);
    Ok(Scalar::Text(room))
}

fn split_part<'a>(args: &[Scalar<'a>], scope: &mut Scope<'_, 'a>) -> Outcome<'a> {
    let (text, separator, number) = (scope.text_of(args[0])?, scope.text_of(args[1])?, count(args[2], scope)?);
    if separator.is_empty() {
        return Ok(Scalar::Text(if number == 1 || number == -1 { text } else { b"" }));
    }
    let finder = memchr::memmem::Finder::new(separator);
    let index = match number {
        0 => return Err(scope.bad("asks for part 0: parts count from 1, or from -1 at the end")),
        1.. => number - 1,
        // Counted from the end.
        _ => number.saturating_add(finder.find_iter(text).count() as i64 + 1),
    };
    let Ok(index) = usize::try_from(index) else { return Ok(Scalar::Text(b"")) };
    let start = match index.checked_sub(1) {
        None => Some(0),
        Some(before) => finder.find_iter(text).nth(before).map(|at| at + separator.len()),
    };
    let part = start.map_or(&[][..], |start| {
        let len = finder.find(&text[start..]).unwrap_or(text.len() - start);
        &text[start..start + len]
    });
    Ok(Scalar::Text(part))
}

fn length<'a>(args: &[Scalar<'a>], scope: &mut Scope<'_, 'a>) -> Outcome<'a> {
    let characters = scope.utf8_of(args[0])?.chars().count();
    scope.number(Ok(crate::expr::decimal::Decimal::integer(characters as i128)))
}

fn strpos<'a>(args: &[Scalar<'a>], scope: &mut Scope<'_, 'a>) -> Outcome<'a> {
    let (text, part) = (scope.utf8_of(args[0])?, scope.utf8_of(args[1])?);
    let place = text.find(part).map_or(0, |at| text[..at].chars().count() + 1);
    scope.number(Ok(crate::expr::decimal::Decimal::integer(place as i128)))
}

fn concat<'a>(args: &[Scalar<'a>], scope: &mut Scope<'_, 'a>) -> Outcome<'a> {
    let mut len = 0usize;
    for value in args.iter().filter(|value| !value.is_null()) {
        len = len.saturating_add(scope.text_of(*value)?.len());
    }
    let room = scope.room(len)?;
    let mut at = 0;
    for value in args.iter().filter(|value| !value.is_null()) {
        let text = scope.text_of(*value)?;
        room[at..at + text.len()].copy_from_slice(text);
        at += text.len();
    }
    Ok(Scalar::Text(room))
}

fn pad<'a>(args: &[Scalar<'a>], scope: &mut Scope<'_, 'a>, left: bool) -> Outcome<'a> {
    let (text, wanted) = (scope.utf8_of(args[0])?, count(args[1], scope)?);
    let with = args.get(2).map_or(Ok(" "), |with| scope.utf8_of(*with))?;
    let wanted = usize::try_from(wanted).unwrap_or(0);
    let characters = text.chars().count();
    if wanted <= characters {
        return Ok(Scalar::Text(&text.as_bytes()[..byte_of(text, wanted)]));
    }
    if with.is_empty() {
        return Ok(Scalar::Text(text.as_bytes()));
    }
    let (more, each) = (wanted - characters, with.chars().count());
    let (whole, part) = (more / each, byte_of(with, more % each));
    let padding = whole.saturating_mul(with.len()).saturating_add(part);
    let room = scope.room(padding.saturating_add(text.len()))?;
    let (padded, own) = if left {
        let (padded, own) = room.split_at_mut(padding);
        (padded, own)
    } else {
        let (own, padded) = room.split_at_mut(text.len());
        (padded, own)
    };
    own.copy_from_slice(text.as_bytes());
    for piece in padded.chunks_mut(with.len()) {
        let len = piece.len();
        piece.copy_from_slice(&with.as_bytes()[..len]);
    }
    Ok(Scalar::Text(room))
}

fn look<'a>(args: &[Scalar<'a>], scope: &mut Scope<'_, 'a>, is: fn(&[u8], &[u8]) -> bool) -> Outcome<'a> {
    let (text, part) = (scope.text_of(args[0])?, scope.text_of(args[1])?);
    Ok(Scalar::Bool(is(text, part)))
}
