//! What must hold: of each entry, of what follows from it, and of the state.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use commandpost::{
    desk::policy::consequences,
    incident::{
        command::TimerKind,
        event::{Entry, Event},
        kind::Kind,
        milestone::Milestone,
        paging::Act,
        phase::Phase,
        role::Role,
        sentence::sentence,
        state::{ActionState, Incident, Place, TaskState},
        timeline,
    },
    journal::rows::{PublicPostRow, TimerRow, What},
    people::Person,
    post,
};

use super::Played;

impl Played {
    pub fn check_entry(&self, before: &Incident, entry: &Entry) {
        let after = self.incident.as_ref().unwrap();
        // The token moves by these two events alone.
        let moves =
            matches!(entry.event, Event::CommandTransferred { .. } | Event::CommandEstablished { .. });
        assert!(moves || before.commander == after.commander, "{entry:?}");
        if let Event::CommandTransferred { from, to, .. } = &entry.event {
            assert_eq!((from, to), (&before.commander, &after.commander));
        }
        if let Event::UpdatePublished { n, .. } = &entry.event {
            let post = before.post(*n).unwrap();
            let approval = post::standing_approval(before, post, entry.occurred_at).unwrap();
            assert!(post.published.is_none() && post.dropped.is_none());
            assert!(approval.by != post.author || approval.alone.is_some() || !self.policy.two_person);
            assert_eq!(after.post(*n).unwrap().draft, post.draft, "published word for word");
        }
        let is_house = entry.actor.person == Person::house();
        match &entry.event {
            // By force with a reason, by acceptance, from the house, or after a silence that was brought to whoever takes it.
            Event::CommandTransferred { without_outgoing_brief: true, reason, .. } => {
                assert!(!reason.is_empty() || before.commander == Person::house(), "{entry:?}");
            }
            // Nobody gives the go over a stop, and nobody alone where somebody else could be asked.
            Event::ActionCleared { n } => {
                let action = before.action(*n).unwrap();
                assert!(before.stop.is_none() && action.state.is_open());
                let clears = before.who_clears(&action.by);
                assert!(action.by != entry.actor.person || clears.contains(&action.by), "{entry:?}");
            }
            // Never twice within a minute unless it has waited for three, never in peace.
            Event::Nudged { .. } => {
                assert!(is_house && before.phase.is_active());
                let at = before.time_at(entry.recorded_at);
                let last = before.silence.reminded_at;
                let is_apart = last.is_none_or(|last| at - last >= Duration::minutes(1));
                let heard = before.silence.command.heard_at.unwrap_or(before.silence.heard_at);
                let minutes = i64::from(self.policy.silence_minutes(before.severity)) + 3;
                let has_waited = at - heard.min(before.silence.heard_at) >= Duration::minutes(minutes);
                assert!(is_apart || has_waited, "{last:?} {at}");
                assert!(before.silence.quiet_until.is_none_or(|until| at >= until));
            }
            // Who declines a task had it, and only what was reported as done is opened again.
            Event::TaskDeclined { n, owner, to, .. } => {
                assert!(before.task(*n).unwrap().is_of(owner) && to.as_ref() != Some(owner), "{entry:?}");
                assert!(after.task(*n).unwrap().is_free());
            }
            Event::TaskReopened { n, due_at, .. } => {
                assert_eq!(before.task(*n).unwrap().state, TaskState::Reported);
                let task = after.task(*n).unwrap();
                assert!(task.state.is_open() && task.result.is_none() && task.due_at == *due_at);
            }
            // Who named a hazard clears it, or who answers for safety.
            Event::HazardCleared { n, .. } => {
                let hazard = before.hazard(*n).unwrap();
                let roles = before.roles_of(&entry.actor.person);
                let answers = roles.iter().any(|role| matches!(role.rights(), "ic" | "deputy" | "safety"));
                assert!(hazard.is_open && (answers || hazard.by == entry.actor.person), "{entry:?}");
            }
            // Each begins once; a check of the installation has none by itself.
            Event::PlaybookBegun { playbook } => {
                assert!(before.play(&playbook.id).is_none() && playbook.steps.len() < 4);
            }
            // Who ticks a step answers for it or leads; what must be approved only its role.
            Event::StepDone { playbook, step, .. } | Event::StepSkipped { playbook, step, .. } => {
                let me = &entry.actor.person;
                let is_it = |place: &Place<'_>| place.play.playbook.id == *playbook && place.step.id == *step;
                let place = before.steps().find(is_it).unwrap();
                assert!(place.progress.is_open() && place.step.when.holds(before), "{entry:?}");
                let leads = before
                    .roles_of(me)
                    .iter()
                    .any(|role| matches!(role.rights(), "ic" | "deputy" | "ops" | "scribe"));
                let answers = before.answers_for_step(place.step, me);
                assert!(answers || leads && place.step.approve.is_none(), "{entry:?}");
            }
            // The house opens only what repeats, in its time, and not in peace.
            Event::StepReopened { playbook, step, .. } if is_house => {
                let is_it = |place: &Place<'_>| place.play.playbook.id == *playbook && place.step.id == *step;
                let place = before.steps().find(is_it).unwrap();
                let at = before.time_at(entry.recorded_at);
                assert!(place.progress.again_at.is_some_and(|again| again <= at), "{entry:?}");
                assert!(before.phase.is_active());
                assert!(before.silence.quiet_until.is_none_or(|until| at >= until));
            }
            // Nobody is called twice by one step, for what is over, or after somebody answered.
            Event::Paged { n, step, round, called, pagers, is_rehearsal, .. } => {
                let paging = before.paging(*n).unwrap();
                assert!(is_house && paging.is_open() && before.phase.is_active());
                assert!(paging.taken.is_none_or(|(last, of)| (of, last) < (*round, *step)), "{entry:?}");
                let is_real = before.kind() == Kind::Real;
                assert_eq!(*is_rehearsal, !is_real);
                assert!(
                    is_real
                        || pagers.is_empty() && called.iter().all(|one| one.by.iter().all(|by| by == "safe"))
                );
            }
            _ => {}
        }
        // An executive is asked once in ten minutes, and nothing else is done.
        if matches!(entry.event, Event::ExecutiveAsked { .. }) {
            let last = before.executive_asked;
            assert!(last.is_none_or(|last| entry.occurred_at - last >= Duration::minutes(10)));
            assert!(before.roles_of(&entry.actor.person).is_empty() && entry.actor.person.name == "Di");
        }
        // A closed incident of a type has what the type asks for.
        if matches!(entry.event, Event::PhaseChanged { to: Phase::Closed, .. }) && !is_house {
            let is_security = before.incident_type.as_deref() == Some("security");
            assert!(!is_security || before.fields.contains_key("ticket"), "{entry:?}");
        }
        // What was said to the public stays said.
        for post in before.posts.iter().filter(|post| post.published.is_some()) {
            let now = after.post(post.n).unwrap();
            assert_eq!((&now.draft, &now.author), (&post.draft, &post.author));
        }
    }

    pub fn check_consequences(&self, entries: &[Entry]) -> Vec<TimerRow> {
        let incident = self.incident.as_ref().unwrap();
        let follows = consequences(incident, entries, &self.policy, &self.chats, self.now);
        let published: Vec<u32> = entries
            .iter()
            .filter_map(|entry| match entry.event {
                Event::UpdatePublished { n, .. } => Some(n),
                _ => None,
            })
            .collect();
        let is_real = incident.kind() == Kind::Real;
        for delivery in &follows.deliveries {
            match &delivery.what {
                What::Post { n } => assert!(is_real && published.contains(n), "{delivery:?}"),
                What::Page { n, act, .. } => {
                    assert!(is_real || delivery.destination == "pager:safe", "{delivery:?}");
                    assert!(*act != Act::Trigger || incident.paging(*n).unwrap().is_open(), "{delivery:?}");
                    continue;
                }
                _ => assert!(self.chats.contains(&delivery.destination), "{delivery:?}"),
            }
            assert!(is_real || self.chats.contains(&delivery.destination), "{delivery:?}");
        }
        let expected = if is_real { published.len() } else { 0 };
        assert_eq!(PublicPostRow::of(incident, entries).len(), expected);
        for timer in &follows.timers {
            match &timer.kind {
                TimerKind::MergedIn(luggage) => {
                    assert_eq!((luggage.from, incident.phase), (incident.id, Phase::Merged));
                    assert_eq!(Some(timer.incident), incident.merged_into);
                }
                TimerKind::Child { child, .. } => assert_eq!(*child, incident.id),
                TimerKind::Parted { parent } => assert_eq!(*parent, incident.id),
                TimerKind::Regroup { was, into } => {
                    assert_eq!((*was, Some(*into)), (incident.id, incident.merged_into));
                }
                TimerKind::Redacted { .. } => assert_ne!(timer.incident, incident.id),
                _ => assert_eq!(timer.incident, incident.id),
            }
        }
        follows.timers
    }

    pub fn check_state(&self) {
        let incident = self.incident.as_ref().unwrap();
        assert!(!incident.commander.id.is_empty());
        assert_eq!(incident.holders(&Role::ic()), [&incident.commander]);
        assert!(
            incident.roles.iter().all(|held| !held.role.is_command()),
            "nobody holds command beside its token"
        );
        assert_eq!(incident.commanders.last().unwrap().0, incident.commander);
        // One holder of the token, and nobody twice beside it.
        let commanding: BTreeSet<&str> = incident.commanding().iter().map(|one| one.id.as_str()).collect();
        assert_eq!(commanding.len(), incident.joined.len() + 1, "{:?}", incident.joined);
        for one in incident.commanding() {
            assert!(incident.roles_of(one).contains(&Role::ic()), "{one}");
        }
        // Unity of command: one supervisor each, and every way up ends at a commander.
        for part in incident.participants.values() {
            let mut at = &part.person;
            for _ in 0..=incident.participants.len() {
                at = incident.supervisor(at).unwrap_or(at);
            }
            assert!(incident.has_command(at), "{:?}", incident.reports_to);
        }
        // What others read is told nothing more of what is restricted.
        assert!(incident.restricted.is_none() || incident.parent.is_none());
        let mut single: BTreeMap<&Role, usize> = BTreeMap::new();
        for held in &incident.roles {
            *single.entry(&held.role).or_default() += 1;
        }
        for (role, holders) in single {
            assert!(role.holders_max().is_none_or(|max| holders <= max), "{role}: {holders}");
        }
        // The fold and the timeline agree on the key moments.
        let lines = timeline::lines(self.entries.iter().cloned(), &|at: chrono::DateTime<chrono::Utc>| {
            at.to_string()
        });
        let pinned: Vec<u64> = lines.iter().filter(|line| line.pinned).map(|line| line.seq).collect();
        assert_eq!(pinned, incident.pins.iter().copied().collect::<Vec<_>>());
        // And on what was last reported, whatever of it was corrected or hidden.
        for (service, can) in &incident.cans {
            let (service, conditions) = (service.clone(), can.conditions.clone());
            let (actions, needs) = (can.actions.clone(), can.needs.clone());
            let report = Event::CanReported { service, conditions, actions, needs };
            let line = lines.iter().find(|line| line.seq == can.seq).unwrap();
            assert_eq!(
                (line.text.as_str(), line.occurred_at),
                (sentence(&report, &|at: chrono::DateTime<chrono::Utc>| at.to_string()).as_str(), can.at)
            );
        }
        // Nobody is asked whether they take command who has a part in it.
        if let Some(question) = &incident.executive_question {
            assert!(incident.phase.is_active() && incident.roles_of(&question.to).is_empty());
        }
        if incident.phase.is_over() {
            assert!(incident.command_offer.is_none() && incident.offers.is_empty());
            assert!(incident.next_update_due.is_none());
        }
        if incident.stop.is_some() {
            let mut open = incident.open_actions();
            assert!(
                open.all(|one| one.due_at.is_none() && !(one.is_risky && one.state == ActionState::Going))
            );
        }
        if incident.phase.is_over() {
            assert!(incident.stop.is_none() && incident.open_proposals().next().is_none());
            assert!(incident.roll_call.is_none() && incident.period.is_none());
        }
        assert_eq!(incident.milestones.closed.is_some(), incident.phase.is_over());
        // Every time says where it comes from.
        let times: Vec<Milestone> = incident.milestones.reached().map(|(milestone, _)| milestone).collect();
        assert_eq!(incident.milestones.origins.keys().copied().collect::<Vec<_>>(), times);
        for (n, entry) in self.entries.iter().enumerate() {
            assert_eq!(entry.seq, n as u64 + 1);
        }
        let mut entries = self.entries.iter();
        let mut folded = Incident::open(entries.next().unwrap()).unwrap();
        entries.for_each(|entry| folded.apply(entry));
        assert_eq!(&folded, incident, "folding the same entries gives the same state");
        let stored = serde_json::to_string(incident).unwrap();
        assert_eq!(&serde_json::from_str::<Incident>(&stored).unwrap(), incident);
    }
}
