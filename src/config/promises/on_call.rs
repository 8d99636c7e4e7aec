//! Rosters, pagers and escalations, from the file to the rules.

use super::{errors, file};
use crate::incident::paging::Target;

const PEOPLE: &str = "[[person]]\nid = \"ann\"\nname = \"Ann\"\npage = [\"phone:ann-topic\"]\n[[person]]\nid = \"bo\"\nname = \"Bo\"\n\
                      [pagers.phone]\nkind = \"ntfy\"\n";

fn roster(rotation: &str) -> String {
    format!(
        "{PEOPLE}[[roster]]\nname = \"web\"\ntime_zone = \"Europe/Berlin\"\n[[roster.rotation]]\n{rotation}"
    )
}

#[test]
fn what_the_page_says_to_paste_is_in_order_and_means_what_it_says() {
    let page = include_str!("../../../docs/oncall.md");
    let pasted = page.split("```toml").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let house = file(pasted).file("ntfy_token", "tk_0123456789").file("mail_password", "hunter22-hunter22");
    let text = pasted.replace("/etc/commandpost/", &format!("{}/", house.directory.path().display()));
    let house = house.file("commandpost.toml", text);
    let config = house.load(&[]).unwrap_or_else(|all| panic!("{all:?}"));
    let means = config.paging();
    assert_eq!(crate::roster::names(&means.rosters), ["web", "web/secondary"]);
    assert_eq!(means.reach["ann"], ["mail", "phone"]);
    let escalation = &means.escalations[0];
    assert_eq!(escalation.steps[0].to, [Target::Roster("web/primary".into())]);
    assert_eq!((escalation.steps[1].to.len(), escalation.steps[1].after_minutes), (2, 5));
}

#[test]
fn a_gap_in_a_roster_is_told_with_its_place_unless_it_is_meant() {
    let office = "people = [\"ann\"]\nstart = \"2026-01-05\"\ndays = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"]\nhours = \"09:00-17:00\"\n";
    insta::assert_snapshot!(errors(&roster(office)));
    assert_eq!(
        errors(&roster(office).replace("[[roster.rotation]]", "gaps = true\n[[roster.rotation]]")),
        "no errors"
    );
    let night = "[[roster.rotation]]\npeople = [\"bo\"]\nstart = \"2026-01-05\"\n";
    assert_eq!(errors(&format!("{}{night}", roster(office))), "no errors");
}

#[test]
fn every_mistake_in_rosters_pagers_and_escalations_is_told_with_its_place_and_what_was_meant() {
    insta::assert_snapshot!(errors(
        "[[person]]\nid = \"ann\"\nname = \"Ann\"\npage = [\"fone:x\", \"phone:no topic\", \"phone\", \"pd:x\", \"sms:0170\", \"mail:ann\"]\n\
         [pagers.phone]\nkind = \"ntfy\"\n[pagers.pd]\nkind = \"pagerduty\"\n[pagers.sms]\nkind = \"twilio\"\n\
         [pagers.mail]\nkind = \"email\"\nurl = \"smtp://localhost\"\n[pagers.Hook]\nkind = \"webhook\"\nurl = \"https://example.org\"\n",
    ));
    insta::assert_snapshot!(errors(&format!(
        "{PEOPLE}[[roster]]\nname = \"web\"\n[[roster.rotation]]\npeople = [\"an\"]\nstart = \"5.1.2026\"\nhand_over = \"9\"\nshift = \"monthly\"\nhours = \"8\"\n\
         [[roster.override]]\nlayer = \"third\"\nperson = \"bo\"\nfrom = \"18:00\"\nuntil = \"2026-01-01 09:00\"\n\
         [[roster]]\nname = \"web\"\n[[roster]]\nname = \"db\"\n[roster.source]\nkind = \"pagerduty\"\n",
    )));
    insta::assert_snapshot!(errors(&format!(
        "{}[[escalation]]\nname = \"web\"\nstep = []\n\
         [[escalation]]\nname = \"a\"\nseverities = [\"sev1\"]\n[[escalation.step]]\nto = [\"roster:wep\", \"person:eve\", \"pager:phone\", \"ann\", \"group:x\"]\n\
         [[escalation]]\nname = \"a\"\nseverities = [\"sev1\"]\n[[escalation.step]]\nto = []\n",
        roster("people = [\"ann\", \"bo\"]\nstart = \"2026-01-05\"\n")
    )));
}

#[test]
fn a_name_that_is_there_in_other_letters_is_there_already() {
    let rosters = [team("Web", "[\"ann\"]"), team("web", "[\"bo\"]")].concat();
    let told = errors(&format!("{PEOPLE}{rosters}"));
    assert!(told.contains("roster[1].name: `web` is there already."), "{told}");
    let escalation = |name: &str| {
        format!("[[escalation]]\nname = \"{name}\"\n[[escalation.step]]\nto = [\"person:ann\"]\n")
    };
    let told = errors(&format!("{PEOPLE}{}{}", escalation("All"), escalation("all")));
    assert!(told.contains("escalation[1].name: `all` is there already."), "{told}");
}

#[test]
fn who_is_offered_a_role_is_a_person_or_whoever_is_on_call() {
    let known = "[[person]]\nid = \"ann\"\nname = \"Ann\"\n\
         [[roster]]\nname = \"web\"\n[[roster.rotation]]\npeople = [\"ann\"]\nstart = \"2025-12-01\"\n";
    let offers = |ops: &str, pio: &str| {
        format!(
            "{known}[severity.sev2.offers]\nops = \"{ops}\"\n[[alerts.rule]]\nname = \"down\"\n\
             then = {{ declare = {{ severity = 1, roles = {{ pio = \"{pio}\" }} }} }}\n"
        )
    };
    let config = file(&offers("roster:web", "roster:web")).load(&[]).expect("settings");
    assert_eq!(config.severity.sev2.offers["ops"], "roster:web");
    insta::assert_snapshot!(errors(&offers("roster:wep", "anne")));
}

fn team(name: &str, people: &str) -> String {
    format!("[[roster]]\nname = \"{name}\"\n[[roster.rotation]]\npeople = {people}\nstart = \"2026-01-05\"\n")
}

#[test]
fn rosters_stand_in_files_of_their_own_as_they_stand_in_the_settings() {
    let settings =
        |from: &str| format!("[on_call]\nrosters_from = \"{from}\"\n{PEOPLE}{}", team("web", "[\"ann\"]"));
    let escalation = "[[escalation]]\nname = \"a\"\n[[escalation.step]]\nto = [\"roster:db\"]\n";
    for from in ["rosters", "rosters/*.toml", "rosters/d*"] {
        let house = file(&format!("{}{escalation}", settings(from)));
        std::fs::create_dir(house.directory.path().join("rosters")).expect("a folder");
        let token = "calendar_token_file = \"db_token\"\n[[roster.rotation]]";
        let db = team("db", "[\"bo\", \"ann\"]").replace("[[roster.rotation]]", token);
        let house = house.file("rosters/db.toml", db).file("rosters/.db.toml.swp", "no TOML");
        let house = house.file("db_token", "a-token-of-our-own");
        let config = house.load(&[]).unwrap_or_else(|all| panic!("{from}: {all:?}"));
        assert_eq!(crate::roster::names(&config.paging().rosters), ["web", "db"], "{from}");
        assert_eq!(config.calendar_tokens()["db"].expose(), "a-token-of-our-own");
    }
    assert_eq!(
        errors(&settings("nowhere")),
        "commandpost.toml:2:16: on_call.rosters_from: the folder nowhere cannot be read: No such file or directory (os error 2). \
         Give a folder, or a pattern such as `rosters/*.toml`; or take this away."
    );
}

#[test]
fn a_mistake_in_a_file_of_rosters_is_told_where_it_is_and_a_name_that_is_there_twice_with_both_places() {
    let settings = format!(
        "[on_call]\nrosters_from = \"rosters\"\n{PEOPLE}{}[[escalation]]\nname = \"a\"\n[[escalation.step]]\nto = [\"roster:db\"]\n",
        team("web", "[\"ann\"]")
    );
    let house = file(&settings);
    std::fs::create_dir(house.directory.path().join("rosters")).expect("a folder");
    let house = house
        .file("rosters/a.toml", team("db", "[\"bo\"]"))
        .file("rosters/b.toml", format!("{}{}", team("web", "[\"bo\"]"), team("db", "[\"bo\"]")))
        .file("rosters/c.toml", team("mail", "[\"eve\"]").replace("start", "begin"))
        .file("rosters/d.toml", team("night", "[\"eve\"]"))
        .file("rosters/e.toml", "[http]\nlisten = \"0.0.0.0:80\"\n");
    insta::assert_snapshot!(super::lines(&house, house.load(&[])));
}
