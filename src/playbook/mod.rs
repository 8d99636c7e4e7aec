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

use crate::incident::{
    role::{Role, Roles},
    severity::Severity,
};
pub use reading::Problem;
use reading::{Findings, meant, shown};

/// Says whether words of the command language can be read; a sentence when not.
pub type Reads<'a> = dyn Fn(&str) -> Result<(), String> + 'a;

const STEPS_MAX: usize = 100;
const TITLE_CHARS_MAX: usize = 200;
const TEXT_CHARS_MAX: usize = 1_000;

/// A checklist for one kind of trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Playbook {
    pub id: String,
    pub title: String,
    /// Which alerts it is for, by title; `*` stands for any run of characters. `None`: none by itself.
    pub alert: Option<String>,
    /// From this severity on; `None` is any.
    pub severity: Option<Severity>,
    pub steps: Vec<Step>,
}

/// One line of the checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub id: String,
    /// Who does it.
    pub role: Role,
    pub text: String,
    /// The words of the command language that do it, where there are some; `…` stands for what is to be filled in.
    pub say: Option<String>,
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
        match roles.find(&step.role.value) {
            Ok(role) => steps.push(Step {
                id: step.id.value.clone(),
                role,
                text: step.text.value.trim().to_owned(),
                say: step.say.as_ref().map(|say| say.value.clone()),
            }),
            Err(_) => {
                let hint = meant(&step.role.value, &roles.slugs());
                findings.at(&step.role, format!("«{}» is no role", shown(&step.role.value)), hint);
            }
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
}
