//! What people see in Matrix, for the page of messages: the plain form, which has the words of the other.

use std::time::Duration;

use chrono_tz::Tz;
use serde_json::Value;

use super::{
    encrypted::{NO_KEY, cannot_read},
    pinned::{CLOSED, UNREADABLE, not_put},
    render,
    rest::Trouble,
    space::gone,
};
use crate::{
    chat::shown::{Shown, why},
    incident::names::Names,
};

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
    own: || {
        let refused = cannot_read("!inc-1:example.org");
        let all = [refused, NO_KEY.to_owned(), not_put(CLOSED), not_put(UNREADABLE)];
        all.map(|text| read(&render::told(&text, Tz::UTC))).to_vec()
    },
    keeper: || {
        let refused = |status, code: &str, message: &str| Trouble::Refused {
            status,
            code: code.into(),
            message: message.into(),
        };
        let room = "!inc-1:example.org";
        vec![
            Trouble::Lost("no answer in time".into()).why(),
            Trouble::Wait(Duration::from_secs(7)).why(),
            Trouble::Broken(502).why(),
            refused(401, "M_UNKNOWN_TOKEN", "").why(),
            refused(404, "", "").why(),
            refused(400, "M_TOO_LARGE", "The event is too large.").why(),
            why(refused(403, "M_FORBIDDEN", "You are not in it.").outcome("write in", room)),
            why(gone(room)),
        ]
    },
};

fn read(content: &Value) -> String {
    content["body"].as_str().unwrap_or_default().replace('\u{200b}', "")
}
