//! What people see in Slack, for the page of messages.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    SLASH,
    answer::{ELSEWHERE, STRANGER, WHOSE},
    form,
    pinned::not_put,
    render,
    trouble::Trouble,
};
use crate::{
    chat::{
        form::{Origin, unopened},
        shown::{Shown, buttons, field, paragraph, times, why},
        theirs::{Theirs, ours},
        trouble::Doing,
    },
    grammar::Form,
    incident::names::Names,
};

pub(in crate::chat) const SHOWN: Shown = Shown {
    chat: "Slack",
    card: |card| {
        let blocks = render::card(card, Theirs::Nothing.beside(&SLASH)).blocks;
        paragraph(&blocks.iter().flat_map(block).collect::<Vec<_>>())
    },
    line: |said| read(&render::line(said, Theirs::Nothing.beside(&SLASH))),
    missed: |words| read(&render::told(words)),
    announcement: |incident| read(&render::announcement(incident, "C0123456789", Names::plain())),
    told: |text| read(&render::told(&ours(text, &SLASH))),
    form: |subject, button| {
        let view = form::of_button(subject, button, &Origin::default());
        let inputs = view["blocks"].as_array().into_iter().flatten();
        let inputs = inputs.map(|one| field(&words(&one["label"]), &words(&one["element"]["placeholder"])));
        Some(paragraph(&[vec![words(&view["title"])], inputs.collect()].concat()))
    },
    payload: |card| json!(render::card(card, Theirs::Nothing.beside(&SLASH)).blocks),
    said: |said| json!(render::line(said, Theirs::Nothing.beside(&SLASH))),
    own: || {
        let why = Trouble::NotSent("no answer in time".into()).why();
        let all = [ELSEWHERE, STRANGER, WHOSE]
            .map(str::to_owned)
            .into_iter()
            .chain([unopened(&why), not_put(&why)]);
        all.map(|text| read(&render::told(&text))).collect()
    },
    keeper: || {
        let refused = |error, needed| Trouble::refused(error, needed, String::new);
        vec![
            Trouble::NotSent("no answer in time".into()).why(),
            Trouble::MaybeSent("no answer in time".into()).why(),
            Trouble::Wait(Duration::from_secs(7)).why(),
            Trouble::Broken("503".into()).why(),
            refused("invalid_auth", "").why(),
            refused("missing_scope", "channels:manage").why(),
            refused("msg_too_long", "").why(),
            why(refused("not_in_channel", "").outcome(Doing::Post, "C0123456789")),
            why(refused("is_archived", "").outcome(Doing::Edit, "C0123456789")),
            why(refused("restricted_action", "").outcome(Doing::OpenPrivate, "C0123456789")),
        ]
    },
};

/// The form of a verb in a line: its title, and what is asked.
pub(in crate::chat) fn verb(of: &Form) -> String {
    let incident = if of.name == "declare" { None } else { "INC-1".parse().ok() };
    let view = form::of_verb(of, "", &Origin { incident, ..Origin::default() });
    let asked = |one: &Value| {
        let mark = if one["optional"] == false { "*" } else { "" };
        format!("{}{mark} ({})", words(&one["label"]), words(&one["hint"]))
    };
    let all: Vec<String> = view["blocks"].as_array().into_iter().flatten().map(asked).collect();
    format!("{} – {}", words(&view["title"]), all.join(" · "))
}

fn block(block: &Value) -> Vec<String> {
    match block["type"].as_str() {
        Some("actions") => {
            vec![buttons(&block["elements"], |one| words(one.get("text").unwrap_or(&one["placeholder"])))]
        }
        Some("context") => vec![words(&block["elements"][0])],
        _ if block["fields"].is_array() => {
            let fields = block["fields"].as_array().into_iter().flatten().map(words);
            fields.map(|text| text.replacen('\n', ": ", 1)).collect()
        }
        _ => vec![words(&block["text"])],
    }
}

fn words(text: &Value) -> String {
    read(text["text"].as_str().unwrap_or_default())
}

/// As it is read: times in words, escapes undone, without the marks that only keep it harmless.
fn read(text: &str) -> String {
    let text = times(text, r"<!date\^(\d+)\^\{(\w)[^>]*>").replace(['*', '`', '\u{200b}'], "");
    text.replace("<#C0123456789>", "#inc-1-checkout-fails")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}
