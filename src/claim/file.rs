//! A claim file as written: every key read and typed, nothing yet related to anything else.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::claim::axis::{self, Written};
use crate::claim::case::ClaimHeader;
use crate::claim::expression::Expression;
use crate::claim::inequality::Inequality;
use crate::claim::schema::KEYS;
use crate::claim::value::{ClaimReader, TomlEntries};
use crate::claim::verdict::{Relation, Verdict};
use crate::error::nearest;
use crate::source::assume::Assumption;

/// Most controls, and most breaks.
const MOST_SECTIONS: usize = 1000;
/// Margin of a file that states none.
pub(super) const DEFAULT_MARGIN: f64 = 0.05;

/// A whole file.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub header: ClaimHeader,
    pub expected: Verdict,
    pub main: Statement,
    pub controls: Vec<Statement>,
    pub breaks: Vec<Statement>,
}

/// The keys of the main statement, a control or a break; `None` where not given.
#[derive(Debug, Clone, Default)]
pub(super) struct Statement {
    /// Where the table or its header stands.
    pub span: Range<usize>,
    /// Every key, axis and constant that stands there, readable or not: what is unreadable is not
    /// missing as well.
    pub given: Vec<String>,
    pub why: String,
    pub lhs: Option<Spanned<Expression>>,
    pub relation: Option<Spanned<Relation>>,
    pub rhs: Option<Spanned<Expression>>,
    /// What a combination of the axes must satisfy to be a case; empty where a section drops the
    /// hypotheses that it would inherit.
    pub hypotheses: Option<Vec<WrittenHypothesis>>,
    pub constants: BTreeMap<String, Spanned<f64>>,
    pub margin: Option<Spanned<f64>>,
    pub against: Option<Spanned<Expression>>,
    pub between: Option<Spanned<[f64; 2]>>,
    pub decay: Option<Spanned<f64>>,
    pub axes: Vec<Written>,
    /// Further grids of the main statement, where `over` is given several times; controls and
    /// breaks inherit the first.
    pub further: Vec<Vec<Written>>,
}

/// A hypothesis as written: left side, comparison, right side.
pub(super) type WrittenHypothesis = (Spanned<Expression>, Inequality, Spanned<Expression>);

impl Statement {
    /// Both sides and the relation as the file has them: what stands for a statement in words.
    fn as_written(&self) -> String {
        let text = |side: &Option<Spanned<Expression>>| {
            side.as_ref().map_or(String::new(), |e| e.get_ref().to_string())
        };
        let (lhs, against) = (text(&self.lhs), text(&self.against));
        match self.relation.as_ref().map(Spanned::get_ref) {
            Some(Relation::Slope) => {
                let [low, high] = self.between.as_ref().map_or([f64::NAN; 2], |between| *between.get_ref());
                format!("{low} <= slope of {lhs} against {against} <= {high}")
            }
            Some(Relation::Bounded) => format!("{lhs} bounded as {against} grows"),
            Some(relation) => format!("{lhs} {relation} {}", text(&self.rhs)),
            None => lhs,
        }
    }
}

impl ClaimReader<'_> {
    /// Reads the file's text; problems are noted, and what can be read is returned. Defaults: `id`
    /// is the stem of `path`, `statement` the expressions as written, `title` the statement,
    /// `origin` "own"; no `cite`, no `remark`.
    pub(super) fn file(&mut self, path: &Path) -> Option<File> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in &errors {
            self.problems.add(error.span().unwrap_or(0..0), error.message().to_owned());
        }
        if !errors.is_empty() {
            return None;
        }
        let entries = TomlEntries::new(table.get_ref(), 0..0);
        let keys = KEYS.iter().map(|key| key.name);
        let known: Vec<&str> = keys.chain(["over", "control", "break"]).collect();
        self.refuse_unknown(&entries, &known, "in a claim");
        let main = self.statement(&entries, &[]);
        let axes: Vec<String> = main.axes.iter().map(|axis| axis.name.clone()).collect();
        let statement = self.header(&entries, "statement", &main.as_written());
        let header = ClaimHeader {
            id: self.id(&entries, path),
            title: self.header(&entries, "title", &statement),
            statement,
            cite: self.header(&entries, "cite", ""),
            origin: self.header(&entries, "origin", "own"),
            assumes: self.assumes(&entries),
            remark: self.header(&entries, "remark", ""),
        };
        Some(File {
            header,
            expected: self.expected(&entries),
            main,
            controls: self.sections("control", &entries, &axes),
            breaks: self.sections("break", &entries, &axes),
        })
    }

    fn required(&mut self, entries: &TomlEntries, key: &str) -> Option<Spanned<String>> {
        match entries.get(key) {
            Some(value) => self.words(key, value),
            None => {
                self.problems.missing(entries.span.clone(), key);
                None
            }
        }
    }

    fn header(&mut self, entries: &TomlEntries, key: &str, default: &str) -> String {
        match entries.get(key) {
            Some(value) => self.words(key, value).map_or(String::new(), Spanned::into_inner),
            None => default.to_owned(),
        }
    }

    fn id(&mut self, entries: &TomlEntries, path: &Path) -> String {
        let (span, id, whose) = match entries.get("id") {
            Some(value) => (value.span(), self.header(entries, "id", ""), "`id`"),
            None => (
                0..0,
                path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
                "the file's name, the default of `id`,",
            ),
        };
        let part =
            |p: &str| !p.is_empty() && p.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if !id.is_empty() && !id.split('-').all(part) {
            let help = "lower-case letters and digits in parts joined by `-`";
            self.problems.add_with_help(span, format!("{whose} `{id}` is not kebab-case"), help);
        }
        id
    }

    /// Notes that `text` is none of `choices`.
    fn one_of(&mut self, key: &str, text: &Spanned<String>, choices: &[&str]) -> bool {
        let known = choices.contains(&text.get_ref().as_str());
        if !known {
            let help = match nearest(text.get_ref(), choices.iter().copied()) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("one of {}", choices.join(", ")),
            };
            self.problems.add_with_help(text.span(), format!("unknown {key} `{}`", text.get_ref()), help);
        }
        known
    }

    fn assumes(&mut self, entries: &TomlEntries) -> Vec<String> {
        let Some(list) = entries.get("assumes").and_then(|value| self.list("assumes", value)) else {
            return Vec::new();
        };
        let known = Assumption::ALL.map(Assumption::name);
        let names: Vec<_> = list.iter().filter_map(|value| self.words("assumes", value)).collect();
        names
            .into_iter()
            .filter(|name| self.one_of("assumption", name, &known))
            .map(Spanned::into_inner)
            .collect()
    }

    /// `"shannon >= ln(2)"`, or a list of such; a blank text states none.
    fn hypotheses(&mut self, value: &Spanned<DeValue>) -> Option<Vec<WrittenHypothesis>> {
        let texts: Vec<&Spanned<DeValue>> = match value.get_ref() {
            DeValue::Array(list) => list.iter().collect(),
            _ => vec![value],
        };
        Some(texts.into_iter().filter_map(|value| self.hypothesis(value)).collect())
    }

    /// One hypothesis; `None` for a blank text, and where a problem was noted.
    fn hypothesis(&mut self, value: &Spanned<DeValue>) -> Option<WrittenHypothesis> {
        let text = self.string("where", value)?;
        let whole = text.get_ref().as_str();
        if whole.trim().is_empty() {
            return None;
        }
        let signs = Inequality::ALL.iter();
        let found = signs.filter_map(|(sign, comparison)| Some((whole.find(sign)?, *sign, *comparison)));
        // The first comparison of the text; `<=` comes before `<` in the list.
        let Some((at, sign, comparison)) = found.reduce(|a, b| if b.0 < a.0 { b } else { a }) else {
            let help = "write `where = \"shannon >= ln(2)\"`; comparisons are <= < >= > ==";
            self.problems.add_with_help(text.span(), "`where` compares nothing", help);
            return None;
        };
        let sides = [&whole[..at], &whole[at + sign.len()..]];
        let [left, right] = sides.map(|side| self.parsed("where", side.trim(), text.span()));
        Some((left?, comparison, right?))
    }

    fn expected(&mut self, entries: &TomlEntries) -> Verdict {
        let Some(text) = entries.get("expect").and_then(|value| self.string("expect", value)) else {
            return Verdict::Supported;
        };
        self.one_of("expect", &text, &["supported", "refuted"]);
        if text.get_ref() == "refuted" { Verdict::Refuted } else { Verdict::Supported }
    }

    /// The tables of `[[control]]` or `[[break]]`.
    fn sections(&mut self, key: &str, entries: &TomlEntries, axes: &[String]) -> Vec<Statement> {
        let Some(list) = entries.get(key).and_then(|value| self.list(key, value)) else { return Vec::new() };
        if list.len() > MOST_SECTIONS {
            let span = list[MOST_SECTIONS].span();
            self.problems
                .add(span, format!("there are {} of `[[{key}]]`: at most {MOST_SECTIONS}", list.len()));
            return Vec::new();
        }
        let tables: Vec<_> = list.iter().filter_map(|value| self.table(key, value)).collect();
        let axes: Vec<&str> = axes.iter().map(String::as_str).chain(axis::known()).collect();
        tables
            .iter()
            .map(|table| {
                let keys = KEYS.iter().filter(|key| key.overrides).map(|key| key.name);
                let known: Vec<&str> = keys.chain(["why", "over"]).chain(axes.iter().copied()).collect();
                self.refuse_unknown(table, &known, &format!("in a {key}"));
                let why = self.required(table, "why").map_or(String::new(), Spanned::into_inner);
                if table.iter().all(|(name, ..)| name == "why") {
                    self.problems.add(table.span.clone(), format!("this {key} overrides nothing"));
                }
                Statement { why, ..self.statement(table, &axes) }
            })
            .collect()
    }

    /// The keys of one statement; an axis of `direct` may stand beside them instead of under
    /// `over`.
    fn statement(&mut self, entries: &TomlEntries, direct: &[&str]) -> Statement {
        let mut given: Vec<String> = entries.iter().map(|(key, ..)| key.to_owned()).collect();
        let lhs = entries.get("lhs").and_then(|value| self.expression("lhs", value));
        let rhs = entries.get("rhs").and_then(|value| self.expression("rhs", value));
        let overs = self.overs(entries, direct.is_empty());
        given.extend(overs.iter().flat_map(|over| over.iter().map(|(name, ..)| name.to_owned())));
        let mut grids = overs.iter().map(|over| self.axes(over)).collect::<Vec<_>>().into_iter();
        let mut axes = grids.next().unwrap_or_default();
        for (name, span, value) in entries.iter().filter(|(name, ..)| direct.contains(name)) {
            if let Some(axis) = self.axis(name, span.clone(), value) {
                if axes.iter().any(|a: &Written| a.name == name) {
                    self.problems.add(span, format!("axis `{name}` is given here and under `over`"));
                }
                axes.push(axis);
            }
        }
        if let Some(DeValue::Table(table)) = entries.get("constants").map(Spanned::get_ref) {
            given.extend(table.keys().map(|name| name.get_ref().to_string()));
        }
        Statement {
            span: entries.span.clone(),
            given,
            why: String::new(),
            lhs,
            relation: entries.get("relation").and_then(|value| self.relation(value)),
            rhs,
            hypotheses: entries.get("where").and_then(|value| self.hypotheses(value)),
            constants: self.constants(entries),
            margin: entries.get("margin").and_then(|value| self.positive("margin", value)),
            against: entries.get("against").and_then(|value| self.against(value)),
            between: entries.get("between").and_then(|value| self.between(value)),
            decay: entries.get("decay").and_then(|value| self.positive("decay", value)),
            axes,
            further: grids.collect(),
        }
    }

    /// The tables of `over`: one, or with `[[over]]` several.
    fn overs<'v>(&mut self, entries: &TomlEntries<'v>, several: bool) -> Vec<TomlEntries<'v>> {
        let Some(value) = entries.get("over") else { return Vec::new() };
        match value.get_ref() {
            DeValue::Array(list) if several => {
                list.iter().filter_map(|over| self.table("over", over)).collect()
            }
            _ => self.table("over", value).into_iter().collect(),
        }
    }

    fn relation(&mut self, value: &Spanned<DeValue>) -> Option<Spanned<Relation>> {
        let text = self.string("relation", value)?;
        let names = Relation::ALL.map(|r| r.to_string());
        self.one_of("relation", &text, &names.each_ref().map(String::as_str));
        let found = names.iter().position(|name| name == text.get_ref())?;
        Some(Spanned::new(text.span(), Relation::ALL[found]))
    }

    fn constants(&mut self, entries: &TomlEntries) -> BTreeMap<String, Spanned<f64>> {
        let Some(table) = entries.get("constants").and_then(|value| self.table("constants", value)) else {
            return BTreeMap::new();
        };
        table.iter().filter_map(|(key, _, value)| Some((key.to_owned(), self.finite(key, value)?))).collect()
    }

    fn positive(&mut self, key: &str, value: &Spanned<DeValue>) -> Option<Spanned<f64>> {
        let number = self.finite(key, value)?;
        if *number.get_ref() <= 0.0 {
            self.problems.add(value.span(), format!("`{key}` must be > 0, not {}", number.get_ref()));
            return None;
        }
        Some(number)
    }

    /// An axis or a quantity: one name, nothing around it.
    fn against(&mut self, value: &Spanned<DeValue>) -> Option<Spanned<Expression>> {
        let expression = self.expression("against", value)?;
        let text = expression.get_ref().to_string();
        let single = expression.get_ref().references();
        if single.len() == 1 && single[0].span.len() == text.trim().len() {
            return Some(expression);
        }
        self.problems.add(value.span(), "`against` must name one axis or one quantity");
        None
    }

    fn between(&mut self, value: &Spanned<DeValue>) -> Option<Spanned<[f64; 2]>> {
        let list = self.list("between", value)?;
        let ends: Vec<f64> =
            list.iter().filter_map(|x| Some(self.finite("between", x)?.into_inner())).collect();
        match ends[..] {
            [low, high] if low <= high => Some(Spanned::new(value.span(), [low, high])),
            _ => {
                self.problems.add(value.span(), "`between` must be two numbers, the smaller first");
                None
            }
        }
    }
}
