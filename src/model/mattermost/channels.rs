//! Users, teams and channels, as far as a bot like ours asks about them.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use serde_json::{Value, json};

use super::{
    Shared,
    api::{Done, answer, forbidden, refuse},
    world::{Channel, World},
};

const NAME_MAX: usize = 64;
const HEADER_MAX: usize = 1_024;

/// A channel that is there and that the bot may look into.
pub(super) fn channel<'w>(w: &'w World, id: &str) -> Result<&'w Channel, super::api::Refusal> {
    let found = w.channels.get(id);
    let found = found.ok_or_else(|| {
        refuse(404, "app.channel.get.existing.app_error", "Unable to find the existing channel.")
    })?;
    let may = found.members.contains(&w.bot)
        || (!found.is_private && w.permissions.contains("read_public_channel"));
    if may { Ok(found) } else { Err(forbidden()) }
}

pub(super) async fn user(State(shared): State<Shared>, Path(id): Path<String>) -> Response {
    let world = shared.world();
    let id = if id == "me" { &world.bot } else { &id };
    let found = world.users.get(id).map(|user| world.user_json(user));
    answer(
        StatusCode::OK,
        found.ok_or_else(|| refuse(404, "app.user.missing_account.const", "Unable to find the user.")),
    )
}

pub(super) async fn username(State(shared): State<Shared>, Path(name): Path<String>) -> Response {
    let world = shared.world();
    let found = world.users.values().find(|user| user.username == name).map(|user| world.user_json(user));
    let none = || refuse(404, "app.user.get_by_username.app_error", "Unable to find an existing account.");
    answer(StatusCode::OK, found.ok_or_else(none))
}

pub(super) async fn mine(
    State(shared): State<Shared>,
    Path((user, team)): Path<(String, String)>,
) -> Response {
    let world = shared.world();
    if team != world.team || (user != "me" && user != world.bot) {
        return answer(StatusCode::OK, Err(forbidden()));
    }
    let mine = world.channels.values().filter(|one| one.members.contains(&world.bot) && !one.is_archived);
    answer(StatusCode::OK, Ok(mine.map(|one| world.channel_json(one)).collect()))
}

pub(super) async fn get(State(shared): State<Shared>, Path(id): Path<String>) -> Response {
    let world = shared.world();
    answer(StatusCode::OK, channel(&world, &id).map(|found| world.channel_json(found)))
}

pub(super) async fn by_name(
    State(shared): State<Shared>,
    Path((team, name)): Path<(String, String)>,
) -> Response {
    let world = shared.world();
    let found =
        world.channels.values().find(|one| one.name == name && !one.is_archived && team == world.team);
    let none = || refuse(404, "app.channel.get_by_name.missing.app_error", "Channel does not exist.");
    let done = found.ok_or_else(none).and_then(|found| channel(&world, &found.id));
    answer(StatusCode::OK, done.map(|found| world.channel_json(found)))
}

pub(super) async fn create(State(shared): State<Shared>, Json(body): Json<Value>) -> Response {
    let mut world = shared.world();
    let done = created(&mut world, &body);
    answer(StatusCode::CREATED, done)
}

fn valid(name: &str) -> Result<(), super::api::Refusal> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if name.is_empty() || name.len() > NAME_MAX || !name.chars().all(fits) || name.ends_with('-') {
        return Err(refuse(
            400,
            "model.channel.is_valid.1_or_more.app_error",
            "Name must be lowercase letters and digits.",
        ));
    }
    Ok(())
}

fn created(w: &mut World, body: &Value) -> Done {
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let name = text("name");
    valid(name)?;
    if text("display_name").chars().count() > NAME_MAX {
        return Err(refuse(400, "model.channel.is_valid.display_name.app_error", "Invalid display name."));
    }
    let needed = match text("type") {
        "O" => "create_public_channel",
        "P" => "create_private_channel",
        _ => return Err(refuse(400, "model.channel.is_valid.type.app_error", "Invalid type.")),
    };
    if text("team_id") != w.team || !w.permissions.contains(needed) {
        return Err(forbidden());
    }
    if w.channels.values().any(|one| one.name == name) {
        let why = "A channel with that name already exists on the same team.";
        return Err(refuse(400, "store.sql_channel.save_channel.exists.app_error", why));
    }
    let bot = w.bot.clone();
    let id = w.new_channel(name, &bot);
    if let Some(found) = w.channels.get_mut(&id) {
        found.title = text("display_name").to_owned();
        found.is_private = text("type") == "P";
    }
    channel(w, &id).map(|found| w.channel_json(found))
}

pub(super) async fn direct(State(shared): State<Shared>, Json(body): Json<Value>) -> Response {
    let mut world = shared.world();
    let users: Vec<String> =
        body.as_array().into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned)).collect();
    if users.len() != 2 || !users.iter().all(|user| world.users.contains_key(user)) {
        return answer(
            StatusCode::OK,
            Err(refuse(400, "api.context.invalid_body_param.app_error", "Invalid user_ids.")),
        );
    }
    let name = users.join("__");
    let known = world.channels.values().find(|one| one.name == name).map(|one| one.id.clone());
    let id = known.unwrap_or_else(|| {
        let id = world.new_channel(&name, &users[0]);
        if let Some(found) = world.channels.get_mut(&id) {
            (found.is_direct, found.is_private) = (true, true);
            found.members.extend(users);
        }
        id
    });
    answer(StatusCode::CREATED, channel(&world, &id).map(|found| world.channel_json(found)))
}

pub(super) async fn patch(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    let mut world = shared.world();
    let done = patched(&mut world, &id, &body);
    answer(StatusCode::OK, done)
}

fn patched(w: &mut World, id: &str, body: &Value) -> Done {
    let found = channel(w, id)?;
    let needed = match found.is_private {
        true => "manage_private_channel_properties",
        false => "manage_public_channel_properties",
    };
    if !w.permissions.contains(needed) || !found.members.contains(&w.bot) {
        return Err(forbidden());
    }
    let (header, title) = (body["header"].as_str(), body["display_name"].as_str());
    if header.is_some_and(|header| header.chars().count() > HEADER_MAX) {
        return Err(refuse(400, "model.channel.is_valid.header.app_error", "Invalid header."));
    }
    if title.is_some_and(|title| title.chars().count() > NAME_MAX) {
        return Err(refuse(400, "model.channel.is_valid.display_name.app_error", "Invalid display name."));
    }
    let name = body["name"].as_str();
    if let Some(name) = name {
        valid(name)?;
        if w.channels.values().any(|one| one.name == name && one.id != id) {
            let why = "A channel with that name already exists on the same team.";
            return Err(refuse(400, "store.sql_channel.update.exists.app_error", why));
        }
    }
    if let Some(found) = w.channels.get_mut(id) {
        // What is not named stays as it is.
        found.header = header.unwrap_or(&found.header).to_owned();
        found.title = title.unwrap_or(&found.title).to_owned();
        found.name = name.unwrap_or(&found.name).to_owned();
    }
    channel(w, id).map(|found| w.channel_json(found))
}

pub(super) async fn member(
    State(shared): State<Shared>,
    Path((id, user)): Path<(String, String)>,
) -> Response {
    let world = shared.world();
    let done = channel(&world, &id).and_then(|found| {
        let none = || refuse(404, "app.channel.get_member.missing.app_error", "No channel member found.");
        found.members.contains(&user).then(|| member_json(&id, &user)).ok_or_else(none)
    });
    answer(StatusCode::OK, done)
}

pub(super) async fn add_member(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    let mut world = shared.world();
    let user = body["user_id"].as_str().unwrap_or_default().to_owned();
    let may = |found: &Channel| {
        let needed = match found.is_private {
            true => "manage_private_channel_members",
            false if user == world.bot => "join_public_channels",
            false => "manage_public_channel_members",
        };
        world.permissions.contains(needed)
    };
    let done = match channel(&world, &id) {
        Err(refusal) => Err(refusal),
        Ok(found) if found.is_archived || found.is_direct || !may(found) => Err(forbidden()),
        Ok(_) if !world.users.contains_key(&user) => {
            Err(refuse(404, "app.user.missing_account.const", "Unable to find the user."))
        }
        Ok(_) => Ok(member_json(&id, &user)),
    };
    if done.is_ok()
        && let Some(found) = world.channels.get_mut(&id)
    {
        found.members.insert(user);
    }
    answer(StatusCode::CREATED, done)
}

pub(super) async fn members(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Query(page): Query<Page>,
) -> Response {
    let world = shared.world();
    let done = channel(&world, &id).map(|found| {
        let from = page.page.saturating_mul(page.per_page);
        found.members.iter().skip(from).take(page.per_page).map(|user| member_json(&id, user)).collect()
    });
    answer(StatusCode::OK, done)
}

pub(super) async fn remove_member(
    State(shared): State<Shared>,
    Path((id, user)): Path<(String, String)>,
) -> Response {
    let mut world = shared.world();
    let may = world.permissions.contains("manage_private_channel_members");
    let done = match channel(&world, &id) {
        Err(refusal) => Err(refusal),
        Ok(found) if found.is_private && !may => Err(forbidden()),
        Ok(found) if !found.members.contains(&user) => {
            Err(refuse(404, "app.channel.get_member.missing.app_error", "No channel member found."))
        }
        Ok(_) => Ok(json!({"status": "OK"})),
    };
    if done.is_ok()
        && let Some(found) = world.channels.get_mut(&id)
    {
        found.members.remove(&user);
    }
    answer(StatusCode::OK, done)
}

/// A page of a list.
#[derive(serde::Deserialize)]
pub(super) struct Page {
    page: usize,
    per_page: usize,
}

fn member_json(channel: &str, user: &str) -> Value {
    json!({"channel_id": channel, "user_id": user, "roles": "channel_user", "msg_count": 0, "mention_count": 0})
}
