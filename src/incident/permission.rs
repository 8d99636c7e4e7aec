//! Who may: one table of role × verb × kind, and beneath it what holds besides. Asked in one place, [`super::decide`].

use super::{command::Verb, kind::Kind, role::Role};

/// A row of the table: a role of the catalogue, or what somebody is who holds none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'a> {
    /// Takes part without a role.
    Participant,
    Holds(&'a Role),
    /// The house itself: timers, rules, reconcilers, the drill's controller.
    House,
}

/// Whether this standing carries the right to this verb in an incident of this kind.
///
/// A drill exercises the same rights as the real thing, so the kinds differ only in what the house may do.
pub fn may(standing: Standing<'_>, verb: Verb, kind: Kind) -> bool {
    match standing {
        Standing::House => house_may(verb, kind),
        Standing::Participant => anyone_may(verb),
        Standing::Holds(role) => role_may(role, verb),
    }
}

/// What anybody may who is there: the first on the scene must never be stopped by a form.
fn anyone_may(verb: Verb) -> bool {
    use Verb::*;
    matches!(
        verb,
        Declare
            | Confirm
            | Read
            | RaiseSeverity
            | TakeCommand
            | AnswerOffer
            | TakeRole
            | CheckIn
            | WorkTask
            | Report
            | Hazard
            | Play
            | Act
            | Propose
            | Assist
            | Note
            | Correct
            | LinkAlerts
            | DraftPost
    )
}

fn role_may(role: &Role, verb: Verb) -> bool {
    use Verb::*;
    let slug = role.rights();
    // Who reads along only reads, answers offers, and checks in and out; of a danger anybody speaks.
    if matches!(slug, "observer" | "trainee") {
        return matches!(verb, Declare | Read | AnswerOffer | TakeRole | CheckIn | Assist | Hazard);
    }
    if anyone_may(verb) {
        return true;
    }
    match slug {
        "ic" => !matches!(verb, House | BreakGlass),
        // Everything the commander may, but what ends or shrinks the incident: that needs the token.
        "deputy" => !matches!(
            verb,
            House | Close | LowerSeverity | OfferCommand | Cancel | Merge | OpenUp | BreakGlass
        ),
        "pio" => matches!(verb, PublishPost | Retitle | Classify | Pin),
        "safety" => matches!(
            verb,
            AssignTask | CancelTask | Decide | ClearAction | StopActions | RollCall | ClearHazard
        ),
        "lno" => matches!(verb, AssignTask | OfferRole),
        "ops" => matches!(
            verb,
            AssignTask
                | CancelTask
                | Advance
                | Objective
                | Decide
                | OfferRole
                | Retitle
                | Relate
                | Classify
                | Pin
                | ClearAction
                | StopActions
        ),
        "planning" => {
            matches!(
                verb,
                Objective
                    | Period
                    | AssignTask
                    | Retitle
                    | Relate
                    | Classify
                    | Pin
                    | Milestone
                    | OfferRole
                    | RollCall
            )
        }
        "logistics" | "finance" => matches!(verb, AssignTask),
        "intel" => matches!(verb, AssignTask | Restrict | Admit),
        "branch" | "lead" => matches!(verb, AssignTask | CancelTask),
        "scribe" => matches!(verb, Decide | Redact | Pin | Retitle | Classify | Milestone),
        "situation" => matches!(verb, Retitle | Classify | Milestone | Pin),
        "resources" => matches!(verb, OfferRole | RollCall),
        "demob" => matches!(verb, AssignTask),
        _ => false,
    }
}

/// Whether this role answers for the tasks, actions and reports of all: the commander, the deputy and Operations, who give them out,
/// and the scribe, who writes down for others what they report. Others do their own.
pub fn answers_for_all(role: &Role) -> bool {
    keeps_record(role) || role.rights() == "ops"
}

/// Whether this role keeps the record for all, and so corrects notes and decisions that others wrote: the commander, the deputy
/// and the scribe. Others correct their own.
pub fn keeps_record(role: &Role) -> bool {
    matches!(role.rights(), "ic" | "deputy" | "scribe")
}

/// What somebody is to one incident, whatever their role, that carries a right of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    /// Has told of it while it is in triage, and may declare it and have command of it by the settings.
    Declarer,
    /// Has command of the other one, of that into which this one is merged or of the greater one, and may have it by the settings.
    CommanderOfOther,
    /// Of the entry that is meant.
    Author,
    /// Has a role that may raise the severity, where the settings leave it to more than the commander to lower it.
    Rater,
    /// An admin, or somebody in a group of `break_glass`.
    GlassBreaker,
}

impl Tie {
    pub const ALL: [Tie; 5] =
        [Self::Declarer, Self::CommanderOfOther, Self::Author, Self::Rater, Self::GlassBreaker];
}

/// Whether this tie carries the right to this verb, besides every role.
pub fn tie_may(tie: Tie, verb: Verb) -> bool {
    use Verb::*;
    match tie {
        // Who told of a false alarm may call it off until somebody has confirmed it.
        Tie::Declarer => matches!(verb, Cancel | Merge),
        // Who commands the one that goes on takes in its duplicates and its parts.
        Tie::CommanderOfOther => matches!(verb, Merge | Relate),
        Tie::Author => verb == Redact,
        Tie::Rater => verb == LowerSeverity,
        Tie::GlassBreaker => verb == BreakGlass,
    }
}

/// The setting of `[permissions]` that keeps a right for groups, whatever the role.
pub fn kept_by(verb: Verb) -> Option<&'static str> {
    use Verb::*;
    match verb {
        // To lift a triage card to an incident is to declare one.
        Declare | Confirm => Some("declare"),
        TakeCommand | OfferCommand => Some("command"),
        ApprovePost | PublishPost => Some("publish"),
        _ => None,
    }
}

/// Whether it is an order: the commander's to give, and not anybody's. An executive who gives one without a role is asked whether
/// they take command.
pub fn is_order(verb: Verb, kind: Kind) -> bool {
    may(Standing::Holds(&Role::ic()), verb, kind) && !may(Standing::Participant, verb, kind)
}

fn house_may(verb: Verb, kind: Kind) -> bool {
    use Verb::*;
    match verb {
        // A rule declares and links; the alert store tells what moved; timers remind.
        House | Declare | Read | LinkAlerts | Note => true,
        // Only a drill's controller ends what it began, on the house's behalf.
        Close | Cancel => !kind.is_for_the_public(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::role::{CATALOGUE, RoleDef},
        *,
    };

    fn table() -> String {
        let mut out = String::from("role x verb; R real, D drill, T test, M planned work (maintenance)\n");
        let mut rows: Vec<(String, Vec<String>)> = vec![];
        let kinds = |standing: Standing<'_>, verb| letters(|kind| may(standing, verb, kind));
        let mut row = |name: &str, standing: Standing<'_>| {
            let cells = Verb::ALL
                .iter()
                .map(|verb| format!("{verb:?}:{}", kinds(standing, *verb)))
                .filter(|cell| !cell.ends_with(':'))
                .collect();
            rows.push((name.to_owned(), cells));
        };
        row("house", Standing::House);
        row("participant", Standing::Participant);
        for def in CATALOGUE {
            row(def.slug, Standing::Holds(&def.role()));
        }
        for (name, cells) in rows {
            out.push_str(&format!("{name}\n  {}\n", cells.join(" ")));
        }
        out.push_str(&besides());
        out
    }

    fn letters(holds: impl Fn(Kind) -> bool) -> String {
        let of = |kind: &Kind| match kind {
            Kind::Real => 'R',
            Kind::Drill => 'D',
            Kind::Test => 'T',
            Kind::Planned => 'M',
        };
        Kind::ALL.iter().filter(|kind| holds(**kind)).map(of).collect()
    }

    fn verbs(holds: impl Fn(Verb) -> bool) -> String {
        let verbs = Verb::ALL.into_iter().filter(|verb| holds(*verb));
        verbs.map(|verb| format!("{verb:?}")).collect::<Vec<_>>().join(" ")
    }

    /// What holds besides the roles, by the same functions that are asked.
    fn besides() -> String {
        let public = letters(Kind::is_for_the_public);
        let mut out =
            format!("kept by [permissions] for groups, whatever the role, if it names some: {public}\n");
        for setting in ["declare", "command", "publish"] {
            out.push_str(&format!("  {setting}: {}\n", verbs(|verb| kept_by(verb) == Some(setting))));
        }
        out.push_str(
            "  declare, besides: who confirms has command, where whoever noticed it may not declare\n",
        );
        out.push_str(
            "  command, besides: who is offered command or accepts it, who is or is offered to be deputy\n",
        );
        out.push_str("what somebody is to it, whatever the role\n");
        for tie in Tie::ALL {
            let who = match tie {
                Tie::Declarer => {
                    "who told of it, while it is in triage, and may by [permissions] declare and command"
                }
                Tie::CommanderOfOther => {
                    "who commands the one that goes on, or the greater one, and may by [permissions] command"
                }
                Tie::Author => "who wrote the entry",
                Tie::Rater => {
                    "who may raise the severity by a role, where only_commander_lowers_severity is false"
                }
                Tie::GlassBreaker => "an admin, or who is in a group of break_glass, of a restricted one",
            };
            out.push_str(&format!("  {who}: {}\n", verbs(|verb| tie_may(tie, verb))));
        }
        let those = |holds: fn(&Role) -> bool| {
            let roles = CATALOGUE.iter().map(RoleDef::role).filter(holds);
            roles.map(|role| role.slug().to_owned()).collect::<Vec<_>>().join(" ")
        };
        out.push_str("what others wrote or have to do; everybody has the right to their own\n");
        out.push_str(&format!("  Correct a note or a decision: {}\n", those(keeps_record)));
        out.push_str(&format!(
            "  Correct a report, WorkTask, Act on what is done: {}\n",
            those(answers_for_all)
        ));
        out.push_str(
            "in place of a refusal, an executive without a role is asked whether they take command\n",
        );
        out.push_str(&format!("  {}\n", verbs(|verb| is_order(verb, Kind::Real))));
        out
    }

    #[test]
    fn the_whole_permission_table_is_as_reviewed() {
        insta::assert_snapshot!("permission_table", table());
    }

    #[test]
    fn only_the_commander_ends_or_shrinks_an_incident() {
        for def in CATALOGUE.iter().filter(|def| def.slug != "ic") {
            let role = def.role();
            for verb in [Verb::Close, Verb::LowerSeverity, Verb::OfferCommand, Verb::Merge] {
                assert!(!may(Standing::Holds(&role), verb, Kind::Real), "{} {verb:?}", def.slug);
            }
        }
    }
}
