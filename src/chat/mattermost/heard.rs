//! What Mattermost sends over HTTP: who asks, where, and what.
//!
//! Read from anybody's JSON: whatever is not as it should be is nothing.

use serde_json::Value;

use super::{dialog, seal::Seal};
use crate::chat::form::Filled;

/// In which of its three ways Mattermost says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Command,
    Action,
    Dialog,
}

impl Way {
    /// The last part of its path.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Command => "commands",
            Self::Action => "actions",
            Self::Dialog => "dialogs",
        }
    }
    /// By the last part of a path.
    pub fn of_path(part: &str) -> Option<Way> {
        [Self::Command, Self::Action, Self::Dialog].into_iter().find(|way| way.path() == part)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Says {
    Slash {
        text: String,
    },
    /// A button of a card, by its name; of a menu, what was chosen, which is under no seal.
    Press {
        button: String,
        chosen: Option<String>,
    },
    Form(Filled),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Heard {
    /// The same whenever the same thing comes again.
    pub once: String,
    /// The team where it was said; in a direct message there may be none.
    pub team: Option<String>,
    pub user: String,
    /// What the user is called in Mattermost, if it says so.
    pub handle: String,
    /// The slash command that it came by: `/incident`, or what else the team calls it.
    pub command: Option<String>,
    pub channel: Option<String>,
    pub thread: Option<String>,
    /// Opens one form within three seconds. A secret for as long.
    pub trigger: Option<String>,
    /// Takes answers for half an hour. Never to be logged.
    pub hook: Option<String>,
    pub says: Says,
}

/// Whether this can be an id: 26 letters and digits.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 26 && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

pub(super) fn id(value: &Value) -> Option<String> {
    value.as_str().filter(|id| is_id(id)).map(str::to_owned)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn given(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty() && text.len() <= 2_000).map(str::to_owned)
}

fn is_command(name: &str) -> bool {
    name.starts_with('/') && !name.contains(|c: char| c == '`' || c.is_whitespace() || c.is_control())
}

/// A slash command, from its form.
pub(super) fn command(form: &Value) -> Option<Heard> {
    let trigger = given(&form["trigger_id"])?;
    let hook = form["response_url"].as_str().and_then(|url| url.rsplit_once("/hooks/commands/"));
    Some(Heard {
        once: trigger.clone(),
        team: id(&form["team_id"]),
        user: id(&form["user_id"])?,
        handle: text(&form["user_name"]),
        command: given(&form["command"]).filter(|name| is_command(name)),
        channel: id(&form["channel_id"]),
        thread: id(&form["root_id"]),
        trigger: Some(trigger),
        hook: hook.map(|(_, hook)| hook.to_owned()).filter(|hook| is_id(hook)),
        says: Says::Slash { text: text(&form["text"]) },
    })
}

/// A press of a button. `Err`: it was not made here.
pub(super) fn action(body: &Value, seal: &Seal) -> Result<Option<Heard>, ()> {
    let Some(button) = seal.read_button(&body["context"]) else { return Err(()) };
    let heard = || {
        let trigger = given(&body["trigger_id"])?;
        Some(Heard {
            once: trigger.clone(),
            team: id(&body["team_id"]),
            user: id(&body["user_id"])?,
            handle: text(&body["user_name"]),
            command: None,
            channel: id(&body["channel_id"]),
            thread: None,
            trigger: Some(trigger),
            hook: None,
            says: Says::Press {
                button: button.to_owned(),
                chosen: given(&body["context"]["selected_option"]),
            },
        })
    };
    Ok(heard())
}

/// A form that was sent; `None` within: it was closed. `Err`: it was not opened here, or not for this person.
pub(super) fn submission(body: &Value, seal: &Seal, now: i64) -> Result<Option<Heard>, ()> {
    let (name, state) = (text(&body["callback_id"]), text(&body["state"]));
    let user = id(&body["user_id"]).ok_or(())?;
    let note = seal.read_form(&name, &user, &state, now).ok_or(())?;
    if body["cancelled"] == true {
        return Ok(None);
    }
    let filled = dialog::read(&name, &note, &body["submission"]);
    Ok(filled.map(|filled| Heard {
        once: dialog::once(&state, &body["submission"]),
        team: id(&body["team_id"]),
        user,
        handle: String::new(),
        command: None,
        channel: filled.origin.channel.clone(),
        thread: filled.origin.thread.clone(),
        trigger: None,
        hook: None,
        says: Says::Form(filled),
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::Secret;

    const ADA: &str = "erj6qck3rfgtujs86w5r6rckzh";

    fn slash() -> Value {
        json!({"user_id": ADA, "user_name": "ada", "channel_id": ADA, "text": "note x", "trigger_id": "t",
            "response_url": format!("http://chat/hooks/commands/{ADA}")})
    }

    #[test]
    fn nothing_that_comes_in_is_trusted_to_have_its_shape() {
        assert_eq!(command(&slash()).unwrap().hook.as_deref(), Some(ADA));
        for (name, known) in [("/inc", Some("/inc")), ("/a `b", None), ("inc", None), ("", None)] {
            let mut form = slash();
            form["command"] = json!(name);
            assert_eq!(command(&form).unwrap().command.as_deref(), known);
        }
        for (key, bad) in [
            ("user_id", json!("ada")),
            ("user_id", json!("ERJ6QCK3RFGTUJS86W5R6RCKZH")),
            ("user_id", Value::Null),
            ("trigger_id", Value::Null),
            ("trigger_id", json!("x".repeat(3_000))),
        ] {
            let mut form = slash();
            form[key] = bad.clone();
            assert_eq!(command(&form), None, "{key}={bad}");
        }
        let mut form = slash();
        form["channel_id"] = json!("../posts");
        form["response_url"] = json!("http://evil.example/hooks/commands/../x");
        let heard = command(&form).unwrap();
        assert_eq!((heard.channel, heard.hook), (None, None));
        let seal = Seal::new(Secret::new("k"));
        for value in [Value::Null, json!([]), json!("x"), json!({"context": 7, "user_id": ADA})] {
            assert_eq!(command(&value), None);
            assert_eq!(action(&value, &seal), Err(()));
            assert_eq!(submission(&value, &seal, 0), Err(()));
        }
    }

    #[test]
    fn a_press_and_a_form_are_taken_with_their_seal_only() {
        let seal = Seal::new(Secret::new("k"));
        let mut press = json!({"user_id": ADA, "trigger_id": "t", "context": seal.button("cp1|INC-1|note")});
        assert!(matches!(action(&press, &seal), Ok(Some(Heard { says: Says::Press { .. }, .. }))));
        press["context"]["button"] = json!("cp1|INC-1|close");
        assert_eq!(action(&press, &seal), Err(()));
        let state = seal.form("cp1|verb|declare", ADA, "{}", 100);
        let mut form = json!({"type": "dialog_submission", "callback_id": "cp1|verb|declare", "state": state,
            "user_id": ADA, "submission": {"title": "x"}});
        assert!(matches!(submission(&form, &seal, 100), Ok(Some(_))));
        form["cancelled"] = json!(true);
        assert_eq!(submission(&form, &seal, 100), Ok(None));
        form["user_id"] = json!("rnina9994bde8mua79zqcg5hmo");
        assert_eq!(submission(&form, &seal, 100), Err(()));
    }

    /// What the documentation shows of what Mattermost sends.
    #[test]
    fn the_documentations_samples_are_read_or_refused_as_not_sealed_here() {
        let root = std::env::var_os("COMMANDPOST_SPECS").map_or_else(
            || std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/specs")),
            std::path::PathBuf::from,
        );
        let folder = root.join("mattermost/examples");
        let Ok(slash) = std::fs::read(folder.join("slash_request.form.txt")) else {
            println!("SKIPPED: the_documentations_samples: specifications not found");
            return;
        };
        let form: serde_json::Map<String, Value> = url::form_urlencoded::parse(&slash)
            .map(|(name, value)| (name.into_owned(), json!(value.trim())))
            .collect();
        let heard = command(&Value::Object(form)).unwrap();
        assert_eq!(heard.says, Says::Slash { text: "toronto week".into() });
        assert_eq!(
            (heard.handle.as_str(), heard.hook.as_deref()),
            ("alan", Some("i11f6nnfgfyk8eg56x9omc6dpa"))
        );
        // An outgoing webhook is no slash command.
        let outgoing = std::fs::read(folder.join("outgoing_request.form.txt")).unwrap();
        let form: serde_json::Map<String, Value> = url::form_urlencoded::parse(&outgoing)
            .map(|(name, value)| (name.into_owned(), json!(value)))
            .collect();
        assert_eq!(command(&Value::Object(form)), None);
        let seal = Seal::new(Secret::new("k"));
        for n in 1..=37 {
            for kind in ["dialogs", "interactive"] {
                let file = folder.join(format!("{kind}_{n:02}.json"));
                let Ok(bytes) = std::fs::read(&file) else { continue };
                let sample: Value = serde_json::from_slice(&bytes).unwrap();
                assert_eq!(action(&sample, &seal), Err(()), "{}", file.display());
                assert_eq!(submission(&sample, &seal, 0), Err(()), "{}", file.display());
            }
        }
    }
}
