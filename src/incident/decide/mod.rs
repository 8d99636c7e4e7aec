//! The rules: what a command does to an incident, or why not. Pure: state, command and time in, events out.
//!
//! One file a noun: `access` (who may see it), `accountability` (roll calls, unity of command), `period`, `planned` (work with a
//! time of its own), `declare` (who opens), `lifecycle`, `merge` (duplicates), `milestones`, `taxonomy` (types and fields),
//! `relations` (sub-incidents), `command`, `unified` (command of several), `roles`, `work` (objectives, tasks, reports),
//! `hazards`, `actions` (said before they are done), `consent` (proposals and objections), `aid` (help, silence), `paging` (whom
//! to wake), `executive` (who interrupts), `playbook`, `log` (notes, corrections, key moments, alerts), `posts` (what the public
//! is told), `reminders` (what is owed, said together), `rule` (what a rule on alerts gives along), `clockwork` (timers,
//! deliveries, drills). `policy` (settings) and `rights` (who may) come before them, `checks` are what all of them ask.

mod access;
mod accountability;
mod actions;
mod aid;
mod checks;
mod clockwork;
mod command;
mod consent;
mod declare;
mod executive;
mod hazards;
mod lifecycle;
mod log;
mod merge;
mod milestones;
mod paging;
mod period;
mod planned;
mod playbook;
mod policy;
mod posts;
mod relations;
mod reminders;
mod rights;
mod roles;
mod rule;
mod taxonomy;
mod unified;
mod work;

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};

use checks::{
    after, answers_for_all, clean, is_real, lasts_within, optional_text, room_for, text, text_within,
};
pub use checks::{ahead, span, stated, when};
pub use executive::ASKED_ANEW as EXECUTIVE_ANSWER_WITHIN;
pub(super) use lifecycle::last_word_due;
pub use playbook::{is_so, ticks, to_say};
pub use policy::{Policy, Reserved};
pub use reminders::{TOGETHER, early_by};
use rights::{allowed_when_over, permit, verb_of};

use super::{
    chart::Chart,
    command::{Command, Declare, StatedTime, Verb, Whom},
    event::{Event, TimeSource},
    kind::Kind,
    permission::{Standing, may},
    phase::Phase,
    refusal::Refusal,
    role::Role,
    severity::Severity,
    state::Incident,
};
use crate::{people::Person, wall::dated};

/// What a reply names by its number: how its words begin.
fn named(text: &str) -> String {
    super::sentence::ended(&super::sentence::brief(text))
}

/// An entry that a correction or redaction names, looked up beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub seq: u64,
    pub name: &'static str,
    pub author: Person,
    pub is_correctable: bool,
    pub is_redactable: bool,
    pub is_redacted: bool,
    /// Where its incident goes on, it is known which entries have the words of those here.
    pub is_followed: bool,
}

/// What the rules see besides state and command.
#[derive(Debug, Clone)]
pub struct Scene<'a> {
    pub person: &'a Person,
    /// The house acts: a timer, a rule, a drill's controller.
    pub is_house: bool,
    /// They come with the rights of an admin, which is for breaking the glass.
    pub is_admin: bool,
    /// The incident's own time (a drill has its own clock).
    pub now: DateTime<Utc>,
    pub policy: &'a Policy,
    pub target: Option<&'a Target>,
}

/// An event and the time it is given; no time is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    pub event: Event,
    pub at: Option<(DateTime<Utc>, TimeSource)>,
}

impl From<Event> for Happened {
    fn from(event: Event) -> Self {
        Happened { event, at: None }
    }
}

/// What is appended, and what the person is told. No events: a reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub events: Vec<Happened>,
    pub reply: String,
    /// What the reply says, to be drawn where pictures can be shown.
    pub chart: Option<Chart>,
}

impl Decision {
    fn one(event: Event, reply: impl Into<String>) -> Self {
        Self::many([event], reply)
    }
    fn many<E: Into<Happened>>(events: impl IntoIterator<Item = E>, reply: impl Into<String>) -> Self {
        Self { events: events.into_iter().map(E::into).collect(), ..Self::read(reply) }
    }
    fn read(reply: impl Into<String>) -> Self {
        Self { events: vec![], reply: reply.into(), chart: None }
    }
    fn drawn(chart: Chart) -> Self {
        Self { reply: chart.text(), chart: Some(chart), ..Self::read("") }
    }
}

pub type Ruling = Result<Decision, Refusal>;

/// Opens an incident, or says why not.
pub fn open(declare: &Declare, scene: &Scene<'_>) -> Ruling {
    // A suspicion may be anybody's; to lift it to an incident is for who may declare one.
    if !scene.is_house && !declare.triage {
        scene.policy.reserved.check(Verb::Declare, scene.person, declare.kind)?;
    }
    declare::open(declare, scene)
}

/// Decides a command on an incident as it stands.
pub fn decide(incident: &Incident, command: &Command, scene: &Scene<'_>) -> Ruling {
    access::check(incident, command, scene)?;
    // Said before it is asked whether they may: to take a role is for more people than to offer one.
    if let Command::OfferRole { role, to } = command
        && to.id == scene.person.id
        && !incident.phase.is_over()
    {
        return Err(roles::to_oneself(incident, role, scene));
    }
    if let Err(refusal) = permit(incident, command, scene) {
        return executive::question(incident, command, scene).ok_or(refusal);
    }
    if incident.phase.is_over() && !allowed_when_over(command) {
        return Err(Refusal::conflict(
            format!(
                "{} has been {} since {}.",
                incident.id,
                scene.policy.names.standing(incident.phase),
                when(incident.milestones.closed)
            ),
            match incident.merged_into {
                Some(into) => format!(
                    "It was merged into {into}: say what is new there; or, where that was cancelled, open this one again: \
                     `reopen REASON`. Late entries, corrections and redactions still go in here."
                ),
                None => "Late entries, corrections and redactions still go in; for anything new, declare a new incident."
                    .to_owned(),
            },
        ));
    }
    use Command::*;
    match command {
        Retitle { title } => lifecycle::retitle(incident, title, scene),
        Summarize { text } => lifecycle::summarize(text, scene),
        Severity { to, reason } => lifecycle::severity(incident, *to, None, reason, scene),
        Rate { to, rated, reason } => lifecycle::severity(incident, *to, Some(rated), reason, scene),
        MoveWork { from, until } => planned::shift(incident, *from, *until, scene),
        ExtendWork { minutes } => planned::extend(incident, *minutes, scene),
        Confirm { severity } => lifecycle::confirm(incident, *severity, scene),
        Enter { phase, reason } => lifecycle::enter(incident, *phase, reason, scene),
        Merge { into, other, reason } => merge::merge(incident, *into, other.as_ref(), reason, scene),
        SetType { name } => taxonomy::set_type(incident, name, scene),
        Types => Ok(Decision::read(taxonomy::types(incident, scene))),
        SetField { name, value } => taxonomy::set_field(incident, name, value, scene),
        Fields => Ok(Decision::read(taxonomy::fields(incident, scene))),
        SetMilestone { milestone, at, reason } => milestones::set(incident, *milestone, *at, reason, scene),
        Milestones => Ok(Decision::read(milestones::list(incident))),
        PutUnder { parent, facts } => relations::put_under(incident, *parent, facts.as_ref()),
        LeaveParent { reason } => relations::leave(incident, reason, scene),
        Subs { parts } => Ok(Decision::read(relations::list(incident, parts, &scene.policy.names))),
        ReopenMerged { reason } => lifecycle::reopen_merged(incident, reason, scene),
        CloseLeavingSubs { reason } => lifecycle::close_leaving_subs(incident, reason, scene),
        TakeCommand { force, reason } => command::take(incident, *force, reason, scene),
        OfferCommand { to } => command::offer(incident, to, scene),
        AcceptCommand => command::accept(incident, scene),
        DeclineCommand { reason } => command::decline(incident, reason, scene),
        WithdrawCommand => command::withdraw(incident),
        Unify { to, organization } => unified::offer(incident, to, organization, scene),
        JoinCommand => unified::join(incident, scene),
        Separate { who, reason } => unified::separate(incident, who.as_ref(), reason, scene),
        Briefing => Ok(Decision::read(super::briefing::text(incident, scene.now, scene.policy))),
        Summary => Ok(Decision::read(super::summary::text(incident, scene.policy, scene.now))),
        TakeRole { role } => roles::take(incident, role, scene),
        OfferRole { role, to } => roles::offer(incident, role, to, scene),
        AcceptRole { role } => roles::accept(incident, role.as_ref(), scene),
        DeclineRole { role, reason } => roles::decline(incident, role.as_ref(), reason, scene),
        RelieveRole { role, person, reason } => {
            roles::relieve(incident, role, person.as_ref(), reason, scene)
        }
        ReleaseRole { role } => roles::release(incident, role, scene),
        Chart => Ok(Decision::drawn(super::chart::Chart::of(incident, scene.policy.words, scene.now))),
        Roles => Ok(Decision::read(roles::list(incident, scene))),
        CheckIn { who, note } => roles::check_in(incident, who.as_ref(), note, scene),
        CheckOut { who, note } => roles::check_out(incident, who.as_ref(), note, scene),
        Crew => Ok(Decision::read(roles::crew(incident, scene))),
        RollCall { minutes } => accountability::roll_call(incident, *minutes, scene),
        Here { note } => accountability::here(incident, note, scene),
        ReportTo { who, to } => accountability::report_to(incident, who, to, scene),
        StartPeriod { minutes, emphasis } => period::start(incident, *minutes, emphasis, scene),
        EndPeriod { reason } => period::end(incident, reason, scene),
        Restrict { reason } => access::restrict(incident, reason, scene),
        OpenUp { reason } => access::open_up(incident, reason, scene),
        Admit { who } => access::admit(incident, who),
        Expel { who, reason } => access::expel(incident, who, reason, scene),
        BreakGlass { reason } => access::break_glass(incident, reason, scene),
        SetObjective { text } => work::set_objective(incident, text, scene),
        MeetObjective { n } => work::meet_objective(incident, *n),
        DropObjective { n, reason } => work::drop_objective(incident, *n, reason, scene),
        Objectives => Ok(Decision::read(work::objectives(incident, scene))),
        AssignTask { owner, text, minutes } => work::assign(incident, owner.as_ref(), text, *minutes, scene),
        UnderstandTask { n } => work::understand(incident, *n, scene),
        ExtendTask { n, minutes } => work::extend(incident, *n, *minutes, scene),
        ReportTask { n, result } => work::report(incident, *n, result, scene),
        CancelTask { n, reason } => work::cancel(incident, *n, reason, scene),
        DeclineTask { n, reason } => work::decline(incident, *n, reason, scene),
        ReopenTask { n, reason, minutes } => work::reopen(incident, *n, reason, *minutes, scene),
        GiveTask { n, owner, minutes } => work::give(incident, *n, owner.as_ref(), *minutes, scene),
        NameHazard { text, mitigation } => hazards::name(incident, text, mitigation, scene),
        ClearHazard { n, reason } => hazards::clear(incident, *n, reason, scene),
        Hazards => Ok(Decision::read(hazards::list(incident))),
        Can { service, conditions, actions, needs } => {
            work::can(incident, service, conditions, actions, needs, scene)
        }
        CorrectCan { service, conditions, actions, needs } => {
            work::correct_last_can(incident, service, [conditions, actions, needs], scene)
        }
        Decide { text } => log::decision(incident, text, scene),
        BeginPlaybook { id } => playbook::begin(incident, id, scene),
        TickStep { step, result } => playbook::tick(incident, step, result, scene),
        SkipStep { step, reason } => playbook::skip(incident, step, reason, scene),
        UndoStep { step } => playbook::undo(incident, step, scene),
        Steps => Ok(Decision::read(playbook::show(incident, scene))),
        Playbooks => Ok(Decision::read(playbook::list(incident, scene))),
        Announce { text, is_risky, minutes } => actions::announce(incident, text, *is_risky, *minutes, scene),
        ClearAction { n } => actions::go(incident, *n, scene),
        HoldAction { n, reason } => actions::hold(incident, *n, reason, scene),
        FinishAction { n, result } => actions::done(incident, *n, result, scene),
        DropAction { n, reason } => actions::drop_action(incident, *n, reason, scene),
        StopActions { reason } => actions::stop(incident, reason, scene),
        ResumeActions { reason } => actions::resume(incident, reason, scene),
        Actions => Ok(Decision::read(actions::list(incident))),
        Propose { text, minutes } => consent::propose(incident, text, *minutes, scene),
        Object { n, reason } => consent::object(incident, *n, reason, scene),
        WithdrawProposal { n, reason } => consent::withdraw(incident, *n, reason, scene),
        SettleProposal { n } => consent::settle(incident, *n),
        Proposals => Ok(Decision::read(consent::list(incident))),
        Next => Ok(Decision::read(super::next::text(incident, scene.person, scene.policy, scene.now))),
        Assist { text } => aid::assist(incident, text, scene),
        Quiet { minutes } => aid::quiet(*minutes, scene),
        BeginPaging { whom, about } => paging::begin(incident, whom, about, scene),
        AcknowledgePages => paging::acknowledge(incident, scene),
        StopPaging { reason } => paging::stop(incident, reason, scene),
        Pagings => Ok(Decision::read(paging::list(incident))),
        PageNext { n, step, round, calls } => paging::next(incident, *n, (*step, *round), calls, scene),
        Regroup { was, into, facts } => Ok(relations::regroup(incident, *was, *into, facts.as_ref())),
        RedactToo { there, targets } => Ok(merge::redact_too(incident, *there, targets)),
        PageFailed { n, to, pager, why } => paging::failed(incident, *n, to.as_ref(), pager, why),
        Note { text, at } => log::note(text, *at, scene),
        NoteMark { text } => log::mark(text, scene),
        NoteSpan { text, from, until } => log::note_span(text, *from, *until, scene),
        AddLink { label, url, sum } => log::link(incident, label, url, sum.as_ref()),
        Correct { target, text, at, reason, follows } => {
            log::correct(incident, *target, text, (*at, reason), *follows, scene)
        }
        Redact { target, reason } => log::redact(incident, *target, reason, scene),
        Pin { target } => log::pin(incident, *target, scene),
        Unpin { target } => log::unpin(incident, *target),
        LinkSituation { situation, facts } => {
            log::link_situation(incident, *situation, facts.as_ref(), scene)
        }
        SituationMoved { facts } => log::situation_moved(incident, facts, scene),
        Draft(draft) => posts::draft(incident, draft, scene),
        Approve { n, alone } => posts::approve(incident, *n, alone.as_deref(), scene),
        Publish { n } => posts::publish(incident, *n, scene),
        DropPost { n, reason } => posts::drop_post(incident, *n, reason, scene),
        Status => Ok(Decision::read(super::briefing::status(incident, scene.now, scene.policy))),
        Timer(kind) => clockwork::timer(incident, kind, scene),
        Remind(kinds) => reminders::together(incident, kinds, scene),
        Delivered { post, destination, result } => clockwork::delivered(incident, *post, destination, result),
        ChatLost { chat, since, is_deaf } => clockwork::chat_lost(incident, chat, *since, *is_deaf),
        ChatBack { chat, at } => clockwork::chat_back(incident, chat, *at),
        Inject { id, from, to, text } => clockwork::inject(incident, id, from, to, text, scene),
        Observe { text } => clockwork::observe(incident, text, scene),
        Endex { reason } => clockwork::endex(incident, reason, scene),
    }
}

#[cfg(test)]
mod tests;
