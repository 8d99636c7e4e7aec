//! The chats of the house: their settings, who is named there, their doors.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use arc_swap::ArcSwap;
use tokio_util::sync::CancellationToken;

use super::{Failure, house};
use crate::{
    chat::{
        self, BoxFuture, Unproven,
        discord::{self, Counters, DiscordDoor, DiscordSettings},
        matrix::{self, MatrixDoor, MatrixSettings},
        mattermost::{self, MattermostDoor, MattermostSettings},
        slack::{self, Signed, SlackDoor, SlackSettings},
    },
    config::Config,
    desk::{
        Desk,
        absence::{Look, Standing},
        words::Resolve,
    },
    http::{
        inbound::{Take, Taken},
        metrics::Metrics,
    },
    outbox::port::Courier,
};

/// The chats that are configured, before their doors are opened.
pub(super) struct Chats {
    discord: Option<DiscordSettings>,
    matrix: Option<MatrixSettings>,
    mattermost: Option<MattermostSettings>,
    slack: Option<SlackSettings>,
}

/// Those whom the settings name, by what they are called there.
pub(super) struct Names(ArcSwap<Named>);

struct Named {
    /// Ids and names, in small letters.
    configured: BTreeSet<String>,
    read: Resolve,
}

impl Named {
    fn of(config: &Config) -> Named {
        let of = |person: &crate::config::Person| [person.id.to_lowercase(), person.name.to_lowercase()];
        Named { configured: config.person.iter().flat_map(of).collect(), read: house::resolve(config) }
    }
}

impl Names {
    pub fn of(config: &Config) -> Arc<Names> {
        Arc::new(Names(ArcSwap::from_pointee(Named::of(config))))
    }

    /// Those of other settings, from now on.
    pub fn take_over(&self, config: &Config) {
        self.0.store(Arc::new(Named::of(config)));
    }
}

impl Chats {
    pub fn of(config: &Config) -> Chats {
        let discord = config.discord.as_ref().and_then(|discord| {
            let mut settings = DiscordSettings::from_config(discord, discord.token.clone()?, &config.person);
            settings.components =
                config.status_page.components.iter().map(|component| component.name.clone()).collect();
            Some(settings)
        });
        let matrix = config.matrix.as_ref().and_then(|matrix| {
            let (token, tz) = (matrix.access_token.clone()?, config.organization.time_zone);
            Some(MatrixSettings::from_config(matrix, token, &config.person, tz))
        });
        let public_url = || config.organization.public_url.as_ref().map(ToString::to_string);
        let mattermost = config.mattermost.as_ref().and_then(|mattermost| {
            let (token, tz) = (mattermost.bot_token.clone()?, config.organization.time_zone);
            Some(MattermostSettings::from_config(mattermost, token, &config.person, public_url(), tz))
        });
        let slack = config.slack.as_ref().and_then(|slack| {
            Some(SlackSettings::from_config(slack, slack.bot_token.clone()?, &config.person, public_url()))
        });
        Chats { discord, matrix, mattermost, slack }
    }

    /// How names in commands are read: whoever has spoken in a chat is known when somebody mentions them. `@ada` is first of
    /// all the configured person of that name.
    pub fn resolve(&self, names: Arc<Names>) -> Resolve {
        let discord = self.discord.as_ref().map(|settings| settings.people.clone());
        let matrix = self.matrix.as_ref().map(|settings| settings.people.clone());
        let mattermost = self.mattermost.as_ref().map(|settings| settings.people.clone());
        let slack = self.slack.as_ref().map(|settings| settings.people.clone());
        Arc::new(move |name| {
            let in_slack = || slack.as_ref()?.mentioned(name);
            let in_discord = || discord.as_ref()?.mentioned(name);
            let in_matrix = || matrix::mentioned(matrix.as_ref()?, name);
            let in_mattermost = || mattermost::mentioned(mattermost.as_ref()?, name);
            let known = names.0.load();
            if known.configured.contains(&name.trim().trim_start_matches('@').to_lowercase()) {
                return (known.read)(name);
            }
            // Where Matrix has several of that name, another chat may have the only one.
            let in_matrix = in_matrix();
            let one_in_matrix = || in_matrix.clone()?.ok();
            let met = in_discord().or_else(one_in_matrix).or_else(in_mattermost).or_else(in_slack);
            met.map(Ok).or(in_matrix).unwrap_or_else(|| (known.read)(name))
        })
    }

    /// Opens their doors.
    ///
    /// # Errors
    /// A sentence, when one cannot be opened on this machine.
    pub fn open(
        self,
        desk: &Arc<Desk>,
        say: &chat::Say,
        metrics: &Arc<Metrics>,
        stop: &CancellationToken,
    ) -> Result<Opened, Failure> {
        let mut opened = Opened::default();
        let people = [
            self.discord.as_ref().map(|settings| &settings.people),
            self.matrix.as_ref().map(|settings| &settings.people),
            self.mattermost.as_ref().map(|settings| &settings.people),
            self.slack.as_ref().map(|settings| &settings.people),
        ];
        people.into_iter().flatten().for_each(|people| people.follow(desk.links.clone()));
        if let Some(discord) = self.discord {
            let door = open_discord(discord, desk, say, metrics, stop)?;
            let looked = door.clone();
            opened.looks.push((discord::NAME.into(), looked_at(move || looked.health())));
            if door.takes_requests() {
                opened.inbound.insert("discord", by_discord(door.clone()));
            }
            opened.couriers.push(door);
        }
        if let Some(matrix) = self.matrix {
            let door = MatrixDoor::open(matrix, desk.clone(), say.clone(), stop.clone()).map_err(Failure)?;
            let (listens, watched, looked) = (door.clone(), door.clone(), door.clone());
            opened.looks.push((matrix::NAME.into(), looked_at(move || looked.health())));
            opened.listeners.push(("matrix", Box::new(move || Box::pin(listens.clone().listen()))));
            metrics.watch("matrix_connected", "Whether the Matrix homeserver answers", move || {
                i64::from(watched.health().is_there)
            });
            opened.couriers.push(door);
        }
        if let Some(mattermost) = self.mattermost {
            let door = MattermostDoor::open(mattermost, desk.clone(), say.clone(), stop.clone());
            let door = door.map_err(Failure)?;
            let (listens, watched, looked) = (door.clone(), door.clone(), door.clone());
            opened.looks.push((mattermost::NAME.into(), looked_at(move || looked.health())));
            opened.listeners.push(("mattermost", Box::new(move || Box::pin(listens.clone().listen()))));
            metrics.watch("mattermost_connected", "Whether the socket to Mattermost is open", move || {
                i64::from(watched.health().is_there)
            });
            opened.inbound.insert("mattermost", by_mattermost(door.clone()));
            opened.couriers.push(door);
        }
        if let Some(slack) = self.slack {
            let door = SlackDoor::open(slack, desk.clone(), say.clone(), stop.clone()).map_err(Failure)?;
            let (listens, watched, looked) = (door.clone(), door.clone(), door.clone());
            opened.looks.push((slack::NAME.into(), looked_at(move || looked.health())));
            opened.listeners.push(("slack", Box::new(move || Box::pin(listens.clone().listen()))));
            metrics.watch("slack_connected", "Whether Slack is there", move || {
                i64::from(watched.health().is_there)
            });
            if door.takes_requests() {
                opened.inbound.insert("slack", by_slack(door.clone()));
            }
            opened.couriers.push(door);
        }
        Ok(opened)
    }
}

/// Listens until the house stops; begun anew should it break down.
type Listen = Box<dyn Fn() -> BoxFuture<'static, ()> + Send>;

/// A door's health, as the desk looks at it.
fn looked_at<H>(look: impl Fn() -> H + Send + Sync + 'static) -> Look
where
    Standing: From<H>,
{
    Arc::new(move || look().into())
}

/// The chats' doors: what they bring out, by what they hear, and what they take over HTTP.
#[derive(Default)]
pub(super) struct Opened {
    pub couriers: Vec<Arc<dyn Courier>>,
    pub listeners: Vec<(&'static str, Listen)>,
    /// Whether each is there.
    pub looks: Vec<(String, Look)>,
    pub inbound: BTreeMap<&'static str, Take>,
}

fn open_discord(
    settings: DiscordSettings,
    desk: &Arc<Desk>,
    say: &chat::Say,
    metrics: &Arc<Metrics>,
    stop: &CancellationToken,
) -> Result<Arc<DiscordDoor>, Failure> {
    let door = DiscordDoor::start(settings, desk.clone(), say.clone(), stop.clone()).map_err(Failure)?;
    type Count = fn(&Counters) -> &std::sync::atomic::AtomicU64;
    let watched: [(&str, &str, Count); 5] = [
        ("discord_connected", "Whether Discord is heard", |c| &c.gateway_state),
        ("discord_unknown_events", "Gateway events that could not be read", |c| &c.unknown_events),
        ("discord_sessions", "Gateway sessions begun", |c| &c.sessions),
        ("discord_restarts", "Times the gateway was given up and begun anew", |c| &c.restarts),
        ("discord_late_answers", "First answers that did not get through in time", |c| &c.late_answers),
    ];
    for (name, help, count) in watched {
        let door = door.clone();
        metrics.watch(name, help, move || {
            i64::try_from(count(door.counters()).load(std::sync::atomic::Ordering::Relaxed))
                .unwrap_or(i64::MAX)
        });
    }
    Ok(door)
}

/// What Discord sends over HTTP, to its door.
fn by_discord(door: Arc<DiscordDoor>) -> Take {
    Arc::new(move |way, headers, body| {
        let door = door.clone();
        Box::pin(async move {
            if way != discord::WAY {
                return Taken::Unknown;
            }
            let header =
                |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
            let request = discord::Signed {
                timestamp: header("x-signature-timestamp"),
                signature: header("x-signature-ed25519"),
                body: body.to_vec(),
            };
            taken(door.receive(&request).await.map(Some))
        })
    })
}

/// What Slack sends over HTTP, to its door.
fn by_slack(door: Arc<SlackDoor>) -> Take {
    Arc::new(move |way, headers, body| {
        let door = door.clone();
        Box::pin(async move {
            let Some(way) = slack::Way::of_path(&way) else { return Taken::Unknown };
            let header =
                |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
            let request = Signed {
                timestamp: header("x-slack-request-timestamp"),
                signature: header("x-slack-signature"),
                retry: header("x-slack-retry-num"),
                body: body.to_vec(),
            };
            taken(door.receive(way, &request).await)
        })
    })
}

/// What Mattermost sends over HTTP, to its door.
fn by_mattermost(door: Arc<MattermostDoor>) -> Take {
    Arc::new(move |way, _, body| {
        let door = door.clone();
        Box::pin(async move {
            let Some(way) = mattermost::Way::of_path(&way) else { return Taken::Unknown };
            taken(door.receive(way, &body).await.map(Some))
        })
    })
}

fn taken(answer: Result<Option<serde_json::Value>, Unproven>) -> Taken {
    match answer {
        Ok(answer) => Taken::Answered(answer),
        Err(Unproven::Forged | Unproven::Late | Unproven::Repeated) => Taken::Unauthorized,
        Err(Unproven::Unreadable) => Taken::Unreadable,
        Err(Unproven::TooEarly) => Taken::TooEarly,
    }
}
