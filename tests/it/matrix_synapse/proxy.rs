//! A stand-in for Pantalaimon between the bot and Synapse, with a cipher that everybody reads: as the real one (0.10.5, by
//! its source and tried) it decrypts what `/sync` and `/messages` bring, and leaves a single event as it is.

use axum::{extract::Request, http::StatusCode};
use serde_json::{Value, json};

use crate::support::program::client;

pub const MEGOLM: &str = "m.megolm.v1.aes-sha2";
/// What Pantalaimon puts in place of a message for which it has no key.
const IN_PLACE: &str =
    "** Unable to decrypt: The sender's device has not sent us the keys for this message. **";

/// The content of an encrypted message that the stand-in can read.
pub fn encrypted(content: &Value) -> Value {
    let mut encrypted = closed(MEGOLM, &content.to_string());
    // Relations are not encrypted.
    if content["m.relates_to"].is_object() {
        encrypted["m.relates_to"] = content["m.relates_to"].clone();
    }
    encrypted
}

/// The content of one for which it has no key.
pub fn without_key() -> Value {
    closed(MEGOLM, "AwgAEnACgAkLmt6qF84IK")
}

/// The content of one that it passes on as it is.
pub fn left_alone() -> Value {
    closed("m.olm.v1.curve25519-aes-sha2", "AwgAEnACgAkLmt6qF84IK")
}

fn closed(algorithm: &str, ciphertext: &str) -> Value {
    json!({"algorithm": algorithm, "ciphertext": ciphertext, "device_id": "ada", "sender_key": "IlRMeOPX2e0M",
        "session_id": "X3lUlvLELLYx"})
}

/// An address that leads to the homeserver at `to` by way of the stand-in.
pub async fn before(to: &str) -> String {
    let (client, to) = (client(), to.to_owned());
    let pass = move |request: Request| {
        let (client, to) = (client.clone(), to.clone());
        async move { pass(&client, &to, request).await }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let proxy = axum::Router::new().fallback(pass);
    tokio::spawn(async move { axum::serve(listener, proxy).await.unwrap() });
    url
}

async fn pass(client: &reqwest::Client, to: &str, request: Request) -> (StatusCode, Vec<u8>) {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let mut request = client.request(head.method, format!("{to}{}", head.uri)).body(body);
    if let Some(token) = head.headers.get("authorization") {
        request = request.header("authorization", token);
    }
    let Ok(answer) = request.send().await else {
        return (StatusCode::BAD_GATEWAY, Vec::new());
    };
    let (status, body) = (answer.status(), answer.bytes().await.unwrap_or_default().to_vec());
    let is_decrypted = head.uri.path().ends_with("/sync") || head.uri.path().ends_with("/messages");
    match serde_json::from_slice::<Value>(&body) {
        Ok(mut read) if is_decrypted => {
            decrypt(&mut read);
            (status, read.to_string().into_bytes())
        }
        _ => (status, body),
    }
}

/// Decrypts every event in an answer, wherever it stands.
fn decrypt(value: &mut Value) {
    if value["type"] == "m.room.encrypted" && value["content"]["algorithm"] == MEGOLM {
        let ciphertext = value["content"]["ciphertext"].as_str().unwrap_or_default();
        match serde_json::from_str::<Value>(ciphertext) {
            Ok(content) => {
                value["content"] = content;
                value["decrypted"] = json!(true);
            }
            Err(_) => value["content"] = json!({"msgtype": "m.text", "body": IN_PLACE}),
        }
        value["type"] = json!("m.room.message");
        return;
    }
    match value {
        Value::Array(all) => all.iter_mut().for_each(decrypt),
        Value::Object(fields) => fields.values_mut().for_each(decrypt),
        _ => {}
    }
}
