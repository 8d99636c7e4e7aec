//! The alerts of a drill: through Alertmanager's own reader into the real intake, and at once into the drill.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

use super::house;
use crate::{
    alert::{Alert, Sender, Status, senders::alertmanager::Alertmanager},
    desk::{Along, Desk, refuse},
    drill::{SOURCE, scenario::AlertParts},
    incident::{command::Command, id::IncidentId, refusal::Refusal},
    journal::{Append, Mark, rows::SituationFilter},
};

/// An injected alert that fires.
#[derive(Debug, Clone)]
pub(super) struct Firing {
    pub inject: String,
    parts: AlertParts,
    starts_at: DateTime<Utc>,
}

/// A webhook body of Alertmanager's version 4, as the real one posts it.
fn body(firing: &Firing, drill: IncidentId, ends_at: Option<DateTime<Utc>>) -> Vec<u8> {
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
    let status = if ends_at.is_some() { "resolved" } else { "firing" };
    let mut labels = firing.parts.labels.clone();
    // With the drill's number among the labels, the same drill played again has alerts of its own.
    for (name, value) in [
        ("alertname", firing.parts.name.as_str()),
        ("severity", &firing.parts.severity),
        ("exercise", "true"),
        ("drill", &drill.to_string()),
    ] {
        labels.insert(name.to_owned(), value.to_owned());
    }
    json!({
        "version": "4",
        "groupKey": format!("{{}}:{{alertname=\"{}\", drill=\"{drill}\"}}", firing.parts.name),
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "drill",
        "groupLabels": { "alertname": firing.parts.name, "drill": drill.to_string() },
        "commonLabels": labels,
        "commonAnnotations": {},
        "externalURL": "",
        "alerts": [{
            "status": status,
            "labels": labels,
            "annotations": { "summary": firing.parts.summary, "description": firing.parts.description },
            "startsAt": time(firing.starts_at),
            "endsAt": ends_at.map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), time),
            "generatorURL": "",
        }],
    })
    .to_string()
    .into_bytes()
}

/// An alert begins to fire, at this exercise time.
pub(super) async fn fire(
    desk: &Arc<Desk>,
    drill: IncidentId,
    inject: &str,
    parts: &AlertParts,
    now: DateTime<Utc>,
) -> Result<Firing, Refusal> {
    let firing = Firing { inject: inject.to_owned(), parts: parts.clone(), starts_at: now };
    take(desk, drill, &firing, None).await?;
    Ok(firing)
}

/// It stops.
pub(super) async fn resolve(
    desk: &Arc<Desk>,
    drill: IncidentId,
    firing: &Firing,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    take(desk, drill, firing, Some(now)).await
}

async fn take(
    desk: &Arc<Desk>,
    drill: IncidentId,
    firing: &Firing,
    ends_at: Option<DateTime<Utc>>,
) -> Result<(), Refusal> {
    let sender = Alertmanager::new(SOURCE.into());
    let intake = sender.read(&body(firing, drill, ends_at), Some("application/json")).map_err(|error| {
        Refusal::invalid(
            format!("The alert of inject {} was not read. {error}", firing.inject),
            "Mend the scenario.",
        )
    })?;
    let taken = desk.place_alerts(intake.alerts).await?;
    for id in taken.situations {
        tell(desk, drill, id).await?;
    }
    Ok(())
}

/// The drill is told of its situation at once; no rule is asked.
async fn tell(desk: &Arc<Desk>, drill: IncidentId, situation: i64) -> Result<(), Refusal> {
    let rows = desk.journal.situations(SituationFilter::One(situation)).await.map_err(refuse)?;
    let Some(row) = rows.into_iter().next() else { return Ok(()) };
    let marks = vec![
        Mark::SituationTold { id: row.id, revision: row.revision },
        Mark::SituationDecided { id: row.id, how: "record".into(), verdict: None },
    ];
    let along = Along { marks, ..Along::default() };
    let facts = desk.facts(&row).await?;
    let command = match row.incident {
        Some(incident) if incident == drill => Command::SituationMoved { facts },
        _ => Command::LinkSituation { situation, facts: None },
    };
    desk.submit(house(), drill, command, along).await.map(|_| ())
}

/// Whatever the drill still has firing stops in the alert store. The timeline is not told: in the story it still fires.
pub(super) async fn silence(desk: &Arc<Desk>, drill: IncidentId) -> Result<(), Refusal> {
    let rows = desk.journal.situations(SituationFilter::Linked { incident: drill }).await.map_err(refuse)?;
    let mut still: Vec<Alert> = Vec::new();
    for row in rows.into_iter().filter(|row| crate::drill::is_exercise(&row.situation.source)) {
        let alerts = desk.journal.alerts_of(row.id, u32::MAX).await.map_err(refuse)?;
        still.extend(alerts.into_iter().filter(|alert| alert.is_firing).map(|row| row.alert));
    }
    if still.is_empty() {
        return Ok(());
    }
    let now = desk.incident(drill).await?.time_at(desk.world.now());
    for alert in &mut still {
        alert.status = Status::Resolved;
        alert.ends_at = Some(now);
    }
    let taken = desk.place_alerts(still).await?;
    let mut marks = Vec::new();
    for id in taken.situations {
        for row in desk.journal.situations(SituationFilter::One(id)).await.map_err(refuse)? {
            marks.push(Mark::SituationTold { id: row.id, revision: row.revision });
            marks.push(Mark::SituationDecided { id: row.id, how: "record".into(), verdict: None });
        }
    }
    desk.journal.append(Append { marks, ..Append::default() }).await.map_err(refuse)
}
