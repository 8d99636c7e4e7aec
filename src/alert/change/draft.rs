//! A change while a sender reads it: raw texts in, cleaned and cut when it is taken.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Change, Kind, Outcome};
use crate::alert::{
    intake::pairs,
    links::{self, LinkKind},
    text::{LABEL_MAX_BYTES, TITLE_MAX_BYTES, digest, identity, line, note},
    times,
};

/// A change, as far as it has been read. What it lacks is filled in when it is taken: there is no clock here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    source: String,
    id: String,
    kind: Kind,
    outcome: Outcome,
    title: String,
    service: String,
    environment: String,
    by: String,
    url: String,
    began: String,
    ended: String,
    labels: Vec<(String, String)>,
}

impl Draft {
    /// The identity is the same each time the change is told, and no other change's. Empty where the sender has none: then
    /// what is told again within a minute is the same.
    pub fn new(kind: Kind, id: impl Into<String>, title: impl Into<String>) -> Draft {
        Draft {
            source: String::new(),
            id: id.into(),
            kind,
            outcome: Outcome::Done,
            title: title.into(),
            service: String::new(),
            environment: String::new(),
            by: String::new(),
            url: String::new(),
            began: String::new(),
            ended: String::new(),
            labels: Vec::new(),
        }
    }

    /// By the hook, or the door, of this name.
    pub fn sent_by(mut self, source: &str) -> Draft {
        self.source = source.to_owned();
        self
    }

    pub fn outcome(&mut self, outcome: Outcome) {
        self.outcome = outcome;
    }

    pub fn service(&mut self, name: impl Into<String>) {
        self.service = name.into();
    }

    pub fn environment(&mut self, name: impl Into<String>) {
        self.environment = name.into();
    }

    pub fn by(&mut self, name: impl Into<String>) {
        self.by = name.into();
    }

    /// By this person, where it says nobody.
    pub fn or_by(mut self, name: &str) -> Draft {
        if self.by.is_empty() {
            self.by = name.to_owned();
        }
        self
    }

    pub fn url(&mut self, url: impl Into<String>) {
        self.url = url.into();
    }

    pub fn began(&mut self, time: impl Into<String>) {
        self.began = time.into();
    }

    pub fn ended(&mut self, time: impl Into<String>) {
        self.ended = time.into();
    }

    pub fn label(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            self.labels.push((name.to_owned(), value));
        }
    }

    /// The change as it is kept, taken at `now`.
    pub fn taken(self, now: DateTime<Utc>) -> Change {
        let mut notes = Vec::new();
        let title = line("title", self.title.trim(), TITLE_MAX_BYTES, &mut notes);
        let title = if title.is_empty() {
            note(&mut notes, || "No title was found.".to_owned());
            format!("{} from {}", self.kind.word(), self.source)
        } else {
            title
        };
        let mut short = |what: &str, text: &str| {
            Some(line(what, text.trim(), LABEL_MAX_BYTES, &mut notes)).filter(|text| !text.is_empty())
        };
        let service = short("service", &self.service);
        let environment = short("environment", &self.environment);
        let by = short("person", &self.by);
        let mut found = Vec::new();
        // A sender may name a page by its path alone, which leads nowhere from here.
        if self.url.contains("://") {
            links::add(&mut found, LinkKind::Source, &self.url, &mut notes);
        }
        let began = times::read("begin", &self.began, None, &mut notes);
        let ended = times::read("end", &self.ended, None, &mut notes);
        let ended_at = match self.outcome {
            Outcome::Began => None,
            _ => ended.or(began).or(Some(now)),
        };
        // A clock that runs ahead must not put a change into a time that has not come.
        let at = began.or(ended).unwrap_or(now).min(now);
        let id = match self.id.as_str() {
            "" => digest(format!("{title}\n{}", now.timestamp() / 60).as_bytes()),
            id => identity("id", id, &mut notes),
        };
        let labels: BTreeMap<String, String> = pairs(
            "label",
            self.labels.into_iter().map(|(name, value)| (name.into(), value.into())),
            LABEL_MAX_BYTES,
            &mut notes,
        );
        Change {
            ended_at,
            outcome: self.outcome,
            id,
            source: self.source,
            kind: self.kind,
            title,
            service,
            environment,
            by,
            url: found.pop().map(|link| link.url),
            labels,
            notes,
            at,
            said_in: None,
            withdrawn: None,
        }
    }
}
