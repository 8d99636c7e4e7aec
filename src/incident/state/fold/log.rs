//! What a redaction takes out of sight, and the alerts that are linked.

use super::*;
use crate::incident::event::AlertRef;

impl Incident {
    /// Whether these are the words of a post that was published.
    pub fn is_public(&self, seq: u64) -> bool {
        match self.words_in.get(&seq) {
            Some(Wording::Draft(n)) => self.post(*n).is_some_and(|post| post.published.is_some()),
            _ => false,
        }
    }

    /// The draft, neither public nor dropped, whose words this entry has: without them it is dropped.
    pub fn open_draft_in(&self, seq: u64) -> Option<u32> {
        let Some(Wording::Draft(n)) = self.words_in.get(&seq) else { return None };
        self.open_posts().map(|post| post.n).find(|open| open == n)
    }

    /// Remembers which entry the words are from that stand here now.
    pub(super) fn note_words(&mut self, entry: &Entry) {
        let words = match &entry.event {
            Event::Declared { .. } | Event::Retitled { .. } => Wording::Title,
            Event::Summarized { .. } => Wording::Summary,
            Event::ObjectiveSet { n, .. } => Wording::Objective(*n),
            Event::ActionsStopped { .. } => Wording::Stop,
            Event::PeriodStarted { .. } => Wording::Emphasis,
            Event::UpdateDrafted { n, .. } => Wording::Draft(*n),
            Event::UpdateDropped { n, .. } => Wording::Dropped(*n),
            _ => return,
        };
        self.words_in.retain(|_, known| *known != words);
        self.words_in.insert(entry.seq, words);
    }

    fn forget_words(&mut self, words: Wording) {
        let redacted = || "[redacted]".to_owned();
        match words {
            Wording::Title => self.title = redacted(),
            Wording::Summary => self.summary = redacted(),
            Wording::Objective(n) => {
                for objective in self.objectives.iter_mut().filter(|objective| objective.n == n) {
                    objective.text = redacted();
                }
            }
            Wording::Stop => {
                if let Some(stop) = &mut self.stop {
                    stop.reason = redacted();
                }
            }
            Wording::Emphasis => {
                if let Some(period) = &mut self.period {
                    period.emphasis = redacted();
                }
            }
            Wording::Draft(n) => {
                if let Some(post) = self.post_mut(n) {
                    (post.draft.title, post.draft.text) = (redacted(), redacted());
                    post.draft.texts.clear();
                    // Other words than those that were approved; what says nothing any more is for nobody.
                    post.approval = None;
                    post.dropped.get_or_insert_with(|| "its words were redacted".to_owned());
                }
            }
            Wording::Dropped(n) => {
                if let Some(post) = self.post_mut(n) {
                    post.dropped = Some(redacted());
                }
            }
        }
    }

    /// A redacted entry's words leave the card and the briefing too, and are sent to no phone any more.
    pub(super) fn forget(&mut self, seq: u64) {
        if !self.is_public(seq)
            && let Some(words) = self.words_in.remove(&seq)
        {
            self.forget_words(words);
        }
        self.cans.retain(|_, can| can.seq != seq);
        self.cans.values_mut().for_each(|can| can.uncorrect(seq));
        for hazard in self.hazards.iter_mut().filter(|hazard| hazard.seq == seq) {
            hazard.text = "[redacted]".into();
            if !hazard.mitigation.is_empty() {
                hazard.mitigation = "[redacted]".into();
            }
        }
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
        for paging in self.pagings.iter_mut().filter(|paging| paging.seq == seq) {
            paging.about.clear();
        }
        for proposal in self.proposals.iter_mut().filter(|proposal| proposal.seq == seq) {
            proposal.text = "[redacted]".into();
        }
        let progress = self.plays.iter_mut().flat_map(|play| &mut play.progress);
        for one in progress.filter(|one| one.seq == seq && !one.words.is_empty()) {
            one.words = "[redacted]".into();
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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::incident::event::{Actor, CanParts, Entry, Event, TimeSource, samples};

    /// Put together here, so that it is found in nothing else.
    const WORDS: &str = "the zanzibar leak";

    fn words() -> String {
        WORDS.to_owned()
    }

    fn drafted() -> Event {
        let mut event = samples::event("update.drafted");
        if let Event::UpdateDrafted { draft, .. } = &mut event {
            (draft.title, draft.text) = (words(), words());
            draft.texts = [("x".to_owned(), words())].into();
        }
        event
    }

    /// What was done, each with words of its own.
    fn acts() -> Vec<Event> {
        let worded = |name: &String| {
            let mut act = samples::event(name);
            *act.words_of_act_mut()? = words();
            Some(act)
        };
        samples::names().iter().filter_map(worded).collect()
    }

    fn redactable() -> Vec<Event> {
        let at: DateTime<Utc> = "2026-01-02T03:15:00Z".parse().unwrap();
        let ada = Person::named("Ada").unwrap();
        vec![
            Event::Noted { text: words(), until: None, is_mark: false },
            Event::DecisionRecorded { text: words() },
            Event::CanReported { service: words(), conditions: words(), actions: words(), needs: words() },
            Event::LinkAdded { label: words(), url: words(), sum: None },
            Event::TaskAssigned { n: 2, text: words(), owner: ada.clone(), due_at: Some(at) },
            Event::TaskReported { n: 1, result: words() },
            Event::TaskDeclined { n: 1, owner: ada.clone(), reason: words(), to: None },
            Event::TaskReopened { n: 1, reason: words(), owner: None, due_at: None },
            Event::HazardNamed { n: 2, text: words(), mitigation: words(), by: None },
            Event::HazardCleared { n: 1, reason: words() },
            Event::ActionAnnounced {
                n: 2,
                text: words(),
                is_risky: true,
                waits_for: vec![],
                minutes: Some(5),
                is_stopped: false,
            },
            Event::ActionDone { n: 1, result: words(), without_go: false, is_stopped: false },
            Event::ProposalMade { n: 2, text: words(), ends_at: at },
            Event::ProposalObjected { n: 1, reason: words() },
            Event::AssistAsked { text: words(), asked: vec![ada.clone()] },
            Event::PagingBegun {
                n: 1,
                escalation: None,
                about: words(),
                steps: vec![],
                rounds: 1,
                again_minutes: 5,
                is_automatic: false,
            },
            Event::StepDone { playbook: "p".into(), step: "P1".into(), text: String::new(), result: words() },
            Event::StepSkipped {
                playbook: "p".into(),
                step: "P1".into(),
                text: String::new(),
                reason: words(),
            },
            Event::FieldSet { field: "customer".into(), value: words() },
            Event::ExecutiveAsked { words: words(), commander: ada, who: None },
            drafted(),
            Event::EntryCorrected {
                target: 5,
                text: words(),
                occurred_at: None,
                reason: words(),
                can: Some(CanParts {
                    conditions: Some(words()),
                    actions: Some(words()),
                    needs: Some(words()),
                }),
            },
        ]
    }

    #[test]
    fn what_was_redacted_is_in_no_state_any_more() {
        let mut all = redactable();
        all.extend(acts());
        for name in samples::names() {
            let is_here = all.iter().any(|event| event.name() == name);
            let event = samples::event(&name);
            let has_words = event.clone().words_of_act_mut().is_some();
            assert_eq!(is_here, event.is_redactable() || has_words, "{name}");
        }
        for event in all {
            let mut seq = 0;
            let mut entry = |event: Event| {
                seq += 1;
                let at = "2026-01-02T03:00:00Z".parse().unwrap();
                Entry {
                    incident: "INC-1".parse().unwrap(),
                    seq,
                    id: Uuid::from_u128(u128::from(seq)),
                    occurred_at: at,
                    time_source: TimeSource::House,
                    recorded_at: at,
                    actor: Actor { person: Person::named("Ada").unwrap(), role: None, via: "test".into() },
                    event,
                }
            };
            let mut incident = Incident::open(&entry(samples::event("incident.declared"))).unwrap();
            // What a report, or an objection, is about.
            for name in [
                "task.assigned",
                "action.announced",
                "proposal.made",
                "can",
                "hazard.named",
                "update.drafted",
            ] {
                incident.apply(&entry(samples::event(name)));
            }
            let playbook = serde_json::json!({"id": "p", "title": "P", "steps": [{"id": "P1", "role": "ic", "text": "x"}]});
            incident
                .apply(&entry(Event::PlaybookBegun { playbook: serde_json::from_value(playbook).unwrap() }));
            let said = entry(event);
            incident.apply(&said);
            incident.apply(&entry(Event::EntryRedacted { target: said.seq, reason: String::new() }));
            let state = serde_json::to_string(&incident).unwrap();
            assert!(!state.contains(WORDS), "{}: {state}", said.event.name());
        }
    }
}
