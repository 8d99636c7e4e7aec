//! Any JSON body, read by a mapping from the hook's configuration, or by customary keys.
//!
//! A form (`application/x-www-form-urlencoded`) is read as an object of texts; if its field `payload` holds JSON,
//! that is read in its place.

use serde_json::{Map, Value};

use crate::alert::body::{parse, text_of};
use crate::alert::intake::{ALERTS_MAX, pairs};
use crate::alert::mapping::customary::{
    ACKNOWLEDGED, DESCRIPTION, ENDS_AT, FINGERPRINT, FIRING, LABELS, LINK, RESOLVED, SEVERITY, STARTS_AT,
    STATUS, TITLE, WRAPPERS,
};
use crate::alert::mapping::path::{Path, Template};
use crate::alert::mapping::{Mapping, folded};
use crate::alert::text::{
    DESCRIPTION_MAX_BYTES, LABEL_MAX_BYTES, TITLE_MAX_BYTES, block, digest, identity, line, note, quote,
};
use crate::alert::{Alert, AlertSeverity, Intake, LinkKind, Rejected, Sender, Status, links, times};

/// Reads bodies by a [`Mapping`].
#[derive(Debug, Clone)]
pub struct Generic {
    source: String,
    mapping: Mapping,
}

impl Generic {
    pub fn new(source: String, mapping: Mapping) -> Self {
        Generic { source, mapping }
    }

    fn alert(&self, found: Found) -> Alert {
        let mut notes = Vec::new();
        let mapping = &self.mapping;
        let mut get = |what: &str, template: &Option<Template>, keys: &[&str]| match template {
            None => found.customary(keys),
            Some(template) => {
                let text = template.fill(|path| found.at(path));
                if text.is_none() {
                    note(&mut notes, || format!("Nothing stands where the mapping looks for the {what}."));
                }
                text
            }
        };
        let title = get("title", &mapping.title, &TITLE);
        let description = get("description", &mapping.description, &DESCRIPTION);
        let status_word = get("status", &mapping.status.as_ref().map(|s| s.at.clone()), &STATUS);
        let severity_word = get("severity", &mapping.severity.as_ref().map(|s| s.at.clone()), &SEVERITY);
        let given = get("fingerprint", &mapping.fingerprint, &FINGERPRINT);
        let group = get("group", &mapping.group, &[]);
        let starts_at = get("start", &mapping.starts_at, &STARTS_AT);
        // A firing alert has no end, and that is no oddity.
        let ends_at = match &mapping.ends_at {
            None => found.customary(&ENDS_AT),
            Some(template) => template.fill(|path| found.at(path)),
        };
        let link = get("link", &mapping.link, &LINK);

        let labels = pairs(
            "label",
            self.labels(&found).into_iter().map(|(n, v)| (n.into(), v.into())),
            LABEL_MAX_BYTES,
            &mut notes,
        );
        let (status, acknowledged) = self.status(status_word.as_deref(), &mut notes);
        let severity = self.severity(severity_word.as_deref(), status_word.as_deref());
        let has_title = title.as_deref().is_some_and(|t| !t.trim().is_empty());
        let title = match title {
            Some(title) if has_title => title,
            _ => {
                note(&mut notes, || "No title was found.".to_owned());
                let host = ["host", "hostname", "instance"].iter().find_map(|name| labels.get(*name));
                let what = ["check", "service", "component"].iter().find_map(|name| labels.get(*name));
                match (what, host) {
                    (Some(what), Some(host)) => format!("{what} on {host}"),
                    (Some(one), None) | (None, Some(one)) if !one.trim().is_empty() => one.clone(),
                    _ => format!("Alert from {}", self.source),
                }
            }
        };
        let title = line("title", title.trim(), TITLE_MAX_BYTES, &mut notes);
        let description =
            block("description", &description.unwrap_or_default(), DESCRIPTION_MAX_BYTES, &mut notes);
        let fingerprint = match given.as_deref().map(str::trim) {
            Some(given) if !given.is_empty() => identity("fingerprint", given, &mut notes),
            // Nothing to tell it by: better two of one alert than one of two.
            _ if !has_title && labels.is_empty() => {
                note(&mut notes, || {
                    "No identity, title or label was found; the whole body tells it apart.".to_owned()
                });
                digest(found.one.to_string().as_bytes())
            }
            _ => {
                note(&mut notes, || {
                    "No identity was found; it was worked out from title and labels.".to_owned()
                });
                let of = labels.iter().fold(title.clone(), |all, (n, v)| format!("{all}\n{n}={v}"));
                digest(of.as_bytes())
            }
        };
        let group_key = group.or_else(|| labels.get("service").cloned()).unwrap_or_else(|| title.clone());
        let mut shown = Vec::new();
        links::add(&mut shown, LinkKind::Source, &link.unwrap_or_default(), &mut notes);
        Alert {
            source: self.source.clone(),
            fingerprint,
            status,
            acknowledged,
            severity,
            severity_text: line("severity", &severity_word.unwrap_or_default(), LABEL_MAX_BYTES, &mut notes),
            description: if description == title { String::new() } else { description },
            starts_at: times::read("start", &starts_at.unwrap_or_default(), &mut notes),
            ends_at: times::read("end", &ends_at.unwrap_or_default(), &mut notes),
            labels,
            annotations: Default::default(),
            links: shown,
            group_key: identity("group key", &group_key, &mut notes),
            title,
            notes,
        }
    }

    fn labels(&self, found: &Found) -> Vec<(String, String)> {
        let mut labels = Vec::new();
        for (name, template) in &self.mapping.labels {
            if let Some(value) = template.fill(|path| found.at(path)) {
                labels.push((name.clone(), value));
            }
        }
        let object = match &self.mapping.labels_at {
            Some(path) => found.value_at(path),
            None if self.mapping.labels.is_empty() => {
                for name in LABELS {
                    if let Some(value) = found.customary(&[name]) {
                        labels.push((name.to_owned(), value));
                    }
                }
                found.customary_value(&["labels"]).or_else(|| found.customary_value(&["tags"]))
            }
            None => None,
        };
        match object {
            Some(Value::Object(map)) => {
                labels.extend(map.iter().filter_map(|(name, v)| Some((name.clone(), text_of(v)?))));
            }
            Some(Value::Array(list)) => labels.extend(list.iter().filter_map(|item| {
                let text = item.as_str()?;
                let (name, value) =
                    text.split_once(':').or_else(|| text.split_once('=')).unwrap_or((text, "true"));
                Some((name.trim().to_owned(), value.trim().to_owned()))
            })),
            _ => {}
        }
        labels
    }

    fn status(&self, word: Option<&str>, notes: &mut Vec<String>) -> (Status, bool) {
        let Some(raw) = word else {
            note(notes, || "No status was found; it is taken to be firing.".to_owned());
            return (Status::Firing, false);
        };
        let word = folded(raw);
        if let Some(words) = &self.mapping.status {
            if words.resolved.contains(&word) {
                return (Status::Resolved, false);
            }
            if words.acknowledged.contains(&word) {
                return (Status::Firing, true);
            }
            if words.firing.contains(&word) {
                return (Status::Firing, false);
            }
        }
        let word = word.as_str();
        if RESOLVED.contains(&word) {
            (Status::Resolved, false)
        } else if ACKNOWLEDGED.contains(&word) {
            (Status::Firing, true)
        } else {
            if !FIRING.contains(&word) {
                note(notes, || format!("The status {} is unknown; it is taken to be firing.", quote(raw)));
            }
            (Status::Firing, false)
        }
    }

    fn severity(&self, word: Option<&str>, status: Option<&str>) -> AlertSeverity {
        let words = self.mapping.severity.as_ref();
        let default = words.map_or(AlertSeverity::Unknown, |w| w.default);
        // Nagios and its kin say with one word that something is wrong and how much.
        let state = || status.map(folded).filter(|s| ["critical", "error", "warning"].contains(&s.as_str()));
        let Some(word) = word.map(str::to_owned).or_else(state) else { return default };
        if let Some(severity) = words.and_then(|w| w.map.get(&folded(&word))) {
            return *severity;
        }
        match AlertSeverity::read(&word) {
            AlertSeverity::Unknown => default,
            known => known,
        }
    }
}

impl Sender for Generic {
    fn name(&self) -> &str {
        &self.source
    }

    fn read(&self, body: &[u8], content_type: Option<&str>) -> Result<Intake, Rejected> {
        let whole = parse("generic", body, content_type)?;
        let at = match &self.mapping.alerts_at {
            None => &whole,
            Some(path) => path.find(&whole).ok_or_else(|| Rejected::Missing {
                sender: "generic".to_owned(),
                field: format!("what its mapping calls `alerts_at`, {path},"),
            })?,
        };
        let list = match at {
            Value::Array(list) => list.as_slice(),
            one => std::slice::from_ref(one),
        };
        if list.len() > ALERTS_MAX {
            return Err(Rejected::TooMany { found: list.len(), limit: ALERTS_MAX });
        }
        if let Some(i) = list.iter().position(|v| !v.is_object()) {
            return Err(Rejected::NotAnObject { sender: "generic".to_owned(), number: i + 1 });
        }
        let mut intake = Intake {
            alerts: list.iter().map(|one| self.alert(Found { one, whole: &whole })).collect(),
            ..Intake::default()
        };
        if intake.alerts.is_empty() {
            intake.notes.push("The body holds no alert.".to_owned());
        }
        Ok(intake)
    }
}

/// Where values are looked for: in the one alert, then in the whole body.
struct Found<'v> {
    one: &'v Value,
    whole: &'v Value,
}

impl<'v> Found<'v> {
    fn value_at(&self, path: &Path) -> Option<&'v Value> {
        path.find(self.one).or_else(|| path.find(self.whole))
    }

    fn at(&self, path: &Path) -> Option<String> {
        self.value_at(path).and_then(text_of)
    }

    fn customary_value(&self, keys: &[&str]) -> Option<&'v Value> {
        let top = self.one.as_object()?;
        let wrapped = || WRAPPERS.iter().filter_map(|w| top.get(*w).and_then(Value::as_object));
        keys.iter()
            .find_map(|key| look(top, key))
            .or_else(|| keys.iter().find_map(|key| wrapped().find_map(|m| look(m, key))))
    }

    fn customary(&self, keys: &[&str]) -> Option<String> {
        let top = self.one.as_object()?;
        // A key whose value is an object or blank does not end the search: `"alert": {...}`, `"title": ""`.
        let text = |map: &'v Map<String, Value>| {
            keys.iter().find_map(|key| look(map, key).and_then(text_of).filter(|t| !t.trim().is_empty()))
        };
        text(top)
            .or_else(|| WRAPPERS.iter().filter_map(|w| top.get(*w).and_then(Value::as_object)).find_map(text))
    }
}

/// The value of a key, written in any case, with or without `_` and `-`; `key` is in lower case without them.
fn look<'v>(map: &'v Map<String, Value>, key: &str) -> Option<&'v Value> {
    map.iter()
        .find(|(name, _)| {
            let mut plain = name.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase());
            key.chars().all(|c| plain.next() == Some(c)) && plain.next().is_none()
        })
        .map(|(_, value)| value)
        .filter(|v| !v.is_null())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::mapping::GenericMapping;

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
}
