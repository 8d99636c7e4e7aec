//! Hears what is said, by `/sync`: from where the last run left off, in order, each once.
//!
//! The place up to which everything was heard is kept in the journal after it was done. What was half done when a run
//! ended comes again; the last event done in each room, and the key of each command, keep it from being done twice.
//! Answers stand in the journal as well, and nothing that is heard waits for them ([`Behind`]).

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    MatrixDoor, NAME,
    answer::{Reply, Said},
    behind::Behind,
    encrypted::unheard,
    heard::{self, Heard, Says},
    render,
    rest::{LISTEN, Trouble, part},
    space::gone,
    stand::Stand,
};
use crate::chat::{
    bring::{Halt, catch_up, whole},
    follow::{Change, follow_deletion, forget_card},
    typed::command,
};

/// Events of a room in one answer; more are fetched page by page.
const EVENTS_MAX: usize = 50;
/// Pages of a hundred events fetched after a long absence.
const PAGES_MAX: usize = 50;
const BETWEEN_ROUNDS: Duration = Duration::from_millis(50);
const FIRST_PAUSE_MS: u64 = 500;
const LONGEST_PAUSE_MS: u64 = 15_000;

/// Why a round of listening ended early.
enum Deaf {
    Trouble(Trouble),
    /// Something else, in a sentence; not before this time.
    Why(String, Option<Duration>),
}

impl From<Trouble> for Deaf {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

fn unwritten(halt: Halt, room: &str) -> Deaf {
    let outcome = whole(halt, || gone(room));
    Deaf::Why(outcome.why().unwrap_or_default().to_owned(), outcome.pause())
}

/// The rooms that are new to the bot in this way, with what is said of each.
fn rooms_in<'n>(news: &'n Value, how: &str) -> impl Iterator<Item = (&'n String, &'n Value)> {
    news["rooms"][how].as_object().into_iter().flatten()
}

fn filter() -> Value {
    json!({
        "presence": {"types": []},
        "account_data": {"types": []},
        "room": {
            "account_data": {"types": []},
            "ephemeral": {"types": []},
            "state": {"types": ["m.room.member"], "lazy_load_members": true, "include_redundant_members": true},
            "timeline": {
                "limit": EVENTS_MAX,
                "types": ["m.room.message", "m.reaction", "m.room.redaction", "m.room.encrypted", "m.room.encryption",
                    "m.room.member"],
                "lazy_load_members": true,
                "include_redundant_members": true,
            },
        },
    })
}

impl MatrixDoor {
    /// Listens until the door is stopped.
    pub async fn listen(self: Arc<Self>) {
        let mut behind = Behind::new(self.clone());
        let mut failures = 0_u32;
        while !self.stop.is_cancelled() {
            let round = tokio::select! {
                () = self.stop.cancelled() => return,
                round = self.round(&mut behind) => round,
            };
            let deaf = match round {
                Ok(()) => {
                    failures = 0;
                    if self.standing.set_connected(true, self.desk.world.now()) {
                        tracing::info!("the Matrix homeserver is there");
                        catch_up(&self.desk, NAME).await;
                    }
                    // A server that does not hold the question open is not asked all the time.
                    tokio::time::sleep(BETWEEN_ROUNDS).await;
                    continue;
                }
                Err(deaf) => deaf,
            };
            let full = FIRST_PAUSE_MS.saturating_mul(1 << failures.min(10)).min(LONGEST_PAUSE_MS);
            let mut pause =
                Duration::from_millis((full as f64 * (0.5 + 0.5 * self.desk.world.chance())) as u64);
            let (why, after) = match deaf {
                Deaf::Trouble(trouble) => {
                    let outcome = trouble.outcome("come into", &self.settings.room);
                    let why = outcome.why().filter(|_| outcome.is_tried_again());
                    (why.map_or_else(|| trouble.why(), str::to_owned), outcome.pause())
                }
                Deaf::Why(why, after) => (why, after),
            };
            pause = pause.max(after.unwrap_or_default());
            if self.standing.set_connected(false, self.desk.world.now()) {
                tracing::warn!(?pause, "nothing is heard from Matrix: {why}");
            }
            self.standing.error(why);
            failures = failures.saturating_add(1);
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// One question and all that came of it.
    async fn round(self: &Arc<Self>, behind: &mut Behind) -> Result<(), Deaf> {
        let stand = self.stand().await.map_err(|halt| unwritten(halt, &self.settings.room))?;
        behind.recall().await.map_err(|halt| unwritten(halt, ""))?;
        let since = self.bindings.bound("sync", "since").await.map_err(|halt| unwritten(halt, ""))?;
        let is_first = since.is_none();
        // At the first one, and to see that the homeserver is there, nothing is waited for.
        let patience = if is_first || !self.standing.look().is_there { Duration::ZERO } else { LISTEN };
        let mut query = vec![("timeout", patience.as_millis().to_string()), ("filter", filter().to_string())];
        query.extend(since.clone().map(|since| ("since", since)));
        let news = match self.rest.listen(&query).await {
            // Of another homeserver, or of one that was set back.
            Err(trouble @ Trouble::Refused { status: 400, .. }) if !is_first => {
                tracing::error!(
                    why = trouble.why(),
                    "the homeserver does not know the place up to which was heard; what was said since is left out"
                );
                self.bindings.bind("sync", "since", "").await.map_err(|halt| unwritten(halt, ""))?;
                return Err(trouble.into());
            }
            news => news?,
        };
        let heard_at = self.desk.world.now();
        let Some(next) = news["next_batch"].as_str() else {
            return Err(Deaf::Why("The Matrix homeserver's news could not be read.".into(), None));
        };
        for (room, of_room) in rooms_in(&news, "join") {
            if !self.serves(stand, room).await {
                continue;
            }
            if *room == stand.room {
                self.note_in_post();
            }
            for event in of_room["state"]["events"].as_array().into_iter().flatten() {
                self.note_name(event);
            }
            // What was said before the first start was said to nobody.
            if let Some(since) = &since {
                self.hear_room(stand, room, (&of_room["timeline"], heard_at), since, behind).await?;
            }
        }
        for (room, of_room) in rooms_in(&news, "leave") {
            let Some(since) = &since else { break };
            let known = self.out_of(room).await.map_err(|halt| unwritten(halt, room))?;
            // Out of it already, an invitation was taken back.
            if known.is_some() || !self.serves(stand, room).await {
                continue;
            }
            let timeline = &of_room["timeline"];
            // What was said before the bot was put out.
            self.hear_room(stand, room, (timeline, heard_at), since, behind).await?;
            let noted = self.note_out(stand, room, timeline, next).await;
            noted.map_err(|halt| unwritten(halt, room))?;
        }
        for (room, _) in rooms_in(&news, "invite") {
            if self.serves(stand, room).await {
                self.come_back(room).await?;
            }
        }
        self.bindings.bind("sync", "since", next).await.map_err(|halt| unwritten(halt, ""))
    }

    /// The rooms of the settings, and those of incidents.
    async fn serves(&self, stand: &Stand, room: &str) -> bool {
        stand.room == room
            || stand.alerts_room.as_deref() == Some(room)
            || self.bindings.incident_of(room).await.is_some()
    }

    fn read(&self, event: &Value) -> Option<Heard> {
        Heard::read(event, self.settings.encrypting_proxy)
    }

    fn note_name(&self, event: &Value) {
        if let Some(Heard { says: Says::Name { user, name }, .. }) = self.read(event) {
            heard::meet(&self.settings.people, &user, name.as_deref());
        }
    }

    async fn hear_room(
        self: &Arc<Self>,
        stand: &Stand,
        room: &str,
        (timeline, heard_at): (&Value, DateTime<Utc>),
        since: &str,
        behind: &mut Behind,
    ) -> Result<(), Deaf> {
        let news = timeline["events"].as_array().map_or(&[][..], Vec::as_slice);
        let out = self.out_of(room).await.map_err(|halt| unwritten(halt, room))?;
        let since = out.as_ref().map_or(since, |out| out.since.as_str());
        let is_out = |event: &Value| out.as_ref().is_some_and(|out| event["event_id"] == out.event.as_str());
        // Each with the moment at which the homeserver told it.
        let mut events = Vec::new();
        if timeline["limited"] == true
            && !news.iter().any(is_out)
            && let Some(before) = timeline["prev_batch"].as_str()
        {
            let missed = self.between(room, since, before).await?;
            let told_at = self.desk.world.now();
            events.extend(missed.into_iter().map(|event| (event, told_at)));
        }
        events.extend(news.iter().map(|event| (event.clone(), heard_at)));
        // What the last run did before it ended.
        let mark = format!("done/{room}");
        let done = self.bindings.bound("sync", &mark).await.map_err(|halt| unwritten(halt, room))?;
        let done =
            done.and_then(|done| events.iter().rposition(|(event, _)| event["event_id"] == done.as_str()));
        // The homeserver tells a room in which the bot is anew from further back.
        let done = done.max(events.iter().rposition(|(event, _)| is_out(event)));
        for (event, told_at) in events.iter().skip(done.map_or(0, |at| at + 1)) {
            let Some(heard) = self.read(event).filter(|heard| heard.sender != stand.me) else { continue };
            let written_at = heard::written_at(event, *told_at);
            let is_done = self.hear(stand, room, (&heard, written_at), behind).await?;
            // What is not seen through comes again.
            if self.stop.is_cancelled() {
                return Err(Deaf::Why("The door is closing.".into(), None));
            }
            if is_done {
                let marked = self.bindings.bind("sync", &mark, &heard.event).await;
                marked.map_err(|halt| unwritten(halt, room))?;
            }
        }
        if out.is_some() {
            self.note_in(room).await.map_err(|halt| unwritten(halt, room))?;
        }
        Ok(())
    }

    /// What was said between two places, which the news left out.
    async fn between(&self, room: &str, since: &str, before: &str) -> Result<Vec<Value>, Deaf> {
        let (mut newest_first, mut from) = (Vec::new(), before.to_owned());
        for page_number in 1..=PAGES_MAX {
            let query = [
                ("dir", "b".to_owned()),
                ("from", from),
                ("to", since.to_owned()),
                ("limit", "100".to_owned()),
            ];
            let page = match self.rest.ask(&format!("/rooms/{}/messages", part(room)), &query).await {
                Ok(page) => page,
                // One room that is not to be read must not make the bot deaf in all of them.
                Err(Trouble::Refused { .. }) => {
                    tracing::warn!(
                        room,
                        "what was said there while the bot was away is left out: it may not be read"
                    );
                    break;
                }
                Err(trouble) => return Err(trouble.into()),
            };
            newest_first.extend(page["chunk"].as_array().into_iter().flatten().cloned());
            match page["end"].as_str() {
                Some(end) if end != since => from = end.to_owned(),
                _ => break,
            }
            if page_number == PAGES_MAX {
                tracing::warn!(
                    room,
                    "so much was said while the bot was away that the beginning is left out"
                );
            }
        }
        newest_first.reverse();
        Ok(newest_first)
    }

    /// Returns whether something was done about it.
    async fn hear(
        self: &Arc<Self>,
        stand: &Stand,
        room: &str,
        (heard, written_at): (&Heard, Option<DateTime<Utc>>),
        behind: &mut Behind,
    ) -> Result<bool, Deaf> {
        let about = || Said {
            room,
            thread: None,
            event: &heard.event,
            person: self.person(&heard.sender),
            incident: None,
            written_at,
        };
        match &heard.says {
            Says::Name { user, name } => {
                heard::meet(&self.settings.people, user, name.as_deref());
                return Ok(false);
            }
            says @ (Says::Encrypted | Says::NoKey | Says::Encryption) => {
                return Ok(self.hear_encrypted(&about(), &stand.tag, says).await);
            }
            Says::Text { body, thread } => {
                let incident = self.bindings.incident_at(room, thread.as_deref()).await;
                let prefix = &self.settings.prefix;
                let slip = || self.slips.heard(body, prefix, room, &heard.event);
                let words = command(body, prefix, incident.is_some());
                let words = words.or_else(|| incident.and_then(|_| slip()));
                let said = Said { thread: thread.as_deref(), incident, ..about() };
                let done = match words {
                    Some(_) if self.encrypted.is_refused(room) => {
                        behind.hand(Reply::answer(&said, self.own(&unheard(incident))), None).await
                    }
                    Some(words) => self.do_and_answer(&said, words, behind).await,
                    None => {
                        let hint = self.slips.hint(body, prefix, (room, &heard.sender), &heard.event);
                        let Some(hint) = hint else { return Ok(false) };
                        let hint = render::told(&hint, self.settings.tz);
                        behind.hand(Reply::answer(&said, hint), None).await
                    }
                };
                done.map_err(|halt| unwritten(halt, room))?;
            }
            Says::Pin { .. } if self.encrypted.is_refused(room) => return Ok(false),
            Says::Pin { target } => {
                if let Some(reply) = self.put_on_timeline(&about(), target).await? {
                    behind.hand(reply, None).await.map_err(|halt| unwritten(halt, room))?;
                }
            }
            Says::Edit { target, content } => {
                let reply = self.follow_edit(&about(), target, content, &heard.sender).await;
                if let Some(reply) = reply {
                    behind.hand(reply, None).await.map_err(|halt| unwritten(halt, room))?;
                }
            }
            Says::Redaction { target } => {
                let by = self.person(&heard.sender);
                let deletion = Change { by, event: &heard.event, target, quoted: None, written_at: None };
                let told = follow_deletion(&**self, &deletion).await;
                if let Some(spot) = self.bindings.spot_of(room).await {
                    forget_card(&**self, spot, target).await;
                }
                if let Some(told) = told {
                    let key = format!("not-followed/{}", heard.event);
                    let reply = Reply::new(&about(), target, key, self.own(&told));
                    behind.hand(reply, None).await.map_err(|halt| unwritten(halt, room))?;
                }
            }
        }
        Ok(true)
    }

    pub(super) fn person(&self, account: &str) -> crate::people::Person {
        let people = &self.settings.people;
        people.of(account).unwrap_or_else(|| heard::meet(people, account, None))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::homeserver::{House, ROOM},
        *,
    };

    const OTHER: &str = "!other:s";

    /// What a homeserver says of a room out of which somebody put the bot.
    fn out() -> Value {
        json!({"timeline": {"events": [{"type": "m.room.member", "event_id": "$out", "sender": "@ada:s",
            "state_key": "@bot:s", "content": {"membership": "leave"}}]}})
    }

    fn typed(event: &str) -> Value {
        json!({"type": "m.room.message", "event_id": event, "sender": "@ada:s",
            "content": {"msgtype": "m.text", "body": "!incident list"}})
    }

    async fn hears(house: &House, door: &Arc<MatrixDoor>, behind: &mut Behind, rooms: Value) {
        house.homeserver.has_news(rooms);
        assert!(door.round(behind).await.is_ok());
    }

    #[tokio::test]
    async fn a_bot_that_is_put_out_says_so_and_an_invitation_brings_it_back_to_what_was_typed_since() {
        let house = House::open(false).await;
        let door = house.start(false).await;
        let mut behind = Behind::new(door.clone());
        hears(&house, &door, &mut behind, json!({})).await;
        door.standing.set_connected(true, door.desk.world.now());
        hears(&house, &door, &mut behind, json!({"leave": {ROOM: out(), OTHER: out()}})).await;
        let health = door.health();
        let why = "@ada:s put the bot out of the room !room:s: nothing that is typed there is heard. Invite it again; it comes \
                   in at once.";
        assert_eq!(
            (health.is_there, health.is_deaf, health.why.as_deref()),
            (true, false, Some(why)),
            "in other rooms it hears"
        );
        let in_post = door.in_post.with(health);
        assert_eq!((in_post.is_there, in_post.is_deaf, in_post.why.as_deref()), (false, true, Some(why)));

        // It is not called into a room of somebody's own, and comes nowhere unasked.
        hears(&house, &door, &mut behind, json!({"invite": {OTHER: {}}})).await;
        assert_eq!(house.asked("/join"), 0);
        hears(&house, &door, &mut behind, json!({"invite": {ROOM: {}}})).await;
        assert_eq!(house.asked("/join"), 1);

        let events = [typed("$before"), out()["timeline"]["events"][0].clone(), typed("$since")];
        let anew = json!({"timeline": {"limited": true, "prev_batch": "p", "events": events}});
        hears(&house, &door, &mut behind, json!({"join": {ROOM: anew}})).await;
        let answered = async {
            while house.told("").is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), answered).await.unwrap();
        assert_eq!(house.told(""), ["$since"], "what was heard before is not done again");
        assert!(door.in_post.with(door.health()).is_there);
    }
}
