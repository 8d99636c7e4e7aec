//! What and why, changes, and the report on alerts, as the console shows them.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use tokio::sync::Mutex;

use super::{
    alerts::safe_url,
    clock::{Clock, Stamp},
    picture,
};
use crate::{
    alert::{
        cause::{Evidence, Side, Story},
        change::{Change, Outcome, Picked},
        report::{Fired, Report, RuleLine},
    },
    desk::Desk,
    incident::refusal::Refusal,
};

/// Days that the page reports on.
pub const DAYS: i64 = 7;
/// Firings that the page looks at.
pub const FIRED_MAX: u32 = 20_000;
/// With more of them than this, they are not read again for every look at the page.
const MANY: usize = 2_000;
const KEPT: Duration = Duration::seconds(10);
/// Pieces of evidence in one list.
const LINES_MAX: usize = 6;
const RULES_MAX: usize = 12;

type Read = (DateTime<Utc>, Arc<Vec<Fired>>);

/// What fired of late: read anew for each look, but in a storm.
#[derive(Default)]
pub struct Recent(Mutex<Option<Read>>);

impl Recent {
    pub async fn fired(&self, desk: &Desk) -> Result<Arc<Vec<Fired>>, Refusal> {
        let now = desk.world.now();
        let mut kept = self.0.lock().await;
        if let Some((_, fired)) = kept.as_ref().filter(|(at, _)| now - *at < KEPT) {
            return Ok(fired.clone());
        }
        let fired = Arc::new(desk.fired(now - Duration::days(DAYS), FIRED_MAX).await?);
        *kept = (fired.len() > MANY).then(|| (now, fired.clone()));
        Ok(fired)
    }
}

pub struct EvidenceLine {
    pub situation: i64,
    pub title: String,
    pub more: usize,
    pub reason: String,
    pub severity: &'static str,
    pub is_firing: bool,
    pub began: Stamp,
    /// `What users feel`
    pub side: &'static str,
    pub tone: &'static str,
}

pub struct ChangeLine {
    pub at: Stamp,
    pub kind: &'static str,
    pub title: String,
    pub outcome: &'static str,
    pub tone: &'static str,
    /// Service, environment, who.
    pub about: String,
    pub url: Option<String>,
    /// How long before the impact, and of what; empty in a plain list.
    pub reason: String,
}

/// What is known of some alerts, in lists.
#[derive(Default)]
pub struct StoryView {
    pub what: Vec<EvidenceLine>,
    pub why: Vec<EvidenceLine>,
    pub consequences: Vec<EvidenceLine>,
    pub changes: Vec<ChangeLine>,
    /// Evidence that is not shown.
    pub more: usize,
}

impl StoryView {
    pub fn of(story: &Story, clock: &Clock) -> StoryView {
        let list = |side: Side| -> Vec<EvidenceLine> {
            story.of_side(side).take(LINES_MAX).map(|one| evidence(one, clock)).collect()
        };
        let (what, why, consequences) = (list(Side::What), list(Side::Why), list(Side::Consequence));
        let more = story.evidence.len() - what.len() - why.len() - consequences.len();
        let changes = story.changes.iter().map(|one| picked(one, clock)).collect();
        StoryView { what, why, consequences, changes, more }
    }

    pub fn is_empty(&self) -> bool {
        self.what.is_empty() && self.why.is_empty() && self.changes.is_empty()
    }
}

fn evidence(one: &Evidence, clock: &Clock) -> EvidenceLine {
    EvidenceLine {
        situation: one.situation,
        title: one.title.clone(),
        more: one.more,
        reason: one.reason.clone(),
        severity: one.severity.word(),
        is_firing: one.is_firing,
        began: clock.stamp(one.began),
        side: one.side.title(),
        tone: match one.side {
            Side::What => "what",
            Side::Why => "why",
            Side::Consequence | Side::Unclear => "calm",
        },
    }
}

/// What a situation tells of, in the story of those beside it.
pub fn of_situation(story: &Story, situation: i64, clock: &Clock) -> Vec<EvidenceLine> {
    let own = story.evidence.iter().filter(|one| one.situation == situation);
    let mut lines: Vec<EvidenceLine> = own.map(|one| evidence(one, clock)).collect();
    lines.dedup_by(|a, b| (a.side, &a.reason) == (b.side, &b.reason));
    lines.truncate(2);
    lines
}

pub fn change(change: &Change, clock: &Clock) -> ChangeLine {
    let about = [&change.service, &change.environment, &change.by];
    ChangeLine {
        at: clock.stamp(change.at),
        kind: change.kind.word(),
        title: change.title.clone(),
        outcome: if change.outcome == Outcome::Done { "" } else { change.outcome.word() },
        tone: match change.outcome {
            Outcome::Failed => "sev2",
            Outcome::Succeeded | Outcome::Done => "good",
            Outcome::Began | Outcome::Cancelled => "calm",
        },
        about: about.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" · "),
        url: change.url.as_deref().and_then(safe_url),
        reason: change.withdrawn.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}

fn picked(one: &Picked, clock: &Clock) -> ChangeLine {
    ChangeLine { reason: one.reason.clone(), ..change(&one.change, clock) }
}

pub struct RuleRow {
    pub rule: String,
    pub source: String,
    pub fired: u64,
    pub acted_on: u64,
    /// Of the width of its bar, in hundredths.
    pub acted_share: String,
    pub cries_wolf: bool,
    pub why: String,
    pub last_fired: Stamp,
}

pub struct ReportView {
    pub days: i64,
    pub fired: u64,
    pub acted_on: u64,
    pub rules: Vec<RuleRow>,
    pub more_rules: usize,
    /// The incident, its title, and the sentence of what first told of it.
    pub told: Vec<(String, String, String)>,
    pub late: Vec<(String, String)>,
    pub is_cut: bool,
}

impl ReportView {
    pub fn of(report: &Report, clock: &Clock) -> ReportView {
        let row = |line: &RuleLine| RuleRow {
            rule: line.rule.clone(),
            source: line.source.clone(),
            fired: line.fired,
            acted_on: line.acted_on,
            acted_share: picture::share(line.acted_on, line.fired),
            cries_wolf: line.cries_wolf,
            why: line.why.clone(),
            last_fired: clock.stamp(line.last_fired),
        };
        let told = report.incidents.iter().take(RULES_MAX);
        let late = report.late.iter().take(RULES_MAX).map(|late| match late.reason.as_str() {
            "" => (late.subject.clone(), format!("says {}", late.by)),
            reason => (late.subject.clone(), format!("says {}: {reason}", late.by)),
        });
        ReportView {
            days: DAYS,
            fired: report.fired,
            acted_on: report.acted_on,
            rules: report.rules.iter().take(RULES_MAX).map(row).collect(),
            more_rules: report.rules.len().saturating_sub(RULES_MAX),
            told: told.map(|one| (one.incident.clone(), one.title.clone(), one.sentence.clone())).collect(),
            late: late.collect(),
            is_cut: report.is_cut,
        }
    }
}
