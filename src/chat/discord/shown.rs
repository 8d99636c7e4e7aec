//! What people see in Discord, for the page of messages.

use std::time::Duration;

use serde_json::Value;

use super::{
    answer::{self, ELSEWHERE, UNSHOWN},
    deliver::{Doing, outcome},
    pinned::{unknown, wordless},
    press::SLOW,
    render,
    rest::Trouble,
    theirs::Theirs,
};
use crate::{
    card::Button,
    chat::shown::{Shown, buttons, field, paragraph, times, why},
    incident::names::Names,
};

pub(in crate::chat) const SHOWN: Shown = Shown {
    chat: "Discord",
    card: |card| {
        let body = render::card(card, Some(&Theirs::default()));
        let embed = &body["embeds"][0];
        let mut lines = vec![read(&body["content"]), read(&embed["title"]), read(&embed["description"])];
        let fields = embed["fields"].as_array().into_iter().flatten();
        lines.extend(fields.map(|one| field(&read(&one["name"]), &read(&one["value"]))));
        let rows = body["components"].as_array().into_iter().flatten();
        lines.extend(rows.map(|row| {
            buttons(&row["components"], |one| read(one.get("label").unwrap_or(&one["placeholder"])))
        }));
        lines.push(read(&embed["footer"]["text"]));
        paragraph(&lines)
    },
    line: |said| read(&render::line(said)["content"]),
    missed: |words| read(&render::words(words)["content"]),
    announcement: |incident| read(&render::announcement(incident, Names::plain())["content"]),
    told: |text| read(&answer::told(text)["data"]["content"]),
    form: |subject, button| {
        let form = render::form(subject, button);
        let inputs = form["data"]["components"].as_array().into_iter().flatten();
        let inputs = inputs.map(|row| &row["components"][0]);
        let inputs = inputs.map(|input| field(&read(&input["label"]), &read(&input["placeholder"])));
        Some(paragraph(&[vec![read(&form["data"]["title"])], inputs.collect()].concat()))
    },
    payload: |card| render::card(card, Some(&Theirs::default())),
    said: |said| render::line(said),
    own: || {
        let (unknown, wordless) = (unknown().to_string(), wordless().to_string());
        let told = |text: &str| read(&answer::told(text)["data"]["content"]);
        [ELSEWHERE, SLOW, &unknown, &wordless, UNSHOWN].map(told).to_vec()
    },
    keeper: || {
        let refused =
            |status, code, message: &str| Trouble::Refused { status, code, message: message.into() };
        let (forbidden, gone) =
            (refused(403, 50001, "Missing Access"), refused(404, 10003, "Unknown Channel"));
        vec![
            Trouble::NotSent("no answer in time".into()).why(),
            Trouble::MaybeSent("no answer in time".into()).why(),
            Trouble::Wait(Duration::from_secs(7)).why(),
            Trouble::Broken(502).why(),
            refused(401, 0, "401: Unauthorized").why(),
            refused(400, 50035, "Invalid Form Body").why(),
            why(outcome(forbidden.clone(), Doing::OpenThread, "7")),
            why(outcome(forbidden, Doing::LetIn, "7")),
            why(outcome(gone, Doing::Edit, "7")),
        ]
    },
};

/// The form of a button, as it is sent.
pub(in crate::chat) fn form(subject: &str, button: &Button) -> Value {
    render::form(subject, button)
}

/// As it is read: times in words, without the marks that only keep it harmless.
fn read(text: &Value) -> String {
    let text = times(text.as_str().unwrap_or_default(), r"<t:(\d+):(\w)>");
    text.replace(['\\', '*', '`', '\u{200b}'], "")
}
