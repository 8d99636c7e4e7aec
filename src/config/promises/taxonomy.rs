//! Types and fields of incidents, from the file to the rules.

use super::{errors, file};
use crate::incident::severity::Severity;

#[test]
fn types_and_fields_are_read_as_the_rules_take_them() {
    let house = file(
        "[[incident_type]]\nname = \"security\"\nseverity = \"sev1\"\nfields = [\"region\"]\n\
         [[incident_field]]\nname = \"region\"\nkind = \"choice\"\nchoices = [\"eu\", \"us\"]\nrequired_at = \"close\"\n",
    );
    let taxonomy = house.load(&[]).expect("settings").taxonomy();
    assert_eq!(taxonomy.find_type("Security").and_then(|one| one.severity), Some(Severity::Sev1));
    assert_eq!(taxonomy.fields_of(Some("security")).count(), 1);
    assert_eq!(taxonomy.fields_of(None).count(), 0);
}

#[test]
fn what_contradicts_itself_is_told_with_its_place() {
    insta::assert_snapshot!(errors(
        "[[incident_type]]\nname = \"data loss\"\nfields = [\"regoin\"]\n\
         [[incident_field]]\nname = \"region\"\nkind = \"choice\"\n\
         [[incident_field]]\nname = \"region\"\nkind = \"date\"\nchoices = [\"eu\"]\n\
         [[incident_field]]\nname = \"team\"\nkind = \"colour\"\n",
    ));
    insta::assert_snapshot!(errors(
        "[[incident_type]]\nname = \"data loss\"\nfields = [\"regoin\"]\n\
         [[incident_field]]\nname = \"region\"\nkind = \"choice\"\n\
         [[incident_field]]\nname = \"region\"\nkind = \"date\"\nchoices = [\"eu\"]\n",
    ));
}
