//! The place of a restricted incident in a chat: a private one, in which are those who see the incident, and nobody else.
//!
//! Where a chat does not let the bot keep one, the incident says so and goes on without that chat. Nothing of it is ever said
//! in a place for everybody instead.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
};

use super::{
    bindings::Spot,
    bring::{Halt, Place, Space, Step},
    follow::forget_card,
};
use crate::{
    desk::{Along, Caller},
    incident::{command::Command, id::IncidentId, state::Incident},
    outbox::port::Outcome,
};

/// Begins the binding of somebody who was let in, with the place.
const IN: &str = "in/";
/// Begins the binding of somebody whom the chat did not let in, with the place and when that was, in seconds since 1970.
const REFUSED: &str = "refused/";
/// The private place in which was said that the incident is open to everybody, and goes on elsewhere.
const LEFT: &str = "left";
/// Whom the chat refused it is asked about again after this: somebody there may allow it meanwhile.
const ASK_AGAIN_AFTER_SECONDS: i64 = 600;
/// Characters of a reason that tell it from another one.
const REASON_CHARS: usize = 200;

/// A chat that can keep a place to a few.
pub(super) trait Private: Place {
    /// The account of a person, if it is known.
    fn account_of(&self, person: &str) -> Option<String>;
    /// Makes a place that nobody but the bot can see. `former` is the one that was deleted.
    fn open_private(
        &self,
        incident: &Incident,
        former: &str,
        is_retry: bool,
    ) -> impl Future<Output = Step<String>> + Send;
    /// The accounts in it, the bot's aside. `None`: the chat does not say.
    fn members(&self, at: &str) -> impl Future<Output = Step<Option<BTreeSet<String>>>> + Send;
    /// Returns why the chat does not let this account in, if so.
    fn let_in(&self, at: &str, account: &str) -> impl Future<Output = Step<Option<String>>> + Send;
    fn take_out(&self, at: &str, account: &str) -> impl Future<Output = Step<()>> + Send;
    /// Takes the card away, where whoever was let in cannot read it: it stood there before. False: they read it.
    fn hide_card(&self, _at: &str, _message: &str) -> impl Future<Output = Step<bool>> + Send {
        async { Ok(false) }
    }
}

/// The private place, made if there is none, with the right people in it. `None`: nobody of them is in this chat.
pub(super) async fn space_of(
    place: &impl Private,
    incident: &Incident,
    is_retry: bool,
) -> Step<Option<Space>> {
    let (subject, bindings) = (Spot::private(incident.id).to_string(), place.bindings());
    let people = incident.circle_people().unwrap_or_default();
    let wanted: BTreeSet<String> = people.iter().filter_map(|one| place.account_of(&one.id)).collect();
    let known = bindings.bound(&subject, "space").await?;
    let is_new = known.is_none();
    let id = match known {
        Some(space) => space,
        None if wanted.is_empty() => return Ok(None),
        None => {
            let former = bindings.bound(&subject, "former").await?.unwrap_or_default();
            let made = place.open_private(incident, &former, is_retry).await.map_err(barred)?;
            // At once: whatever happens next must not make a second one.
            bindings.bind(&subject, "space", &made).await?;
            tracing::info!(incident = %incident.id, chat = place.title(), "the incident has a private place");
            made
        }
    };
    // It may have been open to everybody meanwhile.
    if bindings.bound(&subject, LEFT).await?.is_some() {
        bindings.bind(&subject, LEFT, "").await?;
    }
    keep_members(place, incident.id, &id, &wanted).await.map_err(barred)?;
    Ok(Some(Space { id, is_new }))
}

/// Says in the private place, if there is one, that the incident goes on where everybody reads; once, and nothing fails for it.
pub(super) async fn leave(
    place: &impl Place,
    incident: IncidentId,
    link: Option<String>,
    once: &str,
) -> Step<()> {
    let (subject, bindings) = (Spot::private(incident).to_string(), place.bindings());
    let Some(at) = bindings.bound(&subject, "space").await? else { return Ok(()) };
    if bindings.bound(&subject, LEFT).await?.as_ref() == Some(&at) {
        return Ok(());
    }
    bindings.bind(&subject, LEFT, &at).await?;
    match place.post_words(&at, &elsewhere(incident, link.as_deref()), &format!("{once}/left")).await {
        // With the next change of its card.
        Err(Halt::Outcome(outcome)) if outcome.is_tried_again() => bindings.bind(&subject, LEFT, "").await,
        _ => Ok(()),
    }
}

/// Who no longer sees the incident is taken out before anything more is said; who sees it is let in, once. Whom the chat refuses
/// it is asked about again with what is brought ten minutes later.
async fn keep_members(place: &impl Private, id: IncidentId, at: &str, wanted: &BTreeSet<String>) -> Step<()> {
    let (subject, bindings) = (Spot::private(id).to_string(), place.bindings());
    let all = bindings.all(&subject).await?;
    let of_here = all.iter().filter(|(_, space)| space == at);
    let invited: BTreeSet<String> =
        of_here.filter_map(|(name, _)| name.strip_prefix(IN).map(str::to_owned)).collect();
    let refused = refused_at(&all, at);
    let inside = place.members(at).await?.unwrap_or_else(|| invited.clone());
    for account in inside.difference(wanted) {
        place.take_out(at, account).await?;
    }
    for account in invited.difference(wanted) {
        bindings.bind(&subject, &format!("{IN}{account}"), "").await?;
    }
    let given_up: Vec<&str> = refused.keys().copied().filter(|account| !wanted.contains(*account)).collect();
    for account in given_up {
        bindings.bind(&subject, &format!("{REFUSED}{account}"), "").await?;
    }
    let now = place.desk().world.now().timestamp();
    let mut let_in = Vec::new();
    // Who left by themselves is not called back.
    for account in wanted.difference(&invited) {
        let last = refused.get(account.as_str());
        if !inside.contains(account) {
            if last.is_some_and(|at| now - at < ASK_AGAIN_AFTER_SECONDS) {
                continue;
            }
            if let Some(why) = place.let_in(at, account).await? {
                note(place, id, outside(place.title(), account, &why)).await;
                bindings.bind(&subject, &format!("{REFUSED}{account}"), &format!("{at} {now}")).await?;
                continue;
            }
        }
        let_in.push((account, last.is_some()));
    }
    // Before that they are in is kept: who was let in as a run ended is shown the card by the next one.
    if !let_in.is_empty() {
        show_card(place, Spot::private(id), at).await?;
    }
    for (account, was_refused) in let_in {
        bindings.bind(&subject, &format!("{IN}{account}"), at).await?;
        if was_refused {
            bindings.bind(&subject, &format!("{REFUSED}{account}"), "").await?;
        }
    }
    Ok(())
}

/// Has the card posted anew, with what is brought now, where whoever was let in does not see the one that stands there.
async fn show_card(place: &impl Private, spot: Spot, at: &str) -> Step<()> {
    if let Some(card) = place.bindings().bound(&spot.to_string(), "card").await?
        && place.hide_card(at, &card).await?
    {
        forget_card(place, spot, &card).await;
    }
    Ok(())
}

/// When the chat last refused to let each of these accounts into this place, in seconds since 1970.
fn refused_at<'b>(bound: &'b [(String, String)], place: &str) -> BTreeMap<&'b str, i64> {
    let read = |(name, value): &'b (String, String)| {
        let (of, at) = value.rsplit_once(' ')?;
        let account = name.strip_prefix(REFUSED).filter(|_| of == place)?;
        Some((account, at.parse::<i64>().ok()?))
    };
    bound.iter().filter_map(read).collect()
}

/// The note on somebody whom a chat does not let in.
pub(super) fn outside(chat: &str, account: &str, why: &str) -> String {
    format!("{chat} does not let {account} into this incident's private place: {why}")
}

/// The last that is said in a private place.
fn elsewhere(incident: IncidentId, link: Option<&str>) -> String {
    let at = link.map_or_else(|| "in its place for everybody.".to_owned(), |link| format!("here: {link}"));
    format!("{incident} is open to everybody now, and goes on {at}")
}

/// The note on a chat without which a restricted incident goes on.
pub(super) fn silent(chat: &str, why: &str) -> String {
    format!("Nothing of this incident is said in {chat}, for want of a private place. {why}")
}

/// What only a person can mend.
fn barred(halt: Halt) -> Halt {
    match halt {
        Halt::Outcome(Outcome::Failed { why } | Outcome::Forbidden { why }) => Halt::Barred(why),
        halt => halt,
    }
}

/// Says in the incident that it goes on without this chat, and why; once for each reason.
pub(super) async fn say_so(place: &impl Place, id: IncidentId, why: &str) {
    note(place, id, silent(place.title(), why)).await;
}

async fn note(place: &impl Place, id: IncidentId, text: String) {
    let chat = place.bindings().chat();
    let reason: String = text.chars().take(REASON_CHARS).collect();
    let along = Along { once: Some(format!("{chat}:{id}:{reason}")), ..Along::default() };
    let command = Command::Note { text, at: None };
    if let Err(refusal) = place.desk().submit(Caller::house(chat), id, command, along).await {
        tracing::warn!(incident = %id, chat, %refusal, "what the chat does not allow stands in the log alone");
    }
}
