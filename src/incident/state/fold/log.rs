//! What a redaction takes out of sight, and the alerts that are linked.

use super::*;
use crate::incident::event::AlertRef;

impl Incident {
    /// A redacted entry's words leave the card and the briefing too.
    pub(super) fn forget(&mut self, seq: u64) {
        self.cans.retain(|_, can| can.seq != seq);
        self.pins.remove(&seq);
        self.links.retain(|link| link.seq != seq);
        self.fields.retain(|_, known| known.seq != seq);
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

    pub(super) fn link_alerts(&mut self, situation: Situation, alerts: &[AlertRef], entry: &Entry) {
        if let Some(started) = alerts.iter().filter_map(|alert| alert.starts_at).min() {
            for milestone in [Milestone::Began, Milestone::Detected] {
                self.milestones.reach_earlier(milestone, started, Origin::alert(entry));
            }
        }
        self.situations.insert(situation.id, situation);
    }

    pub(super) fn count_alerts(
        &mut self,
        situation: i64,
        firing: u64,
        total: u64,
        acknowledged: u64,
        is_flapping: bool,
    ) {
        if let Some(linked) = self.situations.get_mut(&situation) {
            linked.is_flapping = is_flapping;
            linked.firing = firing;
            linked.total = total;
            linked.acknowledged = acknowledged;
        }
    }
}
