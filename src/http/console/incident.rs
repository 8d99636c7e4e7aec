//! The incident's page: how it stands, what to do next, the command box, the timeline, and everything that can be
//! pressed.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use chrono::{DateTime, Utc};

use super::{
    Shared,
    board::Board,
    called::{self, Call},
    clock::{Due, Stamp},
    evidence::StoryView,
    frame::{self, Frame, Left},
    home::{self, severities},
    next::{Next, Step, next_step},
    playbook::Named,
    posts::{self, PostCard},
    record::{self, Record},
    timeline::{self, LineView},
};
use crate::{
    incident::{
        id::IncidentId,
        phase::Phase,
        refusal::Refusal,
        severity::Severity,
        state::{Incident, ObjectiveState},
    },
    people::Person,
    post::{self, Impact},
};

/// Entries shown here; the whole timeline has a page of its own.
const LINES_SHOWN: u64 = 60;
/// Lines offered for what is open on this incident.
const WORDS_MAX: usize = 40;

/// A press that moves the incident on.
struct Move {
    label: &'static str,
    command: &'static str,
    /// What the blank asks; empty for no blank.
    blank: &'static str,
    needs_text: bool,
}

#[derive(Template)]
#[template(path = "console/incident.html")]
struct Page {
    frame: Frame,
    id: String,
    title: String,
    /// Names, where it is restricted.
    seen_by: Option<String>,
    /// The operational period, and when it ends.
    period: Option<(u32, Due)>,
    /// Who has not answered the roll call yet.
    missing: String,
    summary: String,
    severity: Severity,
    /// Of what has one.
    severity_name: Option<String>,
    /// Of planned work: from when, until when, and of what.
    plan: Option<(Stamp, Stamp, String)>,
    phase: String,
    is_over: bool,
    /// The incident that it turned out to be.
    goes_on_as: Option<String>,
    commander: String,
    commander_since: Stamp,
    ic_title: &'static str,
    i_command: bool,
    command_offer: Option<(String, Due)>,
    declared: Option<Stamp>,
    public: PublicState,
    /// Who is being called, and has not answered.
    calls: Vec<Call>,
    next: Option<Next>,
    board: Board,
    playbooks: Vec<Named>,
    record: Record,
    story: StoryView,
    open_posts: Vec<PostCard>,
    settled_posts: Vec<PostCard>,
    lines: Vec<LineView>,
    entries: u64,
    moves: Vec<Move>,
    severities: Vec<(&'static str, String, String)>,
    /// The words of the matrix.
    rated_impacts: Vec<String>,
    rated_urgencies: Vec<String>,
    phases: Vec<(&'static str, &'static str, bool)>,
    impacts: Vec<(&'static str, bool)>,
    components: Vec<String>,
    states: &'static [(&'static str, &'static str)],
    next_minutes: u32,
}

/// What the public knows, and when it hears next.
struct PublicState {
    words: String,
    next: Option<Due>,
}

fn public_state(incident: &Incident, clock: &super::clock::Clock) -> PublicState {
    let words = match incident.last_published() {
        None if incident.phase.is_active() => "not told yet".to_owned(),
        None => "never told".to_owned(),
        Some(post) => format!("told «{}»", post.draft.phase.title()),
    };
    PublicState { words, next: incident.next_update_due.map(|at| clock.due(at, incident.real_time_at(at))) }
}

fn one(label: &'static str, command: &'static str, blank: &'static str, needs_text: bool) -> Move {
    Move { label, command, blank, needs_text }
}

fn moves(phase: Phase) -> Vec<Move> {
    let identify = || one("Cause found", "phase identify", "What is the cause?", false);
    let mitigate = || one("Mitigated, watching", "phase mitigate", "What brought it back?", false);
    let resolve = || one("Resolve", "resolve", "How was it mended?", false);
    let cancel = || one("Cancel: it is none", "cancel", "Why is it none?", true);
    let reopen = || one("Reopen", "reopen", "What broke again?", false);
    let close = || one("Close", "close", "Anything left to say?", false);
    let take_back = || one("Cancel it", "cancel", "Why does it not take place?", true);
    match phase {
        Phase::Triage => vec![one("Confirm: it is one", "phase confirm", "", false), cancel()],
        Phase::Investigating => vec![identify(), mitigate(), resolve(), cancel()],
        Phase::Identified => vec![mitigate(), resolve(), cancel()],
        Phase::Monitoring => vec![resolve(), reopen()],
        Phase::Resolved => vec![one("Start the review", "phase review", "", false), close(), reopen()],
        Phase::Review => vec![close(), reopen()],
        Phase::Closed | Phase::Cancelled | Phase::Merged => vec![],
        Phase::Scheduled => {
            vec![one("It begins now", "maintenance start", "", false), take_back()]
        }
        Phase::InProgress => vec![
            one("It is done", "maintenance complete", "How did it go?", false),
            one("30 minutes more", "maintenance extend 30m", "", false),
            take_back(),
        ],
        Phase::Completed => vec![close(), one("It goes on", "maintenance start", "What is left?", false)],
    }
}

/// Lines that fit what is open here.
fn words_here(incident: &Incident, me: &Person, now: DateTime<Utc>) -> Vec<String> {
    let tasks = incident.open_tasks().map(|task| match task.is_of(me) {
        true => format!("task done {} ", task.n),
        false => format!("task more {} 10m", task.n),
    });
    let posts = incident.open_posts().map(|one| match post::standing_approval(incident, one, now) {
        Ok(_) => format!("update publish {}", one.n),
        Err(_) => format!("update approve {}", one.n),
    });
    let open = incident.objectives.iter().filter(|objective| objective.state == ObjectiveState::Open);
    let objectives = open.map(|objective| format!("objective met {}", objective.n));
    tasks.chain(posts).chain(objectives).take(WORDS_MAX).collect()
}

pub async fn page(State(shared): State<Shared>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let Some(me) = shared.visitor(&headers) else {
        return frame::who_are_you(&shared, &format!("/console/i/{id}"));
    };
    match frame::incident_id(&id) {
        Ok(id) => show(&shared, &me, id, Left::carried(&headers)).await,
        Err(refusal) => frame::refusal_page(&shared, Some(&me), &refusal),
    }
}

pub async fn show(shared: &Shared, me: &Person, id: IncidentId, left: Left) -> Response {
    frame::answer(shared, me, build(shared, me, id, left).await)
}

async fn build(shared: &Shared, me: &Person, id: IncidentId, left: Left) -> Result<Page, Refusal> {
    let console = &shared.console;
    let desk = &console.desk;
    let settings = desk.settings();
    let policy = &settings.policy;
    let incident = desk.seen_by(me).incident(id).await?;
    let clock = frame::clock_at(shared, me, incident.time_at(desk.world.now()));
    let from = incident.seq.saturating_sub(LINES_SHOWN - 1);
    let lines = timeline::lines(desk, &incident, (from, incident.seq), &clock).await?;
    let (open_posts, settled_posts) = posts::cards(&incident, me, policy, &clock);
    let mut frame = Frame::new(shared, Some(me), format!("{id} {}", incident.title), "").leave(left);
    frame.banner = incident.kind().banner();
    frame.events = format!("/console/events?incident={id}");
    frame.incident = Some(id.to_string());
    frame.words_here = words_here(&incident, me, clock.now);
    let public_phase = incident.public_phase();
    let impact = incident.severity.impact();
    Ok(Page {
        frame,
        id: id.to_string(),
        title: incident.title.clone(),
        seen_by: record::seen_by(&incident),
        period: incident
            .period
            .as_ref()
            .map(|period| (period.n, clock.due(period.ends_at, incident.real_time_at(period.ends_at)))),
        missing: incident.unaccounted().iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", "),
        summary: incident.summary.clone(),
        severity: incident.severity,
        severity_name: policy.names.severity_of(incident.kind(), incident.severity),
        plan: incident.plan.as_ref().map(|plan| {
            (clock.stamp(plan.span.from), clock.stamp(plan.span.until), plan.services.join(", "))
        }),
        phase: home::phase(&policy.names, incident.phase),
        is_over: incident.phase.is_over(),
        goes_on_as: incident.merged_into.map(|into| into.to_string()),
        commander: incident.command_words(),
        commander_since: clock.stamp(incident.commander_since),
        ic_title: incident.command_title(policy.words),
        i_command: incident.commander.id == me.id,
        command_offer: incident.command_offer.as_ref().map(|offer| {
            (offer.to.to_string(), clock.due(offer.expires_at, incident.real_time_at(offer.expires_at)))
        }),
        declared: incident.milestones.declared.map(|at| clock.stamp(at)),
        public: public_state(&incident, &clock),
        calls: called::waiting(&incident),
        next: next_step(&incident, me, policy, clock.now),
        record: Record::of(&incident, desk.seen_by(me), policy, &clock).await,
        story: StoryView::of(&desk.story_of(&incident).await?, &clock),
        board: Board::of(&incident, me, policy, &clock),
        playbooks: Named::running(&incident),
        open_posts,
        settled_posts,
        lines,
        entries: incident.seq,
        moves: moves(incident.phase),
        severities: severities(&policy.names, Some(incident.severity)),
        rated_impacts: policy.matrix.impacts().to_vec(),
        rated_urgencies: policy.matrix.urgencies().to_vec(),
        phases: posts::phases(incident.kind())
            .iter()
            .map(|p| (p.word(), p.title(), *p == public_phase))
            .collect(),
        impacts: Impact::ALL.map(|one| (one.word(), one == impact)).to_vec(),
        components: console.components.iter().map(|component| component.name.clone()).collect(),
        states: &posts::STATES,
        next_minutes: policy.public_update_minutes(incident.severity),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        export::samples::{Journal, person},
        incident::{event::Event, kind::Kind},
    };

    #[test]
    fn only_what_is_open_is_offered_while_somebody_types() {
        let mut j = Journal::declared(Kind::Real, "Checkout fails", "2026-01-01T00:00:00Z");
        for n in 1..=3 {
            j.say("Ada", Some("ic"), Event::ObjectiveSet { n, text: "Customers can pay".into() });
        }
        j.say("Ada", Some("ic"), Event::ObjectiveMet { n: 1 });
        j.say("Ada", Some("ic"), Event::ObjectiveDropped { n: 2, reason: String::new() });
        assert_eq!(words_here(&j.paper().incident, &person("Ada"), j.at), ["objective met 3"]);
    }
}
