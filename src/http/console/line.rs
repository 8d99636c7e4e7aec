//! A form as a line of the command language: what a button or its blanks say is what somebody could have typed.
//!
//! Fields, in the order in which they stand in the form: `say` is said as it is; a field called `--flag` becomes that
//! flag, left out if empty; `part` is one value, in quotes; `component:NAME` with a state joins the `--component`
//! flag; `text` comes last, word for word, after `--`, so that a text that begins with two hyphens is a text.
//! `--severity`, of which a form always has one chosen, gives way to an `--impact`.

/// Bytes of one line at most; the language's own limit is lower and says so better.
pub const LINE_BYTES_MAX: usize = 128 * 1024;

fn quoted(value: &str) -> String {
    // Only `\"` and `\\` are escapes within quotes.
    let inside: String = value
        .trim()
        .chars()
        .flat_map(|c| match c {
            '"' | '\\' => vec!['\\', c],
            // A curly quote before a blank would end the value.
            '“' | '”' => vec!['\\', '"'],
            c => vec![c],
        })
        .collect();
    format!("\"{inside}\"")
}

/// `None` when there is nothing in it.
pub fn line(fields: &[(String, String)]) -> Option<String> {
    let mut words: Vec<String> = Vec::new();
    let mut components: Vec<String> = Vec::new();
    let mut text: Option<&str> = None;
    let is_rated = fields.iter().any(|(name, value)| name == "--impact" && !value.trim().is_empty());
    for (name, value) in fields {
        let is_empty = value.trim().is_empty();
        match name.as_str() {
            "--severity" if is_rated => {}
            "say" if !is_empty => words.push(value.trim().to_owned()),
            "part" => words.push(quoted(value)),
            "text" => text = Some(value.trim()),
            _ => match (name.strip_prefix("component:"), is_empty) {
                (Some(component), false) => components.push(format!("{component}={}", value.trim())),
                (None, false) if is_flag(name) => words.push(format!("{name} {}", quoted(value))),
                _ => {}
            },
        }
    }
    if !components.is_empty() {
        words.push(format!("--component {}", quoted(&components.join(";"))));
    }
    let said = words.join(" ");
    let whole = match (said.is_empty(), text.filter(|text| !text.is_empty())) {
        (true, text) => text.unwrap_or_default().to_owned(),
        (false, Some(text)) => format!("{said} -- {text}"),
        (false, None) => said,
    };
    (!whole.is_empty()).then_some(whole)
}

fn is_flag(name: &str) -> bool {
    name.strip_prefix("--")
        .is_some_and(|flag| !flag.is_empty() && flag.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(fields: &[(&str, &str)]) -> Option<String> {
        line(&fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect::<Vec<_>>())
    }

    #[test]
    fn what_is_typed_goes_as_it_is() {
        assert_eq!(
            of(&[("incident", "INC-1"), ("once", "x"), ("text", " task ack 3 ")]).as_deref(),
            Some("task ack 3")
        );
        assert_eq!(of(&[("text", "  ")]), None);
    }

    #[test]
    fn a_form_says_what_somebody_could_have_typed() {
        let draft = [
            ("say", "update draft"),
            ("--next", "20m"),
            ("--impact", ""),
            ("component:API", "major_outage"),
            ("component:Web", ""),
            ("text", "--phase resolved\n\nAll is \"well\"."),
        ];
        assert_eq!(
            of(&draft).as_deref(),
            Some(
                "update draft --next \"20m\" --component \"API=major_outage\" -- --phase resolved\n\nAll is \"well\"."
            )
        );
        assert_eq!(
            of(&[("say", "can"), ("part", "the \"db\""), ("text", "slow")]).as_deref(),
            Some(r#"can "the \"db\"" -- slow"#)
        );
        assert_eq!(of(&[("say", "command take"), ("text", "")]).as_deref(), Some("command take"));
    }

    #[test]
    fn a_severity_that_is_always_chosen_gives_way_to_impact_and_urgency() {
        let form = |impact, urgency| {
            let chosen = ("--severity", "sev2");
            of(&[("say", "declare"), ("text", "x"), chosen, ("--impact", impact), ("--urgency", urgency)])
        };
        let rated = "declare --impact \"high\" --urgency \"low\" -- x";
        assert_eq!(form("high", "low").as_deref(), Some(rated));
        assert_eq!(form("", "").as_deref(), Some("declare --severity \"sev2\" -- x"));
    }

    #[test]
    fn a_field_with_another_name_says_nothing() {
        assert_eq!(
            of(&[("--x y", "1"), ("--", "1"), ("other", "1"), ("say", "status")]).as_deref(),
            Some("status")
        );
    }
}
