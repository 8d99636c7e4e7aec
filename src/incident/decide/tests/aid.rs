//! A second pair of eyes, a silence that is brought up, command that passes when nobody answers; what is next.

use super::*;
use crate::incident::{command::TimerKind, event::Whom};

fn assist(text: &str) -> Command {
    Command::Assist { text: text.into() }
}

fn asked(events: &[Event]) -> Vec<String> {
    match events {
        [Event::AssistAsked { asked, .. }] => asked.iter().map(Person::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

fn nudge(stage: &mut Stage) -> Option<(Whom, Vec<String>)> {
    match stage.ok(HOUSE, Command::Timer(TimerKind::Silence)).as_slice() {
        [] => None,
        [Event::Nudged { whom, asked, .. }] => Some((*whom, asked.iter().map(Person::to_string).collect())),
        other => panic!("{other:?}"),
    }
}

fn note() -> Command {
    Command::Note { text: "still looking".into(), at: None }
}

fn take() -> Command {
    Command::TakeCommand { force: false, reason: String::new() }
}

fn listening() -> Stage {
    let mut stage = Stage::new();
    stage.policy.silence_minutes = [10; 5];
    stage
}

#[test]
fn help_is_asked_of_one_after_the_other() {
    let mut stage = Stage::new();
    assert_eq!(asked(&stage.ok("Ada", assist(""))), Vec::<String>::new(), "nobody else is here");
    stage.ok("Bo", Command::TakeRole { role: role("deputy") });
    stage.ok("Cy", Command::TakeRole { role: role("sme:db") });
    stage.ok("Di", Command::TakeRole { role: role("sme:api") });
    stage.ok("Eve", Command::TakeRole { role: role("observer") });
    for next in ["Bo", "Ada", "Di"] {
        assert_eq!(asked(&stage.ok("Cy", assist("which replica?"))), [next]);
    }
    assert_eq!(asked(&stage.ok("Cy", assist(""))), ["Ada", "Bo", "Di", "Eve"], "whoever is here");
    // Half an hour later it is another question; and who only reads along may ask too.
    stage.later(31);
    assert_eq!(asked(&stage.ok("Cy", assist(""))), ["Bo"]);
    assert_eq!(asked(&stage.ok("Eve", assist("what is a CAN?"))), ["Bo"]);
}

#[test]
fn whoever_asks_for_help_again_is_told_when_nobody_new_is_left() {
    let mut stage = Stage::new();
    let told = |stage: &Stage| stage.ask("Bo", &assist("")).unwrap().reply;
    let bring = "Ada can bring somebody in by `task add @NAME TEXT`: ask them to.";
    stage.ok("Di", Command::CheckIn { who: None, note: String::new() });
    let more = "If nobody comes, say it again: the next one is asked.";
    assert_eq!(told(&stage), format!("Ada is asked to look. Good that you ask. {more}"));
    stage.ok("Bo", assist(""));
    let last = format!(
        "Ada and Di are asked to look. Good that you ask. Everybody here has been asked already. {bring}"
    );
    assert_eq!(told(&stage), last);
    stage.ok("Bo", assist(""));
    assert_eq!(told(&stage), format!("Everybody here was asked before, and nobody new is left. {bring}"));
}

#[test]
fn whoever_has_nobody_left_to_ask_is_told_what_they_may_do() {
    let task = || Command::AssignTask { owner: Some(who("Zoe")), text: "Look at db1".into(), minutes: None };
    let mut stage = Stage::new();
    for (name, slug) in [("Cy", "ops"), ("Di", "sme:db"), ("Eve", "observer")] {
        stage.ok(name, Command::TakeRole { role: role(slug) });
    }
    for name in ["Ada", "Bo", "Cy", "Di", "Eve"] {
        let told = std::iter::repeat_with(|| {
            let told = stage.ask(name, &assist("")).unwrap().reply;
            stage.ok(name, assist(""));
            told
        });
        let told = told.take(10).find(|told| told.contains("nobody new is left")).unwrap();
        if told.contains("Bring somebody in: `task add @NAME TEXT`") {
            stage.ok(name, task());
        } else {
            assert!(told.contains("Ada can bring somebody in by `task add @NAME TEXT`"), "{name}: {told}");
            stage.no(name, task());
            stage.ok("Ada", task());
        }
    }
    // Nobody leads: whoever reads along cannot take it.
    let mut stage = Stage::of(HOUSE, Kind::Real, false);
    let told = stage.ask("Bo", &assist("")).unwrap().reply;
    assert!(told.contains("Nobody is in command: `take`, then `task add @NAME TEXT`"), "{told}");
    stage.ok("Eve", Command::TakeRole { role: role("observer") });
    let told = stage.ask("Eve", &assist("")).unwrap().reply;
    assert!(told.ends_with("ask somebody outside to come and to say `take`."), "{told}");
    stage.no("Eve", take());
    stage.ok("Bo", take());
    stage.ok("Bo", task());
}

#[test]
fn a_silence_is_brought_to_nobody_who_would_be_refused_command() {
    let mut stage = listening();
    stage.ok("Bo", Command::TakeRole { role: role("deputy") });
    stage.ok("Cy", Command::TakeRole { role: role("observer") });
    stage.ok("Di", Command::CheckIn { who: None, note: String::new() });
    stage.policy.reserved.command = Some(["di".to_owned()].into());
    stage.later(10);
    assert_eq!(nudge(&mut stage), Some((Whom::Commander, vec!["Ada".into()])));
    stage.later(5);
    let everyone = Some((Whom::Everyone, vec!["Ada".into(), "Di".into()]));
    assert_eq!(nudge(&mut stage), everyone, "Bo is in none of the groups, Cy only reads along");
    stage.ok("Di", take());
}

#[test]
fn a_commander_who_merges_a_duplicate_in_is_heard() {
    let mut stage = listening();
    let merged = |by: &str| {
        let luggage = serde_json::json!({
            "by": who(by), "from": "INC-2", "title": "Search is slow", "severity": "sev3", "entries": 9,
            "situations": [], "tasks": [],
        });
        let luggage: crate::incident::command::Luggage = serde_json::from_value(luggage).unwrap();
        Command::Timer(crate::incident::command::TimerKind::MergedIn(Box::new(luggage)))
    };
    stage.later(9);
    stage.ok(HOUSE, merged("Ada"));
    stage.later(9);
    assert_eq!(nudge(&mut stage), None);
    stage.later(1);
    assert_eq!(nudge(&mut stage), Some((Whom::Commander, vec!["Ada".into()])));
    // Another's merge is no word of the commander, and the house's is nobody's.
    for by in ["Bo", HOUSE] {
        let mut stage = listening();
        stage.later(9);
        stage.ok(HOUSE, merged(by));
        stage.later(1);
        assert_eq!(nudge(&mut stage), Some((Whom::Commander, vec!["Ada".into()])), "{by}");
    }
}

#[test]
fn a_commander_is_not_asked_about_themselves_in_the_place_of_who_is_next_in_line() {
    let mut stage = listening();
    stage.policy.alternates = [("ic".to_owned(), vec![who("Bo")])].into();
    // As it was written down before it was refused.
    let (role, person) = (role("deputy"), who("Ada"));
    stage.incident.roles.push(crate::incident::state::Assignment { role, person, since: stage.now });
    stage.later(10);
    assert_eq!(nudge(&mut stage), Some((Whom::Commander, vec!["Ada".into()])));
    stage.later(5);
    assert_eq!(nudge(&mut stage), Some((Whom::Deputy, vec!["Bo".into()])));
}

#[test]
fn a_silence_goes_to_the_commander_the_deputy_and_everybody_then_backs_off() {
    let mut stage = listening();
    stage.ok("Bo", Command::TakeRole { role: role("deputy") });
    stage.ok("Cy", Command::CheckIn { who: None, note: String::new() });
    stage.later(9);
    assert_eq!(nudge(&mut stage), None);
    stage.later(1);
    assert_eq!(nudge(&mut stage), Some((Whom::Commander, vec!["Ada".into()])));
    assert_eq!(nudge(&mut stage), None);
    stage.later(5);
    assert_eq!(nudge(&mut stage), Some((Whom::Deputy, vec!["Bo".into()])));
    stage.later(5);
    let everyone = Some((Whom::Everyone, vec!["Ada".into(), "Bo".into(), "Cy".into()]));
    assert_eq!(nudge(&mut stage), everyone);
    for wait in [10, 20, 40, 80, 120, 120] {
        stage.later(wait - 1);
        assert_eq!(nudge(&mut stage), None, "{wait}");
        stage.later(1);
        assert_eq!(nudge(&mut stage), everyone, "{wait}");
    }
    // Whoever writes, it begins anew.
    stage.ok("Cy", note());
    stage.later(10);
    assert_eq!(nudge(&mut stage).unwrap().0, Whom::Commander);
}

#[test]
fn nobody_is_nudged_in_peace_in_quiet_or_where_it_is_switched_off() {
    let mut stage = listening();
    assert_eq!(stage.no("Bo", Command::Quiet { minutes: 30 }), Because::Forbidden);
    stage.no("Ada", Command::Quiet { minutes: 0 });
    stage.no("Ada", Command::Quiet { minutes: 241 });
    stage.ok("Ada", Command::Quiet { minutes: 30 });
    stage.later(29);
    assert_eq!(nudge(&mut stage), None);
    stage.later(1);
    assert!(nudge(&mut stage).is_some());
    stage.ok("Ada", Command::Enter { phase: Phase::Resolved, reason: "quiet".into() });
    stage.later(60);
    assert_eq!(nudge(&mut stage), None);
    stage.aloud("quiet");
    let mut off = stage.again();
    off.later(60);
    assert_eq!(nudge(&mut off), None);
}

#[test]
fn a_nudge_says_together_what_is_late() {
    let mut stage = listening();
    stage.ok("Bo", Command::Announce { text: "Fail over".into(), is_risky: true, minutes: None });
    stage.ok("Ada", Command::AssignTask { owner: Some(who("Bo")), text: "Look".into(), minutes: Some(5) });
    let due_at = stage.incident.task(1).unwrap().due_at.unwrap();
    stage.later(10);
    stage.ok(HOUSE, Command::Timer(TimerKind::TaskDue { n: 1, due_at }));
    assert_eq!(nudge(&mut stage), None, "something was said this very minute");
    stage.later(1);
    let events = stage.ok(HOUSE, Command::Timer(TimerKind::Silence));
    assert!(
        matches!(&events[..], [Event::Nudged { silent_minutes: 11, open, .. }]
            if *open == ["action 1 waits for a go", "task #1 of Bo is late"]),
        "{events:?}"
    );
}

#[test]
fn command_of_the_silent_passes_to_who_was_asked_and_acknowledges() {
    let mut stage = listening();
    stage.ok("Bo", Command::TakeRole { role: role("deputy") });
    stage.later(10);
    assert_eq!(nudge(&mut stage).unwrap().0, Whom::Commander);
    assert_eq!(stage.no("Bo", take()), Because::Conflict, "Ada has only just been asked");
    stage.later(5);
    nudge(&mut stage);
    assert_eq!(stage.no("Cy", take()), Because::Conflict, "the deputy comes first");
    // Another's word ends the silence on the timeline, not the commander's.
    stage.ok("Cy", note());
    let since = dated(start() + Duration::minutes(10));
    let events = stage.ok("Bo", take());
    assert!(
        matches!(&events[..], [Event::CommandTransferred { without_outgoing_brief: true, reason, .. }]
            if *reason == format!("Ada did not answer since {since}")),
        "{events:?}"
    );
    assert_eq!(stage.incident.commander, who("Bo"));
    assert_eq!(stage.no("Cy", take()), Because::Conflict, "Bo is not silent");

    // A commander who answers stays in command; everybody may take over at last.
    stage.later(10);
    nudge(&mut stage);
    stage.later(5);
    assert_eq!(nudge(&mut stage).unwrap().0, Whom::Everyone, "there is no deputy");
    stage.ok("Bo", note());
    assert_eq!(stage.no("Cy", take()), Because::Conflict);
    stage.later(10);
    nudge(&mut stage);
    stage.later(5);
    nudge(&mut stage);
    stage.ok("Cy", take());
    assert_eq!(stage.incident.commander, who("Cy"));
    stage.aloud("succession");
}

/// Cy writes every minute; in which of these minutes the house asks whom.
fn busy(stage: &mut Stage, minutes: i64) -> String {
    let mut told = vec![];
    for minute in 1..=minutes {
        stage.later(1);
        stage.ok("Cy", note());
        told.extend(nudge(stage).map(|(whom, asked)| format!("{minute} {whom:?}: {}", asked.join(", "))));
    }
    told.join("; ")
}

#[test]
fn a_commander_who_is_silent_while_others_write_is_asked_and_followed_by_who_acknowledges() {
    let mut stage = listening();
    stage.ok("Bo", Command::TakeRole { role: role("deputy") });
    stage.ok("Bo", Command::AssignTask { owner: Some(who("Ada")), text: "Look".into(), minutes: None });
    assert_eq!(busy(&mut stage, 14), "10 Commander: Ada");
    assert_eq!(stage.no("Bo", take()), Because::Conflict, "Ada has only just been asked");
    assert_eq!(busy(&mut stage, 1), "1 Deputy: Bo");
    assert_eq!(stage.no("Cy", take()), Because::Conflict, "the deputy comes first");
    assert_eq!(busy(&mut stage, 5), "5 Everyone: Bo, Cy", "it is about Ada, and to everybody else");
    // More and more seldom, however much others write.
    let seldom = "10 Everyone: Bo, Cy; 30 Everyone: Bo, Cy; 70 Everyone: Bo, Cy";
    assert_eq!(busy(&mut stage, 80), seldom);
    // A press is a word: whoever reads along stays in command.
    stage.ok("Ada", Command::UnderstandTask { n: 1 });
    assert_eq!(stage.no("Bo", take()), Because::Conflict, "Ada is there");
    assert_eq!(busy(&mut stage, 9), "");
    assert_eq!(busy(&mut stage, 6), "1 Commander: Ada; 6 Deputy: Bo");
    let since = dated(stage.now - Duration::minutes(5));
    let events = stage.ok("Bo", take());
    assert!(
        matches!(&events[..], [Event::CommandTransferred { reason, .. }]
            if *reason == format!("Ada did not answer since {since}")),
        "{events:?}"
    );
    // Bo has just said so.
    assert_eq!(busy(&mut stage, 9), "");
    assert_eq!(busy(&mut stage, 1), "1 Commander: Bo");
}

#[test]
fn who_was_silent_while_it_was_over_is_not_asked_the_moment_it_breaks_again() {
    let mut stage = listening();
    stage.ok("Bo", Command::TakeRole { role: role("deputy") });
    assert_eq!(busy(&mut stage, 11), "10 Commander: Ada");
    stage.ok("Ada", Command::Enter { phase: Phase::Resolved, reason: "mended".into() });
    stage.later(23 * 60);
    stage.ok("Bo", Command::Enter { phase: Phase::Investigating, reason: "again".into() });
    assert_eq!(busy(&mut stage, 9), "");
}

#[test]
fn a_busy_incident_whose_command_is_heard_now_and_then_is_not_nudged() {
    let mut stage = listening();
    for _ in 0..5 {
        assert_eq!(busy(&mut stage, 9), "");
        stage.ok("Ada", note());
    }
    // Whoever shares command is command.
    stage.ok("Ada", Command::Unify { to: who("Gus"), organization: "Acme".into() });
    stage.ok("Gus", Command::JoinCommand);
    for _ in 0..3 {
        assert_eq!(busy(&mut stage, 9), "");
        stage.ok("Gus", note());
    }
    assert_eq!(busy(&mut stage, 10), "10 Commander: Ada");
}

#[test]
fn a_nudge_about_the_commander_alone_does_not_say_that_nobody_wrote() {
    let mut stage = listening();
    assert_eq!(busy(&mut stage, 9), "");
    stage.later(1);
    let events = stage.ok(HOUSE, Command::Timer(TimerKind::Silence));
    assert!(
        matches!(
            &events[..],
            [Event::Nudged { whom: Whom::Commander, silent_minutes: 1, command_minutes: Some(10), .. }]
        ),
        "{events:?}"
    );
}

#[test]
fn a_commander_who_is_alone_is_not_told_that_others_write_whatever_the_house_reminds_of() {
    let mut stage = listening();
    stage.policy.roles_minutes = [10; 5];
    stage.later(10);
    assert_eq!(nudge(&mut stage).unwrap().0, Whom::Commander);
    stage.later(4);
    assert_eq!(stage.ok(HOUSE, Command::Timer(TimerKind::RolesDue)).len(), 1);
    stage.later(1);
    let events = stage.ok(HOUSE, Command::Timer(TimerKind::Silence));
    assert!(
        matches!(&events[..], [Event::Nudged { silent_minutes: 15, command_minutes: None, .. }]),
        "{events:?}"
    );
}

#[test]
fn who_asks_for_quiet_is_told_what_comes_all_the_same() {
    let mut stage = listening();
    stage.ok("Ada", Command::AssignTask { owner: Some(who("Bo")), text: "Look".into(), minutes: Some(5) });
    let due_at = stage.incident.task(1).unwrap().due_at.unwrap();
    let told = stage.ask("Ada", &Command::Quiet { minutes: 30 }).unwrap().reply;
    assert_eq!(
        told,
        "No reminders until 2026-01-02 12:30 UTC. Overdue tasks and actions, the end of an operational period, and what the \
         public is owed are still told."
    );
    stage.ok("Ada", Command::Quiet { minutes: 30 });
    stage.later(5);
    assert_eq!(stage.ok(HOUSE, Command::Timer(TimerKind::TaskDue { n: 1, due_at })).len(), 1, "as it says");
}

#[test]
fn next_says_what_is_due_for_one_s_own_role_in_a_few_lines() {
    let mut stage = Stage::new();
    let newcomer = stage.reads("Zoe", Command::Next);
    stage.ok("Bo", Command::TakeRole { role: role("pio") });
    stage.ok("Cy", Command::TakeRole { role: role("sme:db") });
    stage.ok("Cy", Command::Announce { text: "Fail over".into(), is_risky: true, minutes: None });
    stage.ok(
        "Ada",
        Command::AssignTask { owner: Some(who("Cy")), text: "Find the lag".into(), minutes: Some(10) },
    );
    stage.ok("Bo", Command::Propose { text: "Roll back 4.2".into(), minutes: None });
    let mut told = vec![("Zoe, new", newcomer)];
    for (name, person) in [("Ada, commander", "Ada"), ("Bo, information", "Bo"), ("Cy, specialist", "Cy")] {
        told.push((name, stage.reads(person, Command::Next)));
    }
    stage.ok("Ada", Command::StopActions { reason: "we lose writes".into() });
    told.push(("Cy, stopped", stage.reads("Cy", Command::Next)));
    told.push(("Briefing", stage.reads("Cy", Command::Briefing)));
    told.push(("Actions", stage.reads("Cy", Command::Actions)));
    told.push(("Proposals", stage.reads("Cy", Command::Proposals)));
    told.push(("Crew", stage.reads("Cy", Command::Crew)));
    for (name, text) in told.iter().take(5) {
        assert!(text.lines().count() <= 1 + crate::incident::next::LINES_MAX, "{name}: {text}");
    }
    let page: Vec<String> = told.into_iter().map(|(name, text)| format!("== {name}\n{text}")).collect();
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("readings", page.join("\n\n"));
    });
}

#[test]
fn what_a_rule_declared_and_nobody_took_is_brought_to_whoever_reads() {
    let mut stage = Stage::of(HOUSE, Kind::Real, false);
    stage.policy.silence_minutes = [10; 5];
    stage.later(10);
    assert_eq!(nudge(&mut stage), Some((Whom::Everyone, vec![])));
    stage.later(5);
    assert!(nudge(&mut stage).is_some());
    stage.ok("Bo", take());
    assert_eq!(stage.incident.commander, who("Bo"));
    stage.later(10);
    assert_eq!(nudge(&mut stage), Some((Whom::Commander, vec!["Bo".into()])));
}
