//! Playbooks that were begun, and how far each step is.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::Incident;
use crate::{
    incident::play::{Playbook, Step},
    people::Person,
};

/// A playbook that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Play {
    /// The timeline entry that began it.
    pub seq: u64,
    pub playbook: Playbook,
    /// In the order of its steps.
    pub progress: Vec<Progress>,
}

impl Play {
    /// How many steps nobody needs to look at any more.
    pub fn settled(&self) -> usize {
        self.progress.iter().filter(|one| !one.is_open()).count()
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    #[default]
    Open,
    Done,
    Skipped,
}

/// How far a step is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    pub state: StepState,
    pub by: Option<Person>,
    pub at: Option<DateTime<Utc>>,
    /// What came of it, or why it was left out.
    pub words: String,
    /// The timeline entry that says so.
    pub seq: u64,
    /// When it is open again.
    pub again_at: Option<DateTime<Utc>>,
    /// Since when it is open again, where its time has come.
    #[serde(default)]
    pub due_since: Option<DateTime<Utc>>,
}

impl Progress {
    pub fn is_open(&self) -> bool {
        self.state == StepState::Open
    }
}

/// A step in its place: of which playbook, the how manieth, how far.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The playbook's number on this incident, and the step's in it, both counted from 0.
    pub number: (usize, usize),
    pub play: &'a Play,
    pub step: &'a Step,
    pub progress: &'a Progress,
}

impl Incident {
    pub fn play(&self, id: &str) -> Option<&Play> {
        self.plays.iter().find(|play| play.playbook.id == id)
    }

    /// The steps of all that runs, in order.
    pub fn steps(&self) -> impl Iterator<Item = Place<'_>> {
        self.plays.iter().enumerate().flat_map(|(p, play)| {
            let steps = play.playbook.steps.iter().zip(&play.progress).enumerate();
            steps.map(move |(s, (step, progress))| Place { number: (p, s), play, step, progress })
        })
    }

    /// Those that are asked for now.
    pub fn open_steps(&self) -> impl Iterator<Item = Place<'_>> {
        self.steps().filter(|place| place.progress.is_open() && place.step.when.holds(self))
    }

    /// By what people name a step: its id, with the playbook's before it where several have one of that id.
    pub fn step_name(&self, place: &Place<'_>) -> String {
        let id = &place.step.id;
        let is_alone = self.steps().filter(|other| other.step.id.eq_ignore_ascii_case(id)).count() == 1;
        if is_alone { id.clone() } else { format!("{}/{id}", place.play.playbook.id) }
    }

    /// The steps that may be meant.
    pub fn steps_named(&self, named: &str) -> Vec<Place<'_>> {
        let (playbook, id) = match named.trim().split_once('/') {
            Some((playbook, id)) => (Some(playbook), id),
            None => (None, named.trim()),
        };
        let is_meant = |place: &Place<'_>| {
            place.step.id.eq_ignore_ascii_case(id)
                && playbook.is_none_or(|wanted| place.play.playbook.id.eq_ignore_ascii_case(wanted))
        };
        self.steps().filter(is_meant).collect()
    }

    /// Who answers for a step: whoever holds its role, else whom that reports to, up to command.
    pub fn answers_for_step(&self, step: &Step, person: &Person) -> bool {
        let holders = self.holders(step.whose());
        holders.iter().any(|one| one.id == person.id)
            || self.has_command(person) && holders.iter().any(|one| one.id == self.commander.id)
    }

    pub(super) fn begin_playbook(&mut self, playbook: &Playbook, seq: u64) {
        let progress = vec![Progress::default(); playbook.steps.len()];
        self.plays.push(Play { seq, playbook: playbook.clone(), progress });
    }

    /// Puts a step where it is now.
    pub(super) fn settle_step(&mut self, playbook: &str, step: &str, to: Progress) {
        let Some(play) = self.plays.iter_mut().find(|play| play.playbook.id == playbook) else { return };
        let steps = play.playbook.steps.iter().zip(&mut play.progress);
        for (step, progress) in steps.filter(|(one, _)| one.id == step) {
            *progress = to.clone();
            if progress.state == StepState::Done {
                let after = step.every_minutes.map(|minutes| Duration::minutes(i64::from(minutes)));
                progress.again_at = progress.at.zip(after).map(|(at, after)| at + after);
            }
        }
    }
}
