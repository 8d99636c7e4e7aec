//! What the Matrix specification shows of each kind of event. Each is taken, or it is none of ours; which, stands here.

use std::path::Path;

use serde_json::Value;

use super::heard::{Heard, Says};

/// An example, with what it takes over from another file.
fn example(file: &Path) -> Value {
    let text = std::fs::read_to_string(file).unwrap();
    let mut event: Value = serde_saphyr::from_str(&text).unwrap();
    let taken_over = event.as_object_mut().and_then(|event| event.remove("$ref"));
    let Some(from) = taken_over.as_ref().and_then(Value::as_str) else { return event };
    let mut whole = example(&file.parent().unwrap().join(from));
    for (name, value) in event.as_object().unwrap() {
        whole[name] = value.clone();
    }
    whole
}

fn told(heard: &Heard) -> String {
    let what = match &heard.says {
        Says::Text { body, .. } => format!("says «{body}»"),
        Says::Pin { target } => format!("pins {target}"),
        Says::Edit { target, .. } => format!("edits {target}"),
        Says::Redaction { target } => format!("takes back {target}"),
        Says::Encrypted => "cannot be read: the room is told so".to_owned(),
        Says::NoKey => "cannot be read by the proxy: the room is told so".to_owned(),
        Says::Encryption => "lets nothing be read from now on: the room is told so".to_owned(),
        Says::Name { user, name } => format!("calls {user} {}", name.as_deref().unwrap_or("by nothing")),
    };
    format!("{} {what}", heard.sender)
}

#[test]
fn of_every_kind_of_event_that_matrix_specifies_it_is_listed_what_is_taken_and_nothing_breaks_the_reading() {
    let Some(root) = crate::specs::find("events that Matrix shows", "matrix/data/event-schemas/examples")
    else {
        return;
    };
    let files = std::fs::read_dir(&root).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|kind| kind == "yaml")).collect();
    files.sort();
    assert!(files.len() > 70, "{} examples", files.len());
    let (mut taken, mut none_of_ours) = (Vec::new(), Vec::new());
    for file in &files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        match Heard::read(&example(file), false) {
            Some(heard) => taken.push(format!("{name}: {}", told(&heard))),
            None => none_of_ours.push(name),
        }
    }
    insta::assert_snapshot!(format!("{}\n\nNone of ours:\n{}", taken.join("\n"), none_of_ours.join("\n")));

    let mut reaction = example(&root.join("m.reaction.yaml"));
    reaction["content"]["m.relates_to"]["key"] = "📌".into();
    let pin = Says::Pin { target: "$some_event_id".to_owned() };
    assert_eq!(Heard::read(&reaction, false).map(|heard| heard.says), Some(pin));
}
