//! Verbs of the work: hazards, actions, decisions, objectives, tasks.

use clap::Subcommand;

use super::{Numbered, NumberedWhy, Reason};
use crate::grammar::value::{self, Minutes};

#[derive(Debug, Subcommand)]
pub(in crate::grammar) enum HazardVerb {
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
pub(in crate::grammar) enum ChangeVerb {
    /// Say what was changed: a rollout, a setting
    #[command(
        before_help = "change TEXT [service:NAME] [env:NAME]",
        after_help = "change record --at 10m rolled out 1.2.3 service:checkout"
    )]
    Record {
        /// Of which service
        #[arg(long, value_name = "SERVICE")]
        service: Option<String>,
        /// In which environment
        #[arg(long = "env", value_name = "ENVIRONMENT")]
        environment: Option<String>,
        /// When: 09:12, 10m (ago), a date and time; UTC
        #[arg(long, value_name = "TIME", value_parser = value::time)]
        at: Option<value::Time>,
        /// What was changed
        #[arg(value_name = "TEXT")]
        text: String,
    },
    /// The last ones
    #[command(after_help = "change list")]
    List,
    /// It was reported by mistake
    #[command(after_help = "change withdraw 48213 that was the staging system")]
    Withdraw(NumberedWhy),
}

#[derive(Debug, Subcommand)]
pub(in crate::grammar) enum ActionVerb {
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
    Go(Numbered),
    /// It must not be done, for now
    #[command(after_help = "action hold 2 the backup is still running")]
    Hold(NumberedWhy),
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
pub(in crate::grammar) enum DecisionVerb {
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
    Object(NumberedWhy),
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
    Now(Numbered),
    /// All proposals
    #[command(after_help = "decision list")]
    List,
}

#[derive(Debug, Subcommand)]
pub(in crate::grammar) enum Objective {
    /// Set an objective
    #[command(after_help = "objective add customers can pay again by 11:00")]
    Add {
        /// What is to be reached
        #[arg(value_name = "TEXT")]
        text: String,
    },
    /// It is reached
    #[command(after_help = "objective met 1")]
    Met(Numbered),
    /// Give it up
    #[command(after_help = "objective drop 1 the region is switched off anyway")]
    Drop(NumberedWhy),
    /// All objectives, and the operational period
    #[command(after_help = "objective list")]
    List,
    /// Begin an operational period: the time that one plan is made for
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
pub(in crate::grammar) enum Task {
    /// Give somebody a task, or yourself
    #[command(
        before_help = "task add [@NAME] [DURATION] TEXT",
        after_help = "task add @ada 10m check the load balancers"
    )]
    Add {
        /// Whose; yours if left out
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
    Ack(Numbered),
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
    Decline(NumberedWhy),
    /// To somebody else, or to yourself
    #[command(before_help = "task give N [@NAME] [DURATION]", after_help = "task give 3 @ada 10m")]
    Give {
        /// Its number
        #[arg(value_name = "N")]
        n: u32,
        /// Whose; yours if left out
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
    Cancel(NumberedWhy),
    /// All tasks
    #[command(after_help = "task list")]
    List,
}
