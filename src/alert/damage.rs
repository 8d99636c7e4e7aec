//! Damage that can be done to a body of a sender, for tests.

use serde_json::Value;

/// The body again and again: each of its values, and it as a whole, replaced by each of these.
pub fn damaged(body: &Value, strange: &[Value]) -> Vec<Value> {
    let mut at = Vec::new();
    places(body, "", &mut at);
    let with = |place: &String, value: &Value| {
        let mut damaged = body.clone();
        damaged.pointer_mut(place).unwrap().clone_from(value);
        damaged
    };
    at.iter().flat_map(|place| strange.iter().map(move |value| with(place, value))).collect()
}

/// Every place in a JSON value, as pointers.
fn places(value: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    match value {
        Value::Object(map) => map.iter().for_each(|(k, v)| places(v, &format!("{at}/{k}"), out)),
        Value::Array(list) => list.iter().enumerate().for_each(|(i, v)| places(v, &format!("{at}/{i}"), out)),
        _ => {}
    }
}
