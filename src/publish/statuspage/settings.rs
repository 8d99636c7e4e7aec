//! The settings of the publisher to Statuspage.

use serde::Deserialize;

use crate::config::secret::Secret;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StatuspageSettings {
    pub api_key: Secret,
    pub page_id: String,
    /// Whether the page's subscribers get mail and messages for each post. On unless turned off: those who
    /// subscribed to a status page want to hear of real incidents, and nothing else reaches this publisher.
    pub notify_subscribers: bool,
    /// `https://api.statuspage.io/v1`, or a proxy.
    pub base_url: String,
    pub connect_timeout_ms: u64,
    pub total_timeout_ms: u64,
    /// Time between two requests; Statuspage allows one a second.
    pub min_gap_ms: u64,
}

impl Default for StatuspageSettings {
    fn default() -> Self {
        Self {
            api_key: Secret::default(),
            page_id: String::new(),
            notify_subscribers: true,
            base_url: "https://api.statuspage.io/v1".to_owned(),
            connect_timeout_ms: 5_000,
            total_timeout_ms: 15_000,
            min_gap_ms: 1_000,
        }
    }
}
