//! Types of incidents, and the fields that an organization asks for.

use super::*;
use crate::incident::taxonomy::{Field, FieldKind, IncidentType, RequiredAt};

fn field(name: &str, kind: FieldKind, required_at: Option<RequiredAt>) -> Field {
    let choices = if kind == FieldKind::Choice { vec!["eu".into(), "us".into()] } else { vec![] };
    Field { name: name.into(), description: String::new(), kind, choices, required_at }
}

fn policy() -> Policy {
    Policy {
        taxonomy: Taxonomy {
            types: vec![
                IncidentType {
                    name: "security".into(),
                    description: "Somebody is where they should not be".into(),
                    severity: Some(Severity::Sev1),
                    fields: vec!["records".into()],
                },
                IncidentType {
                    name: "outage".into(),
                    description: String::new(),
                    severity: None,
                    fields: vec![],
                },
            ],
            fields: vec![
                field("region", FieldKind::Choice, Some(RequiredAt::Declare)),
                field("records", FieldKind::Number, Some(RequiredAt::Resolve)),
                field("ticket", FieldKind::Url, Some(RequiredAt::Close)),
            ],
        },
        ..Policy::default()
    }
}

fn declare(incident_type: Option<&str>, fields: &[(&str, &str)]) -> Declare {
    Declare {
        incident_type: incident_type.map(str::to_owned),
        fields: fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..Declare::new("Data is out", None, Kind::Real)
    }
}

fn set(name: &str, value: &str) -> Command {
    Command::SetField { name: name.into(), value: value.into() }
}

#[test]
fn a_type_brings_its_severity_unless_another_is_said() {
    let eu = &[("region", "EU")][..];
    let severity =
        |declare: &Declare| Stage::declared_under(policy(), "Ada", declare).unwrap().incident.severity;
    assert_eq!(severity(&declare(Some("Security"), eu)), Severity::Sev1);
    assert_eq!(severity(&declare(Some("outage"), eu)), Severity::Sev2);
    let said = Declare { severity: Some(Severity::Sev4), ..declare(Some("security"), eu) };
    assert_eq!(severity(&said), Severity::Sev4);
}

#[test]
fn a_declaration_that_lacks_what_it_must_have_is_refused_with_what_is_allowed() {
    let mut said = String::new();
    for declare in [
        declare(None, &[]),
        declare(None, &[("region", "asia")]),
        declare(Some("fire"), &[("region", "eu")]),
        declare(None, &[("region", "eu"), ("records", "4")]),
        declare(None, &[("region", "eu"), ("colour", "red")]),
    ] {
        let refusal = Stage::declared_under(policy(), "Ada", &declare).err().unwrap();
        said.push_str(&format!("{refusal}\n"));
    }
    insta::assert_snapshot!(said);
    // A rule on alerts knows none of it, and is not stopped.
    assert!(Stage::declared_under(policy(), HOUSE, &declare(None, &[])).is_ok());
}

#[test]
fn a_step_waits_for_the_fields_that_it_wants() {
    let start = declare(Some("security"), &[("region", "eu")]);
    let mut stage = Stage::declared_under(policy(), "Ada", &start).unwrap();
    let resolve = || Command::Enter { phase: Phase::Resolved, reason: "the door is shut".into() };
    stage.no("Ada", resolve());
    assert_eq!(stage.no("Cy", set("records", "1")), Because::Forbidden, "not without a role");
    stage.no("Ada", set("records", "many"));
    stage.ok("Ada", set("records", "1_200"));
    stage.no("Ada", set("Records", "1200"));
    stage.ok("Ada", resolve());
    stage.no("Ada", Command::Enter { phase: Phase::Closed, reason: String::new() });
    stage.ok("Ada", set("ticket", "https://tickets.example/7"));
    insta::assert_snapshot!(stage.reads("Bo", Command::Fields));
    stage.ok("Ada", Command::Enter { phase: Phase::Closed, reason: String::new() });
    stage.ok("Ada", Command::SetType { name: "outage".into() });
    insta::assert_snapshot!(stage.reads("Bo", Command::Types));
    stage.aloud("taxonomy");
}

#[test]
fn a_redacted_field_is_empty_again() {
    let mut stage = Stage::declared_under(policy(), "Ada", &declare(None, &[("region", "eu")])).unwrap();
    stage.ok("Ada", set("ticket", "https://tickets.example/jane-roe"));
    let seq = stage.last();
    stage.ok("Ada", Command::Redact { target: seq, reason: "a customer's name".into() });
    assert!(!stage.incident.fields.contains_key("ticket"));
}
