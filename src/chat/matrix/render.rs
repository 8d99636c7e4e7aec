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
        button::{help, typed},
        space,
        text::{in_readers_zone, with_short_hashes, without_address},
        theirs::Telling,
        wire::txn,
        words,
    },
    incident::{id::IncidentId, names::Names, sentence::Part, state::Incident},
};

/// Commands on a card, the most urgent first; the others are in `help`.
const SAID_MAX: usize = 6;
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

/// Begins the address of a message.
pub(super) const ADDRESS: &str = "https://matrix.to/#/";
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

/// Words of ours and theirs: what is to be typed stands as code, the rest as it was written.
fn set(text: &str, telling: Telling<'_>) -> String {
    telling.set(text, escape, |ours| format!("<code>{}</code>", escape(ours)))
}

/// A card; its text is somebody's and stays as it was written. `prefix` begins the commands that stand in place of buttons;
/// `is_own`: the card stands in the incident's own room, where less will do.
pub(super) fn card(card: &Card, prefix: &str, is_own: bool, tz: Tz, telling: Telling<'_>) -> Value {
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
        body.push_str(&format!("\n{}:{between}{}", field.name, plain(&telling.shown(&value))));
        let between = if field.is_short { " " } else { "<br>" };
        lines.push(format!("<strong>{}:</strong>{between}{}", escape(field.name), set(&value, telling)));
    }
    html.push_str(&format!("<p>{}</p>", lines.join("<br>")));
    if !card.buttons.is_empty() {
        // Two buttons may say the same; typed, they are one.
        let mut words: Vec<String> = Vec::new();
        for one in card.buttons.iter().map(|button| typed(card, button, prefix, is_own)) {
            if !words.contains(&one) {
                words.push(one);
            }
        }
        let help = help(card, prefix, is_own);
        let has_more = words.len() > SAID_MAX;
        words.truncate(SAID_MAX);
        let rest = if has_more { format!("; {help} has the rest") } else { String::new() };
        body.push_str(&format!("\nSay: {}{rest}", words.join(" · ")));
        let code = |word: &str| format!("<code>{}</code>", escape(word));
        let words: Vec<_> = words.iter().map(|word| code(word)).collect();
        let rest = if has_more { format!("; {} has the rest", code(&help)) } else { String::new() };
        html.push_str(&format!("<p>Say {}{rest}</p>", words.join(" ")));
    }
    let footer = cap(&one_line(&card.footer), TITLE_CHARS_MAX);
    html.push_str(&format!("<p><em>{}</em></p>", escape(&footer)));
    notice(&body, &html)
}

/// A line of the timeline, with its number at the end: what people name in `correct 12`.
pub(super) fn line(said: &Said, tz: Tz, telling: Telling<'_>) -> Value {
    let (plain_banner, html_banner) = banner(said.banner);
    let at = moment(said.at, tz);
    let (who, from) = (cap(&said.who, 160), said.aside(NAME));
    let is_ours = |address: &str| address.starts_with(ADDRESS);
    let (_, address) = without_address(&said.text, is_ours);
    let text: String = said
        .text
        .iter()
        .map(|part| match part {
            Part::Text(text) => with_short_hashes(text).into_owned(),
            Part::Time(at) => moment_with_day(*at, tz),
        })
        .collect();
    let text = cap(&text, LINE_CHARS_MAX);
    let shown = plain(&telling.shown(&text));
    let colon = if said.goes_on { "" } else { ":" };
    let body = format!("{plain_banner}{at} {}{from}{colon} {shown} #{}", one_line(&who), said.seq);
    // In HTML the address stands behind a word.
    let bare = address.and_then(|address| text.strip_suffix(&format!(" ({address})")));
    let link = match (address, bare) {
        (Some(address), Some(_)) => format!(" (<a href=\"{}\">message</a>)", escape(address)),
        _ => String::new(),
    };
    let html = format!(
        "{html_banner}{at} <strong>{}</strong>{from} {}{link} <code>#{}</code>",
        escape(&one_line(&who)),
        set(bare.unwrap_or(&text), telling),
        said.seq
    );
    notice(&body, &html)
}

/// Our own words, typed as they stand there.
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
    use crate::{
        card::testing::{card_of, said},
        chat::theirs::{Theirs, Typed},
    };

    /// A card in a house whose commands begin with `!incident`, where nobody wrote code.
    fn card_for(shown: &Card) -> Value {
        card(shown, "!incident", true, Tz::UTC, Theirs::Nothing.beside(&Typed::after("!incident")))
    }

    fn line_of(text: &str) -> Value {
        line(&said(text), Tz::UTC, Theirs::Nothing.beside(&Typed::after("!incident")))
    }

    #[test]
    fn a_card_and_a_line_tell_what_to_type_as_code_and_leave_what_people_wrote() {
        let typed = Typed::after("!incident");
        let mut theirs = Theirs::default();
        theirs.add(&json!("`close <it>`"));
        let said = card_of("`close <it>`, then `next`");
        let shown = card(&said, "!incident", true, Tz::UTC, theirs.beside(&typed));
        let form = |of: &Value, name: &str| of[name].as_str().unwrap_or_default().to_owned();
        let (body, html) = (form(&shown, "body"), form(&shown, "formatted_body"));
        assert!(body.contains("Open tasks: `close <it>`, then `!incident next`\n"), "{body}");
        assert!(html.contains("`close &lt;it&gt;`, then <code>!incident next</code><br>"), "{html}");
        assert!(html.contains("<p>`close &lt;it&gt;`, then `next`</p>"), "the summary: {html}");
        let line = line_of("Is it mended? `resolve @room <b>`.");
        assert!(form(&line, "body").ends_with("`!incident resolve @\u{200b}room <b>`. #12"), "{line}");
        let set = "<code>!incident resolve @\u{200b}room &lt;b&gt;</code>. <code>#12</code>";
        assert!(form(&line, "formatted_body").ends_with(set), "{line}");
    }

    #[test]
    fn the_address_of_a_message_stands_behind_a_word() {
        let line = line_of("Bo wrote: “db1 is full” (https://matrix.to/#/%21r%3As/%24e?via=s)");
        let html = line["formatted_body"].as_str().unwrap_or_default();
        let link = "“db1 is full” (<a href=\"https://matrix.to/#/%21r%3As/%24e?via=s\">message</a>) <code>#12</code>";
        assert!(html.ends_with(link), "{html}");
        let line = line_of("Bo wrote: “db1 is full” (https://evil.example/%21r)");
        assert!(!line["formatted_body"].as_str().unwrap_or_default().contains("<a "), "{line}");
    }

    #[test]
    fn whatever_the_text_an_event_keeps_matrixs_limit() {
        for c in ["\"", "🚨", "<", "\\", "a"] {
            let long = c.repeat(30_000);
            let shown = card_for(&card_of(&long));
            let edit = in_place_of(shown.clone(), "$event", &headline(&card_of(&long)));
            for content in [shown, edit, line_of(&long), told(&long, Tz::UTC)] {
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
        let (card, line) = (card_for(&small), line_of("Ada & <Bo>"));
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
        let shown = card_for(&twice)["body"].to_string();
        assert!(shown.contains("Say: !incident note TEXT · !incident next\""), "{shown}");
    }

    #[test]
    fn an_incidents_card_tells_in_a_shared_room_what_is_understood_there() {
        let mut own = card_of("INC-1");
        own.incident = "INC-1".parse().ok();
        own.subject = "INC-1".into();
        own.buttons = (0..=SAID_MAX)
            .map(|n| crate::card::Button { command: format!("task ack {n}"), ..own.buttons[0].clone() })
            .collect();
        let said = |is_own: bool| {
            let shown =
                card(&own, "!incident", is_own, Tz::UTC, Theirs::Nothing.beside(&Typed::after("!incident")));
            shown["body"].as_str().unwrap_or_default().lines().last().unwrap_or_default().to_owned()
        };
        let (here, elsewhere) = (said(true), said(false));
        assert!(here.starts_with("Say: !task ack 0 · !task ack 1 · "), "{here}");
        assert!(here.ends_with("; !help has the rest"), "{here}");
        assert!(
            elsewhere.starts_with("Say: !incident INC-1 task ack 0 · !incident INC-1 task ack 1 · "),
            "{elsewhere}"
        );
        assert!(elsewhere.ends_with("; !incident help has the rest"), "{elsewhere}");
    }

    #[test]
    fn a_card_tells_the_most_urgent_commands_and_where_the_rest_is_found() {
        let mut many = card_of("INC-1");
        let button = many.buttons[0].clone();
        let one = |n: usize| crate::card::Button { command: format!("next {n}"), ..button.clone() };
        many.buttons = (0..SAID_MAX).map(one).collect();
        assert!(!card_for(&many)["body"].to_string().contains("has the rest"));
        many.buttons.push(one(SAID_MAX));
        let shown = card_for(&many);
        let end = format!("!incident next {}; !incident help has the rest", SAID_MAX - 1);
        assert!(shown["body"].as_str().unwrap_or_default().ends_with(&end), "{shown}");
        assert!(shown["formatted_body"].to_string().contains("; <code>!incident help</code> has the rest"));
    }

    #[test]
    fn an_incidents_alias_is_its_own_also_after_its_room_was_deleted() {
        let id: IncidentId = "INC-1".parse().unwrap();
        assert_eq!(alias(id, "ab12", ""), "inc-1-ab12");
        assert_ne!(alias(id, "ab12", "!old:s"), alias(id, "ab12", ""));
        assert_ne!(alias(id, "ab12", "!old:s"), alias(id, "ab12", "!older:s"));
    }
}
