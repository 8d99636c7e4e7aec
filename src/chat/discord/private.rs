//! The private place of a restricted incident: a private thread below the command post; where incidents have channels or
//! forum posts, a channel that its overwrites keep to a few. A forum has no private posts.
//!
//! Discord lets whoever has “Manage Threads” in the command post see its private threads, and administrators everything.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    DiscordDoor,
    deliver::{Doing, outcome},
    render,
    rest::Trouble,
    space::{ARCHIVE_AFTER_MINUTES, PRIVATE_THREAD, TEXT_CHANNEL},
};
use crate::{
    chat::{
        bring::{Halt, Step},
        private::Private,
        space::private_name,
    },
    config::IncidentSpace,
    incident::{id::IncidentId, state::Incident},
    outbox::port::Outcome,
};

const VIEW_CHANNEL: u64 = 1 << 10;
/// What people do in a channel: see it, write, show links and files, read what was said before.
const TAKE_PART: u64 = VIEW_CHANNEL | 1 << 11 | 1 << 14 | 1 << 15 | 1 << 16;
/// Kinds of overwrites: of a role, of a member.
const ROLE: u64 = 0;
const MEMBER: u64 = 1;
const ARCHIVED: u64 = 50083;

impl Private for DiscordDoor {
    fn account_of(&self, person: &str) -> Option<String> {
        self.settings.account_of(person)
    }

    async fn open_private(&self, incident: &Incident, former: &str, _is_retry: bool) -> Step<String> {
        let id = incident.id;
        if let Some(found) = self.find_private(id).await?.filter(|found| found != former) {
            return Ok(found);
        }
        let made = match self.settings.space {
            IncidentSpace::Thread => self.open_private_thread(id).await?,
            IncidentSpace::Channel | IncidentSpace::Forum => self.open_private_channel(id).await?,
        };
        let why = "Discord's answer to a new private place could not be read.".to_owned();
        match made["id"].as_str() {
            Some(made) => Ok(made.to_owned()),
            None => self.find_private(id).await?.ok_or_else(|| Outcome::Unknown { why }.into()),
        }
    }

    async fn members(&self, at: &str) -> Step<Option<BTreeSet<String>>> {
        let place = self.place(at).await?;
        // Who is in a thread, Discord tells only with the Server Members intent.
        if place["type"] == PRIVATE_THREAD {
            return Ok(None);
        }
        if !self.is_kept(&place) {
            let why =
                format!("The channel {at} is open to everybody by now. Delete it, and another is made.");
            return Err(Halt::Barred(why));
        }
        let me = self.me().await?;
        let members = overwrites(&place).filter(|one| one["type"] == MEMBER && one["id"] != me.as_str());
        Ok(Some(members.filter_map(|one| one["id"].as_str().map(str::to_owned)).collect()))
    }

    async fn let_in(&self, at: &str, account: &str) -> Step<Option<String>> {
        let is_thread = self.place(at).await?["type"] == PRIVATE_THREAD;
        let (path, body) = match is_thread {
            true => (format!("/channels/{at}/thread-members/{account}"), None),
            false => {
                let body = json!({"type": MEMBER, "allow": TAKE_PART, "deny": 0});
                (format!("/channels/{at}/permissions/{account}"), Some(body))
            }
        };
        let mut done = self.rest.put(&path, body.clone()).await;
        if done.as_ref().is_err_and(|trouble| trouble.code() == ARCHIVED) {
            self.wake(at).await?;
            done = self.rest.put(&path, body).await;
        }
        match done {
            Ok(_) => Ok(None),
            Err(trouble) if trouble.is_channel_gone() => Err(Halt::SpaceGone),
            Err(trouble @ Trouble::Refused { .. }) => {
                Ok(outcome(trouble, Doing::LetIn, at).why().map(str::to_owned))
            }
            Err(trouble) => Err(outcome(trouble, Doing::LetIn, at).into()),
        }
    }

    async fn take_out(&self, at: &str, account: &str) -> Step<()> {
        let is_thread = self.place(at).await?["type"] == PRIVATE_THREAD;
        let what = if is_thread { "thread-members" } else { "permissions" };
        let path = format!("/channels/{at}/{what}/{account}");
        let mut done = self.rest.delete(&path).await;
        if done.as_ref().is_err_and(|trouble| trouble.code() == ARCHIVED) {
            self.wake(at).await?;
            done = self.rest.delete(&path).await;
        }
        match done {
            Ok(_) => Ok(()),
            Err(trouble) if trouble.is_nobody() => Ok(()),
            Err(trouble) if trouble.is_channel_gone() => Err(Halt::SpaceGone),
            Err(trouble) => Err(outcome(trouble, Doing::TakeOut, at).into()),
        }
    }
}

fn overwrites(channel: &Value) -> impl Iterator<Item = &Value> {
    channel["permission_overwrites"].as_array().into_iter().flatten()
}

impl DiscordDoor {
    async fn place(&self, at: &str) -> Step<Value> {
        match self.rest.get(&format!("/channels/{at}")).await {
            Ok(place) => Ok(place),
            Err(trouble) if trouble.is_channel_gone() => Err(Halt::SpaceGone),
            Err(trouble) => Err(outcome(trouble, Doing::Read, at).into()),
        }
    }

    /// Whether the channel's overwrites keep everybody out; the role of everybody has the server's id.
    fn is_kept(&self, channel: &Value) -> bool {
        overwrites(channel).any(|one| {
            let denied = one["deny"].as_str().and_then(|bits| bits.parse::<u64>().ok()).unwrap_or_default();
            one["id"] == self.settings.guild_id.as_str() && denied & VIEW_CHANNEL != 0
        })
    }

    /// A private place made by an earlier attempt, whose answer was lost.
    async fn find_private(&self, id: IncidentId) -> Step<Option<String>> {
        let is_thread = self.settings.space == IncidentSpace::Thread;
        let me = self.me().await?;
        let is_it = |one: &Value| match is_thread {
            true => {
                one["type"] == PRIVATE_THREAD
                    && one["owner_id"] == me.as_str()
                    && one["parent_id"] == self.settings.channel_id.as_str()
                    && one["name"] == render::private_thread_name(id)
            }
            false => one["type"] == TEXT_CHANNEL && one["name"] == private_name(id, "") && self.is_kept(one),
        };
        self.find_place(!is_thread, is_it).await
    }

    async fn open_private_thread(&self, id: IncidentId) -> Step<Value> {
        let post = &self.settings.channel_id;
        let body = json!({
            "name": render::private_thread_name(id),
            "type": PRIVATE_THREAD,
            "auto_archive_duration": ARCHIVE_AFTER_MINUTES,
            // Nobody in it brings in somebody else.
            "invitable": false,
        });
        let made = self.rest.post(&format!("/channels/{post}/threads"), body).await;
        made.map_err(|trouble| outcome(trouble, Doing::OpenPrivateThread, post).into())
    }

    async fn open_private_channel(&self, id: IncidentId) -> Step<Value> {
        let me = self.me().await?;
        let body = json!({
            "name": private_name(id, ""),
            "type": TEXT_CHANNEL,
            "permission_overwrites": [
                {"id": self.settings.guild_id, "type": ROLE, "allow": 0, "deny": VIEW_CHANNEL},
                {"id": me, "type": MEMBER, "allow": TAKE_PART, "deny": 0},
            ],
        });
        self.make_channel(body, Doing::OpenPrivateChannel).await
    }
}
