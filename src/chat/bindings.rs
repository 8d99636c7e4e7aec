//! What a chat calls our things, kept in the journal: the space of an incident, its card, whether it is pinned.

use std::{fmt, str::FromStr, sync::Arc};

use super::{
    bring::{Halt, Step},
    thread::thread_space,
};
use crate::{
    card::Said,
    desk::clock::World,
    incident::id::IncidentId,
    journal::{Journal, JournalError},
    outbox::port::Outcome,
};

const TAG_CHARS: usize = 6;
/// Ends the subject of a private spot.
const PRIVATE: &str = "/private";

/// Where an incident stands in a chat: at the place for everybody, or at the one for those who see it while it is
/// restricted. As text it is the subject of its bindings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    pub id: IncidentId,
    pub is_private: bool,
}

impl Spot {
    pub fn open(id: IncidentId) -> Self {
        Self { id, is_private: false }
    }
    pub fn private(id: IncidentId) -> Self {
        Self { id, is_private: true }
    }
    pub fn of(said: &Said) -> Self {
        Self { id: said.incident, is_private: said.is_private }
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.id, if self.is_private { PRIVATE } else { "" })
    }
}

impl FromStr for Spot {
    type Err = String;
    fn from_str(subject: &str) -> Result<Self, String> {
        match subject.strip_suffix(PRIVATE) {
            Some(id) => Ok(Self::private(id.parse()?)),
            None => Ok(Self::open(subject.parse()?)),
        }
    }
}

/// The bindings of one chat.
#[derive(Clone)]
pub(super) struct Bindings {
    journal: Arc<dyn Journal>,
    chat: &'static str,
}

pub(super) fn unreadable(error: &JournalError) -> Halt {
    Outcome::Retry { after: None, why: format!("The journal does not answer: {error}.") }.into()
}

impl Bindings {
    pub fn new(journal: Arc<dyn Journal>, chat: &'static str) -> Self {
        Self { journal, chat }
    }

    /// What is bound to a subject under this name; an empty value is none.
    pub async fn bound(&self, subject: &str, name: &str) -> Step<Option<String>> {
        Ok(self.all(subject).await?.into_iter().find(|(n, _)| n == name).map(|(_, v)| v))
    }

    /// Everything that is bound to a subject, by name.
    pub async fn all(&self, subject: &str) -> Step<Vec<(String, String)>> {
        let mut all = self.journal.bound(self.chat, subject).await.map_err(|e| unreadable(&e))?;
        all.retain(|(_, value)| !value.is_empty());
        Ok(all)
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
        self.spot_at(place, thread).await.map(|spot| spot.id)
    }

    pub async fn spot_at(&self, place: &str, thread: Option<&str>) -> Option<Spot> {
        if let Some(root) = thread
            && let Some(spot) = self.spot_of(&thread_space(place, root)).await
        {
            return Some(spot);
        }
        self.spot_of(place).await
    }

    /// The incident that a space belongs to.
    pub async fn incident_of(&self, space: &str) -> Option<IncidentId> {
        self.spot_of(space).await.map(|spot| spot.id)
    }

    /// The incident whose private place a space is: whoever reads along there may see it.
    pub async fn private_of(&self, space: &str) -> Option<IncidentId> {
        self.spot_of(space).await.filter(|spot| spot.is_private).map(|spot| spot.id)
    }

    pub async fn spot_of(&self, space: &str) -> Option<Spot> {
        let subject = self.journal.bound_to(self.chat, "space", space).await.ok().flatten()?;
        subject.parse().ok()
    }
}
