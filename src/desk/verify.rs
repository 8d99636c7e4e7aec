//! Verification: the chain of an incident, and that what is shown of it in lists, on the status page and to whoever opens it
//! is what it says.

use std::{collections::BTreeSet, slice};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::{Desk, no_such, refuse};
use crate::{
    alert::text::one_line,
    incident::{chain::Verifier, event::Entry, id::IncidentId, refusal::Refusal, state::Incident},
    journal::{
        JournalError,
        rows::{IncidentRow, PublicPostRow},
    },
};

/// Characters of a value that are said of what differs.
const SHOWN_CHARS_MAX: usize = 80;
/// What is to be done about what is made of the entries.
const MEND: &str = "`commandpost rebuild`, while no server runs, makes it anew from the timeline.";

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    pub incident: IncidentId,
    pub entries: u64,
    pub head: String,
    pub problems: Vec<String>,
}

/// What the entries make of an incident.
#[derive(Default)]
struct Retold {
    state: Option<Incident>,
    posts: Vec<PublicPostRow>,
}

impl Retold {
    fn hear(&mut self, entry: &Entry) {
        match &mut self.state {
            None => self.state = Incident::open(entry),
            Some(state) => state.apply(entry),
        }
        if let Some(state) = &self.state {
            self.posts.extend(PublicPostRow::of(state, slice::from_ref(entry)));
        }
    }
}

impl Desk {
    /// Checks the chain of an incident and that its projections say what it says. Returns what is wrong; nothing
    /// wrong is an empty list. Also returns the number of entries and the head of the chain.
    pub async fn verify(&self, id: IncidentId) -> Result<Verified, Refusal> {
        let mut verifier = Verifier::new(id);
        let mut problems = Vec::new();
        let mut retold = Retold::default();
        let mut from = 1;
        let mut looked_for = None;
        loop {
            let page = match self.journal.entries(id, from, 1_000).await {
                Ok(page) => page,
                Err(JournalError::Damaged { what, why }) => {
                    problems.push(format!("{what}: {why}"));
                    break;
                }
                Err(error) => return Err(refuse(error)),
            };
            let Some(last) = page.last() else {
                let Some(state) = retold.state.as_ref().filter(|_| problems.is_empty()) else { break };
                match self.untrue(id, state, &retold.posts).await {
                    // Projections and entries are written in one transaction, so somebody wrote meanwhile: read on. If
                    // there is nothing more to read, the row says what the timeline does not.
                    (seq, _) if seq > state.seq && looked_for != Some(seq) => looked_for = Some(seq),
                    (_, untrue) => {
                        problems = untrue;
                        break;
                    }
                }
                continue;
            };
            from = last.seq + 1;
            for sealed in &page {
                match verifier.next(sealed) {
                    Ok(entry) => retold.hear(&entry),
                    Err(broken) => problems.push(broken.to_string()),
                }
            }
        }
        if verifier.seq == 0 && problems.is_empty() {
            problems = self.stray(id).await.map_err(refuse)?;
            if problems.is_empty() {
                return Err(no_such(id));
            }
        }
        Ok(Verified { incident: id, entries: verifier.seq, head: verifier.head, problems })
    }

    /// What is shown of an incident that has no timeline.
    async fn stray(&self, id: IncidentId) -> Result<Vec<String>, JournalError> {
        let mut problems = other_posts(id, &self.journal.public_posts_of(id).await?, &[]);
        if self.journal.incident_row(id).await?.is_some() {
            problems.push(format!("{id}: it stands in the lists, and has no timeline. {MEND}"));
        }
        Ok(problems)
    }

    /// The last entry that the list row knows, and which projections do not say what the entries say. The row is read last: if
    /// it knows no later entry, the others were read of the same state.
    async fn untrue(&self, id: IncidentId, state: &Incident, posts: &[PublicPostRow]) -> (u64, Vec<String>) {
        let mut problems = Vec::new();
        match self.journal.public_posts_of(id).await {
            Ok(shown) => problems.extend(other_posts(id, &shown, posts)),
            Err(error) => problems.push(format!("{error}. {MEND}")),
        }
        match self.journal.load(id).await {
            Ok(Some((kept, _))) if kept == *state => {}
            Ok(_) => {
                problems.push(format!("{id}: its stored state is not what the timeline makes of it. {MEND}"));
            }
            Err(error) => problems.push(error.to_string()),
        }
        let seq = match self.journal.incident_row(id).await {
            Ok(Some(row)) => {
                problems.extend(other_row(&row, &IncidentRow::of(state)));
                row.seq
            }
            Ok(None) => {
                problems.push(format!("{id}: it is missing in the lists. {MEND}"));
                0
            }
            Err(error) => {
                problems.push(format!("{error}. {MEND}"));
                0
            }
        };
        (seq, problems)
    }
}

/// What the lists say of an incident and its timeline does not.
fn other_row(row: &IncidentRow, told: &IncidentRow) -> Option<String> {
    if row == told {
        return None;
    }
    let sides = [row, told];
    let differing = [
        ("title", sides.map(|one| one.title.clone())),
        ("severity", sides.map(|one| one.severity.word().to_owned())),
        ("phase", sides.map(|one| one.phase.word().to_owned())),
        ("commander", sides.map(|one| format!("{} ({})", one.commander.name, one.commander.id))),
        ("time of declaration", sides.map(|one| exact(one.declared_at))),
        ("time of the last change", sides.map(|one| exact(one.updated_at))),
        ("number of entries", sides.map(|one| one.seq.to_string())),
        ("circle of those who may see it", sides.map(|one| circle(one.seen_by.as_ref()))),
    ];
    let differing: Vec<String> = differing
        .into_iter()
        .filter(|(_, [shown, told])| shown != told)
        .map(|(what, [shown, told])| format!("the {what} is «{}», not «{}»", cut(&told), cut(&shown)))
        .collect();
    Some(format!(
        "{}: the lists say something else than its timeline: by that, {}. {MEND}",
        told.id,
        differing.join("; ")
    ))
}

/// What the status page shows and the timeline did not publish, or shows not at all.
fn other_posts(id: IncidentId, shown: &[PublicPostRow], told: &[PublicPostRow]) -> Vec<String> {
    let find = |rows: &[PublicPostRow], n: u32| rows.iter().find(|row| row.n == n).cloned();
    let numbers: BTreeSet<u32> = shown.iter().chain(told).map(|row| row.n).collect();
    let differing = numbers.into_iter().filter_map(|n| match (find(shown, n), find(told, n)) {
        (Some(shown), Some(told)) => other_post(&shown, &told).map(|how| {
            format!(
                "{id}: the status page shows the public post P{n} otherwise than it was published: {how}. {MEND}"
            )
        }),
        (Some(_), None) => Some(format!(
            "{id}: the status page shows a public post P{n} that was never published. {MEND}"
        )),
        _ => Some(format!("{id}: the status page does not show the public post P{n}. {MEND}")),
    });
    differing.collect()
}

fn other_post(shown: &PublicPostRow, told: &PublicPostRow) -> Option<String> {
    let (there, here) = (&shown.post, &told.post);
    if there.text != here.text {
        return Some(format!("«{}» in place of «{}»", cut(&there.text), cut(&here.text)));
    }
    if there.title != here.title {
        return Some(format!("the title «{}» in place of «{}»", cut(&there.title), cut(&here.title)));
    }
    if exact(shown.published_at) != exact(told.published_at) {
        return Some(format!("at {} in place of {}", exact(shown.published_at), exact(told.published_at)));
    }
    (there != here).then(|| "with another status, impact, component or time".to_owned())
}

fn exact(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn circle(seen_by: Option<&BTreeSet<String>>) -> String {
    seen_by.map_or_else(
        || "everybody".to_owned(),
        |ids| ids.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
    )
}

fn cut(text: &str) -> String {
    one_line(text, SHOWN_CHARS_MAX)
}
