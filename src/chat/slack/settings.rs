//! What the door must know to stand in the right channels.

use std::{collections::HashMap, sync::Arc, time::Duration};

use crate::{
    chat::{
        health,
        people::{People, account_of, accounts, configured},
    },
    config::{self, Secret, SlackSpace},
};

/// Slack takes one message a second in a channel (<https://docs.slack.dev/apis/web-api/rate-limits>); the way there is not
/// always equally long.
const MESSAGE_GAP: Duration = Duration::from_millis(1_100);

#[derive(Debug, Clone)]
pub struct SlackSettings {
    pub bot_token: Secret,
    /// For Socket Mode.
    pub app_token: Option<Secret>,
    /// For requests over HTTP.
    pub signing_secret: Option<Secret>,
    /// Without `/api`.
    pub base_url: String,
    /// The command post.
    pub channel: String,
    /// Where alerts are shown that belong to no incident; else in the command post.
    pub alerts_channel: Option<String>,
    pub space: SlackSpace,
    /// Who is who; shared with whoever reads names in commands.
    pub people: Arc<People>,
    /// The member id of each configured person who has one, by the person's id.
    pub accounts: HashMap<String, String>,
    /// Where this server is reached from outside, for bookmarks.
    pub public_url: Option<String>,
    /// Between two messages in one channel.
    pub message_gap: Duration,
    /// How often a Slack that answers nothing is asked whether it does again.
    pub ask_every: Duration,
}

impl SlackSettings {
    /// From the settings file. `token` is the bot token in the file or in the file that it names.
    pub fn from_config(
        slack: &config::Slack,
        token: Secret,
        people: &[config::Person],
        public_url: Option<String>,
    ) -> Self {
        Self {
            bot_token: token,
            app_token: slack.app_token.clone(),
            signing_secret: slack.signing_secret.clone(),
            base_url: slack.base_url.as_str().trim_end_matches('/').to_owned(),
            channel: slack.channel.clone(),
            alerts_channel: slack.alerts_channel.clone(),
            space: slack.incident_space,
            people: Arc::new(People::new(super::NAME, configured(people, |one| one.slack.as_ref()))),
            accounts: accounts(people, |one| one.slack.as_ref()),
            public_url: public_url.map(|url| url.trim_end_matches('/').to_owned()),
            message_gap: MESSAGE_GAP,
            ask_every: health::ASK_EVERY,
        }
    }

    /// The member id of a person, if it is known.
    pub(super) fn account_of(&self, person: &str) -> Option<String> {
        account_of(super::NAME, &self.accounts, person).or_else(|| self.people.account(person))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_gap_is_no_shorter_than_slacks_second() {
        let slack: config::Slack = toml::from_str("channel = \"C0123456789\"").unwrap();
        let settings = SlackSettings::from_config(&slack, "xoxb-1".into(), &[], None);
        assert!(settings.message_gap >= Duration::from_secs(1), "{:?}", settings.message_gap);
    }
}
