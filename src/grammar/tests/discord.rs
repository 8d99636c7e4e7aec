//! What Discord relies on when it asks, and people when they fill in its forms.

use serde_json::{Value, json};

use super::*;

/// A `data.options` with one value for each option of a subcommand, as Discord would send it.
fn filled(option: &Value) -> Value {
    let name = &option["name"];
    let value = match option["type"].as_u64() {
        Some(4) => json!(1),
        Some(5) => json!(true),
        Some(6) => json!("80351110224678912"),
        _ if !option["choices"].is_null() => option["choices"][0]["value"].clone(),
        _ => match name.as_str().unwrap_or_default() {
            "role" => json!("pio"),
            "who" => json!("@ada"),
            "from" | "alert" | "situation" => json!("S-1"),
            "at" | "began" | "until" => json!("09:12"),
            "ended" => json!("10:12"),
            "field" | "match" => json!("region=eu; team=shop"),
            "begins" | "ends" => json!("2026-11-22T02:00Z"),
            "in" | "next" | "minutes" | "for" | "since" => json!("10m"),
            "component" => json!("API=major_outage; Web site=operational"),
            "incident" => json!("INC-9"),
            "under" | "parent" => json!("INC-1"),
            "duplicate" => json!("INC-2"),
            "verb" => json!("note"),
            "url" => json!("https://a.example"),
            _ => json!("--at \"x\" @everyone  | -- INC-1"),
        },
    };
    json!({ "name": name, "type": option["type"], "value": value })
}

#[test]
fn every_discord_form_filled_in_is_understood() {
    let mut forms = 0;
    let commands = discord_commands(Lexicon::usual());
    let slash = commands.as_array().unwrap().iter().filter(|command| command["type"] == 1);
    for entry in slash.flat_map(|command| command["options"].as_array().unwrap()) {
        let is_group = entry["type"] == 2;
        let subs = if is_group { entry["options"].as_array().unwrap().clone() } else { vec![entry.clone()] };
        for sub in subs {
            let all = sub["options"].as_array().cloned().unwrap_or_default();
            let required: Vec<Value> = all.iter().filter(|o| o["required"] == true).map(filled).collect();
            let replaces_or_corrects =
                |o: &&Value| !["corrects", "triage", "ends"].iter().any(|name| o["name"] == *name);
            // Impact and urgency stand in the place of a severity.
            let is_other_way = |o: &&Value| {
                sub["name"] == "declare" && ["impact", "urgency"].iter().any(|name| o["name"] == *name)
            };
            let full: Vec<Value> =
                all.iter().filter(replaces_or_corrects).filter(|o| !is_other_way(o)).map(filled).collect();
            for options in [required, full] {
                // A name alone is no link, with an address it is; a declaration needs a title or the alerts' own.
                if sub["name"] == "link" && options.len() == 1
                    || sub["name"] == "declare" && options.is_empty()
                {
                    continue;
                }
                let inner = json!({ "name": sub["name"], "type": 1, "options": options });
                let data = if is_group {
                    json!([{ "name": entry["name"], "type": 2, "options": [inner] }])
                } else {
                    json!([inner])
                };
                let argv = from_discord(&data).unwrap();
                let spoken = parse_argv(&argv, None, &people, &Roles::default());
                assert!(spoken.is_ok(), "{argv:?}: {spoken:?}");
                let announces = matches!(spoken, Ok(Spoken::On { command: Command::Announce { .. }, .. }));
                assert_eq!(announces, sub["name"] == "announce", "{argv:?}: {spoken:?}");
                forms += 1;
            }
        }
    }
    assert!(forms > 80, "{forms}");
}

#[test]
fn what_is_typed_into_a_discord_form_arrives_word_for_word() {
    let text = "--at 09:12 \"x\"  | -- INC-1 @everyone";
    let data = json!([{ "name": "note", "type": 1, "options": [
        { "name": "text", "type": 3, "value": text }, { "name": "incident", "type": 3, "value": "inc-4" },
    ]}]);
    let spoken = parse_argv(&from_discord(&data).unwrap(), None, &people, &Roles::default()).unwrap();
    assert_eq!(spoken, Spoken::On { target: "INC-4".parse().ok(), command: note(text) });
    let data = json!([{ "name": "task", "type": 2, "options": [{ "name": "add", "type": 1, "options": [
        { "name": "text", "type": 3, "value": "@bob 10m x" }, { "name": "for", "type": 6, "value": "80351110224678912" },
    ]}]}]);
    let spoken = parse_argv(&from_discord(&data).unwrap(), None, &people, &Roles::default()).unwrap();
    let command = Command::AssignTask { owner: Some(ada()), text: "@bob 10m x".into(), minutes: None };
    assert_eq!(spoken, Spoken::On { target: None, command });
    for bad in [
        json!(null),
        json!([]),
        json!([{"name":"frob"}]),
        json!([{"name":"task","options":[]}]),
        json!([{"name":"sev"}]),
        json!([{"name":"status","options":[{"name":"x","value":1}]}]),
    ] {
        assert!(from_discord(&bad).unwrap_err().instead.contains("Reload Discord"), "{bad}");
    }
}

/// Calls `visit` with every object that has a name, and its depth.
fn named(value: &Value, visit: &mut dyn FnMut(&Value)) {
    match value {
        Value::Object(object) => {
            if object.contains_key("name") {
                visit(value);
            }
            object.values().for_each(|inner| named(inner, visit));
        }
        Value::Array(list) => list.iter().for_each(|inner| named(inner, visit)),
        _ => {}
    }
}

#[test]
fn the_discord_commands_keep_discords_limits() {
    let commands = discord_commands(Lexicon::usual());
    let chars = |value: &Value| value.as_str().map_or(0, |text| text.chars().count());
    let slash: Vec<&Value> = commands.as_array().unwrap().iter().filter(|one| one["type"] == 1).collect();
    assert_eq!(slash.iter().map(|one| &one["name"]).collect::<Vec<_>>(), ["incident", "record"]);
    for command in slash {
        let mut total = 0;
        named(command, &mut |item| {
            total += chars(&item["name"]) + chars(&item["description"]) + chars(&item["value"]);
            if item.get("value").is_some() {
                assert!((1..=100).contains(&chars(&item["name"])), "{item}");
                return;
            }
            let name = item["name"].as_str().unwrap();
            assert!((1..=32).contains(&name.len()), "{name}");
            assert!(name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_')), "{name}");
            assert!((1..=100).contains(&chars(&item["description"])), "{item}");
            let options = item["options"].as_array().cloned().unwrap_or_default();
            assert!(options.len() <= 25, "{name}");
            assert!(
                item["choices"]
                    .as_array()
                    .is_none_or(|choices| choices.len() <= 25 && item["autocomplete"].is_null())
            );
            let required: Vec<bool> = options.iter().map(|option| option["required"] == true).collect();
            assert!(required.is_sorted_by(|a, b| a >= b), "{name}: {required:?}");
            let mut names: Vec<String> = options.iter().map(|option| option["name"].to_string()).collect();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), options.len(), "{name}");
        });
        assert!(total <= 8_000, "{}: {total} characters; Discord takes 8,000", command["name"]);
    }
    insta::assert_json_snapshot!(commands);
}

#[test]
fn every_verb_stands_below_one_of_discords_two_commands_and_a_stale_place_is_forgiven() {
    let commands = discord_commands(Lexicon::usual());
    let mut there: Vec<(&str, &str)> = Vec::new();
    for command in &commands.as_array().unwrap()[..2] {
        let verbs = command["options"].as_array().unwrap().iter().map(|verb| verb["name"].as_str().unwrap());
        there.extend(verbs.map(|verb| (command["name"].as_str().unwrap(), verb)));
    }
    let mut expected: Vec<(&str, &str)> =
        tree().get_subcommands().map(|verb| (discord_root(verb.get_name()), verb.get_name())).collect();
    there.sort_unstable();
    expected.sort_unstable();
    assert_eq!(there, expected);
    // Discord shows a command of before a little longer: the verb is the same verb.
    let redact = json!([{ "name": "entry", "type": 2, "options": [{ "name": "redact", "type": 1, "options": [
        { "name": "n", "type": 4, "value": 12 }, { "name": "reason", "type": 3, "value": "a name" },
    ]}]}]);
    assert_eq!(from_discord(&redact).unwrap(), ["entry", "redact", "--", "12", "a name"]);
    assert_eq!(command("/record entry redact 12 a name"), command("/incident entry redact 12 a name"));
}

#[test]
fn the_discord_commands_fit_discords_own_description() {
    let Some(file) = crate::specs::find("discord's commands", "discord/openapi.json") else { return };
    let text = std::fs::read_to_string(file).unwrap();
    let openapi: Value = serde_json::from_str(&text).unwrap();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "array",
        "items": { "$ref": "#/components/schemas/ApplicationCommandUpdateRequest" },
        "components": openapi["components"],
    });
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&discord_commands(Lexicon::usual())).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    // The schema does refuse what is wrong.
    let mut wrong = discord_commands(Lexicon::usual());
    wrong[0]["options"][0]["name"] = json!("x".repeat(33));
    assert!(!validator.is_valid(&wrong));
}

#[test]
fn completion_offers_what_fits_within_discords_limits() {
    let pair = |label: &str, value: &str| (label.to_owned(), value.to_owned());
    let ctx = Completions {
        roles: vec![pair("sme:db – Technical Specialist (db)", "sme:db")],
        people: vec![pair("Ada Lovelace", "ada")],
        tasks: (1..=40).map(|n| pair(&format!("#{n} {}", "long ".repeat(40)), &n.to_string())).collect(),
        incidents: vec![pair("INC-1 Checkout", "INC-1")],
        situations: vec![pair("S-3 disk full", "S-3")],
        components: vec![pair("API", "API"), pair("Web site", "Web site")],
        rosters: vec![pair("web", "web")],
        escalations: vec![pair("night", "night")],
        on_call: vec![pair("Ada Lovelace", "@ada")],
        ..Completions::default()
    };
    let values = |path: &[&str], focused: &str, typed: &str| -> Vec<String> {
        let offered = autocomplete(path, focused, typed, &ctx);
        assert!(
            offered.len() <= 25
                && offered.iter().all(|(label, _)| (1..=100).contains(&label.chars().count()))
        );
        offered.into_iter().map(|(_, value)| value).collect()
    };
    assert_eq!(values(&["role", "take"], "role", "communications"), ["pio"]);
    assert_eq!(values(&["role", "take"], "role", "sme"), ["sme:db", "sme:"]);
    assert_eq!(values(&["role", "take"], "role", "sme:web"), ["sme:web"]);
    assert_eq!(values(&["task", "done"], "n", "").len(), 25);
    assert_eq!(values(&["task", "done"], "n", "40"), ["40"]);
    assert_eq!(values(&["task", "add"], "for", "love"), ["ada"]);
    assert_eq!(values(&["note"], "incident", "check"), ["INC-1"]);
    assert_eq!(values(&["declare"], "from", ""), ["S-3"]);
    assert_eq!(values(&["update", "draft"], "component", "API=major_outage; web=deg"), Vec::<String>::new());
    assert_eq!(values(&["update", "draft"], "component", "api=maj"), ["API=major_outage"]);
    assert_eq!(values(&["severity"], "severity", "critical"), ["sev1"]);
    assert_eq!(values(&["pager", "page"], "who", ""), ["night", "web", "@ada"]);
    assert_eq!(values(&["pager", "page"], "who", "ad"), ["@ada"]);
    assert_eq!(values(&["roster", "override"], "who", ""), ["@ada"]);
    assert_eq!(values(&["roster", "override"], "roster", ""), ["web"]);
    assert!(values(&["frob"], "x", "").is_empty() && values(&["note"], "frob", "").is_empty());
}

#[test]
fn what_is_to_be_typed_is_told_as_discord_has_it() {
    for (said, there) in [
        ("object 1 REASON", "/record decision object n:1 reason:REASON"),
        ("next", "/incident next"),
        ("role take scribe", "/incident role take role:scribe"),
        ("role offer scribe Bo", "/incident role offer role:scribe to:@Bo"),
        ("role take pio", "/incident role take role:pio"),
        ("note the database failed over", "/incident note text:the database failed over"),
        ("INC-2 close", "/incident close incident:INC-2"),
        ("ack S-3", "/record alert ack situation:S-3"),
        ("here", "/incident crew here"),
        ("action 10m restart db1", "/incident action announce text:restart db1 in:10m"),
        ("hazard clear 2 mended", "/incident hazard clear n:2 reason:mended"),
        ("playbook", "/record playbook show"),
        ("action drop N REASON", "/incident action drop n:N reason:REASON"),
        ("hazard clear N REASON", "/incident hazard clear n:N reason:REASON"),
        ("task add|ack|done", "/incident task add|ack|done"),
        ("INC-2 note a  b", "/incident note incident:INC-2 text:a  b"),
        (
            "declare Checkout fails for everybody --severity sev1",
            "/incident declare title:Checkout fails for everybody severity:sev1",
        ),
        (
            "note --at 09:12 the first customer called",
            "/incident note text:the first customer called at:09:12",
        ),
        ("INC-2 note --at 09:12 it fell over", "/incident note incident:INC-2 text:it fell over at:09:12"),
        ("action --risky restart db1", "/incident action announce text:restart db1 risky:True"),
        ("list --all", "/incident list all:True"),
        ("declare --from S-N", "/incident declare from:S-N"),
        ("severity --impact high --urgency low WHY", "/incident rate impact:high urgency:low reason:WHY"),
        ("note [--at TIME] TEXT", "/incident note [at:TIME] TEXT"),
        (
            "action [--risky] [DURATION] TEXT",
            "/incident action announce text:TEXT [risky:True] [in:DURATION]",
        ),
        (
            "note [--at TIME] [--from TIME --until TIME] TEXT",
            "/incident note text:TEXT [at:TIME] [until:TIME]",
        ),
        ("task add [@NAME] [DURATION] TEXT", "/incident task add text:TEXT [for:@NAME] [in:DURATION]"),
        (
            "task add @ada 10m check the load balancers",
            "/incident task add text:check the load balancers for:@ada in:10m",
        ),
        ("note it was run with --force", "/incident note text:it was run with --force"),
    ] {
        assert_eq!(slash_words(said).as_deref(), Some(there));
    }
    let none =
        ["", "commandpost serve", "page = [\"PAGER:ADDRESS\"]", "action", "task frob|ack", "admin = true"];
    for other in none.into_iter().chain(["INC-2", "#12", "role", "note a\nb"]) {
        assert_eq!(slash_words(other), None, "{other}");
    }
}

/// What stands in a line between backticks.
fn codes(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Whether it begins as one of Discord's commands does.
fn is_slashed(words: &str) -> bool {
    words.starts_with("/incident ") || words.starts_with("/record ")
}

#[test]
fn every_line_of_discords_help_is_in_what_can_be_chosen_there() {
    let mut all: Vec<String> =
        [None, Some("all"), Some("verbs"), Some("pio"), Some("task"), Some("maintenance")]
            .map(|asked| discord_help(asked, Lexicon::usual()).unwrap())
            .to_vec();
    for (path, verb) in tree::leaves() {
        let told = discord_help(Some(&path.join(" ")), Lexicon::usual()).unwrap();
        let example = told.lines().find(|line| line.starts_with("Example: ")).unwrap();
        // Whatever is in the example stands in an option that is told above it.
        let names: Vec<String> = verb.get_arguments().map(crate::grammar::discord::option_name).collect();
        let words = codes(example).next().unwrap();
        let place = crate::grammar::discord::slash_path(&path);
        let given = words.strip_prefix(&place).unwrap_or_else(|| panic!("{example}"));
        let begins_with_an_option = |given: &str| {
            let name = given.split_once(':').map(|(name, _)| name).unwrap_or_default();
            names.iter().any(|known| known == name)
        };
        assert!(given.is_empty() || begins_with_an_option(given.trim_start()), "{example}");
        all.push(told);
    }
    named(&discord_commands(Lexicon::usual()), &mut |item| {
        let description = item["description"].as_str().unwrap_or_default();
        assert!(!description.contains('`') && !description.contains("--"), "typed elsewhere: {item}");
    });
    for told in all {
        assert!(!told.contains("--") && !told.contains("Typed also"), "{told}");
        assert!(!told.contains("before or after the verb"), "{told}");
        for line in told.lines() {
            assert!(codes(line).all(is_slashed), "{line}");
        }
    }
}

#[test]
fn discords_help_tells_what_is_to_be_chosen_and_filled_in() {
    let told = |verb: &str| discord_help(Some(verb), Lexicon::usual()).unwrap();
    let note = told("note");
    assert_eq!(
        note.lines().collect::<Vec<_>>(),
        [
            "`/incident note text:TEXT [at:TIME] [until:TIME]` – Write on the timeline",
            "  text: What happened; kept word for word",
            "  at: When it happened, or began: 09:12, 10m (ago), a date and time; UTC",
            "  until: When it was over, if it lasted",
            "  incident: Which one, if not this channel's",
            "Example: `/incident note text:the first customer called at:09:12`",
        ]
    );
    let planned = told("maintenance schedule");
    let example = "Example: `/record maintenance schedule title:db upgrade text:checkout is slow meanwhile begins:02:00 \
                   ends:04:00 service:db`";
    assert!(planned.lines().any(|line| line == example), "{planned}");
    assert!(planned.contains("\n  title: Its title\n"), "{planned}");
    let first = discord_help(None, Lexicon::usual()).unwrap();
    assert!(first.encode_utf16().count() <= 2_000, "it is one message");
    for words in [
        "`/incident declare title:checkout answers 500`",
        "`/incident declare from:S-3`",
        "`/incident task add text:check the replicas for:@bo in:10m`",
        "`/incident action announce text:restart db1 risky:True`",
        "`/incident help verb:me`",
        "The option incident says which incident is meant",
    ] {
        assert!(first.contains(words), "{words}: {first}");
    }
    let all = discord_help(Some("all"), Lexicon::usual()).unwrap();
    assert!(all.contains("\n  waking people – /record pager, roster\n"), "{all}");
    assert!(all.contains(" – /incident status, next, list; /record timeline, find\n"), "{all}");
    assert!(told("pager ack").contains("`/record alert ack situation:S-3`"), "{}", told("pager ack"));
    assert_eq!(discord_help(Some("frob"), Lexicon::usual()), None, "the refusal names what is near");
    assert_eq!(discord_help(Some("me"), Lexicon::usual()), None, "that asks somebody");
    // Typed, what another blank follows stands in quotes.
    let typed = help(Some("can"), Lexicon::usual());
    assert!(typed.contains("  SERVICE: The service, in quotes if it has blanks\n"), "{typed}");
}
