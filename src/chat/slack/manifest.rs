//! The manifest by which the app is made in Slack: its commands, shortcuts, scopes and events are those of this door.
//!
//! After <https://docs.slack.dev/reference/app-manifest>.

use serde_json::{Value, json};

use super::heard::{DECLARE, DECLARE_FROM, NOTE_MESSAGE};
use crate::grammar;

/// The slash command.
pub(super) const COMMAND: &str = "/incident";
/// What the bot is called.
const NAME: &str = "commandpost";
/// How it is spoken to.
pub(super) const MENTION: &str = "@commandpost";

/// What the door calls, and the scope that each takes.
const SCOPES: [(&str, &str); 17] = [
    ("app_mentions:read", "hear `@commandpost note …`, also in threads"),
    ("bookmarks:write", "console, status page and links above an incident's channel"),
    ("channels:history", "read the message that got a 📌; look whether a message arrived"),
    ("channels:join", "come into a public channel by itself"),
    ("channels:manage", "make the incident's channel, set its topic, invite, rename it"),
    ("channels:read", "find the channel again when Slack's answer was lost"),
    ("chat:write", "post and edit"),
    ("commands", "`/incident` and the shortcuts"),
    ("files:read", "read the files of such a message once, for their hash; none is kept"),
    ("files:write", "show the organization chart as a picture"),
    ("groups:history", "the same in private channels to which the bot was invited"),
    ("groups:read", "see who is in a restricted incident's private channel"),
    ("groups:write", "make that channel, let people in and take them out"),
    ("metadata.message:read", "know its own messages by their key"),
    ("pins:write", "pin the card"),
    ("reactions:read", "hear a 📌"),
    ("users:read", "the names of those who have no `[[person]]`"),
];

/// The scopes of the bot, each with what it is for.
pub(super) fn scopes() -> impl Iterator<Item = (&'static str, &'static str)> {
    SCOPES.into_iter()
}

/// The app's manifest: for Socket Mode, or for HTTP where this server is reached at `public_url`.
pub fn manifest(public_url: Option<&str>) -> Value {
    let at = |part: &str| public_url.map(|url| format!("{}/chat/slack/{part}", url.trim_end_matches('/')));
    let mut command = json!({
        "command": COMMAND,
        "description": grammar::tree().get_about().map(ToString::to_string).unwrap_or_default(),
        "usage_hint": "declare checkout is down",
        "should_escape": true,
    });
    let mut events =
        json!({"bot_events": ["app_mention", "message.channels", "message.groups", "reaction_added"]});
    let mut interactivity = json!({"is_enabled": true});
    if let (Some(commands), Some(heard), Some(pressed)) = (at("commands"), at("events"), at("interactions")) {
        command["url"] = json!(commands);
        events["request_url"] = json!(heard);
        interactivity["request_url"] = json!(pressed);
    }
    let shortcut = |kind: &str, name: &str, id: &str, description: &str| json!({"name": name, "type": kind, "callback_id": id, "description": description});
    json!({
        "display_information": {
            "name": NAME,
            "description": "The incident command post",
            "background_color": "#1f2933",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": false, "messages_tab_enabled": true, "messages_tab_read_only_enabled": true,
            },
            "bot_user": {"display_name": NAME, "always_online": true},
            "shortcuts": [
                shortcut("global", "Declare incident", DECLARE, "Opens an incident; you have command of it"),
                shortcut("message", "Declare incident", DECLARE_FROM, "Opens an incident about this message"),
                shortcut("message", grammar::CONTEXT_MENU_NOTE, NOTE_MESSAGE, "Puts this message on the timeline"),
            ],
            "slash_commands": [command],
        },
        "oauth_config": {"scopes": {"bot": scopes().map(|(scope, _)| scope).collect::<Vec<_>>()}},
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": false,
            "socket_mode_enabled": public_url.is_none(),
            "token_rotation_enabled": false,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The blocks of the page in this language, read as JSON.
    fn blocks(page: &str) -> Vec<Value> {
        let blocks = page.split("```json\n").skip(1).filter_map(|rest| rest.split_once("```"));
        blocks.map(|(block, _)| serde_json::from_str(block).unwrap()).collect()
    }

    #[test]
    fn the_manifests_that_people_paste_are_those_of_this_door() {
        let page = include_str!("../../../docs/slack.md");
        let here = blocks(page);
        let http = manifest(Some("https://incidents.example.com"));
        let shown = |manifest: &Value| serde_json::to_string_pretty(manifest).unwrap();
        assert_eq!(
            here.first(),
            Some(&manifest(None)),
            "put into docs/slack.md:\n{}",
            shown(&manifest(None))
        );
        assert_eq!(here.get(1), Some(&http), "put into docs/slack.md:\n{}", shown(&http));
        for (scope, why) in scopes() {
            assert!(page.contains(&format!("| `{scope}` | {why} |")), "| `{scope}` | {why} |");
        }
    }

    #[test]
    fn a_manifest_keeps_slacks_limits() {
        assert_eq!(MENTION, format!("@{NAME}"));
        let app = manifest(None);
        let chars = |value: &Value| value.as_str().unwrap().chars().count();
        for shortcut in app["features"]["shortcuts"].as_array().unwrap() {
            assert!(chars(&shortcut["name"]) <= 24 && chars(&shortcut["description"]) <= 150, "{shortcut}");
        }
        let command = &app["features"]["slash_commands"][0];
        assert!(chars(&command["command"]) <= 32 && chars(&command["description"]) <= 2_000);
        assert!(chars(&app["display_information"]["description"]) <= 140);
    }
}
