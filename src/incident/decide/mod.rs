//! The rules: what a command does to an incident, or why not. Pure: state, command and time in, events out.
//!
//! One file a noun: `access` (who may see it), `accountability` (roll calls, unity of command), `period`, `lifecycle`,
//! `milestones`, `taxonomy` (types and fields), `relations` (sub-incidents), `command`, `unified` (command of several), `roles`,
//! `work` (objectives, tasks, reports), `actions` (said before they are done), `consent` (proposals and objections), `aid` (help,
//! silence), `paging` (whom to wake), `executive` (who interrupts), `playbook`, `log` (notes, corrections, key moments, alerts), `posts` (what the
//! public is told), `reminders` (what is owed, said together), `rule` (what a rule on alerts gives along), `clockwork` (timers, deliveries, drills). `checks` are what all of them ask.

mod access;
mod accountability;
mod actions;
mod aid;
mod checks;
mod clockwork;
mod command;
mod consent;
mod executive;
mod lifecycle;
mod log;
mod milestones;
mod paging;
mod period;
mod playbook;
mod posts;
mod relations;
mod reminders;
mod roles;
mod rule;
mod taxonomy;
mod unified;
mod work;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};

use checks::{answers_for_all, clean, clock_time, is_real, optional_text, room_for, text, text_within};
pub use checks::{stated, when};
pub use playbook::{is_so, to_say};
pub use reminders::TOGETHER;

use super::{
    chart::Chart,
    command::{Command, Declare, StatedTime, Verb, Whom},
    event::{Event, TimeSource},
    kind::Kind,
    paging::Means,
    permission::{Standing, may},
    phase::Phase,
    play::Playbook,
    refusal::Refusal,
    role::{CATALOGUE, Role, RoleDef, Roles, Words},
    severity::Severity,
    state::Incident,
    taxonomy::Taxonomy,
};
use crate::{people::Person, post::wording::Wording};

/// Settings that rules depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub offer_expires_minutes: u32,
    /// A public post needs another person's approval.
    pub two_person: bool,
    pub approval_minutes: u32,
    /// Lowering a severity needs the command token; otherwise any role does.
    pub only_commander_lowers_severity: bool,
    /// The words in which roles are shown.
    pub words: Words,
    /// Characters of one text on the timeline.
    pub text_chars_max: usize,
    /// Minutes between public updates promised by default, SEV1 to SEV5; 0 is no promise.
    pub public_update_minutes: [u32; 5],
    /// Minutes after which executives want another summary, SEV1 to SEV5; 0 is never.
    pub exec_update_minutes: [u32; 5],
    /// Minutes without a word after which the commander is asked how it stands, SEV1 to SEV5; 0 is never.
    pub silence_minutes: [u32; 5],
    /// Minutes after which another CAN report is asked for, SEV1 to SEV5; 0 is never.
    pub can_minutes: [u32; 5],
    /// Minutes after which the commander is reminded of roles that nobody has, SEV1 to SEV5; 0 is never.
    pub roles_minutes: [u32; 5],
    /// The roles that somebody should hold, SEV1 to SEV5, the most needed first.
    pub wanted: [Vec<Role>; 5],
    /// Minutes from the declaration to the first public post, SEV1 to SEV5; 0 is no deadline.
    pub first_post_minutes: [u32; 5],
    /// Direct reports at which somebody is advised to delegate: one more than the five of the guideline; never a bar.
    pub span_warn: usize,
    /// Components of the status page, by name; what a post may speak of. Empty: none configured.
    pub components: Vec<String>,
    /// Where a real incident's posts go besides the built-in page: `x`, `statuspage`.
    pub destinations: Vec<String>,
    /// How posts are worded there.
    pub wording: Wording,
    /// Rights that only some people have, whatever their role.
    pub reserved: Reserved,
    /// The ids of executives, who are asked whether they take command when they give orders without a role.
    pub executives: BTreeSet<String>,
    /// Types of incidents, and the organization's own fields.
    pub taxonomy: Taxonomy,
    /// The roles that can be named.
    pub roles: Roles,
    /// Who is next in line for a role, by its word.
    pub alternates: BTreeMap<String, Vec<Person>>,
    /// Who is woken for what, and how.
    pub paging: Means,
    /// The checklists that can be begun.
    pub playbooks: Vec<Playbook>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            offer_expires_minutes: 5,
            two_person: true,
            approval_minutes: 10,
            only_commander_lowers_severity: true,
            words: Words::Nims,
            text_chars_max: 4_000,
            public_update_minutes: [20, 30, 60, 0, 0],
            exec_update_minutes: [0; 5],
            silence_minutes: [0; 5],
            can_minutes: [0; 5],
            roles_minutes: [0; 5],
            wanted: wanted(),
            first_post_minutes: [5, 10, 0, 0, 0],
            span_warn: 6,
            components: vec![],
            destinations: vec![],
            wording: Wording::default(),
            reserved: Reserved::default(),
            executives: BTreeSet::new(),
            taxonomy: Taxonomy::default(),
            roles: Roles::default(),
            alternates: BTreeMap::new(),
            paging: Means::default(),
            playbooks: vec![],
        }
    }
}

impl Policy {
    pub fn public_update_minutes(&self, severity: Severity) -> u32 {
        self.public_update_minutes[usize::from(severity.level() - 1)]
    }
    pub fn exec_update_minutes(&self, severity: Severity) -> u32 {
        self.exec_update_minutes[usize::from(severity.level() - 1)]
    }
    pub fn silence_minutes(&self, severity: Severity) -> u32 {
        self.silence_minutes[usize::from(severity.level() - 1)]
    }
    pub fn can_minutes(&self, severity: Severity) -> u32 {
        self.can_minutes[usize::from(severity.level() - 1)]
    }
    pub fn roles_minutes(&self, severity: Severity) -> u32 {
        self.roles_minutes[usize::from(severity.level() - 1)]
    }
    pub fn wanted(&self, severity: Severity) -> &[Role] {
        &self.wanted[usize::from(severity.level() - 1)]
    }
    pub fn first_post_minutes(&self, severity: Severity) -> u32 {
        self.first_post_minutes[usize::from(severity.level() - 1)]
    }
}

/// The roles that a severity calls for where the settings say nothing else.
fn wanted() -> [Vec<Role>; 5] {
    let of = |slugs: &[&str]| slugs.iter().filter_map(|slug| slug.parse().ok()).collect();
    [of(&["ops", "pio", "scribe", "deputy", "lno"]), of(&["ops", "pio", "scribe"]), vec![], vec![], vec![]]
}

/// The ids of the people who have a right; `None` keeps nobody away. Of real incidents only: anybody may rehearse.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reserved {
    pub declare: Option<BTreeSet<String>>,
    pub command: Option<BTreeSet<String>>,
    pub publish: Option<BTreeSet<String>>,
    /// Who may look into a restricted incident that they were not let into, besides whoever comes as an admin.
    pub break_glass: BTreeSet<String>,
}

impl Reserved {
    /// Refuses whoever is not among those who have the right to this.
    fn check(&self, verb: Verb, person: &Person, kind: Kind) -> Result<(), Refusal> {
        let (members, setting) = match verb {
            Verb::Declare => (&self.declare, "declare"),
            Verb::TakeCommand | Verb::OfferCommand => (&self.command, "command"),
            Verb::ApprovePost | Verb::PublishPost => (&self.publish, "publish"),
            _ => return Ok(()),
        };
        match members {
            Some(members) if kind == Kind::Real && !members.contains(&person.id) => {
                let verb = if verb == Verb::OfferCommand { "have command" } else { verb.words() };
                Err(Refusal::forbidden(
                    format!("{person} is in none of the groups that may {verb} here."),
                    format!("Ask one of them. The settings name the groups: {setting}, in [permissions]."),
                ))
            }
            _ => Ok(()),
        }
    }
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
    if !scene.is_house {
        scene.policy.reserved.check(Verb::Declare, scene.person, declare.kind)?;
    }
    lifecycle::open(declare, scene)
}

/// Decides a command on an incident as it stands.
pub fn decide(incident: &Incident, command: &Command, scene: &Scene<'_>) -> Ruling {
    access::check(incident, command, scene)?;
    if let Err(refusal) = permit(incident, command, scene) {
        return executive::question(incident, command, scene).ok_or(refusal);
    }
    if incident.phase.is_over() && !allowed_when_over(command) {
        return Err(Refusal::conflict(
            format!(
                "{} has been {} since {}.",
                incident.id,
                incident.phase.standing(),
                when(incident.milestones.closed)
            ),
            "Late entries, corrections and redactions still go in; for anything new, declare a new incident.",
        ));
    }
    use Command::*;
    match command {
        Retitle { title } => lifecycle::retitle(incident, title, scene),
        Summarize { text } => lifecycle::summarize(text, scene),
        Severity { to, reason } => lifecycle::severity(incident, *to, reason, scene),
        Confirm { severity } => lifecycle::confirm(incident, *severity, scene),
        Enter { phase, reason } => lifecycle::enter(incident, *phase, reason, scene),
        Merge { into, other, reason } => lifecycle::merge(incident, *into, other.as_ref(), reason, scene),
        SetType { name } => taxonomy::set_type(incident, name, scene),
        Types => Ok(Decision::read(taxonomy::types(incident, scene))),
        SetField { name, value } => taxonomy::set_field(incident, name, value, scene),
        Fields => Ok(Decision::read(taxonomy::fields(incident, scene))),
        SetMilestone { milestone, at, reason } => milestones::set(incident, *milestone, *at, reason, scene),
        Milestones => Ok(Decision::read(milestones::list(incident))),
        PutUnder { parent, facts } => relations::put_under(incident, *parent, facts.as_ref()),
        LeaveParent { reason } => relations::leave(incident, reason, scene),
        Subs => Ok(Decision::read(relations::list(incident))),
        CloseLeavingSubs { reason } => lifecycle::close_leaving_subs(incident, reason, scene),
        TakeCommand { force, reason } => command::take(incident, *force, reason, scene),
        OfferCommand { to } => command::offer(incident, to, scene),
        AcceptCommand => command::accept(incident, scene),
        DeclineCommand { reason } => command::decline(incident, reason, scene),
        WithdrawCommand => command::withdraw(incident),
        Unify { to, organization } => unified::offer(incident, to, organization, scene),
        JoinCommand => unified::join(incident, scene),
        Separate { who, reason } => unified::separate(incident, who.as_ref(), reason, scene),
        Briefing => Ok(Decision::read(super::briefing::text(incident, scene.now))),
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
        Crew => Ok(Decision::read(roles::crew(incident))),
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
        AssignTask { owner, text, minutes } => work::assign(incident, owner.as_ref(), text, *minutes, scene),
        UnderstandTask { n } => work::understand(incident, *n, scene),
        ExtendTask { n, minutes } => work::extend(incident, *n, *minutes, scene),
        ReportTask { n, result } => work::report(incident, *n, result, scene),
        CancelTask { n, reason } => work::cancel(incident, *n, reason, scene),
        Can { service, conditions, actions, needs } => {
            work::can(incident, service, conditions, actions, needs, scene)
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
        PageFailed { n, to, pager, why } => paging::failed(incident, *n, to.as_ref(), pager, why),
        Note { text, at } => log::note(text, *at, scene),
        NoteSpan { text, from, until } => log::note_span(text, *from, *until, scene),
        AddLink { label, url, sum } => log::link(incident, label, url, sum.as_ref()),
        Correct { target, text, at, reason } => log::correct(*target, text, *at, reason, scene),
        Redact { target, reason } => log::redact(*target, reason, scene),
        Pin { target } => log::pin(incident, *target, scene),
        Unpin { target } => log::unpin(incident, *target),
        LinkSituation { situation, facts } => {
            log::link_situation(incident, *situation, facts.as_ref(), scene)
        }
        SituationMoved { facts } => log::situation_moved(incident, facts),
        Draft(draft) => posts::draft(incident, draft, scene),
        Approve { n, alone } => posts::approve(incident, *n, alone.as_deref(), scene),
        Publish { n } => posts::publish(incident, *n, scene),
        DropPost { n, reason } => posts::drop_post(incident, *n, reason, scene),
        Status => Ok(Decision::read(super::briefing::status(incident, scene.now, scene.policy.words))),
        Timer(kind) => clockwork::timer(incident, kind, scene),
        Remind(kinds) => reminders::together(incident, kinds, scene),
        Delivered { post, destination, result } => clockwork::delivered(incident, *post, destination, result),
        ChatLost { chat, since } => clockwork::chat_lost(incident, chat, *since),
        ChatBack { chat, at } => clockwork::chat_back(incident, chat, *at),
        Inject { id, from, to, text } => clockwork::inject(incident, id, from, to, text, scene),
        Observe { text } => clockwork::observe(incident, text, scene),
        Endex { reason } => clockwork::endex(incident, reason, scene),
    }
}

/// The right that a command needs.
fn verb_of(incident: &Incident, command: &Command, person: &Person) -> Verb {
    use Command::*;
    match command {
        Retitle { .. } | Summarize { .. } => Verb::Retitle,
        Severity { to, .. } if incident.severity.worse_than(*to) => Verb::LowerSeverity,
        Severity { .. } => Verb::RaiseSeverity,
        Confirm { severity: Some(to) } if incident.severity.worse_than(*to) => Verb::LowerSeverity,
        Confirm { .. } => Verb::Confirm,
        Enter { phase: Phase::Resolved, .. } => Verb::Resolve,
        Enter { phase: Phase::Closed | Phase::Review, .. } => Verb::Close,
        Enter { phase: Phase::Cancelled | Phase::Merged, .. } => Verb::Cancel,
        Enter { .. } => Verb::Advance,
        Merge { .. } => Verb::Merge,
        CloseLeavingSubs { .. } => Verb::Close,
        PutUnder { .. } | LeaveParent { .. } => Verb::Relate,
        SetType { .. } | SetField { .. } => Verb::Classify,
        SetMilestone { .. } => Verb::Milestone,
        TakeCommand { .. } => Verb::TakeCommand,
        OfferCommand { .. } | WithdrawCommand | Unify { .. } => Verb::OfferCommand,
        JoinCommand | Separate { .. } => Verb::AnswerOffer,
        AcceptCommand | DeclineCommand { .. } | AcceptRole { .. } | DeclineRole { .. } => Verb::AnswerOffer,
        Briefing | Summary | Roles | Chart | Status | Crew | Actions | Proposals | Next | Milestones
        | Types | Fields | Subs | Pagings | Steps | Playbooks => Verb::Read,
        TakeRole { .. } | ReleaseRole { .. } => Verb::TakeRole,
        OfferRole { .. } | ReportTo { .. } => Verb::OfferRole,
        RollCall { .. } => Verb::RollCall,
        StartPeriod { .. } | EndPeriod { .. } => Verb::Period,
        RelieveRole { .. } => Verb::RelieveRole,
        // Checking somebody else out takes their roles away.
        CheckOut { who: Some(who), .. } if who.id != person.id && !incident.roles_of(who).is_empty() => {
            Verb::RelieveRole
        }
        CheckIn { .. } | CheckOut { .. } | Here { .. } => Verb::CheckIn,
        Restrict { .. } => Verb::Restrict,
        OpenUp { .. } => Verb::OpenUp,
        Admit { .. } | Expel { .. } => Verb::Admit,
        BreakGlass { .. } => Verb::BreakGlass,
        SetObjective { .. } | MeetObjective { .. } | DropObjective { .. } => Verb::Objective,
        // A task for oneself is work; a task for another is an order.
        AssignTask { owner: None, .. } | UnderstandTask { .. } | ExtendTask { .. } | ReportTask { .. } => {
            Verb::WorkTask
        }
        AssignTask { .. } => Verb::AssignTask,
        CancelTask { .. } => Verb::CancelTask,
        Can { .. } => Verb::Report,
        BeginPlaybook { .. } | TickStep { .. } | SkipStep { .. } | UndoStep { .. } => Verb::Play,
        Decide { .. } => Verb::Decide,
        Announce { .. } | FinishAction { .. } | DropAction { .. } => Verb::Act,
        ClearAction { .. } | HoldAction { .. } => Verb::ClearAction,
        StopActions { .. } | ResumeActions { .. } => Verb::StopActions,
        Propose { .. } | Object { .. } | WithdrawProposal { .. } => Verb::Propose,
        SettleProposal { .. } => Verb::SettleProposal,
        Assist { .. } => Verb::Assist,
        Quiet { .. } | StopPaging { .. } => Verb::Quiet,
        BeginPaging { .. } => Verb::Assist,
        AcknowledgePages => Verb::AnswerOffer,
        Note { .. } | NoteSpan { .. } | AddLink { .. } => Verb::Note,
        Correct { .. } => Verb::Correct,
        Redact { .. } => Verb::Redact,
        Pin { .. } | Unpin { .. } => Verb::Pin,
        LinkSituation { .. } => Verb::LinkAlerts,
        Draft(_) | DropPost { .. } => Verb::DraftPost,
        Approve { .. } => Verb::ApprovePost,
        Publish { .. } => Verb::PublishPost,
        SituationMoved { .. }
        | Timer(_)
        | Remind(_)
        | PageNext { .. }
        | PageFailed { .. }
        | Delivered { .. }
        | ChatLost { .. }
        | ChatBack { .. }
        | Inject { .. }
        | Observe { .. }
        | Endex { .. } => Verb::House,
    }
}

fn permit(incident: &Incident, command: &Command, scene: &Scene<'_>) -> Result<(), Refusal> {
    let verb = verb_of(incident, command, scene.person);
    if scene.is_house {
        return if may(Standing::House, verb, incident.kind()) {
            Ok(())
        } else {
            Err(Refusal::forbidden(
                format!("The house itself may not {}.", verb.words()),
                "A person must do it.",
            ))
        };
    }
    // Who may was asked already, before anything was said of the incident.
    if verb == Verb::BreakGlass {
        return Ok(());
    }
    let reserved = &scene.policy.reserved;
    match command {
        Command::OfferCommand { to } | Command::Unify { to, .. } => {
            reserved.check(verb, to, incident.kind())?
        }
        Command::WithdrawCommand => {}
        Command::AcceptCommand | Command::JoinCommand => {
            reserved.check(Verb::TakeCommand, scene.person, incident.kind())?
        }
        _ => reserved.check(verb, scene.person, incident.kind())?,
    }
    let roles = incident.roles_of(scene.person);
    let allowed = if roles.is_empty() {
        may(Standing::Participant, verb, incident.kind())
    } else {
        roles.iter().any(|role| may(Standing::Holds(role), verb, incident.kind()))
    };
    let may_lower = verb == Verb::LowerSeverity
        && !scene.policy.only_commander_lowers_severity
        && roles.iter().any(|role| may(Standing::Holds(role), Verb::RaiseSeverity, incident.kind()));
    // Who declared a false alarm may call it off.
    if allowed
        || may_lower
        || (matches!(verb, Verb::Cancel | Verb::Merge) && incident.opened_by.id == scene.person.id)
    {
        return Ok(());
    }
    // Who commands the one that goes on takes in its duplicates.
    if let Command::Merge { other: Some(other), .. } = command
        && other.commander.id == scene.person.id
    {
        return Ok(());
    }
    // And its parts.
    if let Command::PutUnder { facts: Some(facts), .. } = command
        && facts.commander.id == scene.person.id
    {
        return Ok(());
    }
    // Who wrote an entry may take it back.
    if verb == Verb::Redact && scene.target.is_some_and(|target| target.author.id == scene.person.id) {
        return Ok(());
    }
    let who = scene.person;
    let as_what = match roles.first() {
        Some(role) => format!("as {}", role.shown(scene.policy.words)),
        None => "without a role here".to_owned(),
    };
    let names = who_may(incident, verb, scene.policy.words);
    let standing = |role| may(Standing::Holds(role), Verb::TakeCommand, incident.kind());
    let takes = roles.is_empty() || roles.iter().any(standing);
    let instead = match (names.is_empty(), incident.commander.id == Person::house().id) {
        (true, _) => "Only the house does that.".to_owned(),
        (false, true) if takes => "Nobody is in command: `take`.".to_owned(),
        (false, true) => format!("Nobody is in command. It is for: {}.", names.join(", ")),
        (false, false) => {
            let or = if takes { " Or «command take» if nobody answers." } else { "" };
            format!("{} can: {}.{or}", incident.commander, names.join(", "))
        }
    };
    Err(Refusal::forbidden(format!("{who} may not {} {as_what}.", verb.words()), instead))
}

/// Roles named to whoever may not do something, at most.
const NAMED_MAX: usize = 5;

/// The roles that may: those that somebody holds first, then as the catalogue has them.
fn who_may(incident: &Incident, verb: Verb, words: Words) -> Vec<String> {
    let mut held: Vec<Role> = incident.roles.iter().map(|held| held.role.clone()).collect();
    held.sort();
    // A family's role has a name of its own.
    let of = |def: &RoleDef| -> Option<Role> {
        def.slug.parse().or_else(|_| format!("{}:any", def.slug).parse()).ok()
    };
    let mut names: Vec<String> = Vec::new();
    for role in std::iter::once(Role::ic()).chain(held).chain(CATALOGUE.iter().filter_map(of)) {
        let name = role.head(words).to_owned();
        if may(Standing::Holds(&role), verb, incident.kind()) && !names.contains(&name) {
            names.push(name);
        }
    }
    names.truncate(NAMED_MAX);
    names
}

fn allowed_when_over(command: &Command) -> bool {
    use Command::*;
    matches!(
        command,
        Note { .. }
            | NoteSpan { .. }
            | Correct { .. }
            | Redact { .. }
            | Pin { .. }
            | Unpin { .. }
            | AddLink { .. }
            | Status
            | SetMilestone { .. }
            | Milestones
            | SetType { .. }
            | Types
            | Subs
            | LeaveParent { .. }
            | SetField { .. }
            | Fields
            | Roles
            | Chart
            | Briefing
            | Summary
            | Crew
            | Actions
            | Proposals
            | Next
            | CheckOut { .. }
            | Restrict { .. }
            | OpenUp { .. }
            | Admit { .. }
            | Expel { .. }
            | BreakGlass { .. }
            | Pagings
            | Steps
            | Playbooks
            | Timer(_)
            | Remind(_)
            | PageNext { .. }
            | PageFailed { .. }
            | Delivered { .. }
            | SituationMoved { .. }
            | Observe { .. }
            | Endex { .. }
    ) || matches!(command, Enter { phase: Phase::Investigating, .. })
}

#[cfg(test)]
mod tests;
