//! Application commands, everywhere and in one guild: overwrite all, list, create, change, delete.

use axum::{Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use serde_json::Value;

use super::{Reply, empty, ok};
use crate::model::discord::{
    error::ApiError,
    form::{At, Form},
    id::Id,
    rules::{check_commands, check_one},
    service::Service,
    world::{Command, World},
};

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/applications/{app}/commands", get(list).put(overwrite).post(create))
        .route("/applications/{app}/commands/{command}", get(read).patch(change).delete(remove))
        .route("/applications/{app}/guilds/{guild}/commands", get(list_in).put(overwrite_in).post(create_in))
        .route(
            "/applications/{app}/guilds/{guild}/commands/{command}",
            get(read_in).patch(change_in).delete(remove_in),
        )
}

fn check(w: &World, app: Id, guild: Option<Id>) -> Result<(), ApiError> {
    w.check_application(app)?;
    guild.map_or(Ok(()), |g| w.check_guild(g))
}

async fn list(State(service): State<Service>, At(app): At<Id>) -> Reply {
    show_all(&service, app, None)
}
async fn list_in(State(service): State<Service>, At((app, guild)): At<(Id, Id)>) -> Reply {
    show_all(&service, app, Some(guild))
}

fn show_all(service: &Service, app: Id, guild: Option<Id>) -> Reply {
    ok(service.look(|w| {
        check(w, app, guild)?;
        let own = w.commands.iter().filter(|c| c.guild == guild);
        Ok::<Value, ApiError>(own.map(|c| w.command_json(c)).collect())
    })?)
}

async fn overwrite(State(service): State<Service>, At(app): At<Id>, form: Form) -> Reply {
    replace_all(&service, app, None, &form)
}
async fn overwrite_in(State(service): State<Service>, At((app, guild)): At<(Id, Id)>, form: Form) -> Reply {
    replace_all(&service, app, Some(guild), &form)
}

fn replace_all(service: &Service, app: Id, guild: Option<Id>, form: &Form) -> Reply {
    let sent = form.body.as_array().map_or(&[][..], Vec::as_slice);
    service.with(|w| {
        check(w, app, guild)?;
        check_commands(sent)?;
        let old: Vec<Command> = w.commands.iter().filter(|c| c.guild == guild).cloned().collect();
        w.commands.retain(|c| c.guild != guild);
        for body in sent {
            let kept = old
                .iter()
                .find(|o| o.name() == body["name"] && o.kind() == body["type"].as_u64().unwrap_or(1));
            put(w, guild, body.clone(), kept);
        }
        Ok::<(), ApiError>(())
    })?;
    show_all(service, app, guild)
}

/// Registers a command under the id and, if it is unchanged, the version that it had.
fn put(w: &mut World, guild: Option<Id>, body: Value, kept: Option<&Command>) -> Command {
    let id = kept.map_or_else(|| w.id(), |k| k.id);
    let version = kept.filter(|k| k.body == body).map_or_else(|| w.id(), |k| k.version);
    let command = Command { id, version, guild, body };
    w.commands.push(command.clone());
    command
}

async fn create(State(service): State<Service>, At(app): At<Id>, form: Form) -> Reply {
    add(&service, app, None, form)
}
async fn create_in(State(service): State<Service>, At((app, guild)): At<(Id, Id)>, form: Form) -> Reply {
    add(&service, app, Some(guild), form)
}

fn add(service: &Service, app: Id, guild: Option<Id>, form: Form) -> Reply {
    let (existed, json) = service.with(|w| {
        check(w, app, guild)?;
        check_one(&form.body)?;
        let same = |c: &Command| {
            c.guild == guild
                && c.name() == form.body["name"]
                && c.kind() == form.body["type"].as_u64().unwrap_or(1)
        };
        let old = w.commands.iter().position(same).map(|at| w.commands.remove(at));
        let command = put(w, guild, form.body.clone(), old.as_ref());
        Ok::<_, ApiError>((old.is_some(), w.command_json(&command)))
    })?;
    let status = if existed { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, axum::Json(json)).into_response())
}

async fn read(State(service): State<Service>, At((app, id)): At<(Id, Id)>) -> Reply {
    show(&service, app, None, id)
}
async fn read_in(State(service): State<Service>, At((app, guild, id)): At<(Id, Id, Id)>) -> Reply {
    show(&service, app, Some(guild), id)
}

fn position(w: &World, app: Id, guild: Option<Id>, id: Id) -> Result<usize, ApiError> {
    check(w, app, guild)?;
    w.commands.iter().position(|c| c.guild == guild && c.id == id).ok_or(ApiError::UNKNOWN_COMMAND)
}

fn show(service: &Service, app: Id, guild: Option<Id>, id: Id) -> Reply {
    ok(service.look(|w| {
        let at = position(w, app, guild, id)?;
        w.commands.get(at).map(|c| w.command_json(c)).ok_or(ApiError::UNKNOWN_COMMAND)
    })?)
}

async fn change(State(service): State<Service>, At((app, id)): At<(Id, Id)>, form: Form) -> Reply {
    edit(&service, app, None, id, &form)
}
async fn change_in(
    State(service): State<Service>,
    At((app, guild, id)): At<(Id, Id, Id)>,
    form: Form,
) -> Reply {
    edit(&service, app, Some(guild), id, &form)
}

fn edit(service: &Service, app: Id, guild: Option<Id>, id: Id, form: &Form) -> Reply {
    service.with(|w| {
        let at = position(w, app, guild, id)?;
        let version = w.id();
        let command = w.commands.get_mut(at).ok_or(ApiError::UNKNOWN_COMMAND)?;
        let mut body = command.body.clone();
        for (key, value) in form.body.as_object().into_iter().flatten() {
            body[key.as_str()] = value.clone();
        }
        check_one(&body)?;
        (command.body, command.version) = (body, version);
        Ok::<(), ApiError>(())
    })?;
    show(service, app, guild, id)
}

async fn remove(State(service): State<Service>, At((app, id)): At<(Id, Id)>) -> Reply {
    drop_one(&service, app, None, id)
}
async fn remove_in(State(service): State<Service>, At((app, guild, id)): At<(Id, Id, Id)>) -> Reply {
    drop_one(&service, app, Some(guild), id)
}

fn drop_one(service: &Service, app: Id, guild: Option<Id>, id: Id) -> Reply {
    service.with(|w| position(w, app, guild, id).map(|at| w.commands.remove(at)))?;
    empty()
}
