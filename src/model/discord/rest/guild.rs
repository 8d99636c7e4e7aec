//! The guild: itself, its channels, roles and members.

use axum::{
    Router,
    extract::State,
    routing::{get, put},
};
use serde_json::{Value, json};

use super::{
    Reply,
    channels::{overwrites, slug},
    created, empty, ok,
};
use crate::model::discord::{
    error::{ApiError, FormErrors},
    form::{At, Form},
    id::Id,
    permission,
    service::Service,
    shape,
    world::World,
};

const CHANNELS_MAX: usize = 500;

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/guilds/{guild}", get(read))
        .route("/guilds/{guild}/channels", get(channels).post(create_channel))
        .route("/guilds/{guild}/roles", get(roles))
        .route("/guilds/{guild}/members", get(members))
        .route("/guilds/{guild}/members/{user}", get(member))
        .route("/guilds/{guild}/members/{user}/roles/{role}", put(give_role).delete(take_role))
}

async fn read(State(service): State<Service>, At(guild): At<Id>) -> Reply {
    ok(service.look(|w| w.check_guild(guild).map(|()| w.guild_json()))?)
}

async fn channels(State(service): State<Service>, At(guild): At<Id>) -> Reply {
    ok(service.look(|w| {
        w.check_guild(guild)?;
        let own = w.channels.values().filter(|c| c.kind != 1 && c.thread.is_none());
        Ok::<Value, ApiError>(own.map(|c| w.channel_json(c)).collect())
    })?)
}

async fn create_channel(State(service): State<Service>, At(guild): At<Id>, form: Form) -> Reply {
    let body = form.body;
    let json = service.with(|w| {
        w.check_guild(guild)?;
        if w.guild_permissions(w.bot) & permission::MANAGE_CHANNELS == 0 {
            return Err(ApiError::MISSING_PERMISSIONS);
        }
        let kind = body["type"].as_u64().unwrap_or(0);
        let mut errors = FormErrors::default();
        errors.length("name", body["name"].as_str().unwrap_or_default(), 1, 100);
        errors.length("topic", body["topic"].as_str().unwrap_or_default(), 0, 1024);
        if !matches!(kind, 0 | 2 | 4 | 5 | 13 | 15) {
            errors.choices("type", "0, 2, 4, 5, 13, 15");
        }
        errors.done()?;
        if w.channels.values().filter(|c| c.kind != 1 && c.thread.is_none()).count() >= CHANNELS_MAX {
            return Err(ApiError::TOO_MANY_CHANNELS);
        }
        let kind = u8::try_from(kind).unwrap_or(0);
        let mut channel = w.new_channel(kind, &slug(kind, body["name"].as_str().unwrap_or_default()));
        channel.topic = body["topic"].as_str().filter(|t| !t.is_empty()).map(str::to_owned);
        channel.parent = body["parent_id"].as_str().and_then(|p| p.parse().ok());
        channel.overwrites = overwrites(&body["permission_overwrites"]);
        w.channels.insert(channel.id, channel.clone());
        let json = w.channel_json(&channel);
        w.dispatch("CHANNEL_CREATE", Some(channel.id), &json);
        Ok(json)
    })?;
    created(json)
}

async fn roles(State(service): State<Service>, At(guild): At<Id>) -> Reply {
    ok(service.look(|w| {
        w.check_guild(guild)?;
        Ok::<Value, ApiError>(w.roles.values().map(shape::role).collect())
    })?)
}

async fn members(State(service): State<Service>, At(guild): At<Id>) -> Reply {
    ok(service.look(|w| {
        w.check_guild(guild)?;
        Ok::<Value, ApiError>(w.members.values().map(|m| w.member_json(m)).collect())
    })?)
}

async fn member(State(service): State<Service>, At((guild, user)): At<(Id, Id)>) -> Reply {
    ok(service.look(|w| {
        w.check_guild(guild)?;
        w.members.get(&user).map(|m| w.member_json(m)).ok_or(ApiError::UNKNOWN_MEMBER)
    })?)
}

async fn give_role(State(service): State<Service>, At(at): At<(Id, Id, Id)>) -> Reply {
    service.with(|w| set_role(w, at, true))?;
    empty()
}

async fn take_role(State(service): State<Service>, At(at): At<(Id, Id, Id)>) -> Reply {
    service.with(|w| set_role(w, at, false))?;
    empty()
}

fn set_role(w: &mut World, (guild, user, role): (Id, Id, Id), on: bool) -> Result<(), ApiError> {
    w.check_guild(guild)?;
    if w.guild_permissions(w.bot) & permission::MANAGE_ROLES == 0 {
        return Err(ApiError::MISSING_PERMISSIONS);
    }
    let position = w.roles.get(&role).ok_or(ApiError::UNKNOWN_ROLE)?.position;
    if position >= w.rank(w.bot) {
        return Err(ApiError::MISSING_PERMISSIONS);
    }
    let member = w.members.get_mut(&user).ok_or(ApiError::UNKNOWN_MEMBER)?;
    member.roles.retain(|r| *r != role);
    if on {
        member.roles.push(role);
    }
    let member = member.clone();
    let mut event = w.member_json(&member);
    event["guild_id"] = json!(guild);
    w.dispatch("GUILD_MEMBER_UPDATE", None, &event);
    Ok(())
}
