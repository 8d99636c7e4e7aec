//! What people see in Slack, for the page of messages.

use serde_json::{Value, json};

use super::{form, render};
use crate::{
    chat::{
        form::Origin,
        messages::{Shown, buttons, field, paragraph, times},
    },
    incident::names::Names,
};

pub(in crate::chat) const SHOWN: Shown = Shown {
    chat: "Slack",
    card: |card| {
        let blocks = render::card(card).blocks;
        paragraph(&blocks.iter().flat_map(block).collect::<Vec<_>>())
    },
    line: |said| read(&render::line(said)),
    missed: |words| read(&render::told(words)),
    announcement: |incident| read(&render::announcement(incident, "C0123456789", Names::plain())),
    told: |text| read(&render::told(text)),
    form: |subject, button| {
        let view = form::of_button(subject, button, &Origin::default());
        let inputs = view["blocks"].as_array().into_iter().flatten();
        let inputs = inputs.map(|one| field(&words(&one["label"]), &words(&one["element"]["placeholder"])));
        Some(paragraph(&[vec![words(&view["title"])], inputs.collect()].concat()))
    },
    payload: |card| json!(render::card(card).blocks),
    said: |said| json!(render::line(said)),
};

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
