//! What an operator relies on, from the file and the environment to the settings or the errors.

mod alerts;
mod changed;
mod doors;
mod maintenance;
mod names;
mod on_call;
mod roles;
mod secrets;
mod taxonomy;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::{Config, HookSender, IncidentSpace, Problem, example_toml};
use crate::incident::role::Words;

/// A settings file and files beside it, gone at the end of the test.
struct House {
    directory: tempfile::TempDir,
}

impl House {
    fn new() -> Self {
        House { directory: tempfile::tempdir().expect("a directory") }
    }
    fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.directory.path().join(name), text).expect("a file");
        self
    }
    fn path(&self) -> PathBuf {
        self.directory.path().join("commandpost.toml")
    }
    fn load(&self, env: &[(&str, &str)]) -> Result<Config, Vec<Problem>> {
        load(Some(&self.path()), env)
    }
}

fn load(path: Option<&Path>, env: &[(&str, &str)]) -> Result<Config, Vec<Problem>> {
    Config::load(path, env.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())))
}

fn file(text: &str) -> House {
    House::new().file("commandpost.toml", text)
}

/// The errors that a file causes, one a line, the directory taken off.
fn errors(text: &str) -> String {
    let house = file(text);
    lines(&house, house.load(&[]))
}

fn lines(house: &House, result: Result<Config, Vec<Problem>>) -> String {
    let directory = format!("{}/", house.directory.path().display());
    match result {
        Ok(_) => "no errors".to_owned(),
        Err(problems) => {
            let lines: Vec<_> =
                problems.iter().map(|problem| problem.to_string().replace(&directory, "")).collect();
            lines.join("\n")
        }
    }
}

const ADA: &str = "[[person]]\nid = \"ada\"\nname = \"Ada\"\n";

#[test]
fn nothing_at_all_is_a_working_configuration_that_listens_on_loopback() {
    let config = load(None, &[]).expect("defaults");
    assert_eq!(config.http.listen, "127.0.0.1:8911".parse::<SocketAddr>().unwrap());
    assert_eq!(config.check_listen(config.http.listen), Ok(()));
    assert_eq!(config.organization.name, "commandpost");
    assert_eq!(config.storage.data_dir, Path::new("./data"));
    assert!(config.discord.is_none() && config.x.is_none() && config.statuspage.is_none());
    let hooks: Vec<_> = config.served_hooks(config.http.listen).map(|(name, _)| name.to_owned()).collect();
    assert!(HookSender::all().all(|sender| hooks.iter().any(|hook| hook == sender.name())), "{hooks:?}");
    let cadence: Vec<_> = [&config.severity.sev1, &config.severity.sev2, &config.severity.sev3]
        .iter()
        .map(|severity| (severity.public_minutes, severity.exec_minutes))
        .collect();
    assert_eq!(cadence, [(20, 30), (30, 30), (60, 60)]);
}

#[test]
fn a_file_says_only_what_differs() {
    let config = file(
        "[severity.sev1]\npublic_minutes = 10\n[hooks.generic]\nkeep_unreadable = false\n\
         [command]\nvocabulary = \"it\"\n",
    )
    .load(&[])
    .expect("sound");
    assert_eq!((config.severity.sev1.public_minutes, config.severity.sev1.exec_minutes), (10, 30));
    assert_eq!(config.hooks["generic"].sender.name(), "generic");
    assert!(!config.hooks["generic"].keep_unreadable);
    assert!(config.hooks.contains_key("alertmanager"));
    assert_eq!(config.command.vocabulary, Words::It);
    assert!(config.command.two_person);
}

#[test]
fn a_hook_that_is_named_after_a_sender_need_not_say_whose_it_is() {
    let config = file("[hooks.pingdom]\nkeep_unreadable = false\n").load(&[]).expect("sound");
    assert_eq!(config.hooks["pingdom"].sender.name(), "pingdom");
    assert_eq!(config.served_hooks(config.http.listen).filter(|(name, _)| *name == "pingdom").count(), 1);
    assert!(errors("[hooks.prod]\nkeep_unreadable = false\n").contains("`sender` is missing"));
}

#[test]
fn the_environment_lies_over_the_file() {
    let house = file(
        "[http]\nlisten = \"127.0.0.1:1\"\nbody_bytes_max = 2048\n\
         [[person]]\nid = \"ada\"\nname = \"Ada\"\n[[person]]\nid = \"bob\"\nname = \"Bob\"\n",
    );
    let config = house
        .load(&[
            ("COMMANDPOST_HTTP__LISTEN", "127.0.0.1:2"),
            ("COMMANDPOST_HTTP__TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
            ("COMMANDPOST_COMMAND__TWO_PERSON", "false"),
            ("COMMANDPOST_SEVERITY__SEV2__EXEC_MINUTES", "45"),
            ("COMMANDPOST_PERSON__1__NAME", "Robert"),
            ("COMMANDPOST_PERSON__1__DISCORD", "100000000000000001"),
            ("COMMANDPOST_LOG__FORMAT", "json"),
        ])
        .expect("sound");
    assert_eq!(config.http.listen.port(), 2);
    assert_eq!(config.http.body_bytes_max, 2048);
    let proxies: Vec<_> = config.http.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(proxies, ["10.0.0.0/8", "::1/128"]);
    assert!(!config.command.two_person);
    assert_eq!((config.severity.sev2.public_minutes, config.severity.sev2.exec_minutes), (30, 45));
    let names: Vec<_> = config.person.iter().map(|person| person.name.as_str()).collect();
    assert_eq!(names, ["Ada", "Robert"]);
    assert_eq!(config.person[1].discord.as_deref(), Some("100000000000000001"));
}

#[test]
fn the_environment_alone_can_switch_a_chat_on() {
    let config = load(
        None,
        &[
            ("COMMANDPOST_DISCORD__TOKEN", "canary-token-of-a-bot"),
            ("COMMANDPOST_DISCORD__APPLICATION_ID", "100000000000000001"),
            ("COMMANDPOST_DISCORD__GUILD_ID", "100000000000000002"),
            ("COMMANDPOST_DISCORD__CHANNEL_ID", "100000000000000003"),
            ("COMMANDPOST_DISCORD__INCIDENT_SPACE", "forum"),
        ],
    )
    .expect("sound");
    let discord = config.discord.expect("on");
    assert_eq!(discord.token.expect("given").expose(), "canary-token-of-a-bot");
    assert_eq!(discord.incident_space, IncidentSpace::Forum);
    assert_eq!(discord.base_url.as_str(), "https://discord.com/");
}

#[test]
fn variables_of_other_things_are_left_alone_and_misspelt_settings_are_told() {
    let house = file("");
    let others = [
        ("COMMANDPOST_URL", "http://127.0.0.1:8911"),
        ("COMMANDPOST_TOKEN", "x"),
        ("COMMANDPOST_SPECS", "/specs"),
        ("HTTP__LISTEN", "nonsense"),
        ("PATH", "/bin"),
    ];
    assert!(house.load(&others).is_ok());
    let result = house.load(&[
        ("COMMANDPOST_HTTP__LISTNE", "127.0.0.1:1"),
        ("COMMANDPOST_HTPP__LISTEN", "127.0.0.1:1"),
        ("COMMANDPOST_HTTP__BODY_BYTES_MAX", "lots"),
        ("COMMANDPOST_PERSON__ADA__NAME", "Ada"),
        ("COMMANDPOST_COMMAND__TWO_PERSON", "yes"),
        ("COMMANDPOST_SEVERITY__SEV1", "20"),
    ]);
    insta::assert_snapshot!(lines(&house, result), @r#"
    environment: COMMANDPOST_COMMAND__TWO_PERSON: `yes` is neither `true` nor `false`. Write `true` or `false`.
    environment: COMMANDPOST_HTPP__LISTEN: this variable is not a setting. Did you mean COMMANDPOST_HTTP__LISTEN?
    environment: COMMANDPOST_HTTP__BODY_BYTES_MAX: `lots` is not a whole number. Write a whole number from 1024 to 67108864.
    environment: COMMANDPOST_HTTP__LISTNE: this variable is not a setting. Did you mean COMMANDPOST_HTTP__LISTEN?
    environment: COMMANDPOST_PERSON__ADA__NAME: this variable is not a setting. After COMMANDPOST_PERSON comes a place in the list, from 0.
    environment: COMMANDPOST_SEVERITY__SEV1: this variable names a section, not a setting. Set what is in it, such as COMMANDPOST_SEVERITY__SEV1__PUBLIC_MINUTES.
    "#);
}

#[test]
fn each_mistake_is_told_with_file_line_column_and_what_was_meant_all_in_one_go() {
    insta::assert_snapshot!(errors(
        r#"colour = "blue"
[organisation]
name = "Acme"
[organization]
time_zone = "Europe/Berln"
public_url = "status.example.com"
[http]
listne = "127.0.0.1:1"
listen = "localhost"
body_bytes_max = "1024"
trusted_proxies = ["10.0.0.0/8", "proxy"]
open_incidents_max = 5
[command]
vocabulary = "nisms"
two_person = "true"
offer_expires_minutes = 0
[severity.sev1]
public_minutes = 99999999999999999999
[hooks.Prod]
sender = "generic"
[hooks.nagios]
sender = "nagois"
[log]
filter = "info,=,="
format = 5
[person]
id = "ada"
"#
    ), @r#"
    commandpost.toml:1:1: colour: `colour` is not a setting. The sections are organization, http, auth, storage, person, command, permissions, severity, names, severity_matrix, incident_type, incident_field, role, alternates, hooks, heartbeat, mail, alerts, service, changes, senders, silences, maintenance, roster, on_call, pagers, escalation, status_page, templates, discord, matrix, mattermost, slack, x, statuspage, log, limits.
    commandpost.toml:2:2: organisation: `organisation` is not a setting. Did you mean `organization`?
    commandpost.toml:5:13: organization.time_zone: `Europe/Berln` is not a time zone. Did you mean `Europe/Berlin`?
    commandpost.toml:6:14: organization.public_url: `status.example.com` is not a web address. Write it whole: `https://status.example.com`.
    commandpost.toml:8:1: http.listne: `listne` is not a setting here. Did you mean `listen`?
    commandpost.toml:9:10: http.listen: `localhost` is not an address and a port. Write an IP address and a port: `127.0.0.1:8911`, or `[::1]:8911`.
    commandpost.toml:10:18: http.body_bytes_max: this wants a whole number from 1024 to 67108864, and has a text. Leave out the quotes.
    commandpost.toml:11:34: http.trusted_proxies[1]: `proxy` is not an IP address or a block of them. Write `192.0.2.7` or `10.0.0.0/8`.
    commandpost.toml:12:1: http.open_incidents_max: `open_incidents_max` is not a setting here. `open_incidents_max` belongs to [limits].
    commandpost.toml:14:14: command.vocabulary: `nisms` is none of the words for this. Did you mean `nims`?
    commandpost.toml:15:14: command.two_person: this wants `true` or `false`, and has a text. Leave out the quotes.
    commandpost.toml:16:25: command.offer_expires_minutes: `0` is out of bounds. Write a whole number from 1 to 1440.
    commandpost.toml:18:18: severity.sev1.public_minutes: `99999999999999999999` is out of bounds. Write a whole number from 0 to 10080.
    commandpost.toml:19:8: hooks.Prod: `Prod` cannot be a name here. Use lower-case letters, digits, `-` and `_`, at most 64 of them.
    commandpost.toml:22:10: hooks.nagios.sender: `nagois` is none of the words for this. Did you mean `nagios`?
    commandpost.toml:24:10: log.filter: `info,=,=` is not a log filter. Write a level (`error`, `warn`, `info`, `debug`, `trace`) or `info,commandpost=debug`.
    commandpost.toml:25:10: log.format: this wants one of `text`, `json`, and has a whole number. Put it in quotes.
    commandpost.toml:26:1: person: this wants a list of tables, and has a table. Write `[[person]]` with two brackets: there may be several.
    "#);
}

#[test]
fn what_contradicts_itself_is_told_at_its_place() {
    insta::assert_snapshot!(errors(
        r#"[[person]]
id = "ada"
name = "Ada"
discord = "100000000000000001"
[[person]]
id = "bob"
name = "Bob"
[[person]]
id = "ada"
name = "Another Ada"
discord = "100000000000000001"
[[auth.token]]
name = "laptop"
person = "adda"
token_file = "absent.token"
[status_page]
components = [{ name = "Checkout" }, { name = "Search" }, { name = "Checkout" }]
[hooks.alertmanager]
mapping = { title = "/t" }
"#
    ), @r#"
    commandpost.toml:9:6: person[2].id: `ada` is there already (line 2). Each must be there once.
    commandpost.toml:11:11: person[2].discord: `100000000000000001` is there already (line 4). Each must be there once.
    commandpost.toml:15:14: auth.token[0].token_file: the file that is named here cannot be read: No such file or directory (os error 2). Give the path of a file that holds nothing but the secret; a relative path is seen from the directory of the settings file.
    commandpost.toml:17:68: status_page.components[2].name: `Checkout` is there already (line 17). Each must be there once.
    commandpost.toml:19:11: hooks.alertmanager.mapping: `mapping` is for the sender `generic`. Take it away, or change `sender`.
    "#);
}

#[test]
fn what_is_missing_is_named_with_its_meaning() {
    insta::assert_snapshot!(errors(
        "[discord]\nguild_id = \"100000000000000001\"\napplication_id = 100000000000000001\n[[person]]\nnmae = \"Ada\"\nid = \"ada\"\n\
         [[person]]\nid = \"bob\"\n[x]\n[statuspage]\npage_id = \"abc\"\n"
    ), @r#"
    commandpost.toml:1:1: discord.channel_id: `channel_id` is missing. Add it, or set COMMANDPOST_DISCORD__CHANNEL_ID. It is: The command post: the channel in which incidents are announced and opened.
    commandpost.toml:3:18: discord.application_id: this wants a text, and has a whole number. Put it in quotes.
    commandpost.toml:5:1: person[0].nmae: `nmae` is not a setting here. Did you mean `name`?
    commandpost.toml:7:1: person[1].name: `name` is missing. Add it, or set COMMANDPOST_PERSON__1__NAME. It is: The name that people read.
    commandpost.toml:9:1: x: no credentials are given. Give `bearer_token_file`, or the files of all four: api_key, api_secret, access_token, access_token_secret.
    commandpost.toml:10:1: statuspage.api_key: `api_key` is missing. Give `api_key_file`, or set COMMANDPOST_STATUSPAGE__API_KEY.
    "#);
}

#[test]
fn a_broken_file_is_told_with_line_and_column() {
    insta::assert_snapshot!(errors("[http]\nlisten = \"127.0.0.1:1\nbody_bytes_max = = 5\n[http]\n"), @r#"
    commandpost.toml:2:22: not TOML: invalid basic string, expected `"`.
    commandpost.toml:3:18: not TOML: extra `=`, expected nothing.
    commandpost.toml:3:20: not TOML: unexpected key or value, expected newline, `#`.
    commandpost.toml:4:2: not TOML: duplicate key.
    "#);
}

#[test]
fn an_error_can_show_the_line_with_the_place_marked() {
    let house = file(
        "[http]\n  listne = \"127.0.0.1:1\" # the door\n[organization]\nname = \"Zoë\"\ntime_zone = \"Mars\"\n",
    );
    let directory = format!("{}/", house.directory.path().display());
    let problems = house.load(&[]).expect_err("two mistakes");
    let text: Vec<_> = problems.iter().map(|problem| problem.render().replace(&directory, "")).collect();
    insta::assert_snapshot!(text.join("\n"), @r#"
    http.listne: `listne` is not a setting here
     --> commandpost.toml:2:3
      |
    2 |   listne = … # the door
      |   ^^^^^^
      = Did you mean `listen`?

    organization.time_zone: `Mars` is not a time zone
     --> commandpost.toml:5:13
      |
    5 | time_zone = "Mars"
      |             ^^^^^^
      = Write a name of the IANA database, such as `Europe/Berlin` or `UTC`.
    "#);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let problems = load(Some(Path::new("/nowhere/commandpost.toml")), &[]).expect_err("not there");
    assert_eq!(problems.len(), 1);
    let text = problems[0].to_string();
    assert!(
        text.starts_with("/nowhere/commandpost.toml: the settings file cannot be read: No such file"),
        "{text}"
    );
}

#[test]
fn listening_beyond_loopback_without_a_token_is_refused() {
    insta::assert_snapshot!(errors("[http]\nlisten = \"0.0.0.0:8911\"\n[hooks.prod]\nsender = \"generic\"\n"), @r#"
    commandpost.toml:2:10: http.listen: 0.0.0.0:8911 can be reached from other machines, and no [[auth.token]] is configured, so anybody there could take command. Add an [[auth.token]] with name, person and token_file, or listen on 127.0.0.1:8911 behind a proxy that asks who it is.
    commandpost.toml:3:1: hooks.prod: the hook has no token, and 0.0.0.0:8911 can be reached from elsewhere. Give `token_file`: anybody there could otherwise raise alerts.
    "#);
    let config = load(None, &[]).expect("defaults");
    for refused in ["0.0.0.0:1", "[::]:1", "192.0.2.1:1", "[::ffff:192.0.2.1]:1"] {
        assert!(config.check_listen(refused.parse().unwrap()).is_err(), "{refused}");
    }
    for fine in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
        assert_eq!(config.check_listen(fine.parse().unwrap()), Ok(()), "{fine}");
        assert_eq!(config.served_hooks(fine.parse().unwrap()).count(), HookSender::all().count());
    }
    let house = file(&format!(
        "{ADA}[http]\nlisten = \"0.0.0.0:8911\"\n[[auth.token]]\nname = \"a\"\nperson = \"ada\"\ntoken_file = \"t\"\n\
         [hooks.prod]\nsender = \"generic\"\ntoken_file = \"h\"\n"
    ))
    .file("t", "canary-0123456789")
    .file("h", "canary-of-the-hook");
    let config = house.load(&[]).expect("a token is there");
    let served: Vec<_> = config.served_hooks(config.http.listen).map(|(name, _)| name).collect();
    assert_eq!(served, ["prod"], "a hook without a token is for loopback only");
}

#[test]
fn mappings_and_rules_are_read_where_they_stand_and_checked_with_their_place() {
    let config = file(
        "[hooks.generic.mapping]\ntitle = \"{$.Alert.Name}\"\nlabels = { Region = \"$.region\" }\n\
         [[alerts.rule]]\nname = \"down\"\nwhen = { severity = \"critical\" }\nthen = { declare = { severity = 1 } }\n",
    )
    .load(&[])
    .expect("sound");
    let mapping = config.hooks["generic"].mapping.as_ref().expect("as written");
    assert_eq!(mapping.title.as_deref(), Some("{$.Alert.Name}"));
    // Names of labels are the user's own: their case stays.
    assert_eq!(mapping.labels.keys().collect::<Vec<_>>(), ["Region"]);
    assert_eq!(config.alerts.rule[0].name, "down");
    insta::assert_snapshot!(errors(
        "[hooks.generic.mapping]\ntitel = \"x\"\n[[alerts.rule]]\nname = \"down\"\nthen = \"pager\"\n"
    ));
}

#[test]
fn the_example_file_changes_nothing() {
    let house = file(&example_toml());
    let config = house.load(&[]).expect("the example is sound");
    let defaults = load(None, &[]).expect("defaults");
    assert_eq!(config.redacted(), defaults.redacted());
    let more = file(&format!(
        "{}[[alerts.rule]]\nname = \"all\"\nthen = \"card\"\n[hooks.prod]\nsender = \"generic\"\n",
        example_toml()
    ));
    assert_eq!(lines(&more, more.load(&[])), "no errors", "sections can be added to it");
}

#[test]
fn every_setting_of_the_example_file_can_be_taken_into_use() {
    let all: String = example_toml()
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => format!("{setting}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    // Only the files, and the folders of the playbooks and the rosters, are not there.
    let problems = file(&all).load(&[]).expect_err("files are missing");
    for problem in problems {
        let text = problem.to_string();
        let folders = ["command.playbooks", "on_call.rosters_from"];
        let is_of_files = problem.key.ends_with("_file") || folders.contains(&problem.key.as_str());
        assert!(is_of_files && problem.what.contains("cannot be read"), "{text}");
    }
}

#[test]
fn a_mistake_in_a_template_is_told_where_it_was_written() {
    assert_eq!(
        errors(
            "[templates.x]\nbody = \"{{phase}}: {{txt}}\"\n[templates.statuspage]\n\
             resolved = \'\'\'\n{{text}}\n  {{#if}}Over.{{/if}}\'\'\'\n[templates.page]\nbodi = \"a\"\n"
        ),
        "commandpost.toml:8:1: templates.page.bodi: `bodi` is not a setting here. Did you mean `body`?",
        "an unknown key first"
    );
    let told = errors(
        "[templates.x]\nbody = \"{{phase}}: {{txt}}\"\n[templates.statuspage]\n\
         resolved = \'\'\'\n{{text}}\n  {{#if}}Over.{{/if}}\'\'\'\n",
    );
    assert!(told.contains("commandpost.toml:2:20: templates.x.body: "), "{told}");
    assert!(told.contains("there is no field `txt`. A post has text, title, phase"), "{told}");
    assert!(told.contains("commandpost.toml:6:3: templates.statuspage.resolved: "), "{told}");
    let long = format!("[templates.x]\nbody = \"{}{{{{text}}}}\"\n", "x".repeat(300));
    assert!(errors(&long).contains("commandpost.toml:2:8: templates.x.body: "), "{}", errors(&long));
}

#[test]
fn discord_over_http_needs_the_key_by_which_it_is_known() {
    let token = [("COMMANDPOST_DISCORD__TOKEN", "canary-token-of-a-bot")];
    let ids = "[discord]\napplication_id = \"100000000000000002\"\nguild_id = \"100000000000000003\"\n\
               channel_id = \"100000000000000004\"\ninteractions = \"http\"\n";
    let told = |more: &str| {
        let house = file(&format!("{ids}{more}"));
        lines(&house, house.load(&token))
    };
    assert!(told("").starts_with("commandpost.toml:5:16: discord.interactions: "), "{}", told(""));
    let short = told("public_key = \"abc\"\n");
    assert!(short.contains("commandpost.toml:6:14: discord.public_key: "), "{short}");
    let key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let config = file(&format!("{ids}public_key = \"{key}\"\n")).load(&token).expect("sound");
    assert_eq!(config.discord.and_then(|discord| discord.public_key).as_deref(), Some(key));
}

#[test]
fn a_right_is_given_to_groups_that_somebody_is_in() {
    let people = "[[person]]\nid = \"ada\"\nname = \"Ada\"\ngroups = [\"oncall\"]\n";
    let config = file(&format!("{people}[permissions]\ncommand = [\"oncall\"]\n")).load(&[]).expect("sound");
    assert_eq!(config.members(&config.permissions.command), ["ada".to_owned()].into());
    assert_eq!(
        errors(&format!("{people}[permissions]\npublish = [\"oncal\"]\n")),
        "commandpost.toml:6:12: permissions.publish[0]: nobody is in the group `oncal`. Did you mean `oncall`?"
    );
}
