//! Calendars (RFC 5545) as rosters: events, what repeats, what is left out of it, and whose each is.
//!
//! Read leniently, since calendars of many makers come: what cannot be read of an event leaves that event out, and is told.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;
use rrule::{Frequency, RRule, Unvalidated};

use super::Span;
use crate::people::{Person, shown_name};
use crate::wall::instant;

/// Events of one calendar, and times that one of them repeats within the window, at most.
const EVENTS_MAX: usize = 20_000;
const REPEATS_MAX: u16 = 2_000;
/// Units of a duration: nobody is on call for longer than this many of any.
const COUNT_MAX: i64 = 1_000_000;
/// Characters of a title that nobody is known by.
const NAME_CHARS_MAX: usize = 60;

/// Somebody whom the settings know, and the addresses of their mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Someone {
    pub person: Person,
    pub mails: Vec<String>,
}

/// One content line.
struct Line {
    name: String,
    params: Vec<(String, String)>,
    value: String,
}

/// A date, or a time at which something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Day(NaiveDate),
    Time(NaiveDateTime, Tz),
}

impl At {
    fn instant(self, tz: Tz) -> DateTime<Utc> {
        match self {
            Self::Day(date) => instant(tz, date.and_time(NaiveTime::MIN)),
            Self::Time(local, tz) => instant(tz, local),
        }
    }
}

/// Who is on call when, between two moments. `tz` is meant where a calendar names no zone.
///
/// # Errors
/// It is no calendar, or too large.
pub fn read(
    text: &str,
    people: &[Someone],
    tz: Tz,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<Span>, String> {
    let events = events(text)?;
    let mut moved: BTreeMap<String, BTreeSet<DateTime<Utc>>> = BTreeMap::new();
    for event in &events {
        if let (Some(uid), Some(at)) = (value(event, "UID"), times(event, "RECURRENCE-ID", tz).first()) {
            moved.entry(uid.to_owned()).or_default().insert(at.instant(tz));
        }
    }
    let mut spans = Vec::new();
    for event in events.iter().filter(|event| value(event, "STATUS") != Some("CANCELLED")) {
        let person = whose(event, people);
        let is_one_of_many = value(event, "RECURRENCE-ID").is_some();
        let elsewhere = value(event, "UID").filter(|_| !is_one_of_many).and_then(|uid| moved.get(uid));
        for (begin, end) in occurrences(event, tz, from, until) {
            if begin < until
                && end > from
                && end > begin
                && elsewhere.is_none_or(|moved| !moved.contains(&begin))
            {
                spans.push(Span { person: person.clone(), from: begin, until: end });
            }
        }
    }
    spans.sort_by_key(|span| (span.from, span.until));
    Ok(spans)
}

/// The properties of each event.
fn events(text: &str) -> Result<Vec<Vec<Line>>, String> {
    let text = text.trim_start_matches('\u{FEFF}').trim_start();
    if !text.get(..15).is_some_and(|head| head.eq_ignore_ascii_case("BEGIN:VCALENDAR")) {
        return Err("it is no calendar: it does not begin with BEGIN:VCALENDAR".to_owned());
    }
    // Long lines are folded: one that begins with a blank goes on the one before.
    let unfolded = text.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "");
    let (mut events, mut open): (Vec<Vec<Line>>, Option<Vec<Line>>) = (Vec::new(), None);
    // What stands within an event, such as an alarm, has properties of its own.
    let mut depth = 0_usize;
    for line in unfolded.lines().filter_map(line) {
        match (line.name.as_str(), line.value.to_ascii_uppercase().as_str()) {
            ("BEGIN", "VEVENT") => (open, depth) = (Some(Vec::new()), 0),
            ("BEGIN", _) => depth += 1,
            ("END", "VEVENT") => events.extend(open.take()),
            ("END", _) => depth = depth.saturating_sub(1),
            _ if depth == 0 => {
                if let Some(open) = &mut open {
                    open.push(line);
                }
            }
            _ => {}
        }
        if events.len() > EVENTS_MAX {
            return Err(format!("it has more than {EVENTS_MAX} events"));
        }
    }
    Ok(events)
}

/// `NAME;PARAM=VALUE;PARAM="VALUE":VALUE`
fn line(text: &str) -> Option<Line> {
    let mut is_quoted = false;
    let colon = text.char_indices().find(|(_, c)| {
        is_quoted ^= *c == '"';
        *c == ':' && !is_quoted
    })?;
    let (head, value) = (text.get(..colon.0)?, text.get(colon.0 + 1..)?);
    let mut parts = head.split(';');
    let name = parts.next()?.trim().to_ascii_uppercase();
    let params = parts
        .filter_map(|part| part.split_once('='))
        .map(|(name, value)| (name.to_ascii_uppercase(), value.trim_matches('"').to_owned()))
        .collect();
    Some(Line { name, params, value: value.trim().to_owned() })
}

fn value<'e>(event: &'e [Line], name: &str) -> Option<&'e str> {
    event.iter().find(|line| line.name == name).map(|line| line.value.as_str())
}

/// The times of every line of this name.
fn times(event: &[Line], name: &str, tz: Tz) -> Vec<At> {
    let lines = event.iter().filter(|line| line.name == name);
    lines
        .flat_map(|line| {
            let zone =
                line.params.iter().find(|(name, _)| name == "TZID").and_then(|(_, zone)| known_zone(zone));
            line.value.split(',').filter_map(move |text| time(text, zone.unwrap_or(tz)))
        })
        .collect()
}

/// `Europe/Berlin`, also behind a maker's prefix.
fn known_zone(text: &str) -> Option<Tz> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let mut from_end = text.rmatch_indices('/').map(|(at, _)| at).skip(1);
        text.get(from_end.next()? + 1..)?.parse().ok()
    })
}

/// `20260105`, `20260105T090000`, `20260105T080000Z`
fn time(text: &str, tz: Tz) -> Option<At> {
    let text = text.trim();
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y%m%d") {
        return Some(At::Day(date));
    }
    let (bare, zone) = match text.strip_suffix('Z') {
        Some(bare) => (bare, Tz::UTC),
        None => (text, tz),
    };
    NaiveDateTime::parse_from_str(bare, "%Y%m%dT%H%M%S").ok().map(|local| At::Time(local, zone))
}

/// When an event is, as often as it is within the window.
fn occurrences(
    event: &[Line],
    tz: Tz,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
    let Some(start) = times(event, "DTSTART", tz).first().copied() else { return vec![] };
    let end = times(event, "DTEND", tz).first().copied();
    let lasting = value(event, "DURATION").and_then(duration);
    let ends = |begin: DateTime<Utc>| match (start, end, lasting) {
        // Days are days, however many hours they have.
        (At::Day(first), Some(At::Day(last)), _) => {
            let date = begin.with_timezone(&tz).date_naive() + (last - first);
            At::Day(date).instant(tz)
        }
        (_, Some(end), _) => begin + (end.instant(tz) - start.instant(tz)),
        (_, None, Some(lasting)) => begin + lasting,
        (At::Day(_), None, None) => {
            At::Day(begin.with_timezone(&tz).date_naive() + Duration::days(1)).instant(tz)
        }
        (At::Time(..), None, None) => begin,
    };
    let begin = start.instant(tz);
    let longest = ends(begin) - begin;
    let mut begins: BTreeSet<DateTime<Utc>> = match value(event, "RRULE") {
        Some(rule) => repeated(rule, start, tz, from - longest - Duration::days(1), until),
        None => [begin].into(),
    };
    begins.extend(times(event, "RDATE", tz).into_iter().map(|at| at.instant(tz)));
    for left_out in times(event, "EXDATE", tz) {
        begins.remove(&left_out.instant(tz));
    }
    begins.into_iter().map(|begin| (begin, ends(begin))).collect()
}

fn repeated(
    rule: &str,
    start: At,
    tz: Tz,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> BTreeSet<DateTime<Utc>> {
    let (local, zone) = match start {
        At::Day(date) => (date.and_time(NaiveTime::MIN), tz),
        At::Time(local, zone) => (local, zone),
    };
    let zone_of_rule = rrule::Tz::Tz(zone);
    let begin = instant(zone, local).with_timezone(&zone_of_rule);
    let parsed: Result<RRule<Unvalidated>, _> = in_utc(rule, zone).parse();
    // Nobody takes turns by the minute; to count them from the start of a calendar would take for ever.
    let is_turn =
        |rule: &RRule<Unvalidated>| !matches!(rule.get_freq(), Frequency::Minutely | Frequency::Secondly);
    let Some(set) = parsed.ok().filter(is_turn).and_then(|rule| rule.build(begin).ok()) else {
        // A rule that nobody understands: the first time holds.
        return [begin.with_timezone(&Utc)].into();
    };
    let set = set.after(from.with_timezone(&zone_of_rule)).before(until.with_timezone(&zone_of_rule));
    set.all(REPEATS_MAX).dates.into_iter().map(|at| at.with_timezone(&Utc)).collect()
}

/// A rule's end in UTC, as the standard wants it where there is a zone; calendars write it in their own as well.
fn in_utc(rule: &str, zone: Tz) -> String {
    let part = |part: &str| match part.split_once('=') {
        Some((name, end)) if name.eq_ignore_ascii_case("UNTIL") && !end.ends_with('Z') => {
            let end = match time(end, zone) {
                Some(At::Day(date)) => {
                    instant(zone, date.and_time(NaiveTime::MIN)) + Duration::days(1) - Duration::seconds(1)
                }
                Some(at) => at.instant(zone),
                None => return part.to_owned(),
            };
            format!("UNTIL={}", end.format("%Y%m%dT%H%M%SZ"))
        }
        _ => part.to_owned(),
    };
    rule.split(';').map(part).collect::<Vec<_>>().join(";")
}

/// `P7D`, `PT12H`, `P1DT2H30M`, `P1W`
fn duration(text: &str) -> Option<Duration> {
    let text = text.trim().strip_prefix('+').unwrap_or(text.trim()).strip_prefix('P')?;
    let (mut total, mut number) = (Duration::zero(), String::new());
    for c in text.chars() {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        if c == 'T' {
            continue;
        }
        let count = std::mem::take(&mut number).parse::<i64>().ok().filter(|count| *count <= COUNT_MAX)?;
        total += match c {
            'W' => Duration::try_weeks(count)?,
            'D' => Duration::try_days(count)?,
            'H' => Duration::try_hours(count)?,
            'M' => Duration::try_minutes(count)?,
            'S' => Duration::try_seconds(count)?,
            _ => return None,
        };
    }
    Some(total)
}

/// Whose an event is: by the address of an attendee, else by the name in its title; else whoever its title names.
fn whose(event: &[Line], people: &[Someone]) -> Person {
    let invited = event.iter().filter(|line| line.name == "ATTENDEE").filter_map(|line| {
        let address = line.value.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:"))?;
        line.value.strip_prefix(address)
    });
    for address in invited {
        let is_theirs = |one: &&Someone| one.mails.iter().any(|mail| mail.eq_ignore_ascii_case(address));
        if let Some(one) = people.iter().find(is_theirs) {
            return one.person.clone();
        }
    }
    by_name(&unescaped(value(event, "SUMMARY").unwrap_or_default()), people)
}

/// Whom a text names: the longest name of somebody known that stands in it as words; else the text itself.
pub fn by_name(text: &str, people: &[Someone]) -> Person {
    let words = |text: &str| -> Vec<String> {
        let lower = text.to_lowercase();
        lower
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let title = words(text);
    let stands = |name: &str| {
        let name = words(name);
        !name.is_empty() && title.windows(name.len()).any(|part| part == name)
    };
    let named = |one: &&Someone| {
        let names = [one.person.name.as_str(), one.person.id.as_str()]
            .into_iter()
            .chain(one.mails.iter().map(String::as_str));
        names.filter(|name| stands(name)).map(str::len).max()
    };
    if let Some(one) = people.iter().filter(|one| named(one).is_some()).max_by_key(|one| named(one)) {
        return one.person.clone();
    }
    let shown: String = shown_name(text).unwrap_or_default().chars().take(NAME_CHARS_MAX).collect();
    Person::named(&shown.replace(':', " "))
        .unwrap_or_else(|_| Person { id: "somebody".into(), name: "somebody".into() })
}

fn unescaped(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            (_, Some('n' | 'N')) => all.push(' '),
            (_, Some(escaped)) => all.push(escaped),
            (plain, None) => all.push(plain),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn someone(name: &str, mail: &str) -> Someone {
        Someone { person: Person::named(name).unwrap(), mails: vec![mail.to_owned()] }
    }

    fn read_events(events: &str, from: &str, until: &str) -> Vec<String> {
        let people = [
            someone("Ann", "ann@example.org"),
            someone("Bo", "bo@example.org"),
            someone("Ann Lee", "lee@example.org"),
        ];
        let text =
            format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}END:VCALENDAR\r\n", events.replace('\n', "\r\n"));
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        read(&text, &people, chrono_tz::Europe::Berlin, at(from), at(until))
            .unwrap()
            .iter()
            .map(|span| {
                format!(
                    "{} {}–{}",
                    span.person.id,
                    span.from.format("%m-%d %H:%M"),
                    span.until.format("%m-%d %H:%M")
                )
            })
            .collect()
    }

    #[test]
    fn a_week_that_repeats_keeps_its_time_of_day_over_a_change_of_clocks_without_what_is_left_out() {
        let events = "BEGIN:VEVENT\nUID:1\nDTSTART;TZID=Europe/Berlin:20260302T090000\nDTEND;TZID=Europe/Berlin:20260309T090000\n\
                      RRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL=20260501T000000\nEXDATE;TZID=Europe/Berlin:20260330T090000\n\
                      SUMMARY:On-Ca\n ll: Ann\nBEGIN:VALARM\nDTSTART:19700101T000000Z\nEND:VALARM\nEND:VEVENT\n";
        assert_eq!(
            read_events(events, "2026-03-01T00:00:00Z", "2026-06-01T00:00:00Z"),
            [
                "ann 03-02 08:00–03-09 08:00",
                "ann 03-16 08:00–03-23 08:00",
                "ann 04-13 07:00–04-20 07:00",
                "ann 04-27 07:00–05-04 07:00"
            ]
        );
    }

    #[test]
    fn one_of_a_series_that_was_moved_is_there_once_where_it_was_moved_to() {
        let events = "BEGIN:VEVENT\nUID:1\nDTSTART:20260105T080000Z\nDURATION:PT12H\nRRULE:FREQ=DAILY;COUNT=3\nSUMMARY:Bo\nEND:VEVENT\n\
                      BEGIN:VEVENT\nUID:1\nRECURRENCE-ID:20260106T080000Z\nDTSTART:20260106T100000Z\nDTEND:20260106T200000Z\nSUMMARY:Ann\nEND:VEVENT\n\
                      BEGIN:VEVENT\nUID:2\nSTATUS:CANCELLED\nDTSTART:20260105T080000Z\nDTEND:20260109T080000Z\nSUMMARY:Ann\nEND:VEVENT\n";
        assert_eq!(
            read_events(events, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
            ["bo 01-05 08:00–01-05 20:00", "ann 01-06 10:00–01-06 20:00", "bo 01-07 08:00–01-07 20:00"]
        );
    }

    #[test]
    fn whole_days_are_days_of_the_roster_s_zone_however_long() {
        let events = "BEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20260328\nDTEND;VALUE=DATE:20260330\nSUMMARY:Ann\nEND:VEVENT\n";
        assert_eq!(
            read_events(events, "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"),
            ["ann 03-27 23:00–03-29 22:00"]
        );
    }

    #[test]
    fn an_event_is_whose_address_or_longest_name_is_in_it() {
        let event = |more: &str| {
            let event = format!(
                "BEGIN:VEVENT\nUID:1\nDTSTART:20260105T080000Z\nDTEND:20260105T090000Z\n{more}\nEND:VEVENT\n"
            );
            read_events(&event, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")[0]
                .split(' ')
                .next()
                .unwrap()
                .to_owned()
        };
        assert_eq!(event("SUMMARY:Bo\nATTENDEE;CN=\"x:y\":MAILTO:Ann@example.org"), "ann");
        assert_eq!(event("SUMMARY:On-Call (GoAlert: Web) Ann Lee"), "ann-lee");
        assert_eq!(event("SUMMARY:Annette\\, not known"), "annette,-not-known");
        assert_eq!(event("DESCRIPTION:nothing"), "somebody");
    }

    #[test]
    fn what_is_no_calendar_is_refused_and_no_text_brings_it_down() {
        let zero = DateTime::<Utc>::UNIX_EPOCH;
        for text in ["", "<html>", "BEGIN:VCALENDA", "ä"] {
            assert!(read(text, &[], Tz::UTC, zero, zero).unwrap_err().contains("no calendar"), "{text}");
        }
        for bad in [
            "DTSTART:x",
            "DTSTART:",
            "DTSTART;TZID=:20260105T080000",
            "DTSTART:20260105T080000Z\nRRULE:FREQ=NEVER",
            "DTSTART:20260105T080000Z\nDURATION:P999999999999999999D",
            "DTSTART:20260105T080000Z\nRRULE:FREQ=SECONDLY",
            "DTSTART:20260105T080000Z\nDTEND:99991231T235959Z\nRRULE:FREQ=DAILY;UNTIL=x",
        ] {
            read_events(
                &format!("BEGIN:VEVENT\n{bad}\nEND:VEVENT\n"),
                "2026-01-01T00:00:00Z",
                "2026-02-01T00:00:00Z",
            );
        }
    }
}
