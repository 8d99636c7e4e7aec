//! The walk of the TOML document beside the [`Shape`]: reports every unknown key and every wrong type at its place,
//! not only the first, and notes where each setting was written.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::environment::variable;
use super::format::{Format, holds_credentials, nearest, shown};
use super::report::{Place, Report};
use super::shape::{Field, Shape};

/// Reads the document into `report`. False when it is no TOML, and there is nothing to look at further.
pub(super) fn read(text: &str, shape: &Shape, report: &mut Report<'_>) -> bool {
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        // Nobody knows what is a value in a broken document, so none is shown.
        blot_all_values(text, report);
        for error in errors {
            let what = error.message().lines().next().unwrap_or("this is not TOML").to_owned();
            let place = Place::File(error.span().unwrap_or(0..0));
            report.add(place, "", format!("not TOML: {what}"), "");
        }
        return false;
    }
    Walk { root: shape, report }.table("", document.get_ref(), shape);
    true
}

struct Walk<'w, 't> {
    root: &'w Shape,
    report: &'w mut Report<'t>,
}

type Node<'i> = Spanned<DeValue<'i>>;

impl Walk<'_, '_> {
    fn table(&mut self, path: &str, table: &DeTable<'_>, shape: &Shape) {
        for (key, value) in table {
            let name: &str = key.get_ref();
            let inner = join(path, name);
            match shape {
                Shape::Table(fields) => match fields.iter().find(|field| field.key == name) {
                    Some(field) if field.secret => self.secret(&inner, field, value),
                    Some(field) => self.value(&inner, value, &field.shape),
                    None => {
                        blot_leaves(value, self.report);
                        self.report.slip(path);
                        let here = if path.is_empty() { "" } else { " here" };
                        let what = format!("`{}` is not a setting{here}", cut(name));
                        let hint = self.meant(path, name, fields);
                        self.report.add(Place::File(key.span()), &cut(&inner), what, hint);
                    }
                },
                // Names of sections are ours; names of labels and words of a sender are the user's own.
                Shape::Named(each) if path != "hooks" || is_name(name) => self.value(&inner, value, each),
                Shape::Named(_) => {
                    blot_leaves(value, self.report);
                    let what = format!("`{}` cannot be a name here", cut(name));
                    let hint = "Use lower-case letters, digits, `-` and `_`, at most 64 of them.";
                    self.report.add(Place::File(key.span()), &cut(&inner), what, hint);
                }
                _ => {}
            }
        }
    }

    fn secret(&mut self, path: &str, field: &Field, value: &Node<'_>) {
        blot_leaves(value, self.report);
        self.report.written(path, Place::File(value.span()));
        let what = "a secret may not stand in this file";
        let hint = format!("Write it to a file and give `{}_file`, or set {}.", field.key, variable(path));
        self.report.at(path, what, hint);
    }

    fn value(&mut self, path: &str, value: &Node<'_>, shape: &Shape) {
        self.report.written(path, Place::File(value.span()));
        match (shape, value.get_ref()) {
            (Shape::Table(_) | Shape::Named(_), DeValue::Table(table)) => self.table(path, table, shape),
            (Shape::List(each), DeValue::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.value(&format!("{path}[{index}]"), item, each);
                }
            }
            (Shape::Text(format), DeValue::String(text)) => {
                // What stands where a file is named may be the secret itself, by mistake.
                let is_bare = *format == Format::SecretFile && !text.contains('/');
                if is_bare || holds_credentials(text) {
                    self.report.blot(value.span());
                }
                if let Err((what, hint)) = format.check(text) {
                    self.report.at(path, what, hint);
                }
            }
            (Shape::Choice(choices) | Shape::WordOrTable(choices, _), DeValue::String(text)) => {
                let words = || choices.iter().map(|choice| choice.word.as_str());
                if !words().any(|word| word == text) {
                    // What is the name of a table is no slip of the keyboard.
                    let near = nearest(text, words()).filter(|_| shape.step(text).is_none());
                    let hint = match near {
                        Some(word) => format!("Did you mean `{word}`?"),
                        None => format!("Write {}.", shape.wanted()),
                    };
                    self.report.at(path, format!("{} is none of the words for this", shown(text)), hint);
                }
            }
            (Shape::WordOrTable(_, fields), DeValue::Table(table)) => {
                if table.len() != 1 {
                    let what = format!("one thing is wanted here, and there are {}", table.len());
                    self.report.at(path, what, format!("Write {}.", shape.wanted()));
                }
                self.table(path, table, &Shape::Table(fields.clone()));
            }
            (Shape::Whole { min, max }, DeValue::Integer(number)) => {
                let whole = i64::from_str_radix(number.as_str(), number.radix());
                if !whole.is_ok_and(|whole| (*min..=*max).contains(&whole)) {
                    let what = format!("{} is out of bounds", shown(&number.to_string()));
                    self.report.at(path, what, format!("Write {}.", shape.wanted()));
                }
            }
            (Shape::Switch, DeValue::Boolean(_)) => {}
            (Shape::Anything, _) => self.anything(path, value),
            (_, got) => {
                blot_leaves(value, self.report);
                let what = format!("this wants {}, and has {}", shape.wanted(), kind(got));
                self.report.at(path, what, correction(path, shape, got));
            }
        }
    }

    /// Numbers that fit nowhere, within what another room reads.
    fn anything(&mut self, path: &str, value: &Node<'_>) {
        match value.get_ref() {
            DeValue::Integer(number) if i64::from_str_radix(number.as_str(), number.radix()).is_err() => {
                self.report.at(path, "the number is too large", "Write it as a text, in quotes.");
            }
            DeValue::Float(number) if !number.as_str().parse().is_ok_and(f64::is_finite) => {
                self.report.at(path, "this is not a finite number", "Write an ordinary number.");
            }
            DeValue::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.inside(&format!("{path}[{index}]"), item);
                }
            }
            DeValue::Table(table) => {
                for (key, item) in table {
                    self.inside(&join(path, &cut(key.get_ref())), item);
                }
            }
            _ => {}
        }
    }

    fn inside(&mut self, path: &str, value: &Node<'_>) {
        self.report.written(path, Place::File(value.span()));
        self.anything(path, value);
    }

    /// What the writer of an unknown key probably meant.
    fn meant(&self, path: &str, key: &str, fields: &[Field]) -> String {
        if let Some(near) = nearest(key, fields.iter().map(|field| field.key.as_str())) {
            return format!("Did you mean `{near}`?");
        }
        // Right name, wrong table.
        if let Shape::Table(sections) = self.root {
            let home = sections.iter().find(|section| {
                matches!(&section.shape, Shape::Table(_)) && section.shape.step(key).is_some()
            });
            if let Some(home) = home {
                return format!("`{key}` belongs to [{}].", home.key);
            }
        }
        let known: Vec<_> = fields.iter().map(|field| field.key.as_str()).collect();
        let here = if path.is_empty() { "The sections are" } else { "Known here are" };
        format!("{here} {}.", known.join(", "))
    }
}

/// A name that may follow `hooks.`: it becomes part of an address and of a variable.
pub(super) fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    !name.is_empty() && name.len() <= 64 && name.bytes().all(fits)
}

pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// A key as an error names it: whoever wrote it may have written a page.
pub(super) fn cut(key: &str) -> String {
    key.chars().filter(|c| !c.is_control()).take(80).collect()
}

/// What was written, in a word; a text is not repeated, since it may be a secret in the wrong place.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "`true` or `false`",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn correction(path: &str, shape: &Shape, got: &DeValue<'_>) -> String {
    match (shape, got) {
        (
            Shape::Text(_) | Shape::Choice(_),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_),
        ) => "Put it in quotes.".to_owned(),
        (Shape::Whole { .. }, DeValue::String(text)) if text.parse::<i64>().is_ok() => {
            "Leave out the quotes.".to_owned()
        }
        (Shape::Switch, DeValue::String(text)) if matches!(text.as_ref(), "true" | "false") => {
            "Leave out the quotes.".to_owned()
        }
        (Shape::List(item), DeValue::Table(_)) if matches!(**item, Shape::Table(_)) => {
            format!("Write `[[{path}]]` with two brackets: there may be several.")
        }
        (Shape::List(_), _) => "Put it in square brackets.".to_owned(),
        (Shape::Table(_), DeValue::Array(_)) => format!("Write `[{path}]` with one bracket: there is one."),
        _ => format!("Write {}.", shape.wanted()),
    }
}

fn blot_leaves(value: &Node<'_>, report: &mut Report<'_>) {
    match value.get_ref() {
        DeValue::Array(items) => items.iter().for_each(|item| blot_leaves(item, report)),
        DeValue::Table(table) => table.values().for_each(|item| blot_leaves(item, report)),
        _ => report.blot(value.span()),
    }
}

/// Leaves only headings, comments and what stands before an equals sign to be seen.
fn blot_all_values(text: &str, report: &mut Report<'_>) {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        let is_key =
            |part: &str| part.chars().all(|c| c.is_ascii_lowercase() || "0123456789_-. ".contains(c));
        let is_heading = bare.starts_with('[') && is_key(bare.trim_matches(['[', ']']));
        if !is_heading && !bare.starts_with('#') {
            let shown = match line.find('=') {
                Some(equals) if line.get(..equals).is_some_and(|key| is_key(key.trim())) => equals + 1,
                _ => 0,
            };
            report.blot(start + shown..start + line.trim_end().len().max(shown));
        }
        start += line.len();
    }
}
