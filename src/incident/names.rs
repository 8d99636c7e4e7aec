//! What a team calls severities and statuses. A name is shown and understood; what is stored, exported as data and named by
//! rules is the id, so a journal reads the same when the settings name things otherwise.

use super::{decide::Policy, kind::Kind, phase::Phase, refusal::Refusal, role::Words, severity::Severity};

/// Characters of a name at most: it stands on buttons and in menus.
pub const NAME_CHARS_MAX: usize = 24;
/// Words of a name at most.
pub const NAME_WORDS_MAX: usize = 3;
/// Characters of a meaning at most: with its severity it is one line of a menu.
pub const MEANING_CHARS_MAX: usize = 60;

/// The team's names. Where it gives none, the ids and their usual meanings are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// SEV1 to SEV5.
    severities: [Option<String>; 5],
    meanings: [Option<String>; 5],
    /// In the order of [`Phase::ALL`].
    phases: [Option<String>; Phase::ALL.len()],
    /// Whether each is out of use.
    unused: [bool; 5],
}

static PLAIN: Names = Names {
    severities: [const { None }; 5],
    meanings: [const { None }; 5],
    phases: [const { None }; Phase::ALL.len()],
    unused: [false; 5],
};

impl Default for Names {
    fn default() -> Self {
        PLAIN.clone()
    }
}

fn at(severity: Severity) -> usize {
    usize::from(severity.level() - 1)
}

fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

impl Names {
    /// No names at all.
    pub fn plain() -> &'static Names {
        &PLAIN
    }

    /// With this name for a severity.
    pub fn severity_named(mut self, severity: Severity, name: Option<String>) -> Names {
        self.severities[at(severity)] = name;
        self
    }

    /// With this line on when it is that severity.
    pub fn severity_meaning(mut self, severity: Severity, meaning: Option<String>) -> Names {
        self.meanings[at(severity)] = meaning;
        self
    }

    /// With this name for a status.
    pub fn phase_named(mut self, phase: Phase, name: Option<String>) -> Names {
        if let Some(slot) = Phase::ALL.iter().position(|one| *one == phase) {
            self.phases[slot] = name;
        }
        self
    }

    /// With only these severities in use; an empty list is all of them.
    pub fn using(mut self, used: &[Severity]) -> Names {
        self.unused = Severity::ALL.map(|severity| !used.is_empty() && !used.contains(&severity));
        self
    }

    /// `SEV1 Critical`, or `SEV1`.
    pub fn severity(&self, severity: Severity) -> String {
        match &self.severities[at(severity)] {
            Some(name) => format!("{severity} {name}"),
            None => severity.to_string(),
        }
    }

    /// The same, of what has one.
    pub fn severity_of(&self, kind: Kind, severity: Severity) -> Option<String> {
        kind.has_severity().then(|| self.severity(severity))
    }

    /// How bad it is, in a word or two: its severity. Planned work, which has none, is called what it is.
    pub fn how_bad(&self, kind: Kind, severity: Severity) -> String {
        self.severity_of(kind, severity).unwrap_or_else(|| "planned work".to_owned())
    }

    /// When it is this one, in a line.
    pub fn meaning(&self, severity: Severity) -> &str {
        self.meanings[at(severity)].as_deref().unwrap_or_else(|| severity.meaning())
    }

    /// `Watching`, or `monitoring`.
    pub fn phase(&self, phase: Phase) -> &str {
        self.name_of(phase).unwrap_or_else(|| phase.shown())
    }

    /// As it stands after «is»: `INC-1 is Watching`, `INC-1 is being monitored`.
    pub fn standing(&self, phase: Phase) -> &str {
        self.name_of(phase).unwrap_or_else(|| phase.standing())
    }

    /// What the team calls it, if it has a name of its own for it.
    pub fn name_of(&self, phase: Phase) -> Option<&str> {
        let slot = Phase::ALL.iter().position(|one| *one == phase)?;
        self.phases.get(slot)?.as_deref()
    }

    pub fn is_used(&self, severity: Severity) -> bool {
        !self.unused[at(severity)]
    }

    /// Those in use, the worst first.
    pub fn used(&self) -> impl Iterator<Item = Severity> + '_ {
        self.offered(None)
    }

    /// Those that can be chosen, the worst first: those in use, and what holds `now`, though it be out of use by now.
    pub fn offered(&self, now: Option<Severity>) -> impl Iterator<Item = Severity> + '_ {
        Severity::ALL.into_iter().filter(move |one| self.is_used(*one) || Some(*one) == now)
    }

    /// The one in use that is nearest; of two equally near, the worse: in doubt it is that.
    pub fn nearest_used(&self, severity: Severity) -> Severity {
        let far = |one: &Severity| (one.level().abs_diff(severity.level()), one.level());
        self.used().min_by_key(far).unwrap_or(severity)
    }

    /// Refuses one that is out of use, naming those that are in use.
    pub fn check_used(&self, severity: Severity) -> Result<(), Refusal> {
        if self.is_used(severity) {
            return Ok(());
        }
        let used: Vec<String> = self.used().map(|one| self.severity(one)).collect();
        Err(Refusal::invalid(
            format!("{severity} is not used here."),
            format!("Use one of: {}.", used.join(", ")),
        ))
    }

    /// The severity that the team calls so, in any case.
    pub fn find_severity(&self, text: &str) -> Option<Severity> {
        let text = text.trim();
        Severity::ALL
            .into_iter()
            .find(|one| self.severities[at(*one)].as_ref().is_some_and(|name| same(name, text)))
    }

    /// The status that the team calls so, in any case.
    pub fn find_phase(&self, text: &str) -> Option<Phase> {
        let text = text.trim();
        Phase::ALL.into_iter().find(|one| self.name_of(*one).is_some_and(|name| same(name, text)))
    }
}

/// Why this can be no name; `None` where it can. Such a name is typed, stands on buttons, and goes into chats that know markup
/// and mentions.
pub fn no_name(name: &str) -> Option<&'static str> {
    let chars = name.chars().count();
    let fits = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '\'');
    if name.trim().is_empty() {
        Some("is empty")
    } else if chars > NAME_CHARS_MAX {
        Some("is too long")
    } else if name.trim() != name || name.contains("  ") || name.starts_with('-') {
        Some("begins or ends with a blank or a hyphen, or has two blanks together")
    } else if name.split(' ').count() > NAME_WORDS_MAX {
        Some("has too many words")
    } else if !name.chars().all(fits) {
        Some("has signs that chats read as markup or as a mention")
    } else {
        None
    }
}

/// The words in which something is shown: those of roles, and the team's names.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    pub words: Words,
    pub names: &'a Names,
}

impl From<Words> for Shown<'static> {
    fn from(words: Words) -> Self {
        Shown { words, names: Names::plain() }
    }
}

impl<'a> From<&'a Names> for Shown<'a> {
    fn from(names: &'a Names) -> Self {
        Shown { words: Words::default(), names }
    }
}

impl<'a> From<&'a Policy> for Shown<'a> {
    fn from(policy: &'a Policy) -> Self {
        Shown { words: policy.words, names: &policy.names }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_team_reads_its_own_names_beside_the_ids_and_may_write_them() {
        let names = Names::default()
            .severity_named(Severity::Sev1, Some("Critical".into()))
            .severity_meaning(Severity::Sev1, Some("customers cannot pay".into()))
            .phase_named(Phase::Monitoring, Some("Watching".into()));
        assert_eq!(names.severity(Severity::Sev1), "SEV1 Critical");
        assert_eq!(names.severity(Severity::Sev2), "SEV2");
        assert_eq!(names.meaning(Severity::Sev1), "customers cannot pay");
        assert_eq!(names.meaning(Severity::Sev5), "cosmetic");
        assert_eq!(names.phase(Phase::Monitoring), "Watching");
        assert_eq!(names.phase(Phase::InProgress), "in progress");
        assert_eq!(names.standing(Phase::Monitoring), "Watching");
        assert_eq!(names.standing(Phase::Investigating), "being investigated");
        assert_eq!(names.find_severity("CRITICAL"), Some(Severity::Sev1));
        assert_eq!(names.find_phase(" watching "), Some(Phase::Monitoring));
        assert_eq!((names.find_severity(""), names.find_phase("monitoring")), (None, None));
    }

    #[test]
    fn a_severity_that_is_not_used_gives_way_to_the_nearest_and_in_doubt_to_the_worse() {
        use Severity::*;
        let names = Names::default().using(&[Sev1, Sev3]);
        let nearest = Severity::ALL.map(|severity| names.nearest_used(severity));
        assert_eq!(nearest, [Sev1, Sev1, Sev3, Sev3, Sev3]);
        assert!(names.check_used(Sev1).is_ok());
        let refusal = names.severity_named(Sev3, Some("Small".into())).check_used(Sev4).unwrap_err();
        assert_eq!(refusal.why, "SEV4 is not used here.");
        assert_eq!(refusal.instead, "Use one of: SEV1, SEV3 Small.");
        assert_eq!(Names::default().using(&[]).used().count(), 5);
    }

    #[test]
    fn what_holds_can_be_chosen_though_it_be_out_of_use() {
        use Severity::*;
        let names = Names::default().using(&[Sev1, Sev3]);
        assert_eq!(names.offered(None).collect::<Vec<_>>(), [Sev1, Sev3]);
        assert_eq!(names.offered(Some(Sev3)).collect::<Vec<_>>(), [Sev1, Sev3]);
        assert_eq!(names.offered(Some(Sev2)).collect::<Vec<_>>(), [Sev1, Sev2, Sev3]);
    }

    #[test]
    fn planned_work_is_called_what_it_is_and_everything_else_by_its_severity() {
        let names = Names::default().severity_named(Severity::Sev5, Some("Small".into()));
        for kind in Kind::ALL {
            let how_bad = if kind == Kind::Planned { "planned work" } else { "SEV5 Small" };
            assert_eq!(names.how_bad(kind, Severity::Sev5), how_bad, "{kind:?}");
            assert_eq!(names.severity_of(kind, Severity::Sev5).is_some(), kind != Kind::Planned, "{kind:?}");
        }
    }

    #[test]
    fn a_name_has_no_sign_that_a_chat_would_make_something_of() {
        for name in ["Critical", "Très grave", "P-1", "Don't panic", "重大"] {
            assert_eq!(no_name(name), None, "{name}");
        }
        for name in [
            "",
            " ",
            " x",
            "x ",
            "a  b",
            "-x",
            "@here",
            "*bold*",
            "a_b",
            "<b>",
            "a\nb",
            "x`",
            "#1",
            "|",
            "a.b",
            "one two three four",
            "a name that is really far too long",
        ] {
            assert!(no_name(name).is_some(), "{name}");
        }
    }
}
