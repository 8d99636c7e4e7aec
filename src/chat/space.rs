//! The place of an incident, where a chat has channels and threads: made once, announced once, looked after.

use std::future::Future;

use super::{
    bindings::{Bindings, Spot, unreadable},
    bring::{Halt, Place, Space, Step, incident},
    thread::{parts_of, thread_space},
};
use crate::{
    card,
    desk::Desk,
    incident::{
        event::{Entry, Event},
        id::IncidentId,
        kind::Kind,
        names::Names,
        state::Incident,
    },
    outbox::port::Outcome,
};

/// Links of an incident that are shown above its place.
const LINKS_MAX: usize = 8;
/// Accounts invited with one change of the card.
const INVITES_MAX: usize = 10;
/// Clocks may differ by this much.
pub(super) const SKEW_SECONDS: i64 = 600;
/// What the announcement said last.
const ANNOUNCED: &str = "announced";
/// The place that was given another name, and for which redacted title.
pub(super) const RENAMED: &str = "renamed";
/// The place, and the entry with the title of which its name was made.
const TITLED: &str = "titled";

/// A chat in which an incident has a place of its own, or a thread below its card in the command post.
pub(super) trait Home: Place {
    /// The command post, as the settings name it.
    fn post_name(&self) -> &str;
    /// The command post, as the chat names it.
    fn post(&self) -> impl Future<Output = Step<String>> + Send {
        async { Ok(self.post_name().to_owned()) }
    }
    fn has_own_places(&self) -> bool;
    /// Makes the incident's own place. `former` is the one that was deleted.
    fn open_place(
        &self,
        incident: &Incident,
        former: &str,
        is_retry: bool,
    ) -> impl Future<Output = Step<String>> + Send;
    /// Says in the command post where the incident is worked on; returns the message.
    fn say_where(
        &self,
        post: &str,
        incident: &Incident,
        space: &str,
        is_retry: bool,
    ) -> impl Future<Output = Step<String>> + Send;
    /// Has the announcement say what is so by now; returns the message that says it. `is_taken_back`: nothing may be left of
    /// what it said before. One that was deleted stays so.
    fn say_anew(
        &self,
        post: &str,
        message: &str,
        incident: &Incident,
        space: &str,
        is_taken_back: bool,
    ) -> impl Future<Output = Step<String>> + Send;
}

/// The incident's place, made if there is none.
pub(super) async fn space_of(home: &impl Home, id: IncidentId, is_retry: bool) -> Step<Space> {
    match found_or_made(home, id, is_retry).await {
        Err(Halt::SpaceGone) => Err(home.gone(home.post_name()).into()),
        done => done,
    }
}

async fn found_or_made(home: &impl Home, id: IncidentId, is_retry: bool) -> Step<Space> {
    let (subject, bindings) = (id.to_string(), home.bindings());
    if let Some(space) = bindings.bound(&subject, "space").await? {
        if parts_of(&space).1.is_none() {
            announce(home, &incident(home.desk(), Spot::open(id)).await?, &space, is_retry).await?;
        }
        return Ok(Space { id: space, is_new: false });
    }
    let incident = incident(home.desk(), Spot::open(id)).await?;
    let former = bindings.bound(&subject, "former").await?.unwrap_or_default();
    let made = if home.has_own_places() {
        home.open_place(&incident, &former, is_retry).await?
    } else {
        open_thread(home, &incident, &former, is_retry).await?
    };
    // At once: whatever happens next must not make a second one.
    bindings.bind(&subject, "space", &made).await?;
    note_title(home, &incident, &made).await?;
    if let Some(seq) = redacted_title(home.desk(), &incident).await? {
        bindings.bind(&subject, RENAMED, &renamed(&made, seq)).await?;
    }
    tracing::info!(incident = %id, chat = home.title(), space = made, "the incident has its place");
    if parts_of(&made).1.is_none() {
        announce(home, &incident, &made, is_retry).await?;
    }
    Ok(Space { id: made, is_new: true })
}

/// The thread hangs below the incident's card.
async fn open_thread(home: &impl Home, incident: &Incident, former: &str, is_retry: bool) -> Step<String> {
    let (subject, post) = (incident.id.to_string(), home.post().await?);
    let card = card::incident(incident, &home.desk().settings().policy);
    let mut root = None;
    if is_retry {
        let found = home.find_card(&post, &card, false).await?;
        root = found.filter(|found| thread_space(&post, found) != former);
    }
    if root.is_none() {
        root = home.post_card(&post, &card, &format!("card/{subject}/{post}/{former}")).await?;
    }
    let unread =
        || Outcome::Unknown { why: format!("{}'s answer to a card could not be read.", home.title()) };
    let root = root.ok_or_else(unread)?;
    home.bindings().bind(&subject, "card", &root).await?;
    Ok(thread_space(&post, &root))
}

/// Says in the command post where the incident is worked on, once.
async fn announce(home: &impl Home, incident: &Incident, space: &str, is_retry: bool) -> Step<()> {
    let subject = incident.id.to_string();
    if home.bindings().bound(&subject, "announcement").await?.is_some() {
        return Ok(());
    }
    let post = home.post().await?;
    let redacted = redacted_title(home.desk(), incident).await?;
    let message = home.say_where(&post, incident, space, is_retry).await?;
    // One that was found may say what was so before.
    let says = if is_retry { String::new() } else { announced(home, incident, redacted) };
    home.bindings().bind(&subject, ANNOUNCED, &says).await?;
    home.bindings().bind(&subject, "announcement", &message).await
}

/// The announcement follows title and severity. What the chat refuses for good is not tried again.
pub(super) async fn keep_announcement(home: &impl Home, incident: &Incident, space: &str) -> Step<()> {
    let (subject, bindings) = (incident.id.to_string(), home.bindings());
    let Some(message) = bindings.bound(&subject, "announcement").await? else { return Ok(()) };
    let redacted = redacted_title(home.desk(), incident).await?;
    let (said, says) = (bindings.bound(&subject, ANNOUNCED).await?, announced(home, incident, redacted));
    if said.as_ref() == Some(&says) {
        return Ok(());
    }
    let is_taken_back = redacted.is_some_and(|seq| {
        let before = said.as_deref().and_then(|said| said.split_once(' '));
        before.is_none_or(|(before, _)| before != seq.to_string())
    });
    let post = home.post().await?;
    match home.say_anew(&post, &message, incident, space, is_taken_back).await {
        Ok(now) => bindings.bind(&subject, "announcement", &now).await?,
        Err(Halt::Outcome(Outcome::Failed { why })) => {
            tracing::warn!(incident = %incident.id, why, "its announcement stays as it was");
        }
        Err(halt) => return Err(halt),
    }
    bindings.bind(&subject, ANNOUNCED, &says).await
}

/// What an announcement tells, behind the last of the titles that were redacted.
fn announced(home: &impl Home, incident: &Incident, redacted: Option<u64>) -> String {
    let how_bad = home.desk().settings().policy.names.how_bad(incident.kind(), incident.severity);
    format!("{} {} – {how_bad}", redacted.unwrap_or_default(), incident.title)
}

/// The last entry that named the incident and was redacted: a name that was made before it may have its words.
pub(super) async fn redacted_title(desk: &Desk, incident: &Incident) -> Step<Option<u64>> {
    for &seq in incident.redacted.iter().rev() {
        let found = desk.journal.entries(incident.id, seq, 1).await.map_err(|e| unreadable(&e))?;
        if found.first().is_some_and(|sealed| names_it(&sealed.body)) {
            return Ok(Some(seq));
        }
    }
    Ok(None)
}

/// Whether this entry gave the incident its title.
fn names_it(body: &str) -> bool {
    let entry = serde_json::from_str::<Entry>(body);
    entry.is_ok_and(|entry| matches!(entry.event, Event::Declared { .. } | Event::Retitled { .. }))
}

/// Remembers with which title a place got its name just now.
async fn note_title(home: &impl Home, incident: &Incident, space: &str) -> Step<()> {
    let all = home.desk().journal.entries(incident.id, 1, incident.seq).await.map_err(|e| unreadable(&e))?;
    let named = all.iter().rev().find(|sealed| sealed.seq <= incident.seq && names_it(&sealed.body));
    let seq = named.map_or(1, |sealed| sealed.seq);
    home.bindings().bind(&incident.id.to_string(), TITLED, &renamed(space, seq)).await
}

/// The entry with a title that was redacted since, whose words are in the place's name; of a place of which it is not known with
/// which title it was named, the last title that was redacted.
async fn redacted_name(home: &impl Home, incident: &Incident, space: &str) -> Step<Option<u64>> {
    let titled = home.bindings().bound(&incident.id.to_string(), TITLED).await?;
    let known = titled.as_deref().and_then(|titled| titled.rsplit_once(' ')).filter(|(of, _)| *of == space);
    match known.and_then(|(_, seq)| seq.parse::<u64>().ok()) {
        Some(seq) => Ok(Some(seq).filter(|seq| incident.redacted.contains(seq))),
        None => redacted_title(home.desk(), incident).await,
    }
}

/// What is remembered of a place whose name has nothing of the title that was redacted there.
pub(super) fn renamed(space: &str, seq: u64) -> String {
    format!("{space} {seq}")
}

/// What came of a name that a place was to have.
pub(super) enum Renaming {
    Done,
    /// Another place has it.
    Taken,
    /// `is_refused`: the chat will not have it for good.
    Not {
        why: String,
        is_refused: bool,
    },
}

/// People link a place by its name, so that stays as it is, unless it may have words of a title that was redacted. `tag` tells its
/// name from another's. False: it is still to be changed.
pub(super) async fn keep_name<R: Future<Output = Renaming>>(
    home: &impl Home,
    incident: &Incident,
    space: &str,
    (tag, max): (&str, usize),
    rename: impl Fn(String) -> R,
) -> Step<bool> {
    let Some(seq) = redacted_name(home, incident, space).await? else { return Ok(true) };
    let (subject, bindings) = (incident.id.to_string(), home.bindings());
    let renamed = renamed(space, seq);
    if bindings.bound(&subject, RENAMED).await?.as_ref() == Some(&renamed) {
        return Ok(true);
    }
    let attempt = async {
        for besides in ["", tag] {
            match rename(channel_name(incident.id, &incident.title, besides, max)).await {
                Renaming::Done => return true,
                Renaming::Taken => {}
                Renaming::Not { why, is_refused } => {
                    tracing::warn!(subject, why, "the incident's channel keeps its name");
                    return is_refused;
                }
            }
        }
        tracing::warn!(subject, "the incident's channel keeps its name: others have the new one");
        true
    };
    if !attempt.await {
        return Ok(false);
    }
    bindings.bind(&subject, RENAMED, &renamed).await?;
    note_title(home, incident, space).await?;
    Ok(true)
}

/// Has something done once for each `value`. `attempt` says whether it is not to be tried again.
pub(super) async fn keep(
    bindings: &Bindings,
    subject: &str,
    name: &str,
    value: &str,
    attempt: impl Future<Output = bool>,
) -> Step<()> {
    if bindings.bound(subject, name).await?.as_deref() != Some(value) && attempt.await {
        bindings.bind(subject, name, value).await?;
    }
    Ok(())
}

/// Who takes part, holds a role or is asked to, by their accounts in a chat.
pub(super) fn accounts(incident: &Incident, account_of: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let people = incident.participants.values().map(|one| &one.person);
    let offered = incident.offers.iter().chain(&incident.command_offer).map(|offer| &offer.to);
    let held = incident.roles.iter().map(|held| &held.person);
    let mut accounts: Vec<String> =
        people.chain(offered).chain(held).filter_map(|one| account_of(&one.id)).collect();
    accounts.sort_unstable();
    accounts.dedup();
    accounts
}

/// Those of them who were not invited into this place yet, as many as may be with one change of the card.
pub(super) async fn not_invited(
    bindings: &Bindings,
    subject: &str,
    space: &str,
    mut accounts: Vec<String>,
) -> Step<Vec<String>> {
    let known = bindings.all(subject).await?;
    accounts.retain(|account| {
        let invited = invited(account);
        !known.iter().any(|(name, into)| *name == invited && into == space)
    });
    accounts.truncate(INVITES_MAX);
    Ok(accounts)
}

/// What is bound to the place that an account was invited into.
pub(super) fn invited(account: &str) -> String {
    format!("invited/{account}")
}

/// Where people go from an incident's place, by label: the console, the status page, the incident's own links (the
/// bridge is one of them).
pub(super) fn links(incident: &Incident, public_url: Option<&str>) -> Vec<(String, String)> {
    let mut all = Vec::new();
    if let Some(base) = public_url {
        all.push(("Console".to_owned(), format!("{base}/console/i/{}", incident.id)));
        all.push(("Status page".to_owned(), format!("{base}/status")));
    }
    let links = incident.links.iter().take(LINKS_MAX).map(|link| (link.label.clone(), link.url.clone()));
    all.extend(links.filter(|(_, url)| url.starts_with("https://") || url.starts_with("http://")));
    all
}

/// The sign before the words that say where an incident is worked on: planned work is no alarm.
pub(super) fn sign(kind: Kind) -> &'static str {
    if kind == Kind::Planned { "🔧" } else { "🚨" }
}

/// How bad an incident is, how far it has come, who commands: for the top of its place. Plain.
pub(super) fn topic(incident: &Incident, names: &Names) -> String {
    let how_bad = names.how_bad(incident.kind(), incident.severity);
    let phase = names.phase(incident.phase);
    let banner = match incident.kind().banner() {
        "" => String::new(),
        banner => format!("{banner} · "),
    };
    format!("{banner}{how_bad} · {phase} · command: {}", incident.commander)
}

/// The name of an incident's channel, in letters that every chat takes: `inc-1-checkout-fails`. `besides` tells it from
/// another of that name.
pub(super) fn channel_name(id: IncidentId, title: &str, besides: &str, max: usize) -> String {
    let mut name = format!("{}-", id.to_string().to_lowercase());
    let room = max - besides.len() - 1;
    for c in title.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            name.push(c);
        } else if !name.ends_with('-') {
            name.push('-');
        }
        if name.len() >= room {
            break;
        }
    }
    let name = name.trim_end_matches('-');
    if besides.is_empty() { name.to_owned() } else { format!("{name}-{besides}") }
}

/// The name of a restricted incident's channel: without its title, which others might see where a name is taken.
pub(super) fn private_name(id: IncidentId, besides: &str) -> String {
    let dash = if besides.is_empty() { "" } else { "-" };
    format!("private-{}{dash}{besides}", id.to_string().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_named_by_number_first_in_letters_that_every_chat_takes() {
        let id: IncidentId = "INC-1".parse().unwrap();
        assert_eq!(channel_name(id, "Checkout  fails! Größe", "", 64), "inc-1-checkout-fails-gr-e");
        assert_eq!(channel_name(id, "🚨", "", 64), "inc-1");
        for max in [64, 80] {
            let long = channel_name(id, &"very bad ".repeat(30), "ab12cd", max);
            assert!(long.len() <= max && long.ends_with("-ab12cd"), "{long}");
        }
    }
}
