//! What each verb takes.

use super::*;

#[test]
fn a_declaration_is_real_and_of_its_usual_severity_unless_said_otherwise() {
    let declared = |text: &str| match said(text).unwrap() {
        Spoken::Declare { declare, situation } => (declare, situation),
        other => panic!("{other:?}"),
    };
    let (declare, situation) = declared("declare Checkout doesn't  work");
    assert_eq!(declare.title, "Checkout doesn't  work");
    assert_eq!((declare.severity, declare.kind, declare.triage), (None, Kind::Real, false));
    assert_eq!(situation, None);
    for text in [
        "declare Checkout is down --severity S1 --from S-3 --triage --test",
        "declare --severity=sev-1 --test --triage --from s-3 Checkout is down",
        "declare —severity SEV1 Checkout is down —from S-3 —triage —test",
    ] {
        let (declare, situation) = declared(text);
        assert_eq!(declare.title, "Checkout is down");
        assert_eq!(
            (declare.severity, declare.kind, declare.triage),
            (Some(Severity::Sev1), Kind::Test, true)
        );
        assert_eq!(situation, Some(3));
    }
    let late = declared("declare Checkout was down --began 10:30 --ended 10m ago").0;
    assert_eq!(late.title, "Checkout was down");
    assert_eq!(late.began, Some(StatedTime::TimeOfDay("10:30:00".parse().unwrap())));
    assert_eq!(late.ended, Some(StatedTime::MinutesAgo(10)));
    let classified =
        declared("declare Data is out --type security --field region=eu --field \"team=the shop\"").0;
    assert_eq!(classified.incident_type.as_deref(), Some("security"));
    let named = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(classified.fields, [named("region", "eu"), named("team", "the shop")]);
    assert!(refused("declare x --field region").contains("Write region=eu"));
    assert!(refused("declare x --ended 10:30 --triage").contains("does not go with"));
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
fn a_name_of_several_words_that_is_known_is_taken_whole() {
    let here = ["Ben", "Ben Bo", "Cy"].map(|name| Person::named(name).unwrap());
    let known = Lexicon { people: &here, ..Lexicon::usual() };
    let said = |text: &str| match parse(text, &people, known) {
        Ok(Spoken::On { command, .. }) => command,
        other => panic!("{text}: {other:?}"),
    };
    let person = |name: &str| Some(Person::named(name).unwrap());
    let task = |owner: &str, text: &str, minutes| Command::AssignTask {
        owner: person(owner),
        text: text.into(),
        minutes,
    };
    assert_eq!(said("task add @Ben Bo 10m look at lb"), task("Ben Bo", "look at lb", Some(10)));
    assert_eq!(said("task add 10m @Ben look at lb"), task("Ben", "look at lb", Some(10)));
    assert_eq!(said("task add @Zed Bo look"), task("Zed", "Bo look", None), "nobody of that name is known");
    let words: Vec<String> = "task add @Ben Bo 10m look".split(' ').map(str::to_owned).collect();
    let listed = parse_argv(&words, None, &people, known);
    assert!(
        matches!(&listed, Ok(Spoken::On { command, .. }) if *command == task("Ben Bo", "look", Some(10))),
        "{listed:?}"
    );
    assert_eq!(
        said("task give 3 @Ben Bo 10m"),
        Command::GiveTask { n: 3, owner: person("Ben Bo"), minutes: Some(10) }
    );
    assert_eq!(
        said("checkin @Ben Bo by phone"),
        Command::CheckIn { who: person("Ben Bo"), note: "by phone".into() }
    );
    assert_eq!(
        said("separate Ben Bo our part is over"),
        Command::Separate { who: person("Ben Bo"), reason: "our part is over".into() }
    );
    assert_eq!(
        said("expel Ben Bo let in by mistake"),
        Command::Expel { who: Person::named("Ben Bo").unwrap(), reason: "let in by mistake".into() }
    );
}

/// What is said where these are known.
fn said_among(here: &[Person], text: &str) -> Result<Command, String> {
    match parse(text, &people, Lexicon { people: here, ..Lexicon::usual() }) {
        Ok(Spoken::On { command, .. }) => Ok(command),
        Ok(other) => panic!("{text}: {other:?}"),
        Err(refusal) => Err(refusal.to_string()),
    }
}

#[test]
fn two_people_or_words_behind_a_name_are_refused_where_one_person_is_meant() {
    let here = ["ben", "cyd", "Karl Heinz"].map(|name| Person::named(name).unwrap());
    let said = |text: &str| said_among(&here, text);
    for line in [
        "command offer @ben and @cyd",
        "command offer ben, cyd",
        "role offer pio ben/cyd",
        "command offer @zed @cyd",
        "command offer <@1> <@2>",
        "role offer ops @ben and @cyd",
        "role report @ben @cyd --to @ada",
        "task add @ben @cyd both",
        "task add @ben and @cyd 10m both",
        "task give 3 @ben @cyd",
        "checkin @ben, @cyd",
        "page @dan @ben",
        "page @dan and @ben the replicas are gone",
        "expel @ben @cyd",
        "admit @ben @cyd",
        "oncall override web @ben @cyd 4h",
    ] {
        let told = said(line).unwrap_err();
        assert!(
            told.contains("names more than one person. Name one person. For example: `"),
            "{line}: {told}"
        );
    }
    for line in [
        "command offer @ben please",
        "handover ben please",
        "role offer ops @Karl Heinz please",
        "unify <@1> now",
    ] {
        let told = said(line).unwrap_err();
        assert!(told.starts_with("Nobody known here is called «"), "{line}: {told}");
        assert!(told.contains("Name one person, and nothing behind the name;"), "{line}: {told}");
    }
    let offer = |name: &str| Ok(Command::OfferCommand { to: Person::named(name).unwrap() });
    assert_eq!((said("hand over to ben"), said("hand over to @cyd")), (offer("ben"), offer("cyd")));
    for line in ["command offer @Karl Heinz", "command offer \"Karl Heinz\"", "command offer \"@Karl Heinz\""]
    {
        assert_eq!(said(line), offer("Karl Heinz"), "{line}");
    }
    assert_eq!(
        said("command offer @Ada Lovelace"),
        offer("Ada Lovelace"),
        "nobody of that name is known yet"
    );
    assert_eq!(
        said("command offer \"@ben please\""),
        offer("ben please"),
        "whoever says so in quotes means it"
    );
    assert!(said("task add @ben ask @cyd").is_ok() && said("page @ben -- @cyd is away").is_ok());
    assert!(
        matches!(said("page @Karl Heinz it's gone"), Ok(Command::BeginPaging { about, .. }) if about == "it's gone")
    );
}

#[test]
fn whose_a_task_is_meant_to_be_is_never_lost_in_its_text() {
    let here = ["Zed", "Karl Heinz"].map(|name| Person::named(name).unwrap());
    let said = |text: &str| said_among(&here, text);
    let task = |owner: Option<&str>, text: &str, minutes| {
        let owner = owner.map(|name| Person::named(name).unwrap());
        Ok(Command::AssignTask { owner, text: text.into(), minutes })
    };
    for line in ["task add \"@Karl Heinz\" 10m look", "task add 10m “@Karl Heinz” look"] {
        assert_eq!(said(line), task(Some("Karl Heinz"), "look", Some(10)), "{line}");
    }
    assert_eq!(
        said("task add zed 10m without at"),
        Err("Nothing was done: zed may be who is to do it, or a part of the text. For zed: `task add @zed 10m …`. As text: \
             `task add -- zed 10m …`."
            .to_owned())
    );
    assert!(said("task add Karl Heinz 10m look").unwrap_err().contains("`task add \"@Karl Heinz\" 10m …`"));
    assert_eq!(said("task add -- zed 10m without at"), task(None, "zed 10m without at", None));
    assert_eq!(said("task add zed knows more"), task(None, "zed knows more", None));
    let quoted = "\"@ada said that it is back\" goes on the page";
    assert_eq!(said(&format!("task add {quoted}")), task(None, quoted, None));
}

#[test]
fn who_is_kept_out_is_named_and_what_follows_says_why() {
    let expel = |who, reason: &str| Command::Expel { who, reason: reason.into() };
    let lovelace = || Person::named("Ada Lovelace").unwrap();
    assert_eq!(command("expel @ada let in by mistake"), expel(ada(), "let in by mistake"));
    assert_eq!(command("crew expel ada \"let in by mistake\""), expel(ada(), "let in by mistake"));
    assert_eq!(command("expel \"Ada Lovelace\" let in by mistake"), expel(lovelace(), "let in by mistake"));
    assert_eq!(command("expel Ada Lovelace --reason she left"), expel(lovelace(), "she left"));
    assert_eq!(command("expel @ada"), expel(ada(), ""));
    assert!(refused("expel").contains("a name"));
}

#[test]
fn a_time_box_of_before_now_is_no_text() {
    for text in ["task add @ada -5m negative", "task give 3 −5m", "action -10m restart db1"] {
        assert!(refused(text).contains("is no duration. Write 10m"), "{text}: {}", refused(text));
    }
    let text = "-5m of lag".to_owned();
    assert_eq!(
        command(&format!("task add -- {text}")),
        Command::AssignTask { owner: None, text, minutes: None }
    );
}

#[test]
fn a_reason_is_not_taken_for_a_name() {
    let leave = |who, reason: &str| Command::Separate { who, reason: reason.into() };
    assert_eq!(command("leave our part is over"), leave(None, "our part is over"));
    assert_eq!(command("leave \"our part is over\""), leave(None, "our part is over"));
    assert_eq!(command("leave ada"), leave(Some(ada()), ""));
    let pio = || "pio".parse().unwrap();
    let relieve = |person, reason: &str| Command::RelieveRole { role: pio(), person, reason: reason.into() };
    assert_eq!(command("role relieve pio \"too slow\""), relieve(None, "too slow"));
    assert_eq!(command("role relieve pio too slow"), relieve(None, "too slow"));
    assert_eq!(command("role relieve pio @ada"), relieve(Some(ada()), ""));
    let lovelace = Person::named("Ada Lovelace").unwrap();
    assert_eq!(
        command("role relieve pio Ada Lovelace --reason end of shift"),
        relieve(Some(lovelace), "end of shift")
    );
}

#[test]
fn a_role_of_a_family_is_shown_with_what_must_follow() {
    assert!(refused("role take sme").ends_with("For example: `role take sme:db`."));
    assert!(refused("role take lead").ends_with("For example: `role take lead:db`."));
}

#[test]
fn the_verb_of_a_line_is_known_as_it_was_said() {
    for (line, verb) in [
        ("note db is slow", "note …"),
        ("log", "log"),
        ("/incident task add look", "task add …"),
        ("period start 2h", "period start …"),
        ("Tasks", "Tasks"),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(verb_said(&words), verb, "{line}");
    }
}

#[test]
fn objectives_are_listed() {
    assert_eq!(command("objective list"), Command::Objectives);
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
    for line in ["action drop the replica", "action go back to 4.1", "action go x", "action hold x y"] {
        let told = refused(line);
        assert!(
            told.starts_with("Nothing was done: «") && told.contains("`action announce "),
            "{line}: {told}"
        );
    }
    assert_eq!(command("action announce go back to 4.1"), announce("go back to 4.1", false, None));
    for line in ["action stop-all we lose writes", "stop we lose writes"] {
        assert_eq!(command(line), Command::StopActions { reason: "we lose writes".into() }, "{line}");
    }
    assert!(refused("action stop the queue").contains("`stop WHY`"));
    assert!(refused("action Resume the replication").contains("`action announce resume …`"));
    assert_eq!(command("action announce stop the queue"), announce("stop the queue", false, None));
    assert_eq!(command("action stopping the queue"), announce("stopping the queue", false, None));
    assert_eq!(command("action go #2"), Command::ClearAction { n: 2 });
    assert_eq!(command("action done 2 it's up"), Command::FinishAction { n: 2, result: "it's up".into() });
    assert!(refused("action dnoe 2 it's up").contains("Did you mean `action done`?"));
    assert!(refused("action go").contains("needs the action's number."));
    for slip in ["action go two", "action go -1", "action drop 2nd"] {
        let told = refused(slip);
        assert!(told.contains("is not an action's number."), "{slip}: {told}");
    }
    for (line, why) in [
        ("action -5m restart db1", "«-5m» is no duration. Write 10m"),
        (
            "task add 99999999999m do",
            "«99999999999m» is too long: nothing here lasts longer than a year (366d).",
        ),
        ("roll call 400d", "«400d» is too long: nothing here lasts longer than a year (366d)."),
        ("snooze 9000h", "«9000h» is too long: nothing here lasts longer than a year (366d)."),
    ] {
        let told = refused(line);
        assert!(told.starts_with(why), "{line}: {told}");
    }
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
    for text in ["role take comms", "role take Comms Lead", "role take COMMUNICATIONS"] {
        assert_eq!(command(text), Command::TakeRole { role: pio() }, "{text}");
    }
    assert!(refused("role take lead").contains("`command take`, `command offer NAME`"));
    assert!(!refused("role take sme").contains("Did you mean"));
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
fn the_time_of_a_milestone_is_stated_as_a_late_note_s_is() {
    let set =
        |at, reason: &str| Command::SetMilestone { milestone: Milestone::Began, at, reason: reason.into() };
    assert_eq!(
        command("milestone began 10m ago the log says so"),
        set(StatedTime::MinutesAgo(10), "the log says so")
    );
    assert_eq!(command("milestone Began 90m"), set(StatedTime::MinutesAgo(90), ""));
    assert_eq!(command("milestones"), Command::Milestones);
    assert!(refused("milestone began").contains("needs a time"));
    assert!(refused("milestone finished 09:12").contains("Use one of: began, detected"));
}

#[test]
fn command_is_joined_and_left_by_a_word_each() {
    let unify = |organization: &str| Command::Unify { to: ada(), organization: organization.into() };
    assert_eq!(command("unify @ada --for \"Acme Cloud\""), unify("Acme Cloud"));
    assert_eq!(command("command unify ada"), unify(""));
    assert_eq!(command("join"), Command::JoinCommand);
    let leave = |who, reason: &str| Command::Separate { who, reason: reason.into() };
    assert_eq!(command("leave --reason our part is over"), leave(None, "our part is over"));
    assert_eq!(command("separate @ada"), leave(Some(ada()), ""));
}

#[test]
fn the_number_after_under_is_the_greater_one_s() {
    let under = Command::PutUnder { parent: "INC-1".parse().unwrap(), facts: None };
    assert_eq!(command("under INC-1"), under);
    assert_eq!(
        said("INC-2 sub under inc-1").unwrap(),
        Spoken::On { target: "INC-2".parse().ok(), command: under }
    );
    assert_eq!(command("subs"), Command::Subs { parts: vec![] });
    assert!(
        matches!(said("declare The database --under INC-1"), Ok(Spoken::Declare { declare, .. }) if declare.under.is_some())
    );
    assert_eq!(command("close --leave-open done"), Command::CloseLeavingSubs { reason: "done".into() });
}

#[test]
fn a_type_and_a_field_are_read_or_set_by_the_same_word() {
    assert_eq!(command("type"), Command::Types);
    assert_eq!(command("type security"), Command::SetType { name: "security".into() });
    assert_eq!(command("fields"), Command::Fields);
    let set = Command::SetField { name: "team".into(), value: "the shop's  own".into() };
    assert_eq!(command("field team the shop's  own"), set);
    assert!(refused("field team").contains("needs a value"));
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
    assert!(refused("can api").contains("`can` needs how things are"));
}

#[test]
fn a_report_is_corrected_by_its_service_or_by_its_entry() {
    let corrected = |conditions: &str, actions: &str, needs: &str| Command::CorrectCan {
        service: "api".into(),
        conditions: conditions.into(),
        actions: actions.into(),
        needs: needs.into(),
    };
    assert_eq!(command("can --correct api p99 is up"), corrected("p99 is up", "", ""));
    assert_eq!(command("can api --correct p99 up | | -"), corrected("p99 up", "", "-"));
    assert_eq!(command("can --correct api | restarted"), corrected("", "restarted", ""));
    assert_eq!(command("can --correct --needs \"a DBA\" api slow"), corrected("slow", "", "a DBA"));
    let entry = Command::Correct {
        target: 12,
        text: "p99 up | restarted | -".into(),
        at: None,
        reason: String::new(),
        follows: false,
    };
    assert_eq!(command("correct #12 p99 up | restarted | -"), entry);
    assert!(refused("can --correct api").contains("needs how things are"));
}

#[test]
fn a_task_is_declined_given_and_opened_again_by_its_number() {
    let give = |owner: Option<Person>, minutes| Command::GiveTask { n: 3, owner, minutes };
    assert_eq!(command("task give 3"), give(None, None));
    for text in ["task give 3 @ada 10m", "task give #3 10m @ada", "task give --for ada --in 10m 3"] {
        assert_eq!(command(text), give(Some(ada()), Some(10)), "{text}");
    }
    assert!(refused("task give 3 ada").contains("«ada» is more than `task give` takes"));
    let reopen = |minutes| Command::ReopenTask { n: 3, reason: "it's back".into(), minutes };
    assert_eq!(command("task reopen 3 it's back"), reopen(None));
    assert_eq!(command("task reopen 3 10m it's back"), reopen(Some(10)));
    assert!(refused("task reopen 3").contains("needs a reason."));
    let decline = Command::DeclineTask { n: 3, reason: "no access".into() };
    assert_eq!(command("task decline 3 no access"), decline);
    assert!(refused("task decline 3").contains("needs a reason."));
}

#[test]
fn a_hazard_is_named_without_a_verb_of_its_own() {
    let name = |mitigation: &str| Command::NameHazard {
        text: "db2 may fill up".into(),
        mitigation: mitigation.into(),
    };
    assert_eq!(command("hazard db2 may fill up"), name(""));
    for text in [
        "hazard db2 may fill up --mitigation watch its disk",
        "hazard \"db2 may fill up\" --mitigation \"watch its disk\"",
        "hazard add db2 may fill up --mitigation=watch its disk",
        "hazard --mitigation \"watch its disk\" db2 may fill up",
    ] {
        assert_eq!(command(text), name("watch its disk"), "{text}");
    }
    let wires = Command::NameHazard { text: "clear the wires first".into(), mitigation: String::new() };
    assert_eq!(command("hazard add clear the wires first"), wires);
    for line in ["hazard clear x", "hazard clear the wires first"] {
        let told = refused(line);
        assert!(told.contains("is not a hazard's number. For example: `hazard clear 1"), "{told}");
        assert!(told.ends_with("`hazard add clear …`."), "{told}");
    }
    assert!(refused("hazard db2 --mitigation").contains("`hazard add --mitigation` needs a value"));
    assert_eq!(
        command("hazard clear #2 they are gone"),
        Command::ClearHazard { n: 2, reason: "they are gone".into() }
    );
    assert_eq!(command("hazard clear 2"), Command::ClearHazard { n: 2, reason: String::new() });
    assert_eq!(command("hazards"), Command::Hazards);
    assert_eq!(command("hazard list"), Command::Hazards);
    assert!(refused("hazard claer 2 gone").contains("Did you mean `hazard clear`?"));
}

#[test]
fn a_change_is_told_without_a_verb_of_its_own_listed_and_taken_back() {
    let told = |line: &str| match said(line) {
        Ok(Spoken::Change { text, service, at, .. }) => (text, service, at),
        other => panic!("{line}: {other:?}"),
    };
    let plain = |text: &str| (text.to_owned(), None, None);
    assert_eq!(told("change rolled out 1.2.3"), plain("rolled out 1.2.3"));
    assert_eq!(told("change record rolled out 1.2.3"), plain("rolled out 1.2.3"));
    assert_eq!(told("change add an index on orders"), plain("add an index on orders"));
    assert_eq!(told("change record withdraw the new flag"), plain("withdraw the new flag"));
    for line in ["change withdraw x y", "change withdraw the new flag"] {
        assert!(refused(line).contains("is not a change's number."), "{line}: {}", refused(line));
    }
    assert_eq!(
        told("change --at 10m rolled out 1.2.3 service:checkout"),
        ("rolled out 1.2.3".to_owned(), Some("checkout".to_owned()), Some(StatedTime::MinutesAgo(10)))
    );
    for line in ["change list", "changes", "/incident change list"] {
        assert_eq!(said(line), Ok(Spoken::Changes { target: None }), "{line}");
    }
    let withdrawn = Spoken::WithdrawChange { n: 48_213, reason: "that was staging".into() };
    assert_eq!(said("change withdraw #48213 that was staging"), Ok(withdrawn));
    assert!(refused("change withdraw 48213").contains("needs a reason."));
    assert!(refused("change service:checkout").contains("not what was changed"));
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
    assert!(refused("approve 2 --alone").contains("needs a reason."));
    assert!(refused("approve 2 fine").contains("needs --alone"));
}

#[test]
fn a_link_is_a_situation_or_a_page() {
    assert_eq!(command("link S-3"), Command::LinkSituation { situation: 3, facts: None });
    let page =
        Command::AddLink { label: "Error rate".into(), url: "https://g.example/d?a=b|c".into(), sum: None };
    assert_eq!(command("link Error rate https://g.example/d?a=b|c"), page);
    assert_eq!(command("link --url https://g.example/d?a=b|c Error rate"), page);
    assert!(refused("link Error rate").contains("Write `link S-3`"));
    assert!(refused("link https://g.example").contains("needs a label"));
}

#[test]
fn a_role_of_the_team_is_named_by_slug_or_title_completed_and_told_by_the_help() {
    let keeper = OwnRole {
        slug: "runbook".into(),
        title: "Runbook Keeper".into(),
        it_title: None,
        reports_to: "ops".parse().unwrap(),
        like: "scribe".into(),
        does: "Finds the runbook.".into(),
        must_not: String::new(),
        checklist: vec![],
        holders_max: None,
    };
    let roles = Roles::new(vec![keeper.clone()]);
    let said = |text: &str| match parse(text, &people, &roles) {
        Ok(Spoken::On { command, .. }) => command,
        other => panic!("{text}: {other:?}"),
    };
    let role = roles.find("runbook").unwrap();
    assert_eq!(said("role take runbook keeper"), Command::TakeRole { role: role.clone() });
    assert_eq!(said("role offer runbook @ada"), Command::OfferRole { role, to: ada() });
    assert_eq!(said("role take ops"), Command::TakeRole { role: "ops".parse().unwrap() });
    let refused = parse("role take runbok", &people, &roles).unwrap_err().to_string();
    assert!(
        refused.contains("observer, runbook.") && refused.contains("Did you mean `runbook`?"),
        "{refused}"
    );
    assert!(
        help(Some("role take"), (&roles).into())
            .ends_with("  runbook – Runbook Keeper. Finds the runbook.\n")
    );
    assert!(!help(Some("note"), (&roles).into()).contains("runbook"));
    let sheet = help(Some("runbook keeper"), (&roles).into());
    assert!(
        sheet.starts_with("runbook – Runbook Keeper. Finds the runbook.\n  Reports to: Operations"),
        "{sheet}"
    );
    // Nobody said what it does.
    let terse = Roles::new(vec![OwnRole { does: String::new(), ..keeper }]);
    for words in ["runbook", "role take"] {
        let told = help(Some(words), (&terse).into());
        assert!(told.lines().any(|line| line.trim_start() == "runbook – Runbook Keeper."), "{told}");
    }
}

#[test]
fn link_me_is_about_the_speakers_own_accounts_and_a_page_may_still_be_called_so() {
    let linking = |text: &str| match said(text) {
        Ok(Spoken::Link(linking)) => linking,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(linking("link me"), Linking::Begin);
    assert_eq!(linking("LINK Me k7m4-qx2p"), Linking::With("k7m4-qx2p".into()));
    assert_eq!((linking("link me off"), linking("link me list")), (Linking::End, Linking::List));
    let (label, url) = ("me".to_owned(), "https://example.com".to_owned());
    assert_eq!(command("link me https://example.com"), Command::AddLink { label, url, sum: None });
}

#[test]
fn a_summary_for_executives_is_asked_for_and_one_that_begins_so_is_said() {
    assert_eq!(command("summary exec"), Command::Summary);
    assert!(matches!(
        said("INC-1 summary exec"),
        Ok(Spoken::On { target: Some(_), command: Command::Summary })
    ));
    assert_eq!(command("command summary"), Command::Summary);
    let text = "exec mode is off, writes fail".to_owned();
    assert_eq!(command(&format!("summary {text}")), Command::Summarize { text });
}

#[test]
fn a_note_may_say_from_when_until_when() {
    let at = |text: &str| StatedTime::TimeOfDay(text.parse().unwrap());
    let (from, text) = (at("02:10:00"), "the queue was full".to_owned());
    let until = at("02:40:00");
    for line in [
        "note --from 02:10 --until 02:40",
        "note --until 02:40 --at 02:10",
        "note --from=02:10 --until=02:40",
    ] {
        let span = Command::NoteSpan { text: text.clone(), from, until };
        assert_eq!(command(&format!("{line} {text}")), span, "{line}");
    }
    assert_eq!(command("note --from 02:10 the queue was full"), Command::Note { text, at: Some(from) });
    assert!(said("note --until 02:40 x").is_err(), "since when?");
    assert!(said("note --from 02:10 --at 02:40 x").is_err(), "one of them");
}

#[test]
fn the_words_of_the_field_are_verbs_too() {
    for (said, same) in [
        ("assign pio @bo", "role offer pio @bo"),
        ("handover @bo", "command offer @bo"),
        ("hand over @bo", "command offer @bo"),
        ("transfer @bo", "command offer @bo"),
        ("I have command", "command accept"),
        ("relapse errors are back", "reopen errors are back"),
        ("objectives", "objective list"),
    ] {
        assert_eq!(command(said), command(same), "{said}");
    }
}

#[test]
fn what_is_written_as_a_number_that_no_incident_can_have_is_no_verb_but_no_incident() {
    for number in ["INC-0", "inc-99999999999999999999", "#DRILL-0"] {
        let told = refused(&format!("{number} status"));
        assert!(told.starts_with("There is no ") && !told.contains("verb"), "{told}");
    }
    assert!(refused("inc-x status").contains("is no verb"));
}

#[test]
fn to_ask_for_proposals_or_to_slip_in_a_flag_proposes_nothing() {
    for asked in ["propose list", "decide list", "proposals"] {
        assert_eq!(command(asked), Command::Proposals, "{asked}");
    }
    assert!(matches!(command("propose list the prices anew"), Command::Propose { .. }));
    let told = refused("propose --in 1m fail over");
    assert!(told.contains("has no flag «--in»"), "{told}");
}
