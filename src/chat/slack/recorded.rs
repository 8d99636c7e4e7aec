//! What Slack was recorded to send: the requests of its SDKs' tests and of its documentation. Each is taken, or it is none of
//! ours and acknowledged; which, stands here.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{
    Signed,
    heard::{Heard, Says, Way},
    read_through,
};

/// Folders of requests to an app; `api` has what Slack answers.
const FOLDERS: [&str; 4] = ["app-backend", "bolt-python", "events", "socket-mode"];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// A request and the way in which it comes, by what it is.
fn request(file: &Path, bytes: &[u8]) -> Option<(Way, Value)> {
    let is_form = file.to_string_lossy().ends_with(".form.txt");
    if is_form {
        let body = bytes.trim_ascii().to_vec();
        let signed = Signed { body, ..Signed::default() };
        return [Way::Interaction, Way::Command]
            .into_iter()
            .find_map(|way| Some((way, signed.payload(way).ok()?)));
    }
    let said: Value = serde_json::from_slice(bytes).ok()?;
    if said["envelope_id"].is_string() {
        let way = said["type"].as_str().and_then(Way::of_envelope)?;
        return Some((way, said["payload"].clone()));
    }
    let way = if said["event"].is_object() {
        Way::Event
    } else if said["command"].is_string() {
        Way::Command
    } else {
        Way::Interaction
    };
    Some((way, said))
}

fn told(heard: &Heard) -> String {
    let what = match &heard.says {
        Says::Slash { text } => format!("slash «{text}»"),
        Says::Press { button, .. } => format!("press {button}"),
        Says::Form(_) => "form".to_owned(),
        Says::Declare => "declare".to_owned(),
        Says::DeclareFrom { .. } => "declare from a message".to_owned(),
        Says::NoteMessage { .. } => "message as a note".to_owned(),
        Says::Pin { message } => format!("pin {message}"),
        Says::Changed { message } => format!("changed {}", message["ts"]),
        Says::Gone { message } => format!("gone {message}"),
        Says::Mention { text } => format!("mention «{text}»"),
    };
    let at = heard.channel.as_deref().unwrap_or("no channel");
    format!("{what} by {} of {} in {at}", heard.user, heard.teams.join("/"))
}

/// Why it is none of ours.
fn left(way: Way, said: &Value) -> String {
    let words = |all: &[&Value]| {
        let all = all.iter().filter_map(|word| word.as_str()).filter(|word| !word.is_empty());
        all.collect::<Vec<_>>().join(" ")
    };
    let event = &said["event"];
    // Its kind, whether some of that kind are for us, and the name by which those are known.
    let (kind, is_offered, name) = match way {
        Way::Command => ("slash command".to_owned(), true, String::new()),
        Way::Interaction => {
            let kind = words(&[&said["type"]]);
            let offered = ["block_actions", "view_submission", "shortcut", "message_action"];
            let is_offered = offered.contains(&kind.as_str());
            (kind, is_offered, words(&[&said["callback_id"], &said["view"]["callback_id"]]))
        }
        Way::Event => {
            let kind = words(&[&event["type"], &event["subtype"]]);
            let offered =
                ["app_mention", "reaction_added", "message message_changed", "message message_deleted"];
            let is_offered = offered.contains(&kind.as_str());
            (kind, is_offered, words(&[&event["reaction"]]))
        }
    };
    match is_offered {
        false => format!("{kind}, which is not asked for"),
        true if name.is_empty() => format!("{kind} that lacks by whom or of what"),
        true => format!("{kind} «{name}», which is not ours"),
    }
}

#[test]
fn of_all_that_slack_was_recorded_to_send_it_is_listed_what_is_taken_and_nothing_breaks_the_reading() {
    let Some(root) = crate::specs::find("requests recorded of Slack", "slack/samples") else { return };
    let mut all = Vec::new();
    FOLDERS.iter().for_each(|folder| files(&root.join(folder), &mut all));
    all.sort();
    assert!(all.len() > 100, "{} samples", all.len());
    let (mut taken, mut none_of_ours) = (Vec::new(), Vec::new());
    for file in &all {
        let bytes = std::fs::read(file).unwrap();
        read_through(&bytes);
        let name = file.strip_prefix(&root).unwrap().display().to_string();
        let request = request(file, &bytes);
        match request.as_ref().and_then(|(way, said)| Heard::read(*way, said)) {
            Some(heard) => taken.push(format!("{name}: {}", told(&heard))),
            None => {
                let why = request.map_or_else(|| "no request".to_owned(), |(way, said)| left(way, &said));
                none_of_ours.push(format!("{name}: {why}"));
            }
        }
    }
    println!(
        "{} samples of Slack: {} are taken, {} are none of ours",
        all.len(),
        taken.len(),
        none_of_ours.len()
    );
    insta::assert_snapshot!(taken.join("\n"));
    insta::assert_snapshot!("what_is_none_of_ours", none_of_ours.join("\n"));
}
