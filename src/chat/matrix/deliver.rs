//! What Matrix does for an errand. Each message has a transaction id made of its delivery's key: the homeserver takes
//! it once, however often it is sent.

use std::{ops::Range, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    MatrixDoor,
    encrypted::cannot_read,
    render::{self, ADDRESS, KEY, card_key},
    rest::part,
    space::{gone, room_of},
};
use crate::{
    card::{Card, Said},
    chat::{
        bindings::{Bindings, Spot},
        bring::{Halt, Place, Space, Step},
        space::space_of,
        theirs::{Telling, in_line, on_card},
        wire::txn,
    },
    desk::Desk,
    incident::{id::IncidentId, state::Incident},
    journal::rows::{Delivery, Quoted},
    outbox::port::Outcome,
};

/// An encrypted room stays so; a person may set another.
const AFTER_ENCRYPTED: Duration = Duration::from_secs(300);

impl MatrixDoor {
    /// Sends a message that can be found by `key`, once for each `once`.
    pub(super) async fn say_once(
        &self,
        room: &str,
        mut content: Value,
        key: &str,
        once: &str,
    ) -> Step<String> {
        let stand = self.stand().await?;
        if self.encrypted.is_refused(room) {
            let incident = self.bindings.incident_of(room).await;
            let why = cannot_read(room, incident);
            // Nobody makes its room anew.
            return Err(match incident {
                Some(id) if self.is_over(id).await => Outcome::Failed { why }.into(),
                _ => Outcome::Retry { after: Some(AFTER_ENCRYPTED), why }.into(),
            });
        }
        content[KEY] = json!(format!("{}/{key}", stand.tag));
        match self.rest.send(room, &txn(&stand.tag, once), content.clone()).await {
            Ok(event) => Ok(event),
            Err(trouble) if trouble.is_forbidden() => {
                if self.is_gone(room).await {
                    return Err(Halt::SpaceGone);
                }
                let again = self.rest.send(room, &txn(&stand.tag, once), content).await;
                again.map_err(|trouble| trouble.outcome("write in", room).into())
            }
            Err(trouble) => Err(trouble.outcome("write in", room).into()),
        }
    }

    /// A card as it is said in that place: below it in the command post stands a thread, but it is in none itself.
    async fn card(&self, at: &str, card: &Card, telling: Telling<'_>) -> Step<Value> {
        let ((room, root), stand) = (room_of(at), self.stand().await?);
        let is_own = root.is_none() && room != stand.room;
        Ok(render::card(card, &self.settings.prefix, is_own, self.settings.tz, telling))
    }

    async fn is_over(&self, id: IncidentId) -> bool {
        self.desk.look_at(id, |incident| incident.phase.is_over()).await.unwrap_or(false)
    }

    /// Leaves nothing of what its entry said in an event of ours. False: it is not there.
    pub(super) async fn take_back(&self, room: &str, event: &str, once: &str) -> Step<bool> {
        self.redact(room, event, "its entry was redacted", once).await
    }

    /// Leaves nothing of an event of ours. False: it is not there.
    pub(super) async fn redact(&self, room: &str, event: &str, reason: &str, once: &str) -> Step<bool> {
        let txn = txn(&self.stand().await?.tag, &format!("unsay/{event}/{once}"));
        let path = format!("/rooms/{}/redact/{}/{txn}", part(room), part(event));
        match self.rest.put(&path, json!({"reason": reason})).await {
            Ok(_) => Ok(true),
            // Of another room, some say 404 and some 400.
            Err(trouble) if trouble.is_not_found() || trouble.is_bad_request() => Ok(false),
            Err(trouble) if trouble.is_forbidden() && self.is_gone(room).await => Err(Halt::SpaceGone),
            Err(trouble) => Err(trouble.outcome("redact its message in", room).into()),
        }
    }
}

impl Place for MatrixDoor {
    fn title(&self) -> &'static str {
        "Matrix"
    }
    fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }
    fn bindings(&self) -> &Bindings {
        &self.bindings
    }
    async fn space(&self, id: IncidentId, is_retry: bool) -> Step<Space> {
        space_of(self, id, is_retry).await
    }
    async fn alerts_at(&self) -> Step<String> {
        let stand = self.stand().await?;
        Ok(stand.alerts_room.clone().unwrap_or_else(|| stand.room.clone()))
    }
    async fn find_card(&self, at: &str, card: &Card, _at_beginning: bool) -> Step<Option<String>> {
        self.find(room_of(at).0, &card_key(&card.subject), None).await
    }
    async fn post_card(&self, at: &str, card: &Card, once: &str) -> Step<Option<String>> {
        let (room, root) = room_of(at);
        let theirs = on_card(&self.desk, card, &self.typed).await;
        let telling = theirs.beside(&self.typed);
        let mut content = self.card(at, card, telling).await?;
        if let Some(root) = root {
            content = render::in_thread(content, root);
        }
        self.say_once(room, content, &card_key(&card.subject), once).await.map(Some)
    }
    async fn edit_card(&self, at: &str, message: &str, card: &Card, once: &str) -> Step<bool> {
        let theirs = on_card(&self.desk, card, &self.typed).await;
        let telling = theirs.beside(&self.typed);
        let content = self.card(at, card, telling).await?;
        let content = render::in_place_of(content, message, &render::headline(card));
        let once = format!("edit/{message}/{once}");
        self.say_once(room_of(at).0, content, &format!("edit/{}", card.subject), &once).await?;
        Ok(true)
    }
    async fn post_line(&self, at: &str, said: &Said, key: &str) -> Step<Option<String>> {
        let (room, root) = room_of(at);
        let theirs = in_line(&self.desk, said, &self.typed).await;
        let mut content = render::line(said, self.settings.tz, theirs.beside(&self.typed));
        if let Some(root) = root {
            content = render::in_thread(content, root);
        }
        self.say_once(room, content, key, &format!("line/{at}/{key}")).await.map(Some)
    }
    async fn find_line(&self, at: &str, _said: &Said, delivery: &Delivery) -> Step<Option<String>> {
        self.find(room_of(at).0, &delivery.key, Some(delivery.created_at)).await
    }
    /// An edit would leave the words in what the homeserver keeps: nothing of the message is left.
    async fn unsay(&self, at: &str, message: &str, _said: &Said, once: &str) -> Step<bool> {
        self.take_back(room_of(at).0, message, once).await
    }
    fn keeps_versions(&self) -> bool {
        true
    }
    async fn is_card_of(&self, at: &str, message: &str, time: &Range<DateTime<Utc>>) -> Step<bool> {
        let room = room_of(at).0;
        match self.rest.get(&format!("/rooms/{}/event/{}", part(room), part(message))).await {
            Ok(event) => {
                let sent_at = event["origin_server_ts"].as_i64().and_then(DateTime::from_timestamp_millis);
                Ok(sent_at.is_some_and(|sent_at| time.contains(&sent_at)))
            }
            Err(trouble) if trouble.is_not_found() || trouble.is_forbidden() => Ok(false),
            Err(trouble) => Err(trouble.outcome("look into", room).into()),
        }
    }
    async fn unsay_versions(&self, at: &str, message: &str, is_whole: bool, once: &str) -> Step<()> {
        let room = room_of(at).0;
        let edits = self.edits_of(room, message).await?;
        for edit in edits.iter().skip(usize::from(!is_whole)) {
            self.take_back(room, edit, once).await?;
        }
        if is_whole {
            self.take_back(room, message, once).await?;
        }
        Ok(())
    }
    async fn unsay_names(&self, spot: Spot, at: &str, incident: &Incident, once: &str) -> Step<()> {
        let (room, root) = room_of(at);
        // A thread has no name.
        if root.is_some() {
            return Ok(());
        }
        // The one of now as well: with it homeservers tell the one before.
        for name in self.names_of(room).await? {
            self.take_back(room, &name, once).await?;
        }
        self.bindings.bind(&spot.to_string(), "name", "").await?;
        self.rename(spot, room, incident).await
    }
    async fn post_words(&self, at: &str, words: &str, key: &str) -> Step<()> {
        let (room, root) = room_of(at);
        let mut content = render::told(words, self.settings.tz);
        if let Some(root) = root {
            content = render::in_thread(content, root);
        }
        self.say_once(room, content, key, &format!("words/{at}/{key}")).await.map(drop)
    }
    async fn warn(&self, of: &Quoted, words: &str, key: &str) -> Step<()> {
        let (room, root) = room_of(&of.at);
        let content = render::in_reply(render::told(words, self.settings.tz), &of.message, root);
        self.say_once(room, content, key, &format!("secret/{key}")).await.map(drop)
    }
    async fn pin(&self, subject: &str, at: &str, message: &str) -> bool {
        let (room, root) = room_of(at);
        // In the command post the list of pins is the team's own.
        if root.is_some() {
            return true;
        }
        let path = format!("/rooms/{}/state/m.room.pinned_events/", part(room));
        match self.rest.patiently(Method::PUT, &path, json!({"pinned": [message]})).await {
            Ok(_) => true,
            Err(trouble) => {
                tracing::info!(subject, why = trouble.why(), "the card is not pinned");
                !trouble.code().is_empty()
            }
        }
    }
    async fn tend(&self, spot: Spot, at: &str) {
        if room_of(at).1.is_none()
            && let Err(halt) = self.keep_room(spot, at).await
        {
            tracing::info!(incident = %spot.id, ?halt, "the room is looked after with its next change");
        }
    }
    fn gone(&self, at: &str) -> Outcome {
        gone(at)
    }
    fn link(&self, at: &str, message: &str) -> String {
        format!("{ADDRESS}{}/{}?via={}", part(room_of(at).0), part(message), part(&self.server()))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::homeserver::{House, ROOM},
        *,
    };
    use crate::card::testing::said;

    #[tokio::test]
    async fn a_line_that_stands_in_another_room_is_not_here_and_nothing_waits_for_it() {
        let house = House::open(false).await;
        let door = house.start(false).await;
        let done = door.unsay(ROOM, "$elsewhere", &said("x"), "once").await;
        assert!(matches!(done, Ok(false)), "{done:?}");
    }

    #[tokio::test]
    async fn where_a_title_was_redacted_the_names_that_the_room_had_before_are_taken_back() {
        let house = House::open(false).await;
        let door = house.start(false).await;
        let id = house.incident().await;
        let incident = door.desk.incident(id).await.unwrap();
        assert!(door.unsay_names(Spot::open(id), ROOM, &incident, "once").await.is_ok());
        assert_eq!(house.asked("/state/m.room.name/"), 1);
        assert_eq!(house.homeserver.redacted(), ["$card-name-1", "$card-name-2", "$card-name-3"]);
    }

    #[tokio::test]
    async fn what_a_card_said_before_is_taken_back_and_what_it_says_now_stays() {
        let house = House::open(false).await;
        let door = house.start(false).await;
        let all = vec!["$card", "$card-1", "$card-2", "$card-3"];
        for (is_whole, redacted) in [(false, vec!["$card-1", "$card-2"]), (true, all)] {
            house.homeserver.forget_asked();
            assert!(door.unsay_versions(ROOM, "$card", is_whole, "once").await.is_ok());
            assert_eq!(house.homeserver.redacted(), redacted, "{is_whole}");
        }
    }
}
