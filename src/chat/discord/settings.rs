//! What the door must know to stand in the right place.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::TimeDelta;

use crate::{
    chat::{
        health,
        people::{People, account_of, accounts, configured},
    },
    config::{self, IncidentSpace, Interactions, Secret},
};

/// Where the real Discord is.
const DISCORD: &str = "https://discord.com";
/// The gateway is given up and connected anew when it was not there for this long. serenity itself needs some twelve
/// seconds to come back from a lost session.
const WATCHDOG: Duration = Duration::from_secs(45);
/// Heartbeats are some 41 s apart; three of them without an answer are no accident.
const WITHOUT_HEARTBEAT: Duration = Duration::from_secs(150);
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Discord takes two changes of a channel's name or topic in ten minutes.
const RENAME_EVERY: TimeDelta = TimeDelta::minutes(5);

#[derive(Debug, Clone)]
pub struct DiscordSettings {
    pub token: Secret,
    /// `https://discord.com`, or a modelled Discord. Without `/api`.
    pub base_url: String,
    pub application_id: String,
    pub guild_id: String,
    /// The command post.
    pub channel_id: String,
    /// Where alerts are shown that belong to no incident; else in the command post.
    pub alerts_channel_id: Option<String>,
    pub space: IncidentSpace,
    /// The role of whoever commands an open incident.
    pub commander_role_id: Option<String>,
    /// The application's key, where Discord sends interactions over HTTP.
    pub public_key: Option<String>,
    /// Who is who; shared with whoever reads names in commands.
    pub people: Arc<People>,
    /// The user id of each configured person who has one, by the person's id.
    pub accounts: HashMap<String, String>,
    /// Names of the status page's components, for completion.
    pub components: Vec<String>,
    /// How long the gateway may be away before it is connected anew.
    pub watchdog: Duration,
    /// How long it may be silent where it never answered a question of ours.
    pub without_heartbeat: Duration,
    /// The longest that a request takes.
    pub answer_within: Duration,
    /// How often a Discord that answers nothing is asked whether it does again.
    pub ask_every: Duration,
    /// The place of an incident is not renamed more often.
    pub rename_every: TimeDelta,
}

impl DiscordSettings {
    /// From the settings file. `token` is the one in the file or in the file that it names.
    pub fn from_config(discord: &config::Discord, token: Secret, people: &[config::Person]) -> Self {
        let known = configured(people, |one| one.discord.as_ref());
        Self {
            token,
            base_url: discord.base_url.as_str().trim_end_matches('/').to_owned(),
            application_id: discord.application_id.clone(),
            guild_id: discord.guild_id.clone(),
            channel_id: discord.channel_id.clone(),
            alerts_channel_id: discord.alerts_channel_id.clone(),
            space: discord.incident_space,
            commander_role_id: discord.commander_role_id.clone(),
            public_key: discord.public_key.clone().filter(|_| discord.interactions == Interactions::Http),
            people: Arc::new(People::new(super::NAME, known)),
            accounts: accounts(people, |one| one.discord.as_ref()),
            components: vec![],
            watchdog: WATCHDOG,
            without_heartbeat: WITHOUT_HEARTBEAT,
            answer_within: ANSWER_WITHIN,
            ask_every: health::ASK_EVERY,
            rename_every: RENAME_EVERY,
        }
    }

    /// The user id of a person, if it is known.
    pub(super) fn account_of(&self, person: &str) -> Option<String> {
        account_of(super::NAME, &self.accounts, person).or_else(|| self.people.account(person))
    }

    pub(super) fn is_real(&self) -> bool {
        self.base_url.trim_end_matches('/') == DISCORD
    }

    /// Whether the gateway may be at this address: the real Discord is spoken to through TLS alone.
    pub(super) fn is_gateway(&self, address: &str) -> bool {
        address.starts_with("wss://") || (address.starts_with("ws://") && !self.is_real())
    }
}
