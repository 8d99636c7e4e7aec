//! Takes what changed: from hooks, and from people.

use std::sync::Arc;

use chrono::Duration;
use uuid::Uuid;

use super::{Along, Answer, Caller, Changed, Desk, Instead, policy, refuse};
use crate::{
    alert::{
        change::{Change, Draft, Kind, Withdrawn},
        text::{LABEL_MAX_BYTES, TITLE_MAX_BYTES, is_blank, line},
    },
    incident::{
        command::{Command, StatedTime, Verb},
        decide::stated,
        id::IncidentId,
        kind,
        refusal::Refusal,
    },
    journal::{Append, Mark, rows::*},
    mask::Masked,
    wall::dated,
};

/// Changes written in one transaction.
const AT_ONCE: usize = 100;
/// Changes that a list names, and those among which one is looked for.
const LISTED: usize = 20;
const KNOWN_MAX: u32 = 5_000;
/// A list outside of an incident goes back so far; one is taken back within these days.
const LISTED_HOURS: i64 = 24;
const WITHDRAWN_DAYS: i64 = 30;
const REASON_CHARS_MAX: usize = 500;
/// Cards of situations that are drawn anew for a change that came late.
const CARDS_MAX: u32 = 20;

/// What a person says was changed.
#[derive(Debug, Clone, Default)]
pub struct Said {
    pub text: String,
    pub service: Option<String>,
    pub environment: Option<String>,
    pub at: Option<StatedTime>,
}

impl Said {
    fn mask(&mut self) -> Masked {
        let mut seen = Masked::default();
        let named = [&mut self.service, &mut self.environment].into_iter().flatten();
        [&mut self.text].into_iter().chain(named).for_each(|text| seen.mask(text));
        seen
    }

    /// Refuses what would be cut: of what a machine sends a part is better than nothing, a person can be asked for less.
    fn check(&self) -> Result<(), Refusal> {
        for (what, text, bytes_max) in [
            ("change", Some(&self.text), TITLE_MAX_BYTES),
            ("service", self.service.as_ref(), LABEL_MAX_BYTES),
            ("environment", self.environment.as_ref(), LABEL_MAX_BYTES),
        ] {
            // Replaced as for a machine: what stands for a character may be longer than it.
            let kept = line(what, text.map_or("", |text| text.trim()), usize::MAX, &mut Vec::new());
            if !kept.is_empty() && is_blank(&kept) {
                return Err(Refusal::invalid(
                    format!("The {what} is empty."),
                    format!("Say the {what} in a few words."),
                ));
            }
            let (chars, bytes) = (kept.chars().count(), kept.len());
            if bytes > bytes_max {
                let has = if bytes == chars {
                    format!("{chars} characters; the limit is {bytes_max}")
                } else {
                    format!("{chars} characters in {bytes} bytes; the limit is {bytes_max} bytes")
                };
                return Err(Refusal::invalid(
                    format!("The {what} has {has}."),
                    "Say it in a line; the rest goes into a `note TEXT`.",
                ));
            }
        }
        Ok(())
    }
}

impl Desk {
    /// Takes changes: on disk when this returns, with a receipt and how many there were.
    ///
    /// # Errors
    /// Unavailable: the sender must try again; what was taken already is known again then.
    pub async fn take_changes(self: &Arc<Self>, told: Vec<Draft>) -> Result<(Uuid, usize), Refusal> {
        let (receipt, now, count) = (self.world.id(), self.world.now(), told.len());
        let mut changes: Vec<Change> = told.into_iter().map(|draft| draft.taken(now)).collect();
        for change in &mut changes {
            let masked = change.mask();
            if !masked.is_empty() {
                change.notes.push(format!("Masked, as it looks secret: {}.", masked.kinds()));
            }
        }
        for some in changes.chunks(AT_ONCE) {
            let deliveries = self.cards_of(some).await?;
            let marks = some.iter().map(|change| Mark::Changed(Box::new(change.clone()))).collect();
            self.append(Append { marks, deliveries, ..Append::default() }).await.map_err(refuse)?;
        }
        if count > 0 {
            self.tell(Changed::Alerts);
        }
        Ok((receipt, count))
    }

    /// The cards on which these changes may have to stand: what burns now, and began a while after one of them.
    async fn cards_of(&self, changes: &[Change]) -> Result<Vec<NewDelivery>, Refusal> {
        let settings = self.settings();
        let chats = &settings.chats;
        if chats.is_empty() || changes.is_empty() {
            return Ok(vec![]);
        }
        let (now, within) = (self.world.now(), settings.evidence.changes_within);
        let came_before =
            |at: chrono::DateTime<chrono::Utc>| changes.iter().any(|c| c.at <= at && at - c.at <= within);
        let mut cards = Vec::new();
        let free =
            self.journal.situations(SituationFilter::Free { limit: CARDS_MAX }).await.map_err(refuse)?;
        for row in free {
            let is_shown = row.decided.as_deref().is_some_and(|how| how != "record");
            if is_shown && row.situation.firing > 0 && came_before(row.situation.opened_at) {
                // No revision of it: a key that no other card has.
                cards.extend(policy::situation_cards(row.id, -now.timestamp_millis(), chats, now));
            }
        }
        let filter = IncidentFilter { kind: Some(kind::Kind::Real), ..IncidentFilter::open() };
        for row in self.list(filter).await? {
            if row.phase.is_active() && came_before(row.declared_at) {
                cards.extend(policy::incident_cards(&row, now, chats));
            }
        }
        Ok(cards)
    }

    /// Takes what a person says was changed; in an incident, it stands on its timeline as well, and in a restricted one only there.
    pub(super) async fn change(
        self: &Arc<Self>,
        caller: Caller,
        here: Option<IncidentId>,
        mut said: Said,
        once: Option<String>,
    ) -> Result<Answer, Refusal> {
        let masked = said.mask();
        said.check()?;
        let asked = format!("change {here:?} {said:?}");
        let now = self.world.now();
        let at = said.at.map(|at| stated(at, now)).transpose()?.unwrap_or(now);
        let id = self.world.id().to_string();
        let mut draft = Draft::new(Kind::Other, id, &said.text).sent_by(&caller.via);
        draft.service(said.service.clone().unwrap_or_default());
        draft.environment(said.environment.clone().unwrap_or_default());
        draft.by(&caller.person.name);
        draft.began(at.to_rfc3339());
        let change = draft.taken(now);
        let about: Vec<&str> =
            [&change.service, &change.environment].into_iter().flatten().map(String::as_str).collect();
        let about = if about.is_empty() { String::new() } else { format!(" ({})", about.join(", ")) };
        let text = format!("Change noted: {}{about}.{}", change.title, masked.word());
        let mark = Mark::Changed(Box::new(change.clone()));
        if let Some(incident) = here {
            let note = Command::Note { text: format!("Change: {}{about}", change.title), at: said.at };
            let is_restricted = self.incident(incident).await?.restricted.is_some();
            let marks = if is_restricted { vec![] } else { vec![mark] };
            let along = Along { marks, once, ..Along::default() };
            let mut answer = self.submit(caller.acting(), incident, note, along).await?;
            answer.text.push_str(&masked.word());
            if is_restricted {
                answer.text.push_str(" It stands on this timeline alone: the incident is restricted.");
            }
            self.tell(Changed::Alerts);
            return Ok(answer);
        }
        let deliveries = self.cards_of(std::slice::from_ref(&change)).await?;
        self.write_marks(vec![mark], deliveries, once, &asked, text).await
    }

    /// The answer to `change list`: those of the last day; of an incident, those since a while before it began, too.
    pub(super) async fn changes_told(
        self: &Arc<Self>,
        caller: &Caller,
        here: Option<IncidentId>,
    ) -> Result<String, Refusal> {
        let day = self.world.now() - Duration::hours(LISTED_HOURS);
        let (since, alone) = match here {
            None => (day, String::new()),
            Some(id) => {
                let incident = self.seen_by(&caller.person).incident(id).await?;
                let before = incident.opened_at() - self.settings().evidence.changes_within;
                let alone = match incident.restricted {
                    Some(_) => format!("\nWhat was changed in {id} itself stands on its timeline alone."),
                    None => String::new(),
                };
                (before.min(day), alone)
            }
        };
        let changes = self.last_changes(since, KNOWN_MAX).await?;
        Ok(listed(&changes, &dated(since)) + &alone)
    }

    /// Takes back a change that was reported by mistake. It stays, and says so; in the incident where it was said, the timeline
    /// does too.
    pub(super) async fn withdraw_change(
        self: &Arc<Self>,
        caller: Caller,
        n: u32,
        mut reason: String,
        once: Option<String>,
    ) -> Result<Answer, Refusal> {
        let mut masked = Masked::default();
        masked.mask(&mut reason);
        let reason: String = line("reason", reason.trim(), usize::MAX, &mut Vec::new());
        let chars = reason.chars().count();
        if chars > REASON_CHARS_MAX {
            return Err(Refusal::invalid(
                format!("The reason has {chars} characters; the limit is {REASON_CHARS_MAX}."),
                "Say it in a line; the rest goes into a `note TEXT`.",
            ));
        }
        let asked = format!("change withdraw {n} {reason}");
        if let Some(answer) = self.answered(once.as_deref(), &asked).await? {
            return Ok(answer);
        }
        let now = self.world.now();
        let known = self.last_changes(now - Duration::days(WITHDRAWN_DAYS), KNOWN_MAX).await?;
        let mut change = only(known, n)?;
        if let Some(Withdrawn { by, at, .. }) = &change.withdrawn {
            let why = format!("Change {n} was withdrawn by {by} at {} already.", dated(*at));
            return Err(Refusal::conflict(why, "Nothing to do."));
        }
        let said = change
            .said_in
            .as_ref()
            .and_then(|said| Some((said.incident.parse::<IncidentId>().ok()?, said.seq)));
        self.may_withdraw(&caller, &change, said.map(|(incident, _)| incident)).await?;
        let reply = format!(
            "Change {n} is withdrawn; it stays on record as such: {}.{}",
            change.title,
            masked.word()
        );
        let by = caller.person.name.clone();
        change.withdrawn = Some(Withdrawn { at: now, by, reason: reason.clone(), seq: None });
        let deliveries = self.cards_of(std::slice::from_ref(&change)).await?;
        let marks = vec![Mark::Changed(Box::new(change))];
        let Some((incident, seq)) = said else {
            return self.write_marks(marks, deliveries, once, &asked, reply).await;
        };
        // Without its words: they may be redacted there.
        let text = format!("The change of entry {seq} was reported by mistake and is withdrawn: {reason}");
        let instead = Some(Instead { asked, reply });
        let along = Along { marks, deliveries, once, instead };
        let answer = self.submit(caller, incident, Command::Note { text, at: None }, along).await?;
        self.tell(Changed::Alerts);
        Ok(answer)
    }

    /// Of what was said in an incident, whoever has a part in it knows that it was a mistake; of what a sender told or was said in none,
    /// whoever said it, and anybody who may declare.
    async fn may_withdraw(
        &self,
        caller: &Caller,
        change: &Change,
        said_in: Option<IncidentId>,
    ) -> Result<(), Refusal> {
        let (me, n) = (&caller.person, change.number());
        if let Some(id) = said_in {
            if self.look_at(id, |incident| incident.participants.contains_key(&me.id)).await? {
                return Ok(());
            }
            return Err(Refusal::forbidden(
                format!("Change {n} was said in {id}, and you have had no part in that yet."),
                format!("Say there what you know of it: `{id} note TEXT`; or ask somebody who is in it."),
            ));
        }
        let has_said = change.source == caller.via && change.by.as_deref() == Some(me.name.as_str());
        if has_said || self.settings().policy.reserved.leaves(Verb::Declare, me, kind::Kind::Real) {
            return Ok(());
        }
        Err(Refusal::forbidden(
            format!(
                "Change {n} is for whoever said it, and for those who may declare incidents, to withdraw."
            ),
            "Ask one of them.",
        ))
    }
}

/// The change of that number; two that share one cannot be told apart by it.
fn only(known: Vec<Change>, n: u32) -> Result<Change, Refusal> {
    let mut of_that_number: Vec<Change> = known.into_iter().filter(|change| change.number() == n).collect();
    if let [one, other, ..] = of_that_number.as_slice() {
        return Err(Refusal::conflict(
            format!("{n} is the number of two changes: «{}» and «{}».", one.title, other.title),
            "Neither can be withdrawn by it: say in a `note TEXT` which one was a mistake.",
        ));
    }
    of_that_number.pop().ok_or_else(|| {
        Refusal::not_found(
            format!("There is no change {n} of the last {WITHDRAWN_DAYS} days."),
            "`change list` has the number of each before it.",
        )
    })
}

/// The latest first, each by its number.
fn listed(changes: &[Change], since: &str) -> String {
    if changes.is_empty() {
        return format!("No change is known since {since}. `change WHAT` tells of one.");
    }
    let lines = changes.iter().take(LISTED).map(|change| {
        let about = [&change.service, &change.environment, &change.by].into_iter().flatten();
        let about: Vec<&str> = about.map(String::as_str).collect();
        let about = if about.is_empty() { String::new() } else { format!(" ({})", about.join(", ")) };
        format!(
            "{} – {}, {}: {}{about}",
            change.number(),
            dated(change.at),
            change.kind.word(),
            change.line()
        )
    });
    let more = changes.len().saturating_sub(LISTED);
    let more =
        (more > 0).then(|| format!("… and {more} more since {since}: `commandpost change` lists them."));
    let end = "One that was reported by mistake: `change withdraw N REASON`.".to_owned();
    lines.chain(more).chain([end]).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_that_would_be_cut_is_refused_with_the_limit() {
        let refused = |said: Said| said.check().unwrap_err().why;
        let text = |text: String| Said { text, ..Said::default() };
        assert_eq!(refused(text("w".repeat(9_000))), "The change has 9000 characters; the limit is 300.");
        assert_eq!(
            refused(text("ä".repeat(200))),
            "The change has 200 characters in 400 bytes; the limit is 300 bytes."
        );
        assert!(text(format!(" {}\n", "w".repeat(300))).check().is_ok());
        let service = Some("s".repeat(1_001));
        assert_eq!(
            refused(Said { text: "1.2.3".into(), service, ..Said::default() }),
            "The service has 1001 characters; the limit is 1000."
        );
    }
}
