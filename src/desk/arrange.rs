//! What people arrange about alerts: acknowledgements, silences, maintenance windows. Where the situation belongs to an incident,
//! it is an entry there too, in the same transaction.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Duration, Utc};

use super::{Along, Answer, Caller, Desk, Instead, policy, refuse};
use crate::{
    alert::{
        Alert, Status,
        arranged::{Amendment, Arranged, Arrangement, Ended, Passed, Subject},
        text::{is_blank, legible},
    },
    grammar::Arrange,
    incident::{command::Command, id::IncidentId, refusal::Refusal},
    journal::{Mark, rows::*},
    people::Person,
    wall::dated,
};

const TEXT_CHARS_MAX: usize = 500;

/// What is to be written of an arrangement.
#[derive(Default)]
pub(super) struct Writing {
    /// How the timeline tells it, where there is one.
    pub sentence: String,
    pub reply: String,
    pub marks: Vec<Mark>,
    pub deliveries: Vec<NewDelivery>,
    pub asked: String,
    pub once: Option<String>,
}

impl Desk {
    /// Acknowledges or silences alerts, or plans maintenance.
    ///
    /// # Errors
    /// A [`Refusal`] that says why and what would work; nothing was changed.
    pub async fn arrange(
        self: &Arc<Self>,
        caller: Caller,
        mut asked: Arrange,
        once: Option<String>,
    ) -> Result<Answer, Refusal> {
        let caller = self.known_as(caller);
        let masked = asked.mask();
        if asked == Arrange::Windows {
            let text = self.windows(&caller).await?;
            return Ok(Answer { text, ..Answer::default() });
        }
        let said = format!("{asked:?}");
        // One at a time: each has a number, and sees what the one before has arranged.
        let _one_at_a_time = self.arranging.lock().await;
        if let Some(answer) = self.answered(once.as_deref(), &said).await? {
            return Ok(answer);
        }
        let (row, mut writing) = match asked {
            Arrange::Acknowledge { situation, comment } => {
                self.acknowledge(&caller, situation, text("comment", comment)?).await?
            }
            Arrange::Unacknowledge { situation, reason } => {
                self.unacknowledge(&caller, situation, text("reason", reason)?).await?
            }
            Arrange::Silence { situation, minutes, reason } => {
                self.silence(&caller, situation, minutes, needed("reason", reason)?).await?
            }
            Arrange::Unsilence { situation, reason } => {
                self.unsilence(&caller, situation, text("reason", reason)?).await?
            }
            Arrange::AddWindow { name, from, to, minutes, labels, records } => {
                let span = self.span(from, to, minutes)?;
                (None, self.add_window(&caller, needed("name", name)?, span, labels, records).await?)
            }
            Arrange::EndWindow { n, reason } => {
                (None, self.end_window(&caller, n, text("reason", reason)?).await?)
            }
            Arrange::Windows => {
                return Err(Refusal::invalid("Nothing was asked.", "Say `maintenance list`."));
            }
        };
        (writing.asked, writing.once) = (said, once);
        writing.reply.push_str(&masked.word());
        let answer = self.write_arranged(caller, row, writing).await?;
        self.wake_follower.notify_one();
        Ok(answer)
    }

    async fn write_arranged(
        self: &Arc<Self>,
        caller: Caller,
        row: Option<SituationRow>,
        writing: Writing,
    ) -> Result<Answer, Refusal> {
        let Writing { sentence, reply, marks, deliveries, asked, once } = writing;
        if let Some(id) = row.and_then(|row| row.incident)
            && !self.incident(id).await?.phase.is_over()
        {
            let note = Command::Note { text: sentence, at: None };
            let instead = Some(Instead { asked, reply });
            return self.submit(caller, id, note, Along { marks, deliveries, once, instead }).await;
        }
        self.write_marks(marks, deliveries, once, &asked, reply).await
    }

    /// A situation that something can be arranged about, and its alerts.
    async fn arrangeable(&self, caller: &Caller, id: i64) -> Result<(SituationRow, Vec<Alert>), Refusal> {
        let row = self.situation(id).await?;
        let mut over = None;
        if let Some(incident) = row.incident {
            let incident = self.incident(incident).await?;
            let is_overheard = incident.restricted.is_some() && caller.is_overheard_on(incident.id);
            if is_overheard || !incident.may_see(&caller.person) {
                return Err(Refusal::conflict(format!("Somebody is on S-{id} already."), "Nothing to do."));
            }
            over = incident.phase.is_over().then_some((incident.id, incident.phase));
        }
        let alerts = self.situation_alerts(id).await?;
        if row.is_open {
            return Ok((row, alerts));
        }
        let settings = self.settings();
        let over = over.map(|(incident, phase)| (incident, settings.policy.names.standing(phase)));
        Err(not_arrangeable(id, over, alerts.iter().any(|alert| alert.status == Status::Firing)))
    }

    async fn acknowledge(
        &self,
        caller: &Caller,
        id: i64,
        comment: String,
    ) -> Result<(Option<SituationRow>, Writing), Refusal> {
        let (row, alerts) = self.arrangeable(caller, id).await?;
        if row.situation.firing == 0 {
            return Err(Refusal::conflict(
                format!("Nothing of S-{id} fires any more."),
                "Nothing is left to acknowledge.",
            ));
        }
        let before = self.acknowledgement(id).await?;
        if let Some(own) = before.as_ref().filter(|ack| ack.by.id == caller.person.id) {
            return Err(Refusal::conflict(
                format!("{} acknowledged S-{id} at {}.", own.by, dated(own.at)),
                "It is yours already: `note` what you do.",
            ));
        }
        let now = self.world.now();
        let until = now + Duration::minutes(i64::from(self.settings().acknowledged_minutes));
        let of = self.subject(&row, &alerts, Asking::Acknowledge);
        let title = &row.situation.title;
        let (me, said, told) = (&caller.person, with(&comment), told(&of));
        let (sentence, reply) = match &before {
            None => (
                format!("Acknowledged alerts S-{id} «{title}»{said}.{told}"),
                format!("S-{id} is acknowledged by {me}{said}.{told}"),
            ),
            Some(ack) => (
                format!("Took over alerts S-{id} «{title}» from {}{said}.{told}", ack.by),
                format!("S-{id} is acknowledged by {me}, and no more by {}{said}.{told}", ack.by),
            ),
        };
        let what = Arranged::Acknowledgement { of, until };
        // What ends an earlier one at its sender goes after what begins this one: there is no gap between.
        let ending = before.map(|ack| {
            let reason = format!("{me} took it over");
            // Only a silence that stands for it is one of its own there: what else was acknowledged stays so, by another.
            self.ending(&row, &ack, Ended { by: me.clone(), at: now, reason }, &[Asking::Unsilence])
        });
        let (row, mut writing) =
            self.arranged(caller, row, comment, what, Asking::Acknowledge, sentence, reply).await?;
        if let Some((mark, deliveries)) = ending {
            writing.marks.push(mark);
            writing.deliveries.extend(deliveries);
        }
        Ok((row, writing))
    }

    async fn unacknowledge(
        &self,
        caller: &Caller,
        id: i64,
        reason: String,
    ) -> Result<(Option<SituationRow>, Writing), Refusal> {
        let (row, _) = self.arrangeable(caller, id).await?;
        let Some(ack) = self.acknowledgement(id).await? else {
            return Err(Refusal::conflict(format!("Nobody has acknowledged S-{id}."), "Nothing to do."));
        };
        let (now, said) = (self.world.now(), with(&reason));
        let ended = Ended { by: caller.person.clone(), at: now, reason };
        let ends = [Asking::Unsilence, Asking::Unacknowledge];
        let (mark, mut deliveries) = self.ending(&row, &ack, ended, &ends);
        let passed = ack.subject().into_iter().flat_map(|of| of.passed.iter());
        let (told, stays): (Vec<&str>, Vec<&str>) = passed
            .filter(|(_, passed)| !matches!(passed, Passed::Failed { .. }))
            .map(|(hook, _)| hook.as_str())
            .partition(|hook| deliveries.iter().any(|one| one.destination == destination(hook)));
        let mut there = String::new();
        if !told.is_empty() {
            there.push_str(&format!(" It is being taken back at {}.", told.join(", ")));
        }
        if !stays.is_empty() {
            there.push_str(&format!(" It stays acknowledged at {}: end it there.", stays.join(", ")));
        }
        deliveries.extend(self.anew(&row, now));
        let title = &row.situation.title;
        let writing = Writing {
            sentence: format!(
                "Took back the acknowledgement of alerts S-{id} «{title}» by {}{said}.{there}",
                ack.by
            ),
            reply: format!("S-{id} is acknowledged by nobody any more{said}.{there}"),
            marks: vec![mark],
            deliveries,
            ..Writing::default()
        };
        Ok((Some(row), writing))
    }

    async fn silence(
        &self,
        caller: &Caller,
        id: i64,
        minutes: u32,
        reason: String,
    ) -> Result<(Option<SituationRow>, Writing), Refusal> {
        let hours = self.settings().silence_hours_max;
        if minutes == 0 || minutes > hours * 60 {
            return Err(Refusal::invalid(
                format!("A silence lasts from a minute to {hours} hours."),
                format!("Write `silence S-{id} 2h REASON`; it can be made anew when it ends."),
            ));
        }
        let (row, alerts) = self.arrangeable(caller, id).await?;
        let now = self.world.now();
        if let Some(known) =
            self.standing(now).await?.silences.iter().find(|one| one.silences(id, &row.situation))
        {
            return Err(Refusal::conflict(
                format!("S-{id} is silenced by {} until {} already.", known.by, dated(known.until())),
                format!("`unsilence S-{id}` ends that; then silence it anew."),
            ));
        }
        let until = now + Duration::minutes(i64::from(minutes));
        let of = self.subject(&row, &alerts, Asking::Silence);
        let title = &row.situation.title;
        let (said, told, when) = (with(&reason), told(&of), dated(until));
        let sentence = format!("Silenced alerts S-{id} «{title}» until {when}{said}.{told}");
        let reply = format!(
            "S-{id} is silenced until {when}{said}.{told} What comes is counted. `unsilence S-{id}` ends it earlier."
        );
        let what = Arranged::Silence { of, until };
        let (row, mut writing) =
            self.arranged(caller, row, reason, what, Asking::Silence, sentence, reply).await?;
        writing.marks.push(Mark::SituationHeld { id, until });
        Ok((row, writing))
    }

    async fn unsilence(
        &self,
        caller: &Caller,
        id: i64,
        reason: String,
    ) -> Result<(Option<SituationRow>, Writing), Refusal> {
        let (row, _) = self.arrangeable(caller, id).await?;
        let now = self.world.now();
        let standing = self.standing(now).await?;
        let known = standing.silences.iter().find(|one| one.silences(id, &row.situation));
        let Some(silence) = known else {
            return Err(Refusal::conflict(format!("S-{id} is not silenced."), "Nothing to do."));
        };
        let said = with(&reason);
        let ended = Ended { by: caller.person.clone(), at: now, reason };
        let (mark, mut deliveries) = self.ending(&row, silence, ended, &[Asking::Unsilence]);
        deliveries.extend(self.anew(&row, now));
        let writing = Writing {
            sentence: format!("Ended the silence of alerts S-{id} «{}»{said}.", row.situation.title),
            reply: format!("S-{id} is silenced no more{said}."),
            marks: vec![mark, Mark::HeldReleased { until: DateTime::<Utc>::MAX_UTC }],
            deliveries,
            ..Writing::default()
        };
        Ok((Some(row), writing))
    }

    /// Ends an arrangement before its time, and where it was passed on as well, as far as a sender can be asked one of these.
    fn ending(
        &self,
        row: &SituationRow,
        one: &Arrangement,
        ended: Ended,
        ends: &[Asking],
    ) -> (Mark, Vec<NewDelivery>) {
        let (settings, at) = (self.settings(), ended.at);
        let taken = |hook: &str| {
            let takes = settings.upstream.get(hook)?;
            ends.iter().copied().find(|end| takes.contains(end))
        };
        let passed = one.subject().into_iter().flat_map(|of| of.passed.iter());
        let reached = passed.filter(|(_, passed)| !matches!(passed, Passed::Failed { .. }));
        let deliveries =
            reached.filter_map(|(hook, _)| Some(asking(row, hook, one, taken(hook.as_str())?, at))).collect();
        (Mark::Amended { arrangement: one.id, amendment: Amendment::Ended(ended) }, deliveries)
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one arrangement, made in two places")]
    async fn arranged(
        &self,
        caller: &Caller,
        row: SituationRow,
        reason: String,
        what: Arranged,
        how: Asking,
        sentence: String,
        reply: String,
    ) -> Result<(Option<SituationRow>, Writing), Refusal> {
        let one = self.numbered(&caller.person, reason, what).await?;
        let hooks = one.subject().into_iter().flat_map(|of| of.passed.keys());
        let mut deliveries: Vec<NewDelivery> =
            hooks.map(|hook| asking(&row, hook, &one, how, one.at)).collect();
        deliveries.extend(self.anew(&row, one.at));
        let marks = vec![Mark::Arranged(Box::new(one))];
        Ok((Some(row), Writing { sentence, reply, marks, deliveries, ..Writing::default() }))
    }

    pub(super) async fn numbered(
        &self,
        by: &Person,
        reason: String,
        what: Arranged,
    ) -> Result<Arrangement, Refusal> {
        let id = self.journal.last_arrangement().await.map_err(refuse)? + 1;
        let mark = self.world.id().simple().to_string();
        Ok(Arrangement { id, by: by.clone(), at: self.world.now(), reason, mark, ended: None, what })
    }

    /// The situation, and which of its senders can be asked this.
    fn subject(&self, row: &SituationRow, alerts: &[Alert], how: Asking) -> Subject {
        let settings = self.settings();
        let takes = |hook: &&String| settings.upstream.get(*hook).is_some_and(|all| all.contains(&how));
        let passed: BTreeMap<String, Passed> = alerts
            .iter()
            .map(|alert| &alert.source)
            .filter(takes)
            .map(|hook| (hook.clone(), Passed::Waiting))
            .collect();
        Subject {
            situation: row.id,
            source: row.situation.source.clone(),
            group_key: row.situation.group_key.clone(),
            passed,
        }
    }

    /// The situation's card, where one is shown.
    pub(super) fn anew(&self, row: &SituationRow, now: DateTime<Utc>) -> Vec<NewDelivery> {
        if row.decided.as_deref() != Some("card") {
            return vec![];
        }
        let mut cards = policy::situation_cards(row.id, row.revision, &self.settings().chats, now);
        let key = format!("S-{}/{}", row.id, self.world.id().simple());
        cards.iter_mut().for_each(|card| card.key.clone_from(&key));
        cards
    }
}

fn asking(row: &SituationRow, hook: &str, one: &Arrangement, how: Asking, at: DateTime<Utc>) -> NewDelivery {
    let destination = destination(hook);
    NewDelivery {
        key: one.key(row.id, how.word()),
        lane: format!("{destination}/S-{}", row.id),
        destination,
        incident: row.incident,
        what: What::Ask { arrangement: one.id, how },
        same: None,
        at,
    }
}

/// Why nothing is arranged about a situation that is not open. `over`: its incident, and how that ended.
fn not_arrangeable(id: i64, over: Option<(IncidentId, &str)>, is_firing: bool) -> Refusal {
    let Some((incident, ended)) = over else {
        return Refusal::conflict(
            format!("S-{id} is over: nothing of it has fired for a while."),
            "`alerts` lists those that are open.",
        );
    };
    if is_firing {
        return Refusal::conflict(
            format!(
                "S-{id} fires still, but it belongs to {incident}, which is {ended}: it is not followed there any more."
            ),
            format!("Link it to another incident, where it goes on: `link S-{id}`, said there."),
        );
    }
    Refusal::conflict(
        format!("S-{id} belongs to {incident}, which is {ended}, and nothing of it fires any more."),
        "`alerts` lists those that are open.",
    )
}

/// What the outbox calls the sender behind a hook.
pub fn destination(hook: &str) -> String {
    format!("sender/{hook}")
}

/// A text of a person, fit to be shown; it may be empty.
pub(super) fn text(what: &str, text: String) -> Result<String, Refusal> {
    let text = legible(&text).trim().to_owned();
    if !text.is_empty() && is_blank(&text) {
        return Err(Refusal::invalid(
            format!("The {what} is empty."),
            format!("Say the {what} in a few words."),
        ));
    }
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(Refusal::invalid(
            format!("A {what} has at most {TEXT_CHARS_MAX} characters."),
            "Shorten it.",
        ));
    }
    Ok(text)
}

fn needed(what: &str, given: String) -> Result<String, Refusal> {
    let given = text(what, given)?;
    if given.is_empty() {
        return Err(Refusal::invalid(
            format!("The {what} is missing."),
            "Whoever reads it at night needs it.",
        ));
    }
    Ok(given)
}

/// `: why`, where somebody said why.
fn with(reason: &str) -> String {
    let reason = reason.trim_end_matches('.');
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}

fn told(of: &Subject) -> String {
    if of.passed.is_empty() {
        return format!(" {} is not told: nothing in [senders] reaches it.", of.source);
    }
    let names: Vec<&str> = of.passed.keys().map(String::as_str).collect();
    // Whether they take it is known later: the card says so, and the timeline.
    format!(" It is being passed on to {}.", names.join(", "))
}
