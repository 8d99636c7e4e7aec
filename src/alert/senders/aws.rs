//! Amazon SNS, and what comes through it: CloudWatch's alarms, EventBridge's events, plain messages.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>,
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html>.
//! A subscription is confirmed by the person who made it: nothing here follows an address.

use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, Said, joined};
use crate::alert::text::digest;
use crate::alert::{AlertSeverity, LinkKind, Rejected};

pub(super) fn read(body: Node<'_>, out: &mut Reading<'_>) -> Result<(), Rejected> {
    if body.at("Records").is_list() {
        for record in out.each(body.at("Records"))? {
            envelope(record.at("Sns"), out)?;
        }
        return Ok(());
    }
    if body.at("detail-type").is_there() {
        event(body, out);
        return Ok(());
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
    if inner.at("detail-type").is_there() {
        event(inner, out);
        return Ok(());
    }
    let text = message.text();
    let subject = body.get("Subject");
    if text.is_empty() && subject.is_empty() {
        return Err(out.missing("Message"));
    }
    let title = if subject.is_empty() { text.lines().next().unwrap_or_default().to_owned() } else { subject };
    let mut alert = Draft::new(digest(format!("{topic}\n{title}\n{text}").as_bytes()), title);
    alert.describe(text);
    alert.label("topic", topic);
    out.alert(alert);
    Ok(())
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

fn event(event: Node<'_>, out: &mut Reading<'_>) {
    let (kind, detail) = (event.get("detail-type"), event.at("detail"));
    let alarm = detail.get("alarmName");
    let (account, region) = (event.get("account"), event.get("region"));
    let mut alert = if alarm.is_empty() {
        let what = detail.first(&["title", "eventTypeCode", "eventName"]);
        let resource = event.get("resources.0");
        let identity = if resource.is_empty() { event.get("id") } else { format!("{kind}/{resource}") };
        Draft::new(format!("{account}/{region}/{identity}"), joined(": ", &[&kind, &what]))
    } else {
        let about = joined(": ", &[&alarm, &detail.get("configuration.description")]);
        let mut alert = Draft::new(format!("{account}/{region}/{alarm}"), about);
        state(&mut alert, &detail.get("state.value"));
        link(&mut alert, &region, &alarm);
        alert
    };
    alert.describe(detail.first(&["state.reason", "description", "eventDescription.0.latestDescription"]));
    alert.labels(event, &[("account", "account"), ("region", "region"), ("service", "source")]);
    alert.changed_at(event.get("time"));
    out.alert(alert);
}

fn state(alert: &mut Draft, word: &str) {
    alert.status(word, &[("alarm", Said::Firing), ("insufficient_data", Said::Firing)]);
    if word == "INSUFFICIENT_DATA" {
        alert.severity_by("INSUFFICIENT_DATA", &[("INSUFFICIENT_DATA", AlertSeverity::Warning)]);
    }
}

fn link(alert: &mut Draft, region: &str, name: &str) {
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !region.is_empty() && region != "REGION" && plain(region) {
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
    use super::is_amazon;

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
