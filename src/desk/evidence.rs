//! What and why, and what changed before: gathered from the alert store for cards, pages, exports and whoever asks.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};

use super::{Caller, Desk, follow, refuse};
use crate::{
    alert::{
        cause::{self, CLOSE_MINUTES, Clue, Story},
        change::Change,
        service::Services,
    },
    card::{self, Card},
    drill,
    incident::{
        decide::when, event::TimeSource, id::IncidentId, kind::Kind, milestone::Milestone, refusal::Refusal,
        state::Incident,
    },
    journal::rows::*,
    people::Person,
};

/// Situations that one story is told from.
const SITUATIONS_MAX: usize = 20;
/// Changes looked through for those that matter.
const CHANGES_READ: u32 = 1_000;
/// Changes read at most, where many of them are not for everybody.
const CHANGES_READ_MAX: usize = 64_000;

/// What evidence is weighed by.
#[derive(Debug, Clone)]
pub struct EvidenceSettings {
    pub services: Services,
    /// Changes that are shown of those before an impact.
    pub changes_shown: usize,
    /// No earlier change is shown.
    pub changes_within: Duration,
    /// Changes are kept so long.
    pub changes_kept: Duration,
}

impl Default for EvidenceSettings {
    fn default() -> Self {
        Self {
            services: Services::default(),
            changes_shown: 3,
            changes_within: Duration::hours(2),
            changes_kept: Duration::days(400),
        }
    }
}

/// When the impact began, where a person says so; an alert's word is weighed with the others.
pub(super) fn stated_impact(incident: &Incident) -> Option<DateTime<Utc>> {
    let known = &incident.milestones;
    let by_alert =
        known.origins.get(&Milestone::Began).is_some_and(|origin| origin.source == TimeSource::Alert);
    known.impact_started.filter(|_| !by_alert)
}

impl Desk {
    /// What is known of an incident's alerts, and what changed before.
    ///
    /// # Errors
    /// The journal does not answer.
    pub async fn story_of(&self, incident: &Incident) -> Result<Story, Refusal> {
        let filter = SituationFilter::Linked { incident: incident.id };
        let rows = self.journal.situations(filter).await.map_err(refuse)?;
        let clues = self.clues(&rows).await?;
        let mut story = cause::weigh(&clues, &self.settings().evidence.services, stated_impact(incident));
        story.impact = story.impact.or(incident.milestones.detected).or(incident.milestones.declared);
        // An exercise has a time of its own, in which nothing real was changed.
        if incident.kind() == Kind::Drill { Ok(story) } else { self.with_changes(story).await }
    }

    /// What is known of a situation: beside those of its incident, or those that nobody has taken up and that began about
    /// the same time.
    ///
    /// # Errors
    /// As [`Desk::story_of`].
    pub async fn story_of_situation(&self, row: &SituationRow) -> Result<Story, Refusal> {
        if let Some(id) = row.incident {
            return self.story_of(&self.incident(id).await?).await;
        }
        let limit = u32::try_from(SITUATIONS_MAX * 4).unwrap_or(u32::MAX);
        let free = self.journal.situations(SituationFilter::Free { limit }).await.map_err(refuse)?;
        let mut rows = vec![row.clone()];
        // What is over tells little of what burns.
        let is_beside = |other: &SituationRow| {
            other.id != row.id
                && are_close(row, other)
                && (other.situation.firing > 0 || row.situation.firing == 0)
        };
        rows.extend(free.into_iter().filter(is_beside));
        self.story_of_rows(&rows).await
    }

    /// The story of these situations.
    pub async fn story_of_rows(&self, rows: &[SituationRow]) -> Result<Story, Refusal> {
        let story = cause::weigh(&self.clues(rows).await?, &self.settings().evidence.services, None);
        if rows.iter().any(|row| drill::is_exercise(&row.situation.source)) {
            return Ok(story);
        }
        self.with_changes(story).await
    }

    async fn clues(&self, rows: &[SituationRow]) -> Result<Vec<Clue>, Refusal> {
        let settings = self.settings();
        let services = &settings.evidence.services;
        let asked = rows.iter().take(SITUATIONS_MAX).map(|row| row.id).collect();
        let alerts = self.journal.alerts_of_each(asked, follow::ALERTS_SHOWN).await.map_err(refuse)?;
        let clue = |one: &AlertRow| Clue::read(one.situation, &one.alert, one.first_seen, services);
        Ok(alerts.iter().map(clue).collect())
    }

    async fn with_changes(&self, story: Story) -> Result<Story, Refusal> {
        let settings = self.settings();
        let settings = &settings.evidence;
        let Some(until) = story.impact.filter(|_| settings.changes_shown > 0) else { return Ok(story) };
        let filter = ChangeFilter { since: until - settings.changes_within, until, limit: CHANGES_READ };
        let changes = self.changes_for_all(filter).await?;
        let (most, within) = (settings.changes_shown, settings.changes_within);
        Ok(cause::with_changes(story, &changes, &settings.services, most, within))
    }

    /// The card of an incident as it is now.
    ///
    /// # Errors
    /// There is no such incident, or the journal does not answer.
    pub async fn incident_card(&self, id: IncidentId) -> Result<Card, Refusal> {
        let incident = self.incident(id).await?;
        let shown = card::incident(&incident, &self.settings().policy);
        if !incident.phase.is_active() {
            return Ok(shown);
        }
        Ok(shown.with_story(&self.story_of(&incident).await?))
    }

    /// The card of a situation as it is now; of a restricted incident's, without what else is known of that.
    ///
    /// # Errors
    /// The journal does not answer.
    pub async fn situation_card(&self, row: &SituationRow) -> Result<Card, Refusal> {
        let alerts = async { self.journal.alerts_of(row.id, follow::ALERTS_SHOWN).await.map_err(refuse) };
        let story = async {
            let is_restricted = match row.incident {
                Some(id) => self.look_at(id, |incident| incident.restricted.is_some()).await?,
                None => false,
            };
            let story = match is_restricted {
                true => self.story_of_rows(std::slice::from_ref(row)).await?,
                false => self.story_of_situation(row).await?,
            };
            Ok((story, is_restricted))
        };
        let (anybody, at) = (anybody(), row.id);
        let mark = async { self.seen_by(&anybody).mark_on(at).await };
        // Side by side: people wait for the card, and none needs what another reads.
        let (alerts, stand, (story, is_restricted), mark) =
            tokio::try_join!(alerts, self.stand(row), story, mark)?;
        let alerts: Vec<_> = alerts.into_iter().map(|row| row.alert).collect();
        let shown = card::situation(row.id, &row.situation, row.incident, &alerts).flapping(self.flaps(row));
        let shown = stand.on(shown, row);
        let shown = if is_restricted { shown.unlinked() } else { shown };
        Ok(shown.with_story(&story).with_mark(row.id, mark.as_ref()))
    }

    /// What and why of an incident or a situation, in words.
    pub(super) async fn why(
        &self,
        caller: &Caller,
        incident: Option<IncidentId>,
        situation: Option<i64>,
    ) -> Result<String, Refusal> {
        let (head, story) = match (situation, incident) {
            (Some(id), _) => {
                let row = self.situation(id).await?;
                let story = match self.is_hidden_from(caller, row.incident).await {
                    true => self.story_of_rows(std::slice::from_ref(&row)).await?,
                    false => self.story_of_situation(&row).await?,
                };
                (format!("S-{id} {}", row.situation.title), story)
            }
            (None, Some(id)) => {
                let incident = self.seen_by(&caller.person).incident(id).await?;
                (format!("{id} {}", incident.title), self.story_of(&incident).await?)
            }
            (None, None) => {
                return Err(Refusal::invalid(
                    "Of which?",
                    "Say `alert why S-3`, or `alert why` in the place of an incident.",
                ));
            }
        };
        Ok(told(&head, &story))
    }

    /// Whether an incident must not be spoken of to this caller: it is restricted, and they or others who read along are
    /// not in it.
    pub(super) async fn is_hidden_from(&self, caller: &Caller, incident: Option<IncidentId>) -> bool {
        let Some(id) = incident else { return false };
        match self.seen_by(&caller.person).incident(id).await {
            Ok(incident) => incident.restricted.is_some() && caller.is_overheard_on(id),
            Err(_) => true,
        }
    }

    /// The last changes, the latest first.
    ///
    /// # Errors
    /// The journal does not answer.
    pub async fn last_changes(&self, since: DateTime<Utc>, limit: u32) -> Result<Vec<Change>, Refusal> {
        let filter = ChangeFilter { since, until: self.world.now(), limit };
        self.changes_for_all(filter).await
    }

    /// The last changes that everybody may know of: none that was said in an incident that is restricted now, or cannot be read, and
    /// none whose entry was redacted.
    async fn changes_for_all(&self, filter: ChangeFilter) -> Result<Vec<Change>, Refusal> {
        let limit = filter.limit as usize;
        let (mut page, mut seen, mut shown) = (filter, BTreeSet::new(), Vec::new());
        loop {
            let read = self.journal.changes(page.clone()).await.map_err(refuse)?;
            let (is_last, oldest) = (read.len() < page.limit as usize, read.last().map(|change| change.at));
            let known = seen.len();
            let is_new = |change: &Change| seen.insert((change.source.clone(), change.id.clone()));
            let new: Vec<Change> = read.into_iter().filter(is_new).collect();
            shown.extend(self.told_to_all(new).await);
            if is_last || shown.len() >= limit || seen.len() >= CHANGES_READ_MAX {
                shown.truncate(limit);
                return Ok(shown);
            }
            // What is hidden takes no place of what is older: of those before, and of the rest of that moment.
            page.until = oldest.unwrap_or(page.until);
            if seen.len() == known {
                page.limit = page.limit.saturating_mul(4);
            }
        }
    }

    async fn told_to_all(&self, mut changes: Vec<Change>) -> Vec<Change> {
        let mut said: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
        for change in &changes {
            let Some(at) = &change.said_in else { continue };
            let entries = said.entry(at.incident.clone()).or_default();
            entries.insert(at.seq);
            entries.extend(change.withdrawn.as_ref().and_then(|withdrawn| withdrawn.seq));
        }
        for (incident, entries) in &mut said {
            self.retain_open(incident, entries).await;
        }
        let is_open = |incident: &str, seq: u64| said.get(incident).is_some_and(|open| open.contains(&seq));
        changes.retain(|change| change.said_in.as_ref().is_none_or(|at| is_open(&at.incident, at.seq)));
        for change in &mut changes {
            if let (Some(at), Some(withdrawn)) = (&change.said_in, &mut change.withdrawn)
                && withdrawn.seq.is_some_and(|seq| !is_open(&at.incident, seq))
            {
                withdrawn.reason.clear();
            }
        }
        changes
    }

    /// Leaves those of an incident's entries that everybody may read. One that is damaged keeps nobody from those of others.
    async fn retain_open(&self, incident: &str, entries: &mut BTreeSet<u64>) {
        let Ok(id) = incident.parse::<IncidentId>() else { return entries.clear() };
        let asked = entries.clone();
        let open = |incident: &Incident| -> BTreeSet<u64> {
            match incident.restricted {
                Some(_) => BTreeSet::new(),
                None => asked.difference(&incident.redacted).copied().collect(),
            }
        };
        *entries = self.look_at(id, open).await.unwrap_or_else(|refusal| {
            tracing::warn!(incident, %refusal, "what was said to be changed there is not shown");
            BTreeSet::new()
        });
    }
}

/// Whoever it is that reads along: nobody who is let into anything.
pub(super) fn anybody() -> Person {
    Person { id: String::new(), name: "anybody".to_owned() }
}

/// Whether two situations may tell of one thing.
fn are_close(one: &SituationRow, other: &SituationRow) -> bool {
    let apart = (one.situation.opened_at - other.situation.opened_at).abs();
    let are_alike = drill::is_exercise(&one.situation.source) == drill::is_exercise(&other.situation.source);
    are_alike && apart <= Duration::minutes(CLOSE_MINUTES)
}

fn told(head: &str, story: &Story) -> String {
    let mut lines = vec![match story.impact {
        Some(impact) => format!("{head}: since {}, as far as is known.", when(Some(impact))),
        None => format!("{head}: no alert belongs to it."),
    }];
    for (title, list) in story.lists() {
        lines.push(format!("{title}:"));
        lines.extend(list.into_iter().map(|line| format!("  {line}")));
    }
    if lines.len() == 1 {
        lines.push("Nothing tells what, why or what changed before.".to_owned());
    }
    lines.join("\n")
}
