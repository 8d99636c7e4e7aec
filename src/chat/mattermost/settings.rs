//! What the door must know to stand in the right channels.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono_tz::Tz;

use crate::{
    chat::{
        health,
        people::{People, account_of, accounts, configured},
    },
    config::{self, MattermostSpace, Secret},
};

#[derive(Debug, Clone)]
pub struct MattermostSettings {
    pub token: Secret,
    /// By which a slash command is known to be Mattermost's; without it none is taken.
    pub command_token: Option<Secret>,
    /// The server's address, without `/api/v4`.
    pub url: String,
    /// Where Mattermost reaches this server; without it there are no buttons and no forms.
    pub callback_url: Option<String>,
    /// The command post.
    pub channel: String,
    /// Where alerts are shown that belong to no incident; else in the command post.
    pub alerts_channel: Option<String>,
    pub space: MattermostSpace,
    /// What a command begins with: `!incident`.
    pub prefix: String,
    /// Who is who; shared with whoever reads names in commands.
    pub people: Arc<People>,
    /// The user id of each configured person who has one, by the person's id.
    pub accounts: HashMap<String, String>,
    /// Where people reach this server, for links above a channel.
    pub public_url: Option<String>,
    /// Mattermost shows everybody the same text, so its times stand in the zone of the house.
    pub tz: Tz,
    /// How often a Mattermost that answers nothing is asked whether it does again.
    pub ask_every: Duration,
}

impl MattermostSettings {
    /// From the settings file. `token` is the bot's in the file or in the file that it names.
    pub fn from_config(
        mattermost: &config::Mattermost,
        token: Secret,
        people: &[config::Person],
        public_url: Option<String>,
        tz: Tz,
    ) -> Self {
        let base = |url: &str| url.trim_end_matches('/').to_owned();
        Self {
            token,
            command_token: mattermost.command_token.clone(),
            url: base(mattermost.url.as_str()),
            callback_url: mattermost.callback_url.as_ref().map(|url| base(url.as_str())),
            channel: mattermost.channel.clone(),
            alerts_channel: mattermost.alerts_channel.clone(),
            space: mattermost.incident_space,
            prefix: mattermost.prefix.clone(),
            people: Arc::new(People::new(super::NAME, configured(people, |one| one.mattermost.as_ref()))),
            accounts: accounts(people, |one| one.mattermost.as_ref()),
            public_url: public_url.map(|url| base(&url)),
            tz,
            ask_every: health::ASK_EVERY,
        }
    }

    /// The user id of a person, if it is known.
    pub(super) fn account_of(&self, person: &str) -> Option<String> {
        account_of(super::NAME, &self.accounts, person).or_else(|| self.people.account(person))
    }

    /// Where Mattermost sends what comes by this way.
    pub(super) fn callback(&self, way: super::Way) -> Option<String> {
        Some(format!("{}/chat/{}/{}", self.callback_url.as_ref()?, super::NAME, way.path()))
    }
}
