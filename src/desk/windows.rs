//! Maintenance windows in people's words: planned, listed, ended.

use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;

use super::{Caller, Desk, arrange::Writing, refuse};
use crate::{
    alert::{
        arranged::{Amendment, Arranged, Arrangement, Ended},
        rules::{Matchers, PATTERN_MAX_BYTES},
        text::legible,
        window::{self, Effect, Span, Time, Window},
    },
    incident::{
        command::StatedTime, decide::span, kind::Kind, names::Names, phase::Phase, refusal::Refusal,
        state::Incident,
    },
    journal::{
        Mark,
        rows::{ArrangementFilter, IncidentFilter, IncidentRow},
    },
    wall::dated,
};

const NAME_CHARS_MAX: usize = 80;
/// Labels that a window is matched by at most.
const LABELS_MAX: usize = 20;
/// The longest window past midnight whose end was said as a time of day only: a night. A longer one is rather two times that
/// were put the wrong way round, or an end that has passed.
const NIGHT_HOURS_MAX: i64 = 12;

impl Desk {
    pub(super) fn span(
        &self,
        from: Option<StatedTime>,
        to: Option<StatedTime>,
        minutes: Option<u32>,
    ) -> Result<Span, Refusal> {
        let (now, tz) = (self.world.now(), self.settings().time_zone);
        let span = span(from, to, minutes, now);
        let wrong = match window::check(span) {
            Err(why) => Some(why),
            Ok(()) if span.until <= now => Some("it is over already".to_owned()),
            Ok(()) => None,
        };
        if let Some(why) = wrong {
            let utc =
                if tz == Tz::UTC { String::new() } else { format!(": it is {} now", by_clock(now, tz)) };
            return Err(Refusal::invalid(
                format!("That is no window: {why}."),
                format!(
                    "Write `maintenance add \"db upgrade\" from 02:00 to 04:00 match service=db`; times are UTC{utc}."
                ),
            ));
        }
        if is_turned_round(from, to, span, now) {
            let hours = (span.until - span.from).num_hours();
            return Err(Refusal::invalid(
                format!(
                    "Is the end before the beginning? From {} to the next time it is that late, {}, are {hours} hours.",
                    by_clock(span.from, tz),
                    by_clock(span.until, tz)
                ),
                format!(
                    "If you mean that, say the day as well: `to {}`. Times are UTC.",
                    span.until.format("%Y-%m-%dT%H:%MZ")
                ),
            ));
        }
        Ok(span)
    }

    pub(super) async fn add_window(
        &self,
        caller: &Caller,
        name: String,
        span: Span,
        labels: Vec<(String, String)>,
        records: bool,
    ) -> Result<Writing, Refusal> {
        let name = name.replace(['\n', '\t'], " ");
        if name.chars().count() > NAME_CHARS_MAX {
            return Err(Refusal::invalid(
                format!("A name has at most {NAME_CHARS_MAX} characters."),
                "Shorten it.",
            ));
        }
        if labels.len() > LABELS_MAX || labels.iter().any(|(_, pattern)| pattern.len() > PATTERN_MAX_BYTES) {
            return Err(Refusal::invalid(
                format!("A window is matched by {LABELS_MAX} labels of {PATTERN_MAX_BYTES} bytes at most."),
                "Match by fewer: the service is mostly enough.",
            ));
        }
        let now = self.world.now();
        let live = self.journal.arrangements(ArrangementFilter::Live { now }).await.map_err(refuse)?;
        if live.iter().filter_map(Arrangement::window).any(|window| window.name == name) {
            return Err(Refusal::conflict(
                format!("A window «{name}» is planned already."),
                "`maintenance list` shows it; end it first, or give another name.",
            ));
        }
        let tz = self.settings().time_zone;
        // Written as labels are kept: what would act on a screen is replaced in both.
        let labels = labels.iter().map(|(label, pattern)| (legible(label), legible(pattern))).collect();
        let matching = Matchers { labels, ..Matchers::default() };
        let effect = if records { Effect::Record } else { Effect::Annotate };
        let what = Arranged::Window { name, matching, effect, span };
        let one = self.numbered(&caller.person, String::new(), what).await?;
        let reply = one
            .window()
            .map_or_else(String::new, |window| format!("Planned: {}.", line(&window, Some(&one), now, tz)));
        Ok(Writing { reply, marks: vec![Mark::Arranged(Box::new(one))], ..Writing::default() })
    }

    pub(super) async fn end_window(
        &self,
        caller: &Caller,
        n: i64,
        reason: String,
    ) -> Result<Writing, Refusal> {
        let now = self.world.now();
        let rows = self.journal.arrangements(ArrangementFilter::One(n)).await.map_err(refuse)?;
        let window = rows.into_iter().find(|one| one.is_live(now)).and_then(|one| one.window());
        let Some(window) = window else {
            return Err(Refusal::not_found(
                format!("There is no window {n} that is open or planned."),
                "`maintenance list` shows them; those without a number are ended in the settings.",
            ));
        };
        let ended = Ended { by: caller.person.clone(), at: now, reason };
        Ok(Writing {
            reply: format!("The window «{}» is ended; what fires now is told.", window.name),
            marks: vec![
                Mark::Amended { arrangement: n, amendment: Amendment::Ended(ended) },
                Mark::HeldReleased { until: DateTime::<Utc>::MAX_UTC },
            ],
            ..Writing::default()
        })
    }

    /// Every window and every work that is open or planned, a line each.
    pub(super) async fn windows(&self, caller: &Caller) -> Result<String, Refusal> {
        let now = self.world.now();
        let live = self.journal.arrangements(ArrangementFilter::Live { now }).await.map_err(refuse)?;
        let settings = self.settings();
        let tz = settings.time_zone;
        let settled = settings.windows.iter().filter(|window| !is_over(window, now));
        let mut lines: Vec<String> = settled.map(|window| line(window, None, now, tz)).collect();
        lines.extend(
            live.iter().filter_map(|one| one.window().map(|window| line(&window, Some(one), now, tz))),
        );
        let filter = IncidentFilter { kind: Some(Kind::Planned), ..IncidentFilter::open() };
        for row in self.tellable(caller, filter).await? {
            match self.incident(row.id).await {
                Ok(incident) => lines.extend(work(&incident, &settings.policy.names, now, tz)),
                // The others are listed all the same.
                Err(refusal) => {
                    tracing::warn!(incident = %row.id, %refusal, "planned work cannot be read");
                    let IncidentRow { id, title, commander, .. } = row;
                    lines.push(format!("{id} «{title}», which cannot be read: led by {commander}"));
                }
            }
        }
        if lines.is_empty() {
            return Ok("No maintenance is planned.".to_owned());
        }
        Ok(lines.join("\n"))
    }
}

/// `from 15:00 to 14:00`, or `to 14:00` when it is 15:00: only of a night is it plain that the next day is meant.
fn is_turned_round(from: Option<StatedTime>, to: Option<StatedTime>, span: Span, now: DateTime<Utc>) -> bool {
    let Some(StatedTime::TimeOfDay(to)) = to else { return false };
    let from = match from {
        None => now.time(),
        Some(StatedTime::TimeOfDay(from)) => from,
        Some(_) => span.from.time(),
    };
    to <= from && span.until - span.from > Duration::hours(NIGHT_HOURS_MAX)
}

/// A moment in UTC, as times are said and told here, and by the clocks of the house where they show another time.
fn by_clock(at: DateTime<Utc>, tz: Tz) -> String {
    let there = at.with_timezone(&tz);
    if there.naive_local() == at.naive_utc() {
        return dated(at);
    }
    let form = if there.date_naive() == at.date_naive() { "%H:%M %Z" } else { "%Y-%m-%d %H:%M %Z" };
    format!("{} ({})", dated(at), there.format(form))
}

fn is_over(window: &Window, now: DateTime<Utc>) -> bool {
    matches!(window.time, Time::Once(span) if span.until <= now)
}

/// `MAINT-1 «db upgrade», scheduled, from 2026-01-02 02:00 UTC to 2026-01-02 04:00 UTC, of db: led by Ada`; nothing of work that is done.
fn work(incident: &Incident, names: &Names, now: DateTime<Utc>, tz: Tz) -> Option<String> {
    let plan = incident.plan.as_ref()?;
    let (from, until) = (by_clock(plan.span.from, tz), by_clock(plan.span.until, tz));
    let when = match incident.phase {
        Phase::Scheduled => format!("from {from} to {until}"),
        Phase::InProgress if plan.span.until < now => format!("was to be over {until}"),
        Phase::InProgress => format!("until {until}"),
        _ => return None,
    };
    let of =
        if plan.services.is_empty() { String::new() } else { format!(", of {}", plan.services.join(", ")) };
    let (id, title, phase) = (incident.id, &incident.title, names.phase(incident.phase));
    Some(format!("{id} «{title}», {phase}, {when}{of}: led by {}", incident.commander))
}

/// `window 2 «db upgrade», open until 2026-01-02 04:00 UTC: alerts with service=db are told with its name, by Ada`.
fn line(window: &Window, planned: Option<&Arrangement>, now: DateTime<Utc>, tz: Tz) -> String {
    let number = planned.map_or_else(String::new, |one| format!(" {}", one.id));
    let when = match (window.open_at(now), window.next_after(now)) {
        (Some(span), _) => format!("open until {}", by_clock(span.until, tz)),
        (None, Some(span)) => format!("from {} to {}", by_clock(span.from, tz), by_clock(span.until, tz)),
        (None, None) => "not in the days to come".to_owned(),
    };
    let labels: Vec<String> =
        window.matching.labels.iter().map(|(name, pattern)| format!("{name}={pattern}")).collect();
    let mut about =
        if labels.is_empty() { "alerts".to_owned() } else { format!("alerts with {}", labels.join(", ")) };
    if let Some(source) = &window.matching.source {
        about = format!("{about} from {source}");
    }
    let effect = match window.effect {
        Effect::Annotate => "are told with its name",
        Effect::Record => "are recorded, and told if they still fire when it ends",
    };
    let by = planned.map_or_else(|| ", by the settings".to_owned(), |one| format!(", by {}", one.by));
    format!("window{number} «{}», {when}: {about} {effect}{by}", window.name)
}
