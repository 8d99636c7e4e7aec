//! What fires still though an incident has it: the list of alerts tells it besides what nobody has taken up.

use std::collections::{BTreeMap, btree_map::Entry};

use super::{Caller, Desk};
use crate::{incident::refusal::Refusal, journal::rows::SituationFilter};

/// Lines of it.
const LISTED: usize = 25;
/// Of so many situations, the worst first, those that nobody has taken up before those of incidents.
const LOOKED: u32 = 1_000;

impl Desk {
    /// The situations of incidents that fire still, each in a line; those of incidents that are resolved or over first, as nobody may be
    /// looking at them any more. Empty where there are none.
    ///
    /// # Errors
    /// The journal does not answer.
    pub(super) async fn still_firing(&self, caller: &Caller) -> Result<String, Refusal> {
        let (eyes, settings) = (self.seen_by(&caller.person), self.settings());
        let (mut known, mut told) = (BTreeMap::new(), Vec::new());
        for row in eyes.situations(SituationFilter::Recent { limit: LOOKED }).await? {
            let Some(id) = row.incident.filter(|_| row.is_open && row.situation.firing > 0) else { continue };
            if let Entry::Vacant(place) = known.entry(id) {
                let incident = eyes.incident(id).await?;
                let is_hidden = incident.restricted.is_some() && caller.is_overheard_on(id);
                place.insert((!is_hidden).then_some(incident.phase));
            }
            let Some(Some(phase)) = known.get(&id) else { continue };
            let (s, named) = (&row.situation, settings.policy.names.phase(*phase));
            let line = format!(
                "S-{} {} – {}, {} firing of {}, from {}; belongs to {id}, {named}",
                row.id,
                s.title,
                s.severity.word(),
                s.firing,
                s.total,
                s.source,
            );
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
        Ok(lines.join("\n"))
    }
}
