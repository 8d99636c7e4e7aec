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
    /// Whether there is such an organization.
    pub is_of_organization: bool,
    /// The workspace of whoever said it, or their organization, as far as Slack says it: in a channel that is shared with another
    /// firm it may be that one's.
    pub home: Option<String>,
    /// Whether the channel is shared with another firm; `None`: Slack does not say.
    pub is_shared: Option<bool>,
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

fn team(value: &Value) -> Option<String> {
    value.as_str().filter(|id| is_id(id, &['T', 'E'])).map(str::to_owned)
}

fn teams(of: [&Value; 2]) -> Vec<String> {
    of.into_iter().filter_map(team).collect()
}

/// Where the author of a message is at home.
fn home(message: &Value) -> Option<String> {
    ["user_team", "source_team", "team"].into_iter().find_map(|name| team(&message[name]))
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
                is_of_organization: team(&payload["enterprise_id"]).is_some(),
                // It is given in one's own workspace, whoever else is in the channel.
                home: None,
                is_shared: None,
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

    /// Whether a workspace or an organization is this one, where that is among those in which it was said, or another of those.
    pub fn is_within(&self, team: &str, home: &str) -> bool {
        home == team || self.teams.iter().any(|one| one == home)
    }

    /// Whether whoever said it is of this workspace, or of the organization around it; `None`: that is not to be seen from it.
    pub fn is_from(&self, team: &str) -> Option<bool> {
        match self.home.as_deref() {
            Some(home) if self.is_within(team, home) => Some(true),
            Some(home) if !self.is_of_organization || home.starts_with('E') => Some(false),
            // Another of the organization's workspaces, if no other firm is there.
            Some(_) => (self.is_shared == Some(false)).then_some(true),
            None => (self.is_shared != Some(true)).then_some(true),
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
        is_of_organization: team(&payload["enterprise"]["id"]).is_some(),
        home: team(&who["team_id"]),
        is_shared: None,
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
    let (mut who, mut said) = (&event["user"], event);
    let (channel, thread, says) = match event["type"].as_str()? {
        "reaction_added" if event["reaction"] == PIN && event["item"]["type"] == "message" => {
            let item = &event["item"];
            (channel(&item["channel"])?, None, Says::Pin { message: ts(&item["ts"])? })
        }
        // A message with replies is not taken out of its place: another stands there, Slack's own.
        "message" if event["subtype"] == "message_changed" && event["message"]["subtype"] == "tombstone" => {
            said = &event["previous_message"];
            who = &said["user"];
            (channel(&event["channel"])?, None, Says::Gone { message: ts(&event["message"]["ts"])? })
        }
        // A preview that Slack adds changes a message too, but nobody has edited it.
        "message" if event["subtype"] == "message_changed" => {
            said = &event["message"];
            let mut files = said["files"].as_array().into_iter().flatten();
            // That a file of it was deleted is no edit, and taken to be its author's doing.
            let has_lost = said["edited"].is_null() && files.any(|file| file["mode"] == "tombstone");
            who = if has_lost { &said["user"] } else { &said["edited"]["user"] };
            ts(&said["ts"])?;
            (channel(&event["channel"])?, None, Says::Changed { message: said.clone() })
        }
        "message" if event["subtype"] == "message_deleted" => {
            said = &event["previous_message"];
            who = &said["user"];
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
        is_of_organization: team(&payload["enterprise_id"]).is_some(),
        home: home(said),
        is_shared: payload["is_ext_shared_channel"].as_bool(),
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
    fn that_a_file_of_a_message_was_deleted_is_heard_and_a_preview_of_slacks_is_not() {
        let changed = |files: Value| {
            let message = json!({"user": "U1", "ts": "1.2", "text": "y", "files": files});
            let event =
                json!({"type": "message", "subtype": "message_changed", "channel": "C1", "message": message});
            Heard::read(Way::Event, &json!({"event_id": "Ev1", "event": event})).map(|heard| heard.user)
        };
        assert_eq!(changed(json!([{"id": "F1", "mode": "tombstone"}])).as_deref(), Some("U1"));
        assert_eq!(changed(json!([{"id": "F1", "mode": "hosted"}])), None);
    }

    #[test]
    fn whoever_speaks_in_a_shared_channel_is_known_by_their_own_workspace_and_not_by_the_channels() {
        let told = |event: Value| {
            let payload =
                json!({"event_id": "Ev1", "team_id": "T1", "is_ext_shared_channel": true, "event": event});
            let heard = Heard::read(Way::Event, &payload).unwrap();
            assert_eq!((heard.teams.as_slice(), heard.is_shared), (["T1".to_owned()].as_slice(), Some(true)));
            heard.home
        };
        let mention = |teams: Value| {
            let mut event =
                json!({"type": "app_mention", "text": "<@U9> note x", "user": "U2", "channel": "C1"});
            teams.as_object().unwrap().iter().for_each(|(name, team)| event[name] = team.clone());
            event
        };
        for (teams, home) in [
            (json!({"team": "T1", "source_team": "T3", "user_team": "T2"}), Some("T2")),
            (json!({"team": "T1", "source_team": "T2"}), Some("T2")),
            (json!({"team": "T2"}), Some("T2")),
            (json!({"team": "T1", "user_team": "E2"}), Some("E2")),
            (json!({"user_team": ""}), None),
            (json!({}), None),
        ] {
            assert_eq!(told(mention(teams.clone())).as_deref(), home, "{teams}");
        }
        let theirs = json!({"user": "U2", "ts": "1.2", "text": "y", "user_team": "T2",
            "edited": {"user": "U2", "ts": "1.3"}});
        for mut event in [
            json!({"subtype": "message_changed", "message": theirs, "team": "T1"}),
            json!({"subtype": "message_deleted", "deleted_ts": "1.2", "previous_message": theirs, "team": "T1"}),
        ] {
            (event["type"], event["channel"]) = (json!("message"), json!("C1"));
            assert_eq!(told(event.clone()).as_deref(), Some("T2"), "{event}");
        }
        let press = json!({"type": "block_actions", "team": {"id": "T1"}, "enterprise": null, "trigger_id": "1.2.x",
            "user": {"id": "U2", "team_id": "T2"}, "actions": [{"action_id": "ack"}]});
        let heard = Heard::read(Way::Interaction, &press).unwrap();
        assert_eq!((heard.home.as_deref(), heard.is_of_organization), (Some("T2"), false));
    }

    #[test]
    fn people_of_all_workspaces_of_an_organization_are_its_own_and_those_of_another_firm_are_not() {
        let is_ours = |organization: Value, is_shared: Value, home: Value| {
            let payload = json!({"event_id": "Ev1", "team_id": "T1", "enterprise_id": organization,
                "is_ext_shared_channel": is_shared, "event": {"type": "app_mention", "text": "<@U9> note x",
                "user": "U2", "channel": "C1", "user_team": home}});
            Heard::read(Way::Event, &payload).unwrap().is_from("T1")
        };
        let (none, here) = (Value::Null, json!("E1"));
        for (organization, is_shared, home, is_one) in [
            (&none, json!(true), json!("T1"), Some(true)),
            (&none, json!(true), json!("T2"), Some(false)),
            (&none, json!(false), json!("T2"), Some(false)),
            (&none, none.clone(), json!("E2"), Some(false)),
            (&none, none.clone(), none.clone(), Some(true)),
            (&none, json!(false), none.clone(), Some(true)),
            // Slack is asked.
            (&none, json!(true), none.clone(), None),
            (&here, json!(true), json!("T2"), None),
            (&here, none.clone(), json!("T2"), None),
            (&here, json!(false), json!("T2"), Some(true)),
            (&here, json!(true), json!("E1"), Some(true)),
            (&here, json!(true), json!("E2"), Some(false)),
        ] {
            let told = is_ours(organization.clone(), is_shared.clone(), home.clone());
            assert_eq!(told, is_one, "{organization} {is_shared} {home}");
        }
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
