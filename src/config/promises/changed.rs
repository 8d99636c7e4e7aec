//! What becomes of settings that are read while others are in force.

use std::collections::BTreeSet;

use super::{ADA, Config, Problem, file};
use crate::config::{Changed, shape::Shape};

fn told(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_token_that_only_a_start_takes_back_opens_no_hook_and_no_calendar_until_then() {
    let with = |own: &str, hook: &str, calendar: &str| {
        let house = file(&format!(
            "{ADA}[[auth.token]]\nname = \"a\"\nperson = \"ada\"\ntoken_file = \"{own}\"\n[hooks.generic]\ntoken_file = \"{hook}\"\n\
             [[roster]]\nname = \"web\"\ncalendar_token_file = \"{calendar}\"\n[[roster.rotation]]\npeople = [\"ada\"]\n\
             start = \"2026-01-05\"\n"
        ));
        let names = ["one", "two", "three", "four"];
        let house = names.iter().fold(house, |house, name| house.file(name, format!("canary-token-{name}")));
        house.load(&[]).expect("sound by themselves")
    };
    let running = with("one", "two", "three");
    assert!(with("one", "four", "three").over(&running).is_ok());
    let hook = with("four", "one", "three").over(&running).expect_err("it would open with Ada's token");
    let calendar = with("four", "two", "one").over(&running).expect_err("it would open with Ada's token");
    let of = "has the same token as the [[auth.token]] number 1";
    assert!(told(&hook).contains(&format!("hooks.generic.token_file: the hook {of}")), "{}", told(&hook));
    assert!(told(&calendar).contains(&format!("the calendar of `web` {of}")), "{}", told(&calendar));
    assert!(!told(&hook).contains("canary"), "{}", told(&hook));
}

#[test]
fn what_needs_something_that_only_a_start_takes_over_is_refused_whole() {
    let running = file(ADA).load(&[]).expect("sound");
    let new = file(&format!("{ADA}page = [\"phone:ada-topic\"]\n[pagers.phone]\nkind = \"ntfy\"\n"));
    let refused = new.load(&[]).expect("sound by themselves").over(&running).expect_err("no such pager runs");
    assert!(told(&refused).contains("person[0].page[0]: there is no pager `phone`"), "{}", told(&refused));
}

#[test]
fn a_mailbox_and_the_hook_it_is_read_for_wait_for_a_start_and_are_named() {
    let mailbox = |hook: &str, account: &str| {
        format!(
            "[hooks.{hook}.mailbox]\nurl = \"imaps://mail.example.org\"\naccount = \"{account}\"\npassword_file = \"password\"\n"
        )
    };
    let hook = |name: &str, sender: &str| format!("[hooks.{name}]\nsender = \"{sender}\"\n");
    let load = |parts: &[String]| {
        file(&parts.concat()).file("password", "k7Hq2mailbox9Zw").load(&[]).expect("sound by themselves")
    };
    let running = load(&[
        hook("gone", "text"),
        mailbox("gone", "a"),
        hook("kept", "text"),
        mailbox("kept", "a"),
        hook("plain", "text"),
    ]);
    let new = load(&[
        hook("kept", "generic"),
        "keep_unreadable = false\nmapping = { title = \"/t\" }\n".to_owned(),
        mailbox("kept", "b"),
        hook("new", "text"),
        mailbox("new", "a"),
        hook("plain", "text"),
        mailbox("plain", "a"),
    ]);
    let Changed { config, now, at_start } = new.over(&running).expect("they fit");
    assert_eq!(now, ["hooks: kept changed, new added"]);
    assert_eq!(at_start, ["hooks: gone removed, kept changed, new changed, plain changed"]);
    let account = |name: &str| config.hooks[name].mailbox.as_ref().map(|mailbox| mailbox.account.as_str());
    assert_eq!(
        [account("gone"), account("kept"), account("new"), account("plain")],
        [Some("a"), Some("a"), None, None]
    );
    let kept = &config.hooks["kept"];
    assert_eq!((kept.sender.name(), kept.keep_unreadable), ("text", false), "the rest of it is in force");
    assert!(kept.mapping.is_none(), "a mapping waits with the sender that it is for");
}

/// A change of each setting, or part of one, that waits for a start or is in force at once by itself, on top of [`BASE`].
const CHANGES: &[(&str, &str)] = &[
    ("organization", "[organization]\nname = \"Zebra\"\n"),
    ("http", "[http]\nbody_bytes_max = 2048\n"),
    ("auth", "[[auth.token]]\nname = \"a\"\nperson = \"ada\"\n"),
    ("storage", "[storage]\ndata_dir = \"/elsewhere\"\n"),
    ("person", "groups = [\"oncall\"]\n"),
    ("person.discord", "discord = \"100000000000000001\"\n"),
    ("person.matrix", "matrix = \"@ada:example.org\"\n"),
    ("person.mattermost", "mattermost = \"rd49ehbqyjytddasoownkuqrxe\"\n"),
    ("person.slack", "slack = \"U0123456789\"\n"),
    ("command", "[command]\ntwo_person = false\n"),
    ("command.vocabulary", "[command]\nvocabulary = \"it\"\n"),
    ("permissions", "groups = [\"oncall\"]\n[permissions]\ndeclare = [\"oncall\"]\n"),
    (
        "severity",
        "[severity.sev1]\npublic_minutes = 5\nexec_minutes = 5\nsilence_minutes = 5\ncan_minutes = 5\nroles_minutes = 5\nroles = []\n",
    ),
    ("severity.used", "[severity]\nused = [\"sev1\"]\n"),
    ("names", "[names.severities]\nsev1 = \"Critical\"\n"),
    (
        "severity_matrix",
        "[severity_matrix]\nimpacts = [\"wide\"]\nurgencies = [\"now\"]\ntable = { wide = [\"sev1\"] }\n",
    ),
    ("incident_type", "[[incident_type]]\nname = \"security\"\n"),
    ("incident_field", "[[incident_field]]\nname = \"region\"\nkind = \"text\"\n"),
    (
        "role",
        "[[role]]\nid = \"runbook\"\ntitle = \"Runbook Keeper\"\nreports_to = \"planning\"\nlike = \"scribe\"\n",
    ),
    ("alternates", "[alternates]\nops = [\"ada\"]\n"),
    ("hooks", "[hooks.shop]\nsender = \"pingdom\"\n"),
    ("hooks.NAME.mailbox", "[hooks.letters.mailbox]\nurl = \"imaps://mail.example.org\"\naccount = \"a\"\n"),
    ("heartbeat", "[[heartbeat]]\nname = \"backup\"\nevery = \"1d\"\n"),
    ("mail", "[mail]\n"),
    ("alerts", "[alerts.flapping]\ntimes = 5\n"),
    ("alerts.group", "[[alerts.group]]\nname = \"one service\"\nby = [\"service\"]\n"),
    ("service", "[[service]]\nname = \"db\"\n"),
    ("changes", "[changes]\nshown = 5\n"),
    ("senders", "[senders.alertmanager]\napi_url = \"https://alertmanager.example\"\n"),
    ("silences", "[silences]\nlongest_hours = 8\n"),
    (
        "maintenance",
        "[[maintenance]]\nname = \"move\"\nfrom = \"2026-11-22T02:00\"\nto = \"2026-11-22T05:00\"\n",
    ),
    (
        "roster",
        "[[roster]]\nname = \"web\"\n[[roster.rotation]]\npeople = [\"ada\"]\nstart = \"2026-01-05\"\n",
    ),
    ("on_call", "[on_call]\nrosters_from = \"rosters\"\n"),
    ("pagers", "[pagers.phone]\nkind = \"ntfy\"\n"),
    ("escalation", "[[escalation]]\nname = \"night\"\n[[escalation.step]]\nto = [\"person:ada\"]\n"),
    ("status_page", "[status_page]\ntitle = \"Zebra\"\n"),
    ("templates", "[templates.x]\nbody = \"{{text}}\"\n"),
    ("discord", "[discord]\napplication_id = \"1\"\nguild_id = \"2\"\nchannel_id = \"3\"\n"),
    ("matrix", "[matrix]\nhomeserver = \"https://matrix.example.org\"\nroom = \"!a:example.org\"\n"),
    ("mattermost", "[mattermost]\nurl = \"https://chat.example.org\"\nchannel = \"c\"\n"),
    ("slack", "[slack]\nchannel = \"C1\"\n"),
    ("x", "[x]\nhandle = \"acme\"\n"),
    ("statuspage", "[statuspage]\npage_id = \"abc\"\n"),
    ("log", "[log]\nfilter = \"debug\"\n"),
    ("limits", "[limits]\nopen_incidents_max = 5\n"),
];

/// Somebody, last, so that a change may go on with what they are.
const BASE: &str = "[hooks.letters]\nsender = \"text\"\n[[person]]\nid = \"ada\"\nname = \"Ada\"\n";

/// As they are written: no secret is read, and nothing is checked.
fn written(text: &str) -> Config {
    let value: serde_json::Value = toml::from_str(text).unwrap_or_else(|why| panic!("{text}{why}"));
    serde_json::from_value(value).unwrap_or_else(|why| panic!("{text}{why}"))
}

#[test]
fn the_page_names_what_waits_for_a_start_and_nothing_else() {
    let Shape::Table(sections) = Shape::of_config() else { panic!("the settings are a table") };
    let sections: BTreeSet<&str> = sections.iter().map(|section| section.key.as_str()).collect();
    let tried: BTreeSet<&str> = CHANGES.iter().filter_map(|(name, _)| name.split('.').next()).collect();
    assert_eq!(tried, sections, "each section is tried");

    let running = written(BASE);
    let waits = |text: &str| {
        let Changed { now, at_start, .. } = written(&format!("{BASE}{text}"))
            .over(&running)
            .unwrap_or_else(|problems| panic!("{text}{}", told(&problems)));
        assert!(now.is_empty() != at_start.is_empty(), "{text}{now:?} {at_start:?}");
        now.is_empty()
    };
    let waiting: BTreeSet<&str> =
        CHANGES.iter().filter(|(_, text)| waits(text)).map(|(name, _)| *name).collect();
    let page = include_str!("../../../docs/doors.md");
    let part = page.split("\n## ").find(|part| part.starts_with("Settings without a restart\n"));
    let rows = part.expect("its part").lines().filter(|line| line.starts_with("| "));
    let named: BTreeSet<&str> = rows.flat_map(|row| row.split('`').skip(1).step_by(2)).collect();
    assert_eq!(named, waiting);
}
