//! What the house knows of an incident, for completion while somebody types.

use std::sync::Arc;

use crate::{
    desk::Desk,
    grammar::Completions,
    incident::id::IncidentId,
    journal::rows::{IncidentFilter, SituationFilter},
    people::Person,
};

/// Incidents and situations offered at most.
const LISTED_MAX: u32 = 100;
/// Entries looked at for corrections, from the end of the timeline.
const ENTRIES_BACK: u64 = 60;
/// Names of the entries that can be corrected or redacted one by one.
const ACCOUNTS: [&str; 3] = ["note", "decision.recorded", "can"];

/// What can be completed in the place of `incident`, of what the asker may see. Whatever cannot be read just now is left out.
pub async fn completions(
    desk: &Arc<Desk>,
    asker: &Person,
    incident: Option<IncidentId>,
    components: &[String],
) -> Completions {
    let same = |text: &String| (text.clone(), text.clone());
    let mut known =
        Completions { components: components.iter().map(same).collect(), ..Completions::default() };
    let settings = desk.settings();
    let taxonomy = &settings.policy.taxonomy;
    let own = settings.policy.roles.own();
    known.roles =
        own.iter().map(|role| (format!("{} – {role}", role.slug()), role.slug().to_owned())).collect();
    let playbooks = settings.policy.playbooks.iter();
    known.playbooks = playbooks.map(|one| (format!("{} – {}", one.id, one.title), one.id.clone())).collect();
    let means = &settings.policy.paging;
    known.rosters = means.rosters.iter().map(|one| same(&one.name)).collect();
    known.escalations = means.escalations.iter().map(|one| same(&one.name)).collect();
    let reached = settings.people.values().filter(|one| means.reach.contains_key(&one.id));
    known.on_call = reached.map(|one| (one.name.clone(), format!("@{}", one.id))).collect();
    known.types = taxonomy.types.iter().map(|one| same(&one.name)).collect();
    let eyes = desk.seen_by(asker);
    if let Ok(rows) = eyes.list(IncidentFilter { limit: LISTED_MAX, ..IncidentFilter::open() }).await {
        known.incidents =
            rows.iter().map(|row| (format!("{} {}", row.id, row.title), row.id.to_string())).collect();
    }
    if let Ok(rows) = desk.situations(SituationFilter::Free { limit: LISTED_MAX }).await {
        known.situations = rows
            .iter()
            .map(|row| (format!("S-{} {}", row.id, row.situation.title), format!("S-{}", row.id)))
            .collect();
    }
    let Some(id) = incident else { return known };
    let Ok(state) = eyes.incident(id).await else { return known };
    known.fields = taxonomy
        .fields_of(state.incident_type.as_deref())
        .map(|field| (field.told(), field.name.clone()))
        .collect();
    known.add(&state);
    if let Ok(lines) = eyes.timeline(id, state.seq.saturating_sub(ENTRIES_BACK).max(1)).await {
        known.entries = lines
            .iter()
            .rev()
            .filter(|line| line.redacted_by.is_none() && ACCOUNTS.contains(&line.name))
            .map(|line| (format!("{} {}", line.seq, line.text), line.seq.to_string()))
            .collect();
    }
    known
}
