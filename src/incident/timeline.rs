//! The timeline as a reader meets it: each entry a line with its [`sentence`], corrections and redactions folded in.
//!
//! The journal keeps every entry for ever; this says what of it is shown. What a correction replaced stays beside the
//! new wording. What was redacted is gone from every line, also from the corrections that quoted it.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Duration, Utc};

use super::{
    event::{CanParts, Entry, Event, TimeSource},
    role::Role,
    sentence::{Tell, sentence},
};
use crate::people::Person;

/// One entry as a reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub seq: u64,
    /// When it happened, UTC; the corrected time where a correction stated one.
    pub occurred_at: DateTime<Utc>,
    /// When it was over, UTC, where it lasted.
    pub until: Option<DateTime<Utc>>,
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
    /// Whose words these are, where that is somebody else than the actor: who corrected it.
    pub reworded_by: Option<Person>,
    /// The redaction that hid the words.
    pub redacted_by: Option<u64>,
    /// Nothing of it is shown; of what was done, a redaction hides the words alone.
    pub is_hidden: bool,
    /// Its time was stated by a person, or is that of a chat's message, and not taken from a clock as it was written down.
    pub is_late: bool,
    /// A turning point: what a reader in a hurry reads.
    pub important: bool,
    /// Somebody marked it as a key moment.
    pub pinned: bool,
}

/// Apart by no more than this, two times are the same to a reader.
pub(crate) const SAME: Duration = Duration::minutes(1);

impl Line {
    /// It stands out of order where lines stand as they were written down.
    pub fn is_out_of_order(&self) -> bool {
        self.is_late && (self.recorded_at - self.occurred_at).abs() > SAME
    }

    /// ` (corrected by Bo)` behind words that are not the actor's; else nothing.
    pub fn whose(&self) -> String {
        self.reworded_by.as_ref().map(|by| format!(" (corrected by {by})")).unwrap_or_default()
    }
}

/// Turning points: what bounded the incident, who commanded it, who was woken, what was decided and what the public heard.
fn is_important(event: &Event) -> bool {
    matches!(
        event,
        Event::Declared { .. }
            | Event::SeverityChanged { .. }
            | Event::PhaseChanged { .. }
            | Event::CommandEstablished { .. }
            | Event::CommandTransferred { .. }
            | Event::CommandJoined { .. }
            | Event::CommandSeparated { .. }
            | Event::Restricted { .. }
            | Event::OpenedUp { .. }
            | Event::GlassBroken { .. }
            | Event::DecisionRecorded { .. }
            | Event::ActionsStopped { .. }
            | Event::ActionsResumed { .. }
            | Event::PagingBegun { .. }
            | Event::PagingExhausted { .. }
            | Event::AlertsLinked { .. }
            | Event::AlertsCleared { .. }
            | Event::UpdatePublished { .. }
            | Event::UpdateDeliveryFailed { .. }
            | Event::TaskOverdue { .. }
            | Event::Startex { .. }
            | Event::Endex { .. }
    )
}

/// Puts another person's words in the place of the first. False for what cannot be corrected so.
fn reword(event: &mut Event, correction: &Correction) -> bool {
    // Of a file that left its message, neither the name stays nor where it was.
    if matches!(event, Event::LinkAdded { .. }) && correction.can.is_none() {
        *event = Event::Noted { text: correction.text.clone(), until: None, is_mark: false };
        return true;
    }
    match (event, &correction.can) {
        (Event::Noted { text, .. } | Event::DecisionRecorded { text }, None) => {
            text.clone_from(&correction.text);
            true
        }
        (Event::CanReported { conditions, actions, needs, .. }, Some(parts)) => {
            parts.replace(conditions, actions, needs);
            true
        }
        _ => false,
    }
}

struct Correction {
    seq: u64,
    by: Person,
    target: u64,
    text: String,
    occurred_at: Option<DateTime<Utc>>,
    /// Of a CAN report, what is replaced: the rest is as it was before.
    can: Option<CanParts>,
}

/// The entries as a reader sees them, in the order of the journal. Costs what the number of entries costs.
///
/// A correction counts while it is not redacted itself, and only for an account ([`Event::is_correctable`]) or a file. A
/// redaction takes the words of its target and of every correction of it, earlier or later
/// ([`Event::is_redactable`] says what can be hidden at all); of what was done it takes the words alone.
pub fn lines(entries: impl IntoIterator<Item = Entry>, tell: Tell<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut at = HashMap::new();
    let mut redactable = Vec::new();
    let mut accounts = HashMap::new();
    let mut corrections = Vec::new();
    let mut redactions: HashMap<u64, (u64, String)> = HashMap::new();
    let mut pins = HashSet::new();
    let mut acts = HashMap::new();
    for entry in entries {
        at.insert(entry.seq, lines.len());
        redactable.push(entry.event.is_redactable());
        if let Some(act) = entry.event.without_words() {
            acts.insert(entry.seq, sentence(&act, tell));
        }
        lines.push(Line {
            seq: entry.seq,
            occurred_at: entry.occurred_at,
            until: match entry.event {
                Event::Noted { until, .. } => until,
                _ => None,
            },
            recorded_at: entry.recorded_at,
            time_source: entry.time_source,
            role: entry.actor.role,
            actor: entry.actor.person.clone(),
            via: entry.actor.via,
            name: entry.event.name(),
            text: sentence(&entry.event, tell),
            original: None,
            original_at: None,
            corrected_by: None,
            reworded_by: None,
            redacted_by: None,
            is_hidden: false,
            is_late: matches!(entry.time_source, TimeSource::Stated | TimeSource::Chat),
            important: is_important(&entry.event),
            pinned: false,
        });
        match entry.event {
            Event::EntryCorrected { target, text, occurred_at, can, .. } => {
                let (seq, by) = (entry.seq, entry.actor.person);
                corrections.push(Correction { seq, by, target, text, occurred_at, can });
            }
            Event::EntryPinned { target } => {
                pins.insert(target);
            }
            Event::EntryUnpinned { target } => {
                pins.remove(&target);
            }
            // The first reason given stands.
            Event::EntryRedacted { target, reason } => {
                redactions.entry(target).or_insert((entry.seq, reason));
            }
            event if event.is_correctable() || matches!(event, Event::LinkAdded { .. }) => {
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
        let account = accounts.get_mut(&correction.target);
        let line = at.get(&correction.target).and_then(|&i| lines.get_mut(i));
        if let (false, Some(account), Some(line)) = (hidden, account, line)
            && reword(account, correction)
        {
            let before = std::mem::replace(&mut line.text, sentence(account, tell));
            line.original.get_or_insert(before);
            if let Some(at) = correction.occurred_at {
                line.original_at.get_or_insert(line.occurred_at);
                line.occurred_at = at;
                line.time_source = TimeSource::Stated;
                line.is_late = true;
            }
            line.corrected_by = Some(correction.seq);
            let is_other = correction.by.id != line.actor.id;
            // Of a report a correction leaves the other parts as they were, and as whose.
            if is_other || correction.can.is_none() {
                line.reworded_by = is_other.then(|| correction.by.clone());
            }
        }
    }
    let quoting = corrections.iter().map(|correction| (correction.seq, correction.target));
    for (seq, by) in redactions.keys().map(|&seq| (seq, seq)).chain(quoting) {
        // A redaction of the correction itself comes before one of what it corrects.
        let redaction = redactions.get(&seq).or_else(|| redactions.get(&by));
        if let (Some((redacted_by, reason)), Some(line)) =
            (redaction, at.get(&seq).and_then(|&i| lines.get_mut(i)))
        {
            let act = acts.remove(&seq);
            line.is_hidden = act.is_none();
            line.text = act.unwrap_or_else(|| format!("[redacted: {}]", reason.trim()));
            line.until = None;
            line.original = None;
            line.reworded_by = None;
            line.redacted_by = Some(*redacted_by);
        }
    }
    for line in &mut lines {
        line.pinned = line.redacted_by.is_none() && pins.contains(&line.seq);
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
    use crate::{
        incident::{
            event::{Actor, samples},
            id::IncidentId,
            kind::Kind,
        },
        wall::dated,
    };

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

    fn told(entries: Vec<Entry>) -> Vec<Line> {
        lines(entries, &dated)
    }

    fn note(text: &str) -> Event {
        Event::Noted { text: text.into(), until: None, is_mark: false }
    }
    fn correction(target: u64, text: &str) -> Event {
        Event::EntryCorrected {
            target,
            text: text.into(),
            occurred_at: None,
            reason: String::new(),
            can: None,
        }
    }
    fn redaction(target: u64) -> Event {
        Event::EntryRedacted { target, reason: "private".into() }
    }

    #[test]
    fn a_correction_shows_the_new_words_and_keeps_the_first() {
        let mut events = vec![note("3 nodes"), Event::DecisionRecorded { text: "wait".into() }];
        events.extend([correction(1, "4 nodes"), correction(1, "5 nodes"), correction(2, "act")]);
        let lines = told(journal(events));
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
    fn words_that_are_not_the_author_s_any_more_say_whose_they_are() {
        let decision = Event::DecisionRecorded { text: "roll back".into() };
        let mut entries =
            journal(vec![decision, correction(1, "do NOT roll back"), correction(1, "roll back to 4.1")]);
        entries[1].actor.person = person("Ben");
        let lines = told(entries[..2].to_vec());
        assert_eq!((lines[0].actor.name.as_str(), lines[0].whose().as_str()), ("Ada", " (corrected by Ben)"));
        // As soon as the author has put it in their own words, they are the author's again.
        let lines = told(entries);
        assert_eq!((lines[0].text.as_str(), lines[0].whose().as_str()), ("Decision: roll back to 4.1.", ""));
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
            can: None,
        });
        let mut lines = told(journal(events));
        assert_eq!(
            (lines[1].occurred_at, lines[1].time_source, lines[1].is_late),
            (at, TimeSource::Stated, true)
        );
        assert_eq!(lines[1].original_at, Some(lines[1].recorded_at));
        by_time(&mut lines);
        assert_eq!(lines.iter().map(|line| line.seq).collect::<Vec<_>>(), [2, 1, 3]);
    }

    #[test]
    fn a_late_entry_stands_out_of_order_and_one_of_this_minute_does_not() {
        let mut entries = journal(vec![note("first"), note("a while ago"), note("just now")]);
        for (entry, seconds) in entries[1..].iter_mut().zip([600, 30]) {
            entry.time_source = TimeSource::Stated;
            entry.occurred_at -= Duration::seconds(seconds);
        }
        let lines = told(entries);
        assert_eq!(lines.iter().map(Line::is_out_of_order).collect::<Vec<_>>(), [false, true, false]);
    }

    #[test]
    fn a_redaction_hides_the_entry_and_every_correction_that_quotes_it() {
        let lines = told(journal(vec![
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
        let lines = told(journal(vec![
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
            told(journal(vec![moved, redaction(1), correction(1, "Mallory has command"), redaction(99)]));
        assert_eq!((lines[0].text.as_str(), lines[0].redacted_by), ("Ada has command.", None));
        assert_eq!(lines[0].corrected_by, None);
    }

    #[test]
    fn of_what_was_done_the_words_are_hidden_and_the_rest_stays_readable() {
        let events = vec![
            Event::Retitled { title: "secret".into() },
            Event::CommandDeclined { by: person("Bo"), reason: "secret".into(), next: None },
            Event::ObjectiveSet { n: 1, text: "secret".into() },
            Event::CheckedIn { who: person("Cy"), note: String::new() },
        ];
        let redactions = (1..=4).map(redaction);
        let lines = told(journal(events.into_iter().chain(redactions).collect()));
        let shown: Vec<_> = lines.iter().map(|line| (line.text.as_str(), line.redacted_by)).collect();
        assert!(lines.iter().all(|line| !line.is_hidden));
        assert_eq!(
            shown[..4],
            [
                ("The title is now «[redacted]».", Some(5)),
                ("Bo declined command: [redacted].", Some(6)),
                ("Objective 1 was set: [redacted].", Some(7)),
                ("Cy checked in.", None),
            ]
        );
    }

    #[test]
    fn a_corrected_report_reads_as_corrected_part_by_part_and_a_redacted_correction_counts_no_more() {
        let parts = |conditions: Option<&str>, needs: Option<&str>| CanParts {
            conditions: conditions.map(str::to_owned),
            actions: None,
            needs: needs.map(str::to_owned),
        };
        let corrected = |can| Event::EntryCorrected {
            target: 1,
            text: String::new(),
            occurred_at: None,
            reason: String::new(),
            can: Some(can),
        };
        let report = Event::CanReported {
            service: "db".into(),
            conditions: "down".into(),
            actions: "restart".into(),
            needs: "a DBA".into(),
        };
        let mut events = vec![report, corrected(parts(Some("slow"), None)), corrected(parts(None, Some("")))];
        let lines = told(journal(events.clone()));
        assert_eq!(lines[0].text, "Report on db – conditions: slow; actions: restart.");
        let first = "Report on db – conditions: down; actions: restart; needs: a DBA.";
        assert_eq!((lines[0].original.as_deref(), lines[0].corrected_by), (Some(first), Some(3)));
        assert_eq!(lines[1].text, "The report in entry 1 was corrected to «conditions: slow».");
        assert_eq!(lines[2].text, "The report in entry 1 was corrected to «needs: none».");
        events.push(redaction(2));
        let lines = told(journal(events));
        assert_eq!(lines[0].text, "Report on db – conditions: down; actions: restart.");
        assert_eq!(lines[1].text, "[redacted: private]");
    }

    #[test]
    fn a_stop_its_lifting_and_that_people_are_woken_in_vain_are_turning_points() {
        let turns = ["actions.stopped", "actions.resumed", "page.begun", "page.exhausted"];
        let turns = turns.into_iter().map(samples::event).chain([note("seen")]);
        let lines = told(journal(turns.collect()));
        let important: Vec<bool> = lines.iter().map(|line| line.important).collect();
        assert_eq!(important, [true, true, true, true, false]);
    }

    #[test]
    fn what_lasted_keeps_its_end_under_a_correction_and_loses_it_with_a_redaction() {
        let until = "2026-01-02T12:00:00Z".parse().unwrap();
        let lasted = |text: &str| Event::Noted { text: text.into(), until: Some(until), is_mark: false };
        let events = vec![lasted("full"), lasted("a name"), correction(1, "half full"), redaction(2)];
        let lines = told(journal(events));
        assert_eq!((lines[0].until, lines[1].until), (Some(until), None));
        assert_eq!(lines[0].text, "half full (until 2026-01-02 12:00 UTC)");
        assert_eq!(lines[1].text, "[redacted: private]");
    }
}
