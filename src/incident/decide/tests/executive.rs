//! The executive who interrupts is asked one question.

use super::*;
use crate::incident::command::TimerKind;

fn stage() -> Stage {
    let mut stage = Stage::new();
    stage.policy.executives = ["vera".to_owned()].into();
    stage
}

fn lower() -> Command {
    Command::Severity { to: Severity::Sev4, reason: "this is no SEV2".into() }
}

#[test]
fn an_executive_who_orders_without_a_role_is_asked_whether_they_take_command_and_the_commander_reads_it() {
    let mut stage = stage();
    let decision = stage.ask("Vera", &lower()).unwrap();
    insta::assert_snapshot!(decision.reply);
    let words = "lower the severity: SEV4; this is no SEV2".to_owned();
    assert_eq!(
        stage.ok("Vera", lower()),
        [Event::ExecutiveAsked { words, commander: who("Ada"), who: Some(who("Vera")) }]
    );
    assert_eq!(stage.incident.severity, Severity::Sev2, "nothing is done");
}

#[test]
fn it_is_asked_once_in_ten_minutes_and_of_nobody_else() {
    let mut stage = stage();
    assert_eq!(stage.no("Bo", lower()), Because::Forbidden);
    stage.ok("Vera", lower());
    stage.later(9);
    assert!(matches!(&stage.ok("Vera", lower())[..], [Event::Noted { .. }]));
    stage.later(1);
    assert!(matches!(&stage.ok("Vera", lower())[..], [Event::ExecutiveAsked { .. }]));
    // With a role it is a refusal like everybody's.
    stage.later(20);
    stage.ok("Vera", Command::TakeRole { role: role("observer") });
    assert_eq!(stage.no("Vera", lower()), Because::Forbidden);
}

#[test]
fn what_an_executive_orders_while_they_are_asked_stands_as_a_note_and_the_question_stays_open() {
    let mut stage = stage();
    stage.ok("Vera", lower());
    let question = stage.incident.executive_question.clone();
    assert_eq!(
        stage.ask("Vera", &lower()).unwrap().reply,
        format!(
            "Nothing was done. The question is still open whether you wish to take command of {}. Yes: `command take`. No: \
             `command decline`. Your words stand as a note, and Ada has been told.",
            stage.incident.id
        )
    );
    let text = "Vera has no role here and wants to lower the severity: SEV4; this is no SEV2. Nothing was done. That is for \
                Ada to decide.";
    assert_eq!(stage.ok("Vera", lower()), [Event::Noted { text: text.into(), until: None, is_mark: true }]);
    let task = Command::AssignTask { owner: Some(who("Bo")), text: "look".into(), minutes: None };
    for order in [task, Command::StopActions { reason: "wait".into() }] {
        assert!(matches!(&stage.ok("Vera", order)[..], [Event::Noted { .. }]));
    }
    assert_eq!((stage.incident.severity, &stage.incident.executive_question), (Severity::Sev2, &question));
    // Answered, or asked of another, there is nothing more to ask for a while.
    stage.policy.executives.insert("wim".to_owned());
    let noted = "Nothing was done. Your words stand as a note, and Ada has been told.";
    assert_eq!(stage.ask("Wim", &lower()).unwrap().reply, noted);
    stage.ok("Vera", decline(""));
    assert_eq!(stage.ask("Vera", &lower()).unwrap().reply, noted);
}

#[test]
fn who_may_not_have_command_is_not_asked_for_it_and_the_commander_reads_their_words_all_the_same() {
    let mut stage = stage();
    stage.policy.reserved.command = Some(["ada".to_owned()].into());
    stage.policy.reserved.groups = [("command", vec!["sre".to_owned()])].into();
    let reply = stage.ask("Vera", &lower()).unwrap().reply;
    assert_eq!(
        reply,
        "Nothing was done. Vera is in none of the groups that may take command here: sre. Your words stand as a note, and \
         Ada has been told."
    );
    let text = "Vera has no role here and wants to lower the severity: SEV4; this is no SEV2. Nothing was done. That is for \
                Ada to decide.";
    assert_eq!(stage.ok("Vera", lower()), [Event::Noted { text: text.into(), until: None, is_mark: true }]);
    assert_eq!((stage.incident.severity, &stage.incident.executive_question), (Severity::Sev2, &None));
    let deputy = Command::TakeRole { role: role("deputy") };
    assert_eq!(stage.no("Vera", deputy), Because::Forbidden, "who asks for a part gives no order");
    stage.policy.reserved.command = None;
    stage.ok("Ada", Command::Enter { phase: Phase::Resolved, reason: "it is back".into() });
    assert_eq!(
        stage.no("Vera", Command::Enter { phase: Phase::Closed, reason: String::new() }),
        Because::Forbidden
    );
}

#[test]
fn what_was_ordered_stays_on_the_timeline_and_not_only_what_was_written_to_it() {
    let wanted = |command: Command| {
        let mut stage = stage();
        match stage.ok("Vera", command).as_slice() {
            [Event::ExecutiveAsked { words, .. }] => words.clone(),
            other => panic!("{other:?}"),
        }
    };
    let (pio, gus) = (role("pio"), who("Gus"));
    for (command, words) in [
        (
            Command::Severity { to: Severity::Sev3, reason: "not so bad".into() },
            "lower the severity: SEV3; not so bad",
        ),
        (
            Command::OfferRole { role: pio.clone(), to: gus.clone() },
            "give out roles: Public Information Officer to Gus",
        ),
        (
            Command::RelieveRole { role: pio, person: Some(gus.clone()), reason: "asleep".into() },
            "relieve somebody of a role: Gus as Public Information Officer; asleep",
        ),
        (
            Command::AssignTask { owner: Some(gus.clone()), text: "look at lb".into(), minutes: Some(10) },
            "assign tasks to others: Gus, 10 minutes; look at lb",
        ),
        (Command::OfferCommand { to: gus }, "offer command: to Gus"),
        (
            Command::Enter { phase: Phase::Monitoring, reason: "it holds".into() },
            "change the phase: monitoring; it holds",
        ),
        (
            Command::Enter { phase: Phase::Resolved, reason: "it is back".into() },
            "resolve the incident: it is back",
        ),
        (
            Command::CloseLeavingSubs { reason: "it is back".into() },
            "close the incident: its parts go on; it is back",
        ),
        (Command::RollCall { minutes: Some(3) }, "call the roll: 3 minutes"),
        (Command::Publish { n: 2 }, "publish an update: update 2"),
        (Command::StopActions { reason: "wait".into() }, "stop all actions: wait"),
        (Command::ResumeActions { reason: "it is back".into() }, "let all actions go on: it is back"),
    ] {
        assert_eq!(wanted(command), words);
    }
}

#[test]
fn a_key_in_the_place_of_a_name_is_masked_in_the_note_too() {
    let key = format!("ghp_{}", "a1".repeat(18));
    let order = Command::OfferRole { role: role("pio"), to: who(&key) };
    let decision = stage().ask("Vera", &order).unwrap();
    assert!(decision.reply.contains("A secret was masked before it was stored (GitHub token)"));
    assert!(!format!("{:?}", decision.events).contains(&key), "{:?}", decision.events);
}

fn take() -> Command {
    Command::TakeCommand { force: false, reason: String::new() }
}

fn decline(reason: &str) -> Command {
    Command::DeclineCommand { reason: reason.into() }
}

#[test]
fn an_executive_who_says_that_they_take_command_has_it_and_nobody_else_has_it_by_those_words() {
    let mut stage = stage();
    assert_eq!(stage.no("Vera", take()), Because::Conflict, "they were not asked");
    stage.ok("Vera", lower());
    assert_eq!(stage.no("Bo", take()), Because::Conflict, "Bo was not asked");
    let events = stage.ok("Vera", take());
    assert!(
        matches!(&events[..], [Event::CommandTransferred { from, to, without_outgoing_brief: true, reason, .. }]
            if *from == who("Ada") && *to == who("Vera") && reason.contains("was asked whether")),
        "{events:?}"
    );
    assert_eq!(stage.incident.executive_question, None);
    stage.ok("Vera", lower());
    stage.aloud("executive_takes");
}

#[test]
fn an_executive_who_does_not_take_command_says_so_on_the_timeline() {
    let mut stage = stage();
    assert_eq!(stage.no("Vera", decline("")), Because::Conflict);
    stage.ok("Vera", lower());
    assert!(stage.reads("Vera", Command::Next).contains("Do you wish to take command?"));
    assert_eq!(stage.no("Bo", decline("")), Because::Conflict);
    let declined = |reason: &str, is_silent| Event::ExecutiveDeclined {
        who: who("Vera"),
        reason: reason.into(),
        is_silent,
    };
    assert_eq!(stage.ok("Vera", decline("I only wondered")), [declined("I only wondered", false)]);
    assert_eq!(stage.no("Vera", take()), Because::Conflict, "it is answered");
    assert_eq!(stage.incident.commander, who("Ada"));
    // No answer is one, after a while.
    stage.later(10);
    stage.ok("Vera", lower());
    let silent = |seq| Command::Timer(TimerKind::ExecutiveSilent { seq });
    let asked = stage.last();
    stage.later(9);
    assert_eq!(stage.ok(HOUSE, silent(asked)), []);
    stage.later(1);
    assert_eq!(stage.no("Vera", take()), Because::Conflict, "it is too late");
    assert_eq!(stage.ok(HOUSE, silent(asked - 1)), [], "that was another question");
    assert_eq!(stage.ok(HOUSE, silent(asked)), [declined("", true)]);
    assert_eq!(stage.ok(HOUSE, silent(asked)), []);
    stage.aloud("executive_declines");
}

#[test]
fn the_question_ends_with_what_it_was_about() {
    let mut stage = stage();
    stage.ok("Vera", lower());
    stage.ok("Ada", Command::OfferCommand { to: who("Bo") });
    stage.ok("Bo", Command::AcceptCommand);
    assert_eq!(stage.incident.executive_question, None, "another commander was not told");
    stage.later(10);
    stage.ok("Vera", lower());
    stage.ok("Vera", Command::TakeRole { role: role("lno") });
    assert_eq!(stage.incident.executive_question, None, "they have a part in it");
    assert_eq!(stage.no("Vera", take()), Because::Conflict);
    stage.ok("Vera", Command::ReleaseRole { role: role("lno") });
    stage.later(10);
    stage.ok("Vera", lower());
    stage.ok("Bo", Command::Enter { phase: Phase::Resolved, reason: "it is back".into() });
    assert_eq!(stage.incident.executive_question, None);
}
