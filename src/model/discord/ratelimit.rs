//! Discord's rate limits: a budget for each route and its major parameter, and one for everything.
//! <https://discord.com/developers/docs/topics/rate-limits>

use std::{collections::HashMap, time::Duration};

use axum::{
    extract::{Request, State},
    http::HeaderValue,
    middleware::Next,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::{error::ApiError, service::Service};

/// So many calls in so long a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    pub calls: u32,
    pub window: Duration,
}

/// Which limits are switched on; none at first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RateLimits {
    /// For each route and channel, guild or webhook.
    pub per_bucket: Option<Budget>,
    /// For all routes but those of interactions.
    pub global: Option<Budget>,
}

#[derive(Debug, Default)]
pub(super) struct RateState {
    pub limits: RateLimits,
    windows: HashMap<String, (DateTime<Utc>, u32)>,
}

struct Standing {
    remaining: u32,
    reset_after_s: f64,
    exceeded: bool,
}

impl RateState {
    fn spend(&mut self, key: &str, budget: Budget, now: DateTime<Utc>) -> Standing {
        let (start, used) = self.windows.entry(key.to_owned()).or_insert((now, 0));
        let elapsed_s = (now - *start).num_milliseconds() as f64 / 1000.0;
        let window_s = budget.window.as_secs_f64();
        if elapsed_s < 0.0 || elapsed_s >= window_s {
            (*start, *used) = (now, 0);
        }
        let reset_after_s = window_s - (now - *start).num_milliseconds() as f64 / 1000.0;
        let exceeded = *used >= budget.calls;
        if !exceeded {
            *used += 1;
        }
        Standing { remaining: budget.calls.saturating_sub(*used), reset_after_s, exceeded }
    }
    pub fn set(&mut self, limits: RateLimits) {
        self.limits = limits;
        self.windows.clear();
    }
}

/// What shares one budget: its bucket, and the channel, guild, or webhook and token of the path.
struct Spent {
    bucket: String,
    major: String,
}

fn spent(request: &Request) -> Spent {
    let path = request.uri().path().trim_start_matches("/api/v10").trim_start_matches('/');
    let majors = match path.split('/').next() {
        Some("webhooks" | "interactions") => 1..=2,
        _ => 1..=1,
    };
    let is_id = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let (mut way, mut major) = (Vec::new(), Vec::new());
    for (at, part) in path.split('/').enumerate() {
        if majors.contains(&at) {
            major.push(part);
        } else {
            way.push(if is_id(part) { "_" } else { part });
        }
    }
    // Which routes share one is Discord's own affair, and may change: here all that is done with pins does.
    let bucket = match way.as_slice() {
        ["channels", "pins" | "messages", ..] if way.contains(&"pins") => "pins".to_owned(),
        _ => format!("{} {}", request.method(), way.join("/")),
    };
    Spent { bucket, major: major.join("/") }
}

/// Middleware inside the routes: spends from the budgets and says so in the headers.
pub(super) async fn limit(State(service): State<Service>, request: Request, next: Next) -> Response {
    let Spent { bucket, major } = spent(&request);
    let of_interaction = bucket.contains(" interactions") || bucket.contains(" webhooks");
    let key = format!("{bucket} {major}");
    let (now, limits, global, own) = service.with_rates(|rates, now| {
        let limits = rates.limits;
        let global =
            limits.global.filter(|_| !of_interaction).map(|budget| rates.spend("global", budget, now));
        let stopped = global.as_ref().is_some_and(|g| g.exceeded);
        let own = limits.per_bucket.filter(|_| !stopped).map(|budget| rates.spend(&key, budget, now));
        (now, limits, global, own)
    });
    if let Some(global) = global.filter(|g| g.exceeded) {
        return ApiError::rate_limited(global.reset_after_s, true).into_response();
    }
    let mut response = match &own {
        Some(own) if own.exceeded => ApiError::rate_limited(own.reset_after_s, false).into_response(),
        _ => next.run(request).await,
    };
    if let (Some(own), Some(budget)) = (own, limits.per_bucket) {
        let reset = now.timestamp_millis() as f64 / 1000.0 + own.reset_after_s;
        let hash = hex::encode(&Sha256::digest(bucket.as_bytes())[..16]);
        for (name, value) in [
            ("x-ratelimit-limit", budget.calls.to_string()),
            ("x-ratelimit-remaining", own.remaining.to_string()),
            ("x-ratelimit-reset", format!("{reset:.3}")),
            ("x-ratelimit-reset-after", format!("{:.3}", own.reset_after_s)),
            ("x-ratelimit-bucket", hash),
        ] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
    }
    response
}
