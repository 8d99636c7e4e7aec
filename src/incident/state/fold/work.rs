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
            owner: Some(owner.clone()),
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
            // What nobody has nobody has understood.
            task.state = if task.owner.is_some() { TaskState::Understood } else { TaskState::Assigned };
        }
    }

    /// Its time box goes on: the work is not done any later because somebody else does it.
    pub(super) fn decline_task(&mut self, n: u32) {
        if let Some(task) = self.task_mut(n) {
            task.owner = None;
            if task.state == TaskState::Understood {
                task.state = TaskState::Assigned;
            }
        }
    }

    /// Whoever opens their own again knows what it is about.
    pub(super) fn reopen_task(
        &mut self,
        n: u32,
        owner: Option<&Person>,
        due_at: Option<DateTime<Utc>>,
        by: &Person,
    ) {
        if let Some(task) = self.task_mut(n) {
            task.owner = owner.cloned();
            task.due_at = due_at;
            task.state = if task.is_of(by) { TaskState::Understood } else { TaskState::Assigned };
            task.result = None;
            task.reported_in = None;
        }
    }

    pub(super) fn give_task(&mut self, n: u32, owner: &Person, due_at: Option<DateTime<Utc>>, entry: &Entry) {
        self.see(owner, entry);
        if let Some(task) = self.task_mut(n) {
            task.owner = Some(owner.clone());
            task.assigned_by = entry.actor.person.clone();
            task.due_at = due_at;
            task.state =
                if task.is_of(&entry.actor.person) { TaskState::Understood } else { TaskState::Assigned };
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
