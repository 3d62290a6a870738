//! What was asked for: groups, functions and the order of the result.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::expr::decimal::{POWERS, Small};
use crate::expr::{Expression, Type};
use crate::flow::sort::{SortKey, add_keys, instead};
use crate::fold::groups::function::{Call, Function, Second, Takes};
use crate::fold::groups::given::Argument;
use crate::fold::groups::items::{items, named};
use crate::fold::groups::share::Share;
use crate::fold::groups::timing::{BOUNDS, Timing};
use crate::fold::groups::written;
use crate::metrics::BoundReport;
use crate::nearest::nearest;
use crate::op::unescape;
use crate::record::Schema;

/// Totals over all records, or over those of each group: what `pagemill aggregate` writes.
///
/// Records with the same texts in the fields of [`by`](Self::by) are one group; groups come in the order of their first
/// records. Sums and means are exact, and the result is the same whatever the number of workers. See the page on
/// aggregates for the functions.
///
/// ```
/// use pagemill::job::Aggregate;
/// use pagemill::{Format, Job, SourceSpec, TargetSpec};
///
/// let csv = SourceSpec::bytes("city,fare\nBern,1.10\nRome,7\nBern,2\n");
/// let totals = Aggregate::new().by("city")?.function("n = count(), s = sum(fare)")?;
/// let job = Job::new(csv, TargetSpec::Memory).from(Format::Csv).aggregate(totals);
/// assert_eq!(job.run()?.output, b"city,n,s\nBern,2,3.10\nRome,1,7\n");
/// # Ok::<(), pagemill::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Aggregate {
    by: Vec<By>,
    functions: Vec<Wanted>,
    arguments: Vec<Argument>,
    sort: Vec<SortKey>,
    /// As it was written: `by`, functions, `sort`.
    texts: [Vec<String>; 3],
    /// What is written while records still come.
    pub(super) live: Timing,
}

/// A value that groups have in common.
#[derive(Clone)]
struct By {
    name: String,
    argument: usize,
}

/// A function that was asked for.
#[derive(Clone)]
struct Wanted {
    name: String,
    /// As it was written.
    text: String,
    function: &'static Function,
    call: Call,
}

impl Aggregate {
    /// Nothing asked for yet.
    pub fn new() -> Aggregate {
        Aggregate::default()
    }

    /// Groups the records by fields, which are separated by commas; `name=expression` is a value that is calculated.
    ///
    /// # Errors
    /// Usage: an empty or doubled name, or what is wrong with an expression.
    pub fn by(mut self, text: &str) -> Result<Aggregate> {
        let wrong = |item: &str, error: Error| Error::usage(format!("⟨by⟩ {}: {error}", item.trim()));
        for item in items(text) {
            let (name, expression) = match named(item) {
                Some((name, expression)) => (unquoted(name), expression.to_owned()),
                None if item.trim().starts_with(['"', '`']) => (unquoted(item), item.to_owned()),
                None => {
                    let name = unescape(item.trim());
                    let path = crate::op::dotted(&name);
                    let path = String::from_utf8_lossy(&path).replace('"', "\"\"");
                    (name, format!("\"{path}\""))
                }
            };
            if name.is_empty() {
                return Err(Error::usage("⟨by⟩ has an empty field name"));
            }
            let expression = Expression::value(expression.trim()).map_err(|error| wrong(item, error))?;
            let argument = self.argument(expression, false, None);
            self.named(&name, "by")?;
            self.by.push(By { name, argument });
        }
        self.texts[0].push(text.to_owned());
        Ok(self)
    }

    /// Adds functions, which are separated by commas: `name = function(expression)`, or without a name.
    ///
    /// # Errors
    /// Usage: an unknown function, or what is wrong with its arguments.
    pub fn function(mut self, text: &str) -> Result<Aggregate> {
        for item in items(text) {
            if item.trim().is_empty() {
                return Err(Error::usage(format!(
                    "⟨agg⟩ {}: there is an empty item\n  Write NAME=FUNCTION, such as total=sum(fare); commas are between two of them.",
                    text.trim()
                )));
            }
            let (name, call) = match named(item) {
                Some((name, call)) => (unquoted(name), call.trim()),
                None => (item.trim().to_owned(), item.trim()),
            };
            if name.is_empty() {
                return Err(Error::usage(format!(
                    "⟨agg⟩ {}: there is no name before the =\n  Write NAME=FUNCTION, such as total=sum(fare).",
                    item.trim()
                )));
            }
            self.named(&name, "agg")?;
            let wanted = self.wanted(name, call)?;
            self.functions.push(wanted);
        }
        self.texts[1].push(text.to_owned());
        Ok(self)
    }

    /// Sorts the result, which otherwise has its groups in the order of their first records: fields of it, separated by
    /// commas, each perhaps followed by `:desc` and by how it is compared (`:text`, `:number` or `:date`).
    ///
    /// # Errors
    /// Usage: no field, or an unknown word.
    pub fn sort(mut self, text: &str) -> Result<Aggregate> {
        add_keys("⟨aggregate.sort⟩", text, &mut self.sort)?;
        self.texts[2].push(text.to_owned());
        Ok(self)
    }

    /// A function with its arguments.
    fn wanted(&mut self, name: String, text: &str) -> Result<Wanted> {
        let bad = |why: String| Error::usage(format!("⟨agg⟩ {text}: {why}"));
        let (called, inside) = written::call(text)?;
        let Some(function) = Function::named(called) else {
            let names: Vec<_> = super::function::FUNCTIONS.iter().map(|function| function.name).collect();
            let meant = nearest(&names, called).map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
            return Err(bad(format!(
                "there is no function `{called}`{meant}\n  The functions are {}.",
                Function::shapes()
            )));
        };
        let items = items(inside);
        let arguments: Vec<&str> = items.iter().map(|item| item.trim()).collect();
        let mut call = Call { argument: None, gives: Type::Any, share: Share::default(), most: 0 };
        let first = match (&arguments[..], function.second) {
            ([""] | ["*"], Second::Nothing) if function.name == "count" => {
                return Ok(Wanted { name, text: text.to_owned(), function, call });
            }
            ([first], Second::Nothing) if !first.is_empty() => first,
            ([first, second], Second::Share) => {
                call.share = share(second)
                    .ok_or_else(|| bad(format!("`{second}` is not a number from 0 to 1, such as 0.95")))?;
                first
            }
            ([first, second], Second::Most) => {
                let most = second.parse().ok().filter(|most| (1..=MOST).contains(most));
                call.most = most.ok_or_else(|| bad(format!("`{second}` is not a number from 1 to {MOST}")))?;
                first
            }
            ([first, second], Second::Nothing) if function.name == "distinct" => {
                return Err(bad(format!(
                    "it takes one value\n  Write distinct(concat({first}, '|', {second})) to count different pairs."
                )));
            }
            _ => return Err(bad(format!("it is written as {}", function.shape))),
        };
        if let Some(rest) = first.get(..9).filter(|word| word.eq_ignore_ascii_case("distinct ")).map(|_| &first[9..]) {
            return Err(bad(format!("DISTINCT is not understood here\n  Write distinct({}).", rest.trim())));
        }
        let inside = first.split_once('(').map_or("", |(called, _)| called.trim());
        if Function::named(inside).is_some() {
            return Err(bad(format!(
                "`{inside}` is a function of groups, and can't be inside of another one\n  Write the result of the one to a file, and aggregate that."
            )));
        }
        let expression = Expression::value(first).map_err(|error| bad(error.to_string()))?;
        call.gives = expression.gives();
        let is_number = match (function.takes, call.gives) {
            (Takes::Values, _) | (Takes::Ordered, Type::Text | Type::Time) => false,
            (_, given @ (Type::Text | Type::Time | Type::Bool)) => {
                return Err(bad(format!("`{first}` is {}, where a number is needed", given.noun())));
            }
            _ => true,
        };
        let expression = match is_number {
            true => Expression::number(first).map_err(|error| bad(error.to_string()))?,
            false => expression,
        };
        let compared_by = Some(function.name).filter(|_| is_number && function.takes == Takes::Ordered);
        call.argument = Some(self.argument(expression, is_number, compared_by));
        Ok(Wanted { name, text: text.to_owned(), function, call })
    }

    /// The number of an argument; equal ones are one.
    pub(super) fn argument(
        &mut self,
        expression: Expression,
        is_number: bool,
        compared_by: Option<&'static str>,
    ) -> usize {
        let known = |known: &Argument| known.is_number == is_number && known.expression.text() == expression.text();
        if let Some(known) = self.arguments.iter().position(known) {
            let shared = &mut self.arguments[known];
            shared.compared_by = shared.compared_by.filter(|_| compared_by.is_some());
            return known;
        }
        let names = self.reads().count();
        self.arguments.push(Argument { expression: Arc::new(expression), is_number, compared_by, names });
        self.arguments.len() - 1
    }

    /// Refuses a name that is there already.
    fn named(&self, name: &str, setting: &str) -> Result<()> {
        match self.names().any(|known| known == name) {
            true => Err(Error::usage(format!(
                "⟨{setting}⟩: the result would have two fields `{name}`\n  Give one of them another name: NAME=…"
            ))),
            false => Ok(()),
        }
    }

    /// Whether nothing was asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.by.is_empty() && self.functions.is_empty()
    }

    /// The names of the result's fields.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let by = self.by.iter().map(|by| &*by.name);
        by.chain(self.functions.iter().map(|wanted| &*wanted.name))
    }

    pub(crate) fn schema(&self) -> Schema {
        let bounds: &[&str] = if self.has_windows() { &BOUNDS } else { &[] };
        Schema::new(bounds.iter().copied().chain(self.names()))
    }

    /// The fields of records that it reads, in the order of its arguments; one may be there twice. With the setting that
    /// names it.
    pub(crate) fn reads(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        let all = self.arguments.iter().enumerate();
        all.flat_map(|(number, argument)| {
            let setting = match number {
                _ if self.by.iter().any(|by| by.argument == number) => "by",
                _ if self.time_argument() == Some(number) => "time_field",
                _ => "agg",
            };
            argument.expression.fields().iter().map(move |name| (setting, &**name))
        })
    }

    /// The line of the expression that first names a field.
    pub(crate) fn excerpt(&self, field: &[u8]) -> Option<String> {
        let calculated = self.arguments.iter().filter(|argument| !argument.expression.is_field());
        calculated.filter_map(|argument| argument.expression.excerpt(field)).next()
    }

    /// Whether records have to come in their order, one after another: they or their lines are counted, or something is
    /// written while they come.
    pub(crate) fn is_ordered(&self) -> bool {
        self.is_live() || self.counts()
    }

    /// Whether records or lines are counted.
    pub(crate) fn counts(&self) -> bool {
        self.arguments.iter().any(|argument| argument.expression.is_ordered())
    }

    /// Whether there are lists in the result.
    pub(crate) fn has_lists(&self) -> bool {
        self.functions.iter().any(|wanted| wanted.function.name == "top")
    }

    /// Whether texts have to be UTF-8.
    pub(crate) fn needs_utf8(&self) -> bool {
        self.arguments.iter().any(|argument| argument.expression.needs_utf8()) || self.has_lists()
    }

    /// What its expressions may keep for each worker, in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.arguments.iter().map(|argument| argument.expression.memory()).sum()
    }

    /// What the smallest table of groups takes, in bytes.
    pub(crate) fn table(&self) -> usize {
        const KEYS: usize = 192 << 10;
        const FUNCTION: usize = 64 << 10;
        KEYS + self.functions.len() * FUNCTION
    }

    /// As it was written: groups, functions, the order of the result.
    pub fn texts(&self) -> [String; 3] {
        self.texts.each_ref().map(|texts| texts.join(","))
    }

    pub(crate) fn arguments(&self) -> &[Argument] {
        &self.arguments
    }

    /// The numbers of the arguments that groups have in common.
    pub(super) fn common(&self) -> impl ExactSizeIterator<Item = usize> {
        self.by.iter().map(|by| by.argument)
    }

    /// The functions, and how they are called.
    pub(super) fn calls(&self) -> impl Iterator<Item = (&'static Function, &Call)> {
        self.functions.iter().map(|wanted| (wanted.function, &wanted.call))
    }

    /// How far approximate results may be from exact ones.
    pub(crate) fn bounds(&self) -> Vec<BoundReport> {
        let bound = |wanted: &Wanted| {
            let (relative, means) = wanted.function.bound()?;
            Some(BoundReport::new(wanted.name.clone(), wanted.text.clone(), relative, means))
        };
        self.functions.iter().filter_map(bound).collect()
    }

    /// The fields that the result is sorted by, with their numbers among its fields.
    pub(super) fn sorted_columns(&self) -> impl Iterator<Item = (usize, &SortKey)> {
        let place = |key: &SortKey| self.names().position(|name| name == key.field()).unwrap_or_default();
        self.sort.iter().map(move |key| (place(key), key))
    }

    /// Checks what can only be known when all is there.
    ///
    /// # Errors
    /// Usage: there is no function and no group, or the result is sorted by a field that it does not have.
    pub fn check(&self) -> Result<()> {
        if self.is_empty() {
            return Err(Error::usage(format!(
                "nothing to aggregate\n  Give ⟨agg⟩ n=count() or other functions, and ⟨by⟩ with the fields of groups. The functions are {}.",
                Function::shapes()
            )));
        }
        self.check_live()?;
        let names: Vec<&str> = self.names().collect();
        match self.sort.iter().find(|key| !names.contains(&key.field())) {
            None => Ok(()),
            Some(key) => Err(Error::usage(format!(
                "⟨aggregate.sort⟩ names the field `{}`, which the result does not have{}",
                key.field(),
                instead(names.iter().map(|name| name.as_bytes()), key.field())
            ))),
        }
    }
}

/// The most values that `top` gives.
const MOST: usize = 10_000;

/// A name without the quotes around it, or without its escapes.
fn unquoted(name: &str) -> String {
    let name = name.trim();
    for quote in ['"', '`'] {
        if let Some(inside) = name.strip_prefix(quote).and_then(|name| name.strip_suffix(quote)) {
            return inside.to_owned();
        }
    }
    unescape(name)
}

/// A share from 0 to 1.
fn share(text: &str) -> Option<Share> {
    let (part, scale) = Small::quick(text.as_bytes())?;
    let whole = u64::try_from(*POWERS.get(scale as usize)?).ok()?;
    u64::try_from(part).ok().filter(|part| *part <= whole).map(|part| Share { part, whole })
}
