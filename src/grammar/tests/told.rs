//! What people are told: the help, the reference page, the refusals, and that it can be said.

use serde_json::json;

use super::{tree::SHORT, *};

#[test]
fn every_example_in_the_help_can_be_said() {
    for (path, verb) in tree::leaves() {
        let example = tree::example(verb);
        assert!(said(&example).is_ok(), "{path:?}: {:?}", said(&example));
    }
}

/// What comes of a slash command with its options filled in as they are told.
fn said_in_options(told: &str) -> Result<Spoken, Refusal> {
    let mut words = told.split_once(' ').map(|(_, rest)| rest).unwrap_or_default();
    let (mut verb, mut path) = (tree::tree(), vec![]);
    while verb.has_subcommands() {
        let (word, rest) = words.split_once(' ').unwrap_or((words, ""));
        verb = verb.find_subcommand(word).unwrap_or_else(|| panic!("{told}"));
        path.push(word);
        words = rest;
    }
    let names = verb.get_arguments().map(crate::grammar::discord::option_name).chain(["incident".to_owned()]);
    let mut begins: Vec<(usize, String)> =
        names.filter_map(|name| Some((format!(" {words}").find(&format!(" {name}:"))?, name))).collect();
    begins.sort();
    let mut options = vec![];
    for (i, (at, name)) in begins.iter().enumerate() {
        let end = begins.get(i + 1).map_or(words.len(), |(next, _)| next - 1);
        let value = &words[at + name.len() + 1..end];
        let value = match value {
            "True" => json!(true),
            _ => value.parse::<u64>().map_or_else(|_| json!(value), |number| json!(number)),
        };
        options.push(json!({"name": name, "value": value}));
    }
    let data =
        path.iter().rev().fold(json!(options), |inner, word| json!([{"name": word, "options": inner}]));
    parse_argv(&from_discord(&data)?, None, &people, &Roles::default())
}

/// What a chat shows in place of a line means the same, typed there.
fn is_understood_as_each_chat_tells_it(line: &str) {
    // A setting, which is called as a verb is.
    if line.contains(" = ") {
        return assert_eq!(said_after("/incident", line), None, "{line}");
    }
    let heard = |line: &str| said(line).map_err(|no| no.to_string());
    let in_discord = slash_words(line).unwrap_or_else(|| panic!("{line}"));
    assert!(in_discord.starts_with("/incident ") || in_discord.starts_with("/record "), "{in_discord}");
    // A form stands for whatever fills it.
    if !in_discord.contains('[') && !in_discord.contains('|') {
        let chosen = said_in_options(&in_discord).map_err(|no| no.to_string());
        match (chosen, heard(line)) {
            (Err(_), Err(_)) => {}
            (chosen, heard) => assert_eq!(chosen, heard, "{in_discord}"),
        }
    }
    for before in ["/incident", "!incident"] {
        let there = said_after(before, line).unwrap_or_else(|| panic!("{line}"));
        assert!(there.starts_with(before), "{there}");
        assert_eq!(heard(&there), heard(line), "{there}");
    }
    let with_another_prefix = said_after("@commandpost", line).unwrap();
    assert_eq!(with_another_prefix.strip_prefix("@commandpost "), Some(line), "word for word");
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
                .replace("S-{}", "S-3")
                .replace("S-N", "S-3")
                .replace("publish {}", "publish 1")
                .replace("approve {}", "approve 1")
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
            is_understood_as_each_chat_tells_it(&line);
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
        "command",
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
fn where_a_page_says_a_verb_that_wants_a_number_the_number_stands_behind_it() {
    let wants = |verb: &clap::Command| {
        let first = verb.get_positionals().next();
        first.is_some_and(|blank| blank.is_required_set() && tree::Blank::of(blank) == tree::Blank::Number)
    };
    let leaves = tree::leaves().into_iter();
    let paths: Vec<String> = leaves.filter(|(_, verb)| wants(verb)).map(|(path, _)| path.join(" ")).collect();
    assert!(paths.iter().any(|path| path == "update approve"), "{paths:?}");
    let home = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = std::fs::read_dir(home.join("docs")).unwrap().map(|file| file.unwrap().path());
    let pages = pages.filter(|file| file.extension().is_some_and(|extension| extension == "md"));
    for page in pages.chain([home.join("README.md")]) {
        let text = std::fs::read_to_string(&page).unwrap();
        for said in text.split('`').skip(1).step_by(2) {
            assert!(paths.iter().all(|path| path != said), "{}: `{said}` lacks its number", page.display());
        }
    }
}

#[test]
fn the_first_help_is_read_at_a_glance_and_all_that_it_tells_to_type_can_be_typed() {
    let first = help(None, Lexicon::usual());
    let longest = first.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(first.lines().count() <= 15 && longest <= 160, "{longest}\n{first}");
    let quoted: Vec<&str> = first.split('`').skip(1).step_by(2).collect();
    for line in &quoted {
        assert!(said(line).is_ok(), "{line}: {:?}", said(line));
        is_understood_as_each_chat_tells_it(line);
    }
    for verb in ["declare", "take", "note", "task", "draft", "alerts", "close", "help"] {
        let is_begun = quoted.iter().any(|line| line.split(' ').next() == Some(verb));
        assert!(is_begun, "{verb} is missing:\n{first}");
    }
    let all = help(Some("VERBS"), Lexicon::usual());
    assert!(tree().get_subcommands().all(|verb| all.contains(&format!("\n  `{}", verb.get_name()))), "{all}");
    // Who has two severities is told of one of them.
    let names = crate::incident::names::Names::default().using(&[Severity::Sev3, Severity::Sev4]);
    let known = Known { names, ..Known::default() };
    assert!(help(None, (&known).into()).contains("`severity sev3 payments fail too`"));
}

#[test]
fn the_help_on_all_names_every_verb_once_in_a_few_short_lines() {
    let all = help(Some("ALL"), Lexicon::usual());
    let longest = all.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(all.lines().count() <= 15 && longest <= 120, "{longest}\n{all}");
    let lines = all.lines().filter_map(|line| line.split_once(" – "));
    let mut named: Vec<&str> = lines.flat_map(|(_, verbs)| verbs.split(", ")).collect();
    named.sort_unstable();
    let mut verbs: Vec<&str> = tree().get_subcommands().map(clap::Command::get_name).collect();
    verbs.sort_unstable();
    assert_eq!(named, verbs);
    assert!(all.split('`').skip(1).step_by(2).all(|line| said(line).is_ok()), "{all}");
}

#[test]
fn every_usage_and_example_in_the_help_is_told_as_it_is_typed_in_a_chat() {
    let mut told = 0;
    for (path, verb) in tree::leaves() {
        let page = help(Some(&path.join(" ")), Lexicon::usual());
        let typed = |line: &str| {
            let codes = line.split('`').skip(1).step_by(2);
            let told = codes.map(|code| said_after("!incident", code));
            told.inspect(|told| assert!(told.is_some(), "{path:?}: {line}")).count()
        };
        told += page.lines().next().map_or(0, typed);
        let example = page.lines().find(|line| line.starts_with("Example: ")).unwrap();
        assert_eq!(typed(example), 1, "{example}");
        is_understood_as_each_chat_tells_it(&tree::example(verb));
    }
    assert!(told > 80, "{told}");
    let all = help(Some("verbs"), Lexicon::usual());
    for line in all.lines().filter(|line| line.starts_with("  ")) {
        let usage = line.split('`').nth(1).unwrap();
        assert!(said_after("/incident", usage).is_some(), "{line}");
    }
}

#[test]
fn the_help_reads_well() {
    let page = [
        None,
        Some("all"),
        Some("verbs"),
        Some("task"),
        Some("update draft"),
        Some("sev"),
        Some("ack"),
        Some("declare"),
        Some("frob"),
    ]
    .map(|verb| help(verb, Lexicon::usual()))
    .join("\n---\n");
    insta::assert_snapshot!(page);
}

#[test]
fn the_help_on_a_role_is_its_sheet() {
    let pio = help(Some("pio"), Lexicon::usual());
    assert_eq!(
        pio.lines().take(4).collect::<Vec<_>>(),
        [
            "pio – Public Information Officer (in IT: Communications lead). Drafts and publishes what the public is told, and \
             promises the next update; brings reports from customers to whoever has command.",
            "  Reports to: Incident Commander.",
            "  May: publish an update.",
            "  Must not: Publish without approval, or estimate when it will be fixed.",
        ]
    );
    assert!(pio.ends_with("Example: `role take pio`\n"), "{pio}");
    for words in ["PIO", "role pio", "public information officer", "comms lead"] {
        assert_eq!(help(Some(words), Lexicon::usual()), pio, "{words}");
    }
    for def in crate::incident::role::CATALOGUE {
        let told = help(Some(def.slug), Lexicon::usual());
        let example = told.lines().last().unwrap().strip_prefix("Example: `").unwrap().trim_end_matches('`');
        assert!(told.contains(def.does) && said(example).is_ok(), "{}: {told}", def.slug);
    }
    assert!(help(Some("role take"), Lexicon::usual()).contains("`help ops`"));
    assert!(said("help role frob").unwrap_err().why.contains("`role` has no «frob»"));
    let row = "| `lead:NAME` | Group Supervisor | Sub-team lead | any number | Operations Section Chief | assign tasks to others |";
    assert!(reference().lines().any(|line| line == row), "{}", reference());
}

#[test]
fn a_short_form_names_the_same_verb_typed_asked_of_the_help_and_as_a_form() {
    for (short, path) in SHORT {
        // Of two meanings, the one that it has alone.
        let path: &[&str] = if *short == "ack" { &["pager", "ack"] } else { path };
        let whole = path.join(" ");
        for words in [(*short).to_owned(), short.to_uppercase()] {
            assert_eq!(help(Some(&words), Lexicon::usual()), help(Some(&whole), Lexicon::usual()), "{words}");
            assert!(Form::of(&words).is_some(), "{words}");
            assert_eq!(Form::of(&words), Form::of(&whole), "{words}");
            let heard = |words: &str| said(words).map_err(|no| no.to_string());
            assert_eq!(heard(&words), heard(&whole), "{words}");
        }
    }
    assert_eq!(Form::wanted("break glass").unwrap().1.name, "crew break-glass");
    assert_eq!(Form::wanted("INC-3 ack"), None, "a page is acknowledged without a word more");
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

#[test]
fn a_line_is_completed_word_by_word_up_to_its_free_text() {
    let pair = |value: &str| (value.to_owned(), value.to_owned());
    let known = Completions {
        people: vec![pair("ada"), pair("bo")],
        tasks: vec![pair("3")],
        ..Completions::default()
    };
    let values = |line: &str| -> Vec<String> {
        complete_line(line, &known).into_iter().map(|(_, value)| value).collect()
    };
    assert_eq!(values("mile"), ["milestone"]);
    assert_eq!(values("INC-3 mitig"), ["mitigate"]);
    assert_eq!(values("role t"), ["take"]);
    assert_eq!(values("role take communi"), ["pio"]);
    assert_eq!(values("role offer pio "), ["ada", "bo"]);
    assert_eq!(values("done "), ["3"]);
    assert_eq!(values("ack "), ["3"]);
    assert_eq!(values("task add --f"), ["--for"]);
    assert_eq!(values("task add --for b"), ["bo"]);
    assert_eq!(values("severity sev1 b"), Vec::<String>::new());
    assert_eq!(values("note it is a"), Vec::<String>::new());
    assert_eq!(values("nonsense "), Vec::<String>::new());
}

#[test]
fn the_help_on_planned_work_has_each_flag_beside_the_word_for_it_and_a_refusal_has_a_form_with_flags() {
    let told = help(Some("maintenance schedule"), Lexicon::usual());
    for line in
        ["from TIME, or --begins TIME: ", "to TIME, or --ends TIME: ", "for DURATION, or --for DURATION: "]
    {
        assert!(told.contains(line), "{line}: {told}");
    }
    let refusal = refused("maintenance schedule \"db upgrade\" it is slow meanwhile --for 2h");
    assert!(refusal.contains("[--for DURATION] ") && !refusal.contains("[from TIME]"), "{refusal}");
}

#[test]
fn a_form_that_is_its_own_example_is_told_once() {
    let refusal = refused("status please");
    assert!(refusal.ends_with("Write `status`."), "{refusal}");
    assert!(refused("alerts please").ends_with("Write `alerts`."));
    assert!(refused("list please").contains("For example: `list --all`."));
}
