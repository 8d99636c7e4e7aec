//! What Discord shows of a card, a line of the timeline and an announcement. Pure: message bodies in JSON.
//!
//! After <https://discord.com/developers/docs/resources/message>: content 2,000 characters, title 256, field 1,024,
//! 25 fields, 6,000 in all, five buttons a row, a `custom_id` of 100 characters.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    NAME,
    text::{cap, escape, length, moment, plain, soften},
};
use crate::{
    card::{Button, Card, Field, Said, Tone, Value as Shown},
    chat::{
        button::button_name,
        markdown::NOTHING,
        space,
        text::{self, in_readers_zone, with_short_hashes, without_address},
        theirs::Telling,
    },
    incident::{id::IncidentId, names::Names, sentence::Part, state::Incident},
};

/// Begins the address of a message.
pub(super) const ADDRESS: &str = "https://discord.com/channels/";
pub(super) const CONTENT_MAX: usize = 2_000;
const TITLE_MAX: usize = 256;
const DESCRIPTION_MAX: usize = 1_500;
const FIELDS_MAX: usize = 25;
const FIELD_NAME_MAX: usize = 256;
const FIELD_VALUE_MAX: usize = 1_024;
const FOOTER_MAX: usize = 200;
/// Everything in the embed together.
const EMBED_MAX: usize = 6_000;
/// Short fields in a row.
const COLUMNS: usize = 3;
/// Of that, what fills up rows.
const BLANKS_MAX: usize = 2 * FIELDS_MAX;
/// A longer name takes two lines in a row.
const NAME_FITS: usize = 16;
const ROWS_MAX: usize = 5;
const ROW_MAX: usize = 5;
const BUTTON_LABEL_MAX: usize = 80;
const THREAD_NAME_MAX: usize = 100;
const CHANNEL_NAME_MAX: usize = 90;
const FORM_TITLE_MAX: usize = 45;
const FORM_INPUTS_MAX: usize = 5;
const PLACEHOLDER_MAX: usize = 100;
const OPTIONS_MAX: usize = 25;
const OPTION_MAX: usize = 100;
/// What fits on the timeline and in Discord's own limit of 4,000.
const LONG_ANSWER_MAX: usize = 4_000;
const SHORT_ANSWER_MAX: usize = 1_000;

/// Flag of a message whose links are not unfolded.
const NO_PREVIEWS: u64 = 1 << 2;

/// At most 25 characters that are the same whenever the same thing is sent again.
pub(super) fn nonce(key: &str) -> String {
    hex::encode(Sha256::digest(key.as_bytes())).chars().take(24).collect()
}

fn banner(banner: &str) -> String {
    if banner.is_empty() { String::new() } else { format!("**{banner}** ") }
}

/// Words of ours and theirs: what is to be typed stands as code, the rest as it was written.
fn set(text: &str, telling: Telling<'_>) -> String {
    telling.set(text, escape, |ours| format!("`{}`", soften(ours)))
}

fn value(shown: &Shown, telling: Telling<'_>) -> String {
    match shown {
        Shown::Text(text) => set(text, telling),
        Shown::Time(at) => format!("{} ({})", moment(*at, 't'), moment(*at, 'R')),
    }
}

/// The footer by which a card is found again.
pub(super) fn card_mark(subject: &str) -> String {
    format!("{subject} · ")
}

/// A card as a message: body for sending it and for editing it alike. Its text is somebody's and stays as it was written.
pub(super) fn card(card: &Card, telling: Telling<'_>) -> Value {
    let mut left = EMBED_MAX - BLANKS_MAX;
    let mut take = |text: String, max: usize| {
        let text = cap(&text, max.min(left));
        left = left.saturating_sub(length(&text));
        text
    };
    let title = match card.banner {
        "" => card.title.clone(),
        banner => format!("{banner} – {}", card.title),
    };
    let title = take(escape(&title), TITLE_MAX);
    let footer = take(format!("{}{}", card_mark(&card.subject), plain(&card.footer)), FOOTER_MAX);
    let description = take(escape(&card.text), DESCRIPTION_MAX);
    let mut fields = Vec::new();
    for place in in_rows(&card.fields).into_iter().take(FIELDS_MAX) {
        let Some(field) = place else {
            let nothing = NOTHING.to_string();
            fields.push(json!({"name": nothing, "value": nothing, "inline": true}));
            continue;
        };
        let name = take(escape(field.name), FIELD_NAME_MAX);
        // Cut before its moments are marked, as a mark takes less room and half a mark shows nothing.
        let value =
            in_readers_zone(&take(value(&field.value, telling), FIELD_VALUE_MAX), |at| moment(at, 'f'));
        // Neither may be empty; what no longer fits is left out whole.
        if name.is_empty() {
            break;
        }
        let value = if value.is_empty() { "–".to_owned() } else { value };
        fields.push(json!({"name": name, "value": value, "inline": field.is_short}));
    }
    let color = match card.tone {
        Tone::Critical => 0x00d3_2f2f,
        Tone::Warning => 0x00f5_7c00,
        Tone::Calm => 0x0019_76d2,
        Tone::Good => 0x0038_8e3c,
    };
    let mut embed = json!({"title": title, "color": color, "fields": fields, "footer": {"text": footer}});
    if !description.is_empty() {
        embed["description"] = json!(description);
    }
    let (menus, buttons): (Vec<&Button>, Vec<&Button>) =
        card.buttons.iter().partition(|button| !button.choices.is_empty());
    let row = |components: Vec<Value>| json!({"type": 1, "components": components});
    // A menu has a row of its own.
    let menus = menus.into_iter().map(|one| row(vec![menu(&card.subject, one)])).collect::<Vec<_>>();
    let rows = buttons.chunks(ROW_MAX).take(ROWS_MAX - menus.len().min(ROWS_MAX));
    let mut rows: Vec<Value> =
        rows.map(|some| row(some.iter().map(|one| button(&card.subject, one)).collect())).collect();
    rows.extend(menus.into_iter().take(ROWS_MAX));
    json!({"content": banner(card.banner).trim_end(), "embeds": [embed], "components": rows})
}

/// The fields of a card so that those in a row have their values on one line: short ones stand in rows of three, those whose names
/// take two lines and those that are times each in rows of their own, filled up with `None`.
fn in_rows(fields: &[Field]) -> Vec<Option<&Field>> {
    let mut all: Vec<Option<&Field>> = Vec::new();
    for run in fields.chunk_by(|one, next| one.is_short && next.is_short) {
        if run.len() <= COLUMNS {
            all.extend(run.iter().map(Some));
            continue;
        }
        let mut laid: Vec<Option<&Field>> = Vec::new();
        for row in 0..3 {
            laid.extend(run.iter().filter(|field| row_of(field) == row).map(Some));
            laid.resize(laid.len().next_multiple_of(COLUMNS), None);
        }
        // One alone stands at the left by itself.
        if laid.ends_with(&[None, None]) {
            laid.truncate(laid.len() - 2);
        }
        all.extend(laid);
    }
    all
}

/// With which of the others a short field stands.
fn row_of(field: &Field) -> usize {
    match field.value {
        Shown::Time(_) => 2,
        Shown::Text(_) if field.name.chars().count() > NAME_FITS => 1,
        Shown::Text(_) => 0,
    }
}

fn button(subject: &str, button: &Button) -> Value {
    json!({
        "type": 2,
        "style": if button.is_primary { 1 } else { 2 },
        "label": cap(&button.label, BUTTON_LABEL_MAX),
        "custom_id": button_name(subject, &button.id),
    })
}

fn menu(subject: &str, button: &Button) -> Value {
    let options = button.choices.iter().take(OPTIONS_MAX).map(|choice| {
        json!({
            "label": cap(&button.offered(choice), OPTION_MAX),
            "value": choice.id,
            "description": cap(&choice.meaning, OPTION_MAX),
            "default": choice.is_now,
        })
    });
    json!({
        "type": 3,
        "custom_id": button_name(subject, &button.id),
        "placeholder": cap(&button.label, PLACEHOLDER_MAX),
        "options": options.collect::<Vec<_>>(),
    })
}

/// The form for a button's blanks. Of a menu in a form, serenity drops what was chosen, so there is none: texts only.
pub(super) fn form(subject: &str, button: &Button) -> Value {
    let inputs: Vec<Value> = button
        .blanks
        .iter()
        .take(FORM_INPUTS_MAX)
        .map(|blank| {
            let input = json!({
                "type": 4,
                "custom_id": blank.name,
                "style": if blank.is_long { 2 } else { 1 },
                "label": cap(blank.label, FORM_TITLE_MAX),
                "placeholder": cap(blank.placeholder, PLACEHOLDER_MAX),
                "required": blank.is_required,
                "max_length": if blank.is_long { LONG_ANSWER_MAX } else { SHORT_ANSWER_MAX },
            });
            json!({"type": 1, "components": [input]})
        })
        .collect();
    let title = cap(&format!("{subject}: {}", button.label), FORM_TITLE_MAX);
    json!({"type": 9, "data": {"custom_id": button_name(subject, &button.id), "title": title, "components": inputs}})
}

/// The number of the entry at the end of its line: what people name in `correct 12`, and by which the line is found.
pub(super) fn line_mark(seq: u64) -> String {
    format!(" `#{seq}`")
}

/// A sentence in at most `room` units.
fn sentence(parts: &[Part], room: usize, telling: Telling<'_>) -> String {
    let shown = |text: &str, left| cap(&set(&with_short_hashes(text), telling), left);
    text::sentence(parts, room, length, shown, |at| moment(at, 'f'))
}

/// A line of the timeline.
pub(super) fn line(said: &Said, telling: Telling<'_>) -> Value {
    let mark = line_mark(said.seq);
    let (who, from) = (cap(&escape(&said.who), 160), said.aside(NAME));
    let head = format!("{}{} **{who}**{from} ", banner(said.banner), moment(said.at, 't'));
    let (text, address) = without_address(&said.text, |address| address.starts_with(ADDRESS));
    let link = address.map(|address| format!(" ([message]({address}))")).unwrap_or_default();
    let room = CONTENT_MAX - length(&mark) - (length(&head) + length(&link)).min(CONTENT_MAX / 2);
    let content = format!("{head}{}{link}{mark}", sentence(&text, room, telling));
    json!({"content": content, "flags": NO_PREVIEWS})
}

/// Words of our own.
pub(super) fn words(text: &str) -> Value {
    json!({"content": cap(&escape(text), CONTENT_MAX), "flags": NO_PREVIEWS})
}

/// Begins the announcement of an incident.
pub(super) fn announcement_mark(id: IncidentId) -> String {
    format!("**{id}** ")
}

/// The line in the command post under which an incident's thread hangs, or that leads to its `channel`.
pub(super) fn announcement(incident: &Incident, channel: Option<&str>, names: &Names) -> Value {
    let (id, kind) = (incident.id, incident.kind());
    let head = format!("{} {}{}", space::sign(kind), banner(kind.banner()), announcement_mark(id));
    let title = cap(&escape(&incident.title), CONTENT_MAX / 2);
    let how_bad = names.how_bad(kind, incident.severity);
    let at = channel.map(|channel| format!(": <#{channel}>")).unwrap_or_default();
    json!({"content": format!("{head}{title} – {how_bad}{at}"), "flags": NO_PREVIEWS})
}

/// The name of an incident's thread or post: `INC-1 checkout fails`.
pub(super) fn thread_name(id: IncidentId, title: &str) -> String {
    cap(&format!("{id} {}", plain(title)), THREAD_NAME_MAX).trim_end().to_owned()
}

/// The name of a restricted incident's thread: without its title, which others might see in the server's log.
pub(super) fn private_thread_name(id: IncidentId) -> String {
    format!("{id} restricted")
}

/// Begins a thread's name.
pub(super) fn thread_mark(id: IncidentId) -> String {
    format!("{id} ")
}

/// The name of an incident's own channel, as Discord writes such names: `inc-1-checkout-fails`.
pub(super) fn channel_name(id: IncidentId, title: &str) -> String {
    let mut name = channel_mark(id);
    for c in title.to_lowercase().chars() {
        if c.is_alphanumeric() {
            name.push(c);
        } else if !name.ends_with('-') {
            name.push('-');
        }
        if length(&name) >= CHANNEL_NAME_MAX {
            break;
        }
    }
    name.trim_end_matches('-').to_owned()
}

/// Begins a channel's name.
pub(super) fn channel_mark(id: IncidentId) -> String {
    format!("{}-", id.to_string().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        card::testing::{card_of, said},
        chat::{discord::TYPED, theirs::Theirs},
    };

    #[test]
    fn a_card_of_any_size_keeps_discords_limits() {
        let long = "*".repeat(9_000);
        for text in [long.as_str(), "", "x"] {
            let body = card(&card_of(text), Theirs::Nothing.beside(&TYPED));
            let embed = &body["embeds"][0];
            let len = |v: &Value| length(v.as_str().unwrap_or_default());
            let fields = embed["fields"].as_array().unwrap();
            assert!(fields.len() <= FIELDS_MAX);
            assert!(
                fields
                    .iter()
                    .all(|f| len(&f["name"]) > 0 && len(&f["value"]) > 0 && len(&f["value"]) <= 1_024)
            );
            let all: usize = fields.iter().map(|f| len(&f["name"]) + len(&f["value"])).sum();
            let all = all + len(&embed["title"]) + len(&embed["description"]) + len(&embed["footer"]["text"]);
            assert!(all <= EMBED_MAX + FIELDS_MAX, "{all}");
            assert!(embed["footer"]["text"].as_str().unwrap().starts_with("INC-1 · "));
        }
    }

    #[test]
    fn short_fields_stand_in_rows_of_three_that_line_up() {
        let field = |name: &'static str, value: Shown, is_short| Field { name, value, is_short };
        let text = |name| field(name, Shown::Text("x".into()), true);
        let time = |name| field(name, Shown::Time(chrono::DateTime::UNIX_EPOCH), true);
        let fields = [
            text("Severity"),
            text("Phase"),
            text("Incident Commander"),
            text("Public Information Officer"),
            time("Declared"),
            time("Next public update"),
            text("Alerts firing"),
            field("Open tasks", Shown::Text("x".into()), false),
        ];
        let laid: Vec<&str> = in_rows(&fields).iter().map(|field| field.map_or("", |one| one.name)).collect();
        let mut expected = [
            ["Severity", "Phase", "Alerts firing"],
            ["Incident Commander", "Public Information Officer", ""],
            ["Declared", "Next public update", ""],
        ]
        .concat();
        expected.push("Open tasks");
        assert_eq!(laid, expected);
        let few = in_rows(&fields[..3]);
        assert!(few.len() == 3 && few.iter().all(Option::is_some), "what fits into a row stays as it is");
        let alone = in_rows(&fields[..5]);
        let last = alone.last().copied().flatten();
        assert_eq!(last.map(|field| field.name), Some("Declared"), "it is not filled up");
    }

    #[test]
    fn a_menu_that_is_closed_says_what_it_is_for_and_what_holds_now() {
        let mut with_menu = card_of("x");
        let choice = |id: &'static str, is_now| crate::card::Choice {
            id,
            label: id.to_uppercase(),
            meaning: String::new(),
            command: String::new(),
            is_now,
        };
        with_menu.buttons[0].label = "How bad is it?".into();
        with_menu.buttons[0].choices = vec![choice("sev1", false), choice("sev2", true)];
        let shown = card(&with_menu, Theirs::Nothing.beside(&TYPED));
        let options = &shown["components"][0]["components"][0]["options"];
        assert_eq!(options[0]["label"], "SEV1");
        assert_eq!(options[1]["label"], "How bad is it? SEV2");
    }

    #[test]
    fn the_summary_on_a_card_stays_as_it_was_written_and_its_fields_say_what_to_type_in_discord() {
        let written = "`close the valve`, then `next`";
        let shown = |theirs: &Theirs| card(&card_of(written), theirs.beside(&TYPED))["embeds"][0].clone();
        let embed = shown(&Theirs::Nothing);
        assert_eq!(embed["description"], escape(written));
        assert_eq!(embed["fields"][0]["value"], "`/incident close reason:the valve`, then `/incident next`");
        let mut theirs = Theirs::default();
        theirs.add(&json!("`close the valve`"));
        assert_eq!(shown(&theirs)["fields"][0]["value"], "\\`close the valve\\`, then `/incident next`");
        assert_eq!(shown(&Theirs::All)["fields"][0]["value"], escape(written), "a card of alerts");
    }

    #[test]
    fn a_line_tells_what_to_type_as_code_and_calls_nobody_by_it() {
        let shown = |theirs: &Theirs, text: &str| {
            line(&said(text), theirs.beside(&TYPED))["content"].as_str().unwrap_or_default().to_owned()
        };
        let told = shown(&Theirs::Nothing, "*Mended*? `resolve HOW`, or `note @everyone <@1>`.");
        assert!(
            told.contains(
                "\\*Mended\\*? `/incident resolve reason:HOW`, or `/incident note text:@\u{200b}everyone"
            ),
            "{told}"
        );
        assert!(!told.contains("<@1"), "{told}");
        let wrote = shown(&Theirs::All, "I shall `resolve HOW`");
        assert!(wrote.contains("I shall \\`resolve HOW\\`") && !wrote.contains("/incident"), "{wrote}");
    }

    #[test]
    fn the_address_of_a_message_stands_behind_a_word_and_no_other_does() {
        let shown = |text: &str| line(&said(text), Theirs::All.beside(&TYPED))["content"].to_string();
        let ours = shown("Bo wrote: “db1 is full” (https://discord.com/channels/1/2/3)");
        assert!(ours.contains("“db1 is full” ([message](https://discord.com/channels/1/2/3))"), "{ours}");
        assert!(!shown("Bo wrote: “db1 is full” (https://evil.example/1)").contains("]("));
    }

    #[test]
    fn a_line_shows_its_times_in_the_readers_zone_and_cuts_none_in_half() {
        let text = |text: &str| Part::Text(text.into());
        let at = Part::Time(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let told = [text("Task #3 went to Bo, due "), at.clone(), text(": *Drain*")];
        let nothing = Theirs::Nothing;
        let telling = nothing.beside(&TYPED);
        assert_eq!(sentence(&told, 200, telling), "Task #3 went to Bo, due <t:1800000000:f>: \\*Drain\\*");
        for room in 0..60 {
            let cut = sentence(&[text("until "), at.clone(), text(".")], room, telling);
            assert!(
                length(&cut) <= room && (cut.contains("<t:1800000000:f>") || !cut.contains('<')),
                "{cut}"
            );
        }
    }

    #[test]
    fn a_nonce_fits_and_is_the_same_for_the_same_delivery() {
        assert_eq!(nonce("INC-1/7"), nonce("INC-1/7"));
        assert_ne!(nonce("INC-1/7"), nonce("INC-1/8"));
        assert!(nonce("x").len() <= 25);
    }

    #[test]
    fn spaces_are_named_by_number_first() {
        let id: IncidentId = "INC-1".parse().unwrap();
        assert_eq!(thread_name(id, "Checkout @everyone\nfails"), "INC-1 Checkout @\u{200b}everyone fails");
        assert_eq!(channel_name(id, "Checkout  fails!"), "inc-1-checkout-fails");
        assert!(length(&thread_name(id, &"🚨".repeat(200))) <= 100);
        assert!(!thread_name(id, "x").starts_with(&thread_mark("INC-10".parse().unwrap())));
    }
}
