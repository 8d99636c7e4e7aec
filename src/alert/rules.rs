//! Rules: what becomes of an alert. They stand in the configuration; the first that matches decides.
//!
//! ```toml
//! [[alerts.rule]]
//! name = "checkout is down"
//! when = { source = "alertmanager", severity = "critical", labels = { service = "checkout*" } }
//! then = { declare = { severity = 2, title = "{title}" } }
//!
//! [[alerts.rule]]
//! name = "staging is only written down"
//! when = { labels = { env = "staging" } }
//! then = "record"
//! ```

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::mapping::path::{Piece, split};
use super::situation::Situation;
use super::text::{TITLE_MAX_BYTES, cut, quote};
use super::{Alert, AlertSeverity, Status};

/// Most rules.
pub const RULES_MAX: usize = 500;
/// Longest pattern or title template, in bytes.
pub const PATTERN_MAX_BYTES: usize = 300;

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// A name to find it by: it stands in the reason that a responder reads.
    #[schemars(extend("x-example" = "checkout is down"))]
    pub name: String,
    /// Which alerts; left out, every one.
    #[serde(default)]
    pub when: Matchers,
    /// What becomes of them: `record`, `card`, `attach`, or `{ declare = { severity = 1 } }`.
    #[schemars(extend("x-example" = "card"))]
    pub then: Action,
}

/// What an alert must be to match: all that is said. In patterns `*` stands for any run of characters, `?` for
/// one; everything else for itself, case included.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Matchers {
    /// Pattern of the hook's name.
    pub source: Option<String>,
    /// At least this severe. An unknown severity is below all others.
    pub severity: Option<AlertSeverity>,
    /// Patterns of labels, by the label's name. A label that is not there matches only the empty pattern, so
    /// that `*` means "has this label".
    pub labels: BTreeMap<String, String>,
    /// At least so many alerts of the group fire.
    pub firing: Option<u32>,
}

/// What becomes of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// It is stored, and nobody is told.
    Record,
    /// A card in the alerts channel, from which a person may declare.
    Card,
    /// An incident is declared, if the situation has none.
    Declare {
        /// The incident's severity, 1 (worst) to 5.
        severity: u8,
        /// The incident's title; `{title}`, `{source}`, `{severity}`, `{firing}`, `{total}` and `{label.NAME}` are
        /// filled in. Left out: `{title}`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
    /// It joins the open incident: its situation's own, or the only one there is. With none, or several to
    /// choose from, it becomes a card.
    Attach,
}

/// An open, real incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenIncident {
    pub id: String,
    pub title: String,
}

/// What is going on already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Open {
    /// Every open incident that alerts may join. No drill.
    pub incidents: Vec<OpenIncident>,
    /// How many more incidents alerts may declare now; `None` is no limit.
    pub declares_left: Option<u32>,
}

/// What was decided for one alert, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// A declared title is filled in.
    pub action: Action,
    /// Which incident it joins; only, and always, with [`Action::Attach`].
    pub incident: Option<String>,
    /// The rule that matched; `None` if none did.
    pub rule: Option<String>,
    /// A sentence for the responder.
    pub reason: String,
}

/// Decides by the first rule that matches; without one, a card.
///
/// Whatever a rule says: an alert of a situation whose incident is open joins it, unless it is only recorded; a
/// resolved alert never declares; and past the limit of `open` a declaration becomes a card.
pub fn decide(rules: &[Rule], situation: &Situation, alert: &Alert, open: &Open) -> Decision {
    let rule = rules.iter().find(|r| r.when.matches(situation, alert));
    let by = match rule {
        Some(rule) => format!("The rule {} matched", quote(&rule.name)),
        None => "No rule matched".to_owned(),
    };
    let own = situation.incident.as_ref().and_then(|id| open.incidents.iter().find(|i| i.id == *id));
    let decided = |action, incident: Option<&OpenIncident>, why: &str| Decision {
        action,
        incident: incident.map(|i| i.id.clone()),
        rule: rule.map(|r| r.name.clone()),
        reason: format!("{by}{why}."),
    };
    match (rule.map_or(&Action::Card, |r| &r.then), own) {
        (Action::Record, _) => decided(Action::Record, None, ": it is only recorded"),
        (_, Some(own)) => {
            decided(Action::Attach, Some(own), &format!("; its situation belongs to {} already", own.id))
        }
        (Action::Card, None) => decided(Action::Card, None, ": a card"),
        (Action::Attach, None) => match open.incidents.as_slice() {
            [only] => {
                decided(Action::Attach, Some(only), &format!(" and {} is the only open incident", only.id))
            }
            [] => decided(Action::Card, None, ", but there is no open incident to join: a card"),
            many => decided(
                Action::Card,
                None,
                &format!(", but there are {} open incidents to join: a card, to choose by hand", many.len()),
            ),
        },
        (Action::Declare { .. }, None) if alert.status == Status::Resolved => {
            decided(Action::Card, None, ", but a resolved alert declares nothing: a card")
        }
        (Action::Declare { .. }, None) if open.declares_left == Some(0) => decided(
            Action::Card,
            None,
            ", but alerts have declared as many incidents as they may for now: a card",
        ),
        (Action::Declare { severity, title }, None) => {
            let title = fill(title.as_deref().unwrap_or("{title}"), situation, alert);
            let action = Action::Declare { severity: *severity, title: Some(title) };
            decided(action, None, &format!(": an incident of severity {severity}"))
        }
    }
}

impl Matchers {
    /// Whether an alert of a situation is all that is said here.
    pub fn matches(&self, situation: &Situation, alert: &Alert) -> bool {
        self.source.as_ref().is_none_or(|p| glob(p, &alert.source))
            && self.severity.is_none_or(|least| alert.severity >= least)
            && self.firing.is_none_or(|least| situation.firing >= least)
            && self.labels.iter().all(|(name, pattern)| match alert.labels.get(name) {
                Some(value) => glob(pattern, value),
                None => pattern.is_empty(),
            })
    }

    fn is_everything(&self) -> bool {
        *self == Matchers::default()
    }
}

/// Whether `text` is what `pattern` says; time is bounded by the product of their lengths.
pub fn glob(pattern: &str, text: &str) -> bool {
    let (mut p, mut t) = (pattern.chars(), text.chars());
    // Where to go on if the rest fails: the pattern after the last star, the text one character further on.
    let mut retry: Option<(std::str::Chars, std::str::Chars)> = None;
    loop {
        let before = t.clone();
        let matched = match (p.next(), t.next()) {
            (Some('*'), _) => {
                retry = Some((p.clone(), before.clone()));
                t = before;
                true
            }
            (Some('?'), Some(_)) => true,
            (Some(a), Some(b)) => a == b,
            (None, None) => return true,
            (Some(_), None) => return false,
            (None, Some(_)) => false,
        };
        if !matched {
            let Some((after_star, from)) = &mut retry else { return false };
            if from.next().is_none() {
                return false;
            }
            (p, t) = (after_star.clone(), from.clone());
        }
    }
}

const HOLES: [&str; 5] = ["title", "source", "severity", "firing", "total"];

fn fill(template: &str, situation: &Situation, alert: &Alert) -> String {
    // A template that cannot be read is found by `check` when the configuration is loaded.
    let pieces = split(template).unwrap_or_default();
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Words(words) => out.push_str(&words),
            Piece::Hole("title") => out.push_str(&situation.title),
            Piece::Hole("source") => out.push_str(&alert.source),
            Piece::Hole("severity") => out.push_str(alert.severity.word()),
            Piece::Hole("firing") => out.push_str(&situation.firing.to_string()),
            Piece::Hole("total") => out.push_str(&situation.total.to_string()),
            Piece::Hole(hole) => {
                let label = hole.strip_prefix("label.").and_then(|name| alert.labels.get(name));
                out.push_str(label.map_or("", String::as_str));
            }
        }
    }
    let one_line = out.split_whitespace().collect::<Vec<_>>().join(" ");
    let title = if one_line.is_empty() { &situation.title } else { &one_line };
    cut(title, TITLE_MAX_BYTES).into_owned()
}

/// What is wrong with the rules, in a sentence each; empty if nothing is. For the check of a configuration.
pub fn check(rules: &[Rule]) -> Vec<String> {
    let mut faults = Vec::new();
    if rules.len() > RULES_MAX {
        faults.push(format!("There are {} rules, the limit is {RULES_MAX}.", rules.len()));
    }
    let mut names = BTreeSet::new();
    let mut everything: Option<&str> = None;
    for (i, rule) in rules.iter().enumerate() {
        let which = format!("Rule {} ({})", i + 1, quote(&rule.name));
        if rule.name.trim().is_empty() {
            faults.push(format!(
                "Rule {} has no name; give it one, for the reason that responders read.",
                i + 1
            ));
        } else if !names.insert(rule.name.as_str()) {
            faults.push(format!("{which} has the name of a rule before it."));
        }
        if let Some(before) = everything {
            faults
                .push(format!("{which} is never reached: {} before it matches every alert.", quote(before)));
        } else if rule.when.is_everything() {
            everything = Some(&rule.name);
        }
        let patterns = rule.when.source.iter().chain(rule.when.labels.values());
        for pattern in patterns.filter(|p| p.len() > PATTERN_MAX_BYTES) {
            faults.push(format!(
                "{which}: the pattern {} is longer than {PATTERN_MAX_BYTES} bytes.",
                quote(pattern)
            ));
        }
        if let Action::Declare { severity, title } = &rule.then {
            if !(1..=5).contains(severity) {
                faults.push(format!("{which} declares severity {severity}; severities are 1 (worst) to 5."));
            }
            faults.extend(title.as_deref().and_then(title_fault).map(|why| format!("{which}: {why}.")));
        }
    }
    faults
}

fn title_fault(title: &str) -> Option<String> {
    if title.trim().is_empty() {
        return Some("the title is empty; leave it out to get that of the situation".to_owned());
    }
    if title.len() > PATTERN_MAX_BYTES {
        return Some(format!("the title is longer than {PATTERN_MAX_BYTES} bytes"));
    }
    let pieces = match split(title) {
        Ok(pieces) => pieces,
        Err(why) => return Some(why),
    };
    pieces.iter().find_map(|piece| match piece {
        Piece::Hole(hole)
            if !HOLES.contains(hole) && hole.strip_prefix("label.").is_none_or(str::is_empty) =>
        {
            Some(format!(
                "the title asks for {}; there are {{{}}} and {{label.NAME}}",
                quote(hole),
                HOLES.join("}, {")
            ))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::situation::{changes, fold};
    use crate::alert::testing::alert;
    use chrono::DateTime;
    use proptest::prelude::*;

    #[derive(Deserialize)]
    struct File {
        rules: Vec<Rule>,
    }

    fn rules(toml: &str) -> Vec<Rule> {
        toml::from_str::<File>(toml).unwrap().rules
    }

    fn situation_of(alert: &Alert) -> Situation {
        fold(None, &changes([alert], |_| None), DateTime::from_timestamp(0, 0).unwrap(), "S1").unwrap()
    }

    fn open(ids: &[&str]) -> Open {
        let incidents = ids
            .iter()
            .map(|id| OpenIncident { id: (*id).into(), title: "Checkout is slow".into() })
            .collect();
        Open { incidents, declares_left: None }
    }

    const HOUSE: &str = r#"
        [[rules]]
        name = "staging"
        when = { labels = { env = "staging*" } }
        then = "record"

        [[rules]]
        name = "checkout"
        when = { source = "alert*", severity = "error", labels = { service = "checkout", muted = "" } }
        then = { declare = { severity = 2, title = "{label.service}: {title}" } }

        [[rules]]
        name = "the rest that has a service"
        when = { labels = { service = "*" } }
        then = "attach"
    "#;

    #[test]
    fn the_first_rule_that_matches_decides_and_says_why() {
        let house = rules(HOUSE);
        assert_eq!(check(&house), Vec::<String>::new());
        let with = |name: &str, value: &str| {
            let mut a = alert("db1");
            a.labels.insert(name.into(), value.into());
            a
        };
        let mut no_service = alert("db1");
        no_service.labels.clear();
        let table = [
            ("staging", with("env", "staging-eu"), open(&["INC-1"])),
            ("checkout", alert("db1"), open(&[])),
            ("muted label present", with("muted", "yes"), open(&["INC-1"])),
            ("not severe enough", Alert { severity: AlertSeverity::Warning, ..alert("db1") }, open(&[])),
            ("several incidents", with("service", "search"), open(&["INC-1", "INC-2"])),
            ("resolved", Alert { status: Status::Resolved, ..alert("db1") }, open(&[])),
            ("limit reached", alert("db1"), Open { declares_left: Some(0), ..open(&[]) }),
            ("no rule", no_service, open(&["INC-1"])),
        ];
        let mut out = String::new();
        for (case, alert, open) in &table {
            let d = decide(&house, &situation_of(alert), alert, open);
            out.push_str(&format!(
                "{case}: {:?} {} | {}\n",
                d.action,
                d.incident.unwrap_or_default(),
                d.reason
            ));
        }
        insta::assert_snapshot!(out, @r#"
        staging: Record  | The rule “staging” matched: it is only recorded.
        checkout: Declare { severity: 2, title: Some("checkout: Disk full on db1") }  | The rule “checkout” matched: an incident of severity 2.
        muted label present: Attach INC-1 | The rule “the rest that has a service” matched and INC-1 is the only open incident.
        not severe enough: Card  | The rule “the rest that has a service” matched, but there is no open incident to join: a card.
        several incidents: Card  | The rule “the rest that has a service” matched, but there are 2 open incidents to join: a card, to choose by hand.
        resolved: Card  | The rule “checkout” matched, but a resolved alert declares nothing: a card.
        limit reached: Card  | The rule “checkout” matched, but alerts have declared as many incidents as they may for now: a card.
        no rule: Card  | No rule matched: a card.
        "#);
    }

    #[test]
    fn a_situation_never_declares_twice_while_its_incident_is_open() {
        let a = alert("db1");
        let situation = Situation { incident: Some("INC-7".into()), ..situation_of(&a) };
        let during = decide(&rules(HOUSE), &situation, &a, &open(&["INC-6", "INC-7"]));
        assert_eq!((during.action, during.incident.as_deref()), (Action::Attach, Some("INC-7")));
        let after = decide(&rules(HOUSE), &situation, &a, &open(&["INC-6"]));
        assert!(matches!(after.action, Action::Declare { .. }), "{after:?}");
    }

    #[test]
    fn rules_that_cannot_work_are_told_at_load() {
        let house = rules(
            r#"
            [[rules]]
            name = "all"
            then = "card"
            [[rules]]
            name = "all"
            when = { firing = 3 }
            then = { declare = { severity = 9, title = "{titel}" } }
            [[rules]]
            name = " "
            then = { declare = { severity = 1, title = "{label.} {" } }
        "#,
        );
        insta::assert_snapshot!(check(&house).join("\n"), @"
        Rule 2 (“all”) has the name of a rule before it.
        Rule 2 (“all”) is never reached: “all” before it matches every alert.
        Rule 2 (“all”) declares severity 9; severities are 1 (worst) to 5.
        Rule 2 (“all”): the title asks for “titel”; there are {title}, {source}, {severity}, {firing}, {total} and {label.NAME}.
        Rule 3 has no name; give it one, for the reason that responders read.
        Rule 3 (“ ”) is never reached: “all” before it matches every alert.
        Rule 3 (“ ”): a brace of the template “{label.} {” has no partner (`{{` is a brace itself).
        ");
    }

    #[test]
    fn a_misspelt_word_of_a_rule_is_refused() {
        for wrong in [
            "[[rules]]\nname='a'\nthen='delcare'",
            "[[rules]]\nname='a'\nwehn={}\nthen='card'",
            "[[rules]]\nname='a'\nwhen={label={}}\nthen='card'",
            "[[rules]]\nname='a'\nthen={declare={severity=1,titel='x'}}",
            "[[rules]]\nname='a'\nwhen={severity='bad'}\nthen='card'",
        ] {
            assert!(toml::from_str::<File>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn patterns_know_the_star_and_the_question_mark() {
        for (pattern, text, yes) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abcd", false),
            ("*b*b", "abab", true),
            ("?", "ä", true),
            ("?", "", false),
            ("checkout", "Checkout", false),
            ("a**b", "ab", true),
            ("*.example.org", "db1.example.org", true),
        ] {
            assert_eq!(glob(pattern, text), yes, "{pattern} {text}");
        }
        assert!(!glob(&"*a".repeat(100), &"a".repeat(99)), "no exponential time");
    }

    proptest! {
        #[test]
        fn a_pattern_agrees_with_its_plain_definition(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
            fn plain(p: &[u8], t: &[u8]) -> bool {
                match (p, t) {
                    ([], []) => true,
                    ([b'*', rest @ ..], _) => plain(rest, t) || (!t.is_empty() && plain(p, &t[1..])),
                    ([b'?', p @ ..], [_, t @ ..]) => plain(p, t),
                    ([a, p @ ..], [b, t @ ..]) => a == b && plain(p, t),
                    _ => false,
                }
            }
            prop_assert_eq!(glob(&pattern, &text), plain(pattern.as_bytes(), text.as_bytes()));
        }

        #[test]
        fn whatever_the_template_says_the_title_is_one_short_line(template in "\\PC{0,40}|[{}a-z.]{0,30}") {
            let a = alert("db1");
            let title = fill(&template, &situation_of(&a), &a);
            prop_assert!(!title.is_empty() && title.len() <= TITLE_MAX_BYTES && !title.contains('\n'));
        }
    }
}
