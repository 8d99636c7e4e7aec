//! What somebody wrote in a chat and is taken down as it stands there: when that was, and where it need not be said again.

use chrono::{DateTime, Utc};

use super::{Along, Caller};
use crate::{
    incident::{
        command::{Command, StatedTime},
        decide::{Decision, Happened, stated},
        event::{Event, TimeSource},
        state::Incident,
        timeline::SAME,
    },
    journal::rows::{NewDelivery, What},
    wall::dated,
};

impl Caller {
    /// For what is done now by words that are no note: it is answered, told and dated as any act.
    pub(super) fn acting(self) -> Self {
        Self { written_at: None, stands_with: None, ..self }
    }
}

/// Whether all that was asked for, and all that comes of it, is that somebody's words are taken down.
pub(super) fn is_words(command: &Command, along: &Along, decision: &Decision) -> bool {
    let is_asked = matches!(
        command,
        Command::Note { .. } | Command::NoteSpan { .. } | Command::Decide { .. } | Command::Can { .. }
    );
    let is_all = along.instead.is_none() && along.marks.is_empty();
    let is_done = matches!(
        decision.events.as_slice(),
        [Happened {
            event: Event::Noted { is_mark: false, .. }
                | Event::DecisionRecorded { .. }
                | Event::CanReported { .. },
            ..
        }]
    );
    is_asked && is_all && is_done
}

/// [Words](is_words) that were heard a while after they were written stand at the time at which they were written, unless another was
/// stated.
pub(super) fn date(decision: &mut Decision, caller: &Caller, incident: &Incident, now: DateTime<Utc>) {
    let Some(written) = caller.written_at.filter(|written| now - *written > SAME) else { return };
    // One that cannot be: a chat's clock is somebody else's.
    let Ok(at) = stated(StatedTime::At(incident.time_at(written)), incident.time_at(now)) else { return };
    let Some(only) = decision.events.first_mut().filter(|only| only.at.is_none()) else { return };
    only.at = Some((at, TimeSource::Chat));
    decision.reply.push_str(&format!(" It is a late entry for {}, when it was written.", dated(at)));
}

/// How much of what is taken down stands already where its line would be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Not as the timeline has it, or elsewhere.
    Elsewhere,
    /// The words: their line would be an echo.
    Words,
    /// And there is nothing more to say of them.
    All,
}

/// Of [words](is_words). `is_masked`: the timeline does not have them as they stand there.
pub(super) fn standing(
    decision: &Decision,
    caller: &Caller,
    incident: &Incident,
    is_masked: bool,
) -> Standing {
    // A report is told in its form, with the service that it is on.
    let is_report = decision.events.iter().any(|one| matches!(one.event, Event::CanReported { .. }));
    let is_private = caller.among == Some(incident.id);
    let is_there = caller.stands_with == Some(incident.id) && is_private == incident.restricted.is_some();
    if !is_there || is_masked || is_report {
        return Standing::Elsewhere;
    }
    // Another time than that of the message is told.
    let is_dated = decision.events.iter().any(|happened| happened.at.is_some());
    if is_dated { Standing::Words } else { Standing::All }
}

/// Leaves the line out in the chat where its words stand.
pub(super) fn without_echo(deliveries: &mut Vec<NewDelivery>, chat: &str) {
    deliveries.retain(|one| one.destination != chat || !matches!(one.what, What::Say { .. }));
}
