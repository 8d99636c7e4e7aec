//! One event of every name, for tests: found out from the reader of events itself, so that none is forgotten.

use serde_json::{Value, json};

use super::Event;

/// The stored names that the reader knows.
pub fn names() -> Vec<String> {
    let why = read(json!({"type": "?"})).unwrap_err();
    why.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

/// An event of this name, with what its fields cannot do without.
pub fn event(name: &str) -> Event {
    let mut stored = json!({"type": name});
    loop {
        let why = match read(stored.clone()) {
            Ok(event) => return event,
            Err(why) => why,
        };
        let field = missing(&why).unwrap_or_else(|| panic!("{name}: {why}")).to_owned();
        let fits = |value: &Value| {
            let mut with = stored.clone();
            with[&field] = value.clone();
            read(with).err().is_none_or(|why| missing(&why).is_some())
        };
        let value = values().into_iter().find(fits);
        stored[&field] = value.unwrap_or_else(|| panic!("{name}: nothing fits {field}"));
    }
}

fn read(stored: Value) -> Result<Event, String> {
    serde_json::from_value(stored).map_err(|why| why.to_string())
}

fn missing(why: &str) -> Option<&str> {
    why.strip_prefix("missing field `")?.split('`').next()
}

/// What fields take, in turn: a word of each kind, numbers, and one thing that is a person and a draft.
fn values() -> Vec<Value> {
    let words = [
        "words",
        "real",
        "sev1",
        "investigating",
        "commander",
        "began",
        "2026-01-02T03:00:00Z",
        "INC-2",
        "pio",
    ];
    let thing = json!({
        "id": "ada", "name": "Ada", "title": "words", "phase": "investigating", "impact": "major", "text": "words"
    });
    words.iter().map(|word| json!(word)).chain([json!(1), json!(true), json!([]), thing]).collect()
}

#[test]
fn the_name_of_every_event_is_the_one_it_is_stored_under() {
    let names = names();
    assert!(names.len() > 90 && names.iter().any(|name| name == "drill.endex"), "{names:?}");
    for name in names {
        let event = event(&name);
        assert_eq!(event.name(), name);
        assert_eq!(serde_json::to_value(&event).unwrap()["type"], json!(name));
    }
}
