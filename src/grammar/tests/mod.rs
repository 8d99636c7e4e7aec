//! What people rely on when they type.

mod discord;

use proptest::prelude::*;

use super::*;
use crate::{
    incident::{
        command::{DraftText, StatedTime},
        kind::Kind,
        phase::Phase,
        refusal::Because,
        severity::Severity,
    },
    post::{ComponentState, Impact, PublicPhase},
};

fn people(name: &str) -> Result<Person, String> {
    match name {
        "<@80351110224678912>" => Person::named("ada"),
        "@nobody" => Err("I do not know «@nobody».".into()),
        name => Person::named(name),
    }
}

fn ada() -> Person {
    Person::named("ada").unwrap()
}

fn said(text: &str) -> Result<Spoken, Refusal> {
    parse(text, &people)
}

/// The command alone, of the place's own incident.
fn command(text: &str) -> Command {
    match said(text) {
        Ok(Spoken::On { target: None, command }) => command,
        other => panic!("{text}: {other:?}"),
    }
}

fn refused(text: &str) -> String {
    let refusal = said(text).unwrap_err();
    assert_eq!(refusal.because, Because::Invalid, "{text}");
    refusal.to_string()
}

fn note(text: &str) -> Command {
    Command::Note { text: text.into(), at: None }
}

#[test]
fn every_example_in_the_help_can_be_said() {
    for (path, verb) in tree::leaves() {
        let example = tree::example(verb);
        assert!(said(&example).is_ok(), "{path:?}: {:?}", said(&example));
    }
}

#[test]
fn what_the_rules_tell_people_to_type_can_be_typed() {
    let rooms = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/incident");
    let mut files = vec![rooms.join("briefing.rs"), rooms.join("next.rs"), rooms.join("sentence.rs")];
    files.extend(std::fs::read_dir(rooms.join("decide")).unwrap().map(|file| file.unwrap().path()));
    let mut tried = 0;
    for file in files {
        // The rules' own tests are in a folder beside them.
        if !file.is_file() {
            continue;
        }
        let source = std::fs::read_to_string(file).unwrap();
        let code: String = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for quoted in code.split('`').skip(1).step_by(2) {
            // The program's own command line, settings and lone flags are other languages.
            if ["commandpost", "components", "[", "--"].iter().any(|other| quoted.starts_with(other)) {
                continue;
            }
            let line = quoted
                .replace("{n}", "1")
                .replace(" N", " 1")
                .replace("{first}", "pio")
                .replace("{slug}", "pio")
                .replace("{id}", "INC-1")
                .replace("{into}", "INC-2")
                .replace("{me}", "Ada Lovelace")
                .replace("{}", "pio")
                .replace("URL", "https://a.example");
            let refusal = said(&line).err().map(|refusal| refusal.why).unwrap_or_default();
            assert!(refusal.is_empty() || refusal.contains("` needs "), "{line}: {refusal}");
            tried += 1;
        }
    }
    assert!(tried > 40, "{tried}");
    for text in [
        "command take --force REASON",
        "command decline REASON",
        "role decline",
        "role release pio",
        "task more 1 10m",
        "update draft --corrects 2 TEXT",
        "update approve 2 --alone REASON",
        "update drop 2 REASON",
        "task list",
        "resolve",
        "close --reason it's over",
        "status",
        "help",
        "help update",
    ] {
        assert!(said(text).is_ok(), "{text}: {:?}", said(text));
    }
    assert_eq!(command("command offer NAME"), Command::OfferCommand { to: Person::named("NAME").unwrap() });
}

#[test]
fn free_text_arrives_word_for_word() {
    let text = "don't restart db1 \"yet\"   --force is dangerous @everyone\n\n  -- nor --at 10m";
    assert_eq!(command(&format!("note {text}")), note(text));
    assert_eq!(command(&format!("/incident note  {text} \n")), note(text));
    assert_eq!(command("note --force is dangerous"), note("--force is dangerous"));
    assert_eq!(command("note \"quoted\" from the start"), note("\"quoted\" from the start"));
    assert_eq!(
        command("decide 'why not' <@1> | grep x"),
        Command::Decide { text: "'why not' <@1> | grep x".into() }
    );
    assert_eq!(command("note -- INC-1 looked --at 09:12"), note("INC-1 looked --at 09:12"));
    assert_eq!(command("Note help"), note("help"));
}

#[test]
fn an_incident_number_counts_only_first_before_or_first_after_the_verb() {
    let at = |text: &str| match said(text).unwrap() {
        Spoken::On { target, command } => (target.map(|id| id.to_string()), command),
        other => panic!("{other:?}"),
    };
    let inc = Some("INC-1".to_owned());
    assert_eq!(at("INC-1 note x"), (inc.clone(), note("x")));
    assert_eq!(at("!incident note inc-1 x"), (inc.clone(), note("x")));
    assert_eq!(at("inc-1 note INC-2 is alike"), (inc.clone(), note("INC-2 is alike")));
    assert!(
        matches!(at("s1 INC-1 bad"), (target, Command::Severity { reason, .. }) if target == inc && reason == "bad")
    );
    assert_eq!(at("note as INC-1"), (None, note("as INC-1")));
    assert_eq!(at("task INC-1 ack 3"), (inc.clone(), Command::UnderstandTask { n: 3 }));
    assert_eq!(at("task ack inc-1 #3"), (inc, Command::UnderstandTask { n: 3 }));
    assert!(
        matches!(said("DRILL-7 tasks"), Ok(Spoken::Tasks { target: Some(id) }) if id.to_string() == "DRILL-7")
    );
}

#[test]
fn a_declaration_is_sev2_and_real_unless_said_otherwise() {
    let declared = |text: &str| match said(text).unwrap() {
        Spoken::Declare { declare, situation } => (declare, situation),
        other => panic!("{other:?}"),
    };
    let (declare, situation) = declared("declare Checkout doesn't  work");
    assert_eq!(declare.title, "Checkout doesn't  work");
    assert_eq!((declare.severity, declare.kind, declare.triage), (Severity::Sev2, Kind::Real, false));
    assert_eq!(situation, None);
    for text in [
        "declare Checkout is down --severity S1 --from S-3 --triage --test",
        "declare --severity=sev-1 --test --triage --from s-3 Checkout is down",
        "declare —severity SEV1 Checkout is down —from S-3 —triage —test",
    ] {
        let (declare, situation) = declared(text);
        assert_eq!(declare.title, "Checkout is down");
        assert_eq!((declare.severity, declare.kind, declare.triage), (Severity::Sev1, Kind::Test, true));
        assert_eq!(situation, Some(3));
    }
    assert_eq!(declared("declare INC-1 is back").0.title, "INC-1 is back");
    assert!(refused("INC-1 declare Checkout").contains("`confirm INC-1`"));
    assert!(refused("declare x --drill").contains("no flag «--drill»"));
}

#[test]
fn declaring_a_triage_card_confirms_it() {
    let confirmed = Command::Confirm { severity: Some(Severity::Sev1) };
    for text in
        ["declare INC-3 sev1", "declare INC-3 --severity sev1", "INC-3 declare sev1", "confirm INC-3 s1"]
    {
        match said(text) {
            Ok(Spoken::On { target, command }) => {
                assert_eq!((target.unwrap().number, command), (3, confirmed.clone()), "{text}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn short_words_mean_what_they_stand_for() {
    let to = |reason: &str| Command::Severity { to: Severity::Sev1, reason: reason.into() };
    assert_eq!(command("sev sev1"), to(""));
    assert_eq!(command("s1 payments --force fail"), to("payments --force fail"));
    assert_eq!(command("severity 1 it's bad"), to("it's bad"));
    assert_eq!(command("take"), Command::TakeCommand { force: false, reason: String::new() });
    assert_eq!(
        command("take --force no answer"),
        Command::TakeCommand { force: true, reason: "no answer".into() }
    );
    assert_eq!(command("ack 2"), Command::UnderstandTask { n: 2 });
    assert_eq!(
        command("identify the certificate"),
        Command::Enter { phase: Phase::Identified, reason: "the certificate".into() }
    );
    assert_eq!(command("mitigate"), Command::Enter { phase: Phase::Monitoring, reason: String::new() });
    assert_eq!(
        command("reopen again"),
        Command::Enter { phase: Phase::Investigating, reason: "again".into() }
    );
}

#[test]
fn a_task_is_given_with_a_mention_and_a_time_box_or_taken() {
    let task = |owner: Option<Person>, text: &str, minutes| Command::AssignTask {
        owner,
        text: text.into(),
        minutes,
    };
    let lb = "check the load balancers";
    for text in [
        format!("task add @ada 10m {lb}"),
        format!("task add <@80351110224678912> 10m {lb}"),
        format!("task add --for ada --in 10m {lb}"),
        format!("task add --in=10m --for=\"ada\" {lb}"),
    ] {
        assert_eq!(command(&text), task(Some(ada()), lb, Some(10)), "{text}");
    }
    assert_eq!(command("task add 3 servers @ada knows"), task(None, "3 servers @ada knows", None));
    assert_eq!(command("task add -- @ada 10m x"), task(None, "@ada 10m x", None));
    assert!(refused("task add @nobody x").contains("I do not know"));
    assert!(refused("task add check --in 10m").contains("stands inside the text"));
    assert_eq!(
        command("checkin @ada by phone"),
        Command::CheckIn { who: Some(ada()), note: "by phone".into() }
    );
}

#[test]
fn an_action_is_announced_without_a_verb_of_its_own() {
    let announce = |text: &str, is_risky, minutes| Command::Announce { text: text.into(), is_risky, minutes };
    assert_eq!(command("action restart db1"), announce("restart db1", false, None));
    assert_eq!(command("action 10m restart db1"), announce("restart db1", false, Some(10)));
    for text in [
        "action --risky 10m restart db1",
        "action announce --risky 10m restart db1",
        "action announce --in 10m --risky restart db1",
    ] {
        assert_eq!(command(text), announce("restart db1", true, Some(10)), "{text}");
    }
    // A word of the group that a number must follow, without one.
    assert_eq!(command("action drop the replica"), announce("drop the replica", false, None));
    assert_eq!(command("action go back to 4.1"), announce("go back to 4.1", false, None));
    assert_eq!(command("action stop the queue"), announce("stop the queue", false, None));
    assert_eq!(command("action go #2"), Command::ClearAction { n: 2 });
    assert_eq!(command("action done 2 it's up"), Command::FinishAction { n: 2, result: "it's up".into() });
    assert!(refused("action dnoe 2 it's up").contains("Did you mean `action done`?"));
    assert!(refused("action go").contains("needs N"));
    assert_eq!(command("stop we lose writes"), Command::StopActions { reason: "we lose writes".into() });
    assert_eq!(command("resume"), Command::ResumeActions { reason: String::new() });
    assert!(matches!(said("INC-1 action restart db1"), Ok(Spoken::On { target: Some(_), .. })));
    assert!(matches!(said("action INC-1 restart db1"), Ok(Spoken::On { target: Some(_), .. })));
}

#[test]
fn whoever_is_stuck_says_so_in_their_own_words() {
    let assist = |text: &str| Command::Assist { text: text.into() };
    assert_eq!(command("help me"), assist(""));
    assert_eq!(command("Help me!"), assist(""));
    assert_eq!(command("help me with the replica"), assist("with the replica"));
    assert_eq!(command("assist which replica?"), assist("which replica?"));
    assert!(matches!(said("INC-1 help me"), Ok(Spoken::On { target: Some(_), .. })));
    assert!(matches!(said("help mitigate"), Ok(Spoken::Help { .. })));
    assert_eq!(command("next"), Command::Next);
    assert_eq!(command("snooze 30m"), Command::Quiet { minutes: 30 });
}

#[test]
fn a_proposal_has_a_time_to_object_in() {
    let propose = |text: &str, minutes| Command::Propose { text: text.into(), minutes };
    assert_eq!(command("propose roll back"), propose("roll back", None));
    assert_eq!(command("propose --for 10m roll back"), propose("roll back", Some(10)));
    assert_eq!(command("decision propose roll back"), propose("roll back", None));
    assert_eq!(command("object 1 no"), Command::Object { n: 1, reason: "no".into() });
    assert_eq!(command("withdraw 1"), Command::WithdrawProposal { n: 1, reason: String::new() });
    assert_eq!(command("decision record it"), command("decide it"));
}

#[test]
fn the_number_after_merge_is_the_duplicate_s() {
    let merged = |text: &str| match said(text).unwrap() {
        Spoken::Merge { target, duplicate, reason } => {
            (target.map(|id| id.to_string()), duplicate.to_string(), reason)
        }
        other => panic!("{text}: {other:?}"),
    };
    for text in ["merge INC-2 the same database", "phase merge inc-2 the same database"] {
        assert_eq!(merged(text), (None, "INC-2".into(), "the same database".into()), "{text}");
    }
    assert_eq!(merged("INC-1 merge INC-2"), (Some("INC-1".into()), "INC-2".into(), String::new()));
    assert!(refused("merge the other one").contains("no incident number"));
}

#[test]
fn roles_are_read_as_slug_or_title_and_a_reason_may_end_the_line() {
    let pio = || "pio".parse().unwrap();
    assert_eq!(command("role take public information OFFICER"), Command::TakeRole { role: pio() });
    assert_eq!(
        command("role offer communications lead @Ada Lovelace"),
        Command::OfferRole { role: pio(), to: Person::named("Ada Lovelace").unwrap() }
    );
    let relieved =
        |person: Option<Person>| Command::RelieveRole { role: pio(), person, reason: "she's asleep".into() };
    assert_eq!(command("role relieve pio ada --reason she's asleep"), relieved(Some(ada())));
    assert_eq!(command("role relieve pio --reason \"she's asleep\""), relieved(None));
    assert_eq!(
        command("role decline too busy"),
        Command::DeclineRole { role: None, reason: "too busy".into() }
    );
    assert_eq!(
        command("role decline pio too busy"),
        Command::DeclineRole { role: Some(pio()), reason: "too busy".into() }
    );
    assert_eq!(
        command("close --reason=it's over"),
        Command::Enter { phase: Phase::Closed, reason: "it's over".into() }
    );
    assert!(refused("role offer pio @ada --reason x").contains("no flag «--reason»"));
    assert!(refused("role take boss").contains("«boss» is no role. The roles: ic,"));
}

#[test]
fn a_late_note_states_its_time() {
    let at = |text: &str| match command(text) {
        Command::Note { text, at: Some(at) } => (text, at),
        other => panic!("{other:?}"),
    };
    let ago = StatedTime::MinutesAgo(10);
    for text in
        ["note --at 10m x", "note --at 10m ago x", "note --at \"10m ago\" x", "note --at=\"10m ago\" x"]
    {
        assert_eq!(at(text), ("x".into(), ago), "{text}");
    }
    assert!(matches!(at("note --at 2026-11-20T09:12Z x").1, StatedTime::At(_)));
    assert!(refused("note --at noon x").contains("«noon» is no time. Write 09:12"));
    assert!(refused("note --at").contains("needs a value (TIME)"));
    assert!(refused("note --at \"10m ago x").contains("is not closed"));
}

#[test]
fn a_can_report_is_split_at_bars_or_told_by_flags() {
    let can = |service: &str, conditions: &str, actions: &str, needs: &str| Command::Can {
        service: service.into(),
        conditions: conditions.into(),
        actions: actions.into(),
        needs: needs.into(),
    };
    assert_eq!(command("can api p99 up | restarted | a | b"), can("api", "p99 up", "restarted", "a | b"));
    assert_eq!(command("can \"checkout api\" fine"), can("checkout api", "fine", "", ""));
    assert_eq!(
        command("can api --actions \"grep | wc\" --needs sleep it's slow | very"),
        can("api", "it's slow | very", "grep | wc", "sleep")
    );
    assert!(refused("can api").contains("`can` needs CONDITIONS"));
}

#[test]
fn a_public_update_takes_its_flags_before_the_text_and_no_slip_becomes_public() {
    let full = "update draft --phase identified --impact MAJOR --title \"API errors\" --component API=major_outage \
                --component \"Web site=degraded performance\" --next 1h30m --corrects 2 We \"know\" why.\n\nMore soon.";
    assert_eq!(
        command(full),
        Command::Draft(DraftText {
            text: "We \"know\" why.\n\nMore soon.".into(),
            title: Some("API errors".into()),
            phase: Some(PublicPhase::Identified),
            impact: Some(Impact::Major),
            components: vec![
                ("API".into(), ComponentState::MajorOutage),
                ("Web site".into(), ComponentState::DegradedPerformance)
            ],
            next_update_minutes: Some(90),
            replaces: None,
            corrects: Some(2),
        })
    );
    assert!(refused("update draft --phse identified x").contains("Did you mean `--phase`?"));
    assert!(refused("update draft We know --next 30m").contains("stands inside the text"));
    assert!(refused("update draft --phase fixed x").contains("Use one of: investigating, identified"));
    assert!(refused("update draft --replaces 1 --corrects 2 x").contains("does not go with"));
    assert!(refused("update draft --next 1h --next 2h x").contains("is given twice"));
    assert_eq!(
        command("approve 2 --alone at night"),
        Command::Approve { n: 2, alone: Some("at night".into()) }
    );
    assert_eq!(command("approve 2"), Command::Approve { n: 2, alone: None });
    assert!(refused("approve 2 --alone").contains("needs REASON"));
    assert!(refused("approve 2 fine").contains("needs --alone"));
}

#[test]
fn a_link_is_a_situation_or_a_page() {
    assert_eq!(command("link S-3"), Command::LinkSituation { situation: 3, facts: None });
    let page = Command::AddLink { label: "Error rate".into(), url: "https://g.example/d?a=b|c".into() };
    assert_eq!(command("link Error rate https://g.example/d?a=b|c"), page);
    assert_eq!(command("link --url https://g.example/d?a=b|c Error rate"), page);
    assert!(refused("link Error rate").contains("Write `link S-3`"));
    assert!(refused("link https://g.example").contains("needs LABEL"));
}

#[test]
fn what_is_not_understood_is_refused_in_two_sentences_that_help() {
    let all = [
        "",
        "  ",
        "/incident",
        "severty sev1",
        "sevrity",
        "accept",
        "frobnicate",
        "task",
        "task dnoe 1 x",
        "task done",
        "task done 1",
        "task done x y",
        "task done -1 y",
        "task ack 99999999999",
        "task more 1 soon",
        "status now please",
        "severity sev9",
        "severity",
        "role offer pio",
        "declare",
        "close --reason=x",
        "command take --force=yes",
        "note",
        "note   ",
        "objective",
        "help frobnicate",
        "list foo",
        "update draft --next",
        "redact 1",
        "\u{7}\u{202e}x",
        "INC-1",
    ];
    let mut page = String::new();
    for text in all {
        let outcome = match said(text) {
            Ok(_) => "(understood)".to_owned(),
            Err(refusal) => refusal.to_string(),
        };
        assert!(
            !outcome.contains("Usage:") && !outcome.contains('\n') && outcome.chars().count() < 400,
            "{outcome}"
        );
        page.push_str(&format!("{text:?}\n    {outcome}\n"));
    }
    insta::assert_snapshot!(page);
}

#[test]
fn too_long_and_nul_are_refused() {
    assert_eq!(said(&"x".repeat(INPUT_CHARS_MAX + 1)).unwrap_err().because, Because::Limit);
    assert!(refused("note a\0b").contains("NUL"));
    assert!(parse_argv(&["note".into(), "\0".into()], None, &people).is_err());
    let longest = "ä".repeat(INPUT_CHARS_MAX - 5);
    assert_eq!(command(&format!("note {longest}")), note(&longest));
}

#[test]
fn an_argument_list_keeps_each_element_whole() {
    let inc: IncidentId = "INC-2".parse().unwrap();
    let argv = |list: &[&str]| {
        let list: Vec<String> = list.iter().map(|arg| (*arg).to_owned()).collect();
        parse_argv(&list, Some(inc), &people).unwrap()
    };
    let on = |command| Spoken::On { target: Some(inc), command };
    assert_eq!(argv(&["note", "a  \"b\"", "c"]), on(note("a  \"b\" c")));
    assert_eq!(argv(&["note", "--", "--at", "INC-1"]), on(note("--at INC-1")));
    assert_eq!(
        argv(&["task", "add", "--for", "Ada Lovelace", "--in=10m", "look"]),
        on(Command::AssignTask {
            owner: Some(Person::named("Ada Lovelace").unwrap()),
            text: "look".into(),
            minutes: Some(10)
        })
    );
    assert_eq!(argv(&["tasks"]), Spoken::Tasks { target: Some(inc) });
    assert_eq!(
        argv(&["INC-1", "note", "x"]),
        Spoken::On { target: "INC-1".parse().ok(), command: note("x") }
    );
}

#[test]
fn the_help_reads_well() {
    let page =
        [None, Some("task"), Some("update draft"), Some("sev"), Some("ack"), Some("declare"), Some("frob")]
            .map(help)
            .join("\n---\n");
    insta::assert_snapshot!(page);
}

/// With `INSTA_UPDATE=always` the page is written anew.
#[test]
fn the_reference_page_tells_what_the_grammar_takes() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/commands.md");
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(&path, reference()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == reference(),
        "docs/commands.md is out of date: INSTA_UPDATE=always cargo test --lib grammar:: writes it anew"
    );
}

/// Texts that look like the language.
fn tricky() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "\\PC{0,6}",
        "[a-z0-9:@|#<>=\"“”'—\\\\-]{0,8}",
        proptest::sample::select(
            tree::leaves().into_iter().flat_map(|(path, _)| path).map(str::to_owned).collect::<Vec<_>>()
        ),
        proptest::sample::select(
            [
                "--",
                "--at",
                "--for=",
                "--reason",
                "--force",
                "INC-1",
                "@ada",
                "10m",
                "S-3",
                "|",
                "\"",
                "\"a",
                "b\"",
                "ago",
                "1",
                "pio",
                "https://x",
                "\n",
                "\u{2003}",
                "—at",
                "--at=\"1",
                "declare",
                "sev1"
            ]
            .map(str::to_owned)
            .to_vec()
        ),
    ];
    proptest::collection::vec((word, "[ \n\t\u{a0}]{1,2}"), 0..10)
        .prop_map(|words| words.into_iter().map(|(word, blank)| word + &blank).collect())
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_fall_over(text in prop_oneof!["\\PC*", tricky(), any::<String>()]) {
        let _ = parse(&text, &people);
        let _ = help(Some(&text));
        let argv: Vec<String> = text.split(' ').map(str::to_owned).collect();
        let _ = parse_argv(&argv, None, &people);
        let _ = autocomplete(&[&text], &text, &text, &Completions::default());
        let _ = autocomplete(&["update", "draft"], "component", &text, &Completions::default());
    }

    #[test]
    fn any_note_arrives_as_it_was_typed(text in prop_oneof!["\\PC{1,60}", tricky()]) {
        let trimmed = text.trim();
        let first = trimmed.split_whitespace().next().unwrap_or_default();
        // What the reader takes for itself: an incident's number, `--at`, `--`.
        prop_assume!(!trimmed.is_empty() && first.parse::<IncidentId>().is_err());
        let name = first.strip_prefix("--").or_else(|| first.strip_prefix('—')).and_then(|name| name.split('=').next());
        prop_assume!(first != "--" && !name.is_some_and(|name| name.eq_ignore_ascii_case("at")));
        prop_assert_eq!(parse(&format!("note {text}"), &people).unwrap(), Spoken::On { target: None, command: note(trimmed) });
    }

    #[test]
    fn after_two_hyphens_any_text_arrives_whatever_it_begins_with(text in prop_oneof!["\\PC{1,60}", tricky()]) {
        let trimmed = text.trim();
        prop_assume!(!trimmed.is_empty());
        for verb in ["note", "decide", "set summary", "objective add", "task add", "task done 1", "update draft", "can api"] {
            let line = match verb {
                "task done 1" | "can api" => verb.replacen(verb.rsplit(' ').next().unwrap(), &format!("-- {}", verb.rsplit(' ').next().unwrap()), 1),
                verb => format!("{verb} --"),
            };
            let Ok(Spoken::On { target: None, command }) = parse(&format!("{line} {text}"), &people) else {
                return Err(TestCaseError::fail(format!("{line} {text}")));
            };
            let kept = match command {
                Command::Note { text, at: None } | Command::Decide { text } | Command::Summarize { text }
                | Command::SetObjective { text } | Command::AssignTask { text, owner: None, minutes: None } => text,
                Command::ReportTask { n: 1, result } => result,
                Command::Draft(draft) => draft.text,
                Command::Can { conditions, .. } => conditions,
                other => return Err(TestCaseError::fail(format!("{other:?}"))),
            };
            prop_assert_eq!(kept, trimmed);
        }
    }
}
