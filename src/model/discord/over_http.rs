//! Interactions over HTTP: to the address that the application gives, signed with its key.
//! <https://discord.com/developers/docs/interactions/overview#configuring-an-interactions-endpoint-url>

use std::time::Duration;

use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;

use super::{
    Id, Impossible, form::Form, people::impossible, rest::answer, server::Discord, service::Service,
};

/// Good for this model alone.
const SECRET: [u8; 32] = *b"only-for-the-modelled-discord-01";
const CONNECT: Duration = Duration::from_secs(2);
/// A little more than a person's three seconds, which the model's own clock counts.
const PATIENCE: Duration = Duration::from_secs(5);

fn key() -> SigningKey {
    SigningKey::from_bytes(&SECRET)
}

fn signature(timestamp: &str, body: &str) -> String {
    hex::encode(key().sign(format!("{timestamp}{body}").as_bytes()).to_bytes())
}

/// Status and body of the endpoint's answer to a signed request; zero where there is none.
async fn post(
    client: &reqwest::Client,
    url: &str,
    timestamp: &str,
    signature: &str,
    body: String,
) -> (u16, Value) {
    let request = client
        .post(url)
        .header("content-type", "application/json")
        .header("x-signature-timestamp", timestamp)
        .header("x-signature-ed25519", signature);
    match request.body(body).send().await {
        Ok(response) => {
            let status = response.status().as_u16();
            (status, response.json().await.unwrap_or_default())
        }
        Err(_) => (0, Value::Null),
    }
}

async fn tell(service: &Service, client: &reqwest::Client, url: &str, id: Id, event: &Value) {
    let (timestamp, body) = (service.look(|w| w.now.timestamp().to_string()), event.to_string());
    let signature = signature(&timestamp, &body);
    let (status, body) = post(client, url, &timestamp, &signature, body).await;
    if status != 200 || !body.is_object() {
        return;
    }
    service.with(|w| {
        let token = w.asked.get(&id).map(|asked| asked.token.clone()).unwrap_or_default();
        // What is late or does not fit, the person does not see.
        if let Ok(asked) = w.awaiting(id, &token).cloned() {
            drop(answer(w, asked, Form { body, files: vec![] }));
        }
    });
}

impl Discord {
    /// The application's public key.
    pub fn public_key(&self) -> String {
        hex::encode(key().verifying_key().to_bytes())
    }

    /// Discord's signature of a request.
    pub fn sign(&self, timestamp: &str, body: &str) -> String {
        signature(timestamp, body)
    }

    /// From now on interactions go to this address, and to the gateway no more. As Discord does, the model first asks there
    /// whether somebody is there, rightly signed and wrongly.
    ///
    /// # Errors
    /// When that is not answered as it should be.
    pub async fn reach_over_http(&self, url: &str) -> Result<(), Impossible> {
        let client = reqwest::Client::builder().connect_timeout(CONNECT).timeout(PATIENCE).build();
        let client = client.map_err(|error| Impossible(error.to_string()))?;
        let (timestamp, ping) =
            (self.service.look(|w| w.now.timestamp().to_string()), json!({"type": 1}).to_string());
        let right = post(&client, url, &timestamp, &signature(&timestamp, &ping), ping.clone()).await;
        if right != (200, json!({"type": 1})) {
            return impossible(format!("the endpoint does not answer a ping: {right:?}"));
        }
        let (status, _) = post(&client, url, &timestamp, &signature(&timestamp, "other"), ping).await;
        if status != 401 {
            return impossible(format!("the endpoint takes what nobody signed: it answers {status}"));
        }
        let (endpoint, mut told) = unbounded_channel();
        self.service.with(|w| w.endpoint = Some(endpoint));
        let (service, url) = (self.service.clone(), url.to_owned());
        tokio::spawn(async move {
            while let Some((id, event)) = told.recv().await {
                let (service, client, url) = (service.clone(), client.clone(), url.clone());
                tokio::spawn(async move { tell(&service, &client, &url, id, &event).await });
            }
        });
        Ok(())
    }
}
