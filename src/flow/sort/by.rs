//! The fields that records are sorted by.

use super::collate::Collation;

/// One of the fields that records are sorted by.
///
/// ```
/// use pagemill::job::{KeyKind, SortKey};
///
/// let key = SortKey::new("fare").descending().as_kind(KeyKind::Number);
/// assert_eq!((key.field(), key.is_descending(), key.kind()), ("fare", true, KeyKind::Number));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortKey {
    field: String,
    descending: bool,
    kind: KeyKind,
    collation: Option<Collation>,
}

/// How the values of a field are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyKind {
    /// Each as what it is: false and true, then numbers by their value, then text by its bytes, then bytes.
    #[default]
    Any,
    /// All as text, by its bytes.
    Text,
    /// All as numbers, by their exact value. Another value makes the record bad.
    Number,
    /// All as dates or times, by the instant; where no offset from UTC is given, UTC. Another value makes the record bad.
    Date,
}

impl KeyKind {
    /// Its name in `--by`; none for the usual one.
    pub fn name(self) -> Option<&'static str> {
        match self {
            KeyKind::Any => None,
            KeyKind::Text => Some("text"),
            KeyKind::Number => Some("number"),
            KeyKind::Date => Some("date"),
        }
    }
}

impl SortKey {
    /// By this field, or the field at this path, in ascending order.
    pub fn new(field: impl Into<String>) -> SortKey {
        SortKey { field: field.into(), descending: false, kind: KeyKind::Any, collation: None }
    }

    /// In descending order. Records without a value come last all the same.
    pub fn descending(self) -> SortKey {
        SortKey { descending: true, ..self }
    }

    /// By values of this kind.
    pub fn as_kind(self, kind: KeyKind) -> SortKey {
        SortKey { kind, ..self }
    }

    /// By all values as text, in the order of this collation instead of that of their bytes.
    pub fn collated(self, collation: Collation) -> SortKey {
        SortKey { kind: KeyKind::Text, collation: Some(collation), ..self }
    }

    /// The field.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Whether the order is descending.
    pub fn is_descending(&self) -> bool {
        self.descending
    }

    /// How values are compared.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The collation in which text is compared; none: by its bytes.
    pub fn collation(&self) -> Option<&Collation> {
        self.collation.as_ref().filter(|_| self.kind == KeyKind::Text)
    }
}

impl std::fmt::Display for SortKey {
    /// As in `--by`, for people.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.field)?;
        if self.descending {
            f.write_str(":desc")?;
        }
        match self.collation() {
            Some(collation) if !collation.to_string().is_empty() => write!(f, ":{collation}"),
            _ => self.kind.name().map_or(Ok(()), |name| write!(f, ":{name}")),
        }
    }
}
