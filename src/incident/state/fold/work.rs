//! Objectives and tasks.

use chrono::{DateTime, Utc};

use super::*;

impl Incident {
    fn task_mut(&mut self, n: u32) -> Option<&mut Task> {
        self.tasks.iter_mut().find(|task| task.n == n)
    }

    pub(super) fn set_objective(&mut self, n: u32, state: ObjectiveState) {
        if let Some(objective) = self.objectives.iter_mut().find(|objective| objective.n == n) {
            objective.state = state;
        }
    }

    pub(super) fn set_task(&mut self, n: u32, state: TaskState) {
        if let Some(task) = self.task_mut(n) {
            task.state = state;
        }
    }

    pub(super) fn assign_task(
        &mut self,
        n: u32,
        text: &str,
        owner: &Person,
        due_at: Option<DateTime<Utc>>,
        entry: &Entry,
    ) {
        self.see(owner, entry);
        self.tasks.push(Task {
            n,
            seq: entry.seq,
            reported_in: None,
            text: text.to_owned(),
            owner: owner.clone(),
            assigned_by: entry.actor.person.clone(),
            due_at,
            state: TaskState::Assigned,
            result: None,
        });
    }

    pub(super) fn understand_task(&mut self, n: u32) {
        // What is overdue stays so, understood or not, until it is given a new time.
        if let Some(task) = self.task_mut(n).filter(|task| task.state == TaskState::Assigned) {
            task.state = TaskState::Understood;
        }
    }

    pub(super) fn extend_task(&mut self, n: u32, due_at: DateTime<Utc>) {
        if let Some(task) = self.task_mut(n) {
            task.due_at = Some(due_at);
            task.state = TaskState::Understood;
        }
    }

    pub(super) fn report_task(&mut self, n: u32, result: &str, seq: u64) {
        if let Some(task) = self.task_mut(n) {
            task.state = TaskState::Reported;
            task.result = Some(result.to_owned());
            task.reported_in = Some(seq);
        }
    }
}
