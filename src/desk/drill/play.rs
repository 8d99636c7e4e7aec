//! One drill as it is played: what comes next, who says what, when it is over.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt},
    sync::broadcast,
};
use tokio_util::sync::CancellationToken;

use super::{
    Report, SayFn,
    alerts::{self, Firing},
    close_down, house,
    pace::Pace,
    real_moment, stays_inside,
};
use crate::{
    desk::{Along, Caller, Changed, Desk, refuse},
    drill::{
        self, Scenario,
        action::is_persons,
        scenario::{Inject, Method, Step, When},
    },
    incident::{
        command::{Command, Declare, DrillStart},
        event::DrillClock,
        id::IncidentId,
        kind::Kind,
        refusal::{Because, Refusal},
        timeline,
    },
    journal::rows::IncidentFilter,
    people::Person,
};

/// What happens at a time.
enum Cue {
    Chat(bool),
    Inject(usize),
    Step(usize),
    End(String),
}

pub(super) struct Play<'o> {
    desk: Arc<Desk>,
    say: SayFn,
    scenario: Scenario,
    /// Who sits at the keyboard.
    me: Option<Person>,
    out: &'o mut (dyn FnMut(&str) + Send + Sync),
    pace: &'o dyn Pace,
    id: IncidentId,
    clock: DrillClock,
    changes: broadcast::Receiver<Changed>,
    firing: Vec<Firing>,
    refused: Vec<String>,
    /// The last entry that was shown.
    shown: u64,
    /// Real incidents that were open at STARTEX.
    open_before: Vec<IncidentId>,
}

impl<'o> Play<'o> {
    /// STARTEX.
    pub async fn begin(
        desk: Arc<Desk>,
        say: SayFn,
        scenario: Scenario,
        speed: f64,
        me: Option<Person>,
        out: &'o mut (dyn FnMut(&str) + Send + Sync),
        pace: &'o dyn Pace,
    ) -> Result<Play<'o>, Refusal> {
        let changes = desk.changes();
        let open_before = open_real(&desk).await?;
        let started_real = desk.world.now();
        let started_virtual = started_real.date_naive().and_time(scenario.starts_at).and_utc();
        let clock = DrillClock { started_real, started_virtual, speed };
        let declare = Declare {
            drill: Some(DrillStart {
                scenario: format!("{} {}", scenario.id, scenario.version),
                sha256: scenario.sha256.clone(),
                clock,
            }),
            ..Declare::new(scenario.title.clone(), scenario.severity, Kind::Drill)
        };
        let caller =
            scenario.declared_by.clone().map_or_else(house, |person| Caller::person(person, "console"));
        let answer = desk.declare(caller, declare, Along::default()).await?;
        let Some(id) = answer.incident else {
            return Err(Refusal::unavailable(
                "The drill was declared under no number.",
                "Report this as a fault of commandpost.",
            ));
        };
        out(Kind::Drill.banner());
        out(&format!("{id}: {}. {}", scenario.title, scenario.story.replace('\n', " ")));
        Ok(Play {
            desk,
            say,
            scenario,
            me,
            out,
            pace,
            id,
            clock,
            changes,
            firing: vec![],
            refused: vec![],
            shown: 0,
            open_before,
        })
    }

    /// Plays until something ends it, and reports.
    pub async fn play_out(
        mut self,
        input: impl AsyncBufRead + Unpin + Send,
        stop: CancellationToken,
    ) -> Result<Report, Refusal> {
        if let Some(me) = &self.me {
            (self.out)(&format!(
                "You are {me}. Type what {me} says (`help` has the words); «no duff» stops the drill at once."
            ));
        }
        let reason = self.until_over(input, &stop).await?;
        match close_down(&self.desk, self.id, &reason).await {
            Ok(_) => {}
            // Somebody else was quicker.
            Err(refusal) if refusal.because == Because::Conflict => {}
            Err(refusal) => return Err(refusal),
        }
        self.show().await?;
        (self.out)(Kind::Drill.banner());
        let all = self.desk.read_from(self.id, 1).await?;
        let lines = timeline::lines(all.iter().cloned(), &|at: DateTime<Utc>| at.format("%H:%M").to_string());
        let score = drill::score(&self.scenario, &all).ok_or_else(|| {
            Refusal::unavailable(
                format!("The timeline of {} has no beginning.", self.id),
                "`commandpost verify` says what is damaged.",
            )
        })?;
        let words = self.desk.settings().policy.words;
        let summary = drill::summary(&self.scenario, &score, &lines, words);
        Ok(Report { incident: self.id, score, summary, refused: self.refused })
    }

    /// Returns why it ended.
    async fn until_over(
        &mut self,
        input: impl AsyncBufRead + Unpin + Send,
        stop: &CancellationToken,
    ) -> Result<String, Refusal> {
        let mut lines = input.lines();
        let mut is_open = true;
        for (offset, cue) in self.cues() {
            let due = real_moment(&self.clock, offset);
            loop {
                if let Some(reason) = self.show().await? {
                    return Ok(reason);
                }
                // Looked at before anything else: many changes must not keep the script waiting.
                if self.desk.world.now() >= due {
                    break;
                }
                tokio::select! {
                    biased;
                    () = stop.cancelled() => return Ok("stopped by hand".into()),
                    line = lines.next_line(), if is_open => match line {
                        Ok(Some(line)) => {
                            if let Some(reason) = self.typed(&line).await {
                                return Ok(reason);
                            }
                        }
                        // No keyboard (any more): the drill plays on.
                        Ok(None) | Err(_) => is_open = false,
                    },
                    // A hint only: what was missed is seen at the next look.
                    _ = self.changes.recv() => {}
                    () = self.pace.until(due) => break,
                }
            }
            if stop.is_cancelled() {
                return Ok("stopped by hand".into());
            }
            if let Some(reason) = self.play(cue).await? {
                return Ok(reason);
            }
        }
        Ok("the end of the script".into())
    }

    /// Everything that is to happen, in its order; at one time, the world moves before the people do.
    fn cues(&self) -> Vec<(Duration, Cue)> {
        let scenario = &self.scenario;
        let mut cues: Vec<(Duration, Cue)> = Vec::new();
        cues.extend(scenario.chat.iter().map(|turn| (turn.at, Cue::Chat(turn.is_up))));
        cues.extend(
            scenario.injects.iter().enumerate().map(|(i, inject)| (inject.when.offset(), Cue::Inject(i))),
        );
        cues.extend(scenario.steps.iter().enumerate().map(|(i, step)| (step.at, Cue::Step(i))));
        cues.push((scenario.end.at, Cue::End("the time of the exercise is over".into())));
        cues.push((scenario.length_max, Cue::End("the longest time allowed is over".into())));
        cues.sort_by_key(|(at, _)| *at);
        cues
    }

    async fn play(&mut self, cue: Cue) -> Result<Option<String>, Refusal> {
        let played = match cue {
            Cue::End(reason) => return Ok(Some(reason)),
            Cue::Chat(is_up) => {
                let what = if is_up {
                    "The chat is back."
                } else {
                    "The chat is down, together with what it stands on; console and command line still work."
                };
                self.controller(Command::Observe { text: what.into() }).await
            }
            Cue::Inject(n) => match self.scenario.injects.get(n).cloned() {
                Some(inject) => self.inject(&inject).await,
                None => Ok(()),
            },
            Cue::Step(n) => match self.scenario.steps.get(n).cloned() {
                Some(step) => self.step(n, &step).await,
                None => Ok(()),
            },
        };
        match played {
            Ok(()) => Ok(None),
            Err(refusal) if refusal.because == Because::Unavailable => Err(refusal),
            // The next look tells whether the drill is over; a script that does not fit how it went goes on.
            Err(refusal) => {
                self.note_refusal(format!("The controller: {refusal}"));
                Ok(None)
            }
        }
    }

    async fn controller(&self, command: Command) -> Result<(), Refusal> {
        self.desk.submit(house(), self.id, command, Along::default()).await.map(|_| ())
    }

    async fn inject(&mut self, inject: &Inject) -> Result<(), Refusal> {
        if let When::Missing { action, .. } = &inject.when
            && self.desk.read_from(self.id, 1).await?.iter().any(|entry| action.is_done_by(entry))
        {
            return Ok(());
        }
        let Inject { id, from, to, text, .. } = inject.clone();
        self.controller(Command::Inject { id, from, to, text }).await?;
        let now = self.now();
        match &inject.method {
            Method::Message | Method::Social => {}
            Method::Alert(parts) => {
                let firing = alerts::fire(&self.desk, self.id, &inject.id, parts, now).await?;
                self.firing.push(firing);
            }
            Method::AlertResolved { of } => {
                if let Some(at) = self.firing.iter().position(|firing| firing.inject == *of) {
                    let firing = self.firing.remove(at);
                    alerts::resolve(&self.desk, self.id, &firing, now).await?;
                }
            }
        }
        Ok(())
    }

    async fn step(&mut self, n: usize, step: &Step) -> Result<(), Refusal> {
        if self.me.as_ref().is_some_and(|me| me.id == step.who.id) {
            let hint =
                format!("{} (in the script, {} says now: {})", self.clock_time(), step.who, step.words);
            (self.out)(&hint);
            return Ok(());
        }
        let caller = Caller::person(step.who.clone(), step.via.clone());
        let once = format!("{}/step/{n}", self.id);
        if let Err(refusal) = (self.say)(caller, Some(self.id), step.words.clone(), Some(once)).await {
            if refusal.because == Because::Unavailable {
                return Err(refusal);
            }
            self.note_refusal(format!("{}: «{}»: {refusal}", step.who, step.words));
        }
        Ok(())
    }

    fn note_refusal(&mut self, what: String) {
        let told = format!("{} not done – {what}", self.clock_time());
        (self.out)(&told);
        self.refused.push(what);
    }

    /// A line from the keyboard. Returns why the drill is over, if it is.
    async fn typed(&mut self, line: &str) -> Option<String> {
        let line = line.trim();
        if drill::is_emergency(line) {
            return Some(format!("something real was reported: {line}"));
        }
        let me = match &self.me {
            _ if line.is_empty() => return None,
            None => {
                (self.out)("You are watching. To take part: `--play NAME`.");
                return None;
            }
            Some(me) => me.clone(),
        };
        if let Err(why) = stays_inside(line, Some(self.id), (&self.desk.settings().policy).into()) {
            (self.out)(&why);
            return None;
        }
        match (self.say)(Caller::person(me.clone(), "console"), Some(self.id), line.to_owned(), None).await {
            Ok(answer) => (self.out)(&answer.text),
            Err(refusal) => {
                (self.out)(&refusal.to_string());
                self.refused.push(format!("{me}: «{line}»: {refusal}"));
            }
        }
        None
    }

    /// Shows what is new on the timeline, whoever wrote it. Returns why the drill is over, if it is.
    async fn show(&mut self) -> Result<Option<String>, Refusal> {
        let told = |at: DateTime<Utc>| at.format("%H:%M").to_string();
        for line in timeline::lines(self.desk.read_from(self.id, self.shown + 1).await?, &told) {
            self.shown = self.shown.max(line.seq);
            (self.out)(&format!("{} {}: {}", told(line.occurred_at), line.actor, line.text));
            let is_account =
                matches!(line.name, "note" | "can" | "decision.recorded" | "checkin" | "checkout");
            if is_account && drill::is_emergency(&line.text) {
                return Ok(Some(format!("something real was reported (entry {})", line.seq)));
            }
        }
        let state = self.desk.incident(self.id).await?;
        if state.phase.is_over() {
            return Ok(Some(format!("the incident was {}", state.phase)));
        }
        if let Some(real) = open_real(&self.desk).await?.into_iter().find(|id| !self.open_before.contains(id))
        {
            return Ok(Some(format!("{real} was declared; the real thing goes first")));
        }
        if let Some(action) = &self.scenario.end.when
            && self
                .desk
                .read_from(self.id, 1)
                .await?
                .iter()
                .any(|entry| is_persons(entry) && action.is_done_by(entry))
        {
            return Ok(Some("what was to be practised is done".into()));
        }
        Ok(None)
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.virtual_at(self.desk.world.now())
    }

    fn clock_time(&self) -> String {
        self.now().format("%H:%M").to_string()
    }
}

async fn open_real(desk: &Arc<Desk>) -> Result<Vec<IncidentId>, Refusal> {
    let filter = IncidentFilter { kind: Some(Kind::Real), ..IncidentFilter::open() };
    let open = desk.journal.incidents(filter).await.map_err(refuse)?;
    Ok(open.into_iter().map(|row| row.id).collect())
}
