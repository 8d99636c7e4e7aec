//! Lines of the timeline as a chat says them, and those that it missed while it was away.

use chrono::{DateTime, Utc};

use crate::{
    incident::{
        id::IncidentId,
        names::Names,
        sentence::{self, Part},
        state::Incident,
        timeline::Line,
    },
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
    /// The name is the first word of the sentence.
    pub goes_on: bool,
    /// Its sentence; each reader sees its times in their own zone where the chat can do that.
    pub text: Vec<Part>,
}

/// Lines that waited for a chat that was away: from one of them on, to the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    pub since: DateTime<Utc>,
    pub seconds: u64,
    pub lines: usize,
    /// The delivery of the last of them.
    pub through: i64,
    /// How the incident stands by now, in one sentence.
    pub stands: String,
}

/// So many lines need no word before them.
const FEW: usize = 3;

impl Missed {
    /// Under which it is bound to an incident in its chat that these have been told.
    pub const NAME: &'static str = "missed";

    /// What is bound so: the absence, and the last line of it that was spoken for.
    pub fn mark(&self) -> String {
        format!("{}/{}", self.since.timestamp_millis(), self.through)
    }

    /// The last line of an absence that was spoken for, by what is bound; `None`: none was.
    pub fn spoken_for(bound: &str, since: DateTime<Utc>) -> Option<i64> {
        Self::last(bound)
            .filter(|(absence, _)| *absence == since.timestamp_millis())
            .map(|(_, through)| through)
    }

    /// The absence that was spoken for last, by the millisecond of its beginning, and its last line.
    pub fn last(bound: &str) -> Option<(i64, i64)> {
        let (absence, through) = bound.split_once('/').unwrap_or((bound, ""));
        Some((absence.parse().ok()?, through.parse().unwrap_or(0)))
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

/// A sentence of ours beside the name of whom it is about, which it need not say again.
pub(crate) fn beside<'s>(who: &str, sentence: &'s str) -> &'s str {
    sentence.strip_prefix(who).and_then(|rest| rest.strip_prefix(' ')).unwrap_or(sentence)
}

/// The stored name of an event whose sentence is nothing but what somebody wrote.
const NOTE: &str = "note";

impl Said {
    /// A line of an incident's timeline, told with [`sentence::apart`], as everybody may read it.
    pub fn of(incident: IncidentId, line: Line) -> Said {
        let who = line.actor.to_string();
        let text = if line.name == NOTE { line.text.as_str() } else { beside(&who, &line.text) };
        Said {
            incident,
            is_private: false,
            banner: incident.kind.banner(),
            seq: line.seq,
            at: line.occurred_at,
            is_late: line.is_out_of_order(),
            goes_on: text.len() < line.text.len(),
            text: sentence::parts(text),
            via: (line.actor != Person::house()).then_some(line.via),
            who,
            missed: None,
        }
    }

    /// What stands behind the name: where it was said, if that is not the chat in which it is shown, and that it is a late entry.
    pub fn aside(&self, chat: &str) -> String {
        aside(self.via.as_deref(), self.is_late, chat)
    }
}

/// What stands behind a name: through which door it was said, if that is not the one where it is shown, and that it is a late entry.
pub(crate) fn aside(via: Option<&str>, is_late: bool, here: &str) -> String {
    let from = via.filter(|via| *via != here).map(door);
    let all: Vec<&str> = from.into_iter().chain(is_late.then_some("late entry")).collect();
    if all.is_empty() { String::new() } else { format!(" ({})", all.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{
        event::{Actor, Entry, Event, TimeSource},
        timeline,
    };

    #[test]
    fn a_line_says_a_name_once_and_leaves_a_note_as_it_was_written() {
        for (who, sentence, shown) in [
            ("Bo", "Bo checked in.", "checked in."),
            ("Bo", "Bob checked in.", "Bob checked in."),
            ("commandpost", "Bo did not answer.", "Bo did not answer."),
            ("Bo", "Bo", "Bo"),
        ] {
            assert_eq!(beside(who, sentence), shown);
        }
        let ada = Person::named("Ada").unwrap();
        let told = |event: Event| {
            let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
            let entry = Entry {
                incident: "INC-1".parse().unwrap(),
                seq: 1,
                id: uuid::Uuid::nil(),
                occurred_at: at,
                time_source: TimeSource::House,
                recorded_at: at,
                actor: Actor { person: ada.clone(), role: None, via: "cli".into() },
                event,
            };
            Said::of(entry.incident, timeline::lines([entry], &sentence::apart).remove(0)).text
        };
        let text = |text: &str| vec![Part::Text(text.into())];
        assert_eq!(told(Event::CommandEstablished { by: ada.clone() }), text("has command."));
        assert_eq!(
            told(Event::Noted { text: "Ada is here".into(), until: None, is_mark: false }),
            text("Ada is here")
        );
    }
}
