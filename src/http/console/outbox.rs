//! The outbox: what is on its way out, what failed and why; to be tried again or dropped by hand.

use askama::Template;
use axum::{
    extract::{Form, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{
    Shared,
    clock::Stamp,
    frame::{self, Frame, Left, Said},
    visitor,
};
use crate::{
    incident::refusal::Refusal,
    journal::{
        Handle,
        rows::{Delivery, DeliveryFilter, DeliveryState, What},
    },
    people::{Person, door},
};

const RECENT_SHOWN: u32 = 50;

struct Row {
    n: i64,
    what: String,
    incident: Option<String>,
    destination: String,
    state: &'static str,
    tone: &'static str,
    attempts: u32,
    next: Option<Stamp>,
    error: Option<String>,
    created: Stamp,
    settled: Option<Stamp>,
    can_retry: bool,
    can_drop: bool,
}

#[derive(Template)]
#[template(path = "console/outbox.html")]
struct Page {
    frame: Frame,
    waiting: Vec<Row>,
    settled: Vec<Row>,
}

fn what(what: &What) -> String {
    match what {
        What::Post { n } => format!("public update {n}"),
        What::Card => "status card".into(),
        What::Say { seq } => format!("timeline entry {seq}"),
        What::Unsay { seq } => format!("redaction of timeline entry {seq}"),
        What::Situation { id } => format!("alert card S-{id}"),
        What::Ask { how, .. } => format!("{} at the sender", how.word()),
        What::Page { n, to: Some(person), .. } => format!("page to {person}, call {n}"),
        What::Page { n, to: None, act } => format!("page, call {n} ({})", act.word()),
        What::Secret { .. } => "word on a secret in a message".into(),
    }
}

pub async fn page(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let Some(me) = shared.visitor(&headers) else { return frame::who_are_you(&shared, "/console/outbox") };
    let left = Left::carried(&headers);
    show(&shared, &me, left, StatusCode::OK).await
}

async fn show(shared: &Shared, me: &Person, left: Left, status: StatusCode) -> Response {
    match build(shared, me, left).await {
        Ok(page) => frame::render(&page, status),
        Err(refusal) => frame::refusal_page(shared, Some(me), &refusal),
    }
}

async fn build(shared: &Shared, me: &Person, left: Left) -> Result<Page, Refusal> {
    let desk = &shared.console.desk;
    let clock = frame::clock_at(shared, me, desk.world.now());
    let row = |delivery: Delivery| {
        let state = delivery.state;
        Row {
            n: delivery.n,
            what: what(&delivery.what),
            incident: delivery.incident.map(|id| id.to_string()),
            destination: door(&delivery.destination).to_owned(),
            state: state.word(),
            tone: match state {
                DeliveryState::Failed => "sev1",
                DeliveryState::Unknown => "sev3",
                DeliveryState::Sent => "good",
                _ => "calm",
            },
            attempts: delivery.attempts,
            next: (state.is_open() && delivery.next_at > clock.now).then(|| clock.stamp(delivery.next_at)),
            error: delivery.error,
            created: clock.stamp(delivery.created_at),
            settled: delivery.settled_at.map(|at| clock.stamp(at)),
            can_retry: state.is_open() && state != DeliveryState::Sending || state == DeliveryState::Failed,
            can_drop: matches!(
                state,
                DeliveryState::Failed | DeliveryState::Pending | DeliveryState::Unknown
            ),
        }
    };
    let open = desk.seen_by(me).deliveries(DeliveryFilter::Open).await?;
    let recent = desk.seen_by(me).deliveries(DeliveryFilter::Recent { limit: RECENT_SHOWN }).await?;
    let is_settled = |d: &Delivery| matches!(d.state, DeliveryState::Sent | DeliveryState::Dropped);
    Ok(Page {
        frame: Frame::new(shared, Some(me), "Outbox", "outbox").leave(left),
        waiting: open.into_iter().map(row).collect(),
        settled: recent.into_iter().filter(is_settled).map(row).collect(),
    })
}

#[derive(Deserialize)]
pub struct HandleForm {
    delivery: i64,
    how: String,
    #[serde(default)]
    reason: String,
}

pub async fn handle(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Form(form): Form<HandleForm>,
) -> Response {
    let Some(me) = shared.visitor(&headers) else { return frame::who_are_you(&shared, "/console/outbox") };
    let is_admin = (shared.console.is_admin)(&headers);
    match by_hand(&shared, &me, is_admin, &form).await {
        Ok(text) => {
            let mut response = Redirect::to("/console/outbox").into_response();
            if let Some(carried) = visitor::carry(&text) {
                response.headers_mut().append(header::SET_COOKIE, carried);
            }
            response
        }
        Err(refusal) => {
            let left = Left { said: Some(Said::from(&refusal)), typed: String::new() };
            show(&shared, &me, left, frame::status_of(refusal.because)).await
        }
    }
}

async fn by_hand(shared: &Shared, me: &Person, is_admin: bool, form: &HandleForm) -> Result<String, Refusal> {
    let how = match form.how.as_str() {
        "retry" => Handle::Retry,
        "drop" => Handle::Drop { reason: form.reason.clone() },
        _ => {
            return Err(Refusal::invalid(
                "A delivery can be retried or dropped.",
                "Use one of the two buttons.",
            ));
        }
    };
    shared.console.desk.handle_delivery(me, is_admin, form.delivery, how).await
}
