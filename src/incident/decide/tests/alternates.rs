//! Who is next in line.

use super::*;
use crate::incident::{command::TimerKind, event::Whom, sentence::sentence};

fn stage() -> Stage {
    let mut stage = Stage::new();
    let line = |names: &[&str]| names.iter().map(|name| who(name)).collect();
    stage.policy.alternates =
        [("ic".to_owned(), line(&["Ada", "Bo", "Cy"])), ("ops".to_owned(), line(&["Di", "Eve", "Fay"]))]
            .into();
    stage.policy.silence_minutes = [10; 5];
    stage
}

fn told(events: &[Event]) -> String {
    let [event] = events else { panic!("{events:?}") };
    sentence(event, &dated)
}

#[test]
fn who_does_not_take_a_role_is_followed_by_the_next_in_line() {
    let mut stage = stage();
    stage.ok("Ada", Command::OfferRole { role: role("ops"), to: who("Di") });
    stage.ok("Eve", Command::CheckIn { who: None, note: String::new() });
    let declined = stage.ok("Di", Command::DeclineRole { role: None, reason: "on a train".into() });
    assert_eq!(
        told(&declined),
        "Di declined to be Operations Section Chief: on a train. Next in line: Eve. `role offer ops @eve`."
    );
    // Who was asked already, or has left, is passed over; at the end nobody is named.
    stage.ok("Eve", Command::CheckOut { who: None, note: String::new() });
    stage.ok("Ada", Command::OfferRole { role: role("ops"), to: who("Di") });
    stage.later(11);
    let lapsed = Command::Timer(TimerKind::RoleOfferExpires { role: role("ops"), to: who("Di") });
    assert!(
        told(&stage.ok(HOUSE, lapsed)).ends_with("it has ended. Next in line: Fay. `role offer ops @fay`.")
    );
    stage.ok("Ada", Command::OfferRole { role: role("ops"), to: who("Fay") });
    let declined = stage.ok("Fay", Command::DeclineRole { role: None, reason: String::new() });
    assert_eq!(told(&declined), "Fay declined to be Operations Section Chief.");
}

#[test]
fn command_that_is_not_taken_names_the_next_in_line_too() {
    let mut stage = stage();
    stage.ok("Ada", Command::OfferCommand { to: who("Zoe") });
    let declined = stage.ok("Zoe", Command::DeclineCommand { reason: String::new() });
    assert_eq!(told(&declined), "Zoe declined command. Next in line: Bo. `command offer @bo`.");
    stage.ok("Ada", Command::OfferCommand { to: who("Bo") });
    stage.later(6);
    let lapsed = stage.ok(HOUSE, Command::Timer(TimerKind::CommandOfferExpires { to: who("Bo") }));
    assert!(told(&lapsed).ends_with("Next in line: Cy. `command offer @cy`."));
}

#[test]
fn next_names_them_to_whoever_leads_and_to_themselves() {
    let mut stage = stage();
    assert!(stage.reads("Ada", Command::Next).contains("`role offer ops @di`"));
    assert!(stage.reads("Di", Command::Next).contains("you are next in line: `role take ops`."));
    assert!(
        stage
            .reads("Eve", Command::Next)
            .contains("Nobody is Operations Section Chief yet: `role take ops`.")
    );
    stage.policy.roles_minutes = [10; 5];
    let events = stage.ok(HOUSE, Command::Timer(TimerKind::RolesDue));
    assert!(told(&events).contains("Ada: `role offer ops @di`."), "{events:?}");
}

#[test]
fn who_is_next_in_line_for_command_is_asked_before_everybody() {
    let mut stage = stage();
    stage.ok("Zoe", Command::CheckIn { who: None, note: String::new() });
    let nudge = |stage: &mut Stage| match stage.ok(HOUSE, Command::Timer(TimerKind::Silence)).as_slice() {
        [Event::Nudged { whom, asked, .. }] => {
            (*whom, asked.iter().map(Person::to_string).collect::<Vec<_>>())
        }
        other => panic!("{other:?}"),
    };
    stage.later(10);
    assert_eq!(nudge(&mut stage).0, Whom::Commander);
    stage.later(5);
    assert_eq!(nudge(&mut stage), (Whom::Deputy, vec!["Bo".into(), "Cy".into()]));
    let take = || Command::TakeCommand { force: false, reason: String::new() };
    assert_eq!(stage.no("Zoe", take()), Because::Conflict, "Bo and Cy come first");
    stage.ok("Bo", take());
    assert_eq!(stage.incident.commander, who("Bo"));
    // And before everybody where somebody asks for help.
    let asked = |stage: &mut Stage| match stage.ok("Zoe", Command::Assist { text: String::new() }).as_slice()
    {
        [Event::AssistAsked { asked, .. }] => asked.iter().map(Person::to_string).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(asked(&mut stage), ["Bo"]);
    assert_eq!(asked(&mut stage), ["Ada"]);
    assert_eq!(asked(&mut stage), ["Cy"]);
}

#[test]
fn whoever_takes_or_declines_a_role_reads_who_is_next_in_line() {
    let mut stage = stage();
    let take = Command::TakeRole { role: role("ops") };
    let sheet = stage.ask("Di", &take).unwrap().reply;
    assert!(sheet.contains("\nNext in line: Eve, then Fay.\nMay: "), "{sheet}");
    let pio = stage.ask("Di", &Command::TakeRole { role: role("pio") }).unwrap().reply;
    assert!(!pio.contains("Next in line"), "{pio}");

    stage.ok("Ada", Command::OfferRole { role: role("ops"), to: who("Di") });
    let accepted = stage.ask("Di", &Command::AcceptRole { role: None }).unwrap().reply;
    assert!(accepted.contains("\nNext in line: Eve, then Fay.\n"), "{accepted}");
    let decline = Command::DeclineRole { role: None, reason: String::new() };
    let declined = stage.ask("Di", &decline).unwrap().reply;
    assert_eq!(declined, "Declined: Operations Section Chief is still to be filled. Next in line: Eve.");

    stage.ok("Ada", Command::OfferCommand { to: who("Bo") });
    let declined = stage.ask("Bo", &Command::DeclineCommand { reason: String::new() }).unwrap().reply;
    assert_eq!(declined, "Declined. Ada stays in command. Next in line: Cy.");
}
