//! The settings of the publisher to X.

use serde::Deserialize;

use crate::config::secret::Secret;

/// How to reach X and as whom: the four parts of OAuth 1.0a, or a bearer token of OAuth 2.0 user context (which X
/// lets expire after two hours; the four parts do not expire).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct XSettings {
    pub api_key: Secret,
    pub api_key_secret: Secret,
    pub access_token: Secret,
    pub access_token_secret: Secret,
    /// Used if the four above are empty.
    pub bearer_token: Secret,
    /// The account's name, for links to its posts.
    pub handle: Option<String>,
    /// `https://api.x.com`, or a proxy.
    pub base_url: String,
    /// Where people read: the start of the links that we show.
    pub web_url: String,
    pub connect_timeout_ms: u64,
    pub total_timeout_ms: u64,
}

impl Default for XSettings {
    fn default() -> Self {
        Self {
            api_key: Secret::default(),
            api_key_secret: Secret::default(),
            access_token: Secret::default(),
            access_token_secret: Secret::default(),
            bearer_token: Secret::default(),
            handle: None,
            base_url: "https://api.x.com".to_owned(),
            web_url: "https://x.com".to_owned(),
            connect_timeout_ms: 5_000,
            total_timeout_ms: 15_000,
        }
    }
}
