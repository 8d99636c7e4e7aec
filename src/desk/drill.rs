//! Plays a drill on the real desk: declares it, delivers its injects at their times, says the lines of the people it
//! plays itself, lets somebody at the keyboard be one of them, ends it, and reports.
//!
//! Everything takes the way that the real thing takes: alerts through Alertmanager's reader and the intake, words
//! through the command language. Exercise time runs `speed` times as fast as real time.

mod alerts;
mod pace;
mod play;

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use futures_util::future::BoxFuture;
use tokio::io::AsyncBufRead;
use tokio_util::sync::CancellationToken;

use crate::{
    desk::{Along, Answer, Caller, Desk, refuse},
    drill::{Scenario, Score, scenario::Part},
    grammar::{self, Alerting, Lexicon, OnCall, Spoken},
    incident::{command::Command, id::IncidentId, kind::Kind, refusal::Refusal},
    journal::{Append, Mark},
    people::Person,
};
use pace::{Clock, Pace};

/// Says words of the command language as somebody would: who, on which incident, what, and an idempotency key.
pub type SayFn = Arc<
    dyn Fn(Caller, Option<IncidentId>, String, Option<String>) -> BoxFuture<'static, Result<Answer, Refusal>>
        + Send
        + Sync,
>;

/// Fastest exercise clock: an hour in a third of a second.
pub const SPEED_MAX: f64 = 10_000.0;
/// Slower, an hour of an exercise would take days.
pub const SPEED_MIN: f64 = 0.01;

/// How a drill is played.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Exercise seconds per real second, from [`SPEED_MIN`] to [`SPEED_MAX`].
    pub speed: f64,
    /// The participant that the person at the keyboard is.
    pub play: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { speed: 1.0, play: None }
    }
}

/// What came of a drill.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub incident: IncidentId,
    pub score: Score,
    /// The after-action summary, Markdown.
    pub summary: String,
    /// Lines of the script, or of the keyboard, that commandpost refused, with the reason.
    pub refused: Vec<String>,
}

/// Plays a scenario to its end. `out` is handed each line as it happens; `input` is the keyboard, read only for
/// `options.play` and for the words that stop an exercise.
///
/// Timers (reminders, time boxes) go off only while somebody keeps the desk's time: the server does; a command line
/// that plays on its own runs [`Desk::keep_time`] beside this.
///
/// # Errors
/// A [`Refusal`]: the options do not fit, or the desk cannot write. If it broke off in the middle, the drill's incident
/// is still open; [`end`] closes it.
pub async fn run(
    desk: Arc<Desk>,
    say: SayFn,
    scenario: Scenario,
    options: Options,
    input: impl AsyncBufRead + Unpin + Send,
    out: &mut (dyn FnMut(&str) + Send + Sync),
    stop: CancellationToken,
) -> Result<Report, Refusal> {
    let pace = Clock { world: desk.world.clone() };
    run_at(desk, say, scenario, options, input, out, stop, &pace).await
}

#[allow(clippy::too_many_arguments, reason = "`run`, with the clock that it goes by")]
async fn run_at(
    desk: Arc<Desk>,
    say: SayFn,
    scenario: Scenario,
    options: Options,
    input: impl AsyncBufRead + Unpin + Send,
    out: &mut (dyn FnMut(&str) + Send + Sync),
    stop: CancellationToken,
    pace: &dyn Pace,
) -> Result<Report, Refusal> {
    if !(SPEED_MIN..=SPEED_MAX).contains(&options.speed) {
        return Err(Refusal::invalid(
            format!("A speed of {} cannot be played.", options.speed),
            format!("Give one from {SPEED_MIN} to {SPEED_MAX}; 1 is real time."),
        ));
    }
    let me = options.play.as_deref().map(|name| player(&scenario, name)).transpose()?;
    play::Play::begin(desk, say, scenario, options.speed, me, out, pace).await?.play_out(input, stop).await
}

fn player(scenario: &Scenario, name: &str) -> Result<Person, Refusal> {
    let players = || scenario.participants.iter().filter(|p| p.part == Part::Player).map(|p| &p.person);
    let wanted = Person::named(name).map_err(|why| Refusal::invalid(why, "Give the name of a player."))?;
    players().find(|person| person.id == wanted.id).cloned().ok_or_else(|| {
        let names: Vec<_> = players().map(|person| person.name.as_str()).collect();
        Refusal::not_found(
            format!("No player of this drill is called «{wanted}»."),
            format!("The players are: {}.", names.join(", ")),
        )
    })
}

/// Ends a drill that is still open: one whose player went away, say.
///
/// # Errors
/// A [`Refusal`] if it is no drill, or is over.
pub async fn end(desk: &Arc<Desk>, id: IncidentId, reason: &str) -> Result<Answer, Refusal> {
    if id.kind != Kind::Drill {
        return Err(Refusal::invalid(format!("{id} is no drill."), "`drill end DRILL-1 REASON` ends one."));
    }
    if desk.incident(id).await?.phase.is_over() {
        return Err(Refusal::conflict(format!("{id} is over already."), "Nothing to do."));
    }
    close_down(desk, id, reason).await
}

/// ENDEX, and nothing of the drill is left behind: no alert fires, no timer waits.
async fn close_down(desk: &Arc<Desk>, id: IncidentId, reason: &str) -> Result<Answer, Refusal> {
    alerts::silence(desk, id).await?;
    let answer =
        desk.submit(house(), id, Command::Endex { reason: reason.to_owned() }, Along::default()).await?;
    // Every timer there is, whenever it falls due.
    let timers = desk.journal.timers_due(DateTime::<Utc>::MAX_UTC, u32::MAX).await.map_err(refuse)?;
    let marks: Vec<_> = timers
        .into_iter()
        .filter(|timer| timer.incident == id)
        .map(|timer| Mark::TimerDone { id: timer.id, due_at: timer.due_at })
        .collect();
    if !marks.is_empty() {
        desk.journal.append(Append { marks, ..Append::default() }).await.map_err(refuse)?;
    }
    Ok(answer)
}

fn house() -> Caller {
    Caller::house("drill")
}

/// Whether words can be said in a drill: understood, and about nothing but the drill itself. For
/// [`crate::drill::read`], and for what is typed during a drill.
///
/// # Errors
/// A sentence that says why not.
pub fn fits<'a>(words: &str, known: impl Into<Lexicon<'a>>) -> Result<(), String> {
    let known = known.into();
    stays_inside(words, None, known)?;
    grammar::parse(words, &Person::named, known).map(|_| ()).map_err(|refusal| refusal.to_string())
}

/// What is understood must not leave the exercise: no real incident declared from within, no other one touched.
fn stays_inside(words: &str, drill: Option<IncidentId>, known: Lexicon<'_>) -> Result<(), String> {
    // What is not understood does nothing; whoever says it is told why.
    let Ok(spoken) = grammar::parse(words, &Person::named, known) else { return Ok(()) };
    let target = match spoken {
        Spoken::Declare { .. } => {
            return Err(
                "Nothing is declared from within a drill: that would be real. If it is real, say «no duff»."
                    .into(),
            );
        }
        Spoken::On { command: Command::LinkSituation { .. }, .. } => {
            return Err("Alerts of the drill are linked by themselves; any others are real.".into());
        }
        Spoken::Merge { .. } => {
            return Err("A drill is one incident; there is no other to merge with it.".into());
        }
        Spoken::Alert(Alerting::Mark { .. }) | Spoken::Change { .. } | Spoken::WithdrawChange { .. } => {
            return Err("Marks on alerts and changes are kept outside of a drill: they would be real.".into());
        }
        Spoken::Arrange(_) => {
            return Err("Alerts are silenced and acknowledged outside of a drill: that would be real.".into());
        }
        Spoken::Link(_) => return Err("Accounts are linked outside of a drill: that would be real.".into()),
        Spoken::OnCall(OnCall::Override { .. } | OnCall::Withdraw { .. }) => {
            return Err("Who is on call is said outside of a drill: that would be real.".into());
        }
        Spoken::On { target, .. }
        | Spoken::Changes { target }
        | Spoken::Tasks { target }
        | Spoken::Updates { target }
        | Spoken::Alert(Alerting::Why { target, .. })
        | Spoken::Timeline { target, .. }
        | Spoken::RunStep { target, .. }
        | Spoken::Find { target, .. } => target,
        Spoken::List { .. } | Spoken::Alerts | Spoken::Alert(_) | Spoken::OnCall(_) | Spoken::Help { .. } => {
            None
        }
    };
    match target {
        Some(other) if drill != Some(other) => {
            Err(format!("This is about {other}, not about the drill. Leave the number out."))
        }
        _ => Ok(()),
    }
}

/// The real moment at which exercise time is `offset` after STARTEX; never before it.
fn real_moment(clock: &crate::incident::event::DrillClock, offset: Duration) -> DateTime<Utc> {
    clock.real_at(clock.started_virtual + offset) + Duration::milliseconds(1)
}

#[cfg(test)]
mod tests;
