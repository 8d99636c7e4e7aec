//! Amazon SNS, and what comes through it: CloudWatch's alarms, EventBridge's events, plain messages.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>,
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html>.
//! A subscription is confirmed by the person who made it: nothing here follows an address.

mod events;
mod told;

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::links::is_plain_part;
use crate::alert::{AlertSeverity, LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    if body.at("Records").is_list() {
        for record in out.each(body.at("Records"))? {
            envelope(record.at("Sns"), out)?;
        }
        return Ok(());
    }
    if is_event(body) {
        return events::read(body, out);
    }
    if body.at("AlarmName").is_there() {
        return alarm(body, "", out);
    }
    envelope(body, out)
}

fn envelope(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let topic = body.get("TopicArn");
    match body.get("Type").as_str() {
        "SubscriptionConfirmation" => {
            let url = body.get("SubscribeURL");
            if is_amazon(&url) {
                out.open_once(&url);
                out.no_alert(format!(
                    "SNS asks whether to subscribe to {topic}: if you ordered it, open its address once."
                ));
            } else {
                out.no_alert(format!(
                    "SNS asks whether to subscribe to {topic}, but the address is not Amazon's: confirm it in the console of SNS."
                ));
            }
            return Ok(());
        }
        "UnsubscribeConfirmation" => {
            out.no_alert(format!("The subscription to {topic} has ended: alarms of it no longer come here."));
            return Ok(());
        }
        _ => {}
    }
    let message = body.at("Message");
    let inner = message.unwrapped();
    let inner = inner.as_ref().map_or(message, Node::of);
    if inner.at("AlarmName").is_there() {
        return alarm(inner, &topic, out);
    }
    if is_event(inner) {
        return events::read(inner, out);
    }
    let text = message.text();
    let subject = body.get("Subject");
    if text.is_empty() && subject.is_empty() {
        return Err(out.missing("Message"));
    }
    if is_test(inner, &text) {
        out.no_alert(format!("A message of {topic} that only tells that it is subscribed."));
        return Ok(());
    }
    if inner.at("Event Message").is_there() {
        out.alert(database(inner, &topic));
        return Ok(());
    }
    if inner.at("mail").is_there() {
        mail(inner, &topic, out);
        return Ok(());
    }
    told::read(inner, &topic, &subject, &text, out);
    Ok(())
}

/// An event of EventBridge, or of the notifications of the developer tools.
fn is_event(body: Node<'_>) -> bool {
    body.either(&["detail-type", "detailType"]).is_there()
}

/// What services publish only to try the topic.
fn is_test(inner: Node<'_>, text: &str) -> bool {
    matches!(inner.get("Event").as_str(), "autoscaling:TEST_NOTIFICATION" | "s3:TestEvent")
        || inner.get("notificationType") == "AmazonSnsSubscriptionSucceeded"
        || text.starts_with("Successfully validated SNS topic")
}

/// An event of RDS: each kind of them is an alert, and those of one database are one situation.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.html>
fn database(event: Node<'_>, topic: &str) -> Draft {
    let source = event.first(&["Source ARN", "Source ID"]);
    let title = joined(": ", &[&event.get("Source ID"), &event.get("Event Message")]);
    let number = event.get("Event ID");
    let number = number.rsplit('#').next().unwrap_or_default();
    let mut alert = Draft::new(joined("/", &["rds", topic, &source, number]), title);
    alert.label("topic", topic);
    alert.label("service", event.get("Event Source"));
    alert.label("host", event.get("Source ID"));
    alert.label("event", number);
    alert.link(LinkKind::Source, event.get("Identifier Link"));
    let time = event.get("Event Time");
    if !time.is_empty() {
        // It is written without its zone.
        alert.changed_at(format!("{time} UTC"));
    }
    alert.group(joined("/", &["rds", topic, &source]));
    alert
}

/// What SES says of a mail.
/// <https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html>
fn mail(of: Node<'_>, topic: &str, out: &mut Reading<'_>) {
    let kind = of.first(&["notificationType", "eventType"]);
    let (about, recipients, by) = match kind.as_str() {
        "Bounce" => ("bounce.bounceType", "bounce.bouncedRecipients", "diagnosticCode"),
        "Complaint" => ("complaint.complaintFeedbackType", "complaint.complainedRecipients", ""),
        "DeliveryDelay" => ("deliveryDelay.delayType", "deliveryDelay.delayedRecipients", "diagnosticCode"),
        "Reject" => ("reject.reason", "", ""),
        "Rendering Failure" => ("failure.errorMessage", "", ""),
        "Delivery" | "Send" | "Open" | "Click" | "Subscription" | "Received" => {
            out.no_alert(format!("{kind} of a mail: no failure."));
            return;
        }
        _ => ("", "", ""),
    };
    let list: Vec<Node<'_>> = of.at(recipients).list().take(5).collect();
    let mut to = list.iter().map(|one| one.get("emailAddress")).collect::<Vec<_>>().join(", ");
    if to.is_empty() {
        to = of.get("mail.destination");
    }
    let what = joined(": ", &[&format!("SES: {kind} of a mail to {to}"), &of.get(about)]);
    let mut alert = Draft::new(joined("/", &[topic, &of.get("mail.messageId"), &kind]), what);
    if about.is_empty() {
        alert.unknown_event(&kind);
    }
    let why = list.iter().map(|one| one.get(by)).filter(|why| !why.is_empty()).collect::<Vec<_>>().join("\n");
    alert.describe(joined("\n", &[&of.get("mail.commonHeaders.subject"), &why]));
    alert.label("topic", topic);
    alert.label("from", of.get("mail.source"));
    alert.changed_at(of.first(&["bounce.timestamp", "complaint.timestamp", "mail.timestamp"]));
    // Mails that fail in the same way are one thing to look at.
    alert.group(joined("/", &[topic, &kind]));
    out.alert(alert);
}

/// The last part of an ARN.
fn last(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or_default()
}

fn alarm(alarm: Node<'_>, topic: &str, out: &mut Reading<'_>) -> Result<(), Rejected> {
    let name = out.need(alarm, &["AlarmName"])?;
    let about = joined(": ", &[&name, &alarm.get("AlarmDescription")]);
    let place = [alarm.get("AWSAccountId"), alarm.get("Region"), name.clone()].join("/");
    let mut alert = Draft::new(place, about);
    state(&mut alert, &alarm.get("NewStateValue"));
    if alarm.at("Priority").is_there() {
        alert.severity(alarm.get("Priority"));
    }
    alert.describe(alarm.get("NewStateReason"));
    let trigger = alarm.at("Trigger");
    alert.labels(alarm, &[("account", "AWSAccountId"), ("region", "Region")]);
    for from in [trigger, alarm] {
        alert.labels(from, &[("namespace", "Namespace"), ("metric", "MetricName")]);
    }
    let metrics = trigger.at("Metrics").list().map(|metric| metric.at("MetricStat.Metric"));
    for from in std::iter::once(trigger).chain(metrics) {
        alert.tags(from.at("Dimensions"));
    }
    let arn = alarm.get("AlarmArn");
    let code =
        [arn.as_str(), topic].iter().find_map(|arn| arn.split(':').nth(3)).unwrap_or_default().to_owned();
    link(&mut alert, &code, &name);
    alert.changed_at(alarm.get("StateChangeTime"));
    out.alert(alert);
    Ok(())
}

fn state(alert: &mut Draft, word: &str) {
    alert.status(word, &[("alarm", Said::Firing), ("insufficient_data", Said::Firing)]);
    if word == "INSUFFICIENT_DATA" {
        alert.severity_by("INSUFFICIENT_DATA", &[("INSUFFICIENT_DATA", AlertSeverity::Warning)]);
    }
}

fn link(alert: &mut Draft, region: &str, name: &str) {
    if region != "REGION" && is_plain_part(region) {
        let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        let name = name.replace('+', "%20");
        let host = format!("https://{region}.console.aws.amazon.com");
        alert.link(LinkKind::Source, format!("{host}/cloudwatch/home?region={region}#alarmsV2:alarm/{name}"));
    }
}

fn is_amazon(url: &str) -> bool {
    let host = url::Url::parse(url).ok().filter(|url| url.scheme() == "https").and_then(|url| {
        (url.port().is_none() && url.username().is_empty())
            .then(|| url.host_str().map(str::to_owned))
            .flatten()
    });
    host.is_some_and(|host| {
        host.starts_with("sns.") && (host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn"))
    })
}

#[cfg(test)]
pub(super) const EXAMPLES: &[&str] = &[
    r#"{"Type": "Notification", "MessageId": "1", "TopicArn": "arn:aws:sns:eu-west-1:123456789012:alarms",
        "Subject": "ALARM: \"checkout 5xx\" in EU (Ireland)", "Timestamp": "2026-11-20T20:13:09.000Z",
        "Message": "{\"AlarmName\": \"checkout 5xx\", \"AlarmDescription\": \"more than 1% of requests fail\", \"AWSAccountId\": \"123456789012\", \"NewStateValue\": \"ALARM\", \"NewStateReason\": \"Threshold Crossed: 1 datapoint [7.0] was greater than the threshold (1.0).\", \"StateChangeTime\": \"2026-11-20T20:13:08.123+0000\", \"Region\": \"EU (Ireland)\", \"AlarmArn\": \"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout 5xx\", \"OldStateValue\": \"OK\", \"Trigger\": {\"MetricName\": \"5XXError\", \"Namespace\": \"AWS/ApiGateway\", \"Dimensions\": [{\"value\": \"checkout\", \"name\": \"ApiName\"}]}}"}"#,
    r#"{"Type": "Notification", "MessageId": "2", "TopicArn": "arn:aws:sns:eu-west-1:123456789012:alarms",
        "Subject": "OK: \"checkout 5xx\" in EU (Ireland)", "Timestamp": "2026-11-20T20:33:09.000Z",
        "Message": "{\"AlarmName\": \"checkout 5xx\", \"AlarmDescription\": \"more than 1% of requests fail\", \"AWSAccountId\": \"123456789012\", \"NewStateValue\": \"OK\", \"NewStateReason\": \"Threshold Crossed: 1 datapoint [0.0] was not greater than the threshold (1.0).\", \"StateChangeTime\": \"2026-11-20T20:33:08.123+0000\", \"Region\": \"EU (Ireland)\", \"AlarmArn\": \"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout 5xx\", \"OldStateValue\": \"ALARM\", \"Trigger\": {\"MetricName\": \"5XXError\", \"Namespace\": \"AWS/ApiGateway\", \"Dimensions\": [{\"value\": \"checkout\", \"name\": \"ApiName\"}]}}"}"#,
];

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::is_amazon;
    use crate::alert::order::is_overtaken;
    use crate::alert::senders::{Settings, listed, testing};
    use crate::alert::{Alert, AlertSeverity, Intake, Status};

    fn read(body: &Value) -> Intake {
        testing::read("aws", &body.to_string())
    }

    /// What a topic tells, without a subject.
    fn published(message: &Value) -> Intake {
        read(&json!({"Type": "Notification", "MessageId": "1", "TopicArn": "arn:aws:sns:eu-west-1:1:events",
            "Message": message.to_string()}))
    }

    /// An event of a service's, each with an id of its own.
    fn event(id: &str, kind: &str, resource: &str, detail: Value) -> Intake {
        read(&json!({"version": "0", "id": id, "detail-type": kind, "source": "aws.some", "account": "1",
            "time": "2026-11-20T20:13:08Z", "region": "eu-west-1", "resources": [resource], "detail": detail}))
    }

    fn one(mut intake: Intake) -> Alert {
        assert_eq!(intake.alerts.len(), 1, "{intake:?}");
        intake.alerts.remove(0)
    }

    #[test]
    fn a_finding_that_is_told_again_is_the_same_and_its_number_says_how_bad_it_is() {
        let found = |id: &str, severity: f64, archived: bool| {
            one(event(
                id,
                "GuardDuty Finding",
                "",
                json!({"id": "f1", "title": "SSH brute force against i-1", "severity": severity,
                "service": {"archived": archived}, "description": "somebody tries", "type": "UnauthorizedAccess:EC2/SSHBruteForce"}),
            ))
        };
        let first = found("e1", 8.0, false);
        assert_eq!(first.title, "GuardDuty Finding: SSH brute force against i-1");
        assert_eq!((first.severity, first.links.len()), (AlertSeverity::Error, 1));
        assert_eq!(found("e2", 9.5, false).severity, AlertSeverity::Critical);
        assert_eq!(found("e2", 5.0, false).severity, AlertSeverity::Warning);
        let archived = found("e3", 2.0, true);
        assert_eq!((archived.key(), archived.status), (first.key(), Status::Resolved));
    }

    #[test]
    fn an_event_of_aws_health_ends_when_it_is_closed_though_its_end_was_before_its_last_update() {
        let said = |id: &str, status: &str, updated: &str, ended: &str| {
            one(event(
                id,
                "AWS Health Event",
                "",
                json!({"eventArn": "arn:aws:health:eu-west-1::event/EC2/X/x",
                "eventTypeCode": "AWS_EC2_OPERATIONAL_ISSUE", "eventTypeCategory": "issue", "eventRegion": "eu-west-1",
                "statusCode": status, "lastUpdatedTime": updated, "endTime": ended,
                "eventDescription": [{"language": "en_US", "latestDescription": "Errors of the API"}]}),
            ))
        };
        let open = said("h1", "open", "Fri, 20 Nov 2026 20:13:00 GMT", "");
        let closed = said("h2", "closed", "Fri, 20 Nov 2026 21:13:00 GMT", "Fri, 20 Nov 2026 20:05:00 GMT");
        assert_eq!(open.title, "AWS Health Event: AWS_EC2_OPERATIONAL_ISSUE in eu-west-1");
        assert_eq!((open.severity, open.description.as_str()), (AlertSeverity::Error, "Errors of the API"));
        assert_eq!((open.key(), closed.status), (closed.key(), Status::Resolved));
        assert!(is_overtaken(&open, &closed) && !is_overtaken(&closed, &open));
    }

    #[test]
    fn each_finding_of_security_hub_is_an_alert_by_its_own_name_until_it_is_settled() {
        let finding = |id: &str, workflow: &str, record: &str| {
            json!({"Id": id, "Title": "S3.8 public access", "GeneratorId": "S3.8", "Severity": {"Label": "HIGH"},
                "Workflow": {"Status": workflow}, "RecordState": record, "Compliance": {"Status": "FAILED"},
                "Remediation": {"Recommendation": {"Url": "https://docs.aws.example/S3.8"}}})
        };
        let kind = "Security Hub Findings - Imported";
        let both =
            json!({"findings": [finding("arn:f1", "NEW", "ACTIVE"), finding("arn:f2", "NEW", "ACTIVE")]});
        let firing = event("e1", kind, "arn:f1", both).alerts;
        assert_eq!(firing.len(), 2);
        assert_eq!(
            (firing[0].title.as_str(), firing[0].severity),
            ("S3.8 public access", AlertSeverity::Error)
        );
        assert_ne!(firing[0].key(), firing[1].key());
        assert_eq!(firing[0].group_key, firing[1].group_key);
        for (workflow, record) in [("RESOLVED", "ACTIVE"), ("NEW", "ARCHIVED")] {
            let settled =
                one(event("e2", kind, "arn:f1", json!({"findings": [finding("arn:f1", workflow, record)]})));
            assert_eq!((settled.key(), settled.status), (firing[0].key(), Status::Resolved));
        }
    }

    #[test]
    fn what_succeeds_ends_the_failure_of_the_same_name_and_what_only_runs_is_no_alert() {
        for (kind, detail, title) in [
            (
                "CodePipeline Pipeline Execution State Change",
                json!({"pipeline": "deploy"}),
                "CodePipeline deploy: FAILED",
            ),
            ("CodeBuild Build State Change", json!({"project-name": "shop"}), "CodeBuild shop: FAILED"),
            (
                "Step Functions Execution Status Change",
                json!({"stateMachineArn": "arn:aws:states:eu-west-1:1:stateMachine:orders"}),
                "Step Functions orders: FAILED",
            ),
        ] {
            let ran = |state: &str| {
                let mut detail = detail.clone();
                detail[if kind.starts_with("CodeBuild") { "build-status" } else { "state" }] = state.into();
                event(state, kind, "arn:x", detail)
            };
            let (failed, succeeded) = (one(ran("FAILED")), one(ran("SUCCEEDED")));
            assert_eq!(failed.title, title);
            assert_eq!((failed.key(), failed.status), (succeeded.key(), Status::Firing));
            assert_eq!(succeeded.status, Status::Resolved);
            let running = ran("STARTED");
            assert!(running.alerts.is_empty() && !running.notes.is_empty(), "{kind}");
        }
    }

    #[test]
    fn titles_of_events_say_what_happened_to_what() {
        let task = json!({"clusterArn": "arn:aws:ecs:eu-west-1:1:cluster/c", "lastStatus": "STOPPED", "taskArn": "arn:t",
            "stoppedReason": "Essential container in task exited", "stopCode": "EssentialContainerExited", "group": "service:web"});
        let task = one(event("1", "ECS Task State Change", "arn:t", task));
        assert_eq!(task.title, "ECS task of service:web in c stopped: Essential container in task exited");
        assert_eq!(task.severity, AlertSeverity::Error);
        let said = |message: &str, number: &str| {
            let detail = json!({"SourceIdentifier": "db1", "Message": message, "EventID": number});
            one(event(number, "RDS DB Instance Event", "arn:db", detail))
        };
        let (failover, storage) =
            (said("failover started", "RDS-EVENT-0013"), said("storage full", "RDS-EVENT-0007"));
        assert_eq!(failover.title, "RDS DB Instance Event: db1: failover started");
        assert_ne!(failover.key(), storage.key());
        assert_eq!(failover.group_key, storage.group_key);
        let state = |state: &str| {
            let detail = json!({"instance-id": "i-1", "state": state});
            one(event(state, "EC2 Instance State-change Notification", "arn:i-1", detail))
        };
        let (gone, back) = (state("stopped"), state("running"));
        assert_eq!(gone.title, "EC2 instance i-1 is stopped");
        assert_eq!((gone.key(), back.status), (back.key(), Status::Resolved));
    }

    #[test]
    fn what_services_publish_in_json_has_a_title_that_people_read() {
        let event = one(published(
            &json!({"Event Source": "db-instance", "Event Time": "2026-11-20 20:13:08.000",
            "Identifier Link": "https://console.aws.amazon.com/rds/home?region=eu-west-1#dbinstance:id=db1", "Source ID": "db1",
            "Source ARN": "arn:aws:rds:eu-west-1:1:db:db1", "Event ID": "https://docs.aws.amazon.com/x.html#RDS-EVENT-0049",
            "Event Message": "Multi-AZ instance failover completed"}),
        ));
        assert_eq!(event.title, "db1: Multi-AZ instance failover completed");
        assert_eq!((event.links.len(), event.notes.len()), (1, 0));
        let bounce =
            one(published(&json!({"notificationType": "Bounce", "bounce": {"bounceType": "Permanent",
            "bouncedRecipients": [{"emailAddress": "a@shop.example", "diagnosticCode": "550 no such user"}]},
            "mail": {"messageId": "m", "source": "post@shop.example"}})));
        assert_eq!(bounce.title, "SES: Bounce of a mail to a@shop.example: Permanent");
        assert_eq!(bounce.description, "550 no such user");
        assert_eq!(one(published(&json!({"unheard": "of"}))).title, "A message of events");
        for quiet in [
            json!({"notificationType": "Delivery", "mail": {"messageId": "m"}}),
            json!({"Event": "autoscaling:TEST_NOTIFICATION", "AutoScalingGroupName": "web"}),
        ] {
            assert!(published(&quiet).alerts.is_empty(), "{quiet}");
        }
    }

    /// What a topic tells in words.
    fn said(subject: &str, message: &str) -> Alert {
        one(read(&json!({"Type": "Notification", "MessageId": "1", "TopicArn": "arn:aws:sns:eu-west-1:1:t",
            "Subject": subject, "Message": message})))
    }

    #[test]
    fn what_a_text_says_fires_is_ended_by_the_text_that_says_it_is_over() {
        let health = |states: &str, place: &str| {
            said(
                &format!("AWS Elastic Beanstalk Notification - Environment health has transitioned {states}"),
                &format!(
                    "Timestamp: Sun Nov 22 20:00:00 UTC 2026\nMessage: Environment health has transitioned {states}.\n\n\
                     Environment: {place}\nApplication: shop\n\nNotificationProcessId: {states}"
                ),
            )
        };
        for (fires, over, title) in [
            (
                said("[FIRING:1] X (i-1 critical)", "Alerts Firing:\nLabels:\n - alertname = X"),
                said("[RESOLVED] X (i-1 critical)", "Alerts Resolved:"),
                "X (i-1 critical)",
            ),
            (
                health("from Ok to Severe. 100.0 % of the requests fail", "prod"),
                health("from Severe to Ok", "prod"),
                "prod: Environment health has transitioned from Ok to Severe. 100.0 % of the requests fail",
            ),
            (said("", "PROBLEM: disk of db1\n95 %"), said("", "OK: disk of db1\n20 %"), "disk of db1"),
            (said("Our alarms", "[FIRING] disk"), said("Our alarms", "[RESOLVED] disk"), "Our alarms: disk"),
        ] {
            assert_eq!((fires.title.as_str(), fires.status), (title, Status::Firing));
            assert_eq!((over.key(), over.status), (fires.key(), Status::Resolved), "{title}");
        }
        let (prod, test) = (health("from Ok to Severe", "prod"), health("from Ok to Severe", "test"));
        assert_ne!(prod.key(), test.key());
        assert_eq!((prod.severity, prod.labels["environment"].as_str()), (AlertSeverity::Error, "prod"));
        // Where nothing says a state, a subject that is always the same makes no one alert of two.
        assert_ne!(said("Our alarms", "disk is full").key(), said("Our alarms", "cpu is hot").key());
        assert!(said("Our alarms", "nobody knows if it is ok").status == Status::Firing);
    }

    #[test]
    fn a_text_that_a_topic_delivers_raw_is_read_as_plain_text_and_broken_json_is_not() {
        let raw = |body: &str| {
            let sender = listed("aws").unwrap().sender(&Settings::default());
            sender.read(body.as_bytes(), Some("text/plain; charset=UTF-8")).map(one)
        };
        let (firing, over) =
            (raw("[FIRING] the disk of db1\n95 %").unwrap(), raw("[OK] the disk of db1").unwrap());
        assert_eq!((firing.title.as_str(), firing.description.as_str()), ("the disk of db1", "95 %"));
        assert_eq!((firing.source.as_str(), firing.key()), ("aws", over.key()));
        assert_eq!((firing.status, over.status), (Status::Firing, Status::Resolved));
        for broken in [r#"{"AlarmName": "#, r#" [{"AlarmName": "x""#, ""] {
            assert!(raw(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn only_an_address_of_amazons_is_offered_for_a_click() {
        assert!(is_amazon("https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=1"));
        for bad in [
            "http://sns.eu-west-1.amazonaws.com/",
            "https://sns.evil.example/",
            "https://sns.amazonaws.com.evil.example/",
            "https://x@sns.eu-west-1.amazonaws.com/",
            "https://sns.eu-west-1.amazonaws.com:81/",
            "",
        ] {
            assert!(!is_amazon(bad), "{bad}");
        }
    }
}
