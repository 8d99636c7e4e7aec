//! Drills: a scenario that plays on the real thing, and what is to be learnt from how it went.
//!
//! [`scenario`] reads the file (objectives, injects, simulated people), [`score`] measures the finished timeline against
//! it, [`summary`] writes the after-action summary. Pure: the runner that plays a scenario is the command line's.
//!
//! After HSEEP (Homeland Security Exercise and Evaluation Program): objectives are rated, people are not.

pub mod action;
mod lint;
pub mod metric;
pub mod scenario;
pub mod score;
pub mod summary;
pub(crate) mod time;

pub use crate::playbook::reading::Problem;
pub use scenario::{Scenario, read};
pub use score::{Score, score};
pub use summary::summary;

/// The source of the alerts that a drill injects. No hook can have this name: a hook's name has no colon.
pub const SOURCE: &str = "exercise:alertmanager";

/// Whether alerts of this source belong to an exercise: no rule decides them, nobody is told of them.
pub fn is_exercise(source: &str) -> bool {
    source.starts_with("exercise:")
}

/// Says from which on nothing is play any more: whoever says this, the exercise ends at once.
pub const EMERGENCY_PHRASES: [&str; 2] = ["no duff", "real-world emergency"];

/// Whether somebody says that something real has happened.
pub fn is_emergency(text: &str) -> bool {
    let text = text.to_lowercase();
    EMERGENCY_PHRASES.iter().any(|phrase| text.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_emergency_phrase_is_heard_however_it_is_written() {
        assert!(is_emergency("NO DUFF, NO DUFF: the disk really is full"));
        assert!(is_emergency("this is a Real-World Emergency"));
        assert!(!is_emergency("it looks real"));
    }

    #[test]
    fn only_the_exercises_own_source_counts_as_one() {
        assert!(is_exercise(SOURCE));
        assert!(!is_exercise("alertmanager") && !is_exercise("drill") && !is_exercise("exercise"));
    }
}
