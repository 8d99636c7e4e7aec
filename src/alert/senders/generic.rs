//! Any JSON body, read by a mapping from the hook's configuration, or by customary keys.
//!
//! What a mapping says comes first. Where it says nothing, the tables of [`customary`](crate::alert::mapping::customary)
//! do. What is sent to PagerDuty's Events API or to Alertmanager is read as there. What no key leads to is not lost: a
//! body without a title or a text is written out whole as its text.

use std::borrow::Cow;

use chrono_tz::Tz;
use serde_json::Value;

use self::named::{Title, identity as known_by, instead_of_a_title, title as called};
use self::places::{AROUND_MAX_BYTES, Place, Places};
use super::{alertmanager::Alertmanager, kept::PART_MAX_BYTES, pagerduty, text::marks};
use crate::alert::body::{Node, parse, text_of};
use crate::alert::draft::{Reading, Said};
use crate::alert::intake::{ALERTS_MAX, pairs};
use crate::alert::mapping::customary::{
    ANSWERS, DESCRIPTION, DESCRIPTION_TOO, ENDS_AT, LABELS, LINK, LINK_ENDS, LINKS_OF_OTHERS, LIST_OF_ALERTS,
    LISTS, SEVERITY, STARTS_AT, STATUS, TIMES_OF, TITLE, TITLE_ELSE, TITLE_OF_THE_BODY, plain,
};
use crate::alert::mapping::path::{Path, Template};
use crate::alert::mapping::{Mapping, folded};
use crate::alert::text::{
    DESCRIPTION_MAX_BYTES, LABEL_MAX_BYTES, TITLE_MAX_BYTES, block, cut, digest, identity, line, note,
};
use crate::alert::{Alert, AlertSeverity, Intake, LinkKind, Rejected, Sender, Status, links, times};

mod known;
mod named;
mod places;
mod status;
mod whole;

pub(in crate::alert) use self::status::meaning;

#[cfg(test)]
mod tests;

/// Reads bodies by a [`Mapping`].
#[derive(Debug, Clone)]
pub struct Generic {
    source: String,
    mapping: Mapping,
    /// Whether the mapping says nothing at all.
    is_bare: bool,
    /// Of times that name none.
    zone: Option<Tz>,
}

impl Generic {
    pub fn new(source: String, mapping: Mapping) -> Self {
        let is_bare = mapping == Mapping::default();
        Generic { source, mapping, is_bare, zone: None }
    }

    /// Times that name no zone are of this one.
    #[must_use]
    pub fn in_zone(self, zone: Option<Tz>) -> Self {
        Generic { zone, ..self }
    }

    /// The alert, and whether only its end says when it is over. `whole_max_bytes`: how much of a body is kept that nobody
    /// understood.
    fn alert(&self, found: &Found<'_, '_>, whole_max_bytes: usize) -> (Alert, bool) {
        let mut notes = Vec::new();
        let (mapping, places) = (&self.mapping, &found.places);
        let mut mapped = |what: &str, template: Option<&Template>| {
            let text = template?.fill(|path| found.at(path));
            if text.is_none() {
                note(&mut notes, || format!("Nothing stands where the mapping looks for the {what}."));
            }
            text
        };
        let title = mapped("title", mapping.title.as_ref()).filter(|title| !title.trim().is_empty());
        let description = mapped("description", mapping.description.as_ref());
        let status = match &mapping.status {
            Some(words) => status::mapped(words, mapped("status", Some(&words.at))),
            None => status::customary(places, mapping.severity.is_none()),
        };
        let severity_word = match &mapping.severity {
            Some(words) => mapped("severity", Some(&words.at)),
            None => severity(places),
        };
        let given = match &mapping.fingerprint {
            Some(template) => mapped("fingerprint", Some(template)),
            None => known_by(places),
        };
        let group = mapped("group", mapping.group.as_ref());
        let starts_at = match &mapping.starts_at {
            Some(template) => mapped("start", Some(template)),
            None => time(places, STARTS_AT),
        };
        let link = match &mapping.link {
            Some(template) => mapped("link", Some(template)),
            None => link(places),
        };
        // A firing alert has no end, and that is no oddity.
        let ends_at = match &mapping.ends_at {
            Some(template) => template.fill(|path| found.at(path)),
            None => time(places, ENDS_AT),
        };

        let labels = pairs(
            "label",
            self.labels(found).into_iter().map(|(n, v)| (n.into(), v.into())),
            LABEL_MAX_BYTES,
            &mut notes,
        );
        let title = match title.or_else(|| called(places)) {
            Some(text) => Title { text, note: None, tells_apart: true },
            None => instead_of_a_title(places, &labels, &self.source),
        };
        let marks = marks(title.text.trim());
        let may_tell = marks.as_ref().filter(|_| mapping.status.is_none());
        let status = status.or_marked(may_tell.and_then(|marks| marks.said));
        let severity_word = severity_word.or_else(|| {
            let is_told = mapping.severity.is_some() || !status.word.is_empty();
            let marks = marks.as_ref().filter(|_| !is_told)?;
            Some(marks.severity.clone()).filter(|word| !word.is_empty())
        });
        let mut end_notes = Vec::new();
        let ends_at = ends_at.unwrap_or_default();
        let end = times::read("end", &ends_at, self.zone, &mut end_notes);
        let is_by_end = status.is_nothing() && end.is_some();
        let status = if is_by_end { status.by_end() } else { status };
        if let Some(doubt) = &status.doubt {
            note(&mut notes, || doubt.clone());
        }
        let severity = self.severity(severity_word.as_deref(), &status.word);
        if let Some(sentence) = title.note {
            note(&mut notes, || sentence.to_owned());
        }
        let Title { text, note: title_note, tells_apart } = title;
        let title = line("title", text.trim(), TITLE_MAX_BYTES, &mut notes);
        // `[FIRING] x` and `[RESOLVED] x` are of one alert.
        let subject = marks.map_or_else(|| title.clone(), |marks| marks.subject);

        let description = description.unwrap_or_else(|| described(places, &text));
        let severity_word = severity_word.unwrap_or_default();
        let (given, group) = (given.unwrap_or_default(), group.unwrap_or_default());
        let starts_at = starts_at.unwrap_or_default();
        let link = link.unwrap_or_default();
        let is_lacking = title_note.is_some() || description.trim().is_empty() || description == text;
        let is_more = is_lacking && {
            let mut told: Vec<String> = [&status.word, &severity_word, &given, &group, &starts_at, &ends_at]
                .map(String::clone)
                .into();
            told.extend(Some(link.clone()).filter(|link| link.contains("://")));
            for (name, value) in &labels {
                told.extend([
                    name.clone(),
                    value.clone(),
                    format!("{name}:{value}"),
                    format!("{name}={value}"),
                ]);
            }
            // What is cut from a long text is not told.
            let description = cut(&description, DESCRIPTION_MAX_BYTES);
            !found.rest.is_empty() || whole::holds_more(found.one, &told, &[title.as_str(), &description])
        };
        let description = if is_more || !tells_apart {
            let max_bytes = if tells_apart { DESCRIPTION_MAX_BYTES } else { whole_max_bytes };
            let whole = whole::written(found.one, &[], max_bytes);
            if !tells_apart {
                note(&mut notes, || "The whole body was kept as its text.".to_owned());
            }
            let parts = [description.as_str(), whole.as_str(), found.rest];
            let parts: Vec<&str> = parts.into_iter().filter(|part| !part.trim().is_empty()).collect();
            block("description", &parts.join("\n\n"), max_bytes, &mut notes)
        } else {
            block("description", &description, DESCRIPTION_MAX_BYTES, &mut notes)
        };

        let fingerprint = match given.trim() {
            // Nothing to tell it by: better two of one alert than one of two.
            "" if !tells_apart && labels.is_empty() => {
                note(&mut notes, || {
                    "No identity, title or label was found; the whole body tells it apart.".to_owned()
                });
                digest(found.one.to_string().as_bytes())
            }
            "" => {
                note(&mut notes, || {
                    "No identity was found; it was worked out from title and labels.".to_owned()
                });
                let of = labels.iter().fold(subject.clone(), |all, (n, v)| format!("{all}\n{n}={v}"));
                digest(of.as_bytes())
            }
            given => identity("fingerprint", given, &mut notes),
        };
        let group_key =
            if group.is_empty() { labels.get("service").cloned().unwrap_or(subject) } else { group };
        let mut shown = Vec::new();
        links::add(&mut shown, LinkKind::Source, &link, &mut notes);
        end_notes.into_iter().for_each(|sentence| note(&mut notes, || sentence));
        // What is said to fire has no end, whatever time stands there.
        let ends_at = end.filter(|_| is_by_end || status.said == Said::Resolved);
        let alert = Alert {
            source: self.source.clone(),
            fingerprint,
            status: if status.said == Said::Resolved { Status::Resolved } else { Status::Firing },
            acknowledged: status.said == Said::Acknowledged,
            severity,
            severity_text: line("severity", &severity_word, LABEL_MAX_BYTES, &mut notes),
            description: if description == title { String::new() } else { description },
            starts_at: times::read("start", &starts_at, self.zone, &mut notes),
            ends_at,
            labels,
            annotations: Default::default(),
            links: shown,
            group_key: identity("group key", &group_key, &mut notes),
            title,
            notes,
        };
        (alert, is_by_end)
    }

    fn labels(&self, found: &Found<'_, '_>) -> Vec<(String, String)> {
        let mut labels = Vec::new();
        for (name, template) in &self.mapping.labels {
            if let Some(value) = template.fill(|path| found.at(path)) {
                labels.push((name.clone(), value));
            }
        }
        let object = match &self.mapping.labels_at {
            Some(path) => found.value_at(path),
            None if self.mapping.labels.is_empty() => {
                for (name, paths) in LABELS {
                    labels.extend(found.places.text(paths).map(|value| ((*name).to_owned(), value)));
                }
                found.places.value("labels").or_else(|| found.places.value("tags"))
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

    fn severity(&self, word: Option<&str>, status: &str) -> AlertSeverity {
        // Nagios and its kin say with one word that something is wrong and how much.
        const BOTH: [&str; 8] = ["critical", "crit", "fatal", "error", "major", "warning", "warn", "minor"];
        let words = self.mapping.severity.as_ref();
        let default = words.map_or(AlertSeverity::Unknown, |w| w.default);
        let state = || Some(folded(status)).filter(|s| BOTH.contains(&s.as_str()));
        let Some(word) = word.map(str::to_owned).or_else(state) else { return default };
        if let Some(severity) = words.and_then(|w| w.map.get(&folded(&word))) {
            return *severity;
        }
        match AlertSeverity::read(&word) {
            AlertSeverity::Unknown => default,
            known => known,
        }
    }

    /// The body as another sender reads it whose shape it has.
    fn by_another(&self, whole: &Value, body: &[u8]) -> Option<Intake> {
        if is_for_pagerduty(whole) {
            let mut out = Reading::new("pagerduty", &self.source, body).in_zone(self.zone);
            pagerduty::read(Node::of(whole), &mut out).ok()?;
            return Some(out.done());
        }
        let mut out = Reading::new("generic", &self.source, body).in_zone(self.zone);
        if let Some(Ok(())) = known::read(Node::of(whole), &mut out) {
            return Some(out.done());
        }
        let body = serde_json::to_vec(for_alertmanager(whole)?.as_ref()).ok()?;
        Alertmanager::new(self.source.clone()).read(&body, None).ok()
    }
}

impl Sender for Generic {
    fn name(&self) -> &str {
        &self.source
    }

    fn read(&self, body: &[u8], content_type: Option<&str>) -> Result<Intake, Rejected> {
        let whole = parse("generic", body, content_type)?;
        if self.is_bare
            && let Some(intake) = self.by_another(&whole, body)
        {
            return Ok(intake);
        }
        let inner = if self.is_bare { list_in(&whole) } else { None };
        let around: Vec<Place<'_>> = inner.and_then(|_| Place::around(&whole)).into_iter().collect();
        let list = match (&self.mapping.alerts_at, inner) {
            (None, Some(list)) => list,
            (None, None) => members(&whole),
            (Some(path), _) => members(path.find(&whole).ok_or_else(|| Rejected::Missing {
                sender: "generic".to_owned(),
                field: format!("what its mapping calls `alerts_at`, {path},"),
            })?),
        };
        if list.len() > ALERTS_MAX {
            return Err(Rejected::TooMany { found: list.len(), limit: ALERTS_MAX });
        }
        if let Some(i) = list.iter().position(|v| !v.is_object()) {
            return Err(Rejected::NotAnObject { sender: "generic".to_owned(), number: i + 1 });
        }
        let whole_max_bytes = if list.len() == 1 { PART_MAX_BYTES } else { DESCRIPTION_MAX_BYTES };
        let rest = match inner {
            Some(list) => {
                let max_bytes = if list.len() == 1 { PART_MAX_BYTES } else { AROUND_MAX_BYTES };
                cut(&whole::written(&whole, list, max_bytes), max_bytes).into_owned()
            }
            None => String::new(),
        };
        let alert = |one| {
            let found = Found { one, whole: &whole, rest: &rest, places: Places::of(one, &around) };
            self.alert(&found, whole_max_bytes)
        };
        let is_empty = self.is_bare && inner.is_none() && holds_none(&whole);
        let alerts: Vec<(Alert, bool)> = if is_empty { Vec::new() } else { list.iter().map(alert).collect() };
        let is_over_by_end = alerts.iter().any(|(_, is_by_end)| *is_by_end);
        let alerts = alerts.into_iter().map(|(alert, _)| alert).collect();
        let mut intake = Intake { alerts, is_over_by_end, ..Intake::default() };
        if intake.alerts.is_empty() {
            intake.notes.push("The body holds no alert.".to_owned());
        }
        Ok(intake)
    }
}

/// Where values are looked for: by a path in the one alert, then in the whole body; by customary keys in its places.
struct Found<'a, 'v> {
    one: &'v Value,
    whole: &'v Value,
    /// What stands around the list that it is of, written out.
    rest: &'a str,
    places: Places<'a, 'v>,
}

impl<'v> Found<'_, 'v> {
    fn value_at(&self, path: &Path) -> Option<&'v Value> {
        path.find(self.one).or_else(|| path.find(self.whole))
    }

    fn at(&self, path: &Path) -> Option<String> {
        self.value_at(path).and_then(text_of)
    }
}

/// The members of a list; whatever else it is, is a list of one.
fn members(value: &Value) -> &[Value] {
    match value {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    }
}

/// The list of alerts that a body is, by its customary keys. A body that calls itself something is one alert.
fn list_in(whole: &Value) -> Option<&[Value]> {
    let places = Places::of(whole, &[]);
    if places.own_text(TITLE).is_some() {
        return None;
    }
    let is_status = |word: String| !ANSWERS.contains(&folded(&word).as_str());
    let has_status = places.own_text(STATUS).is_some_and(is_status);
    let mut keys = LISTS.iter().filter(|key| !has_status || **key == LIST_OF_ALERTS);
    keys.find_map(|key| places.lists(key).find(|list| !list.is_empty() && list.iter().all(Value::is_object)))
}

/// Whether a body is a list of alerts that is empty, and nothing else that could be one: it has a list of them and says no title
/// and no text; or it has another list, and nothing beside it but what an API answers and counts.
fn holds_none(whole: &Value) -> bool {
    let Some(members) = whole.as_object() else { return false };
    let is_empty_list = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
    let places = Places::of(whole, &[]);
    let mut texts = [TITLE, TITLE_ELSE, TITLE_OF_THE_BODY, DESCRIPTION].into_iter();
    let says_nothing = |value: &Value| match value {
        Value::Null | Value::Bool(_) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.trim().is_empty() || ANSWERS.contains(&folded(text).as_str()),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
    };
    let is_list = |key: &str| LISTS.contains(&plain(key).as_str());
    match members.get(LIST_OF_ALERTS) {
        Some(list) if is_empty_list(list) => texts.all(|keys| places.own_text(keys).is_none()),
        _ => {
            members.iter().any(|(key, value)| is_list(key) && is_empty_list(value))
                && members.values().all(says_nothing)
        }
    }
}

/// Whether it is what a monitor sends to PagerDuty's Events API, version 2.
fn is_for_pagerduty(body: &Value) -> bool {
    let is_there = |key: &str| body.get(key).is_some_and(|value| !value.is_null());
    body.get("event_action").is_some_and(Value::is_string)
        && (is_there("routing_key") || is_there("dedup_key") || is_there("payload"))
}

/// What of a body Alertmanager sends, or is sent by Prometheus: a group of alerts, a list of them, one.
fn for_alertmanager(body: &Value) -> Option<Cow<'_, Value>> {
    const WRAPPERS: [&str; 3] = ["data", "payload", "body"];
    let is_alert = |one: &Value| {
        let labels = one.get("labels").filter(|labels| labels.is_object());
        labels.is_some_and(|labels| {
            labels.get("alertname").is_some_and(Value::is_string)
                || one.get("annotations").is_some_and(Value::is_object)
        })
    };
    let are_alerts =
        |list: &Value| list.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(is_alert));
    let is_group = |body: &Value| body.get(LIST_OF_ALERTS).is_some_and(are_alerts);
    if is_group(body) || are_alerts(body) {
        return Some(Cow::Borrowed(body));
    }
    if is_alert(body) && body.get("title").is_none() {
        return Some(Cow::Owned(Value::Array(vec![body.clone()])));
    }
    WRAPPERS.iter().filter_map(|key| body.get(*key)).find(|inner| is_group(inner)).map(Cow::Borrowed)
}

/// The severity under the customary keys: a word that is known before one that is not.
fn severity(places: &Places<'_, '_>) -> Option<String> {
    let is_known = |word: &String| AlertSeverity::read(word) != AlertSeverity::Unknown;
    places.texts(SEVERITY).find(is_known).or_else(|| places.text(SEVERITY))
}

/// A time under the customary keys, of the body itself or of a wrapper that is the alert.
fn time(places: &Places<'_, '_>, keys: &[&str]) -> Option<String> {
    places.top_text(keys).or_else(|| places.text_in(TIMES_OF, keys))
}

/// The link under the customary keys: one that leads somewhere before one that does not.
fn link(places: &Places<'_, '_>) -> Option<String> {
    let leads = |text: &String| text.contains("://");
    places
        .texts(LINK)
        .find(leads)
        .or_else(|| places.texts_by_end(LINK_ENDS, LINKS_OF_OTHERS).into_iter().find(leads))
        .or_else(|| places.text(LINK))
}

/// The text under the customary keys that says more than the title, and what a chat's message says beside it.
fn described(places: &Places<'_, '_>, title: &str) -> String {
    let is_more = |text: &String| text.trim() != title.trim();
    let mut texts: Vec<String> = places.texts(DESCRIPTION).find(is_more).into_iter().collect();
    for text in places.texts(DESCRIPTION_TOO).filter(is_more) {
        if !texts.iter().any(|known| known.contains(text.trim())) {
            texts.push(text);
        }
    }
    texts.join("\n")
}
