//! Reminders by other settings: what is open is reminded from the change on as if they had always held. What was promised to the
//! public stays as it was promised.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};

use super::{Desk, policy, refuse, submit::TRIES_MAX};
use crate::{
    incident::{command::TimerKind, decide::Policy, id::IncidentId, refusal::Refusal, severity::Severity},
    journal::{Append, JournalError, Mark, rows::IncidentFilter},
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
            let mut first_updates = self.first_updates().await.map_err(refuse)?;
            for row in open {
                if line(&before, row.severity) == line(&cadence, row.severity) {
                    continue;
                }
                let taken_away = first_updates.remove(&row.id).unwrap_or_default();
                match self.remind_anew(row.id, &taken_away, &settings.policy).await {
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

    /// What takes away the deadlines for a first word to the public that are set.
    async fn first_updates(&self) -> Result<BTreeMap<IncidentId, Vec<Mark>>, JournalError> {
        let mut found: BTreeMap<IncidentId, Vec<Mark>> = BTreeMap::new();
        for timer in self.journal.timers_due(DateTime::<Utc>::MAX_UTC, u32::MAX).await? {
            if timer.kind == TimerKind::FirstUpdateDue {
                let done = Mark::TimerDone { id: timer.id, due_at: timer.due_at };
                found.entry(timer.incident).or_default().push(done);
            }
        }
        Ok(found)
    }

    /// Sets the reminders of one incident, which hold where nothing was written on it meanwhile. Its deadlines for a first word to
    /// the public are those of the new settings alone: each has a name of its own, so those of before are taken away.
    async fn remind_anew(
        &self,
        id: IncidentId,
        taken_away: &[Mark],
        by: &Policy,
    ) -> Result<(), JournalError> {
        for _ in 0..TRIES_MAX {
            let Some((incident, last)) = self.journal.load(id).await? else { return Ok(()) };
            let entries = self.stored_from(id, 1).await?;
            let timers = policy::reminders(&incident, &entries, by, self.world.now());
            let marks = taken_away.to_vec();
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

/// What reminders are set by, a line for each severity: minutes, and the roles that somebody should hold. A deadline for a first
/// word to the public stays when the severity is lowered, so those of all severities count for each.
fn cadence(policy: &Policy) -> String {
    let of = |severity: Severity| {
        let roles: Vec<&str> = policy.wanted(severity).iter().map(|role| role.slug()).collect();
        format!(
            "executives {} silence {} public {:?} reports {} roles {} {}",
            policy.exec_update_minutes(severity),
            policy.silence_minutes(severity),
            policy.first_post_minutes,
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
