//! Paths into a JSON body, and templates of them: how a configuration points at a value.

use std::fmt;

use serde_json::Value;

use crate::alert::text::quote;

/// Longest path or template, in bytes.
const POINTER_MAX_BYTES: usize = 500;
/// Most steps of one path.
pub const STEPS_MAX: usize = 32;

/// A way to one value: `$.event.tags[0].name`, the same without `$.`, `$["odd.key"]`, or the JSON pointer
/// `/event/tags/0/name` (RFC 6901). `$` alone is the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// As it was written, for notes.
    text: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    /// An index of an array; of a JSON pointer it may be the key of an object as well.
    Index(usize),
    KeyOrIndex(String, usize),
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// A phrase that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Path, String> {
        if text.len() > POINTER_MAX_BYTES {
            return Err(format!("the path has {} bytes, the limit is {POINTER_MAX_BYTES}", text.len()));
        }
        let steps =
            if let Some(pointer) = text.strip_prefix('/') { pointer_steps(pointer)? } else { steps(text)? };
        if steps.len() > STEPS_MAX {
            return Err(format!(
                "the path {} has {} steps, the limit is {STEPS_MAX}",
                quote(text),
                steps.len()
            ));
        }
        Ok(Path { text: text.to_owned(), steps })
    }

    /// The value that the path leads to; a null counts as nothing.
    pub fn find<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.steps
            .iter()
            .try_fold(value, |value, step| match step {
                Step::Key(key) => value.get(key),
                Step::Index(i) => value.get(i),
                Step::KeyOrIndex(key, i) => value.get(key).or_else(|| value.get(i)),
            })
            .filter(|v| !v.is_null())
    }
}

fn pointer_steps(pointer: &str) -> Result<Vec<Step>, String> {
    pointer
        .split('/')
        .map(|part| {
            let mut tildes = part.split('~').skip(1);
            if !tildes.all(|rest| rest.starts_with(['0', '1'])) {
                return Err(format!(
                    "in the JSON pointer {} a `~` stands before neither 0 nor 1",
                    quote(pointer)
                ));
            }
            let key = part.replace("~1", "/").replace("~0", "~");
            Ok(match key.parse() {
                Ok(i) => Step::KeyOrIndex(key, i),
                Err(_) => Step::Key(key),
            })
        })
        .collect()
}

fn steps(text: &str) -> Result<Vec<Step>, String> {
    let fault = |why: &str| Err(format!("{why} in the path {}", quote(text)));
    let mut rest = match text.strip_prefix('$') {
        Some("") => return Ok(Vec::new()),
        Some(rest) if rest.starts_with(['.', '[']) => rest.strip_prefix('.').unwrap_or(rest),
        Some(_) => return fault("`$` is followed by neither `.` nor `[`"),
        None => text,
    };
    let mut steps = Vec::new();
    loop {
        if let Some(bracket) = rest.strip_prefix('[') {
            let (step, after) = match bracket.chars().next() {
                Some(mark @ ('"' | '\'')) => {
                    let inner = bracket.get(1..).unwrap_or_default();
                    let Some((key, after)) = inner.split_once(mark) else {
                        return fault("a quote is not closed");
                    };
                    let Some(after) = after.strip_prefix(']') else {
                        return fault("a bracket is not closed");
                    };
                    (Step::Key(key.to_owned()), after)
                }
                _ => {
                    let Some((index, after)) = bracket.split_once(']') else {
                        return fault("a bracket is not closed");
                    };
                    let Ok(index) = index.parse() else {
                        return fault(&format!(
                            "{} is no index (a key in brackets needs quotes)",
                            quote(index)
                        ));
                    };
                    (Step::Index(index), after)
                }
            };
            steps.push(step);
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (key, after) = rest.split_at(end);
            if key.is_empty() {
                return fault("a key is empty");
            }
            if key.contains([']', '*', '?', '$', '"', '\'']) {
                return fault(&format!("the key {} holds a mark that only quotes may hold", quote(key)));
            }
            steps.push(Step::Key(key.to_owned()));
            rest = after;
        }
        rest = match rest.chars().next() {
            None => return Ok(steps),
            Some('.') => rest.get(1..).unwrap_or_default(),
            Some('[') => rest,
            Some(_) => return fault("after a bracket comes neither `.` nor `[`"),
        };
    }
}

/// A path, or a text with paths in braces: `{$.host.name} is {/state}`. `{{` and `}}` are braces themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Template {
    Path(Path),
    Parts(Vec<Part>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Words(String),
    Path(Path),
}

impl Template {
    /// Reads a path, or with a brace in it a template.
    ///
    /// # Errors
    /// A phrase that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Template, String> {
        if !text.contains(['{', '}']) {
            return Path::parse(text).map(Template::Path);
        }
        if text.len() > POINTER_MAX_BYTES {
            return Err(format!("the template has {} bytes, the limit is {POINTER_MAX_BYTES}", text.len()));
        }
        split(text)?
            .into_iter()
            .map(|piece| match piece {
                Piece::Words(words) => Ok(Part::Words(words)),
                Piece::Hole(hole) => Path::parse(hole.trim()).map(Part::Path),
            })
            .collect::<Result<_, _>>()
            .map(Template::Parts)
    }

    /// The text, if anything of it was found. A hole that finds nothing is empty; a template of which no hole
    /// finds anything is nothing.
    pub fn fill(&self, find: impl Fn(&Path) -> Option<String>) -> Option<String> {
        match self {
            Template::Path(path) => find(path),
            Template::Parts(parts) => {
                let mut found = false;
                let mut out = String::new();
                for part in parts {
                    match part {
                        Part::Words(words) => out.push_str(words),
                        Part::Path(path) => {
                            if let Some(text) = find(path) {
                                found = true;
                                out.push_str(&text);
                            }
                        }
                    }
                }
                found.then_some(out)
            }
        }
    }
}

/// A piece of a text with holes in braces.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    Words(String),
    Hole(&'t str),
}

/// Splits a text at its braces; `{{` and `}}` stand for one brace.
pub(crate) fn split(text: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    let mut words = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        words.push_str(before);
        if let Some(after) = from.strip_prefix("{{") {
            words.push('{');
            rest = after;
        } else if let Some(after) = from.strip_prefix("}}") {
            words.push('}');
            rest = after;
        } else if let Some((hole, after)) = from.strip_prefix('{').and_then(|f| f.split_once('}')) {
            if !words.is_empty() {
                pieces.push(Piece::Words(std::mem::take(&mut words)));
            }
            pieces.push(Piece::Hole(hole));
            rest = after;
        } else {
            return Err(format!(
                "a brace of the template {} has no partner (`{{{{` is a brace itself)",
                quote(text)
            ));
        }
    }
    words.push_str(rest);
    if !words.is_empty() {
        pieces.push(Piece::Words(words));
    }
    Ok(pieces)
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&quote(&self.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn paths_lead_where_they_say() {
        let body = json!({"event": {"tags": [{"name": "a"}, {"name": "b"}], "odd.key": 1, "0": "zero", "no": null}, "a/b": 2});
        for (path, value) in [
            ("$.event.tags[1].name", json!("b")),
            ("event.tags[0].name", json!("a")),
            ("$.event[\"odd.key\"]", json!(1)),
            ("$['event']['odd.key']", json!(1)),
            ("/event/tags/1/name", json!("b")),
            ("/event/0", json!("zero")),
            ("/a~1b", json!(2)),
        ] {
            assert_eq!(Path::parse(path).unwrap().find(&body), Some(&value), "{path}");
        }
        for nothing in ["$.event.no", "$.event.tags[9]", "$.event.tags.name", "nope"] {
            assert_eq!(Path::parse(nothing).unwrap().find(&body), None, "{nothing}");
        }
        assert_eq!(Path::parse("$").unwrap().find(&body), Some(&body));
    }

    #[test]
    fn a_wrong_path_is_told_apart_from_a_right_one() {
        for wrong in [
            "", "$x", "$.", "a..b", "a[", "a[b]", "a[-1]", "a['b", "a['b'", "a[0]b", "a.*", "/a~2", ".a",
            "a]",
        ] {
            assert!(Path::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Path::parse(&"a.".repeat(40)).is_err());
    }

    #[test]
    fn a_template_joins_words_and_values() {
        let body = json!({"host": "db1", "state": "DOWN"});
        let fill = |text: &str| {
            Template::parse(text).unwrap().fill(|p| p.find(&body).and_then(|v| v.as_str()).map(str::to_owned))
        };
        assert_eq!(fill("{$.host} is {/state}"), Some("db1 is DOWN".into()));
        assert_eq!(fill("{{{host}}} {none}"), Some("{db1} ".into()));
        assert_eq!(fill("only {none}"), None);
        assert_eq!(fill("host"), Some("db1".into()));
        for wrong in ["{host", "host}", "{a[}", "{}"] {
            assert!(Template::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_path_or_refused_with_a_reason(text in "\\PC*|[$/]?[a-c.\\[\\]\"'0-9~{}/ä]{0,20}") {
            let body = json!({"a": [{"b": {"c": 1}}]});
            match Path::parse(&text) {
                Ok(path) => drop(path.find(&body)),
                Err(why) => prop_assert!(!why.is_empty()),
            }
            let _ = Template::parse(&text);
        }
    }
}
