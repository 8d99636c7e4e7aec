//! The console's login, where tokens are configured: a token is exchanged for a session.

use std::sync::Arc;

use axum::{
    Extension, Form, Router,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;

use super::{
    auth::{Auth, SESSION_COOKIE, cookie},
    proxies::Peer,
    server::Guard,
};

#[derive(Deserialize)]
struct Given {
    token: String,
}

pub fn router(guard: Arc<Guard>) -> Router {
    Router::new().route("/login", get(form).post(login)).route("/logout", post(logout)).with_state(guard)
}

fn page(message: &str) -> Response {
    // `message` is one of ours; nothing a visitor typed comes back.
    let body = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>Log in – commandpost</title><link rel=stylesheet href=/console/assets/console.css>\
         <main><h1>Log in</h1><p>{message}</p><form method=post action=/login>\
         <label>Token <input type=password name=token required autofocus autocomplete=current-password></label>\
         <button>Log in</button></form></main></html>"
    );
    let policy =
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    let mut response = Html(body).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn form() -> Response {
    page("Paste your token; it is one of the configuration’s [[auth.token]].")
}

async fn login(
    State(guard): State<Arc<Guard>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Form(given): Form<Given>,
) -> Response {
    let Some(who) = guard.auth.by_token(given.token.trim()).filter(|who| who.may_write) else {
        let client = peer.map(|Extension(Peer(peer))| guard.proxies.client(peer.ip(), &headers).to_string());
        tracing::warn!(client, "a token was refused at the login");
        // A guess costs time.
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let mut response = page("That token is not known here, or it may only read.");
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        return response;
    };
    let id = format!("{}{}", guard.world.salt(), guard.world.salt());
    guard.auth.begin_session(&id, who, guard.world.now());
    // Whoever writes this header untrusted only makes their own cookie stricter.
    let secure = headers.get("x-forwarded-proto").is_some_and(|proto| proto.as_bytes() == b"https");
    set_cookie(&id, secure, Redirect::to("/console/").into_response())
}

async fn logout(State(guard): State<Arc<Guard>>, headers: HeaderMap) -> Response {
    if let Some(id) = cookie(&headers, SESSION_COOKIE) {
        guard.auth.end_session(id);
    }
    set_cookie("", false, Redirect::to("/login").into_response())
}

fn set_cookie(id: &str, secure: bool, mut response: Response) -> Response {
    let secure = if secure { "; Secure" } else { "" };
    let age = if id.is_empty() { "; Max-Age=0" } else { "" };
    let value = format!("{SESSION_COOKIE}={id}; Path=/; HttpOnly; SameSite=Strict{secure}{age}");
    if let Ok(value) = HeaderValue::from_str(&value) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// Whether a visitor must log in first.
pub fn is_needed(auth: &Auth, headers: &HeaderMap, now: chrono::DateTime<chrono::Utc>) -> bool {
    !auth.is_open() && auth.who(headers, now).is_none()
}
