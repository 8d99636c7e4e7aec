//! What type of incident it is, and the fields that its organization asks for.

use std::collections::BTreeMap;

use super::*;
use crate::{
    alert::text::one_line,
    incident::{
        sentence::ended,
        state::FieldValue,
        taxonomy::{Field, IncidentType, RequiredAt, Taxonomy},
    },
};

/// Characters of an unknown name that are said again.
const SHOWN_CHARS_MAX: usize = 40;

fn known_type<'a>(name: &str, taxonomy: &'a Taxonomy) -> Result<&'a IncidentType, Refusal> {
    taxonomy.find_type(name).ok_or_else(|| {
        let shown = one_line(name, SHOWN_CHARS_MAX);
        let names: Vec<_> = taxonomy.types.iter().map(|one| one.name.as_str()).collect();
        let instead = match names.as_slice() {
            [] => "None is set up: the settings name them, one [[incident_type]] each.".to_owned(),
            names => format!("The types: {}.", names.join(", ")),
        };
        Refusal::invalid(format!("«{shown}» is no type of incident here."), instead)
    })
}

fn known_field<'a>(
    name: &str,
    incident_type: Option<&'a str>,
    taxonomy: &'a Taxonomy,
) -> Result<&'a Field, Refusal> {
    let fields: Vec<_> = taxonomy.fields_of(incident_type).collect();
    if let Some(field) = fields.iter().find(|field| field.name.to_lowercase() == name.trim().to_lowercase()) {
        return Ok(field);
    }
    let shown = one_line(name, SHOWN_CHARS_MAX);
    let of = incident_type.map(|name| format!(" of the type {name}")).unwrap_or_default();
    let names: Vec<_> = fields.iter().map(|field| field.name.as_str()).collect();
    let instead = match (names.as_slice(), taxonomy.find_field(name)) {
        (_, Some(field)) => {
            let types = taxonomy.types.iter().filter(|one| one.fields.contains(&field.name));
            let types: Vec<_> = types.map(|one| one.name.as_str()).collect();
            format!("It belongs to incidents of another type: {}.", types.join(", "))
        }
        ([], None) => "None is set up: the settings name them, one [[incident_field]] each.".to_owned(),
        (names, None) => format!("The fields: {}.", names.join(", ")),
    };
    Err(Refusal::invalid(format!("An incident{of} has no field «{shown}»."), instead))
}

fn value_of(field: &Field, value: &str) -> Result<String, Refusal> {
    field.read(&clean(value)).map_err(|(why, instead)| Refusal::invalid(why, instead))
}

/// What a declaration says of both, and the severity that it comes with.
pub(super) fn declared(
    declare: &Declare,
    scene: &Scene<'_>,
) -> Result<(Vec<Event>, Option<Severity>), Refusal> {
    let taxonomy = &scene.policy.taxonomy;
    let known = declare.incident_type.as_deref().map(|name| known_type(name, taxonomy)).transpose()?;
    let name = known.map(|one| one.name.as_str());
    let mut filled = BTreeMap::new();
    for (field, value) in &declare.fields {
        let field = known_field(field, name, taxonomy)?;
        filled.insert(field.name.clone(), FieldValue { value: value_of(field, value)?, seq: 0 });
    }
    let missing = taxonomy.missing(name, &filled, RequiredAt::Declare);
    // A rule on alerts knows none of them, and must not be stopped.
    if let (Some(first), false) = (missing.first(), scene.is_house) {
        return Err(Refusal::invalid(
            format!("The declaration lacks {}.", told(&missing)),
            format!("Add each as a flag, such as --field \"{}=…\".", first.name),
        ));
    }
    let mut events = Vec::new();
    if let Some(known) = known {
        events.push(Event::TypeSet { incident_type: known.name.clone(), was: None });
    }
    events.extend(filled.into_iter().map(|(field, kept)| Event::FieldSet { field, value: kept.value }));
    Ok((events, known.and_then(|one| one.severity)))
}

fn told(fields: &[&Field]) -> String {
    fields.iter().map(|field| field.told()).collect::<Vec<_>>().join("; ")
}

/// Refuses a step that wants fields which are still empty.
pub(super) fn check(incident: &Incident, step: RequiredAt, scene: &Scene<'_>) -> Result<(), Refusal> {
    let missing = scene.policy.taxonomy.missing(incident.incident_type.as_deref(), &incident.fields, step);
    if missing.is_empty() || scene.is_house {
        return Ok(());
    }
    Err(Refusal::conflict(
        format!("{} lacks {}.", incident.id, told(&missing)),
        "Fill each field in first: `field NAME VALUE`.",
    ))
}

pub(super) fn set_type(incident: &Incident, name: &str, scene: &Scene<'_>) -> Ruling {
    let known = known_type(name, &scene.policy.taxonomy)?;
    if incident.incident_type.as_ref() == Some(&known.name) {
        return Err(Refusal::conflict(
            format!("{} is of the type {} already.", incident.id, known.name),
            "Nothing to do.",
        ));
    }
    let names = &scene.policy.names;
    let usual = match known.severity {
        Some(usual) if names.nearest_used(usual) != incident.severity => format!(
            " Its usual severity is {}; this one is {}.",
            names.severity(names.nearest_used(usual)),
            names.severity(incident.severity)
        ),
        _ => String::new(),
    };
    Ok(Decision::one(
        Event::TypeSet { incident_type: known.name.clone(), was: incident.incident_type.clone() },
        format!("{} is of the type {}.{usual}", incident.id, known.name),
    ))
}

pub(super) fn set_field(incident: &Incident, name: &str, value: &str, scene: &Scene<'_>) -> Ruling {
    let field = known_field(name, incident.incident_type.as_deref(), &scene.policy.taxonomy)?;
    let value = value_of(field, value)?;
    if incident.fields.get(&field.name).is_some_and(|known| known.value == value) {
        return Err(Refusal::conflict(format!("{} is that already.", field.name), "Nothing to do."));
    }
    let reply = format!("{}: {}", field.name, ended(&value));
    Ok(Decision::one(Event::FieldSet { field: field.name.clone(), value }, reply))
}

pub(super) fn types(incident: &Incident, scene: &Scene<'_>) -> String {
    let now = match &incident.incident_type {
        Some(name) => format!("{} is of the type {name}.", incident.id),
        None => format!("{} is of no type yet.", incident.id),
    };
    let known = scene.policy.taxonomy.types.iter().map(|one| {
        let severity = one.severity.map(|severity| format!(" ({severity})")).unwrap_or_default();
        let about = if one.description.is_empty() { String::new() } else { format!(": {}", one.description) };
        format!("- {}{severity}{about}", one.name)
    });
    let none = scene.policy.taxonomy.types.is_empty();
    let none =
        none.then(|| "No types are set up: the settings name them, one [[incident_type]] each.".into());
    std::iter::once(now).chain(known).chain(none).collect::<Vec<_>>().join("\n")
}

pub(super) fn fields(incident: &Incident, scene: &Scene<'_>) -> String {
    let taxonomy = &scene.policy.taxonomy;
    let known: Vec<_> = taxonomy.fields_of(incident.incident_type.as_deref()).collect();
    let rows = known.iter().map(|field| {
        let value = incident.fields.get(&field.name).map_or("–", |known| known.value.as_str());
        let wanted = match field.required_at {
            Some(RequiredAt::Declare) => ", wanted at the declaration",
            Some(RequiredAt::Resolve) => ", wanted to resolve it",
            Some(RequiredAt::Close) => ", wanted to close it",
            None => "",
        };
        let about =
            if field.description.is_empty() { String::new() } else { format!(" – {}", field.description) };
        format!("{}: {value}{wanted}{about}", field.told())
    });
    // What was filled in under other settings, or another type, is still there.
    let others = incident.fields.iter().filter(|(name, _)| known.iter().all(|field| field.name != **name));
    let rows: Vec<String> =
        rows.chain(others.map(|(name, known)| format!("{name}: {}", known.value))).collect();
    if rows.is_empty() {
        return "No fields are set up: the settings name them, one [[incident_field]] each.".into();
    }
    rows.join("\n")
}
