//! Hazards: named by anybody, cleared by whoever named them or answers for safety.

use super::*;

fn name(text: &str, mitigation: &str) -> Command {
    Command::NameHazard { text: text.into(), mitigation: mitigation.into() }
}

fn clear(n: u32) -> Command {
    Command::ClearHazard { n, reason: String::new() }
}

#[test]
fn anybody_names_a_hazard_and_it_stands_in_the_briefing_until_it_is_cleared() {
    let mut stage = Stage::new();
    let risks = |stage: &Stage| {
        let briefing = stage.reads("Ada", Command::Briefing);
        briefing.lines().find(|line| line.to_lowercase().contains("risks, safety")).unwrap().to_owned()
    };
    assert!(risks(&stage).contains("Still empty: "));
    assert!(stage.reads("Ada", Command::Hazards).contains("no open hazards"));
    stage.no("Bo", name(" ", ""));
    stage.ok("Bo", name("db2 may fill up as well", "watch its disk"));
    stage.ok("Eve", Command::TakeRole { role: role("observer") });
    stage.ok("Eve", name("The hall is hot.", ""));
    assert!(risks(&stage).contains("Hazard 1: db2 may fill up as well (Bo; against it: watch its disk)"));
    assert!(!stage.reads("Ada", Command::Briefing).contains("`hazard WHAT"), "nothing is missing there");
    insta::assert_snapshot!(stage.reads("Ada", Command::Hazards));
    let status = stage.reads("Ada", Command::Status);
    assert!(status.contains("Hazards: 1 db2 may fill up as well; 2 The hall is hot."), "{status}");
    // Cleared by who named it, the Safety Officer, the commander and the deputy.
    assert_eq!(stage.no("Cy", clear(1)), Because::Forbidden);
    stage.ok("Di", Command::TakeRole { role: role("ops") });
    assert_eq!(stage.no("Di", clear(2)), Because::Forbidden, "safety is not for Operations to judge");
    assert_eq!(stage.no("Bo", clear(9)), Because::NotFound);
    stage.ok("Bo", clear(1));
    assert_eq!(stage.no("Bo", clear(1)), Because::Conflict);
    stage.ok("Cy", Command::TakeRole { role: role("safety") });
    stage.ok("Cy", clear(2));
    assert!(!stage.reads("Ada", Command::Status).contains("Hazards"));
    assert!(risks(&stage).contains("Still empty: "));
    stage.aloud("hazards");
}

#[test]
fn an_incident_holds_so_many_hazards_and_names_few_of_them() {
    let mut stage = Stage::new();
    for n in 0..200 {
        stage.ok("Bo", name(&format!("Danger {n}"), ""));
    }
    assert_eq!(stage.no("Bo", name("One more", "")), Because::Conflict);
    let status = stage.reads("Bo", Command::Status);
    assert!(status.contains("Hazards: 1 Danger 0; 2 Danger 1; 3 Danger 2; 197 more"), "{status}");
}

#[test]
fn of_a_redacted_hazard_it_is_not_said_that_nothing_is_done_against_it() {
    let mut stage = Stage::new();
    stage.ok("Bo", name("Hunter2 is known", "change it"));
    let target = stage.last();
    stage.ok("Ada", Command::Redact { target, reason: "a password".into() });
    for told in [stage.reads("Ada", Command::Hazards), stage.reads("Ada", Command::Briefing)] {
        assert!(told.contains("gainst it: [redacted]"), "{told}");
        assert!(!told.contains("othing is done") && !told.contains("Hunter2"), "{told}");
    }
}
