//! What the rules must know of what a command names: a situation of the alert store, another incident.

use super::{Desk, follow, refuse};
use crate::{
    alert::{Status, flapping::Flaps},
    incident::{
        command::{Command, Luggage, MergeFacts, ParentFacts, PartFacts, SituationFacts, TimerKind},
        event::AlertRef,
        id::IncidentId,
        phase::Phase,
        refusal::{Because, Refusal},
        state::Incident,
    },
    journal::rows::{AlertRow, SituationFilter, SituationRow},
    people::Person,
};

impl Desk {
    /// What the alert store knows of a situation that a command names.
    pub(super) async fn with_facts(
        &self,
        id: IncidentId,
        command: Command,
        caller: &Person,
    ) -> Result<Command, Refusal> {
        if let Command::Merge { into, other: None, reason } = command {
            let other = self.if_seen(into, caller).await?.map(|other| MergeFacts {
                is_restricted: other.restricted.is_some(),
                seen_by: other.seen_by(),
                commander: other.commander,
                severity: other.severity,
                phase: other.phase,
            });
            return Ok(Command::Merge { into, other, reason });
        }
        if let Command::PutUnder { parent, facts: None } = command {
            let facts = self.parent_facts(parent, caller).await?;
            return Ok(Command::PutUnder { parent, facts });
        }
        if let Command::Timer(TimerKind::Regroup { was, into }) = command {
            let into = self.goes_on_as(into).await?;
            // The house looks for everybody; whether it is for the same people is looked at with these facts.
            let facts = Some(self.facts_of_parent(&self.incident(into).await?).await?);
            return Ok(Command::Regroup { was, into, facts });
        }
        if let Command::Timer(TimerKind::MergedIn(luggage)) = command {
            let luggage = Box::new(self.with_what_it_holds(id, *luggage).await?);
            return Ok(Command::Timer(TimerKind::MergedIn(luggage)));
        }
        let Command::LinkSituation { situation, facts } = command else { return Ok(command) };
        let rows = self.journal.situations(SituationFilter::One(situation)).await.map_err(refuse)?;
        let row = rows.into_iter().next();
        let is_left = match &row {
            Some(row) => self.is_left(id, row, caller).await,
            None => false,
        };
        // Whatever is known of it already, it must still be free.
        let facts = match row {
            Some(row) if row.incident.is_none() && facts.is_none() => Some(self.facts(&row).await?),
            Some(row) if row.incident.is_none() => facts,
            Some(row) if is_left => Some(self.facts_of_left(&row).await?),
            Some(row) => {
                let other = self.told_of(row.incident, caller).await;
                let instead = match row.incident == Some(id) {
                    true => "Nothing to do.",
                    false => "If the two are one: `merge` them. What is over lets its alerts go.",
                };
                return Err(Refusal::conflict(format!("S-{situation} belongs to {other} already."), instead));
            }
            None => facts,
        };
        Ok(Command::LinkSituation { situation, facts })
    }

    /// Whether a situation of another incident is to be had, as that one is over. Of one that the caller may not see, only what was
    /// this one's before is.
    async fn is_left(&self, id: IncidentId, row: &SituationRow, caller: &Person) -> bool {
        let Some(holder) = row.incident.filter(|holder| *holder != id) else { return false };
        // Of one that cannot be read, nothing is taken.
        let look = |other: &Incident| (other.phase.is_over(), other.may_see(caller));
        let (is_over, is_seen) = self.look_at(holder, look).await.unwrap_or((false, false));
        let was_here = |here: &Incident| here.situations.contains_key(&row.id);
        is_over && (is_seen || self.look_at(id, was_here).await.unwrap_or(false))
    }

    /// What is known of a situation that was left. What fired of it may be in another one since.
    async fn facts_of_left(&self, row: &SituationRow) -> Result<SituationFacts, Refusal> {
        let mut facts = SituationFacts { is_left: true, ..self.facts(row).await? };
        if !facts.alerts.iter().any(|alert| alert.firing) {
            facts.firing = 0;
        }
        Ok(facts)
    }

    /// What an incident that was merged leaves: of the alerts that it knew, those that are still its own, or of one that is over, as
    /// they stand.
    async fn with_what_it_holds(&self, id: IncidentId, mut luggage: Luggage) -> Result<Luggage, Refusal> {
        let linked = SituationFilter::Linked { incident: luggage.from };
        let mut rows = self.journal.situations(linked).await.map_err(refuse)?;
        for one in &luggage.situations {
            if rows.iter().all(|row| row.id != one.id) {
                let elsewhere =
                    self.journal.situations(SituationFilter::One(one.id)).await.map_err(refuse)?;
                for row in elsewhere {
                    if !self.is_held(&row, id).await {
                        rows.push(row);
                    }
                }
            }
        }
        luggage.situations.retain_mut(|one| {
            let Some(row) = rows.iter().find(|row| row.id == one.id) else { return false };
            (one.firing, one.total) = (u64::from(row.situation.firing), u64::from(row.situation.total));
            one.acknowledged = u64::from(row.situation.acknowledged);
            true
        });
        Ok(luggage)
    }

    /// Whether a situation is that incident's already, or of another one that goes on.
    async fn is_held(&self, row: &SituationRow, id: IncidentId) -> bool {
        let Some(holder) = row.incident else { return false };
        // Of one that cannot be read, nothing is taken.
        holder == id || !self.look_at(holder, |other| other.phase.is_over()).await.unwrap_or(false)
    }

    /// What was merged is opened again where that which it goes on as was cancelled, and only there.
    pub(super) async fn with_end(&self, id: IncidentId, command: Command) -> Result<Command, Refusal> {
        let Command::Enter { phase: Phase::Investigating, reason } = command else { return Ok(command) };
        let was = self.goes_on_as(id).await?;
        let is_cancelled = was != id && self.look_at(was, |end| end.phase == Phase::Cancelled).await?;
        Ok(match is_cancelled {
            true => Command::ReopenMerged { reason },
            false => Command::Enter { phase: Phase::Investigating, reason },
        })
    }

    /// An incident, where the caller sees one.
    async fn if_seen(&self, id: IncidentId, caller: &Person) -> Result<Option<Incident>, Refusal> {
        match self.seen_by(caller).incident(id).await {
            Ok(incident) => Ok(Some(incident)),
            Err(refusal) if refusal.because == Because::NotFound => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// The parts of an incident, for a list of them: those that are for the same people as it is.
    pub(super) async fn with_parts(
        &self,
        id: IncidentId,
        command: Command,
        caller: &Person,
    ) -> Result<Command, Refusal> {
        if !matches!(command, Command::Subs { .. }) {
            return Ok(command);
        }
        let Some(whole) = self.if_seen(id, caller).await? else { return Ok(command) };
        let mut parts = Vec::new();
        for child in whole.children.keys() {
            let facts = |part: &Incident| {
                let is_told = part.may_see(caller) && part.seen_by() == whole.seen_by();
                is_told.then(|| PartFacts {
                    id: *child,
                    title: part.title.clone(),
                    severity: part.severity,
                    phase: part.phase,
                })
            };
            // Of one that is damaged the number is told, and all of the others.
            parts.extend(self.look_at(*child, facts).await.unwrap_or_else(|refusal| {
                tracing::warn!(incident = %child, %refusal, "what a part is about is not told");
                None
            }));
        }
        Ok(Command::Subs { parts })
    }

    /// What the rules must know of the incident that another is put under; `None` where the caller sees none.
    pub(super) async fn parent_facts(
        &self,
        parent: IncidentId,
        caller: &Person,
    ) -> Result<Option<ParentFacts>, Refusal> {
        match self.if_seen(parent, caller).await? {
            Some(incident) => self.facts_of_parent(&incident).await.map(Some),
            None => Ok(None),
        }
    }

    async fn facts_of_parent(&self, incident: &Incident) -> Result<ParentFacts, Refusal> {
        let mut ancestors = Vec::new();
        let mut at = incident.parent;
        // No circle is ever made; a journal that holds one all the same must not hold us.
        while let Some(above) = at.filter(|above| !ancestors.contains(above)) {
            ancestors.push(above);
            at = self.incident(above).await?.parent;
        }
        Ok(ParentFacts::of(incident, ancestors))
    }

    /// Where an incident goes on that may have been merged meanwhile: itself, if it was not.
    async fn goes_on_as(&self, id: IncidentId) -> Result<IncidentId, Refusal> {
        Ok(self.way_of(id).await?.pop().unwrap_or(id))
    }

    /// An incident, and those in which it went on, one after the other.
    pub(super) async fn way_of(&self, id: IncidentId) -> Result<Vec<IncidentId>, Refusal> {
        let (mut at, mut seen) = (id, vec![id]);
        loop {
            let next = self.look_at(at, |incident| incident.merged_into).await?;
            let Some(next) = next.filter(|next| !seen.contains(next)) else { return Ok(seen) };
            seen.push(next);
            at = next;
        }
    }

    /// The incident that a situation belongs to, in words that tell nobody what they may not know.
    pub(super) async fn told_of(&self, incident: Option<IncidentId>, caller: &Person) -> String {
        match incident {
            Some(id) if self.seen_by(caller).may_see(id).await => id.to_string(),
            _ => "an incident".to_owned(),
        }
    }

    pub(super) async fn situation(&self, id: i64) -> Result<SituationRow, Refusal> {
        let rows = self.journal.situations(SituationFilter::One(id)).await.map_err(refuse)?;
        rows.into_iter().next().ok_or_else(|| {
            Refusal::not_found(
                format!("There is no group of alerts S-{id}."),
                "`alerts` lists those that are open.",
            )
        })
    }

    pub(crate) async fn facts(&self, row: &SituationRow) -> Result<SituationFacts, Refusal> {
        let alerts = self.journal.alerts_of(row.id, follow::ALERTS_SHOWN).await.map_err(refuse)?;
        let within = self.in_window(row).await?;
        Ok(SituationFacts { within, ..self.facts_of(row, &alerts) })
    }

    /// How an alert of a situation flaps. An exercise has a clock of its own, and what it plays is meant.
    pub(super) fn flaps(&self, row: &SituationRow) -> Option<Flaps> {
        let is_real = !crate::drill::is_exercise(&row.situation.source);
        let clearings = &row.situation.clearings;
        is_real.then(|| clearings.flaps(self.settings().flapping, self.world.now())).flatten()
    }

    /// What an incident is told of a situation.
    pub(super) fn facts_of(&self, row: &SituationRow, alerts: &[AlertRow]) -> SituationFacts {
        let shown = alerts.iter().map(|row| AlertRef {
            source: row.alert.source.clone(),
            fingerprint: row.alert.fingerprint.clone(),
            title: row.alert.title.clone(),
            firing: row.alert.status == Status::Firing,
            starts_at: row.alert.starts_at,
            url: row.alert.links.first().map(|link| link.url.to_string()),
        });
        SituationFacts {
            id: row.id,
            title: row.situation.title.clone(),
            source: row.situation.source.clone(),
            firing: u64::from(row.situation.firing),
            total: u64::from(row.situation.total),
            acknowledged: u64::from(row.situation.acknowledged),
            alerts: shown.collect(),
            flapping: self.flaps(row),
            ..SituationFacts::default()
        }
    }
}
