//! Marks on alerts, and the report that is made of them.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};

use super::{
    Along, Answer, Caller, Desk, arrange,
    evidence::{anybody, stated_impact},
    policy, refuse,
};
use crate::{
    alert::{
        judgement::{Judgement, Subject, Verdict},
        report::{self, Declared, Fired, Report, SHOULD_HAVE_MINUTES},
        text::one_line,
    },
    export,
    incident::{
        command::Command,
        kind::Kind,
        refusal::{Because, Refusal},
    },
    journal::{Mark, rows::*},
    people::Person,
};

/// Firings that a report is made of at most; older ones are left out, and the report says so.
pub const FIRED_MAX: u32 = 200_000;
/// Marks and incidents read for a report.
const MARKS_MAX: u32 = 20_000;
const INCIDENTS_MAX: u32 = 300;
/// Days that a report is about where nobody says so.
const REPORT_DAYS: i64 = 30;
/// A rule is known by having fired within this time.
const RULE_DAYS: i64 = 90;
/// Characters of an unknown rule's name that are said again.
const SHOWN_CHARS_MAX: usize = 80;

impl Desk {
    /// Marks a situation, or a rule; of a situation in an incident, it stands on the timeline as well.
    ///
    /// # Errors
    /// There is no such situation, or no such rule has fired; or the reason is too long, or cannot be seen.
    pub async fn mark(
        self: &Arc<Self>,
        caller: Caller,
        subject: Subject,
        verdict: Verdict,
        reason: String,
        once: Option<String>,
    ) -> Result<Answer, Refusal> {
        let caller = self.known_as(caller);
        let mut judgement = Judgement {
            id: self.world.id(),
            subject,
            verdict,
            reason: reason.split_whitespace().collect::<Vec<_>>().join(" "),
            by: caller.person.clone(),
            via: caller.via.clone(),
            at: self.world.now(),
        };
        let masked = judgement.mask();
        judgement.reason = arrange::text("reason", judgement.reason)?;
        let asked = format!("mark {} {} {}", judgement.subject, verdict.word(), judgement.reason);
        let why = if judgement.reason.is_empty() { String::new() } else { format!(": {}", judgement.reason) };
        let mark = Mark::Judged(Box::new(judgement.clone()));
        let Subject::Situation(id) = judgement.subject else {
            self.check_rule(&judgement.subject).await?;
            let text =
                format!("The rule {} is marked {}{why}.{}", judgement.subject, verdict.word(), masked.word());
            return self.write_marks(vec![mark], vec![], once, &asked, text).await;
        };
        let row = self.situation(id).await?;
        let now = judgement.at;
        // No revision of it: a key that no other card has.
        let cards = policy::situation_cards(id, -now.timestamp_millis(), &self.settings().chats, now);
        if let Some(incident) = row.incident
            && !self.is_hidden_from(&caller, row.incident).await
        {
            let text = format!("Marked S-{id} ({}) as {}{why}", row.situation.lead, verdict.word());
            let along = Along {
                marks: vec![mark.clone()],
                deliveries: cards.clone(),
                once: once.clone(),
                instead: None,
            };
            let noted = self.submit(caller, incident, Command::NoteMark { text }, along).await;
            match noted {
                Ok(mut answer) => {
                    answer.text.push_str(&masked.word());
                    self.tell(super::Changed::Alerts);
                    return Ok(answer);
                }
                Err(refusal) if refusal.because == Because::Unavailable => return Err(refusal),
                // A timeline that takes no notes any more does not keep the mark from being set.
                Err(_) => {}
            }
        }
        let text = format!("S-{id} is marked {}{why}.{}", verdict.word(), masked.word());
        self.write_marks(vec![mark], cards, once, &asked, text).await
    }

    async fn check_rule(&self, subject: &Subject) -> Result<(), Refusal> {
        let Subject::Rule(name) = subject else { return Ok(()) };
        let since = self.world.now() - Duration::days(RULE_DAYS);
        let fired = self.journal.fired(since, FIRED_MAX).await.map_err(refuse)?;
        if fired.iter().any(|one| one.rule == *name) {
            return Ok(());
        }
        let shown = one_line(name, SHOWN_CHARS_MAX);
        Err(Refusal::not_found(
            format!("No alert of a rule «{shown}» has fired in the last {RULE_DAYS} days."),
            "Write the name as `alert report` has it, or a situation such as S-3.",
        ))
    }

    /// What fired since then, of at most `limit` firings.
    ///
    /// # Errors
    /// The journal does not answer.
    pub async fn fired(&self, since: DateTime<Utc>, limit: u32) -> Result<Vec<Fired>, Refusal> {
        self.journal.fired(since, limit).await.map_err(refuse)
    }

    /// Which alerts deserve it, for one reader: incidents that are not for them are not named.
    ///
    /// # Errors
    /// The journal does not answer.
    pub async fn alert_report(&self, reader: &Person, since: DateTime<Utc>) -> Result<Report, Refusal> {
        let fired = self.fired(since - Duration::minutes(SHOULD_HAVE_MINUTES), FIRED_MAX).await?;
        self.report_of(reader, since, &fired, FIRED_MAX).await
    }

    /// The report in words, for where it was asked.
    pub(super) async fn report_told(&self, caller: &Caller, minutes: Option<u32>) -> Result<String, Refusal> {
        let minutes = minutes.map_or(REPORT_DAYS * 24 * 60, i64::from);
        // What others read along names no incident that is not for everybody.
        let reader = if caller.is_overheard { anybody() } else { caller.person.clone() };
        let report = self.alert_report(&reader, self.world.now() - Duration::minutes(minutes)).await?;
        Ok(export::alerts::text(&report))
    }

    /// The report over firings that are at hand, of which at most `limit` were read.
    ///
    /// # Errors
    /// As [`Desk::alert_report`].
    pub async fn report_of(
        &self,
        reader: &Person,
        since: DateTime<Utc>,
        fired: &[Fired],
        limit: u32,
    ) -> Result<Report, Refusal> {
        let filter = JudgementFilter::Since { at: since, limit: MARKS_MAX };
        let marks = self.seen_by(reader).judgements(filter).await?;
        let filter = IncidentFilter { kind: Some(Kind::Real), ..IncidentFilter::all(INCIDENTS_MAX) };
        let mut incidents = Vec::new();
        for row in self.seen_by(reader).list(filter).await? {
            if row.declared_at < since {
                continue;
            }
            let linked = SituationFilter::Linked { incident: row.id };
            let situations = self.journal.situations(linked).await.map_err(refuse)?;
            incidents.push(Declared {
                id: row.id.to_string(),
                title: row.title,
                declared_at: row.declared_at,
                began_at: stated_impact(&self.incident(row.id).await?),
                situations: situations.into_iter().map(|row| row.id).collect(),
            });
        }
        let mut report = report::report((since, self.world.now()), fired, &marks, &incidents);
        report.is_cut = fired.len() >= limit as usize;
        Ok(report)
    }
}
