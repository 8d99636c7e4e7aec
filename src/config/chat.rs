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
    #[serde(default, skip_serializing_if = "Option::is_none")]
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
    /// How commands, presses and forms reach this server.
    #[serde(default)]
    pub interactions: Interactions,
    /// The application's Public Key, by which Discord's requests to `/chat/discord` are known to be Discord's. For
    /// `interactions = "http"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "ed25519-key", "x-example" = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))]
    pub public_key: Option<String>,
    /// Where an incident is worked on.
    #[serde(default)]
    pub incident_space: IncidentSpace,
    /// The channel for alerts that belong to no incident; without it they are shown in `channel_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "snowflake", "x-example" = "100000000000000005"))]
    pub alerts_channel_id: Option<String>,
    /// The role that whoever commands an open incident is given, and loses with the command. Not for drills and tests, nor for
    /// restricted incidents, which would show by it. Without it, no role is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "snowflake", "x-example" = "100000000000000006"))]
    pub commander_role_id: Option<String>,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interactions {
    /// by a connection that this server opens to Discord's gateway
    #[default]
    Gateway,
    /// by signed requests that Discord sends to `/chat/discord/interactions`
    Http,
}

fn discord_url() -> Url {
    parsed("https://discord.com")
}

/// `[matrix]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Matrix>)]
pub struct Matrix {
    /// Where the homeserver's Client-Server API is reached, without `/_matrix`.
    #[serde(serialize_with = "text::serialize", deserialize_with = "text::deserialize")]
    #[schemars(with = "String", extend("format" = "service-url", "x-example" = "https://matrix.example.org"))]
    pub homeserver: Url,
    /// The access token of the bot's account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token: Option<Secret>,
    /// File that holds the access token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/matrix"))]
    pub access_token_file: Option<PathBuf>,
    /// Whether `homeserver` is a proxy that encrypts and decrypts, such as Pantalaimon: then rooms may be encrypted. Without one
    /// encrypted rooms are refused, for the bot has no keys.
    #[serde(default)]
    pub encrypting_proxy: bool,
    /// The command post: the room in which incidents are announced and opened, by its id or its alias. It must not be
    /// encrypted, unless by way of an `encrypting_proxy`.
    #[schemars(extend("format" = "matrix-room", "x-example" = "#command-post:example.org"))]
    pub room: String,
    /// The room for alerts that belong to no incident; without it they are shown in `room`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "matrix-room", "x-example" = "#alerts:example.org"))]
    pub alerts_room: Option<String>,
    /// Where an incident is worked on.
    #[serde(default)]
    pub incident_space: MatrixSpace,
    /// What a command begins with. In an incident's own room or thread `!` before a verb will do: `!note it is back`.
    #[serde(default = "command_prefix")]
    #[schemars(extend("format" = "name"))]
    pub prefix: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MatrixSpace {
    /// a room of its own, open to whoever is in the command post
    #[default]
    Room,
    /// a thread below its card in the command post
    Thread,
}

fn command_prefix() -> String {
    "!incident".to_owned()
}

/// `[slack]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Slack>)]
pub struct Slack {
    /// The Bot User OAuth Token (`xoxb-`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot_token: Option<Secret>,
    /// File that holds the bot token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/slack_bot"))]
    pub bot_token_file: Option<PathBuf>,
    /// The App-Level Token (`xapp-`) with the scope `connections:write`. With it Slack is heard by Socket Mode: nothing of
    /// this server need be reached from outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_token: Option<Secret>,
    /// File that holds the app-level token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/slack_app"))]
    pub app_token_file: Option<PathBuf>,
    /// The Signing Secret, by which Slack's requests to `/chat/slack` are known to be Slack's. Without it that path is
    /// not served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_secret: Option<Secret>,
    /// File that holds the signing secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/slack_signing"))]
    pub signing_secret_file: Option<PathBuf>,
    /// The command post: the channel in which incidents are announced and opened.
    #[schemars(extend("format" = "slack-channel", "x-example" = "C0123456789"))]
    pub channel: String,
    /// The channel for alerts that belong to no incident; without it they are shown in `channel`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "slack-channel", "x-example" = "C0123456790"))]
    pub alerts_channel: Option<String>,
    /// Where an incident is worked on.
    #[serde(default)]
    pub incident_space: SlackSpace,
    /// Where Slack's API is reached, without `/api`.
    #[serde(
        default = "slack_url",
        serialize_with = "text::serialize",
        deserialize_with = "text::deserialize"
    )]
    #[schemars(with = "String", extend("format" = "service-url"))]
    pub base_url: Url,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SlackSpace {
    /// a public channel of its own
    #[default]
    Channel,
    /// a thread below its card in the command post; slash commands do not work within it, mentions of the bot do
    Thread,
}

fn slack_url() -> Url {
    parsed("https://slack.com")
}

/// `[mattermost]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = in_order::<Mattermost>)]
pub struct Mattermost {
    /// Where the server's API is reached, without `/api/v4`.
    #[serde(serialize_with = "text::serialize", deserialize_with = "text::deserialize")]
    #[schemars(with = "String", extend("format" = "service-url", "x-example" = "https://chat.example.org"))]
    pub url: Url,
    /// The token of the bot's account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot_token: Option<Secret>,
    /// File that holds the bot's token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/mattermost_bot"))]
    pub bot_token_file: Option<PathBuf>,
    /// The token that Mattermost gave the slash command. Without it no slash command is taken; commands are then messages
    /// that begin with `prefix` or with the bot's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_token: Option<Secret>,
    /// File that holds the slash command's token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "secret-file", "x-example" = "/run/secrets/mattermost_command"))]
    pub command_token_file: Option<PathBuf>,
    /// Where Mattermost reaches this server, without `/chat/mattermost`. Without it cards have no buttons, and there are no
    /// forms.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "text::optional::serialize",
        deserialize_with = "text::optional::deserialize"
    )]
    #[schemars(with = "Option<String>", extend("format" = "url", "x-example" = "http://commandpost.internal:8911"))]
    pub callback_url: Option<Url>,
    /// The command post: the channel in which incidents are announced and opened.
    #[schemars(extend("format" = "mattermost-id", "x-example" = "j6j53p28k6urx15fpcgsr20psq"))]
    pub channel: String,
    /// The channel for alerts that belong to no incident; without it they are shown in `channel`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "mattermost-id", "x-example" = "fukxanjgjbnp7ng383at53k1sy"))]
    pub alerts_channel: Option<String>,
    /// Where an incident is worked on.
    #[serde(default)]
    pub incident_space: MattermostSpace,
    /// What a command that is a message begins with. In an incident's own channel or thread `!` before a verb will do:
    /// `!note it is back`.
    #[serde(default = "command_prefix")]
    #[schemars(extend("format" = "name"))]
    pub prefix: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MattermostSpace {
    /// a public channel of its own
    #[default]
    Channel,
    /// a thread below its card in the command post
    Thread,
}
