//! The playbooks of an incident: every step by whose it is, how far it is, and what the reader can do about it.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};

use super::{
    Shared,
    clock::{Clock, Due, Stamp},
    frame::{self, Frame, Left},
};
use crate::{
    incident::{
        command::Verb,
        decide,
        id::IncidentId,
        next::allowed,
        play::Playbook,
        refusal::Refusal,
        role::Words,
        state::{Incident, Place, Play, StepState},
    },
    people::Person,
};

/// How a form says that it was sent from this page.
pub const PAGE: &str = "playbook";

/// A step, and what can be pressed.
pub struct StepView {
    /// Tells its forms from those of the others.
    pub key: String,
    /// By what it is named in a command.
    pub name: String,
    pub text: String,
    /// `open`, `due`, `waits for approval`, `not yet`, `done`, `left out`.
    pub state: &'static str,
    pub tone: &'static str,
    pub is_settled: bool,
    /// Since when its time has come again.
    pub due_since: Option<Stamp>,
    /// When it comes again.
    pub again: Option<Due>,
    pub every_minutes: Option<u32>,
    /// Whose approval it needs.
    pub approver: Option<String>,
    /// What must hold before it is asked for.
    pub only: Option<String>,
    /// The words that do it.
    pub say: Option<String>,
    pub has_blank: bool,
    pub by: Option<String>,
    pub at: Option<Stamp>,
    /// What came of it, or why it was left out.
    pub words: String,
    /// It is asked for, and the reader may tick it, say its words and leave it out.
    pub can_settle: bool,
    pub can_undo: bool,
}

/// The steps of one role.
pub struct Group {
    pub role: String,
    /// Who does them now: the role's holders, else whom it reports to.
    pub people: Vec<String>,
    pub is_mine: bool,
    pub steps: Vec<StepView>,
}

pub struct PlayView {
    pub id: String,
    pub title: String,
    pub settled: usize,
    pub steps: usize,
    pub groups: Vec<Group>,
}

/// A playbook in a list: one that runs, or one that could be begun.
pub struct Named {
    pub id: String,
    pub title: String,
    pub is_for: String,
    pub settled: usize,
    pub steps: usize,
}

impl Named {
    fn of(book: &Playbook, settled: usize) -> Named {
        let (id, title, is_for) = (book.id.clone(), book.title.clone(), book.is_for());
        Named { id, title, is_for, settled, steps: book.steps.len() }
    }

    /// Those that run on an incident.
    pub fn running(incident: &Incident) -> Vec<Named> {
        incident.plays.iter().map(|play| Named::of(&play.playbook, play.settled())).collect()
    }
}

#[derive(Template)]
#[template(path = "console/playbook.html")]
struct Page {
    frame: Frame,
    id: String,
    title: String,
    is_over: bool,
    plays: Vec<PlayView>,
    /// Those that were not begun.
    others: Vec<Named>,
    can_begin: bool,
}

/// Who looks at an incident, and how times and roles are written for them.
struct Reader<'a> {
    incident: &'a Incident,
    me: &'a Person,
    words: Words,
    clock: &'a Clock,
}

impl Reader<'_> {
    fn step(&self, place: &Place<'_>) -> StepView {
        let Reader { incident, me, clock, .. } = *self;
        let (step, progress) = (place.step, place.progress);
        let is_open = progress.is_open();
        let is_asked_for = step.when.holds(incident);
        let (state, tone) = match progress.state {
            StepState::Done => ("done", "good"),
            StepState::Skipped => ("left out", "calm"),
            StepState::Open if !is_asked_for => ("not yet", "calm"),
            StepState::Open if step.approve.is_some() => ("waits for approval", "warn"),
            StepState::Open if progress.due_since.is_some() => ("due", "sev1"),
            StepState::Open => ("open", "sev3"),
        };
        let may_act = !incident.phase.is_over()
            && allowed(incident, me, Verb::Play)
            && decide::ticks(incident, step, me);
        let (play, nth) = place.number;
        StepView {
            key: format!("{play}-{nth}"),
            name: incident.step_name(place),
            text: step.text.clone(),
            state,
            tone,
            is_settled: !is_open,
            due_since: progress.due_since.map(|at| clock.stamp(at)),
            again: progress
                .again_at
                .filter(|_| incident.phase.is_active())
                .map(|at| clock.due(at, incident.real_time_at(at))),
            every_minutes: step.every_minutes,
            approver: step.approve.as_ref().map(|role| role.shown(self.words)),
            only: (is_open && !is_asked_for).then(|| step.when.in_words()),
            say: step.say.clone(),
            has_blank: step.has_blank(),
            by: progress.by.as_ref().map(Person::to_string),
            at: progress.at.map(|at| clock.stamp(at)),
            words: progress.words.clone(),
            can_settle: may_act && is_open && is_asked_for,
            can_undo: may_act && !is_open,
        }
    }

    /// The steps by whose they are, in the order in which the roles come first.
    fn play(&self, play: &Play) -> PlayView {
        let mut groups: Vec<Group> = Vec::new();
        let own = |place: &Place<'_>| place.play.playbook.id == play.playbook.id;
        for place in self.incident.steps().filter(own) {
            let (role, view) = (place.step.role.shown(self.words), self.step(&place));
            if let Some(group) = groups.iter_mut().find(|group| group.role == role) {
                group.steps.push(view);
                continue;
            }
            let people = self.incident.holders(&place.step.role);
            groups.push(Group {
                role,
                is_mine: people.iter().any(|one| one.id == self.me.id),
                people: people.into_iter().map(Person::to_string).collect(),
                steps: vec![view],
            });
        }
        PlayView {
            id: play.playbook.id.clone(),
            title: play.playbook.title.clone(),
            settled: play.settled(),
            steps: play.playbook.steps.len(),
            groups,
        }
    }
}

pub async fn page(State(shared): State<Shared>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let Some(me) = shared.visitor(&headers) else {
        return frame::who_are_you(&shared, &format!("/console/i/{id}/playbook"));
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
    let desk = &shared.console.desk;
    let incident = desk.seen_by(me).incident(id).await?;
    let clock = frame::clock_at(shared, me, incident.time_at(desk.world.now()));
    let settings = desk.settings();
    let reader = Reader { incident: &incident, me, words: settings.policy.words, clock: &clock };
    let known = &settings.policy.playbooks;
    let others = known.iter().filter(|book| incident.play(&book.id).is_none());
    let mut frame = Frame::new(shared, Some(me), format!("Playbooks of {id}"), "").leave(left);
    frame.banner = incident.kind().banner();
    frame.events = format!("/console/events?incident={id}");
    frame.incident = Some(id.to_string());
    frame.page = PAGE;
    Ok(Page {
        frame,
        id: id.to_string(),
        title: incident.title.clone(),
        is_over: incident.phase.is_over(),
        plays: incident.plays.iter().map(|play| reader.play(play)).collect(),
        others: others.map(|book| Named::of(book, 0)).collect(),
        can_begin: !incident.phase.is_over() && allowed(&incident, me, Verb::Play),
    })
}
