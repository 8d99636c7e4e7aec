//! The page behind a page's link. To open it changes nothing, since chats and mail programs open links by themselves; the
//! button does.

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};

use super::reply;
use crate::{
    desk::{Desk, paging::Linked},
    incident::refusal::{Because, Refusal},
};

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

#[derive(Template)]
#[template(path = "acknowledge.html")]
struct Page {
    heading: String,
    lines: Vec<String>,
    has_button: bool,
}

pub fn router(desk: Arc<Desk>) -> Router {
    Router::new().route("/ack/{token}", get(look).post(acknowledge)).with_state(desk)
}

async fn look(State(desk): State<Arc<Desk>>, Path(token): Path<String>) -> Response {
    match desk.page_behind(&token).await {
        Ok(linked) => page(StatusCode::OK, told(&linked)),
        Err(refusal) => refused(&refusal),
    }
}

async fn acknowledge(State(desk): State<Arc<Desk>>, Path(token): Path<String>) -> Response {
    if let Err(refusal) = desk.acknowledge_by_link(&token).await
        && refusal.because != Because::Conflict
    {
        return refused(&refusal);
    }
    // What holds now, whoever was first.
    look(State(desk), Path(token)).await
}

fn told(linked: &Linked) -> Page {
    let title = if linked.title.is_empty() { "It is restricted." } else { &linked.title };
    let stands = match &linked.answered_by {
        Some(by) if by.id == linked.person.id => "You have it: nobody else is paged.".to_owned(),
        Some(by) => format!("{by} has it already."),
        None if linked.is_over => "Nobody is paged for it any more.".to_owned(),
        None => format!(
            "{} is being paged. Who presses the button has it, and nobody else is woken.",
            linked.person
        ),
    };
    Page {
        heading: format!("{} {}", linked.severity, linked.incident),
        lines: vec![title.to_owned(), stands],
        has_button: linked.answered_by.is_none() && !linked.is_over,
    }
}

fn refused(refusal: &Refusal) -> Response {
    if refusal.because == Because::Unavailable {
        return reply::refused(refusal);
    }
    let status =
        if refusal.because == Because::NotFound { StatusCode::NOT_FOUND } else { StatusCode::FORBIDDEN };
    let lines = vec![refusal.why.clone(), refusal.instead.clone()];
    page(status, Page { heading: "Not acknowledged".to_owned(), lines, has_button: false })
}

fn page(status: StatusCode, page: Page) -> Response {
    let Ok(body) = page.render() else {
        return reply::error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "unavailable",
            "The page could not be made.",
            "Say `ack` in the chat.",
        );
    };
    let mut response = (status, Html(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
