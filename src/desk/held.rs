//! Situations that fall into a window or are silenced: what is told of them, and when they are looked at again.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::{Desk, refuse, view::Stood};
use crate::{
    alert::{
        Alert,
        arranged::{Arrangement, Passed},
        window::{self, Effect, Window, Within, Work},
    },
    card::{self, Card, arranged::Shown},
    incident::{event::InWindow, kind::Kind, phase::Phase, refusal::Refusal},
    journal::{Append, Mark, rows::*},
    wall::dated,
};

/// Alerts of a situation that a window is held against.
pub(super) const ALERTS_MATCHED: u32 = 1_000;

/// What stands at a moment.
pub(super) struct Standing {
    pub silences: Vec<Arrangement>,
    /// Those that are open, each with its end.
    windows: Vec<(Window, window::Span)>,
    works: Vec<Work>,
}

impl Standing {
    fn silence_of(&self, row: &SituationRow) -> Option<&Arrangement> {
        self.silences.iter().find(|one| one.silences(row.id, &row.situation))
    }
}

/// What becomes of one situation for it.
#[derive(Default)]
pub(super) struct Held {
    /// Nobody is told.
    pub is_muted: bool,
    pub within: Option<Within>,
    until: Option<DateTime<Utc>>,
}

impl Held {
    /// What a situation falls into, where it is `within` a window. One that an incident knows is told that it has cleared, and is not
    /// kept from it by a window.
    fn of(row: &SituationRow, standing: &Standing, within: Option<Within>) -> Held {
        if let Some(silence) = standing.silence_of(row) {
            let is_muted = row.incident.is_none() || row.situation.firing > 0;
            return Held { is_muted, within, until: Some(silence.until()) };
        }
        let is_recorded = within.as_ref().is_some_and(|within| within.effect == Effect::Record);
        Held {
            is_muted: is_recorded && row.incident.is_none(),
            until: within.as_ref().map(|within| within.until),
            within,
        }
    }

    /// It is looked at again when what holds it ends.
    pub fn mark(&self, id: i64) -> Option<Mark> {
        self.until.map(|until| Mark::SituationHeld { id, until })
    }
}

impl Desk {
    pub(super) async fn standing(&self, now: DateTime<Utc>) -> Result<Standing, Refusal> {
        let live = async { self.journal.arrangements(ArrangementFilter::Live { now }).await.map_err(refuse) };
        let (live, works) = tokio::try_join!(live, self.works(now))?;
        let planned = live.iter().filter_map(Arrangement::window);
        let windows = self
            .settings()
            .windows
            .iter()
            .cloned()
            .chain(planned)
            .filter_map(|window| window.open_at(now).map(|span| (window, span)))
            .collect();
        Ok(Standing { silences: live.into_iter().filter(Arrangement::is_silence).collect(), windows, works })
    }

    /// The planned work that goes on, up to the time at which it is to be over. Alerts of its services are told with its name; nothing
    /// is kept back.
    async fn works(&self, now: DateTime<Utc>) -> Result<Vec<Work>, Refusal> {
        let filter = IncidentFilter { kind: Some(Kind::Planned), ..IncidentFilter::open() };
        let mut all = Vec::new();
        for row in self.journal.incidents(filter).await.map_err(refuse)? {
            if row.phase != Phase::InProgress {
                continue;
            }
            let incident = match self.incident(row.id).await {
                Ok(incident) => incident,
                // Its alerts are told as if nothing were planned, and all others as ever.
                Err(refusal) => {
                    tracing::warn!(incident = %row.id, %refusal, "no alert is expected by planned work that cannot be read");
                    continue;
                }
            };
            let Some(plan) = incident.plan.as_ref().filter(|plan| now < plan.span.until) else { continue };
            // Of what few may see, others read neither the title nor the number.
            let name = match incident.restricted {
                None => format!("{} {}", incident.id, incident.title),
                Some(_) => "planned work".to_owned(),
            };
            all.push(Work { name, services: plan.services.clone(), until: plan.span.until });
        }
        Ok(all)
    }

    /// What was held back until now is to be told. Returns whether there was any.
    pub(super) async fn release_held(&self) -> Result<bool, Refusal> {
        let now = self.world.now();
        if !self.journal.is_held_until(now).await.map_err(refuse)? {
            return Ok(false);
        }
        let released = Append { marks: vec![Mark::HeldReleased { until: now }], ..Append::default() };
        self.journal.append(released).await.map_err(refuse)?;
        Ok(true)
    }

    /// What a situation falls into; an exercise has a story of its own.
    pub(super) async fn held(&self, row: &SituationRow, standing: &Standing) -> Result<Held, Refusal> {
        if crate::drill::is_exercise(&row.situation.source) {
            return Ok(Held::default());
        }
        Ok(Held::of(row, standing, self.within(row, standing).await?))
    }

    async fn within(&self, row: &SituationRow, standing: &Standing) -> Result<Option<Within>, Refusal> {
        if standing.windows.is_empty() && standing.works.is_empty() {
            return Ok(None);
        }
        let alerts = self.situation_alerts(row.id).await?;
        let open = standing.windows.iter().map(|(window, span)| (window, *span));
        let by_windows = window::within(open, &row.situation, &alerts, self.world.now());
        if standing.works.is_empty() {
            return Ok(by_windows);
        }
        let settings = self.settings();
        let services = &settings.evidence.services;
        // By the catalogue's name, and by the one that the alert itself gives.
        let of: Vec<&str> = alerts.iter().flat_map(|alert| services.names(&alert.labels)).collect();
        let by_works = standing.works.iter().filter_map(|work| work.within(&of));
        Ok(by_windows.into_iter().chain(by_works).reduce(Within::stronger))
    }

    /// The alerts of a situation that fire; all, where none does.
    pub(super) async fn situation_alerts(&self, id: i64) -> Result<Vec<Alert>, Refusal> {
        let rows = self.journal.alerts_of(id, ALERTS_MATCHED).await.map_err(refuse)?;
        let any = rows.iter().any(|row| row.is_firing);
        Ok(rows.into_iter().filter(|row| row.is_firing || !any).map(|row| row.alert).collect())
    }

    /// The window that a situation falls into now, as an entry tells it.
    pub(super) async fn in_window(&self, row: &SituationRow) -> Result<Option<InWindow>, Refusal> {
        let standing = self.standing(self.world.now()).await?;
        let within = self.within(row, &standing).await?;
        Ok(within.map(|within| InWindow { name: within.name, until: within.until }))
    }

    /// What people arranged about each of these situations.
    ///
    /// # Errors
    /// The journal does not answer.
    pub async fn stood(&self, rows: &[SituationRow]) -> Result<Vec<Stood>, Refusal> {
        let standing = self.standing(self.world.now()).await?;
        let mut acknowledged = self.acknowledgements(rows.iter().map(|row| row.id).collect()).await?;
        let mut all = Vec::with_capacity(rows.len());
        for row in rows {
            let within = self.within(row, &standing).await?;
            let silence = standing.silence_of(row);
            let acknowledgement = acknowledged.remove(&row.id);
            let words = words(acknowledgement.as_ref(), silence, within.as_ref());
            let is_silenced = silence.is_some();
            let is_recorded = match row.decided.as_deref() {
                Some(how) => how == "record",
                // No rule was asked yet: a window may keep it from them.
                None => {
                    let is_exercise = crate::drill::is_exercise(&row.situation.source);
                    !is_silenced && !is_exercise && Held::of(row, &standing, within).is_muted
                }
            };
            let acknowledged_by = acknowledgement.map(|one| one.by);
            let flapping = self.flaps(row);
            all.push(Stood { words, acknowledged_by, is_silenced, is_recorded, flapping });
        }
        Ok(all)
    }

    /// The acknowledgement of a situation that holds.
    pub(super) async fn acknowledgement(&self, situation: i64) -> Result<Option<Arrangement>, Refusal> {
        Ok(self.acknowledgements(vec![situation]).await?.remove(&situation))
    }

    /// The acknowledgements that hold of these situations, by situation.
    async fn acknowledgements(&self, situations: Vec<i64>) -> Result<HashMap<i64, Arrangement>, Refusal> {
        let filter = ArrangementFilter::Acknowledged { situations };
        let all = self.journal.arrangements(filter).await.map_err(refuse)?;
        // Of several the newest, which comes last.
        Ok(all.into_iter().filter_map(|one| Some((one.subject()?.situation, one))).collect())
    }

    /// What was arranged about a situation, for its card.
    pub(super) async fn stand(&self, row: &SituationRow) -> Result<Stand, Refusal> {
        let now = self.world.now();
        let within = async {
            let standing = self.standing(now).await?;
            let within = self.within(row, &standing).await?;
            Ok((standing, within))
        };
        let ((standing, within), acknowledgement) = tokio::try_join!(within, self.acknowledgement(row.id))?;
        Ok(Stand { standing, within, acknowledgement })
    }
}

/// What was arranged about a situation, as it stands after its counts: `; acknowledged by Ada`.
fn words(
    acknowledgement: Option<&Arrangement>,
    silence: Option<&Arrangement>,
    within: Option<&Within>,
) -> String {
    let mut words = String::new();
    if let Some(ack) = acknowledgement {
        words.push_str(&format!("; acknowledged by {}{}", ack.by, not_passed_on(ack)));
    }
    if let Some(silence) = silence {
        let until = dated(silence.until());
        words.push_str(&format!("; silenced until {until}{}", not_passed_on(silence)));
    }
    if let Some(within) = within {
        words.push_str(&format!("; within the maintenance window «{}»", within.name));
    }
    words
}

/// ` (could not be passed on to nagios: why)`, where a sender was asked and did not take it.
fn not_passed_on(one: &Arrangement) -> String {
    let failed =
        one.subject().into_iter().flat_map(|of| of.passed.iter()).filter_map(|(hook, passed)| match passed {
            Passed::Failed { why } => Some(format!("{hook}: {}", why.trim_end_matches('.'))),
            Passed::Waiting | Passed::Done { .. } => None,
        });
    let failed: Vec<String> = failed.collect();
    if failed.is_empty() {
        String::new()
    } else {
        format!(" (could not be passed on to {})", failed.join("; "))
    }
}

/// What was arranged about one situation.
pub(super) struct Stand {
    standing: Standing,
    within: Option<Within>,
    acknowledgement: Option<Arrangement>,
}

impl Stand {
    /// The situation's card, with it.
    pub fn on(&self, card: Card, row: &SituationRow) -> Card {
        let shown = Shown {
            acknowledgement: self.acknowledgement.as_ref(),
            silence: self.standing.silence_of(row),
            within: self.within.as_ref(),
        };
        card::arranged::shown(card, row.id, &row.situation, &shown)
    }
}
