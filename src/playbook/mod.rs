//! Response playbooks: what to do when a known thing breaks, as a checklist with a role and the words to say.
//!
//! ```yaml
//! schema: playbook/1
//! id: site-down
//! title: The site does not answer
//! for: { severity: sev1, alert: "*SiteDown*" }
//! steps:
//!   - { id: P1, role: ic, text: Say that you have command, say: command take }
//! ```

pub(crate) mod reading;

use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::{
    incident::{
        phase::Phase,
        play::{Playbook, Step, When},
        role::{Role, Roles},
        severity::Severity,
    },
    wall::lasting,
};
pub use reading::Problem;
use reading::{Findings, meant, shown};

/// Says whether words of the command language can be read; a sentence when not.
pub type Reads<'a> = dyn Fn(&str) -> Result<(), String> + 'a;

const STEPS_MAX: usize = 100;
const TITLE_CHARS_MAX: usize = 200;
const TEXT_CHARS_MAX: usize = 1_000;
/// A step that comes again sooner is noise, later no reminder.
const EVERY_MINUTES: std::ops::RangeInclusive<i64> = 5..=24 * 60;

/// The two that come with the program, by their files' names.
const SHIPPED: [(&str, &str); 2] = [
    ("public-communication.yaml", include_str!("../../playbooks/public-communication.yaml")),
    ("site-down.yaml", include_str!("../../playbooks/site-down.yaml")),
];

/// The playbooks that come with the program, for whoever has none of their own: they begin by hand only.
pub fn shipped(reads: &Reads<'_>) -> Vec<Playbook> {
    let read = SHIPPED.iter().filter_map(|(file, text)| read(file, text, reads, &Roles::default()).ok());
    read.map(|playbook| Playbook { alert: None, severity: None, ..playbook }).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlaybook {
    schema: Spanned<String>,
    id: Spanned<String>,
    title: Spanned<String>,
    #[serde(rename = "for", default)]
    when: RawFor,
    steps: Spanned<Vec<RawStep>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawFor {
    alert: Option<Spanned<String>>,
    severity: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    id: Spanned<String>,
    role: Spanned<String>,
    text: Spanned<String>,
    say: Option<Spanned<String>>,
    #[serde(default)]
    when: RawWhen,
    approve: Option<Spanned<String>>,
    every: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawWhen {
    #[serde(rename = "type")]
    incident_type: Option<Spanned<String>>,
    phase: Option<Spanned<String>>,
    severity: Option<Spanned<String>>,
}

/// Reads and checks a playbook. `reads` is asked of each step's words, with `…` filled in; `roles` are those that can be named.
///
/// # Errors
/// Every mistake with its place: one if the file is no YAML of this shape, else all that the check finds.
pub fn read(file: &str, text: &str, reads: &Reads<'_>, roles: &Roles) -> Result<Playbook, Vec<Problem>> {
    let raw: RawPlaybook = reading::yaml(file, text)?;
    let mut findings = Findings::new(file);
    findings.one_of(&raw.schema, "schema of a playbook", &[("playbook/1", ())]);
    findings.id(&raw.id, "playbook");
    findings.text(&raw.title, "title", TITLE_CHARS_MAX);
    if let Some(alert) = &raw.when.alert {
        findings.text(alert, "alert pattern", TITLE_CHARS_MAX);
    }
    let severities = Severity::ALL.map(|severity| (severity.word(), severity));
    let severity = raw.when.severity.as_ref().and_then(|word| findings.one_of(word, "severity", &severities));
    if raw.steps.value.is_empty() || raw.steps.value.len() > STEPS_MAX {
        let what = format!("the playbook has {} steps", raw.steps.value.len());
        findings.at(&raw.steps, what, format!("Give it 1 to {STEPS_MAX}."));
    }
    let mut steps: Vec<Step> = Vec::new();
    for step in &raw.steps.value {
        findings.id(&step.id, "step");
        if steps.iter().any(|before| before.id == step.id.value) {
            findings.at(
                &step.id,
                format!("the step «{}» is there twice", shown(&step.id.value)),
                "Give each its own id.",
            );
        }
        findings.text(&step.text, "text", TEXT_CHARS_MAX);
        if let Some(say) = &step.say
            && let Err(why) = reads(&say.value.replace('…', "words"))
        {
            findings.at(say, format!("«{}» is not understood", shown(&say.value)), why);
        }
        let role = role(&step.role, roles, &mut findings);
        let approve = step.approve.as_ref().and_then(|word| self::role(word, roles, &mut findings));
        let every_minutes = step.every.as_ref().and_then(|text| every(text, &mut findings));
        let when = when(&step.when, &mut findings);
        if let Some(role) = role {
            steps.push(Step {
                id: step.id.value.clone(),
                role,
                text: step.text.value.trim().to_owned(),
                say: step.say.as_ref().map(|say| say.value.trim().to_owned()),
                when,
                approve,
                every_minutes,
            });
        }
    }
    let problems = findings.into_problems();
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Playbook {
        id: raw.id.value,
        title: raw.title.value.trim().to_owned(),
        alert: raw.when.alert.map(|alert| alert.value),
        severity,
        steps,
    })
}

fn role(word: &Spanned<String>, roles: &Roles, findings: &mut Findings<'_>) -> Option<Role> {
    let found = roles.find(&word.value).ok();
    if found.is_none() {
        let hint = meant(&word.value, &roles.slugs());
        findings.at(word, format!("«{}» is no role", shown(&word.value)), hint);
    }
    found
}

fn every(text: &Spanned<String>, findings: &mut Findings<'_>) -> Option<u32> {
    let found = lasting(&text.value).filter(|of| of.num_seconds() % 60 == 0);
    let found = found.filter(|of| EVERY_MINUTES.contains(&of.num_minutes()));
    if found.is_none() {
        let what = format!("«{}» is no time after which a step comes again", shown(&text.value));
        findings.at(text, what, "Write 5m to 24h, such as 20m or 1h30m.");
    }
    found.and_then(|of| u32::try_from(of.num_minutes()).ok())
}

fn when(raw: &RawWhen, findings: &mut Findings<'_>) -> When {
    if let Some(name) = &raw.incident_type {
        findings.text(name, "type", TITLE_CHARS_MAX);
    }
    let phases: Vec<(&str, Phase)> =
        Phase::ALL.into_iter().filter(|phase| !phase.is_over()).map(|phase| (phase.word(), phase)).collect();
    let severities = Severity::ALL.map(|severity| (severity.word(), severity));
    When {
        incident_type: raw.incident_type.as_ref().map(|name| name.value.trim().to_owned()),
        phase: raw.phase.as_ref().and_then(|word| findings.one_of(word, "phase that goes on", &phases)),
        severity: raw.severity.as_ref().and_then(|word| findings.one_of(word, "severity", &severities)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = "schema: playbook/1\nid: p\ntitle: A\nfor: { severity: sev1 }\nsteps:\n  - { id: P1, role: ic, text: Say so, say: command take }\n";

    fn said(text: &str) -> String {
        let reads =
            |words: &str| if words.starts_with("comand") { Err("Write `command`.".into()) } else { Ok(()) };
        let problems = read("p.yaml", text, &reads, &Roles::default()).unwrap_err();
        problems.iter().map(|problem| format!("{problem}\n")).collect()
    }

    #[test]
    fn a_sound_playbook_is_read() {
        let playbook = read("p.yaml", SOUND, &|_| Ok(()), &Roles::default()).unwrap();
        assert_eq!((playbook.severity, playbook.steps.len()), (Some(Severity::Sev1), 1));
        assert!(playbook.steps[0].role.is_command());
    }

    #[test]
    fn a_mistake_is_told_with_line_and_column_and_what_was_meant() {
        insta::assert_snapshot!(said(&SOUND.replace("title", "titel")), @"p.yaml:3:1: there is no field «titel» here. Did you mean `title`?");
        insta::assert_snapshot!(said(&SOUND.replace("id: p\n", "")), @"p.yaml:4:1: the field `id` is missing.");
        insta::assert_snapshot!(
            said(&SOUND.replace("sev1", "sev9").replace("role: ic", "role: pioo").replace("command take", "comand take")),
            @r"
        p.yaml:4:18: «sev9» is no severity. Did you mean `sev5`?
        p.yaml:6:21: «pioo» is no role. Did you mean `pio`?
        p.yaml:6:46: «comand take» is not understood. Write `command`.
        "
        );
    }

    #[test]
    fn a_condition_an_approval_and_a_repeat_are_read_or_told_with_their_place() {
        let step = "when: { type: security, phase: monitoring, severity: sev2 }, approve: pio, every: 20m, say: command take";
        let text = SOUND.replace("say: command take", step);
        let playbook = read("p.yaml", &text, &|_| Ok(()), &Roles::default()).unwrap();
        let step = &playbook.steps[0];
        assert_eq!(step.when.in_words(), "of type security, in the phase monitoring, from SEV2 on");
        assert_eq!((step.approve.as_ref().map(Role::slug), step.every_minutes), (Some("pio"), Some(20)));
        insta::assert_snapshot!(
            said(&text.replace("monitoring", "monitring").replace("pio", "pioo").replace("20m", "2m").replace("sev2", "sev7")),
            @r"
        p.yaml:6:70: «monitring» is no phase that goes on. Did you mean `monitoring`?
        p.yaml:6:91: «sev7» is no severity. Did you mean `sev5`?
        p.yaml:6:108: «pioo» is no role. Did you mean `pio`?
        p.yaml:6:121: «2m» is no time after which a step comes again. Write 5m to 24h, such as 20m or 1h30m.
        "
        );
        insta::assert_snapshot!(said(&text.replace("phase:", "phas:")), @"p.yaml:6:63: there is no field «phas» here. Did you mean `phase`?");
    }

    #[test]
    fn those_that_come_with_the_program_are_sound_and_begin_by_hand_only() {
        let all = shipped(&|_| Ok(()));
        assert_eq!(
            all.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(),
            ["public-communication", "site-down"]
        );
        assert!(all.iter().all(|one| !one.fits(Severity::Sev1, &["SiteDown"])));
    }
}
