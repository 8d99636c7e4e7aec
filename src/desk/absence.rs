//! Chats that do not answer: told where people still are, on the timelines of what is open, once an absence.
//!
//! An absence is one from its first minute on until the chat has been there for a minute again: neither a blink nor a chat that
//! comes and goes fills a timeline. What was told stands in the incidents, so a run that begins in the middle goes on.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError},
    time::Duration as StdDuration,
};

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::{Along, Caller, Changed, Desk};
use crate::{
    incident::{
        command::Command,
        id::IncidentId,
        refusal::{Because, Refusal},
        sentence::ended,
    },
    journal::rows::IncidentFilter,
    people::door,
};

/// Before this it is a blink.
const PATIENCE: Duration = Duration::seconds(60);
const LOOK_EVERY: StdDuration = StdDuration::from_secs(5);

/// How a chat's door stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The chat answers.
    pub is_there: bool,
    /// Since when it is so, or not so.
    pub since: Option<DateTime<Utc>>,
    /// What went wrong last.
    pub why: Option<String>,
    /// It answers what it is asked, so lines go out; only what people type there is not heard.
    pub is_deaf: bool,
}

/// Looks at a chat's door.
pub type Look = Arc<dyn Fn() -> Standing + Send + Sync>;

/// A chat that does not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Away {
    /// `discord`
    pub chat: String,
    pub since: DateTime<Utc>,
    /// What went wrong last; may be empty.
    pub why: String,
    /// Lines go out there; only what people type there is not heard.
    #[serde(default)]
    pub is_deaf: bool,
}

impl Away {
    /// `since` as the reader's clock has it.
    pub fn in_words(&self, since: &str) -> String {
        let why = if self.why.trim().is_empty() { ".".to_owned() } else { format!(": {}", ended(&self.why)) };
        let does_nothing = if self.is_deaf { ", so what is typed there does nothing" } else { "" };
        let what = if self.is_deaf { "is not heard" } else { "has not answered" };
        format!("{} {what} since {since}{does_nothing}{why}", door(&self.chat))
    }
}

/// What is known of a chat from look to look.
#[derive(Default)]
struct Known {
    /// Since when it is away, as long as the absence lasts.
    away: Option<DateTime<Utc>>,
    /// Since when it is there.
    there: Option<DateTime<Utc>>,
    is_told: bool,
    /// The incidents that have been told, or have nothing to be told.
    done: BTreeSet<IncidentId>,
}

/// Watches the chats of the house.
pub struct Absences {
    desk: Arc<Desk>,
    chats: Vec<(String, Look)>,
    patience: Duration,
    known: tokio::sync::Mutex<BTreeMap<String, Known>>,
}

impl Absences {
    pub fn new(desk: Arc<Desk>, chats: Vec<(String, Look)>) -> Self {
        Self { desk, chats, patience: PATIENCE, known: tokio::sync::Mutex::default() }
    }

    /// With less patience, for tests on the machine's clock.
    pub fn after(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Watches until told to stop.
    pub async fn watch(self: Arc<Self>, stop: CancellationToken) {
        let every = self.patience.to_std().unwrap_or_default().min(LOOK_EVERY);
        loop {
            if let Err(refusal) = self.look().await {
                tracing::warn!(%refusal, "that a chat is away could not be told; trying again");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(every) => {}
            }
        }
    }

    /// One look at all of them.
    ///
    /// # Errors
    /// The journal does not answer; the next look comes to the same.
    pub async fn look(&self) -> Result<(), Refusal> {
        let mut known = self.known.lock().await;
        for (chat, look) in &self.chats {
            let (standing, known) = (look(), known.entry(chat.clone()).or_default());
            if standing.is_there {
                self.is_there(chat, &standing, known).await?;
            } else {
                self.is_away(chat, standing, known).await?;
            }
        }
        Ok(())
    }

    async fn is_away(&self, chat: &str, standing: Standing, known: &mut Known) -> Result<(), Refusal> {
        let now = self.desk.world.now();
        known.there = None;
        let since = match known.away {
            Some(since) => since,
            None => {
                let told = self.told_before(chat).await?;
                known.is_told = told.is_some();
                known.done.clear();
                *known.away.insert(told.or(standing.since).unwrap_or(now))
            }
        };
        if now - since < self.patience {
            return Ok(());
        }
        known.is_told = true;
        let is_deaf = standing.is_deaf;
        self.desk.set_away(
            chat,
            Some(Away { chat: chat.to_owned(), since, why: standing.why.unwrap_or_default(), is_deaf }),
        );
        let lost = Command::ChatLost { chat: chat.to_owned(), since, is_deaf };
        self.tell(chat, &lost, &mut known.done, true).await
    }

    async fn is_there(&self, chat: &str, standing: &Standing, known: &mut Known) -> Result<(), Refusal> {
        let now = self.desk.world.now();
        self.desk.set_away(chat, None);
        let at = *known.there.get_or_insert(standing.since.unwrap_or(now));
        // What was not told was a blink.
        if known.away.is_some() && !known.is_told {
            known.away = None;
        }
        if now - at < self.patience {
            return Ok(());
        }
        if known.away.take().is_some() {
            known.done.clear();
        }
        let back = Command::ChatBack { chat: chat.to_owned(), at };
        self.tell(chat, &back, &mut known.done, false).await
    }

    /// Since when the last run, or this one, told that the chat is away.
    async fn told_before(&self, chat: &str) -> Result<Option<DateTime<Utc>>, Refusal> {
        let mut first = None;
        for row in self.desk.list(IncidentFilter::open()).await? {
            let incident = self.desk.incident(row.id).await?;
            let since = incident.away.get(chat).map(|away| incident.real_time_at(away.since));
            first = [first, since].into_iter().flatten().min();
        }
        Ok(first)
    }

    /// Tells it in every open incident; an absence only where there is still something to do.
    async fn tell(
        &self,
        chat: &str,
        command: &Command,
        done: &mut BTreeSet<IncidentId>,
        only_active: bool,
    ) -> Result<(), Refusal> {
        for row in self.desk.list(IncidentFilter::open()).await? {
            if done.contains(&row.id) || only_active && !row.phase.is_active() {
                continue;
            }
            let told = self.desk.submit(Caller::house(chat), row.id, command.clone(), Along::default()).await;
            match told {
                Err(refusal) if refusal.because == Because::Unavailable => return Err(refusal),
                Err(refusal) => tracing::debug!(incident = %row.id, chat, %refusal, "nothing to tell there"),
                Ok(_) => {}
            }
            done.insert(row.id);
        }
        Ok(())
    }
}

impl Desk {
    /// The chats that have not answered for a while.
    pub fn away(&self) -> Vec<Away> {
        self.away.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// It answers again: what waits for it goes out from now on.
    pub(crate) fn is_back(&self, chat: &str) {
        self.set_away(chat, None);
    }

    fn set_away(&self, chat: &str, away: Option<Away>) {
        let is_news = {
            let mut all = self.away.lock().unwrap_or_else(PoisonError::into_inner);
            let before = match away.clone() {
                Some(away) => all.insert(chat.to_owned(), away),
                None => all.remove(chat),
            };
            before != away
        };
        if is_news {
            self.tell(Changed::Outbox);
        }
    }
}
