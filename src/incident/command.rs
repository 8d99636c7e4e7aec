//! What can be asked of an incident: one command for each thing somebody can say, press or let a clock do.

use chrono::{DateTime, Utc};

pub use super::verb::Verb;
use super::{
    event::AlertRef,
    event::DrillClock,
    event::InWindow,
    id::IncidentId,
    kind::Kind,
    matrix::Rated,
    milestone::Milestone,
    paging::Calls,
    phase::Phase,
    role::Role,
    severity::Severity,
    state::{Hazard, Incident, Situation, Task},
    sum::Sum,
};
use crate::{
    alert::flapping::Flaps,
    people::Person,
    post::{ComponentState, Impact, PublicPhase},
};

/// Opens a new incident.
#[derive(Debug, Clone, PartialEq)]
pub struct Declare {
    pub title: String,
    /// Left out, that of its type, or SEV2.
    pub severity: Option<Severity>,
    /// What the severity was found by, where that was impact and urgency.
    pub rated: Option<Rated>,
    pub kind: Kind,
    pub triage: bool,
    pub situation: Option<SituationFacts>,
    pub drill: Option<DrillStart>,
    /// Only who declares it, and whom they let in, may see it.
    pub restricted: bool,
    /// When it really began, where that was before now.
    pub began: Option<StatedTime>,
    /// When it was over: it is declared for the record.
    pub ended: Option<StatedTime>,
    /// Its type, and fields by name, as the settings know them.
    pub incident_type: Option<String>,
    pub fields: Vec<(String, String)>,
    /// Of planned work: when it is to be done.
    pub plan: Option<PlanText>,
    /// The greater one that it is a part of, and what the desk knows of that.
    pub under: Option<IncidentId>,
    pub parent: Option<Box<ParentFacts>>,
    /// What a rule on alerts gives along: who is offered which role, and the playbook to go by.
    pub offers: Vec<(Role, Person)>,
    /// Who is offered which role by the settings, SEV1 to SEV5.
    pub usual_offers: [Vec<(Role, Person)>; 5],
    pub playbook: Option<String>,
    /// Whom a rule on alerts pages for what is only in triage.
    pub page: Option<PageByRule>,
}

impl Declare {
    pub fn new(title: impl Into<String>, severity: impl Into<Option<Severity>>, kind: Kind) -> Declare {
        Declare {
            title: title.into(),
            severity: severity.into(),
            rated: None,
            kind,
            triage: false,
            situation: None,
            drill: None,
            restricted: false,
            began: None,
            ended: None,
            incident_type: None,
            fields: vec![],
            plan: None,
            under: None,
            parent: None,
            offers: vec![],
            usual_offers: Default::default(),
            playbook: None,
            page: None,
        }
    }
}

/// A page that a rule on alerts begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageByRule {
    pub whom: Whom,
    /// What the alert says besides its title.
    pub about: String,
}

/// Planned work as somebody said it: up to `until`, or for so many minutes; without `from`, from now on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanText {
    pub from: Option<StatedTime>,
    pub until: Option<StatedTime>,
    pub minutes: Option<u32>,
    pub services: Vec<String>,
    /// What is done, and what people will notice; may be empty.
    pub text: String,
}

/// What a drill's incident starts with.
#[derive(Debug, Clone, PartialEq)]
pub struct DrillStart {
    pub scenario: String,
    /// SHA-256 of the scenario file, hex.
    pub sha256: String,
    pub clock: DrillClock,
}

/// What the alert store knows of a situation when it is linked, or when it has moved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SituationFacts {
    pub id: i64,
    pub title: String,
    pub source: String,
    pub firing: u64,
    pub total: u64,
    /// How many of those that fire somebody at the sender is on.
    pub acknowledged: u64,
    /// The maintenance window that they fall into.
    pub within: Option<InWindow>,
    /// The alerts worth a reader's eye: the first ones, at most a couple of dozen.
    pub alerts: Vec<AlertRef>,
    /// Why a rule links it, in a sentence; empty where a person does.
    pub because: String,
    /// How one of them flaps.
    pub flapping: Option<Flaps>,
    /// The rule that resolves the incident when none of its alerts fires any more.
    pub ended_by: Option<String>,
    /// Minutes since the last of it fired, once it was quiet for so long that it is not waited for any more.
    pub quiet_minutes: Option<i64>,
}

/// What the rules must know of the incident that another is merged into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeFacts {
    pub commander: Person,
    pub phase: Phase,
    pub is_restricted: bool,
    /// Ids of those who may see it, if it is restricted.
    pub seen_by: Option<std::collections::BTreeSet<String>>,
}

/// What the rules must know of the incident that another is put under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParentFacts {
    pub commander: Person,
    pub phase: Phase,
    /// Those that it is itself a part of, the nearest first.
    pub ancestors: Vec<IncidentId>,
    pub children: usize,
    /// Who may see it, if it is restricted.
    pub circle: Option<Vec<Person>>,
}

impl ParentFacts {
    pub fn of(incident: &Incident, ancestors: Vec<IncidentId>) -> ParentFacts {
        ParentFacts {
            commander: incident.commander.clone(),
            phase: incident.phase,
            ancestors,
            children: incident.children.len(),
            circle: incident.circle_people(),
        }
    }
}

/// What goes along from an incident that was merged into another.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Luggage {
    pub from: IncidentId,
    pub title: String,
    pub severity: Severity,
    /// Entries on its timeline, which stays where it is.
    pub entries: u64,
    pub situations: Vec<Situation>,
    pub tasks: Vec<Task>,
    #[serde(default)]
    pub hazards: Vec<Hazard>,
}

/// A public update as somebody wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DraftText {
    pub text: String,
    pub title: Option<String>,
    pub phase: Option<PublicPhase>,
    pub impact: Option<Impact>,
    pub components: Vec<(String, ComponentState)>,
    /// Minutes from publishing to the next update promised.
    pub next_update_minutes: Option<u32>,
    /// Another wording of an earlier draft.
    pub replaces: Option<u32>,
    /// A correction of a published post.
    pub corrects: Option<u32>,
}

impl Command {
    /// Whether it is said of planned work alone.
    pub fn is_of_planned_work(&self) -> bool {
        matches!(
            self,
            Self::MoveWork { .. }
                | Self::ExtendWork { .. }
                | Self::Enter { phase: Phase::Scheduled | Phase::InProgress | Phase::Completed, .. }
        )
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    // Lifecycle
    Retitle {
        title: String,
    },
    Summarize {
        text: String,
    },
    Severity {
        to: Severity,
        reason: String,
    },
    /// The same, found by impact and urgency.
    Rate {
        to: Severity,
        rated: Rated,
        reason: String,
    },
    /// Planned work is to be done at another time.
    MoveWork {
        from: Option<StatedTime>,
        until: Option<StatedTime>,
    },
    /// It takes longer.
    ExtendWork {
        minutes: u32,
    },
    /// Lifts a triage card to an incident.
    Confirm {
        severity: Option<Severity>,
    },
    Enter {
        phase: Phase,
        reason: String,
    },
    /// This one is another's duplicate: it ends, and what is open goes along.
    Merge {
        into: IncidentId,
        /// What the desk knows of the other one; `None` where there is none of that number.
        other: Option<MergeFacts>,
        reason: String,
    },
    SetType {
        name: String,
    },
    Types,
    SetField {
        name: String,
        value: String,
    },
    Fields,
    /// A milestone was reached then.
    SetMilestone {
        milestone: Milestone,
        at: StatedTime,
        reason: String,
    },
    Milestones,
    /// It is a part of a greater one.
    PutUnder {
        parent: IncidentId,
        /// What the desk knows of it; `None` where there is none of that number.
        facts: Option<ParentFacts>,
    },
    LeaveParent {
        reason: String,
    },
    Subs,
    /// Closes it although parts of it go on.
    CloseLeavingSubs {
        reason: String,
    },
    // Command of the incident
    /// `take`: at once when nobody else is in command, a request otherwise unless `force`.
    TakeCommand {
        force: bool,
        reason: String,
    },
    OfferCommand {
        to: Person,
    },
    AcceptCommand,
    DeclineCommand {
        reason: String,
    },
    WithdrawCommand,
    /// Asks somebody to join command, for their organization.
    Unify {
        to: Person,
        organization: String,
    },
    JoinCommand,
    /// Ends a part in Unified Command: one's own unless another is named.
    Separate {
        who: Option<Person>,
        reason: String,
    },
    Briefing,
    /// How it stands, for executives.
    Summary,
    // Roles
    TakeRole {
        role: Role,
    },
    OfferRole {
        role: Role,
        to: Person,
    },
    AcceptRole {
        role: Option<Role>,
    },
    DeclineRole {
        role: Option<Role>,
        reason: String,
    },
    RelieveRole {
        role: Role,
        person: Option<Person>,
        reason: String,
    },
    ReleaseRole {
        role: Role,
    },
    Roles,
    Chart,
    // Accountability
    CheckIn {
        who: Option<Person>,
        note: String,
    },
    CheckOut {
        who: Option<Person>,
        note: String,
    },
    Crew,
    /// Asks everybody who is here whether they are.
    RollCall {
        minutes: Option<u32>,
    },
    Here {
        note: String,
    },
    /// From now on `who` reports to `to`.
    ReportTo {
        who: Person,
        to: Person,
    },
    // Who may see it
    Restrict {
        reason: String,
    },
    OpenUp {
        reason: String,
    },
    Admit {
        who: Person,
    },
    Expel {
        who: Person,
        reason: String,
    },
    /// An admin looks into what they were not let into.
    BreakGlass {
        reason: String,
    },
    // Objectives, tasks, reports
    SetObjective {
        text: String,
    },
    MeetObjective {
        n: u32,
    },
    DropObjective {
        n: u32,
        reason: String,
    },
    Objectives,
    StartPeriod {
        minutes: u32,
        emphasis: String,
    },
    EndPeriod {
        reason: String,
    },
    AssignTask {
        owner: Option<Person>,
        text: String,
        minutes: Option<u32>,
    },
    UnderstandTask {
        n: u32,
    },
    ExtendTask {
        n: u32,
        minutes: u32,
    },
    ReportTask {
        n: u32,
        result: String,
    },
    CancelTask {
        n: u32,
        reason: String,
    },
    /// Its owner does not do it.
    DeclineTask {
        n: u32,
        reason: String,
    },
    /// It was reported as done, and is not.
    ReopenTask {
        n: u32,
        reason: String,
        minutes: Option<u32>,
    },
    /// To somebody; to oneself, where nobody is named.
    GiveTask {
        n: u32,
        owner: Option<Person>,
        minutes: Option<u32>,
    },
    Can {
        service: String,
        conditions: String,
        actions: String,
        needs: String,
    },
    /// The last report on a service; what is empty stays as it was.
    CorrectCan {
        service: String,
        conditions: String,
        actions: String,
        needs: String,
    },
    Decide {
        text: String,
    },
    // Hazards: what could go wrong
    NameHazard {
        text: String,
        mitigation: String,
    },
    ClearHazard {
        n: u32,
        reason: String,
    },
    Hazards,
    // Actions: what somebody is about to do
    Announce {
        text: String,
        is_risky: bool,
        minutes: Option<u32>,
    },
    ClearAction {
        n: u32,
    },
    HoldAction {
        n: u32,
        reason: String,
    },
    FinishAction {
        n: u32,
        result: String,
    },
    DropAction {
        n: u32,
        reason: String,
    },
    StopActions {
        reason: String,
    },
    ResumeActions {
        reason: String,
    },
    Actions,
    // Decisions by consent
    Propose {
        text: String,
        minutes: Option<u32>,
    },
    Object {
        n: u32,
        reason: String,
    },
    /// Takes back one's own objection, or a proposal.
    WithdrawProposal {
        n: u32,
        reason: String,
    },
    SettleProposal {
        n: u32,
    },
    Proposals,
    // Playbooks
    BeginPlaybook {
        id: String,
    },
    /// A step by its name: `P3`, or `site-down/P3`.
    TickStep {
        step: String,
        result: String,
    },
    SkipStep {
        step: String,
        reason: String,
    },
    UndoStep {
        step: String,
    },
    /// How far the playbooks are that were begun.
    Steps,
    /// Those that there are.
    Playbooks,
    // For whoever is new, or stuck
    Next,
    Assist {
        text: String,
    },
    Quiet {
        minutes: u32,
    },
    // Waking people
    BeginPaging {
        whom: Whom,
        about: String,
    },
    AcknowledgePages,
    StopPaging {
        reason: String,
    },
    Pagings,
    // Timeline
    Note {
        text: String,
        at: Option<StatedTime>,
    },
    /// Something that lasted, from then until then.
    NoteSpan {
        text: String,
        from: StatedTime,
        until: StatedTime,
    },
    AddLink {
        label: String,
        url: String,
        /// Of a file.
        sum: Option<Sum>,
    },
    Correct {
        target: u64,
        text: String,
        at: Option<StatedTime>,
        reason: String,
    },
    Redact {
        target: u64,
        reason: String,
    },
    /// A key moment.
    Pin {
        target: u64,
    },
    Unpin {
        target: u64,
    },
    // Alerts
    LinkSituation {
        situation: i64,
        facts: Option<SituationFacts>,
    },
    /// The alert store tells what moved in a linked situation.
    SituationMoved {
        facts: SituationFacts,
    },
    // The public
    Draft(DraftText),
    Approve {
        n: u32,
        alone: Option<String>,
    },
    Publish {
        n: u32,
    },
    DropPost {
        n: u32,
        reason: String,
    },
    // Reading
    Status,
    // The house
    Timer(TimerKind),
    /// Reminders that are due within a minute of each other.
    Remind(Vec<TimerKind>),
    /// The next step of a call, with whom it means now.
    PageNext {
        n: u32,
        step: u32,
        round: u32,
        calls: Calls,
    },
    PageFailed {
        n: u32,
        to: Option<Person>,
        pager: String,
        why: String,
    },
    Delivered {
        post: u32,
        destination: String,
        result: Result<Option<String>, String>,
    },
    /// A chat does not answer, by the house's clock.
    ChatLost {
        chat: String,
        since: DateTime<Utc>,
    },
    /// It answers again, since then.
    ChatBack {
        chat: String,
        at: DateTime<Utc>,
    },
    Inject {
        id: String,
        from: String,
        to: String,
        text: String,
    },
    Observe {
        text: String,
    },
    Endex {
        reason: String,
    },
}

/// Whom a responder calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// Whoever the first escalation of the settings names.
    Usual,
    /// A roster or an escalation.
    Named(String),
    Person(Person),
}

/// A time that somebody stated: exact, or a time of day that means its last occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatedTime {
    At(DateTime<Utc>),
    /// `09:12` or `09:12:30`, UTC.
    TimeOfDay(chrono::NaiveTime),
    /// Minutes ago.
    MinutesAgo(u32),
}

/// What a timer is about when it goes off.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "timer", rename_all = "snake_case")]
pub enum TimerKind {
    CommandOfferExpires {
        to: Person,
    },
    UnifyOfferExpires {
        to: Person,
    },
    /// An executive did not answer the question of that entry.
    ExecutiveSilent {
        seq: u64,
    },
    RoleOfferExpires {
        role: Role,
        to: Person,
    },
    TaskDue {
        n: u32,
        due_at: DateTime<Utc>,
    },
    /// The next public update that was promised.
    UpdateDue {
        due_at: DateTime<Utc>,
    },
    /// No public update has been published since the declaration.
    FirstUpdateDue,
    /// Executives want another summary.
    ExecutiveDue,
    /// Somebody owes a CAN report.
    ReportsDue,
    /// Nobody holds a role that the severity calls for.
    RolesDue,
    ActionDue {
        n: u32,
        due_at: DateTime<Utc>,
    },
    ProposalEnds {
        n: u32,
    },
    /// The roll call of that entry is over.
    RollDue {
        seq: u64,
    },
    PeriodEnds {
        n: u32,
    },
    /// A step that repeats is open again; both by their ids.
    StepDue {
        playbook: String,
        step: String,
    },
    /// The time of planned work has come.
    WorkBegins {
        at: DateTime<Utc>,
    },
    /// Planned work was to be over.
    WorkEnds {
        at: DateTime<Utc>,
    },
    /// Nobody has written anything for a while.
    Silence,
    /// A call comes to this step, unless somebody acknowledged.
    PageNext {
        n: u32,
        step: u32,
        round: u32,
    },
    /// Another incident was merged into this one.
    MergedIn(Box<Luggage>),
    /// A part of this incident came to be so, moved on, or (no phase) left.
    Child {
        child: IncidentId,
        phase: Option<Phase>,
    },
    /// The greater one was restricted: this one is a part of it no more.
    Parted {
        parent: IncidentId,
    },
}

impl TimerKind {
    /// Whether it reminds people of what they owe. Those that are due at the same time are said in one line.
    pub fn is_reminder(&self) -> bool {
        matches!(
            self,
            Self::TaskDue { .. }
                | Self::ActionDue { .. }
                | Self::UpdateDue { .. }
                | Self::FirstUpdateDue
                | Self::ExecutiveDue
                | Self::ReportsDue
                | Self::RolesDue
                | Self::PeriodEnds { .. }
                | Self::StepDue { .. }
        )
    }
}
