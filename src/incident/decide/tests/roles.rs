//! Roles and who is here.

use super::*;
use crate::incident::{command::TimerKind, role::OwnRole};

fn take(slug: &str) -> Command {
    Command::TakeRole { role: role(slug) }
}

fn offer(slug: &str, to: &str) -> Command {
    Command::OfferRole { role: role(slug), to: who(to) }
}

fn accept(slug: Option<&str>) -> Command {
    Command::AcceptRole { role: slug.map(role) }
}

fn check_out(name: Option<&str>) -> Command {
    Command::CheckOut { who: name.map(who), note: String::new() }
}

fn check_in(name: Option<&str>) -> Command {
    Command::CheckIn { who: name.map(who), note: String::new() }
}

#[test]
fn a_role_for_one_is_held_by_one_and_others_by_many() {
    let mut stage = Stage::new();
    stage.no("Bo", take("ic"));
    stage.no("Ada", offer("ic", "Bo"));
    stage.no("Ada", Command::RelieveRole { role: role("ic"), person: None, reason: String::new() });
    stage.ok("Bo", take("ops"));
    stage.no("Bo", take("ops"));
    assert_eq!(stage.no("Cy", take("ops")), Because::Conflict);
    stage.ok("Cy", take("deputy"));
    stage.ok("Di", take("deputy"));
    assert_eq!(stage.incident.holders(&role("deputy")).len(), 2);
    assert_eq!(
        stage.incident.holders(&role("pio")),
        [&who("Ada")],
        "what is not given out is the commander's"
    );
    // Offered to another and accepted, it changes hands; the record says so.
    stage.ok("Ada", offer("ops", "Cy"));
    assert_eq!(stage.incident.holders(&role("ops")), [&who("Bo")]);
    let events = stage.ok("Cy", accept(None));
    assert!(matches!(&events[0], Event::RoleRelieved { person, .. } if *person == who("Bo")));
    assert_eq!(stage.incident.holders(&role("ops")), [&who("Cy")]);
    stage.aloud("roles_take");
}

#[test]
fn a_role_on_offer_is_answered_by_whom_it_is_offered_to() {
    let mut stage = Stage::new();
    assert_eq!(stage.no("Bo", offer("pio", "Cy")), Because::Forbidden);
    stage.no("Cy", accept(None));
    stage.ok("Ada", offer("pio", "Cy"));
    stage.ok("Ada", offer("lno", "Cy"));
    assert_eq!(stage.no("Cy", accept(None)), Because::Invalid, "which?");
    stage.no("Bo", accept(Some("pio")));
    stage.no("Bo", Command::DeclineRole { role: None, reason: String::new() });
    stage.ok("Cy", Command::DeclineRole { role: Some(role("lno")), reason: "no".into() });
    stage.later(9);
    stage.ok("Cy", accept(None));
    stage.no("Ada", offer("pio", "Cy"));

    stage.ok("Ada", offer("ops", "Di"));
    let expires = TimerKind::RoleOfferExpires { role: role("ops"), to: who("Di") };
    assert_eq!(stage.ok(HOUSE, Command::Timer(expires.clone())), []);
    stage.later(10);
    assert_eq!(stage.no("Di", accept(None)), Because::Conflict);
    assert_eq!(stage.ok(HOUSE, Command::Timer(expires.clone())).len(), 1);
    assert_eq!(stage.ok(HOUSE, Command::Timer(expires)), []);
    stage.aloud("roles_offer");
}

#[test]
fn whoever_takes_a_role_is_told_to_whom_it_was_on_offer() {
    let mut stage = Stage::new();
    let reply = |stage: &Stage, by: &str, command: &Command| stage.ask(by, command).unwrap().reply;
    stage.ok("Ada", offer("pio", "Cy"));
    assert!(reply(&stage, "Bo", &take("pio")).ends_with("\nThe offer to Cy has ended."));
    assert!(!reply(&stage, "Cy", &accept(None)).contains("has ended"), "it was to Cy");
    stage.ok("Ada", offer("pio", "Di"));
    assert!(reply(&stage, "Bo", &take("pio")).ends_with("\nThe offers to Cy and Di have ended."));
    stage.ok("Bo", take("pio"));
    stage.no("Cy", accept(None));
    // Where there is room for more, an offer goes on.
    stage.ok("Ada", offer("deputy", "Cy"));
    assert!(!reply(&stage, "Bo", &take("deputy")).contains("has ended"));
    stage.ok("Bo", take("deputy"));
    stage.ok("Cy", accept(None));
}

#[test]
fn whoever_takes_a_role_is_told_whom_they_report_to_and_what_they_may() {
    let mut stage = Stage::new();
    let has = |stage: &Stage, slug: &str, lines: &str| {
        let reply = stage.ask("Bo", &take(slug)).unwrap().reply;
        assert!(reply.contains(lines) && reply.lines().count() <= 14, "{reply}");
    };
    has(
        &stage,
        "pio",
        "\nReports to: Ada (Incident Commander).\nMay: publish an update.\nMust not: Publish without",
    );
    // Nobody leads Operations: the commander does.
    has(
        &stage,
        "sme:db",
        "\nReports to: Ada (Operations Section Chief).\nMay: what anybody here may, and nothing besides.\n",
    );
    stage.ok("Cy", take("ops"));
    has(&stage, "sme:db", "\nReports to: Cy (Operations Section Chief).\n");
    stage.ok("Ada", offer("sme:db", "Bo"));
    let reply = stage.ask("Bo", &accept(None)).unwrap().reply;
    assert!(reply.contains("\nReports to: Cy (Operations Section Chief).\n"), "{reply}");
    // Somebody said otherwise.
    stage.ok("Bo", check_in(None));
    stage.ok("Di", check_in(None));
    stage.ok("Ada", Command::ReportTo { who: who("Bo"), to: who("Di") });
    has(&stage, "sme:db", "\nReports to: Di.\n");
    let reply = stage.ask("Ada", &take("pio")).unwrap().reply;
    assert!(!reply.contains("Reports to"), "who has command reports to nobody: {reply}");
    has(&Stage::of(HOUSE, Kind::Real, false), "pio", "\nReports to: Incident Commander.\n");
}

#[test]
fn nobody_is_offered_a_role_by_themselves_but_told_how_to_take_it() {
    let mut stage = Stage::new();
    let told = |stage: &Stage, by: &str, slug: &str| stage.ask(by, &offer(slug, by)).unwrap_err().to_string();
    let takes = "A role is offered to somebody else. Take it yourself: `role take ops`.";
    assert_eq!(told(&stage, "Ada", "ops"), takes);
    // Who may not give out roles may take one all the same.
    assert_eq!(told(&stage, "Bo", "ops"), takes);
    stage.ok("Bo", take("ops"));
    let holds = "You are Operations Section Chief already. To give it up: `role release ops`.";
    assert_eq!(told(&stage, "Bo", "ops"), holds);
    assert!(stage.incident.offers.is_empty());
}

#[test]
fn what_stands_on_offer_is_not_offered_again_to_the_same_person() {
    let mut stage = Stage::new();
    stage.ok("Ada", offer("ops", "Eve"));
    let refusal = stage.ask("Ada", &offer("ops", "Eve")).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "Operations Section Chief is on offer to Eve already, until 2026-01-02 12:10 UTC. Eve answers it: `role accept \
         ops` or `role decline ops`."
    );
    stage.ok("Ada", offer("ops", "Di"));
    stage.ok("Ada", offer("pio", "Eve"));
    stage.later(10);
    stage.ok("Ada", offer("ops", "Eve"));
}

#[test]
fn who_is_here_by_a_role_can_leave_like_who_checked_in() {
    let mut stage = Stage::new();
    stage.ok("Cy", take("logistics"));
    assert!(stage.reads("Ada", Command::Crew).contains("Cy"), "they count as here");
    let events = stage.ok("Cy", check_out(None));
    assert!(matches!(&events[..], [Event::RoleReleased { .. }, Event::CheckedOut { .. }]), "{events:?}");
    assert_eq!(stage.ask("Cy", &check_out(None)).unwrap_err().why, "Cy is not checked in.");
    // Who left, and took a role all the same.
    stage.ok("Cy", take("pio"));
    stage.ok("Cy", check_out(None));
    assert_eq!(stage.incident.roles_of(&who("Cy")), []);
    assert_eq!(stage.ask("Ada", &check_out(None)).unwrap_err().why, "Ada is in command.");
}

#[test]
fn of_several_who_have_a_role_nobody_is_relieved_without_a_name() {
    let mut stage = Stage::new();
    for name in ["Bo", "Cy"] {
        stage.ok(name, Command::TakeRole { role: role("sme:db") });
    }
    let relieve =
        |person| Command::RelieveRole { role: role("sme:db"), person, reason: "Ada Lovelace".into() };
    assert_eq!(stage.no("Ada", relieve(None)), Because::Invalid);
    stage.ok("Ada", relieve(Some(who("Cy"))));
    stage.ok("Ada", relieve(None));
    assert_eq!(stage.incident.roles_of(&who("Bo")), []);
}

#[test]
fn roles_are_given_back_or_taken_away_by_who_may() {
    let mut stage = Stage::new();
    stage.ok("Bo", take("pio"));
    let relieve = |slug: &str| Command::RelieveRole { role: role(slug), person: None, reason: "rest".into() };
    assert_eq!(stage.no("Cy", relieve("pio")), Because::Forbidden);
    stage.no("Ada", relieve("ops"));
    stage.no("Cy", Command::ReleaseRole { role: role("pio") });
    stage.no("Ada", Command::ReleaseRole { role: Role::ic() });
    stage.ok("Ada", relieve("pio"));
    assert_eq!(stage.incident.roles_of(&who("Bo")), []);
    stage.ok("Bo", take("pio"));
    stage.ok("Bo", Command::ReleaseRole { role: role("pio") });
    assert_eq!(stage.incident.holders(&role("pio")), [&who("Ada")]);
    stage.aloud("roles_release");
}

#[test]
fn who_checks_out_leaves_roles_behind_but_neither_tasks_nor_command() {
    let mut stage = Stage::new();
    stage.no("Bo", check_out(None));
    for name in ["Ada", "Bo", "Cy"] {
        stage.ok(name, check_in(None));
    }
    stage.no("Bo", check_in(None));
    stage.no("Ada", check_out(None));
    stage.ok("Bo", take("pio"));
    stage.ok("Ada", Command::AssignTask { owner: Some(who("Bo")), text: "Write".into(), minutes: None });
    stage.no("Bo", check_out(None));
    stage.ok("Bo", Command::ReportTask { n: 1, result: "written".into() });
    // Checking somebody out takes their roles: that needs the right to relieve them.
    assert_eq!(stage.no("Cy", check_out(Some("Bo"))), Because::Forbidden);
    let events = stage.ok("Ada", check_out(Some("Bo")));
    assert!(matches!(&events[..], [Event::RoleReleased { .. }, Event::CheckedOut { .. }]));
    assert_eq!(stage.incident.roles_of(&who("Bo")), []);
    // Who holds no role may be checked out by anybody: they forgot.
    stage.ok("Bo", check_out(Some("Cy")));
    stage.ok("Cy", check_in(None));
    // Once it is over, the commander leaves too.
    stage.ok("Ada", Command::Enter { phase: Phase::Resolved, reason: "done".into() });
    stage.ok("Ada", Command::Enter { phase: Phase::Closed, reason: String::new() });
    stage.ok("Ada", check_out(None));
    assert_eq!(stage.no("Bo", check_in(None)), Because::Conflict);
    stage.aloud("checkout");
}

#[test]
fn the_chart_shows_who_reports_to_whom_and_what_is_vacant_between() {
    let mut stage = Stage::new();
    assert_eq!(stage.reads("Bo", Command::Chart), "Incident Commander: Ada");
    for (name, slug) in [
        ("Bo", "pio"),
        ("Cy", "sme:db"),
        ("Di", "sme:api"),
        ("Eve", "scribe"),
        ("Flo", "scribe"),
        ("Gil", "agency_rep:acme"),
        ("Cy", "deputy"),
    ] {
        stage.ok(name, Command::TakeRole { role: role(slug) });
    }
    insta::assert_snapshot!(stage.reads("Bo", Command::Chart), @r"
    Incident Commander: Ada
    ├ Deputy Incident Commander: Cy
    ├ Public Information Officer: Bo
    ├ Liaison Officer: vacant, Ada does it
    │ └ Agency Representative (acme): Gil
    ├ Operations Section Chief: vacant, Ada does it
    │ ├ Technical Specialist (api): Di
    │ └ Technical Specialist (db): Cy
    └ Planning Section Chief: vacant, Ada does it
      └ Documentation Unit Leader: Eve and Flo
    ");
}

#[test]
fn the_chart_shows_each_one_under_whom_they_were_put_and_nowhere_else() {
    let mut stage = Stage::new();
    for (name, slug) in
        [("Cy", "ops"), ("Gus", "lead:alpha"), ("Fay", "sme:db"), ("Eve", "scribe"), ("Flo", "scribe")]
    {
        stage.ok(name, Command::TakeRole { role: role(slug) });
    }
    for name in ["Hal", "Ivy"] {
        stage.ok(name, check_in(None));
    }
    let put = |name: &str, to: &str| Command::ReportTo { who: who(name), to: who(to) };
    for (name, to) in [("Fay", "Gus"), ("Flo", "Gus"), ("Hal", "Fay"), ("Cy", "Eve")] {
        stage.ok("Ada", put(name, to));
    }
    insta::assert_snapshot!(stage.reads("Ada", Command::Chart), @r"
    Incident Commander: Ada
    └ Planning Section Chief: vacant, Ada does it
      └ Documentation Unit Leader: Eve
        └ Operations Section Chief: Cy
          └ Group Supervisor (alpha): Gus
            ├ Technical Specialist (db): Fay
            │ └ Crew: Hal
            └ Documentation Unit Leader: Flo
    ");
    // Who leads somebody without a role of their own stands below whoever has command.
    stage.ok("Ada", put("Fay", "Ivy"));
    let chart = stage.reads("Ada", Command::Chart);
    let led = "\n└ Crew: Ivy\n  └ Technical Specialist (db): Fay\n    └ Crew: Hal";
    assert!(chart.ends_with(led), "{chart}");
    assert_eq!(chart.matches("(db): Fay").count(), 1, "{chart}");
    // Whoever is gone leads nobody, and is no leader to be named.
    stage.ok("Ivy", check_out(None));
    let refusal = stage.ask("Ada", &put("Fay", "Ivy")).unwrap_err();
    assert_eq!(refusal.why, "Ivy is not here, and cannot lead anybody.");
    let chart = stage.reads("Ada", Command::Chart);
    assert!(!chart.contains("Ivy") && !chart.contains("reports to"), "{chart}");
}

/// Roles that a team added: whoever turns pages reports to whoever keeps the runbook, below Planning.
fn of_the_team() -> (Role, Role) {
    let keeper = OwnRole {
        slug: "runbook".into(),
        title: "Runbook Keeper".into(),
        it_title: Some("Runbooks".into()),
        reports_to: role("planning"),
        like: "scribe".into(),
        does: "Finds the runbook that fits.".into(),
        must_not: "Improvise.".into(),
        checklist: vec!["Say which runbook it is.".into()],
        holders_max: Some(2),
    };
    let above = Role::of(keeper.clone());
    let pages = OwnRole {
        slug: "pages".into(),
        title: "Page Turner".into(),
        reports_to: above.clone(),
        like: "sme".into(),
        ..keeper
    };
    (above, Role::of(pages))
}

#[test]
fn a_role_of_the_team_is_taken_offered_and_shown_as_one_of_the_catalogue() {
    let (keeper, pages) = of_the_team();
    let mut stage = Stage::new();
    let take = Command::TakeRole { role: keeper.clone() };
    insta::assert_snapshot!(stage.ask("Bo", &take).unwrap().reply, @r"
    Bo is Runbook Keeper. Finds the runbook that fits.
    Reports to: Ada (Planning Section Chief).
    May: record a decision, redact an entry.
    Must not: Improvise.
      - Say which runbook it is.
    ");
    stage.ok("Bo", take);
    stage.ok("Ada", Command::OfferRole { role: pages.clone(), to: who("Cy") });
    stage.ok("Cy", Command::AcceptRole { role: None });
    insta::assert_snapshot!(stage.reads("Bo", Command::Chart), @r"
    Incident Commander: Ada
    └ Planning Section Chief: vacant, Ada does it
      └ Runbook Keeper: Bo
        └ Page Turner: Cy
    ");
    assert!(stage.reads("Bo", Command::Next).contains("Runbook Keeper: Say which runbook it is."));
    assert!(stage.reads("Bo", Command::Roles).contains("Page Turner: Cy"));
    stage.ok("Di", Command::TakeRole { role: keeper.clone() });
    stage.no("Eve", Command::TakeRole { role: keeper.clone() });
    stage.ok("Ada", Command::OfferRole { role: keeper.clone(), to: who("Eve") });
    stage.no("Eve", Command::AcceptRole { role: None });
    stage.ok(
        "Ada",
        Command::RelieveRole { role: keeper.clone(), person: Some(who("Bo")), reason: String::new() },
    );
    stage.ok("Eve", Command::AcceptRole { role: None });
    stage.ok("Di", Command::ReleaseRole { role: keeper });
    assert_eq!(stage.incident.holders(&pages), [&who("Cy")]);
    assert_eq!(stage.incident.supervisor(&who("Cy")), Some(&who("Eve")));
    stage.aloud("roles_of_the_team");
}

#[test]
fn a_role_of_the_team_has_the_rights_of_the_one_that_it_is_like() {
    let (keeper, pages) = of_the_team();
    let mut stage = Stage::new();
    let decide = Command::Decide { text: "roll back".into() };
    stage.no("Bo", decide.clone());
    stage.ok("Bo", Command::TakeRole { role: pages });
    stage.no("Bo", decide.clone());
    stage.ok("Bo", Command::TakeRole { role: keeper });
    stage.ok("Bo", decide);
}

#[test]
fn whoever_comes_to_have_command_or_learns_a_role_is_told_what_it_is_about() {
    let declared = Declare::new("Payments fail", Severity::Sev2, Kind::Real);
    let scene = |person| Scene {
        person,
        is_house: false,
        is_admin: false,
        now: start(),
        policy: Box::leak(Box::default()),
        target: None,
    };
    let (ada, bo) = (who("Ada"), who("Bo"));
    let reply = open(&declared, &scene(&ada)).unwrap().reply;
    let steps: Vec<&str> = commander_steps();
    let sheet =
        "\nDecides, delegates, and is the single source of truth.\nMust not: Read graphs, logs or fix things";
    assert!(steps.iter().all(|step| reply.contains(&format!("\n  - {step}"))), "{reply}");
    assert!(reply.contains(sheet) && reply.lines().count() <= 14, "{reply}");
    let mut stage = Stage::new();
    stage.ok("Ada", Command::OfferCommand { to: bo });
    let reply = stage.ask("Bo", &Command::AcceptCommand).unwrap().reply;
    assert!(steps.iter().all(|step| reply.contains(&format!("\n  - {step}"))), "{reply}");
    assert!(reply.contains(sheet) && reply.lines().count() <= 14, "{reply}");

    let reply = stage.ask("Cy", &take("trainee:ops")).unwrap().reply;
    insta::assert_snapshot!(reply);
    assert!(!stage.ask("Cy", &take("trainee:anything")).unwrap().reply.contains("You learn"));
    stage.ok("Cy", take("trainee:ops"));
    let next = stage.reads("Cy", Command::Next);
    assert!(next.contains("You learn Operations Section Chief: Who is working on what?"), "{next}");
}

#[test]
fn next_asks_for_no_report_that_was_just_given() {
    let can = || Command::Can {
        service: "DB".into(),
        conditions: "slow".into(),
        actions: String::new(),
        needs: String::new(),
    };
    let mut stage = Stage::new();
    stage.ok("Bo", take("ops"));
    stage.ok("Cy", take("sme:db"));
    let asks = |stage: &Stage, name| {
        let next = stage.reads(name, Command::Next);
        next.contains("First CAN report") || next.contains("Report conditions, actions and needs")
    };
    assert!(asks(&stage, "Bo") && asks(&stage, "Cy"));
    stage.ok("Bo", can());
    assert!(!asks(&stage, "Bo") && !asks(&stage, "Cy"), "Bo has reported on what Cy looks after");
    stage.later(31);
    assert!(asks(&stage, "Bo"), "it is old by now");
}

fn commander_steps() -> Vec<&'static str> {
    crate::incident::role::commander().checklist.to_vec()
}

#[test]
fn nobody_is_the_deputy_of_themselves() {
    let mut stage = Stage::new();
    assert_eq!(stage.no("Ada", take("deputy")), Because::Conflict);
    assert_eq!(
        stage.ask("Ada", &take("deputy")).unwrap_err().to_string(),
        "You have command: nobody is their own deputy. Offer it to somebody else: `role offer deputy NAME`."
    );
    assert_eq!(stage.no("Ada", offer("deputy", "Ada")), Because::Conflict);
    stage.ok("Bo", take("deputy"));
    assert_eq!(stage.no("Bo", offer("deputy", "Ada")), Because::Conflict);
    // Whoever comes to have command gives it up, with the offer of it, whatever the team calls it.
    let second: Role = serde_json::from_str(r#"{"slug":"second","title":"Second","like":"deputy"}"#).unwrap();
    stage.ok("Bo", Command::TakeRole { role: second.clone() });
    stage.ok("Ada", Command::OfferRole { role: second, to: who("Cy") });
    stage.ok("Ada", Command::OfferCommand { to: who("Bo") });
    stage.ok("Bo", Command::AcceptCommand);
    assert_eq!(stage.incident.roles_of(&who("Bo")), [Role::ic()]);
    stage.ok("Bo", Command::OfferCommand { to: who("Cy") });
    stage.ok("Cy", Command::AcceptCommand);
    assert!(stage.incident.offers.is_empty(), "{:?}", stage.incident.offers);
    stage.ok("Ada", take("deputy"));
    stage.aloud("own_deputy");
}

#[test]
fn whom_the_settings_bar_from_publishing_is_told_so_with_the_role_and_not_asked_for_it_by_next() {
    let mut stage = Stage::new();
    stage.policy.reserved.publish = Some(["bo".to_owned()].into());
    stage.policy.reserved.groups = [("publish", vec!["comms".to_owned()])].into();
    let told = |stage: &Stage, by: &str, slug: &str| stage.ask(by, &take(slug)).unwrap().reply;
    let but = "\nMay: publish an update.\nBut Pia is in none of the groups that may publish an update here: comms. Ask \
               somebody who is in one of them.";
    assert!(told(&stage, "Pia", "pio").contains(but), "{}", told(&stage, "Pia", "pio"));
    for (by, slug) in [("Bo", "pio"), ("Pia", "ops")] {
        assert!(!told(&stage, by, slug).contains("none of the groups"), "{by} {slug}");
    }
    stage.ok("Pia", take("pio"));
    stage.ok("Pia", posts::draft("We are on it."));
    stage.policy.reserved.publish = None;
    stage.ok("Ada", Command::Approve { n: 1, alone: None });
    assert!(stage.reads("Pia", Command::Next).contains("`publish 1`"));
    stage.policy.reserved.publish = Some(["bo".to_owned()].into());
    assert!(!stage.reads("Pia", Command::Next).contains("`publish 1`"), "it would only be refused");
}

#[test]
fn who_leaves_is_told_who_answers_for_their_roles_and_whose_go_is_awaited() {
    let mut stage = Stage::new();
    stage.ok("Bo", Command::TakeRole { role: role("ops") });
    stage.ok("Cy", Command::Announce { text: "Fail over".into(), is_risky: true, minutes: None });
    let leave = Command::CheckOut { who: None, note: String::new() };
    let told = stage.ask("Bo", &leave).unwrap().reply;
    assert!(told.contains("Bo is no longer Operations"), "{told}");
    assert!(told.contains("Ada answers for it now."), "{told}");
    assert!(told.ends_with(" Action 1 (Cy) waits for the go of Ada now."), "{told}");
}
