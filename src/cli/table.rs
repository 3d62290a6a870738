//! A table for people: aligned columns, as wide as the terminal.
//!
//! What a terminal would obey or not show is escaped: control characters, and those that change the direction of text
//! or have no width.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What is between two columns.
const GAP: usize = 2;
/// A column is not made narrower than this, unless all that is in it is.
const LEAST: usize = 8;
/// What stands for the rest of a text, or for more columns.
const MORE: &str = "…";

/// The table of these rows, all of the same length; the first one has the names. It is at most `width` wide.
pub fn table(rows: &[Vec<String>], width: Option<usize>) -> String {
    let Some(names) = rows.first() else { return String::new() };
    let cells: Vec<Vec<Cow<'_, str>>> = rows.iter().map(|row| row.iter().map(|cell| shown(cell)).collect()).collect();
    let widest = |column: usize| cells.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..names.len()).map(widest).collect();
    let widths = fitting(&widths, width);
    let is_number = |column: usize| rows[1..].iter().all(|row| looks_like_number(&row[column]));
    let right: Vec<bool> = (0..widths.len()).map(|column| rows.len() > 1 && is_number(column)).collect();
    let left_out = &cells[0][widths.len()..];
    let mut text = String::new();
    for row in &cells {
        let mut line = String::new();
        for ((cell, width), right) in row.iter().zip(&widths).zip(&right) {
            let cell = cut(cell, *width);
            let blanks = " ".repeat(width - cell.width());
            let (before, after) = if *right { (&*blanks, "") } else { ("", &*blanks) };
            line += &format!("{before}{cell}{after}{}", " ".repeat(GAP));
        }
        text += line.trim_end();
        if !left_out.is_empty() {
            text += &" ".repeat(GAP - 1);
            text += MORE;
        }
        text += "\n";
    }
    if !left_out.is_empty() {
        let names = format!("{MORE} {} more: {}", left_out.len(), left_out.join(", "));
        text += &cut(&names, width.unwrap_or(usize::MAX));
        text += "\n";
    }
    text
}

/// The widths of the columns that fit, from the left on. Only the widest become narrower.
fn fitting(widths: &[usize], most: Option<usize>) -> Vec<usize> {
    let Some(most) = most else { return widths.to_vec() };
    let sum = |widths: &[usize], cap: usize| -> usize {
        widths.iter().map(|width| width.min(&cap) + GAP).sum::<usize>().saturating_sub(GAP)
    };
    let mut shown = widths.len();
    let room = |shown: usize| if shown < widths.len() { most.saturating_sub(GAP) } else { most };
    while shown > 1 && sum(&widths[..shown], LEAST) > room(shown) {
        shown -= 1;
    }
    let (widths, room) = (&widths[..shown], room(shown));
    let widest = widths.iter().copied().max().unwrap_or(0);
    let cap = (1..=widest).rev().find(|cap| sum(widths, *cap) <= room).unwrap_or(1);
    widths.iter().map(|width| *width.min(&cap)).collect()
}

/// A text that a terminal shows as it is, in one line.
fn shown(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return text.into();
    }
    let escaped = |c: char| match c {
        _ if !is_hidden(c) => c.to_string(),
        '\n' | '\r' | '\t' => c.escape_default().to_string(),
        _ => c.escape_unicode().to_string(),
    };
    text.chars().map(escaped).collect::<String>().into()
}

/// Whether a terminal would obey a character, or not show it.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The beginning of a text that is at most so wide.
fn cut(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return text.into();
    }
    let (mut end, mut taken) = (0, MORE.width());
    for (at, c) in text.char_indices() {
        taken += c.width().unwrap_or(0);
        if taken > width {
            break;
        }
        end = at + c.len_utf8();
    }
    format!("{}{MORE}", &text[..end]).into()
}

/// Whether a cell is a number, or empty.
fn looks_like_number(cell: &str) -> bool {
    cell.is_empty() || cell.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) && cell.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&[&str]]) -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
    }

    #[test]
    fn numbers_are_on_the_right_and_wide_characters_count_twice() {
        let rows = rows(&[&["id", "name", "fare"], &["1", "東京", "1.10"], &["20", "Zürich", ""]]);
        assert_eq!(table(&rows, None), "id  name    fare\n 1  東京    1.10\n20  Zürich\n");
    }

    #[test]
    fn nothing_is_obeyed() {
        let rows = rows(&[&["a"], &["x\x1b[31m\n\ty"], &["\u{202e}\u{200b}"]]);
        assert_eq!(table(&rows, None), "a\nx\\u{1b}[31m\\n\\ty\n\\u{202e}\\u{200b}\n");
    }

    #[test]
    fn wide_columns_become_narrower_and_then_columns_are_left_out() {
        let long = "x".repeat(50);
        let wide = rows(&[&["id", "text", "more"], &["1", &long, "abc"]]);
        assert_eq!(table(&wide, Some(20)), "id  text        more\n 1  xxxxxxxxx…  abc\n");
        assert!(table(&wide, Some(20)).lines().all(|line| line.width() <= 20));
        let many = rows(&[&["aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc", "dddd"], &["1", "2", "3", "4"]]);
        let shown = "aaaaaaa…  bbbbbbb… …\n       1         2 …\n… 2 more: cccccccccc…\n";
        assert_eq!(table(&many, Some(21)), shown);
    }
}
