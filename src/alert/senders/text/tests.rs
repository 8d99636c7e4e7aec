//! Promises of the sender of plain text.

use std::fmt::Write;

use proptest::prelude::*;

use crate::alert::senders::testing::read;
use crate::alert::{Alert, Sender, Status};

fn told(text: &str) -> Alert {
    let mut alerts = read("text", text).alerts;
    assert_eq!(alerts.len(), 1, "{text}");
    alerts.remove(0)
}

/// What fires, and what ends it, as the programs write it that can only send letters.
const PAIRS: [(&str, &str); 38] = [
    ("[FIRING:1] MailCPU (web1)", "[RESOLVED] MailCPU (web1)"),
    ("[FIRING:2, RESOLVED:1] MailCPU (web1)", "[RESOLVED:3] MailCPU (web1)"),
    ("[Alerting] CPU is high", "[OK] CPU is high"),
    ("[No data] CPU is high", "[Recovered] CPU is high"),
    ("ALARM: \"disk\" in EU (Ireland)", "OK: \"disk\" in EU (Ireland)"),
    ("INSUFFICIENT_DATA: \"disk\" in EU (Ireland)", "OK: \"disk\" in EU (Ireland)"),
    ("** PROBLEM Service Alert: web1/HTTP is CRITICAL **", "** RECOVERY Service Alert: web1/HTTP is OK **"),
    ("** PROBLEM Host Alert: web1 is DOWN **", "** RECOVERY Host Alert: web1 is UP **"),
    ("Problem: disk is full on db1", "Resolved in 3m 2s: disk is full on db1"),
    ("Updated problem in 1d 2h: disk is full on db1", "Resolved: disk is full on db1"),
    ("High: disk is full on db1", "OK: disk is full on db1"),
    ("Monitor is DOWN: Shop", "Monitor is UP: Shop"),
    ("🔴 Monitor is DOWN: Shop", "🟢 Monitor is UP: Shop"),
    ("DOWN alert: Shop (shop.example) is DOWN", "UP alert: Shop (shop.example) is UP"),
    ("[Triggered] CPU", "[Recovered] CPU"),
    ("[Triggered on {host:web1,env:prod}] CPU", "[Recovered on {host:web1,env:prod}] CPU"),
    ("[P1] [Triggered] CPU", "[P1] [Recovered] CPU"),
    ("DOWN: Shop", "UP: Shop"),
    ("DOWN | nightly backup", "UP | nightly backup"),
    ("CRITICAL - disk on db1", "OK - disk on db1"),
    ("WARNING: disk on db1", "NORMAL: disk on db1"),
    ("Shop is down", "Shop is up"),
    ("Shop is down", "Shop is back up!"),
    ("Shop is down.", "Shop has recovered"),
    ("CPU load on web1 is critical", "CPU load on web1 is normal"),
    ("ALERT: [web1] [port] down", "RECOVER: [web1] [port] down"),
    ("CPU is critical", "CPU is back to normal"),
    ("[PROBLEM] HTTP on web1 is CRITICAL!", "[RECOVERY] HTTP on web1 is OK!"),
    ("[PROBLEM] Host web1 is DOWN!", "[RECOVERY] Host web1 is UP!"),
    ("Check_MK: web1/CPU load OK -> CRIT", "Check_MK: web1/CPU load CRIT -> OK"),
    ("🚨 disk is full", "✅ disk is full"),
    (
        "Environment health has transitioned from Ok to Severe",
        "Environment health has transitioned from Severe to Ok",
    ),
    (
        "Environment health has transitioned from Info to Degraded. 33.3 % of the requests fail.",
        "Environment health has transitioned from No Data to Ok.",
    ),
    ("\u{26a0}\u{fe0f} disk is full", "\u{2714}\u{fe0f} disk is full"),
    ("[prod] CRITICAL: disk is full", "[prod] RESOLVED: disk is full"),
    ("[ALERT - Critical] CPU on web1", "[RESOLVED - Critical] CPU on web1"),
    (
        "monit alert --  Does not exist nginx\n\tHost:        web1",
        "monit alert --  Exists nginx\n\tHost:        web1",
    ),
    ("[Shop] [🔴 Down] timeout of 48000ms exceeded", "[Shop] [✅ Up] 200 - OK"),
];

#[test]
fn what_fires_is_ended_by_the_line_that_its_program_writes_when_it_is_over() {
    for (wrong, well) in PAIRS {
        let (fired, over) = (told(wrong), told(well));
        assert_eq!(fired.status, Status::Firing, "{wrong}");
        assert_eq!(over.status, Status::Resolved, "{well}");
        assert_eq!(fired.key(), over.key(), "{wrong}, {well}");
        assert_eq!(fired.group_key, over.group_key, "{wrong}");
        let answered = told(&format!("Re: Fwd: {wrong}"));
        assert_eq!((answered.key(), answered.status), (fired.key(), Status::Firing), "{wrong}");
    }
}

#[test]
fn a_title_says_what_is_told_and_a_severity_how_bad_it_is() {
    let mut out = String::new();
    for line in [
        "disk is full on db1",
        "PROBLEM: disk is full on db1",
        "DOWN: Shop",
        "UP: Shop",
        "Failed: backup of db1",
        "[FIRING:1] MailCPU (web1)",
        "[Triggered on {host:web1}] CPU",
        "[P1] CPU",
        "[SEV2] CPU",
        "[prod] CRITICAL: disk is full",
        "** ACKNOWLEDGEMENT Service Alert: web1/HTTP is CRITICAL **",
        "\u{26a0}\u{fe0f} disk is nearly full",
        "\u{26a0}\u{fe0f} CRITICAL: disk is full",
        "Check_MK: web1/CPU load OK -> WARN",
        "Alert: Shop is UP",
    ] {
        let alert = told(line);
        let ack = if alert.acknowledged { ", acknowledged" } else { "" };
        let (status, severity) = (alert.status.word(), alert.severity.word());
        writeln!(out, "{status}{ack} {severity}: {}", alert.title).unwrap();
    }
    insta::assert_snapshot!(out, @"
    firing unknown: disk is full on db1
    firing unknown: disk is full on db1
    firing unknown: Shop is down
    resolved unknown: Shop is up
    firing unknown: backup of db1 failed
    firing unknown: MailCPU (web1)
    firing unknown: CPU on host:web1
    firing critical: CPU
    firing error: CPU
    firing critical: [prod] disk is full
    firing, acknowledged critical: web1/HTTP is CRITICAL
    firing warning: disk is nearly full
    firing critical: disk is full
    firing warning: Check_MK: web1/CPU load OK -> WARN
    resolved unknown: Shop is UP
    ");
}

#[test]
fn a_scope_in_a_mark_is_part_of_what_it_is_about() {
    let (one, other) = (told("[Triggered on {host:web1}] CPU"), told("[Triggered on {host:web2}] CPU"));
    assert_ne!(one.key(), other.key());
    assert_eq!(one.labels.get("host").map(String::as_str), Some("web1"));
}

#[test]
fn a_word_that_is_no_mark_where_it_stands_says_nothing() {
    for line in [
        "OK button is broken",
        "OK button: broken",
        "the button OK",
        "up to 5 disks are full",
        "Resolver: no answer",
        "recovery of db1 does not start",
        "the link to db2 is not up",
        "[web1] disk is full",
        "Monitor: what is it",
        "a -> b",
        "OK",
        "RESOLVED:",
        "[OK]",
        "✅",
        "http://shop.example/?state=ok",
    ] {
        let alert = told(line);
        assert_eq!((alert.status, alert.title.as_str()), (Status::Firing, line));
    }
}

#[test]
fn a_sentence_that_ends_well_and_a_word_that_is_taken_back_still_fire() {
    for line in [
        "nobody knows if it is OK",
        "web1 has not recovered",
        "db1 never recovered",
        "the backup of db1 failed, db2 is up",
        "web1 is down and web2 is up",
        "the disk is full. Shop is up",
        "I don't think that the shop is online",
        "only one replica is up",
        "1 of 3 replicas is up",
        "1/3 replicas is up",
        "half the cluster is healthy",
        "the error rate is up",
        "CPU load on web1 is up!",
        "restart the shop until the queue is back to normal",
        "success: false",
        "Resolved: no",
        "Passed: 10, failed: 2",
        "OK: 12, CRITICAL: 1, WARNING: 0",
        "UP: 5 DOWN: 1",
        "✅ web1 ❌ web2",
    ] {
        let alert = told(line);
        assert_eq!(alert.status, Status::Firing, "{line}");
        assert!(line.ends_with(&alert.title) || alert.title == line, "{line}: {}", alert.title);
    }
    for line in ["Passed: 10, failed: 0", "RESOLVED: 500 errors at high load", "web1 in rack 3 is up"] {
        assert_eq!(told(line).status, Status::Resolved, "{line}");
    }
}

#[test]
fn what_neither_fires_nor_ends_is_no_alert() {
    for line in [
        "** DOWNTIMESTART Host Alert: web1 is UP **",
        "[FLAPPINGSTART] HTTP on web1 is OK!",
        "monit alert --  Monit instance changed web1",
    ] {
        assert!(read("text", line).alerts.is_empty(), "{line}");
    }
}

const PLAIN: [&str; 8] = ["disk", "full", "db1", "the", "backup", "took", "hours", "again"];
const MARKS: [&str; 8] = ["OK", "RESOLVED", "down", "up", "CRITICAL", "recovery", "is", "[OK]"];

proptest! {
    #[test]
    fn words_amid_a_title_do_not_end_it(
        first in prop::sample::select(PLAIN.to_vec()),
        amid in prop::collection::vec(prop::sample::select(MARKS.to_vec()), 0..5),
        last in prop::sample::select(PLAIN.to_vec()),
    ) {
        let line = format!("{first} {} {last}", amid.join(" "));
        let alert = told(&line);
        prop_assert_eq!((alert.status, alert.title.as_str()), (Status::Firing, line.as_str()));
    }

    #[test]
    fn no_text_at_all_is_too_much_for_it(
        text in "(Re: |\\[|\\]|\\*\\* |OK|: | - |[a-z]{1,3}|is |down|->|🔴|\u{fe0f}|ü|monit alert --|\\PC|\n){0,20}",
    ) {
        if let Ok(intake) = super::Text::new("text".to_owned()).read(text.as_bytes(), None) {
            prop_assert!(intake.alerts.len() + intake.notes.len() == 1);
        }
    }
}
