//! The verbs of two words: `command take`, `role offer`, `action go`, `task done`, `update draft`.

use clap::{Args, Subcommand};

use super::value::{self, Component, Minutes, Time};
use crate::{
    incident::{id::IncidentId, severity::Severity},
    post::{Impact, PublicPhase},
};

#[derive(Debug, Args)]
pub(super) struct Reason {
    /// Why, or how
    #[arg(value_name = "REASON")]
    pub reason: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Presence {
    /// Somebody else, in text @NAME
    #[arg(long = "for", value_name = "NAME")]
    pub who: Option<String>,
    /// Where, or until when
    #[arg(value_name = "TEXT")]
    pub note: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Of {
    /// Take command
    #[command(after_help = "command take --force ada does not answer")]
    Take {
        /// From somebody who does not answer; needs a reason
        #[arg(long)]
        force: bool,
        /// Why
        #[arg(value_name = "REASON")]
        reason: Option<String>,
    },
    /// Offer command to somebody; you keep it until they accept
    #[command(after_help = "command offer @ada")]
    Offer {
        /// To whom
        #[arg(value_name = "NAME")]
        to: String,
    },
    /// Accept command: you have it
    #[command(after_help = "command accept")]
    Accept,
    /// Decline command
    #[command(after_help = "command decline I am at the end of my shift")]
    Decline(Reason),
    /// Take the offer back
    #[command(after_help = "command withdraw")]
    Withdraw,
    /// Ask somebody of another organization to command with you
    #[command(name = "unify", after_help = "command unify @ada --for Acme")]
    Unify {
        /// Whom
        #[arg(value_name = "NAME")]
        to: String,
        /// Their organization
        #[arg(long = "for", value_name = "ORGANIZATION")]
        organization: Option<String>,
    },
    /// Join command, as you were asked
    #[command(after_help = "command join")]
    Join,
    /// End a part in Unified Command
    #[command(after_help = "command separate --reason our part is over")]
    Separate {
        /// Whose, if not yours
        #[arg(value_name = "NAME")]
        who: Option<String>,
        /// Why
        #[arg(long, value_name = "REASON")]
        reason: Option<String>,
    },
    /// What the next commander must know
    #[command(after_help = "command briefing")]
    Briefing,
    /// How it stands, in words to forward to executives
    #[command(before_help = "summary exec", after_help = "command summary")]
    Summary,
}

#[derive(Debug, Subcommand)]
pub(super) enum PagerVerb {
    /// Wake somebody, whoever is on call, or all whom an escalation names
    #[command(
        before_help = "page [@NAME|ROSTER|ESCALATION] [TEXT]",
        after_help = "pager page @ada the replicas are gone"
    )]
    Page {
        /// @NAME, a roster or an escalation; else the first escalation
        #[arg(value_name = "WHO")]
        who: Option<String>,
        /// What they should know at once
        #[arg(value_name = "TEXT")]
        text: Option<String>,
    },
    /// You have it: nobody else is woken
    #[command(before_help = "ack", after_help = "pager ack")]
    Ack,
    /// Nobody is woken any more
    #[command(after_help = "pager stop it was a false alarm")]
    Stop(Reason),
    /// Who was woken, and who answered
    #[command(after_help = "pager list")]
    List,
}

#[derive(Debug, Subcommand)]
pub(super) enum RosterVerb {
    /// Who is on call, until when, and who comes next
    #[command(
        before_help = "oncall [ROSTER] [--at TIME] [--until TIME]",
        after_help = "roster who --at 18:00"
    )]
    Who {
        /// Only this one
        #[arg(value_name = "ROSTER")]
        roster: Option<String>,
        /// At another time: 18:00, 2026-12-24T18:00, in your zone
        #[arg(long, value_name = "MOMENT")]
        at: Option<String>,
        /// The whole plan until then
        #[arg(long, value_name = "MOMENT")]
        until: Option<String>,
    },
    /// Put somebody on call for a while
    #[command(
        before_help = "oncall override ROSTER @NAME SPAN",
        after_help = "roster override web @ada 18:00..22:00"
    )]
    Override {
        /// The roster, or one of its layers: web/secondary
        #[arg(value_name = "ROSTER")]
        roster: String,
        /// Who is on call, @NAME
        #[arg(value_name = "WHO")]
        who: String,
        /// 18:00..22:00, 2026-12-24 09:00..2026-12-26 09:00, or 4h from now; in the roster's zone
        #[arg(value_name = "SPAN")]
        span: String,
    },
    /// What is overridden
    #[command(after_help = "roster overrides")]
    Overrides,
    /// Take an override back
    #[command(after_help = "roster withdraw 3")]
    Withdraw {
        /// Its number
        #[arg(value_name = "N")]
        n: u64,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum RoleVerb {
    /// Take a role that is free
    #[command(after_help = "role take pio")]
    Take {
        /// The role
        #[arg(value_name = "ROLE")]
        role: String,
    },
    /// Offer a role to somebody
    #[command(after_help = "role offer sme:db @ada")]
    Offer {
        /// The role
        #[arg(value_name = "ROLE")]
        role: String,
        /// To whom
        #[arg(value_name = "NAME")]
        to: String,
    },
    /// Accept a role
    #[command(after_help = "role accept pio")]
    Accept {
        /// Which, if several are on offer
        #[arg(value_name = "ROLE")]
        role: Option<String>,
    },
    /// Decline a role
    #[command(
        before_help = "role decline [ROLE] [REASON]",
        after_help = "role decline pio I cannot type and drive"
    )]
    Decline {
        /// Which, if several are on offer
        #[arg(value_name = "ROLE")]
        role: Option<String>,
        /// Why
        #[arg(long, value_name = "REASON")]
        reason: Option<String>,
    },
    /// Relieve somebody of a role
    #[command(after_help = "role relieve pio @ada --reason end of shift")]
    Relieve {
        /// The role
        #[arg(value_name = "ROLE")]
        role: String,
        /// Whom, if several hold it
        #[arg(value_name = "NAME")]
        who: Option<String>,
        /// Why
        #[arg(long, value_name = "REASON")]
        reason: Option<String>,
    },
    /// Give up a role of yours
    #[command(after_help = "role release pio")]
    Release {
        /// The role
        #[arg(value_name = "ROLE")]
        role: String,
    },
    /// Say whom somebody reports to
    #[command(after_help = "role report @bo --to @ada")]
    Report {
        /// Who
        #[arg(value_name = "NAME")]
        who: String,
        /// Their one supervisor
        #[arg(long, value_name = "NAME", required = true)]
        to: String,
    },
    /// Who holds which role
    #[command(after_help = "role list")]
    List,
    /// Who reports to whom
    #[command(after_help = "role chart")]
    Chart,
}

#[derive(Debug, Subcommand)]
pub(super) enum Set {
    /// Change the title
    #[command(after_help = "set title Checkout and search fail in Europe")]
    Title {
        /// The new one
        #[arg(value_name = "TEXT")]
        title: String,
    },
    /// Say how things stand, in a few lines
    #[command(after_help = "set summary db1 is full; writes fail; moving to db2")]
    Summary {
        /// The new one
        #[arg(value_name = "TEXT")]
        text: String,
    },
    /// No reminders for a while
    #[command(after_help = "set quiet 30m")]
    Quiet {
        /// How long, such as 30m
        #[arg(value_name = "DURATION", value_parser = value::duration)]
        minutes: Minutes,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Crew {
    /// Say that you are here
    #[command(
        before_help = "checkin [@NAME] [TEXT]",
        after_help = "crew checkin on the bridge, looking at the database"
    )]
    Checkin(Presence),
    /// Say that you leave
    #[command(before_help = "checkout [@NAME] [TEXT]", after_help = "crew checkout back at 14:00")]
    Checkout(Presence),
    /// Ask for a second pair of eyes
    #[command(before_help = "help me [TEXT]", after_help = "crew assist which replica is the primary?")]
    Assist {
        /// What about
        #[arg(value_name = "TEXT")]
        text: Option<String>,
    },
    /// Who is here
    #[command(after_help = "crew list")]
    List,
    /// Ask everybody whether they are here
    #[command(name = "roll-call", before_help = "roll call [DURATION]", after_help = "crew roll-call 5m")]
    RollCall {
        /// Time to answer, 5m if left out
        #[arg(value_name = "DURATION", value_parser = value::duration)]
        minutes: Option<Minutes>,
    },
    /// Answer a roll call
    #[command(before_help = "here [TEXT]", after_help = "crew here at the desk")]
    Here {
        /// Where
        #[arg(value_name = "TEXT")]
        note: Option<String>,
    },
    /// Only who is here may see it
    #[command(before_help = "restrict [REASON]", after_help = "crew restrict a customer's data is out")]
    Restrict(Reason),
    /// Everybody may see it again
    #[command(before_help = "open up [REASON]", after_help = "crew open the customers are told")]
    Open(Reason),
    /// Let somebody in
    #[command(after_help = "crew admit @ada")]
    Admit {
        /// Whom
        #[arg(value_name = "NAME")]
        who: String,
    },
    /// Keep somebody out again
    #[command(after_help = "crew expel @ada --reason she changed teams")]
    Expel {
        /// Whom
        #[arg(value_name = "NAME")]
        who: String,
        /// Why
        #[arg(long, value_name = "REASON")]
        reason: Option<String>,
    },
    /// As an admin, look in; it is logged
    #[command(
        name = "break-glass",
        before_help = "break glass REASON",
        after_help = "crew break-glass nobody who is in it answers"
    )]
    BreakGlass {
        /// Why
        #[arg(value_name = "REASON")]
        reason: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum EntryVerb {
    /// Correct an entry; what it said stays in the record
    #[command(after_help = "entry correct 12 --reason typo it was db2, not db1")]
    Correct {
        /// The entry's number
        #[arg(value_name = "N")]
        n: u64,
        /// When it really happened
        #[arg(long, value_name = "TIME", value_parser = value::time)]
        at: Option<Time>,
        /// Why it was wrong
        #[arg(long, value_name = "REASON")]
        reason: Option<String>,
        /// What it should say; a report in its parts, with | between
        #[arg(value_name = "TEXT")]
        text: String,
    },
    /// Mark an entry as a key moment
    #[command(after_help = "entry pin 12")]
    Pin {
        /// The entry's number
        #[arg(value_name = "N")]
        n: u64,
    },
    /// It is no key moment after all
    #[command(after_help = "entry unpin 12")]
    Unpin {
        /// The entry's number
        #[arg(value_name = "N")]
        n: u64,
    },
    /// Take an entry's text out of sight
    #[command(after_help = "entry redact 12 a customer's name")]
    Redact {
        /// The entry's number
        #[arg(value_name = "N")]
        n: u64,
        /// Why
        #[arg(value_name = "REASON")]
        reason: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum HazardVerb {
    /// Name a risk; it stands in the briefing until it is cleared
    #[command(
        before_help = "hazard TEXT [--mitigation TEXT]",
        after_help = "hazard add db2 may fill up as well --mitigation watch its disk"
    )]
    Add {
        /// What could go wrong
        #[arg(value_name = "HAZARD")]
        text: String,
        /// What is done against it
        #[arg(long, value_name = "MITIGATION")]
        mitigation: Option<String>,
    },
    /// The open ones
    #[command(after_help = "hazard list")]
    List,
    /// It is none any more
    #[command(after_help = "hazard clear 1 its disk was grown")]
    Clear {
        /// Its number
        #[arg(value_name = "N")]
        n: u32,
        /// How
        #[arg(value_name = "REASON")]
        reason: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum ActionVerb {
    /// Say what you are about to do; a risky one waits for a go
    #[command(
        before_help = "action [--risky] [DURATION] TEXT",
        after_help = "action announce --risky 10m restart db1"
    )]
    Announce {
        /// It may do harm: it waits for Operations or Safety
        #[arg(long)]
        risky: bool,
        /// Time box, such as 10m
        #[arg(long = "in", value_name = "DURATION", value_parser = value::duration)]
        minutes: Option<Minutes>,
        /// What you are about to do
        #[arg(value_name = "TEXT")]
        text: String,
    },
    /// It may be done
    #[command(after_help = "action go 2")]
    Go {
        /// Its number
        #[arg(value_name = "N")]
        n: u32,
    },
    /// It must not be done, for now
    #[command(after_help = "action hold 2 the backup is still running")]
    Hold {
        /// Its number
        #[arg(value_name = "N")]
        n: u32,
        /// Why
        #[arg(value_name = "REASON")]
        reason: String,
    },
    /// Report the result
    #[command(after_help = "action done 2 db1 is up, replication runs")]
    Done {
        /// Its number
        #[arg(value_name = "N")]
        n: u32,
        /// What came of it
        #[arg(value_name = "RESULT")]
        result: String,
    },
    /// It will not be done
    #[command(after_help = "action drop 2 the failover was enough")]
    Drop {
        /// Its number
        #[arg(value_name = "N")]
        n: u32,
        /// Why
        #[arg(value_name = "REASON")]
        reason: Option<String>,
    },
    /// Stop: nobody changes anything
    #[command(name = "stop-all", after_help = "action stop-all we are losing writes")]
    StopAll {
        /// Why
        #[arg(value_name = "REASON")]
        reason: String,
    },
    /// Lift the stop
    #[command(name = "resume-all", after_help = "action resume-all writes go through again")]
    ResumeAll(Reason),
    /// All actions
    #[command(after_help = "action list")]
    List,
}

#[derive(Debug, Subcommand)]
pub(super) enum DecisionVerb {
    /// Record a decision
    #[command(after_help = "decision record roll back 4.2 rather than patch it: the patch is untested")]
    Record {
        /// What is decided, and why
        #[arg(value_name = "TEXT")]
        text: String,
    },
    /// Propose: decided when its time is over, unless withdrawn
    #[command(after_help = "decision propose --for 10m roll back 4.2 in all regions")]
    Propose {
        /// Time to object in, such as 10m; 5m if left out
        #[arg(long = "for", value_name = "DURATION", value_parser = value::duration)]
        minutes: Option<Minutes>,
        /// What is to be decided
        #[arg(value_name = "TEXT")]
        text: String,
    },
    /// Object strongly to a proposal
    #[command(after_help = "decision object 1 the schema has changed since 4.2")]
    Object {
        /// Its number
        #[arg(value_name = "N")]
        n: u32,
        /// Why
        #[arg(value_name = "REASON")]
        reason: String,
    },
    /// Take back your objection, or your proposal
    #[command(after_help = "decision withdraw 1 the patch is tested now")]
    Withdraw {
        /// Its number
        #[arg(value_name = "N")]
        n: u32,
        /// Why
        #[arg(value_name = "REASON")]
        reason: Option<String>,
    },
    /// Decide on a proposal before its time
    #[command(after_help = "decision now 1")]
    Now {
        /// Its number
        #[arg(value_name = "N")]
        n: u32,
    },
    /// All proposals
    #[command(after_help = "decision list")]
    List,
}

#[derive(Debug, Subcommand)]
pub(super) enum Objective {
    /// Set an objective
    #[command(after_help = "objective add customers can pay again by 11:00")]
    Add {
        /// What is to be reached
        #[arg(value_name = "TEXT")]
        text: String,
    },
    /// It is reached
    #[command(after_help = "objective met 1")]
    Met {
        /// Its number
        #[arg(value_name = "N")]
        n: u32,
    },
    /// Give it up
    #[command(after_help = "objective drop 1 the region is switched off anyway")]
    Drop {
        /// Its number
        #[arg(value_name = "N")]
        n: u32,
        /// Why
        #[arg(value_name = "REASON")]
        reason: String,
    },
    /// All objectives, and the operational period
    #[command(after_help = "objective list")]
    List,
    /// Begin an operational period
    #[command(
        before_help = "period start DURATION [TEXT]",
        after_help = "objective period 2h keep payments up"
    )]
    Period {
        /// How long, such as 2h
        #[arg(value_name = "DURATION", value_parser = value::duration)]
        minutes: Minutes,
        /// What matters most in it
        #[arg(value_name = "TEXT")]
        emphasis: Option<String>,
    },
    /// End the operational period
    #[command(
        name = "period-end",
        before_help = "period end [REASON]",
        after_help = "objective period-end the day shift goes home"
    )]
    PeriodEnd(Reason),
}

#[derive(Debug, Subcommand)]
pub(super) enum Task {
    /// Give somebody a task, or yourself
    #[command(
        before_help = "task add [@NAME] [DURATION] TEXT",
        after_help = "task add @ada 10m check the load balancers"
    )]
    Add {
        /// Whose, in text @NAME; yours if left out
        #[arg(long = "for", value_name = "NAME")]
        owner: Option<String>,
        /// Time box, such as 10m
        #[arg(long = "in", value_name = "DURATION", value_parser = value::duration)]
        minutes: Option<Minutes>,
        /// What is to be done
        #[arg(value_name = "TEXT")]
        text: String,
    },
    /// Say that you have understood it
    #[command(after_help = "task ack 3")]
    Ack {
        /// Its number
        #[arg(value_name = "N")]
        n: u32,
    },
    /// Ask for more time
    #[command(after_help = "task more 3 10m")]
    More {
        /// Its number
        #[arg(value_name = "N")]
        n: u32,
        /// From now, such as 10m
        #[arg(value_name = "DURATION", value_parser = value::duration)]
        minutes: Minutes,
    },
    /// Report the result
    #[command(after_help = "task done 3 lb2 was out of memory; restarted it")]
    Done {
        /// Its number
        #[arg(value_name = "N")]
        n: u32,
        /// What came of it
        #[arg(value_name = "RESULT")]
        result: String,
    },
    /// It is not yours to do: back to who gave it
    #[command(after_help = "task decline 3 I have no access to lb2")]
    Decline {
        /// Its number
        #[arg(value_name = "N")]
        n: u32,
        /// Why
        #[arg(value_name = "REASON")]
        reason: String,
    },
    /// To somebody else, or to yourself
    #[command(before_help = "task give N [@NAME] [DURATION]", after_help = "task give 3 @ada 10m")]
    Give {
        /// Its number
        #[arg(value_name = "N")]
        n: u32,
        /// Whose, in text @NAME; yours if left out
        #[arg(long = "for", value_name = "NAME")]
        owner: Option<String>,
        /// Time box, such as 10m
        #[arg(long = "in", value_name = "DURATION", value_parser = value::duration)]
        minutes: Option<Minutes>,
    },
    /// It was reported done, and is not
    #[command(
        before_help = "task reopen N [DURATION] REASON",
        after_help = "task reopen 3 10m lb2 is out of memory again"
    )]
    Reopen {
        /// Its number
        #[arg(value_name = "N")]
        n: u32,
        /// New time box; none if left out
        #[arg(long = "in", value_name = "DURATION", value_parser = value::duration)]
        minutes: Option<Minutes>,
        /// Why
        #[arg(value_name = "REASON")]
        reason: String,
    },
    /// Call it off
    #[command(after_help = "task cancel 3 lb2 is out of the pool")]
    Cancel {
        /// Its number
        #[arg(value_name = "N")]
        n: u32,
        /// Why
        #[arg(value_name = "REASON")]
        reason: String,
    },
    /// All tasks
    #[command(after_help = "task list")]
    List,
}

#[derive(Debug, Subcommand)]
pub(super) enum PlaybookVerb {
    /// The steps of those that were begun, and how far they are
    #[command(before_help = "playbook", after_help = "playbook show")]
    Show,
    /// Those that there are, and which were begun
    #[command(after_help = "playbook list")]
    List,
    /// Begin one
    #[command(after_help = "playbook begin site-down")]
    Begin {
        /// Its id
        #[arg(value_name = "PLAYBOOK")]
        id: String,
    },
    /// A step is done
    #[command(after_help = "playbook done P3 ada has it")]
    Done {
        /// P3, or site-down/P3
        #[arg(value_name = "STEP")]
        step: String,
        /// What came of it
        #[arg(value_name = "RESULT")]
        result: Option<String>,
    },
    /// A step is left out
    #[command(after_help = "playbook skip P7 nothing is changed")]
    Skip {
        /// P3, or site-down/P3
        #[arg(value_name = "STEP")]
        step: String,
        /// Why
        #[arg(value_name = "REASON")]
        reason: String,
    },
    /// A step is open again
    #[command(after_help = "playbook undo P3")]
    Undo {
        /// P3, or site-down/P3
        #[arg(value_name = "STEP")]
        step: String,
    },
    /// Say a step's words in your name, and tick it
    #[command(after_help = "playbook run P4 We are investigating.")]
    Run {
        /// P3, or site-down/P3
        #[arg(value_name = "STEP")]
        step: String,
        /// What belongs in the place of …
        #[arg(value_name = "TEXT")]
        words: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Update {
    /// Draft a public update; nothing is public yet
    #[command(
        after_help = "update draft --phase identified --next 30m We have found the cause and are fixing it."
    )]
    Draft {
        /// What the public is told of how far it has come
        #[arg(long, value_name = "PHASE", value_parser = value::phase())]
        phase: Option<PublicPhase>,
        /// How hard it hits the public
        #[arg(long, value_name = "IMPACT", value_parser = value::impact())]
        impact: Option<Impact>,
        /// The incident's public name
        #[arg(long, value_name = "TITLE")]
        title: Option<String>,
        /// Such as API=major_outage; several with ; between
        #[arg(long = "component", value_name = "COMPONENT", value_parser = value::component, value_delimiter = ';')]
        components: Vec<Component>,
        /// When the next one comes, such as 30m; 0 promises none
        #[arg(long, value_name = "DURATION", value_parser = value::duration)]
        next: Option<Minutes>,
        /// Rewords this draft; what is not given again stays
        #[arg(long, value_name = "N")]
        replaces: Option<u32>,
        /// Corrects this published update
        #[arg(long, value_name = "N", conflicts_with = "replaces")]
        corrects: Option<u32>,
        /// Published as it stands here
        #[arg(value_name = "TEXT")]
        text: String,
    },
    /// Approve a draft, word for word
    #[command(
        before_help = "update approve N [--alone REASON]",
        after_help = "update approve 2 --alone nobody else is awake"
    )]
    Approve {
        /// Its number
        #[arg(value_name = "N")]
        n: u32,
        /// Your own draft, as nobody else is there; needs a reason
        #[arg(long, requires = "reason")]
        alone: bool,
        /// Why you are alone
        #[arg(value_name = "REASON", requires = "alone")]
        reason: Option<String>,
    },
    /// Publish what is approved
    #[command(after_help = "update publish 2")]
    Publish {
        /// Its number
        #[arg(value_name = "N")]
        n: u32,
    },
    /// Throw a draft away
    #[command(after_help = "update drop 2 it was another incident")]
    Drop {
        /// Its number
        #[arg(value_name = "N")]
        n: u32,
        /// Why
        #[arg(value_name = "REASON")]
        reason: String,
    },
    /// All updates
    #[command(after_help = "update list")]
    List,
}

#[derive(Debug, Subcommand)]
pub(super) enum PhaseVerb {
    /// A suspicion turns out to be an incident
    #[command(after_help = "phase confirm sev2")]
    Confirm {
        /// How bad it is
        #[arg(value_name = "SEVERITY", value_parser = value::severity())]
        severity: Option<Severity>,
    },
    /// The cause is known
    #[command(after_help = "phase identify the certificate ran out")]
    Identify(Reason),
    /// Customers are served again; watch whether it holds
    #[command(after_help = "phase mitigate traffic moved to the other region")]
    Mitigate(Reason),
    /// Look back: what happened, what to change
    #[command(after_help = "phase review")]
    Review(Reason),
    /// Take in a duplicate of this incident
    #[command(after_help = "phase merge INC-2 the same database")]
    Merge {
        /// The one that ends; both timelines stay
        #[arg(value_name = "INCIDENT")]
        duplicate: IncidentId,
        /// Why they are one
        #[arg(value_name = "REASON")]
        reason: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Sub {
    /// Say which greater incident it is a part of
    #[command(before_help = "under INCIDENT", after_help = "sub under INC-1")]
    Under {
        /// The greater one
        #[arg(value_name = "INCIDENT")]
        parent: IncidentId,
    },
    /// It is a part of no other any more
    #[command(after_help = "sub leave it is another cause")]
    Leave(Reason),
    /// What belongs to it
    #[command(after_help = "sub list")]
    List,
}
