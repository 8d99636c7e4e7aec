//! What people see in Mattermost, for the page of messages.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono_tz::Tz;
use serde_json::{Value, json};

use super::{
    MattermostSettings, dialog,
    press::NO_FORMS,
    receive::ELSEWHERE,
    render,
    seal::Seal,
    trouble::{Refused, Trouble},
};
use crate::{
    card::{Card, Said},
    chat::{
        form::unopened,
        health,
        people::People,
        shown::{Shown, buttons, field, paragraph, rendered, why},
        theirs::{Theirs, Typed, ours},
        trouble::Doing,
    },
    config::{MattermostSpace, Secret},
    incident::names::Names,
};

/// Settings without people, with buttons if commandpost can be reached.
pub(super) fn settings(callback_url: Option<&str>) -> MattermostSettings {
    MattermostSettings {
        token: Secret::new("t"),
        command_token: None,
        url: "https://chat.example.org".into(),
        callback_url: callback_url.map(str::to_owned),
        channel: String::new(),
        alerts_channel: None,
        space: MattermostSpace::Channel,
        prefix: "!incident".into(),
        people: Arc::new(People::new("mattermost", HashMap::new())),
        accounts: HashMap::new(),
        public_url: None,
        tz: Tz::UTC,
        ask_every: health::ASK_EVERY,
    }
}

fn attachment(card: &Card) -> Value {
    let seal = Seal::new(Secret::new("k"));
    let (settings, typed) = (settings(Some("http://commandpost")), typed());
    render::card(card, &settings, &seal, Theirs::Nothing.beside(&typed)).attachments.remove(0)
}

fn typed() -> Typed {
    Typed::after("!incident")
}

fn line(said: &Said) -> String {
    render::line(said, Tz::UTC, Theirs::Nothing.beside(&typed()))
}

pub(in crate::chat) const SHOWN: Shown = Shown {
    chat: "Mattermost",
    card: |card| {
        let shown = attachment(card);
        let mut lines = vec![read(&shown["title"]), read(&shown["text"])];
        let fields = shown["fields"].as_array().into_iter().flatten();
        lines.extend(fields.map(|one| field(&read(&one["title"]), &read(&one["value"]))));
        lines.push(buttons(&shown["actions"], |button| as_sent(&button["name"])));
        lines.push(read(&shown["footer"]));
        paragraph(&lines)
    },
    line: |said| read(&json!(line(said))),
    missed: |words| read(&json!(render::told(words, Tz::UTC))),
    announcement: |incident| {
        read(&json!(render::announcement(incident, "inc-1-checkout-fails", Names::plain())))
    },
    told: |text| read(&json!(render::told(&ours(text, &typed()), Tz::UTC))),
    form: |subject, button| {
        let dialog = dialog::of_button(subject, button).with_state(String::new());
        let inputs = dialog["elements"].as_array().into_iter().flatten();
        let inputs = inputs.map(|one| field(&as_sent(&one["display_name"]), &as_sent(&one["placeholder"])));
        Some(paragraph(&[vec![as_sent(&dialog["title"])], inputs.collect()].concat()))
    },
    payload: attachment,
    said: |said| json!(line(said)),
    own: || {
        let why = Trouble::NotSent("no answer in time".into()).why();
        let all = [ELSEWHERE.to_owned(), unopened(&why), NO_FORMS.to_owned()];
        all.map(|text| read(&json!(render::told(&text, Tz::UTC)))).to_vec()
    },
    keeper: || {
        let refused = |status, id: &str, message: &str| {
            Trouble::Refused(Refused { status, id: id.into(), message: message.into() })
        };
        let archived = "api.post.create_post.can_not_post_to_deleted.error";
        let forbidden = "api.context.permissions.app_error";
        vec![
            Trouble::NotSent("no answer in time".into()).why(),
            Trouble::MaybeSent("no answer in time".into()).why(),
            Trouble::Wait(Duration::from_secs(7)).why(),
            Trouble::Broken("503".into()).why(),
            refused(401, "api.context.session_expired.app_error", "").why(),
            refused(404, "", "").why(),
            refused(400, "model.post.is_valid.msg.app_error", "Invalid message.").why(),
            why(refused(403, forbidden, "You do not have the permission.").outcome(Doing::Post, "7")),
            why(refused(400, archived, "").outcome(Doing::Edit, "7")),
        ]
    },
};

fn read(text: &Value) -> String {
    rendered(text.as_str().unwrap_or_default())
}

/// Where Mattermost sets nothing: in forms, on buttons.
fn as_sent(text: &Value) -> String {
    text.as_str().unwrap_or_default().replace('\u{200b}', "")
}
