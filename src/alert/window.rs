//! Maintenance windows, in which the alerts that match are expected; planned work is one around the alerts of its services.
//!
//! Every window ends by itself. A weekly one is meant by the clock on the wall of its zone: it is open as long as that clock
//! reads so, also in the night in which the clock is changed.

use chrono::{DateTime, Datelike, Duration, NaiveTime, Utc};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Alert;
use super::rules::Matchers;
use super::situation::Situation;
use crate::wall::{Day, instant, last_instant};

/// A window that is longer is no window any more.
pub const DAYS_MAX: i64 = 31;

/// What a window does to the alerts that match.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// they are told as ever, with the window's name beside them
    #[default]
    Annotate,
    /// they are stored and counted; who still fires when the window ends is told then
    Record,
}

/// When a window is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Time {
    Once(Span),
    /// On each of these days; where `until` is not after `from`, into the next.
    Weekly {
        days: Vec<Day>,
        from: NaiveTime,
        until: NaiveTime,
        zone: Tz,
    },
}

/// From a moment on, up to another that does not belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

impl Span {
    pub fn holds(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && at < self.until
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    pub name: String,
    pub matching: Matchers,
    pub effect: Effect,
    pub time: Time,
}

impl Window {
    /// The time around `now` in which it is open, if it is.
    pub fn open_at(&self, now: DateTime<Utc>) -> Option<Span> {
        // One that began yesterday may go on past midnight.
        self.around(now, -1, 0).into_iter().filter(|span| span.holds(now)).max_by_key(|span| span.until)
    }

    /// The next time that it opens after `now`.
    pub fn next_after(&self, now: DateTime<Utc>) -> Option<Span> {
        self.around(now, 0, 8).into_iter().filter(|span| span.from > now).min_by_key(|span| span.from)
    }

    fn around(&self, now: DateTime<Utc>, first: i64, last: i64) -> Vec<Span> {
        match &self.time {
            Time::Once(span) => vec![*span],
            Time::Weekly { days, from, until, zone } => (first..=last)
                .filter_map(|offset| {
                    let day =
                        now.with_timezone(zone).date_naive().checked_add_signed(Duration::days(offset))?;
                    if !days.iter().any(|one| one.weekday() == day.weekday()) {
                        return None;
                    }
                    let end = if until > from { day } else { day.succ_opt()? };
                    let span = Span {
                        from: instant(*zone, day.and_time(*from)),
                        until: last_instant(*zone, end.and_time(*until)),
                    };
                    // It may lie in the hour that is left out.
                    (span.from < span.until).then_some(span)
                })
                .collect(),
        }
    }

    /// Whether it is about this alert.
    pub fn covers(&self, situation: &Situation, alert: &Alert, now: DateTime<Utc>) -> bool {
        self.matching.miss(situation, alert, now).is_none()
    }
}

/// A window that is open, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Within {
    pub name: String,
    pub effect: Effect,
    pub until: DateTime<Utc>,
}

impl Within {
    /// Of two the one that records; of two alike the one that is open for longer.
    pub fn stronger(self, other: Within) -> Within {
        let is_other = match (self.effect, other.effect) {
            (Effect::Annotate, Effect::Record) => true,
            (Effect::Record, Effect::Annotate) => false,
            _ => self.until < other.until,
        };
        if is_other { other } else { self }
    }
}

/// The window that a situation falls into: the first that is about one of its alerts, with those before that keep all of them
/// silent. One that records must be about every alert, so that what does not match comes through.
pub fn within<'a>(
    open: impl IntoIterator<Item = (&'a Window, Span)>,
    situation: &Situation,
    alerts: &[Alert],
    now: DateTime<Utc>,
) -> Option<Within> {
    let mut found: Option<Within> = None;
    for (window, span) in open {
        let covers = |alert: &&Alert| window.covers(situation, alert, now);
        let is_about_all = !alerts.is_empty() && alerts.iter().all(|alert| covers(&alert));
        let effect = match window.effect {
            Effect::Record if is_about_all => Effect::Record,
            _ if alerts.iter().any(|alert| covers(&alert)) => Effect::Annotate,
            _ => continue,
        };
        let one = Within { name: window.name.clone(), effect, until: span.until };
        found = Some(match found {
            Some(known) => known.stronger(one),
            None => one,
        });
    }
    found
}

/// Planned work that goes on: alerts of its services are expected, and told with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    pub name: String,
    pub services: Vec<String>,
    pub until: DateTime<Utc>,
}

impl Work {
    /// A window around a situation whose alerts are of these services.
    pub fn within(&self, services: &[&str]) -> Option<Within> {
        let is_of = |one: &String| services.iter().any(|service| service.eq_ignore_ascii_case(one));
        let within = || Within { name: self.name.clone(), effect: Effect::Annotate, until: self.until };
        self.services.iter().any(is_of).then(within)
    }
}

/// What is wrong with the time of a window that is open once.
pub fn check(span: Span) -> Result<(), String> {
    if span.until <= span.from {
        return Err("it ends before it begins".to_owned());
    }
    if span.until - span.from > Duration::days(DAYS_MAX) {
        return Err(format!("it is longer than {DAYS_MAX} days"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::alert::{
        situation::{changes, fold},
        testing::alert,
    };

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn weekly(days: &[Day], from: &str, until: &str, zone: Tz) -> Window {
        let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").unwrap();
        Window {
            name: "backup".into(),
            matching: Matchers::default(),
            effect: Effect::Annotate,
            time: Time::Weekly { days: days.to_vec(), from: time(from), until: time(until), zone },
        }
    }

    const WEEK: [Day; 7] = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun];

    #[test]
    fn a_weekly_window_keeps_to_the_wall_clock_on_both_days_on_which_it_is_changed() {
        let window = weekly(&[Day::Sun], "01:30", "04:00", chrono_tz::Europe::Berlin);
        let hours = |now: &str| window.open_at(at(now)).map(|span| (span.until - span.from).num_minutes());
        assert_eq!(hours("2026-03-22T01:00:00Z"), Some(150), "an ordinary Sunday");
        assert_eq!(hours("2026-03-29T01:00:00Z"), Some(90), "an hour is left out");
        assert_eq!(hours("2026-10-25T01:00:00Z"), Some(210), "an hour comes twice");
        assert_eq!(hours("2026-03-28T01:00:00Z"), None, "a Saturday");
        assert_eq!(
            window.next_after(at("2026-10-24T12:00:00Z")),
            Some(Span { from: at("2026-10-24T23:30:00Z"), until: at("2026-10-25T03:00:00Z") })
        );
    }

    #[test]
    fn a_window_in_the_hour_that_is_left_out_does_not_take_place_and_one_around_its_edge_does() {
        let night = at("2026-03-29T01:00:00Z");
        assert_eq!(weekly(&[Day::Sun], "02:10", "02:50", chrono_tz::Europe::Berlin).open_at(night), None);
        let edge = weekly(&[Day::Sun], "02:30", "03:15", chrono_tz::Europe::Berlin).open_at(night);
        assert_eq!(edge, Some(Span { from: night, until: at("2026-03-29T01:15:00Z") }));
    }

    #[test]
    fn a_window_over_midnight_belongs_to_the_day_on_which_it_begins() {
        let window = weekly(&[Day::Fri], "22:00", "02:00", chrono_tz::America::New_York);
        assert!(window.open_at(at("2026-11-21T06:59:00Z")).is_some(), "Saturday, 01:59 there");
        assert!(window.open_at(at("2026-11-21T07:00:00Z")).is_none());
        assert!(window.open_at(at("2026-11-20T06:00:00Z")).is_none(), "Friday, 01:00 there");
    }

    fn situation_of(alerts: &[Alert]) -> Situation {
        fold(None, &changes(alerts, |_| None), at("2026-11-20T20:00:00Z"), "S-1").unwrap()
    }

    #[test]
    fn what_does_not_match_comes_through_and_a_window_that_records_must_match_all() {
        let now = at("2026-11-20T20:00:00Z");
        let span = Span { from: now - Duration::hours(1), until: now + Duration::hours(1) };
        let about_db = |effect| Window {
            name: "db upgrade".into(),
            matching: Matchers { labels: [("service".into(), "db".into())].into(), ..Matchers::default() },
            effect,
            time: Time::Once(span),
        };
        let of = |service: &str| Alert {
            labels: [("service".into(), service.into())].into(),
            ..alert(&format!("{service}1"))
        };
        let judged = |window: &Window, alerts: &[Alert]| {
            within([(window, span)], &situation_of(alerts), alerts, now).map(|within| within.effect)
        };
        let (annotate, record) = (about_db(Effect::Annotate), about_db(Effect::Record));
        assert_eq!(judged(&annotate, &[of("db")]), Some(Effect::Annotate));
        assert_eq!(judged(&record, &[of("db")]), Some(Effect::Record));
        assert_eq!(judged(&record, &[of("db"), of("web")]), Some(Effect::Annotate), "the other one is told");
        assert_eq!(judged(&record, &[of("web")]), None);
        assert_eq!(record.open_at(span.until), None, "it ends");
    }

    #[test]
    fn planned_work_expects_the_alerts_of_its_services_and_what_records_is_stronger() {
        let until = at("2026-11-20T22:00:00Z");
        let work = Work { name: "MAINT-1 db upgrade".into(), services: vec!["DB".into()], until };
        let within = work.within(&["web", "db"]).unwrap();
        assert_eq!(
            (within.name.as_str(), within.effect, within.until),
            ("MAINT-1 db upgrade", Effect::Annotate, until)
        );
        assert_eq!(work.within(&["web"]), None, "what it does not name comes through");
        assert_eq!(work.within(&[]), None);
        let record =
            Within { name: "backup".into(), effect: Effect::Record, until: until - Duration::hours(1) };
        assert_eq!(record.clone().stronger(within.clone()), record);
        assert_eq!(within.clone().stronger(record.clone()), record);
        let longer = Within { until: until + Duration::hours(1), ..within.clone() };
        assert_eq!(within.stronger(longer.clone()), longer);
    }

    proptest! {
        #[test]
        fn a_window_is_open_whenever_the_clock_on_the_wall_reads_so_and_it_always_ends(
            zone in prop::sample::select(vec![
                chrono_tz::Europe::Berlin, chrono_tz::America::New_York, chrono_tz::Australia::Lord_Howe, chrono_tz::Asia::Kolkata,
                chrono_tz::America::Sao_Paulo, chrono_tz::Africa::Casablanca,
            ]),
            days in prop::sample::subsequence(WEEK.to_vec(), 1..=7),
            from in 0u32..1440, until in 0u32..1440,
            minute in 0i64..3 * 366 * 1440,
        ) {
            let time = |minute: u32| NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).unwrap();
            let (from, until) = (time(from), time(until));
            let window = Window {
                time: Time::Weekly { days: days.clone(), from, until, zone },
                ..weekly(&[], "00:00", "00:00", zone)
            };
            let now = at("2025-01-01T00:00:00Z") + Duration::minutes(minute);
            let wall = now.with_timezone(&zone).naive_local();
            let is_on = |date: chrono::NaiveDate| days.iter().any(|day| day.weekday() == date.weekday());
            let reads_so = if from < until {
                is_on(wall.date()) && from <= wall.time() && wall.time() < until
            } else {
                is_on(wall.date()) && from <= wall.time()
                    || is_on(wall.date().pred_opt().unwrap()) && wall.time() < until
            };
            let open = window.open_at(now);
            if reads_so {
                prop_assert!(open.is_some(), "{wall} {from}-{until} {days:?}");
            }
            if let Some(span) = open {
                prop_assert!(span.holds(now) && span.until - span.from <= Duration::hours(26));
                // Only where an hour comes twice may the clock read otherwise meanwhile.
                let is_changed = (0..48).any(|h| {
                    let at = span.from + Duration::hours(h - 12);
                    at.with_timezone(&zone).naive_local() - at.naive_utc()
                        != now.with_timezone(&zone).naive_local() - now.naive_utc()
                });
                prop_assert!(reads_so || is_changed);
            }
        }
    }
}
