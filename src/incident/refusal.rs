//! A refusal: what was asked cannot be had, why, and what would work instead.

/// Why, in a form that a door can turn into a status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// The words were not understood, or a value is out of range.
    Invalid,
    /// This person's roles do not allow it.
    Forbidden,
    /// No such incident, entry, task or post.
    NotFound,
    /// It does not fit the state the incident is in.
    Conflict,
    /// A limit was reached.
    Limit,
    /// The house cannot make it durable just now; nothing was changed.
    Unavailable,
}

/// Two sentences: what stands in the way, and what would work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why} {instead}")]
pub struct Refusal {
    pub because: Because,
    /// What happened, with the value that caused it.
    pub why: String,
    /// What to do now.
    pub instead: String,
}

impl Refusal {
    pub fn new(because: Because, why: impl Into<String>, instead: impl Into<String>) -> Self {
        Self { because, why: why.into(), instead: instead.into() }
    }
    pub fn invalid(why: impl Into<String>, instead: impl Into<String>) -> Self {
        Self::new(Because::Invalid, why, instead)
    }
    pub fn forbidden(why: impl Into<String>, instead: impl Into<String>) -> Self {
        Self::new(Because::Forbidden, why, instead)
    }
    pub fn not_found(why: impl Into<String>, instead: impl Into<String>) -> Self {
        Self::new(Because::NotFound, why, instead)
    }
    /// There is none of that number, or none for whoever asks: the words are the same.
    pub fn no_such(id: super::id::IncidentId) -> Self {
        Self::not_found(format!("There is no {id}."), "`list` shows the incidents there are.")
    }
    pub fn conflict(why: impl Into<String>, instead: impl Into<String>) -> Self {
        Self::new(Because::Conflict, why, instead)
    }
    pub fn limit(why: impl Into<String>, instead: impl Into<String>) -> Self {
        Self::new(Because::Limit, why, instead)
    }
    pub fn unavailable(why: impl Into<String>, instead: impl Into<String>) -> Self {
        Self::new(Because::Unavailable, why, instead)
    }
}
