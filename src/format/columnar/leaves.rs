//! From the data of records to the values of columns, with definition and repetition levels: what Parquet took from
//! Dremel (Melnik and others, 2010, section 4) to say where in its record a value is.

use std::ops::Range;

use arrow_schema::{DataType, Field, TimeUnit};
use parquet::basic::Type;
use parquet::schema::types::SchemaDescriptor;

use super::build::{Wrong, each, extended, unexpected};
use super::chunk::{Fixed, Leaf, Texts, Values};
use crate::error::Result;
use crate::format::avro::rows::Data;

/// A field, and what is inside of it.
pub(super) struct Node {
    nullable: bool,
    of: Of,
    /// In how many lists it is.
    lists: u8,
    /// The columns inside of it.
    leaves: Range<usize>,
}

enum Of {
    Plain(Plain),
    /// The items of a list, or the entries of a map, which are records of a key and a value.
    List(Box<Node>),
    Record(Vec<Node>),
}

/// The fields of records, and the columns inside of them.
pub(super) struct Nodes {
    pub nodes: Vec<Node>,
    pub leaves: Vec<Leaf>,
}

/// How a value is written in the data of records, and how in a column.
enum Plain {
    Bool,
    /// A number that has to be in this range, for INT32.
    Narrow {
        least: i64,
        most: i64,
        of: &'static str,
    },
    Long,
    UInt64,
    Float,
    Double,
    /// A decimal number as INT32, INT64 or bytes.
    Decimal32,
    Decimal64,
    DecimalBytes(usize),
    Fixed(usize),
    Bytes,
}

impl Plain {
    fn of(of: &DataType, physical: Type, size: usize) -> Result<Plain> {
        let within = |bits: u32, of| Plain::Narrow { least: -(1 << (bits - 1)), most: (1 << (bits - 1)) - 1, of };
        let without_sign = |bits: u32, of| Plain::Narrow { least: 0, most: (1 << bits) - 1, of };
        Ok(match of {
            DataType::Boolean => Plain::Bool,
            DataType::Int8 => within(8, "8 bits"),
            DataType::Int16 => within(16, "16 bits"),
            DataType::Int32 | DataType::Date32 | DataType::Time32(TimeUnit::Millisecond) => within(32, "32 bits"),
            DataType::UInt8 => without_sign(8, "8 bits without a sign"),
            DataType::UInt16 => without_sign(16, "16 bits without a sign"),
            DataType::UInt32 => without_sign(32, "32 bits without a sign"),
            DataType::Int64 | DataType::Time64(_) | DataType::Timestamp(..) => Plain::Long,
            DataType::UInt64 => Plain::UInt64,
            DataType::Float32 => Plain::Float,
            DataType::Float64 => Plain::Double,
            DataType::Decimal128(..) | DataType::Decimal256(..) => match physical {
                Type::INT32 => Plain::Decimal32,
                Type::INT64 => Plain::Decimal64,
                _ => Plain::DecimalBytes(size),
            },
            DataType::FixedSizeBinary(_) => Plain::Fixed(size),
            DataType::Utf8 | DataType::Binary => Plain::Bytes,
            other => return Err(unexpected(other)),
        })
    }

    fn values(&self) -> Values {
        match self {
            Plain::Bool => Values::Bool(Vec::new()),
            Plain::Narrow { .. } | Plain::Float | Plain::Decimal32 => Values::Narrow(Vec::new()),
            Plain::Long | Plain::UInt64 | Plain::Double | Plain::Decimal64 => Values::Wide(Vec::new()),
            Plain::DecimalBytes(size) | Plain::Fixed(size) => Values::Fixed(Fixed::new(*size)),
            Plain::Bytes => Values::Bytes(Texts::default()),
        }
    }

    /// Takes in a value.
    #[inline(always)]
    fn add(&self, data: &mut Data<'_>, values: &mut Values) -> std::result::Result<(), Wrong> {
        match (self, values) {
            (Plain::Bool, Values::Bool(values)) => values.push(data.fixed(1)?[0] != 0),
            (Plain::Narrow { least, most, of }, Values::Narrow(values)) => {
                let number = data.long()?;
                if number < *least || number > *most {
                    return Err(Wrong::Beyond(of));
                }
                values.push(number as u32);
            }
            (Plain::Long, Values::Wide(values)) => values.push(data.long()? as u64),
            (Plain::UInt64, Values::Wide(values)) => {
                let number = i128::from_be_bytes(extended(data.bytes()?).ok_or(Wrong::Beyond("64 bits"))?);
                values.push(u64::try_from(number).map_err(|_| Wrong::Beyond("64 bits without a sign"))?);
            }
            (Plain::Float, Values::Narrow(values)) => values.push(u32::from_le_bytes(data.array()?)),
            (Plain::Double, Values::Wide(values)) => values.push(u64::from_le_bytes(data.array()?)),
            (Plain::Decimal32, Values::Narrow(values)) => {
                values.push(u32::from_be_bytes(extended(data.bytes()?).ok_or(Wrong::Beyond("32 bits"))?));
            }
            (Plain::Decimal64, Values::Wide(values)) => {
                values.push(u64::from_be_bytes(extended(data.bytes()?).ok_or(Wrong::Beyond("64 bits"))?));
            }
            (Plain::DecimalBytes(size), Values::Fixed(values)) => {
                let wide: [u8; 32] = extended(data.bytes()?).ok_or(Wrong::Beyond("256 bits"))?;
                let (rest, kept) = wide.split_at(wide.len() - size);
                let filled = if kept.first().is_some_and(|byte| *byte >= 0x80) { 0xff } else { 0 };
                if rest.iter().any(|byte| *byte != filled) {
                    return Err(Wrong::Beyond("the digits of its type"));
                }
                values.push(kept);
            }
            (Plain::Fixed(size), Values::Fixed(values)) => values.push(data.fixed(*size)?),
            (Plain::Bytes, Values::Bytes(values)) => values.push(data.bytes()?),
            _ => return Err(Wrong::Data),
        }
        Ok(())
    }
}

/// The definition level and the repetition level of a value.
#[derive(Clone, Copy)]
struct Levels {
    definition: u8,
    repetition: u8,
}

impl Node {
    /// The nodes of fields, and the columns of them all.
    ///
    /// # Errors
    /// They have a type that is none of [`shape`](super::shape), or are nested too deep.
    pub fn of<'f>(fields: impl IntoIterator<Item = &'f Field>, schema: &SchemaDescriptor) -> Result<Nodes> {
        let mut leaves = Vec::with_capacity(schema.num_columns());
        let nodes = fields.into_iter().map(|field| Node::new(field, schema, &mut leaves, 0)).collect::<Result<_>>()?;
        Ok(Nodes { nodes, leaves })
    }

    fn new(field: &Field, schema: &SchemaDescriptor, leaves: &mut Vec<Leaf>, lists: u8) -> Result<Node> {
        let first = leaves.len();
        let of = match field.data_type() {
            DataType::List(items) | DataType::Map(items, _) => {
                Of::List(Box::new(Node::new(items, schema, leaves, lists.saturating_add(1))?))
            }
            DataType::Struct(fields) => {
                Of::Record(fields.iter().map(|field| Node::new(field, schema, leaves, lists)).collect::<Result<_>>()?)
            }
            of => {
                let column = schema.column(first);
                let plain = Plain::of(of, column.physical_type(), column.type_length().max(0) as usize)?;
                let most = |level: i16| u8::try_from(level).map_err(|_| unexpected("fields are nested too deep"));
                leaves.push(Leaf {
                    values: plain.values(),
                    definition: Vec::new(),
                    repetition: Vec::new(),
                    max_definition: most(column.max_def_level())?,
                    max_repetition: most(column.max_rep_level())?,
                });
                Of::Plain(plain)
            }
        };
        Ok(Node { nullable: field.is_nullable(), of, lists, leaves: first..leaves.len() })
    }

    /// Takes in the field of a record.
    ///
    /// # Errors
    /// The data is not of its type.
    #[inline(always)]
    pub fn add(&self, data: &mut Data<'_>, leaves: &mut [Leaf]) -> std::result::Result<(), Wrong> {
        let Of::Plain(plain) = &self.of else {
            return self.add_inside(data, leaves, Levels { definition: 0, repetition: 0 });
        };
        let leaf = &mut leaves[self.leaves.start];
        if self.nullable {
            let defined = data.long()? != 0;
            leaf.definition.push(u8::from(defined));
            if !defined {
                return Ok(());
            }
        }
        plain.add(data, &mut leaf.values)
    }

    fn add_inside(
        &self,
        data: &mut Data<'_>,
        leaves: &mut [Leaf],
        mut levels: Levels,
    ) -> std::result::Result<(), Wrong> {
        if self.nullable {
            if data.long()? == 0 {
                self.nothing(leaves, levels);
                return Ok(());
            }
            levels.definition += 1;
        }
        match &self.of {
            Of::Plain(plain) => {
                let leaf = &mut leaves[self.leaves.start];
                leaf.push_levels(levels);
                plain.add(data, &mut leaf.values)?;
            }
            Of::Record(parts) => {
                for part in parts {
                    part.add_inside(data, leaves, levels)?;
                }
            }
            Of::List(items) => {
                let mut inner = Levels { definition: levels.definition + 1, ..levels };
                let count = each(data, |data| {
                    items.add_inside(data, leaves, inner)?;
                    inner.repetition = self.lists + 1;
                    Ok(())
                })?;
                if count == 0 {
                    self.nothing(leaves, levels);
                }
            }
        }
        Ok(())
    }

    /// Takes in that nothing is there.
    fn nothing(&self, leaves: &mut [Leaf], levels: Levels) {
        leaves[self.leaves.clone()].iter_mut().for_each(|leaf| leaf.push_levels(levels));
    }
}

impl Leaf {
    #[inline]
    fn push_levels(&mut self, levels: Levels) {
        if self.max_definition > 0 {
            self.definition.push(levels.definition);
        }
        if self.max_repetition > 0 {
            self.repetition.push(levels.repetition);
        }
    }
}
