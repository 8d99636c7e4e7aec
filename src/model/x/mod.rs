//! A model of X: accounts, posts, threads, short addresses, the refusal of duplicates, rate limits, signatures.
//!
//! It answers as X API v2 answers, as far as an account that posts needs it, and shows at `/` what the public
//! would see.

mod auth;
#[cfg(test)]
mod tests;
mod world;

use std::{
    collections::{HashMap, HashSet},
    io,
};

use askama::Template;
use axum::{
    Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

pub use self::world::{Account, Post};
use self::world::{Refusal, World};
use super::{fault::Fault, stand::Stand};
use crate::publish::{Now, x::XSettings};

/// A running X. It stops when it is dropped.
pub struct XModel {
    stand: Stand<World>,
}

type Shared = super::stand::Shared<World>;

impl std::ops::Deref for XModel {
    type Target = Stand<World>;
    fn deref(&self) -> &Stand<World> {
        &self.stand
    }
}

impl XModel {
    /// # Errors
    /// If no port on loopback can be had.
    pub async fn start(accounts: Vec<Account>, now: Now) -> io::Result<Self> {
        let api = Router::new()
            .route("/2/tweets", post(create))
            .route("/2/users/me", get(me))
            .route("/2/users/{id}/tweets", get(timeline));
        let public = Router::new().route("/", get(page)).route("/i/status/{id}", get(page));
        let shared = Shared::new(World::new(accounts), now);
        Ok(Self { stand: Stand::start(shared, api, public, say).await? })
    }

    /// Settings of a publisher that posts here for the first account.
    pub fn settings(&self) -> XSettings {
        let world = self.world();
        let mut settings = XSettings { base_url: self.url(), web_url: self.url(), ..XSettings::default() };
        if let Some(account) = world.accounts.first() {
            settings.api_key = account.api_key.clone();
            settings.api_key_secret = account.api_key_secret.clone();
            settings.access_token = account.access_token.clone();
            settings.access_token_secret = account.access_token_secret.clone();
        }
        settings
    }
    /// Every post, oldest first.
    pub fn posts(&self) -> Vec<Post> {
        self.world().posts.clone()
    }
    /// The public deletes nothing, but the account's owner may.
    pub fn delete(&self, id: u64) {
        self.world().posts.retain(|p| p.id != id);
    }
    /// Posts allowed in 15 minutes.
    pub fn limit(&self, posts_per_window: u32) {
        self.world().posts_per_window = posts_per_window;
    }
    /// Speak the API's older naming: `tweet.fields` in place of `post.fields`.
    pub fn use_old_names(&self) {
        self.world().old_names = true;
    }
    /// Change the accounts: keys withdrawn, permission taken.
    pub fn accounts(&self, change: impl FnOnce(&mut Vec<Account>)) {
        change(&mut self.world().accounts);
    }
}

fn problem(status: u16, title: &str, detail: &str) -> Response {
    let body = json!({"title": title, "detail": detail, "type": "about:blank", "status": status});
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [("content-type", "application/problem+json")], body.to_string()).into_response()
}

fn say(fault: Fault) -> Response {
    match fault {
        Fault::Limit => problem(429, "Too Many Requests", "Too Many Requests"),
        Fault::Break => problem(500, "Internal Server Error", "Something went wrong."),
        _ => problem(403, "Forbidden", "You are not permitted to perform this action."),
    }
}

fn limited(mut response: Response, limit: u32, left: u32, reset: DateTime<Utc>) -> Response {
    let headers = response.headers_mut();
    headers.insert("x-rate-limit-limit", limit.into());
    headers.insert("x-rate-limit-remaining", left.into());
    headers.insert("x-rate-limit-reset", reset.timestamp().into());
    response
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPost {
    text: String,
    reply: Option<Reply>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    in_reply_to_tweet_id: String,
}

async fn create(
    State(shared): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let now = (shared.now)();
    let mut world = shared.world();
    let Some(account) = auth::authenticate(&mut world, &method, &uri, &headers, now) else {
        return problem(401, "Unauthorized", "Unauthorized");
    };
    let limit = world.posts_per_window;
    let (left, reset) = match world.count(now) {
        Ok(counted) => counted,
        Err(reset) => {
            return limited(problem(429, "Too Many Requests", "Too Many Requests"), limit, 0, reset);
        }
    };
    let is_json = headers.get("content-type").is_some_and(|v| v.as_bytes().starts_with(b"application/json"));
    let new: NewPost = match serde_json::from_slice(&body) {
        Ok(new) if is_json => new,
        _ => return problem(400, "Invalid Request", "One or more parameters to your request was invalid."),
    };
    if !account.can_write {
        let detail = "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint.";
        return problem(403, "Forbidden", detail);
    }
    let reply_to = new.reply.as_ref().map(|r| r.in_reply_to_tweet_id.as_str());
    let response = match world.post(&account.id, &new.text, reply_to, now) {
        Ok(post) => {
            (StatusCode::CREATED, axum::Json(json!({ "data": post.json(&HashSet::new()) }))).into_response()
        }
        Err(Refusal(status, title, detail)) => problem(status, title, &detail),
    };
    limited(response, limit, left, reset)
}

async fn me(State(shared): State<Shared>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let mut world = shared.world();
    match auth::authenticate(&mut world, &method, &uri, &headers, (shared.now)()) {
        Some(a) => {
            axum::Json(json!({"data": {"id": a.id, "name": a.name, "username": a.username}})).into_response()
        }
        None => problem(401, "Unauthorized", "Unauthorized"),
    }
}

async fn timeline(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let mut world = shared.world();
    if auth::authenticate(&mut world, &method, &uri, &headers, (shared.now)()).is_none() {
        return problem(401, "Unauthorized", "Unauthorized");
    }
    let fields_name = if world.old_names { "tweet.fields" } else { "post.fields" };
    let known = ["max_results", "start_time", "pagination_token", fields_name];
    if let Some(name) = query.keys().find(|name| !known.contains(&name.as_str())) {
        let detail = format!("The query parameter [{name}] is not one of [{}]", known.join(","));
        return problem(400, "Invalid Request", &detail);
    }
    let number = |name: &str, otherwise: usize| match query.get(name) {
        None => Some(otherwise),
        Some(text) => text.parse::<usize>().ok(),
    };
    let start = query.get("start_time").map(|t| t.parse::<DateTime<Utc>>());
    let (Some(rows @ 5..=100), Some(skip), None | Some(Ok(_))) =
        (number("max_results", 10), number("pagination_token", 0), &start)
    else {
        return problem(400, "Invalid Request", "One or more parameters to your request was invalid.");
    };
    let since = start.and_then(Result::ok);
    let fields: HashSet<String> =
        query.get(fields_name).map(|f| f.split(',').map(str::to_owned).collect()).unwrap_or_default();
    let all: Vec<&Post> = world
        .posts
        .iter()
        .rev()
        .filter(|p| p.author == id && since.is_none_or(|since| p.created_at >= since))
        .collect();
    let data: Vec<Value> = all.iter().skip(skip).take(rows).map(|p| p.json(&fields)).collect();
    let mut meta = json!({ "result_count": data.len() });
    if skip + data.len() < all.len() {
        meta["next_token"] = json!((skip + data.len()).to_string());
    }
    let body = if data.is_empty() { json!({ "meta": meta }) } else { json!({ "data": data, "meta": meta }) };
    axum::Json(body).into_response()
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>X (a model)</title>
<style>body{font:16px/1.5 sans-serif;max-width:38rem;margin:2rem auto;padding:0 1rem;color:#0f1419}
article{border-bottom:1px solid #d4d9dd;padding:.75rem 0}article.reply{margin-left:2rem}
p{margin:.25rem 0;white-space:pre-wrap;overflow-wrap:anywhere}small{color:#536471}</style></head>
<body><h1>X</h1><p><small>A model for demonstration and tests. Nothing here is public.</small></p>
{% for p in posts %}<article class="{% if p.reply %}reply{% endif %}" id="{{ p.id }}"><b>{{ p.name }}</b> <small>@{{ p.username }} · {{ p.at }}</small>
<p>{{ p.text }}</p>{% for link in p.links %}<small>{{ link }}</small> {% endfor %}</article>
{% else %}<p>No posts yet.</p>{% endfor %}</body></html>"#
)]
struct Page {
    posts: Vec<Shown>,
}

struct Shown {
    id: u64,
    reply: bool,
    name: String,
    username: String,
    at: String,
    text: String,
    links: Vec<String>,
}

/// Threads in the order of their first posts, newest thread first.
async fn page(State(shared): State<Shared>) -> Response {
    let world = shared.world();
    let mut posts: Vec<&Post> = world.posts.iter().collect();
    posts.sort_by_key(|p| (std::cmp::Reverse(p.conversation), p.id));
    let posts = posts
        .into_iter()
        .map(|p| {
            let author = world.accounts.iter().find(|a| a.id == p.author);
            Shown {
                id: p.id,
                reply: p.reply_to.is_some(),
                name: author.map(|a| a.name.clone()).unwrap_or_default(),
                username: author.map(|a| a.username.clone()).unwrap_or_default(),
                at: p.created_at.format("%Y-%m-%d %H:%M UTC").to_string(),
                text: p.shown().to_owned(),
                links: p.links().map(str::to_owned).collect(),
            }
        })
        .collect();
    match (Page { posts }).render() {
        Ok(html) => Html(html).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
