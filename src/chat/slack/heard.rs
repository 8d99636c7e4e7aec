//! What Slack says to us, by socket or over HTTP: who asks, where, and what.
//!
//! Read from plain JSON: whatever is not as it should be is nothing.

use serde_json::Value;

use super::form;
use crate::chat::form::Filled;

/// By which a message is put on the timeline: 📌.
const PIN: &str = "pushpin";
/// Names of the shortcuts, as the manifest has them.
pub(super) const DECLARE: &str = "declare_incident";
pub(super) const DECLARE_FROM: &str = "declare_from_message";
pub(super) const NOTE_MESSAGE: &str = "add_to_timeline";

/// In which of its three ways Slack said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Command,
    Interaction,
    Event,
}

impl Way {
    /// As an envelope of the socket calls it.
    pub(super) fn of_envelope(kind: &str) -> Option<Way> {
        match kind {
            "slash_commands" => Some(Way::Command),
            "interactive" => Some(Way::Interaction),
            "events_api" => Some(Way::Event),
            _ => None,
        }
    }
    /// By the last part of a path.
    pub fn of_path(part: &str) -> Option<Way> {
        match part {
            "commands" => Some(Way::Command),
            "interactions" => Some(Way::Interaction),
            "events" => Some(Way::Event),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Says {
    Slash {
        text: String,
    },
    /// A button of a card, by its name; of a menu, what was chosen.
    Press {
        button: String,
        chosen: Option<String>,
    },
    Form(Filled),
    /// The global shortcut.
    Declare,
    DeclareFrom {
        message: Value,
    },
    NoteMessage {
        message: Value,
    },
    /// 📌 on a message.
    Pin {
        message: String,
    },
    /// Somebody has edited a message: as it is now.
    Changed {
        message: Value,
    },
    /// A message was deleted.
    Gone {
        message: String,
    },
    /// The bot is spoken to.
    Mention {
        text: String,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Heard {
    /// The same whenever the same thing comes again.
    pub once: String,
    /// The workspace where it was said, and the organization above it, as far as Slack says them.
    pub teams: Vec<String>,
    pub user: String,
    /// What Slack calls the user here, if it says so.
    pub name: String,
    pub channel: Option<String>,
    pub thread: Option<String>,
    /// Opens one form within three seconds. A secret for as long.
    pub trigger: Option<String>,
    /// Takes five answers within half an hour. Never to be logged.
    pub response_url: Option<String>,
    pub says: Says,
}

/// Whether this can be an id that begins with one of these letters.
pub(super) fn is_id(text: &str, letters: &[char]) -> bool {
    text.starts_with(letters)
        && (2..=40).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// Whether this can be a message's timestamp, which is its id: `1700000000.000100`.
fn is_ts(text: &str) -> bool {
    let digits =
        |part: &str| !part.is_empty() && part.len() <= 12 && part.bytes().all(|b| b.is_ascii_digit());
    text.split_once('.').is_some_and(|(seconds, rest)| digits(seconds) && digits(rest))
}

fn user(value: &Value) -> Option<String> {
    value.as_str().filter(|id| is_id(id, &['U', 'W'])).map(str::to_owned)
}

fn channel(value: &Value) -> Option<String> {
    value.as_str().filter(|id| is_id(id, &['C', 'G', 'D'])).map(str::to_owned)
}

fn teams(of: [&Value; 2]) -> Vec<String> {
    of.into_iter().filter_map(Value::as_str).filter(|id| is_id(id, &['T', 'E'])).map(str::to_owned).collect()
}

fn ts(value: &Value) -> Option<String> {
    value.as_str().filter(|ts| is_ts(ts)).map(str::to_owned)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn given(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty() && text.len() <= 1_000).map(str::to_owned)
}

impl Heard {
    /// `None`: nothing that this app offers.
    pub fn read(way: Way, payload: &Value) -> Option<Heard> {
        match way {
            Way::Command => Some(Heard {
                once: given(&payload["trigger_id"])?,
                teams: teams([&payload["team_id"], &payload["enterprise_id"]]),
                user: user(&payload["user_id"])?,
                name: text(&payload["user_name"]),
                channel: channel(&payload["channel_id"]),
                thread: ts(&payload["thread_ts"]),
                trigger: given(&payload["trigger_id"]),
                response_url: given(&payload["response_url"]),
                says: Says::Slash { text: text(&payload["text"]) },
            }),
            Way::Interaction => interaction(payload),
            Way::Event => event(payload),
        }
    }
}

fn interaction(payload: &Value) -> Option<Heard> {
    let message = &payload["message"];
    let says = match payload["type"].as_str()? {
        "block_actions" => {
            let action = payload["actions"].as_array()?.first()?;
            let chosen = given(&action["selected_option"]["value"]);
            Says::Press { button: given(&action["action_id"])?, chosen }
        }
        "view_submission" => Says::Form(form::read(&payload["view"])?),
        "shortcut" if payload["callback_id"] == DECLARE => Says::Declare,
        "message_action" => match payload["callback_id"].as_str()? {
            DECLARE_FROM => Says::DeclareFrom { message: message.clone() },
            NOTE_MESSAGE => Says::NoteMessage { message: message.clone() },
            _ => return None,
        },
        _ => return None,
    };
    let who = &payload["user"];
    let (mut at, mut thread) = (channel(&payload["channel"]["id"]), ts(&message["thread_ts"]));
    at = at.or_else(|| channel(&payload["container"]["channel_id"]));
    thread = thread.or_else(|| ts(&payload["container"]["thread_ts"]));
    if let Says::Form(form) = &says {
        (at, thread) = (form.origin.channel.clone(), form.origin.thread.clone());
    }
    Some(Heard {
        once: given(&payload["trigger_id"])?,
        teams: teams([&payload["team"]["id"], &payload["enterprise"]["id"]]),
        user: user(&who["id"])?,
        name: given(&who["name"]).or_else(|| given(&who["username"])).unwrap_or_default(),
        channel: at,
        thread,
        trigger: given(&payload["trigger_id"]),
        response_url: given(&payload["response_url"]),
        says,
    })
}

fn event(payload: &Value) -> Option<Heard> {
    let event = &payload["event"];
    let mut who = &event["user"];
    let (channel, thread, says) = match event["type"].as_str()? {
        "reaction_added" if event["reaction"] == PIN && event["item"]["type"] == "message" => {
            let item = &event["item"];
            (channel(&item["channel"])?, None, Says::Pin { message: ts(&item["ts"])? })
        }
        // A message with replies is not taken out of its place: another stands there, Slack's own.
        "message" if event["subtype"] == "message_changed" && event["message"]["subtype"] == "tombstone" => {
            who = &event["previous_message"]["user"];
            (channel(&event["channel"])?, None, Says::Gone { message: ts(&event["message"]["ts"])? })
        }
        // A preview that Slack adds changes a message too, but nobody has edited it.
        "message" if event["subtype"] == "message_changed" => {
            who = &event["message"]["edited"]["user"];
            ts(&event["message"]["ts"])?;
            (channel(&event["channel"])?, None, Says::Changed { message: event["message"].clone() })
        }
        "message" if event["subtype"] == "message_deleted" => {
            who = &event["previous_message"]["user"];
            (channel(&event["channel"])?, None, Says::Gone { message: ts(&event["deleted_ts"])? })
        }
        // What a bot says is no command.
        "app_mention" if event["bot_id"].is_null() && event["subtype"].is_null() => {
            let says = Says::Mention { text: text(&event["text"]) };
            (channel(&event["channel"])?, ts(&event["thread_ts"]), says)
        }
        _ => return None,
    };
    Some(Heard {
        once: given(&payload["event_id"])?,
        teams: teams([&payload["team_id"], &payload["enterprise_id"]]),
        user: user(who)?,
        name: String::new(),
        channel: Some(channel),
        thread,
        trigger: None,
        response_url: None,
        says,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn slash() -> Value {
        json!({"user_id": "U1", "user_name": "ada", "channel_id": "C1", "text": "note x", "trigger_id": "1.2.x",
            "response_url": "https://hooks.slack.com/commands/1"})
    }

    fn reaction(name: &str) -> Value {
        json!({"event_id": "Ev1", "event": {"type": "reaction_added", "reaction": name, "user": "U1",
            "item": {"type": "message", "channel": "C1", "ts": "1.2"}}})
    }

    #[test]
    fn only_a_pin_is_a_pin() {
        let heard = Heard::read(Way::Event, &reaction("pushpin")).unwrap();
        assert_eq!(heard.says, Says::Pin { message: "1.2".into() });
        assert_eq!(Heard::read(Way::Event, &reaction("thumbsup")), None);
    }

    #[test]
    fn what_a_bot_says_is_no_command() {
        let mention = |bot: Value| {
            json!({"event_id": "Ev1", "event": {"type": "app_mention", "text": "<@U9> note x", "user": "U1",
                "channel": "C1", "bot_id": bot}})
        };
        assert!(Heard::read(Way::Event, &mention(Value::Null)).is_some());
        assert_eq!(Heard::read(Way::Event, &mention(json!("B1"))), None);
    }

    #[test]
    fn a_message_that_was_deleted_above_its_replies_is_gone_as_any_other() {
        let changed = |message: Value| {
            json!({"event_id": "Ev1", "event": {"type": "message", "subtype": "message_changed", "channel": "C1",
                "ts": "1.3", "message": message, "previous_message": {"user": "U1", "ts": "1.2", "text": "x"}}})
        };
        let tombstone = json!({"subtype": "tombstone", "user": "USLACKBOT", "text": "This message was deleted.",
            "ts": "1.2", "thread_ts": "1.2", "reply_count": 1, "hidden": true});
        let heard = Heard::read(Way::Event, &changed(tombstone)).unwrap();
        assert_eq!((heard.user.as_str(), heard.says), ("U1", Says::Gone { message: "1.2".into() }));
        let edited = json!({"user": "U1", "ts": "1.2", "text": "y", "edited": {"user": "U1", "ts": "1.3"}});
        let heard = Heard::read(Way::Event, &changed(edited.clone())).unwrap();
        assert_eq!(heard.says, Says::Changed { message: edited });
    }

    #[test]
    fn nothing_that_comes_in_is_trusted_to_have_its_shape() {
        assert!(Heard::read(Way::Command, &slash()).is_some());
        for (key, bad) in [
            ("user_id", json!("ada")),
            ("user_id", json!("U1/../x")),
            ("user_id", Value::Null),
            ("trigger_id", Value::Null),
            ("trigger_id", json!("x".repeat(2_000))),
        ] {
            let mut payload = slash();
            payload[key] = bad.clone();
            assert_eq!(Heard::read(Way::Command, &payload), None, "{key}={bad}");
        }
        let mut payload = slash();
        payload["channel_id"] = json!("C1&x=y");
        assert_eq!(Heard::read(Way::Command, &payload).unwrap().channel, None);
        for way in [Way::Command, Way::Interaction, Way::Event] {
            for value in [Value::Null, json!([]), json!("x"), json!({"type": 7, "event": []})] {
                assert_eq!(Heard::read(way, &value), None);
            }
        }
        let mut event = reaction("pushpin");
        event["event"]["item"]["ts"] = json!("1.2&x");
        assert_eq!(Heard::read(Way::Event, &event), None);
    }
}
