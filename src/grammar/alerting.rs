//! The verbs about alerts and planned work.

use clap::{Args, Subcommand};

use super::value::{self, Filled, Minutes, SituationId, Time};
use crate::{
    alert::judgement::{Subject, Verdict},
    incident::command::StatedTime,
};

#[derive(Debug, Subcommand)]
pub(super) enum AlertVerb {
    /// Say whether alerts deserved it
    #[command(after_help = "alert mark S-3 noise the disk cleans itself")]
    Mark {
        /// S-3, or the name of a rule
        #[arg(value_name = "ALERT", value_parser = value::subject)]
        alert: Subject,
        /// What they were
        #[arg(value_name = "MARK", value_parser = value::verdict())]
        verdict: Verdict,
        /// Why
        #[arg(value_name = "REASON")]
        reason: Option<String>,
    },
    /// What users feel, likely why, and what changed before
    #[command(after_help = "alert why S-3")]
    Why {
        /// Of these alerts; else of the incident
        #[arg(value_name = "SITUATION", value_parser = value::situation)]
        situation: Option<SituationId>,
    },
    /// Which rules cry wolf, what was never acted on, what told first
    #[command(after_help = "alert report --since 30d")]
    Report {
        /// Over how long, such as 30d
        #[arg(long, value_name = "DURATION", value_parser = value::duration)]
        since: Option<Minutes>,
    },
    /// You are on it, in place of whoever was; the sender is told where it can be
    #[command(before_help = "ack S-N [TEXT]", after_help = "alert ack S-3 I look at the disk")]
    Ack {
        /// Which
        #[arg(value_name = "SITUATION", value_parser = value::situation)]
        situation: SituationId,
        /// What you do
        #[arg(value_name = "TEXT")]
        comment: Option<String>,
    },
    /// Take an acknowledgement back: nobody is on it any more
    #[command(after_help = "alert unack S-3 it is the network, not the disk")]
    Unack {
        /// Which
        #[arg(value_name = "SITUATION", value_parser = value::situation)]
        situation: SituationId,
        /// Why
        #[arg(value_name = "REASON")]
        reason: Option<String>,
    },
    /// Count them, tell nobody; it ends by itself
    #[command(
        before_help = "silence S-N [for] DURATION REASON",
        after_help = "alert silence S-3 2h the disk is being replaced"
    )]
    Silence {
        /// Which
        #[arg(value_name = "SITUATION", value_parser = value::situation)]
        situation: SituationId,
        /// For how long: 30m, 2h
        #[arg(value_name = "DURATION", value_parser = value::duration)]
        minutes: Minutes,
        /// Why
        #[arg(value_name = "REASON")]
        reason: String,
    },
    /// Tell of them again
    #[command(after_help = "alert unsilence S-3 the disk is replaced")]
    Unsilence {
        /// Which
        #[arg(value_name = "SITUATION", value_parser = value::situation)]
        situation: SituationId,
        /// Why
        #[arg(value_name = "REASON")]
        reason: Option<String>,
    },
}

/// When something planned begins and ends.
#[derive(Debug, Args)]
pub(super) struct When {
    /// When it begins: 02:00 (the next, UTC), a date and time; else now
    #[arg(long = "begins", value_name = "TIME", value_parser = value::time)]
    from: Option<Time>,
    /// When it is to be over
    #[arg(long = "ends", value_name = "TIME", value_parser = value::time)]
    to: Option<Time>,
    /// How long it takes, if that is not said by its end; else an hour
    #[arg(long = "for", value_name = "DURATION", value_parser = value::duration, conflicts_with = "to")]
    minutes: Option<Minutes>,
}

impl When {
    /// From when, until when, and for how many minutes.
    pub fn parts(self) -> (Option<StatedTime>, Option<StatedTime>, Option<u32>) {
        (self.from.map(|at| at.0), self.to.map(|at| at.0), self.minutes.map(|minutes| minutes.0))
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Maintenance {
    /// Plan a window
    #[command(
        before_help = "maintenance add WINDOW [from TIME] [to TIME | for DURATION] [match LABEL=VALUE …] [--record]",
        after_help = "maintenance add \"db upgrade\" from 02:00 to 04:00 match service=db"
    )]
    Add {
        /// Its name
        #[arg(value_name = "WINDOW")]
        name: String,
        #[command(flatten)]
        when: When,
        /// Labels that alerts must have, such as service=db; several with ; between. Else all alerts
        #[arg(long = "match", value_name = "LABEL=VALUE", value_parser = value::field, value_delimiter = ';')]
        labels: Vec<Filled>,
        /// Record them, and tell nobody until it ends
        #[arg(long)]
        record: bool,
    },
    /// Windows, open and planned
    #[command(after_help = "maintenance list")]
    List,
    /// Plan work: it has a number, begins at its time, and the public can be told
    #[command(
        before_help = "maintenance schedule WINDOW [from TIME] [to TIME | for DURATION] [service SERVICE …] [--restricted] [TEXT]",
        after_help = "maintenance schedule \"db upgrade\" from 02:00 to 04:00 service db checkout is slow meanwhile"
    )]
    Schedule {
        /// Its title
        #[arg(value_name = "WINDOW")]
        title: String,
        #[command(flatten)]
        when: When,
        /// Whose alerts it expects; several with ; between
        #[arg(long = "service", value_name = "SERVICE", value_delimiter = ';')]
        services: Vec<String>,
        /// Only you, and whom you let in, see it
        #[arg(long)]
        restricted: bool,
        /// What is done, and what people notice
        #[arg(value_name = "TEXT")]
        text: Option<String>,
    },
    /// Planned work begins now
    #[command(after_help = "maintenance start")]
    Start {
        /// Why before its time, or again
        #[arg(value_name = "REASON")]
        reason: Option<String>,
    },
    /// Planned work is done
    #[command(after_help = "maintenance complete all replicas are upgraded")]
    Complete {
        /// How it went
        #[arg(value_name = "REASON")]
        reason: Option<String>,
    },
    /// Planned work takes longer
    #[command(after_help = "maintenance extend 30m")]
    Extend {
        /// By how much
        #[arg(value_name = "DURATION", value_parser = value::duration)]
        minutes: Minutes,
    },
    /// Planned work has another time
    #[command(
        before_help = "maintenance move [from TIME] [to TIME]",
        after_help = "maintenance move --begins 03:00 --ends 05:00"
    )]
    Move {
        /// When it begins: 03:00 (the next, UTC), a date and time
        #[arg(long = "begins", value_name = "TIME", value_parser = value::time)]
        from: Option<Time>,
        /// When it is to be over
        #[arg(long = "ends", value_name = "TIME", value_parser = value::time)]
        to: Option<Time>,
    },
    /// End one, or take it back
    #[command(after_help = "maintenance end 2 done early")]
    End {
        /// Its number
        #[arg(value_name = "N")]
        n: u32,
        /// Why
        #[arg(value_name = "REASON")]
        reason: Option<String>,
    },
}
