//! What a chat calls our things, kept in the journal: the space of an incident, its card, whether it is pinned.

use std::sync::Arc;

use super::{
    bring::{Halt, Step},
    thread::thread_space,
};
use crate::{
    desk::clock::World,
    incident::id::IncidentId,
    journal::{Journal, JournalError},
    outbox::port::Outcome,
};

const TAG_CHARS: usize = 6;

/// The bindings of one chat.
#[derive(Clone)]
pub(super) struct Bindings {
    journal: Arc<dyn Journal>,
    chat: &'static str,
}

fn unreadable(error: &JournalError) -> Halt {
    Outcome::Retry { after: None, why: format!("The journal does not answer: {error}.") }.into()
}

impl Bindings {
    pub fn new(journal: Arc<dyn Journal>, chat: &'static str) -> Self {
        Self { journal, chat }
    }

    /// What is bound to a subject under this name; an empty value is none.
    pub async fn bound(&self, subject: &str, name: &str) -> Step<Option<String>> {
        let all = self.journal.bound(self.chat, subject).await.map_err(|e| unreadable(&e))?;
        Ok(all.into_iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v))
    }

    pub async fn bind(&self, subject: &str, name: &str, value: &str) -> Step<()> {
        self.journal.bind(self.chat, subject, name, value).await.map_err(|e| unreadable(&e))
    }

    /// A few hex digits that tell this installation's messages from those of another with the same account.
    pub async fn tag(&self, world: &dyn World) -> Step<String> {
        if let Some(tag) = self.bound("door", "tag").await? {
            return Ok(tag);
        }
        let tag: String = world.salt().chars().take(TAG_CHARS).collect();
        self.bind("door", "tag", &tag).await?;
        Ok(tag)
    }

    /// The chat, as outbox and journal name it.
    pub fn chat(&self) -> &'static str {
        self.chat
    }

    /// The incident that is worked on there: of the thread, else of the place that it is in.
    pub async fn incident_at(&self, place: &str, thread: Option<&str>) -> Option<IncidentId> {
        if let Some(root) = thread
            && let Some(id) = self.incident_of(&thread_space(place, root)).await
        {
            return Some(id);
        }
        self.incident_of(place).await
    }

    /// The incident that a space belongs to.
    pub async fn incident_of(&self, space: &str) -> Option<IncidentId> {
        let subject = self.journal.bound_to(self.chat, "space", space).await.ok().flatten()?;
        subject.parse().ok()
    }
}
