//! Rules that wake people: for what, how often, and when it lapses.

use chrono::Duration;
use commandpost::{
    alert::{Alert, AlertSeverity},
    desk::words::{self, Words},
    incident::{command::Command, id::IncidentId, phase::Phase, severity::Severity},
    journal::rows::{DeliveryFilter, IncidentFilter},
};

use super::{Night, ask};
use crate::support::house::{alert, at, caller, resolved};

/// A rule wakes whoever is on call for the web, and declares nothing.
fn with_a_rule(settings: String) -> String {
    settings
        + "[[service]]\nname = \"checkout\"\non_call = \"roster:web/secondary\"\n\
           [[alerts.rule]]\nname = \"checkout\"\nwhen = { labels = { service = \"checkout\" } }\n\
           then = { page = { to = \"service\" } }\n\
           [[alerts.rule]]\nname = \"disks\"\nthen = { page = { to = \"roster:web\", title = \"{label.host}: {title}\" } }\n"
}

fn disk(group: &str, name: &str) -> Alert {
    Alert {
        description: "95 % of it is in use.".into(),
        labels: [("host".to_owned(), "db1".to_owned())].into(),
        ..alert(group, name)
    }
}

#[tokio::test]
async fn a_rule_pages_once_for_a_situation_with_the_alerts_words_and_escalates_until_somebody_has_it() {
    let night = Night::with(with_a_rule).await;
    let storm = (0..60).map(|n| disk(if n % 3 == 0 { "sda" } else { "sdb" }, &format!("disk {n}")));
    night.take(storm.clone().collect()).await;
    night.take(storm.collect()).await;
    // The process dies before a page is out.
    let night = night.restarted().await;
    night.later(Duration::seconds(1)).await;
    let open = night.house.desk.list(IncidentFilter::all(100)).await.unwrap();
    assert_eq!(open.len(), 2, "two situations");
    assert_eq!(night.rung().len(), 4, "each once, by both pagers of Ann: {:?}", night.rung());
    let pages = night.model.rung("ntfy");
    assert!(
        pages[0].text.starts_with("SEV3 INC-1: db1: Disk full on disk 57")
            && pages[0].text.contains("95 % of it is in use."),
        "{}",
        pages[0].text
    );
    let id: IncidentId = "INC-1".parse().unwrap();
    let incident = night.house.desk.incident(id).await.unwrap();
    assert_eq!((incident.phase, incident.severity), (Phase::Triage, Severity::Sev3));
    assert_eq!(
        night.decided(1).await,
        ("page".to_owned(), "The rule “disks” matched: roster:web is paged.".to_owned())
    );
    // Nobody answers: called again. More alerts of the same wake nobody else.
    night.take(vec![disk("sda", "disk 99")]).await;
    night.later(Duration::seconds(301)).await;
    assert_eq!(night.rung().len(), 8);
    // By the link for one, by a word for the other: each on its record.
    let link = night.model.rung("ntfy")[0].link.clone().unwrap();
    let (_, page) = ask(&night.house.desk, "POST", &link).await;
    assert!(page.contains("You have it"), "{page}");
    let other: IncidentId = "INC-2".parse().unwrap();
    let answer = night.house.say("Bo", other, Command::AcknowledgePages).await;
    assert!(answer.text.contains("`confirm` makes it an incident"), "{}", answer.text);
    night.later(Duration::hours(2)).await;
    assert_eq!(night.rung().len(), 8, "nobody else is woken");
    for id in [id, other] {
        assert_eq!(
            night.house.names(id).await.iter().filter(|name| **name == "page.acknowledged").count(),
            1
        );
    }
    night.house.say("Bo", other, Command::Confirm { severity: Some(Severity::Sev2) }).await;
    assert_eq!(night.house.desk.incident(other).await.unwrap().phase, Phase::Investigating);
}

#[tokio::test]
async fn an_alert_that_ends_by_itself_stops_the_call_and_lapses_when_nobody_took_it_up() {
    let night = Night::with(with_a_rule).await;
    night.take(vec![disk("sda", "disk")]).await;
    night.later(Duration::seconds(1)).await;
    night.take(vec![resolved(&disk("sda", "disk"))]).await;
    night.later(Duration::minutes(6)).await;
    assert_eq!(night.rung(), ["ntfy ann-topic", "webhook ann"], "it is over: nobody is called again");
    let id: IncidentId = "INC-1".parse().unwrap();
    let said = night.house.texts(id).await.join("\n");
    assert!(said.contains("Nobody is paged any more: its alerts cleared."), "{said}");
    // Back, so they are called anew; and over again, and quiet.
    let again = Alert { starts_at: Some(at(400)), ..disk("sda", "disk") };
    night.take(vec![again.clone()]).await;
    night.later(Duration::seconds(1)).await;
    assert_eq!(night.rung().len(), 4);
    night.take(vec![Alert { ends_at: Some(at(420)), ..resolved(&again) }]).await;
    night.later(Duration::minutes(29)).await;
    night.take(vec![]).await;
    assert_eq!(night.house.desk.incident(id).await.unwrap().phase, Phase::Triage);
    night.later(Duration::minutes(2)).await;
    night.take(vec![]).await;
    assert_eq!(night.house.desk.incident(id).await.unwrap().phase, Phase::Cancelled);
    assert!(
        night.house.texts(id).await.last().unwrap().contains("nothing of it fired for 30 minutes"),
        "{:?}",
        night.house.texts(id).await
    );
    assert!(night.house.journal.deliveries(DeliveryFilter::Open).await.unwrap().is_empty());
    // The next time is a matter of its own.
    night.take(vec![Alert { starts_at: Some(at(9_000)), ..disk("sda", "disk") }]).await;
    night.later(Duration::seconds(1)).await;
    assert_eq!(night.rung().len(), 6);
    assert_eq!(night.house.desk.list(IncidentFilter::all(100)).await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_nobody_took_up_lapses_when_all_that_joined_it_was_quiet_for_long() {
    let night = Night::with(|settings| {
        settings
            + "[[alerts.rule]]\nname = \"web\"\nwhen = { labels = { tier = \"web\" } }\n\
               then = { attach_to = { same = \"host\" } }\n\
               [[alerts.rule]]\nname = \"disks\"\nthen = { page = { to = \"roster:web\" } }\n"
    })
    .await;
    night.take(vec![disk("sda", "disk")]).await;
    let labels = [("host".to_owned(), "db1".to_owned()), ("tier".to_owned(), "web".to_owned())].into();
    let slow = Alert { labels, ..alert("slow", "slow") };
    night.take(vec![slow.clone()]).await;
    assert_eq!(night.decided(2).await.0, "attach");
    night.take(vec![resolved(&disk("sda", "disk"))]).await;
    night.later(Duration::minutes(20)).await;
    night.take(vec![resolved(&slow)]).await;
    let id: IncidentId = "INC-1".parse().unwrap();
    // The disk was quiet for half an hour, and what joined it for eleven minutes.
    night.later(Duration::minutes(11)).await;
    night.take(vec![]).await;
    assert_eq!(night.house.desk.incident(id).await.unwrap().phase, Phase::Triage);
    night.later(Duration::minutes(20)).await;
    night.take(vec![]).await;
    assert_eq!(night.house.desk.incident(id).await.unwrap().phase, Phase::Cancelled);
}

#[tokio::test]
async fn a_rule_pages_nobody_for_what_is_silenced_until_the_silence_ends() {
    let night = Night::with(|settings| {
        settings
            + "[[alerts.rule]]\nname = \"disks\"\nwhen = { severity = \"critical\" }\n\
               then = { page = { to = \"roster:web\" } }\n"
    })
    .await;
    night.take(vec![Alert { severity: AlertSeverity::Warning, ..disk("sda", "nearly full") }]).await;
    assert_eq!(night.decided(1).await.0, "card");
    let words = Words::Text("silence S-1 for 2h \"the disk is being replaced\"".into());
    night.house.desk.say(caller("Ada"), None, words, None, &words::by_name()).await.unwrap();
    night.take(vec![disk("sda", "full")]).await;
    night.later(Duration::minutes(119)).await;
    night.take(vec![]).await;
    assert_eq!(night.rung(), Vec::<String>::new());
    assert!(night.house.desk.list(IncidentFilter::all(9)).await.unwrap().is_empty());
    night.later(Duration::minutes(2)).await;
    night.take(vec![]).await;
    night.later(Duration::seconds(1)).await;
    assert_eq!(night.rung(), ["ntfy ann-topic", "webhook ann"], "it fires still");
}

#[tokio::test]
async fn beyond_the_limit_of_declarations_a_rule_that_pages_shows_a_card_that_says_why_and_pages_later() {
    let night =
        Night::with(|settings| with_a_rule(settings) + "[limits]\ndeclares_per_minute_max = 2\n").await;
    night.take(vec![disk("sda", "a"), disk("sdb", "b"), disk("sdc", "c")]).await;
    night.later(Duration::seconds(1)).await;
    assert_eq!(night.rung().len(), 4, "Ann by both pagers, twice: {:?}", night.rung());
    assert_eq!((night.decided(1).await.0.as_str(), night.decided(2).await.0.as_str()), ("page", "page"));
    let card = "The rule “disks” matched: roster:web is paged. That could not be done: Rules declared 2 within a minute, which is \
                the limit. So it is a card for now, and is tried again every minute while it fires.";
    assert_eq!(night.decided(3).await, ("card".to_owned(), card.to_owned()));
    // Once there is room again, whoever is on call is paged, though nothing moved.
    night.later(Duration::minutes(2)).await;
    night.take(vec![]).await;
    night.later(Duration::seconds(1)).await;
    assert_eq!((night.rung().len(), night.decided(3).await.0.as_str()), (6, "page"));
}

#[tokio::test]
async fn a_rule_pages_whom_the_alerts_service_names() {
    let night = Night::with(with_a_rule).await;
    let shop = Alert {
        labels: [("service".to_owned(), "checkout".to_owned())].into(),
        ..alert("checkout", "checkout")
    };
    night.take(vec![shop]).await;
    night.later(Duration::seconds(1)).await;
    assert_eq!(night.rung(), ["ntfy bo-topic"], "Bo has the secondary layer");
}

#[tokio::test]
async fn in_triage_nobody_is_sent_to_ask_the_house_and_who_may_not_stop_a_call_is_told_just_that() {
    let night = Night::with(with_a_rule).await;
    night.take(vec![disk("sda", "disk")]).await;
    night.later(Duration::seconds(1)).await;
    let next = night.type_in("Dee", "INC-1 next").await.unwrap();
    assert!(!next.contains("Ask commandpost"), "{next}");
    assert!(next.contains("Before you change anything: `action WHAT`."), "{next}");
    let id: IncidentId = "INC-1".parse().unwrap();
    let stop = Command::StopPaging { reason: "it is nothing".into() };
    let refused = night.house.try_say("Dee", id, stop).await.unwrap_err();
    assert_eq!(refused.why, "Dee may not stop a call without a role here.");
}
