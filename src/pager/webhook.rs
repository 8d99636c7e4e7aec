//! A webhook of one's own, signed as Standard Webhooks has it: `webhook-id` is the same at every attempt, so that a receiver
//! takes it once.
//!
//! After <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, SecondsFormat, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Now, Pager, Service, send_again};
use crate::{
    config,
    incident::paging::{Act, Cleared},
    outbox::{
        port::{BoxFuture, Outcome, Reconciled},
        wire,
    },
};

pub(super) struct Webhook {
    service: Service,
    key: Vec<u8>,
    now: Now,
}

impl Webhook {
    pub fn new(settings: &config::Pager, now: Now) -> Result<Self, String> {
        let service = Service::new("The webhook", settings, "")?;
        let key = key(service.secret.expose())?;
        Ok(Self { service, key, now })
    }
}

/// The bytes of `whsec_…`; of any other text, its own.
fn key(secret: &str) -> Result<Vec<u8>, String> {
    match secret.strip_prefix("whsec_") {
        Some(encoded) => STANDARD
            .decode(encoded)
            .map_err(|_| "what stands behind `whsec_` in the webhook's `token` is no base64".to_owned()),
        None => Ok(secret.as_bytes().to_vec()),
    }
}

/// What a receiver knows a repeat by. The key of a delivery has dots, which part the text that is signed.
fn id(key: &str) -> String {
    let digest = hex::encode(Sha256::digest(key.as_bytes()));
    format!("msg_{}", digest.get(..32).unwrap_or(&digest))
}

fn signature(key: &[u8], id: &str, seconds: i64, body: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(format!("{id}.{seconds}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

impl Pager for Webhook {
    fn page<'a>(&'a self, page: &'a Cleared, key: &'a str) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let now = (self.now)();
            let body = json!({
                "type": match page.act {
                    Act::Trigger => "page.triggered",
                    Act::Acknowledge => "page.acknowledged",
                    Act::Resolve => "page.resolved",
                },
                "timestamp": now.to_rfc3339_opts(SecondsFormat::Millis, true),
                "data": {
                    "incident": page.incident,
                    "severity": page.severity.word(),
                    "title": page.title,
                    "about": page.about,
                    "exercise": !page.banner.is_empty(),
                    "call": page.call,
                    "to": page.address,
                    "text": page.text(),
                    "acknowledge_url": page.link,
                },
            })
            .to_string();
            let id = id(key);
            let request = self
                .service
                .client
                .post(self.service.base.clone())
                .header("content-type", "application/json")
                .header("webhook-id", &id)
                .header("webhook-timestamp", now.timestamp())
                .header("webhook-signature", signature(&self.key, &id, now.timestamp(), &body))
                .body(body);
            self.service.outcome(wire::call(request).await, &page.address, |_| Some(id.clone()))
        })
    }
    fn reconcile<'a>(&'a self, _: &'a Cleared, _: &'a str, _: DateTime<Utc>) -> BoxFuture<'a, Reconciled> {
        send_again()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_is_signed_as_the_standard_s_own_example_is() {
        let key = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = r#"{"test": 2432232314}"#;
        assert_eq!(
            signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
        assert!(super::key("whsec_?").is_err());
        assert_eq!(id("INC-1/page/1/0.0/ann"), id("INC-1/page/1/0.0/ann"));
        assert!(!id("INC-1/page/1/0.0/ann").contains('.'));
    }
}
