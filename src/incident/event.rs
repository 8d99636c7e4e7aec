//! What happened: the events that a timeline is made of. Appended, never changed.
//!
//! Event names (`command.transferred`) are stored and exported; they are never renamed or re-used.

mod about;
mod parts;
#[cfg(test)]
pub(crate) mod samples;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    id::IncidentId,
    kind::Kind,
    matrix::Rated,
    milestone::Milestone,
    paging::{Called, Step},
    phase::Phase,
    play::Playbook,
    role::Role,
    severity::Severity,
    sum::Sum,
};
use crate::{
    alert::{flapping::Flaps, window::Span},
    people::Person,
};
pub use parts::{
    ActionOf, Actor, AlertRef, CanParts, Copied, Draft, DrillClock, Entry, InWindow, Numbered, Owed,
    TimeSource, Whom,
};

fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Event {
    #[serde(rename = "incident.declared")]
    Declared {
        title: String,
        kind: Kind,
        severity: Severity,
        /// Triage: seen, not yet an incident.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        triage: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        drill_clock: Option<DrillClock>,
        /// When it began, as whoever declared it said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        began: Option<DateTime<Utc>>,
        /// When it was over before it was declared.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ended: Option<DateTime<Utc>>,
        /// The severity comes from impact and urgency.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rated: Option<Rated>,
    },
    /// When it is to be done, and what it is about; said anew, it is another time.
    #[serde(rename = "work.planned")]
    WorkPlanned {
        #[serde(flatten)]
        span: Span,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        services: Vec<String>,
    },
    #[serde(rename = "incident.retitled")]
    Retitled { title: String },
    #[serde(rename = "incident.summarized")]
    Summarized { text: String },
    #[serde(rename = "incident.severity_changed")]
    SeverityChanged {
        from: Severity,
        to: Severity,
        reason: String,
        /// It comes from impact and urgency.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rated: Option<Rated>,
    },
    #[serde(rename = "incident.phase_changed")]
    PhaseChanged { from: Phase, to: Phase, reason: String },

    #[serde(rename = "incident.type_set")]
    TypeSet {
        incident_type: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        was: Option<String>,
    },
    #[serde(rename = "field.set")]
    FieldSet { field: String, value: String },
    /// A milestone has the time that somebody stated; the one it had stays in the record.
    #[serde(rename = "milestone.set")]
    MilestoneSet {
        milestone: Milestone,
        reached_at: DateTime<Utc>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        was: Option<DateTime<Utc>>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },

    #[serde(rename = "incident.put_under")]
    PutUnder { parent: IncidentId },
    #[serde(rename = "incident.left_parent")]
    LeftParent {
        parent: IncidentId,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    #[serde(rename = "incident.child_joined")]
    ChildJoined { child: IncidentId, phase: Phase },
    /// It is over, or goes on again.
    #[serde(rename = "incident.child_moved")]
    ChildMoved { child: IncidentId, phase: Phase },
    #[serde(rename = "incident.child_left")]
    ChildLeft { child: IncidentId },

    #[serde(rename = "incident.merged_into")]
    MergedInto {
        into: IncidentId,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    #[serde(rename = "incident.merged_in")]
    MergedIn {
        from: IncidentId,
        title: String,
        severity: Severity,
        entries: u64,
        /// The entries of this timeline that have words of the other one's.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        copies: Vec<Copied>,
        /// Who merged it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Person>,
    },

    #[serde(rename = "command.established")]
    CommandEstablished { by: Person },
    #[serde(rename = "command.offered")]
    CommandOffered {
        from: Person,
        to: Person,
        expires_at: DateTime<Utc>,
        /// Sections of the ICS 201 briefing that had content, of 11.
        briefing_sections: u8,
    },
    #[serde(rename = "command.declined")]
    CommandDeclined {
        by: Person,
        reason: String,
        /// Who is next in line, by the settings.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<Person>,
    },
    #[serde(rename = "command.offer_expired")]
    CommandOfferExpired {
        to: Person,
        /// Who is next in line, by the settings.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<Person>,
    },
    #[serde(rename = "command.offer_withdrawn")]
    CommandOfferWithdrawn { to: Person },
    /// The token moved: at this moment, and not before.
    #[serde(rename = "command.transferred")]
    CommandTransferred {
        from: Person,
        to: Person,
        briefing_sections: u8,
        without_outgoing_brief: bool,
        reason: String,
    },

    /// An executive gave an order without a role, and was asked whether they wish to take command.
    #[serde(rename = "command.executive_asked")]
    ExecutiveAsked {
        /// What they wanted.
        words: String,
        /// Who is told of it.
        commander: Person,
        /// Who was asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        who: Option<Person>,
    },
    /// The executive who was asked does not take command: they said so, or did not answer.
    #[serde(rename = "command.executive_declined")]
    ExecutiveDeclined {
        who: Person,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_silent: bool,
    },
    #[serde(rename = "command.unify_offered")]
    UnifyOffered {
        to: Person,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        organization: String,
        expires_at: DateTime<Utc>,
    },
    #[serde(rename = "command.unify_declined")]
    UnifyDeclined { by: Person, reason: String },
    #[serde(rename = "command.unify_offer_expired")]
    UnifyOfferExpired { to: Person },
    /// Somebody has command beside the holder of the token, who speaks for both.
    #[serde(rename = "command.joined")]
    CommandJoined {
        by: Person,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        organization: String,
    },
    #[serde(rename = "command.separated")]
    CommandSeparated {
        who: Person,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },

    #[serde(rename = "role.offered")]
    RoleOffered { role: Role, to: Person, expires_at: DateTime<Utc> },
    #[serde(rename = "role.accepted")]
    RoleAccepted { role: Role, by: Person },
    #[serde(rename = "role.declined")]
    RoleDeclined {
        role: Role,
        by: Person,
        reason: String,
        /// Who is next in line, by the settings.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<Person>,
    },
    #[serde(rename = "role.offer_expired")]
    RoleOfferExpired {
        role: Role,
        to: Person,
        /// Who is next in line, by the settings.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<Person>,
    },
    #[serde(rename = "role.relieved")]
    RoleRelieved { role: Role, person: Person, reason: String },
    #[serde(rename = "role.released")]
    RoleReleased { role: Role, person: Person },

    #[serde(rename = "checkin")]
    CheckedIn {
        who: Person,
        #[serde(default)]
        note: String,
    },
    #[serde(rename = "checkout")]
    CheckedOut {
        who: Person,
        #[serde(default)]
        note: String,
    },

    #[serde(rename = "rollcall.called")]
    RollCalled { asked: Vec<Person>, due_at: DateTime<Utc> },
    #[serde(rename = "rollcall.answered")]
    RollAnswered {
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    #[serde(rename = "rollcall.closed")]
    RollClosed {
        missing: Vec<Person>,
        /// How many were asked.
        of: u64,
        /// Who is told: the commander.
        to: Person,
    },
    /// From here on `who` reports to `to`, and to nobody else.
    #[serde(rename = "role.reports_to")]
    ReportsTo { who: Person, to: Person },

    /// From here on only these people, and whoever is let in, may see it.
    #[serde(rename = "access.restricted")]
    Restricted {
        people: Vec<Person>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    #[serde(rename = "access.opened")]
    OpenedUp {
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    #[serde(rename = "access.admitted")]
    Admitted { who: Person },
    #[serde(rename = "access.removed")]
    ShutOut { who: Person, reason: String },
    /// Whoever wrote this was not let in, and looked in as an admin.
    #[serde(rename = "access.glass_broken")]
    GlassBroken { reason: String },

    #[serde(rename = "objective.set")]
    ObjectiveSet { n: u32, text: String },
    #[serde(rename = "objective.met")]
    ObjectiveMet { n: u32 },
    #[serde(rename = "objective.dropped")]
    ObjectiveDropped { n: u32, reason: String },

    #[serde(rename = "period.started")]
    PeriodStarted {
        n: u32,
        ends_at: DateTime<Utc>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        emphasis: String,
        /// The open objectives that go along.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        objectives: Vec<u32>,
    },
    #[serde(rename = "period.ended")]
    PeriodEnded {
        n: u32,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },

    #[serde(rename = "task.assigned")]
    TaskAssigned { n: u32, text: String, owner: Person, due_at: Option<DateTime<Utc>> },
    #[serde(rename = "task.understood")]
    TaskUnderstood { n: u32 },
    #[serde(rename = "task.extended")]
    TaskExtended { n: u32, due_at: DateTime<Utc> },
    #[serde(rename = "task.reported")]
    TaskReported { n: u32, result: String },
    #[serde(rename = "task.overdue")]
    TaskOverdue {
        n: u32,
        /// Whose it is; nobody's where it was declined.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<Person>,
        /// Whom it goes up to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Person>,
    },
    #[serde(rename = "task.cancelled")]
    TaskCancelled { n: u32, reason: String },
    /// Whoever had it does not do it; nobody has it until it is given anew.
    #[serde(rename = "task.declined")]
    TaskDeclined {
        n: u32,
        owner: Person,
        reason: String,
        /// Who gives it to somebody else now: whoever gave it, else the commander.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Person>,
    },
    /// It was reported as done, and is not.
    #[serde(rename = "task.reopened")]
    TaskReopened {
        n: u32,
        reason: String,
        /// Whose it is again; nobody's where whoever had it is gone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<Person>,
        /// Its new time box; the one before counts no more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due_at: Option<DateTime<Utc>>,
    },
    /// It is somebody else's from here on.
    #[serde(rename = "task.given")]
    TaskGiven {
        n: u32,
        owner: Person,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due_at: Option<DateTime<Utc>>,
    },

    /// What could go wrong, or hurt somebody.
    #[serde(rename = "hazard.named")]
    HazardNamed {
        n: u32,
        text: String,
        /// What is done about it; empty where nothing is yet.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        mitigation: String,
        /// Who saw it, where another wrote it down: it came along from an incident that was merged.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Person>,
    },
    #[serde(rename = "hazard.cleared")]
    HazardCleared {
        n: u32,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },

    #[serde(rename = "decision.recorded")]
    DecisionRecorded { text: String },

    /// Somebody says what they are about to do.
    #[serde(rename = "action.announced")]
    ActionAnnounced {
        n: u32,
        text: String,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_risky: bool,
        /// Whose go a risky one waits for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        waits_for: Vec<Person>,
        /// The time box, counted from the moment when it may begin.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        minutes: Option<u32>,
        /// Everything was stopped as it was announced.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_stopped: bool,
    },
    #[serde(rename = "action.cleared")]
    ActionCleared { n: u32 },
    #[serde(rename = "action.held")]
    ActionHeld { n: u32, reason: String },
    #[serde(rename = "action.done")]
    ActionDone {
        n: u32,
        result: String,
        /// It had no go, or was held; in older entries also where everything was stopped.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        without_go: bool,
        /// Everything was stopped.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_stopped: bool,
    },
    #[serde(rename = "action.dropped")]
    ActionDropped { n: u32, reason: String },
    #[serde(rename = "action.overdue")]
    ActionOverdue {
        n: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Person>,
        /// Whom it goes up to.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        to: Vec<Person>,
    },
    #[serde(rename = "actions.stopped")]
    ActionsStopped {
        reason: String,
        /// Who stopped them, where another wrote it down: it came along from an incident that was merged.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Person>,
        /// They did so there as Safety Officer.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        as_safety: bool,
    },
    #[serde(rename = "actions.resumed")]
    ActionsResumed {
        reason: String,
        /// What goes on without a go of its own.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        free: Vec<ActionOf>,
    },

    #[serde(rename = "proposal.made")]
    ProposalMade { n: u32, text: String, ends_at: DateTime<Utc> },
    #[serde(rename = "proposal.objected")]
    ProposalObjected { n: u32, reason: String },
    #[serde(rename = "proposal.objection_withdrawn")]
    ObjectionWithdrawn { n: u32 },
    #[serde(rename = "proposal.withdrawn")]
    ProposalWithdrawn { n: u32, reason: String },
    /// It is decided; the decision stands in the entry after this one.
    #[serde(rename = "proposal.settled")]
    ProposalSettled {
        n: u32,
        /// Who objects, still.
        objectors: Vec<Person>,
        /// By the commander, before its time.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        at_once: bool,
    },

    #[serde(rename = "assist.asked")]
    AssistAsked {
        text: String,
        /// Who is asked to look; empty where nobody else is there.
        asked: Vec<Person>,
    },
    /// Nobody wrote anything for a while: whoever is asked how it stands.
    #[serde(rename = "nudge")]
    Nudged {
        whom: Whom,
        asked: Vec<Person>,
        /// Minutes since somebody wrote.
        silent_minutes: u32,
        /// Minutes since whoever has command was heard, where others write meanwhile.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        command_minutes: Option<u32>,
        /// What is open or late, in a few words each.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        open: Vec<String>,
    },
    #[serde(rename = "nudge.quiet")]
    QuietAsked { until: DateTime<Utc> },
    /// People are paged from now on, until somebody acknowledges.
    #[serde(rename = "page.begun")]
    PagingBegun {
        n: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        escalation: Option<String>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        about: String,
        /// As they stood in the settings when it began.
        steps: Vec<Step>,
        rounds: u32,
        again_minutes: u32,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_automatic: bool,
    },
    #[serde(rename = "page.sent")]
    Paged {
        n: u32,
        /// Both counted from 0.
        step: u32,
        round: u32,
        called: Vec<Called>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pagers: Vec<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        missed: Vec<String>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_rehearsal: bool,
    },
    #[serde(rename = "page.acknowledged")]
    PageAcknowledged {
        pagings: Vec<u32>,
        /// Nobody said so: somebody who would be paged is here.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        here: Option<Person>,
    },
    #[serde(rename = "page.stopped")]
    PagingStopped {
        pagings: Vec<u32>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    #[serde(rename = "page.exhausted")]
    PagingExhausted { n: u32 },
    #[serde(rename = "page.failed")]
    PageFailed {
        n: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Person>,
        pager: String,
        why: String,
    },
    /// All of it: the timeline reads the same when the file is another, or gone.
    #[serde(rename = "playbook.begun")]
    PlaybookBegun { playbook: Playbook },
    #[serde(rename = "playbook.step_done")]
    StepDone {
        /// Both by their ids.
        playbook: String,
        step: String,
        /// What the step says.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        result: String,
    },
    #[serde(rename = "playbook.step_skipped")]
    StepSkipped {
        playbook: String,
        step: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
        reason: String,
    },
    #[serde(rename = "playbook.step_reopened")]
    StepReopened {
        playbook: String,
        step: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
        /// Its time has come again: whoever is to do it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        due_for: Vec<Person>,
    },
    #[serde(rename = "can")]
    CanReported { service: String, conditions: String, actions: String, needs: String },
    #[serde(rename = "note")]
    Noted {
        text: String,
        /// When it was over, where it lasted; when it began is the entry's own time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<DateTime<Utc>>,
        /// It says what its alerts are worth, or what was ordered in vain: whoever says so has not taken it on.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_mark: bool,
    },
    #[serde(rename = "evidence")]
    LinkAdded {
        label: String,
        url: String,
        /// Of a file: what it was when it was looked at.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sum: Option<Sum>,
    },

    #[serde(rename = "entry.corrected")]
    EntryCorrected {
        target: u64,
        text: String,
        /// When it really happened. Stored beside the entry's own `occurred_at`, so under another name.
        #[serde(rename = "corrected_at", default, skip_serializing_if = "Option::is_none")]
        occurred_at: Option<DateTime<Utc>>,
        reason: String,
        /// Of a CAN report: what of it `text` replaces.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        can: Option<CanParts>,
    },
    #[serde(rename = "entry.redacted")]
    EntryRedacted { target: u64, reason: String },

    /// A key moment, for whoever reads later.
    #[serde(rename = "entry.pinned")]
    EntryPinned { target: u64 },
    #[serde(rename = "entry.unpinned")]
    EntryUnpinned { target: u64 },

    #[serde(rename = "alert.linked")]
    AlertsLinked {
        situation: i64,
        title: String,
        source: String,
        firing: u64,
        total: u64,
        alerts: Vec<AlertRef>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<InWindow>,
        /// Why a rule did it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        because: String,
    },
    #[serde(rename = "alert.changed")]
    AlertsChanged {
        situation: i64,
        title: String,
        firing: u64,
        total: u64,
        alerts: Vec<AlertRef>,
        /// Of those that fire, how many somebody at the sender is on.
        #[serde(default, skip_serializing_if = "is_zero")]
        acknowledged: u64,
        /// How one of them flaps. What it does from then on is told when it was steady again, or when it gets worse.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        flapping: Option<Flaps>,
    },
    #[serde(rename = "alert.cleared")]
    AlertsCleared {
        situation: i64,
        title: String,
        total: u64,
        /// Nothing that is linked to the incident fires any more: somebody is asked whether it is mended.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        asks: bool,
        /// It was only in triage: then whether it was an incident at all.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        in_triage: bool,
    },

    #[serde(rename = "update.drafted")]
    UpdateDrafted { n: u32, draft: Draft },
    #[serde(rename = "update.approved")]
    UpdateApproved {
        n: u32,
        /// What the approval is bound to: SHA-256 over the draft, the severity and the phase.
        basis: String,
        expires_at: DateTime<Utc>,
        /// Author and approver were one person, and why that had to be.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        alone: Option<String>,
    },
    #[serde(rename = "update.published")]
    UpdatePublished {
        n: u32,
        approved_at: DateTime<Utc>,
        next_update_at: Option<DateTime<Utc>>,
        destinations: Vec<String>,
    },
    #[serde(rename = "update.delivered")]
    UpdateDelivered {
        n: u32,
        destination: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
    },
    #[serde(rename = "update.delivery_failed")]
    UpdateDeliveryFailed { n: u32, destination: String, why: String },
    #[serde(rename = "update.dropped")]
    UpdateDropped { n: u32, reason: String },

    #[serde(rename = "reminder")]
    Reminded {
        what: String,
        /// Of the summary for executives, which is reminded of again.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        executive: bool,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        of: Vec<Owed>,
    },

    /// A chat in which the incident is shown does not answer.
    #[serde(rename = "chat.lost")]
    ChatLost {
        chat: String,
        since: DateTime<Utc>,
        /// It takes lines, and what people type there is not heard.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_deaf: bool,
    },
    #[serde(rename = "chat.back")]
    ChatBack {
        chat: String,
        away_seconds: u64,
        /// It took lines all the while.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        was_deaf: bool,
    },

    #[serde(rename = "drill.startex")]
    Startex { scenario: String, sha256: String },
    #[serde(rename = "drill.inject")]
    Injected {
        /// Stored beside the entry's own `id`, so under another name.
        #[serde(rename = "inject")]
        id: String,
        from: String,
        to: String,
        text: String,
    },
    #[serde(rename = "drill.observed")]
    Observed { text: String },
    #[serde(rename = "drill.endex")]
    Endex { reason: String },
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_was_written_before_an_event_had_more_to_say_reads_and_is_written_as_it_was() {
        for stored in [
            r#"{"type":"note","text":"x"}"#,
            r#"{"type":"role.declined","role":"ops","by":{"id":"ada","name":"Ada"},"reason":""}"#,
            r#"{"type":"reminder","what":"x"}"#,
            r#"{"type":"command.executive_asked","words":"x","commander":{"id":"ada","name":"Ada"}}"#,
            r#"{"type":"entry.corrected","target":3,"text":"x","reason":""}"#,
            r#"{"type":"incident.declared","title":"x","kind":"real","severity":"sev1"}"#,
            r#"{"type":"incident.severity_changed","from":"sev2","to":"sev1","reason":""}"#,
            r#"{"type":"incident.phase_changed","from":"investigating","to":"resolved","reason":""}"#,
        ] {
            let event: Event = serde_json::from_str(stored).unwrap();
            assert_eq!(serde_json::to_string(&event).unwrap(), stored);
        }
    }

    #[test]
    fn a_reminder_of_the_first_word_to_the_public_is_known_by_what_it_names_and_an_older_one_by_its_words() {
        let is_of_it = |stored| serde_json::from_str::<Event>(stored).unwrap().reminds_of(Owed::FirstWord);
        for stored in [
            r#"{"type":"reminder","what":"x","of":["late","first_word"]}"#,
            r#"{"type":"reminder","what":"The public has heard nothing yet. Ada answers for it."}"#,
            r#"{"type":"reminder","what":"The public has heard nothing yet. Task #1 is overdue.","of":["late"]}"#,
        ] {
            assert!(is_of_it(stored), "{stored}");
        }
        for stored in [
            r#"{"type":"reminder","what":"Executives: «The public has heard nothing yet.»","executive":true}"#,
            r#"{"type":"reminder","what":"A report on db is due.","of":["reports"]}"#,
            r#"{"type":"note","text":"The public has heard nothing yet."}"#,
        ] {
            assert!(!is_of_it(stored), "{stored}");
        }
    }

    #[test]
    fn an_event_never_hides_what_its_entry_says_of_itself() {
        let at: DateTime<Utc> = "2026-01-02T03:00:00Z".parse().unwrap();
        for event in [
            Event::Injected { id: "I1".into(), from: "a".into(), to: "b".into(), text: "c".into() },
            Event::EntryCorrected {
                target: 1,
                text: "a".into(),
                occurred_at: Some(at),
                reason: "b".into(),
                can: None,
            },
        ] {
            let entry = Entry {
                incident: IncidentId::new(Kind::Drill, 1),
                seq: 2,
                id: Uuid::from_u128(3),
                occurred_at: at + chrono::Duration::minutes(9),
                time_source: TimeSource::House,
                recorded_at: at,
                actor: Actor { person: Person::house(), role: None, via: "drill".into() },
                event,
            };
            let stored = serde_json::to_string(&entry).unwrap();
            assert_eq!(serde_json::from_str::<Entry>(&stored).unwrap(), entry, "{stored}");
        }
    }
}
