//! What whoever has a role may do for others by it: the permission table in a few words.

use super::Role;
use crate::incident::{
    kind::Kind,
    permission::{Standing, may},
    verb::Verb,
};

/// Rights by which something is decided for others. What anybody may has no need to be told, and who keeps titles, fields and key
/// moments in order reads of it only where they decide nothing else.
fn decides(verb: Verb) -> bool {
    use Verb::*;
    matches!(
        verb,
        LowerSeverity
            | Advance
            | Resolve
            | Close
            | Cancel
            | Merge
            | OfferCommand
            | OfferRole
            | RelieveRole
            | RollCall
            | Restrict
            | OpenUp
            | Admit
            | Objective
            | Period
            | AssignTask
            | Decide
            | ClearAction
            | StopActions
            | SettleProposal
            | Redact
            | ApprovePost
            | PublishPost
    )
}

/// Rights to come, to go and to answer: whoever only reads has them too.
fn is_of_presence(verb: Verb) -> bool {
    matches!(verb, Verb::Declare | Verb::AnswerOffer | Verb::TakeRole | Verb::CheckIn)
}

fn words(verbs: &[Verb]) -> String {
    verbs.iter().map(|verb| verb.words()).collect::<Vec<_>>().join(", ")
}

impl Role {
    /// `publish an update`, `call the roll, give out roles`: what it carries besides what anybody may.
    pub fn may(&self) -> String {
        let anybody = |verb: Verb| may(Standing::Participant, verb, Kind::Real);
        let holds = |role: &Role, verb: Verb| may(Standing::Holds(role), verb, Kind::Real);
        let all = |is_so: &dyn Fn(Verb) -> bool| -> Vec<Verb> {
            Verb::ALL.into_iter().filter(|verb| is_so(*verb)).collect()
        };
        if Verb::ALL.into_iter().any(|verb| anybody(verb) && !holds(self, verb)) {
            return format!("only {}", words(&all(&|verb| holds(self, verb) && !is_of_presence(verb))));
        }
        let ic = Role::ic();
        let beside = |role: &Role| all(&|verb| decides(verb) && holds(role, verb) && !anybody(verb));
        let (mine, commands) = (beside(self), beside(&ic));
        let lacks: Vec<Verb> = commands.iter().copied().filter(|verb| !mine.contains(verb)).collect();
        if lacks.is_empty() {
            return "everything; what is not given out is theirs too".to_owned();
        }
        if lacks.len() < mine.len() {
            return format!("everything but {}", words(&lacks));
        }
        if !mine.is_empty() {
            return words(&mine);
        }
        match all(&|verb| holds(self, verb) && !anybody(verb)).as_slice() {
            [] => "what anybody here may, and nothing besides".to_owned(),
            keeps => words(keeps),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CATALOGUE, Role};

    #[test]
    fn what_a_role_may_is_told_of_each_in_a_line_out_of_the_permission_table() {
        let may = |text: &str| text.parse::<Role>().unwrap().may();
        assert_eq!(may("pio"), "publish an update");
        assert_eq!(may("lno"), "give out roles, assign tasks to others");
        assert_eq!(
            may("safety"),
            "call the roll, assign tasks to others, record a decision, clear or hold actions, stop or resume all actions"
        );
        assert_eq!(may("ic"), "everything; what is not given out is theirs too");
        assert_eq!(
            may("deputy"),
            "everything but lower the severity, close the incident, cancel the incident, merge the incident into \
             another, offer command, open the incident up"
        );
        assert_eq!(
            may("situation"),
            "change title or summary, set its type or fields, set the time of a milestone, mark key moments"
        );
        assert_eq!(may("sme:db"), "what anybody here may, and nothing besides");
        assert_eq!(may("observer"), "only read the incident, name a hazard, ask for help");
        for def in CATALOGUE {
            let told = def.role().may();
            assert!(!told.is_empty() && told.chars().count() <= 180, "{}: {told}", def.slug);
        }
    }
}
