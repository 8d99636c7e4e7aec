//! Small pictures, worked out here and drawn by the templates as SVG: what fired over the last day, and what came of it.
//!
//! A picture holds shapes only and is stretched to the width there is; what is to be read stands beside it as text.

use chrono::{DateTime, Duration, Utc};

use super::clock::{Clock, Stamp};
use crate::alert::{AlertSeverity, change::Change, report::Fired};

/// Width and height of a picture in its own units.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 120.0;
/// Columns: a quarter of an hour each.
const COLUMNS: usize = 96;
const COLUMN_MINUTES: i64 = 15;
/// A column is seen, however little it holds.
const SEEN: f64 = 4.0;
const SEVERITIES: usize = AlertSeverity::ALL.len();

pub struct Bar {
    pub x: String,
    pub y: String,
    pub width: String,
    pub height: String,
    pub severity: &'static str,
}

pub struct ChangeMark {
    pub x: String,
    pub title: String,
}

/// What fired within a day, by the worst below; changes as marks.
pub struct Day {
    pub bars: Vec<Bar>,
    pub marks: Vec<ChangeMark>,
    /// Times below the picture, at equal distances.
    pub hours: Vec<Stamp>,
    /// How many fired within the day, by severity, the worst first; those without any are left out.
    pub legend: Vec<(&'static str, usize)>,
    /// The most that fired at once.
    pub peak: u64,
    /// The same in a sentence.
    pub summary: String,
}

fn number(n: f64) -> String {
    format!("{n:.1}")
}

impl Day {
    /// The day that ends now. `fired` may hold older ones, of which what still fires is drawn.
    pub fn of(fired: &[Fired], changes: &[Change], clock: &Clock) -> Day {
        let now = clock.now;
        let begin = now - Duration::minutes(COLUMN_MINUTES * COLUMNS as i64);
        let counts = columns(fired, begin, now);
        let totals: Vec<u64> = counts.iter().map(|column| column.iter().sum()).collect();
        let peak = totals.iter().copied().max().unwrap_or(0);
        let legend: Vec<(&'static str, usize)> = AlertSeverity::ALL
            .into_iter()
            .rev()
            .map(|severity| {
                let of_day = |one: &&Fired| one.severity == severity && one.first_seen >= begin;
                (severity.word(), fired.iter().filter(of_day).count())
            })
            .filter(|(_, count)| *count > 0)
            .collect();
        let width = WIDTH / COLUMNS as f64;
        let mut bars = Vec::new();
        for (at, (column, total)) in counts.iter().zip(&totals).enumerate() {
            if *total == 0 {
                continue;
            }
            // By the square root: beside a storm of hundreds, a single alert is still seen.
            let height = (HEIGHT * (*total as f64 / peak as f64).sqrt()).max(SEEN);
            let mut top = HEIGHT - height;
            for (severity, count) in AlertSeverity::ALL.iter().zip(column).filter(|(_, count)| **count > 0) {
                let part = height * *count as f64 / *total as f64;
                bars.push(Bar {
                    x: number(at as f64 * width),
                    y: number(top),
                    width: number(width - 1.0),
                    height: number(part),
                    severity: severity.word(),
                });
                top += part;
            }
        }
        let span = (now - begin).num_seconds() as f64;
        let marks: Vec<ChangeMark> = changes
            .iter()
            .filter(|change| change.at >= begin && change.at <= now)
            .map(|change| ChangeMark {
                x: number(WIDTH * (change.at - begin).num_seconds() as f64 / span),
                title: format!("{} {}", clock.stamp(change.at).short, change.line()),
            })
            .collect();
        let hours = (0..=4).map(|n| clock.stamp(begin + (now - begin) / 4 * n)).collect();
        let told: Vec<String> = legend.iter().map(|(word, count)| format!("{count} {word}")).collect();
        let changed = match marks.len() {
            0 => "nothing was changed".to_owned(),
            1 => "1 change".to_owned(),
            n => format!("{n} changes"),
        };
        let summary = match (told.is_empty(), peak) {
            (true, 0) => format!("Nothing fired in the last 24 hours; {changed}."),
            (true, peak) => {
                format!("Nothing new fired in the last 24 hours, {peak} fire since before; {changed}.")
            }
            (false, peak) => {
                format!("In the last 24 hours: {}; at most {peak} together; {changed}.", told.join(", "))
            }
        };
        Day { bars, marks, hours, legend, peak, summary }
    }
}

/// How many fire in each column, by severity.
fn columns(fired: &[Fired], begin: DateTime<Utc>, now: DateTime<Utc>) -> Vec<[u64; SEVERITIES]> {
    let column = |at: DateTime<Utc>| {
        let minutes = (at - begin).num_minutes().max(0);
        usize::try_from(minutes / COLUMN_MINUTES).unwrap_or(0).min(COLUMNS - 1)
    };
    // What begins and what has ended in each column; the sum up to one is what fires in it.
    let mut steps = vec![[0_i64; SEVERITIES]; COLUMNS + 1];
    for one in fired {
        let end = if one.is_firing { now } else { one.last_seen };
        if end < begin || one.first_seen > now {
            continue;
        }
        let Some(severity) = AlertSeverity::ALL.iter().position(|s| *s == one.severity) else { continue };
        for (at, step) in [(column(one.first_seen), 1), (column(end) + 1, -1)] {
            if let Some(slot) = steps.get_mut(at).and_then(|steps| steps.get_mut(severity)) {
                *slot += step;
            }
        }
    }
    let mut running = [0_i64; SEVERITIES];
    let sum = |steps: &[i64; SEVERITIES]| {
        running.iter_mut().zip(steps).for_each(|(sum, step)| *sum += step);
        running.map(|n| u64::try_from(n).unwrap_or(0))
    };
    steps.iter().take(COLUMNS).map(sum).collect()
}

/// Which part of a rule's firings was acted on, in hundredths of the width.
pub fn share(part: u64, whole: u64) -> String {
    number(if whole == 0 { 0.0 } else { 100.0 * part as f64 / whole as f64 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::change::testing::change;

    fn clock() -> Clock {
        Clock { tz: chrono_tz::Tz::UTC, now: "2026-11-20T20:00:00Z".parse().unwrap() }
    }

    fn fired(severity: AlertSeverity, hours_ago: i64, minutes: Option<i64>) -> Fired {
        let first_seen = clock().now - Duration::hours(hours_ago);
        Fired {
            situation: 1,
            source: "alertmanager".into(),
            rule: "A".into(),
            severity,
            first_seen,
            last_seen: first_seen + Duration::minutes(minutes.unwrap_or(0)),
            is_firing: minutes.is_none(),
            is_acknowledged: false,
            is_linked: false,
        }
    }

    #[test]
    fn a_quiet_day_says_so_and_draws_nothing() {
        let day = Day::of(&[], &[], &clock());
        assert!(day.bars.is_empty() && day.legend.is_empty());
        assert_eq!(day.summary, "Nothing fired in the last 24 hours; nothing was changed.");
        assert_eq!(day.hours.len(), 5);
    }

    #[test]
    fn a_busy_day_stacks_what_fired_at_once_and_keeps_the_lonely_alert_in_sight() {
        use AlertSeverity::{Critical, Warning};
        let mut all: Vec<Fired> = (0..900).map(|_| fired(Critical, 3, Some(20))).collect();
        all.push(fired(Warning, 12, Some(5)));
        all.push(fired(Warning, 40, None));
        all.push(fired(Warning, 40, Some(5)));
        let changes = [
            change("checkout", "v1", clock().now - Duration::hours(4)),
            change("x", "old", clock().now - Duration::hours(30)),
        ];
        let day = Day::of(&all, &changes, &clock());
        assert_eq!(
            day.summary,
            "In the last 24 hours: 900 critical, 1 warning; at most 901 together; 1 change."
        );
        assert_eq!(day.legend, [("critical", 900), ("warning", 1)]);
        assert_eq!(day.marks.len(), 1);
        let number = |text: &str| text.parse::<f64>().unwrap();
        for bar in &day.bars {
            let (y, height) = (number(&bar.y), number(&bar.height));
            assert!(y >= -0.1 && y + height <= HEIGHT + 0.2 && number(&bar.x) < WIDTH, "{y} {height}");
        }
        // What fires since the day before fires in every column.
        assert_eq!(day.bars.iter().filter(|bar| bar.severity == "warning").count(), COLUMNS);
        let lonely = day.bars.iter().find(|bar| bar.severity == "warning").unwrap();
        assert!(number(&lonely.height) >= SEEN - 0.1);
    }
}
