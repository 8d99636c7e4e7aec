//! A JSON body read leniently: a null is as good as absent, a number or a bool where a text belongs is its text.

use serde_json::{Map, Value};

use super::Rejected;
use super::intake::{LABELS_MAX, body_text, is_content_type};

/// The JSON of a body. A form is an object of texts; if its field `payload` holds JSON, that is read in its place.
///
/// # Errors
/// Everything of [`body_text`], and what is not JSON or too deep.
pub(super) fn parse(sender: &str, body: &[u8], content_type: Option<&str>) -> Result<Value, Rejected> {
    let text = body_text(body)?;
    if is_content_type(content_type, "application/x-www-form-urlencoded") {
        return form(sender, text);
    }
    serde_json::from_str(text).map_err(|e| Rejected::from_json(sender, &e))
}

fn form(sender: &str, text: &str) -> Result<Value, Rejected> {
    let mut map = Map::new();
    for (name, value) in url::form_urlencoded::parse(text.trim().as_bytes()) {
        if name == "payload" && value.trim_start().starts_with(['{', '[']) {
            return serde_json::from_str(&value).map_err(|e| Rejected::from_json(sender, &e));
        }
        map.insert(name.into_owned(), Value::String(value.into_owned()));
    }
    Ok(Value::Object(map))
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
    }
}
