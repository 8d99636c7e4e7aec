//! Reminders by other settings: what is open is reminded from the change on as if they had always held. What was promised to the
//! public stays as it was promised.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Desk, policy, refuse, submit::TRIES_MAX};
use crate::{
    incident::{command::TimerKind, decide::Policy, id::IncidentId, refusal::Refusal, severity::Severity},
    journal::{
        Append, JournalError, Mark,
        rows::{IncidentFilter, TimerRow},
    },
};

/// Where the journal keeps the settings that reminders were set by.
const DESTINATION: &str = "house";
const SUBJECT: &str = "reminders";
const NAME: &str = "set-by";

impl Desk {
    /// Sets the reminders of what is open anew, if they were set by other settings than those of now.
    ///
    /// # Errors
    /// The journal is out of reach: they are set anew the next time.
    pub(super) async fn remind_by_settings(&self) -> Result<(), Refusal> {
        let mut reminding_by = self.reminding_by.lock().await;
        let settings = self.settings();
        if reminding_by.as_ref().is_some_and(|known| Arc::ptr_eq(known, &settings)) {
            return Ok(());
        }
        let kept = self.journal.bound(DESTINATION, SUBJECT).await.map_err(refuse)?;
        let before = kept.into_iter().find(|(name, _)| name == NAME).map(|(_, cadence)| cadence);
        let (before, cadence) = (before.unwrap_or_default(), cadence(&settings.policy));
        if before != cadence {
            let filter = IncidentFilter { limit: u32::MAX, ..IncidentFilter::open() };
            let open = self.journal.incidents(filter).await.map_err(refuse)?;
            let mut first_updates =
                self.journal.timers_due(DateTime::<Utc>::MAX_UTC, u32::MAX).await.map_err(refuse)?;
            first_updates.retain(|timer| timer.kind == TimerKind::FirstUpdateDue);
            for row in open {
                if line(&before, row.severity) == line(&cadence, row.severity) {
                    continue;
                }
                match self.remind_anew(row.id, &first_updates, &settings.policy).await {
                    // It must not keep the others from it.
                    Err(error @ JournalError::Damaged { .. }) => {
                        tracing::error!(incident = %row.id, %error, "its reminders stay as they were");
                    }
                    done => done.map_err(refuse)?,
                }
            }
            self.journal.bind(DESTINATION, SUBJECT, NAME, &cadence).await.map_err(refuse)?;
        }
        *reminding_by = Some(settings);
        Ok(())
    }

    /// Sets the reminders of one incident, which hold where nothing was written on it meanwhile. Its deadlines for a first word to
    /// the public are those of the new settings alone: each has a name of its own, so those of before are taken away.
    async fn remind_anew(
        &self,
        id: IncidentId,
        first_updates: &[TimerRow],
        by: &Policy,
    ) -> Result<(), JournalError> {
        let done = |timer: &TimerRow| Mark::TimerDone { id: timer.id.clone(), due_at: timer.due_at };
        for _ in 0..TRIES_MAX {
            let Some((incident, last)) = self.journal.load(id).await? else { return Ok(()) };
            let entries = self.stored_from(id, 1).await?;
            let timers = policy::reminders(&incident, &entries, by, self.world.now());
            let marks: Vec<Mark> =
                first_updates.iter().filter(|timer| timer.incident == id).map(done).collect();
            if timers.is_empty() && marks.is_empty() {
                return Ok(());
            }
            let after = Some((incident.seq, last));
            let append = Append { incident: Some(id), after, timers, marks, ..Append::default() };
            match self.append(append).await {
                Err(JournalError::Conflict) => {}
                done => return done,
            }
        }
        Err(JournalError::Conflict)
    }
}

/// What reminders are set by, a line for each severity: minutes, and the roles that somebody should hold.
fn cadence(policy: &Policy) -> String {
    let of = |severity: Severity| {
        let roles: Vec<&str> = policy.wanted(severity).iter().map(|role| role.slug()).collect();
        format!(
            "executives {} silence {} public {} reports {} roles {} {}",
            policy.exec_update_minutes(severity),
            policy.silence_minutes(severity),
            policy.first_post_minutes(severity),
            policy.can_minutes(severity),
            policy.roles_minutes(severity),
            roles.join(",")
        )
    };
    Severity::ALL.map(of).join("\n")
}

fn line(cadence: &str, severity: Severity) -> Option<&str> {
    cadence.lines().nth(usize::from(severity.level() - 1))
}
