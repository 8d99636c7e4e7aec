//! Lines of the timeline as a chat says them, and those that it missed while it was away.

use chrono::{DateTime, Utc};

use crate::{
    incident::{id::IncidentId, names::Names, sentence::Part, state::Incident},
    people::{Person, door},
    wall::lasted,
};

/// One line of the timeline as a chat says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub incident: IncidentId,
    /// As of a card.
    pub is_private: bool,
    pub banner: &'static str,
    pub seq: u64,
    pub at: DateTime<Utc>,
    pub who: String,
    /// Through which door they said it; `None`: nobody said it, the house wrote it down by itself.
    pub via: Option<String>,
    /// It happened before the lines that stand above it.
    pub is_late: bool,
    /// What waited with it while the chat was away.
    pub missed: Option<Missed>,
    /// Its sentence; each reader sees its times in their own zone where the chat can do that.
    pub text: Vec<Part>,
}

/// Lines that waited for a chat that was away: from one of them on, to the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    pub since: DateTime<Utc>,
    pub seconds: u64,
    pub lines: usize,
    /// How the incident stands by now, in one sentence.
    pub stands: String,
}

/// So many lines need no word before them.
const FEW: usize = 3;

impl Missed {
    /// Under which it is bound to an incident in its chat that these have been told.
    pub const NAME: &'static str = "missed";

    /// One absence; not another.
    pub fn mark(since: DateTime<Utc>) -> String {
        since.timestamp_millis().to_string()
    }

    /// What is said before them; `None`: they are few.
    pub fn in_words(&self) -> Option<String> {
        let away = lasted(self.seconds);
        (self.lines > FEW).then(|| {
            format!("Back after {away} away. {} What was missed follows: {} lines.", self.stands, self.lines)
        })
    }

    /// For whoever comes back to it: how bad it is, how far, and who has command.
    pub fn standing(incident: &Incident, names: &Names) -> String {
        let (how_bad, phase) =
            (names.how_bad(incident.kind(), incident.severity), names.standing(incident.phase));
        let command = match incident.commander == Person::house() {
            true => "nobody has command".to_owned(),
            false => format!("{} has command", incident.commander),
        };
        format!("{} is {phase}, {how_bad}; {command}.", incident.id)
    }
}

impl Said {
    /// What stands behind the name: where it was said, if that is not the chat in which it is shown, and that it is a late entry.
    pub fn aside(&self, chat: &str) -> String {
        let from = self.via.as_deref().filter(|via| *via != chat).map(door);
        let all: Vec<&str> = from.into_iter().chain(self.is_late.then_some("late entry")).collect();
        if all.is_empty() { String::new() } else { format!(" ({})", all.join(", ")) }
    }
}
