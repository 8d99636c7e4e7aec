//! What a team has words of its own for.

use super::*;
use crate::incident::names::Names;

fn team() -> Known {
    let names = Names::default()
        .severity_named(Severity::Sev1, Some("Critical".into()))
        .severity_meaning(Severity::Sev1, Some("customers cannot pay".into()))
        .severity_named(Severity::Sev3, Some("Not so bad".into()))
        .phase_named(Phase::Monitoring, Some("Watching".into()))
        .phase_named(Phase::Cancelled, Some("False alarm".into()))
        .using(&[Severity::Sev1, Severity::Sev2, Severity::Sev3]);
    Known { names, ..Known::default() }
}

fn said(text: &str) -> Result<Spoken, Refusal> {
    parse(text, &people, &team())
}

fn command(text: &str) -> Command {
    match said(text) {
        Ok(Spoken::On { command, .. }) => command,
        other => panic!("{text}: {other:?}"),
    }
}

fn declared(text: &str) -> Declare {
    match said(text) {
        Ok(Spoken::Declare { declare, .. }) => *declare,
        other => panic!("{text}: {other:?}"),
    }
}

fn severity(to: Severity, reason: &str) -> Command {
    Command::Severity { to, reason: reason.into() }
}

#[test]
fn the_teams_name_of_a_severity_is_understood_wherever_a_severity_is() {
    use Severity::*;
    for (text, meant) in [
        ("severity critical nobody can pay", severity(Sev1, "nobody can pay")),
        ("severity NOT so bad after all", severity(Sev3, "after all")),
        ("severity sev1 critical", severity(Sev1, "critical")),
        ("severity INC-4 critical", severity(Sev1, "")),
        ("critical nobody can pay", severity(Sev1, "nobody can pay")),
        ("not so bad after all", severity(Sev3, "after all")),
        ("phase confirm Critical", Command::Confirm { severity: Some(Sev1) }),
        ("declare INC-4 critical", Command::Confirm { severity: Some(Sev1) }),
        ("declare INC-4 --severity not so bad", Command::Confirm { severity: Some(Sev3) }),
    ] {
        assert_eq!(command(text), meant, "{text}");
    }
    for text in [
        "declare --severity Critical checkout is down",
        "declare checkout is down --severity=critical",
        "declare --severity \"critical\" checkout is down",
    ] {
        let declare = declared(text);
        assert_eq!((declare.severity, declare.title.as_str()), (Some(Sev1), "checkout is down"), "{text}");
    }
    assert_eq!(declared("declare --severity not so bad checkout is slow").title, "checkout is slow");
    assert_eq!(declared("declare critical alerts are late").title, "critical alerts are late");
    let argv = ["severity".to_owned(), "--".into(), "Critical".into(), "x".into()];
    let spoken = parse_argv(&argv, None, &people, &team()).unwrap();
    assert!(matches!(spoken, Spoken::On { command: Command::Severity { to: Sev1, .. }, .. }), "{spoken:?}");
    assert!(said("not so good").is_err(), "half a name is none");
    assert!(parse("critical x", &people, &Roles::default()).is_err(), "nobody calls it so elsewhere");
}

#[test]
fn a_status_is_entered_and_told_by_its_id_or_the_teams_name() {
    let enter = |phase, reason: &str| Command::Enter { phase, reason: reason.into() };
    for (text, meant) in [
        ("phase watching traffic moved", enter(Phase::Monitoring, "traffic moved")),
        ("phase monitoring traffic moved", enter(Phase::Monitoring, "traffic moved")),
        ("phase INC-4 Watching", enter(Phase::Monitoring, "")),
        ("phase false alarm the probe was broken", enter(Phase::Cancelled, "the probe was broken")),
        ("phase resolved rolled back", enter(Phase::Resolved, "rolled back")),
        ("phase investigating errors are back", enter(Phase::Investigating, "errors are back")),
    ] {
        assert_eq!(command(text), meant, "{text}");
    }
    match command("update draft --phase watching It holds.") {
        Command::Draft(draft) => assert_eq!(draft.phase, Some(PublicPhase::Monitoring)),
        other => panic!("{other:?}"),
    }
    assert!(said("phase sleeping").unwrap_err().why.contains("has no «sleeping»"));
}

#[test]
fn impact_and_urgency_make_a_severity_by_the_matrix() {
    let rated = |text: &str| match command(text) {
        Command::Rate { to, rated, reason } => (to, rated.to_string(), reason),
        other => panic!("{text}: {other:?}"),
    };
    let meant = (Severity::Sev3, "by impact high × urgency low".to_owned(), "one shop".to_owned());
    for text in [
        "rate high low one shop",
        "rate HIGH Low one shop",
        "severity --impact high --urgency low one shop",
        "severity --urgency=low --impact \"high\" one shop",
        "INC-4 sev --impact high --urgency low one shop",
    ] {
        assert_eq!(rated(text), meant, "{text}");
    }
    let declare = declared("declare --impact medium --urgency high checkout is slow");
    assert_eq!(declare.severity, Some(Severity::Sev2));
    assert_eq!(declare.rated.map(|rated| rated.impact), Some("medium".into()));
    for (text, says) in [
        ("rate huge low", "high, medium, low"),
        ("severity --impact high", "Write `severity --impact high --urgency low WHY`."),
        ("declare x --impact high", ""),
        ("declare x --severity sev1 --impact high --urgency low", ""),
    ] {
        let refusal = said(text).unwrap_err();
        assert!(refusal.instead.contains(says), "{text}: {refusal}");
    }
}

#[test]
fn menus_forms_and_help_show_the_teams_names_and_only_what_is_used() {
    let team = team();
    let commands = discord_commands((&team).into());
    let declare =
        commands[0]["options"].as_array().unwrap().iter().find(|one| one["name"] == "declare").unwrap();
    let option = |name: &str| {
        declare["options"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap()["choices"]
            .clone()
    };
    let severities = option("severity");
    assert_eq!(severities.as_array().unwrap().len(), 3);
    assert!(severities[0]["name"].as_str().unwrap().starts_with("sev1 Critical"), "{severities}");
    assert_eq!(severities[0]["value"], "sev1");
    assert_eq!(option("impact")[0]["value"], "high");

    let form = Form::of("declare").unwrap().of_team(&team);
    let question = |name: &str| form.questions.iter().find(|one| one.name == name).unwrap();
    assert_eq!(question("severity").choices.len(), 3);
    assert_eq!(question("severity").choices[0].0, "sev1 Critical – customers cannot pay");
    assert_eq!(
        (question("urgency").kind, question("urgency").choices.len()),
        (super::super::Kind::Choice, 3)
    );

    let told = help(Some("severity"), (&team).into());
    assert!(told.contains("  sev1 Critical – customers cannot pay\n") && !told.contains("sev5"), "{told}");
    let told = help(Some("rate"), (&team).into());
    assert!(
        told.contains("impact high, by urgency: high SEV1 Critical, medium SEV2, low SEV3 Not so bad"),
        "{told}"
    );
    assert!(help(Some("phase"), (&team).into()).contains("monitoring – Watching"));
    assert!(!help(Some("phase"), Lexicon::usual()).contains("Statuses"));
}

#[test]
fn what_a_team_says_of_its_severities_never_makes_a_slash_command_too_large() {
    let long = "x".repeat(crate::incident::names::MEANING_CHARS_MAX);
    let names = Severity::ALL.into_iter().fold(Names::default(), |names, severity| {
        let name = format!("{}{}", "y".repeat(23), severity.level());
        names.severity_named(severity, Some(name)).severity_meaning(severity, Some(long.clone()))
    });
    let words: Vec<String> = (0..10).map(|n| format!("{}{n}", "z".repeat(23))).collect();
    let rows = vec![vec![Severity::Sev1; 10]; 10];
    let matrix = crate::incident::matrix::Matrix::new(words.clone(), words, rows);
    let commands = discord_commands((&Known { names, matrix, ..Known::default() }).into());
    for command in commands.as_array().unwrap() {
        let mut chars = 0;
        let mut waiting = vec![command];
        while let Some(one) = waiting.pop() {
            let texts = ["name", "description", "value"].iter().filter_map(|key| one[*key].as_str());
            chars += texts.map(|text| text.chars().count()).sum::<usize>();
            for key in ["options", "choices"] {
                waiting.extend(one[key].as_array().into_iter().flatten());
            }
            if one.get("value").is_some() {
                assert!(one["name"].as_str().unwrap().chars().count() <= 100, "{one}");
            }
        }
        assert!(chars <= 8_000, "{}: {chars}", command["name"]);
    }
}
