//! What the team calls severities and statuses, and severity by impact and urgency.

use super::*;
use crate::{
    card,
    incident::{
        matrix::Rated,
        names::{Names, Shown},
        role::{CATALOGUE, Words},
        sentence::{InNames, sentence},
    },
};

fn names() -> Names {
    Names::default()
        .severity_named(Severity::Sev1, Some("Critical".into()))
        .severity_named(Severity::Sev2, Some("Major".into()))
        .severity_meaning(Severity::Sev1, Some("customers cannot pay".into()))
        .phase_named(Phase::Identified, Some("Fixing".into()))
        .phase_named(Phase::Monitoring, Some("Watching".into()))
        .using(&[Severity::Sev1, Severity::Sev2, Severity::Sev3])
}

fn policy() -> Policy {
    Policy { names: names(), ..Policy::default() }
}

fn declared(by: &str, severity: Option<Severity>) -> Result<Stage, Refusal> {
    Stage::declared_under(policy(), by, &Declare::new("Payments fail", severity, Kind::Real))
}

fn severity(to: Severity) -> Command {
    Command::Severity { to, reason: String::new() }
}

fn rated() -> Rated {
    Rated { impact: "wide".into(), urgency: "now".into() }
}

fn told(event: &Event) -> String {
    sentence(event, &InNames(&policy(), dated))
}

#[test]
fn cards_lines_and_answers_show_the_teams_names_and_entries_keep_the_ids() {
    let mut stage = declared("Ada", None).unwrap();
    let raised = stage.ok("Ada", severity(Severity::Sev1));
    assert_eq!(told(&raised[0]), "Severity was raised from SEV2 Major to SEV1 Critical.");
    assert!(serde_json::to_string(&raised[0]).unwrap().contains(r#""from":"sev2","to":"sev1""#));
    stage.ok("Ada", Command::Enter { phase: Phase::Identified, reason: String::new() });
    let moved = stage.ok("Ada", Command::Enter { phase: Phase::Monitoring, reason: String::new() });
    assert_eq!(told(&moved[0]), "Phase went from Fixing to Watching.");

    assert!(stage.reads("Ada", Command::Status).starts_with("INC-1 Payments fail – SEV1 Critical, Watching"));
    assert!(stage.reads("Ada", Command::Next).contains("SEV1 Critical, Watching"));
    assert!(stage.reads("Ada", Command::Briefing).contains("SEV1 Critical, Watching"));
    let refusal = stage.ask("Ada", &Command::Enter { phase: Phase::Monitoring, reason: String::new() });
    assert_eq!(refusal.unwrap_err().why, "INC-1 is Watching already.");

    let shown = card::incident(&stage.incident, Shown { words: Words::Nims, names: &names() });
    let field = |name: &str| shown.fields.iter().find(|field| field.name == name).unwrap().value.clone();
    assert_eq!(field("Severity"), card::Value::Text("SEV1 Critical".into()));
    assert_eq!(field("Phase"), card::Value::Text("Watching".into()));
    let menu = shown.buttons.iter().find(|button| button.id == "severity").unwrap();
    let choices: Vec<_> = menu.choices.iter().map(|one| (one.label.as_str(), one.command.as_str())).collect();
    assert_eq!(
        choices,
        [("SEV1 Critical", "severity sev1"), ("SEV2 Major", "severity sev2"), ("SEV3", "severity sev3")]
    );
    assert_eq!(menu.choices[0].meaning, "customers cannot pay");
}

#[test]
fn a_team_that_speaks_of_leads_reads_of_no_officer_and_no_chief() {
    let it = || Policy { words: Words::It, ..Policy::default() };
    let (declare, ada, policy) =
        (Declare::new("Payments fail", Severity::Sev2, Kind::Real), who("Ada"), it());
    let scene =
        Scene { person: &ada, is_house: false, is_admin: false, now: start(), policy: &policy, target: None };
    let mut said = vec![open(&declare, &scene).unwrap().reply];
    assert!(said[0].contains("Ada has command as Incident lead and holds"), "{}", said[0]);

    let mut stage = Stage::declared_under(it(), "Ada", &declare).unwrap();
    let offer = |slug, to| Command::OfferRole { role: role(slug), to: who(to) };
    let take = |slug| Command::TakeRole { role: role(slug) };
    for (by, command) in [
        ("Bo", take("deputy")),
        ("Ada", offer("pio", "Cy")),
        ("Cy", Command::AcceptRole { role: None }),
        ("Ada", offer("ops", "Di")),
        ("Di", Command::DeclineRole { role: None, reason: "asleep".into() }),
        ("Ada", Command::RelieveRole { role: role("pio"), person: None, reason: String::new() }),
        ("Eve", take("planning")),
        ("Eve", Command::ReleaseRole { role: role("planning") }),
        ("Bo", Command::CheckIn { who: None, note: String::new() }),
        ("Ada", offer("lno", "Cy")),
    ] {
        said.push(stage.ask(by, &command).unwrap().reply);
        let events = stage.ok(by, command);
        said.extend(events.iter().map(|event| sentence(event, &InNames(&stage.policy, dated))));
    }
    for refused in [take("deputy"), Command::ReleaseRole { role: role("ops") }] {
        said.push(stage.ask("Bo", &refused).unwrap_err().to_string());
    }
    let reads = [Command::Crew, Command::Briefing, Command::Roles, Command::Status, Command::Next];
    said.extend(reads.map(|command| stage.reads("Cy", command)));
    let said = said.join("\n");
    for def in CATALOGUE.iter().filter(|def| def.title != def.it_title) {
        assert!(!said.contains(def.title), "{}: {said}", def.title);
    }
    for told in ["Bo is now Deputy lead.", "Cy is now Communications lead.", "You are Deputy lead already."] {
        assert!(said.contains(told), "{told}: {said}");
    }
}

#[test]
fn whoever_leads_reads_the_titles_of_roles_that_nobody_has_with_what_to_type_for_each() {
    for (words, line) in [
        (Words::Nims, "Operations Section Chief (ops), Public Information Officer (pio), "),
        (Words::It, "Operations lead (ops), Communications lead (pio), "),
    ] {
        let mut stage = Stage::new();
        stage.policy.words = words;
        let told = stage.reads("Ada", Command::Next);
        assert!(told.contains(&format!("Nobody has yet the role of {line}")), "{told}");
        assert!(told.contains("(scribe). `role offer ops "), "{told}");
    }
}

#[test]
fn no_sheet_of_a_role_calls_another_by_a_title_that_the_team_may_not_use() {
    for def in CATALOGUE {
        let sheet = [&[def.does, def.must_not][..], def.checklist].concat().join("\n");
        for title in CATALOGUE.iter().flat_map(|def| [def.title, def.it_title]) {
            // One of a single word is a word of the language as well.
            assert!(!title.contains(' ') || !sheet.contains(title), "{}: {title}: {sheet}", def.slug);
        }
        for word in ["ommander", "Officer", "Chief", "Public Information"] {
            assert!(!sheet.contains(word), "{}: {word}: {sheet}", def.slug);
        }
    }
}

#[test]
fn a_person_is_refused_a_severity_that_is_not_used_and_the_house_takes_the_nearest() {
    let refusal = declared("Ada", Some(Severity::Sev5)).err().unwrap();
    assert_eq!(refusal.why, "SEV5 is not used here.");
    assert_eq!(refusal.instead, "Use one of: SEV1 Critical, SEV2 Major, SEV3.");
    // A rule on alerts must not be stopped by a setting.
    let ruled = declared(HOUSE, Some(Severity::Sev5)).unwrap();
    assert_eq!(ruled.incident.severity, Severity::Sev3);
    let stage = declared("Ada", Some(Severity::Sev1)).unwrap();
    assert_eq!(stage.ask("Ada", &severity(Severity::Sev4)).unwrap_err().why, "SEV4 is not used here.");

    // What was declared before a severity went out of use stays as it is, and is shown.
    let mut old = Stage::declared("Ada", &Declare::new("Typo", Severity::Sev5, Kind::Real)).unwrap();
    old.policy = policy();
    let shown = card::incident(&old.incident, &old.policy);
    let menu = shown.buttons.iter().find(|button| button.id == "severity").unwrap();
    assert_eq!(menu.choices.last().map(|one| (one.id, one.is_now)), Some(("sev5", true)));
    old.ok("Ada", severity(Severity::Sev3));
}

#[test]
fn by_what_a_severity_was_found_stands_on_its_entry() {
    let declare =
        Declare { rated: Some(rated()), ..Declare::new("Payments fail", Severity::Sev2, Kind::Real) };
    let mut stage = Stage::declared_under(policy(), "Ada", &declare).unwrap();
    let to = Severity::Sev1;
    let rate = Command::Rate { to, rated: rated(), reason: "the other region too".into() };
    let raised = stage.ok("Ada", rate.clone());
    let reason = "the other region too".to_owned();
    assert_eq!(raised, [Event::SeverityChanged { from: Severity::Sev2, to, reason, rated: Some(rated()) }]);
    assert_eq!(
        told(&raised[0]),
        "Severity was raised from SEV2 Major to SEV1 Critical by impact wide × urgency now: the other region too."
    );
    let again = stage.ask("Ada", &rate).unwrap_err();
    assert_eq!(again.why, "INC-1 is SEV1 Critical already (by impact wide × urgency now).");
    // Found or said, to lower it is the commander's.
    let lower = Command::Rate { to: Severity::Sev3, rated: rated(), reason: String::new() };
    assert!(stage.ask("Bo", &lower).is_err());

    let declared = open(
        &declare,
        &Scene {
            person: &who("Ada"),
            is_house: false,
            is_admin: false,
            now: start(),
            policy: &policy(),
            target: None,
        },
    )
    .unwrap();
    assert!(declared.reply.contains("as SEV2 Major (by impact wide × urgency now)."), "{}", declared.reply);
    let line = told(&declared.events[0].event);
    assert_eq!(line, "«Payments fail» was declared as SEV2 Major by impact wide × urgency now.");
}
