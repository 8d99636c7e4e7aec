//! What people see in Discord, for the page of messages.

use serde_json::Value;

use super::{answer, render};
use crate::{
    card::Button,
    chat::messages::{Shown, buttons, field, paragraph, times},
    incident::names::Names,
};

pub(in crate::chat) const SHOWN: Shown = Shown {
    chat: "Discord",
    card: |card| {
        let body = render::card(card);
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
    payload: |card| render::card(card),
    said: |said| render::line(said),
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
