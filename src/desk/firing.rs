//! What fires still though an incident has it: the list of alerts tells it besides what nobody has taken up.

use std::collections::{BTreeMap, btree_map::Entry};

use chrono::Duration;

use super::{Caller, Desk};
use crate::{
    incident::{id::IncidentId, phase::Phase, refusal::Refusal, state::Incident},
    journal::rows::SituationFilter,
};

/// Lines of it.
const LISTED: usize = 25;
/// Of so many situations, the worst first.
const LOOKED: u32 = 1_000;
/// What an incident ended over is listed for so long: there are senders that never say that something is over.
const LEFT_SHOWN: Duration = Duration::days(7);

impl Desk {
    /// The situations of incidents that fire still, each in a line; those of incidents that are resolved or over first, as nobody may be
    /// looking at them any more. Empty where there are none.
    ///
    /// # Errors
    /// The journal does not answer.
    pub(super) async fn still_firing(&self, caller: &Caller) -> Result<String, Refusal> {
        let settings = self.settings();
        let (mut known, mut told, mut is_any_over) = (BTreeMap::new(), Vec::new(), false);
        let since = self.world.now() - LEFT_SHOWN;
        for row in self.situations(SituationFilter::Burning { limit: LOOKED }).await? {
            let Some(id) = row.incident else { continue };
            let is_exercise = crate::drill::is_exercise(&row.situation.source);
            if !row.is_open && (is_exercise || row.situation.updated_at < since) {
                continue;
            }
            if let Entry::Vacant(place) = known.entry(id) {
                place.insert(self.phase_told(caller, id).await);
            }
            let Some(Some(phase)) = known.get(&id) else { continue };
            let (s, named) = (&row.situation, settings.policy.names.phase(*phase));
            let flapping = self.flaps(&row).map(|flaps| format!("; {flaps}")).unwrap_or_default();
            let line = format!(
                "S-{} {} – {}, {} firing of {}, from {}{flapping}; belongs to {id}, {named}",
                row.id,
                s.title,
                s.severity.word(),
                s.firing,
                s.total,
                s.source,
            );
            is_any_over |= phase.is_over();
            told.push((phase.is_active(), line));
        }
        if told.is_empty() {
            return Ok(String::new());
        }
        told.sort_by_key(|(is_active, _)| *is_active);
        let more = told.len().saturating_sub(LISTED);
        let mut lines = vec!["Of incidents, and firing still:".to_owned()];
        lines.extend(told.into_iter().take(LISTED).map(|(_, line)| line));
        if more > 0 {
            lines.push(format!("… and {more} more: the console's page of alerts lists them"));
        }
        if is_any_over {
            lines.push("`link S-N` adds what is left of an incident that is over to another.".to_owned());
        }
        Ok(lines.join("\n"))
    }

    /// How far an incident has come, where this caller may be told. One that is damaged keeps nobody from the alerts of others.
    async fn phase_told(&self, caller: &Caller, id: IncidentId) -> Option<Phase> {
        let look = |incident: &Incident| {
            let is_overheard = incident.restricted.is_some() && caller.is_overheard_on(id);
            (incident.may_see(&caller.person) && !is_overheard).then_some(incident.phase)
        };
        self.look_at(id, look).await.unwrap_or_else(|refusal| {
            tracing::warn!(incident = %id, %refusal, "what fires still of it is not listed");
            None
        })
    }
}
