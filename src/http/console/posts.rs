//! Public updates on their way: draft, approval, publication, and what became of each destination.

use super::clock::{Clock, Stamp};
use crate::{
    incident::{command::Verb, decide::Policy, kind::Kind, next::allowed, state::Incident},
    people::Person,
    post::{self, NotApproved, PublicPhase, wording},
};

/// Published and dropped updates that are shown.
const SETTLED_SHOWN: usize = 10;

pub struct Destination {
    pub name: String,
    pub words: String,
    pub tone: &'static str,
}

/// What a destination is sent, where that differs from the text as typed.
pub struct Dressed {
    pub name: String,
    pub text: String,
    /// `187 of 280 characters`.
    pub length: String,
}

pub struct PostCard {
    pub n: u32,
    pub phase: &'static str,
    pub impact: &'static str,
    pub title: String,
    pub text: String,
    pub dressed: Vec<Dressed>,
    pub components: Vec<String>,
    pub author: String,
    pub drafted: Stamp,
    pub next_update_minutes: Option<u32>,
    pub corrects: Option<u32>,
    /// `draft`, `approved`, `published`, `dropped`.
    pub state: &'static str,
    pub state_words: String,
    pub can_approve: bool,
    /// The reader wrote it and two people are asked for: approving needs a reason.
    pub needs_alone: bool,
    pub can_publish: bool,
    pub is_open: bool,
    pub is_published: bool,
    pub destinations: Vec<Destination>,
}

/// What can be said of one of this kind.
pub fn phases(kind: Kind) -> &'static [PublicPhase] {
    match kind {
        Kind::Planned => &PublicPhase::OF_PLANNED_WORK,
        _ => &PublicPhase::OF_INCIDENTS,
    }
}
/// Words that the command language takes, and how people read them.
pub const STATES: [(&str, &str); 5] = [
    ("operational", "operational"),
    ("degraded_performance", "degraded performance"),
    ("partial_outage", "partial outage"),
    ("major_outage", "major outage"),
    ("under_maintenance", "under maintenance"),
];

fn card(
    incident: &Incident,
    one: &crate::incident::state::Post,
    me: &Person,
    policy: &Policy,
    clock: &Clock,
) -> PostCard {
    let is_open = one.published.is_none() && one.dropped.is_none();
    let standing = post::standing_approval(incident, one, clock.now);
    let is_over = incident.phase.is_over();
    let (state, words) = match (&one.published, &one.dropped, &standing) {
        (Some(published), _, _) => {
            ("published", format!("published {} by {}", clock.stamp(published.at).short, published.by))
        }
        (None, Some(reason), _) => ("dropped", format!("dropped: {reason}")),
        (None, None, Ok(approval)) => {
            let alone = approval.alone.as_ref().map(|why| format!(", alone: {why}")).unwrap_or_default();
            (
                "approved",
                format!(
                    "approved by {} until {}{alone}",
                    approval.by,
                    clock.stamp(approval.expires_at).short
                ),
            )
        }
        (None, None, Err(NotApproved::Missing { .. })) => ("draft", "waits for approval".to_owned()),
        (None, None, Err(NotApproved::Stale { by, .. })) => {
            ("draft", format!("the approval of {by} is void: text, severity or phase changed"))
        }
        (None, None, Err(NotApproved::Expired { at, .. })) => {
            ("draft", format!("the approval ran out at {}", clock.stamp(*at).short))
        }
        (None, None, Err(other)) => ("draft", other.to_string()),
    };
    let destinations =
        one.published.iter().flat_map(|published| &published.destinations).map(|(name, settled)| {
            let (words, tone) = match settled {
                None => ("on its way".to_owned(), "calm"),
                Some(Ok(_)) => ("arrived".to_owned(), "good"),
                Some(Err(why)) => (format!("failed: {why}"), "sev1"),
            };
            Destination { name: post::place(name).to_owned(), words, tone }
        });
    PostCard {
        n: one.n,
        phase: one.draft.phase.title(),
        impact: one.draft.impact.word(),
        title: one.draft.title.clone(),
        text: one.draft.text.clone(),
        dressed: one
            .draft
            .texts
            .iter()
            .filter(|(name, text)| name.as_str() == "x" || **text != one.draft.text)
            .map(|(name, text)| Dressed {
                name: post::place(name).to_owned(),
                text: text.clone(),
                length: wording::measured(name, text),
            })
            .collect(),
        components: one.draft.components.iter().map(|(name, s)| format!("{name}: {}", s.words())).collect(),
        author: one.author.to_string(),
        drafted: clock.stamp(one.drafted_at),
        next_update_minutes: one.draft.next_update_minutes,
        corrects: one.draft.corrects,
        state,
        state_words: words,
        can_approve: is_open && !is_over && standing.is_err() && allowed(incident, me, Verb::ApprovePost),
        needs_alone: policy.two_person && one.author.id == me.id,
        can_publish: is_open && !is_over && standing.is_ok() && allowed(incident, me, Verb::PublishPost),
        is_open,
        is_published: one.published.is_some(),
        destinations: destinations.collect(),
    }
}

/// What is on its way, the oldest first, as it waits; then what is settled, the newest first.
pub fn cards(
    incident: &Incident,
    me: &Person,
    policy: &Policy,
    clock: &Clock,
) -> (Vec<PostCard>, Vec<PostCard>) {
    let all = incident.posts.iter().rev().map(|post| card(incident, post, me, policy, clock));
    let (mut open, mut settled): (Vec<_>, Vec<_>) = all.partition(|card| card.is_open);
    open.reverse();
    settled.truncate(SETTLED_SHOWN);
    (open, settled)
}
