//! What Slack shows of a card, a line of the timeline, an answer and an announcement. Pure: texts and blocks in JSON.
//!
//! After <https://docs.slack.dev/reference/block-kit/blocks>: a header 150 characters, a section's text 3,000, a field
//! 2,000 and ten of them, 25 buttons with labels of 75, 50 blocks a message. Nothing is parsed in a text besides `<…>`.

use serde_json::{Value, json};
use url::Url;

use super::{
    NAME,
    text::{cap, escape, moment, moment_with_day, one_line, plain, soften},
};
use crate::{
    card::{Button, Card, Choice, Field, Said, Tone, Value as Shown},
    chat::{
        button::button_name,
        space,
        text::{self, cap as cut, in_readers_zone, with_short_hashes, without_address},
        theirs::Telling,
        words,
    },
    incident::{names::Names, sentence::Part, state::Incident},
};

const HEADER_MAX: usize = 150;
const FIELDS_MAX: usize = 10;
const FIELD_MAX: usize = 2_000;
const LONG_FIELD_MAX: usize = 1_000;
/// Long fields stand in blocks of their own.
const LONG_FIELDS_MAX: usize = 12;
const TEXT_MAX: usize = 1_500;
/// Slack cuts the text of a message at 40,000 characters, and folds a long one: <https://docs.slack.dev/changelog/2018-truncating-really-long-messages>.
const TOLD_MAX: usize = 12_000;
const BUTTONS_MAX: usize = 25;
const LABEL_MAX: usize = 75;
const OPTIONS_MAX: usize = 100;
/// Slack advises to keep messages below 4,000 characters.
const MESSAGE_MAX: usize = 3_900;
const WHO_MAX: usize = 160;
const TITLE_MAX: usize = 250;
const TOPIC_MAX: usize = 250;

/// A text and the blocks that are shown in its place where blocks are known.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Message {
    pub text: String,
    pub blocks: Vec<Value>,
}

/// The key under which a card is found again.
pub(super) fn card_key(subject: &str) -> String {
    format!("card/{subject}")
}

/// The id of the card's last block, which says whose card it is.
pub(super) fn card_block(subject: &str) -> String {
    button_name(subject, "card")
}

fn mrkdwn(text: &str) -> Value {
    json!({"type": "mrkdwn", "text": text, "verbatim": true})
}

/// Text that is shown letter by letter.
pub(super) fn plain_text(text: &str) -> Value {
    json!({"type": "plain_text", "text": text, "emoji": true})
}

fn banner(banner: &str) -> String {
    if banner.is_empty() { String::new() } else { format!("*{banner}* ") }
}

fn field(field: &Field, max: usize, telling: Telling<'_>) -> String {
    let value = match &field.value {
        Shown::Text(text) => in_readers_zone(&escape(&telling.shown(text)), moment_with_day),
        Shown::Time(at) => moment_with_day(*at),
    };
    let value = if value.trim().is_empty() { "–".to_owned() } else { value };
    cap(&format!("*{}*\n{value}", escape(field.name)), max)
}

fn button(subject: &str, button: &Button) -> Value {
    if !button.choices.is_empty() {
        return menu(subject, button);
    }
    let mut shown = json!({
        "type": "button",
        "action_id": button_name(subject, &button.id),
        "text": plain_text(&cut(&button.label, LABEL_MAX)),
    });
    if button.is_primary {
        shown["style"] = json!("primary");
    }
    shown
}

fn menu(subject: &str, button: &Button) -> Value {
    let option = |choice: &Choice| {
        json!({
            "text": plain_text(&cut(&button.offered(choice), LABEL_MAX)),
            "value": choice.id,
            "description": plain_text(&cut(&choice.meaning, LABEL_MAX)),
        })
    };
    let mut shown = json!({
        "type": "static_select",
        "action_id": button_name(subject, &button.id),
        "placeholder": plain_text(&cut(&button.label, LABEL_MAX)),
        "options": button.choices.iter().take(OPTIONS_MAX).map(option).collect::<Vec<_>>(),
    });
    if let Some(now) = button.choices.iter().find(|choice| choice.is_now) {
        shown["initial_option"] = option(now);
    }
    shown
}

/// A card as a message. Its text is somebody's and stays as it was written.
pub(super) fn card(card: &Card, telling: Telling<'_>) -> Message {
    let mark = match card.tone {
        Tone::Critical => "🔴",
        Tone::Warning => "🟠",
        Tone::Calm => "🔵",
        Tone::Good => "🟢",
    };
    let title = one_line(&card.title);
    let headed = match card.banner {
        "" => format!("{mark} {title}"),
        banner => format!("{mark} {banner} {title}"),
    };
    let mut blocks = vec![json!({"type": "header", "text": plain_text(&cut(&headed, HEADER_MAX))})];
    let section = |text: String| json!({"type": "section", "text": mrkdwn(&text)});
    if !card.text.trim().is_empty() {
        blocks.push(section(cap(&escape(&card.text), TEXT_MAX)));
    }
    let short = card.fields.iter().filter(|one| one.is_short);
    let short: Vec<Value> = short.map(|one| mrkdwn(&field(one, FIELD_MAX, telling))).collect();
    blocks.extend(short.chunks(FIELDS_MAX).take(2).map(|some| json!({"type": "section", "fields": some})));
    let long = card.fields.iter().filter(|one| !one.is_short).take(LONG_FIELDS_MAX);
    blocks.extend(long.map(|one| section(field(one, LONG_FIELD_MAX, telling))));
    if !card.buttons.is_empty() {
        let buttons: Vec<Value> =
            card.buttons.iter().take(BUTTONS_MAX).map(|one| button(&card.subject, one)).collect();
        blocks.push(json!({"type": "actions", "elements": buttons}));
    }
    let footer = cap(&escape(&one_line(&format!("{} · {}", card.subject, card.footer))), TITLE_MAX);
    blocks.push(
        json!({"type": "context", "block_id": card_block(&card.subject), "elements": [mrkdwn(&footer)]}),
    );
    let text = format!("{mark} {}{}", banner(card.banner), cap(&escape(&title), TITLE_MAX));
    Message { text, blocks }
}

/// The number of the entry at the end of its line: what people name in `correct 12`, and by which the line is found.
pub(super) fn line_mark(seq: u64) -> String {
    format!(" #{seq}")
}

/// A sentence in at most `room` characters.
fn sentence(parts: &[Part], room: usize, telling: Telling<'_>) -> String {
    let text = |text: &str, left| cap(&escape(&telling.shown(&with_short_hashes(text))), left);
    text::sentence(parts, room, |text| text.chars().count(), text, moment_with_day)
}

/// A line of the timeline.
pub(super) fn line(said: &Said, telling: Telling<'_>) -> String {
    let mark = line_mark(said.seq);
    let who = cap(&escape(&one_line(&said.who)), WHO_MAX);
    let head = format!("{}{} *{who}*{} ", banner(said.banner), moment(said.at), said.aside(NAME));
    let (text, address) = without_address(&said.text, is_of_slack);
    let link = address.map(|address| format!(" (<{}|message>)", address.replace('&', "&amp;")));
    let link = link.unwrap_or_default();
    let taken = head.chars().count() + link.chars().count() + mark.len();
    format!("{head}{}{link}{mark}", sentence(&text, MESSAGE_MAX.saturating_sub(taken), telling))
}

/// Whether an address is that of a message.
fn is_of_slack(address: &str) -> bool {
    // By a parser as browsers have it: before the first slash there may be more than the host.
    Url::parse(address).is_ok_and(|url| {
        let is_slack = |host: &str| host == "slack.com" || host.ends_with(".slack.com");
        url.scheme() == "https"
            && url.host_str().is_some_and(is_slack)
            && (url.username(), url.password(), url.port()) == ("", None, None)
            && url.path().starts_with("/archives/")
    })
}

/// Our own words.
pub(super) fn told(text: &str) -> String {
    words::told(text, |text| in_readers_zone(&cap(&soften(text), TOLD_MAX), moment_with_day))
}

/// What people wrote, read out to whoever asked for it: as it stands in the lines.
pub(super) fn read_out(text: &str) -> String {
    words::told(text, |text| in_readers_zone(&cap(&escape(text), TOLD_MAX), moment_with_day))
}

/// Our own words where nothing is formatted: below a form's field.
pub(super) fn told_plainly(text: &str) -> String {
    cut(&plain(text).replace("**", "").replace('`', ""), TITLE_MAX)
}

/// The line in the command post that leads to an incident's channel.
pub(super) fn announcement(incident: &Incident, channel: &str, names: &Names) -> String {
    let title = cap(&escape(&one_line(&incident.title)), TITLE_MAX);
    let (kind, how_bad) = (incident.kind(), names.how_bad(incident.kind(), incident.severity));
    let head = format!("{} {}*{}*", space::sign(kind), banner(kind.banner()), incident.id);
    format!("{head} {title} – {how_bad}: <#{channel}>")
}

/// The topic of an incident's channel.
pub(super) fn topic(incident: &Incident, names: &Names) -> String {
    cap(&escape(&one_line(&space::topic(incident, names))), TOPIC_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        card::testing::{self, card_of},
        chat::{
            slack::{SLASH, typed_in},
            theirs::Theirs,
        },
    };

    /// Slack's own limit.
    const SECTION_MAX: usize = 3_000;

    #[test]
    fn what_people_wrote_is_read_out_as_they_wrote_it() {
        assert_eq!(read_out("12 – Ada: **bold** & <!here>"), "12 – Ada: **bold** &amp; &lt;!here&gt;");
        assert_eq!(told("**EXERCISE** done"), "*EXERCISE* done", "our own");
    }

    #[test]
    fn a_card_of_any_size_keeps_slacks_limits() {
        let long = "<&>".repeat(3_000);
        for text in [long.as_str(), "", "x"] {
            let button = |id: &'static str| Button {
                id: id.into(),
                label: "A label that somebody made far too long for a button in a chat of any kind at all"
                    .into(),
                ..card_of(text).buttons.remove(0)
            };
            let shown = Card { buttons: vec![button("a"), button("b")], ..card_of(text) };
            let card = card(&shown, Theirs::Nothing.beside(&SLASH));
            assert!(card.blocks.len() <= 50 && card.text.chars().count() <= MESSAGE_MAX);
            assert!(serde_json::to_string(&card.blocks).unwrap().len() < 60_000);
            for block in &card.blocks {
                let chars = |v: &Value| v["text"].as_str().map_or(1, |text| text.chars().count());
                let max = if block["type"] == "header" { HEADER_MAX } else { SECTION_MAX };
                assert!((1..=max).contains(&chars(&block["text"])), "{block}");
                for field in block["fields"].as_array().into_iter().flatten() {
                    assert!((1..=FIELD_MAX).contains(&chars(field)));
                }
                for button in block["elements"].as_array().into_iter().flatten() {
                    assert!(chars(&button["text"]) <= LABEL_MAX);
                }
            }
            assert_eq!(card.blocks.last().unwrap()["block_id"], "cp1|INC-1|card");
        }
    }

    #[test]
    fn the_address_of_a_message_stands_behind_a_word_and_no_other_does() {
        let shown = |text: &str| line(&testing::said(text), Theirs::All.beside(&SLASH));
        let ours =
            shown("Bo wrote: “db1 is full” (https://acme.slack.com/archives/C1/p2?thread_ts=1&cid=C1)");
        let link = "(<https://acme.slack.com/archives/C1/p2?thread_ts=1&amp;cid=C1|message>)";
        assert!(ours.contains(link), "{ours}");
        for other in [
            "https://evil.example/archives/C1/p2",
            "https://notslack.com/archives/C1/p2",
            "https://evil.example?.slack.com/archives/C1/p2",
            "https://evil.example#.slack.com/archives/C1/p2",
            "https://evil.example\\.slack.com/archives/C1/p2",
            "https://acme.slack.com@evil.example/archives/C1/p2",
            "https://evil.example@acme.slack.com/archives/C1/p2",
            "https://evil.example:443?.slack.com/archives/C1/p2",
            "https://acme.slack.com:8443/archives/C1/p2",
            "http://acme.slack.com/archives/C1/p2",
            "https://acme.slack.com/archives/../files/C1/p2",
        ] {
            assert!(!is_of_slack(other), "{other}");
            assert!(!shown(&format!("Bo wrote: “db1 is full” ({other})")).contains("|message>"), "{other}");
        }
    }

    #[test]
    fn a_line_shows_its_times_in_the_readers_zone_and_cuts_none_in_half() {
        let text = |text: &str| Part::Text(text.into());
        let at = Part::Time(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let told = [text("Task #3 went to Bo, due "), at.clone(), text(": <!here>")];
        let nothing = Theirs::Nothing;
        let telling = nothing.beside(&SLASH);
        assert_eq!(
            sentence(&told, 200, telling),
            "Task #3 went to Bo, due <!date^1800000000^{date_short_pretty} {time}|15 Jan 08:00 UTC>: &lt;!here&gt;"
        );
        for room in 0..90 {
            let cut = sentence(&[text("until "), at.clone(), text(".")], room, telling);
            assert!(
                cut.chars().count() <= room && cut.matches('<').count() == cut.matches('>').count(),
                "{cut}"
            );
        }
    }

    #[test]
    fn a_card_and_a_line_tell_what_to_type_where_they_stand_and_leave_what_people_wrote() {
        let written = "`close the valve`, then `resume`";
        let mut theirs = Theirs::default();
        theirs.add(&json!("`close the valve`"));
        let shown = card(&card_of(written), theirs.beside(typed_in(None)));
        assert_eq!(shown.blocks[1]["text"]["text"], written, "the summary");
        let fields = shown.blocks[2]["fields"][0]["text"].as_str().unwrap_or_default();
        assert!(fields.ends_with("`close the valve`, then `/incident resume`"), "{fields}");
        let said = testing::said("Is it mended? `resolve HOW`.");
        for (thread, typed) in [(None, "/incident resolve HOW"), (Some("1.2"), "@commandpost resolve HOW")] {
            let line = line(&said, Theirs::Nothing.beside(typed_in(thread)));
            assert!(line.ends_with(&format!("Is it mended? `{typed}`. #12")), "{line}");
        }
    }

    #[test]
    fn a_line_is_never_longer_than_slack_shows_whole() {
        let said =
            Said { who: "<".repeat(500), text: vec![Part::Text("&".repeat(4_000))], ..testing::said("") };
        let line = line(&said, Theirs::Nothing.beside(&SLASH));
        assert!(line.chars().count() <= MESSAGE_MAX && line.ends_with("… #12"), "{line}");
    }
}
