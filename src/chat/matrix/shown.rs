//! What people see in Matrix, for the page of messages: the plain form, which has the words of the other.

use chrono_tz::Tz;
use serde_json::Value;

use super::render;
use crate::{chat::messages::Shown, incident::names::Names};

pub(in crate::chat) const SHOWN: Shown = Shown {
    chat: "Matrix",
    card: |card| read(&render::card(card, "!incident", Tz::UTC)),
    line: |said| read(&render::line(said, Tz::UTC)),
    missed: |words| read(&render::told(words, Tz::UTC)),
    announcement: |incident| {
        read(&render::announcement(incident, "https://matrix.to/#/!inc-1", Names::plain()))
    },
    told: |text| read(&render::told(text, Tz::UTC)),
    form: |_, _| None,
    payload: |card| render::card(card, "!incident", Tz::UTC),
    said: |said| render::line(said, Tz::UTC),
};

fn read(content: &Value) -> String {
    content["body"].as_str().unwrap_or_default().replace('\u{200b}', "")
}
