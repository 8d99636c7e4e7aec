//! What happens in a channel, as the WebSocket tells it and as a channel's posts show it afterwards.
//!
//! Read from plain JSON of anybody's making: whatever is not as it should be is nothing.

use serde_json::Value;

use super::heard::id;

/// By which a message is put on the timeline: 📌.
const PIN: &str = "pushpin";

/// 📌 of somebody, when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pin {
    pub user: String,
    pub at: i64,
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attached {
    pub id: String,
    pub name: String,
    pub bytes: Option<u64>,
}

/// A message. Times in milliseconds of Mattermost's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Post {
    pub id: String,
    pub user: String,
    pub channel: String,
    pub root: Option<String>,
    pub text: String,
    pub files: Vec<Attached>,
    pub created_at: i64,
    pub updated_at: i64,
    /// Zero: never.
    pub edited_at: i64,
    /// Zero: it is there.
    pub deleted_at: i64,
    pub deleted_by: Option<String>,
    /// Not said by a bot, an integration or Mattermost itself.
    pub is_by_person: bool,
    pub pins: Vec<Pin>,
}

impl Post {
    pub fn read(post: &Value) -> Option<Post> {
        let time = |name: &str| post[name].as_i64().unwrap_or_default();
        let (props, metadata) = (&post["props"], &post["metadata"]);
        let is = |name: &str| props[name] == "true" || props[name] == true;
        let reactions = metadata["reactions"].as_array().into_iter().flatten();
        Some(Post {
            id: id(&post["id"])?,
            user: id(&post["user_id"])?,
            channel: id(&post["channel_id"])?,
            root: id(&post["root_id"]),
            text: post["message"].as_str().unwrap_or_default().to_owned(),
            files: attached(post),
            created_at: time("create_at"),
            updated_at: time("update_at"),
            edited_at: time("edit_at"),
            deleted_at: time("delete_at"),
            deleted_by: id(&props["deleteBy"]),
            is_by_person: post["type"].as_str().unwrap_or_default().is_empty()
                && !is("from_bot")
                && !is("from_webhook")
                && !is("from_plugin"),
            pins: reactions.filter_map(pin).map(|(_, pin)| pin).collect(),
        })
    }
}

/// The files of a message; of one that is not described, that it is there.
fn attached(post: &Value) -> Vec<Attached> {
    let name = |file: &Value| file["name"].as_str().unwrap_or("a file").to_owned();
    let described = post["metadata"]["files"].as_array().into_iter().flatten();
    let described = described.filter_map(|file| {
        Some(Attached { id: id(&file["id"])?, name: name(file), bytes: file["size"].as_u64() })
    });
    let mut files: Vec<Attached> = described.collect();
    for of in post["file_ids"].as_array().into_iter().flatten().filter_map(id) {
        if files.iter().all(|file| file.id != of) {
            files.push(Attached { id: of, name: name(&Value::Null), bytes: None });
        }
    }
    files
}

fn pin(reaction: &Value) -> Option<(String, Pin)> {
    (reaction["emoji_name"] == PIN).then_some(())?;
    let at = reaction["create_at"].as_i64().unwrap_or_default();
    Some((id(&reaction["post_id"])?, Pin { user: id(&reaction["user_id"])?, at }))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Happens {
    Posted,
    Edited,
    Deleted,
    /// 📌 on the message.
    Pinned(Pin),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    pub what: Happens,
    /// The message that it happens to.
    pub post: String,
    pub channel: String,
    /// When, in milliseconds of Mattermost's clock.
    pub at: i64,
    /// The message itself, unless it is still to be asked for.
    pub message: Option<Post>,
}

impl Event {
    /// From the WebSocket. `None`: nothing that concerns the command post.
    pub fn read(event: &Value) -> Option<Event> {
        let data = &event["data"];
        // What is about is told as JSON within JSON.
        let inner = |name: &str| serde_json::from_str::<Value>(data[name].as_str()?).ok();
        let what = match event["event"].as_str()? {
            "posted" => Happens::Posted,
            "post_edited" => Happens::Edited,
            "post_deleted" => Happens::Deleted,
            "reaction_added" => {
                let (post, pin) = pin(&inner("reaction")?)?;
                let channel = id(&event["broadcast"]["channel_id"])?;
                return Some(Event { at: pin.at, what: Happens::Pinned(pin), post, channel, message: None });
            }
            _ => return None,
        };
        let mut post = Post::read(&inner("post")?)?;
        // So it is told too when a message is pinned to its channel.
        if what == Happens::Edited && post.edited_at == 0 {
            return None;
        }
        post.deleted_by = id(&data["delete_by"]).or(post.deleted_by);
        Some(Event::of(what, post))
    }

    fn of(what: Happens, post: Post) -> Event {
        let at = match what {
            Happens::Posted => post.created_at,
            _ => post.updated_at.max(post.deleted_at),
        };
        Event { what, post: post.id.clone(), channel: post.channel.clone(), at, message: Some(post) }
    }

    /// What happened to a message since then, in order.
    pub fn since(post: Post, since: i64) -> Vec<Event> {
        let mut all = Vec::new();
        if post.deleted_at > since {
            // What it said is gone; whether it was a command before, nobody knows any more.
            all.push(Event::of(Happens::Deleted, post));
            return all;
        }
        if post.created_at > since {
            all.push(Event::of(Happens::Posted, post.clone()));
        }
        if post.edited_at > since {
            all.push(Event::of(Happens::Edited, post.clone()));
        }
        for pin in post.pins.iter().filter(|pin| pin.at > since) {
            let mut event = Event::of(Happens::Pinned(pin.clone()), post.clone());
            // What it says now is what goes on the timeline, so no edit comes after it.
            event.at = pin.at.max(post.edited_at);
            all.push(event);
        }
        all
    }

    /// The same whenever it is heard again.
    pub fn name(&self) -> String {
        let edited_at = self.message.as_ref().map_or(0, |message| message.edited_at);
        match &self.what {
            Happens::Posted => self.post.clone(),
            Happens::Edited => format!("{}:{edited_at}", self.post),
            Happens::Deleted => format!("{}:deleted", self.post),
            Happens::Pinned(pin) => format!("{}:pin:{}", self.post, pin.user),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const POST: &str = "gqrnh3675jfxzftnjyjfe4udeh";
    const ADA: &str = "rd49ehbqyjytddasoownkuqrxe";
    const TOWN: &str = "j6j53p28k6urx15fpcgsr20psq";

    fn post() -> Value {
        json!({"id": POST, "user_id": ADA, "channel_id": TOWN, "root_id": "", "message": "!note x", "type": "",
            "create_at": 100, "update_at": 100, "edit_at": 0, "delete_at": 0, "props": {}})
    }

    fn told(kind: &str, post: &Value) -> Option<Event> {
        Event::read(&json!({"event": kind, "data": {"post": post.to_string()}, "seq": 3}))
    }

    #[test]
    fn a_message_is_a_persons_unless_a_bot_an_integration_or_the_server_said_it() {
        assert!(Post::read(&post()).unwrap().is_by_person);
        for (key, value) in [
            ("type", json!("system_join_channel")),
            ("props", json!({"from_bot": "true"})),
            ("props", json!({"from_webhook": "true"})),
        ] {
            let mut other = post();
            other[key] = value;
            assert!(!Post::read(&other).unwrap().is_by_person, "{other}");
        }
    }

    #[test]
    fn only_a_pin_is_a_pin() {
        let reaction = |name: &str| {
            let inner = json!({"user_id": ADA, "post_id": POST, "emoji_name": name, "create_at": 120});
            let broadcast = json!({"channel_id": TOWN});
            Event::read(
                &json!({"event": "reaction_added", "data": {"reaction": inner.to_string()}, "broadcast": broadcast}),
            )
        };
        let pinned = reaction("pushpin").unwrap();
        assert_eq!((pinned.post.as_str(), pinned.channel.as_str(), pinned.at), (POST, TOWN, 120));
        assert_eq!(reaction("+1"), None);
    }

    #[test]
    fn a_message_that_was_pinned_to_its_channel_is_not_edited() {
        let mut post = post();
        post["is_pinned"] = json!(true);
        post["update_at"] = json!(130);
        assert_eq!(told("post_edited", &post), None);
        post["edit_at"] = json!(130);
        assert_eq!(told("post_edited", &post).map(|event| event.what), Some(Happens::Edited));
    }

    #[test]
    fn what_happened_while_nobody_listened_is_what_was_told_to_whoever_did() {
        let now = |changed: Value| {
            let mut post = post();
            for (key, value) in changed.as_object().unwrap() {
                post[key] = value.clone();
            }
            post
        };
        let since = |post: &Value, since| -> Vec<String> {
            Event::since(Post::read(post).unwrap(), since).iter().map(Event::name).collect()
        };
        assert_eq!(since(&post(), 50), [told("posted", &post()).unwrap().name()]);
        assert_eq!(since(&post(), 100), Vec::<String>::new());
        let edited = now(json!({"edit_at": 130, "update_at": 130}));
        assert_eq!(since(&edited, 110), [told("post_edited", &edited).unwrap().name()]);
        assert_eq!(since(&edited, 50), [POST.to_owned(), told("post_edited", &edited).unwrap().name()]);
        let deleted = now(json!({"delete_at": 140, "update_at": 140}));
        assert_eq!(since(&deleted, 50), [told("post_deleted", &deleted).unwrap().name()]);
        let reactions = json!([{"user_id": ADA, "post_id": POST, "emoji_name": "pushpin", "create_at": 150}]);
        let pinned = now(json!({"update_at": 150, "metadata": {"reactions": reactions}}));
        assert_eq!(since(&pinned, 110), [format!("{POST}:pin:{ADA}")]);
    }

    #[test]
    fn nothing_that_a_server_sends_is_trusted_to_have_its_shape() {
        assert!(told("posted", &post()).is_some());
        for (key, bad) in
            [("id", json!("../x")), ("id", Value::Null), ("user_id", json!(7)), ("channel_id", json!("TOWN"))]
        {
            let mut other = post();
            other[key] = bad.clone();
            assert_eq!(told("posted", &other), None, "{key}={bad}");
        }
        for other in [
            json!({"event": "posted", "data": {"post": "{"}}),
            json!({"event": "typing"}),
            json!([]),
            Value::Null,
        ] {
            assert_eq!(Event::read(&other), None);
        }
    }
}
