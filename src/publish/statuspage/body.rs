//! What Statuspage is sent for a post, its limits, and how the post is known again there.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::post::{ComponentState, Impact, PostView};

/// Limits of the manage API, in characters.
pub const NAME_CHARS_MAX: usize = 255;
const BODY_CHARS_MAX: usize = 25_000;
/// How far the clocks of Statuspage and ours may differ when we look for an update.
const SKEW_MINUTES: i64 = 5;
/// Ours among the objects in an incident's `metadata`.
const METADATA_KEY: &str = "commandpost";

#[derive(Serialize)]
pub struct Envelope {
    pub incident: Change,
}

/// The body of create and of update alike.
#[derive(Serialize)]
pub struct Change {
    name: String,
    status: &'static str,
    impact_override: Impact,
    body: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    components: BTreeMap<String, ComponentState>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    component_ids: Vec<String>,
    deliver_notifications: bool,
    metadata: BTreeMap<&'static str, Mark>,
}

/// Says which post an incident's newest update is: what reconciliation looks for.
#[derive(Debug, Serialize, Deserialize)]
pub struct Mark {
    #[serde(default)]
    pub incident: String,
    #[serde(default)]
    pub post: String,
}

pub fn change(
    post: &PostView,
    key: &str,
    components: BTreeMap<String, ComponentState>,
    notify: bool,
) -> Envelope {
    let mark = Mark { incident: post.incident.clone(), post: key.to_owned() };
    Envelope {
        incident: Change {
            name: post.title.clone(),
            status: post.phase.word(),
            impact_override: post.impact,
            body: text(post),
            component_ids: components.keys().cloned().collect(),
            components,
            deliver_notifications: notify,
            metadata: BTreeMap::from([(METADATA_KEY, mark)]),
        },
    }
}

/// The text that was approved for Statuspage. In a post from before drafts kept it, a correction says so here: an
/// update once sent stays on the page.
pub fn text(post: &PostView) -> String {
    if let Some(text) = post.texts.get("statuspage") {
        return text.clone();
    }
    if post.corrects.is_some() { format!("Correction: {}", post.text) } else { post.text.clone() }
}

pub fn check(post: &PostView) -> Result<(), String> {
    let (name, body) = (post.title.chars().count(), text(post).chars().count());
    if post.title.trim().is_empty() || post.text.trim().is_empty() {
        return Err("Statuspage needs a title and a text; one of them is empty.".to_owned());
    }
    if name > NAME_CHARS_MAX {
        return Err(format!(
            "The incident's title is {} characters too long for Statuspage: {name}, of {NAME_CHARS_MAX} at most.",
            name - NAME_CHARS_MAX
        ));
    }
    if body > BODY_CHARS_MAX {
        return Err(format!(
            "The post is {} characters too long for Statuspage: {body}, of {BODY_CHARS_MAX} at most.",
            body - BODY_CHARS_MAX
        ));
    }
    Ok(())
}

/// An incident as Statuspage gives it back; what we need of it.
#[derive(Debug, Deserialize)]
pub struct Remote {
    pub id: String,
    pub shortlink: Option<String>,
    pub created_at: Option<DateTime<Utc>>,
    #[serde(default)]
    metadata: serde_json::Value,
    incident_updates: Option<Vec<Update>>,
}

#[derive(Debug, Deserialize)]
struct Update {
    body: Option<String>,
    status: Option<String>,
    created_at: Option<DateTime<Utc>>,
}

impl Remote {
    fn mark(&self) -> Option<Mark> {
        serde_json::from_value(self.metadata.get(METADATA_KEY)?.clone()).ok()
    }

    pub fn is_of(&self, incident: &str) -> bool {
        self.mark().is_some_and(|mark| mark.incident == incident)
    }

    /// Whether the post is here: by our mark, or, where a later update took the mark's place or the service gave
    /// none back, by its words. The same words in another incident of ours are not this post.
    pub fn has(&self, post: &PostView, key: &str) -> bool {
        let since = match self.mark() {
            Some(mark) if mark.incident != post.incident => return false,
            Some(mark) if mark.post == key => return true,
            // Posts go out in order: what a marked incident held before the approval is an earlier post.
            Some(_) => post.approved_at,
            None => since(post),
        };
        let words = text(post);
        self.incident_updates.iter().flatten().any(|update| {
            update.body.as_deref().map(lines) == Some(lines(&words))
                && update.status.as_deref() == Some(post.phase.word())
                && update.created_at.is_none_or(|at| at >= since)
        })
    }
}

/// Nothing of the post can be older than this.
pub fn since(post: &PostView) -> DateTime<Utc> {
    post.approved_at - TimeDelta::minutes(SKEW_MINUTES)
}

/// Web forms and APIs disagree on line ends and on space at the end.
fn lines(text: &str) -> Vec<&str> {
    text.trim().lines().map(str::trim_end).collect()
}
