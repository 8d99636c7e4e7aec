//! What Mattermost shows of a card, a line of the timeline, an answer and an announcement. Pure: texts and attachments.
//!
//! After <https://developers.mattermost.com/integrate/reference/message-attachments/>. A message has 16,383 characters at
//! most, an attachment's footer 300, and an action's id only letters and digits.

use chrono_tz::Tz;
use serde_json::{Value, json};

use super::{
    NAME,
    heard::Way,
    seal::Seal,
    settings::MattermostSettings,
    text::{cap, escape, moment, moment_with_day, one_line, plainly, soften},
};
use crate::{
    card::{Button, Card, Choice, Field, Said, Tone, Value as Shown},
    chat::{
        button::{button_name, typed},
        markdown::length,
        space,
        text::{self, cap as cut, in_readers_zone, with_short_hashes},
        theirs::Telling,
        words,
    },
    config::MattermostSpace,
    incident::{names::Names, state::Incident},
};

const TITLE_MAX: usize = 250;
const TEXT_MAX: usize = 1_500;
const FIELDS_MAX: usize = 25;
const FIELD_MAX: usize = 1_000;
const FOOTER_MAX: usize = 300;
const BUTTONS_MAX: usize = 25;
const LABEL_MAX: usize = 75;
const OPTION_MAX: usize = 100;
/// Longer ones are folded up by the clients.
const LINE_MAX: usize = 3_900;
const ANSWER_MAX: usize = 8_000;
const WHO_MAX: usize = 160;
const TOPIC_MAX: usize = 300;
const HEADER_MAX: usize = 1_024;
const NAME_MAX: usize = 64;
const PLAIN_MAX: usize = 250;

/// A text, and what is shown below it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Message {
    pub text: String,
    pub attachments: Vec<Value>,
}

impl Message {
    pub fn of(text: String) -> Self {
        Self { text, attachments: vec![] }
    }
}

/// The key under which a card is found again.
pub(super) fn card_key(subject: &str) -> String {
    format!("card/{subject}")
}

fn banner(banner: &str) -> String {
    if banner.is_empty() { String::new() } else { format!("**{banner}** ") }
}

/// Words of ours and theirs: what is to be typed stands as code, the rest as it was written.
fn set(text: &str, telling: Telling<'_>) -> String {
    telling.set(text, escape, |ours| format!("`{}`", soften(ours)))
}

fn field(field: &Field, tz: Tz, telling: Telling<'_>) -> Value {
    let value = match &field.value {
        Shown::Text(text) => in_readers_zone(&set(text, telling), |at| moment_with_day(at, tz)),
        Shown::Time(at) => moment_with_day(*at, tz),
    };
    let value = if value.trim().is_empty() { "–".to_owned() } else { cap(&value, FIELD_MAX) };
    json!({"title": field.name, "value": value, "short": field.is_short})
}

fn button(subject: &str, button: &Button, url: &str, seal: &Seal) -> Value {
    let id: String = button.id.chars().filter(char::is_ascii_alphanumeric).collect();
    let mut shown = json!({
        "id": id,
        "type": "button",
        "name": cut(&button.label, LABEL_MAX),
        "style": if button.is_primary { "primary" } else { "default" },
        "integration": {"url": url, "context": seal.button(&button_name(subject, &button.id))},
    });
    if !button.choices.is_empty() {
        let option = |choice: &Choice| {
            let text = format!("{} – {}", choice.label, choice.meaning);
            json!({"text": cut(&text, OPTION_MAX), "value": choice.id})
        };
        shown["type"] = json!("select");
        shown["options"] = button.choices.iter().map(option).collect();
        if let Some(now) = button.choices.iter().find(|choice| choice.is_now) {
            shown["default_option"] = json!(now.id);
        }
    }
    shown
}

/// A card; its text is somebody's and stays as it was written. Where Mattermost cannot reach this server, the words stand in place of
/// the buttons.
pub(super) fn card(card: &Card, settings: &MattermostSettings, seal: &Seal, telling: Telling<'_>) -> Message {
    let (mark, color) = match card.tone {
        Tone::Critical => ("🔴", "#d32f2f"),
        Tone::Warning => ("🟠", "#f57c00"),
        Tone::Calm => ("🔵", "#1976d2"),
        Tone::Good => ("🟢", "#388e3c"),
    };
    let title = cap(&soften(&one_line(&card.title)), TITLE_MAX);
    let title = match card.banner {
        "" => format!("{mark} {title}"),
        banner => format!("{mark} {banner} {title}"),
    };
    let footer = cap(&soften(&one_line(&format!("{} · {}", card.subject, card.footer))), FOOTER_MAX);
    let fields = card.fields.iter().take(FIELDS_MAX);
    let fields: Vec<Value> = fields.map(|one| field(one, settings.tz, telling)).collect();
    let mut text = cap(&escape(&card.text), TEXT_MAX);
    let mut attachment = json!({
        "fallback": title, "color": color, "title": title, "fields": fields, "footer": footer,
    });
    match settings.callback(Way::Action) {
        Some(url) => {
            let buttons = card.buttons.iter().take(BUTTONS_MAX);
            attachment["actions"] = buttons.map(|one| button(&card.subject, one, &url, seal)).collect();
        }
        None if !card.buttons.is_empty() => {
            // In a thread the card itself stands in the command post; a restricted incident has a channel all the same.
            let is_own = settings.space == MattermostSpace::Channel || card.is_private;
            let said = |one| format!("`{}`", typed(card, one, &settings.prefix, is_own));
            let words: Vec<String> = card.buttons.iter().map(said).collect();
            text.push_str(&format!("\nSay {}", words.join(" · ")));
        }
        None => {}
    }
    attachment["text"] = json!(text.trim());
    Message { text: String::new(), attachments: vec![attachment] }
}

/// A line of the timeline, with its number at the end: what people name in `correct 12`.
pub(super) fn line(said: &Said, tz: Tz, telling: Telling<'_>) -> String {
    let mark = format!(" #{}", said.seq);
    let who = cap(&escape(&one_line(&said.who)), WHO_MAX);
    let from = said.aside(NAME);
    let head = format!("{}{} **{who}**{from} ", banner(said.banner), moment(said.at, tz));
    let room = LINE_MAX.saturating_sub(length(&head) + mark.len());
    let shown = |text: &str, left| cap(&set(&with_short_hashes(text), telling), left);
    let text = text::sentence(&said.text, room, length, shown, |at| moment_with_day(at, tz));
    format!("{head}{text}{mark}")
}

/// Our own words.
pub(super) fn told(text: &str, tz: Tz) -> String {
    words::told(text, |text| cap(&in_readers_zone(&soften(text), |at| moment_with_day(at, tz)), ANSWER_MAX))
}

/// Our own words where nothing is formatted: below a form's field.
pub(super) fn told_plainly(text: &str) -> String {
    cut(&plainly(text), PLAIN_MAX)
}

/// The line in the command post that leads to an incident's channel, by the channel's name.
pub(super) fn announcement(incident: &Incident, channel: &str, names: &Names) -> String {
    let title = cap(&escape(&one_line(&incident.title)), TITLE_MAX);
    let (kind, how_bad) = (incident.kind(), names.how_bad(incident.kind(), incident.severity));
    let head = format!("{} {}**{}**", space::sign(kind), banner(kind.banner()), incident.id);
    format!("{head} {title} – {how_bad}: ~{channel}")
}

/// The name of an incident's channel that people read: `INC-1 checkout fails`.
pub(super) fn channel_title(incident: &Incident) -> String {
    let title = format!("{} {}", incident.id, one_line(&incident.title));
    let mut kept = cut(&title, NAME_MAX);
    // It is counted in one way or another.
    while kept.len() > NAME_MAX {
        kept.pop();
    }
    kept.trim_end().to_owned()
}

/// What stands above an incident's channel: how bad it is, how far it has come, who commands, where to go from there.
pub(super) fn header(incident: &Incident, public_url: Option<&str>, names: &Names) -> String {
    let mut header = cap(&escape(&one_line(&space::topic(incident, names))), TOPIC_MAX);
    for (label, link) in space::links(incident, public_url) {
        // An address with a bracket in it would end the link early.
        if !text::is_plain_url(&link) {
            continue;
        }
        let link = format!(" | [{}]({link})", escape(&one_line(&label)));
        if length(&header) + length(&link) <= HEADER_MAX {
            header.push_str(&link);
        }
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        card::testing::{card_of, said},
        chat::{
            mattermost::shown::settings,
            theirs::{Theirs, Typed},
        },
        config::Secret,
    };

    /// A card in a team whose commands begin with `!incident`, where nobody wrote code.
    fn card_for(shown: &Card, url: Option<&str>, seal: &Seal) -> Message {
        let settings = settings(url);
        card(shown, &settings, seal, Theirs::Nothing.beside(&Typed::after(&settings.prefix)))
    }

    fn line_of(text: &str) -> String {
        line(&said(text), Tz::UTC, Theirs::Nothing.beside(&Typed::after("!incident")))
    }

    #[test]
    fn a_card_and_a_line_tell_what_to_type_as_code_and_leave_what_people_wrote() {
        let seal = Seal::new(Secret::new("k"));
        let typed = Typed::after("!incident");
        let written = "`close the valve`, then `resume`";
        let mut theirs = Theirs::default();
        theirs.add(&json!("`close the valve`"));
        let shown = card(&card_of(written), &settings(Some("http://cp")), &seal, theirs.beside(&typed));
        let shown = &shown.attachments[0];
        assert_eq!(shown["text"], escape(written));
        assert_eq!(shown["fields"][0]["value"], "\\`close the valve\\`, then `!incident resume`");
        let line = line_of("*Mended*? `resolve @all`.");
        assert!(line.ends_with("\\*Mended\\*? `!incident resolve @\u{200b}all`. #12"), "{line}");
    }

    #[test]
    fn an_incidents_card_in_the_command_post_tells_what_is_understood_there() {
        let mut own = card_of("INC-1");
        own.incident = "INC-1".parse().ok();
        let said = |own: &Card, space: MattermostSpace| {
            let settings = MattermostSettings { space, ..settings(None) };
            let typed = Typed::after(&settings.prefix);
            let seal = Seal::new(Secret::new("k"));
            let shown = card(own, &settings, &seal, Theirs::Nothing.beside(&typed));
            shown.attachments[0]["text"].as_str().unwrap().lines().last().unwrap().to_owned()
        };
        assert_eq!(said(&own, MattermostSpace::Channel), "Say `!note TEXT`");
        assert_eq!(said(&own, MattermostSpace::Thread), "Say `!incident INC-1 note TEXT`");
        own.is_private = true;
        assert_eq!(said(&own, MattermostSpace::Thread), "Say `!note TEXT`", "it has a channel of its own");
    }

    #[test]
    fn whatever_the_text_a_card_and_a_line_keep_mattermosts_limits() {
        let seal = Seal::new(Secret::new("k"));
        for c in ["*", "🚨", "<", "\\", "@", "a b "] {
            let long = c.repeat(20_000);
            let shown = card_for(&card_of(&long), Some("http://cp"), &seal);
            let bytes = serde_json::to_string(&shown.attachments).unwrap().len();
            assert!(bytes < 200_000, "{c}: {bytes}");
            assert!(shown.attachments[0]["footer"].as_str().unwrap().chars().count() <= FOOTER_MAX);
            let line = line_of(&long);
            assert!(line.chars().count() <= LINE_MAX && line.ends_with(" #12"), "{c}");
        }
    }

    #[test]
    fn a_card_and_a_line_read_well_and_call_nobody() {
        let seal = Seal::new(Secret::new("k"));
        let mut small = card_of("INC-1 **checkout** fails @all");
        small.fields.truncate(1);
        let mut shown = card_for(&small, Some("http://cp"), &seal).attachments.remove(0);
        let context = shown["actions"][0]["integration"]["context"].take();
        assert_eq!(seal.read_button(&context), Some("cp1|INC-1|note"));
        let without = card_for(&small, None, &seal).attachments.remove(0);
        let text = without["text"].as_str().unwrap().replace('\u{200b}', "·");
        let line = line_of("Ada & <Bo>").replace('\u{200b}', "·");
        let shown = serde_json::to_string_pretty(&shown).unwrap().replace('\u{200b}', "·");
        insta::assert_snapshot!(format!("{shown}\n\n{text}\n\n{line}"));
    }
}
