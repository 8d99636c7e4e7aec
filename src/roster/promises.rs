//! What a roster promises, whatever its zone, its turns and the moment.

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Timelike, Utc, Weekday};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::wall::TimeOfDay;

const ZONES: [&str; 7] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "Pacific/Apia",
];

fn person(name: &str) -> Person {
    Person::named(name).unwrap()
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn rotation(people: &[&str], zone: &str, hand_over: &str, length: &str) -> Rotation {
    Rotation {
        people: people.iter().map(|name| person(name)).collect(),
        tz: zone.parse().unwrap(),
        // A Monday.
        start: NaiveDate::from_ymd_opt(2026, 1, 5).unwrap(),
        hand_over: hand_over.parse::<TimeOfDay>().unwrap().0,
        length: length.parse().unwrap(),
        days: vec![],
        hours: None,
    }
}

fn roster(rotations: Vec<Rotation>) -> Roster {
    let layers = vec![Layer { name: "primary".into(), rotations }];
    Roster { name: "web".into(), tz: Tz::UTC, layers, is_fetched: false }
}

/// `ann 2026-01-05T08:00–2026-01-12T08:00`, in UTC.
fn told(roster: &Roster, known: &Known, from: &str, until: &str) -> Vec<String> {
    roster
        .stretches(&roster.layers[0], known, utc(from), utc(until))
        .into_iter()
        .map(|one| {
            let who = one.shift.map_or("–".to_owned(), |shift| shift.person.id);
            format!("{who} {}–{}", one.from.format("%m-%d %H:%M"), one.until.format("%m-%d %H:%M"))
        })
        .collect()
}

fn who(roster: &Roster, at: &str) -> Option<Shift> {
    roster.who(&roster.layers[0], &Known::default(), utc(at))
}

#[test]
fn a_week_with_a_change_of_clocks_is_an_hour_shorter_or_longer_and_handed_over_at_the_usual_time() {
    let roster = roster(vec![rotation(&["ann", "bo"], "Europe/Berlin", "09:00", "weekly")]);
    // Clocks go forward on 2026-03-29 and back on 2026-10-25.
    let spring = who(&roster, "2026-03-25T12:00:00Z").unwrap();
    assert_eq!((spring.from, spring.until), (utc("2026-03-23T08:00:00Z"), utc("2026-03-30T07:00:00Z")));
    let autumn = who(&roster, "2026-10-25T12:00:00Z").unwrap();
    assert_eq!((autumn.until - autumn.from).num_hours(), 7 * 24 + 1);
    // Nobody before the first turn.
    assert_eq!(who(&roster, "2026-01-05T07:59:59Z"), None);
    assert_eq!(who(&roster, "2026-01-05T08:00:00Z").unwrap().person.id, "ann");
}

#[test]
fn a_hand_over_in_the_hour_that_does_not_exist_is_at_the_jump_and_in_the_hour_that_is_there_twice_at_its_first()
 {
    let roster = roster(vec![rotation(&["ann", "bo"], "Europe/Berlin", "02:30", "daily")]);
    let known = Known::default();
    // 02:30 on the 29th is not there: 03:00 CEST, 01:00 UTC; that day's turn has 23 and a half hours, the one before 23 and a half.
    assert_eq!(
        told(&roster, &known, "2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z"),
        ["ann 03-28 01:30–03-29 01:00", "bo 03-29 01:00–03-30 00:30"]
    );
    // 02:30 on the 25th is there twice: handed over at the first, 00:30 UTC.
    let around = told(&roster, &known, "2026-10-24T00:30:00Z", "2026-10-26T01:30:00Z");
    assert_eq!(around[0].split_once(' ').unwrap().1, "10-24 00:30–10-25 00:30");
    assert_eq!(around[1].split_once(' ').unwrap().1, "10-25 00:30–10-26 01:30");
    assert_eq!(around.len(), 2);
}

#[test]
fn two_rotations_follow_the_sun_without_a_gap_or_an_overlap() {
    let mut berlin = rotation(&["ann", "bo"], "Europe/Berlin", "08:00", "weekly");
    berlin.hours = Some("08:00-20:00".parse().unwrap());
    let mut rest = rotation(&["cy"], "Europe/Berlin", "08:00", "weekly");
    rest.hours = Some("20:00-08:00".parse().unwrap());
    rest.start = NaiveDate::from_ymd_opt(2026, 1, 4).unwrap();
    let roster = roster(vec![berlin, rest]);
    let day = told(&roster, &Known::default(), "2026-03-28T07:00:00Z", "2026-03-29T18:00:00Z");
    assert_eq!(
        day,
        ["bo 03-28 07:00–03-28 19:00", "cy 03-28 19:00–03-29 06:00", "bo 03-29 06:00–03-29 18:00"]
    );
}

#[test]
fn a_roster_of_business_hours_has_gaps_and_says_until_when() {
    let mut office = rotation(&["ann"], "Europe/Berlin", "09:00", "weekly");
    office.days = vec![Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
    office.hours = Some("09:00-17:00".parse().unwrap());
    let roster = roster(vec![office]);
    assert_eq!(
        told(&roster, &Known::default(), "2026-01-09T08:00:00Z", "2026-01-12T16:00:00Z"),
        ["ann 01-09 08:00–01-09 16:00", "– 01-09 16:00–01-12 08:00", "ann 01-12 08:00–01-12 16:00"]
    );
    let shift = who(&roster, "2026-01-09T12:00:00Z").unwrap();
    assert_eq!((shift.from, shift.until), (utc("2026-01-09T08:00:00Z"), utc("2026-01-09T16:00:00Z")));
}

#[test]
fn what_was_said_last_comes_before_the_turns_and_ends_by_itself() {
    let roster = roster(vec![rotation(&["ann", "bo"], "UTC", "09:00", "daily")]);
    let over = |who: &str, from: &str, until: &str| Override {
        roster: "web".into(),
        layer: "primary".into(),
        person: person(who),
        from: utc(from),
        until: utc(until),
        said_by: Some(person("Bo")),
    };
    let known = Known {
        overrides: vec![
            over("cy", "2026-01-05T12:00:00Z", "2026-01-06T12:00:00Z"),
            over("dee", "2026-01-05T18:00:00Z", "2026-01-05T20:00:00Z"),
            Override {
                layer: "secondary".into(),
                ..over("eve", "2026-01-05T00:00:00Z", "2026-02-05T00:00:00Z")
            },
        ],
        ..Known::default()
    };
    assert_eq!(
        told(&roster, &known, "2026-01-05T09:00:00Z", "2026-01-07T09:00:00Z"),
        [
            "ann 01-05 09:00–01-05 12:00",
            "cy 01-05 12:00–01-05 18:00",
            "dee 01-05 18:00–01-05 20:00",
            "cy 01-05 20:00–01-06 12:00",
            "bo 01-06 12:00–01-07 09:00"
        ]
    );
    let shift = roster.who(&roster.layers[0], &known, utc("2026-01-05T19:00:00Z")).unwrap();
    assert_eq!(shift.by, By::Override(Some(person("Bo"))));
}

#[test]
fn a_layer_is_meant_by_its_roster_by_both_or_by_its_own_name_where_that_is_clear() {
    let mut web = roster(vec![]);
    web.layers.push(Layer { name: "secondary".into(), rotations: vec![] });
    let db = Roster { name: "db".into(), ..roster(vec![]) };
    let rosters = [web, db];
    let found =
        |name: &str| find(&rosters, name).map(|(roster, layer)| format!("{} {}", roster.name, layer.name));
    assert_eq!(found("web").unwrap(), "web primary");
    assert_eq!(found("WEB/secondary").unwrap(), "web secondary");
    assert_eq!(found("secondary").unwrap(), "web secondary");
    // Both have one.
    assert_eq!(
        found("primary").unwrap_err(),
        "There is no roster «primary». There are web, web/secondary, db."
    );
}

#[test]
fn a_long_name_that_is_no_roster_is_said_again_in_short_and_turns_nothing() {
    let rosters = [roster(vec![])];
    let why = find(&rosters, &format!("a\u{202e}{}", "x".repeat(10_000))).unwrap_err();
    let shown = format!("There is no roster «a {}…».", "x".repeat(37));
    assert!(why.starts_with(&shown), "{why}");
}

prop_compose! {
    fn turns()(
        zone in prop::sample::select(&ZONES[..]),
        minute in 0..24 * 60_u32,
        people in 1..6_usize,
        hours in prop_oneof![1..72_u32, Just(24), Just(168), Just(336)],
    ) -> Rotation {
        let names: Vec<String> = (0..people).map(|n| format!("p{n}")).collect();
        let mut one = rotation(&[], zone, "00:00", "daily");
        one.people = names.iter().map(|name| person(name)).collect();
        one.hand_over = NaiveTime::from_num_seconds_from_midnight_opt(minute * 60, 0).unwrap();
        one.length = Length::hours(hours).unwrap();
        // Long before any moment that is asked for.
        one.start = NaiveDate::from_ymd_opt(2025, 11, 3).unwrap();
        one
    }
}

/// Any moment of three years, among them six changes of clocks.
fn moments() -> impl Strategy<Value = DateTime<Utc>> {
    (0..3 * 366 * 24 * 60_i64).prop_map(|minutes| utc("2026-01-08T00:00:00Z") + Duration::minutes(minutes))
}

/// Whether clocks of the zone show this time some day.
fn exists(tz: Tz, local: NaiveDateTime) -> bool {
    tz.from_local_datetime(&local).earliest().is_some()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn at_any_moment_exactly_one_is_on_call_and_turns_follow_each_other_without_a_hole(one in turns(), at in moments()) {
        let roster = roster(vec![one]);
        let known = Known::default();
        let shift = roster.who(&roster.layers[0], &known, at).unwrap();
        prop_assert!(shift.from <= at && at < shift.until, "{shift:?} at {at}");
        let before = roster.who(&roster.layers[0], &known, shift.from - Duration::milliseconds(1)).unwrap();
        let after = roster.who(&roster.layers[0], &known, shift.until).unwrap();
        prop_assert_eq!(before.until, shift.from);
        prop_assert_eq!(after.from, shift.until);
    }

    #[test]
    fn every_hand_over_is_at_its_time_of_day_wherever_that_time_exists(one in turns(), at in moments()) {
        let (tz, time, minutes) = (one.tz, one.hand_over, one.length.minutes());
        let roster = roster(vec![one]);
        let shift = roster.who(&roster.layers[0], &Known::default(), at).unwrap();
        let local = shift.from.with_timezone(&tz).naive_local();
        if minutes % (24 * 60) == 0 && exists(tz, local.date().and_time(time)) {
            prop_assert_eq!((local.hour(), local.minute()), (time.hour(), time.minute()));
        }
    }

    #[test]
    fn everybody_has_as_many_turns_as_everybody_else(one in turns(), at in moments()) {
        let count = one.people.len();
        let roster = roster(vec![one]);
        let known = Known::default();
        let (mut turns, mut at) = (std::collections::BTreeMap::<String, usize>::new(), at);
        for _ in 0..count * 4 {
            let shift = roster.who(&roster.layers[0], &known, at).unwrap();
            *turns.entry(shift.person.id).or_default() += 1;
            at = shift.until;
        }
        // A turn that the clocks leave no time (an hour's, where they go forward) is nobody's fault.
        let (most, least) = (turns.values().max().unwrap(), turns.values().min().unwrap());
        prop_assert!(most - least <= 1, "{turns:?}");
    }

    #[test]
    fn stretches_leave_no_hole_whatever_the_hours_and_days(
        mut one in turns(),
        from in 0..24_u32,
        to in 0..24_u32,
        days in prop::collection::vec(0..7_u8, 0..4),
        at in moments(),
    ) {
        one.hours = Some(Hours {
            from: NaiveTime::from_hms_opt(from, 0, 0).unwrap(),
            to: NaiveTime::from_hms_opt(to, 30, 0).unwrap(),
        });
        one.days = days.iter().map(|day| Weekday::try_from(*day).unwrap()).collect();
        let roster = roster(vec![one]);
        let end = at + Duration::days(9);
        let all = roster.stretches(&roster.layers[0], &Known::default(), at, end);
        prop_assert_eq!(all.first().unwrap().from, at);
        prop_assert_eq!(all.last().unwrap().until, end);
        for pair in all.windows(2) {
            prop_assert_eq!(pair[0].until, pair[1].from);
        }
        for one in &all {
            let middle = one.from + (one.until - one.from) / 2;
            let there = roster.who(&roster.layers[0], &Known::default(), middle);
            prop_assert_eq!(there.map(|s| s.person), one.shift.clone().map(|s| s.person));
        }
    }
}
