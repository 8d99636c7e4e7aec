//! The settings of the chats.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::publishers::parsed;
use super::shape::in_order;
use super::{Secret, text};

/// `[discord]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Discord>)]
pub struct Discord {
    /// The bot's token.
    #[serde(
        default,
        serialize_with = "text::secret::serialize",
        deserialize_with = "text::secret::deserialize",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<String>", extend("x-secret" = true))]
    pub token: Option<Secret>,
    /// File that holds the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/discord"))]
    pub token_file: Option<PathBuf>,
    /// The application's id.
    #[schemars(extend("format" = "snowflake", "x-example" = "100000000000000002"))]
    pub application_id: String,
    /// The server (guild) that the bot serves.
    #[schemars(extend("format" = "snowflake", "x-example" = "100000000000000003"))]
    pub guild_id: String,
    /// The command post: the channel in which incidents are announced and opened.
    #[schemars(extend("format" = "snowflake", "x-example" = "100000000000000004"))]
    pub channel_id: String,
    /// Where Discord's API is reached.
    #[serde(
        default = "discord_url",
        serialize_with = "text::serialize",
        deserialize_with = "text::deserialize"
    )]
    #[schemars(with = "String", extend("format" = "service-url"))]
    pub base_url: Url,
    /// Where an incident is worked on.
    #[serde(default)]
    pub incident_space: IncidentSpace,
    /// The channel for alerts that belong to no incident; without it they are shown in `channel_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "snowflake", "x-example" = "100000000000000005"))]
    pub alerts_channel_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IncidentSpace {
    /// a thread of its own below the command post
    #[default]
    Thread,
    /// a channel of its own
    Channel,
    /// a post of its own, where `channel_id` is a forum
    Forum,
}

fn discord_url() -> Url {
    parsed("https://discord.com")
}
