//! A roster as a calendar (RFC 5545) to subscribe to: each shift an event.
//!
//! An event is known again by its roster, its layer and the moment at which it begins, so that one whose person or end changes
//! changes in the calendars too, and is there once.

use chrono::{DateTime, Utc};

use super::{By, Known, Roster, Shift};

/// Octets of a line, its end not counted (RFC 5545, 3.1).
const LINE_OCTETS_MAX: usize = 75;
/// How often calendar programs look again.
const REFRESH: &str = "PT1H";

/// From when to when a calendar is written, when that is, and for which house.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
    pub at: DateTime<Utc>,
    /// Whose calendar it is: a host name, part of each event's id.
    pub house: &'a str,
}

/// The shifts of every layer that are between the two moments, each whole.
pub fn write(roster: &Roster, known: &Known, written: Written<'_>) -> String {
    let mut calendar = Calendar::default();
    calendar.line("BEGIN", "VCALENDAR");
    calendar.line("VERSION", "2.0");
    calendar.line("PRODID", "-//commandpost//On call//EN");
    calendar.line("CALSCALE", "GREGORIAN");
    calendar.line("METHOD", "PUBLISH");
    let name = escaped(&format!("On call: {}", roster.name));
    calendar.line("NAME", &name);
    calendar.line("X-WR-CALNAME", &name);
    calendar.line("REFRESH-INTERVAL;VALUE=DURATION", REFRESH);
    calendar.line("X-PUBLISHED-TTL", REFRESH);
    let mut has_events = false;
    for layer in &roster.layers {
        for stretch in roster.stretches(layer, known, written.from, written.until) {
            if let Some(shift) = stretch.shift {
                has_events = true;
                calendar.event(roster, &shift, written);
            }
        }
    }
    if !has_events {
        calendar.zone();
    }
    calendar.line("END", "VCALENDAR");
    calendar.0
}

#[derive(Default)]
struct Calendar(String);

impl Calendar {
    fn event(&mut self, roster: &Roster, shift: &Shift, written: Written<'_>) {
        let Written { until, at, house, .. } = written;
        let is_first = roster.layers.first().is_some_and(|first| first.name == shift.layer);
        let place = if is_first { roster.name.clone() } else { format!("{}/{}", roster.name, shift.layer) };
        self.line("BEGIN", "VEVENT");
        self.line("UID", &format!("{}-{}-{}@{house}", roster.name, shift.layer, utc(shift.from)));
        self.line("DTSTAMP", &utc(at));
        self.line("DTSTART", &utc(shift.from));
        // One that never ends is on call for as long as is looked ahead.
        let end = if shift.until == DateTime::<Utc>::MAX_UTC { until } else { shift.until };
        self.line("DTEND", &utc(end));
        self.line("SUMMARY", &escaped(&format!("{} on call: {place}", shift.person)));
        if let Some(why) = because(&shift.by) {
            self.line("DESCRIPTION", &escaped(&why));
        }
        // Whoever is on call is not away.
        self.line("TRANSP", "TRANSPARENT");
        self.line("END", "VEVENT");
    }

    /// A calendar has at least one part; where nobody is on call this one says nothing.
    fn zone(&mut self) {
        for (name, value) in [
            ("BEGIN", "VTIMEZONE"),
            ("TZID", "UTC"),
            ("BEGIN", "STANDARD"),
            ("DTSTART", "19700101T000000"),
            ("TZOFFSETFROM", "+0000"),
            ("TZOFFSETTO", "+0000"),
            ("END", "STANDARD"),
            ("END", "VTIMEZONE"),
        ] {
            self.line(name, value);
        }
    }

    /// A content line, folded: a line that is too long goes on in the next, behind a blank.
    fn line(&mut self, name: &str, value: &str) {
        let mut octets = 0;
        for c in name.chars().chain([':']).chain(value.chars()) {
            if octets + c.len_utf8() > LINE_OCTETS_MAX {
                self.0.push_str("\r\n ");
                octets = 1;
            }
            self.0.push(c);
            octets += c.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

fn because(by: &By) -> Option<String> {
    match by {
        By::Rotation => None,
        By::Override(Some(by)) => Some(format!("Instead of whose turn it is; {by} said so.")),
        By::Override(None) => Some("Instead of whose turn it is, by the settings.".to_owned()),
        By::Elsewhere => Some("As another system says.".to_owned()),
    }
}

/// `20260105T080000Z`
fn utc(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// A text as a value (RFC 5545, 3.3.11).
fn escaped(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => all.extend(['\\', c]),
            '\n' => all.push_str("\\n"),
            c if c.is_control() => {}
            c => all.push(c),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, NaiveDate, NaiveTime};

    use super::*;
    use crate::{
        people::Person,
        roster::{
            Layer, Override, Rotation, Span,
            ical::{self, Someone},
        },
    };

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn rotation(people: &[&str]) -> Rotation {
        Rotation {
            people: people.iter().map(|name| Person::named(name).unwrap()).collect(),
            tz: chrono_tz::Europe::Berlin,
            start: NaiveDate::from_ymd_opt(2026, 1, 5).unwrap(),
            hand_over: NaiveTime::from_hms_opt(9, 0, 0).unwrap(),
            length: "weekly".parse().unwrap(),
            days: vec![],
            hours: None,
        }
    }

    fn roster(people: &[&str]) -> Roster {
        let layer =
            |name: &str, people: &[&str]| Layer { name: name.into(), rotations: vec![rotation(people)] };
        Roster {
            name: "web".into(),
            tz: chrono_tz::Europe::Berlin,
            layers: vec![layer("primary", people), layer("secondary", &["Dee"])],
            is_fetched: false,
        }
    }

    fn instead(who: &str, from: &str, until: &str) -> Known {
        let over = Override {
            roster: "web".into(),
            layer: "primary".into(),
            person: Person::named(who).unwrap(),
            from: at(from),
            until: at(until),
            said_by: Some(Person::named("Eve").unwrap()),
        };
        Known { overrides: vec![over], ..Known::default() }
    }

    fn of(roster: &Roster, known: &Known, from: &str, days: i64) -> String {
        let from = at(from);
        write(
            roster,
            known,
            Written { from, until: from + Duration::days(days), at: from, house: "post.example" },
        )
    }

    #[test]
    fn a_calendar_is_as_the_standard_wants_it() {
        let known = instead("Cy", "2026-03-25T08:00:00Z", "2026-03-26T08:00:00Z");
        let roster = Roster { layers: roster(&["Ann", "Bo"]).layers[..1].to_vec(), ..roster(&[]) };
        insta::assert_snapshot!(of(&roster, &known, "2026-03-24T12:00:00Z", 7).replace("\r\n", "\n"));
    }

    #[test]
    fn no_line_is_longer_than_75_octets_and_no_text_is_taken_for_more_than_a_text() {
        let name = "Zoë; \"Q\", O\\Neill von und zu Ätsch und Übermut mit einem sehr langen Namen";
        let text = of(&roster(&[name]), &Known::default(), "2026-03-24T12:00:00Z", 7);
        assert!(text.ends_with("END:VCALENDAR\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']));
        assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
        let unfolded = text.replace("\r\n ", "");
        assert!(unfolded.contains("SUMMARY:Zoë\\; \"Q\"\\, O\\\\Neill von und zu Ätsch"), "{unfolded}");
        assert_eq!(escaped("a\nb\u{7}"), "a\\nb");
    }

    #[test]
    fn what_our_own_reader_reads_is_what_the_roster_says_over_a_change_of_clocks() {
        let (from, days) = ("2026-03-10T00:00:00Z", 90);
        let known = instead("Cy", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z");
        let roster = roster(&["Ann", "Bo"]);
        let people: Vec<Someone> = ["Ann", "Bo", "Cy", "Dee"]
            .map(|name| Someone { person: Person::named(name).unwrap(), mails: vec![] })
            .into();
        let text = of(&roster, &known, from, days);
        let (from, until) = (at(from), at(from) + Duration::days(days));
        let read = ical::read(&text, &people, chrono_tz::Tz::UTC, from, until).unwrap();
        let mut said: Vec<Span> = Vec::new();
        for layer in &roster.layers {
            let shifts = roster.stretches(layer, &known, from, until).into_iter().filter_map(|one| one.shift);
            said.extend(shifts.map(|one| Span { person: one.person, from: one.from, until: one.until }));
        }
        let key = |span: &Span| (span.from, span.until, span.person.id.clone());
        said.sort_by_key(key);
        let mut read = read;
        read.sort_by_key(key);
        assert_eq!(read, said);
        // The week in which the night of the 29th is an hour shorter, in three parts.
        let week: Vec<_> = read.iter().filter(|span| span.person.id != "dee").skip(2).take(3).collect();
        let hours: Vec<i64> = week.iter().map(|span| (span.until - span.from).num_hours()).collect();
        assert_eq!(hours.iter().sum::<i64>(), 7 * 24 - 1);
    }

    #[test]
    fn an_event_keeps_its_id_when_somebody_else_takes_it_and_when_time_goes_on() {
        let ids = |text: &str| -> Vec<String> {
            let lines = text.split("\r\n").filter_map(|line| line.strip_prefix("UID:"));
            lines.map(str::to_owned).collect()
        };
        let plain = ids(&of(&roster(&["Ann", "Bo"]), &Known::default(), "2026-03-24T12:00:00Z", 20));
        assert_eq!(plain[0], "web-primary-20260323T080000Z@post.example", "it began before");
        let other = ids(&of(&roster(&["Fay", "Bo"]), &Known::default(), "2026-03-26T12:00:00Z", 20));
        assert_eq!(plain, other);
        let known = instead("Cy", "2026-03-25T08:00:00Z", "2026-03-26T08:00:00Z");
        let split = ids(&of(&roster(&["Ann", "Bo"]), &known, "2026-03-24T12:00:00Z", 20));
        assert!(plain.iter().all(|id| split.contains(id)) && split.len() == plain.len() + 2, "{split:?}");
    }

    #[test]
    fn where_nobody_is_on_call_there_is_a_calendar_all_the_same() {
        let nobody = Roster { layers: vec![], ..roster(&[]) };
        let text = of(&nobody, &Known::default(), "2026-03-24T12:00:00Z", 90);
        assert!(text.contains("BEGIN:VTIMEZONE") && !text.contains("VEVENT"), "{text}");
        assert_eq!(
            ical::read(
                &text,
                &[],
                chrono_tz::Tz::UTC,
                at("2026-01-01T00:00:00Z"),
                at("2027-01-01T00:00:00Z")
            ),
            Ok(vec![])
        );
    }
}
