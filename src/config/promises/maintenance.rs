//! Maintenance windows, and the way back to the senders.

use super::House;
use crate::alert::window::{Effect, Time};

#[test]
fn windows_are_planned_once_or_each_week_in_the_zone_that_is_said() {
    let house = House::new().file(
        "commandpost.toml",
        r#"
[organization]
time_zone = "Europe/Berlin"
[[maintenance]]
name = "db upgrade"
from = "2026-11-22T02:00"
to = "2026-11-22T05:00+02:00"
match = { labels = { service = "db" } }
[[maintenance]]
name = "backup"
days = ["sat", "sun"]
from = "23:00"
to = "01:30"
time_zone = "America/New_York"
effect = "record"
[silences]
longest_hours = 8
"#,
    );
    let config = house.load(&[]).unwrap();
    let windows = config.windows();
    let Time::Once(span) = &windows[0].time else { panic!("{windows:?}") };
    assert_eq!(
        (span.from.to_rfc3339(), span.until.to_rfc3339()),
        ("2026-11-22T01:00:00+00:00".to_owned(), "2026-11-22T03:00:00+00:00".to_owned())
    );
    assert_eq!(windows[0].effect, Effect::Annotate, "nothing is muted unless it is said");
    assert!(matches!(windows[1].time, Time::Weekly { zone: chrono_tz::America::New_York, .. }));
    assert_eq!((windows[1].effect, config.silences.longest_hours), (Effect::Record, 8));
}

#[test]
fn a_window_that_cannot_be_and_a_sender_that_cannot_be_told_are_named_with_their_place() {
    let house = House::new().file("token", "a-token-of-the-api").file(
        "commandpost.toml",
        r#"
[[maintenance]]
name = "backwards"
from = "2026-11-22T04:00"
to = "2026-11-22T02:00"
[[maintenance]]
name = "no day"
from = "02:00"
to = "04:00"
[senders.alertmanager]
api_url = "http://alertmanager.example:9093"
api_token_file = "token"
[senders.pingdom]
[senders.nagios]
[senders.alertmanger]
"#,
    );
    let problems = house.load(&[]).unwrap_err();
    let told: Vec<String> = problems.iter().map(|problem| problem.render()).collect();
    let told = told.join("\n");
    for part in [
        "it ends before it begins",
        "`02:00` is no date and time; write `2026-11-22T02:00`, or give `days`",
        "the token would be sent in the clear",
        "nothing can be passed on to `pingdom`",
        "`command_file` is missing",
        "Did you mean `alertmanager`?",
    ] {
        assert!(told.contains(part), "{part}:\n{told}");
    }
    assert_eq!(problems.len(), 6, "{told}");
}
