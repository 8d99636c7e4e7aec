//! Why a situation is what it is, as one person may know it.

use std::sync::Arc;

use super::{Desk, ruled};
use crate::{
    alert::explain::{Became, Explanation},
    incident::refusal::Refusal,
    journal::rows::SituationFilter,
    people::Person,
};

impl Desk {
    /// Looks at the rules again for a situation, and says what became of it.
    ///
    /// # Errors
    /// Not found.
    pub async fn explain(self: &Arc<Self>, id: i64, person: &Person) -> Result<Explanation, Refusal> {
        let eyes = self.seen_by(person);
        let missing = || {
            Refusal::not_found(
                format!("There is no group of alerts S-{id}."),
                "`alerts` lists those that are open; GET /api/v1/situations also the last ones.",
            )
        };
        let row = eyes.situations(SituationFilter::One(id)).await?.into_iter().next().ok_or_else(missing)?;
        let alerts = self.to_judge(&row).await?;
        let mut open = self.open_incidents().await?;
        let mut seen = Vec::new();
        for one in open.incidents {
            if let Ok(incident) = one.id.parse()
                && eyes.may_see(incident).await
            {
                seen.push(one);
            }
        }
        open.incidents = seen;
        let flapping = self.flaps(&row);
        let mut situation = row.situation;
        situation.incident = row.incident.map(|incident| incident.to_string());
        let rules = self.rules();
        let (lead, _) = rules.judge(&situation, ruled::judged(&alerts), &open).ok_or_else(missing)?;
        let mut told = Explanation::of(&rules, &format!("S-{id}"), &situation, lead, &open);
        told.flapping = flapping;
        told.became = row.decided.map(|decision| Became {
            decision,
            reason: row.verdict.map(|verdict| verdict.reason),
            incident: situation.incident.clone(),
        });
        Ok(told)
    }
}
