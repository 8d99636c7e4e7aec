//! A WebSocket on a connection of the same client that makes all other requests: with its TLS, its proxy, its limits.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha1::{Digest, Sha1};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::protocol::{Role, WebSocketConfig},
};

use super::{rest::Rest, trouble::Trouble};
use crate::desk::clock::World;

/// Slack's messages are far smaller.
const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// RFC 6455, section 1.3.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

pub(super) type Socket = WebSocketStream<reqwest::Upgraded>;

/// What a server answers to a key.
fn accept(key: &str) -> String {
    STANDARD.encode(Sha1::digest(format!("{key}{GUID}").as_bytes()))
}

/// Opens the socket at this address, which has a ticket in it.
pub(super) async fn open(rest: &Rest, world: &dyn World, url: &str) -> Result<Socket, Trouble> {
    // Sixteen bytes that nobody can guess.
    let key = STANDARD.encode(hex::decode(world.salt()).unwrap_or_default());
    let response = rest.upgrade(url, &key).await?;
    let accepted = response.headers().get("sec-websocket-accept").and_then(|value| value.to_str().ok());
    if response.status().as_u16() != 101 || accepted != Some(accept(&key).as_str()) {
        let status = response.status().as_u16();
        return Err(Trouble::NotSent(format!("what answers for the socket is none (status {status})")));
    }
    let upgraded = response.upgrade().await;
    let upgraded = upgraded.map_err(|e| Trouble::NotSent(crate::chat::wire::causes(&e.without_url())))?;
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
