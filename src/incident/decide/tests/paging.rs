//! Whom to wake: begun once, step after step, until somebody answers.

use super::*;
use crate::{
    alert::flapping::Flaps,
    incident::{
        command::{PageByRule, SituationFacts, TimerKind, Whom},
        paging::{Called, Calls, Escalation, Means, Step, Target},
        state::PagingState,
    },
    roster::{Layer, Roster},
};

fn step(to: &[&str], after_minutes: u32) -> Step {
    Step { to: to.iter().map(|name| Target::Roster((*name).to_owned())).collect(), after_minutes }
}

fn policy() -> Policy {
    let layer = |name: &str| Layer { name: name.into(), rotations: vec![] };
    let layers = vec![layer("primary"), layer("secondary")];
    let reach = [("ann", "ntfy"), ("bo", "sms")].map(|(id, pager)| (id.to_owned(), vec![pager.to_owned()]));
    Policy {
        paging: Means {
            escalations: vec![Escalation {
                name: "default".into(),
                severities: vec![Severity::Sev1],
                steps: vec![step(&["web/primary"], 0), step(&["web/secondary"], 5)],
                rounds: 2,
                again_minutes: 10,
            }],
            rosters: vec![Roster { name: "web".into(), tz: chrono_tz::Tz::UTC, layers, is_fetched: false }],
            reach: reach.into(),
            safe_for_drills: Default::default(),
            ring_on: Default::default(),
        },
        ..Policy::default()
    }
}

fn declare(kind: Kind) -> Declare {
    Declare::new("Payments fail", Severity::Sev1, kind)
}

fn stage() -> Stage {
    Stage::declared_under(policy(), HOUSE, &declare(Kind::Real)).unwrap()
}

/// The clock takes a step that means these.
fn take(stage: &mut Stage, step: u32, round: u32, people: &[&str]) -> Vec<Event> {
    let missed =
        if people.is_empty() { vec!["Nobody is on call in web/primary.".to_owned()] } else { vec![] };
    let calls = Calls { people: people.iter().map(|name| who(name)).collect(), pagers: vec![], missed };
    stage.ok(HOUSE, Command::PageNext { n: 1, step, round, calls })
}

fn paged(events: &[Event]) -> Vec<String> {
    events
        .iter()
        .flat_map(|event| match event {
            Event::Paged { called, missed, .. } => {
                let called = called.iter().map(|Called { person, by }| format!("{person} {}", by.join(",")));
                called.chain(missed.iter().cloned()).collect::<Vec<_>>()
            }
            other => vec![other.name().to_owned()],
        })
        .collect()
}

fn begin(whom: Whom) -> Command {
    Command::BeginPaging { whom, about: String::new() }
}

#[test]
fn a_severity_begins_its_escalation_once_however_often_it_is_reached() {
    let is_begun = |stage: &Stage| stage.incident.pagings.len();
    assert_eq!(is_begun(&stage()), 1);
    let of = |declare: &Declare| Stage::declared_under(policy(), "Ada", declare).unwrap();
    assert_eq!(is_begun(&of(&Declare::new("x", Severity::Sev2, Kind::Real))), 0);
    assert_eq!(is_begun(&of(&declare(Kind::Test))), 0);
    assert_eq!(is_begun(&of(&Declare { restricted: true, ..declare(Kind::Real) })), 0);
    assert_eq!(is_begun(&of(&declare(Kind::Drill))), 1, "an exercise goes the same way");
    // In triage nobody is woken, confirmed they are; and no second time for the same.
    let mut stage = of(&Declare { triage: true, ..declare(Kind::Real) });
    assert_eq!(is_begun(&stage), 0);
    stage.ok("Ada", Command::Confirm { severity: None });
    assert_eq!(is_begun(&stage), 1);
    let to = |to| Command::Severity { to, reason: String::new() };
    stage.ok("Ada", to(Severity::Sev3));
    stage.ok("Ada", to(Severity::Sev1));
    assert_eq!(is_begun(&stage), 1);
    let mut stage = of(&Declare::new("x", Severity::Sev2, Kind::Real));
    stage.ok("Ada", to(Severity::Sev1));
    assert_eq!(is_begun(&stage), 1, "worse than it was declared");
}

/// What a rule on alerts puts in triage, and pages for.
fn by_rule(whom: Whom) -> Stage {
    let facts =
        SituationFacts { id: 7, title: "Disk full".into(), firing: 1, total: 1, ..Default::default() };
    let page = Some(PageByRule { whom, about: "95 % on /".into() });
    let declare = Declare { triage: true, situation: Some(facts), page, ..declare(Kind::Real) };
    Stage::declared_under(policy(), HOUSE, &declare).unwrap()
}

fn moved(stage: &mut Stage, firing: u64, more: SituationFacts) -> Vec<&'static str> {
    let facts = SituationFacts { id: 7, title: "Disk full".into(), firing, total: 1, ..more };
    stage.ok(HOUSE, Command::SituationMoved { facts }).iter().map(Event::name).collect()
}

#[test]
fn a_rule_pages_in_triage_whom_it_names_and_the_end_of_its_alerts_stops_the_call() {
    let steps = |stage: &Stage| stage.incident.pagings[0].steps.clone();
    let web = by_rule(Whom::Named("web".into()));
    assert_eq!(steps(&web), [step(&["web/primary"], 0)]);
    assert_eq!(steps(&by_rule(Whom::Usual)), steps(&by_rule(Whom::Named("default".into()))));
    assert_eq!(
        steps(&by_rule(Whom::Named("gone".into()))).len(),
        2,
        "rather the first escalation than nobody"
    );
    assert_eq!(steps(&by_rule(Whom::Person(who("Bo"))))[0].to, [Target::Person(who("Bo"))]);

    let mut stage = web;
    assert_eq!(stage.incident.phase, Phase::Triage);
    assert_eq!(paged(&take(&mut stage, 0, 0, &["Ann"])), ["Ann ntfy"]);
    // The same alert again, and more of them: nobody is woken a second time.
    assert_eq!(moved(&mut stage, 1, SituationFacts::default()), [""; 0]);
    assert_eq!(moved(&mut stage, 2, SituationFacts::default()), ["alert.changed"]);
    // It ends by itself before anybody answers.
    assert_eq!(moved(&mut stage, 0, SituationFacts::default()), ["alert.cleared", "page.stopped"]);
    assert_eq!(take(&mut stage, 0, 1, &["Ann"]), [], "she sleeps on");
    // It comes back: they are called anew. And ends again, and stays quiet.
    assert_eq!(moved(&mut stage, 1, SituationFacts::default()), ["alert.changed", "page.begun"]);
    assert_eq!(steps(&stage), stage.incident.pagings[1].steps);
    assert_eq!(moved(&mut stage, 0, SituationFacts::default()), ["alert.cleared", "page.stopped"]);
    // Something else joins it: that is news too.
    let other =
        SituationFacts { id: 8, title: "Disk fuller".into(), firing: 1, total: 1, ..Default::default() };
    let joins = stage.ask(HOUSE, &Command::LinkSituation { situation: 8, facts: Some(other) }).unwrap();
    let joins: Vec<_> = joins.events.iter().map(|one| one.event.name()).collect();
    assert_eq!(joins, ["alert.linked", "page.begun"]);
    let quiet = || SituationFacts { quiet_minutes: Some(30), ..SituationFacts::default() };
    assert_eq!(moved(&mut stage, 0, quiet()), ["incident.phase_changed"]);
    assert_eq!(stage.incident.phase, Phase::Cancelled);
}

#[test]
fn what_comes_and_goes_in_triage_says_once_that_it_pages_nobody_any_more() {
    let mut stage = by_rule(Whom::Named("web".into()));
    let mut told = 0;
    for _ in 0..60 {
        moved(&mut stage, 0, SituationFacts::default());
        let events = moved(&mut stage, 1, SituationFacts::default());
        told += events.iter().filter(|name| **name == "reminder").count();
    }
    assert_eq!((stage.incident.phase, stage.incident.pagings.len(), told), (Phase::Triage, 50, 1));
}

#[test]
fn what_flapped_and_was_quiet_for_long_when_it_is_told_to_have_cleared_lapses_with_it() {
    let flaps =
        SituationFacts { flapping: Some(Flaps { times: 3, minutes: 2 }), ..SituationFacts::default() };
    let quiet = SituationFacts { quiet_minutes: Some(30), ..SituationFacts::default() };
    let mut stage = by_rule(Whom::Named("web".into()));
    assert_eq!(moved(&mut stage, 1, flaps), ["alert.changed"]);
    assert_eq!(moved(&mut stage, 0, quiet.clone()), ["alert.cleared", "incident.phase_changed"]);
    assert_eq!((stage.incident.phase, stage.incident.open_pagings().count()), (Phase::Cancelled, 0));
    // Not while something else of it fires.
    let mut stage = by_rule(Whom::Named("web".into()));
    let other =
        SituationFacts { id: 8, title: "Disk fuller".into(), firing: 1, total: 1, ..Default::default() };
    stage.ok(HOUSE, Command::LinkSituation { situation: 8, facts: Some(other) });
    assert_eq!(moved(&mut stage, 0, quiet), ["alert.cleared"]);
    assert_eq!(stage.incident.phase, Phase::Triage);
}

#[test]
fn what_a_rule_paged_for_is_the_matter_of_whoever_answered_until_they_say_what_it_is() {
    let mut stage = by_rule(Whom::Named("web".into()));
    take(&mut stage, 0, 0, &["Ann"]);
    stage.ok("Ann", Command::AcknowledgePages);
    assert_eq!(moved(&mut stage, 0, SituationFacts::default()), ["alert.cleared"]);
    assert_eq!(moved(&mut stage, 1, SituationFacts::default()), ["alert.changed"], "Ann is on it");
    moved(&mut stage, 0, SituationFacts::default());
    let quiet = SituationFacts { quiet_minutes: Some(30), ..SituationFacts::default() };
    assert_eq!(moved(&mut stage, 0, quiet.clone()), [""; 0], "and it is hers to end");
    // Once it is an incident, its alerts do not end the call any more.
    let mut stage = by_rule(Whom::Named("web".into()));
    stage.ok("Bo", Command::Confirm { severity: None });
    assert_eq!(moved(&mut stage, 0, SituationFacts::default()), ["alert.cleared"]);
    assert_eq!(moved(&mut stage, 0, quiet), [""; 0]);
    assert!(stage.incident.pagings[0].is_open());
}

#[test]
fn each_step_is_taken_once_in_its_order_and_the_end_is_told() {
    let mut stage = stage();
    assert_eq!(paged(&take(&mut stage, 0, 0, &["Ann"])), ["Ann ntfy"]);
    assert_eq!(take(&mut stage, 0, 0, &["Ann"]), [], "it was taken");
    assert_eq!(take(&mut stage, 1, 1, &["Bo"]), [], "it is not its turn");
    assert_eq!(paged(&take(&mut stage, 1, 0, &["Bo", "Bo"])), ["Bo sms"], "each once");
    assert_eq!(paged(&take(&mut stage, 0, 1, &[])), ["Nobody is on call in web/primary."]);
    assert_eq!(
        paged(&take(&mut stage, 1, 1, &["Eve"])),
        ["Eve cannot be paged: the settings name no way to reach them."]
    );
    assert_eq!(take(&mut stage, 0, 2, &["Ann"]), [Event::PagingExhausted { n: 1 }]);
    assert_eq!(stage.incident.pagings[0].state, PagingState::Over);
    assert_eq!(stage.ok(HOUSE, Command::Timer(TimerKind::PageNext { n: 1, step: 0, round: 0 })), []);
}

#[test]
fn whoever_acknowledges_ends_it_and_the_second_learns_who_was_first() {
    let mut stage = stage();
    take(&mut stage, 0, 0, &["Ann"]);
    stage.later(2);
    assert_eq!(
        stage.ok("Ann", Command::AcknowledgePages),
        [Event::PageAcknowledged { pagings: vec![1], here: None }]
    );
    assert_eq!(take(&mut stage, 1, 0, &["Bo"]), [], "nobody else is woken");
    assert_eq!(stage.no("Bo", Command::AcknowledgePages), Because::Conflict);
    assert!(stage.reads("Bo", Command::Pagings).contains("Ann acknowledged at 2026-01-02 12:02 UTC"));
    stage.ok("Bo", begin(Whom::Person(who("Ann"))));
    stage.ok("Ada", Command::TakeCommand { force: false, reason: String::new() });
    stage.ok("Ada", Command::StopPaging { reason: "she sleeps".into() });
    assert_eq!(stage.no("Ada", Command::StopPaging { reason: String::new() }), Because::Conflict);
    assert_eq!(stage.no("Ada", Command::AcknowledgePages), Because::Conflict);
    stage.aloud("paging_answers");
}

#[test]
fn who_is_on_call_and_here_already_is_not_woken_by_a_severity_but_by_who_asks_for_them() {
    let mut stage = Stage::declared_under(policy(), "Ann", &declare(Kind::Real)).unwrap();
    assert_eq!(
        take(&mut stage, 0, 0, &["Ann"]),
        [Event::PageAcknowledged { pagings: vec![1], here: Some(who("Ann")) }]
    );
    stage.ok("Bo", begin(Whom::Person(who("Ann"))));
    let calls = Calls { people: vec![who("Ann")], ..Calls::default() };
    let events = stage.ok(HOUSE, Command::PageNext { n: 2, step: 0, round: 0, calls });
    assert_eq!(paged(&events), ["Ann ntfy"]);
}

#[test]
fn an_exercise_says_whom_it_would_page_and_uses_no_pager_that_is_not_safe() {
    let mut stage = Stage::declared_under(policy(), HOUSE, &declare(Kind::Drill)).unwrap();
    let Some(Event::Paged { called, is_rehearsal: true, .. }) = take(&mut stage, 0, 0, &["Ann"]).pop() else {
        panic!("an exercise pages nobody")
    };
    assert_eq!(called, [Called { person: who("Ann"), by: vec![] }]);
    stage.policy.paging.safe_for_drills = ["sms".to_owned()].into();
    assert_eq!(paged(&take(&mut stage, 1, 0, &["Bo"])), ["Bo sms"]);
}

#[test]
fn nobody_is_woken_for_what_they_may_not_see_or_cannot_be_reached_for() {
    let mut stage =
        Stage::declared_under(policy(), "Ada", &Declare { restricted: true, ..declare(Kind::Real) }).unwrap();
    assert_eq!(stage.no("Ada", begin(Whom::Person(who("Ann")))), Because::Forbidden);
    assert_eq!(stage.no("Ada", begin(Whom::Person(who("Eve")))), Because::Invalid);
    assert_eq!(stage.no("Ada", begin(Whom::Named("nothing".into()))), Because::NotFound);
    stage.ok("Ada", begin(Whom::Named("secondary".into())));
    assert_eq!(
        stage.no("Ada", begin(Whom::Named("web/secondary".into()))),
        Because::Conflict,
        "it is being done"
    );
    let calls = Calls { people: vec![who("Ann")], pagers: vec!["pd".into()], missed: vec![] };
    let events = stage.ok(HOUSE, Command::PageNext { n: 1, step: 0, round: 0, calls });
    assert_eq!(
        paged(&events),
        ["Ann may not see this incident.", "pd may wake people who must not know of this."]
    );
    stage.policy.paging.escalations.clear();
    assert_eq!(stage.no("Ada", begin(Whom::Usual)), Because::Invalid);
    stage.aloud("paging");
}

#[test]
fn what_is_over_wakes_nobody() {
    let mut stage = Stage::declared_under(policy(), "Ada", &declare(Kind::Real)).unwrap();
    stage.ok("Ada", Command::Enter { phase: Phase::Resolved, reason: "it is back".into() });
    assert_eq!(stage.incident.open_pagings().count(), 0);
    assert_eq!(take(&mut stage, 0, 0, &["Bo"]), []);
    for whom in [Whom::Usual, Whom::Person(who("Ann")), Whom::Named("secondary".into())] {
        assert_eq!(
            stage.ask("Ada", &begin(whom)).unwrap_err().to_string(),
            "INC-1 is resolved: nobody is paged for it. `reopen REASON` first, then page."
        );
    }
    stage.ok("Ada", Command::Enter { phase: Phase::Investigating, reason: "it is back again".into() });
    stage.ok("Ada", begin(Whom::Person(who("Ann"))));
}

#[test]
fn who_is_alone_and_asks_for_help_wakes_whoever_is_on_call_once() {
    let mut stage =
        Stage::declared_under(policy(), "Ada", &Declare::new("x", Severity::Sev2, Kind::Real)).unwrap();
    let help = || Command::Assist { text: "which replica leads?".into() };
    let names = |events: Vec<Event>| events.iter().map(Event::name).collect::<Vec<_>>();
    assert_eq!(names(stage.ok("Ada", help())), ["assist.asked", "page.begun"]);
    assert_eq!(stage.incident.pagings[0].about, "which replica leads?");
    assert_eq!(names(stage.ok("Ada", help())), ["assist.asked"], "they are being woken");
}

#[test]
fn who_asks_for_help_when_nobody_new_is_left_wakes_whoever_is_on_call() {
    let mut stage =
        Stage::declared_under(policy(), "Ada", &Declare::new("x", Severity::Sev2, Kind::Real)).unwrap();
    let help = || Command::Assist { text: String::new() };
    let names = |events: Vec<Event>| events.iter().map(Event::name).collect::<Vec<_>>();
    let told = stage.ask("Bo", &help()).unwrap().reply;
    assert!(told.ends_with("If nobody comes, say it again: whoever is on call is woken."), "{told}");
    assert_eq!(names(stage.ok("Bo", help())), ["assist.asked"]);
    let told = stage.ask("Bo", &help()).unwrap().reply;
    assert!(told.contains("nobody new is left: whoever is on call is woken"), "{told}");
    assert_eq!(names(stage.ok("Bo", help())), ["assist.asked", "page.begun"]);
}

#[test]
fn an_executive_whose_order_is_refused_has_not_taken_on_what_a_rule_pages_for() {
    let mut stage = by_rule(Whom::Named("web".into()));
    stage.policy.executives = ["vera".to_owned()].into();
    let lower = || Command::Severity { to: Severity::Sev4, reason: "it is nothing".into() };
    assert!(matches!(&stage.ok("Vera", lower())[..], [Event::ExecutiveAsked { .. }]));
    assert!(matches!(&stage.ok("Vera", lower())[..], [Event::Noted { .. }]));
    let decline = Command::DeclineCommand { reason: String::new() };
    assert!(matches!(&stage.ok("Vera", decline)[..], [Event::ExecutiveDeclined { .. }]));
    assert_eq!(stage.incident.milestones.acknowledged, None);
    moved(&mut stage, 0, SituationFacts::default());
    let again = moved(&mut stage, 1, SituationFacts::default());
    assert_eq!(again, ["alert.changed", "page.begun"], "those on call are called again");
}
