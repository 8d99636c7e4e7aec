//! A body written out for people, a line for each of its values, so that nothing of it is lost.

use serde_json::Value;

/// The body, at most a little longer than so many bytes; what comes after is left out, and the list `without`.
///
/// A line says where it stands and what: `issue.tags.0: prod`. Texts stand as they are.
pub(super) fn written(body: &Value, without: &[Value], max_bytes: usize) -> String {
    let mut out = String::new();
    write(body, without, &mut String::new(), &mut out, max_bytes);
    out
}

fn write(value: &Value, without: &[Value], path: &mut String, out: &mut String, max_bytes: usize) {
    if out.len() > max_bytes {
        return;
    }
    let mut member = |key: &str, value: &Value| {
        let end = path.len();
        if end > 0 {
            path.push('.');
        }
        path.push_str(key);
        write(value, without, path, out, max_bytes);
        path.truncate(end);
    };
    match value {
        Value::Object(map) if !map.is_empty() => map.iter().for_each(|(key, value)| member(key, value)),
        Value::Array(list) if !list.is_empty() && std::ptr::eq(list.as_slice(), without) => {}
        Value::Array(list) if !list.is_empty() => {
            list.iter().enumerate().for_each(|(i, value)| member(&i.to_string(), value));
        }
        leaf => {
            if !out.is_empty() {
                out.push('\n');
            }
            if !path.is_empty() {
                out.push_str(path);
                out.push_str(": ");
            }
            match leaf {
                Value::String(text) => out.push_str(text),
                other => out.push_str(&other.to_string()),
            }
        }
    }
}

/// Most texts of a body that are looked for in others; where there are more, there is more to tell.
const TEXTS_MAX: usize = 1_000;

/// Whether a text of the body stands in none of these, neither as one of `told` nor within one of `texts`; a text of
/// blanks says nothing.
pub(super) fn holds_more(body: &Value, told: &[String], texts: &[&str]) -> bool {
    let mut left = TEXTS_MAX;
    more(body, told, texts, &mut left)
}

fn more(body: &Value, told: &[String], texts: &[&str], left: &mut usize) -> bool {
    match body {
        Value::String(_) if *left == 0 => true,
        Value::String(text) => {
            *left -= 1;
            let text = text.trim();
            !text.is_empty()
                && !told.iter().any(|told| told.trim() == text)
                && !texts.iter().any(|told| told.contains(text))
        }
        Value::Array(list) => list.iter().any(|value| more(value, told, texts, left)),
        Value::Object(map) => map.values().any(|value| more(value, told, texts, left)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
