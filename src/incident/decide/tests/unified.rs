//! Unified command: several commanders, one token.

use super::*;
use crate::incident::command::TimerKind;

fn unify(name: &str, organization: &str) -> Command {
    Command::Unify { to: who(name), organization: organization.into() }
}

fn unified() -> Stage {
    let mut stage = Stage::new();
    stage.ok("Ada", unify("Bo", "Acme Cloud"));
    stage.ok("Bo", Command::JoinCommand);
    stage
}

#[test]
fn who_joins_says_so_and_then_has_command_s_rights_beside_the_one_who_speaks_for_all() {
    let mut stage = Stage::new();
    stage.no("Bo", Command::JoinCommand);
    stage.no("Bo", unify("Cy", ""));
    stage.ok("Ada", unify("Bo", "Acme Cloud"));
    assert!(!stage.incident.is_unified(), "not before it is acknowledged");
    stage.no("Cy", Command::JoinCommand);
    stage.ok("Bo", Command::JoinCommand);
    assert_eq!(stage.incident.commander, who("Ada"), "the token stays where it is");
    stage.ok("Bo", Command::Severity { to: Severity::Sev3, reason: "ours is back".into() });
    stage.ok("Bo", Command::OfferRole { role: role("pio"), to: who("Cy") });
    stage.no("Ada", unify("Bo", ""));
    stage.no("Bo", Command::OfferCommand { to: who("Cy") });
    insta::assert_snapshot!(stage.reads("Cy", Command::Chart));
    stage.aloud("unified");
}

#[test]
fn the_token_changes_places_within_the_command_and_nobody_is_lost() {
    let mut stage = unified();
    stage.ok("Ada", Command::OfferCommand { to: who("Bo") });
    stage.ok("Bo", Command::AcceptCommand);
    assert_eq!(stage.incident.commander, who("Bo"));
    assert_eq!(stage.incident.command_words(), "Bo (Acme Cloud, speaks for all), Ada");
    stage.ok("Cy", Command::TakeCommand { force: true, reason: "neither answers".into() });
    assert_eq!(stage.incident.command_words(), "Cy (speaks for all), Ada");
}

#[test]
fn a_part_in_command_ends_by_its_own_word_or_by_who_speaks_for_all_and_never_the_token_s() {
    let separate = |who: Option<Person>| Command::Separate { who, reason: "ours is over".into() };
    let mut stage = unified();
    stage.no("Ada", separate(None));
    stage.no("Cy", separate(Some(who("Bo"))));
    stage.no("Ada", separate(Some(who("Cy"))));
    stage.ok("Bo", separate(None));
    assert!(!stage.incident.is_unified());
    assert_eq!(stage.no("Bo", unify("Cy", "")), Because::Forbidden, "no rights are left");
    stage.ok("Ada", unify("Bo", ""));
    stage.ok("Bo", Command::JoinCommand);
    stage.ok("Bo", Command::CheckIn { who: None, note: String::new() });
    stage.ok("Ada", Command::OfferRole { role: role("deputy"), to: who("Dee") });
    stage.ok("Dee", Command::AcceptRole { role: None });
    let away = Command::CheckOut { who: Some(who("Bo")), note: String::new() };
    assert_eq!(
        stage.ask("Dee", &away).unwrap_err().to_string(),
        "Dee does not speak for the Unified Command. Ada can, or Bo leaves."
    );
    stage.ok("Bo", Command::CheckOut { who: None, note: String::new() });
    assert!(!stage.incident.is_unified(), "who leaves commands no more");
    stage.aloud("separate");
}

#[test]
fn who_names_nobody_in_command_is_told_how_to_end_their_own_part() {
    let mut stage = unified();
    let separate = Command::Separate { who: Some(who("done")), reason: String::new() };
    let refusal = stage.ask("Bo", &separate).unwrap_err();
    assert!(refusal.instead.ends_with("To end your own part: `leave --reason REASON`."), "{refusal}");
    assert!(!stage.ask("Ada", &separate).unwrap_err().instead.contains("leave"));
    assert_eq!(
        stage.no("Ada", Command::RelieveRole { role: role("ops"), person: None, reason: String::new() }),
        Because::Conflict
    );
    stage.aloud("separate_whom");
}

#[test]
fn an_offer_to_join_lapses_or_is_declined() {
    let mut stage = Stage::new();
    stage.ok("Ada", unify("Bo", ""));
    stage.ok("Bo", Command::DeclineCommand { reason: "not ours".into() });
    assert!(stage.incident.unify_offer.is_none());
    stage.ok("Ada", unify("Bo", ""));
    stage.later(6);
    assert_eq!(stage.no("Bo", Command::JoinCommand), Because::Conflict);
    stage.ok(HOUSE, Command::Timer(TimerKind::UnifyOfferExpires { to: who("Bo") }));
    assert!(stage.incident.unify_offer.is_none());
}

#[test]
fn who_has_command_and_joins_it_is_told_so_and_not_to_ask_themselves() {
    let mut stage = unified();
    for name in ["Ada", "Bo"] {
        assert_eq!(stage.no(name, Command::JoinCommand), Because::Conflict);
        let told = stage.ask(name, &Command::JoinCommand).unwrap_err().to_string();
        assert!(told.starts_with("You have command already."), "{told}");
    }
    assert_eq!(stage.ask("Cy", &Command::JoinCommand).unwrap_err().instead, "Ask Ada to `command unify Cy`.");
}
