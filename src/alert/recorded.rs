//! Tests over bodies that real senders sent, and over the damage that can be done to them.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::path::PathBuf;

use chrono::DateTime;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::damage::damaged;
use super::mapping::GenericMapping;
use super::senders::{ALL, Settings, kept, listed};
use super::situation::{Known, Situation, changes, fold};
use super::text::TITLE_MAX_BYTES;
use super::{Alert, Intake, Sender, Status};

fn specifications(test: &str) -> Option<PathBuf> {
    crate::specs::find(test, "alerts")
}

/// Every body of a folder, and of the recorded lines that came to `path`, with a name for each.
fn bodies(place: &std::path::Path, folder: &str, path: &str) -> Vec<(String, Vec<u8>)> {
    let read_dir = |dir: &str| {
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(place.join(dir)).unwrap().map(|f| f.unwrap().path()).collect();
        files.sort();
        files
    };
    let name = |p: &PathBuf| p.file_name().unwrap().to_string_lossy().into_owned();
    let mut bodies: Vec<_> = read_dir(folder).iter().map(|f| (name(f), std::fs::read(f).unwrap())).collect();
    for file in read_dir("recorded") {
        for (i, line) in std::fs::read_to_string(&file).unwrap().lines().enumerate() {
            let line: Value = serde_json::from_str(line).unwrap();
            if line["path"] == path {
                bodies.push((format!("{}:{}", name(&file), i + 1), line["body"].as_str().unwrap().into()));
            }
        }
    }
    assert!(!bodies.is_empty());
    bodies
}

fn table(sender: &dyn Sender, bodies: &[(String, Vec<u8>)]) -> String {
    let mut out = String::new();
    for (name, body) in bodies {
        let intake = sender.read(body, Some("application/json")).unwrap();
        let group = intake.group_status.map_or("-", |s| s.word());
        writeln!(out, "{} {name}: {} alerts, group {group}", sender.name(), intake.alerts.len()).unwrap();
        for a in &intake.alerts {
            let (from, to) = (a.starts_at.map(|t| t.to_rfc3339()), a.ends_at.map(|t| t.to_rfc3339()));
            writeln!(out, "  {} {} {} {}", a.fingerprint, a.status.word(), a.severity.word(), a.title)
                .unwrap();
            writeln!(
                out,
                "    {} .. {}, {} links",
                from.unwrap_or_default(),
                to.unwrap_or_default(),
                a.links.len()
            )
            .unwrap();
            for note in &a.notes {
                writeln!(out, "    - {note}").unwrap();
            }
        }
    }
    out
}

#[test]
fn every_recorded_alertmanager_body_is_read_as_it_was_meant() {
    let Some(place) = specifications("every_recorded_alertmanager_body_is_read_as_it_was_meant") else {
        return;
    };
    let sender = named("alertmanager");
    let bodies = bodies(&place, "alertmanager", "/v1/alertmanager");
    insta::assert_snapshot!(table(sender.as_ref(), &bodies), @"
    alertmanager alerta_prometheus_v3_alert.json: 1 alerts, group firing
      d2089d8d0f422129 firing critical failedConnect: Connect fail
        2016-08-01T10:27:08.008+00:00 .. , 1 links
        - No fingerprint was given; it was computed from the labels.
    alertmanager alerta_prometheus_v4_alert.json: 1 alerts, group firing
      2f30fca22fdaa8ef firing critical thing_dead: No things for over 10 minutes
        2017-08-03T19:17:37.804+00:00 .. , 1 links
        - No fingerprint was given; it was computed from the labels.
    alertmanager alertmanager_bot_resolved.json: 1 alerts, group resolved
      88cbf0084cf27726 resolved critical Fire
        2018-11-04T21:43:58.283995108+00:00 .. 2018-11-04T21:48:13.283995108+00:00, 1 links
        - No fingerprint was given; it was computed from the labels.
    alertmanager promteams_prom_post_request.json: 1 alerts, group firing
      b29784719d6a11e6 firing warning high_memory_load: Server High Memory usage
        2018-03-07T11:33:21.873077559+00:00 .. , 0 links
        - No status was given; that of the group was taken.
        - No fingerprint was given; it was computed from the labels.
    alertmanager recorded_debian_0.25.0_firing.json: 1 alerts, group firing
      7d2d332feada5c59 firing critical HighErrorRate: 5xx > 5%
        2026-11-20T20:34:23.775681829+00:00 .. , 1 links
    alertmanager recorded_debian_0.25.0_resolved.json: 1 alerts, group resolved
      7d2d332feada5c59 resolved critical HighErrorRate: 5xx > 5%
        2026-11-20T20:34:23.775681829+00:00 .. 2026-11-20T20:34:32+00:00, 0 links
    alertmanager zulip_alert.json: 2 alerts, group firing
      a1bc48475b20e73d firing critical High CPU Temperature: High CPU core temperature
        2020-02-06T00:17:58.432911368+00:00 .. , 1 links
      c2ea85182f28cbd9 firing critical High CPU Temperature: High CPU core temperature
        2020-02-06T00:17:58.432911368+00:00 .. , 1 links
    alertmanager zulip_single_alert.json: 1 alerts, group resolved
      a1bc48475b20e73d resolved critical High CPU Temperature: High CPU core temperature
        2020-02-06T00:17:58.432911368+00:00 .. , 1 links
    alertmanager alertmanager.ndjson:1: 2 alerts, group firing
      959f7ced14c290d0 firing critical DiskFull: Disk 95% full on db1
        2026-11-20T20:13:08.409704835+00:00 .. , 2 links
      fca487e92e68fd5f firing critical DiskFull: Disk 91% full on db2
        2026-11-20T20:13:08.456544636+00:00 .. , 0 links
    alertmanager alertmanager.ndjson:2: 2 alerts, group firing
      959f7ced14c290d0 resolved critical DiskFull: @everyone =HYPERLINK(1) <script>
        2026-11-20T20:13:08.409704835+00:00 .. 2026-11-20T20:13:11+00:00, 0 links
      fca487e92e68fd5f firing critical DiskFull: Disk 91% full on db2
        2026-11-20T20:13:08.456544636+00:00 .. , 0 links
    alertmanager prometheus-alertmanager-chain.ndjson:1: 1 alerts, group firing
      24a3b0cd96c6915d firing critical InstanceDown: 127.0.0.1:9999 of bot is down
        2026-11-20T20:46:58.632+00:00 .. , 1 links
    alertmanager prometheus-alertmanager-chain.ndjson:2: 1 alerts, group resolved
      24a3b0cd96c6915d resolved critical InstanceDown: 127.0.0.1:9999 of bot is down
        2026-11-20T20:46:58.632+00:00 .. 2026-11-20T20:47:11.632+00:00, 1 links
    ");
}

#[test]
fn recorded_bodies_of_others_are_read_by_customary_keys() {
    let Some(place) = specifications("recorded_bodies_of_others_are_read_by_customary_keys") else { return };
    let sender = named("generic");
    let mut all = bodies(&place, "generic", "/icinga2");
    all.extend(bodies(&place, "generic", "/nagios").into_iter().skip(1));
    insta::assert_snapshot!(table(sender.as_ref(), &all), @"
    generic oncall_formatted_webhook.json: 1 alerts, group -
      08d6891a-835c-e661-39fa-96b6a9e26552 firing unknown TestAlert: The whole system is down
         .. , 1 links
    generic icinga2.ndjson:1: 1 alerts, group -
      sha256:cc7e9b09e44c5f25acd2d8e003606f71 firing critical disk on db1
         .. , 0 links
        - No title was found.
        - No identity was found; it was worked out from title and labels.
    generic icinga2.ndjson:2: 1 alerts, group -
      sha256:cc7e9b09e44c5f25acd2d8e003606f71 resolved unknown disk on db1
         .. , 0 links
        - No title was found.
        - No identity was found; it was worked out from title and labels.
    generic nagios4.ndjson:1: 1 alerts, group -
      sha256:cc7e9b09e44c5f25acd2d8e003606f71 firing critical disk on db1
         .. , 0 links
        - No title was found.
        - No identity was found; it was worked out from title and labels.
    generic nagios4.ndjson:2: 1 alerts, group -
      sha256:cc7e9b09e44c5f25acd2d8e003606f71 resolved unknown disk on db1
         .. , 0 links
        - No title was found.
        - No identity was found; it was worked out from title and labels.
    ");
}

/// One alert as the person who is paged meets it.
fn shown(alert: &Alert) -> String {
    let mut line = format!("  {} {}", alert.status.word(), alert.severity.word());
    if alert.acknowledged {
        line.push_str(" acknowledged");
    }
    write!(line, ": {}", alert.title).unwrap();
    if let Some(link) = alert.links.first() {
        write!(line, " <{}>", link.url).unwrap();
    }
    line.push('\n');
    for note in &alert.notes {
        writeln!(line, "    - {note}").unwrap();
    }
    line
}

#[test]
fn every_body_in_the_folder_becomes_what_the_person_who_is_paged_would_understand() {
    let test = "every_body_in_the_folder_becomes_what_the_person_who_is_paged_would_understand";
    let Some(place) = specifications(test) else { return };
    let mut folders: Vec<PathBuf> = std::fs::read_dir(&place).unwrap().map(|f| f.unwrap().path()).collect();
    folders.sort();
    let mut out = String::new();
    for folder in folders {
        let folder = folder.file_name().unwrap().to_string_lossy().into_owned();
        let (name, path) = match folder.as_str() {
            "recorded" => continue,
            "icinga" => ("icinga2", "/icinga2"),
            name => (name, ""),
        };
        let sender = named(name);
        for (file, body) in bodies(&place, &folder, path) {
            match sender.read(&body, None) {
                Ok(intake) => {
                    writeln!(out, "{name} {file}: {}", intake.alerts.len()).unwrap();
                    for note in &intake.notes {
                        writeln!(out, "  - {note}").unwrap();
                    }
                    intake.alerts.iter().for_each(|alert| out.push_str(&shown(alert)));
                    sound(&intake);
                }
                Err(why) => writeln!(out, "{name} {file}: refused. {why}").unwrap(),
            }
        }
    }
    for (name, path) in [("monit", "/monit"), ("nagios", "/nagios")] {
        let sender = named(name);
        for (file, body) in
            bodies(&place, "recorded", path).into_iter().filter(|(file, _)| file.contains(':'))
        {
            writeln!(out, "{name} {file}:").unwrap();
            sender.read(&body, None).unwrap().alerts.iter().for_each(|alert| out.push_str(&shown(alert)));
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn what_a_sender_fires_it_also_resolves_as_the_same_alert_in_the_same_situation() {
    let mut out = String::new();
    for listed in ALL {
        let sender = listed.sender(&Settings::default());
        let read: Vec<Intake> =
            listed.examples.iter().map(|body| sender.read(body.as_bytes(), None).unwrap()).collect();
        writeln!(out, "{}", listed.name).unwrap();
        let alerts: Vec<&Alert> = read.iter().flat_map(|intake| &intake.alerts).collect();
        alerts.iter().for_each(|alert| out.push_str(&shown(alert)));
        assert_eq!(alerts[0].status, Status::Firing, "{}", listed.name);
        if let Some(resolved) = alerts.get(1) {
            assert_eq!(alerts[0].key(), resolved.key(), "{}", listed.name);
            assert_eq!(alerts[0].group_key, resolved.group_key, "{}", listed.name);
            assert_eq!(resolved.status, Status::Resolved, "{}", listed.name);
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn the_bodies_of_every_service_are_read_or_refused_or_kept_by_every_sender() {
    let Some(place) =
        specifications("the_bodies_of_every_service_are_read_or_refused_or_kept_by_every_sender")
    else {
        return;
    };
    let mut read = 0;
    for folder in std::fs::read_dir(&place).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let body = std::fs::read(file.unwrap().path()).unwrap();
            for sender in senders() {
                sound(&sender.read(&body, None).unwrap_or_else(|why| kept::keep(sender.name(), &body, &why)));
                read += 1;
            }
        }
    }
    assert!(read > 100, "{read}");
}

fn senders() -> Vec<Box<dyn Sender>> {
    let mapping: GenericMapping = serde_json::from_value(json!({
        "alerts_at": "$.alerts",
        "title": "{$.labels.alertname}: {$.annotations.summary}",
        "status": {"path": "status", "resolved": ["resolved"]},
        "severity": {"path": "/labels/severity", "map": {"page": "critical"}},
        "labels_at": "labels",
        "starts_at": "startsAt",
    }))
    .unwrap();
    let mapped =
        Settings { source: "mapped".into(), mapping: mapping.compile().unwrap(), ..Settings::default() };
    let mut senders: Vec<_> = ALL.iter().map(|listed| listed.sender(&Settings::default())).collect();
    senders.push(listed("generic").unwrap().sender(&mapped));
    senders
}

fn named(name: &str) -> Box<dyn Sender> {
    listed(name).unwrap().sender(&Settings::default())
}

/// What holds of every alert, whatever came in.
fn sound(intake: &Intake) {
    for alert in &intake.alerts {
        assert!(!alert.title.trim().is_empty() && alert.title.len() <= TITLE_MAX_BYTES, "{alert:?}");
        assert!(!alert.title.contains(['\n', '\u{1b}', '\u{202e}']), "{alert:?}");
        assert!(!alert.fingerprint.is_empty() && !alert.source.is_empty(), "{alert:?}");
        assert!(alert.links.iter().all(|l| l.url.to_lowercase().starts_with("http")), "{alert:?}");
        alert.key();
    }
}

fn whole() -> Value {
    json!({
        "receiver": "bot", "status": "firing", "version": "4", "groupKey": "{}:{alertname=\"DiskFull\"}",
        "truncatedAlerts": 0, "externalURL": "http://am:9093",
        "groupLabels": {"alertname": "DiskFull"}, "commonLabels": {"alertname": "DiskFull"},
        "commonAnnotations": {"summary": "s"},
        "alerts": [{
            "status": "firing", "labels": {"alertname": "DiskFull", "severity": "critical"},
            "annotations": {"summary": "Füll\u{202e} 95%", "runbook_url": "http://runbook/disk"},
            "startsAt": "2026-11-20T20:13:08.409704835Z", "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prom/graph", "fingerprint": "959f7ced14c290d0",
        }],
    })
}

#[test]
fn a_null_or_a_wrong_type_anywhere_is_read_or_refused_never_a_panic() {
    let strange = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!("\u{0}"),
        json!([]),
        json!({}),
        json!([[[]]]),
        json!({"": null}),
        json!("x".repeat(10_000)),
        json!("0000-99-99T99:99:99Z"),
    ];
    let (mut tried, mut read) = (0, 0);
    for listed in ALL {
        let sender = listed.sender(&Settings::default());
        for body in listed.examples {
            let Ok(body) = serde_json::from_str::<Value>(body) else { continue };
            for damaged in damaged(&body, &strange) {
                tried += 1;
                if let Ok(intake) = sender.read(damaged.to_string().as_bytes(), None) {
                    sound(&intake);
                    read += 1;
                }
            }
        }
    }
    assert!(read * 3 > tried * 2, "most damage is survivable, {read} of {tried} were read");
}

#[test]
fn a_null_for_any_text_of_an_alert_does_not_cost_the_alert() {
    let sender = named("alertmanager");
    for place in whole()["alerts"][0].as_object().unwrap().keys() {
        let mut body = whole();
        body["alerts"][0][place] = Value::Null;
        let intake = sender.read(body.to_string().as_bytes(), None).unwrap();
        assert_eq!(intake.alerts.len(), 1, "{place}");
    }
}

proptest! {
    #[test]
    fn a_body_cut_anywhere_or_with_bytes_changed_never_panics(
        end in any::<prop::sample::Index>(),
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut body = whole().to_string().into_bytes();
        for (at, byte) in hits {
            let at = at.index(body.len());
            body[at] = byte;
        }
        body.truncate(end.index(body.len() + 1));
        for sender in senders() {
            match sender.read(&body, None) {
                Ok(intake) => sound(&intake),
                Err(why) => {
                    prop_assert!(why.to_string().ends_with('.') && why.to_string().len() < 500);
                    sound(&kept::keep("legacy", &body, &why));
                }
            }
        }
    }

    #[test]
    fn bodies_in_any_order_and_number_end_in_one_situation_each_which_is_as_the_last_body_says(
        order in prop::collection::vec((0..ALL.len(), any::<bool>()), 1..60),
    ) {
        let mut situations: BTreeMap<String, Situation> = BTreeMap::new();
        let mut known = HashMap::new();
        let mut last = BTreeMap::new();
        for (which, second) in order {
            let listed = &ALL[which];
            let body = listed.examples.get(usize::from(second)).unwrap_or(&listed.examples[0]);
            let alerts = listed.sender(&Settings::default()).read(body.as_bytes(), None).unwrap().alerts;
            let changes = changes(&alerts, |key| known.get(key).copied());
            let before = situations.get(listed.name);
            let after = fold(before, &changes, DateTime::UNIX_EPOCH, listed.name).unwrap();
            known.extend(alerts.iter().map(|alert| (alert.key(), Known::of(alert))));
            last.insert(listed.name, alerts[0].status == Status::Firing);
            situations.insert(listed.name.to_owned(), after);
        }
        for (name, situation) in &situations {
            prop_assert_eq!(situation.total, 1, "{}", name);
            prop_assert_eq!(situation.firing, u32::from(last[name.as_str()]), "{}", name);
        }
    }

    #[test]
    fn any_bytes_at_all_never_panic(body: Vec<u8>, form: bool) {
        let content_type = form.then_some("application/x-www-form-urlencoded");
        for sender in senders() {
            if let Ok(intake) = sender.read(&body, content_type) {
                sound(&intake);
            }
        }
    }
}
