//! Making a field, or changing one.

use super::Op;
use super::each::each;
use super::put::{NO_COLUMN, Put};
use super::splice::dotted;
use crate::error::{Error, RecordError, Result};
use crate::expr::{Expression, Scalar, text_value};
use crate::record::{Batch, Spot, Value, find, spot};

/// Gives a field the value of an expression, in every record. A field that is not there yet comes after the others; in
/// nested records the name is a path. An absent value removes the field from a nested record.
///
/// ```
/// use pagemill::{Format, Job, SourceSpec, TargetSpec, op::Set};
///
/// let csv = SourceSpec::bytes("id,fare\n1,1.10\n2,\n");
/// let job = Job::new(csv, TargetSpec::Memory).from(Format::Csv).to(Format::Csv).op(Set::parse("double = fare * 2")?);
/// assert_eq!(job.run()?.output, b"id,fare,double\n1,1.10,2.20\n2,,\n");
/// # Ok::<(), pagemill::Error>(())
/// ```
pub struct Set {
    /// As it was written: the name of a column.
    name: Box<[u8]>,
    /// In nested records: items of lists have numbers between dots.
    path: Box<[u8]>,
    expression: Expression,
    text: Box<str>,
    what: What,
}

/// What is done in nested records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// A field is made or changed.
    Field,
    /// An item of a list becomes a field of the record, whose name is the path to the item; one of that name stays.
    Item,
    /// An item of a list is removed.
    Without,
}

/// How many steps a path may have: records are not nested more deeply, unless that is allowed.
const MAX_STEPS: usize = 1000;

impl Set {
    /// A field and its value, as `name = expression`. A name with an equals sign is put in double quotes.
    ///
    /// # Errors
    /// Usage: there is no name, or what is wrong with the expression.
    pub fn parse(text: &str) -> Result<Set> {
        let shape = || Error::usage(format!("⟨set⟩ {text}: write NAME=EXPRESSION, such as total=fare*1.1"));
        let trimmed = text.trim_start();
        let (name, expression) = match trimmed.strip_prefix('"') {
            None => trimmed.split_once('=').ok_or_else(shape)?,
            Some(rest) => {
                let (name, rest) = rest.split_once('"').ok_or_else(shape)?;
                (name, rest.trim_start().strip_prefix('=').ok_or_else(shape)?)
            }
        };
        let name = name.trim();
        if name.is_empty() {
            return Err(shape());
        }
        if !trimmed.starts_with('"') && name.contains(['"', '`']) {
            let whole = name.replace(['"', '`'], "");
            let message = format!("⟨set⟩ {name}: quotes go around the whole name\n  Write \"{whole}\"=EXPRESSION.");
            return Err(Error::usage(message));
        }
        if name.matches(['.', '[']).count() > MAX_STEPS {
            return Err(Error::usage(format!("⟨set⟩: a path has at most {MAX_STEPS} steps")));
        }
        let value = Expression::value(expression.trim());
        let expression = value.map_err(|error| Error::usage(format!("⟨set⟩ {name}: {error}")))?;
        let path = dotted(name);
        Ok(Set { name: name.as_bytes().into(), path, expression, text: text.into(), what: What::Field })
    }

    /// What gives nested records a field that is an item of a list, named as the path to it: `l[0].a`. None if the name is
    /// no such path.
    pub(crate) fn item(name: &str) -> Option<Set> {
        let path = dotted(name);
        if *path == *name.as_bytes() || name.matches(['.', '[']).count() > MAX_STEPS {
            return None;
        }
        let (list, rest) = name.split_at(name.find('[')?);
        let expression = Expression::value(name).or_else(|_| Expression::value(&format!("\"{list}\"{rest}"))).ok()?;
        Some(Set { name: name.as_bytes().into(), path, expression, text: name.into(), what: What::Item })
    }

    /// What removes that item.
    pub(crate) fn without(name: &str) -> Option<Set> {
        Set::item(name).map(|set| Set { what: What::Without, ..set })
    }

    fn set<'a>(&self, batch: &mut Batch<'a>) -> Result<(), RecordError> {
        let column = match batch.schema() {
            Some(schema) => match schema.position(&self.name) {
                Some(column) => column,
                None => return Err(RecordError::new(0, NO_COLUMN)),
            },
            None => return self.set_in_trees(batch),
        };
        let arena = batch.arena();
        each(&self.expression, batch, |batch, record, outcome| {
            let offset = batch.span(record).start;
            match outcome.and_then(|scalar| Ok(text_value(scalar, arena, offset)?)) {
                Ok(Some(value)) => batch.nodes_mut(record).1[column] = value,
                // Columns hold no nodes.
                Ok(None) => {}
                Err(error) => batch.reject_with(record, *error),
            }
        });
        Ok(())
    }

    /// In keyed records nodes may have to be added: then the batch is built anew.
    fn set_in_trees<'a>(&self, batch: &mut Batch<'a>) -> Result<(), RecordError> {
        let own = if self.what == What::Item { &self.name } else { &self.path };
        let mut put = Put::begin(batch, own, self.what == What::Item)?;
        each(&self.expression, batch, |batch, record, outcome| {
            let tree = batch.tree(record);
            let outcome = match self.what {
                What::Field => Some(outcome),
                _ if !matches!(tree.value(), Value::Map(_)) => None,
                What::Item if find(tree, &self.name).is_some() => None,
                What::Item => outcome.ok().filter(|scalar| !matches!(scalar, Scalar::Absent)).map(Ok),
                What::Without => matches!(spot(tree, put.path()), Spot::Node { .. }).then_some(Ok(Scalar::Absent)),
            };
            put.record(batch, record, outcome);
        });
        put.end(batch)
    }
}

impl Op for Set {
    fn name(&self) -> &str {
        "set"
    }

    fn apply(&self, batch: &mut Batch<'_>) {
        if let Err(error) = self.set(batch) {
            (0..batch.len()).for_each(|record| batch.reject_with(record, error.clone()));
        }
    }

    fn needs_utf8(&self) -> bool {
        self.expression.needs_utf8()
    }

    fn makes_batches(&self) -> bool {
        true
    }

    fn fingerprint(&self) -> Option<String> {
        match self.what {
            What::Field => Some(format!("set {}", self.text)),
            what => Some(format!("{what:?} {}", self.text)),
        }
    }

    fn reads(&self) -> &[Box<[u8]>] {
        match self.what {
            What::Field => self.expression.fields(),
            // The setting that names the item says whether it was there.
            What::Item | What::Without => &[],
        }
    }

    fn excerpt(&self, field: &[u8]) -> Option<String> {
        self.expression.excerpt(field)
    }

    fn makes(&self) -> Option<&[u8]> {
        Some(&self.name)
    }

    fn is_ordered(&self) -> bool {
        self.expression.is_ordered()
    }

    fn memory(&self) -> usize {
        self.expression.memory()
    }

    fn plan(&self) -> Option<String> {
        Some(format!("{}\n{}", self.text, self.expression.listing()))
    }
}
