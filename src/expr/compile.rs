//! From a tree to instructions.

use super::ast::{Binary, Kind, Node, Relation, State};
use super::code::{Code, Program};
use super::constant::Constant;
use super::decimal::{Decimal, MAX_DIGITS};
use super::elsewhere;
use super::fault::Fault;
use super::functions::{self, Function, Known};
use super::like::{Pattern, pattern};
use super::origin::Origin;
use super::replacement::{Replacement, Replacing};
use super::types::Type;
use super::{compare, fold, infer, regexes};
use crate::nearest::nearest;
use crate::wording::counted;

/// How many instructions an expression may have: some forms need a part more than once.
const MAX_CODE: usize = 20_000;

/// Compiles a tree. With `Some`, the value of the program is null or of this type.
pub fn compile(node: &Node, text: &str, wanted: Option<Type>) -> Result<Program, Fault> {
    let mut compiler = Compiler { program: Program::default(), text, depth: 0 };
    match wanted {
        Some(wanted) => compiler.as_type(node, wanted)?,
        None => compiler.value(node)?,
    }
    Ok(compiler.program)
}

struct Compiler<'t> {
    program: Program,
    text: &'t str,
    /// How many values are on the stack here.
    depth: usize,
}

/// The end of a jump, to be filled in.
struct Hole(usize);

impl Compiler<'_> {
    fn emit(&mut self, code: Code) {
        self.program.code.push(code);
    }

    /// The instruction puts one more value on the stack.
    fn push(&mut self, code: Code) {
        self.emit(code);
        self.depth += 1;
        self.program.stack = self.program.stack.max(self.depth);
    }

    /// Makes a number of something of which there are few: an expression is too short for more.
    fn index(len: usize) -> u16 {
        u16::try_from(len).unwrap_or(u16::MAX)
    }

    fn constant(&mut self, constant: Constant) -> u16 {
        let known = self.program.constants.iter().position(|known| *known == constant);
        Self::index(known.unwrap_or_else(|| {
            self.program.constants.push(constant);
            self.program.constants.len() - 1
        }))
    }

    /// The constant that was put on the stack last.
    fn last_constant(&self) -> Option<&Constant> {
        match self.program.code.last() {
            Some(Code::Constant(number)) => self.program.constants.get(usize::from(*number)),
            _ => None,
        }
    }

    /// A field that is named at this place of the text.
    fn field(&mut self, path: &str, at: usize) -> u16 {
        let known = self.program.fields.iter().position(|known| **known == *path.as_bytes());
        Self::index(known.unwrap_or_else(|| {
            self.program.fields.push(path.as_bytes().into());
            self.program.places.push(at);
            self.program.fields.len() - 1
        }))
    }

    fn origin(&mut self, node: &Node) -> u16 {
        let (text, is_field): (Box<str>, bool) = match &node.kind {
            Kind::Field(path) => (path.as_str().into(), true),
            _ => (self.text[node.span.clone()].into(), false),
        };
        self.program.origins.push(Origin { text, is_field });
        Self::index(self.program.origins.len() - 1)
    }

    /// An instruction with a jump whose end is not known yet.
    fn jump(&mut self, code: fn(u16) -> Code) -> Hole {
        self.emit(code(0));
        Hole(self.program.code.len() - 1)
    }

    /// The jump leads to what is emitted next.
    fn land(&mut self, hole: Hole) {
        let here = Self::index(self.program.code.len());
        match &mut self.program.code[hole.0] {
            Code::UnlessFalse(target)
            | Code::UnlessTrue(target)
            | Code::SkipUnlessTrue(target)
            | Code::TakeNull(target)
            | Code::Jump(target) => *target = here,
            _ => {}
        }
    }

    /// Puts the value of a part on the stack.
    fn value(&mut self, node: &Node) -> Result<(), Fault> {
        if self.program.code.len() > MAX_CODE {
            return Err(Fault::new(node.span.start, "the expression is too large"));
        }
        if let Some(constant) = fold::literal(node) {
            let number = self.constant(constant);
            self.push(Code::Constant(number));
            return Ok(());
        }
        if infer::is_constant(node) {
            let mut apart = Compiler { program: Program::default(), text: self.text, depth: 0 };
            apart.emit_value(node)?;
            let number = self.constant(fold::evaluate(&apart.program, node)?);
            self.push(Code::Constant(number));
            return Ok(());
        }
        self.emit_value(node)
    }

    /// The same for a part that is not a literal.
    fn emit_value(&mut self, node: &Node) -> Result<(), Fault> {
        match &node.kind {
            Kind::Null | Kind::Absent | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => self.value(node)?,
            Kind::Field(path) => {
                let field = self.field(path, node.span.start);
                self.push(Code::Field(field));
            }
            Kind::Not(inner) => {
                self.as_type(inner, Type::Bool)?;
                self.emit(Code::Not);
            }
            Kind::Negative(inner) => {
                self.as_type(inner, Type::Number)?;
                self.emit(Code::Negate);
            }
            Kind::Binary(how, a, b) => self.chain(node, *how, a, b)?,
            Kind::Compare(relation, a, b) => self.comparison(node, *relation, a, b)?,
            Kind::Is(state @ State::Bool(_), inner) => {
                self.as_type(inner, Type::Bool)?;
                self.emit(Code::Is(*state));
            }
            Kind::Is(state, inner) => {
                self.value(inner)?;
                self.emit(Code::Is(*state));
            }
            Kind::In(inner, items) => self.list(node, inner, items)?,
            Kind::Between(inner, low, high) => {
                let compare = |relation, bound: &Node| Node {
                    span: node.span.clone(),
                    kind: Kind::Compare(relation, inner.clone(), Box::new(bound.clone())),
                };
                let (low, high) = (compare(Relation::AtLeast, low), compare(Relation::AtMost, high));
                self.as_type(&low, Type::Bool)?;
                self.second(&high, Code::UnlessFalse, Code::And)?;
            }
            Kind::Like { value, pattern, escape } => self.like(value, pattern, escape.as_deref())?,
            Kind::Matches(value, pattern) => {
                self.as_type(value, Type::Text)?;
                let text = constant_text(pattern, "the regex")?;
                let number = self.regex(text, pattern.span.start)?;
                self.emit(Code::Matches(number));
            }
            Kind::Case { operand, arms, otherwise } => {
                self.case(node, operand.as_deref(), arms, otherwise.as_deref())?
            }
            Kind::Cast { value, to, or_null } => {
                self.value(value)?;
                let origin = self.origin(value);
                self.emit(Code::Cast(*to, *or_null, origin));
            }
            Kind::Call { name, arguments } => self.call(node, name, arguments)?,
        }
        Ok(())
    }

    /// An instruction that makes one value of two.
    fn two(&mut self, code: Code) {
        self.emit(code);
        self.depth -= 1;
    }

    /// Refuses a value that can't become one of a type.
    fn fit(&self, node: &Node, wanted: Type) -> Result<(), Fault> {
        let found = infer::of(node);
        let fits = found == wanted
            || matches!(found, Type::Any | Type::Null | Type::Text)
            || matches!(wanted, Type::Any | Type::Text);
        if fits {
            return Ok(());
        }
        let message = format!("{} is needed here, and this is {}", wanted.noun(), found.noun());
        Err(Fault::new(node.span.start, message))
    }

    /// Puts a value on the stack that is null or of a type.
    fn as_type(&mut self, node: &Node, wanted: Type) -> Result<(), Fault> {
        self.fit(node, wanted)?;
        let found = infer::of(node);
        if found == Type::Text && wanted != Type::Text && wanted != Type::Any && infer::is_constant(node) {
            let mut apart = Compiler { program: Program::default(), text: self.text, depth: 0 };
            apart.value(node)?;
            apart.convert(node, found, wanted);
            let number = self.constant(fold::evaluate(&apart.program, node)?);
            self.push(Code::Constant(number));
            return Ok(());
        }
        self.value(node)?;
        self.convert(node, found, wanted);
        Ok(())
    }

    /// Makes a value of another type of the one on the stack.
    fn convert(&mut self, node: &Node, found: Type, wanted: Type) {
        if found == wanted || found == Type::Null {
            return;
        }
        let origin = self.origin(node);
        match wanted {
            Type::Number => self.emit(Code::ToNumber(origin)),
            Type::Bool => self.emit(Code::ToBool(origin)),
            Type::Time => self.emit(Code::ToTime(origin)),
            Type::Text if found == Type::Any => self.emit(Code::ToText(origin)),
            _ => {}
        }
    }

    /// Operators with two operands. Chains of them are long, so there is no recursion on the left side.
    fn chain(&mut self, node: &Node, how: Binary, a: &Node, b: &Node) -> Result<(), Fault> {
        let (mut links, mut left) = (vec![(node, how, b)], a);
        while let Kind::Binary(how, a, b) = &left.kind
            && !infer::is_constant(left)
        {
            links.push((left, *how, b));
            left = a;
        }
        let Some((link, first, right)) = links.last().copied() else { return Ok(()) };
        let mut before: Option<&Node> = None;
        match self.quick_calculation(link, first, left, right) {
            true => {
                links.pop();
                before = Some(link);
            }
            false => {
                self.as_type(left, operands(first))?;
                if operands(first) == Type::Number {
                    self.calculable(left)?;
                }
            }
        }
        for (link, how, right) in links.into_iter().rev() {
            if let Some(before) = before {
                self.fit(before, operands(how))?;
                self.convert(before, infer::of(before), operands(how));
            }
            match how {
                Binary::And => self.second(right, Code::UnlessFalse, Code::And)?,
                Binary::Or => self.second(right, Code::UnlessTrue, Code::Or)?,
                _ => {
                    self.as_type(right, operands(how))?;
                    if operands(how) == Type::Number {
                        self.calculable(right)?;
                    }
                    let divides = matches!(how, Binary::Divide | Binary::Remainder) && infer::is_constant(right);
                    if divides && self.last_constant().and_then(Constant::decimal).is_some_and(Decimal::is_zero) {
                        return Err(Fault::new(right.span.start, "this divides by zero"));
                    }
                    let origin = self.origin(link);
                    self.program.utf8 |= how == Binary::Join;
                    self.two(if how == Binary::Join { Code::Join(origin) } else { Code::Calculate(how, origin) });
                }
            }
            before = Some(link);
        }
        Ok(())
    }

    /// Refuses the constant that was put on the stack last, if it is a number that can't be calculated with.
    fn calculable(&self, node: &Node) -> Result<(), Fault> {
        match self.last_constant() {
            Some(constant @ Constant::Digits(_)) if infer::is_constant(node) && constant.decimal().is_none() => {
                Err(Fault::new(
                    node.span.start,
                    format!("this number takes more than {MAX_DIGITS} digits to calculate with"),
                ))
            }
            _ => Ok(()),
        }
    }

    /// A calculation with a field and a literal: one instruction.
    fn quick_calculation(&mut self, link: &Node, how: Binary, left: &Node, right: &Node) -> bool {
        let (path, field, literal) = match (&left.kind, &right.kind, how) {
            (Kind::Field(path), _, Binary::Add | Binary::Subtract | Binary::Multiply) => (path, left, right),
            (_, Kind::Field(path), Binary::Add | Binary::Multiply) => (path, right, left),
            _ => return false,
        };
        let Some(constant @ Constant::Number(_)) = fold::literal(literal) else { return false };
        let (number, place, origin) = (self.constant(constant), self.field(path, field.span.start), self.origin(field));
        self.origin(link);
        self.push(Code::FieldCalculate(place, how, number, origin));
        true
    }

    /// The second operand of AND or OR, which is passed over if the first one decides.
    fn second(&mut self, right: &Node, skip: fn(u16) -> Code, both: Code) -> Result<(), Fault> {
        let end = self.jump(skip);
        self.as_type(right, Type::Bool)?;
        self.two(both);
        self.land(end);
        Ok(())
    }

    fn comparison(&mut self, node: &Node, relation: Relation, a: &Node, b: &Node) -> Result<(), Fault> {
        if let Some(null) = [a, b].into_iter().find(|side| matches!(side.kind, Kind::Null | Kind::Absent)) {
            let not = if relation == Relation::Unequal { "IS NOT" } else { "IS" };
            let word = if null.kind == Kind::Null { "NULL" } else { "ABSENT" };
            let fault = Fault::new(null.span.start, format!("a comparison with {word} is never true"));
            return Err(fault.hint(format!("Write {not} {word}.")));
        }
        if self.quick(relation, a, b)? || self.quick(relation.swapped(), b, a)? {
            return Ok(());
        }
        let (one, two) = (infer::of(a), infer::of(b));
        let is = |wanted: Type| one == wanted || two == wanted;
        let common = [Type::Number, Type::Time, Type::Bool, Type::Text].into_iter().find(|wanted| is(*wanted));
        let Some(common) = common else {
            self.value(a)?;
            self.value(b)?;
            let origin = self.origin(node);
            self.two(Code::CompareFields(relation, origin));
            return Ok(());
        };
        self.as_type(a, common)?;
        self.as_type(b, common)?;
        self.two(match common {
            Type::Number => Code::CompareNumbers(relation),
            Type::Time => Code::CompareTimes(relation),
            Type::Bool => Code::CompareBools(relation),
            _ => Code::CompareTexts(relation),
        });
        Ok(())
    }

    /// A field and a literal, which most comparisons are of: one instruction.
    fn quick(&mut self, relation: Relation, field: &Node, literal: &Node) -> Result<bool, Fault> {
        let Kind::Field(path) = &field.kind else { return Ok(false) };
        let Some(constant) = fold::literal(literal) else { return Ok(false) };
        let code: fn(u16, Relation, u16, u16) -> Code = match constant {
            Constant::Number(_) | Constant::Digits(_) => Code::FieldNumber,
            Constant::Text(_) => Code::FieldText,
            _ => return Ok(false),
        };
        let (number, place, origin) = (self.constant(constant), self.field(path, field.span.start), self.origin(field));
        self.push(code(place, relation, number, origin));
        Ok(true)
    }

    fn list(&mut self, node: &Node, inner: &Node, items: &[Node]) -> Result<(), Fault> {
        if let Some(null) = items.iter().find(|item| matches!(item.kind, Kind::Null | Kind::Absent)) {
            let fault = Fault::new(null.span.start, "nothing equals NULL, so it can't be in a list");
            return Err(fault.hint("Write x IN (…) OR x IS NULL; or x NOT IN (…) AND x IS NOT NULL."));
        }
        let constants: Vec<Constant> = items.iter().map_while(fold::literal).collect();
        let of = |item: &Constant| match item {
            Constant::Number(_) | Constant::Digits(_) => Type::Number,
            Constant::Text(_) => Type::Text,
            _ => Type::Any,
        };
        let kind = constants.iter().map(of).reduce(Type::or).unwrap_or(Type::Any);
        let inner_type = infer::of(inner);
        let fits = inner_type == Type::Any || inner_type == kind;
        if constants.len() == items.len() && fits && matches!(kind, Type::Number | Type::Text) {
            self.as_type(inner, kind)?;
            let code = if kind == Type::Number { self.numbers(constants) } else { self.texts(constants) };
            self.emit(code);
            return Ok(());
        }
        let equal = |item: &Node| Node {
            span: node.span.clone(),
            kind: Kind::Compare(Relation::Equal, Box::new(inner.clone()), Box::new(item.clone())),
        };
        let mut ends = Vec::new();
        for (index, item) in items.iter().enumerate() {
            self.as_type(&equal(item), Type::Bool)?;
            if index > 0 {
                self.two(Code::Or);
            }
            ends.push(self.jump(Code::UnlessTrue));
        }
        ends.into_iter().for_each(|end| self.land(end));
        Ok(())
    }

    fn numbers(&mut self, constants: Vec<Constant>) -> Code {
        let mut numbers: Vec<u16> = constants.into_iter().map(|constant| self.constant(constant)).collect();
        let known = &self.program.constants;
        let scalar = |number: &u16| fold::number(&known[usize::from(*number)]);
        numbers.sort_by(|one, two| compare::numbers(scalar(one), scalar(two)));
        self.program.numbers.push(numbers);
        Code::InNumbers(Self::index(self.program.numbers.len() - 1))
    }

    fn texts(&mut self, constants: Vec<Constant>) -> Code {
        let text = |constant| if let Constant::Text(text) = constant { Some(text) } else { None };
        let mut texts: Vec<Box<[u8]>> = constants.into_iter().filter_map(text).collect();
        texts.sort_unstable();
        self.program.texts.push(texts);
        Code::InTexts(Self::index(self.program.texts.len() - 1))
    }

    fn like(&mut self, value: &Node, by: &Node, escape: Option<&Node>) -> Result<(), Fault> {
        self.as_type(value, Type::Text)?;
        let escape = match escape {
            None => None,
            Some(node) => {
                let text = constant_text(node, "the escape character")?;
                let mut characters = text.chars();
                match (characters.next(), characters.next()) {
                    (Some(escape), None) => Some(escape),
                    _ => return Err(Fault::new(node.span.start, "the escape has to be one character")),
                }
            }
        };
        let code = match pattern(constant_text(by, "the pattern")?, escape, by.span.start)? {
            Pattern::Like(like) => {
                self.program.likes.push(like);
                Code::Like(Self::index(self.program.likes.len() - 1))
            }
            Pattern::Regex(regex) => Code::Matches(self.regex(&regex, by.span.start)?),
        };
        self.emit(code);
        Ok(())
    }

    fn regex(&mut self, text: &str, at: usize) -> Result<u16, Fault> {
        let built = regexes::build(text).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => {
                Fault::new(at, "the regex is too large").hint("Make its repetitions smaller.")
            }
            error => Fault::new(at, "the regex can't be read").hint(last_line(&error.to_string())),
        })?;
        self.program.utf8 = true;
        self.program.regexes.push(built.regex);
        self.program.memory += built.memory;
        Ok(Self::index(self.program.regexes.len() - 1))
    }

    fn case(
        &mut self,
        node: &Node,
        operand: Option<&Node>,
        arms: &[(Node, Node)],
        otherwise: Option<&Node>,
    ) -> Result<(), Fault> {
        let mut ends = Vec::new();
        for (when, then) in arms {
            match operand {
                None => self.as_type(when, Type::Bool)?,
                Some(operand) => self.comparison(node, Relation::Equal, operand, when)?,
            }
            let next = self.jump(Code::SkipUnlessTrue);
            self.depth -= 1;
            self.value(then)?;
            ends.push(self.jump(Code::Jump));
            self.depth -= 1;
            self.land(next);
        }
        match otherwise {
            Some(otherwise) => self.value(otherwise)?,
            None => {
                let null = self.constant(Constant::Null);
                self.push(Code::Constant(null));
            }
        }
        ends.into_iter().for_each(|end| self.land(end));
        Ok(())
    }

    fn call(&mut self, node: &Node, name: &str, arguments: &[Node]) -> Result<(), Fault> {
        let Some(function) = functions::find(name) else { return Err(unknown(name, node.span.start)) };
        let (least, most) = function.count;
        if !(least..=most).contains(&arguments.len()) {
            let given = counted(arguments.len() as u64, "argument");
            let fault = Fault::new(node.span.start, format!("`{name}` is called with {given}"));
            return Err(fault.hint(format!("Usage: {}.", function.usage)));
        }
        match function.name {
            "coalesce" => self.coalesce(arguments),
            "nullif" => {
                let [value, other] = arguments else { return Ok(()) };
                self.value(value)?;
                self.comparison(node, Relation::Equal, value, other)?;
                self.two(Code::NullIf);
                Ok(())
            }
            "regexp_replace" => {
                let [value, regex, by] = arguments else { return Ok(()) };
                self.as_type(value, Type::Text)?;
                let number = self.regex(constant_text(regex, "the regex")?, regex.span.start)?;
                let groups = self.program.regexes[usize::from(number)].captures_len() - 1;
                let by = Replacement::parse(constant_text(by, "the replacement")?, groups, by.span.start)?;
                self.program.replacings.push(Replacing { regex: number, by });
                self.emit(Code::Replace(Self::index(self.program.replacings.len() - 1)));
                Ok(())
            }
            _ => self.plain_call(node, function, arguments),
        }
    }

    fn plain_call(&mut self, node: &Node, function: &'static Function, arguments: &[Node]) -> Result<(), Fault> {
        let mut before = Vec::new();
        for (index, argument) in arguments.iter().enumerate() {
            let wanted = function.takes[index.min(function.takes.len() - 1)];
            self.as_type(argument, wanted)?;
            let constant = self.last_constant().filter(|_| infer::is_constant(argument)).cloned();
            if let Some(value) = &constant {
                let fault = |what| Fault::new(argument.span.start, what);
                (function.check)(Known { index, value, before: &before })
                    .map_err(|what| fault(what).hint(format!("Usage: {}.", function.usage)))?;
            }
            if wanted == Type::Number {
                self.calculable(argument)?;
            }
            before.push(constant);
        }
        self.program.utf8 |= function.utf8;
        self.program.ordered |= function.ordered;
        let named = if let [only] = arguments { only } else { node };
        let origin = self.origin(named);
        let count = arguments.len() as u8;
        self.depth -= arguments.len();
        self.push(Code::Call(function, count, origin));
        Ok(())
    }

    fn coalesce(&mut self, arguments: &[Node]) -> Result<(), Fault> {
        let [before @ .., last] = arguments else { return Ok(()) };
        let mut ends = Vec::new();
        for argument in before {
            self.value(argument)?;
            ends.push(self.jump(Code::TakeNull));
            self.depth -= 1;
        }
        self.value(last)?;
        ends.into_iter().for_each(|end| self.land(end));
        Ok(())
    }
}

/// The type of the operands of an operator.
fn operands(how: Binary) -> Type {
    match how {
        Binary::And | Binary::Or => Type::Bool,
        Binary::Join => Type::Text,
        _ => Type::Number,
    }
}

/// A text that has to be known before the run.
fn constant_text<'n>(node: &'n Node, what: &str) -> Result<&'n str, Fault> {
    match &node.kind {
        Kind::Text(text) => Ok(text),
        _ => Err(Fault::new(node.span.start, format!("{what} has to be a text in '…'"))),
    }
}

fn unknown(name: &str, at: usize) -> Fault {
    if let Some(hint) = elsewhere::function(name) {
        return Fault::new(at, format!("there is no function `{name}`")).hint(hint);
    }
    let names: Vec<&str> = functions::all().map(|function| function.name).collect();
    let like = nearest(&names, name).map(|like| format!("; did you mean `{like}`?")).unwrap_or_default();
    Fault::new(at, format!("there is no function `{name}`{like}"))
        .hint(format!("The functions are {}.", names.join(", ")))
}

/// What a long message of the regex crate says in the end.
fn last_line(message: &str) -> String {
    let line = message.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    let line = line.trim().trim_start_matches("error: ");
    let mut characters = line.chars();
    let first = characters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(characters).collect::<String>() + "."
}
