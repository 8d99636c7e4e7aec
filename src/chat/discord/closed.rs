//! The codes with which the gateway closes for good, and how they are learned where serenity keeps them to itself.
//!
//! After <https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes>. serenity (0.12)
//! hands on three of them; with the others its client hangs (4010, 4011) or connects again without end (4012). So where a client
//! never came through, the gateway is asked by a connection of our own, which costs one of the day's sessions if it is let in.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use super::DiscordDoor;

/// Opcodes of the gateway.
const DISPATCH: u64 = 0;
const IDENTIFY: u64 = 2;
const INVALID_SESSION: u64 = 9;
const HELLO: u64 = 10;

/// What a person is told of a code after which trying again is of no use. `None`: it is of use.
pub(super) fn for_good(code: u16) -> Option<&'static str> {
    Some(match code {
        4004 => {
            "Discord's gateway does not know the bot's token (4004): set a valid one (`discord.token`) and start again."
        }
        4010 => {
            "Discord's gateway does not know the share of the bot's servers that is asked for (4010), which is all of them: this version does not fit it; take a newer one."
        }
        4011 => {
            "The bot is in more servers than Discord lets one connection hear (4011), and commandpost, which serves one server, has one connection: take the bot out of the others, or give it an application of its own (docs/discord.md), then start again."
        }
        4012 => {
            "Discord's gateway no longer speaks the version of its API that commandpost does (4012): this version is too old for it; take a newer one."
        }
        4013 => {
            "Discord's gateway does not know what the bot asks to hear (4013): this version is too old for it; take a newer one."
        }
        4014 => {
            "Discord's gateway does not allow what the bot asks to hear (4014): check the application's intents in Discord's developer portal, then start again."
        }
        _ => return None,
    })
}

/// Asks the gateway whether it lets the bot in at all. `Some`: never, and what to do.
pub(super) async fn ask(door: &DiscordDoor, intents: u64) -> Option<&'static str> {
    let code = tokio::select! {
        () = door.stop.cancelled() => None,
        code = tokio::time::timeout(door.settings.answer_within, knock(door, intents)) => code.ok().flatten(),
    };
    code.and_then(for_good)
}

/// The code with which the gateway closes a new session. `None`: it closes none, or cannot be asked.
async fn knock(door: &DiscordDoor, intents: u64) -> Option<u16> {
    let told = door.rest.get("/gateway/bot").await.ok()?;
    // The last one is serenity's.
    if told["session_start_limit"]["remaining"].as_u64().unwrap_or_default() < 2 {
        return None;
    }
    let url = told["url"].as_str().filter(|url| door.settings.is_gateway(url))?;
    let mut socket = door.rest.socket(&format!("{url}/?v=10&encoding=json")).await.ok()?;
    // As serenity says it.
    let identify = json!({"op": IDENTIFY, "d": {
        "token": door.settings.token.expose(), "intents": intents, "shard": [0, 1],
        "properties": {"os": std::env::consts::OS, "browser": "commandpost", "device": "commandpost"},
    }});
    while let Some(Ok(message)) = socket.next().await {
        let said: Value = match message {
            Message::Close(frame) => return frame.map(|frame| u16::from(frame.code)),
            Message::Text(text) => serde_json::from_str(text.as_str()).unwrap_or_default(),
            _ => continue,
        };
        match said["op"].as_u64() {
            Some(HELLO) => socket.send(Message::text(identify.to_string())).await.ok()?,
            // It is let in, or told to come later: nothing speaks against it.
            Some(DISPATCH | INVALID_SESSION) => break,
            _ => {}
        }
    }
    // With this the session ends, and nothing is told to it.
    let goodbye = CloseFrame { code: CloseCode::Normal, reason: "".into() };
    drop(socket.close(Some(goodbye)).await);
    None
}
