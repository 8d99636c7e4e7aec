//! Reading in somebody's name: what a door shows goes through here, so that a restricted incident is not there for whom it
//! is not for. [`Desk`]'s own readings are for the house alone: timers, the outbox, drills.

use std::collections::HashMap;

use super::{Caller, Desk, Verified, refuse, view::Stood};
use crate::{
    alert::{
        arranged::Arrangement,
        cause::Story,
        judgement::{Judgement, Subject, standing},
    },
    incident::{
        chain::Sealed, event::Entry, id::IncidentId, refusal::Refusal, state::Incident, timeline::Line,
    },
    journal::rows::*,
    people::Person,
};

/// The desk as one person sees it.
#[derive(Clone, Copy)]
pub struct Eyes<'a> {
    desk: &'a Desk,
    person: &'a Person,
}

impl Desk {
    pub fn seen_by<'a>(&'a self, person: &'a Person) -> Eyes<'a> {
        Eyes { desk: self, person }
    }

    /// The incidents of which this caller may be told: of no restricted one where others read along.
    pub(super) async fn tellable(
        &self,
        caller: &Caller,
        filter: IncidentFilter,
    ) -> Result<Vec<IncidentRow>, Refusal> {
        let mut rows = self.seen_by(&caller.person).list(filter).await?;
        rows.retain(|row| row.seen_by.is_none() || !caller.is_overheard_on(row.id));
        Ok(rows)
    }
}

impl Eyes<'_> {
    /// # Errors
    /// Not found, as if it had never been, where it is restricted to others.
    pub async fn incident(&self, id: IncidentId) -> Result<Incident, Refusal> {
        let incident = self.desk.incident(id).await?;
        if incident.may_see(self.person) { Ok(incident) } else { Err(Refusal::no_such(id)) }
    }

    pub async fn may_see(&self, id: IncidentId) -> bool {
        self.incident(id).await.is_ok()
    }

    pub async fn list(&self, filter: IncidentFilter) -> Result<Vec<IncidentRow>, Refusal> {
        let mut rows = self.desk.list(filter).await?;
        rows.retain(|row| row.may_see(self.person));
        Ok(rows)
    }

    pub async fn timeline(&self, id: IncidentId, from: u64) -> Result<Vec<Line>, Refusal> {
        self.incident(id).await?;
        self.desk.timeline(id, from).await
    }

    pub async fn sealed(&self, id: IncidentId) -> Result<Vec<Sealed>, Refusal> {
        self.incident(id).await?;
        self.desk.sealed(id).await
    }

    pub async fn read_from(&self, id: IncidentId, from: u64) -> Result<Vec<Entry>, Refusal> {
        self.incident(id).await?;
        self.desk.read_from(id, from).await
    }

    pub async fn verify(&self, id: IncidentId) -> Result<Verified, Refusal> {
        self.incident(id).await?;
        self.desk.verify(id).await
    }

    /// Alerts are everybody's; the incident that they belong to may not be.
    pub async fn situations(&self, filter: SituationFilter) -> Result<Vec<SituationRow>, Refusal> {
        let mut rows = self.desk.situations(filter).await?;
        let mut known = HashMap::new();
        for row in &mut rows {
            if let Some(id) = row.incident
                && !self.knows(&mut known, id).await
            {
                // Somebody is on it already.
                (row.incident, row.is_open, row.decided, row.verdict) = (None, false, None, None);
            }
        }
        Ok(rows)
    }

    /// What people arranged about each of these situations; of what is not open for this person, nothing is told.
    pub async fn stood(&self, rows: &[SituationRow]) -> Result<Vec<Stood>, Refusal> {
        let open: Vec<SituationRow> = rows.iter().filter(|row| row.is_open).cloned().collect();
        let mut known = self.desk.stood(&open).await?.into_iter();
        let of = |row: &SituationRow| row.is_open.then(|| known.next()).flatten().unwrap_or_default();
        Ok(rows.iter().map(of).collect())
    }

    /// What is known of a situation; of an incident that is not for this person, its own alerts alone.
    pub async fn story_of_situation(&self, id: i64) -> Result<Story, Refusal> {
        let row = self.desk.situation(id).await?;
        match row.incident {
            Some(incident) if !self.may_see(incident).await => {
                self.desk.story_of_rows(std::slice::from_ref(&row)).await
            }
            _ => self.desk.story_of_situation(&row).await,
        }
    }

    /// The mark that holds for a situation.
    pub async fn mark_on(&self, situation: i64) -> Result<Option<Judgement>, Refusal> {
        let marks = self.judgements(JudgementFilter::Of(Subject::Situation(situation))).await?;
        Ok(standing(&marks, situation).cloned())
    }

    /// Marks on alerts. Why somebody marked those of a restricted incident is for who is in it.
    pub async fn judgements(&self, filter: JudgementFilter) -> Result<Vec<Judgement>, Refusal> {
        let mut marks = self.desk.journal.judgements(filter).await.map_err(refuse)?;
        let mut known = HashMap::new();
        for mark in marks.iter_mut().filter(|mark| !mark.reason.is_empty()) {
            let Subject::Situation(id) = &mark.subject else { continue };
            let rows = self.desk.situations(SituationFilter::One(*id)).await?;
            if let Some(incident) = rows.first().and_then(|row| row.incident)
                && !self.knows(&mut known, incident).await
            {
                mark.reason.clear();
            }
        }
        Ok(marks)
    }

    pub async fn deliveries(&self, filter: DeliveryFilter) -> Result<Vec<Delivery>, Refusal> {
        let rows = self.desk.journal.deliveries(filter).await.map_err(refuse)?;
        let (mut known, mut shown) = (HashMap::new(), Vec::with_capacity(rows.len()));
        for row in rows {
            let is_shown = match row.incident {
                Some(id) => self.knows(&mut known, id).await,
                None => true,
            };
            if is_shown {
                shown.push(row);
            }
        }
        Ok(shown)
    }

    /// What is arranged about alerts of an incident that they may not know of is left out.
    pub async fn arrangements(&self, filter: ArrangementFilter) -> Result<Vec<Arrangement>, Refusal> {
        let rows = self.desk.journal.arrangements(filter).await.map_err(refuse)?;
        let (mut known, mut shown) = (HashMap::new(), Vec::with_capacity(rows.len()));
        for row in rows {
            let incident = match row.subject() {
                Some(of) => self.desk.situation(of.situation).await?.incident,
                None => None,
            };
            let is_shown = match incident {
                Some(id) => self.knows(&mut known, id).await,
                None => true,
            };
            if is_shown {
                shown.push(row);
            }
        }
        Ok(shown)
    }

    async fn knows(&self, known: &mut HashMap<IncidentId, bool>, id: IncidentId) -> bool {
        if let Some(known) = known.get(&id) {
            return *known;
        }
        let knows = self.may_see(id).await;
        known.insert(id, knows);
        knows
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        alert::{Alert, testing::alert},
        desk::{Along, Settings, clock::System},
        grammar::Arrange,
        incident::{command::Declare, kind::Kind, severity::Severity},
        journal::sqlite::SqliteJournal,
    };

    #[tokio::test]
    async fn who_is_on_alerts_of_a_restricted_incident_is_told_to_nobody_outside() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Arc::new(SqliteJournal::open(dir.path()).await.unwrap());
        let desk = Desk::new(journal, Arc::new(System), Settings::default());
        let (ada, bo) = (Person::named("Ada").unwrap(), Person::named("Bo").unwrap());
        let on_it = async |who: &Person| {
            let rows = desk.seen_by(who).situations(SituationFilter::One(1)).await.unwrap();
            desk.seen_by(who).stood(&rows).await.unwrap().remove(0).acknowledged_by
        };
        desk.take_alerts(vec![Alert { starts_at: None, ..alert("db1") }]).await.unwrap();
        let said = Arrange::Acknowledge { situation: 1, comment: String::new() };
        desk.arrange(Caller::person(ada.clone(), "test"), said, None).await.unwrap();
        assert_eq!((on_it(&ada).await, on_it(&bo).await), (Some(ada.clone()), Some(ada.clone())));

        let row = desk.situation(1).await.unwrap();
        let situation = Some(desk.facts(&row).await.unwrap());
        let leak =
            Declare { restricted: true, situation, ..Declare::new("Leak", Severity::Sev2, Kind::Real) };
        desk.declare(Caller::person(ada.clone(), "test"), leak, Along::default()).await.unwrap();
        assert_eq!((on_it(&ada).await, on_it(&bo).await), (Some(ada), None));
    }
}
