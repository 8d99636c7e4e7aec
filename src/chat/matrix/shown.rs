//! What people see in Matrix, for the page of messages: the plain form, which has the words of the other.

use std::time::Duration;

use chrono_tz::Tz;
use serde_json::Value;

use super::{
    encrypted::{NO_KEY, cannot_read, unheard},
    pinned::{CLOSED, UNREADABLE, not_put},
    put_out::put_out,
    render,
    rest::Trouble,
    space::gone,
};
use crate::{
    card::{Card, Said},
    chat::{
        follow::NOWHERE,
        shown::{Shown, why},
        theirs::{Theirs, Typed, ours},
    },
    incident::names::Names,
};

fn typed() -> Typed {
    Typed::after("!incident")
}

fn card_for(card: &Card) -> Value {
    render::card(card, "!incident", true, Tz::UTC, Theirs::Nothing.beside(&typed()))
}

fn line(said: &Said) -> Value {
    render::line(said, Tz::UTC, Theirs::Nothing.beside(&typed()))
}

pub(in crate::chat) const SHOWN: Shown = Shown {
    chat: "Matrix",
    card: |card| read(&card_for(card)),
    line: |said| read(&line(said)),
    missed: |words| read(&render::told(words, Tz::UTC)),
    announcement: |incident| {
        read(&render::announcement(incident, "https://matrix.to/#/!inc-1", Names::plain()))
    },
    told: |text| read(&render::told(&ours(text, &typed()), Tz::UTC)),
    form: |_, _| None,
    payload: card_for,
    said: line,
    own: || {
        let encrypted = [unheard(None), unheard("INC-1".parse().ok()), NO_KEY.to_owned()];
        let pinned = [not_put(CLOSED), not_put(UNREADABLE), NOWHERE.to_owned()];
        let all = encrypted.into_iter().chain(pinned);
        all.map(|text| read(&render::told(&ours(&text, &typed()), Tz::UTC))).collect()
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
            cannot_read(room, None),
            cannot_read(room, "INC-1".parse().ok()),
            put_out("#command-post:example.org", Some("@ada:example.org"), false),
            put_out(room, None, false),
        ]
    },
};

fn read(content: &Value) -> String {
    content["body"].as_str().unwrap_or_default().replace('\u{200b}', "")
}
