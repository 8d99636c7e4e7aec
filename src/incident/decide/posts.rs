//! What the public is told: drafted by one, approved by another, published as approved, word for word.

use std::collections::BTreeMap;

use super::*;
use crate::{
    incident::{
        command::DraftText,
        event::Draft,
        sentence::{capital, places, some_of},
        state::Post,
    },
    post::{self, ComponentState, wording},
};

const POSTS_MAX: usize = 500;
/// A promise for more than a week is none.
const NEXT_UPDATE_MINUTES_MAX: u32 = 7 * 24 * 60;
/// Components that a public title names.
const TITLE_COMPONENTS_MAX: usize = 3;
/// An alert's name of fewer characters is known only where it is the whole title.
const NAME_CHARS_MIN: usize = 5;
/// Characters of a destination's text that the answer to a draft shows.
const ANSWER_CHARS_MAX: usize = 400;

fn find(incident: &Incident, n: u32) -> Result<&Post, Refusal> {
    incident.post(n).ok_or_else(|| {
        Refusal::not_found(format!("There is no public update {n}."), "`update list` has them all.")
    })
}

/// A post that can still change: neither published nor dropped.
fn open_post(incident: &Incident, n: u32) -> Result<&Post, Refusal> {
    let post = find(incident, n)?;
    if post.published.is_some() {
        return Err(Refusal::conflict(
            format!("Update {n} is published; what was said is said."),
            format!("To correct it: `update draft --corrects {n} TEXT`."),
        ));
    }
    if post.dropped.is_some() {
        return Err(Refusal::conflict(format!("Update {n} was dropped."), "Draft a new one."));
    }
    Ok(post)
}

pub(super) fn draft(incident: &Incident, new: &DraftText, scene: &Scene<'_>) -> Ruling {
    let body = text("update", &new.text, scene)?;
    let replaced = new.replaces.map(|n| open_post(incident, n)).transpose()?;
    // Another wording of a correction corrects the same post.
    let corrects = new.corrects.or(replaced.and_then(|post| post.draft.corrects));
    if let Some(n) = corrects
        && find(incident, n)?.published.is_none()
    {
        return Err(Refusal::conflict(
            format!("Update {n} is not published, so there is nothing to correct."),
            format!("To reword the draft: `update draft --replaces {n} TEXT`."),
        ));
    }
    for (component, _) in &new.components {
        let known = &scene.policy.components;
        if !known.iter().any(|name| name == component) {
            return Err(Refusal::invalid(
                format!("The status page has no component «{component}»."),
                if known.is_empty() {
                    "None is configured: add `components` to `[status_page]`.".to_owned()
                } else {
                    format!("It has: {}.", known.join(", "))
                },
            ));
        }
    }
    // Another wording is the same update in all that is not said anew.
    let before = replaced.map(|post| &post.draft);
    let phase = new.phase.or(before.map(|draft| draft.phase)).unwrap_or_else(|| incident.public_phase());
    let is_planned = incident.kind() == Kind::Planned;
    if phase.is_of_planned_work() != is_planned {
        let words = if is_planned {
            &post::PublicPhase::OF_PLANNED_WORK[..]
        } else {
            &post::PublicPhase::OF_INCIDENTS
        };
        let words: Vec<&str> = words.iter().map(|phase| phase.word()).collect();
        let what = if is_planned { "planned work" } else { "an incident" };
        return Err(Refusal::invalid(
            format!("«{}» is not said of {what}.", phase.word()),
            format!("Use one of: {}.", words.join(", ")),
        ));
    }
    must_be_true(incident, phase, scene)?;
    let first = || incident.posts.iter().find(|post| post.published.is_some()).map(|post| &post.draft);
    let mut components = before.map(|draft| draft.components.clone()).unwrap_or_default();
    components.retain(|(kept, _)| !new.components.iter().any(|(component, _)| component == kept));
    components.extend(new.components.iter().cloned());
    let (title, is_neutral) = match &new.title {
        Some(title) => (text_within("title", title, 255)?.replace('\n', " "), false),
        None => match before.or_else(first) {
            Some(draft) => (draft.title.clone(), false),
            None if is_named_by_alerts(incident) => (neutral_title(&components), true),
            None => (incident.title.clone(), false),
        },
    };
    let default_minutes = scene.policy.public_update_minutes(incident.severity);
    let next_update_minutes = match new.next_update_minutes {
        Some(0) => None,
        Some(minutes) => {
            lasts_within(
                "a promise of the next update",
                minutes,
                1..=NEXT_UPDATE_MINUTES_MAX,
                "`--next 30m`",
            )?;
            Some(minutes)
        }
        None if phase.is_last() => None,
        None if before.is_some() => before.and_then(|draft| draft.next_update_minutes),
        // Of planned work the public knows the times.
        None if default_minutes == 0 || is_planned => None,
        None => Some(default_minutes),
    };
    let mut draft = Draft {
        title,
        phase,
        impact: new.impact.or(before.map(|draft| draft.impact)).unwrap_or_else(|| incident.severity.impact()),
        text: body,
        components,
        next_update_minutes,
        corrects,
        texts: BTreeMap::new(),
    };
    // Planned work is announced on the built-in page alone.
    let destinations = if is_planned { &[][..] } else { &scene.policy.destinations };
    // Filled now, so that what is approved is what is sent: `post::wording` says why.
    draft.texts = scene
        .policy
        .wording
        .texts(destinations, &incident.id.to_string(), &draft)
        .map_err(|(why, instead)| Refusal::invalid(why, instead))?;
    let n = match new.replaces {
        Some(n) => n,
        None => {
            room_for("public updates", incident.posts.len(), POSTS_MAX)?;
            incident.posts.iter().map(|post| post.n).max().unwrap_or(0) + 1
        }
    };
    let approver = if scene.policy.two_person { "somebody else with the right" } else { "the commander" };
    let mut reply = format!(
        "Public update {n} is drafted; nothing is public yet. Next: {approver} says `update approve {n}`."
    );
    if is_neutral {
        reply.push_str(&format!(
            "\nIts public title is «{}»: the incident's own is an alert's name, which is not for the public. Another one: \
             `update draft --replaces {n} --title TITLE TEXT`.",
            draft.title
        ));
    }
    reply.extend(dressed(&draft));
    Ok(Decision::one(Event::UpdateDrafted { n, draft }, reply))
}

/// Whether the incident is called as alerts of its own are: whole, within more words, or cut. A name that is short may stand by chance
/// among the words of somebody who meant what users feel.
fn is_named_by_alerts(incident: &Incident) -> bool {
    let title = incident.title.as_str();
    let is_of = |name: &str| {
        let is_long = name.chars().count() >= NAME_CHARS_MIN;
        name == title || (is_long && (has_words(title, name) || name.starts_with(title)))
    };
    incident.situations.values().any(|one| !one.title.is_empty() && is_of(&one.title))
}

/// Whether `words` stand in a text, and not as a part of longer ones.
fn has_words(text: &str, words: &str) -> bool {
    let is_apart = |beside: Option<char>| beside.is_none_or(|c| !c.is_alphanumeric());
    text.match_indices(words).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + words.len()..]);
        is_apart(before.chars().next_back()) && is_apart(after.chars().next())
    })
}

/// What can be said to the public where nothing else is known: what is affected.
fn neutral_title(components: &[(String, ComponentState)]) -> String {
    let names = some_of(components.iter().map(|(name, _)| name.clone()), TITLE_COMPONENTS_MAX);
    let what = if names.is_empty() { "our service".to_owned() } else { names.join(", ") };
    format!("Problems with {what}")
}

/// A line for each destination that is sent other words than those typed.
fn dressed(draft: &Draft) -> impl Iterator<Item = String> {
    draft.texts.iter().filter(|(_, text)| **text != draft.text).map(|(destination, text)| {
        let length = wording::measured(destination, text);
        let destination = capital(post::place(destination));
        if text.chars().count() > ANSWER_CHARS_MAX {
            format!("\n{destination} is sent other words, {length}: read them in the console.")
        } else {
            format!("\n{destination} is sent, {length}:\n{text}")
        }
    })
}

/// Nobody is told that it is over while it goes on.
fn must_be_true(incident: &Incident, phase: post::PublicPhase, scene: &Scene<'_>) -> Result<(), Refusal> {
    let goes_on = match incident.kind() {
        Kind::Real => incident.phase.is_active(),
        Kind::Planned => incident.phase == Phase::InProgress,
        Kind::Drill | Kind::Test => false,
    };
    if phase.is_last() && goes_on {
        return Err(Refusal::conflict(
            format!(
                "{} is {}; the public would be told that it is over.",
                incident.id,
                scene.policy.names.standing(incident.phase)
            ),
            match incident.kind() {
                Kind::Planned => {
                    "Say first that it is done (`maintenance complete`), or choose another phase."
                }
                _ => "Resolve the incident first (`resolve`), or choose another phase.",
            },
        ));
    }
    Ok(())
}

pub(super) fn approve(incident: &Incident, n: u32, alone: Option<&str>, scene: &Scene<'_>) -> Ruling {
    let post = open_post(incident, n)?;
    // Drafted while it was over; it may have been reopened since.
    must_be_true(incident, post.draft.phase, scene)?;
    let same_person = post.author.id == scene.person.id;
    let alone = match (same_person && scene.policy.two_person, alone) {
        (true, None) => {
            return Err(Refusal::forbidden(
                format!("You wrote update {n}: a second pair of eyes approves it."),
                format!(
                    "Ask {}; if there is nobody, `update approve {n} --alone REASON`, which is logged.",
                    others(incident, scene)
                ),
            ));
        }
        (true, Some(reason)) => Some(text("reason", reason, scene)?),
        (false, _) => None,
    };
    let expires_at = scene.now + Duration::minutes(i64::from(scene.policy.approval_minutes));
    let basis = post::basis(incident, &post.draft);
    Ok(Decision::one(
        Event::UpdateApproved { n, basis, expires_at, alone },
        format!(
            "Update {n} is approved as it stands, until {}. A change of text, severity or phase voids this. \
             Next: `update publish {n}`.",
            dated(expires_at)
        ),
    ))
}

fn others(incident: &Incident, scene: &Scene<'_>) -> String {
    let mut names: Vec<String> = std::iter::once(&incident.commander)
        .chain(incident.roles.iter().filter(|a| a.role.slug() == "deputy").map(|a| &a.person))
        .filter(|person| person.id != scene.person.id)
        .map(|person| person.to_string())
        .collect();
    names.dedup();
    if names.is_empty() {
        "another responder to be deputy (`role offer deputy NAME`)".into()
    } else {
        names.join(" or ")
    }
}

pub(super) fn publish(incident: &Incident, n: u32, scene: &Scene<'_>) -> Ruling {
    let record = open_post(incident, n)?;
    let approval = post::standing_approval(incident, record, scene.now).map_err(|not| {
        Refusal::conflict(not.to_string(), format!("Have it approved: `update approve {n}`."))
    })?;
    // The built-in page is always there; in a drill or test, a sandbox page is the only place.
    let mut destinations =
        vec![if incident.kind().is_for_the_public() { "page" } else { "sandbox" }.to_owned()];
    if is_real(incident) {
        // Set up since the draft was written: nobody has read what would be said there.
        let unread = scene.policy.destinations.iter().find(|name| !record.draft.texts.contains_key(*name));
        if let Some(name) = unread {
            return Err(Refusal::conflict(
                format!("Update {n} was approved without the words for {name}."),
                format!("Draft it again: `update draft --replaces {n} TEXT`."),
            ));
        }
        destinations.extend(scene.policy.destinations.iter().cloned());
    }
    let next_update_at =
        record.draft.next_update_minutes.map(|minutes| scene.now + Duration::minutes(i64::from(minutes)));
    let promise =
        next_update_at.map(|at| format!(" The next one is promised for {}.", dated(at))).unwrap_or_default();
    let reply = format!("Update {n} is published to {}.{promise}", places(&destinations));
    Ok(Decision::one(
        Event::UpdatePublished { n, approved_at: approval.at, next_update_at, destinations },
        reply,
    ))
}

pub(super) fn drop_post(incident: &Incident, n: u32, reason: &str, scene: &Scene<'_>) -> Ruling {
    open_post(incident, n)?;
    let reason = text("reason", reason, scene)?;
    Ok(Decision::one(
        Event::UpdateDropped { n, reason },
        format!("Update {n} is dropped; it was never public."),
    ))
}
