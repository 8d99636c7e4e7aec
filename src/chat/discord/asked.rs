//! An interaction as Discord brings it: who asks, where, and what.
//!
//! Read from plain JSON, so that one that serenity cannot parse is understood all the same.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::sync::oneshot;

use super::text::with_names;
use crate::{chat::people::People, people::Person};

/// What kind of interaction it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Slash,
    MessageMenu,
    Press,
    Typing,
    Form,
}

/// A request that came over HTTP and waits for the first answer.
#[derive(Debug, Clone)]
pub(super) struct Awaited(pub(super) Arc<Mutex<Option<oneshot::Sender<Value>>>>);

#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub id: String,
    /// Good for fifteen minutes of answers; never to be logged.
    pub token: String,
    pub kind: Kind,
    pub guild: String,
    pub channel: String,
    pub person: Person,
    pub data: Value,
    /// Where it came over HTTP.
    pub awaited: Option<Awaited>,
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn is_snowflake(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

fn display_name<'a>(member: &'a Value, user: &'a Value) -> &'a str {
    [&member["nick"], &user["global_name"], &user["username"]]
        .into_iter()
        .find_map(Value::as_str)
        .unwrap_or_default()
}

impl Asked {
    /// `None`: nothing that this bot offers. Everybody named in it is met.
    pub fn read(event: &Value, people: &People) -> Option<Asked> {
        let data = &event["data"];
        let kind = match (event["type"].as_u64()?, data["type"].as_u64()) {
            (2, Some(3)) => Kind::MessageMenu,
            (2, _) => Kind::Slash,
            (3, _) => Kind::Press,
            (4, _) => Kind::Typing,
            (5, _) => Kind::Form,
            _ => return None,
        };
        let member = &event["member"];
        let user = if member["user"].is_object() { &member["user"] } else { &event["user"] };
        let user_id = user["id"].as_str().filter(|id| is_snowflake(id))?;
        let (id, channel) = (text(&event["id"])?, text(&event["channel_id"])?);
        if !is_snowflake(&id) || !is_snowflake(&channel) {
            return None;
        }
        for (id, user) in data["resolved"]["users"].as_object().into_iter().flatten() {
            people.meet(id, display_name(&data["resolved"]["members"][id], user));
        }
        Some(Asked {
            id,
            // It becomes part of a path.
            token: text(&event["token"])
                .filter(|t| t.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.=".contains(&b)))?,
            kind,
            guild: text(&event["guild_id"]).unwrap_or_default(),
            channel,
            person: people.meet(user_id, display_name(member, user)),
            data: data.clone(),
            awaited: None,
        })
    }

    /// An argument list of theirs, with the names of the channels and groups in it.
    pub fn with_names(&self, argv: Vec<String>) -> Vec<String> {
        argv.into_iter().map(|text| with_names(&text, &self.data["resolved"])).collect()
    }

    /// The verb's path and its options: `data.options` with subcommands unwrapped.
    pub fn verb(&self) -> (Vec<&str>, &[Value]) {
        let mut path = Vec::new();
        let mut level = list(&self.data["options"]);
        while let Some(first) = level.first()
            && matches!(first["type"].as_u64(), Some(1 | 2))
        {
            path.push(first["name"].as_str().unwrap_or_default());
            level = list(&first["options"]);
        }
        (path, level)
    }

    /// The answers in a form, by the name of their blank.
    pub fn filled_in(&self) -> Vec<(&str, &str)> {
        list(&self.data["components"])
            .iter()
            .flat_map(|row| list(&row["components"]).iter().chain(row.get("component")))
            .filter_map(|input| Some((input["custom_id"].as_str()?, input["value"].as_str()?)))
            .collect()
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::json;

    use super::*;

    fn event() -> Value {
        json!({"id": "9", "type": 2, "token": "t-_1", "guild_id": "3", "channel_id": "4",
            "member": {"nick": "Ada L", "user": {"id": "1", "username": "ada", "global_name": null}},
            "data": {"name": "incident", "type": 1,
                "resolved": {"users": {"7": {"id": "7", "username": "bob"}}, "members": {"7": {"nick": null}}},
                "options": [{"type": 2, "name": "task", "options": [{"type": 1, "name": "add", "options": [
                    {"type": 3, "name": "text", "value": "x"}]}]}]}})
    }

    #[test]
    fn who_asks_and_who_is_named_are_known_by_the_name_people_see() {
        let people = People::new("discord", HashMap::new());
        let asked = Asked::read(&event(), &people).unwrap();
        assert_eq!((asked.person.id.as_str(), asked.person.name.as_str()), ("discord:1", "Ada L"));
        assert_eq!(people.mentioned("<@7>").unwrap().name, "bob");
        let (path, options) = asked.verb();
        assert_eq!((path, options.len()), (vec!["task", "add"], 1));
    }

    #[test]
    fn what_could_break_out_of_a_path_is_not_taken() {
        let people = People::new("discord", HashMap::new());
        for (key, bad) in [("token", "a/../b"), ("id", "1/2"), ("channel_id", "x"), ("token", "a?b")] {
            let mut event = event();
            event[key] = json!(bad);
            assert!(Asked::read(&event, &people).is_none(), "{key}={bad}");
        }
    }
}
