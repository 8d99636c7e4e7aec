//! Rosters that another system keeps: asked on a period, the last answer kept, so that it holds while the other is away.

use std::{sync::Arc, time::Duration as StdDuration};

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use chrono_tz::Tz;
use reqwest::{Client, Url};
use serde::Deserialize;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{CONNECT_MS, TOTAL_MS};
use crate::{
    alert::text::one_line,
    config::{Config, PagerKind, RosterSource, Secret, SourceKind},
    desk::Desk,
    outbox::wire::{self, Answer, Lost},
    people::Person,
    roster::{
        Fetched, Span,
        ical::{self, Someone},
    },
};

/// Rows of PagerDuty asked for at once, and pages of them, or of Grafana OnCall.
const ROWS: usize = 100;
const PAGES_MAX: usize = 20;
/// Characters of another system's own words that are told.
const WORDS_CHARS_MAX: usize = 200;
/// What GoAlert is asked. Its API keys are made for one query, letter for letter: this one stands in docs/oncall.md.
pub(super) const GOALERT_QUERY: &str = "query ($schedule: ID!, $from: ISOTimestamp!, $until: ISOTimestamp!) { schedule(id: $schedule) { shifts(start: $from, end: $until) { start end userID user { name email } } } }";

/// One roster's other system.
pub struct Source {
    roster: String,
    tz: Tz,
    settings: RosterSource,
    people: Vec<Someone>,
    client: Client,
}

#[derive(Deserialize)]
struct OnCalls {
    oncalls: Vec<OnCall>,
    #[serde(default)]
    more: bool,
}

#[derive(Deserialize)]
struct OnCall {
    user: User,
    start: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct User {
    summary: Option<String>,
    email: Option<String>,
}

/// What GraphQL answers: with some errors there is no data.
#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    data: Option<ToldSchedule>,
    #[serde(default)]
    errors: Vec<ToldError>,
}

#[derive(Deserialize)]
struct ToldError {
    message: String,
}

#[derive(Deserialize)]
struct ToldSchedule {
    schedule: Option<Shifts>,
}

#[derive(Deserialize)]
struct Shifts {
    shifts: Vec<Shift>,
}

#[derive(Deserialize)]
struct Shift {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    #[serde(rename = "userID")]
    user_id: String,
    user: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    #[serde(default)]
    email: String,
}

#[derive(Deserialize)]
struct FinalShifts {
    #[serde(default)]
    next: Option<String>,
    results: Vec<FinalShift>,
}

#[derive(Deserialize)]
struct FinalShift {
    #[serde(default)]
    user_email: Option<String>,
    #[serde(default)]
    user_username: Option<String>,
    shift_start: DateTime<Utc>,
    shift_end: DateTime<Utc>,
}

impl Source {
    /// Those that the settings name.
    ///
    /// # Errors
    /// A sentence for whoever wrote the settings.
    pub fn all(config: &Config) -> Result<Vec<Source>, String> {
        let mails = |id: &str| {
            let addresses = config.addresses().into_iter();
            let theirs = addresses.filter(|((person, pager), _)| {
                person == id && config.pagers.get(pager).is_some_and(|pager| pager.kind == PagerKind::Email)
            });
            theirs.map(|(_, address)| address).collect()
        };
        let people: Vec<Someone> = config
            .person
            .iter()
            .map(|one| Someone {
                person: Person { id: one.id.clone(), name: one.name.clone() },
                mails: mails(&one.id),
            })
            .collect();
        let sources = config.roster.iter().filter_map(|roster| Some((roster, roster.source.clone()?)));
        sources
            .map(|(roster, settings)| {
                Ok(Source {
                    roster: roster.name.clone(),
                    tz: roster.time_zone.unwrap_or(config.organization.time_zone),
                    settings,
                    people: people.clone(),
                    client: wire::client(CONNECT_MS, TOTAL_MS)?,
                })
            })
            .collect()
    }

    /// Keeps what it says, again and again, until told to stop.
    pub async fn keep_fresh(self: Arc<Self>, desk: Arc<Desk>, stop: CancellationToken) {
        loop {
            tokio::select! {
                // Looked at first: from then on another source may stand in its place, and what this one hears is not kept.
                biased;
                () = stop.cancelled() => return,
                () = self.refresh(&desk) => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(StdDuration::from_secs(u64::from(self.settings.every_minutes) * 60)) => {}
            }
        }
    }

    /// Asks once, and keeps the answer, or why there is none.
    pub async fn refresh(&self, desk: &Desk) {
        let asked = self.ask(desk.world.now()).await;
        if let Err(why) = &asked {
            tracing::warn!(
                roster = self.roster,
                why,
                "who is on call could not be asked; the last answer holds"
            );
        }
        if let Err(refusal) = desk.keep_fetched(&self.roster, asked).await {
            tracing::warn!(roster = self.roster, %refusal, "who is on call could not be written down");
        }
    }

    /// # Errors
    /// A sentence without the address, which is a secret.
    pub(super) async fn ask(&self, now: DateTime<Utc>) -> Result<Vec<Span>, String> {
        let from = now - Duration::days(Fetched::BEFORE_DAYS);
        let until = now + Duration::days(Fetched::AHEAD_DAYS);
        match self.settings.kind {
            SourceKind::Ical => self.calendar(from, until).await,
            SourceKind::Pagerduty => self.pagerduty(from, until).await,
            SourceKind::Goalert => self.goalert(from, until).await,
            SourceKind::GrafanaOncall => self.grafana_oncall(from, until).await,
        }
    }

    /// After <https://github.com/target/goalert/blob/master/graphql2/schema.graphql>: `Schedule.shifts`, of at most 50 days.
    async fn goalert(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Span>, String> {
        let (url, key) = (self.at(&["api", "graphql"])?, self.settings.token.clone().unwrap_or_default());
        let asked = json!({
            "query": GOALERT_QUERY,
            "variables": { "schedule": self.settings.schedule, "from": time(from), "until": time(until) },
        });
        let request = self.client.post(url).bearer_auth(key.expose()).json(&asked);
        let answer = wire::call(request).await;
        // It refuses with 200, 401 and 422; the words stand in the body.
        let refused = answer.as_ref().ok().and_then(Answer::json::<Told>);
        if let Some(error) = refused.and_then(|told| told.errors.into_iter().next()) {
            return Err(format!("GoAlert says: {}", one_line(&key.redact(&error.message), WORDS_CHARS_MAX)));
        }
        let told: Told =
            taken("GoAlert", answer, &[&key])?.json().ok_or("GoAlert's answer could not be read")?;
        let schedule = told.data.and_then(|data| data.schedule).ok_or("GoAlert knows no such schedule")?;
        let span = |one: Shift| Span {
            person: match &one.user {
                Some(user) => self.known_by(&user.email, &user.name),
                None => self.known_by("", &one.user_id),
            },
            from: one.start,
            until: one.end,
        };
        Ok(in_order(schedule.shifts.into_iter().map(span).collect()))
    }

    /// After <https://grafana.com/docs/oncall/latest/oncall-api-reference/schedules/>: final shifts, fifty on a page.
    async fn grafana_oncall(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Span>, String> {
        let schedule = self.settings.schedule.as_deref().unwrap_or_default();
        let base = self.at(&["api", "v1", "schedules", schedule, "final_shifts"])?;
        let key = self.settings.token.clone().unwrap_or_default();
        let mut spans = Vec::new();
        for page in 1..=PAGES_MAX {
            let mut url = base.clone();
            url.query_pairs_mut()
                .append_pair("start_date", &from.format("%Y-%m-%d").to_string())
                .append_pair("end_date", &until.format("%Y-%m-%d").to_string())
                .append_pair("page", &page.to_string());
            // Its tokens stand there without a word before them.
            let request = self.client.get(url).header("authorization", key.expose());
            let answer = taken("Grafana OnCall", wire::call(request).await, &[&key])?;
            let rows: FinalShifts = answer.json().ok_or("Grafana OnCall's answer could not be read")?;
            spans.extend(rows.results.iter().map(|one| Span {
                person: self.known_by(
                    one.user_email.as_deref().unwrap_or_default(),
                    one.user_username.as_deref().unwrap_or_default(),
                ),
                from: one.shift_start,
                until: one.shift_end,
            }));
            if rows.next.is_none() {
                return Ok(in_order(spans));
            }
        }
        Err(endless("Grafana OnCall"))
    }

    /// A place below the address in the settings.
    fn at(&self, path: &[&str]) -> Result<Url, String> {
        let mut url = wire::base_url("roster.source.url", self.settings.url.as_deref().unwrap_or_default())?;
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        Ok(url)
    }

    async fn calendar(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Span>, String> {
        let url = self.settings.calendar.clone().unwrap_or_default();
        let url = wire::base_url("roster.source.calendar", url.expose())
            .map_err(|_| "the calendar's address must begin with https://".to_owned())?;
        let answer = taken("the calendar", wire::call(self.client.get(url)).await, &[])?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let (people, tz) = (self.people.clone(), self.tz);
        // A large one takes a while.
        let read = tokio::task::spawn_blocking(move || ical::read(&text, &people, tz, from, until));
        read.await.map_err(|_| "the calendar could not be read".to_owned())?
    }

    async fn pagerduty(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Span>, String> {
        let base = self.settings.url.as_deref().unwrap_or("https://api.pagerduty.com");
        let base = wire::base_url("roster.source.url", base)?;
        let key = self.settings.token.clone().unwrap_or_default();
        let mut spans = Vec::new();
        for page in 0..PAGES_MAX {
            let mut url = base.clone();
            if let Ok(mut segments) = url.path_segments_mut() {
                segments.pop_if_empty().push("oncalls");
            }
            url.query_pairs_mut()
                .append_pair("schedule_ids[]", self.settings.schedule.as_deref().unwrap_or_default())
                .append_pair("include[]", "users")
                .append_pair("since", &time(from))
                .append_pair("until", &time(until))
                .append_pair("limit", &ROWS.to_string())
                .append_pair("offset", &(page * ROWS).to_string());
            let request = self
                .client
                .get(url)
                .header("authorization", format!("Token token={}", key.expose()))
                .header("accept", "application/vnd.pagerduty+json;version=2")
                .header("content-type", "application/json");
            let answer = taken("PagerDuty", wire::call(request).await, &[&key])?;
            let rows: OnCalls = answer.json().ok_or("PagerDuty's answer could not be read")?;
            spans.extend(rows.oncalls.into_iter().map(|one| Span {
                person: self.whose(&one.user),
                from: one.start.unwrap_or(from),
                until: one.end.unwrap_or(until),
            }));
            if !rows.more {
                // The same turn stands there once for each escalation policy that has it.
                return Ok(in_order(spans));
            }
        }
        Err(endless("PagerDuty"))
    }

    fn whose(&self, user: &User) -> Person {
        self.known_by(user.email.as_deref().unwrap_or_default(), user.summary.as_deref().unwrap_or_default())
    }

    /// Somebody by their address, else by their name.
    fn known_by(&self, mail: &str, name: &str) -> Person {
        let by_mail = |one: &&Someone| one.mails.iter().any(|own| own.eq_ignore_ascii_case(mail));
        match self.people.iter().find(by_mail) {
            Some(one) => one.person.clone(),
            None => ical::by_name(name, &self.people),
        }
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Part of a schedule would have somebody on call of whom the rest says otherwise.
fn endless(name: &str) -> String {
    format!(
        "{name} has more than {PAGES_MAX} pages of turns for {} days",
        Fetched::BEFORE_DAYS + Fetched::AHEAD_DAYS
    )
}

/// Turns in their order, each once.
fn in_order(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| (span.from, span.until));
    spans.dedup();
    spans
}

fn taken(name: &str, called: Result<Answer, Lost>, secrets: &[&Secret]) -> Result<Answer, String> {
    match called {
        Ok(answer) if answer.ok() => Ok(answer),
        // What a calendar's server says may hold its address.
        Ok(answer) if secrets.is_empty() => Err(format!("{name} answered {}", answer.status)),
        Ok(answer) => Err(format!("{name} answered {}: {}", answer.status, answer.quote(secrets))),
        Err(lost) => Err(format!("{name} could not be reached: {}", lost.why())),
    }
}
