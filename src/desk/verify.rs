//! Verification: the chain of an incident, and that what is shown of it in lists is what it says.

use serde::{Deserialize, Serialize};

use super::{Desk, no_such, refuse};
use crate::{
    incident::{chain::Verifier, id::IncidentId, refusal::Refusal, state::Incident},
    journal::{JournalError, rows::IncidentRow},
};

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    pub incident: IncidentId,
    pub entries: u64,
    pub head: String,
    pub problems: Vec<String>,
}

impl Desk {
    /// Checks the chain of an incident and that its projections say what it says. Returns what is wrong; nothing
    /// wrong is an empty list. Also returns the number of entries and the head of the chain.
    pub async fn verify(&self, id: IncidentId) -> Result<Verified, Refusal> {
        let mut verifier = Verifier::new(id);
        let mut problems = Vec::new();
        let mut state: Option<Incident> = None;
        let mut from = 1;
        let mut looked_for = None;
        loop {
            let page = match self.journal.entries(id, from, 1_000).await {
                Ok(page) => page,
                Err(JournalError::Damaged { what, why }) => {
                    problems.push(format!("{what}: {why}"));
                    break;
                }
                Err(error) => return Err(refuse(error)),
            };
            let Some(last) = page.last() else {
                let Some(state) = state.as_ref().filter(|_| problems.is_empty()) else { break };
                match self.other_row(id, state).await {
                    None => break,
                    // Row and entries are written in one transaction, so somebody wrote meanwhile: read on. If there
                    // is nothing more to read, the row says what the timeline does not.
                    Some((seq, _)) if seq > state.seq && looked_for != Some(seq) => looked_for = Some(seq),
                    Some((_, problem)) => {
                        problems.push(problem);
                        break;
                    }
                }
                continue;
            };
            from = last.seq + 1;
            for sealed in &page {
                match verifier.next(sealed) {
                    Ok(entry) => match &mut state {
                        None => state = Incident::open(&entry),
                        Some(state) => state.apply(&entry),
                    },
                    Err(broken) => problems.push(broken.to_string()),
                }
            }
        }
        if verifier.seq == 0 && problems.is_empty() {
            return Err(no_such(id));
        }
        Ok(Verified { incident: id, entries: verifier.seq, head: verifier.head, problems })
    }

    /// The last entry that the list row knows, and what is wrong with the row, if it does not say what this state says.
    async fn other_row(&self, id: IncidentId, state: &Incident) -> Option<(u64, String)> {
        match self.journal.incident_row(id).await {
            Ok(Some(row)) if row == IncidentRow::of(state) => None,
            Ok(Some(row)) => Some((
                row.seq,
                format!(
                    "{id}: the list row differs from the timeline (row: {row:?}). `commandpost rebuild` makes it anew."
                ),
            )),
            Ok(None) => {
                Some((0, format!("{id}: the list row is missing. `commandpost rebuild` makes it anew.")))
            }
            Err(error) => Some((0, error.to_string())),
        }
    }
}
