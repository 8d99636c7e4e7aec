//! The senders of changes. A new one is a file here and a line in [`CHANGES`](crate::alert::senders::CHANGES).

use super::{Draft, Kind, Outcome};
use crate::alert::{Rejected, body::Node, text::line};

pub mod ansible;
pub mod argocd;
pub mod generic;
pub mod github;
pub mod gitlab;
pub mod jenkins;
pub mod launchdarkly;
pub mod pagerduty;
pub mod puppet;
pub mod unleash;

/// What one delivery of a sender of changes comes to, while it is read.
#[derive(Debug)]
pub struct Reading {
    sender: &'static str,
    pub changes: Vec<Draft>,
    pub notes: Vec<String>,
}

impl Reading {
    pub fn new(sender: &'static str) -> Reading {
        Reading { sender, changes: Vec::new(), notes: Vec::new() }
    }

    pub fn change(&mut self, draft: Draft) {
        self.changes.push(draft);
    }

    /// A message that tells of no change: taken, and said why nothing came of it.
    pub fn none(&mut self, sentence: impl Into<String>) {
        self.notes.push(line("note", &sentence.into(), 300, &mut Vec::new()));
    }

    /// The first text at these places.
    ///
    /// # Errors
    /// Without one, the body is not this sender's.
    pub fn need(&self, body: Node<'_>, paths: &[&str]) -> Result<String, Rejected> {
        let found = body.first(paths);
        if found.is_empty() {
            Err(self.missing(paths.first().copied().unwrap_or_default()))
        } else {
            Ok(found)
        }
    }

    pub fn missing(&self, path: &str) -> Rejected {
        Rejected::Missing { sender: self.sender.to_owned(), field: format!("`{path}`") }
    }
}

/// What customary words of the senders mean.
fn outcome(word: &str) -> Outcome {
    match word.to_lowercase().replace([' ', '-'], "_").as_str() {
        "success" | "succeeded" | "successful" | "passed" | "ok" | "synced" | "changed" | "unstable" => {
            Outcome::Succeeded
        }
        "failure" | "failed" | "error" | "errored" | "timed_out" | "degraded" | "startup_failure" => {
            Outcome::Failed
        }
        "cancelled" | "canceled" | "aborted" | "skipped" | "not_built" | "stale" | "action_required" => {
            Outcome::Cancelled
        }
        "queued"
        | "pending"
        | "requested"
        | "created"
        | "waiting"
        | "waiting_for_resource"
        | "preparing"
        | "in_progress"
        | "running"
        | "started"
        | "start"
        | "began"
        | "scheduled"
        | "manual" => Outcome::Began,
        _ => Outcome::Done,
    }
}

/// The last part of a path: of `shop/checkout`, `checkout`.
fn last_part(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

/// A commit as people write it.
fn short_sha(sha: &str) -> &str {
    match sha.get(..8) {
        Some(short) if sha.len() >= 20 && sha.bytes().all(|b| b.is_ascii_hexdigit()) => short,
        _ => sha,
    }
}

/// The first line of a text.
fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim()
}
