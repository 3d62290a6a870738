//! The schema that was found.

use super::place::{Field, Fields, Place};
use super::plain::Plain;
use crate::error::Result;
use crate::fold::groups::held::Held;
use crate::record::Kind;
use crate::schema::{Decimal, Facts, File, Node};

/// The schema of all records.
pub(super) fn file(root: Place, mut held: Held) -> Result<File> {
    let records = root.maps;
    let fields = root.fields.map_or_else(|| Ok(Vec::new()), |fields| nodes(*fields, records, &mut held))?;
    Ok(File::found(records, fields))
}

/// The fields of maps, of which there are this many.
fn nodes(fields: Fields, maps: u64, held: &mut Held) -> Result<Vec<Node>> {
    let mut all = fields.all;
    all.sort_by_key(|field| field.first);
    let made = |Field { name, place, .. }: Field| {
        let absent = maps.saturating_sub(place.values() + place.nulls);
        let name = String::from_utf8_lossy(&name).into_owned();
        Ok(Node { name: Some(name), ..node(place, absent, held)? })
    };
    all.into_iter().map(made).collect()
}

/// The type of the values at a place, which this many maps lack.
fn node(mut place: Place, absent: u64, held: &mut Held) -> Result<Node> {
    let (values, nulls) = (place.values(), place.nulls);
    place.settle();
    let mut kinds = kinds(place, held)?;
    let mut found = match kinds.len() {
        0 => Node::of(&Kind::Any),
        1 => kinds.remove(0),
        _ => Node { kind: "union".to_owned(), of: Some(kinds), ..Node::default() },
    };
    // Nothing but null may be anything.
    found.nullable = nulls > 0 || absent > 0 || found.kind == "any";
    let facts = found.seen.take().unwrap_or_default();
    found.seen = Some(Facts { values, nulls, absent, ..facts });
    Ok(found)
}

fn with_facts(kind: &Kind, facts: Facts) -> Node {
    Node { seen: Some(facts), ..Node::of(kind) }
}

fn counted(values: u64) -> Facts {
    Facts { values, ..Facts::default() }
}

/// The kinds of the values at a place, in a fixed order.
fn kinds(place: Place, held: &mut Held) -> Result<Vec<Node>> {
    let Place { nulls: _, bools, numbers, untyped, texts, bytes, lists, items, maps, fields, deep } = place;
    if deep > 0 {
        // What is not looked at may be anything.
        return Ok(vec![Node::of(&Kind::Any)]);
    }
    let mut all = Vec::new();
    if bools != [0, 0] {
        let [min, max] =
            if bools[1] > 0 { ["false", if bools[0] > 0 { "true" } else { "false" }] } else { ["true"; 2] };
        let different = bools.iter().filter(|count| **count > 0).count() as u64;
        let facts = Facts { min: Some(min.into()), max: Some(max.into()), ..counted(bools[0] + bools[1]) };
        all.push(with_facts(&Kind::Bool, Facts { approx_distinct: Some(different), ..facts }));
    }
    all.extend(plain(numbers, texts, untyped));
    if let Some(bytes) = bytes {
        let same = (bytes.shortest == bytes.longest).then_some(bytes.longest);
        let facts = Facts { longest: Some(bytes.longest), ..counted(bytes.count) };
        all.push(with_facts(&Kind::Bytes(same), facts));
    }
    if lists > 0 {
        let items = items.map_or_else(|| Ok(Node::of(&Kind::Any)), |items| node(*items, 0, held))?;
        let items = Node { nullable: items.nullable, ..items };
        let list = Node { kind: "list".to_owned(), items: Some(Box::new(items)), ..Node::default() };
        all.push(Node { seen: Some(counted(lists)), ..list });
    }
    if maps > 0 {
        let mut fields = fields.unwrap_or_default();
        let map = match fields.values.take() {
            Some(values) => {
                let values = Some(Box::new(node(*values, 0, held)?));
                Node { kind: "map".to_owned(), values, ..Node::default() }
            }
            None => {
                let fields = Some(nodes(*fields, maps, held)?);
                Node { kind: "record".to_owned(), fields, ..Node::default() }
            }
        };
        all.push(Node { seen: Some(counted(maps)), ..map });
    }
    Ok(all)
}

/// Numbers, which may be `untyped`, and texts: one kind, or two if texts are not those of the numbers.
fn plain(numbers: Option<Box<Plain>>, texts: Option<Box<Plain>>, untyped: bool) -> Vec<Node> {
    match (numbers, texts) {
        (Some(mut numbers), Some(texts)) if numbers.kind() == Kind::Text => {
            // No kind of numbers gives them back: they are texts too.
            numbers.merge(*texts);
            vec![with_facts(&Kind::Text, numbers.facts())]
        }
        (numbers, texts) => {
            let numbers = numbers.map(|numbers| {
                let decimal = numbers.decimal().map(|kind| Decimal { kind, is_said: !untyped });
                Node { decimal, ..with_facts(&numbers.kind(), numbers.facts()) }
            });
            numbers.into_iter().chain(texts.map(|texts| with_facts(&texts.kind(), texts.facts()))).collect()
        }
    }
}
