//! Roles of the team, from the file to the rules.

use super::{errors, file};
use crate::incident::role::Role;

#[test]
fn a_role_of_the_team_is_read_with_all_that_stands_above_it() {
    let house = file(
        "[[role]]\nid = \"pages\"\ntitle = \"Page Turner\"\nreports_to = \"runbook\"\nlike = \"sme\"\n\
         [[role]]\nid = \"runbook\"\ntitle = \"Runbook Keeper\"\nit_title = \"Runbooks\"\nreports_to = \"planning\"\n\
         like = \"scribe\"\nholders_max = 1\nchecklist = [\"Open it.\"]\n",
    );
    let roles = house.load(&[]).expect("settings").roles();
    let pages = roles.find("page turner").expect("a role");
    let way: Vec<Role> = std::iter::successors(Some(pages), Role::reports_to).collect();
    let slugs: Vec<&str> = way.iter().map(Role::slug).collect();
    assert_eq!(slugs, ["pages", "runbook", "planning", "ic"]);
    assert_eq!((way[0].rights(), way[1].rights()), ("sme", "scribe"));
    assert_eq!((way[1].holders_max(), way[1].checklist()), (Some(1), vec!["Open it."]));
}

#[test]
fn a_severity_calls_for_roles_that_there_are() {
    let keeper =
        "[[role]]\nid = \"runbook\"\ntitle = \"Runbook Keeper\"\nreports_to = \"ops\"\nlike = \"scribe\"\n";
    let exact = file("[severity.sev1]\nroles = [\"pio\"]\n").load(&[]).expect("settings");
    assert_eq!(exact.severity.sev1.roles, ["pio"], "a list takes the place of the usual one");
    let house = file(&format!("{keeper}[severity.sev3]\nroles = [\"runbook\", \"communications lead\"]\n"));
    let config = house.load(&[]).expect("settings");
    let roles = config.roles();
    let called: Vec<String> =
        config.severity.sev3.roles.iter().map(|role| roles.find(role).unwrap().slug().to_owned()).collect();
    assert_eq!(called, ["runbook", "pio"]);
    assert!(config.severity.sev2.roles.contains(&"ops".to_owned()), "the others are as they were");
    insta::assert_snapshot!(errors("[severity.sev1]\nroles = [\"opps\", \"ic\", \"sme\"]\n"));
}

#[test]
fn every_mistake_in_a_role_is_told_with_its_place_and_what_was_meant() {
    insta::assert_snapshot!(errors(
        "[[role]]\nid = \"Run Book\"\ntitle = \"Scribe\"\nreports_to = \"opps\"\nlike = \"ic\"\n\
         [[role]]\nid = \"ops\"\ntitle = \"Second\"\nreports_to = \"sme\"\nlike = \"scribble\"\n\
         [[role]]\nid = \"a\"\ntitle = \"second\"\nreports_to = \"b\"\nlike = \"sme\"\n\
         [[role]]\nid = \"b\"\ntitle = \"B\"\nreports_to = \"a\"\nlike = \"sme\"\n\
         [[role]]\nid = \"c\"\ntitle = \"C\"\nreports_to = \"observer\"\nlike = \"sme\"\n",
    ));
    insta::assert_snapshot!(errors(
        "[[role]]\nid = \"runbook\"\ntitle = \"Runbook Keeper\"\nreports_to = \"ops\"\nholders_max = 0\nchecklst = []\n",
    ));
}

#[test]
fn who_is_next_in_line_is_read_for_roles_of_both_kinds_and_mistakes_have_their_place() {
    let people = "[[person]]\nid = \"ada\"\nname = \"Ada\"\n[[person]]\nid = \"bo\"\nname = \"Bo\"\n";
    let role =
        "[[role]]\nid = \"runbook\"\ntitle = \"Runbook Keeper\"\nreports_to = \"ops\"\nlike = \"scribe\"\n";
    let house = file(&format!(
        "[alternates]\nic = [\"ada\", \"bo\"]\n\"communications lead\" = [\"bo\"]\n{people}{role}alternates = [\"bo\"]\n"
    ));
    let lines = house.load(&[]).expect("settings").alternates();
    let ids = |role: &str| lines[role].iter().map(|one| one.id.as_str()).collect::<Vec<_>>();
    assert_eq!((ids("ic"), ids("pio"), ids("runbook")), (vec!["ada", "bo"], vec!["bo"], vec!["bo"]));
    insta::assert_snapshot!(errors(&format!(
        "[alternates]\nic = [\"adda\"]\nopps = [\"bo\"]\n{people}{role}alternates = [\"cy\"]\n"
    )));
}
