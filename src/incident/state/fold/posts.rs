//! What the public is told: drafts, approvals, publications.

use chrono::{DateTime, Utc};

use super::*;
use crate::incident::event::Draft;

impl Incident {
    pub(super) fn post_mut(&mut self, n: u32) -> Option<&mut Post> {
        self.posts.iter_mut().find(|post| post.n == n)
    }

    pub(super) fn draft_post(&mut self, n: u32, draft: &Draft, entry: &Entry) {
        let author = entry.actor.person.clone();
        if let Some(post) = self.post_mut(n) {
            // Another wording: whatever approval there was is gone.
            post.draft = draft.clone();
            post.author = author;
            post.approval = None;
            post.dropped = None;
            return;
        }
        self.posts.push(Post {
            n,
            draft: draft.clone(),
            author,
            drafted_at: entry.occurred_at,
            approval: None,
            published: None,
            dropped: None,
        });
    }

    pub(super) fn publish_post(
        &mut self,
        n: u32,
        approved_at: DateTime<Utc>,
        next_update_at: Option<DateTime<Utc>>,
        destinations: &[String],
        entry: &Entry,
    ) {
        let published = PublishRecord {
            at: entry.occurred_at,
            approved_at,
            by: entry.actor.person.clone(),
            next_update_at,
            // The built-in page and a drill's sandbox show it with this very entry.
            destinations: destinations
                .iter()
                .map(|d| (d.clone(), matches!(d.as_str(), "page" | "sandbox").then_some(Ok(None))))
                .collect(),
        };
        if let Some(post) = self.post_mut(n) {
            post.published = Some(published);
        }
        self.next_update_due = next_update_at;
    }

    pub(super) fn settle_post(&mut self, n: u32, destination: &str, settled: Result<Option<String>, String>) {
        if let Some(published) = self.post_mut(n).and_then(|post| post.published.as_mut()) {
            published.destinations.insert(destination.to_owned(), Some(settled));
        }
    }
}
