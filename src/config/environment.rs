//! The environment's layer: `COMMANDPOST_HTTP__LISTEN` is `http.listen`, `COMMANDPOST_AUTH__TOKEN__0__TOKEN` the
//! token of the first `[[auth.token]]`. Variables without `__` are other things than settings.

use config::{Value, ValueKind};

use super::document::{cut, is_name, join};
use super::format::{nearest, shown};
use super::report::{Place, Report};
use super::shape::Shape;

const PREFIX: &str = "COMMANDPOST_";
const STEP: &str = "__";
/// The highest place in a list that a variable may name: each place below it is made.
const INDEX_MAX: usize = 999;

/// The variable that sets `key`: `auth.token[0].token` is `COMMANDPOST_AUTH__TOKEN__0__TOKEN`.
pub(super) fn variable(key: &str) -> String {
    let steps = key.replace('[', ".").replace(']', "").replace('.', STEP);
    format!("{PREFIX}{}", steps.to_uppercase())
}

/// Reads what the environment sets: pairs of a key and its value, in the order of the keys.
pub(super) fn read(
    environment: impl Iterator<Item = (String, String)>,
    shape: &Shape,
    report: &mut Report<'_>,
) -> Vec<(String, Value)> {
    let mut variables: Vec<_> = environment
        .filter(|(name, _)| name.strip_prefix(PREFIX).is_some_and(|rest| rest.contains(STEP)))
        .collect();
    variables.sort();
    let mut settings = Vec::new();
    for (name, text) in variables {
        let steps = name.get(PREFIX.len()..).unwrap_or_default().to_lowercase();
        match find(&steps, shape) {
            Err(Unknown { key, what, hint }) => {
                report.add(Place::Variable(cut(&name)), &key, what, hint);
            }
            Ok((key, shape)) => {
                report.written(&key, Place::Variable(name.clone()));
                match value(&name, &text, shape) {
                    Ok(kind) => settings.push((key, Value::new(None, kind))),
                    Err((what, hint)) => report.at(&key, what, hint),
                }
            }
        }
    }
    settings
}

struct Unknown {
    /// As far as it was understood.
    key: String,
    what: String,
    hint: String,
}

/// The setting that `auth__token__0__token` means, and its shape.
fn find<'s>(steps: &str, root: &'s Shape) -> Result<(String, &'s Shape), Unknown> {
    let (mut key, mut shape) = (String::new(), root);
    let mut rest = steps.split(STEP);
    while let Some(step) = rest.next() {
        let unknown = |hint: String| Unknown {
            key: key.clone(),
            what: "this variable is not a setting".to_owned(),
            hint,
        };
        let next = match shape {
            Shape::Table(fields) => {
                let Some(field) = fields.iter().find(|field| field.key == step) else {
                    let hint = match nearest(step, fields.iter().map(|field| field.key.as_str())) {
                        Some(near) => {
                            let meant = rest.fold(join(&key, near), |key, step| join(&key, &cut(step)));
                            format!("Did you mean {}?", variable(&meant))
                        }
                        None => "Unset it, or look its name up in the reference.".to_owned(),
                    };
                    return Err(unknown(hint));
                };
                (join(&key, step), &field.shape)
            }
            Shape::Named(each) if is_name(step) => (join(&key, step), &**each),
            Shape::List(each) if !matches!(**each, Shape::Text(_)) => match step.parse::<usize>() {
                Ok(index) if index <= INDEX_MAX => (format!("{key}[{index}]"), &**each),
                _ => {
                    return Err(unknown(format!(
                        "After {} comes a place in the list, from 0.",
                        variable(&key)
                    )));
                }
            },
            _ => return Err(unknown(format!("{} has nothing inside.", variable(&key)))),
        };
        (key, shape) = next;
    }
    Ok((key, shape))
}

fn value(name: &str, text: &str, shape: &Shape) -> Result<ValueKind, (String, String)> {
    let write = || format!("Write {}.", shape.wanted());
    match shape {
        Shape::Text(format) => {
            format.check(text)?;
            Ok(ValueKind::String(text.to_owned()))
        }
        Shape::Choice(choices) => {
            let words = || choices.iter().map(|choice| choice.word.as_str());
            if words().any(|word| word == text) {
                return Ok(ValueKind::String(text.to_owned()));
            }
            let hint = nearest(text, words()).map_or_else(write, |near| format!("Did you mean `{near}`?"));
            Err((format!("{} is none of the words for this", shown(text)), hint))
        }
        Shape::Whole { min, max } => match text.parse::<i64>() {
            Ok(whole) if (*min..=*max).contains(&whole) => Ok(ValueKind::I64(whole)),
            Ok(_) => Err((format!("{} is out of bounds", shown(text)), write())),
            Err(_) => Err((format!("{} is not a whole number", shown(text)), write())),
        },
        Shape::Switch => match text {
            "true" => Ok(ValueKind::Boolean(true)),
            "false" => Ok(ValueKind::Boolean(false)),
            _ => Err((format!("{} is neither `true` nor `false`", shown(text)), write())),
        },
        Shape::List(each) if matches!(**each, Shape::Text(_)) => {
            let items: Result<Vec<Value>, _> = text
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(|item| value(name, item, each).map(|kind| Value::new(None, kind)))
                .collect();
            items.map(ValueKind::Array)
        }
        Shape::Anything | Shape::WordOrTable(..) => {
            let json: Result<Value, _> = serde_json::from_str(text);
            json.map(|value| value.kind).map_err(|_| {
                ("this is not JSON".to_owned(), "Write one JSON value; a text in double quotes.".to_owned())
            })
        }
        Shape::Table(fields) => {
            let first = fields.first().map(|field| field.key.to_uppercase()).unwrap_or_default();
            let what = "this variable names a section, not a setting".to_owned();
            Err((what, format!("Set what is in it, such as {name}{STEP}{first}.")))
        }
        Shape::Named(_) | Shape::List(_) => {
            let what = "this variable names several sections, not a setting".to_owned();
            Err((what, "Set what is in them, each by a variable of its own.".to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_and_its_variable_are_one_another() {
        let shape = Shape::of_config();
        for key in ["http.listen", "auth.token[0].token", "severity.sev1.public_minutes", "hooks.prod.token"]
        {
            let name = variable(key);
            let steps = name.strip_prefix(PREFIX).expect("our prefix").to_lowercase();
            let found = find(&steps, &shape).map(|(key, _)| key).ok();
            assert_eq!(found.as_deref(), Some(key), "{name}");
        }
    }
}
