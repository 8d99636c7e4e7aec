//! An event of a room as `/sync` brings it: who says what, and whether it is meant for the command post.
//!
//! Read from plain JSON of anybody's making: whatever is not as it should be is nothing.

use chrono::{DateTime, TimeDelta, Utc};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::{
    chat::people::People,
    legible::is_seen,
    people::{NAME_CHARS_MAX, Person, shown_name},
};

/// By which a message is put on the timeline.
const PIN: &str = "📌";
/// With this Pantalaimon begins what it puts in place of a message for which it has no key (0.10.5, `unable_to_decrypt`).
const WITHOUT_KEY: &str = "** Unable to decrypt: ";
/// Accounts of one name that are told.
const NAMED_MAX: usize = 5;
/// The longest id that the specification allows, in bytes.
const ID_BYTES_MAX: usize = 255;

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Says {
    /// A message of a person.
    Text {
        body: String,
        thread: Option<String>,
    },
    /// 📌 on a message.
    Pin {
        target: String,
    },
    /// A message of one's own in new words: its content now.
    Edit {
        target: String,
        content: Value,
    },
    Redaction {
        target: String,
    },
    /// A message that arrived encrypted.
    Encrypted,
    /// What an encrypting proxy puts in place of a message for which it has no key.
    NoKey,
    /// From now on all messages are encrypted.
    Encryption,
    /// Somebody's name in this room.
    Name {
        user: String,
        name: Option<String>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heard {
    pub event: String,
    pub sender: String,
    pub says: Says,
}

/// Whether this can be an id of that kind: `@ada:example.org`, `$event`, `!room`.
pub(super) fn is_id(text: &str, sigil: char) -> bool {
    text.starts_with(sigil)
        && text.len() <= ID_BYTES_MAX
        && (sigil != '@' || text.contains(':'))
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

fn id(value: &Value, sigil: char) -> Option<String> {
    value.as_str().filter(|id| is_id(id, sigil)).map(str::to_owned)
}

impl Heard {
    /// `None`: nothing that concerns the command post. `is_by_proxy`: an encrypting proxy passed it on.
    pub fn read(event: &Value, is_by_proxy: bool) -> Option<Heard> {
        let content = &event["content"];
        let relates = &content["m.relates_to"];
        let says = match event["type"].as_str()? {
            "m.room.message" if is_by_proxy && is_without_key(event) => Says::NoKey,
            "m.room.message" if relates["rel_type"] == "m.replace" => {
                let new = &content["m.new_content"];
                new["body"].as_str()?;
                Says::Edit { target: id(&relates["event_id"], '$')?, content: new.clone() }
            }
            "m.room.message" if content["msgtype"] == "m.text" => {
                let thread =
                    if relates["rel_type"] == "m.thread" { id(&relates["event_id"], '$') } else { None };
                Says::Text { body: words(content)?, thread }
            }
            "m.reaction" => {
                // Some clients add the sign by which it is shown in colour.
                let key = relates["key"].as_str()?.trim_end_matches('\u{fe0f}');
                (key == PIN && relates["rel_type"] == "m.annotation").then_some(())?;
                Says::Pin { target: id(&relates["event_id"], '$')? }
            }
            "m.room.redaction" => {
                let target = id(&content["redacts"], '$').or_else(|| id(&event["redacts"], '$'));
                Says::Redaction { target: target? }
            }
            "m.room.encrypted" => Says::Encrypted,
            "m.room.encryption" => Says::Encryption,
            "m.room.member" => Says::Name {
                user: id(&event["state_key"], '@')?,
                name: content["displayname"].as_str().map(str::to_owned),
            },
            _ => return None,
        };
        Some(Heard { event: id(&event["event_id"], '$')?, sender: id(&event["sender"], '@')?, says })
    }
}

/// Whether a proxy put this in place of a message for which it has no key. It marks those that it decrypted, and puts nothing beside
/// its words: the same ones in an edit, or by somebody in an encrypted room, are people's own.
pub(super) fn is_without_key(message: &Value) -> bool {
    let content = &message["content"];
    message["decrypted"] != true
        && content["msgtype"] == "m.text"
        && content["body"].as_str().is_some_and(|body| body.starts_with(WITHOUT_KEY))
        && content.as_object().is_some_and(|content| content.len() == 2)
}

/// Whether nothing is left of a message: it was deleted.
pub(super) fn is_taken_back(message: &Value) -> bool {
    !message["unsigned"]["redacted_because"].is_null()
        || message["content"].as_object().is_some_and(Map::is_empty)
}

/// When an event was written; never later than it was heard. `heard_at`: when the homeserver told it.
pub(super) fn written_at(event: &Value, heard_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    // By its age it is told on one clock, and it does not matter whether that agrees with ours.
    let age = event["unsigned"]["age"].as_i64().filter(|age| *age >= 0).and_then(TimeDelta::try_milliseconds);
    let at = match age {
        Some(age) => heard_at.checked_sub_signed(age),
        None => event["origin_server_ts"].as_i64().and_then(DateTime::from_timestamp_millis),
    };
    at.map(|at| at.min(heard_at))
}

/// The words of a message: without the quotation that a reply carries along, and with the accounts of those whom it
/// names.
pub(super) fn words(content: &Value) -> Option<String> {
    let body = content["body"].as_str()?;
    let is_reply = content["m.relates_to"]["m.in_reply_to"].is_object();
    let body = if is_reply && body.starts_with("> ") {
        body.split_once("\n\n").map_or("", |(_, said)| said)
    } else {
        body
    };
    let html = content["formatted_body"].as_str().unwrap_or_default();
    Some(with_accounts(body, html))
}

/// The content of a message as it reads now: its last edit, where the homeserver says that there is one.
pub(super) fn latest(message: &Value) -> &Value {
    let edited = &message["unsigned"]["m.relations"]["m.replace"]["content"]["m.new_content"];
    if edited.is_object() { edited } else { &message["content"] }
}

/// What somebody says in a message, and the name of its file, if it is one.
pub(super) fn with_file(content: &Value) -> (String, Option<String>) {
    let body = words(content).unwrap_or_default();
    if !content["url"].is_string() {
        return (body, None);
    }
    // The body is the file's name, or what is said of it where the name stands beside it.
    let name = content["filename"].as_str().unwrap_or(&body).to_owned();
    if name == body { (String::new(), Some(name)) } else { (body, Some(name)) }
}

/// `body` with the account in place of the name, where the HTML form has a link to an account.
fn with_accounts(body: &str, html: &str) -> String {
    const LINK: &str = "href=\"https://matrix.to/#/";
    let (mut body, mut from) = (body.to_owned(), 0);
    for piece in html.split(LINK).skip(1) {
        let Some((address, rest)) = piece.split_once('"') else { continue };
        let address = address.split(['?', '/']).next().unwrap_or_default();
        let account = percent_decode_str(address).decode_utf8_lossy().into_owned();
        let name = rest.split_once('>').and_then(|(_, rest)| rest.split_once("</a>")).map(|(name, _)| name);
        let Some(name) = name.map(unescape).filter(|name| !name.is_empty() && is_id(&account, '@')) else {
            continue;
        };
        // As Markdown has it, or the name alone.
        let written = [format!("[{name}](https://matrix.to/#/{address})"), name];
        let found = written.iter().find_map(|text| {
            let at = body.get(from..)?.find(text.as_str())?;
            Some((from + at, text.len()))
        });
        if let Some((at, length)) = found {
            body.replace_range(at..at + length, &account);
            from = at + account.len();
        }
    }
    body
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

/// The name of an account without its server: `ada`.
fn localpart(account: &str) -> &str {
    account.trim_start_matches('@').split(':').next().unwrap_or_default()
}

/// The person of an account, by the name that people see; where somebody else is called so already, with the account beside it.
pub(super) fn meet(people: &People, account: &str, name: Option<&str>) -> Person {
    let name = name.and_then(shown_name).unwrap_or_else(|| localpart(account).to_owned());
    let is_called_so = |other: &str, person: &Person| other != account && is_shown_as(&name, &person.name);
    if people.fitting(is_called_so).is_empty() {
        return people.meet(account, &name);
    }
    let beside = beside(account);
    let room = NAME_CHARS_MAX.saturating_sub(beside.chars().count());
    let name: String = name.chars().take(room).collect();
    people.meet(account, &format!("{name}{beside}"))
}

/// What stands behind a name that is somebody else's as well.
fn beside(account: &str) -> String {
    format!(" ({})", account.trim_start_matches('@'))
}

/// A name as it is typed in place of an account: `zed` of `@zed`, without what may stand behind it.
pub(super) fn bare(text: &str) -> Option<&str> {
    let text = text.trim().trim_end_matches([',', ':']);
    text.strip_prefix('@').filter(|name| !name.is_empty() && !name.contains(':'))
}

/// Whether an account is meant by a bare name.
pub(super) fn is_account_of(bare: &str, account: &str) -> bool {
    localpart(account).eq_ignore_ascii_case(bare)
}

/// Whether whoever is shown under that name is meant by a bare one.
pub(super) fn is_shown_as(bare: &str, shown: &str) -> bool {
    as_read(shown) == as_read(bare)
}

/// A name as the eye has it: without what nobody sees, and with one blank between words.
fn as_read(name: &str) -> String {
    let words = name.split_whitespace().map(|word| word.chars().filter(|c| is_seen(*c)).collect::<String>());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Those who are known here and may be meant by a bare name: by the local part of their account, else by the name that they are shown
/// under.
pub(super) fn meant(people: &People, bare: &str) -> Vec<(String, Person)> {
    let by_account = people.fitting(|account, _| is_account_of(bare, account));
    if !by_account.is_empty() {
        return by_account;
    }
    people.fitting(|account, person| {
        let shown = person.name.strip_suffix(beside(account).as_str()).unwrap_or(&person.name);
        is_shown_as(bare, shown)
    })
}

/// The person that a name in a command means: an account (`@ada:example.org`), or a bare name (`@ada`) where it can be only one.
/// `None`: nobody known here; an error, where several are: which of them is asked.
pub fn mentioned(people: &People, text: &str) -> Option<Result<Person, String>> {
    let text = text.trim().trim_end_matches([',', ':']);
    if is_id(text, '@') {
        return Some(Ok(people.of(text).unwrap_or_else(|| meet(people, text, None))));
    }
    match meant(people, bare(text)?).as_slice() {
        [] => None,
        [(_, one)] => Some(Ok(one.clone())),
        several => {
            let all: Vec<String> =
                several.iter().take(NAMED_MAX).map(|(account, _)| format!("`{account}`")).collect();
            let all = all.join(", ");
            Some(Err(format!("Several are called {text}: {all}. Say which, by the whole account.")))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::json;

    use super::*;

    fn message(content: Value) -> Value {
        json!({"type": "m.room.message", "event_id": "$e", "sender": "@ada:s", "content": content})
    }

    fn text(content: Value) -> Option<String> {
        match Heard::read(&message(content), false)?.says {
            Says::Text { body, .. } => Some(body),
            _ => None,
        }
    }

    #[test]
    fn a_display_name_that_turns_a_line_is_shown_and_one_that_nobody_sees_is_the_account() {
        let people = People::new("matrix", HashMap::new());
        assert_eq!(meet(&people, "@eve:s", Some("ev\u{202e}ada")).name, "ev\u{FFFD}ada");
        assert_eq!(meet(&people, "@zed:s", Some("\u{200b}\u{2066}")).name, "zed");
        assert_eq!(meet(&people, "@bo:s", None).name, "bo");
    }

    #[test]
    fn a_reply_is_read_without_what_it_quotes() {
        let reply = json!({"msgtype": "m.text", "body": "> <@b:s> !incident close\n> x\n\n!note y",
            "m.relates_to": {"m.in_reply_to": {"event_id": "$b"}}});
        assert_eq!(text(reply).as_deref(), Some("!note y"));
        let quote = json!({"msgtype": "m.text", "body": "> quoted\n\nsaid"});
        assert_eq!(text(quote).as_deref(), Some("> quoted\n\nsaid"), "somebody's own quotation stays");
    }

    #[test]
    fn whoever_is_named_by_a_link_is_named_by_their_account() {
        let named = |body: &str, html: &str| with_accounts(body, html);
        assert_eq!(
            named(
                "!task add Ben B 10m look",
                "!task add <a href=\"https://matrix.to/#/@ben:s\">Ben B</a> 10m look"
            ),
            "!task add @ben:s 10m look"
        );
        assert_eq!(
            named(
                "give [Bo](https://matrix.to/#/%40bo%3As) it",
                "give <a href=\"https://matrix.to/#/%40bo%3As\">Bo</a> it"
            ),
            "give @bo:s it"
        );
        assert_eq!(
            named(
                "Al Al",
                "<a href=\"https://matrix.to/#/@a1:s\">Al</a> <a href=\"https://matrix.to/#/@a2:s\">Al</a>"
            ),
            "@a1:s @a2:s"
        );
        let room = "<a href=\"https://matrix.to/#/!r:s/$e\">here</a>";
        assert_eq!(named("look here", room), "look here");
        for broken in [
            "<a href=\"https://matrix.to/#/@x",
            "href=\"https://matrix.to/#/@x:s\"",
            "<a href=\"https://matrix.to/#/%ff\">x</a>",
        ] {
            assert_eq!(named("x y", broken), "x y");
        }
    }

    #[test]
    fn what_is_not_said_by_a_person_is_not_a_command() {
        assert_eq!(text(json!({"msgtype": "m.notice", "body": "!incident close"})), None, "another bot");
        assert_eq!(text(json!({"msgtype": "m.image", "body": "!incident close"})), None);
        let edit = json!({"msgtype": "m.text", "body": "* !note y", "m.new_content": {"body": "!note y"},
            "m.relates_to": {"rel_type": "m.replace", "event_id": "$b"}});
        assert_eq!(text(edit.clone()), None, "a command is not given by an edit");
        let says = Heard::read(&message(edit), false).unwrap().says;
        assert_eq!(says, Says::Edit { target: "$b".into(), content: json!({"body": "!note y"}) });
    }

    #[test]
    fn a_message_reads_as_it_was_last_edited_and_a_file_by_its_name() {
        let mut edited = message(json!({"msgtype": "m.text", "body": "old"}));
        edited["unsigned"]["m.relations"]["m.replace"] = json!({"content": {"body": "* new",
            "m.new_content": {"msgtype": "m.text", "body": "new"}}});
        assert_eq!(with_file(latest(&edited)), ("new".into(), None));
        edited["unsigned"]["m.relations"]["m.replace"] = json!({"content": {"m.new_content": 7}});
        assert_eq!(with_file(latest(&edited)), ("old".into(), None));
        let file = json!({"msgtype": "m.image", "body": "a.png", "url": "mxc://s/a"});
        assert_eq!(with_file(&file), (String::new(), Some("a.png".into())));
        let told = json!({"msgtype": "m.image", "body": "look", "filename": "a.png", "url": "mxc://s/a"});
        assert_eq!(with_file(&told), ("look".into(), Some("a.png".into())));
    }

    #[test]
    fn what_a_proxy_puts_in_place_of_a_message_without_a_key_is_nobodys_words() {
        let body = "** Unable to decrypt: The sender's device has not sent us the keys for this message. **";
        let says = |event: &Value, is_by_proxy| Heard::read(event, is_by_proxy).unwrap().says;
        let typed = Says::Text { body: body.into(), thread: None };
        let mut event = message(json!({"msgtype": "m.text", "body": body}));
        assert_eq!(says(&event, true), Says::NoKey);
        assert_eq!(says(&event, false), typed, "there is no proxy");
        event["decrypted"] = json!(true);
        assert_eq!(says(&event, true), typed, "it had the key");
        event["type"] = json!("m.room.encrypted");
        assert_eq!(says(&event, true), Says::Encrypted);

        let mut edit = message(json!({"msgtype": "m.text", "body": body, "m.new_content": {"body": body},
            "m.relates_to": {"rel_type": "m.replace", "event_id": "$b"}}));
        let edited = Says::Edit { target: "$b".into(), content: json!({"body": body}) };
        assert_eq!(says(&edit, true), edited, "a proxy would have left no relation");
        edit["content"] = json!({"msgtype": "m.text", "body": body, "m.mentions": {}});
        assert_eq!(says(&edit, true), typed);
    }

    #[test]
    fn only_a_pin_is_a_pin() {
        let reaction = |key: &str| {
            let relates = json!({"rel_type": "m.annotation", "event_id": "$m", "key": key});
            let event = json!({"type": "m.reaction", "event_id": "$e", "sender": "@ada:s",
                "content": {"m.relates_to": relates}});
            Heard::read(&event, false)
        };
        for key in ["📌", "📌\u{fe0f}"] {
            assert_eq!(reaction(key).unwrap().says, Says::Pin { target: "$m".into() });
        }
        assert_eq!(reaction("👍"), None);
    }

    #[test]
    fn an_event_was_written_when_its_homeserver_says_whatever_its_clock_shows_and_never_in_the_future() {
        let now: DateTime<Utc> = "2026-01-02T03:00:00Z".parse().unwrap();
        let ago = |event: Value| written_at(&event, now).map(|at| (now - at).num_milliseconds());
        let ts = |ms: i64| now.timestamp_millis() - ms;
        assert_eq!(ago(json!({"origin_server_ts": ts(90_000)})), Some(90_000));
        // A clock that is an hour slow.
        assert_eq!(ago(json!({"origin_server_ts": ts(3_600_000), "unsigned": {"age": 1_500}})), Some(1_500));
        assert_eq!(ago(json!({"origin_server_ts": ts(-90_000)})), Some(0));
        assert_eq!(ago(json!({"origin_server_ts": ts(2_000), "unsigned": {"age": -5}})), Some(2_000));
        for bad in [json!({}), json!({"origin_server_ts": "x"}), json!({"origin_server_ts": i64::MAX})] {
            assert_eq!(ago(bad.clone()), None, "{bad}");
        }
        assert_eq!(ago(json!({"unsigned": {"age": i64::MAX}})), None);
    }

    #[test]
    fn nothing_that_a_server_sends_is_trusted_to_have_its_shape() {
        let good = message(json!({"msgtype": "m.text", "body": "x"}));
        assert!(Heard::read(&good, false).is_some());
        for (key, bad) in [
            ("event_id", json!("e")),
            ("event_id", Value::Null),
            ("sender", json!("@ada")),
            ("sender", json!(format!("@{}:s", "a".repeat(300)))),
            ("sender", json!("@a b:s")),
            ("content", json!([])),
            ("type", json!(7)),
        ] {
            let mut event = good.clone();
            event[key] = bad.clone();
            assert_eq!(Heard::read(&event, false), None, "{key}={bad}");
        }
    }

    #[test]
    fn who_shows_the_name_of_somebody_else_is_told_from_them_and_a_command_asks_which_is_meant() {
        let ada = Person { id: "ada".into(), name: "Ada Lovelace".into() };
        let people = People::new("matrix", HashMap::from([("@ada:s".to_owned(), ada)]));
        let name = |account: &str, shown: &str| meet(&people, account, Some(shown)).name;
        for like in [
            "Ada\u{200b} Lovelace",
            "\u{200e}Ada Lovelace\u{2060}",
            "Ada  Lo\u{ad}velace",
            "Ada\u{a0}Lovelace",
        ] {
            assert!(name("@mallory:t", like).ends_with(" (mallory:t)"), "{like:?}");
        }
        assert_eq!(name("@mallory:t", "ada lovelace\u{7} "), "ada lovelace (mallory:t)");
        assert_eq!((name("@z1:s", "Max"), name("@dee:s", "Max")), ("Max".into(), "Max (dee:s)".into()));
        assert_eq!((name("@z1:s", "Max"), name("@dee:s", "Max")), ("Max".into(), "Max (dee:s)".into()));
        assert_eq!(
            mentioned(&people, "@max").unwrap().unwrap_err(),
            "Several are called @max: `@dee:s`, `@z1:s`. Say which, by the whole account."
        );
        assert_eq!(name("@dee:s", "Dee"), "Dee");
        assert!(name("@long:s", &"x".repeat(90)).chars().all(|c| c == 'x'));
        assert!(name("@other:s", &"x".repeat(80)).ends_with("x (other:s)"));
    }

    #[test]
    fn a_deleted_message_is_known_by_what_is_left_of_it() {
        let mut left = message(json!({}));
        assert!(is_taken_back(&left));
        left["content"] = json!({"algorithm": "m.megolm.v1.aes-sha2"});
        assert!(!is_taken_back(&left));
        left["unsigned"]["redacted_because"] = json!({"sender": "@ada:s"});
        assert!(is_taken_back(&left));
    }

    #[test]
    fn a_name_in_a_command_means_the_account_that_it_fits() {
        let ada = Person { id: "ada".into(), name: "Ada Lovelace".into() };
        let people = People::new("matrix", HashMap::from([("@ada:s".to_owned(), ada.clone())]));
        assert_eq!(mentioned(&people, "@ada:s"), Some(Ok(ada.clone())));
        assert_eq!(mentioned(&people, "@Ada"), Some(Ok(ada.clone())));
        assert_eq!(mentioned(&people, "ada"), None, "left to the directory of people");
        assert_eq!(mentioned(&people, "@bo"), None);
        let bo = meet(&people, "@bo:s", Some("Bo"));
        assert_eq!((bo.id.as_str(), bo.name.as_str()), ("matrix:@bo:s", "Bo"));
        assert_eq!(mentioned(&people, "@bo"), Some(Ok(bo.clone())));
        meet(&people, "@x1:s", Some("bo"));
        assert_eq!(mentioned(&people, "@bo,"), Some(Ok(bo)), "an account goes before a name that is shown");
        meet(&people, "@x2:s", Some("Zoë"));
        assert_eq!(mentioned(&people, "@zoë").unwrap().unwrap().id, "matrix:@x2:s");
        meet(&people, "@bo:elsewhere", None);
        assert_eq!(
            mentioned(&people, "@bo").unwrap().unwrap_err(),
            "Several are called @bo: `@bo:elsewhere`, `@bo:s`. Say which, by the whole account."
        );
        assert_eq!(mentioned(&people, "@new:s").unwrap().unwrap().name, "new");
    }
}
