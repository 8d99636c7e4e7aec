//! Ansible, by the callback plugin of `docs/changes.md`. <https://docs.ansible.com/ansible/latest/plugins/callback.html>

use super::{Draft, Kind, Outcome, Reading, last_part};
use crate::alert::{Rejected, body::Node, draft::joined};

pub fn read(body: Node<'_>, out: &mut Reading) -> Result<(), Rejected> {
    let playbook = out.need(body, &["playbook"])?;
    let run = out.need(body, &["run", "uuid"])?;
    let count = |name: &str| {
        let hosts = body.at("stats").members();
        hosts.filter(|(_, host)| host.get(name).parse::<u64>().is_ok_and(|n| n > 0)).count()
    };
    let hosts = body.at("stats").members().count();
    let is_over = hosts > 0 || body.get("status") == "finished";
    let (changed, failed) = (count("changed"), count("failures").max(count("unreachable")));
    if is_over && changed == 0 && failed == 0 {
        out.none(format!("A run of {} that changed nothing.", last_part(&playbook)));
        return Ok(());
    }
    if body.at("check").is_true() {
        out.none(format!("A trial run of {}: nothing was changed.", last_part(&playbook)));
        return Ok(());
    }
    let name = last_part(&playbook).trim_end_matches(".yaml").trim_end_matches(".yml");
    let told = if is_over {
        format!("Ansible ran {name}, {changed} of {hosts} hosts changed")
    } else {
        format!("Ansible runs {name}")
    };
    let mut change = Draft::new(Kind::Configuration, run, told);
    change.outcome(match (is_over, failed) {
        (false, _) => Outcome::Began,
        (true, 0) => Outcome::Succeeded,
        (true, _) => Outcome::Failed,
    });
    let named = body.get("service");
    change.service(if named.is_empty() { name.to_owned() } else { named });
    change.environment(body.get("environment"));
    change.by(body.get("by"));
    change.began(body.get("began"));
    change.ended(body.get("ended"));
    change.url(body.get("url"));
    let names: Vec<&str> = body.at("stats").members().map(|(name, _)| name).take(8).collect();
    change.label("hosts", joined(", ", &names));
    out.change(change);
    Ok(())
}

#[cfg(test)]
pub const EXAMPLES: &[&str] = &[
    r#"{"run": "1b9d6bcd", "playbook": "/srv/play/checkout.yml", "status": "started", "began": 1795204988.25, "by": "ada",
        "check": false, "stats": {}}"#,
    r#"{"run": "1b9d6bcd", "playbook": "/srv/play/checkout.yml", "status": "finished", "began": 1795204988.25, "ended": 1795205008.5,
        "by": "ada", "check": false, "stats": {"web1": {"ok": 7, "changed": 2, "failures": 0, "unreachable": 0},
        "web2": {"ok": 9, "changed": 0, "failures": 0, "unreachable": 0}}}"#,
];
