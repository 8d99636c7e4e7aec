//! EventBridge's events. Each service has its own way to say what an event is about and whether it is over; those of which no
//! such way is known are told by their resource.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/ref/welcome.html>

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::links::is_plain_part;
use crate::alert::{AlertSeverity, LinkKind, Rejected};

/// What runs and succeeds or fails, by its detail-type: what it is called, and where the name of what ran stands. What succeeds ends
/// what an earlier run of the same name raised.
const RUNS: &[(&str, &str, &[&str])] = &[
    ("CodePipeline Pipeline Execution State Change", "CodePipeline", &["pipeline"]),
    ("CodePipeline Stage Execution State Change", "CodePipeline", &["pipeline", "stage"]),
    ("CodePipeline Action Execution State Change", "CodePipeline", &["pipeline", "stage", "action"]),
    ("CodeBuild Build State Change", "CodeBuild", &["project-name"]),
    ("CodeDeploy Deployment State-change Notification", "CodeDeploy", &["application", "deploymentGroup"]),
    ("Step Functions Execution Status Change", "Step Functions", &["stateMachineArn"]),
    ("Batch Job State Change", "Batch", &["jobName"]),
    ("Glue Job State Change", "Glue", &["jobName"]),
];

/// What a run may say that is neither a failure nor an end of one.
const NO_FAILURES: &[&str] = &[
    "STARTED",
    "START",
    "STARTING",
    "RUNNING",
    "IN_PROGRESS",
    "PENDING",
    "SUBMITTED",
    "RUNNABLE",
    "QUEUED",
    "WAITING",
    "CREATED",
    "READY",
    "RESUMED",
    "SUPERSEDED",
    "STOP",
    "STOPPING",
    "STOPPED",
    "CANCELED",
    "CANCELLED",
    "ABORTED",
    "PENDING_REDRIVE",
    "EXPIRED",
];

/// By the category of AWS Health.
const CATEGORIES: [(&str, AlertSeverity); 4] = [
    ("issue", AlertSeverity::Error),
    ("investigation", AlertSeverity::Warning),
    ("accountNotification", AlertSeverity::Info),
    ("scheduledChange", AlertSeverity::Info),
];

/// Why a task of ECS stopped.
const STOPS: [(&str, AlertSeverity); 6] = [
    ("EssentialContainerExited", AlertSeverity::Error),
    ("TaskFailedToStart", AlertSeverity::Error),
    ("SpotInterruption", AlertSeverity::Warning),
    ("TerminationNotice", AlertSeverity::Warning),
    ("ServiceSchedulerInitiated", AlertSeverity::Info),
    ("UserInitiated", AlertSeverity::Info),
];

/// In services of which nothing else is known.
const ENDS: [&str; 8] = [
    "ok",
    "closed",
    "resolved",
    "succeeded",
    "success",
    "completed",
    "service_steady_state",
    "service_deployment_completed",
];

pub(super) fn read(event: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let (kind, detail) = (event.first(&["detail-type", "detailType"]), event.at("detail"));
    if kind.starts_with("Security Hub Findings") && detail.at("findings").is_there() {
        for found in out.each(detail.at("findings"))? {
            out.alert(of_security_hub(event, found));
        }
        return Ok(());
    }
    let run = RUNS.iter().find(|(of, _, _)| *of == kind);
    let told = match (kind.as_str(), run) {
        (_, Some((_, what, name))) => ran(event, what, name),
        ("AWS Health Event", _) => Some(health(event)),
        ("GuardDuty Finding" | "Inspector2 Finding" | "Macie Finding", _) => Some(finding(event, &kind)),
        ("ECS Task State Change", _) => task(event),
        ("EC2 Instance State-change Notification", _) => instance(event),
        _ if detail.at("alarmName").is_there() => Some(alarm(event)),
        _ => other(event, &kind),
    };
    match told {
        Some(alert) => out.alert(alert),
        None => {
            let about = joined(" ", &[&kind, &word(detail)]);
            out.no_alert(format!("{about}: neither a failure nor the end of one."));
        }
    }
    Ok(())
}

/// What all events say.
fn draft(event: Node<'_>, identity: String, title: String) -> Draft {
    let identity = if identity.is_empty() { format!("event {title}") } else { identity };
    let mut alert = Draft::new(identity, title);
    alert.labels(event, &[("account", "account"), ("region", "region"), ("service", "source")]);
    alert.changed_at(event.get("time"));
    alert
}

/// What is told apart within its account and region.
fn place(event: Node<'_>, what: &str) -> String {
    joined("/", &[&event.get("account"), &event.get("region"), what])
}

/// The word for a state, wherever a service has it.
fn word(detail: Node<'_>) -> String {
    detail.first(&["state", "status", "build-status", "statusCode", "lastStatus", "eventName"])
}

fn alarm(event: Node<'_>) -> Draft {
    let detail = event.at("detail");
    let name = detail.get("alarmName");
    let about = joined(": ", &[&name, &detail.get("configuration.description")]);
    let mut alert = draft(event, place(event, &name), about);
    super::state(&mut alert, &detail.get("state.value"));
    super::link(&mut alert, &event.get("region"), &name);
    alert.describe(detail.get("state.reason"));
    for metric in detail.at("configuration.metrics").list() {
        alert.tags(metric.at("metricStat.metric.dimensions"));
    }
    alert
}

fn ran(event: Node<'_>, what: &str, name: &[&str]) -> Option<Draft> {
    let detail = event.at("detail");
    let state = word(detail);
    let said = match state.to_uppercase().as_str() {
        "FAILED" | "FAILURE" | "FAULT" | "TIMED_OUT" | "TIMEOUT" | "ERROR" => Some(Said::Firing),
        "SUCCEEDED" | "SUCCESS" => Some(Said::Resolved),
        plain if NO_FAILURES.contains(&plain) => return None,
        _ => None,
    };
    let names: Vec<String> = name.iter().map(|path| detail.get(path)).collect();
    let name = joined("/", &names.iter().map(String::as_str).collect::<Vec<_>>());
    // Of a name that Amazon gives all that there is, the last part is the one that people gave.
    let short = name.rsplit(':').next().unwrap_or_default();
    let title = joined(": ", &[&joined(" ", &[what, short]), &state]);
    let mut alert = draft(event, place(event, &joined("/", &[what, &name])), title);
    match said {
        Some(said) => alert.says(said),
        None => alert.unknown_event(&state),
    }
    alert.describe(detail.first(&["statusReason", "message", "cause", "error", "errorInformation.message"]));
    alert.link(LinkKind::Source, detail.get("additional-information.logs.deep-link"));
    Some(alert)
}

/// An event of AWS Health comes to several regions, and again with each update; its end is set to an earlier moment.
fn health(event: Node<'_>) -> Draft {
    let detail = event.at("detail");
    let id = detail.first(&["eventArn", "communicationId"]);
    let id = if id.is_empty() { event.get("id") } else { id };
    let code = joined(": ", &["AWS Health Event", &detail.get("eventTypeCode")]);
    let region = detail.get("eventRegion");
    let identity = joined("/", &[&event.get("account"), &detail.get("affectedAccount"), &id]);
    let mut alert = draft(event, identity, joined(" in ", &[&code, &region]));
    alert.says(if detail.get("statusCode") == "closed" { Said::Resolved } else { Said::Firing });
    alert.severity_by(detail.get("eventTypeCategory"), &CATEGORIES);
    alert.describe(
        detail.first(&["eventDescription.0.latestDescription", "eventDescription.latestDescription"]),
    );
    let affected = detail.at("affectedEntities").list().map(|entity| entity.get("entityValue"));
    alert.annotate("affected", affected.collect::<Vec<_>>().join(", "));
    alert.label("region", region);
    let updated = detail.get("lastUpdatedTime");
    if !updated.is_empty() {
        alert.changed_at(updated);
    }
    alert
}

/// A finding is told again whenever it changes.
fn finding(event: Node<'_>, kind: &str) -> Draft {
    let detail = event.at("detail");
    let id = detail.first(&["id", "findingArn"]);
    let what = if id.is_empty() { event.get("id") } else { id.clone() };
    let mut alert = draft(event, place(event, &what), joined(": ", &[kind, &detail.get("title")]));
    let is_archived = detail.at("archived").is_true() || detail.at("service.archived").is_true();
    let is_closed = matches!(detail.get("status").as_str(), "CLOSED" | "SUPPRESSED");
    alert.says(if is_archived || is_closed { Said::Resolved } else { Said::Firing });
    let severity = detail.first(&["severity", "severity.description"]);
    match severity.parse::<f64>() {
        Ok(number) => alert.severity_by(&severity, &[(severity.as_str(), weight(number))]),
        Err(_) => alert.severity(severity),
    }
    alert.describe(detail.get("description"));
    alert.label("type", detail.get("type"));
    let region = event.get("region");
    if kind == "GuardDuty Finding" && is_plain_part(&region) && is_plain_part(&id) {
        let console = format!("https://console.aws.amazon.com/guardduty/home?region={region}");
        alert.link(LinkKind::Source, format!("{console}#/findings?search=id%3D{id}"));
    }
    alert.link(LinkKind::Runbook, detail.get("remediation.recommendation.Url"));
    alert
}

/// GuardDuty's numbers. <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html>
fn weight(number: f64) -> AlertSeverity {
    if number >= 9.0 {
        AlertSeverity::Critical
    } else if number >= 7.0 {
        AlertSeverity::Error
    } else if number >= 4.0 {
        AlertSeverity::Warning
    } else {
        AlertSeverity::Info
    }
}

/// <https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html>
fn of_security_hub(event: Node<'_>, found: Node<'_>) -> Draft {
    let (id, title) = (found.get("Id"), found.get("Title"));
    let identity = if id.is_empty() { joined("/", &[&event.get("id"), &title]) } else { id };
    let mut alert = draft(event, identity, title);
    let workflow = found.get("Workflow.Status");
    let is_over = matches!(workflow.as_str(), "RESOLVED" | "SUPPRESSED")
        || found.get("RecordState") == "ARCHIVED"
        || found.get("Compliance.Status") == "PASSED";
    alert.says(if is_over { Said::Resolved } else { Said::Firing });
    alert.severity(found.get("Severity.Label"));
    alert.describe(found.get("Description"));
    alert.labels(found, &[("account", "AwsAccountId"), ("region", "Region"), ("resource", "Resources.0.Id")]);
    alert.label("workflow", workflow);
    alert.link(LinkKind::Source, found.get("SourceUrl"));
    alert.link(LinkKind::Runbook, found.get("Remediation.Recommendation.Url"));
    // What one control finds is one thing to look at, however many resources it finds it of.
    let control = found.get("GeneratorId");
    if !control.is_empty() {
        alert.group(joined("/", &[&found.get("AwsAccountId"), &found.get("Region"), &control]));
    }
    let updated = found.get("UpdatedAt");
    if !updated.is_empty() {
        alert.changed_at(updated);
    }
    alert
}

/// The tasks of one service are one situation: it starts another in the place of one that stopped.
fn task(event: Node<'_>) -> Option<Draft> {
    let detail = event.at("detail");
    if detail.get("lastStatus") != "STOPPED" {
        return None;
    }
    let arn = detail.first(&["taskArn", "taskDefinitionArn"]);
    let arn = if arn.is_empty() { event.get("id") } else { arn };
    let cluster = detail.get("clusterArn");
    let cluster = cluster.rsplit('/').next().unwrap_or_default();
    let group = detail.get("group");
    let of = joined(" in ", &[&joined(" of ", &["ECS task", &group]), cluster]);
    let title = joined(": ", &[&format!("{of} stopped"), &detail.get("stoppedReason")]);
    let mut alert = draft(event, place(event, &arn), title);
    alert.severity_by(detail.get("stopCode"), &STOPS);
    let container = |one: Node<'_>| {
        let code = one.get("exitCode");
        let code = if code.is_empty() { code } else { format!("exit code {code}") };
        joined(": ", &[&one.get("name"), &joined(", ", &[&code, &one.get("reason")])])
    };
    alert.describe(detail.at("containers").list().map(container).collect::<Vec<_>>().join("\n"));
    alert.label("cluster", cluster);
    if !group.is_empty() {
        alert.group(place(event, &joined("/", &["ecs", cluster, &group])));
    }
    alert.label("group", group);
    Some(alert)
}

fn instance(event: Node<'_>) -> Option<Draft> {
    let detail = event.at("detail");
    let (id, state) = (detail.get("instance-id"), detail.get("state"));
    if state == "pending" {
        return None;
    }
    let what = joined(" ", &["EC2 instance", &id]);
    let mut alert = draft(event, place(event, &what), joined(" is ", &[&what, &state]));
    alert.says(if state == "running" { Said::Resolved } else { Said::Firing });
    alert.label("host", id);
    Some(alert)
}

fn other(event: Node<'_>, kind: &str) -> Option<Draft> {
    let detail = event.at("detail");
    let state = word(detail);
    if state.ends_with("_IN_PROGRESS") {
        return None;
    }
    let about = detail.first(&["SourceIdentifier", "instance-id", "AutoScalingGroupName", "check-name"]);
    let what = detail.first(&[
        "title",
        "Message",
        "StatusMessage",
        "message",
        "eventTypeCode",
        "eventName",
        "reason",
    ]);
    let resource = event.get("resources.0");
    // Of a database, each kind of event is an alert of its own; of the database they are one situation.
    let number = detail.get("EventID");
    let identity = if resource.is_empty() { event.get("id") } else { joined("/", &[kind, &resource]) };
    let whole = place(event, &joined("/", &[&identity, &number]));
    let mut alert = draft(event, whole, joined(": ", &[kind, &about, &what]));
    if !number.is_empty() && !resource.is_empty() {
        alert.group(place(event, &identity));
    }
    if ENDS.contains(&state.to_lowercase().as_str()) {
        alert.says(Said::Resolved);
    }
    let severity = detail.first(&["severity", "eventType"]);
    if AlertSeverity::read(&severity) != AlertSeverity::Unknown {
        alert.severity(severity);
    }
    alert.describe(detail.first(&["description", "reason", "Cause", "StatusMessage"]));
    Some(alert)
}
