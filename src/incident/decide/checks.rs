//! What every rule asks of texts, times and numbers before it says yes.

use std::ops::RangeInclusive;

use chrono::SubsecRound;

use super::*;
pub(super) use crate::alert::text::legible as clean;
use crate::{
    alert::{text::is_blank, window::Span},
    incident::{permission, sentence::so_long},
};

/// Whether somebody has a role that answers for the tasks, actions and reports of all.
pub(super) fn answers_for_all(incident: &Incident, person: &Person) -> bool {
    incident.roles_of(person).iter().any(permission::answers_for_all)
}

/// A text fit for the timeline: trimmed, not empty, within the limit, without control characters.
pub(super) fn text(what: &str, value: &str, scene: &Scene<'_>) -> Result<String, Refusal> {
    text_within(what, value, scene.policy.text_chars_max)
}

pub(super) fn text_within(what: &str, value: &str, max: usize) -> Result<String, Refusal> {
    let clean = clean(value);
    let trimmed = clean.trim();
    // The parts of a CAN report are plurals.
    let (is, has) = match what {
        "conditions" | "actions" | "needs" => ("are", "have"),
        _ => ("is", "has"),
    };
    if is_blank(trimmed) {
        return Err(Refusal::invalid(
            format!("The {what} {is} empty."),
            format!("Say the {what} in a few words."),
        ));
    }
    let chars = trimmed.chars().count();
    if chars > max {
        return Err(Refusal::invalid(
            format!("The {what} {has} {chars} characters; the limit is {max}."),
            "Shorten it, or put the long form behind a link (`link LABEL URL`).",
        ));
    }
    Ok(trimmed.to_owned())
}

/// An optional text, such as a reason: may be empty.
pub(super) fn optional_text(what: &str, value: &str, scene: &Scene<'_>) -> Result<String, Refusal> {
    if value.trim().is_empty() { Ok(String::new()) } else { text(what, value, scene) }
}

/// Earliest time that a late entry may state, before now.
const STATED_DAYS_MAX: i64 = 366;

/// The moment that somebody means.
///
/// # Errors
/// It lies in the future, or more than a year back.
pub fn stated(at: StatedTime, now: DateTime<Utc>) -> Result<DateTime<Utc>, Refusal> {
    let time = match at {
        StatedTime::At(time) => time,
        StatedTime::MinutesAgo(minutes) => now - Duration::minutes(i64::from(minutes)),
        StatedTime::TimeOfDay(time) => {
            let today = now.date_naive().and_time(time).and_utc();
            if today <= now { today } else { today - Duration::days(1) }
        }
    };
    // A minute of grace: the stated clock need not agree with ours.
    if time > now + Duration::minutes(1) {
        return Err(Refusal::invalid(
            format!("{} lies in the future; it is {} now.", dated(time), dated(now)),
            "Give a time that has passed: 09:12 (UTC), 10m (ago), or a date and time.",
        ));
    }
    if time < now - Duration::days(STATED_DAYS_MAX) {
        return Err(Refusal::invalid(
            format!("{} is more than a year ago.", dated(time)),
            "Check the date; times are UTC.",
        ));
    }
    // Milliseconds are what is stored beside the entries.
    Ok(time.trunc_subsecs(3).min(now))
}

/// A time as it stands in a sentence, where it is known.
pub fn when(time: Option<DateTime<Utc>>) -> String {
    time.map_or_else(|| "an unknown time".to_owned(), dated)
}

/// A time that lies ahead: a time of day is the next one after `after`.
pub fn ahead(stated: StatedTime, after: DateTime<Utc>) -> DateTime<Utc> {
    match stated {
        StatedTime::At(at) => at,
        StatedTime::MinutesAgo(minutes) => self::after(after, -Duration::minutes(i64::from(minutes))),
        StatedTime::TimeOfDay(time) => {
            let today = after.date_naive().and_time(time).and_utc();
            if today > after { today } else { self::after(today, Duration::days(1)) }
        }
    }
}

/// How long something planned lasts whose end nobody said.
const USUAL_MINUTES: i64 = 60;

/// A time to come: from now where nothing else is said, and for an hour.
pub fn span(
    from: Option<StatedTime>,
    until: Option<StatedTime>,
    minutes: Option<u32>,
    now: DateTime<Utc>,
) -> Span {
    let from = from.map_or(now, |from| ahead(from, now));
    let until = match until {
        Some(until) => ahead(until, from),
        None => after(from, Duration::minutes(minutes.map_or(USUAL_MINUTES, i64::from))),
    };
    Span { from, until }
}

/// A length of time in minutes that `what` may take: what is too long or too short is told, with the limit.
pub(super) fn lasts_within(
    what: &str,
    minutes: u32,
    limits: RangeInclusive<u32>,
    example: &str,
) -> Result<Duration, Refusal> {
    let (least, most) = (*limits.start(), *limits.end());
    let (length, end, limit) = match minutes {
        minutes if minutes < least => ("short", "shortest", least),
        minutes if minutes > most => ("long", "longest", most),
        minutes => return Ok(Duration::minutes(i64::from(minutes))),
    };
    Err(Refusal::invalid(
        format!("{} is too {length} for {what}; the {end} is {}.", so_long(minutes), so_long(limit)),
        format!("Give {} to {}: {example}.", so_long(least), so_long(most)),
    ))
}

/// At the end of the calendar, no later.
pub(super) fn after(at: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    at.checked_add_signed(by).unwrap_or(at)
}

/// A limit on how many of something an incident holds.
pub(super) fn room_for(what: &str, count: usize, max: usize) -> Result<(), Refusal> {
    if count < max {
        return Ok(());
    }
    Err(Refusal::conflict(
        format!("This incident already has {count} {what}; {max} is the limit."),
        "Declare another incident for what is a matter of its own.",
    ))
}

pub(super) fn is_real(incident: &Incident) -> bool {
    incident.kind() == Kind::Real
}
