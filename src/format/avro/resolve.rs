//! Reading what was written with one schema as records of another one (specification 1.12, "Schema Resolution").

use std::collections::HashMap;

use super::default;
use super::plan::{Node, Plain, Plan, Record, Step, Word, plain};
use super::tree::{Field, Id, Kind, Names, Tree};

type Outcome<T> = Result<T, String>;

/// How what `writer` describes is read as `reader` describes it.
///
/// # Errors
/// No value of one is a value of the other; both are named.
pub(super) fn resolve(writer: &Tree, reader: &Tree) -> Outcome<Plan> {
    let plan = Plan::of(writer);
    let mut resolver = Resolver { writer, reader, plan, known: HashMap::new(), defaults: None };
    let root = resolver.of(writer.root, reader.root, "", Place::Root)?;
    resolver.plan.root = root;
    Ok(resolver.plan)
}

struct Resolver<'t> {
    writer: &'t Tree,
    reader: &'t Tree,
    plan: Plan,
    known: HashMap<(Id, Id), Id>,
    /// The number of the first node of the reader as it is, for defaults.
    defaults: Option<Id>,
}

/// Where a type is, which decides whether names count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Whoever gives a schema means the records of the file, whatever they are called there.
    Root,
    Inside,
}

/// A name without its namespace.
fn bare(full: &str) -> &str {
    full.rsplit_once('.').map_or(full, |(_, name)| name)
}

/// Whether a type of the reader is one that was written, by its name or one that it had.
fn same_name(writer: Option<&Names>, reader: Option<&Names>) -> bool {
    let (Some(writer), Some(reader)) = (writer, reader) else { return false };
    bare(&writer.full) == bare(&reader.full)
        || reader.aliases.iter().any(|alias| *alias == writer.full || bare(alias) == bare(&writer.full))
}

impl Resolver<'_> {
    /// Whether values of one type may be of the other, as far as that shows without looking inside. `exactly`: of the very
    /// type.
    fn fits(&self, w: Id, r: Id, exactly: bool) -> bool {
        let (written, read) = (self.writer.node(w), self.reader.node(r));
        let named = || same_name(written.names.as_ref(), read.names.as_ref());
        match (&written.kind, &read.kind) {
            (Kind::Record(_), Kind::Record(_)) | (Kind::Enum { .. }, Kind::Enum { .. }) => named(),
            (Kind::Fixed(one), Kind::Fixed(other)) => one == other && named(),
            (Kind::Array(_), Kind::Array(_)) | (Kind::Map(_), Kind::Map(_)) => true,
            (one, other) if std::mem::discriminant(one) == std::mem::discriminant(other) => {
                !matches!(one, Kind::Union(_)) && (written.logical == read.logical || !exactly)
            }
            (Kind::Int, Kind::Long | Kind::Float | Kind::Double)
            | (Kind::Long, Kind::Float | Kind::Double)
            | (Kind::Float, Kind::Double)
            | (Kind::String, Kind::Bytes)
            | (Kind::Bytes, Kind::String) => !exactly,
            _ => false,
        }
    }

    fn differ(&self, w: Id, r: Id, path: &str) -> String {
        let (written, read) = (self.writer.title(w), self.reader.title(r));
        match path {
            "" => format!("the file has {written}, and the schema {read}"),
            path => format!("the field `{path}` is {written} in the file, and {read} in the schema"),
        }
    }

    fn push(&mut self, node: Node, like: Id) -> Id {
        let id = self.plan.nodes.len() as Id;
        self.plan.nodes.push(node);
        self.plan.least.push(self.plan.least[like as usize]);
        self.plan.empty.push(self.plan.empty[like as usize]);
        id
    }

    fn of(&mut self, w: Id, r: Id, path: &str, place: Place) -> Outcome<Id> {
        if let Some(id) = self.known.get(&(w, r)) {
            return Ok(*id);
        }
        // A type may be inside itself: this is its number.
        let id = self.push(Node::Plain(Plain::Null), w);
        self.known.insert((w, r), id);
        match self.node(w, r, path, place) {
            Ok(node) => {
                self.plan.nodes[id as usize] = node;
                Ok(id)
            }
            Err(why) => {
                // Somebody may refer to it already.
                let word = self.plan.word(why.as_bytes());
                self.plan.nodes[id as usize] = Node::Refused(w, word);
                self.known.remove(&(w, r));
                Err(why)
            }
        }
    }

    fn node(&mut self, w: Id, r: Id, path: &str, place: Place) -> Outcome<Node> {
        let (written, read) = (self.writer.node(w), self.reader.node(r));
        if let Kind::Union(branches) = &written.kind {
            let mut made: Vec<Outcome<Id>> = branches.iter().map(|branch| self.of(*branch, r, path, place)).collect();
            if made.iter().all(Result::is_err) && !made.is_empty() {
                return Err(made.swap_remove(0).err().unwrap_or_default());
            }
            let made = made.into_iter().map(|of| of.map_err(|why| self.plan.word(why.as_bytes()))).collect();
            return Ok(Node::Union(made));
        }
        if let Kind::Union(branches) = &read.kind {
            let exact = branches.iter().find(|branch| self.fits(w, **branch, true));
            let found = exact.or_else(|| branches.iter().find(|branch| self.fits(w, **branch, false)));
            let Some(found) = found else { return Err(self.differ(w, r, path)) };
            return self.node(w, *found, path, Place::Inside);
        }
        let may_have_any_name =
            place == Place::Root && matches!((&written.kind, &read.kind), (Kind::Record(_), Kind::Record(_)));
        if !may_have_any_name && !self.fits(w, r, false) {
            return Err(self.differ(w, r, path));
        }
        match (&written.kind, &read.kind) {
            (Kind::Record(fields), Kind::Record(wanted)) => self.record(fields, wanted, path),
            (Kind::Array(items), Kind::Array(wanted)) => {
                Ok(Node::List(self.of(*items, *wanted, &format!("{path}[]"), Place::Inside)?))
            }
            (Kind::Map(values), Kind::Map(wanted)) => {
                Ok(Node::Map(self.of(*values, *wanted, &format!("{path}.*"), Place::Inside)?))
            }
            (Kind::Enum { symbols, .. }, Kind::Enum { symbols: wanted, default }) => {
                let mut made = Vec::with_capacity(symbols.len());
                for symbol in symbols {
                    let found = wanted.iter().position(|one| one == symbol).or(*default);
                    made.push(match found {
                        Some(place) => Ok(self.plan.word(wanted[place].as_bytes())),
                        None => {
                            let why =
                                format!("the symbol `{symbol}` is none of {} in the schema", self.reader.title(r));
                            Err(self.plan.word(why.as_bytes()))
                        }
                    });
                }
                Ok(Node::Enum(made.into()))
            }
            _ => {
                if let (Some(one), Some(other)) = (written.logical, read.logical)
                    && !one.is_within(other)
                {
                    let what = self.differ(w, r, path);
                    return Err(format!("{what}: {} is not {}", one.title(), other.title()));
                }
                Ok(Node::Plain(match (&written.kind, &read.kind) {
                    (Kind::Int | Kind::Long, Kind::Float) => Plain::IntAsFloat(true),
                    (Kind::Int | Kind::Long, Kind::Double) => Plain::IntAsFloat(false),
                    (Kind::Float, Kind::Double) => Plain::Float,
                    (Kind::String, Kind::Bytes) if read.logical.is_none() => Plain::TextAsBytes,
                    (Kind::Bytes, Kind::String) => Plain::BytesAsText,
                    _ => plain(&read.kind, read.logical),
                }))
            }
        }
    }

    fn record(&mut self, fields: &[Field], wanted: &[Field], path: &str) -> Outcome<Node> {
        let place = |name: &str| fields.iter().position(|field| *field.name == *name || *field.plain == *name);
        let found: Vec<Option<usize>> = wanted
            .iter()
            .map(|field| place(&field.name).or_else(|| field.aliases.iter().find_map(|alias| place(alias))))
            .collect();
        let in_order = found.iter().flatten().is_sorted_by(|one, other| one < other);
        let mut steps = Vec::with_capacity(fields.len());
        let mut next = 0;
        for (field, found) in wanted.iter().zip(found) {
            let inner = if path.is_empty() { field.name.to_string() } else { format!("{path}.{}", field.name) };
            let word = self.plan.word(field.name.as_bytes());
            let step = match found {
                Some(number) => {
                    let of = self.of(fields[number].of, field.of, &inner, Place::Inside)?;
                    if in_order {
                        steps.extend(fields[next..number].iter().map(|field| Step::Skip(field.of)));
                        next = number + 1;
                        Step::Read(word, of)
                    } else {
                        Step::Written(word, of, number as u32)
                    }
                }
                None => self.default(field, word, &inner)?,
            };
            steps.push(step);
        }
        if in_order {
            steps.extend(fields[next..].iter().map(|field| Step::Skip(field.of)));
        }
        let written = (!in_order).then(|| fields.iter().map(|field| field.of).collect());
        Ok(Node::Record(Box::new(Record { steps: steps.into(), written })))
    }

    /// A field that was not written.
    fn default(&mut self, field: &Field, word: Word, path: &str) -> Outcome<Step> {
        let Some(value) = &field.default else {
            return Err(format!("the field `{path}` of the schema is not in the file, and has no default"));
        };
        let mut data = Vec::new();
        if default::encode(self.reader, field.of, value, &mut data).is_none() {
            return Err(format!(
                "the default of the field `{path}` is not a value of its type, {}",
                self.reader.title(field.of)
            ));
        }
        let data = self.plan.word(&data);
        Ok(Step::Default(word, self.as_it_is(field.of), data))
    }

    /// The node of the reader's own type.
    fn as_it_is(&mut self, id: Id) -> Id {
        let first = match self.defaults {
            Some(first) => first,
            None => {
                let first = self.plan.nodes.len() as Id;
                self.plan.append(self.reader);
                self.defaults = Some(first);
                first
            }
        };
        first + id
    }
}
