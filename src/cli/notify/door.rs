//! The server's hooks: a message is posted there, and what is answered is understood.

use std::time::Duration;

use reqwest::{StatusCode, header::HeaderValue};

use crate::{alert::text::one_line, config::Secret};

/// A message may go without an answer so long, in seconds.
const ANSWER_SECONDS_MAX: u64 = 20;

#[derive(Debug)]
pub struct Door<'u> {
    client: reqwest::Client,
    url: &'u str,
}

/// What came of a message.
#[derive(Debug)]
pub enum Answer {
    Taken,
    /// Nobody is there, for this message or any other.
    Nobody(String),
    /// It may have been taken, or not.
    Nothing(String),
    Refused {
        status: StatusCode,
        why: String,
        /// The server's own words; whoever stands before it may have others.
        is_ours: bool,
    },
}

impl<'u> Door<'u> {
    pub fn new(url: &'u str) -> reqwest::Result<Door<'u>> {
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(ANSWER_SECONDS_MAX))
            // Followed, a POST becomes a GET, whose 200 would be taken for a delivery.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Door { client, url })
    }

    /// Posts a message. Whatever comes again under the same id is taken once: an answer may be lost on its way.
    pub async fn post(&self, hook: &str, token: Option<&Secret>, id: Option<&str>, body: Vec<u8>) -> Answer {
        let mut request = self
            .client
            .post(format!("{}/hooks/{hook}", self.url))
            .header("content-type", "application/json")
            .body(body);
        // A file that somebody put there by hand may be called anything.
        if let Some(id) = id.and_then(|id| HeaderValue::from_str(id).ok()) {
            request = request.header("idempotency-key", id);
        }
        if let Some(token) = token {
            request = request.bearer_auth(token.expose());
        }
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return self.no_answer(error),
        };
        let status = response.status();
        if status.is_success() {
            return Answer::Taken;
        }
        let (said, is_ours) = said(&response.text().await.unwrap_or_default());
        Answer::Refused {
            status,
            why: format!("{}/hooks/{hook} answered {status}. {said}", self.url),
            is_ours,
        }
    }

    fn no_answer(&self, error: reqwest::Error) -> Answer {
        if url::Url::parse(self.url).is_err() {
            Answer::Nobody(format!("COMMANDPOST_URL is «{}», which is no address", self.url))
        } else if error.is_builder() {
            Answer::Nobody(
                "COMMANDPOST_TOKEN has a sign in it, such as a line break, that no token may have".into(),
            )
        } else if error.is_connect() {
            Answer::Nobody(format!("nobody answers at {}", self.url))
        } else if error.is_timeout() {
            Answer::Nothing(format!("no answer within {ANSWER_SECONDS_MAX} seconds"))
        } else {
            Answer::Nothing(error.without_url().to_string())
        }
    }
}

/// What a door says, and whether it is ours.
fn said(text: &str) -> (String, bool) {
    let error = serde_json::from_str::<serde_json::Value>(text).unwrap_or_default();
    let word = |key: &str| error.pointer(key).and_then(serde_json::Value::as_str).unwrap_or_default();
    let (why, instead) = (word("/error/why"), word("/error/instead"));
    if why.is_empty() {
        return (one_line(text, 300), false);
    }
    (format!("{why} {instead}").trim_end().to_owned(), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_door_says_is_told_in_its_words() {
        let body =
            r#"{"error": {"code": "unauthorized", "why": "No token was shown.", "instead": "Show one."}}"#;
        assert_eq!(said(body), ("No token was shown. Show one.".to_owned(), true));
        assert_eq!(said("<h1>404\nnginx</h1>"), ("<h1>404 nginx</h1>".to_owned(), false));
    }

    #[tokio::test]
    async fn an_address_or_a_token_that_is_none_is_told_as_such() {
        drop(rustls::crypto::ring::default_provider().install_default());
        let answer = Door::new("ops.example").unwrap().post("generic", None, None, b"{}".to_vec()).await;
        let Answer::Nobody(why) = answer else { panic!("{answer:?}") };
        assert!(why.contains("COMMANDPOST_URL is «ops.example»"), "{why}");
        let token = Secret::new("canary\nof-two-lines");
        let door = Door::new("http://127.0.0.1:9").unwrap();
        let answer = door.post("generic", Some(&token), None, b"{}".to_vec()).await;
        let Answer::Nobody(why) = answer else { panic!("{answer:?}") };
        assert!(why.contains("COMMANDPOST_TOKEN") && !why.contains("canary"), "{why}");
    }
}
