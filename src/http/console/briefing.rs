//! The briefing for whoever takes over, after ICS 201; made for paper too.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};

use super::{
    Shared,
    clock::Stamp,
    frame::{self, Frame},
    home, record,
};
use crate::{
    incident::{briefing, refusal::Refusal},
    people::Person,
};

#[derive(Template)]
#[template(path = "console/briefing.html")]
struct Page {
    frame: Frame,
    id: String,
    title: String,
    /// Of what has one.
    severity: Option<String>,
    /// Names, where it is restricted.
    seen_by: Option<String>,
    phase: String,
    commander: String,
    declared: Option<Stamp>,
    made: Stamp,
    sections: Vec<(usize, &'static str, Option<String>)>,
    filled: usize,
}

pub async fn page(State(shared): State<Shared>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let Some(me) = shared.visitor(&headers) else {
        return frame::who_are_you(&shared, &format!("/console/i/{id}/briefing"));
    };
    frame::answer(&shared, &me, build(&shared, &me, &id).await)
}

async fn build(shared: &Shared, me: &Person, id: &str) -> Result<Page, Refusal> {
    let id = frame::incident_id(id)?;
    let desk = &shared.console.desk;
    let incident = desk.seen_by(me).incident(id).await?;
    let clock = frame::clock_at(shared, me, incident.time_at(desk.world.now()));
    let settings = desk.settings();
    let names = &settings.policy.names;
    let sections: Vec<_> = briefing::sections(&incident, clock.now, &settings.policy)
        .into_iter()
        .enumerate()
        .map(|(i, (name, text))| (i + 1, name, text))
        .collect();
    let mut frame = Frame::new(shared, Some(me), format!("Briefing for {id}"), "");
    frame.banner = incident.kind().banner();
    frame.events = format!("/console/events?incident={id}");
    Ok(Page {
        frame,
        id: id.to_string(),
        title: incident.title.clone(),
        severity: names.severity_of(incident.kind(), incident.severity),
        phase: home::phase(names, incident.phase),
        seen_by: record::seen_by(&incident),
        commander: incident.command_words(),
        declared: incident.milestones.declared.map(|at| clock.stamp(at)),
        made: clock.stamp(clock.now),
        filled: sections.iter().filter(|(_, _, text)| text.is_some()).count(),
        sections,
    })
}
