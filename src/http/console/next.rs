//! The one thing to do next, as an incident and the reader stand now. Advice, never a bar.

use chrono::{DateTime, Duration, Utc};

use crate::{
    incident::{
        command::Verb,
        decide::Policy,
        next::{allowed, updates},
        phase::Phase,
        role::defined,
        sentence::ended,
        severity::Severity,
        state::{ActionState, Incident, Post},
    },
    people::Person,
    post,
};

/// A press that does it, or the form in which it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Says this command.
    Say { label: &'static str, command: String },
    /// Opens this part of the page.
    Open { label: &'static str, anchor: &'static str },
}

/// What to do next, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    pub text: String,
    pub steps: Vec<Step>,
    pub is_urgent: bool,
}

fn say(label: &'static str, command: impl Into<String>) -> Step {
    Step::Say { label, command: command.into() }
}

fn next(text: impl Into<String>, steps: Vec<Step>, is_urgent: bool) -> Option<Next> {
    Some(Next { text: text.into(), steps, is_urgent })
}

/// `now` is the incident's own time.
pub fn next_step(incident: &Incident, me: &Person, policy: &Policy, now: DateTime<Utc>) -> Option<Next> {
    if incident.phase.is_over() {
        return None;
    }
    offers(incident, me, policy)
        .or_else(|| actions(incident, me))
        .or_else(|| public(incident, me, policy, now))
        .or_else(|| people(incident, policy))
        .or_else(|| work(incident, me))
        .or_else(|| playbook(incident, me))
        .or_else(|| phase(incident))
}

fn playbook(incident: &Incident, me: &Person) -> Option<Next> {
    let place = incident.open_steps().find(|place| incident.answers_for_step(place.step, me))?;
    let name = incident.step_name(&place);
    let done = say("It is done", format!("playbook done {name}"));
    let all = Step::Open { label: "All steps", anchor: "playbooks" };
    let steps = match place.step.say {
        Some(_) if !place.step.has_blank() => vec![say("Say so", format!("playbook run {name}")), done, all],
        _ => vec![done, all],
    };
    next(format!("{name} of the playbook {}: {}", place.play.playbook.id, place.step.text), steps, false)
}

fn offers(incident: &Incident, me: &Person, policy: &Policy) -> Option<Next> {
    if incident.unaccounted().iter().any(|one| one.id == me.id) {
        return next("The roll is called. Are you here?", vec![say("I am here", "crew here")], true);
    }
    if let Some(offer) = incident.command_offer.as_ref().filter(|offer| offer.to.id == me.id) {
        let steps = vec![say("Accept command", "command accept"), say("Decline", "command decline")];
        return next(
            format!("{} offers you command. Read the briefing, then accept.", offer.by),
            steps,
            true,
        );
    }
    if incident.executive_question.as_ref().is_some_and(|question| question.to.id == me.id) {
        let steps = vec![say("I take command", "command take"), say("No, go on", "command decline")];
        let text = format!("Do you wish to take command? {} has it now.", incident.commander);
        return next(text, steps, true);
    }
    if incident.unify_offer.as_ref().is_some_and(|offer| offer.to.id == me.id) {
        let steps = vec![say("Join command", "command join"), say("Decline", "command decline")];
        return next(format!("{} asks you to join command.", incident.commander), steps, true);
    }
    let is_led = incident.commander.id != Person::house().id;
    // In triage, whether it is an incident at all comes first.
    let needs_a_leader = !is_led && incident.phase.is_active() && incident.phase != Phase::Triage;
    if needs_a_leader && allowed(incident, me, Verb::TakeCommand) {
        return next("Nobody is in command.", vec![say("I take command", "command take")], true);
    }
    let offer = incident.offers.iter().find(|offer| offer.to.id == me.id)?;
    let slug = offer.role.slug();
    let steps =
        vec![say("Accept", format!("role accept {slug}")), say("Decline", format!("role decline {slug}"))];
    next(format!("{} asks you to be {}.", offer.by, offer.role.shown(policy.words)), steps, true)
}

fn actions(incident: &Incident, me: &Person) -> Option<Next> {
    let look = || vec![Step::Open { label: "Actions", anchor: "actions" }];
    if let Some(stop) = incident.standing_stop() {
        return next(format!("{} stopped everything: {}", stop.by, stop.reason), look(), true);
    }
    let waiting = incident.open_actions().find(|action| {
        action.state == ActionState::Waiting
            && incident.who_clears(&action.by).iter().any(|one| one.id == me.id)
    });
    if let Some(action) = waiting {
        let text = format!("Action {} of {} waits for your go: {}", action.n, action.by, action.text);
        return next(text, look(), true);
    }
    let open = incident.open_proposals().find(|one| one.by.id != me.id && one.objectors.is_empty())?;
    let (n, text) = (open.n, ended(&open.text));
    next(format!("Proposal {n}: {text} To object: `object {n} WHY`."), look(), false)
}

/// All public updates that are not out yet, the oldest first: what can be published, what is to be read, what waits for others.
fn drafts(incident: &Incident, me: &Person, policy: &Policy, now: DateTime<Utc>) -> Option<Next> {
    let (approved, waiting): (Vec<&Post>, Vec<&Post>) =
        incident.open_posts().partition(|draft| post::standing_approval(incident, draft, now).is_ok());
    let (mut told, mut steps, mut is_urgent) = (Vec::new(), Vec::new(), false);
    if let Some(first) = approved.first() {
        let it = if approved.len() == 1 { "it" } else { "they" };
        told.push(format!("Public {} approved; {it} can be published.", updates(&approved, ["is", "are"])));
        if allowed(incident, me, Verb::PublishPost) {
            let label = if approved.len() == 1 { "Publish it" } else { "Publish the first" };
            steps.push(say(label, format!("update publish {}", first.n)));
            is_urgent = true;
        }
    }
    let approves = allowed(incident, me, Verb::ApprovePost);
    let (own, others): (Vec<&Post>, Vec<&Post>) =
        waiting.iter().copied().partition(|draft| policy.two_person && draft.author.id == me.id);
    let mut waits = |which: &[&Post], whose: &str| {
        if !which.is_empty() {
            told.push(format!("Public {} for {whose}", updates(which, ["waits", "wait"])));
        }
    };
    if approves {
        let them = if others.len() == 1 { "it" } else { "each" };
        waits(&others, &format!("approval: read {them} word for word."));
        waits(&own, "somebody else's approval.");
        is_urgent |= !others.is_empty();
    } else {
        waits(&waiting, &format!("the approval of {}.", incident.commander));
    }
    if told.is_empty() {
        return None;
    }
    if steps.is_empty() || !waiting.is_empty() {
        let label = if approved.len() + waiting.len() == 1 { "Read it" } else { "Read them" };
        steps.push(Step::Open { label, anchor: "public" });
    }
    next(told.join(" "), steps, is_urgent)
}

fn public(incident: &Incident, me: &Person, policy: &Policy, now: DateTime<Utc>) -> Option<Next> {
    let write = || vec![Step::Open { label: "Write the update", anchor: "act-update" }];
    if let Some(next) = drafts(incident, me, policy, now) {
        return Some(next);
    }
    if incident.next_update_due.is_some_and(|due| due <= now) {
        return next("The public update that was promised is late.", write(), true);
    }
    if incident.next_update_due.is_some_and(|due| due - now <= Duration::minutes(5)) {
        return next("The next public update is due within five minutes.", write(), true);
    }
    let told = incident.last_published().is_some();
    if !told
        && incident.phase.is_active()
        && incident.phase != Phase::Triage
        && policy.first_post_minutes(incident.severity) > 0
    {
        return next("The public has not been told yet. «We are investigating» is enough.", write(), true);
    }
    None
}

fn people(incident: &Incident, policy: &Policy) -> Option<Next> {
    if !incident.phase.is_active() || !matches!(incident.severity, Severity::Sev1 | Severity::Sev2) {
        return None;
    }
    for slug in ["ops", "pio"] {
        if !incident.roles.iter().any(|held| held.role.slug() == slug) {
            let title = defined(slug).map(|role| role.shown(policy.words)).unwrap_or_default();
            let steps = vec![
                say("Take the role", format!("role take {slug}")),
                Step::Open { label: "Roles", anchor: "roles" },
            ];
            return next(
                format!("Nobody is {title} yet; {} does that too.", incident.commander),
                steps,
                false,
            );
        }
    }
    None
}

fn work(incident: &Incident, me: &Person) -> Option<Next> {
    use crate::incident::state::TaskState;
    let look = || vec![Step::Open { label: "Tasks", anchor: "tasks" }];
    if let Some(task) = incident.open_tasks().find(|task| task.state == TaskState::Assigned && task.is_of(me))
    {
        let steps = vec![say("Understood", format!("task ack {}", task.n))];
        return next(format!("Task #{} is yours: {}", task.n, task.text), steps, true);
    }
    if let Some(free) = incident.open_tasks().find(|task| task.is_free()) {
        let steps = vec![say("I take it", format!("task give {}", free.n)), look().remove(0)];
        return next(format!("Nobody has task #{}: {}", free.n, free.text), steps, false);
    }
    let late = incident.open_tasks().find(|task| task.state == TaskState::Overdue)?;
    next(format!("Task #{} of {} is late.", late.n, late.whose()), look(), false)
}

fn phase(incident: &Incident) -> Option<Next> {
    let open = |label| vec![Step::Open { label, anchor: "act-phase" }];
    match incident.phase {
        Phase::Triage => {
            let steps = vec![
                say("It is an incident", "phase confirm"),
                Step::Open { label: "It is none", anchor: "act-phase" },
            ];
            next("Is it an incident? Confirm or cancel.", steps, false)
        }
        Phase::Investigating | Phase::Identified
            if !incident.situations.is_empty() && incident.firing() == 0 =>
        {
            next(
                "All alerts of this incident have stopped. Are customers served again?",
                open("Mitigated"),
                false,
            )
        }
        Phase::Monitoring => next("Watch whether it holds; then resolve.", open("Resolve"), false),
        Phase::Resolved => {
            let steps = vec![
                say("Start the review", "phase review"),
                Step::Open { label: "Close", anchor: "act-phase" },
            ];
            next("Resolved. Look back while it is fresh, or close.", steps, false)
        }
        Phase::Review => next("Close it when the review is done.", open("Close"), false),
        Phase::Scheduled => {
            next("It begins by itself at its time.", vec![say("It begins now", "maintenance start")], false)
        }
        Phase::InProgress => {
            let steps = vec![
                say("It is done", "maintenance complete"),
                say("30 minutes more", "maintenance extend 30m"),
            ];
            next("The work goes on. Is it done?", steps, false)
        }
        Phase::Completed => next("It is done. Is the public told? Then close it.", open("Close"), false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{
        event::{Actor, Draft, Entry, Event, TimeSource},
        id::IncidentId,
        kind::Kind,
    };

    fn person(name: &str) -> Person {
        Person::named(name).unwrap()
    }

    fn start() -> DateTime<Utc> {
        "2026-01-02T03:00:00Z".parse().unwrap()
    }

    /// Ada declared it; each event comes from the person before it.
    fn incident(severity: Severity, events: Vec<(&str, Event)>) -> Incident {
        let id = IncidentId::new(Kind::Real, 1);
        let declared = Event::Declared {
            title: "Checkout".into(),
            kind: Kind::Real,
            severity,
            triage: false,
            drill_clock: None,
            began: None,
            ended: None,
            rated: None,
        };
        let mut state: Option<Incident> = None;
        for (seq, (who, event)) in (1..).zip(std::iter::once(("Ada", declared)).chain(events)) {
            let entry = Entry {
                incident: id,
                seq,
                id: uuid::Uuid::from_u128(seq.into()),
                occurred_at: start(),
                time_source: TimeSource::House,
                recorded_at: start(),
                actor: Actor { person: person(who), role: None, via: "console".into() },
                event,
            };
            match &mut state {
                None => state = Incident::open(&entry),
                Some(state) => state.apply(&entry),
            }
        }
        state.unwrap()
    }

    fn drafted(incident: &Incident) -> Event {
        let draft = Draft {
            title: "Checkout".into(),
            phase: incident.public_phase(),
            impact: incident.severity.impact(),
            text: "We are investigating.".into(),
            components: vec![],
            next_update_minutes: Some(20),
            corrects: None,
            texts: Default::default(),
        };
        Event::UpdateDrafted { n: 1, draft }
    }

    fn step(incident: &Incident, who: &str, minutes: i64) -> Next {
        next_step(incident, &person(who), &Policy::default(), start() + Duration::minutes(minutes)).unwrap()
    }

    #[test]
    fn the_public_comes_first_then_the_roles_then_the_tasks() {
        let fresh = incident(Severity::Sev1, vec![]);
        assert!(step(&fresh, "Ada", 1).text.contains("has not been told"));
        let draft = drafted(&fresh);
        let waiting = incident(Severity::Sev1, vec![("Bo", draft.clone())]);
        assert!(step(&waiting, "Ada", 1).text.contains("read it word for word"));
        assert!(step(&waiting, "Bo", 1).text.contains("waits for the approval of Ada"));
        let Event::UpdateDrafted { draft: exact, .. } = &draft else { unreachable!() };
        let approved = Event::UpdateApproved {
            n: 1,
            basis: post::basis(&fresh, exact),
            expires_at: start() + Duration::minutes(10),
            alone: None,
        };
        let ready = incident(Severity::Sev1, vec![("Bo", draft.clone()), ("Ada", approved.clone())]);
        assert_eq!(step(&ready, "Ada", 1).steps, [say("Publish it", "update publish 1")]);
        assert!(step(&ready, "Ada", 11).text.contains("waits for approval"), "the approval ran out");
        let published = Event::UpdatePublished {
            n: 1,
            approved_at: start(),
            next_update_at: Some(start() + Duration::minutes(20)),
            destinations: vec!["page".into()],
        };
        let told = incident(Severity::Sev1, vec![("Bo", draft), ("Ada", approved), ("Ada", published)]);
        assert!(step(&told, "Ada", 1).text.contains("Nobody is Operations Section Chief yet"));
        assert!(step(&told, "Ada", 16).text.contains("due within five minutes"));
        assert!(step(&told, "Ada", 21).text.contains("is late"));
    }

    #[test]
    fn every_public_update_that_waits_is_named_the_oldest_first() {
        let fresh = incident(Severity::Sev1, vec![]);
        let draft = |n: u32| match drafted(&fresh) {
            Event::UpdateDrafted { draft, .. } => Event::UpdateDrafted { n, draft },
            other => panic!("{other:?}"),
        };
        let three = vec![("Bo", draft(1)), ("Ada", draft(2)), ("Bo", draft(3))];
        let waiting = incident(Severity::Sev1, three.clone());
        let for_ada = step(&waiting, "Ada", 1);
        assert_eq!(
            for_ada.text,
            "Public updates 1 and 3 wait for approval: read each word for word. Public update 2 waits for somebody else's \
             approval."
        );
        assert_eq!(for_ada.steps, [Step::Open { label: "Read them", anchor: "public" }]);
        assert!(for_ada.is_urgent);
        assert_eq!(
            step(&waiting, "Bo", 1).text,
            "Public updates 1 and 2 and 3 wait for the approval of Ada."
        );
        let Event::UpdateDrafted { draft: exact, .. } = draft(1) else { unreachable!() };
        let approved = Event::UpdateApproved {
            n: 1,
            basis: post::basis(&fresh, &exact),
            expires_at: start() + Duration::minutes(10),
            alone: None,
        };
        let one_ready = incident(Severity::Sev1, [three, vec![("Ada", approved)]].concat());
        let for_ada = step(&one_ready, "Ada", 1);
        assert!(
            for_ada.text.starts_with("Public update 1 is approved; it can be published. Public update 3"),
            "{for_ada:?}"
        );
        assert_eq!(
            for_ada.steps,
            [say("Publish it", "update publish 1"), Step::Open { label: "Read them", anchor: "public" }]
        );
    }

    #[test]
    fn an_offer_of_command_goes_before_everything_and_only_to_whom_it_is_made() {
        let offered = Event::CommandOffered {
            from: person("Ada"),
            to: person("Bo"),
            expires_at: start() + Duration::minutes(5),
            briefing_sections: 3,
        };
        let incident = incident(Severity::Sev1, vec![("Ada", offered)]);
        assert_eq!(step(&incident, "Bo", 1).steps.first(), Some(&say("Accept command", "command accept")));
        assert!(step(&incident, "Ada", 1).text.contains("has not been told"));
    }

    #[test]
    fn who_is_asked_to_join_command_can_press_it_and_where_nobody_leads_anybody_can() {
        let asked = Event::UnifyOffered {
            to: person("Zoe"),
            organization: "Acme".into(),
            expires_at: start() + Duration::minutes(5),
        };
        let joined = incident(Severity::Sev1, vec![("Ada", asked)]);
        let for_zoe = step(&joined, "Zoe", 1);
        assert_eq!(for_zoe.text, "Ada asks you to join command.");
        assert_eq!(for_zoe.steps, [say("Join command", "command join"), say("Decline", "command decline")]);
        assert!(step(&joined, "Bo", 1).text.contains("has not been told"));
        let left = Event::CommandEstablished { by: Person::house() };
        let watches = Event::RoleAccepted { role: "observer".parse().unwrap(), by: person("Otto") };
        let nobody = incident(Severity::Sev1, vec![("Ada", left), ("Otto", watches)]);
        assert_eq!(step(&nobody, "Bo", 1).steps, [say("I take command", "command take")]);
        assert!(step(&nobody, "Otto", 1).text.contains("has not been told"), "who reads along leads nothing");
    }

    #[test]
    fn a_small_incident_is_left_in_peace_and_a_closed_one_too() {
        let small = incident(Severity::Sev4, vec![]);
        assert_eq!(next_step(&small, &person("Ada"), &Policy::default(), start()), None);
        let closing =
            Event::PhaseChanged { from: Phase::Investigating, to: Phase::Closed, reason: String::new() };
        let over = incident(Severity::Sev1, vec![("Ada", closing)]);
        assert_eq!(next_step(&over, &person("Ada"), &Policy::default(), start()), None);
    }
}
