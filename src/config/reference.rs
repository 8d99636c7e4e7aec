//! The reference of all settings and an example file, both made of the code.

use serde_json::Value;

use super::document::join;
use super::environment::variable;
use super::shape::{Choice, Field, Shape};

const INTRODUCTION: &str = "\
# Settings

Every setting has a default or belongs to a section that is off, so no file is needed to start. A file is TOML;
environment variables lie over it. The variable of a setting is its path in capitals, with `__` between the steps:
`http.listen` is `COMMANDPOST_HTTP__LISTEN`, and the first `[[auth.token]]`'s token is
`COMMANDPOST_AUTH__TOKEN__0__TOKEN`. A list of texts is written with commas.

A **secret** never stands in the file. It is given by a file of its own (`token_file`; one line break at its end is
dropped, a relative path is seen from the directory of the settings file) or by its variable, not both. Empty secrets
and examples are refused at the start, as are tokens of our own with less than 16 characters.

A setting that is not known, a wrong type, a name that means nothing: each is told with file, line and column, all of
them at once, and the program does not start.
";

/// The reference of every setting as Markdown, sections in the order of the code.
pub fn reference() -> String {
    let mut page = INTRODUCTION.to_owned();
    sections("", &Shape::of_config(), &mut page);
    page
}

fn sections(path: &str, shape: &Shape, page: &mut String) {
    let Shape::Table(fields) = shape else { return };
    for field in fields {
        let path = join(path, &field.key);
        let (heading, inner, path) = match &field.shape {
            Shape::Table(_) => (format!("[{path}]"), &field.shape, path),
            Shape::List(each) if matches!(**each, Shape::Table(_)) => {
                (format!("[[{path}]]"), &**each, format!("{path}.N"))
            }
            Shape::Named(each) if !matches!(**each, Shape::Table(_)) => (format!("[{path}]"), &**each, path),
            Shape::Named(each) => (format!("[{path}.NAME]"), &**each, format!("{path}.NAME")),
            _ => continue,
        };
        page.push_str(&format!("\n## `{heading}`\n\n{}\n", field.doc));
        let Shape::Table(settings) = inner else { continue };
        let rows: String =
            settings.iter().filter(|setting| !is_section(&setting.shape)).map(|s| row(&path, s)).collect();
        if !rows.is_empty() {
            page.push_str("\n| setting | type | default | meaning |\n|---|---|---|---|\n");
            page.push_str(&rows);
        }
        sections(&path, inner, page);
    }
}

fn is_section(shape: &Shape) -> bool {
    match shape {
        Shape::Table(_) | Shape::Named(_) => true,
        Shape::List(each) => matches!(**each, Shape::Table(_)),
        _ => false,
    }
}

fn row(path: &str, field: &Field) -> String {
    let default = match (&field.default, field.required) {
        (Some(value), _) => format!("`{value}`"),
        (None, true) => "required".to_owned(),
        (None, false) => String::new(),
    };
    let mut meaning = field.doc.clone();
    if let Shape::Choice(choices) = &field.shape {
        let words: Vec<_> = choices
            .iter()
            .map(|Choice { word, doc }| match doc {
                doc if doc.is_empty() || *doc == field.doc => format!("`{word}`"),
                doc => format!("`{word}`: {doc}"),
            })
            .collect();
        meaning.push_str(&format!(" {}.", words.join("; ")));
    }
    if field.secret {
        let name = variable(&join(path, &field.key));
        meaning.push_str(&format!(" **Secret**: give `{}_file` or `{name}`.", field.key));
    }
    format!("| `{}` | {} | {default} | {} |\n", field.key, kind(&field.shape), meaning.replace('|', "\\|"))
}

fn kind(shape: &Shape) -> String {
    match shape {
        Shape::Text(format) => format.word().to_owned(),
        Shape::Choice(_) => "word".to_owned(),
        Shape::WordOrTable(..) => "word or table".to_owned(),
        Shape::Whole { min, max } => format!("{min} to {max}"),
        Shape::Switch => "`true`, `false`".to_owned(),
        Shape::List(each) => match &**each {
            Shape::Text(format) => format!("list of {}", format.word()),
            _ => "list".to_owned(),
        },
        Shape::Anything => "table".to_owned(),
        Shape::Table(_) | Shape::Named(_) => "section".to_owned(),
    }
}

/// An example file: every default as it is, everything else as a comment to take the `#` from.
pub fn example_toml() -> String {
    let mut file = "\
# Settings of commandpost. What is written here is what holds without it.
# A line that starts with # and no space is a setting: take the # away to use it.
"
    .to_owned();
    let Shape::Table(sections) = Shape::of_config() else { return file };
    let defaults = serde_json::to_value(super::Config::default()).unwrap_or_default();
    for section in &sections {
        example("", section, defaults.get(&section.key), &mut file);
    }
    file
}

/// One section. `value` is what it holds by default; without one the whole section is a comment.
fn example(path: &str, field: &Field, value: Option<&Value>, file: &mut String) {
    let path = join(path, &field.key);
    let is_on = value.is_some();
    let section = |heading, doc| Section { heading, path: path.clone(), doc, is_on };
    match &field.shape {
        Shape::Table(fields) => section(format!("[{path}]"), &*field.doc).write(fields, value, file),
        Shape::List(each) => {
            if let Shape::Table(fields) = &**each {
                let section = Section { is_on: false, ..section(format!("[[{path}]]"), &*field.doc) };
                section.write(fields, None, file);
            }
        }
        Shape::Named(each) => {
            let (Shape::Table(fields), Some(Value::Object(named))) = (&**each, value) else { return };
            for (index, (name, value)) in named.iter().enumerate() {
                // Off: whoever writes one of these wants it served, and must then give it a token.
                let doc = if index == 0 { field.doc.as_str() } else { "" };
                let path = join(&path, name);
                Section { heading: format!("[{path}]"), path, doc, is_on: false }.write(
                    fields,
                    Some(value),
                    file,
                );
            }
        }
        _ => {}
    }
}

struct Section<'d> {
    heading: String,
    path: String,
    doc: &'d str,
    /// Whether it is written out, or as a comment.
    is_on: bool,
}

impl Section<'_> {
    fn write(&self, fields: &[Field], value: Option<&Value>, file: &mut String) {
        let has_settings = fields.iter().any(|field| !is_section(&field.shape));
        if has_settings {
            file.push('\n');
            comment(self.doc, file);
            file.push_str(&format!("{}{}\n", if self.is_on { "" } else { "#" }, self.heading));
        }
        for field in fields.iter().filter(|field| !is_section(&field.shape) && !field.secret) {
            let given = value.and_then(|section| section.get(&field.key)).filter(|value| !value.is_null());
            let Some(shown) =
                given.or(field.default.as_ref().filter(|value| !value.is_null())).or(field.example.as_ref())
            else {
                continue;
            };
            comment(&field.doc, file);
            // A list that others write as `[[sections]]` may not be there as an empty one as well.
            let is_plain = !matches!(&field.shape, Shape::List(each) if matches!(**each, Shape::Anything));
            let off = if self.is_on && is_plain && given.is_some() { "" } else { "#" };
            file.push_str(&format!("{off}{} = {shown}\n", field.key));
        }
        for field in fields.iter().filter(|field| is_section(&field.shape)) {
            example(&self.path, field, value.and_then(|section| section.get(&field.key)), file);
        }
    }
}

fn comment(doc: &str, file: &mut String) {
    let mut line = String::new();
    for word in doc.split_whitespace() {
        if !line.is_empty() && line.len() + word.len() > 96 {
            file.push_str(&format!("# {line}\n"));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        file.push_str(&format!("# {line}\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::golden;

    #[test]
    fn the_committed_reference_is_that_of_the_code() {
        golden("configuration.md", &reference());
    }

    #[test]
    fn the_committed_example_is_that_of_the_code() {
        golden("commandpost.example.toml", &example_toml());
    }
}
