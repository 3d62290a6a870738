//! The layout of fixed-width text: which characters or bytes of a line are which field.

use crate::error::Error;
use crate::record::Schema;

/// What a width counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Characters: code points of UTF-8.
    Characters,
    Bytes,
}

/// One item of a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// The name; none for one that is passed over, and written as spaces.
    pub name: Option<Box<str>>,
    pub width: usize,
    pub unit: Unit,
}

/// The fields of a line in order, without gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub fields: Vec<Field>,
}

impl Layout {
    /// Reads `name:width,name:width,…`; a width is a number of characters (`8`), or of bytes (`8b`); `name:skip8` is
    /// passed over.
    ///
    /// # Errors
    /// Usage: the item that can't be understood.
    pub fn parse(text: &str) -> Result<Layout, Error> {
        let mut layout = Layout { fields: Vec::new() };
        for (index, item) in text.split(',').enumerate() {
            let item = item.trim();
            let field = layout
                .field(item)
                .map_err(|reason| Error::usage(format!("⟨layout⟩, item {} `{item}`: {reason}", index + 1)))?;
            layout.fields.push(field);
        }
        if layout.names().next().is_none() {
            return Err(Error::usage("⟨layout⟩ names no fields: everything is skipped"));
        }
        Ok(layout)
    }

    fn field(&self, item: &str) -> Result<Field, String> {
        let (name, width) = item.rsplit_once(':').ok_or("write it as name:width, for example id:8")?;
        let (name, width) = (name.trim(), width.trim());
        if name.is_empty() {
            return Err("the name is missing before the colon".to_owned());
        }
        let (is_skipped, number) = width.strip_prefix("skip").map_or((false, width), |number| (true, number));
        let (unit, number) = number.strip_suffix('b').map_or((Unit::Characters, number), |n| (Unit::Bytes, n));
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        let width = number.parse::<u32>().ok().filter(|_| digits);
        let width =
            width.ok_or("the width is a number of characters (8) or bytes (8b), or skip and a number (skip8)")?;
        if width == 0 {
            return Err("a field has at least one character".to_owned());
        }
        if !is_skipped && self.names().any(|other| other == name) {
            return Err(format!("the name `{name}` was used before"));
        }
        Ok(Field { name: (!is_skipped).then(|| name.into()), width: width as usize, unit })
    }

    /// The names of the fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().filter_map(|field| field.name.as_deref())
    }

    /// The widths of all items together.
    pub fn width(&self) -> usize {
        self.fields.iter().map(|field| field.width).sum()
    }

    /// The fields.
    pub fn schema(&self) -> Schema {
        Schema::new(self.names())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_and_what_is_wrong_with_them() {
        let layout = Layout::parse("id:8, name:22,pad:skip2,a:b:3b").unwrap();
        let fields: Vec<_> = layout.fields.iter().map(|f| (f.name.as_deref(), f.width, f.unit)).collect();
        let (characters, bytes) = (Unit::Characters, Unit::Bytes);
        let expected = [
            (Some("id"), 8, characters),
            (Some("name"), 22, characters),
            (None, 2, characters),
            (Some("a:b"), 3, bytes),
        ];
        assert_eq!((fields, layout.width()), (expected.to_vec(), 35));
        for (text, part) in [
            ("", "item 1 ``: write it as name:width"),
            ("id:8,", "item 2 ``"),
            (":8", "the name is missing"),
            ("a:u64le", "the width is a number"),
            ("a:+1", "the width is a number"),
            ("a:0", "at least one character"),
            ("a:1,a:2", "item 2 `a:2`: the name `a` was used before"),
            ("p:skip4", "names no field"),
        ] {
            let error = Layout::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
