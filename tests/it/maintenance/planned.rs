//! Planned work: it begins and is late by its own clock, and its alerts are expected.

use chrono::Duration;
use commandpost::{
    alert::{
        Alert,
        service::{Service, Services},
    },
    desk::{Settings, evidence::EvidenceSettings},
    journal::rows::{DeliveryFilter, What},
};

use super::{card, house, of, say, take, told, try_say};
use crate::support::house::{House, alert};

#[tokio::test]
async fn planned_work_begins_at_its_time_after_a_restart_too_expects_its_alerts_and_tells_who_leads_it_when_it_is_late()
 {
    let mut house = house(Settings::default()).await;
    let planned = say(
        &house,
        "Ada",
        "maintenance schedule \"db upgrade\" from 13:00 to 15:00 service db checkout is slow meanwhile",
    )
    .await;
    assert!(
        planned.starts_with(
            "MAINT-1 – db upgrade is planned from 2026-01-02 13:00 UTC to 2026-01-02 15:00 UTC. Ada leads it."
        ),
        "{planned}"
    );
    let id = "MAINT-1".parse().unwrap();
    assert_eq!(
        say(&house, "Bo", "maintenance list").await,
        "MAINT-1 «db upgrade», scheduled, from 2026-01-02 13:00 UTC to 2026-01-02 15:00 UTC, of db: led by Ada"
    );
    for (asked, head) in [
        ("list", "MAINT-1 db upgrade – planned work, scheduled, Ada commands"),
        ("MAINT-1 next", "MAINT-1 db upgrade – planned work, scheduled. You:"),
        ("MAINT-1 status", "MAINT-1 db upgrade – planned work from 2026-01-02 13:00 UTC to "),
    ] {
        let told = say(&house, "Bo", asked).await;
        assert!(told.starts_with(head) && !told.contains("SEV"), "{asked}: {told}");
    }
    // It is none of the incidents that words mean without a number.
    assert!(try_say(&house, "Bo", "status").await.unwrap_err().why.contains("No incident is open"));
    take(&house, vec![of("db", "db1")]).await;
    assert!(!card(&house, 1).await.contains("maintenance window"), "not before its time");
    house = house.restarted();
    house.world.later(Duration::minutes(61));
    house.desk.fire_due_timers().await.unwrap();
    assert!(house.texts(id).await.contains(&"The planned work began: its time has come.".to_owned()));
    assert!(
        house
            .journal
            .deliveries(DeliveryFilter::Open)
            .await
            .unwrap()
            .iter()
            .any(|one| { one.incident == Some(id) && matches!(one.what, What::Say { .. }) })
    );
    take(&house, vec![of("db", "db2"), of("web", "web1")]).await;
    assert!(
        card(&house, 1)
            .await
            .contains("within the maintenance window «MAINT-1 db upgrade», until 2026-01-02 15:00 UTC")
    );
    assert!(!card(&house, 2).await.contains("maintenance window"), "what does not match comes through");
    // What it broke is an incident of its own, and a part of it.
    let broken = say(&house, "Bo", "declare checkout is down --under MAINT-1 --severity sev1").await;
    assert!(broken.starts_with("INC-1 – "), "{broken}");
    house.world.later(Duration::hours(2));
    house.desk.fire_due_timers().await.unwrap();
    let late = "Reminder: Ada: the work was to be over 2026-01-02 15:00 UTC.";
    assert_eq!(house.texts(id).await.iter().filter(|text| text.starts_with(late)).count(), 1);
    assert!(!card(&house, 1).await.contains("maintenance window"), "what fires from now on is not expected");
    say(&house, "Ada", "maintenance extend 30m").await;
    assert!(card(&house, 1).await.contains("until 2026-01-02 15:31 UTC"));
    assert!(say(&house, "Ada", "maintenance complete rolled back").await.contains("MAINT-1 is completed"));
    assert_eq!(say(&house, "Bo", "maintenance list").await, "No maintenance is planned.");
    let refused = try_say(&house, "Ada", "MAINT-1 close").await.unwrap_err();
    assert!(refused.why.contains("INC-1"), "{refused}");
    house.sound(id).await;
}

#[tokio::test]
async fn planned_work_expects_the_alerts_of_its_services_by_whatever_label_the_settings_know_them() {
    let db = Service {
        name: "db".into(),
        labels: [("instance".to_owned(), "db*".to_owned())].into(),
        ..Service::default()
    };
    let evidence = EvidenceSettings { services: Services::new(vec![db]), ..EvidenceSettings::default() };
    let house = house(Settings { evidence, ..Settings::default() }).await;
    say(&house, "Ada", "maintenance schedule \"db upgrade\" from 12:30 to 15:00 service db").await;
    house.world.later(Duration::minutes(31));
    house.desk.fire_due_timers().await.unwrap();
    let labelled = |group: &str, label: &str, value: &str| Alert {
        labels: [(label.to_owned(), value.to_owned())].into(),
        ..alert(group, group)
    };
    take(&house, vec![labelled("a", "instance", "db1:9100"), labelled("b", "app", "db")]).await;
    take(&house, vec![labelled("c", "instance", "web1:9100")]).await;
    for id in [1, 2] {
        let shown = card(&house, id).await;
        assert!(shown.contains("within the maintenance window «MAINT-1 db upgrade»"), "{shown}");
    }
    assert!(!card(&house, 3).await.contains("maintenance window"), "what does not match comes through");
}

#[tokio::test]
async fn planned_work_that_cannot_be_read_keeps_no_alert_from_being_told_and_is_listed_as_such() {
    let settings = Settings { chats: vec!["chat".into()], ..Settings::default() };
    let (house, faulty) = House::faulty(settings).await;
    say(&house, "Ada", "maintenance schedule \"db upgrade\" from 12:30 to 15:00 service db").await;
    house.world.later(Duration::minutes(31));
    house.desk.fire_due_timers().await.unwrap();
    faulty.damage("MAINT-1".parse().unwrap());
    let house = house.restarted();
    take(&house, vec![of("db", "db1")]).await;
    assert_eq!(told(&house).await, [1]);
    assert!(!card(&house, 1).await.contains("maintenance window"));
    say(&house, "Ada", "maintenance add \"network\" for 2h match site=fra1").await;
    let listed = say(&house, "Ada", "maintenance list").await;
    assert!(listed.starts_with("window 1 «network», open until "), "{listed}");
    assert!(listed.ends_with("\nMAINT-1 «db upgrade», which cannot be read: led by Ada"), "{listed}");
}

#[tokio::test]
async fn planned_work_names_a_service_as_its_alerts_do_or_as_the_settings_do() {
    let db = Service {
        name: "db".into(),
        labels: [("service".to_owned(), "db-*".to_owned())].into(),
        ..Service::default()
    };
    let evidence = EvidenceSettings { services: Services::new(vec![db]), ..EvidenceSettings::default() };
    let house = house(Settings { evidence, ..Settings::default() }).await;
    say(&house, "Ada", "maintenance schedule \"one replica\" for 2h service db-7").await;
    house.world.later(Duration::minutes(1));
    house.desk.fire_due_timers().await.unwrap();
    take(&house, vec![of("db-7", "db7"), of("db-8", "db8")]).await;
    let mut told = vec![];
    for id in [1, 2] {
        told.push(card(&house, id).await.contains("within the maintenance window «MAINT-1 one replica»"));
    }
    told.sort();
    assert_eq!(told, [false, true]);
}
