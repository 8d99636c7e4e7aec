//! A WebSocket on a connection of the same client that makes all other requests: with its TLS, its proxy, its limits.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha1::{Digest, Sha1};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::protocol::{Role, WebSocketConfig},
};

use super::wire::plainly;
use crate::desk::clock::World;

/// The chats' messages are far smaller.
const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// RFC 6455, section 1.3.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

pub(super) type Socket = WebSocketStream<reqwest::Upgraded>;

/// What a server answers to a key.
fn accept(key: &str) -> String {
    STANDARD.encode(Sha1::digest(format!("{key}{GUID}").as_bytes()))
}

/// Opens the socket at this `ws://` or `wss://` address, which may have a ticket in it and is not to be logged.
///
/// # Errors
/// Why there is none.
pub(super) async fn open(client: &reqwest::Client, world: &dyn World, url: &str) -> Result<Socket, String> {
    let url = match url.split_once("://") {
        Some(("wss", rest)) => format!("https://{rest}"),
        Some(("ws", rest)) => format!("http://{rest}"),
        _ => return Err("the socket's address is none".to_owned()),
    };
    // Sixteen bytes that nobody can guess.
    let key = STANDARD.encode(hex::decode(world.salt()).unwrap_or_default());
    let request = client
        .get(url)
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", &key);
    let response = request.send().await.map_err(|error| plainly(&error.without_url()))?;
    let accepted = response.headers().get("sec-websocket-accept").and_then(|value| value.to_str().ok());
    if response.status().as_u16() != 101 || accepted != Some(accept(&key).as_str()) {
        let status = response.status().as_u16();
        return Err(format!("what answers for the socket is none (status {status})"));
    }
    let upgraded = response.upgrade().await.map_err(|error| plainly(&error.without_url()))?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX));
    Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_key_is_answered_as_the_standard_says() {
        assert_eq!(super::accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
