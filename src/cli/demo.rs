//! `serve --demo`: the modelled Discord, Slack, Mattermost, X and Statuspage on loopback, and four people who type a small
//! incident.
//!
//! The command post itself is the real one, on a throw-away journal: only the services outside are models, and of the settings
//! nothing is taken that reaches anybody.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::Failure;
use crate::{
    config::{self, Component, Config, Secret},
    desk::clock::{System, World},
    grammar,
    model::{
        discord::{Discord, Id},
        mattermost::MattermostModel,
        slack::SlackModel,
        statuspage::StatuspageModel,
        x::{Account, XModel},
    },
};

/// The models, running as long as this is held.
pub struct Demo {
    discord: Discord,
    slack: SlackModel,
    mattermost: MattermostModel,
    x: XModel,
    statuspage: StatuspageModel,
    channel: Id,
    ada: Id,
    bob: Id,
    /// Somebody who is in Slack.
    cleo: String,
    /// Somebody who is in Mattermost.
    dan: String,
    dir: PathBuf,
}

fn secret(name: &str) -> Secret {
    Secret::new(format!("demo-{name}-0123456789abcdef"))
}

/// The slash command by which these words are said.
fn slash(words: &str) -> String {
    let verb = words.split(' ').next().unwrap_or_default();
    format!("{} {words}", grammar::discord_root(verb))
}

/// What is printed of a message in Discord; nothing of one without a word, such as that something was pinned.
fn printed(content: &str, embeds: &[Value]) -> Option<String> {
    if !content.is_empty() {
        return Some(content.to_owned());
    }
    let title = embeds.first()?["title"].as_str().unwrap_or_default();
    Some(format!("[card] {title}"))
}

/// Of these settings those that reach nobody: where it listens and whom it lets in, the time zone and the log. All else is as by
/// default, so a setting that is new stays out by itself.
fn harmless(given: &Config) -> Config {
    let known = |one: &config::Person| config::Person {
        id: one.id.clone(),
        name: one.name.clone(),
        discord: None,
        matrix: None,
        mattermost: None,
        slack: None,
        page: Vec::new(),
        groups: Vec::new(),
        time_zone: one.time_zone,
    };
    Config {
        organization: config::Organization {
            name: "Example".into(),
            time_zone: given.organization.time_zone,
            public_url: None,
        },
        http: given.http.clone(),
        auth: given.auth.clone(),
        person: given.person.iter().map(known).collect(),
        log: given.log.clone(),
        ..Config::default()
    }
}

impl Demo {
    /// Starts the models and points the configuration at them, and at nothing else.
    ///
    /// # Errors
    /// No free port on loopback.
    pub async fn start(config: &mut Config) -> Result<Demo, Failure> {
        let world = System;
        let discord = Discord::start(Arc::new(move || world.now())).await?;
        let account = Account {
            id: "1".into(),
            username: "example_status".into(),
            name: "Example status".into(),
            api_key: secret("x1"),
            api_key_secret: secret("x2"),
            access_token: secret("x3"),
            access_token_secret: secret("x4"),
            bearer_token: secret("x5"),
            can_write: true,
        };
        let x = XModel::start(vec![account.clone()], Arc::new(move || world.now())).await?;
        let names = ["Website", "Checkout", "API"];
        let statuspage =
            StatuspageModel::start("demo", "Example", secret("sp"), &names, Arc::new(move || world.now()))
                .await?;
        let channel = discord.text_channel("command-post");
        let (ada, bob) = (discord.person("Ada"), discord.person("Bob"));
        let slack = SlackModel::start(Arc::new(move || world.now())).await?;
        let (support, cleo) = (slack.channel("support"), slack.person("Cleo"));
        let mattermost = MattermostModel::start(Arc::new(move || world.now())).await?;
        let (payments, dan) = (mattermost.channel("payments"), mattermost.person("dan", "Dan"));

        let dir = std::env::temp_dir().join(format!("commandpost-demo-{}", std::process::id()));
        *config = harmless(config);
        config.storage.data_dir = dir.clone();
        config.status_page.title = "Example status".into();
        config.status_page.components =
            names.map(|name| Component { name: name.into(), description: None, group: None }).to_vec();
        config.discord = Some(config::Discord {
            token: Some(Secret::new(discord.token())),
            application_id: discord.application().to_string(),
            guild_id: discord.guild().to_string(),
            channel_id: channel.to_string(),
            base_url: discord.url().parse()?,
            token_file: None,
            interactions: config::Interactions::Gateway,
            public_key: None,
            incident_space: config::IncidentSpace::Thread,
            alerts_channel_id: None,
            commander_role_id: None,
        });
        config.slack = Some(config::Slack {
            bot_token: Some(slack.bot_token()),
            bot_token_file: None,
            app_token: Some(slack.app_token()),
            app_token_file: None,
            signing_secret: None,
            signing_secret_file: None,
            channel: support,
            alerts_channel: None,
            incident_space: config::SlackSpace::Channel,
            base_url: slack.url().parse()?,
        });
        config.mattermost = Some(config::Mattermost {
            url: mattermost.url().parse()?,
            bot_token: Some(mattermost.bot_token()),
            bot_token_file: None,
            command_token: Some(mattermost.command_token()),
            command_token_file: None,
            callback_url: Some(format!("http://{}", config.http.listen).parse()?),
            channel: payments,
            alerts_channel: None,
            incident_space: config::MattermostSpace::Channel,
            prefix: "!incident".into(),
        });
        config.x = Some(config::X {
            api_key: Some(account.api_key),
            api_secret: Some(account.api_key_secret),
            access_token: Some(account.access_token),
            access_token_secret: Some(account.access_token_secret),
            base_url: x.url().parse()?,
            bearer_token: None,
            bearer_token_file: None,
            api_key_file: None,
            api_secret_file: None,
            access_token_file: None,
            access_token_secret_file: None,
            handle: None,
            mentions: vec![],
        });
        config.statuspage = Some(config::Statuspage {
            api_key: Some(secret("sp")),
            page_id: "demo".into(),
            base_url: statuspage.url().parse()?,
            api_key_file: None,
            notify_subscribers: true,
        });
        Ok(Demo { discord, slack, mattermost, x, statuspage, channel, ada, bob, cleo, dan, dir })
    }

    /// Where to look.
    pub fn tell(&self) {
        super::show(
            "  demo         Discord, Slack, Mattermost, X and Statuspage are models in this process; the journal is thrown away",
        );
        super::show(&format!("  X            {}/", self.x.url()));
        super::show(&format!("  Statuspage   {}/", self.statuspage.url()));
    }

    /// The throw-away journal.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Four people and a monitor at work, and everything that the modelled chats show, until `stop`. When nobody reads that any
    /// more (`| head`), all of it is stopped.
    pub async fn play(self: Arc<Self>, url: String, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.show_chat() => stop.cancel(),
            () = async {
                if let Err(failure) = self.act(&url).await {
                    super::show(&format!("demo: the play broke off: {}", failure.0));
                }
                std::future::pending::<()>().await;
            } => {}
        }
    }

    /// Prints what is new in the modelled chats, as long as somebody reads it.
    async fn show_chat(&self) {
        let (mut shown, mut in_slack) = (std::collections::HashMap::new(), std::collections::HashMap::new());
        let mut in_mattermost = std::collections::HashMap::new();
        loop {
            for channel in self.discord.channels().into_iter().chain(self.discord.threads()) {
                for message in self.discord.messages(channel.id) {
                    let Some(text) = printed(&message.content, &message.embeds) else { continue };
                    if shown.insert(message.id, text.clone()).as_ref() != Some(&text) {
                        let line = format!("  [discord #{}] {}", channel.name, super::printable(&text));
                        if super::try_show(&line).is_err() {
                            return;
                        }
                    }
                }
            }
            for channel in self.slack.channels() {
                for message in channel.messages {
                    let card = if message.blocks.is_empty() { "" } else { "[card] " };
                    let text = format!("{card}{}", message.text);
                    if in_slack.insert(message.ts, text.clone()).as_ref() != Some(&text) {
                        let line = format!("  [slack #{}] {}", channel.name, super::printable(&text));
                        if super::try_show(&line).is_err() {
                            return;
                        }
                    }
                }
            }
            for channel in self.mattermost.channels() {
                for post in self.mattermost.posts(&channel.id) {
                    let card = post.props["attachments"][0]["title"].as_str();
                    let text = card.map_or_else(|| post.text.clone(), |title| format!("[card] {title}"));
                    if in_mattermost.insert(post.id, text.clone()).as_ref() != Some(&text) {
                        let line = format!("  [mattermost #{}] {}", channel.name, super::printable(&text));
                        if super::try_show(&line).is_err() {
                            return;
                        }
                    }
                }
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    async fn act(&self, url: &str) -> Result<(), Failure> {
        self.discord
            .wait_for(Duration::from_secs(20), |discord| (!discord.commands().is_empty()).then_some(()))
            .await
            .ok_or_else(|| Failure("the commands were not registered".into()))?;
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(10))
            .build()?;
        let began = System.now() - chrono::Duration::minutes(4);
        let alert = |status: &str| {
            json!({
                "version": "4", "groupKey": "{}:{alertname=\"CheckoutErrors\"}", "status": status, "receiver": "demo",
                "alerts": [{
                    "status": status, "fingerprint": "d3m0d3m0d3m0d3m0",
                    "labels": { "alertname": "CheckoutErrors", "severity": "critical", "service": "checkout" },
                    "annotations": { "summary": "5xx on checkout above 5 %", "description": "12 % of requests fail." },
                    "startsAt": began.to_rfc3339(),
                    "endsAt": if status == "resolved" { System.now().to_rfc3339() } else { "0001-01-01T00:00:00Z".to_owned() },
                }],
            })
        };
        client
            .post(format!("{url}/hooks/alertmanager"))
            .json(&alert("firing"))
            .send()
            .await?
            .error_for_status()?;
        pause(3).await;
        self.says(self.ada, self.channel, "declare", json!({ "from": "S-1", "severity": "sev1" })).await?;
        let thread = self
            .discord
            .wait_for(Duration::from_secs(20), |discord| {
                discord.threads().into_iter().find(|t| t.name.starts_with("INC-"))
            })
            .await
            .ok_or_else(|| Failure("no thread was opened".into()))?
            .id;
        pause(2).await;
        self.says(self.bob, thread, "crew checkin", json!({})).await?;
        self.says(self.bob, thread, "role take", json!({ "role": "pio" })).await?;
        self.says(
            self.ada,
            thread,
            "note",
            json!({ "text": "checkout pods restart since the 02:55 deploy" }),
        )
        .await?;
        pause(3).await;
        let draft = json!({ "text": "Some payments fail at checkout. We are on it.", "component": "Checkout=partial_outage" });
        self.says(self.bob, thread, "update draft", draft).await?;
        self.says(self.ada, thread, "update approve", json!({ "n": 1 })).await?;
        self.says(self.bob, thread, "update publish", json!({ "n": 1 })).await?;
        pause(3).await;
        self.says(self.ada, thread, "decision record", json!({ "text": "roll the 02:55 deploy back" }))
            .await?;
        let task = json!({ "text": "roll back", "for": self.bob.to_string(), "in": "10m" });
        self.says(self.ada, thread, "task add", task).await?;
        self.says_in_slack("note support has forty tickets about it").await?;
        self.says_in_mattermost("note the payment provider sees our retries").await?;
        pause(3).await;
        self.says(self.bob, thread, "task done", json!({ "n": 1, "result": "rolled back, errors fall" }))
            .await?;
        client
            .post(format!("{url}/hooks/alertmanager"))
            .json(&alert("resolved"))
            .send()
            .await?
            .error_for_status()?;
        super::show("  demo         Ada and Bob have done their part; INC-1 is yours now, in the console");
        Ok(())
    }

    /// The incident is worked on in Slack as well.
    async fn says_in_slack(&self, words: &str) -> Result<(), Failure> {
        let there = |slack: &SlackModel| slack.channel_named("inc-1");
        let found = self.slack.wait_for(Duration::from_secs(20), there).await;
        let channel = found.ok_or_else(|| Failure("the incident has no channel in Slack".into()))?;
        let failed = |why: crate::model::slack::Impossible| Failure(format!("«{words}»: {why}"));
        let asked = self.slack.slash(&self.cleo, &channel.id, words).map_err(failed)?;
        let answer = asked.answer().await.map_err(failed)?;
        let first = answer.text.lines().next().unwrap_or_default();
        super::show(&format!("  [only they see] {}", super::printable(first)));
        Ok(())
    }

    /// And in Mattermost, by a message.
    async fn says_in_mattermost(&self, words: &str) -> Result<(), Failure> {
        let there = |mattermost: &MattermostModel| mattermost.channel_named("inc-1");
        let found = self.mattermost.wait_for(Duration::from_secs(20), there).await;
        let channel = found.ok_or_else(|| Failure("the incident has no channel in Mattermost".into()))?;
        let said = self.mattermost.say(&self.dan, &channel.id, None, &format!("!{words}"));
        said.map(drop).map_err(|why| Failure(format!("«{words}»: {why}")))
    }

    async fn says(&self, person: Id, channel: Id, words: &str, options: Value) -> Result<(), Failure> {
        let asked = self.discord.slash(person, channel, &slash(words), options);
        let asked = asked.map_err(|why| Failure(format!("«{words}»: {why:?}")))?;
        let answer = asked.message().await.map_err(|why| Failure(format!("«{words}»: {why:?}")))?;
        super::show(&format!(
            "  [only they see] {}",
            super::printable(answer.content.lines().next().unwrap_or_default())
        ));
        pause(1).await;
        Ok(())
    }
}

async fn pause(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_people_of_the_play_type_each_verb_below_the_slash_command_that_has_it() {
        assert_eq!(slash("decision record"), "record decision record");
        assert_eq!(slash("task add"), "incident task add");
        assert_eq!(slash("note"), "incident note");
    }

    #[test]
    fn a_message_without_a_word_is_not_printed() {
        assert_eq!(printed("", &[]), None);
        assert_eq!(printed("", &[json!({ "title": "INC-1" })]).as_deref(), Some("[card] INC-1"));
        assert_eq!(printed("Noted.", &[]).as_deref(), Some("Noted."));
    }
}
