//! Checks a scenario as it was written, and makes the checked one of it. Every mistake is told, not only the first.

use chrono::{Duration, NaiveTime};
use serde_saphyr::Spanned;

use super::{
    EMERGENCY_PHRASES, Problem,
    action::{Action, NAMES},
    is_emergency,
    metric::Metric,
    scenario::*,
    time::{self, LENGTH_MAX, Offset},
};
use crate::{
    incident::{phase::Phase, role::Roles, severity::Severity},
    people::Person,
    playbook::{
        Reads,
        reading::{Findings, meant, shown},
    },
};

/// Most of anything in one scenario.
const LIST_MAX: usize = 500;
const TITLE_CHARS_MAX: usize = 200;
const NAME_CHARS_MAX: usize = 80;
const TEXT_CHARS_MAX: usize = 4_000;
const DOORS: [(&str, ()); 3] = [("console", ()), ("cli", ()), ("chat", ())];

/// Makes a scenario of what was written.
pub(super) fn check(
    file: &str,
    raw: RawScenario,
    sha256: String,
    reads: &Reads<'_>,
    roles: &Roles,
) -> Result<Scenario, Vec<Problem>> {
    let findings = Findings::new(file);
    let mut lint = Lint { findings, roles, length_max: LENGTH_MAX, objectives: vec![], people: vec![] };
    let made = lint.scenario(&raw, sha256, reads);
    let problems = lint.findings.into_problems();
    match made {
        Some(scenario) if problems.is_empty() => Ok(scenario),
        _ => Err(problems),
    }
}

struct Lint<'f> {
    findings: Findings<'f>,
    roles: &'f Roles,
    length_max: Duration,
    /// Ids of the objectives.
    objectives: Vec<String>,
    people: Vec<Person>,
}

impl Lint<'_> {
    /// `None` only where a problem was found.
    fn scenario(&mut self, raw: &RawScenario, sha256: String, reads: &Reads<'_>) -> Option<Scenario> {
        self.findings.one_of(&raw.schema, "schema of a drill", &[("drill/1", ())]);
        self.findings.id(&raw.id, "drill");
        self.text(&raw.version, "version", NAME_CHARS_MAX);
        self.text(&raw.title, "title", TITLE_CHARS_MAX);
        self.text(&raw.story, "story", TEXT_CHARS_MAX);
        let lists = [
            raw.objectives.len(),
            raw.participants.len(),
            raw.chat.len(),
            raw.injects.len(),
            raw.expect.len(),
            raw.steps.len(),
        ];
        if lists.iter().any(|len| *len > LIST_MAX) {
            self.findings.at(
                &raw.id,
                format!("a list has more than {LIST_MAX} members"),
                "Make two drills of it.",
            );
            return None;
        }
        let exercise = self.findings.one_of(&raw.hseep.kind, "exercise type", &ExerciseType::ALL);
        let notices = [("announced", true), ("no-notice", false)];
        let is_announced = self.findings.one_of(&raw.hseep.notice, "notice", &notices);
        let starts_at = NaiveTime::parse_from_str(&raw.starts_at.value, "%H:%M").ok();
        if starts_at.is_none() {
            let what = format!("«{}» is no time of day", shown(&raw.starts_at.value));
            self.findings.at(&raw.starts_at, what, "Write \"09:00\" (UTC).");
        }
        let severities = Severity::ALL.map(|severity| (severity.word(), severity));
        let severity = match &raw.severity {
            Some(word) => self.findings.one_of(word, "severity", &severities),
            None => Some(Severity::Sev1),
        };
        let length_max = self.span(&raw.length_max);
        self.length_max = length_max.unwrap_or(LENGTH_MAX);

        let objectives: Vec<_> =
            raw.objectives.iter().map(|objective| self.an_objective(objective)).collect();
        if objectives.is_empty() {
            self.findings.at(&raw.id, "the drill has no objective", "Say what is to be practised.");
        }
        let participants: Vec<_> = raw.participants.iter().filter_map(|p| self.participant(p)).collect();
        let declared_by = raw.declared_by.as_ref().and_then(|name| self.person(name));
        let chat: Vec<_> = raw.chat.iter().filter_map(|turn| self.turn(turn)).collect();
        self.in_order(raw.chat.iter().map(|turn| &turn.at));
        let injects = self.injects(&raw.injects);
        let expect: Vec<_> = raw.expect.iter().filter_map(|expected| self.expectation(expected)).collect();
        let steps: Vec<_> = raw.steps.iter().filter_map(|step| self.step(step, &chat, reads)).collect();
        self.in_order(raw.steps.iter().map(|step| &step.at));
        let end_at = self.offset(&raw.end.at);
        let end_when = raw
            .end
            .when
            .as_ref()
            .and_then(|when| self.action(&when.action, when.role.as_ref(), when.phase.as_ref()));
        Some(Scenario {
            id: raw.id.value.clone(),
            version: raw.version.value.clone(),
            title: raw.title.value.trim().to_owned(),
            exercise: exercise?,
            is_announced: is_announced?,
            story: raw.story.value.trim().to_owned(),
            starts_at: starts_at?,
            severity: severity?,
            declared_by,
            length_max: length_max?,
            objectives,
            participants,
            chat,
            injects,
            expect,
            steps,
            end: End { at: end_at?, when: end_when },
            sha256,
        })
    }

    fn an_objective(&mut self, raw: &RawObjective) -> Objective {
        self.findings.id(&raw.id, "objective");
        if self.objectives.contains(&raw.id.value) {
            self.twice(&raw.id, "objective");
        }
        self.objectives.push(raw.id.value.clone());
        self.text(&raw.text, "text", TITLE_CHARS_MAX);
        self.text(&raw.capability, "capability", NAME_CHARS_MAX);
        let known = Metric::ALL.map(|metric| (metric.id(), metric));
        let metrics =
            raw.metrics.iter().filter_map(|id| self.findings.one_of(id, "metric", &known)).collect();
        Objective {
            id: raw.id.value.clone(),
            text: raw.text.value.trim().to_owned(),
            capability: raw.capability.value.trim().to_owned(),
            metrics,
        }
    }

    fn participant(&mut self, raw: &RawParticipant) -> Option<Participant> {
        let parts =
            [("player", Part::Player), ("controller", Part::Controller), ("evaluator", Part::Evaluator)];
        let part = self.findings.one_of(&raw.part, "part", &parts);
        if let Some(what) = &raw.what {
            self.text(what, "description", NAME_CHARS_MAX);
        }
        match Person::named(&raw.name.value) {
            Err(why) => {
                self.findings.at(&raw.name, format!("«{}» is no name", shown(&raw.name.value)), why);
                None
            }
            Ok(person) if person.id == Person::house().id => {
                self.findings.at(&raw.name, "that is the house's own name", "Give this person another.");
                None
            }
            Ok(person) => {
                if self.people.iter().any(|known| known.id == person.id) {
                    self.twice(&raw.name, "participant");
                }
                self.people.push(person.clone());
                let what = raw.what.as_ref().map(|what| what.value.trim().to_owned()).unwrap_or_default();
                Some(Participant { person, part: part?, what })
            }
        }
    }

    fn turn(&mut self, raw: &RawChat) -> Option<ChatTurn> {
        let at = self.offset(&raw.at);
        let is_up = self.findings.one_of(&raw.state, "state of the chat", &[("up", true), ("down", false)]);
        Some(ChatTurn { at: at?, is_up: is_up? })
    }

    fn injects(&mut self, raw: &[RawInject]) -> Vec<Inject> {
        let mut made: Vec<Inject> = Vec::new();
        let mut ids: Vec<&str> = Vec::new();
        for inject in raw {
            self.findings.id(&inject.id, "inject");
            if ids.contains(&inject.id.value.as_str()) {
                self.twice(&inject.id, "inject");
            }
            ids.push(&inject.id.value);
            made.extend(self.inject(inject, &made));
        }
        self.in_order(raw.iter().filter_map(|inject| inject.at.as_ref()));
        made
    }

    fn inject(&mut self, raw: &RawInject, before: &[Inject]) -> Option<Inject> {
        self.text(&raw.from, "sender", NAME_CHARS_MAX);
        self.text(&raw.to, "receiver", NAME_CHARS_MAX);
        self.objective(&raw.objective);
        let kinds = [("contextual", false), ("contingency", true)];
        let is_contingency = self.findings.one_of(&raw.kind, "kind of inject", &kinds)?;
        let when = match (&raw.at, &raw.when, is_contingency) {
            (Some(at), None, false) => self.offset(at).map(When::At),
            (None, Some(when), true) => {
                let action = self.action(&when.missing, when.role.as_ref(), when.phase.as_ref());
                let after = self.span(&when.after);
                action.zip(after).map(|(action, after)| When::Missing { action, after })
            }
            (.., false) => {
                self.findings.at(
                    &raw.id,
                    "a contextual inject has a time, and no condition",
                    "Write `at: T+3m`.",
                );
                None
            }
            (.., true) => {
                let hint = "Write `when: { missing: update.published, after: 10m }`.";
                self.findings.at(&raw.id, "a contingency inject has a condition, and no time", hint);
                None
            }
        };
        let methods = [("alert", 0), ("message", 1), ("social", 2)];
        let method = match self.findings.one_of(&raw.method, "method", &methods)? {
            0 => self.alert(raw, before),
            1 => Some(Method::Message),
            _ => Some(Method::Social),
        };
        if let (Some(alert), Some(Method::Message | Method::Social)) = (&raw.alert, &method) {
            self.findings.at(alert, "only an inject of method `alert` has an alert", "Leave it out.");
        }
        let text = match (&raw.text, &method) {
            (Some(text), _) => {
                self.text(text, "text", TEXT_CHARS_MAX);
                text.value.trim().to_owned()
            }
            (None, Some(Method::Alert(alert))) => format!("{}: {}", alert.name, alert.summary),
            (None, Some(Method::AlertResolved { of })) => format!("The alert of {of} has stopped."),
            (None, _) => {
                self.findings.at(&raw.id, "the inject says nothing", "Write `text`: what the players read.");
                return None;
            }
        };
        let expect = raw.expect.iter().filter_map(|expected| self.expectation(expected)).collect();
        Some(Inject {
            id: raw.id.value.clone(),
            when: when?,
            from: raw.from.value.trim().to_owned(),
            to: raw.to.value.trim().to_owned(),
            method: method?,
            text,
            objective: raw.objective.value.clone(),
            expect,
        })
    }

    fn alert(&mut self, raw: &RawInject, before: &[Inject]) -> Option<Method> {
        let Some(alert) = &raw.alert else {
            let hint = "Write `alert: { name: SiteDown, summary: The site does not answer }`.";
            self.findings.at(&raw.id, "the inject is an alert and says nothing of it", hint);
            return None;
        };
        let parts = &alert.value;
        if let Some(of) = &parts.resolves {
            if parts.name.is_some() || parts.summary.is_some() || !parts.labels.is_empty() {
                self.findings.at(
                    alert,
                    "an alert that resolves another says nothing else",
                    "Keep `resolves` alone.",
                );
            }
            let fires = |inject: &&Inject| matches!(inject.method, Method::Alert(_));
            if !before.iter().filter(fires).any(|inject| inject.id == of.value) {
                let ids: Vec<_> = before.iter().filter(fires).map(|inject| inject.id.as_str()).collect();
                let what = format!("no earlier inject «{}» is an alert", shown(&of.value));
                self.findings.at(of, what, meant(&of.value, &ids));
            }
            return Some(Method::AlertResolved { of: of.value.clone() });
        }
        let (Some(name), Some(summary)) = (&parts.name, &parts.summary) else {
            self.findings.at(alert, "the alert needs a name and a summary", "Write `name` and `summary`.");
            return None;
        };
        for (text, what) in
            [(Some(name), "name"), (Some(summary), "summary"), (parts.description.as_ref(), "description")]
        {
            if let Some(text) = text {
                self.text(text, what, 1_000);
            }
        }
        let levels = [("critical", "critical"), ("error", "error"), ("warning", "warning"), ("info", "info")];
        let severity = match &parts.severity {
            Some(word) => self.findings.one_of(word, "severity of an alert", &levels)?,
            None => "critical",
        };
        for (label, value) in &parts.labels {
            self.text(value, "label", 1_000);
            if ["alertname", "severity", "exercise", "drill"].contains(&label.as_str()) {
                self.findings.at(
                    value,
                    format!("the label `{label}` is written by the runner"),
                    "Leave it out.",
                );
            }
        }
        Some(Method::Alert(AlertParts {
            name: name.value.trim().to_owned(),
            severity: severity.to_owned(),
            summary: summary.value.trim().to_owned(),
            description: parts
                .description
                .as_ref()
                .map(|text| text.value.trim().to_owned())
                .unwrap_or_default(),
            labels: parts.labels.iter().map(|(name, value)| (name.clone(), value.value.clone())).collect(),
        }))
    }

    fn expectation(&mut self, raw: &RawExpectation) -> Option<Expectation> {
        let action = self.action(&raw.action, raw.role.as_ref(), raw.phase.as_ref());
        let within = self.span(&raw.within);
        self.objective(&raw.objective);
        Some(Expectation { action: action?, within: within?, objective: raw.objective.value.clone() })
    }

    fn action(
        &mut self,
        event: &Spanned<String>,
        role: Option<&Spanned<String>>,
        phase: Option<&Spanned<String>>,
    ) -> Option<Action> {
        let name =
            self.findings.one_of(event, "event that players cause", &NAMES.map(|name| (name, name)))?;
        let mut action = Action { event: name, role: None, phase: None };
        if let Some(role) = role {
            match self.roles.find(&role.value) {
                _ if !name.starts_with("role.") => {
                    self.findings.at(role, format!("`{name}` is not about a role"), "Leave `role` out.");
                }
                Ok(role) => action.role = Some(role),
                Err(_) => {
                    let what = format!("«{}» is no role", shown(&role.value));
                    self.findings.at(role, what, meant(&role.value, &self.roles.slugs()));
                }
            }
        }
        if let Some(phase) = phase {
            if name == "incident.phase_changed" {
                action.phase =
                    self.findings.one_of(phase, "phase", &Phase::ALL.map(|phase| (phase.word(), phase)));
            } else {
                self.findings.at(phase, format!("`{name}` is not about a phase"), "Leave `phase` out.");
            }
        }
        Some(action)
    }

    fn step(&mut self, raw: &RawStep, chat: &[ChatTurn], reads: &Reads<'_>) -> Option<Step> {
        let at = self.offset(&raw.at);
        let who = self.person(&raw.who);
        let door = self.findings.one_of(&raw.via, "door", &DOORS);
        self.text(&raw.words, "command", TEXT_CHARS_MAX);
        if let Err(why) = reads(&raw.words.value) {
            self.findings.at(&raw.words, format!("«{}» is not understood", shown(&raw.words.value)), why);
        }
        let is_down =
            |at: Duration| chat.iter().rev().find(|turn| turn.at <= at).is_some_and(|turn| !turn.is_up);
        if raw.via.value == "chat" && at.is_some_and(is_down) {
            self.findings.at(&raw.via, "the chat is down at that time", "Write `console` or `cli`.");
        }
        door?;
        Some(Step {
            at: at?,
            who: who?,
            via: raw.via.value.clone(),
            words: raw.words.value.trim().to_owned(),
        })
    }

    /// A text: within its limit, without the words that end an exercise, and with no address of anything real.
    fn text(&mut self, text: &Spanned<String>, what: &str, chars_max: usize) {
        self.findings.text(text, what, chars_max);
        if is_emergency(&text.value) {
            let phrases = EMERGENCY_PHRASES.map(|phrase| format!("«{phrase}»")).join(" and ");
            self.findings.at(
                text,
                "the scenario says what stops an exercise at once",
                format!("{phrases} are kept for the real thing; say it in other words."),
            );
        }
        for address in text.value.split_whitespace().filter(|word| word.contains("://")) {
            let start = address.find("http").unwrap_or(0);
            let trimmed =
                address.get(start..).unwrap_or(address).trim_matches(|c: char| "()<>[]«»\"',.;".contains(c));
            let host = url::Url::parse(trimmed).ok().and_then(|url| url.host_str().map(str::to_lowercase));
            if !host.as_deref().is_some_and(is_reserved) {
                let what = format!("«{}» may be the address of something real", shown(address));
                self.findings.at(text, what, "Use a name that belongs to nobody, such as `status.example`.");
            }
        }
    }

    fn span(&mut self, text: &Spanned<String>) -> Option<Duration> {
        let span = time::span(&text.value).filter(|span| *span > Duration::zero());
        if span.is_none() {
            let what = format!("«{}» is no length of time", shown(&text.value));
            self.findings.at(text, what, "Write 5m, 90s or 1h30m; at most a day.");
        }
        span
    }

    fn offset(&mut self, text: &Spanned<String>) -> Option<Duration> {
        match time::offset(&text.value) {
            Offset::After(at) if at > self.length_max => {
                let what = format!(
                    "{} lies after the end: the drill takes {} at most",
                    text.value,
                    time::words(self.length_max)
                );
                self.findings.at(text, what, "Move it forward, or raise `length_max`.");
                None
            }
            Offset::After(at) => Some(at),
            Offset::Negative => {
                let what = format!("«{}» lies before the beginning", shown(&text.value));
                self.findings.at(text, what, "Nothing happens before STARTEX: tell it in the `story`.");
                None
            }
            Offset::NoTime => {
                let what = format!("«{}» is no time of the exercise", shown(&text.value));
                self.findings.at(text, what, "Write T+0, T+3m or T+1h05m.");
                None
            }
        }
    }

    fn in_order<'t>(&mut self, times: impl Iterator<Item = &'t Spanned<String>>) {
        let mut latest = Duration::zero();
        for text in times {
            let Offset::After(at) = time::offset(&text.value) else { continue };
            if at < latest {
                let what = format!("{} comes after {}", text.value, time::mark(latest));
                self.findings.at(text, what, "Put them in the order of their times.");
            }
            latest = latest.max(at);
        }
    }

    fn person(&mut self, name: &Spanned<String>) -> Option<Person> {
        let found =
            Person::named(&name.value).ok().and_then(|p| self.people.iter().find(|known| known.id == p.id));
        if found.is_none() {
            let names: Vec<_> = self.people.iter().map(|person| person.name.as_str()).collect();
            let (what, hint) =
                (format!("nobody here is called «{}»", shown(&name.value)), meant(&name.value, &names));
            self.findings.at(name, what, hint);
        }
        found.cloned()
    }

    fn objective(&mut self, id: &Spanned<String>) {
        if !self.objectives.contains(&id.value) {
            let ids: Vec<_> = self.objectives.iter().map(String::as_str).collect();
            let hint = format!("Known here: {}.", ids.join(", "));
            self.findings.at(id, format!("there is no objective «{}»", shown(&id.value)), hint);
        }
    }

    fn twice(&mut self, id: &Spanned<String>, what: &str) {
        let said = format!("the {what} «{}» is there twice", shown(&id.value));
        self.findings.at(id, said, "Give each its own.");
    }
}

/// Names that RFC 2606 and RFC 6761 keep for examples and tests.
fn is_reserved(host: &str) -> bool {
    let tops = ["example", "test", "invalid", "localhost"];
    let seconds = ["example.com", "example.net", "example.org"];
    tops.iter().chain(&seconds).any(|name| host == *name || host.ends_with(&format!(".{name}")))
}
