//! Verbs of the people: who has command, who which role, and who is here.

use clap::{Args, Subcommand};

use super::Reason;
use crate::grammar::value::{self, Minutes};

#[derive(Debug, Args)]
pub(in crate::grammar) struct Presence {
    /// Somebody else, if not you
    #[arg(long = "for", value_name = "NAME")]
    pub who: Option<String>,
    /// Where, or until when
    #[arg(value_name = "TEXT")]
    pub note: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(in crate::grammar) enum Of {
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
    /// End a part in Unified Command, where several commanders decide together
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
pub(in crate::grammar) enum RoleVerb {
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
pub(in crate::grammar) enum Crew {
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
