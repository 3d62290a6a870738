//! The layout: where each field is in a record.

use super::field::Kind;
use crate::error::Error;
use crate::record::Schema;

/// One item of a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name; meaningless for a skipped item.
    pub name: Box<str>,
    /// How the value is written.
    pub kind: Kind,
    /// Where it starts in the record, in bytes.
    pub offset: usize,
    /// How many bytes it takes.
    pub width: usize,
}

/// The fields of a record in order, without gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    fields: Vec<Field>,
    width: usize,
}

impl Layout {
    /// Reads `name:type,name:type,…`.
    ///
    /// | type | what |
    /// |---|---|
    /// | `u8` `i8` | an integer of one byte |
    /// | `u16` `u32` `u64` `i16` `i32` `i64`, then `le` or `be` | an integer, little or big endian |
    /// | `f32` `f64`, then `le` or `be` | a floating-point number (IEEE 754) |
    /// | `bool` | one byte, 0 or 1 |
    /// | `text16` | text of at most 16 bytes, followed by zero bytes |
    /// | `text16space` | the same, followed by spaces |
    /// | `bytes8` | exactly 8 bytes |
    /// | `skip4` | 4 bytes that are skipped; zeros when written |
    ///
    /// A usage error names the item that can't be understood.
    pub fn parse(text: &str) -> Result<Layout, Error> {
        let mut layout = Layout { fields: Vec::new(), width: 0 };
        for (index, item) in text.split(',').enumerate() {
            layout
                .add(item.trim())
                .map_err(|reason| Error::usage(format!("⟨layout⟩, item {} `{}`: {reason}", index + 1, item.trim())))?;
        }
        if layout.named().next().is_none() {
            return Err(Error::usage("⟨layout⟩ names no fields: everything is skipped"));
        }
        Ok(layout)
    }

    fn add(&mut self, item: &str) -> Result<(), String> {
        let (name, kind) = item.rsplit_once(':').ok_or("write it as name:type, for example id:u64le")?;
        let (name, kind) = (name.trim(), kind.trim());
        if name.is_empty() {
            return Err("the name is missing before the colon".to_string());
        }
        let (kind, width) = Kind::parse(kind)?;
        if kind != Kind::Skip && self.named().any(|field| *field.name == *name) {
            return Err(format!("the name `{name}` was used before"));
        }
        let offset = self.width;
        self.width = offset.checked_add(width).ok_or("the record is too wide")?;
        self.fields.push(Field { name: name.into(), kind, offset, width });
        Ok(())
    }

    /// All items in order, including skipped ones.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The items that are fields of the record.
    pub fn named(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.kind != Kind::Skip)
    }

    /// The bytes of one record; more than 0.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The fields of the record, with their kinds.
    pub fn schema(&self) -> Schema {
        Schema::typed(self.named().map(|field| (field.name.as_bytes(), field.kind.of_values(field.width).into())))
    }
}

#[cfg(test)]
mod tests {
    use super::super::field::{Order, Pad};
    use super::*;
    use crate::record;

    #[test]
    fn every_type_has_its_place() {
        let layout =
            Layout::parse("id:u64le, price:f64be,name:text16,flag:bool,raw:bytes8,pad:skip4,a:b:text3space").unwrap();
        let places: Vec<_> = layout.fields().iter().map(|f| (&*f.name, f.kind, f.offset, f.width)).collect();
        assert_eq!(
            places,
            [
                ("id", Kind::U64(Order::Little), 0, 8),
                ("price", Kind::F64(Order::Big), 8, 8),
                ("name", Kind::Text(Pad::Zero), 16, 16),
                ("flag", Kind::Bool, 32, 1),
                ("raw", Kind::Bytes, 33, 8),
                ("pad", Kind::Skip, 41, 4),
                ("a:b", Kind::Text(Pad::Space), 45, 3),
            ]
        );
        assert_eq!(layout.width(), 48);
        let schema = layout.schema();
        assert!(schema.is_named_as(&Schema::new(["id", "price", "name", "flag", "raw", "a:b"].map(str::as_bytes))));
        let kinds: Vec<_> = (0..schema.len()).map(|index| schema.type_of(index).kind.clone()).collect();
        assert_eq!(
            kinds,
            [
                record::Kind::UInt(64),
                record::Kind::Float(64),
                record::Kind::Text,
                record::Kind::Bool,
                record::Kind::Bytes(Some(8)),
                record::Kind::Text,
            ]
        );
    }

    #[test]
    fn errors_point_at_the_item() {
        for (text, part) in [
            ("", "item 1 ``: write it as name:type"),
            ("id:u64le,", "item 2 ``"),
            ("id", "item 1 `id`: write it as name:type"),
            (":u8", "item 1 `:u8`: the name is missing"),
            ("a:u8,b:u65", "item 2 `b:u65`: unknown type `u65`"),
            ("a:u16", "`u16` needs a byte order: u16le or u16be"),
            ("a:f64", "f64le or f64be"),
            ("a:text", "`text` needs a number of bytes: text16"),
            ("a:text0", "at least one byte"),
            ("a:text-1", "unknown type `text-1`"),
            ("a:text+1", "unknown type `text+1`"),
            ("a:bytes99999999999999999999", "unknown type"),
            ("a:bytes18446744073709551615,b:u8", "item 2 `b:u8`: the record is too wide"),
            ("a:u8,a:u8", "item 2 `a:u8`: the name `a` was used before"),
            ("p:skip4", "names no field"),
            ("a:U8", "unknown type `U8`"),
        ] {
            let error = Layout::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
        assert!(Layout::parse("p:skip1,a:u8,p:skip1").is_ok());
    }
}
