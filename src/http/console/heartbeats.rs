//! Heartbeats: who gives signs of life, when each was heard last, and what is missed.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use chrono::Duration;

use super::{
    Shared,
    clock::{Clock, Due, Stamp},
    frame::{self, Frame},
};
use crate::desk::heartbeats::HeartbeatView;

/// In the order in which they need somebody: the words of [`HeartbeatView::state`].
const STATES: [&str; 4] = ["missed", "late", "waiting", "alive"];

/// One heartbeat.
pub struct Row {
    pub name: String,
    pub state: String,
    pub tone: &'static str,
    pub heard: Option<Stamp>,
    /// When the next sign is to come; none of one that is missed.
    pub due: Option<Due>,
    /// From when it is missed, or will be.
    pub missed_from: Stamp,
    pub is_missed: bool,
    pub every: String,
    pub grace: String,
}

#[derive(Template)]
#[template(path = "console/heartbeats.html")]
struct Page {
    frame: Frame,
    summary: String,
    rows: Vec<Row>,
}

/// How urgent a state is: 0 is missed.
fn rank(one: &HeartbeatView) -> usize {
    STATES.iter().position(|state| *state == one.state).unwrap_or(STATES.len())
}

/// `1 missed, 3 alive`; none: `none`.
pub fn summary(all: &[HeartbeatView]) -> String {
    let count = |state: &&str| all.iter().filter(|one| one.state == **state).count();
    let counted = STATES.iter().map(|state| (count(state), *state)).filter(|(count, _)| *count > 0);
    let counted: Vec<String> = counted.map(|(count, state)| format!("{count} {state}")).collect();
    if counted.is_empty() { "none".to_owned() } else { counted.join(", ") }
}

/// `90 s`, `5 min`, `24 h`
fn span(seconds: i64) -> String {
    match seconds {
        s if s % 3_600 == 0 && s != 0 => format!("{} h", s / 3_600),
        s if s % 60 == 0 && s != 0 => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

fn row(one: &HeartbeatView, clock: &Clock) -> Row {
    let expected = one.due_at - Duration::seconds(one.grace_seconds);
    let is_missed = one.missed_since.is_some();
    Row {
        name: one.name.clone(),
        state: one.state.clone(),
        tone: match one.state.as_str() {
            "missed" => "sev1",
            "late" => "sev3",
            "alive" => "good",
            _ => "calm",
        },
        heard: one.heard_at.map(|at| clock.stamp(at)),
        due: (!is_missed).then(|| clock.due(expected, expected)),
        missed_from: clock.stamp(one.missed_since.unwrap_or(one.due_at)),
        is_missed,
        every: span(one.every_seconds),
        grace: span(one.grace_seconds),
    }
}

pub async fn page(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let Some(me) = shared.visitor(&headers) else {
        return frame::who_are_you(&shared, "/console/heartbeats");
    };
    let clock = frame::clock_at(&shared, &me, shared.console.desk.world.now());
    let mut all = (shared.console.heartbeats)();
    all.sort_by_key(|one| (rank(one), one.missed_since.unwrap_or(one.due_at)));
    let mut frame = Frame::new(&shared, Some(&me), "Heartbeats", "heartbeats");
    frame.events = "/console/events?heartbeats=true".to_owned();
    let rows = all.iter().map(|one| row(one, &clock)).collect();
    frame::render(&Page { frame, summary: summary(&all), rows }, StatusCode::OK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_said_in_the_largest_unit_that_fits_it() {
        assert_eq!([90, 300, 86_400, 0].map(span), ["90 s", "5 min", "24 h", "0 s"]);
    }
}
