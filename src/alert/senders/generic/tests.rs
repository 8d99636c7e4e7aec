//! Promises of the generic sender: by a mapping, by customary keys, and that nothing is lost.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::alert::mapping::GenericMapping;
use crate::alert::senders::kept;

fn read(mapping: &str, body: &str) -> Result<Intake, Rejected> {
    let mapping: GenericMapping = toml::from_str(mapping).unwrap();
    Generic::new("shop".into(), mapping.compile().unwrap()).read(body.as_bytes(), None)
}

fn only(mapping: &str, body: &str) -> Alert {
    let mut alerts = read(mapping, body).unwrap().alerts;
    assert_eq!(alerts.len(), 1);
    alerts.remove(0)
}

#[test]
fn customary_keys_are_found_without_any_mapping() {
    let alert = only(
        "",
        r#"{"Event": 1, "alert": {"alert_uid": "u-1", "Title": "Checkout is slow", "state": "alerting", "priority": "P2",
            "host": "web1", "tags": ["env:prod", "urgent"], "started_at": 1795208159, "html_url": "https://x.example/1"}}"#,
    );
    insta::assert_yaml_snapshot!(alert, @r#"
    source: shop
    fingerprint: u-1
    status: firing
    acknowledged: false
    severity: error
    severity_text: P2
    title: Checkout is slow
    description: ""
    starts_at: "2026-11-20T20:55:59Z"
    ends_at: ~
    labels:
      env: prod
      host: web1
      urgent: "true"
    annotations: {}
    links:
      - kind: source
        url: "https://x.example/1"
    group_key: Checkout is slow
    notes: []
    "#);
}

#[test]
fn a_mapping_says_where_everything_stands() {
    let intake = read(
        r#"
        alerts_at = "$.events"
        title = "{$.check} on {$.host}"
        status = { path = "$.s", firing = ["BAD"], resolved = ["GOOD"], acknowledged = ["SEEN"] }
        severity = { path = "$.prio", map = { 1 = "critical", 9 = "info" }, default = "warning" }
        fingerprint = "{host}/{check}"
        labels = { host = "host", cluster = "$.cluster" }
        link = "https://mon.example/{host}"
        "#,
        r#"{"cluster": "eu", "events": [
            {"check": "disk", "host": "db1", "s": "bad", "prio": 1},
            {"check": "disk", "host": "db2", "s": "Good", "prio": "9"},
            {"check": "disk", "host": "db3", "s": "seen", "prio": "5"}]}"#,
    )
    .unwrap();
    let table: String = intake
        .alerts
        .iter()
        .map(|a| {
            format!(
                "{} {} {} ack={} {} {:?} {:?}\n",
                a.title,
                a.fingerprint,
                a.status.word(),
                a.acknowledged,
                a.severity.word(),
                a.labels,
                a.notes
            )
        })
        .collect();
    insta::assert_snapshot!(table, @r#"
    disk on db1 db1/disk firing ack=false critical {"cluster": "eu", "host": "db1"} []
    disk on db2 db2/disk resolved ack=false info {"cluster": "eu", "host": "db2"} []
    disk on db3 db3/disk firing ack=true warning {"cluster": "eu", "host": "db3"} []
    "#);
    assert_eq!(intake.alerts.first().unwrap().links.first().unwrap().url, "https://mon.example/db1");
}

#[test]
fn without_an_identity_firing_and_resolved_are_still_the_same_alert() {
    let firing = only("", r#"{"title": "Disk", "host": "db1", "status": "down", "message": "97%"}"#);
    let resolved = only("", r#"{"title": "Disk", "host": "db1", "status": "up", "message": "12%"}"#);
    let other = only("", r#"{"title": "Disk", "host": "db2", "status": "down", "message": "97%"}"#);
    assert_eq!(firing.key(), resolved.key());
    assert_ne!(firing.key(), other.key());
    assert_eq!((firing.status, resolved.status), (Status::Firing, Status::Resolved));
}

#[test]
fn bodies_with_nothing_to_tell_them_by_are_not_taken_for_one_another() {
    let (one, two) = (only("", r#"{"x": 1}"#), only("", r#"{"x": 2}"#));
    assert_ne!(one.key(), two.key());
    assert_eq!(one.title, "Alert from shop");
}

#[test]
fn an_unknown_status_fires_and_is_noted() {
    let alert = only("", r#"{"title": "x", "id": 7, "status": "wobbly"}"#);
    assert_eq!(alert.status, Status::Firing);
    assert_eq!(alert.fingerprint, "7");
    assert!(alert.notes.concat().contains("wobbly"), "{:?}", alert.notes);
}

#[test]
fn a_form_is_read_like_an_object() {
    let generic = Generic::new("shop".into(), Mapping::default());
    let form = Some("application/x-www-form-urlencoded; charset=utf-8");
    let plain = generic.read(b"title=Disk+full&status=OK&host=db%201", form).unwrap();
    let alert = plain.alerts.first().unwrap();
    assert_eq!((alert.title.as_str(), alert.status), ("Disk full", Status::Resolved));
    assert_eq!(alert.labels.get("host").map(String::as_str), Some("db 1"));
    let wrapped = generic.read(b"payload=%7B%22title%22%3A%22x%22%7D", form).unwrap();
    assert_eq!(wrapped.alerts.first().unwrap().title, "x");
}

#[test]
fn a_body_that_the_mapping_does_not_fit_is_refused_in_words() {
    insta::assert_snapshot!(read("alerts_at = '$.events'", r#"{"event": []}"#).unwrap_err(), @"The body is JSON, but the sender `generic` cannot read it: what its mapping calls `alerts_at`, “$.events”, is missing. Check that the right program posts to this hook.");
    insta::assert_snapshot!(read("", "[1, 2]").unwrap_err(), @"The body is JSON, but the sender `generic` cannot read it: alert 1 of it is not an object. Check that the right program posts to this hook.");
    insta::assert_snapshot!(read("", "{\"a\": ").unwrap_err(), @"The body is not JSON: EOF while parsing a value (line 1, column 6). Check what the sender's template writes there.");
}

/// Bodies as the documentation of their programs shows them: what it is called, one that fires, one that ends it.
const UNKNOWN: &[(&str, &str, &str)] = &[
    (
        "healthcheck failed on core_api",
        r#"{"endpoint": "core_api", "group": "core", "alert": "healthcheck failed", "status": "TRIGGERED"}"#,
        r#"{"endpoint": "core_api", "group": "core", "alert": "healthcheck failed", "status": "RESOLVED"}"#,
    ),
    (
        "db1: cpu = 95%",
        r#"{"message": "db1: cpu = 95%", "alert": "cpu", "chart": "system.cpu", "severity": "critical"}"#,
        r#"{"message": "db1: cpu = 95%", "alert": "cpu", "chart": "system.cpu", "severity": "clear"}"#,
    ),
    (
        "cpu is CRITICAL",
        r#"{"id": "cpu:host=web1", "message": "cpu is CRITICAL", "level": "CRITICAL", "previousLevel": "OK"}"#,
        r#"{"id": "cpu:host=web1", "message": "cpu is OK", "level": "OK", "previousLevel": "CRITICAL"}"#,
    ),
    (
        "check-cpu on web1",
        r#"{"entity": {"metadata": {"name": "web1"}}, "check": {"metadata": {"name": "check-cpu"}, "output": "98%",
            "status": 2, "state": "failing"}, "id": "m-1"}"#,
        r#"{"entity": {"metadata": {"name": "web1"}}, "check": {"metadata": {"name": "check-cpu"}, "output": "5%",
            "status": 0, "state": "passing"}, "id": "m-2"}"#,
    ),
    (
        "cpu on web1",
        r#"{"client": {"name": "web1"}, "check": {"name": "cpu", "output": "98%", "status": 2}, "id": "m-1"}"#,
        r#"{"client": {"name": "web1"}, "check": {"name": "cpu", "output": "5%", "status": 0}, "id": "m-2"}"#,
    ),
    (
        "Failure rate increase",
        r#"{"ProblemID": "P-2611", "PID": "99", "ProblemTitle": "Failure rate increase", "State": "OPEN",
            "ProblemURL": "https://mon.example/P-2611"}"#,
        r#"{"ProblemID": "P-2611", "PID": "99", "ProblemTitle": "Failure rate increase", "State": "RESOLVED"}"#,
    ),
    (
        "CPU too high",
        r#"{"event": {"eventType": "POLICY_OPEN_CRITICAL", "displayName": "CPU too high"}, "application": "shop"}"#,
        r#"{"event": {"eventType": "POLICY_CLOSE_CRITICAL", "displayName": "CPU too high"}, "application": "shop"}"#,
    ),
    (
        "CPU monitor",
        r#"{"Name": "CPU monitor", "TriggerType": "Critical", "Id": "000A"}"#,
        r#"{"Name": "CPU monitor", "TriggerType": "ResolvedCritical", "Id": "000A"}"#,
    ),
    (
        "nightly",
        r#"{"id": "d1", "type": "ALERT", "description": "Has not run", "monitor": "nightly", "rule": "not_received"}"#,
        r#"{"id": "d2", "type": "RECOVERY", "description": "Recovered", "monitor": "nightly", "rule": "not_received"}"#,
    ),
    (
        "GC activity high",
        r#"{"issue": {"id": "53650436", "type": "issue", "state": "OPEN", "text": "GC activity high", "severity": 10}}"#,
        r#"{"issue": {"id": "53650436", "type": "issue", "state": "CLOSED", "text": "GC activity high", "severity": 10}}"#,
    ),
    (
        "Shop",
        r#"{"text": "Check down", "check_id": 1, "check_name": "Shop",
            "webhook_event_data": {"check_state_name": "Not Responding"}}"#,
        r#"{"text": "Check up", "check_id": 1, "check_name": "Shop",
            "webhook_event_data": {"check_state_name": "Available"}}"#,
    ),
    (
        "Disk on db1",
        r#"{"message_type": "CRITICAL", "entity_id": "disk/db1", "entity_display_name": "Disk on db1", "state_message": "98%"}"#,
        r#"{"message_type": "RECOVERY", "entity_id": "disk/db1", "entity_display_name": "Disk on db1", "state_message": "5%"}"#,
    ),
    (
        "HttpError on web1",
        r#"{"id": "1", "resource": "web1", "event": "HttpError", "severity": "major", "status": "open", "service": ["web"]}"#,
        r#"{"id": "1", "resource": "web1", "event": "HttpOk", "severity": "normal", "status": "closed", "service": ["web"]}"#,
    ),
    (
        "disk",
        r#"{"summary": "disk", "details": "98%", "dedup": "k1"}"#,
        r#"{"summary": "disk", "details": "98%", "dedup": "k1", "action": "close"}"#,
    ),
    (
        "uptimeCheckFailedNotification",
        r#"{"id": "x1", "type": "uptimeCheckFailedNotification", "site": {"id": 1, "url": "https://s.example"}}"#,
        r#"{"id": "x2", "type": "uptimeCheckRecoveredNotification", "site": {"id": 1, "url": "https://s.example"}}"#,
    ),
    (
        "Shop",
        r#"{"monitor_id": "m1", "monitor_name": "Shop", "monitor_status": "offline", "timestamp": 1795205588}"#,
        r#"{"monitor_id": "m1", "monitor_name": "Shop", "monitor_status": "online", "timestamp": 1795205988}"#,
    ),
    (
        "Shop is down",
        r#"{"event": "check.down", "check": {"url": "https://s.example", "status": 500, "down": true}, "text": "Shop is down"}"#,
        r#"{"event": "check.up", "check": {"url": "https://s.example", "status": 200, "down": false}, "text": "Shop is up"}"#,
    ),
    (
        "health",
        r#"{"name": "health", "data": {"status": "Unhealthy"}, "alert_correlation_id": "c1", "alert_event": "ALERT_STATE_EVENT_START"}"#,
        r#"{"name": "health", "data": {"status": "Unhealthy"}, "alert_correlation_id": "c1", "alert_event": "ALERT_STATE_EVENT_END"}"#,
    ),
    (
        "RuntimeError: boom",
        r#"{"project": {"name": "Shop"}, "error": {"errorId": "e1", "exceptionClass": "RuntimeError", "message": "boom", "status": "open"}}"#,
        r#"{"project": {"name": "Shop"}, "error": {"errorId": "e1", "exceptionClass": "RuntimeError", "message": "boom", "status": "fixed"}}"#,
    ),
    (
        "OUTSIDE_METRIC_THRESHOLD on db.example:27017",
        r#"{"id": "5b62", "eventTypeName": "OUTSIDE_METRIC_THRESHOLD", "hostnameAndPort": "db.example:27017", "status": "OPEN",
            "resolved": "2026-11-20T20:23:08Z"}"#,
        r#"{"id": "5b62", "eventTypeName": "OUTSIDE_METRIC_THRESHOLD", "hostnameAndPort": "db.example:27017", "status": "CLOSED"}"#,
    ),
    (
        "Ping on web1",
        r#"{"device": "web1", "sensor": "Ping", "status": "Down", "message": "Timeout", "sensorid": "1"}"#,
        r#"{"device": "web1", "sensor": "Ping", "status": "Up", "message": "OK", "sensorid": "1"}"#,
    ),
    (
        "CPU high",
        r#"{"event": {"type": "firing"}, "alert_group": {"title": "CPU high", "state": "firing"}, "alert_group_id": "I1"}"#,
        r#"{"event": {"type": "resolve"}, "alert_group": {"title": "CPU high", "state": "resolved"}, "alert_group_id": "I1"}"#,
    ),
    (
        "CPU",
        r#"{"event": "alert", "host": {"name": "app01", "status": "working"}, "alert": {"id": "a1", "status": "critical",
            "monitorName": "CPU", "isOpen": true, "openedAt": 1795205588}}"#,
        r#"{"event": "alert", "host": {"name": "app01"}, "alert": {"id": "a1", "status": "ok", "monitorName": "CPU",
            "isOpen": false, "openedAt": 1795205588, "closedAt": 1795206588}}"#,
    ),
    (
        "Shop has failed",
        r#"{"title": "Shop has failed", "alert_type": "ALERT_FAILURE", "check_id": "1"}"#,
        r#"{"title": "Shop recovered", "alert_type": "ALERT_RECOVERY", "check_id": "1"}"#,
    ),
    (
        "Shop",
        r#"{"alert_type": "monitor_offline", "monitor": {"url": "https://s.example", "name": "Shop"}}"#,
        r#"{"alert_type": "monitor_online", "monitor": {"url": "https://s.example", "name": "Shop"}}"#,
    ),
    (
        "ALERT: [web1] [port] down",
        r#"{"ALERT_STATE": "ALERT", "ALERT_ID": "9", "TITLE": "ALERT: [web1] [port] down", "ALERT_URL": "https://o.example/x"}"#,
        r#"{"ALERT_STATE": "RECOVER", "ALERT_ID": "9", "TITLE": "RECOVER: [web1] [port] down"}"#,
    ),
    (
        "CPU",
        r#"{"_check_id": "0a", "_check_name": "CPU", "_level": "crit", "_message": "CPU is crit", "host": "web1"}"#,
        r#"{"_check_id": "0a", "_check_name": "CPU", "_level": "ok", "_message": "CPU is ok", "host": "web1"}"#,
    ),
    (
        "disk",
        r#"{"routing_key": "k", "event_action": "trigger", "dedup_key": "d1", "payload": {"summary": "disk", "source": "db1"}}"#,
        r#"{"routing_key": "k", "event_action": "resolve", "dedup_key": "d1"}"#,
    ),
    (
        "DiskFull: 95%",
        r#"{"status": "firing", "alerts": [{"status": "firing", "labels": {"alertname": "DiskFull"}, "annotations": {"summary": "95%"}}]}"#,
        r#"{"status": "resolved", "alerts": [{"status": "resolved", "labels": {"alertname": "DiskFull"}, "annotations": {"summary": "5%"}}]}"#,
    ),
];

#[test]
fn what_an_unknown_program_fires_has_its_title_and_is_ended_by_what_it_sends_then() {
    for (title, firing, over) in UNKNOWN {
        let (firing, over) = (only("", firing), only("", over));
        assert_eq!((firing.title.as_str(), firing.status), (*title, Status::Firing), "{firing:?}");
        assert_eq!(over.status, Status::Resolved, "{over:?}");
        assert_eq!(firing.key(), over.key(), "{firing:?}\n{over:?}");
    }
}

#[test]
fn messages_made_for_a_chat_are_read_as_people_read_them() {
    for (title, text, body) in [
        (
            "CPU high",
            "on web1\n95%",
            json!({"text": "on web1", "attachments": [{"title": "CPU high", "text": "95%"}]}),
        ),
        ("CPU high", "95%", json!({"attachments": [{"fallback": "f", "title": "CPU high", "text": "95%"}]})),
        ("CPU high", "95%", json!({"content": "", "embeds": [{"title": "CPU high", "description": "95%"}]})),
        ("web1 is down", "", json!({"content": "web1 is down"})),
        (
            "CPU high",
            "95%",
            json!({"@type": "MessageCard", "summary": "s", "title": "CPU high", "text": "95%"}),
        ),
        (
            "CPU high",
            "CPU high\n95%",
            json!({"type": "message", "attachments": [{"content": {"type": "AdaptiveCard",
                "body": [{"type": "TextBlock", "text": "CPU high"}, {"type": "TextBlock", "text": "95%"}]}}]}),
        ),
    ] {
        let alert = only("", &body.to_string());
        assert_eq!(alert.title, title);
        assert!(alert.description.starts_with(text), "{alert:?}");
    }
}

#[test]
fn a_body_that_nobody_understands_is_kept_whole_as_text() {
    let body =
        r#"{"wrapped": {"text": "UNIQUEWORD gc high", "n": 7, "deep": [{"x": "two\nlines"}]}, "empty": {}}"#;
    for mapping in ["", "title = '$.nowhere'\ndescription = '$.nowhere'\nfingerprint = '$.nowhere'"] {
        let alert = only(mapping, body);
        assert_eq!((alert.title.as_str(), alert.status), ("Alert from shop", Status::Firing));
        assert_eq!(
            alert.description,
            "empty: {}\nwrapped.deep.0.x: two\nlines\nwrapped.n: 7\nwrapped.text: UNIQUEWORD gc high"
        );
        assert!(alert.notes.concat().contains("The whole body was kept"), "{:?}", alert.notes);
    }
    let issue = only(
        "",
        r#"{"issue": {"id": "5", "state": "OPEN", "text": "UNIQUEWORD gc high", "hint": "tune it"}}"#,
    );
    assert_eq!((issue.title.as_str(), issue.fingerprint.as_str()), ("UNIQUEWORD gc high", "5"));
    assert!(issue.description.contains("issue.hint: tune it"), "{issue:?}");
    let titled = only("", r#"{"title": "Disk", "volume": {"path": "/data"}}"#);
    assert_eq!(titled.description, "title: Disk\nvolume.path: /data", "a title alone does not tell all");
    let told = only("", r#"{"title": "Disk", "host": "db1", "status": "down", "n": 7}"#);
    assert_eq!(told.description, "", "{told:?}");
}

#[test]
fn only_what_is_meant_as_a_status_ends_an_alert_and_only_in_words_that_are_known() {
    let said = |body: &str| only("", body).status;
    for over in [
        r#"{"title": "x", "status": "ONLINE"}"#,
        r#"{"title": "x", "status": "operational"}"#,
        r#"{"title": "x", "state": "Done"}"#,
        r#"{"title": "x", "status": {"state": "resolved"}}"#,
        r#"{"title": "x", "resolved": true}"#,
        r#"{"title": "x", "firing": false}"#,
        r#"{"title": "x", "severity": "normal", "previousSeverity": "major"}"#,
        r#"{"title": "x", "event": "incident.resolved"}"#,
        r#"{"title": "x", "pool_state": "RECOVERED"}"#,
    ] {
        assert_eq!(said(over), Status::Resolved, "{over}");
    }
    for fires in [
        r#"{"title": "the backup is done", "message": "resolved", "text": "all ok", "note": "closed"}"#,
        r#"{"title": "x", "status": "wobbly", "event": "resolved"}"#,
        r#"{"title": "x", "status": "not resolved"}"#,
        r#"{"title": "x", "event": "recovery_failed"}"#,
        r#"{"title": "x", "event": "connection.closed"}"#,
        r#"{"title": "x", "event": "follow-up"}"#,
        r#"{"title": "x", "action": "completed"}"#,
        r#"{"title": "x", "priority": "normal"}"#,
        r#"{"title": "x", "severity": "normal"}"#,
        r#"{"title": "x", "severity": "normal", "previousSeverity": "ok"}"#,
        r#"{"title": "x", "severity": "info"}"#,
        r#"{"title": "x", "severity": "none"}"#,
        r#"{"title": "x", "severity": "ok", "status": "open"}"#,
        r#"{"title": "x", "previous_state": "ok"}"#,
        r#"{"title": "x", "disk_state": "ok", "cpu_state": "failed"}"#,
        r#"{"title": "x", "resolved": "2026-11-20T20:23:08Z"}"#,
        r#"{"title": "x", "resolved": true, "isOpen": true}"#,
        r#"{"title": "x", "status": 0}"#,
        r#"{"title": "x", "check": {"status": 0}}"#,
    ] {
        assert_eq!(said(fires), Status::Firing, "{fires}");
    }
    assert!(only("", r#"{"title": "x", "message_type": "ACKNOWLEDGEMENT"}"#).acknowledged);
}

#[test]
fn an_alert_that_only_its_severity_ends_says_so_in_its_notes() {
    let over = only("", r#"{"id": "cpu", "title": "CPU", "severity": "clear"}"#);
    let note = "No status was found; its severity “clear” was taken to say that it is over.";
    assert_eq!((over.status, over.notes), (Status::Resolved, vec![note.to_owned()]));
}

#[test]
fn what_contradicts_a_word_for_its_being_over_fires() {
    for fires in [
        r#"{"title": "x", "status": "completed", "success": false}"#,
        r#"{"title": "x", "status": "finished", "result": "failed"}"#,
        r#"{"title": "x", "state": "done", "exit_code": 1}"#,
        r#"{"title": "x", "status": "complete", "errors": 3}"#,
        r#"{"title": "x", "status": "ok", "data": {"state": "firing"}}"#,
        r#"{"status": "success", "data": [{"name": "x"}]}"#,
        r#"{"status": "ok", "alerts": [{"name": "x"}]}"#,
        r#"{"title": "x", "status": "OK -> CRITICAL"}"#,
        r#"{"title": "x", "status": ["ok", "critical"]}"#,
        r#"{"title": "x", "event": "ok_to_warning"}"#,
        r#"{"title": "x", "status": "was ok"}"#,
        r#"{"title": "disk is full", "db_state": "online"}"#,
    ] {
        assert_eq!(only("", fires).status, Status::Firing, "{fires}");
    }
    for over in [
        r#"{"title": "x", "status": "completed", "success": true, "errors": 0, "result": "ok"}"#,
        r#"{"title": "x", "status": "CRITICAL -> OK"}"#,
        r#"{"title": "x", "event": "warning_to_ok"}"#,
        r#"{"title": "x", "event": "alert_closed_critical"}"#,
        r#"{"title": "x", "status": "ok", "data": {"state": "resolved"}}"#,
    ] {
        assert_eq!(only("", over).status, Status::Resolved, "{over}");
    }
}

#[test]
fn marks_before_a_title_say_what_no_status_says_and_are_no_part_of_what_it_is_about() {
    for (fires, ends) in [
        (r#"{"title": "[FIRING:1] x"}"#, r#"{"title": "[RESOLVED] x"}"#),
        (r#"{"text": "PROBLEM: x", "host": "db1"}"#, r#"{"text": "OK: x", "host": "db1"}"#),
        (r#"{"subject": "[prod] CRITICAL: x is down"}"#, r#"{"subject": "[prod] RESOLVED: x is up"}"#),
        (r#"{"title": "[FIRING] x", "status": "alerting"}"#, r#"{"title": "[OK] x", "status": "ok"}"#),
    ] {
        let (fired, over) = (only("", fires), only("", ends));
        assert_eq!((fired.status, over.status), (Status::Firing, Status::Resolved), "{fires}");
        assert_eq!((fired.key(), &fired.group_key), (over.key(), &over.group_key), "{fires}");
    }
    for fires in [
        r#"{"title": "[RESOLVED] x", "status": "firing"}"#,
        r#"{"title": "[RESOLVED] x", "status": "wobbly"}"#,
        r#"{"title": "x is up"}"#,
        r#"{"title": "x", "message": "[RESOLVED] x"}"#,
    ] {
        assert_eq!(only("", fires).status, Status::Firing, "{fires}");
    }
    let mapped = "status = { path = 'lamp', resolved = ['dark'] }";
    assert_eq!(only(mapped, r#"{"title": "[OK] x", "lamp": "lit"}"#).status, Status::Firing);
    assert_eq!(only("", r#"{"title": "[P1] x"}"#).severity, AlertSeverity::Critical);
    assert_ne!(
        only("", r#"{"title": "[OK] x", "host": "a"}"#).key(),
        only("", r#"{"title": "[OK] x", "host": "b"}"#).key()
    );
}

#[test]
fn what_names_a_check_does_not_make_one_alert_of_two_hosts() {
    for key in ["key", "alert_definition_id", "check_id"] {
        let on =
            |host: &str| only("", &format!(r#"{{"{key}": "load on db1", "title": "x", "host": "{host}"}}"#));
        assert_ne!(on("db1").key(), on("db").key(), "{key}");
    }
}

#[test]
fn a_body_of_a_great_many_texts_holds_more_and_is_not_searched_for_each_of_them() {
    assert!(!whole::holds_more(&json!(["b", "b"]), &[], &["ab"]));
    assert!(whole::holds_more(&json!(vec!["b"; 1_001]), &[], &["ab"]));
}

#[test]
fn a_list_in_a_body_is_an_alert_for_each_with_what_stands_around_it() {
    let body = r#"{"source": "mon", "severity": "warning", "events": [{"name": "disk", "host": "db1"}, {"name": "disk", "host": "db2"}]}"#;
    let alerts = read("", body).unwrap().alerts;
    let [one, two] = alerts.as_slice() else { panic!("{alerts:?}") };
    assert_eq!((one.title.as_str(), one.severity), ("disk", AlertSeverity::Warning));
    assert_ne!(one.key(), two.key());
    assert!(one.description.contains("source: mon") && !one.description.contains("db2"), "{one:?}");
    let over =
        read("", r#"{"status": "resolved", "id": "m-2", "alerts": [{"name": "disk", "host": "db1"}]}"#)
            .unwrap();
    assert_eq!(over.alerts.iter().map(|alert| alert.status).collect::<Vec<_>>(), [Status::Resolved]);
    let one_of_itself = r#"{"title": "Two disks", "events": [{"name": "a"}, {"name": "b"}]}"#;
    assert_eq!(read("", one_of_itself).unwrap().alerts.len(), 1, "it calls itself something");
    let mapped = read("severity = { path = 'severity' }", body).unwrap().alerts;
    assert_eq!(mapped.len(), 1, "a mapping says itself where its alerts are");
}

#[test]
fn a_list_as_prometheus_posts_it_is_read_by_its_labels() {
    let alert = r#"{"labels": {"alertname": "DiskFull"}, "annotations": {"summary": "95%"}, "generatorURL": "http://prom/x"}"#;
    for body in [format!("[{alert}]"), alert.to_owned(), format!(r#"{{"data": {{"alerts": [{alert}]}}}}"#)] {
        let alert = only("", &body);
        assert_eq!((alert.title.as_str(), alert.source.as_str()), ("DiskFull: 95%", "shop"), "{body}");
    }
}

#[test]
fn an_identity_that_changes_with_each_message_is_not_taken_where_there_is_a_better_one() {
    let known = |body: &str| only("", body).fingerprint;
    for (body, identity) in [
        (r#"{"id": "m-1", "title": "x", "alert_id": "a"}"#, "a"),
        (r#"{"id": "m-1", "title": "x", "incident": {"id": "i"}}"#, "i"),
        (r#"{"id": "m-1", "title": "x", "monitor_id": 7, "host": "db1"}"#, "7/db1"),
        (r#"{"title": "x", "id": "a", "event": {"id": "m-1"}}"#, "a"),
        (r#"{"title": "x", "event": {"id": "m-1"}}"#, "m-1"),
    ] {
        assert_eq!(known(body), identity, "{body}");
    }
    let (one, two) =
        (r#"{"text": "disk", "at": 1, "host": "a"}"#, r#"{"text": "disk", "at": 2, "host": "a"}"#);
    assert_eq!(known(one), known(two), "what is told apart by its text is not told apart by the rest");
}

#[test]
fn an_empty_list_of_alerts_is_no_alert_and_one_beside_a_text_is_only_empty() {
    for body in [
        r#"{"alerts": []}"#,
        r#"{"version": "4", "status": "resolved", "receiver": "post", "alerts": []}"#,
        r#"{"status": "ok", "total": 0, "incidents": []}"#,
    ] {
        let intake = read("", body).unwrap();
        assert_eq!(
            (intake.alerts.len(), intake.notes.concat().as_str()),
            (0, "The body holds no alert."),
            "{body}"
        );
    }
    for body in [
        r#"{"message": "disk is full", "alerts": []}"#,
        r#"{"disk": 97, "events": []}"#,
        r#"{"alerts": [], "title": "x"}"#,
    ] {
        assert_eq!(read("", body).unwrap().alerts.len(), 1, "{body}");
    }
}

#[test]
fn what_says_no_status_is_over_when_its_end_is_past() {
    let body = |rest: &str| {
        format!(r#"{{"title": "x", "start_time": "2026-11-22T20:00:00Z", "fingerprint": "f1"{rest}}}"#)
    };
    let at = |rest: &str| {
        let now = "2026-11-22T20:15:00Z".parse().unwrap();
        let alert = read("", &body(rest)).unwrap().as_of(now).alerts.remove(0);
        (alert.status, alert.ends_at.is_some())
    };
    assert_eq!(at(r#", "end_time": null"#), (Status::Firing, false));
    assert_eq!(at(r#", "end_time": "2026-11-22T20:10:00Z""#), (Status::Resolved, true));
    assert_eq!(at(r#", "end_time": "2026-11-22T20:20:00Z""#), (Status::Firing, false));
    assert_eq!(at(r#", "end_time": "2026-11-22T20:10:00Z", "status": "firing""#), (Status::Firing, false));
    assert_eq!(at(r#", "end_time": "2026-11-22T20:10:00Z", "status": "resolved""#), (Status::Resolved, true));
    assert_eq!(at(r#", "end_time": "soon""#), (Status::Firing, false));
    let over = only("", &body(r#", "end_time": "2026-11-22T20:10:00Z""#));
    assert_eq!(over.notes, ["No status was found; it is over when its end is past."]);
}

/// What it is called, what fires and what ends it, as programs write it that are known by the shape of their bodies.
const KNOWN: &[(&str, &str, &str)] = &[
    (
        "web1 is in critical state: disk space",
        r#"{"message": "web1 is in critical state: disk space", "alert": "disk_space_usage", "chart": "disk_space._", "severity": "critical"}"#,
        r#"{"message": "web1 recovered", "alert": "disk_space_usage", "chart": "disk_space._", "severity": "clear"}"#,
    ),
    (
        "web1 is unreachable",
        r#"{"message": "m", "host": "web1", "severity": "critical", "status": {"reachable": false, "text": "unreachable"}}"#,
        r#"{"message": "n", "host": "web1", "severity": "info", "status": {"reachable": true, "text": "reachable"}}"#,
    ),
    (
        "Backup is errored",
        r#"{"type": "snitch.errored", "data": {"snitch": {"token": "c23", "name": "Backup", "status": "errored"}}}"#,
        r#"{"type": "snitch.reporting", "data": {"snitch": {"token": "c23", "name": "Backup", "status": "healthy"}}}"#,
    ),
    (
        "HelmRelease prod/shop: UpgradeFailed",
        r#"{"involvedObject": {"kind": "HelmRelease", "namespace": "prod", "name": "shop"}, "severity": "error",
            "message": "retries exhausted", "reason": "UpgradeFailed", "reportingController": "helm-controller"}"#,
        r#"{"involvedObject": {"kind": "HelmRelease", "namespace": "prod", "name": "shop"}, "severity": "info",
            "message": "ok", "reason": "UpgradeSucceeded", "reportingController": "helm-controller"}"#,
    ),
    (
        "High CPU on web1",
        r#"{"records": [{"source": "SCOM", "node": "web1", "type": "High CPU", "severity": "1", "message_key": "k1"}]}"#,
        r#"{"records": [{"source": "SCOM", "node": "web1", "type": "High CPU", "severity": "0", "message_key": "k1"}]}"#,
    ),
    (
        "checkout broke",
        r#"{"event_type": "public_incident.incident_created_v2", "public_incident.incident_created_v2": {"id": "01F",
            "name": "checkout broke", "incident_status": {"category": "live", "name": "Investigating"}}}"#,
        r#"{"event_type": "public_incident.incident_status_updated_v2", "public_incident.incident_status_updated_v2":
            {"incident": {"id": "01F", "name": "checkout broke", "incident_status": {"category": "closed"}}}}"#,
    ),
];

#[test]
fn what_a_program_of_a_known_shape_fires_it_also_ends() {
    for (title, fires, ends) in KNOWN {
        let (fires, over) = (only("", fires), only("", ends));
        assert_eq!((fires.title.as_str(), fires.status), (*title, Status::Firing), "{fires:?}");
        assert_eq!((over.key(), over.status), (fires.key(), Status::Resolved), "{over:?}");
    }
    let (_, netdata, _) = KNOWN[0];
    assert_ne!(only("", netdata).key(), only("", &netdata.replace("web1", "web2")).key());
    let (_, flux, _) = KNOWN[3];
    let progress = flux.replace("\"error\"", "\"info\"").replace("UpgradeFailed", "Progressing");
    assert!(read("", &progress).unwrap().alerts.is_empty());
    let other = r#"{"event_type": "alert", "alert": {"title": "disk is full"}}"#;
    assert_eq!(only("", other).title, "disk is full");
}

#[test]
fn a_kind_of_success_and_what_is_no_more_active_are_over() {
    for over in [
        r#"{"version": "1.0", "title": "x", "message": "m", "type": "success"}"#,
        r#"{"title": "x", "active": false}"#,
        r#"{"alert": {"title": "x", "is_active": false}}"#,
    ] {
        assert_eq!(only("", over).status, Status::Resolved, "{over}");
    }
    for fires in [
        r#"{"title": "x", "type": "failure"}"#,
        r#"{"title": "x", "type": "success", "resolved": false}"#,
        r#"{"title": "x", "active": true}"#,
        r#"{"title": "x", "monitor": {"active": false}}"#,
    ] {
        assert_eq!(only("", fires).status, Status::Firing, "{fires}");
    }
}

#[test]
fn titles_and_links_are_found_where_programs_without_a_reader_of_their_own_have_them() {
    let wazuh = only(
        "",
        r#"{"rule": {"level": 12, "description": "Many failed logins", "id": "5712"}, "agent": {"name": "web1"}}"#,
    );
    assert_eq!(wazuh.title, "Many failed logins");
    let jira = |status: &str| {
        only(
            "",
            &format!(
                r#"{{"webhookEvent": "jira:issue_updated", "issue": {{"id": "1", "key": "OPS-1", "fields": {{"summary": "Shop is down",
            "priority": {{"name": "Highest"}}, "status": {{"name": "{status}"}}}}}}}}"#
            ),
        )
    };
    let (open, done) = (jira("To Do"), jira("Done"));
    assert_eq!(
        (open.title.as_str(), open.status, open.severity),
        ("Shop is down", Status::Firing, AlertSeverity::Critical)
    );
    assert_eq!((done.key(), done.status), (open.key(), Status::Resolved));
    let node = only(
        "",
        r#"{"AlertName": "Node down", "AcknowledgeUrl": "https://sw.example/ack", "NodeUrl": "https://sw.example/n"}"#,
    );
    let urls: Vec<&str> = node.links.iter().map(|link| link.url.as_str()).collect();
    assert_eq!(urls, ["https://sw.example/n"]);
}

/// Every text of a body.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text.as_str()],
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::Object(map) => map.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn any_body() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z]{1,8}( [a-z]{1,8}){0,2}".prop_map(Value::from),
    ];
    let key = prop_oneof![
        "[a-z]{1,6}",
        prop::sample::select(vec![
            "issue", "alert", "data", "text", "host", "status", "labels", "events", "check", "tags",
            "severity", "url",
        ])
        .prop_map(str::to_owned),
    ]
    .boxed();
    leaf.prop_recursive(4, 24, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_body_is_an_alert_and_no_text_of_one_without_a_title_is_lost(body in any_body()) {
        let bytes = body.to_string().into_bytes();
        let sender = Generic::new("shop".into(), Mapping::default());
        let read = sender.read(&bytes, None).unwrap_or_else(|why| kept::keep("shop", &bytes, &why));
        if read.alerts.is_empty() && body != json!([]) {
            prop_assert!(holds_none(&body), "{}", body);
            let is_answer = |text: &str| text.trim().is_empty() || ANSWERS.contains(&text);
            prop_assert!(texts(&body).into_iter().all(is_answer), "{}", body);
        }
        let [alert] = read.alerts.as_slice() else { return Ok(()) };
        if alert.notes.iter().any(|note| note.starts_with("No title was found")) {
            let mut told = vec![alert.title.clone(), alert.description.clone(), alert.severity_text.clone()];
            told.push(alert.fingerprint.clone());
            told.extend(alert.labels.iter().flat_map(|(name, value)| [name.clone(), value.clone()]));
            told.extend(alert.notes.iter().cloned());
            let told = told.join("\n");
            for text in texts(&body) {
                // A status that is known is the status.
                prop_assert!(told.contains(text) || status::meaning(text).is_some(), "{} of {}: {:?}", text, body, alert);
            }
        }
    }
}
