//! From words to a tree, by precedence climbing. The syntax is that of SQL.
//!
//! From loose to tight: `OR`; `AND`, `&&`; `NOT`; comparisons, `IS`, `IN`, `BETWEEN`, `LIKE`, `~`; `||`; `+ -`; `* / %`;
//! the minus sign.

use std::ops::Range;

use super::ast::{Binary, Kind, Node, Relation, State, Target};
use super::elsewhere;
use super::fault::Fault;
use super::lexer::{KEYWORDS, Token, Word, words};
use crate::wording::counted;

/// How deep expressions may be nested.
pub const MAX_DEPTH: usize = 64;
/// How many operators an expression may have.
pub const MAX_OPERATORS: usize = 500;
/// How long the text of an expression may be, in bytes.
pub const MAX_LENGTH: usize = 64 << 10;

/// The tree of an expression.
pub fn parse(text: &str) -> Result<Node, Fault> {
    if text.len() > MAX_LENGTH {
        return Err(Fault::new(0, format!("an expression has at most {}", counted(MAX_LENGTH as u64, "byte"))));
    }
    let mut parser = Parser { tokens: words(text)?, at: 0, depth: 0, operators: 0 };
    if parser.word() == &Word::End {
        return Err(Fault::new(0, "the expression is empty").hint("Write one such as: fare > 30 AND city = 'Paris'"));
    }
    let node = parser.any()?;
    match parser.word() {
        Word::End => Ok(node),
        _ => Err(parser.unexpected("an operator or the end of the expression")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    operators: usize,
}

/// Levels of precedence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Not,
    Compare,
    Join,
    Add,
    Multiply,
    Sign,
}

impl Level {
    fn tighter(self) -> Level {
        match self {
            Level::Or => Level::And,
            Level::And => Level::Not,
            Level::Not => Level::Compare,
            Level::Compare => Level::Join,
            Level::Join => Level::Add,
            Level::Add => Level::Multiply,
            Level::Multiply | Level::Sign => Level::Sign,
        }
    }
}

impl Parser {
    fn word(&self) -> &Word {
        &self.tokens[self.at].word
    }

    fn span(&self) -> Range<usize> {
        self.tokens[self.at].span.clone()
    }

    /// Where the last word ended.
    fn end(&self) -> usize {
        self.tokens[self.at.saturating_sub(1)].span.end
    }

    fn step(&mut self) {
        // The end is never passed.
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    fn is_keyword(&self, keyword: &str) -> bool {
        matches!(self.word(), Word::Name(name) if name.eq_ignore_ascii_case(keyword))
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let found = self.is_keyword(keyword);
        if found {
            self.step();
        }
        found
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.word(), Word::Sign(found) if *found == sign);
        if found {
            self.step();
        }
        found
    }

    fn need_sign(&mut self, sign: &str) -> Result<(), Fault> {
        if self.take_sign(sign) { Ok(()) } else { Err(self.unexpected(&format!("`{sign}`"))) }
    }

    fn need_keyword(&mut self, keyword: &str) -> Result<(), Fault> {
        if self.take_keyword(keyword) { Ok(()) } else { Err(self.unexpected(&keyword.to_ascii_uppercase())) }
    }

    fn unexpected(&self, wanted: &str) -> Fault {
        let found = match self.word() {
            Word::Name(name) => format!("`{name}`"),
            Word::Quoted(name) => format!("\"{name}\""),
            Word::Number(number) => format!("`{number}`"),
            Word::Text(text) => format!("'{text}'"),
            Word::Sign(sign) => format!("`{sign}`"),
            Word::End => "the expression ends".to_owned(),
        };
        let is_here = if self.word() == &Word::End { "" } else { " is here," };
        let fault = Fault::new(self.span().start, format!("{found}{is_here} where {wanted} is expected"));
        Fault { hint: elsewhere::word(&self.tokens, self.at), ..fault }
    }

    fn any(&mut self) -> Result<Node, Fault> {
        self.level(Level::Or)
    }

    /// An expression of operators that bind at least as tightly as this level.
    fn level(&mut self, level: Level) -> Result<Node, Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::new(self.span().start, format!("the expression is nested more than {MAX_DEPTH} deep")));
        }
        let mut node = self.first(level)?;
        while let Some(next) = self.operator(level) {
            self.operators += 1;
            if self.operators > MAX_OPERATORS {
                let fault =
                    Fault::new(self.span().start, format!("the expression has more than {MAX_OPERATORS} operators"));
                return Err(fault.hint("Many values to compare with can be a list: x IN (1, 2, 3)."));
            }
            node = self.rest(node, next)?;
            if next == Level::Compare && self.operator(Level::Compare) == Some(Level::Compare) {
                let fault = Fault::new(self.span().start, "comparisons can't be chained");
                let joins = self.tokens[..self.at].iter().any(|token| token.word == Word::Sign("||"));
                return Err(fault.hint(if joins {
                    "`||` joins texts: write OR between conditions."
                } else {
                    "Write AND between them, or put parentheses around one."
                }));
            }
        }
        self.depth -= 1;
        Ok(node)
    }

    fn first(&mut self, level: Level) -> Result<Node, Fault> {
        let start = self.span().start;
        if level <= Level::Not && self.take_keyword("not") {
            let inner = self.level(Level::Not)?;
            return Ok(self.node(start, Kind::Not(Box::new(inner))));
        }
        if self.take_sign("-") {
            let inner = self.level(Level::Sign)?;
            return Ok(match inner.kind {
                Kind::Number(number) if !number.starts_with('-') => {
                    self.node(start, Kind::Number(format!("-{number}")))
                }
                _ => self.node(start, Kind::Negative(Box::new(inner))),
            });
        }
        if self.take_sign("+") {
            return self.level(Level::Sign);
        }
        self.primary()
    }

    /// The level of the operator that follows, if it binds at least as tightly as `level`.
    fn operator(&self, level: Level) -> Option<Level> {
        let found = match self.word() {
            Word::Sign("||") => Level::Join,
            Word::Sign("&&") => Level::And,
            Word::Sign("+" | "-") => Level::Add,
            Word::Sign("*" | "/" | "%") => Level::Multiply,
            Word::Sign("=" | "==" | "<>" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "!~") => Level::Compare,
            Word::Name(name) => match name.to_ascii_lowercase().as_str() {
                "or" => Level::Or,
                "and" => Level::And,
                "is" | "in" | "between" | "like" | "not" => Level::Compare,
                _ => return None,
            },
            _ => return None,
        };
        (found >= level).then_some(found)
    }

    /// What follows an operand: an operator of this level with its other operand.
    fn rest(&mut self, left: Node, level: Level) -> Result<Node, Fault> {
        if level == Level::Compare {
            return self.comparison(left);
        }
        let binary = match self.word() {
            Word::Sign("||") => Binary::Join,
            Word::Sign("+") => Binary::Add,
            Word::Sign("-") => Binary::Subtract,
            Word::Sign("*") => Binary::Multiply,
            Word::Sign("/") => Binary::Divide,
            Word::Sign("%") => Binary::Remainder,
            _ if level == Level::Or => Binary::Or,
            _ => Binary::And,
        };
        let sign = self.span().start;
        self.step();
        let right = self.level(level.tighter())?;
        // No text begins with a number that is not in quotes: this is OR in other languages.
        let is_number = matches!(left.kind, Kind::Number(_));
        if binary == Binary::Join && (is_number || left.is_condition() || right.is_condition()) {
            return Err(
                Fault::new(sign, "`||` joins texts").hint("Write OR between conditions; a text is written '…'.")
            );
        }
        Ok(self.node(left.span.start, Kind::Binary(binary, Box::new(left), Box::new(right))))
    }

    fn comparison(&mut self, left: Node) -> Result<Node, Fault> {
        let start = left.span.start;
        let left = Box::new(left);
        if let Word::Sign(sign) = *self.word() {
            self.step();
            let right = Box::new(self.level(Level::Join)?);
            let relation = match sign {
                "=" | "==" => Relation::Equal,
                "<>" | "!=" => Relation::Unequal,
                "<" => Relation::Less,
                "<=" => Relation::AtMost,
                ">" => Relation::Greater,
                ">=" => Relation::AtLeast,
                _ => {
                    let node = self.node(start, Kind::Matches(left, right));
                    return Ok(self.negated(node, sign == "!~"));
                }
            };
            return Ok(self.node(start, Kind::Compare(relation, left, right)));
        }
        if self.take_keyword("is") {
            let not = self.take_keyword("not");
            let state = match self.word() {
                Word::Name(name) => match name.to_ascii_lowercase().as_str() {
                    "null" => State::Null,
                    "absent" => State::Absent,
                    "true" => State::Bool(true),
                    "false" => State::Bool(false),
                    _ => return Err(self.unexpected("NULL, ABSENT, TRUE or FALSE")),
                },
                _ => return Err(self.unexpected("NULL, ABSENT, TRUE or FALSE")),
            };
            self.step();
            let node = self.node(start, Kind::Is(state, left));
            return Ok(self.negated(node, not));
        }
        let not = self.take_keyword("not");
        let kind = if self.take_keyword("in") {
            self.need_sign("(")?;
            Kind::In(left, self.list()?)
        } else if self.take_keyword("between") {
            let low = Box::new(self.level(Level::Join)?);
            self.need_keyword("and")?;
            Kind::Between(left, low, Box::new(self.level(Level::Join)?))
        } else if self.take_keyword("like") {
            let pattern = Box::new(self.level(Level::Join)?);
            let escape = if self.take_keyword("escape") { Some(Box::new(self.level(Level::Join)?)) } else { None };
            Kind::Like { value: left, pattern, escape }
        } else {
            return Err(self.unexpected("IN, BETWEEN or LIKE"));
        };
        let node = self.node(start, kind);
        Ok(self.negated(node, not))
    }

    fn negated(&self, node: Node, not: bool) -> Node {
        if not { self.node(node.span.start, Kind::Not(Box::new(node))) } else { node }
    }

    /// Expressions up to the closing parenthesis; at least one.
    fn list(&mut self) -> Result<Vec<Node>, Fault> {
        let mut items = vec![self.any()?];
        while self.take_sign(",") {
            items.push(self.any()?);
        }
        if !self.take_sign(")") {
            return Err(self.unexpected("`,` or `)`"));
        }
        Ok(items)
    }

    fn node(&self, start: usize, kind: Kind) -> Node {
        Node { span: start..self.end(), kind }
    }

    fn primary(&mut self) -> Result<Node, Fault> {
        let Token { span, word } = self.tokens[self.at].clone();
        let start = span.start;
        match word {
            Word::Number(number) => {
                self.step();
                Ok(self.node(start, Kind::Number(number)))
            }
            Word::Text(text) => {
                self.step();
                Ok(self.node(start, Kind::Text(text)))
            }
            Word::Quoted(name) => {
                self.step();
                self.path(start, name)
            }
            Word::Sign("(") => {
                self.step();
                let inner = self.any()?;
                if !self.take_sign(")") {
                    return Err(self.unexpected("an operator or `)`"));
                }
                Ok(Node { span: start..self.end(), ..inner })
            }
            Word::Name(name) => self.named(start, name),
            Word::Sign(_) | Word::End => Err(self.unexpected("a field, a number, a text in '…' or a function")),
        }
    }

    fn named(&mut self, start: usize, name: String) -> Result<Node, Fault> {
        let lower = name.to_ascii_lowercase();
        let kind = match lower.as_str() {
            "null" => Kind::Null,
            "absent" => Kind::Absent,
            "true" => Kind::Bool(true),
            "false" => Kind::Bool(false),
            "case" => {
                self.step();
                return self.case(start);
            }
            "cast" | "try_cast" => {
                self.step();
                return self.cast(start, lower == "try_cast");
            }
            _ if KEYWORDS.contains(&lower.as_str()) => {
                let fault = self.unexpected("a field, a number, a text in '…' or a function");
                let quotes = || format!("A field of that name needs quotes: \"{name}\".");
                return Err(Fault { hint: fault.hint.or_else(|| Some(quotes())), ..fault });
            }
            _ => {
                self.step();
                if self.take_sign("(") {
                    return self.call(start, lower);
                }
                return self.path(start, name);
            }
        };
        self.step();
        Ok(self.node(start, kind))
    }

    /// The rest of the path of a field.
    fn path(&mut self, start: usize, mut path: String) -> Result<Node, Fault> {
        loop {
            if self.take_sign(".") {
                match self.word().clone() {
                    Word::Name(name) | Word::Quoted(name) | Word::Number(name) => {
                        path.push('.');
                        path.push_str(&name);
                    }
                    _ => return Err(self.unexpected("a name or the number of an item")),
                }
                self.step();
            } else if self.take_sign("[") {
                match self.word().clone() {
                    Word::Number(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                        path.push('.');
                        path.push_str(&number);
                    }
                    Word::Quoted(name) | Word::Text(name) => {
                        path.push('.');
                        path.push_str(&name);
                    }
                    _ => return Err(self.unexpected("an item number (counted from 0)")),
                }
                self.step();
                self.need_sign("]")?;
            } else {
                return Ok(self.node(start, Kind::Field(path)));
            }
        }
    }

    fn call(&mut self, start: usize, name: String) -> Result<Node, Fault> {
        if name == "extract" {
            return self.extract(start);
        }
        let arguments = if self.take_sign(")") { Vec::new() } else { self.list()? };
        Ok(self.node(start, Kind::Call { name, arguments }))
    }

    /// `EXTRACT(unit FROM time)`, which is `date_part('unit', time)`.
    fn extract(&mut self, start: usize) -> Result<Node, Fault> {
        let span = self.span();
        let (Word::Name(unit) | Word::Text(unit)) = self.word().clone() else {
            return Err(self.unexpected("a unit such as year"));
        };
        self.step();
        if !self.take_sign(",") {
            self.need_keyword("from")?;
        }
        let value = self.any()?;
        self.need_sign(")")?;
        let unit = Node { span, kind: Kind::Text(unit.to_ascii_lowercase()) };
        Ok(self.node(start, Kind::Call { name: "date_part".to_owned(), arguments: vec![unit, value] }))
    }

    fn case(&mut self, start: usize) -> Result<Node, Fault> {
        let operand = if self.is_keyword("when") { None } else { Some(Box::new(self.any()?)) };
        let mut arms = Vec::new();
        while self.take_keyword("when") {
            let when = self.any()?;
            self.need_keyword("then")?;
            arms.push((when, self.any()?));
        }
        if arms.is_empty() {
            return Err(self.unexpected("WHEN"));
        }
        let otherwise = if self.take_keyword("else") { Some(Box::new(self.any()?)) } else { None };
        if !self.take_keyword("end") {
            return Err(self.unexpected("WHEN, ELSE or END"));
        }
        Ok(self.node(start, Kind::Case { operand, arms, otherwise }))
    }

    fn cast(&mut self, start: usize, or_null: bool) -> Result<Node, Fault> {
        self.need_sign("(")?;
        let value = Box::new(self.any()?);
        self.need_keyword("as")?;
        let known = "decimal, integer, text, boolean, date or timestamp";
        let Word::Name(name) = self.word().clone() else { return Err(self.unexpected(known)) };
        let lower = name.to_ascii_lowercase();
        let Some((_, to)) = Target::NAMES.iter().find(|(name, _)| *name == lower) else {
            let fault = Fault::new(self.span().start, format!("there is no type `{name}`"));
            return Err(fault.hint(match lower.as_str() {
                "float" | "double" | "real" | "float64" => "Numbers are exact here: cast to decimal.".to_owned(),
                _ => format!("The types are {known}."),
            }));
        };
        self.step();
        if self.take_sign("(") {
            let fault = Fault::new(self.end() - 1, "a type takes no precision here");
            return Err(fault.hint("Numbers keep all their digits; round(x, 2) leaves two after the point."));
        }
        self.need_sign(")")?;
        Ok(self.node(start, Kind::Cast { value, to: *to, or_null }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign(relation: Relation) -> &'static str {
        match relation {
            Relation::Equal => "=",
            Relation::Unequal => "<>",
            Relation::Less => "<",
            Relation::AtMost => "<=",
            Relation::Greater => ">",
            Relation::AtLeast => ">=",
        }
    }

    /// The tree with a pair of parentheses around everything.
    fn shown(node: &Node) -> String {
        let all = |nodes: &[Node]| nodes.iter().map(shown).collect::<Vec<_>>().join(" ");
        match &node.kind {
            Kind::Null => "null".into(),
            Kind::Absent => "absent".into(),
            Kind::Bool(truth) => truth.to_string(),
            Kind::Number(number) => number.clone(),
            Kind::Text(text) => format!("'{text}'"),
            Kind::Field(path) => path.clone(),
            Kind::Not(inner) => format!("(not {})", shown(inner)),
            Kind::Negative(inner) => format!("(- {})", shown(inner)),
            Kind::Binary(op, a, b) => format!("({op:?} {} {})", shown(a), shown(b)).to_lowercase(),
            Kind::Compare(relation, a, b) => format!("({} {} {})", sign(*relation), shown(a), shown(b)),
            Kind::Is(state, inner) => format!("(is {} {state:?})", shown(inner)).to_lowercase(),
            Kind::In(inner, items) => format!("(in {} {})", shown(inner), all(items)),
            Kind::Between(inner, low, high) => format!("(between {} {} {})", shown(inner), shown(low), shown(high)),
            Kind::Like { value, pattern, escape } => {
                format!(
                    "(like {} {}{})",
                    shown(value),
                    shown(pattern),
                    escape.as_ref().map(|e| shown(e)).unwrap_or_default()
                )
            }
            Kind::Matches(a, b) => format!("(~ {} {})", shown(a), shown(b)),
            Kind::Case { operand, arms, otherwise } => {
                let operand = operand.as_ref().map(|node| shown(node)).unwrap_or_default();
                let arms: String =
                    arms.iter().map(|(when, then)| format!(" [{} {}]", shown(when), shown(then))).collect();
                let otherwise = otherwise.as_ref().map(|node| format!(" {}", shown(node))).unwrap_or_default();
                format!("(case {operand}{arms}{otherwise})")
            }
            Kind::Cast { value, to, or_null } => format!("(cast {} {to:?} {or_null})", shown(value)).to_lowercase(),
            Kind::Call { name, arguments } => format!("({name} {})", all(arguments)),
        }
    }

    fn read(text: &str) -> String {
        match parse(text) {
            Ok(node) => shown(&node),
            Err(fault) => format!("{}: {}", fault.at, fault.message),
        }
    }

    #[test]
    fn precedence() {
        for (text, tree) in [
            ("a or b and not c = 1", "(or a (and b (not (= c 1))))"),
            ("a && b || c = d", "(and a (= (join b c) d))"),
            ("1 + 2 * 3 - -4 % 5", "(subtract (add 1 (multiply 2 3)) (remainder -4 5))"),
            ("-a * 2", "(multiply (- a) 2)"),
            ("(a + b) * c", "(multiply (add a b) c)"),
            ("a - b - c", "(subtract (subtract a b) c)"),
            ("a is not null and b is absent", "(and (not (is a null)) (is b absent))"),
            ("x not in (1, 2) or y between 1 and 2 and z", "(or (not (in x 1 2)) (and (between y 1 2) z))"),
            ("a like 'x%' escape '\\'", "(like a 'x%''\\')"),
            ("not a ~ 'b' and c !~ 'd'", "(and (not (~ a 'b')) (not (~ c 'd')))"),
            ("NOT NOT a", "(not (not a))"),
            ("a > 5 || b", "6: `||` joins texts"),
            ("(a > 5) || (b > 3)", "8: `||` joins texts"),
            ("a || not b", "5: `not` is here, where a field, a number, a text in '…' or a function is expected"),
            ("a || 1", "(join a 1)"),
            ("a = 'x' || b = 'y'", "13: comparisons can't be chained"),
            ("a = -1 = b", "7: comparisons can't be chained"),
            ("a between 1 and 2 is null", "18: comparisons can't be chained"),
            ("a = NOT b", "4: `NOT` is here, where a field, a number, a text in '…' or a function is expected"),
        ] {
            assert_eq!(read(text), tree, "{text}");
        }
    }

    #[test]
    fn forms() {
        for (text, tree) in [
            ("case when a then 1 when b then 2 else 3 end", "(case  [a 1] [b 2] 3)"),
            ("CASE a WHEN 1 THEN 'x' END", "(case a [1 'x'])"),
            ("try_cast(a AS Decimal) + cast(b as int)", "(add (cast a decimal true) (cast b integer false))"),
            ("EXTRACT(Year FROM t)", "(date_part 'year' t)"),
            ("tags[0].\"a b\".0.x = tags.1", "(= tags.0.a b.0.x tags.1)"),
            ("Lower(a) || upper(`b`)", "(join (lower a) (upper b))"),
            ("record_number() % 10 = 0", "(= (remainder (record_number ) 10) 0)"),
        ] {
            assert_eq!(read(text), tree, "{text}");
        }
    }

    #[test]
    fn mistakes() {
        for (text, message) in [
            ("", "0: the expression is empty"),
            ("a >", "3: the expression ends where a field, a number, a text in '…' or a function is expected"),
            ("a 1", "2: `1` is here, where an operator or the end of the expression is expected"),
            ("(a", "2: the expression ends where an operator or `)` is expected"),
            ("a is 1", "5: `1` is here, where NULL, ABSENT, TRUE or FALSE is expected"),
            ("a not b", "6: `b` is here, where IN, BETWEEN or LIKE is expected"),
            ("cast(a as float)", "10: there is no type `float`"),
            ("cast(a as decimal(10))", "17: a type takes no precision here"),
            ("case end", "5: `end` is here, where a field, a number, a text in '…' or a function is expected"),
            ("f(a", "3: the expression ends where `,` or `)` is expected"),
            ("a[b]", "2: `b` is here, where an item number (counted from 0) is expected"),
        ] {
            assert_eq!(read(text), message, "{text}");
        }
        let deep = format!("{}a{}", "(".repeat(5000), ")".repeat(5000));
        assert!(read(&deep).ends_with("nested more than 64 deep"));
        assert!(read(&"- ".repeat(5000)).ends_with("nested more than 64 deep"));
        assert!(read(&format!("a{}", " + a".repeat(500))).starts_with("(add"));
        assert!(read(&format!("a{}", " + a".repeat(501))).ends_with("more than 500 operators"));
        assert!(parse(&" ".repeat(MAX_LENGTH + 1)).is_err());
    }
}
