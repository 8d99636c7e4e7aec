//! Who may: one table of role × verb × kind. Asked in one place, [`super::decide`].

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
    use super::{super::role::CATALOGUE, *};

    fn table() -> String {
        let mut out = String::from("role x verb; R real, D drill, T test\n");
        let mut rows: Vec<(String, Vec<String>)> = vec![];
        let kinds = |standing: Standing<'_>, verb| {
            Kind::ALL
                .iter()
                .filter(|kind| may(standing, verb, **kind))
                .map(|kind| &kind.prefix()[..1])
                .map(|letter| if letter == "I" { "R" } else { letter })
                .collect::<String>()
        };
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
            let role: Role =
                if def.is_family { format!("{}:x", def.slug) } else { def.slug.into() }.parse().unwrap();
            row(def.slug, Standing::Holds(&role));
        }
        for (name, cells) in rows {
            out.push_str(&format!("{name}\n  {}\n", cells.join(" ")));
        }
        out
    }

    #[test]
    fn the_whole_permission_table_is_as_reviewed() {
        insta::assert_snapshot!("permission_table", table());
    }

    #[test]
    fn only_the_commander_ends_or_shrinks_an_incident() {
        for def in CATALOGUE.iter().filter(|def| def.slug != "ic") {
            let role: Role =
                if def.is_family { format!("{}:x", def.slug) } else { def.slug.into() }.parse().unwrap();
            for verb in [Verb::Close, Verb::LowerSeverity, Verb::OfferCommand, Verb::Merge] {
                assert!(!may(Standing::Holds(&role), verb, Kind::Real), "{} {verb:?}", def.slug);
            }
        }
    }
}
