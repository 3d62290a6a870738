//! A schema as a table for people: a row for each field, also for those inside others.

use super::{Facts, File, Node};

/// The columns.
const COLUMNS: [&str; 10] =
    ["field", "kind", "nullable", "values", "nulls", "absent", "distinct", "min", "max", "longest"];

/// The rows, with a header.
pub(super) fn rows(file: &File) -> Vec<Vec<String>> {
    let mut rows = vec![COLUMNS.map(str::to_owned).to_vec()];
    for node in &file.fields {
        add(node, node.name.as_deref().unwrap_or_default(), &mut rows);
    }
    rows
}

fn add(node: &Node, path: &str, rows: &mut Vec<Vec<String>>) {
    rows.push(row(node, path));
    inside(node, path, rows);
}

/// The rows of what is inside a value.
fn inside(node: &Node, path: &str, rows: &mut Vec<Vec<String>>) {
    for (inner, name) in [(&node.items, "[]"), (&node.values, ".*")] {
        let inner = inner.iter().filter(|inner| has_parts(inner));
        inner.for_each(|inner| inside(inner, &format!("{path}{name}"), rows));
    }
    for field in node.fields.iter().flatten() {
        add(field, &format!("{path}.{}", field.name.as_deref().unwrap_or_default()), rows);
    }
    node.of.iter().flatten().for_each(|one| inside(one, path, rows));
}

fn has_parts(node: &Node) -> bool {
    node.fields.is_some() || node.items.is_some() || node.values.is_some() || node.of.is_some()
}

fn row(node: &Node, path: &str) -> Vec<String> {
    let facts = node.seen.clone().unwrap_or_default();
    // What is known of a union is known of its parts.
    let parts = || node.of.iter().flatten().filter_map(|one| one.seen.as_ref());
    let sum = parts().filter_map(|facts| facts.approx_distinct).reduce(|one, two| one + two);
    let Facts { values, nulls, absent, min, max, approx_distinct, longest } = facts;
    let longest = longest.or_else(|| parts().filter_map(|facts| facts.longest).max());
    let text = |number: Option<u64>| number.map_or_else(String::new, |number| number.to_string());
    vec![
        path.to_owned(),
        node.shown(),
        if node.nullable { "yes" } else { "no" }.to_owned(),
        values.to_string(),
        nulls.to_string(),
        absent.to_string(),
        approx_distinct.or(sum).map_or_else(String::new, |about| format!("~{about}")),
        min.unwrap_or_default(),
        max.unwrap_or_default(),
        text(longest.map(|longest| longest as u64)),
    ]
}
