//! Preparing a target: which schema it has, and what its file begins with.

use std::sync::Arc;

use super::encode::Encoder;
use super::parse;
use super::put::Target;
use super::tree::Tree;
use super::types;
use crate::error::Error;
use crate::format::entry::{Created, Given};
use crate::format::{BytesAs, Encode, Frame, Options, WriteFormat};
use crate::record::{Schema, Type};
use crate::schema::{self, is_word};

/// The name of the record if nobody gave one.
const NAME: &str = "Record";

/// Prepares a target.
pub(super) fn create(options: &Options, given: Given<'_>) -> Created {
    let (text, tree) = schema_of(options, &given, &known_types(options, &given))?;
    let target = Arc::new(Target::new(tree, options, &given));
    Ok(Box::new(Writing::new(target, &given, text.as_bytes(), options.bytes_as)))
}

/// The fields of records, and their types.
pub(in crate::format) fn known_types(options: &Options, given: &Given<'_>) -> Schema {
    let known = given.columns.as_ref().map(|columns| &columns.schema).or(given.shape.columns());
    let types = known.cloned().unwrap_or_default();
    if options.unflatten { nested(&types) } else { types }
}

/// The schema of a file, as text and as a tree: that of the options or of the source if it has the very fields, so that
/// their names, notes and defaults are kept, or else one for the types.
fn schema_of(options: &Options, given: &Given<'_>, types: &Schema) -> Result<(String, Tree), Error> {
    let parsed = |text: &str| {
        let tree = parse::parse(text.as_bytes(), options.max_fields).ok()?;
        let own = types::schema(&tree)?;
        Some((text.trim().to_owned(), tree, own))
    };
    if let Some((text, tree, own)) = options.schema.as_deref().filter(|text| schema::is_avro(text)).and_then(parsed)
        && own.is_named_as(types)
    {
        return Ok((text, tree));
    }
    if let Some((text, tree, own)) = given.schema.and_then(parsed)
        && own == *types
    {
        return Ok((text, tree));
    }
    check_names(types, options, "")?;
    let text = schema::write_avro(types, NAME).to_string();
    let tree = parse::parse(text.as_bytes(), usize::MAX)
        .map_err(|what| Error::usage(format!("the types of the fields make no Avro schema: {what}")))?;
    Ok((text, tree))
}

/// Refuses names that Avro does not allow. A schema that was given says what such a field is called there.
fn check_names(types: &Schema, options: &Options, before: &str) -> Result<(), Error> {
    for index in 0..types.len() {
        let name = String::from_utf8_lossy(types.name(index));
        let path = if before.is_empty() { name.to_string() } else { format!("{before}.{name}") };
        if !is_word(&name) && options.schema.is_none() {
            let shown: String = path.chars().take(60).collect();
            return Err(Error::usage(format!(
                "the field `{shown}` has a name that Avro does not allow: letters, digits and `_` are, with no digit first\n  Give it another one with ⟨rename⟩, tidy the names of a table with ⟨clean_names snake⟩, or give a ⟨schema⟩ in the form of Avro: those that the command `schema` writes say how such fields are called."
            )));
        }
        check_type(types.type_of(index), options, &path)?;
    }
    Ok(())
}

fn check_type(of: &Type, options: &Options, path: &str) -> Result<(), Error> {
    use crate::record::Kind;
    match &of.kind {
        Kind::Record(inner) => check_names(inner, options, path),
        Kind::List(inner) | Kind::Map(inner) => check_type(inner, options, path),
        Kind::Union(types) => types.iter().try_for_each(|of| check_type(of, options, path)),
        _ => Ok(()),
    }
}

/// A field, by what is left of its dotted name.
type Member = (Vec<u8>, Type);

/// Dotted names as records inside the record.
fn nested(types: &Schema) -> Schema {
    use crate::record::Kind;
    let mut fields: Vec<(Vec<u8>, Vec<Member>)> = Vec::new();
    for index in 0..types.len() {
        let name = types.name(index);
        let (key, rest) = match memchr::memchr(b'.', name) {
            Some(dot) => (&name[..dot], &name[dot + 1..]),
            None => (name, &b""[..]),
        };
        let member = (rest.to_vec(), types.type_of(index).clone());
        match fields.iter_mut().find(|(known, _)| known == key) {
            Some((_, members)) => members.push(member),
            None => fields.push((key.to_vec(), vec![member])),
        }
    }
    Schema::typed(fields.into_iter().map(|(key, mut members)| match &members[..] {
        [(rest, _)] if rest.is_empty() => {
            let of = members.swap_remove(0).1;
            (key, of)
        }
        _ => {
            // A record of which all is null may be null.
            let nullable = members.iter().all(|(_, of)| of.nullable);
            let inner = nested(&Schema::typed(members));
            (key, Type { kind: Kind::Record(Arc::new(inner)), nullable })
        }
    }))
}

pub(super) struct Writing {
    target: Arc<Target>,
    columns: Option<Schema>,
    prefix: Vec<u8>,
    bytes_as: BytesAs,
}

impl Writing {
    /// `told`: what makes blocks is told this of the records.
    pub fn new(target: Arc<Target>, given: &Given<'_>, told: &[u8], bytes_as: BytesAs) -> Writing {
        let prefix = [&(told.len() as u32).to_le_bytes()[..], told].concat();
        Writing { target, columns: given.shape.columns().cloned(), prefix, bytes_as }
    }
}

impl WriteFormat for Writing {
    fn frame(&self) -> Frame {
        // After its length: what makes blocks takes it.
        Frame { prefix: self.prefix.clone(), ..Frame::default() }
    }

    fn encoder(&self) -> Box<dyn Encode> {
        Box::new(Encoder::new(&self.target, self.columns.as_ref(), self.bytes_as))
    }
}
