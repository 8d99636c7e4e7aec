//! Rules, groups and flapping, from the file to the desk.

use super::{ADA, errors, file, lines};
use crate::alert::rules::Action;

const RULES: &str = "\
[[rule]]
name = \"checkout\"
when = { labels = { service = \"checkout*\" }, not = [{ title = \"*test*\" }], during = { days = [\"mon\"], from = \"09:00\", to = \"17:00\" } }
then = { declare = { severity = 1, roles = { ic = \"ada\" } } }

[[group]]
name = \"one service\"
by = [\"service\"]
";

#[test]
fn rules_and_groups_stand_in_a_file_of_their_own_beside_the_settings() {
    let house = file(&format!("[alerts]\nrules_file = \"rules.toml\"\n{ADA}")).file("rules.toml", RULES);
    let config = house.load(&[]).expect("sound");
    assert_eq!(config.alerts.rule[0].name, "checkout");
    assert_eq!((config.alerts.group[0].by.len(), config.alerts.group[0].within_minutes), (1, 10));
    let Action::Declare(declaring) = &config.alerts.rule[0].then else { panic!("it declares") };
    assert_eq!(declaring.roles["ic"], "ada");
    // The same, in the settings themselves.
    let whole = format!(
        "{ADA}{}",
        RULES.replace("[[rule]]", "[[alerts.rule]]").replace("[[group]]", "[[alerts.group]]")
    );
    assert_eq!(file(&whole).load(&[]).expect("sound").alerts.rule, config.alerts.rule);
}

#[test]
fn a_thousand_rules_are_read() {
    let many: String = (0..1_000)
        .map(|n| {
            format!(
                "[[rule]]\nname = \"{n}\"\nwhen = {{ labels = {{ service = \"s{n}\" }} }}\nthen = \"card\"\n"
            )
        })
        .collect();
    let house = file("[alerts]\nrules_file = \"rules.toml\"\n").file("rules.toml", many);
    assert_eq!(house.load(&[]).expect("sound").alerts.rule.len(), 1_000);
}

#[test]
fn an_unknown_word_for_what_a_rule_does_is_answered_with_all_that_there_is() {
    let told = |word: &str| errors(&format!("{ADA}[[alerts.rule]]\nname = \"a\"\nthen = \"{word}\"\n"));
    for word in ["explode", "declare", "page"] {
        let told = told(word);
        let all = "`record`, `card`, `attach`, or a table with `declare` or `page` or `attach_to`.";
        assert!(told.ends_with(&format!("Write one of {all}")), "{told}");
    }
    assert!(told("cart").ends_with("Did you mean `card`?"), "{}", told("cart"));
}

#[test]
fn every_mistake_in_a_file_of_rules_is_told_with_its_own_place() {
    let told = |rules: &str| {
        let settings = format!("[alerts]\nrules_file = \"rules.toml\"\n{ADA}");
        let house = file(&settings).file("rules.toml", rules);
        lines(&house, house.load(&[]))
    };
    insta::assert_snapshot!(told(
        "[[rule]]\nname = \"a\"\nwehn = {}\nthen = \"pager\"\n\
         [[rule]]\nname = \"b\"\nwhen = { severity = \"bad\", during = { from = \"25:00\", zone = \"Berlin\" } }\nthen = {}\n\
         [[rule]]\nname = \"c\"\nthen = { declare = { severity = 7 } }\n\
         [[rule]]\nname = \"d\"\nthen = { declare = {} }\n\
         [[group]]\nname = \"g\"\n",
    ));
    insta::assert_snapshot!(told(
        "[[rule]]\nname = \"a\"\nthen = \"card\"\n\
         [[rule]]\nname = \"a\"\nthen = { declare = { severity = 1, title = \"{titel}\", type = \"outage\", fields = { region = \"x\" }, \
         roles = { ic = \"adda\", boss = \"ada\" } } }\n\
         [[group]]\nname = \"g\"\nby = []\n",
    ));
    insta::assert_snapshot!(told("[[rule]\n"));
}

#[test]
fn rules_of_the_settings_are_looked_at_before_those_of_the_file() {
    let house = file(
        "[alerts]\nrules_file = \"rules.toml\"\n[[alerts.rule]]\nname = \"first\"\nwhen = { firing = 2 }\nthen = \"card\"\n",
    )
    .file("rules.toml", "[[rule]]\nname = \"second\"\nthen = \"card\"\n");
    let names: Vec<String> =
        house.load(&[]).expect("sound").alerts.rule.into_iter().map(|rule| rule.name).collect();
    assert_eq!(names, ["first", "second"]);
    insta::assert_snapshot!(errors("[alerts]\nrules_file = \"nowhere.toml\"\n"), @"commandpost.toml:2:14: alerts.rules_file: the rules file cannot be read: No such file or directory (os error 2). Give the path of a TOML file.");
}

#[test]
fn a_mistake_that_only_all_of_a_rule_shows_is_told_where_it_stands() {
    insta::assert_snapshot!(errors(
        "[[alerts.rule]]\nname = \"all\"\nthen = \"card\"\n\
         [[alerts.rule]]\nname = \"down\"\nthen = { declare = { severity = 1, roles = { ic = \"ada\" } } }\n",
    ), @"
    commandpost.toml:4:1: alerts.rule[1]: the rule is never reached: “all” before it matches every alert. Put the one that matches every alert last.
    commandpost.toml:6:51: alerts.rule[1].then.declare.roles.ic: there is no person `ada`. The settings name none such: add the person, or take this away.
    ");
}

#[test]
fn a_rule_that_would_wake_nobody_is_told_before_it_is_needed() {
    let rule = |then: &str| {
        format!("[[alerts.rule]]\nname = \"a\"\nwhen = {{ source = \"a\" }}\nthen = {{ page = {then} }}\n")
    };
    insta::assert_snapshot!(errors(&format!(
        "{ADA}[[roster]]\nname = \"web\"\n[[roster.rotation]]\npeople = [\"ada\"]\nstart = \"2026-01-05\"\n\
         [[service]]\nname = \"shop\"\non_call = \"roster:wep\"\n{}{}{}{}{}",
        rule("{}"),
        rule("{ to = \"web\" }").replace("\"a\"\nwhen", "\"b\"\nwhen"),
        rule("{ to = \"roster:webb\" }").replace("\"a\"\nwhen", "\"c\"\nwhen"),
        rule("{ to = \"person:adda\" }").replace("\"a\"\nwhen", "\"d\"\nwhen"),
        rule("{ to = \"escalation:default\", severity = 5 }").replace("\"a\"\nwhen", "\"e\"\nwhen"),
    )));
    let sound = format!(
        "{ADA}[[escalation]]\nname = \"default\"\n[[escalation.step]]\nto = [\"person:ada\"]\n{}",
        rule("{ to = \"escalation:default\" }")
    );
    let Action::Page(calling) = &file(&sound).load(&[]).expect("sound").alerts.rule[0].then.clone() else {
        panic!("it pages");
    };
    assert_eq!((calling.to.as_deref(), calling.severity), (Some("escalation:default"), 3));
}
