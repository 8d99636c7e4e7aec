//! Tests over the senders of changes, and over `docs/changes.md`, where it stands what is pasted on their side.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::Change;
use crate::alert::damage::damaged;
use crate::alert::senders::{CHANGES, Listed, Settings};

const PAGE: &str = include_str!("../../../docs/changes.md");

fn now() -> DateTime<Utc> {
    "2026-11-20T21:00:00Z".parse().unwrap()
}

fn read(listed: &'static Listed, body: &str) -> Vec<Change> {
    let intake = listed.sender(&Settings::default()).read(body.as_bytes(), None);
    let intake = intake.unwrap_or_else(|why| panic!("{}: {why} {body}", listed.name));
    assert!(intake.alerts.is_empty());
    intake.changes.into_iter().map(|draft| draft.taken(now())).collect()
}

#[test]
fn every_sender_of_changes_says_what_was_changed_where_by_whom_and_since_when() {
    let mut out = String::new();
    for listed in CHANGES {
        for body in listed.examples {
            for change in read(listed, body) {
                let about = [&change.service, &change.environment, &change.by, &change.url];
                let about: Vec<&str> = about.into_iter().map(|part| part.as_deref().unwrap_or("-")).collect();
                writeln!(
                    out,
                    "{} {} {}: {} | {} | {}",
                    listed.name,
                    change.kind.word(),
                    change.at.format("%H:%M:%S"),
                    change.line(),
                    about.join(", "),
                    change.notes.join(" ")
                )
                .unwrap();
            }
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn what_a_sender_tells_of_the_begin_and_of_the_end_of_a_change_is_one_change() {
    for name in ["ansible", "argocd", "change", "github", "gitlab", "jenkins"] {
        let listed = CHANGES.iter().find(|listed| listed.name == name).unwrap();
        let began = read(listed, listed.examples[0]).remove(0);
        let ended = read(listed, listed.examples[1]).remove(0);
        assert_eq!((&began.source, &began.id), (&ended.source, &ended.id), "{name}");
        assert_eq!((began.outcome.word(), ended.outcome.word()), ("began", "succeeded"), "{name}");
        let kept = ended.clone().merged(began.clone());
        assert_eq!((kept.at, kept.ended_at), (began.at.min(ended.at), ended.ended_at), "{name}");
    }
}

#[test]
fn what_changes_nothing_is_taken_with_a_note_and_kept_by_nobody() {
    for (name, body) in [
        ("github", json!({"zen": "Design for failure.", "hook_id": 7})),
        ("github", json!({"action": "opened", "issue": {"id": 1}, "repository": {"full_name": "a/b"}})),
        (
            "github",
            json!({"ref": "refs/heads/topic", "after": "1", "repository": {"full_name": "a/b", "default_branch": "main"}}),
        ),
        (
            "github",
            json!({"action": "created", "deployment": {"id": 1}, "deployment_status": {"state": "inactive"},
            "repository": {"full_name": "a/b"}}),
        ),
        ("gitlab", json!({"object_kind": "note", "project": {}})),
        ("puppet", json!({"host": "web1", "status": "unchanged"})),
        ("puppet", json!({"host": "web1", "status": "changed", "noop": true})),
        (
            "ansible",
            json!({"run": "1", "playbook": "a.yml", "status": "finished", "stats": {"web1": {"ok": 3, "changed": 0}}}),
        ),
        ("launchdarkly", json!({"_id": "1", "kind": "member", "name": "Ada", "titleVerb": "invited"})),
        ("unleash", json!({"type": "user-created", "id": 1})),
    ] {
        let listed = CHANGES.iter().find(|listed| listed.name == name).unwrap();
        let intake = listed.sender(&Settings::default()).read(body.to_string().as_bytes(), None).unwrap();
        assert!(intake.changes.is_empty() && !intake.notes.concat().is_empty(), "{name} {body}");
    }
}

#[test]
fn several_changes_in_one_body_and_a_body_of_nothing_are_told_apart() {
    let listed = CHANGES.iter().find(|listed| listed.name == "change").unwrap();
    let two = read(listed, r#"{"changes": [{"change": "a"}, {"change": {"title": "b", "env": "eu"}}]}"#);
    assert_eq!(two.iter().map(|one| one.title.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_ne!(two[0].id, two[1].id);
    let sender = listed.sender(&Settings::default());
    assert!(sender.read(b"{}", None).unwrap_err().to_string().contains("`change` is missing"));
}

#[test]
fn a_wrong_type_anywhere_is_read_or_refused_and_a_change_has_always_a_title_and_an_identity() {
    let strange = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(""),
        json!([]),
        json!({}),
        json!("\u{202e}\u{1b}[31m"),
        json!("x".repeat(9_000)),
    ];
    for listed in CHANGES {
        let sender = listed.sender(&Settings::default());
        for body in listed.examples {
            let Ok(body) = serde_json::from_str::<Value>(body) else { continue };
            for damaged in damaged(&body, &strange) {
                let Ok(intake) = sender.read(damaged.to_string().as_bytes(), None) else { continue };
                for change in intake.changes.into_iter().map(|draft| draft.taken(now())) {
                    assert!(!change.title.trim().is_empty() && !change.id.is_empty(), "{change:?}");
                    assert!(!change.title.contains(['\u{202e}', '\u{1b}', '\n']), "{change:?}");
                    assert!(change.at <= now() && change.title.len() <= 300, "{change:?}");
                }
            }
        }
    }
}

#[test]
fn the_page_says_of_every_sender_of_changes_what_to_paste_where() {
    for listed in CHANGES {
        assert!(PAGE.contains(&format!(": `{}`\n", listed.name)), "{}", listed.name);
    }
}

#[test]
fn the_bodies_to_paste_are_what_their_senders_read() {
    let mut read_ones = Vec::new();
    for listed in CHANGES {
        let section = PAGE.split_once(&format!(": `{}`\n", listed.name)).unwrap().1;
        let section = section.split("\n## ").next().unwrap();
        for block in section.split("```json\n").skip(1) {
            let body = block.split("```").next().unwrap();
            assert_eq!(read(listed, body).len(), 1, "{}: {body}", listed.name);
            read_ones.push(listed.name);
        }
    }
    assert_eq!(read_ones, ["argocd", "change"]);
}
