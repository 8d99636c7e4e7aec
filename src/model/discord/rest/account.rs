//! Who the bot is, where the gateway is, direct messages, and the files that came with messages.

use axum::{
    Router,
    extract::State,
    http::header::CONTENT_TYPE,
    response::IntoResponse,
    routing::{get, post},
};
use serde_json::{Value, json};

use super::{Reply, ok};
use crate::model::discord::{
    error::ApiError,
    form::{At, Form},
    id::Id,
    service::Service,
    shape,
    world::{SessionStarts, World},
};

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/gateway/bot", get(gateway_bot))
        .route("/users/@me", get(me))
        .route("/users/{user}", get(user))
        .route("/users/@me/guilds", get(my_guilds))
        .route("/users/@me/channels", post(open_dm))
        .route("/applications/@me", get(application))
        .route("/oauth2/applications/@me", get(application))
}

pub(super) fn open_routes() -> Router<Service> {
    Router::new().route("/gateway", get(gateway))
}

pub(super) fn files() -> Router<Service> {
    Router::new().route("/attachments/{channel}/{attachment}/{filename}", get(file))
}

async fn gateway(State(service): State<Service>) -> Reply {
    ok(json!({"url": service.look(|w| w.gateway_url.clone())}))
}

async fn gateway_bot(State(service): State<Service>) -> Reply {
    ok(service.look(|w| {
        let starts = w.session_starts;
        json!({
            "url": w.gateway_url, "shards": 1,
            "session_start_limit": {
                "total": SessionStarts::TOTAL, "remaining": starts.left_at(w.now),
                "reset_after": (starts.reset_at - w.now).num_milliseconds().max(0), "max_concurrency": 1,
            },
        })
    }))
}

/// The bot as it sees itself.
pub(in crate::model::discord) fn me_json(world: &World) -> Value {
    let mut json = world.users.get(&world.bot).map_or(Value::Null, shape::user);
    json["mfa_enabled"] = json!(false);
    json["verified"] = json!(true);
    json["locale"] = json!("en-US");
    json["email"] = Value::Null;
    json
}

async fn me(State(service): State<Service>) -> Reply {
    ok(service.look(|w| me_json(w)))
}

async fn user(State(service): State<Service>, At(id): At<Id>) -> Reply {
    ok(service.look(|w| w.users.get(&id).map(shape::user)).ok_or(ApiError::UNKNOWN_USER)?)
}

async fn my_guilds(State(service): State<Service>) -> Reply {
    ok(service.look(|w| {
        json!([{
            "id": w.guild, "name": w.guild_name, "icon": null, "banner": null, "owner": false,
            "permissions": w.guild_permissions(w.bot).to_string(), "features": [],
        }])
    }))
}

async fn open_dm(State(service): State<Service>, form: Form) -> Reply {
    let who: Id = form.body["recipient_id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| ApiError::form("recipient_id", "BASE_TYPE_REQUIRED", "This field is required"))?;
    let json = service.with(|w| {
        if !w.users.contains_key(&who) {
            return Err(ApiError::UNKNOWN_USER);
        }
        let id = w.dm_with(who);
        w.channels.get(&id).map(|c| w.channel_json(c)).ok_or(ApiError::UNKNOWN_CHANNEL)
    })?;
    ok(json)
}

async fn application(State(service): State<Service>) -> Reply {
    ok(service.look(|w| {
        json!({
            "id": w.application, "name": "commandpost", "icon": null, "description": "", "bot_public": false,
            "bot_require_code_grant": false, "owner": w.users.get(&w.owner).map(shape::user),
            "verify_key": "0".repeat(64), "team": null, "flags": 0, "summary": "", "type": null, "hook": true,
            "rpc_origins": [], "bot": me_json(w), "integration_types_config": {"0": {}},
            "approximate_guild_count": 1, "approximate_user_install_count": 0,
        })
    }))
}

async fn file(State(service): State<Service>, At((channel, id, _)): At<(Id, Id, String)>) -> Reply {
    let found = service.look(|w| {
        let mut all = w.messages.values().filter(|m| m.channel == channel).flat_map(|m| &m.attachments);
        all.find(|a| a.id == id).cloned()
    });
    let file = found.ok_or(ApiError::NOT_FOUND)?;
    Ok(([(CONTENT_TYPE, file.content_type)], file.bytes).into_response())
}
