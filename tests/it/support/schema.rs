//! Schemas of OpenAPI 3.0 in the words of JSON Schema 2020-12.

use serde_json::{Map, Value, json};

/// Which way a body goes: `readOnly` and `writeOnly` properties are not required the other way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Request,
    Answer,
}

/// A schema of OpenAPI 3.0 in the words of JSON Schema 2020-12; one of 3.1 comes out as it was.
pub fn modern(schema: &Value, way: Way) -> Value {
    let Value::Object(map) = schema else {
        return match schema {
            Value::Array(list) => list.iter().map(|s| modern(s, way)).collect(),
            other => other.clone(),
        };
    };
    let mut out = Map::new();
    for (key, value) in map {
        let plain = matches!(key.as_str(), "enum" | "const" | "default" | "example" | "examples");
        // A property may bear any of these names; its schema is an object then.
        let keep = plain && !(value.is_object() && key != "default" && key != "example" && key != "const");
        out.insert(key.clone(), if keep { value.clone() } else { modern(value, way) });
    }
    for (bound, limit) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        match out.get(bound) {
            Some(Value::Bool(true)) => {
                if let Some(value) = out.remove(limit) {
                    out.insert(bound.to_owned(), value);
                }
            }
            Some(Value::Bool(false)) => {
                out.remove(bound);
            }
            _ => {}
        }
    }
    let other_way = if way == Way::Request { "readOnly" } else { "writeOnly" };
    if let (Some(Value::Array(required)), Some(Value::Object(properties))) =
        (map.get("required"), map.get("properties"))
    {
        let kept = required
            .iter()
            .filter(|r| r.as_str().and_then(|r| properties.get(r)).is_none_or(|p| p[other_way] != true));
        out.insert("required".to_owned(), kept.cloned().collect());
    }
    if out.remove("nullable") == Some(Value::Bool(true)) {
        return json!({"anyOf": [out, {"type": "null"}]});
    }
    if let Some(nullable) = map.get("nullable").filter(|n| n.is_object()) {
        out.insert("nullable".to_owned(), modern(nullable, way));
    }
    Value::Object(out)
}
