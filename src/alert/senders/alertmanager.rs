//! Prometheus Alertmanager's webhook, version 4; version 3 and hand-written bodies are tolerated. So is a list of alerts as
//! Prometheus and its kin post it to Alertmanager (`/api/v2/alerts`), and as the two of them list their own.
//!
//! What a body leaves out is worked out and noted: a fingerprint from the labels (by Alertmanager's own
//! algorithm, so the identity stays when the sender is upgraded), a status from that of the group.

use std::borrow::Cow;
use std::fmt::Write;

use serde_json::Value;

use super::alertmanager_wire::{Body, Data, Member, Members, Pairs, Text};
use crate::alert::intake::{ALERTS_MAX, body_text, pairs};
use crate::alert::text::{
    ANNOTATION_MAX_BYTES, DESCRIPTION_MAX_BYTES, LABEL_MAX_BYTES, TITLE_MAX_BYTES, block, digest, identity,
    line, note, quote,
};
use crate::alert::{Alert, AlertSeverity, Intake, LinkKind, Rejected, Sender, Status, links, times};

/// Of each alert of a list.
const LISTED: &str =
    "A list says what fires: it ends when a later list gives an end (`endsAt`) that is past, or by hand.";

/// Reads Alertmanager's bodies.
#[derive(Debug, Clone)]
pub struct Alertmanager {
    source: String,
    /// Who sends, and how it calls its limit of alerts in one delivery.
    program: &'static str,
    limit: &'static str,
}

impl Alertmanager {
    pub fn new(source: String) -> Self {
        Alertmanager { source, program: "Alertmanager", limit: "max_alerts" }
    }

    /// What Grafana sends in Alertmanager's shape.
    pub(super) fn of_grafana(source: String) -> Self {
        Alertmanager { source, program: "Grafana", limit: "Max Alerts" }
    }

    fn alert(&self, body: &Body, group: &Group, member: Member) -> Alert {
        let mut notes = Vec::new();
        let label = |name: &str| member.labels.get(name).or_else(|| body.common_labels.get(name));
        let annotation = |names: &[&str]| {
            let (own, common) = (&member.annotations, &body.common_annotations);
            names.iter().find_map(|n| own.get(n)).or_else(|| names.iter().find_map(|n| common.get(n)))
        };

        let starts_at = times::read("start", first(&member.starts_at, &member.active_at), None, &mut notes);
        if starts_at.is_none() {
            note(&mut notes, || {
                "No start was given; a second outbreak of it looks like a repeat.".to_owned()
            });
        }
        let ends_at = times::read("end", &member.ends_at.0, None, &mut notes);
        let status = self.status(first(&member.status, &member.state), group.status, &mut notes);

        let severity_text = label("severity")
            .or_else(|| annotation(&["severity"]))
            .or_else(|| label("priority"))
            .unwrap_or_default();
        let severity = AlertSeverity::read(severity_text);
        let severity_text = line("severity", severity_text, LABEL_MAX_BYTES, &mut notes);

        let unseen = label("rulename").and_then(|rule| match label("alertname")? {
            // Grafana's own alerts of a rule that it could not look at.
            "DatasourceNoData" => Some(format!("{rule}: no data")),
            "DatasourceError" => Some(format!("{rule}: its data could not be read")),
            _ => None,
        });
        let name = unseen.as_deref().or_else(|| label("alertname"));
        let summary = annotation(&["summary", "title"]);
        let description = annotation(&["description", "message", "details"]).unwrap_or_default();
        let title: Cow<str> = match (name, summary) {
            (Some(name), Some(summary)) if !summary.contains(name) => {
                Cow::Owned(format!("{name}: {summary}"))
            }
            (_, Some(summary)) => Cow::Borrowed(summary),
            (Some(name), None) => Cow::Borrowed(name),
            (None, None) => description
                .lines()
                .find(|l| !l.trim().is_empty())
                .map_or(Cow::Borrowed("Alert without a name"), Cow::Borrowed),
        };

        let fingerprint = if !member.fingerprint.0.is_empty() {
            identity("fingerprint", &member.fingerprint.0, &mut notes)
        } else if member.labels.list.is_empty() {
            note(&mut notes, || {
                "Neither fingerprint nor labels were given; the texts tell it apart.".to_owned()
            });
            digest(format!("{title}\n{description}").as_bytes())
        } else {
            note(&mut notes, || "No fingerprint was given; it was computed from the labels.".to_owned());
            format!("{:016x}", fingerprint(&member.labels))
        };

        let mut found = Vec::new();
        links::add(&mut found, LinkKind::Source, &member.generator_url.0, &mut notes);
        links::add(&mut found, LinkKind::Dashboard, &member.dashboard_url.0, &mut notes);
        links::add(&mut found, LinkKind::Dashboard, &member.panel_url.0, &mut notes);
        links::add(&mut found, LinkKind::Silence, &member.silence_url.0, &mut notes);
        for (name, value) in &member.annotations.list {
            if let Some(kind) = LinkKind::of_annotation(name)
                // A runbook may be a page's name or a sentence; that is no link, and no fault either.
                && value.contains("://")
            {
                links::add(&mut found, kind, value, &mut notes);
            }
        }

        let unread = member.labels.unread + member.annotations.unread;
        if unread > 0 {
            note(&mut notes, || format!("{unread} more labels and annotations were not read."));
        }
        let title = line("title", title.trim(), TITLE_MAX_BYTES, &mut notes);
        let description = block("description", description, DESCRIPTION_MAX_BYTES, &mut notes);
        Alert {
            source: self.source.clone(),
            fingerprint,
            status,
            acknowledged: false,
            severity,
            severity_text,
            title,
            description,
            starts_at,
            ends_at,
            labels: pairs("label", member.labels.list.into_iter(), LABEL_MAX_BYTES, &mut notes),
            annotations: pairs(
                "annotation",
                member.annotations.list.into_iter(),
                ANNOTATION_MAX_BYTES,
                &mut notes,
            ),
            links: found,
            group_key: group.key.clone(),
            notes,
        }
    }

    fn status(&self, own: &str, group: Option<Status>, notes: &mut Vec<String>) -> Status {
        match (read_status(own), group) {
            (Some(own), group) => {
                if (own, group) == (Status::Firing, Some(Status::Resolved)) {
                    note(notes, || {
                        "The group is called resolved and this alert firing; the alert is believed."
                            .to_owned()
                    });
                }
                own
            }
            (None, group) => {
                let status = group.unwrap_or(Status::Firing);
                note(notes, || match (own.is_empty(), group) {
                    (true, Some(_)) => "No status was given; that of the group was taken.".to_owned(),
                    (true, None) => "No status was given; it is taken to be firing.".to_owned(),
                    (false, _) => {
                        format!("The status {} is unknown; it is taken to be {}.", quote(own), status.word())
                    }
                });
                status
            }
        }
    }
}

struct Group {
    status: Option<Status>,
    key: String,
}

impl Sender for Alertmanager {
    fn name(&self) -> &str {
        &self.source
    }

    fn read(&self, body: &[u8], _content_type: Option<&str>) -> Result<Intake, Rejected> {
        let text = body_text(body)?;
        if text.trim_start().starts_with('[') {
            return self.list(text);
        }
        let mut body: Body =
            serde_json::from_str(text).map_err(|e| Rejected::from_json("alertmanager", &e))?;
        let mut notes = Vec::new();
        let Some(members) = body.alerts.take() else {
            let answer = body.data.and_then(|data| serde_json::from_str::<Data>(data.get()).ok());
            let members = that_fire(answer.ok_or_else(no_alerts)?.alerts, &mut notes)?;
            return Ok(Intake { notes, ..self.listed(members) });
        };
        let truncated = self.truncated(&body.truncated_alerts, &mut notes);
        let members = that_fire(members, &mut notes)?;
        let group = Group { status: read_status(&body.status.0), key: self.group_key(&body, &mut notes) };
        if group.status.is_none() {
            note(&mut notes, || match body.status.0.as_ref() {
                "" => "The group has no status.".to_owned(),
                other => format!("The status of the group, {}, is unknown.", quote(other)),
            });
        }
        let alerts = members.into_iter().map(|m| self.alert(&body, &group, m)).collect();
        Ok(Intake { alerts, group_status: group.status, truncated, notes, ..Intake::default() })
    }
}

impl Alertmanager {
    /// A list of alerts by themselves, each of the group of its name. It says no status: what it holds fires until its end, which
    /// Prometheus sets anew with each list, and for what is over to when it was.
    fn list(&self, text: &str) -> Result<Intake, Rejected> {
        let plain;
        let members: Members = match serde_json::from_str(text) {
            Ok(members) => members,
            Err(e) if e.is_data() => {
                plain = plain_statuses(text).ok_or_else(no_alerts)?;
                serde_json::from_str(&plain).map_err(|_| no_alerts())?
            }
            Err(e) => return Err(Rejected::from_json("alertmanager", &e)),
        };
        if members.found > ALERTS_MAX {
            return Err(Rejected::TooMany { found: members.found, limit: ALERTS_MAX });
        }
        if members.found == 0 {
            let notes = vec!["The body holds no alert.".to_owned()];
            return Ok(Intake { notes, ..Intake::default() });
        }
        if members.list.iter().any(|member| member.labels.list.is_empty()) {
            return Err(no_alerts());
        }
        Ok(self.listed(members.list))
    }

    fn listed(&self, members: Vec<Member>) -> Intake {
        let body = Body::default();
        let alert = |member: Member| {
            let mut notes = Vec::new();
            let name = member.labels.get("alertname").unwrap_or_default();
            let key = identity("group key", &format!("{{}}:{{alertname={name:?}}}"), &mut notes);
            let mut alert = self.alert(&body, &Group { status: None, key }, member);
            notes.into_iter().for_each(|sentence| note(&mut alert.notes, || sentence));
            note(&mut alert.notes, || LISTED.to_owned());
            alert
        };
        let alerts = members.into_iter().map(alert).collect();
        Intake { alerts, is_over_by_end: true, ..Intake::default() }
    }

    fn truncated(&self, text: &Text, notes: &mut Vec<String>) -> u64 {
        let count = match text.0.as_ref() {
            "" => 0,
            count => count.parse().unwrap_or_else(|_| {
                note(notes, || format!("`truncatedAlerts` is {}, which is no count.", quote(count)));
                0
            }),
        };
        if count > 0 {
            let (program, limit) = (self.program, self.limit);
            note(notes, || format!("{program} left out {count} more alerts (its setting `{limit}`)."));
        }
        count
    }

    fn group_key(&self, body: &Body, notes: &mut Vec<String>) -> String {
        if !body.group_key.0.is_empty() {
            return identity("group key", &body.group_key.0, notes);
        }
        note(notes, || {
            "No group key was given; it was made of the receiver and the group's labels.".to_owned()
        });
        let labels = if body.group_labels.list.is_empty() { &body.common_labels } else { &body.group_labels };
        let mut key = format!("{}:{{", body.receiver.0);
        for (i, (name, value)) in labels.list.iter().enumerate() {
            // Writing to a String does not fail.
            let _ = write!(key, "{}{name}={value:?}", if i > 0 { ", " } else { "" });
        }
        key.push('}');
        identity("group key", &key, notes)
    }
}

/// The first of two texts that is there.
fn first<'t>(one: &'t Text<'_>, other: &'t Text<'_>) -> &'t str {
    if one.0.is_empty() { &other.0 } else { &one.0 }
}

/// A list with each status that is an object, as Alertmanager's API answers (`{"state": "suppressed", …}`), as a word: what it lists
/// fires, silenced there or not.
fn plain_statuses(text: &str) -> Option<String> {
    let mut list: Vec<Value> = serde_json::from_str(text).ok()?;
    for status in list.iter_mut().filter_map(|one| one.get_mut("status")).filter(|status| status.is_object())
    {
        *status = Value::from("firing");
    }
    serde_json::to_string(&list).ok()
}

/// What of the alerts of a body fires, or did: Prometheus lists what is merely pending, too.
fn that_fire<'a>(members: Members<'a>, notes: &mut Vec<String>) -> Result<Vec<Member<'a>>, Rejected> {
    let Members { mut list, found } = members;
    if found > ALERTS_MAX {
        return Err(Rejected::TooMany { found, limit: ALERTS_MAX });
    }
    if list.is_empty() {
        note(notes, || "The body holds no alert.".to_owned());
    }
    let count = list.len();
    list.retain(|member| member.state.0 != "pending");
    let pending = count - list.len();
    if pending > 0 {
        note(notes, || format!("Alerts that do not fire yet were left out: {pending}."));
    }
    Ok(list)
}

fn no_alerts() -> Rejected {
    Rejected::Missing { sender: "alertmanager".to_owned(), field: "`alerts`".to_owned() }
}

fn read_status(word: &str) -> Option<Status> {
    match word.trim() {
        w if w.eq_ignore_ascii_case("firing") || w.eq_ignore_ascii_case("alerting") => Some(Status::Firing),
        w if w.eq_ignore_ascii_case("resolved") || w.eq_ignore_ascii_case("ok") => Some(Status::Resolved),
        _ => None,
    }
}

/// `LabelSet.Fingerprint` of prometheus/common/model: FNV-1a, 64 bits, over the sorted names and values, a byte
/// 255 after each.
fn fingerprint(labels: &Pairs) -> u64 {
    const OFFSET: u64 = 14_695_981_039_346_656_037;
    const PRIME: u64 = 1_099_511_628_211;
    labels
        .list
        .iter()
        .flat_map(|(name, value)| [name, value])
        .flat_map(|part| part.bytes().chain([255]))
        .fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Intake, Rejected> {
        Alertmanager::new("alertmanager".into()).read(body.as_bytes(), Some("application/json"))
    }

    fn only(body: &str) -> Alert {
        let mut alerts = read(body).unwrap().alerts;
        assert_eq!(alerts.len(), 1);
        alerts.remove(0)
    }

    const ONE: &str = r#"{"status":"firing","receiver":"bot","version":"4","groupKey":"{}:{a=\"b\"}","truncatedAlerts":0,
        "alerts":[{"status":"firing","labels":{"alertname":"DiskFull","instance":"db1","severity":"page"},
        "annotations":{"summary":"95% full","description":"line one\nline two","runbook_url":"https://wiki.example/disk","dashboard":"see the wall"},
        "startsAt":"2026-11-20T20:13:08.409704835Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://prom/graph","fingerprint":"959f7ced14c290d0"}]}"#;

    #[test]
    fn a_whole_alert_is_read_with_nothing_to_note() {
        let alert = only(ONE);
        assert_eq!(alert.title, "DiskFull: 95% full");
        assert_eq!(alert.description, "line one\nline two");
        assert_eq!((alert.status, alert.severity), (Status::Firing, AlertSeverity::Critical));
        assert_eq!(alert.severity_text, "page");
        assert_eq!(alert.group_key, "{}:{a=\"b\"}");
        assert_eq!(alert.ends_at, None, "the year 1 is Go for: not set");
        let links: Vec<_> = alert.links.iter().map(|l| (l.kind, l.url.as_str())).collect();
        assert_eq!(
            links,
            [(LinkKind::Source, "http://prom/graph"), (LinkKind::Runbook, "https://wiki.example/disk")]
        );
        assert_eq!(alert.notes, Vec::<String>::new());
    }

    #[test]
    fn a_firing_group_may_hold_a_resolved_alert() {
        let intake = read(&ONE.replace("[{\"status\":\"firing\"", "[{\"status\":\"resolved\"")).unwrap();
        assert_eq!(intake.group_status, Some(Status::Firing));
        assert_eq!(intake.alerts.first().unwrap().status, Status::Resolved);
    }

    #[test]
    fn the_computed_fingerprint_is_alertmanagers_own() {
        // Recorded from Alertmanager 0.25.0 with these labels.
        let body = r#"{"status":"firing","groupKey":"g","alerts":[{"labels":
            {"severity":"critical","alertname":"HighErrorRate","service":"checkout"},"startsAt":"2026-11-20T20:13:08Z"}]}"#;
        assert_eq!(only(body).fingerprint, "7d2d332feada5c59");
    }

    #[test]
    fn what_is_left_out_is_worked_out_and_noted() {
        let alert = only(r#"{"alerts":[{"labels":{"alertname":"X"}}]}"#);
        assert_eq!(alert.status, Status::Firing);
        insta::assert_snapshot!(alert.notes.join("\n"), @"
        No start was given; a second outbreak of it looks like a repeat.
        No status was given; it is taken to be firing.
        No fingerprint was given; it was computed from the labels.
        ");
        let resolved = only(r#"{"status":"resolved","alerts":[{"labels":{"alertname":"X"}}]}"#);
        assert_eq!(resolved.status, Status::Resolved);
        let nothing = only(r#"{"alerts":[{}]}"#);
        assert_eq!(nothing.title, "Alert without a name");
        let some = only(r#"{"alerts":[{"annotations":{"message":"Fire"}}]}"#);
        assert_ne!(nothing.key(), some.key(), "without labels the texts tell alerts apart");
    }

    #[test]
    fn a_rule_that_grafana_could_not_look_at_is_called_by_its_name_and_ended_as_the_same() {
        let told = |name: &str, status: &str| {
            only(&format!(
                r#"{{"status":"{status}","groupKey":"g","alerts":[{{"status":"{status}","fingerprint":"aa11",
                "labels":{{"alertname":"{name}","rulename":"CPU high"}},"startsAt":"2026-11-22T20:00:00Z"}}]}}"#
            ))
        };
        let (fires, over) = (told("DatasourceNoData", "firing"), told("DatasourceNoData", "resolved"));
        assert_eq!(fires.title, "CPU high: no data");
        assert_eq!((over.key(), over.status), (fires.key(), Status::Resolved));
        assert_eq!(told("DatasourceError", "firing").title, "CPU high: its data could not be read");
        assert_eq!(told("CPU", "firing").title, "CPU");
    }

    #[test]
    fn an_empty_list_is_no_alert() {
        for body in ["[]", r#"{"alerts": []}"#] {
            let intake = read(body).unwrap();
            assert!(intake.alerts.is_empty());
            assert!(intake.notes.contains(&"The body holds no alert.".to_owned()), "{:?}", intake.notes);
        }
    }

    #[test]
    fn what_alertmanager_held_back_is_told() {
        let intake = read(&ONE.replace("\"truncatedAlerts\":0", "\"truncatedAlerts\":17")).unwrap();
        assert_eq!(intake.truncated, 17);
        assert!(intake.notes.concat().contains("17 more alerts"), "{:?}", intake.notes);
    }

    #[test]
    fn a_list_as_prometheus_posts_it_is_read_by_its_labels_each_alert_in_the_group_of_its_name() {
        let intake = read(
            r#" [{"labels":{"alertname":"HighErrorRate","severity":"critical","service":"checkout"},
            "annotations":{"summary":"5xx > 5%"},"startsAt":"2026-11-20T20:13:08Z","endsAt":"2026-11-20T20:17:08Z",
            "generatorURL":"http://prom/graph"},{"labels":{"alertname":"DiskFull","instance":"db1"}}]"#,
        )
        .unwrap();
        let [first, second] = intake.alerts.as_slice() else { panic!("{intake:?}") };
        assert_eq!(
            (first.title.as_str(), first.severity),
            ("HighErrorRate: 5xx > 5%", AlertSeverity::Critical)
        );
        assert_eq!((first.status, first.fingerprint.as_str()), (Status::Firing, "7d2d332feada5c59"));
        assert_eq!(first.group_key, "{}:{alertname=\"HighErrorRate\"}");
        assert_eq!(first.links.first().unwrap().url, "http://prom/graph");
        assert_ne!(first.group_key, second.group_key);
        for other in ["[{}]", r#"[{"labels":{}}]"#, r#"[{"title":"x"}]"#] {
            assert!(read(other).unwrap_err().to_string().contains("`alerts` is missing"), "{other}");
        }
    }

    #[test]
    fn what_is_over_in_a_list_is_told_by_its_end_as_alertmanager_itself_takes_it() {
        let list = r#"[{"labels":{"alertname":"X"},"startsAt":"2026-11-20T20:13:08Z","endsAt":"2026-11-20T20:17:08Z"}]"#;
        let at = |minute: &str| format!("2026-11-20T20:{minute}:08Z").parse().unwrap();
        let as_of = |minute: &str| read(list).unwrap().as_of(at(minute)).alerts.remove(0);
        let (fires, over) = (as_of("16"), as_of("17"));
        assert_eq!((fires.status, fires.ends_at), (Status::Firing, None), "its end is when to doubt it");
        assert_eq!((over.status, over.ends_at), (Status::Resolved, Some(at("17"))));
        assert_eq!(fires.key(), over.key());
        assert!(fires.notes.contains(&LISTED.to_owned()), "{:?}", fires.notes);
        let resolved = read(&ONE.replace("0001-01-01T00:00:00Z", "2026-11-20T20:17:08Z")).unwrap();
        assert_eq!(resolved.as_of(at("59")).alerts[0].status, Status::Firing, "a webhook says a status");
    }

    #[test]
    fn the_lists_that_alertmanager_and_prometheus_have_of_their_own_are_read() {
        let of_alertmanager = r#"[{"annotations":{},"endsAt":"2026-11-20T20:17:08Z","fingerprint":"959f7ced14c290d0",
            "receivers":[{"name":"bot"}],"startsAt":"2026-11-20T20:13:08Z","updatedAt":"2026-11-20T20:13:08Z",
            "status":{"inhibitedBy":[],"silencedBy":["x"],"state":"suppressed"},"labels":{"alertname":"X"}}]"#;
        let alert = only(of_alertmanager);
        assert_eq!((alert.status, alert.fingerprint.as_str()), (Status::Firing, "959f7ced14c290d0"));
        let of_prometheus = r#"{"alerts":[{"labels":{"alertname":"X"},"annotations":{},"state":"firing",
            "activeAt":"2026-11-20T20:13:08Z","value":"1e+00"},{"labels":{"alertname":"Y"},"state":"pending"}]}"#;
        let intake = read(of_prometheus).unwrap();
        assert_eq!((intake.alerts.len(), intake.alerts[0].starts_at), (1, alert.starts_at));
        assert!(intake.notes.concat().contains("do not fire yet were left out: 1."), "{:?}", intake.notes);
    }

    #[test]
    fn the_answer_of_prometheus_about_its_alerts_is_read_as_it_gives_it() {
        // As in prometheus.io/docs/prometheus/latest/querying/api, "Alerts", with one more that is pending.
        let answer = r#"{"data":{"alerts":[{"activeAt":"2018-07-04T20:27:12.60602144+02:00","annotations":{},
            "labels":{"alertname":"my-alert"},"state":"firing","value":"1e+00"},
            {"activeAt":"2018-07-04T20:28:12Z","annotations":{},"labels":{"alertname":"other"},"state":"pending","value":"0"}]},
            "status":"success"}"#;
        let intake = read(answer).unwrap().as_of("2018-07-04T19:00:00Z".parse().unwrap());
        let [alert] = intake.alerts.as_slice() else { panic!("{intake:?}") };
        assert_eq!((alert.title.as_str(), alert.status), ("my-alert", Status::Firing));
        assert_eq!(alert.group_key, "{}:{alertname=\"my-alert\"}");
        assert_eq!(alert.starts_at, "2018-07-04T18:27:12.60602144Z".parse().ok());
        assert!(alert.notes.contains(&LISTED.to_owned()), "{:?}", alert.notes);
        assert_eq!(intake.notes, ["Alerts that do not fire yet were left out: 1."]);
        let quiet = read(r#"{"status":"success","data":{"alerts":[]}}"#).unwrap();
        assert_eq!((quiet.alerts.len(), quiet.notes.concat().as_str()), (0, "The body holds no alert."));
        for other in
            [r#"{"status":"error","errorType":"bad_data","error":"x"}"#, r#"{"data":"x"}"#, r#"{"data":[]}"#]
        {
            assert!(read(other).unwrap_err().to_string().contains("`alerts` is missing"), "{other}");
        }
    }

    #[test]
    fn labels_past_the_limit_are_left_out_but_name_and_severity_are_read() {
        let many: String = (0..100).map(|i| format!("\"a{i:03}\":\"x\",")).collect();
        let alert = only(&ONE.replace("\"labels\":{", &format!("\"labels\":{{{many}")));
        assert_eq!(alert.labels.len(), crate::alert::intake::LABELS_MAX);
        assert_eq!((alert.title.as_str(), alert.severity), ("DiskFull: 95% full", AlertSeverity::Critical));
        assert!(alert.notes.concat().contains("left out"), "{:?}", alert.notes);
    }

    #[test]
    fn a_body_of_another_kind_is_refused_in_words() {
        let refusal = |body: &str| read(body).unwrap_err().to_string();
        insta::assert_snapshot!(refusal("{}"), @"The body is JSON, but the sender `alertmanager` cannot read it: `alerts` is missing. Check that the right program posts to this hook.");
        insta::assert_snapshot!(refusal("[1]"), @"The body is JSON, but the sender `alertmanager` cannot read it: `alerts` is missing. Check that the right program posts to this hook.");
        insta::assert_snapshot!(refusal(r#"{"alerts":[{"labels":{"a":{"b":1}}}]}"#), @"The body is JSON, but the sender `alertmanager` cannot read it: invalid type: map, expected a text (line 1, column 27). Check that the right program posts to this hook.");
        insta::assert_snapshot!(refusal("not json"), @"The body is not JSON: expected ident (line 1, column 2). Check what the sender's template writes there.");
        let many = format!("{{\"alerts\":[{}{{}}]}}", "{},".repeat(ALERTS_MAX));
        insta::assert_snapshot!(refusal(&many), @"The body holds 20001 alerts, the limit is 20000. Let the sender send fewer in one delivery (in Alertmanager: `max_alerts` of the webhook).");
        assert!(read(&format!("{{\"alerts\":[{{\"labels\":{}", "[".repeat(500))).is_err());
    }
}
