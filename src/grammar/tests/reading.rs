//! How words are read, whatever the verb: free text, incident numbers, short words, argument lists.

use proptest::prelude::*;

use super::*;

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
fn a_search_is_of_one_incident_only_where_that_is_said() {
    let find = |target: &str, words: &str| Spoken::Find { target: target.parse().ok(), words: words.into() };
    assert_eq!(said("find INC-1 replica lag").unwrap(), find("", "INC-1 replica lag"));
    assert_eq!(said("INC-1 find replica lag").unwrap(), find("INC-1", "replica lag"));
    let argv = ["find".to_owned(), "replica lag".to_owned()];
    assert_eq!(
        parse_argv(&argv, "INC-2".parse().ok(), &people, &Roles::default()).unwrap(),
        find("", "replica lag")
    );
    assert_eq!(command("pin #12"), Command::Pin { target: 12 });
    assert_eq!(command("unpin 12"), Command::Unpin { target: 12 });
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
fn too_long_and_nul_are_refused() {
    assert_eq!(said(&"x".repeat(INPUT_CHARS_MAX + 1)).unwrap_err().because, Because::Invalid);
    assert!(refused("note a\0b").contains("NUL"));
    assert!(parse_argv(&["note".into(), "\0".into()], None, &people, &Roles::default()).is_err());
    let longest = "ä".repeat(INPUT_CHARS_MAX - 5);
    assert_eq!(command(&format!("note {longest}")), note(&longest));
}

#[test]
fn an_argument_list_keeps_each_element_whole() {
    let inc: IncidentId = "INC-2".parse().unwrap();
    let argv = |list: &[&str]| {
        let list: Vec<String> = list.iter().map(|arg| (*arg).to_owned()).collect();
        parse_argv(&list, Some(inc), &people, &Roles::default()).unwrap()
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
        let _ = parse(&text, &people, &Roles::default());
        let _ = help(Some(&text), Lexicon::usual());
        let argv: Vec<String> = text.split(' ').map(str::to_owned).collect();
        let _ = parse_argv(&argv, None, &people, &Roles::default());
        let _ = autocomplete(&[&text], &text, &text, &Completions::default());
        let _ = autocomplete(&["update", "draft"], "component", &text, &Completions::default());
    }

    #[test]
    fn any_note_arrives_as_it_was_typed(text in prop_oneof!["\\PC{1,60}", tricky()]) {
        let trimmed = text.trim();
        let first = trimmed.split_whitespace().next().unwrap_or_default();
        // What the reader takes for itself: an incident's number, `--at` and the like, `--`.
        prop_assume!(!trimmed.is_empty() && first.parse::<IncidentId>().is_err());
        let name = first.strip_prefix("--").or_else(|| first.strip_prefix('—')).and_then(|name| name.split('=').next());
        let is_flag = |name: &str| ["at", "from", "until"].iter().any(|flag| name.eq_ignore_ascii_case(flag));
        prop_assume!(first != "--" && !name.is_some_and(is_flag));
        prop_assert_eq!(parse(&format!("note {text}"), &people, &Roles::default()).unwrap(), Spoken::On { target: None, command: note(trimmed) });
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
            let Ok(Spoken::On { target: None, command }) = parse(&format!("{line} {text}"), &people, &Roles::default()) else {
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
