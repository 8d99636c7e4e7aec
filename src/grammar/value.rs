//! Values of blanks: durations, stated times, situations, components, and the words of the fixed lists.

use chrono::{DateTime, NaiveDateTime, NaiveTime, Utc};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::LINES_MAX;
use crate::{
    alert::judgement::{Subject, Verdict},
    incident::{command::StatedTime, milestone::Milestone, sentence::capital, severity::Severity},
    post::{ComponentState, Impact, PublicPhase},
    wall::lasting,
};

/// A year: longer is a slip of the keyboard.
const MINUTES_MAX: u32 = 366 * 24 * 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Minutes(pub u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Time(pub StatedTime);

/// The number of `S-3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SituationId(pub i64);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Component(pub String, pub ComponentState);

/// At most 40 characters of what somebody typed, fit to stand in a sentence: no line breaks, nothing that turns the
/// direction of writing.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String =
        text.chars().take(40).map(|c| if c.is_control() || turns(c) { ' ' } else { c }).collect();
    if text.chars().nth(40).is_some() {
        shown.push('…');
    }
    shown
}

fn turns(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// `10m`, `2h`, `1h30m`, `1d`, and `90`, which is minutes.
pub(super) fn duration(text: &str) -> Result<Minutes, String> {
    let bare = text.trim();
    if !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_digit()) {
        let bare = format!("{bare}m");
        return units(&bare).map(Minutes).ok_or_else(|| no_duration(&bare));
    }
    units(bare).map(Minutes).ok_or_else(|| no_duration(text))
}

fn no_duration(text: &str) -> String {
    if is_overlong(text.trim()) {
        let days = MINUTES_MAX / (24 * 60);
        return format!("«{}» is too long: nothing here lasts longer than a year ({days}d).", shown(text));
    }
    format!("«{}» is no duration. Write 10m, 2h, 1h30m or 90 (minutes).", shown(text))
}

/// How many lines of an answer.
pub(super) fn lines(text: &str) -> Result<u8, String> {
    let count = text.trim().parse().ok().filter(|count| (1..=LINES_MAX).contains(count));
    count.ok_or_else(|| format!("«{}» is no number of lines. Write 1 to {LINES_MAX}.", shown(text)))
}

/// `1h30m` in minutes; every number has its unit.
pub(super) fn units(text: &str) -> Option<u32> {
    let minutes = text.to_ascii_lowercase().strip_suffix("min").map(|rest| format!("{rest}m"));
    let of = lasting(minutes.as_deref().unwrap_or(text)).filter(|of| of.num_seconds() % 60 == 0)?;
    u32::try_from(of.num_minutes()).ok().filter(|minutes| *minutes <= MINUTES_MAX)
}

/// Numbers, each with its unit, that are more than any duration: `99999999999m`, `400d`, `1h99999999m`.
pub(super) fn is_overlong(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let timed = lower.strip_suffix("min").map_or_else(|| lower.clone(), |rest| format!("{rest}m"));
    let mut parts = timed.split_inclusive(|c: char| !c.is_ascii_digit());
    let is_part = |part: &str| {
        let number = part.strip_suffix(['m', 'h', 'd', 'w']).unwrap_or_default();
        !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
    };
    !timed.is_empty() && parts.all(is_part) && units(text).is_none()
}

/// `09:12`, `09:12:30`, `10m` or `10m ago`, `now`, and RFC 3339 with seconds, zone (UTC if none) and `T` optional.
pub(super) fn time(text: &str) -> Result<Time, String> {
    let typed = text.trim();
    let ago = typed.strip_suffix("ago").map_or(typed, str::trim_end);
    if let Some(minutes) = units(ago) {
        return Ok(Time(StatedTime::MinutesAgo(minutes)));
    }
    if typed.eq_ignore_ascii_case("now") {
        return Ok(Time(StatedTime::MinutesAgo(0)));
    }
    let clock = typed.trim_end_matches("UTC").trim_end_matches(['Z', 'z']).trim_end();
    for format in ["%H:%M", "%H:%M:%S"] {
        if let Ok(time) = NaiveTime::parse_from_str(clock, format) {
            return Ok(Time(StatedTime::TimeOfDay(time)));
        }
    }
    let date = clock.replacen(' ', "T", 1);
    for format in ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%.f"] {
        if let Ok(time) = NaiveDateTime::parse_from_str(&date, format) {
            return Ok(Time(StatedTime::At(time.and_utc())));
        }
    }
    let zoned = typed.replacen(' ', "T", 1);
    for format in ["%Y-%m-%dT%H:%M%:z", "%Y-%m-%dT%H:%M:%S%.f%:z"] {
        if let Ok(time) = DateTime::parse_from_str(&zoned, format) {
            return Ok(Time(StatedTime::At(time.with_timezone(&Utc))));
        }
    }
    Err(format!("«{}» is no time. Write 09:12 (UTC), 2026-11-20T09:12Z or 10m (ago).", shown(text)))
}

/// A field of the organization's own, and what it is filled with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filled(pub String, pub String);

/// `region=eu`.
pub(super) fn field(text: &str) -> Result<Filled, String> {
    text.split_once('=')
        .map(|(name, value)| (name.trim(), value.trim()))
        .filter(|(name, value)| !name.is_empty() && !value.is_empty())
        .map(|(name, value)| Filled(name.to_owned(), value.to_owned()))
        .ok_or_else(|| format!("«{}» is no field with a value. Write region=eu.", shown(text)))
}

/// `S-3`, `s-3`, `#s-3`.
pub(super) fn situation(text: &str) -> Result<SituationId, String> {
    let digits =
        text.trim().trim_start_matches('#').strip_prefix(['S', 's']).and_then(|rest| rest.strip_prefix('-'));
    digits
        .filter(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .map(SituationId)
        .ok_or_else(|| format!("«{}» is no situation. Write S-3; `alerts` lists them.", shown(text)))
}

/// `S-3`, or a rule by its name.
pub(super) fn subject(text: &str) -> Result<Subject, String> {
    match situation(text) {
        Ok(id) => Ok(Subject::Situation(id.0)),
        Err(why) if text.trim().is_empty() => Err(why),
        Err(_) => Ok(Subject::Rule(text.trim().to_owned())),
    }
}

const STATES: [(&str, ComponentState); 5] = [
    ("operational", ComponentState::Operational),
    ("degraded_performance", ComponentState::DegradedPerformance),
    ("partial_outage", ComponentState::PartialOutage),
    ("major_outage", ComponentState::MajorOutage),
    ("under_maintenance", ComponentState::UnderMaintenance),
];

/// `API=major_outage`.
pub(super) fn component(text: &str) -> Result<Component, String> {
    let words = STATES.map(|(word, _)| word).join(", ");
    let (name, state) = text
        .rsplit_once('=')
        .map(|(name, state)| (name.trim(), state.trim()))
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(|| format!("«{}» is no component with a state. Write API=major_outage.", shown(text)))?;
    let state = state.to_lowercase().replace([' ', '-'], "_");
    let found = STATES.iter().find(|(word, _)| *word == state);
    found
        .map(|(_, state)| Component(name.to_owned(), *state))
        .ok_or_else(|| format!("«{}» is no state of a component. The states: {words}.", shown(&state)))
}

/// The words that a component can be in, for completion.
pub(super) fn component_states() -> impl Iterator<Item = &'static str> {
    STATES.iter().map(|(word, _)| *word)
}

pub(super) fn severity() -> impl TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(Severity::ALL.map(|severity| {
        let n = severity.level();
        let others = [format!("sev-{n}"), format!("s{n}"), format!("s-{n}"), n.to_string()];
        others
            .iter()
            .flat_map(|word| [word.clone(), word.to_uppercase()])
            .chain([severity.word().to_uppercase(), format!("Sev{n}"), format!("Sev-{n}")])
            .fold(PossibleValue::new(severity.word()).help(severity.meaning()), |value, word| {
                value.alias(word)
            })
    }))
    .try_map(|word| word.parse::<Severity>())
}

const PUBLIC_PHASES: [PublicPhase; 7] = [
    PublicPhase::Investigating,
    PublicPhase::Identified,
    PublicPhase::Monitoring,
    PublicPhase::Resolved,
    PublicPhase::Scheduled,
    PublicPhase::InProgress,
    PublicPhase::Completed,
];

pub(super) fn phase() -> impl TypedValueParser<Value = PublicPhase> {
    words(PUBLIC_PHASES.map(|phase| (phase.word(), phase)))
}

/// One of them as people read it, be it of several words: `in progress`.
pub(super) fn phase_shown(text: &str) -> Option<PublicPhase> {
    PUBLIC_PHASES.into_iter().find(|phase| phase.shown().eq_ignore_ascii_case(text))
}

pub(super) fn verdict() -> impl TypedValueParser<Value = Verdict> {
    words(Verdict::ALL.map(|verdict| (verdict.word(), verdict)))
}

pub(super) fn milestone() -> impl TypedValueParser<Value = Milestone> {
    words(Milestone::ALL.map(|milestone| (milestone.word(), milestone)))
}

pub(super) fn impact() -> impl TypedValueParser<Value = Impact> {
    words([
        ("none", Impact::None),
        ("minor", Impact::Minor),
        ("major", Impact::Major),
        ("critical", Impact::Critical),
    ])
}

fn words<T: Copy + Send + Sync + 'static, const N: usize>(
    list: [(&'static str, T); N],
) -> impl TypedValueParser<Value = T> {
    let words = list.map(|(word, _)| {
        let spelled = ["_", "-", " "].map(|between| word.replace('_', between));
        let spelled = spelled.iter().flat_map(|word| [word.clone(), word.to_uppercase(), capital(word)]);
        PossibleValue::new(word).aliases(spelled.filter(|other| other != word))
    });
    PossibleValuesParser::new(words).try_map(move |typed| {
        let typed = typed.to_lowercase().replace([' ', '-'], "_");
        list.iter()
            .find(|(word, _)| *word == typed)
            .map(|(_, value)| *value)
            .ok_or_else(|| format!("«{}» is none of the words.", shown(&typed)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        for (text, minutes) in
            [("10m", 10), ("2h", 120), ("90", 90), ("1h30m", 90), ("1d", 1440), ("0", 0), ("5min", 5)]
        {
            assert_eq!(duration(text), Ok(Minutes(minutes)), "{text}");
        }
        for text in ["", "m", "10x", "1h30", "-5m", "90s", "٣m", "400d later"] {
            assert!(duration(text).unwrap_err().contains("is no duration. Write 10m"), "{text}");
        }
    }

    #[test]
    fn what_lasts_too_long_is_told_so_with_the_longest_that_there_is() {
        assert_eq!(
            duration("400d").unwrap_err(),
            "«400d» is too long: nothing here lasts longer than a year (366d)."
        );
        assert_eq!(duration("366d"), Ok(Minutes(366 * 24 * 60)));
        for text in
            ["99999999999m", "5000000", "99999999999999999999999h", "53w", "1d99999999m", "99999999min"]
        {
            assert!(duration(text).unwrap_err().contains("is too long: "), "{text}");
        }
    }

    #[test]
    fn a_stated_time_is_exact_or_a_time_of_day_or_so_long_ago() {
        let at = |text: &str| time(text).map(|time| time.0);
        let day = "2026-11-20T09:12:00Z".parse::<DateTime<Utc>>().unwrap();
        assert_eq!(at("10m"), Ok(StatedTime::MinutesAgo(10)));
        assert_eq!(at("1h30m ago"), Ok(StatedTime::MinutesAgo(90)));
        assert_eq!(at("now"), Ok(StatedTime::MinutesAgo(0)));
        assert_eq!(at("09:12"), Ok(StatedTime::TimeOfDay(day.time())));
        assert_eq!(at("09:12Z"), Ok(StatedTime::TimeOfDay(day.time())));
        for text in
            ["2026-11-20T09:12Z", "2026-11-20 09:12 UTC", "2026-11-20T09:12:00Z", "2026-11-20T10:12+01:00"]
        {
            assert_eq!(at(text), Ok(StatedTime::At(day)), "{text}");
        }
        for text in ["", "25:00", "yesterday", "10", "2026-13-01T00:00Z"] {
            assert!(at(text).unwrap_err().contains("is no time"), "{text}");
        }
    }

    #[test]
    fn a_component_is_a_name_and_a_state_of_the_status_page() {
        assert_eq!(component("API=major_outage"), Ok(Component("API".into(), ComponentState::MajorOutage)));
        assert_eq!(component("a=b=Major outage"), Ok(Component("a=b".into(), ComponentState::MajorOutage)));
        assert!(component("API=broken").unwrap_err().contains("partial_outage"));
        assert!(component("API").is_err() && component("=operational").is_err());
        assert!(
            situation("S-3") == Ok(SituationId(3)) && situation("3").is_err() && situation("S--1").is_err()
        );
    }
}
