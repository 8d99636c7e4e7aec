//! What a rule on alerts, or the settings, give an incident along: offers of roles, a playbook; how a rule ends one, and what follows
//! when its alerts fire again.

use uuid::Uuid;

use super::*;
use crate::incident::{
    command::SituationFacts,
    event::{Actor, Entry},
    id::IncidentId,
};

/// What follows on the events by which an incident is declared. What a rule offers comes before what the settings offer. What would be
/// refused to a person is left out: a rule that asks for too much must not keep an incident from being declared.
pub(super) fn given(declare: &Declare, events: &[Happened], scene: &Scene<'_>) -> Vec<Event> {
    let is_bare = declare.usual_offers.iter().all(Vec::is_empty);
    if declare.offers.is_empty() && is_bare && declare.playbook.is_none() {
        return vec![];
    }
    let Some(incident) = as_declared(declare, events, scene) else { return vec![] };
    let is_new = |(role, _): &&(Role, Person)| declare.offers.iter().all(|(offered, _)| offered != role);
    let usual = declare.usual_offers.get(usize::from(incident.severity.level() - 1));
    let usual = usual.into_iter().flatten().filter(is_new);
    let mut given = Vec::new();
    let own = declare.playbook.as_deref().and_then(|id| super::playbook::named_by_rule(id, scene.policy));
    if let Some(playbook) = declare.playbook.as_ref().filter(|_| own.is_none()) {
        let told = log::link(&incident, "playbook", playbook, None)
            .or_else(|_| log::note(&format!("Playbook: {playbook}"), None, scene));
        given.extend(told);
    }
    for (role, to) in declare.offers.iter().chain(usual) {
        given.extend(match role.is_command() {
            true => command::offer(&incident, to, scene),
            false => roles::offer(&incident, role, to, scene),
        });
    }
    let along = given.into_iter().flat_map(|decision| decision.events).map(|happened| happened.event);
    own.into_iter().chain(along).collect()
}

/// The incident as it stands after these events.
fn as_declared(declare: &Declare, events: &[Happened], scene: &Scene<'_>) -> Option<Incident> {
    let mut incident: Option<Incident> = None;
    for (seq, happened) in (1..).zip(events) {
        let entry = Entry {
            incident: IncidentId::new(declare.kind, 1),
            seq,
            id: Uuid::nil(),
            occurred_at: scene.now,
            time_source: TimeSource::House,
            recorded_at: scene.now,
            actor: Actor { person: scene.person.clone(), role: None, via: String::new() },
            event: happened.event.clone(),
        };
        match &mut incident {
            None => incident = Incident::open(&entry),
            Some(incident) => incident.apply(&entry),
        }
    }
    incident
}

/// The end of an incident of which nothing fires any more, where the rule that declared it says so.
pub(super) fn resolved(incident: &Incident, rule: &str) -> Option<Event> {
    let from = incident.phase;
    matches!(from, Phase::Investigating | Phase::Identified | Phase::Monitoring).then(|| {
        let reason = format!("its alerts cleared, and the rule «{}» ends it then", clean(rule));
        Event::PhaseChanged { from, to: Phase::Resolved, reason }
    })
}

/// Alerts of an incident that is resolved fire. What a rule ended goes on, and whoever was called for it by itself is called again;
/// where a person ended it, whoever has command is asked: once, until it clears and fires anew. Not of what flaps, which is told when
/// it is steady; and an exercise has a story of its own.
pub(super) fn fires_again(incident: &Incident, facts: &SituationFacts, scene: &Scene<'_>) -> Vec<Event> {
    let known = incident.situations.get(&facts.id);
    let is_resolved = matches!(incident.phase, Phase::Resolved | Phase::Review);
    // What fired all the while was known to whoever ended it.
    let is_back = known.is_none_or(|known| known.firing == 0 || known.is_flapping);
    let is_meant = is_back && facts.firing > 0 && facts.flapping.is_none();
    if incident.kind() == Kind::Drill || !is_resolved || !is_meant {
        return vec![];
    }
    let fires = if known.is_some() { "fires again" } else { "fires" };
    let what = format!("S-{} «{}» {fires}", facts.id, clean(&facts.title));
    let by_rule =
        facts.ended_by.as_deref().map(|rule| format!(", and the rule «{}» had ended it", clean(rule)));
    let reason = format!("{what}{}", by_rule.as_deref().unwrap_or_default());
    let how = match (lifecycle::enter(incident, Phase::Investigating, &reason, scene), by_rule) {
        (Ok(goes_on), Some(_)) => {
            let events = goes_on.events.into_iter().map(|happened| happened.event);
            return events.chain(paged_anew(incident, facts)).collect();
        }
        (Ok(_), None) => "Then `reopen WHAT BROKE AGAIN`.".to_owned(),
        // It was resolved too long ago to be the same.
        (Err(refusal), _) => refusal.instead,
    };
    let ask = match incident.commander.id == Person::house().id {
        true => "Is it broken again?".to_owned(),
        false => format!("{}, is it broken again?", incident.commander),
    };
    let standing = scene.policy.names.standing(incident.phase);
    let what = format!(
        "{what}, but {} is {standing}. {ask} {how} If it is noise: `alert mark S-{} noise`.",
        incident.id, facts.id
    );
    vec![Event::Reminded { what, executive: false, of: vec![] }]
}

/// The call that began by itself begins anew: whoever answered it was told since that it is over.
fn paged_anew(incident: &Incident, facts: &SituationFacts) -> Option<Event> {
    let before = incident.pagings.iter().rfind(|paging| paging.is_automatic)?;
    if incident.restricted.is_some() {
        return None;
    }
    paging::begun_again(incident, before, facts, facts.ended_by.as_deref())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{HOUSE, Stage};
    use super::*;
    use crate::{
        alert::flapping::Flaps,
        incident::paging::{Escalation, Means, Step, Target},
    };

    fn facts(firing: u64) -> SituationFacts {
        SituationFacts { id: 7, title: "Disk full".into(), firing, total: 3, ..SituationFacts::default() }
    }

    fn moved(facts: SituationFacts) -> Command {
        Command::SituationMoved { facts }
    }

    fn ended(mut stage: Stage, by_rule: bool) -> Stage {
        stage.ok("Bo", Command::LinkSituation { situation: 7, facts: Some(facts(1)) });
        if !by_rule {
            stage.ok("Ada", Command::Enter { phase: Phase::Resolved, reason: "restarted".into() });
        }
        let rule = by_rule.then(|| "disk".to_owned());
        stage.ok(HOUSE, moved(SituationFacts { ended_by: rule, ..facts(0) }));
        assert_eq!(stage.incident.phase, Phase::Resolved);
        stage
    }

    #[test]
    fn what_a_rule_ended_goes_on_when_its_alerts_fire_again() {
        let mut stage = ended(Stage::new(), true);
        let again = SituationFacts { ended_by: Some("disk".into()), ..facts(2) };
        let events = stage.ok(HOUSE, moved(again.clone()));
        assert!(
            matches!(
                &events[..],
                [Event::AlertsChanged { .. }, Event::PhaseChanged { to: Phase::Investigating, reason, .. }]
                    if reason == "S-7 «Disk full» fires again, and the rule «disk» had ended it"
            ),
            "{events:?}"
        );
        assert_eq!(stage.ok(HOUSE, moved(again)), []);

        // After a day it is no relapse any more: somebody is asked.
        let mut late = ended(Stage::new(), true);
        late.later(25 * 60);
        let events = late.ok(HOUSE, moved(SituationFacts { ended_by: Some("disk".into()), ..facts(2) }));
        assert!(
            matches!(&events[..], [_, Event::Reminded { what, .. }] if what.contains("Ada, is it broken again? Declare a new incident")),
            "{events:?}"
        );
    }

    #[test]
    fn whoever_was_called_by_itself_for_what_a_rule_ended_is_called_again_when_it_goes_on() {
        let steps = vec![Step { to: vec![Target::Roster("web/primary".into())], after_minutes: 0 }];
        let (name, severities) = ("default".to_owned(), vec![Severity::Sev1]);
        let escalation = Escalation { name, severities, steps, rounds: 1, again_minutes: 5 };
        let paging = Means { escalations: vec![escalation], ..Means::default() };
        let declare = Declare::new("Payments fail", Severity::Sev1, Kind::Real);
        let policy = Policy { paging, ..Policy::default() };
        let mut stage = ended(Stage::declared_under(policy, HOUSE, &declare).unwrap(), true);
        assert_eq!(stage.incident.open_pagings().count(), 0);
        let events = stage.ok(HOUSE, moved(SituationFacts { ended_by: Some("disk".into()), ..facts(1) }));
        assert!(
            matches!(
                &events[..],
                [_, Event::PhaseChanged { .. }, Event::PagingBegun { n: 2, is_automatic: true, .. }]
            ),
            "{events:?}"
        );
        assert_eq!(stage.incident.open_pagings().count(), 1);
    }

    #[test]
    fn whoever_has_command_is_told_once_that_what_comes_and_goes_pages_nobody_any_more() {
        let to = vec![Target::Roster("web/primary".into()), Target::Roster("web/secondary".into())];
        let steps = vec![Step { to, after_minutes: 0 }];
        let (name, severities) = ("default".to_owned(), vec![Severity::Sev1]);
        let escalation = Escalation { name, severities, steps, rounds: 1, again_minutes: 5 };
        let paging = Means { escalations: vec![escalation], ..Means::default() };
        let policy = Policy { paging, ..Policy::default() };
        let declare = Declare::new("Payments fail", Severity::Sev1, Kind::Real);
        let mut stage = ended(Stage::declared_under(policy, "Ada", &declare).unwrap(), true);
        let by_rule = |firing| moved(SituationFacts { ended_by: Some("disk".into()), ..facts(firing) });
        let mut told = Vec::new();
        for _ in 0..60 {
            let events = stage.ok(HOUSE, by_rule(1));
            assert!(matches!(&events[..], [_, Event::PhaseChanged { .. }, ..]), "it goes on: {events:?}");
            told.extend(events.into_iter().filter_map(|event| match event {
                Event::Reminded { what, .. } => Some((stage.incident.pagings.len(), what)),
                _ => None,
            }));
            stage.ok(HOUSE, by_rule(0));
        }
        let [(calls, what)] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((*calls, stage.incident.pagings.len()), (50, 50));
        insta::assert_snapshot!(what, @"S-7 «Disk full» fires again, and web/primary, web/secondary would be paged again by the rule «disk»; but INC-1 has had 50 calls, which is the limit: its alerts page nobody any more. Ada, is this still one incident? Another one pages anew: `declare WHAT`. What only comes and goes: `silence S-7 2h REASON`.");
    }

    #[test]
    fn whoever_has_command_is_asked_once_each_time_when_what_a_person_ended_fires_again() {
        let mut stage = ended(Stage::new(), false);
        let asks = |events: &[Event]| {
            matches!(events, [Event::AlertsChanged { .. }, Event::Reminded { what, .. }]
                if what == "S-7 «Disk full» fires again, but INC-1 is resolved. Ada, is it broken again? Then `reopen WHAT BROKE \
                            AGAIN`. If it is noise: `alert mark S-7 noise`.")
        };
        let first = stage.ok(HOUSE, moved(facts(1)));
        assert!(asks(&first), "{first:?}");
        assert!(matches!(stage.ok(HOUSE, moved(facts(2)))[..], [Event::AlertsChanged { .. }]));
        stage.ok(HOUSE, moved(facts(0)));
        let second = stage.ok(HOUSE, moved(facts(1)));
        assert!(asks(&second), "{second:?}");
        // What flaps is asked about when it is steady, and fires.
        let flapping = Some(Flaps { times: 3, minutes: 9 });
        stage.ok(HOUSE, moved(SituationFacts { flapping, ..facts(0) }));
        let flaps = stage.ok(HOUSE, moved(SituationFacts { flapping, ..facts(1) }));
        assert!(matches!(flaps[..], [Event::AlertsChanged { .. }]), "{flaps:?}");
        let steady = stage.ok(HOUSE, moved(facts(1)));
        assert!(asks(&steady), "{steady:?}");
    }

    #[test]
    fn what_fired_all_the_while_and_what_an_exercise_plays_asks_nobody() {
        let mut known = Stage::new();
        known.ok("Bo", Command::LinkSituation { situation: 7, facts: Some(facts(1)) });
        known.ok("Ada", Command::Enter { phase: Phase::Resolved, reason: "restarted".into() });
        assert!(matches!(known.ok(HOUSE, moved(facts(2)))[..], [Event::AlertsChanged { .. }]));

        let mut drill = ended(Stage::of("Ada", Kind::Drill, false), false);
        assert!(matches!(drill.ok(HOUSE, moved(facts(2)))[..], [Event::AlertsChanged { .. }]));
    }

    #[test]
    fn alerts_that_a_rule_joins_to_what_is_resolved_are_brought_to_whoever_has_command() {
        let mut stage = Stage::new();
        stage.ok("Ada", Command::Enter { phase: Phase::Resolved, reason: "restarted".into() });
        let events = stage.ok(HOUSE, Command::LinkSituation { situation: 7, facts: Some(facts(1)) });
        assert!(
            matches!(&events[..], [Event::AlertsLinked { .. }, Event::Reminded { what, .. }]
                if what.starts_with("S-7 «Disk full» fires, but INC-1 is resolved. Ada,")),
            "{events:?}"
        );
        // A person who does that knows.
        let other = SituationFacts { id: 8, ..facts(1) };
        let events = stage.ok("Bo", Command::LinkSituation { situation: 8, facts: Some(other) });
        assert!(matches!(events[..], [Event::AlertsLinked { .. }]), "{events:?}");
    }
}
