//! A person's handle on an interaction: waiting for what the bot makes of it.

use std::time::Duration;

use serde_json::Value;

use super::{Answer, Id, Message, interaction::Asked, server::Discord};

/// How long a person waits before the test fails; the model's own clock decides about Discord's three seconds.
const PATIENCE: Duration = Duration::from_secs(90);

/// The bot did not do what was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bot did not answer: waited {} s for {what}", PATIENCE.as_secs())]
pub struct Unanswered {
    pub what: &'static str,
}

/// One interaction that a person began.
#[derive(Clone)]
pub struct Interaction {
    pub(super) discord: Discord,
    pub id: Id,
}

impl Interaction {
    fn asked(&self) -> Option<Asked> {
        self.discord.service.look(|w| w.asked.get(&self.id).cloned())
    }
    async fn wait<T>(
        &self,
        what: &'static str,
        mut find: impl FnMut(&Asked) -> Option<T>,
    ) -> Result<T, Unanswered> {
        let found = self.discord.wait_for(PATIENCE, |_| self.asked().as_ref().and_then(&mut find)).await;
        found.ok_or(Unanswered { what })
    }
    /// The person who began it.
    pub fn person(&self) -> Option<Id> {
        self.asked().map(|a| a.user)
    }
    pub fn channel(&self) -> Option<Id> {
        self.asked().map(|a| a.channel)
    }
    /// The first answer if there is one by now.
    pub fn answered(&self) -> Option<Answer> {
        self.asked().and_then(|a| a.answer)
    }
    /// The first answer, of whatever kind.
    ///
    /// # Errors
    /// When none comes.
    pub async fn answer(&self) -> Result<Answer, Unanswered> {
        self.wait("the first answer", |a| a.answer.clone()).await
    }
    /// What the person gets to see in answer: the message once it is more than "thinking"; for a button, the
    /// message that the button is on.
    ///
    /// # Errors
    /// When none comes.
    pub async fn message(&self) -> Result<Message, Unanswered> {
        self.wait("a message in answer", |a| {
            let message = self.discord.message(a.original?)?;
            (!message.is_loading()).then_some(message)
        })
        .await
    }
    /// The last message that came behind the answer.
    ///
    /// # Errors
    /// When none comes.
    pub async fn follow_up(&self) -> Result<Message, Unanswered> {
        self.wait("a message behind the answer", |a| self.discord.message(*a.followups.last()?)).await
    }
    /// The modal that opened.
    ///
    /// # Errors
    /// When none comes.
    pub async fn modal(&self) -> Result<Value, Unanswered> {
        self.wait("a modal", |a| a.answer.as_ref().filter(|x| x.kind == 9).map(|x| x.data.clone())).await
    }
    /// The choices offered by autocomplete, as (name, value).
    ///
    /// # Errors
    /// When none come.
    pub async fn choices(&self) -> Result<Vec<(String, Value)>, Unanswered> {
        self.wait("choices", |a| {
            let answer = a.answer.as_ref().filter(|x| x.kind == 8)?;
            let list = answer.data["choices"].as_array()?;
            Some(
                list.iter()
                    .map(|c| (c["name"].as_str().unwrap_or_default().to_owned(), c["value"].clone()))
                    .collect(),
            )
        })
        .await
    }
    /// At least `n` messages after the first answer, oldest first.
    ///
    /// # Errors
    /// When fewer come.
    pub async fn followups(&self, n: usize) -> Result<Vec<Message>, Unanswered> {
        self.wait("follow-ups", |a| {
            let found: Vec<Message> = a.followups.iter().filter_map(|id| self.discord.message(*id)).collect();
            (found.len() >= n).then_some(found)
        })
        .await
    }
}
