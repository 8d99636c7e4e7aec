//! A JSON body read leniently: a null is as good as absent, a number or a bool where a text belongs is its text.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::Rejected;
use super::intake::{LABELS_MAX, body_text, is_content_type};

/// Fields of a form in which some programs send the JSON that it is about.
const JSON_FIELDS: [&str; 2] = ["payload", "data"];

/// The JSON of a body. What begins as JSON does is JSON, whatever the content type says: `curl -d` calls all a form. A form
/// is an object of texts; if its field `payload` or `data` holds JSON, that is read in its place.
///
/// # Errors
/// Everything of [`body_text`], and what is not JSON or too deep.
pub(super) fn parse(sender: &str, body: &[u8], content_type: Option<&str>) -> Result<Value, Rejected> {
    let text = body_text(body)?;
    if is_json(text) {
        return serde_json::from_str(text).map_err(|e| Rejected::from_json(sender, &e));
    }
    if is_content_type(content_type, "application/x-www-form-urlencoded") {
        return form(sender, url::form_urlencoded::parse(text.trim().as_bytes()));
    }
    if let Some(mark) = boundary(content_type) {
        let fields: Vec<_> = parts(text, &mark).collect();
        if !fields.is_empty() {
            return form(sender, fields.into_iter());
        }
    }
    serde_json::from_str(text).map_err(|e| Rejected::from_json(sender, &e))
}

fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

fn form<'t>(
    sender: &str,
    fields: impl Iterator<Item = (Cow<'t, str>, Cow<'t, str>)>,
) -> Result<Value, Rejected> {
    let mut map = Map::new();
    for (name, value) in fields {
        if JSON_FIELDS.contains(&name.as_ref()) && is_json(&value) {
            match serde_json::from_str(&value) {
                // `[FIRING] the disk is full`.
                Err(_) if value.trim_start().starts_with('[') => {}
                read => return read.map_err(|e| Rejected::from_json(sender, &e)),
            }
        }
        map.insert(name.into_owned(), Value::String(value.into_owned()));
    }
    Ok(Value::Object(map))
}

/// What stands between the parts of a form in several parts, if it is one (RFC 7578).
fn boundary(content_type: Option<&str>) -> Option<String> {
    if !is_content_type(content_type, "multipart/form-data") {
        return None;
    }
    let mark = parameter(content_type?, "boundary")?;
    (!mark.is_empty()).then(|| format!("--{mark}"))
}

/// The fields of a form in several parts, without its files.
fn parts<'t>(text: &'t str, mark: &str) -> impl Iterator<Item = (Cow<'t, str>, Cow<'t, str>)> {
    text.split(mark).filter_map(|part| {
        let part = part.strip_prefix("\r\n").or_else(|| part.strip_prefix('\n'))?;
        let (head, value) = part.split_once("\r\n\r\n").or_else(|| part.split_once("\n\n"))?;
        let disposition = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
        })?;
        let name = parameter(disposition, "name")?;
        let value = value.strip_suffix("\r\n").or_else(|| value.strip_suffix('\n')).unwrap_or(value);
        parameter(disposition, "filename")
            .is_none()
            .then(|| (Cow::Owned(name.to_owned()), Cow::Borrowed(value)))
    })
}

/// A parameter of a header's value: `form-data; name="payload"`.
fn parameter<'t>(value: &'t str, wanted: &str) -> Option<&'t str> {
    value.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().trim_matches('"'))
    })
}

/// A text, number or bool as text; of a list, its texts with commas between. An object is no text.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(bool) => Some(bool.to_string()),
        Value::Array(list) => {
            let texts: Vec<String> =
                list.iter().filter(|v| !v.is_array()).filter_map(text_of).take(LABELS_MAX).collect();
            (!texts.is_empty()).then(|| texts.join(", "))
        }
        Value::Null | Value::Object(_) => None,
    }
}

/// A place in a body, where something stands or nothing does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'v>(Option<&'v Value>);

impl<'v> Node<'v> {
    pub fn of(value: &'v Value) -> Self {
        Node(Some(value).filter(|v| !v.is_null()))
    }

    /// What stands under a key, dots and all; in a list, under a number.
    pub fn key(self, key: &str) -> Node<'v> {
        let found = match self.0 {
            Some(Value::Object(map)) => map.get(key),
            Some(Value::Array(list)) => key.parse::<usize>().ok().and_then(|at| list.get(at)),
            _ => None,
        };
        Node(found.filter(|v| !v.is_null()))
    }

    /// What stands at the end of keys with dots between: `alert.labels.host`.
    pub fn at(self, path: &str) -> Node<'v> {
        path.split('.').fold(self, Node::key)
    }

    /// The first of these places where something stands.
    pub fn either(self, paths: &[&str]) -> Node<'v> {
        paths.iter().map(|path| self.at(path)).find(|node| node.is_there()).unwrap_or(Node(None))
    }

    pub fn is_there(self) -> bool {
        self.0.is_some()
    }

    pub fn is_list(self) -> bool {
        matches!(self.0, Some(Value::Array(_)))
    }

    pub fn is_true(self) -> bool {
        matches!(self.text().to_lowercase().as_str(), "true" | "1" | "yes")
    }

    /// The text at this place, without blanks around it; empty if there is none.
    pub fn text(self) -> String {
        self.0.and_then(text_of).map(|text| text.trim().to_owned()).unwrap_or_default()
    }

    /// The same, and what no text can be is written as JSON: an object, a list that holds other than texts.
    pub fn whole(self) -> String {
        match self.0 {
            Some(Value::Object(map)) if map.is_empty() => String::new(),
            Some(value @ Value::Object(_)) => value.to_string(),
            Some(value @ Value::Array(list)) if list.iter().any(|one| one.is_object() || one.is_array()) => {
                value.to_string()
            }
            _ => self.text(),
        }
    }

    /// The text at a path.
    pub fn get(self, path: &str) -> String {
        self.at(path).text()
    }

    /// The first text that is not empty.
    pub fn first(self, paths: &[&str]) -> String {
        paths.iter().map(|path| self.get(path)).find(|text| !text.is_empty()).unwrap_or_default()
    }

    /// The members of a list; whatever else stands here is a list of one.
    pub fn list(self) -> impl Iterator<Item = Node<'v>> {
        let list = match self.0 {
            Some(Value::Array(list)) => list.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        list.iter().map(Node::of)
    }

    /// The members of an object that are texts.
    pub fn pairs(self) -> Vec<(String, String)> {
        let Some(Value::Object(map)) = self.0 else { return Vec::new() };
        map.iter().filter_map(|(name, value)| Some((name.clone(), text_of(value)?))).collect()
    }

    /// The members of an object by their names.
    pub fn members(self) -> impl Iterator<Item = (&'v str, Node<'v>)> {
        let map = self.0.and_then(Value::as_object);
        map.into_iter().flatten().map(|(name, value)| (name.as_str(), Node::of(value)))
    }

    /// JSON that stands here as a text, as some senders wrap it.
    pub fn unwrapped(self) -> Option<Value> {
        let text = self.0?.as_str()?;
        text.trim_start().starts_with('{').then(|| serde_json::from_str(text).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_begins_as_json_is_json_whatever_the_content_type_says() {
        let form = Some("application/x-www-form-urlencoded");
        for body in [&br#"{"a": "b=c&d"}"#[..], b"\xef\xbb\xbf \n[{}]"] {
            assert_eq!(parse("x", body, form), parse("x", body, Some("application/json")));
            assert!(parse("x", body, form).is_ok());
        }
        assert_eq!(parse("x", b"a=%7B&b=c", form), Ok(json!({"a": "{", "b": "c"})));
        assert!(parse("x", b"{\"a\": ", form).is_err());
    }

    #[test]
    fn a_field_that_holds_json_is_read_in_place_of_its_form() {
        let form = Some("application/x-www-form-urlencoded");
        for field in ["payload", "data"] {
            let body = format!("token=x&{field}=%7B%22a%22%3A1%7D");
            assert_eq!(parse("x", body.as_bytes(), form), Ok(json!({"a": 1})), "{field}");
        }
        assert_eq!(parse("x", b"data=%5BFIRING%5D+x", form), Ok(json!({"data": "[FIRING] x"})));
        let several = Some("multipart/form-data; boundary=\"--x y\"");
        let body = "----x y\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nz\r\n----x y\r\n\
            content-disposition: form-data; name=\"data\"\r\nContent-Type: text/plain\r\n\r\n{\"a\": 1}\r\n----x y--\r\n";
        assert_eq!(parse("x", body.as_bytes(), several), Ok(json!({"a": 1})));
        let texts = body.replace("{\"a\": 1}", "two\r\nlines");
        assert_eq!(parse("x", texts.as_bytes(), several), Ok(json!({"data": "two\r\nlines"})));
        for broken in ["----x y\r\nContent-Disposition: form-data", "----x y", "-", "no part at all"] {
            assert!(parse("x", broken.as_bytes(), several).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_null_is_absent_and_a_number_is_its_text() {
        let body =
            json!({"a": {"b": null, "c": 7, "d": true, "e": [1, "x"]}, "f": [{"g": " h "}], "k.l": "m"});
        let body = Node::of(&body);
        assert!(!body.at("a.b").is_there() && !body.at("a.b.c").is_there());
        assert_eq!(body.get("a.c"), "7");
        assert!(body.at("a.d").is_true());
        assert_eq!(body.get("a.e"), "1, x");
        assert_eq!(body.get("f.0.g"), "h");
        assert_eq!(body.key("k.l").text(), "m");
        assert_eq!(body.get("a"), "");
        assert_eq!(body.first(&["a.b", "a.c"]), "7");
        assert_eq!(body.at("a").pairs().len(), 3);
        assert_eq!((body.at("a.c").whole(), body.at("f").whole()), ("7".into(), r#"[{"g":" h "}]"#.into()));
    }
}
