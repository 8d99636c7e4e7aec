//! The verbs of two words: `command take`, `role offer`, `action go`, `task done`, `update draft`.

mod on_call;
mod people;
mod work;

use clap::{Args, Subcommand};

pub(super) use on_call::{PagerVerb, RosterVerb};
pub(super) use people::{Crew, Of, RoleVerb};
pub(super) use work::{ActionVerb, ChangeVerb, DecisionVerb, HazardVerb, Objective, Task};

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
pub(super) struct Numbered {
    /// Its number
    #[arg(value_name = "N")]
    pub n: u32,
}

#[derive(Debug, Args)]
pub(super) struct NumberedWhy {
    /// Its number
    #[arg(value_name = "N")]
    pub n: u32,
    /// Why
    #[arg(value_name = "REASON")]
    pub reason: String,
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
    Publish(Numbered),
    /// Throw a draft away
    #[command(after_help = "update drop 2 it was another incident")]
    Drop(NumberedWhy),
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
