//! What an operator relies on about secrets: where they come from, and that they are shown nowhere.

use super::{ADA, Config, Problem, file, lines, load};

#[test]
fn a_secret_comes_from_a_file_beside_the_settings_less_one_line_break() {
    let settings = format!("{ADA}[[auth.token]]\nname = \"laptop\"\nperson = \"ada\"\ntoken_file = \"t\"\n");
    for (content, expected) in [
        ("canary-0123456789", "canary-0123456789"),
        ("canary-0123456789\n", "canary-0123456789"),
        ("canary-0123456789\r\n", "canary-0123456789"),
    ] {
        let config = file(&settings).file("t", content).load(&[]).expect("sound");
        assert_eq!(config.auth.token[0].token.as_ref().expect("read").expose(), expected);
    }
    let house = file(&settings).file("t", "canary-0123456789\n\n");
    let text = lines(&house, house.load(&[]));
    assert!(text.starts_with("commandpost.toml:7:14: auth.token[0].token_file: the secret holds"), "{text}");
}

#[test]
fn a_secret_is_given_once() {
    let house =
        file(&format!("{ADA}[[auth.token]]\nname = \"laptop\"\nperson = \"ada\"\ntoken_file = \"t\"\n"))
            .file("t", "canary-0123456789");
    let result = house.load(&[("COMMANDPOST_AUTH__TOKEN__0__TOKEN", "canary-9876543210")]);
    insta::assert_snapshot!(lines(&house, result), @r#"
    commandpost.toml:7:14: auth.token[0].token_file: `token` and `token_file` are both given (COMMANDPOST_AUTH__TOKEN__0__TOKEN, line 7). Take one of them away.
    "#);
}

#[test]
fn a_token_is_nobody_elses() {
    let house = file(&format!(
        "{ADA}[[auth.token]]\nname = \"a\"\nperson = \"ada\"\ntoken_file = \"t\"\n[[auth.token]]\nname = \"b\"\n\
         person = \"ada\"\ntoken_file = \"t\"\n[hooks.generic]\ntoken_file = \"t\"\n"
    ))
    .file("t", "canary-0123456789");
    let text = lines(&house, house.load(&[]));
    assert!(
        text.contains("auth.token[1].token_file: an earlier [[auth.token]] has the same token"),
        "{text}"
    );
    assert!(text.contains("hooks.generic.token_file: the hook has the same token"), "{text}");
}

#[test]
fn a_token_is_nobody_elses_in_a_roster_of_a_file_either() {
    let house = file(&format!(
        "[on_call]\nrosters_from = \"rosters/*.toml\"\n{ADA}[[auth.token]]\nname = \"a\"\nperson = \"ada\"\ntoken_file = \"t\"\n"
    ))
    .file("t", "canary-0123456789")
    .file("other", "canary-9876543210");
    std::fs::create_dir(house.directory.path().join("rosters")).expect("a folder");
    let roster = |token: &str| {
        format!(
            "[[roster]]\nname = \"db\"\ncalendar_token_file = \"{token}\"\n[[roster.rotation]]\npeople = [\"ada\"]\n\
             start = \"2026-01-05\"\n"
        )
    };
    let house = house.file("rosters/db.toml", roster("t"));
    let text = lines(&house, house.load(&[]));
    assert_eq!(
        text,
        "commandpost.toml:2:16: on_call.rosters_from: the calendar of `db` has the same token as the [[auth.token]] number 1. \
         Make one for each: whoever reads the calendar could otherwise take command."
    );
    let house = house.file("rosters/db.toml", roster("other"));
    assert_eq!(lines(&house, house.load(&[])), "no errors");
}

#[test]
fn x_takes_one_kind_of_credentials_whole() {
    let house = file("[x]\nhandle = \"acme\"\n");
    let with = |keys: &[&str]| {
        let names: Vec<String> = keys.iter().map(|key| format!("COMMANDPOST_X__{key}")).collect();
        let env: Vec<_> = names.iter().map(|name| (name.as_str(), "canary-of-x")).collect();
        lines(&house, house.load(&env))
    };
    assert_eq!(with(&["BEARER_TOKEN"]), "no errors");
    assert_eq!(with(&["API_KEY", "API_SECRET", "ACCESS_TOKEN", "ACCESS_TOKEN_SECRET"]), "no errors");
    assert!(with(&["BEARER_TOKEN", "API_KEY"]).contains("both given"));
    assert!(with(&["API_KEY", "ACCESS_TOKEN"]).contains("api_secret, access_token_secret is missing"));
    assert!(with(&[]).contains("no credentials"));
}

#[test]
fn no_secret_is_in_anything_that_is_shown() {
    const CANARY: &str = "canary7f3a9c51";
    let shown = |result: Result<Config, Vec<Problem>>| match result {
        Ok(config) => format!("{config:?} {config:#?} {}", config.redacted()),
        Err(problems) => problems.iter().map(|p| format!("{p} {p:?} {}", p.render())).collect(),
    };
    // Where it belongs.
    let house = file(&format!(
        "{ADA}[[auth.token]]\nname = \"a\"\nperson = \"ada\"\ntoken_file = \"t\"\n[hooks.generic]\ntoken_file = \"h\"\n\
         [statuspage]\npage_id = \"abc\"\n"
    ))
    .file("t", format!("{CANARY}-of-ada"))
    .file("h", format!("{CANARY}-of-the-hook"));
    let own = format!("{CANARY}-handed-out");
    let ids = [
        ("COMMANDPOST_DISCORD__APPLICATION_ID", "100000000000000001"),
        ("COMMANDPOST_DISCORD__GUILD_ID", "100000000000000002"),
        ("COMMANDPOST_DISCORD__CHANNEL_ID", "100000000000000003"),
        ("COMMANDPOST_DISCORD__TOKEN", &own),
        ("COMMANDPOST_STATUSPAGE__API_KEY", &own),
        ("COMMANDPOST_X__BEARER_TOKEN", &own),
    ];
    let config = house.load(&ids).expect("sound");
    assert_eq!(config.redacted()["discord"]["token"], "[secret]");
    let text = shown(Ok(config));
    assert!(!text.contains(CANARY), "{text}");
    // Where it does not belong: typed wrong, misspelt, in the wrong place, in a broken file.
    for wrong in [
        format!("[discord]\ntoken = \"{CANARY}\"\n"),
        format!("[discord]\ntokne = \"{CANARY}\"\n"),
        format!("[discord]\ntoken = [\"{CANARY}\"]\n"),
        format!("[discord]\ntoken = {{ value = \"{CANARY}\", other = 1 }}\n"),
        format!("[discord]\ntoken = \"\"\"\n{CANARY}\n\"\"\"\n"),
        format!("[discord]\ntoken_file = \"{CANARY}\"\n"),
        format!("[discord]\ntoken_file = [\"{CANARY}\"]\n"),
        format!("[disocrd]\ntoken = \"{CANARY}\"\n"),
        format!("[x.y]\ntoken = \"{CANARY}\"\n"),
        format!("token = \"{CANARY}\"\n"),
        format!("discord = \"{CANARY}\"\n"),
        format!("statuspage = {{ page_id = 5, api_key = \"{CANARY}\" }}\n"),
        format!("[hooks.Prod]\ntoken = \"{CANARY}\"\n"),
        format!("[http]\nbody_bytes_max = \"{CANARY}\"\n"),
        format!("[organization]\npublic_url = \"https://ada:{CANARY}@example.com\"\n"),
        format!("[x]\nbase_url = \"http://ada:{CANARY}@example.com\"\n"),
        format!("[discord]\ntoken = \"{CANARY}\n"),
        format!("[discord]\ntoken = {CANARY}\n"),
        format!("[discord]\ntoken = \"\\q{CANARY}\"\n"),
        format!("[discord]\ntoken = \"\"\"\n{CANARY}=\"\"\nb = \n"),
        format!("[discord]\ntoken {CANARY}\n"),
        format!("[discord]\ntoken = \"{CANARY}\" \"{CANARY}\"\n"),
        format!("[discord]\ntoken = \"{CANARY}\"\ntoken = \"{CANARY}\"\n"),
        format!("[discord]\ntoken = [\n\"{CANARY}\",,\n"),
    ] {
        let result = file(&wrong).load(&[]);
        assert!(result.is_err(), "{wrong}");
        let text = shown(result);
        assert!(!text.contains(CANARY), "{wrong}\n{text}");
    }
    let short = &CANARY[..12];
    for (name, value) in [
        ("COMMANDPOST_HOOKS__GENERIC__TOKEN", short.to_owned()),
        ("COMMANDPOST_DISCORD__TOKEN", format!("{CANARY} {CANARY}")),
        ("COMMANDPOST_DISCORD__TOKEN", format!("{CANARY}\n")),
        ("COMMANDPOST_DISCORD__TOKEN_FILE", CANARY.to_owned()),
        ("COMMANDPOST_DISCORD__TOKNE", CANARY.to_owned()),
        ("COMMANDPOST_DISCORD__TOKEN__X", CANARY.to_owned()),
    ] {
        let result = load(None, &[(name, &value)]);
        assert!(result.is_err(), "{name}");
        let text = shown(result);
        assert!(!text.contains(short), "{name}\n{text}");
    }
}
