//! An alert while a sender reads it: raw texts in, cleaned, cut and noted when it is done.

use chrono_tz::Tz;

use super::body::Node;
use super::intake::{ALERTS_MAX, pairs};
use super::mapping::customary::{ACKNOWLEDGED, FIRING, RESOLVED};
use super::mapping::folded;
use super::order::CHANGED_AT;
use super::senders::generic::meaning;
use super::text::{
    ANNOTATION_MAX_BYTES, DESCRIPTION_MAX_BYTES, LABEL_MAX_BYTES, TITLE_MAX_BYTES, block, identity, line,
    note, quote,
};
use super::{Alert, AlertSeverity, Intake, LinkKind, Rejected, Sender, Status, links, times};

/// What a sender says of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Said {
    #[default]
    Firing,
    /// It fires, and somebody is on it.
    Acknowledged,
    Resolved,
}

/// One alert, as far as it has been read.
#[derive(Debug, Default)]
pub(super) struct Draft {
    identity: String,
    title: String,
    description: String,
    said: Said,
    severity: AlertSeverity,
    severity_text: String,
    starts_at: String,
    ends_at: String,
    changed_at: String,
    group: String,
    labels: Vec<(String, String)>,
    annotations: Vec<(String, String)>,
    links: Vec<(LinkKind, String)>,
    notes: Vec<String>,
}

impl Draft {
    /// The identity is the same in the body that fires and in the one that resolves, and no other alert's.
    pub fn new(identity: impl Into<String>, title: impl Into<String>) -> Self {
        Draft { identity: identity.into(), title: title.into(), ..Draft::default() }
    }

    pub fn says(&mut self, said: Said) {
        self.said = said;
    }

    /// What the sender's word means: one of its own words, or else a customary one.
    pub fn status(&mut self, word: &str, own: &[(&str, Said)]) {
        let plain = folded(word);
        let plain = plain.as_str();
        self.said = match own.iter().find(|(own, _)| own.eq_ignore_ascii_case(plain)) {
            Some((_, said)) => *said,
            None if RESOLVED.contains(&plain) => Said::Resolved,
            None if ACKNOWLEDGED.contains(&plain) => Said::Acknowledged,
            None => {
                if plain.is_empty() {
                    self.note("No status was found; it is taken to be firing.");
                } else if !FIRING.contains(&plain) {
                    self.note(&format!("The status {} is unknown; it is taken to be firing.", quote(word)));
                }
                Said::Firing
            }
        };
    }

    /// What an event says that is none of the sender's known ones, or a state: by the customary words for begun and over, and where
    /// they tell nothing it fires, so that none is lost. It is noted.
    pub fn unknown_event(&mut self, event: &str) {
        self.said = meaning(event).unwrap_or_default();
        let taken = match self.said {
            Said::Firing => "firing",
            Said::Acknowledged => "acknowledged",
            Said::Resolved => "resolved",
        };
        self.note(&format!("The event {} is unknown; it is taken to be {taken}.", quote(event)));
    }

    pub fn is_resolved(&self) -> bool {
        self.said == Said::Resolved
    }

    pub fn severity(&mut self, word: impl Into<String>) {
        self.severity_by(word, &[]);
    }

    /// A severity in the sender's own words, or else a customary one.
    pub fn severity_by(&mut self, word: impl Into<String>, own: &[(&str, AlertSeverity)]) {
        self.severity_text = word.into();
        self.severity = match own.iter().find(|(own, _)| own.eq_ignore_ascii_case(self.severity_text.trim()))
        {
            Some((_, severity)) => *severity,
            None => AlertSeverity::read(&self.severity_text),
        };
    }

    pub fn describe(&mut self, text: impl Into<String>) {
        self.description = text.into();
    }

    /// A start that the resolved body repeats. A time that only one of them has is not one: it would make two alerts of
    /// them. See [`Draft::changed_at`].
    pub fn starts_at(&mut self, time: impl Into<String>) {
        self.starts_at = time.into();
    }

    pub fn ends_at(&mut self, time: impl Into<String>) {
        self.ends_at = time.into();
    }

    /// When what the body tells came about: the end of what is resolved, an annotation of what fires.
    pub fn changed_at(&mut self, time: impl Into<String>) {
        self.changed_at = time.into();
    }

    /// What its situation is, where that is more than the alert itself.
    pub fn group(&mut self, group: impl Into<String>) {
        self.group = group.into();
    }

    pub fn label(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            self.labels.push((name.into(), value));
        }
    }

    /// Labels by their names, each from a path.
    pub fn labels(&mut self, from: Node<'_>, names: &[(&str, &str)]) {
        for (name, path) in names {
            self.label(*name, from.get(path));
        }
    }

    /// Labels from tags: an object, a list of `name:value`, of `{key, value}`, or texts with commas between.
    pub fn tags(&mut self, tags: Node<'_>) {
        for (name, value) in tags.pairs() {
            self.label(name, value);
        }
        for tag in tags.list() {
            let (name, value) =
                (tag.first(&["key", "name"]), tag.either(&["value.stringValue", "value"]).text());
            if !name.is_empty() {
                self.label(name, value);
                continue;
            }
            for text in tag.text().split(',').map(str::trim).filter(|text| !text.is_empty()) {
                let (name, value) = text.split_once([':', '=']).unwrap_or((text, "true"));
                self.label(name.trim(), value.trim());
            }
        }
    }

    pub fn annotate(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            self.annotations.push((name.to_owned(), value));
        }
    }

    /// A link, if it is one; a sender may leave it empty, or a page's path without a host.
    pub fn link(&mut self, kind: LinkKind, url: impl Into<String>) {
        let url = url.into();
        if url.contains("://") {
            self.links.push((kind, url));
        }
    }

    pub fn note(&mut self, sentence: &str) {
        note(&mut self.notes, || sentence.to_owned());
    }

    fn finish(self, source: &str, zone: Option<Tz>) -> Alert {
        let mut notes = self.notes;
        let title = line("title", self.title.trim(), TITLE_MAX_BYTES, &mut notes);
        let title = if title.is_empty() {
            note(&mut notes, || "No title was found.".to_owned());
            format!("Alert from {source}")
        } else {
            title
        };
        let description = block("description", self.description.trim(), DESCRIPTION_MAX_BYTES, &mut notes);
        let fingerprint = identity("fingerprint", &self.identity, &mut notes);
        let changed_at = times::read("time", &self.changed_at, zone, &mut notes);
        let resolved = self.said == Said::Resolved;
        let mut annotations = self.annotations;
        if let (false, Some(at)) = (resolved, changed_at) {
            annotations.push((CHANGED_AT.to_owned(), at.to_rfc3339()));
        }
        let ends_at = times::read("end", &self.ends_at, zone, &mut notes).or(changed_at).filter(|_| resolved);
        let mut found = Vec::new();
        for (kind, url) in &self.links {
            links::add(&mut found, *kind, url, &mut notes);
        }
        let group_key = if self.group.is_empty() {
            fingerprint.clone()
        } else {
            identity("group key", &self.group, &mut notes)
        };
        let strings = |list: Vec<(String, String)>| list.into_iter().map(|(n, v)| (n.into(), v.into()));
        Alert {
            source: source.to_owned(),
            fingerprint,
            status: if resolved { Status::Resolved } else { Status::Firing },
            acknowledged: self.said == Said::Acknowledged,
            severity: self.severity,
            severity_text: line("severity", self.severity_text.trim(), LABEL_MAX_BYTES, &mut notes),
            description: if description == title { String::new() } else { description },
            starts_at: times::read("start", &self.starts_at, zone, &mut notes),
            ends_at,
            labels: pairs("label", strings(self.labels), LABEL_MAX_BYTES, &mut notes),
            annotations: pairs("annotation", strings(annotations), ANNOTATION_MAX_BYTES, &mut notes),
            links: found,
            group_key,
            title,
            notes,
        }
    }
}

/// Texts that are not empty, with `between` between them.
pub(super) fn joined(between: &str, texts: &[&str]) -> String {
    let texts: Vec<&str> = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect();
    texts.join(between)
}

/// `lead: text`, or the text alone where it says the lead already.
pub(super) fn led(lead: &str, text: &str) -> String {
    if text.contains(lead) { text.to_owned() } else { joined(": ", &[lead, text]) }
}

/// What one delivery of a sender comes to, while it is read.
#[derive(Debug)]
pub(super) struct Reading<'s> {
    sender: &'static str,
    source: &'s str,
    raw: &'s [u8],
    /// Of times that name none.
    zone: Option<Tz>,
    intake: Intake,
}

impl<'s> Reading<'s> {
    pub fn new(sender: &'static str, source: &'s str, raw: &'s [u8]) -> Self {
        Reading { sender, source, raw, zone: None, intake: Intake::default() }
    }

    /// Times that name no zone are of this one.
    pub fn in_zone(self, zone: Option<Tz>) -> Self {
        Reading { zone, ..self }
    }

    pub fn alert(&mut self, draft: Draft) {
        self.intake.alerts.push(draft.finish(self.source, self.zone));
    }

    /// A message that is no alert: taken, and said why nothing came of it.
    pub fn no_alert(&mut self, sentence: impl Into<String>) {
        let sentence = line("note", &sentence.into(), LABEL_MAX_BYTES, &mut Vec::new());
        note(&mut self.intake.notes, || sentence);
    }

    /// What a person has to open once; only an address that may be shown.
    pub fn open_once(&mut self, url: &str) {
        let mut found = Vec::new();
        links::add(&mut found, LinkKind::Other, url, &mut self.intake.notes);
        self.intake.open_once = found.pop().map(|link| link.url);
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

    /// The members of a list that may not be longer than a delivery.
    ///
    /// # Errors
    /// [`Rejected::TooMany`].
    pub fn each<'v>(&self, list: Node<'v>) -> Result<Vec<Node<'v>>, Rejected> {
        let members: Vec<Node<'v>> = list.list().collect();
        if members.len() > ALERTS_MAX {
            return Err(Rejected::TooMany { found: members.len(), limit: ALERTS_MAX });
        }
        Ok(members)
    }

    /// The same body, read by another sender under this one's name.
    ///
    /// # Errors
    /// As that one says.
    pub fn by(&mut self, other: impl FnOnce(String) -> Box<dyn Sender>) -> Result<(), Rejected> {
        self.intake = other(self.source.to_owned()).read(self.raw, None)?;
        Ok(())
    }

    pub fn done(mut self) -> Intake {
        if self.intake.alerts.is_empty() && self.intake.notes.is_empty() {
            self.no_alert("The body holds no alert.");
        }
        self.intake
    }
}
