//! What people see in Discord, for the page of messages.

use std::time::Duration;

use serde_json::Value;

use super::{
    TYPED,
    answer::{self, ELSEWHERE, UNSHOWN},
    deliver::{Doing, outcome},
    pinned::{unknown, wordless},
    press::SLOW,
    render,
    rest::Trouble,
};
use crate::{
    card::Button,
    chat::{
        shown::{Shown, buttons, field, paragraph, rendered, times, why},
        theirs::Theirs,
    },
    incident::names::Names,
};

pub(in crate::chat) const SHOWN: Shown = Shown {
    chat: "Discord",
    card: |card| {
        let body = render::card(card, Theirs::Nothing.beside(&TYPED));
        let embed = &body["embeds"][0];
        let mut lines = vec![read(&body["content"]), read(&embed["title"]), read(&embed["description"])];
        let fields = embed["fields"].as_array().into_iter().flatten();
        let fields = fields.filter(|one| !read(&one["name"]).is_empty());
        lines.extend(fields.map(|one| field(&read(&one["name"]), &read(&one["value"]))));
        let rows = body["components"].as_array().into_iter().flatten();
        lines.extend(rows.map(|row| {
            buttons(&row["components"], |one| as_sent(one.get("label").unwrap_or(&one["placeholder"])))
        }));
        lines.push(as_sent(&embed["footer"]["text"]));
        paragraph(&lines)
    },
    line: |said| read(&render::line(said, Theirs::Nothing.beside(&TYPED))["content"]),
    missed: |words| read(&render::words(words)["content"]),
    announcement: |incident| read(&render::announcement(incident, None, Names::plain())["content"]),
    told: |text| read(&answer::told(text)["data"]["content"]),
    form: |subject, button| {
        let form = render::form(subject, button);
        let inputs = form["data"]["components"].as_array().into_iter().flatten();
        let inputs = inputs.map(|row| &row["components"][0]);
        let inputs = inputs.map(|input| field(&as_sent(&input["label"]), &as_sent(&input["placeholder"])));
        Some(paragraph(&[vec![as_sent(&form["data"]["title"])], inputs.collect()].concat()))
    },
    payload: |card| render::card(card, Theirs::Nothing.beside(&TYPED)),
    said: |said| render::line(said, Theirs::Nothing.beside(&TYPED)),
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

/// As it is read, with times in words.
fn read(text: &Value) -> String {
    rendered(&times(text.as_str().unwrap_or_default(), r"<t:(\d+):(\w)>"))
}

/// Where Discord sets nothing: in forms, on buttons, in the footer.
fn as_sent(text: &Value) -> String {
    text.as_str().unwrap_or_default().replace('\u{200b}', "")
}
