//! What Matrix shows of a card, a line of the timeline, an answer and an announcement. Pure: contents of events.
//!
//! Each has a plain form and one in HTML. An event has at most 65,536 bytes
//! (<https://spec.matrix.org/latest/client-server-api/#size-limits>), whatever escaping makes of a text; the limits
//! here leave room for that.

use chrono_tz::Tz;
use serde_json::{Value, json};

use super::{
    NAME,
    text::{cap, escape, moment, moment_with_day, one_line, plain, soften},
};
use crate::{
    card::{Card, Said, Tone, Value as Shown},
    chat::{
        button::typed,
        space,
        text::in_readers_zone,
        wire::txn,
        words::{self, in_words},
    },
    desk::Answer,
    incident::{id::IncidentId, names::Names, refusal::Refusal, sentence::Part, state::Incident},
};

/// Commands on a card, the most urgent first; the others are in `help`.
const SAID_MAX: usize = 10;
const TITLE_CHARS_MAX: usize = 250;
const TEXT_CHARS_MAX: usize = 1_000;
const FIELDS_MAX: usize = 25;
const FIELD_CHARS_MAX: usize = 600;
/// The fields of a card together.
const FIELDS_CHARS_MAX: usize = 2_500;
const LINE_CHARS_MAX: usize = 4_200;
const ANSWER_CHARS_MAX: usize = 5_000;
const ROOM_NAME_CHARS_MAX: usize = 120;
const TOPIC_CHARS_MAX: usize = 400;

/// Where a message has the key by which it is found again.
pub(super) const KEY: &str = "commandpost.key";

/// The key under which a card is found again.
pub(super) fn card_key(subject: &str) -> String {
    format!("card/{subject}")
}

/// A message of a bot: other bots do not answer it.
pub(super) fn notice(body: &str, html: &str) -> Value {
    json!({"msgtype": "m.notice", "body": body, "format": "org.matrix.custom.html", "formatted_body": html})
}

/// The message as a part of a thread.
pub(super) fn in_thread(mut content: Value, root: &str) -> Value {
    content["m.relates_to"] = json!({
        "rel_type": "m.thread", "event_id": root, "is_falling_back": true, "m.in_reply_to": {"event_id": root},
    });
    content
}

/// The message as a reply, within the thread if there is one.
pub(super) fn in_reply(mut content: Value, to: &str, thread: Option<&str>) -> Value {
    content["m.relates_to"] = match thread {
        Some(root) => json!({
            "rel_type": "m.thread", "event_id": root, "is_falling_back": false, "m.in_reply_to": {"event_id": to},
        }),
        None => json!({"m.in_reply_to": {"event_id": to}}),
    };
    content
}

/// What puts `content` in the place of an earlier message. Who does not know edits reads `short`.
pub(super) fn in_place_of(content: Value, earlier: &str, short: &str) -> Value {
    json!({
        "msgtype": "m.notice", "body": format!("* {short}"), "m.new_content": content,
        "m.relates_to": {"rel_type": "m.replace", "event_id": earlier},
    })
}

fn banner(banner: &str) -> (String, String) {
    if banner.is_empty() {
        return Default::default();
    }
    (format!("{banner} "), format!("<strong>{banner}</strong> "))
}

/// The first line of a card.
pub(super) fn headline(card: &Card) -> String {
    let title = cap(&one_line(&card.title), TITLE_CHARS_MAX);
    format!("{}{title}", banner(card.banner).0)
}

/// A card. `prefix` begins the commands that stand in place of buttons.
pub(super) fn card(card: &Card, prefix: &str, tz: Tz) -> Value {
    let mark = match card.tone {
        Tone::Critical => "🔴",
        Tone::Warning => "🟠",
        Tone::Calm => "🔵",
        Tone::Good => "🟢",
    };
    let title = cap(&one_line(&card.title), TITLE_CHARS_MAX);
    let (plain_banner, html_banner) = banner(card.banner);
    let mut body = format!("{mark} {plain_banner}{title}");
    let mut html = format!("<h4>{mark} {html_banner}{}</h4>", escape(&title));
    let text = cap(&card.text, TEXT_CHARS_MAX);
    if !text.trim().is_empty() {
        body.push_str(&format!("\n{}", plain(&text)));
        html.push_str(&format!("<p>{}</p>", escape(&text)));
    }
    let mut left = FIELDS_CHARS_MAX;
    let mut lines = Vec::new();
    for field in card.fields.iter().take(FIELDS_MAX) {
        let value = match &field.value {
            Shown::Text(text) => {
                let text = in_readers_zone(text, |at| moment_with_day(at, tz));
                cap(&text, FIELD_CHARS_MAX.min(left))
            }
            Shown::Time(at) => moment_with_day(*at, tz),
        };
        if value.trim().is_empty() {
            continue;
        }
        left = left.saturating_sub(value.chars().count());
        let between = if field.is_short { " " } else { "\n" };
        body.push_str(&format!("\n{}:{between}{}", field.name, plain(&value)));
        let between = if field.is_short { " " } else { "<br>" };
        lines.push(format!("<strong>{}:</strong>{between}{}", escape(field.name), escape(&value)));
    }
    html.push_str(&format!("<p>{}</p>", lines.join("<br>")));
    if !card.buttons.is_empty() {
        // Two buttons may say the same; typed, they are one.
        let mut words: Vec<String> = Vec::new();
        for one in card.buttons.iter().map(|button| typed(card, button, prefix)) {
            if !words.contains(&one) {
                words.push(one);
            }
        }
        words.truncate(SAID_MAX);
        body.push_str(&format!("\nSay: {}", words.join(" · ")));
        let words: Vec<_> = words.iter().map(|word| format!("<code>{}</code>", escape(word))).collect();
        html.push_str(&format!("<p>Say {}</p>", words.join(" ")));
    }
    let footer = cap(&one_line(&card.footer), TITLE_CHARS_MAX);
    html.push_str(&format!("<p><em>{}</em></p>", escape(&footer)));
    notice(&body, &html)
}

/// A line of the timeline, with its number at the end: what people name in `correct 12`.
pub(super) fn line(said: &Said, tz: Tz) -> Value {
    let (plain_banner, html_banner) = banner(said.banner);
    let at = moment(said.at, tz);
    let (who, from) = (cap(&said.who, 160), said.aside(NAME));
    let text: String = said
        .text
        .iter()
        .map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Time(at) => moment_with_day(*at, tz),
        })
        .collect();
    let text = cap(&text, LINE_CHARS_MAX);
    let body = format!("{plain_banner}{at} {}{from}: {} #{}", one_line(&who), plain(&text), said.seq);
    let html = format!(
        "{html_banner}{at} <strong>{}</strong>{from} {} <code>#{}</code>",
        escape(&one_line(&who)),
        escape(&text),
        said.seq
    );
    notice(&body, &html)
}

/// What came of a command, for the one who gave it.
pub(super) fn answer(done: Option<Result<Answer, Refusal>>, tz: Tz) -> Value {
    told(&in_words(done), tz)
}

/// Our own words.
pub(super) fn told(text: &str, tz: Tz) -> Value {
    let shown = |text: &str| cap(&in_readers_zone(text, |at| moment_with_day(at, tz)), ANSWER_CHARS_MAX);
    let text = words::told(text, shown);
    notice(&plain(&text).replace("**", ""), &soften(&text))
}

/// The line in the command post that leads to an incident's room.
pub(super) fn announcement(incident: &Incident, link: &str, names: &Names) -> Value {
    let (id, kind) = (incident.id, incident.kind());
    let (plain_banner, html_banner) = banner(kind.banner());
    let title = cap(&one_line(&incident.title), TITLE_CHARS_MAX);
    let (sign, how_bad) = (space::sign(kind), names.how_bad(kind, incident.severity));
    notice(
        &format!("{sign} {plain_banner}{id} {title} – {how_bad}: {link}"),
        &format!("{sign} {html_banner}<a href=\"{link}\">{id}</a> {} – {how_bad}", escape(&title)),
    )
}

/// The name of an incident's room: `INC-1 checkout fails`.
pub(super) fn room_name(incident: &Incident) -> String {
    cap(&format!("{} {}", incident.id, one_line(&incident.title)), ROOM_NAME_CHARS_MAX).trim_end().to_owned()
}

/// The topic of an incident's room.
pub(super) fn topic(incident: &Incident, names: &Names) -> String {
    cap(&one_line(&space::topic(incident, names)), TOPIC_CHARS_MAX)
}

/// The local part of an incident's alias. `former` is the space that it had before, if that was deleted.
pub(super) fn alias(id: IncidentId, tag: &str, former: &str) -> String {
    let generation =
        if former.is_empty() { String::new() } else { txn(tag, former).chars().take(4).collect::<String>() };
    let dash = if generation.is_empty() { "" } else { "-" };
    format!("{}-{tag}{dash}{generation}", id.to_string().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::testing::{card_of, said};

    #[test]
    fn whatever_the_text_an_event_keeps_matrixs_limit() {
        for c in ["\"", "🚨", "<", "\\", "a"] {
            let long = c.repeat(30_000);
            let shown = card(&card_of(&long), "!incident", Tz::UTC);
            let edit = in_place_of(shown.clone(), "$event", &headline(&card_of(&long)));
            let refusal = Refusal::invalid(long.clone(), "");
            for content in [shown, edit, line(&said(&long), Tz::UTC), answer(Some(Err(refusal)), Tz::UTC)] {
                // Besides the content an event has ids, hashes and signatures.
                assert!(content.to_string().len() < 60_000, "{c}: {}", content.to_string().len());
            }
        }
    }

    #[test]
    fn a_card_and_a_line_read_well_in_both_forms() {
        let mut small = card_of("INC-1 <b>checkout</b> fails");
        small.fields.truncate(1);
        small.fields[0].is_short = false;
        let (card, line) = (card(&small, "!incident", Tz::UTC), line(&said("Ada & <Bo>"), Tz::UTC));
        let forms = [&card["body"], &card["formatted_body"], &line["body"], &line["formatted_body"]];
        let forms: Vec<_> = forms.iter().filter_map(|form| form.as_str()).collect();
        insta::assert_snapshot!(forms.join("\n\n"), @r##"
        🔴 EXERCISE EXERCISE EXERCISE INC-1 <b>checkout</b> fails
        INC-1 <b>checkout</b> fails
        Open tasks:
        INC-1 <b>checkout</b> fails
        Say: !incident note TEXT

        <h4>🔴 <strong>EXERCISE EXERCISE EXERCISE</strong> INC-1 &lt;b&gt;checkout&lt;/b&gt; fails</h4><p>INC-1 &lt;b&gt;checkout&lt;/b&gt; fails</p><p><strong>Open tasks:</strong><br>INC-1 &lt;b&gt;checkout&lt;/b&gt; fails</p><p>Say <code>!incident note TEXT</code></p><p><em>INC-1 &lt;b&gt;checkout&lt;/b&gt; fails</em></p>

        EXERCISE EXERCISE EXERCISE 08:00 UTC Ada & <Bo>: Ada & <Bo> #12

        <strong>EXERCISE EXERCISE EXERCISE</strong> 08:00 UTC <strong>Ada &amp; &lt;Bo&gt;</strong> Ada &amp; &lt;Bo&gt; <code>#12</code>
        "##);
    }

    #[test]
    fn what_two_buttons_say_is_told_once() {
        let mut twice = card_of("INC-1");
        let button = twice.buttons[0].clone();
        twice.buttons.extend(vec![button; SAID_MAX]);
        twice.buttons.last_mut().unwrap().command = "next".into();
        let shown = card(&twice, "!incident", Tz::UTC)["body"].to_string();
        assert!(shown.contains("Say: !incident note TEXT · !incident next\""), "{shown}");
    }

    #[test]
    fn an_incidents_alias_is_its_own_also_after_its_room_was_deleted() {
        let id: IncidentId = "INC-1".parse().unwrap();
        assert_eq!(alias(id, "ab12", ""), "inc-1-ab12");
        assert_ne!(alias(id, "ab12", "!old:s"), alias(id, "ab12", ""));
        assert_ne!(alias(id, "ab12", "!old:s"), alias(id, "ab12", "!older:s"));
    }
}
