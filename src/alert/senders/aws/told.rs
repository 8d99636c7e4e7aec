//! What a topic tells in words, or in JSON of which nothing else is known.
//!
//! Whether it is over is said by its subject, or else by its first line, as in any [text](super::super::text).

use crate::alert::LinkKind;
use crate::alert::body::Node;
use crate::alert::draft::{Draft, Reading, joined, led};
use crate::alert::senders::text;
use crate::alert::text::digest;

/// Where the services that publish JSON say what it is about.
const TITLES: [&str; 8] =
    ["content.title", "title", "Title", "summary", "Description", "description", "message", "eventName"];

/// What stands before what Elastic Beanstalk has to say.
const BEANSTALK: &str = "AWS Elastic Beanstalk Notification - ";

/// `inner`: the JSON of the text, if it is that.
pub(super) fn read(inner: Node<'_>, topic: &str, subject: &str, text: &str, out: &mut Reading<'_>) {
    let bare = subject.strip_prefix(BEANSTALK).unwrap_or(subject);
    let is_json = text.starts_with('{');
    let (first, rest) = if is_json { ("", "") } else { text.split_once('\n').unwrap_or((text, "")) };
    let named = inner.first(&TITLES);
    let title = if !bare.is_empty() {
        bare.to_owned()
    } else if !named.is_empty() {
        named
    } else if is_json {
        // What programs tell each other is no title.
        joined(" ", &["A message of", super::last(topic)])
    } else {
        first.to_owned()
    };
    let mut line = text::told(&title, if bare.is_empty() { rest } else { text });
    if !line.is_told && !first.is_empty() && title != first {
        let below = text::told(first, rest);
        if below.is_told {
            // A subject that is always the same, and below it what there is to say.
            let (title, subject) =
                (led(&line.title, &below.title), joined("\n", &[&line.subject, &below.subject]));
            line = text::Headline { title, subject, ..below };
        }
    }
    if line.is_no_change {
        out.no_alert(format!("{}: no change of its state.", line.title));
        return;
    }
    let place = |name: &str| {
        let found = text.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(':'));
        found.filter(|_| subject.starts_with(BEANSTALK)).unwrap_or_default().trim()
    };
    let (environment, application) = (place("Environment"), place("Application"));
    let about = joined("\n", &[topic, &line.subject, environment, application]);
    // What says no state is another message each time that it says something else.
    let identity = if line.is_told { about } else { joined("\n", &[&about, text]) };
    let mut alert = Draft::new(digest(identity.as_bytes()), led(environment, &line.title));
    alert.says(line.said);
    alert.severity(line.severity);
    for (name, value) in line.labels {
        alert.label(name, value);
    }
    let described = inner.first(&["content.description", "Cause"]);
    alert.describe(if described.is_empty() { text.to_owned() } else { described });
    alert.label("topic", topic);
    alert.label("environment", environment);
    alert.label("application", application);
    alert.link(LinkKind::Source, inner.first(&["anomalyDetailsLink", "url", "link"]));
    out.alert(alert);
}
