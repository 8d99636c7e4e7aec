//! The master copy: summary, chain head, and every entry with its seal and its reading.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    SCHEMA, Source,
    facts::{self, Facts},
};
use crate::{
    incident::{
        chain::{GENESIS, Sealed},
        event::TimeSource,
        id::IncidentId,
        kind::Kind,
        phase::Phase,
        role::Role,
        severity::Severity,
        timeline::Line,
    },
    people::Person,
};

#[derive(Serialize)]
struct Summary<'a> {
    id: IncidentId,
    kind: Kind,
    #[serde(skip_serializing_if = "str::is_empty")]
    banner: &'static str,
    title: &'a str,
    summary: &'a str,
    severity: Severity,
    phase: Phase,
    opened_by: &'a Person,
    commander: &'a Person,
    #[serde(rename = "type")]
    incident_type: Option<&'a str>,
    fields: BTreeMap<&'a str, &'a str>,
    parent: Option<IncidentId>,
    children: Vec<IncidentId>,
    /// The incident that this one turned out to be.
    merged_into: Option<IncidentId>,
    /// Those that turned out to be this one.
    merged_in: &'a [IncidentId],
    /// Whom alone it is for; `null` is everybody.
    restricted_to: Option<Vec<Person>>,
    scenario: Option<&'a str>,
    time_zone: &'static str,
    #[serde(flatten)]
    facts: Facts<'a>,
}

#[derive(Serialize)]
struct Chain<'a> {
    entries: usize,
    /// `hash` of the last entry: whoever keeps it can tell later whether anything before it was changed.
    head: &'a str,
    last_recorded_at: Option<DateTime<Utc>>,
}

#[derive(Serialize)]
struct Item<'a> {
    seq: u64,
    body: Option<&'a str>,
    salt: Option<&'a str>,
    body_hash: &'a str,
    prev_hash: &'a str,
    hash: &'a str,
    entry: Option<&'a RawValue>,
    line: Option<Reading<'a>>,
}

/// The entry as a reader sees it, corrections and redactions folded in.
#[derive(Serialize)]
struct Reading<'a> {
    occurred_at: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
    recorded_at: DateTime<Utc>,
    time_source: TimeSource,
    actor: &'a Person,
    role: Option<&'a str>,
    via: &'a str,
    name: &'static str,
    text: &'a str,
    original: Option<&'a str>,
    original_at: Option<DateTime<Utc>>,
    corrected_by: Option<u64>,
    reworded_by: Option<&'a Person>,
    redacted_by: Option<u64>,
    late: bool,
    important: bool,
    pinned: bool,
}

impl<'a> Reading<'a> {
    fn of(line: &'a Line) -> Self {
        Self {
            occurred_at: line.occurred_at,
            until: line.until,
            recorded_at: line.recorded_at,
            time_source: line.time_source,
            actor: &line.actor,
            role: line.role.as_ref().map(Role::slug),
            via: &line.via,
            name: line.name,
            text: &line.text,
            original: line.original.as_deref(),
            original_at: line.original_at,
            corrected_by: line.corrected_by,
            reworded_by: line.reworded_by.as_ref(),
            redacted_by: line.redacted_by,
            late: line.is_late,
            important: line.important,
            pinned: line.pinned,
        }
    }
}

fn item<'a>(sealed: &'a Sealed, line: Option<&'a Line>) -> Item<'a> {
    let is_shown = line.is_some_and(|line| line.redacted_by.is_none());
    let body = is_shown.then_some(sealed.body.as_str());
    Item {
        seq: sealed.seq,
        body,
        salt: is_shown.then_some(sealed.salt.as_str()),
        body_hash: &sealed.body_hash,
        prev_hash: &sealed.prev_hash,
        hash: &sealed.hash,
        entry: body.and_then(|body| serde_json::from_str(body).ok()),
        line: line.map(Reading::of),
    }
}

/// `value` as JSON. The types here have string keys and no floats but a drill's speed: serde_json writes them all.
fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

pub fn write(source: &Source<'_>) -> String {
    let lines = facts::lines_by_seq(source);
    let incident = source.incident;
    let last = source.entries.last();
    let summary = Summary {
        id: incident.id,
        kind: incident.kind(),
        banner: incident.kind().banner(),
        title: &incident.title,
        summary: &incident.summary,
        severity: incident.severity,
        phase: incident.phase,
        opened_by: &incident.opened_by,
        commander: &incident.commander,
        incident_type: incident.incident_type.as_deref(),
        fields: incident.fields.iter().map(|(name, known)| (name.as_str(), known.value.as_str())).collect(),
        parent: incident.parent,
        children: incident.children.keys().copied().collect(),
        merged_into: incident.merged_into,
        merged_in: &incident.merged_in,
        restricted_to: incident.circle_people(),
        scenario: incident.scenario.as_deref(),
        time_zone: source.tz.name(),
        facts: facts::gather(source, &lines),
    };
    let chain = Chain {
        entries: source.entries.len(),
        head: last.map_or(GENESIS, |sealed| &sealed.hash),
        last_recorded_at: last.and_then(|sealed| lines.get(&sealed.seq)).map(|line| line.recorded_at),
    };
    let mut out =
        String::with_capacity(source.entries.iter().map(|sealed| sealed.body.len() * 2 + 700).sum());
    // One entry a line: two exports can be compared by any tool that compares lines.
    for (before, value) in [
        ("{\"schema\":", text(&SCHEMA)),
        (",\n\"exported_by\":", text(&format!("commandpost {}", source.exported_by_version))),
        (",\n\"incident\":", text(&summary)),
        (",\n\"chain\":", text(&chain)),
        (",\n\"story\":", text(source.story)),
        (",\n\"entries\":[", String::new()),
    ] {
        out.push_str(before);
        out.push_str(&value);
    }
    let mut between = "\n";
    for sealed in source.entries {
        out.push_str(between);
        out.push_str(&text(&item(sealed, lines.get(&sealed.seq).copied())));
        between = ",\n";
    }
    out.push_str("\n]}\n");
    out
}
