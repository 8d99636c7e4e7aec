//! Errands of any chat: cards made or edited in place, lines said once and in order.
//!
//! What differs from chat to chat is a [`Place`]. Every step can be taken again: what is found or made is bound in the
//! journal at once, and a chat either knows the same message when it comes twice, or is asked whether it has it.

use std::{future::Future, ops::Range, sync::Arc};

use chrono::{DateTime, Utc};
use tokio::sync::broadcast::error::RecvError;

use super::{
    bindings::{Bindings, Spot},
    follow,
    private::{self, Private},
    unsay::unsay,
};
use crate::{
    card::{self, Card, Missed, Said},
    desk::{Changed, Desk},
    incident::{id::IncidentId, state::Incident},
    journal::{
        Handle,
        rows::{Delivery, DeliveryFilter, DeliveryState, Quoted, What},
    },
    outbox::port::{Content, Errand, Outcome, Reconciled},
};

/// The space for everybody whose card was covered when its incident was restricted.
const COVERED: &str = "covered";
const CHANGED_HANDS: &str = "Who may see the incident changed a moment ago.";
/// The last card that somebody deleted, of a spot.
pub(super) const GONE: &str = "gone";
/// Begins the binding of a card that no longer stands, of which earlier versions may be left.
pub(super) const FORMER: &str = "former-card/";

/// Why an errand stops half-way.
#[derive(Debug)]
pub(super) enum Halt {
    Outcome(Outcome),
    /// The space was deleted.
    SpaceGone,
    /// The chat does not let the bot keep a private place: why, and what a person can do.
    Barred(String),
}

pub(super) type Step<T> = Result<T, Halt>;

impl From<Outcome> for Halt {
    fn from(outcome: Outcome) -> Self {
        Self::Outcome(outcome)
    }
}

/// Where an incident is worked on: a thread, a channel, a room.
pub(super) struct Space {
    /// As the chat names it.
    pub id: String,
    /// Made just now: there is nothing in it yet.
    pub is_new: bool,
}

/// A chat in which cards and lines are shown. `at` is a space, or the place of cards that belong to no incident.
pub(super) trait Place: Send + Sync {
    /// As people know it: `Discord`.
    fn title(&self) -> &'static str;
    fn desk(&self) -> &Arc<Desk>;
    fn bindings(&self) -> &Bindings;
    /// The incident's space for everybody, made if there is none. `is_retry`: an earlier attempt may have got half-way.
    ///
    /// # Errors
    /// [`Halt::Outcome`]; never [`Halt::SpaceGone`].
    fn space(&self, id: IncidentId, is_retry: bool) -> impl Future<Output = Step<Space>> + Send;
    /// Where cards are shown that belong to no incident.
    fn alerts_at(&self) -> impl Future<Output = Step<String>> + Send;
    /// A card that stands there already. In a space of its own it stands at the beginning, in a shared place near the
    /// end.
    fn find_card(
        &self,
        at: &str,
        card: &Card,
        at_beginning: bool,
    ) -> impl Future<Output = Step<Option<String>>> + Send;
    /// Posts a card; `once` is the same whenever it is the same card. `None`: it is there, and nobody knows its name.
    fn post_card(
        &self,
        at: &str,
        card: &Card,
        once: &str,
    ) -> impl Future<Output = Step<Option<String>>> + Send;
    /// Edits a card in place; `once` is another each time. False: it was deleted.
    fn edit_card(
        &self,
        at: &str,
        message: &str,
        card: &Card,
        once: &str,
    ) -> impl Future<Output = Step<bool>> + Send;
    /// Posts a line, by the key of its delivery.
    fn post_line(
        &self,
        at: &str,
        said: &Said,
        key: &str,
    ) -> impl Future<Output = Step<Option<String>>> + Send;
    /// The bot's own line that this delivery was to bring, if it stands there.
    fn find_line(
        &self,
        at: &str,
        said: &Said,
        delivery: &Delivery,
    ) -> impl Future<Output = Step<Option<String>>> + Send;
    /// Takes the words of the bot's own line out of sight: as it reads now, or with nothing left of it. False: it is not there.
    fn unsay(
        &self,
        at: &str,
        message: &str,
        said: &Said,
        once: &str,
    ) -> impl Future<Output = Step<bool>> + Send;
    /// Whether the chat shows how a card read before it was edited.
    fn keeps_versions(&self) -> bool {
        false
    }
    /// Whether a card was posted within this time. False: it is not there.
    fn is_card_of(
        &self,
        _at: &str,
        _message: &str,
        _time: &Range<DateTime<Utc>>,
    ) -> impl Future<Output = Step<bool>> + Send {
        async { Ok(false) }
    }
    /// Takes back how a card read before it was edited: all but what stands there now, or the whole card.
    fn unsay_versions(
        &self,
        _at: &str,
        _message: &str,
        _is_whole: bool,
        _once: &str,
    ) -> impl Future<Output = Step<()>> + Send {
        async { Ok(()) }
    }
    /// Takes back what a place was called before: all but the name that the incident has now.
    fn unsay_names(
        &self,
        _spot: Spot,
        _at: &str,
        _incident: &Incident,
        _once: &str,
    ) -> impl Future<Output = Step<()>> + Send {
        async { Ok(()) }
    }
    /// Posts words of our own, by a key.
    fn post_words(&self, at: &str, words: &str, key: &str) -> impl Future<Output = Step<()>> + Send;
    /// Tells those who can take a secret out of a message that it stands there: the first who can be told alone, or where the chat
    /// tells nobody alone, everybody below it.
    fn warn(&self, of: &Quoted, words: &str, key: &str) -> impl Future<Output = Step<()>> + Send;
    /// Pins a card. It is of use without, so nothing fails for it. False: worth another try with its next change.
    fn pin(&self, subject: &str, at: &str, message: &str) -> impl Future<Output = bool> + Send;
    /// Whatever else belongs to a space whose card changed. Nothing fails for it.
    fn tend(&self, _spot: Spot, _at: &str) -> impl Future<Output = ()> + Send {
        async {}
    }
    /// What a person is told when the place of such cards is gone.
    fn gone(&self, at: &str) -> Outcome;
    /// Where people find a message.
    fn link(&self, at: &str, message: &str) -> String;
}

/// Place and name of what was brought.
type Brought = (Option<String>, Option<String>);

/// Brings an errand.
async fn bring(place: &impl Private, errand: &Errand) -> Outcome {
    let delivery = &errand.delivery;
    let is_retry = delivery.attempts > 0 || delivery.state == DeliveryState::Unknown;
    let once = format!("{}/{}", delivery.key, delivery.attempts);
    let done = match (&errand.content, delivery.incident) {
        (Content::Card(card), Some(id)) if delivery.what == What::Card => {
            incident_card(place, id, card, &once, is_retry).await
        }
        (Content::Card(card), _) => situation_card(place, card, &once, is_retry).await,
        (Content::Line(said), _) => line(place, said, &delivery.key, is_retry).await,
        (Content::Unsaid(lines), Some(id)) => unsay(place, id, lines, delivery).await.map(|()| (None, None)),
        (Content::Post(_) | Content::Ask(_), _) => {
            let why = format!("{} is the team's chat; public posts do not go there.", place.title());
            return Outcome::Failed { why };
        }
        (Content::Page(_), _) => {
            let why = format!("{} is the team's chat; pages do not go there.", place.title());
            return Outcome::Failed { why };
        }
        (Content::Secret { kinds, of }, _) => {
            match place.warn(of, &follow::warning(kinds), &delivery.key).await {
                // The message went with its place.
                Err(Halt::SpaceGone) => Ok((None, None)),
                done => done.map(|()| (None, None)),
            }
        }
        (Content::Nothing | Content::Unsaid(_), _) => Ok((None, None)),
    };
    match done {
        Ok((at, message)) => {
            let url = at.zip(message.clone()).map(|(at, message)| place.link(&at, &message));
            Outcome::Sent { external_id: message, url }
        }
        Err(Halt::Outcome(outcome)) => outcome,
        Err(Halt::Barred(why)) => {
            if let Some(id) = delivery.incident {
                private::say_so(place, id, &why).await;
            }
            Outcome::Forbidden { why }
        }
        Err(Halt::SpaceGone) => Outcome::Forbidden {
            why: "The incident's place in the chat was deleted again while the bot made a new one.".into(),
        },
    }
}

/// Whether an errand arrived whose answer was lost. Cards look for themselves when they are brought again; without its place there
/// is no line either; and of a secret people are told twice rather than never: what one is told alone cannot be looked up.
pub(super) async fn look_up(place: &impl Place, errand: &Errand) -> Reconciled {
    let Content::Line(said) = &errand.content else { return Reconciled::Absent };
    let here = Spot::of(said);
    // It may have been on its way to everybody when the incident was restricted.
    let before = here.is_private.then(|| Spot::open(here.id));
    for spot in std::iter::once(here).chain(before) {
        match look_up_at(place, spot, said, &errand.delivery).await {
            Reconciled::Absent => {}
            found => return found,
        }
    }
    Reconciled::Absent
}

async fn look_up_at(place: &impl Place, spot: Spot, said: &Said, delivery: &Delivery) -> Reconciled {
    let at = match place.bindings().bound(&spot.to_string(), "space").await {
        Ok(Some(space)) => space,
        Ok(None) => return Reconciled::Absent,
        Err(_) => return Reconciled::CannotTell { why: "The journal does not answer.".into() },
    };
    match place.find_line(&at, said, delivery).await {
        Ok(Some(message)) => {
            let url = Some(place.link(&at, &message));
            Reconciled::Arrived { external_id: Some(message), url }
        }
        Ok(None) | Err(Halt::SpaceGone) => Reconciled::Absent,
        Err(Halt::Outcome(outcome)) => match outcome.why() {
            Some(why) => Reconciled::CannotTell { why: why.to_owned() },
            None => Reconciled::Absent,
        },
        Err(Halt::Barred(why)) => Reconciled::CannotTell { why },
    }
}

/// What comes of an errand that was stopped; a place that was never made has nothing to forget.
pub(super) fn whole(halt: Halt, gone: impl FnOnce() -> Outcome) -> Outcome {
    match halt {
        Halt::Outcome(outcome) => outcome,
        Halt::Barred(why) => Outcome::Forbidden { why },
        Halt::SpaceGone => gone(),
    }
}

/// Brings an errand; why it did not arrive is told to `note` as well.
pub(super) async fn carry(place: &impl Private, errand: &Errand, note: impl Fn(String)) -> Outcome {
    let outcome = bring(place, errand).await;
    if let Some(why) = outcome.why() {
        note(why.to_owned());
    }
    outcome
}

/// Whatever waits for a chat that is back goes out now, and not when its pause ends.
pub(super) async fn catch_up(desk: &Arc<Desk>, chat: &str) {
    desk.is_back(chat);
    let now = desk.world.now();
    let Ok(open) = desk.journal.deliveries(DeliveryFilter::Open).await else { return };
    let waits = open.iter().filter(|one| {
        one.destination == chat
            && matches!(one.state, DeliveryState::Pending | DeliveryState::Unknown)
            && one.next_at > now
            && one.attempts > 0
    });
    for delivery in waits {
        if let Err(error) = desk.journal.handle(delivery.n, Handle::Retry, now).await {
            tracing::debug!(%error, delivery = delivery.n, "it goes out after its pause");
        }
    }
    desk.wake_outbox.notify_waiters();
}

async fn incident_card(
    place: &impl Private,
    id: IncidentId,
    card: &Card,
    once: &str,
    is_retry: bool,
) -> Step<Brought> {
    let spot = Spot { id, is_private: card.is_private };
    for _ in 0..2 {
        let space = match space_at(place, spot, once, is_retry).await {
            Err(Halt::SpaceGone) => {
                forget_space(place, spot).await?;
                continue;
            }
            space => space?,
        };
        let Some(space) = space else { return Ok((None, None)) };
        match put_card(place, spot, &space.id, card, once, is_retry || !space.is_new).await {
            Err(Halt::SpaceGone) => forget_space(place, spot).await?,
            Err(halt) => return Err(halt),
            Ok(message) => {
                if !spot.is_private {
                    place.bindings().bind(&spot.to_string(), COVERED, "").await?;
                    let link = message.as_ref().map(|message| place.link(&space.id, message));
                    private::leave(place, id, link, once).await?;
                }
                place.tend(spot, &space.id).await;
                return Ok((Some(space.id), message));
            }
        }
    }
    Err(Halt::SpaceGone)
}

/// The space where something is to be said. `None`: nobody is there whom it is for.
async fn space_at(place: &impl Private, spot: Spot, once: &str, is_retry: bool) -> Step<Option<Space>> {
    if !spot.is_private {
        return place.space(spot.id, is_retry).await.map(Some);
    }
    let incident = incident(place.desk(), spot).await?;
    cover(place, &incident, &format!("{once}/cover"), is_retry).await?;
    private::space_of(place, &incident, is_retry).await
}

/// Covers what stands in the space for everybody, once. Nothing is made for it: a new place would say the incident's name.
async fn cover(place: &impl Place, incident: &Incident, once: &str, look: bool) -> Step<()> {
    let spot = Spot::open(incident.id);
    let (subject, bindings) = (spot.to_string(), place.bindings());
    let Some(space) = bindings.bound(&subject, "space").await? else { return Ok(()) };
    if bindings.bound(&subject, COVERED).await?.as_ref() == Some(&space) {
        return Ok(());
    }
    match put_card(place, spot, &space, &card::cover(incident), once, look).await {
        Ok(_) | Err(Halt::SpaceGone) => bindings.bind(&subject, COVERED, &space).await,
        Err(halt) => Err(halt),
    }
}

/// The status card in its space: edited if there is one, else found, else made and pinned.
pub(super) async fn put_card(
    place: &impl Place,
    spot: Spot,
    at: &str,
    card: &Card,
    once: &str,
    look: bool,
) -> Step<Option<String>> {
    let (subject, bindings) = (spot.to_string(), place.bindings());
    let mut known = bindings.bound(&subject, "card").await?;
    if known.is_none() && look {
        known = place.find_card(at, card, true).await?;
        if let Some(found) = &known {
            bindings.bind(&subject, "card", found).await?;
        }
    }
    if let Some(message) = &known
        && place.edit_card(at, message, card, once).await?
    {
        pin(place, &subject, at, message).await;
        return Ok(known);
    }
    let before = match known {
        Some(card) => card,
        None => bindings.bound(&subject, GONE).await?.unwrap_or_default(),
    };
    let made = match place.post_card(at, card, &format!("card/{subject}/{at}/{before}")).await? {
        Some(made) => Some(made),
        None => place.find_card(at, card, true).await?,
    };
    if let Some(message) = &made {
        bindings.bind(&subject, "card", message).await?;
        bindings.bind(&subject, "pinned", "").await?;
        pin(place, &subject, at, message).await;
    }
    Ok(made)
}

/// Pins the card once.
async fn pin(place: &impl Place, subject: &str, at: &str, message: &str) {
    if let Ok(Some(done)) = place.bindings().bound(subject, "pinned").await
        && done == message
    {
        return;
    }
    if place.pin(subject, at, message).await
        && let Err(Halt::Outcome(outcome)) = place.bindings().bind(subject, "pinned", message).await
    {
        tracing::debug!(?outcome, "the pin is not remembered");
    }
}

async fn situation_card(place: &impl Place, card: &Card, once: &str, is_retry: bool) -> Step<Brought> {
    let (subject, bindings) = (card.subject.clone(), place.bindings());
    let at = place.alerts_at().await?;
    // Where it was sent is kept with it: the settings may name another place by now.
    let known = bindings.bound(&subject, "card").await?;
    let mut known = known.and_then(|at| at.rsplit_once('/').map(|(c, m)| (c.to_owned(), m.to_owned())));
    if known.is_none() && is_retry {
        known = place.find_card(&at, card, false).await?.map(|message| (at.clone(), message));
        if let Some((at, message)) = &known {
            bindings.bind(&subject, "card", &format!("{at}/{message}")).await?;
        }
    }
    if let Some((at, message)) = &known {
        match place.edit_card(at, message, card, once).await {
            Ok(true) => return Ok((Some(at.clone()), Some(message.clone()))),
            Ok(false) | Err(Halt::SpaceGone) => {}
            Err(halt) => return Err(halt),
        }
    }
    let before = known.map(|(_, message)| message).unwrap_or_default();
    let made = match place.post_card(&at, card, &format!("card/{subject}/{at}/{before}")).await {
        Err(Halt::SpaceGone) => return Err(place.gone(&at).into()),
        Ok(None) => place.find_card(&at, card, false).await?,
        made => made?,
    };
    if let Some(message) = &made {
        bindings.bind(&subject, "card", &format!("{at}/{message}")).await?;
    }
    Ok((Some(at), made))
}

async fn line(place: &impl Private, said: &Said, key: &str, is_retry: bool) -> Step<Brought> {
    let spot = Spot::of(said);
    for _ in 0..2 {
        let space = match space_at(place, spot, key, is_retry).await {
            Err(Halt::SpaceGone) => {
                forget_space(place, spot).await?;
                continue;
            }
            space => space?,
        };
        let Some(space) = space else { return Ok((None, None)) };
        if place.bindings().bound(&spot.to_string(), "card").await?.is_none() {
            // Nothing is said in a place without its card.
            let first = card::incident(&incident(place.desk(), spot).await?, &place.desk().settings().policy);
            let once = format!("{key}/card");
            match put_card(place, spot, &space.id, &first, &once, is_retry || !space.is_new).await {
                Err(Halt::SpaceGone) => {
                    forget_space(place, spot).await?;
                    continue;
                }
                done => done?,
            };
        }
        match tell_missed(place, &space.id, said, key).await {
            Err(Halt::SpaceGone) => {
                forget_space(place, spot).await?;
                continue;
            }
            done => done?,
        }
        match while_seen_by(place.desk(), spot, place.post_line(&space.id, said, key)).await {
            Err(Halt::SpaceGone) => forget_space(place, spot).await?,
            Err(halt) => return Err(halt),
            Ok(message) => {
                if let Some(missed) = &said.missed {
                    let incident = said.incident.to_string();
                    // The line is said: nothing fails for this.
                    drop(place.bindings().bind(&incident, Missed::NAME, &missed.mark()).await);
                }
                return Ok((Some(space.id), message));
            }
        }
    }
    Err(Halt::SpaceGone)
}

/// What is said where everybody reads may wait for its turn with the chat: once the incident is restricted meanwhile it is not said.
/// It may have been under way by then, so it is looked for before it is said anywhere else.
async fn while_seen_by<T>(desk: &Arc<Desk>, spot: Spot, saying: impl Future<Output = Step<T>>) -> Step<T> {
    if spot.is_private {
        return saying.await;
    }
    tokio::select! {
        biased;
        halt = restricted(desk, spot) => Err(halt),
        said = saying => said,
    }
}

/// Ends when the incident is no longer for everybody.
async fn restricted(desk: &Arc<Desk>, spot: Spot) -> Halt {
    let mut changes = desk.changes();
    loop {
        if desk.look_at(spot.id, |incident| incident.restricted.is_some()).await.unwrap_or(false) {
            return Outcome::Unknown { why: CHANGED_HANDS.to_owned() }.into();
        }
        loop {
            match changes.recv().await {
                Ok(Changed::Incident { id, .. }) if id == spot.id => break,
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => break,
                Err(RecvError::Closed) => return std::future::pending().await,
            }
        }
    }
}

/// Says how much follows, before the first of many lines that waited for a chat that was away. That is noted before it is
/// said: rather it is left out than said twice.
async fn tell_missed(place: &impl Place, at: &str, said: &Said, key: &str) -> Step<()> {
    let Some((missed, words)) = said.missed.as_ref().and_then(|missed| Some((missed, missed.in_words()?)))
    else {
        return Ok(());
    };
    let (incident, bindings) = (said.incident.to_string(), place.bindings());
    let before = bindings.bound(&incident, Missed::NAME).await?.unwrap_or_default();
    let spoken_for = Missed::spoken_for(&before, missed.since);
    if spoken_for.is_some_and(|through| through >= missed.through) {
        return Ok(());
    }
    bindings.bind(&incident, Missed::NAME, &missed.mark()).await?;
    let told = place.post_words(at, &words, &format!("{key}/missed")).await;
    let is_left_unsaid = match &told {
        Err(Halt::SpaceGone) => true,
        Err(Halt::Outcome(outcome)) => outcome.is_tried_again(),
        _ => false,
    };
    if is_left_unsaid {
        bindings.bind(&incident, Missed::NAME, &before).await?;
    }
    told
}

/// The space was deleted: the next one begins anew, with a card of its own.
async fn forget_space(place: &impl Place, spot: Spot) -> Step<()> {
    tracing::warn!(incident = %spot.id, chat = place.title(), "the incident's place was deleted; another is made");
    let (subject, bindings) = (spot.to_string(), place.bindings());
    if let Some(former) = bindings.bound(&subject, "space").await? {
        bindings.bind(&subject, "former", &former).await?;
    }
    for name in ["space", "card", "announcement", "pinned", COVERED] {
        bindings.bind(&subject, name, "").await?;
    }
    Ok(())
}

/// The incident, for whoever tells of it at this spot. If it was restricted or opened up since the errand was made, it is
/// made anew: nothing that is for a few comes to where everybody reads.
pub(super) async fn incident(desk: &Arc<Desk>, spot: Spot) -> Step<Incident> {
    match desk.incident(spot.id).await {
        Ok(incident) if incident.restricted.is_some() == spot.is_private => Ok(incident),
        Ok(_) => Err(changed_hands()),
        Err(refusal) => Err(Outcome::Retry { after: None, why: refusal.to_string() }.into()),
    }
}

fn changed_hands() -> Halt {
    Outcome::Retry { after: None, why: CHANGED_HANDS.to_owned() }.into()
}

#[cfg(test)]
mod tests;
