//! What the team calls severities and statuses, and its matrix: from the file to the rules.

use super::{errors, file};
use crate::incident::{phase::Phase, severity::Severity};

#[test]
fn names_meanings_and_the_severities_in_use_are_read_as_the_rules_take_them() {
    let house = file(
        "[severity]\nused = [\"sev1\", \"sev2\", \"sev3\"]\n\
         [names.severities]\nsev1 = \"Critical\"\n\
         [names.meanings]\nsev1 = \"customers cannot pay\"\n\
         [names.statuses]\nmonitoring = \"Watching\"\n",
    );
    let config = house.load(&[]).expect("settings");
    let names = config.names();
    assert_eq!(names.severity(Severity::Sev1), "SEV1 Critical");
    assert_eq!(names.meaning(Severity::Sev1), "customers cannot pay");
    assert_eq!(names.phase(Phase::Monitoring), "Watching");
    assert_eq!(names.used().count(), 3);
    // ITIL's matrix, with the least severity that is used in the place of those that are not.
    let rated = |impact, urgency| config.matrix().rate(impact, urgency).expect("a severity").0;
    assert_eq!((rated("high", "high"), rated("low", "low")), (Severity::Sev1, Severity::Sev3));
}

#[test]
fn a_name_that_is_empty_too_long_of_markup_or_means_two_things_is_refused_with_what_to_do() {
    insta::assert_snapshot!(errors(
        "[names.severities]\nsev1 = \"\"\nsev2 = \"@everyone\"\nsev3 = \"a name that is really far too long\"\n\
         sev4 = \"sev1\"\nsev5 = \"one two three four\"\n\
         [names.meanings]\nsev1 = \"<b>pay\"\nsev2 = \" \"\n\
         [names.statuses]\ntriage = \"Resolved\"\nidentified = \"Working\"\nmonitoring = \"working\"\nclosed = \"Merge\"\n",
    ));
    assert!(
        errors("[names.severities]\nsev1 = \"Bad\"\nsev2 = \"bad\"\n")
            .contains("`bad` is the name of sev1 too")
    );
}

#[test]
fn a_name_that_would_be_read_as_something_else_is_refused_with_the_word_that_is_in_its_way() {
    let told = |table: &str, id: &str, name: &str| errors(&format!("[names.{table}]\n{id} = \"{name}\"\n"));
    assert_eq!(
        told("severities", "sev4", "Close call"),
        "commandpost.toml:2:8: names.severities.sev4: `close call` does something else. Choose another word: `close` is one of the \
         language's own."
    );
    assert_eq!(
        told("statuses", "identified", "Review cause"),
        "commandpost.toml:2:14: names.statuses.identified: `phase review cause` does something else. Choose another word: `review` is \
         one of the language's own."
    );
    for (table, id, name) in [
        ("severities", "sev5", "break"),
        ("severities", "sev1", "Sev2 and up"),
        ("statuses", "review", "Review now"),
    ] {
        assert!(told(table, id, name).contains("does something else"), "{name}");
    }
    for (table, id, name) in [
        ("severities", "sev4", "Not so bad"),
        ("severities", "sev5", "Closed"),
        ("statuses", "review", "Review"),
        ("statuses", "monitoring", "Close watch"),
    ] {
        assert_eq!(told(table, id, name), "no errors", "{name}");
    }
}

#[test]
fn a_matrix_is_whole_or_refused_with_what_is_missing() {
    let whole = file(
        "[severity_matrix]\nimpacts = [\"wide\", \"few\"]\nurgencies = [\"now\", \"later\"]\n\
         [severity_matrix.table]\nwide = [\"sev1\", \"sev2\"]\nfew = [\"sev3\", \"sev5\"]\n",
    );
    let matrix = whole.load(&[]).expect("settings").matrix();
    assert_eq!(matrix.rate("few", "later").expect("a severity").0, Severity::Sev5);
    insta::assert_snapshot!(errors(
        "[severity]\nused = [\"sev1\", \"sev2\"]\n\
         [severity_matrix]\nimpacts = [\"wide\", \"some\", \"few\"]\nurgencies = [\"now\", \"later\"]\n\
         [severity_matrix.table]\nwide = [\"sev1\"]\nfew = [\"sev2\", \"sev5\"]\nnobody = [\"sev2\", \"sev2\"]\n",
    ));
    insta::assert_snapshot!(errors("[severity_matrix]\nimpacts = [\"very wide\", \"few\", \"few\"]\n"));
}
