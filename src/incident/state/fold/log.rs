//! What a redaction takes out of sight, and the alerts that are linked.

use chrono::{DateTime, Utc};

use super::*;
use crate::incident::event::AlertRef;

impl Incident {
    /// A redacted entry's words leave the card and the briefing too.
    pub(super) fn forget(&mut self, seq: u64) {
        self.cans.retain(|_, can| can.seq != seq);
        self.links.retain(|link| link.seq != seq);
        for action in &mut self.actions {
            if action.seq == seq {
                action.text = "[redacted]".into();
            }
            if action.reported_in == Some(seq) {
                action.result = Some("[redacted]".into());
            }
        }
        for proposal in self.proposals.iter_mut().filter(|proposal| proposal.seq == seq) {
            proposal.text = "[redacted]".into();
        }
        for task in &mut self.tasks {
            if task.seq == seq {
                task.text = "[redacted]".into();
            }
            if task.reported_in == Some(seq) {
                task.result = Some("[redacted]".into());
            }
        }
    }

    pub(super) fn link_alerts(&mut self, situation: Situation, alerts: &[AlertRef]) {
        let started = alerts.iter().filter_map(|alert| alert.starts_at).min();
        self.milestones.impact_started = earliest(self.milestones.impact_started, started);
        self.milestones.detected = earliest(self.milestones.detected, started);
        self.situations.insert(situation.id, situation);
    }

    pub(super) fn count_alerts(&mut self, situation: i64, firing: u64, total: u64) {
        if let Some(linked) = self.situations.get_mut(&situation) {
            linked.firing = firing;
            linked.total = total;
        }
    }
}

fn earliest(a: Option<DateTime<Utc>>, b: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
