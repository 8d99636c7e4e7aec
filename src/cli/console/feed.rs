//! What the server tells: fetched anew with each hint that something changed, and from time to time without one.

use std::{convert::Infallible, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use serde::Deserialize;
use tokio::{
    sync::{mpsc, watch},
    time::{sleep, timeout},
};
use uuid::Uuid;

use super::super::{Failure, reach::Remote};
use crate::{
    card,
    desk::absence::Away,
    http::api::{AnswerBody, TeamNames},
    incident::{
        event::TimeSource, id::IncidentId, phase::Phase, severity::Severity, state::Incident, timeline,
    },
    people::Person,
};

/// The door by which what is typed here comes.
const HERE: &str = "console";
/// Lines of a timeline that are kept, from its end.
const LINES_MAX: u64 = 300;
/// Hints that come within this time are one.
const GATHERED: Duration = Duration::from_millis(150);
/// The server's heartbeat comes every 15 seconds.
const SILENCE_MAX: Duration = Duration::from_secs(40);
/// How often is looked where no stream of hints can be had.
const WITHOUT_HINTS: Duration = Duration::from_secs(3);
const WAIT_MIN: Duration = Duration::from_millis(500);
const WAIT_MAX: Duration = Duration::from_secs(5);

/// One incident of the list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Item {
    pub id: IncidentId,
    pub title: String,
    pub severity: Severity,
    pub phase: Phase,
    pub commander: String,
    #[serde(default)]
    pub restricted: bool,
    #[serde(default)]
    pub stopped: bool,
}

/// One line of a timeline.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Entry {
    pub seq: u64,
    pub occurred_at: DateTime<Utc>,
    pub actor: String,
    pub name: String,
    pub text: String,
    /// The door it came through.
    #[serde(default)]
    pub via: String,
    #[serde(default)]
    pub recorded_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub time_source: Option<TimeSource>,
    #[serde(default)]
    pub redacted_by: Option<u64>,
    /// A turning point.
    #[serde(default)]
    pub important: bool,
    /// Whose words it has, where somebody else corrected it.
    #[serde(default)]
    pub reworded_by: Option<String>,
}

impl Entry {
    /// What stands behind the name: where it was said, if that is not a console, and that it is a late entry.
    pub fn aside(&self) -> String {
        let is_stated = matches!(self.time_source, Some(TimeSource::Stated | TimeSource::Chat));
        let recorded_at = self.recorded_at.filter(|_| is_stated);
        let is_late = recorded_at.is_some_and(|at| (at - self.occurred_at).abs() > timeline::SAME);
        let is_said = self.actor != Person::house().name && !self.via.is_empty();
        card::aside(is_said.then_some(self.via.as_str()), is_late, HERE)
    }

    /// Whether a reminder that was written with it says the same.
    pub fn is_told_with(&self, all: &[Entry]) -> bool {
        let is_late =
            matches!(self.name.as_str(), "task.overdue" | "action.overdue" | "playbook.step_reopened");
        is_late
            && self.recorded_at.is_some()
            && all.iter().any(|one| {
                one.name == "reminder" && one.seq > self.seq && one.recorded_at == self.recorded_at
            })
    }
}

/// Alerts of one group that no incident has yet, or one has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Alerts {
    pub id: i64,
    pub situation: Situation,
    #[serde(default)]
    pub incident: Option<IncidentId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Situation {
    pub title: String,
    pub firing: u64,
    pub total: u64,
}

/// A line as it is said on an incident, or on none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub here: Option<IncidentId>,
    pub text: String,
    /// The same when it is said again because there was no answer.
    pub key: Uuid,
    /// When it was said with this key for the first time.
    pub since: DateTime<Utc>,
}

/// What the screen learns.
#[derive(Debug)]
pub enum News {
    List(Vec<Item>, Vec<Alerts>),
    /// The chats that do not answer.
    Chats(Vec<Away>),
    /// What the team calls things.
    Names(TeamNames),
    Incident(Box<Incident>, Vec<Entry>),
    /// What came of the words that were said.
    Answer(Result<AnswerBody, String>),
    /// Words that got no answer, and why: whether they were heard, nobody knows.
    Unanswered(Said, String),
    /// The server is there, or why it is not.
    Server(Result<(), String>),
}

/// Says a line and tells what came of it.
pub async fn say(remote: Arc<Remote>, said: Said, news: mpsc::Sender<News>) {
    let answer = match remote.type_line(said.here, &said.text, said.key).await {
        Ok(answer) => News::Answer(Ok(answer)),
        Err(missed) if missed.is_refusal => News::Answer(Err(missed.why)),
        Err(missed) => News::Unanswered(said, missed.why),
    };
    drop(news.send(answer).await);
}

/// Follows the server until nobody listens any more; through its absences too.
pub async fn follow(
    remote: Arc<Remote>,
    looked_at: watch::Receiver<Option<IncidentId>>,
    news: mpsc::Sender<News>,
) {
    let mut feed = Feed { remote, looked_at, news, wait: WAIT_MIN };
    loop {
        let Err(gone) = feed.live().await;
        if feed.news.send(News::Server(Err(gone.0))).await.is_err() {
            return;
        }
        sleep(feed.wait).await;
        feed.wait = (feed.wait * 2).min(WAIT_MAX);
    }
}

struct Feed {
    remote: Arc<Remote>,
    looked_at: watch::Receiver<Option<IncidentId>>,
    news: mpsc::Sender<News>,
    wait: Duration,
}

impl Feed {
    /// Ends when the server goes away.
    async fn live(&mut self) -> Result<Infallible, Failure> {
        // The hints first: what changes while all is fetched is told then.
        let mut hints = self.remote.hints().await.ok();
        self.all().await?;
        self.tell(News::Server(Ok(()))).await?;
        self.wait = WAIT_MIN;
        loop {
            let hint = async {
                match &mut hints {
                    Some(hints) => timeout(SILENCE_MAX, hints.next()).await,
                    None => {
                        sleep(WITHOUT_HINTS).await;
                        Ok(Some(Ok(Default::default())))
                    }
                }
            };
            tokio::select! {
                hint = hint => match hint {
                    Ok(Some(Ok(_))) => {
                        sleep(GATHERED).await;
                        self.all().await?;
                    }
                    Ok(Some(Err(error))) => return Err(error.without_url().into()),
                    Ok(None) => return Err(Failure(format!("{} ended the connection.", self.remote.base()))),
                    Err(_) => return Err(Failure(format!("{} is silent.", self.remote.base()))),
                },
                changed = self.looked_at.changed() => {
                    changed?;
                    self.incident().await?;
                }
            }
        }
    }

    async fn tell(&self, news: News) -> Result<(), Failure> {
        Ok(self.news.send(news).await?)
    }

    async fn all(&mut self) -> Result<(), Failure> {
        #[derive(Deserialize)]
        struct List {
            incidents: Vec<Item>,
            #[serde(default)]
            away: Vec<Away>,
            #[serde(default)]
            names: TeamNames,
        }
        #[derive(Deserialize)]
        struct Situations {
            situations: Vec<Alerts>,
        }
        let list: List = self.remote.get("/api/v1/incidents").await?;
        let alerts: Situations = self.remote.get("/api/v1/situations").await?;
        self.tell(News::Chats(list.away)).await?;
        self.tell(News::Names(list.names)).await?;
        self.tell(News::List(list.incidents, alerts.situations)).await?;
        self.incident().await
    }

    async fn incident(&mut self) -> Result<(), Failure> {
        #[derive(Deserialize)]
        struct Timeline {
            entries: Vec<Entry>,
        }
        let Some(id) = *self.looked_at.borrow_and_update() else { return Ok(()) };
        let incident: Incident = self.remote.get(&format!("/api/v1/incidents/{id}")).await?;
        let from = incident.seq.saturating_sub(LINES_MAX) + 1;
        let timeline: Timeline =
            self.remote.get(&format!("/api/v1/incidents/{id}/timeline?from={from}")).await?;
        self.tell(News::Incident(Box::new(incident), timeline.entries)).await
    }
}
