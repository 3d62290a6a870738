//! An expression that is ready to be evaluated.

use std::cell::Cell;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use super::calculation::Calculation;
use super::code::{Code, Program};
use super::compile::compile;
use super::constant::{constants, slots};
use super::decimal::{Decimal, SHORT};
use super::elsewhere;
use super::eval;
use super::fault::excerpt;
use super::infer;
use super::parser::parse;
use super::scalar::{Scalar, TextRoom};
use super::scope::{NONE, Outcome, Place, Scope, Scratch, UNKNOWN, View};
use super::simple::Simple;
use super::types::Type;
use crate::error::{Error, RecordError};
use crate::memory::Arena;
use crate::record::{Schema, Tree, Value};

/// A compiled expression. Workers share it.
pub struct Expression {
    text: Box<str>,
    /// It only matters whether it is true.
    is_condition: bool,
    gives: Type,
    program: Program,
    /// What workers keep from batch to batch.
    scratch: Mutex<Vec<Scratch>>,
}

impl Expression {
    /// An expression whose value is null, true or false.
    ///
    /// # Errors
    /// A usage error that shows the place of the mistake.
    pub fn condition(text: &str) -> Result<Expression, Error> {
        Expression::new(text, Some(Type::Bool), true)
    }

    /// An expression whose value is null or a number. Errors as for a [`condition`](Self::condition).
    pub fn number(text: &str) -> Result<Expression, Error> {
        Expression::new(text, Some(Type::Number), false)
    }

    /// An expression of any value. Errors as for a [`condition`](Self::condition).
    pub fn value(text: &str) -> Result<Expression, Error> {
        Expression::new(text, None, false)
    }

    fn new(text: &str, wanted: Option<Type>, is_condition: bool) -> Result<Expression, Error> {
        let compiled = parse(text).and_then(|tree| {
            let gives = infer::of(&tree);
            Ok((compile(&tree, text, wanted.filter(|wanted| *wanted != gives))?, gives))
        });
        let (program, gives) = compiled.map_err(|fault| fault.into_error(text))?;
        Ok(Expression { text: text.into(), is_condition, gives, program, scratch: Mutex::new(Vec::new()) })
    }

    /// The type of its values, as far as its text tells.
    pub fn gives(&self) -> Type {
        self.gives
    }

    /// Whether it is nothing but a field (of any value, or of a number).
    pub fn is_field(&self) -> bool {
        matches!(&self.program.code[..], [Code::Field(0)] | [Code::Field(0), Code::ToNumber(_)])
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The paths of the fields it reads.
    pub fn fields(&self) -> &[Box<[u8]>] {
        &self.program.fields
    }

    /// The line of the text in which it first names a field, with a mark below the place; and what may be meant.
    pub fn excerpt(&self, field: &[u8]) -> Option<String> {
        let number = self.program.fields.iter().position(|path| **path == *field)?;
        let place = self.program.places[number];
        let name = String::from_utf8_lossy(field);
        let hint = elsewhere::text(&self.text, place, &name).map(|hint| format!("\n  {hint}")).unwrap_or_default();
        Some(excerpt(&self.text, place) + &hint)
    }

    /// Whether its texts have to be UTF-8: also if it names one such as `'Müller'`, which has other bytes in other encodings
    /// and would be found nowhere.
    pub fn needs_utf8(&self) -> bool {
        self.program.utf8 || !self.text.is_ascii() && !self.is_field()
    }

    /// Whether it counts records or lines: then they have to come in their order, one after another.
    pub fn is_ordered(&self) -> bool {
        self.program.ordered
    }

    /// What its regexes may keep for each worker, in bytes.
    pub fn memory(&self) -> usize {
        self.program.memory
    }

    /// The instructions, one a line.
    pub fn listing(&self) -> String {
        let mut listing = String::new();
        for (place, code) in self.program.code.iter().enumerate() {
            // Writing to a string never fails.
            let _ = writeln!(listing, "{place:4} {code:?}");
        }
        listing
    }

    /// Begins with the records of a batch, whose values lie in `arena`; `schema` if they are in columns. A text that is
    /// made may have `max_text` bytes.
    ///
    /// # Errors
    /// There is no memory.
    pub fn begin<'e, 'a>(
        &'e self,
        arena: &'a Arena,
        schema: Option<&Schema>,
        max_text: usize,
    ) -> Result<Running<'e, 'a>, RecordError> {
        let program = &self.program;
        let fields = arena.numbers(program.fields.len(), 0)?;
        for (place, path) in fields.iter_mut().zip(&program.fields) {
            *place = match schema {
                Some(schema) => schema.position(path).map_or(NONE, |column| column as u32),
                None => UNKNOWN,
            };
        }
        let kept = Scratch::take(&mut self.scratch.lock().unwrap_or_else(PoisonError::into_inner));
        let new = || Scratch::new(&program.regexes, program.replacings.iter().map(|replacing| replacing.regex));
        let constants = constants(&program.constants, arena, 0)?;
        let fields = Cell::from_mut(fields).as_slice_of_cells();
        let column = |field| fields[usize::from(field)].get() as usize;
        let (simple, calculation) = match (schema, self.is_condition) {
            (None, _) => (None, None),
            (Some(_), true) => (Simple::of(program, constants, column), None),
            (Some(_), false) => (None, Calculation::of(program, constants, column)),
        };
        Ok(Running {
            expression: self,
            constants,
            simple,
            calculation,
            stack: slots(arena, program.stack, 0)?,
            fields,
            arena,
            max_text,
            scratch: Some(kept.unwrap_or_else(new)),
            spare: &mut [],
        })
    }
}

/// The evaluation of an expression for the records of a batch.
pub struct Running<'e, 'a> {
    expression: &'e Expression,
    constants: &'a [Scalar<'a>],
    /// The whole condition, if it is simple and records are in columns.
    simple: Option<Simple<'a>>,
    /// The whole value, if it is a simple calculation and records are in columns.
    calculation: Option<Calculation>,
    stack: &'a mut [Scalar<'a>],
    fields: &'a [Cell<u32>],
    arena: &'a Arena,
    max_text: usize,
    /// Always there, until it is given back.
    scratch: Option<Scratch>,
    spare: &'a mut [u8],
}

impl<'a> Running<'_, 'a> {
    /// The value for a record in columns that begins at `offset`; of a condition, false may stand for null.
    ///
    /// # Errors
    /// Why the record is bad.
    #[inline]
    pub fn columns(&mut self, values: &[Value<'a>], place: Place<'a>, offset: usize) -> Outcome<'a> {
        if let Some(result) = self.calculation.as_ref().and_then(|calculation| calculation.result(values)) {
            return Ok(Scalar::Number(result));
        }
        if let Some(truth) = self.simply(values) {
            return Ok(Scalar::Bool(truth));
        }
        let fields = self.fields;
        self.run(View::Columns { values, columns: fields }, place, offset)
    }

    /// Whether it is true for a record in columns, if that is so simple to tell that nothing can go wrong.
    #[inline(always)]
    pub fn simply(&self, values: &[Value<'a>]) -> Option<bool> {
        self.simple.as_ref()?.is_true(values, &self.expression.program)
    }

    /// The value for a keyed record. `alike`: it has the keys and the nesting of the one before.
    ///
    /// # Errors
    /// Why the record is bad.
    #[inline]
    pub fn tree(&mut self, tree: Tree<'_, 'a>, alike: bool, place: Place<'a>, offset: usize) -> Outcome<'a> {
        let nodes = self.fields;
        if !alike {
            nodes.iter().for_each(|node| node.set(UNKNOWN));
        }
        self.run(View::Tree { tree, nodes, paths: &self.expression.program.fields }, place, offset)
    }

    #[inline]
    fn run(&mut self, view: View<'_, 'a>, place: Place<'a>, offset: usize) -> Outcome<'a> {
        let program = &self.expression.program;
        let Some(scratch) = &mut self.scratch else { return Ok(Scalar::Null) };
        let mut scope = Scope {
            arena: self.arena,
            view,
            scratch,
            place,
            offset,
            max_text: self.max_text,
            origins: &program.origins,
            origin: u16::MAX,
            spare: std::mem::take(&mut self.spare),
        };
        let outcome = eval::run(program, self.constants, self.stack, &mut scope);
        self.spare = scope.spare;
        outcome
    }

    /// The numbers of the fields that the last record has.
    pub fn found(&self) -> impl Iterator<Item = usize> {
        let known = |node: &Cell<u32>| node.get() != NONE && node.get() != UNKNOWN;
        self.fields.iter().enumerate().filter(move |(_, node)| known(node)).map(|(number, _)| number)
    }
}

impl Drop for Running<'_, '_> {
    fn drop(&mut self) {
        let mut kept = self.expression.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(self.scratch.take());
    }
}

/// A scalar as a value of a record: a number in plain digits, a time as ISO 8601 text. None for a list or map.
///
/// # Errors
/// There is no memory.
pub fn text_value<'a>(scalar: Scalar<'a>, arena: &'a Arena, offset: usize) -> Result<Option<Value<'a>>, RecordError> {
    let copied = |text: &[u8]| -> Result<&'a [u8], RecordError> {
        let copy = arena.bytes(text.len(), offset)?;
        copy.copy_from_slice(text);
        Ok(copy)
    };
    Ok(Some(match scalar {
        Scalar::Absent => Value::Absent,
        Scalar::Null => Value::Null,
        Scalar::Bool(truth) => Value::Bool(truth),
        Scalar::Text(text) => Value::Text(text),
        Scalar::Field(value) => value,
        Scalar::Inside(_) => return Ok(None),
        Scalar::Time(_) => Value::Text(copied(scalar.text(&mut TextRoom::new()).unwrap_or_default())?),
        Scalar::Number(small) => match Decimal::Small(small).short_text(&mut [0; SHORT]) {
            Some(text) => Value::Number(copied(text)?),
            None => Value::Number(copied(scalar.text(&mut TextRoom::new()).unwrap_or_default())?),
        },
        Scalar::Big(_) => Value::Number(copied(scalar.text(&mut TextRoom::new()).unwrap_or_default())?),
    }))
}
