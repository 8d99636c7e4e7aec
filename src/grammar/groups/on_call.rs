//! Verbs of pages, and of who is on call.

use clap::Subcommand;

use super::Reason;

#[derive(Debug, Subcommand)]
pub(in crate::grammar) enum PagerVerb {
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
    /// You have it: nobody else is woken (alerts: `ack S-3`, a task: `ack 4`)
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
pub(in crate::grammar) enum RosterVerb {
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
