//! The timeline as a reader meets it: each event one plain sentence, corrections and redactions folded in.
//!
//! The journal keeps every entry for ever; this says what of it is shown. What a correction replaced stays beside the
//! new wording. What was redacted is gone from every line, also from the corrections that quoted it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::{
    decide::when,
    event::{Entry, Event, TimeSource},
    kind::Kind,
    role::Role,
};
use crate::people::Person;

/// Characters of a draft's text that its sentence quotes; the exact text stands with the public updates.
const QUOTE_CHARS_MAX: usize = 280;

/// One entry as a reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub seq: u64,
    /// When it happened, UTC; the corrected time where a correction stated one.
    pub occurred_at: DateTime<Utc>,
    /// When it was written down, UTC.
    pub recorded_at: DateTime<Utc>,
    pub time_source: TimeSource,
    pub actor: Person,
    /// The role the actor had at that time.
    pub role: Option<Role>,
    /// The door it came through.
    pub via: String,
    /// The stored name of the event: `command.transferred`.
    pub name: &'static str,
    pub text: String,
    /// What the entry said first, where a correction has replaced it. Wordings in between stand in the lines of the
    /// corrections themselves.
    pub original: Option<String>,
    /// The time the entry had first, where a correction has replaced it.
    pub original_at: Option<DateTime<Utc>>,
    /// The last correction that counts.
    pub corrected_by: Option<u64>,
    /// The redaction that hid the words.
    pub redacted_by: Option<u64>,
    /// Its time was stated by a person afterwards, not taken from a clock as it was written down.
    pub is_late: bool,
    /// A turning point: what a reader in a hurry reads.
    pub important: bool,
}

/// `text` as the end of a sentence: trimmed, with a full stop unless it ends in a mark of its own.
fn ended(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?', '…', ':', ';']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

/// `: reason.`, or the full stop alone.
fn because(reason: &str) -> String {
    if reason.trim().is_empty() { ".".to_owned() } else { format!(": {}", ended(reason)) }
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(QUOTE_CHARS_MAX).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

fn briefing(sections: u8) -> String {
    match sections {
        0 => "without a briefing".to_owned(),
        n => format!("with {n} of {} briefing sections filled", super::briefing::SECTIONS),
    }
}

/// What happened, in one plain sentence. Who did it stands beside it, in [`Line::actor`].
pub fn sentence(event: &Event) -> String {
    match event {
        Event::Declared { title, kind, severity, triage, .. } => {
            let what = match kind {
                Kind::Real => "",
                Kind::Drill => "The exercise ",
                Kind::Test => "The test ",
            };
            if *triage {
                format!("{what}«{title}» was noticed and is in triage, taken as {severity} for now.")
            } else {
                format!("{what}«{title}» was declared as {severity}.")
            }
        }
        Event::Retitled { title } => format!("The title is now «{title}»."),
        Event::Summarized { text } => format!("Situation: {}", ended(text)),
        Event::SeverityChanged { from, to, reason } => {
            let verb = if to.worse_than(*from) { "raised" } else { "lowered" };
            format!("Severity was {verb} from {from} to {to}{}", because(reason))
        }
        Event::PhaseChanged { from, to, reason } => {
            format!("Phase went from {from} to {to}{}", because(reason))
        }

        Event::CommandEstablished { by } => format!("{by} has command."),
        Event::CommandOffered { from, to, expires_at, briefing_sections } => format!(
            "{from} offered command to {to}, {}; {from} stays in command until {to} accepts. The offer ends {}.",
            briefing(*briefing_sections),
            when(Some(*expires_at))
        ),
        Event::CommandDeclined { by, reason } => format!("{by} declined command{}", because(reason)),
        Event::CommandOfferExpired { to } => {
            format!("{to} did not answer the offer of command; it has ended.")
        }
        Event::CommandOfferWithdrawn { to } => format!("The offer of command to {to} was withdrawn."),
        Event::CommandTransferred { from, to, briefing_sections, without_outgoing_brief, reason } => {
            let how = if *without_outgoing_brief {
                format!("without a briefing by {from}")
            } else {
                briefing(*briefing_sections)
            };
            format!("Command passed from {from} to {to}, {how}{}", because(reason))
        }

        Event::RoleOffered { role, to, expires_at } => {
            format!("{to} was asked to be {role}; the offer ends {}.", when(Some(*expires_at)))
        }
        Event::RoleAccepted { role, by } => format!("{by} is now {role}."),
        Event::RoleDeclined { role, by, reason } => format!("{by} declined to be {role}{}", because(reason)),
        Event::RoleOfferExpired { role, to } => {
            format!("{to} did not answer the offer to be {role}; it has ended.")
        }
        Event::RoleRelieved { role, person, reason } => {
            format!("{person} was relieved as {role}{}", because(reason))
        }
        Event::RoleReleased { role, person } => format!("{person} gave up the role of {role}."),

        Event::CheckedIn { who, note } => format!("{who} checked in{}", because(note)),
        Event::CheckedOut { who, note } => format!("{who} checked out{}", because(note)),

        Event::ObjectiveSet { n, text } => format!("Objective {n} was set: {}", ended(text)),
        Event::ObjectiveMet { n } => format!("Objective {n} was met."),
        Event::ObjectiveDropped { n, reason } => format!("Objective {n} was dropped{}", because(reason)),

        Event::TaskAssigned { n, text, owner, due_at } => {
            let due = due_at.map(|at| format!(", due {}", when(Some(at)))).unwrap_or_default();
            format!("Task #{n} went to {owner}{due}: {}", ended(text))
        }
        Event::TaskUnderstood { n } => format!("Task #{n} is understood and under way."),
        Event::TaskExtended { n, due_at } => {
            format!("Task #{n} has more time, until {}.", when(Some(*due_at)))
        }
        Event::TaskReported { n, result } => format!("Task #{n} is done{}", because(result)),
        Event::TaskOverdue { n } => format!("Task #{n} is overdue."),
        Event::TaskCancelled { n, reason } => format!("Task #{n} was cancelled{}", because(reason)),

        Event::DecisionRecorded { text } => format!("Decision: {}", ended(text)),
        Event::CanReported { service, conditions, actions, needs } => {
            let parts: Vec<_> = [("conditions", conditions), ("actions", actions), ("needs", needs)]
                .into_iter()
                .filter(|(_, text)| !text.trim().is_empty())
                .map(|(what, text)| format!("{what}: {}", text.trim().trim_end_matches('.')))
                .collect();
            format!("Report on {service} – {}", ended(&parts.join("; ")))
        }
        Event::Noted { text } => text.trim().to_owned(),
        Event::LinkAdded { label, url } => format!("Linked {label}: {url}"),

        Event::EntryCorrected { target, text, occurred_at, reason } => {
            let at = occurred_at.map(|at| format!(" at {}", when(Some(at)))).unwrap_or_default();
            format!("Entry {target} was corrected to «{}»{at}{}", text.trim(), because(reason))
        }
        Event::EntryRedacted { target, reason } => format!("Entry {target} was redacted{}", because(reason)),

        Event::AlertsLinked { situation, title, source, firing, total, .. } => {
            format!("Alerts S-{situation} «{title}» from {source} were linked: {firing} of {total} firing.")
        }
        Event::AlertsChanged { situation, title, firing, total, .. } => {
            format!("Alerts S-{situation} «{title}»: {firing} of {total} firing now.")
        }
        Event::AlertsCleared { situation, title, total } => match total {
            1 => format!("Alerts S-{situation} «{title}» cleared: its one alert has stopped firing."),
            total => format!("Alerts S-{situation} «{title}» cleared: all {total} have stopped firing."),
        },

        Event::UpdateDrafted { n, draft } => {
            let corrects = draft.corrects.map(|n| format!(", correcting update {n}")).unwrap_or_default();
            let phase = draft.phase.title();
            format!("Public update {n} was drafted ({phase}{corrects}): «{}»", shortened(draft.text.trim()))
        }
        Event::UpdateApproved { n, expires_at, alone, .. } => match alone {
            None => format!("Public update {n} was approved, until {}.", when(Some(*expires_at))),
            Some(why) => format!("Public update {n} was approved by its own author, alone{}", because(why)),
        },
        Event::UpdatePublished { n, next_update_at, destinations, .. } => {
            let next = next_update_at.map_or_else(
                || "no next one was promised".to_owned(),
                |at| format!("the next one was promised for {}", when(Some(at))),
            );
            format!("Public update {n} was published to {}; {next}.", destinations.join(", "))
        }
        Event::UpdateDelivered { n, destination, url } => {
            let url = url.as_ref().map(|url| format!(": {url}")).unwrap_or_else(|| ".".to_owned());
            format!("Public update {n} arrived at {destination}{url}")
        }
        Event::UpdateDeliveryFailed { n, destination, why } => {
            format!("Public update {n} did not reach {destination}{}", because(why))
        }
        Event::UpdateDropped { n, reason } => {
            format!("Public update {n} was dropped before it was public{}", because(reason))
        }

        Event::Reminded { what, .. } => format!("Reminder: {}", ended(what)),

        Event::Startex { scenario, .. } => format!("STARTEX: the exercise «{scenario}» began."),
        Event::Injected { id, from, to, text } => format!("Inject {id} from {from} to {to}: {}", ended(text)),
        Event::Observed { text } => format!("Observed: {}", ended(text)),
        Event::Endex { reason } => format!("ENDEX: the exercise ended{}", because(reason)),
    }
}

/// Turning points: what bounded the incident, who commanded it, what was decided and what the public heard.
fn is_important(event: &Event) -> bool {
    matches!(
        event,
        Event::Declared { .. }
            | Event::SeverityChanged { .. }
            | Event::PhaseChanged { .. }
            | Event::CommandEstablished { .. }
            | Event::CommandTransferred { .. }
            | Event::DecisionRecorded { .. }
            | Event::AlertsLinked { .. }
            | Event::AlertsCleared { .. }
            | Event::UpdatePublished { .. }
            | Event::UpdateDeliveryFailed { .. }
            | Event::TaskOverdue { .. }
            | Event::Startex { .. }
            | Event::Endex { .. }
    )
}

/// An event with another person's words in the place of the first; `None` for what cannot be corrected.
fn reworded(event: &Event, text: &str) -> Option<Event> {
    match event {
        Event::Noted { .. } => Some(Event::Noted { text: text.to_owned() }),
        Event::DecisionRecorded { .. } => Some(Event::DecisionRecorded { text: text.to_owned() }),
        _ => None,
    }
}

struct Correction {
    seq: u64,
    target: u64,
    text: String,
    occurred_at: Option<DateTime<Utc>>,
}

/// The entries as a reader sees them, in the order of the journal. Costs what the number of entries costs.
///
/// A correction counts while it is not redacted itself, and only for an account ([`Event::is_correctable`]). A
/// redaction takes the words of its target and of every correction of it, earlier or later
/// ([`Event::is_redactable`] says what can be hidden at all).
pub fn lines(entries: impl IntoIterator<Item = Entry>) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut at = HashMap::new();
    let mut redactable = Vec::new();
    let mut accounts = HashMap::new();
    let mut corrections = Vec::new();
    let mut redactions: HashMap<u64, (u64, String)> = HashMap::new();
    for entry in entries {
        at.insert(entry.seq, lines.len());
        redactable.push(entry.event.is_redactable());
        lines.push(Line {
            seq: entry.seq,
            occurred_at: entry.occurred_at,
            recorded_at: entry.recorded_at,
            time_source: entry.time_source,
            role: entry.actor.role,
            actor: entry.actor.person,
            via: entry.actor.via,
            name: entry.event.name(),
            text: sentence(&entry.event),
            original: None,
            original_at: None,
            corrected_by: None,
            redacted_by: None,
            is_late: entry.time_source == TimeSource::Stated,
            important: is_important(&entry.event),
        });
        match entry.event {
            Event::EntryCorrected { target, text, occurred_at, .. } => {
                corrections.push(Correction { seq: entry.seq, target, text, occurred_at });
            }
            // The first reason given stands.
            Event::EntryRedacted { target, reason } => {
                redactions.entry(target).or_insert((entry.seq, reason));
            }
            event if event.is_correctable() => {
                accounts.insert(entry.seq, event);
            }
            _ => {}
        }
    }
    // Of a target that lies before these entries, only what quotes it is here; it was redactable when it was redacted.
    redactions.retain(|target, _| at.get(target).is_none_or(|&i| redactable.get(i) == Some(&true)));
    for correction in &corrections {
        // A redacted correction is as if it had not been made; so is one of a redacted entry, which shows nothing.
        let hidden = redactions.contains_key(&correction.seq) || redactions.contains_key(&correction.target);
        let account = accounts.get(&correction.target).and_then(|event| reworded(event, &correction.text));
        let line = at.get(&correction.target).and_then(|&i| lines.get_mut(i));
        if let (false, Some(account), Some(line)) = (hidden, account, line) {
            let before = std::mem::replace(&mut line.text, sentence(&account));
            line.original.get_or_insert(before);
            if let Some(at) = correction.occurred_at {
                line.original_at.get_or_insert(line.occurred_at);
                line.occurred_at = at;
                line.time_source = TimeSource::Stated;
                line.is_late = true;
            }
            line.corrected_by = Some(correction.seq);
        }
    }
    let quoting = corrections.iter().map(|correction| (correction.seq, correction.target));
    for (seq, by) in redactions.keys().map(|&seq| (seq, seq)).chain(quoting) {
        // A redaction of the correction itself comes before one of what it corrects.
        let redaction = redactions.get(&seq).or_else(|| redactions.get(&by));
        if let (Some((redacted_by, reason)), Some(line)) =
            (redaction, at.get(&seq).and_then(|&i| lines.get_mut(i)))
        {
            line.text = format!("[redacted: {}]", reason.trim());
            line.original = None;
            line.redacted_by = Some(*redacted_by);
        }
    }
    lines
}

/// Puts lines in the order in which things happened: late entries at their true time. What happened at the same time
/// stays in the order of the journal.
pub fn by_time(lines: &mut [Line]) {
    lines.sort_by_key(|line| (line.occurred_at, line.seq));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{event::Actor, id::IncidentId, phase::Phase, severity::Severity};

    fn person(name: &str) -> Person {
        Person::named(name).unwrap()
    }

    /// Entries 1, 2, 3 … a minute apart.
    fn journal(events: Vec<Event>) -> Vec<Entry> {
        let start: DateTime<Utc> = "2026-01-02T03:00:00Z".parse().unwrap();
        (1..)
            .zip(events)
            .map(|(seq, event)| {
                let at = start + chrono::Duration::minutes(seq);
                Entry {
                    incident: IncidentId::new(Kind::Real, 1),
                    seq: seq as u64,
                    id: uuid::Uuid::from_u128(seq as u128),
                    occurred_at: at,
                    time_source: TimeSource::House,
                    recorded_at: at,
                    actor: Actor { person: person("Ada"), role: Some(Role::ic()), via: "cli".into() },
                    event,
                }
            })
            .collect()
    }

    fn note(text: &str) -> Event {
        Event::Noted { text: text.into() }
    }
    fn correction(target: u64, text: &str) -> Event {
        Event::EntryCorrected { target, text: text.into(), occurred_at: None, reason: String::new() }
    }
    fn redaction(target: u64) -> Event {
        Event::EntryRedacted { target, reason: "private".into() }
    }

    #[test]
    fn a_correction_shows_the_new_words_and_keeps_the_first() {
        let mut events = vec![note("3 nodes"), Event::DecisionRecorded { text: "wait".into() }];
        events.extend([correction(1, "4 nodes"), correction(1, "5 nodes"), correction(2, "act")]);
        let lines = lines(journal(events));
        assert_eq!((lines[0].text.as_str(), lines[0].original.as_deref()), ("5 nodes", Some("3 nodes")));
        assert_eq!(lines[0].corrected_by, Some(4));
        assert!(!lines[0].is_late);
        assert_eq!(
            (lines[1].text.as_str(), lines[1].original.as_deref()),
            ("Decision: act.", Some("Decision: wait."))
        );
        assert_eq!(lines[2].text, "Entry 1 was corrected to «4 nodes».");
    }

    #[test]
    fn a_corrected_time_moves_the_entry_and_keeps_the_time_it_had() {
        let at = "2026-01-02T02:30:00Z".parse().unwrap();
        let mut events = vec![note("first"), note("second")];
        events.push(Event::EntryCorrected {
            target: 2,
            text: "second".into(),
            occurred_at: Some(at),
            reason: "clock".into(),
        });
        let mut lines = lines(journal(events));
        assert_eq!(
            (lines[1].occurred_at, lines[1].time_source, lines[1].is_late),
            (at, TimeSource::Stated, true)
        );
        assert_eq!(lines[1].original_at, Some(lines[1].recorded_at));
        by_time(&mut lines);
        assert_eq!(lines.iter().map(|line| line.seq).collect::<Vec<_>>(), [2, 1, 3]);
    }

    #[test]
    fn a_redaction_hides_the_entry_and_every_correction_that_quotes_it() {
        let lines = lines(journal(vec![
            note("secret one"),
            correction(1, "secret two"),
            redaction(1),
            correction(1, "secret three"),
            note("open"),
        ]));
        assert!(lines.iter().all(|line| !line.text.contains("secret") && line.original.is_none()));
        for i in [0, 1, 3] {
            assert_eq!((lines[i].text.as_str(), lines[i].redacted_by), ("[redacted: private]", Some(3)));
        }
        assert_eq!((lines[4].text.as_str(), lines[4].redacted_by), ("open", None));
    }

    #[test]
    fn a_redacted_correction_is_as_if_it_had_not_been_made() {
        let lines = lines(journal(vec![
            note("plain"),
            correction(1, "better"),
            correction(1, "secret"),
            redaction(3),
        ]));
        assert_eq!((lines[0].text.as_str(), lines[0].corrected_by), ("better", Some(2)));
        assert_eq!(lines[0].original.as_deref(), Some("plain"));
        assert_eq!(lines[2].text, "[redacted: private]");
    }

    #[test]
    fn what_moved_command_or_phase_stays_readable() {
        let moved = Event::CommandEstablished { by: person("Ada") };
        let lines =
            lines(journal(vec![moved, redaction(1), correction(1, "Mallory has command"), redaction(99)]));
        assert_eq!((lines[0].text.as_str(), lines[0].redacted_by), ("Ada has command.", None));
        assert_eq!(lines[0].corrected_by, None);
    }

    #[test]
    fn sentences_are_what_a_tired_person_reads() {
        let (ada, bo) = (person("Ada"), person("Bo"));
        let at = "2026-01-02T03:15:00Z".parse().unwrap();
        let pio: Role = "pio".parse().unwrap();
        let said: Vec<_> = [
            Event::Declared {
                title: "Checkout".into(),
                kind: Kind::Drill,
                severity: Severity::Sev1,
                triage: false,
                drill_clock: None,
            },
            Event::Declared {
                title: "Checkout".into(),
                kind: Kind::Real,
                severity: Severity::Sev3,
                triage: true,
                drill_clock: None,
            },
            Event::SeverityChanged {
                from: Severity::Sev3,
                to: Severity::Sev1,
                reason: "nobody can pay".into(),
            },
            Event::PhaseChanged { from: Phase::Identified, to: Phase::Monitoring, reason: String::new() },
            Event::CommandOffered { from: ada.clone(), to: bo.clone(), expires_at: at, briefing_sections: 7 },
            Event::CommandTransferred {
                from: ada.clone(),
                to: bo.clone(),
                briefing_sections: 0,
                without_outgoing_brief: true,
                reason: "Ada is offline".into(),
            },
            Event::RoleOffered { role: pio.clone(), to: bo.clone(), expires_at: at },
            Event::RoleRelieved { role: pio, person: bo.clone(), reason: "end of shift!".into() },
            Event::CheckedIn { who: bo.clone(), note: String::new() },
            Event::TaskAssigned { n: 3, text: "Drain node 4".into(), owner: bo, due_at: Some(at) },
            Event::TaskReported { n: 3, result: "drained".into() },
            Event::CanReported {
                service: "db".into(),
                conditions: "replica lags.".into(),
                actions: String::new(),
                needs: "a DBA".into(),
            },
            Event::AlertsCleared { situation: 4, title: "5xx".into(), total: 12 },
            Event::UpdateApproved {
                n: 1,
                basis: String::new(),
                expires_at: at,
                alone: Some("night shift".into()),
            },
            Event::UpdatePublished {
                n: 1,
                approved_at: at,
                next_update_at: None,
                destinations: vec!["page".into(), "x".into()],
            },
            Event::UpdateDeliveryFailed { n: 1, destination: "x".into(), why: "403 Forbidden".into() },
        ]
        .iter()
        .map(sentence)
        .collect();
        insta::assert_snapshot!(said.join("\n"), @r"
        The exercise «Checkout» was declared as SEV1.
        «Checkout» was noticed and is in triage, taken as SEV3 for now.
        Severity was raised from SEV3 to SEV1: nobody can pay.
        Phase went from identified to monitoring.
        Ada offered command to Bo, with 7 of 11 briefing sections filled; Ada stays in command until Bo accepts. The offer ends 2026-01-02 03:15 UTC.
        Command passed from Ada to Bo, without a briefing by Ada: Ada is offline.
        Bo was asked to be Public Information Officer; the offer ends 2026-01-02 03:15 UTC.
        Bo was relieved as Public Information Officer: end of shift!
        Bo checked in.
        Task #3 went to Bo, due 2026-01-02 03:15 UTC: Drain node 4.
        Task #3 is done: drained.
        Report on db – conditions: replica lags; needs: a DBA.
        Alerts S-4 «5xx» cleared: all 12 have stopped firing.
        Public update 1 was approved by its own author, alone: night shift.
        Public update 1 was published to page, x; no next one was promised.
        Public update 1 did not reach x: 403 Forbidden.
        ");
    }
}
