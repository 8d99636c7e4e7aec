//! Loading: defaults, file and environment laid over each other, then held against the shape and the rules.

use std::io::Read;
use std::path::Path;

use config::{File, FileFormat};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::document::join;
use super::environment::variable;
use super::report::Report;
use super::shape::Shape;
use super::{Config, HookSender, Problem, alerts, check, document, environment, on_call, secrets};

/// The largest settings file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

impl Config {
    /// Loads the settings: the file at `path` over the defaults, `env` over the file. Without a file the defaults and
    /// the environment make it up. Reads the files of secrets as well.
    ///
    /// # Errors
    /// All that is wrong, in the order of the file, then of the environment. No secret is in it.
    pub fn load(
        path: Option<&Path>,
        env: impl Iterator<Item = (String, String)>,
    ) -> Result<Config, Vec<Problem>> {
        let name = path.map(|path| path.display().to_string()).unwrap_or_default();
        let text = match path.map(|path| read_file(path, "settings file")).transpose() {
            Ok(text) => text.unwrap_or_default(),
            Err((what, hint)) => {
                let mut report = Report::new(&name, "");
                report.at("", what, hint);
                return Err(report.finish());
            }
        };
        let base = path.and_then(Path::parent).unwrap_or(Path::new(""));
        from_text(&name, &text, base, env)
    }
}

/// `what` it is, for an error.
pub(super) fn read_file(path: &Path, what: &str) -> Result<String, (String, &'static str)> {
    let hint = match what {
        "settings file" => "Give the path of a TOML file, or none at all: every setting has a default.",
        _ => "Give the path of a TOML file.",
    };
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes))
        .map_err(|error| (format!("the {what} cannot be read: {error}"), hint))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err((format!("the {what} is larger than {FILE_BYTES_MAX} bytes"), hint));
    }
    String::from_utf8(bytes).map_err(|_| (format!("the {what} is not UTF-8 text"), hint))
}

fn from_text(
    name: &str,
    text: &str,
    base: &Path,
    env: impl Iterator<Item = (String, String)>,
) -> Result<Config, Vec<Problem>> {
    let shape = Shape::of_config();
    let mut report = Report::new(name, text);
    let is_toml = document::read(text, &shape, &mut report);
    let overrides = environment::read(env, &shape, &mut report);
    if !is_toml {
        return Err(report.finish());
    }
    let config = layered(text, overrides).and_then(|merged| {
        missing(&shape, &merged, "", &|key| format!("Add it, or set {}.", variable(key)), &mut report);
        sound_sections(merged, &report)
    });
    let mut elsewhere = Vec::new();
    match config {
        Ok(mut config) => {
            secrets::resolve(&mut config, base, &mut report);
            elsewhere = on_call::files::resolve(&mut config, name, base, &mut report);
            elsewhere.extend(alerts::resolve(&mut config, base, &mut report));
            find_playbooks(&mut config, (!name.is_empty()).then_some(base), &mut report);
            check::check(&config, &mut report);
            if report.is_clean() && elsewhere.is_empty() {
                return Ok(config);
            }
        }
        // The walk has told what is wrong; should it have missed something, this tells it without a place.
        Err(what) if report.is_clean() => report.at("", what, ""),
        Err(_) => {}
    }
    Err(report.finish().into_iter().chain(elsewhere).collect())
}

/// Where the playbooks are: the folder named, or the one beside the settings file, in the directory `beside`.
fn find_playbooks(config: &mut Config, beside: Option<&Path>, report: &mut Report<'_>) {
    const USUAL: &str = "playbooks";
    let base = beside.unwrap_or(Path::new(""));
    config.command.playbooks = match &config.command.playbooks {
        Some(named) => {
            let folder = base.join(named);
            if !folder.is_dir() {
                let what = format!("the folder {} cannot be read: there is none", folder.display());
                report.at("command.playbooks", what, "Make it, or take this away.");
            }
            Some(folder)
        }
        None => beside.map(|base| base.join(USUAL)).filter(|folder| folder.is_dir()),
    };
}

/// What a file says that nothing is laid over.
///
/// # Errors
/// It does not fit; the report may say why.
pub(super) fn whole<T: DeserializeOwned>(
    text: &str,
    shape: &Shape,
    report: &mut Report<'_>,
) -> Result<T, String> {
    let in_words = || "the parts of the file do not fit together".to_owned();
    let value: Value = toml::from_str(text).map_err(|_| in_words())?;
    missing(shape, &value, "", &|_| "Add it.".to_owned(), report);
    serde_json::from_value(value).map_err(|_| in_words())
}

/// Defaults, file, environment.
fn layered(text: &str, overrides: Vec<(String, config::Value)>) -> Result<Value, String> {
    // An error's text may quote the source, so it is not passed on.
    let in_words = |_: config::ConfigError| "the layers of the settings do not fit together".to_owned();
    let defaults = toml::to_string(&Config::default()).map_err(|error| error.to_string())?;
    let mut layers = config::Config::builder()
        .add_source(File::from_str(&defaults, FileFormat::Toml))
        .add_source(File::from_str(text, FileFormat::Toml));
    for (key, value) in overrides {
        layers = layers.set_override(key, value).map_err(in_words)?;
    }
    let mut merged = layers.build().and_then(config::Config::try_deserialize).map_err(in_words)?;
    name_senders(&mut merged);
    Ok(merged)
}

/// A hook that is named after a sender is that sender's.
fn name_senders(merged: &mut Value) {
    let hooks = merged.get_mut("hooks").and_then(Value::as_object_mut);
    for (name, hook) in hooks.into_iter().flatten() {
        if let (Some(sender), Some(hook)) = (HookSender::named(name), hook.as_object_mut()) {
            hook.entry("sender").or_insert_with(|| sender.name().into());
        }
    }
}

/// Reports every required setting that no layer has; `hint` says how one may be given.
fn missing(shape: &Shape, value: &Value, path: &str, hint: &dyn Fn(&str) -> String, report: &mut Report<'_>) {
    match (shape, value) {
        (Shape::Table(fields), Value::Object(table)) => {
            for field in fields {
                let key = join(path, &field.key);
                match table.get(&field.key) {
                    Some(value) if !value.is_null() => missing(&field.shape, value, &key, hint, report),
                    _ if field.required && !report.has_slip(path) => {
                        let hint = format!("{} It is: {}", hint(&key), field.doc);
                        report.at(&key, format!("`{}` is missing", field.key), hint);
                    }
                    _ => {}
                }
            }
        }
        (Shape::WordOrTable(_, fields), Value::Object(table)) => {
            for field in fields {
                if let Some(value) = table.get(&field.key) {
                    missing(&field.shape, value, &join(path, &field.key), hint, report);
                }
            }
        }
        (Shape::Named(each), Value::Object(table)) => {
            for (name, value) in table {
                missing(each, value, &join(path, name), hint, report);
            }
        }
        (Shape::List(each), Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                let key = format!("{path}[{index}]");
                if item.is_null() {
                    let hint = "Lists are counted from 0, without gaps.";
                    report.at(&key, "this place in the list is empty", hint);
                } else {
                    missing(each, item, &key, hint, report);
                }
            }
        }
        _ => {}
    }
}

/// The settings of the sections that have no mistake, the others as by default, so that one look finds most mistakes.
fn sound_sections(mut merged: Value, report: &Report<'_>) -> Result<Config, String> {
    if let Value::Object(sections) = &mut merged {
        for section in report.spoilt() {
            sections.remove(section);
        }
    }
    // serde's message may hold a value, so it is not passed on.
    serde_json::from_value(merged).map_err(|_| "the settings do not fit together".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::example_toml;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_file_however_damaged_brings_the_program_down(
            cuts in prop::collection::vec((any::<prop::sample::Index>(), 0..40_usize, "[\\[\\]{}=\",.#é\n\ta5-]{0,6}"), 1..6),
            is_bare in any::<bool>(),
        ) {
            // Without its `#` the example has every section.
            let mut text = if is_bare { example_toml().replace("\n#", "\n") } else { example_toml() };
            for (at, length, put) in cuts {
                let places: Vec<usize> = text.char_indices().map(|(place, _)| place).collect();
                let from = at.index(places.len());
                let to = (from + length).min(places.len() - 1);
                text.replace_range(places[from]..places[to], &put);
            }
            if let Err(problems) = from_text("t.toml", &text, Path::new("/nowhere"), std::iter::empty()) {
                prop_assert!(!problems.is_empty());
                for problem in problems {
                    prop_assert!(problem.line <= text.lines().count() + 1);
                    prop_assert!(problem.render().contains(&problem.what));
                }
            }
        }
    }
}
