//! The layout of fixed-width text: which characters or bytes of a line are which field.

use crate::error::Error;
use crate::record::Schema;
use crate::wording::counted;

/// What a width counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Characters: code points of UTF-8.
    Characters,
    Bytes,
}

/// One item of a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// The name; none for one that is passed over, and written as spaces.
    pub name: Option<Box<str>>,
    pub width: usize,
    pub unit: Unit,
}

/// The fields of a line in order, without gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub fields: Vec<Field>,
}

/// Names for the fields of a layout that has none.
#[derive(Clone, Copy, Debug)]
pub(super) enum Names<'n> {
    /// These.
    Given(&'n [String]),
    /// `column_1`, `column_2` and so on.
    Numbers,
    /// There are none.
    Missing,
}

impl Layout {
    /// Reads `name:width,name:width,…`; a width is a number of characters (`8`), or of bytes (`8b`); `name:skip8` is
    /// passed over. Without names (`8,22b,skip2`), the fields have other ones.
    ///
    /// # Errors
    /// Usage: the item that can't be understood; there are not as many names as fields without one.
    pub(super) fn parse(text: &str, names: Names<'_>) -> Result<Layout, Error> {
        let mut layout = Layout { fields: Vec::new() };
        let mut nameless = 0;
        for (index, item) in text.split(',').enumerate() {
            let item = item.trim();
            let failed = |reason| Error::usage(format!("⟨layout⟩, item {} `{item}`: {reason}", index + 1));
            let field = match item.rsplit_once(':') {
                Some((name, width)) => field(name.trim(), width.trim()).map_err(failed)?,
                None if is_width(item) => {
                    let width = Width::parse(item).map_err(failed)?;
                    let name = if width.is_skipped { None } else { Some(layout.nameless(nameless, names)?) };
                    nameless += usize::from(!width.is_skipped);
                    Field { name, width: width.count, unit: width.unit }
                }
                None => return Err(failed("write it as name:width, for example id:8".to_owned())),
            };
            if let Some(name) = field.name.as_deref().filter(|name| layout.names().any(|other| other == *name)) {
                return Err(failed(format!("the name `{name}` was used before")));
            }
            layout.fields.push(field);
        }
        if layout.names().next().is_none() {
            return Err(Error::usage("⟨layout⟩ names no fields: everything is skipped"));
        }
        match names {
            Names::Given(names) if nameless > 0 && nameless < names.len() => Err(Error::usage(format!(
                "⟨names⟩ has {}, but ⟨layout⟩ has only {} without one",
                counted(names.len() as u64, "name"),
                counted(nameless as u64, "field")
            ))),
            _ => Ok(layout),
        }
    }

    /// The name of the next field without one, after some others.
    fn nameless(&self, before: usize, names: Names<'_>) -> Result<Box<str>, Error> {
        match names {
            Names::Given(names) => names.get(before).map(|name| name.as_str().into()).ok_or_else(|| {
                let all = counted(names.len() as u64, "name");
                Error::usage(format!("⟨names⟩ has {all}, but ⟨layout⟩ has more fields without one"))
            }),
            Names::Numbers => Ok(format!("column_{}", self.names().count() + 1).into()),
            Names::Missing => Err(Error::usage(
                "⟨layout⟩ has widths without names\n  Name the fields there (id:8) or with ⟨names⟩; ⟨no_headers⟩ calls them column_1, column_2, …",
            )),
        }
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

/// Whether some field of a layout has no name.
pub(super) fn is_nameless(text: &str) -> bool {
    text.split(',').any(|item| is_width(item.trim()) && !item.contains("skip"))
}

/// Whether an item is a width, and not a name without one.
fn is_width(item: &str) -> bool {
    let number = item.strip_prefix("skip").unwrap_or(item);
    number.starts_with(|first: char| first.is_ascii_digit())
}

fn field(name: &str, text: &str) -> Result<Field, String> {
    if name.is_empty() {
        return Err("the name is missing before the colon".to_owned());
    }
    let width = Width::parse(text)?;
    Ok(Field { name: (!width.is_skipped).then(|| name.into()), width: width.count, unit: width.unit })
}

/// The part of an item after its name.
struct Width {
    count: usize,
    unit: Unit,
    /// The field is passed over.
    is_skipped: bool,
}

impl Width {
    fn parse(text: &str) -> Result<Width, String> {
        let (is_skipped, number) = text.strip_prefix("skip").map_or((false, text), |number| (true, number));
        let (unit, number) = number.strip_suffix('b').map_or((Unit::Characters, number), |n| (Unit::Bytes, n));
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        let count = number.parse::<u32>().ok().filter(|_| digits);
        let count =
            count.ok_or("the width is a number of characters (8) or bytes (8b), or skip and a number (skip8)")?;
        if count == 0 {
            return Err("a field has at least one character".to_owned());
        }
        Ok(Width { count: count as usize, unit, is_skipped })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_and_what_is_wrong_with_them() {
        let layout = Layout::parse("id:8, name:22,pad:skip2,a:b:3b", Names::Missing).unwrap();
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
            let error = Layout::parse(text, Names::Missing).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn widths_without_names() {
        let names = |text: &str, names: &[&str]| {
            let given: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let names = if given.is_empty() { Names::Numbers } else { Names::Given(&given) };
            Layout::parse(text, names).map(|layout| layout.names().collect::<Vec<_>>().join("|"))
        };
        assert_eq!(names("3,skip2,b:4,5b", &[]).unwrap(), "column_1|b|column_3");
        assert_eq!(names("3,skip2,b:4,5b", &["x", "y"]).unwrap(), "x|b|y");
        // All fields have names: these are for something else.
        assert_eq!(names("a:3", &["x"]).unwrap(), "a");
        for (text, given, part) in [
            ("3,4", &["x"][..], "has 1 name, but `layout` has more fields"),
            ("3,4", &["x", "y", "z"], "has 3 names, but `layout` has only 2 fields"),
            ("3,b:4", &["b"], "item 2 `b:4`: the name `b` was used before"),
            ("3x", &[], "item 1 `3x`: the width is a number"),
        ] {
            let error = names(text, given).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
        let error = Layout::parse("3", Names::Missing).unwrap_err().to_string();
        assert!(error.contains("has widths without names"), "{error}");
        let is_nameless = ["3", "a:3,4b", "a:3", "a:3,skip2", "a:skip3", "skip"].map(is_nameless);
        assert_eq!(is_nameless, [true, true, false, false, false, false]);
    }
}
