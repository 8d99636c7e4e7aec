//! The console and the status page with a night's worth of incidents, to look at: `cargo run --example browser -- 8912`.
//! `scripts/screenshots.mjs` takes its pictures.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a tool for whoever changes the pages")]

#[allow(dead_code, reason = "shared with the tests")]
#[path = "../tests/it/web/house.rs"]
mod house;

use commandpost::alert::AlertSeverity;
use house::{House, alert};

async fn seed(house: &House) {
    let said = [
        ("Bo", "", "declare Webhooks are delivered twice --severity sev3"),
        (
            "Bo",
            "INC-1",
            "update draft --component Webhooks=degraded_performance --next 1h Some webhooks are delivered twice. Events are not lost. We are looking into it.",
        ),
        ("Ada", "INC-1", "role take deputy"),
        ("Ada", "INC-1", "update approve 1"),
        ("Bo", "INC-1", "update publish 1"),
        ("Bo", "INC-1", "phase identify a retry without an idempotency key"),
        ("Bo", "INC-1", "resolve release 7.3.1 sends the key again"),
        (
            "Bo",
            "INC-1",
            "update draft --phase resolved --component Webhooks=operational Webhooks are delivered once again.\n\nEvents that came twice between 01:10 and 02:05 UTC carry the same id.",
        ),
        ("Ada", "INC-1", "update approve 2"),
        ("Bo", "INC-1", "update publish 2"),
        ("Bo", "INC-1", "close"),
        ("Ada", "", "declare Checkout fails for everybody --severity sev1"),
        ("Ada", "INC-2", "checkin"),
        ("Bo", "INC-2", "checkin on the bridge"),
        ("Bo", "INC-2", "role take ops"),
        ("Cleo", "INC-2", "role take pio"),
        ("Cleo", "INC-2", "checkin"),
        ("Dan", "INC-2", "role take scribe"),
        (
            "Ada",
            "INC-2",
            "set summary Payments fail with 502 since the release of 4.2. Carts are kept. About half of all customers are hit.",
        ),
        (
            "Cleo",
            "INC-2",
            "update draft --component Checkout=major_outage --next 20m We are investigating errors at checkout. Payments may fail; carts are kept.",
        ),
        ("Ada", "INC-2", "update approve 1"),
        ("Cleo", "INC-2", "update publish 1"),
        ("Ada", "INC-2", "objective add customers can pay again by 04:00"),
        ("Ada", "INC-2", "task add @Bo 10m roll back release 4.2"),
        ("Bo", "INC-2", "task ack 1"),
        ("Ada", "INC-2", "task add @Ada 5m ask the payment provider for their error rate"),
        ("Bo", "INC-2", "can checkout half of all payments fail | rolling back 4.2 | somebody who knows db1"),
        ("Dan", "INC-2", "note --at 10m first customer called: payment page shows 502"),
        ("Bo", "INC-2", "note db7 is the only primary that answers"),
        ("Bo", "INC-2", "decide roll back 4.2 rather than patch it: the patch is untested"),
        ("Bo", "INC-2", "link S-1"),
        ("Bo", "INC-2", "link Error rate by region https://grafana.example/d/7"),
        ("Ada", "INC-2", "phase identify release 4.2 opens too many connections"),
        (
            "Cleo",
            "INC-2",
            "update draft --component Checkout=partial_outage --next 20m We have found the cause and are undoing a change. Some payments still fail; please try again in a few minutes.",
        ),
    ];
    let alerts = vec![
        alert("a1", "checkout", "HighErrorRate checkout eu-west", AlertSeverity::Critical),
        alert("a2", "checkout", "HighErrorRate checkout us-east", AlertSeverity::Critical),
        alert("b1", "disk", "DiskWillFillIn4Hours db3", AlertSeverity::Warning),
    ];
    house.desk.take_alerts(alerts).await.unwrap();
    for (who, here, line) in said {
        if let Err(refusal) = house.say(who, here, line).await {
            eprintln!("{line}: {refusal}");
        }
        if line.starts_with("note db7") {
            let seq = house.desk.incident("INC-2".parse().unwrap()).await.unwrap().seq;
            house
                .say(
                    "Bo",
                    "INC-2",
                    &format!("correct {seq} --reason typo db1 is the only primary that answers"),
                )
                .await
                .unwrap();
        }
    }
    house.drill().await;
}

#[tokio::main]
async fn main() {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(8912_u16);
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    seed(&house).await;
    tokio::spawn(house.desk.clone().follow_alerts(house.stop.clone()));
    tokio::spawn(house.page.clone().keep_fresh(house.desk.clone(), house.stop.clone()));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    println!("http://{}/console", listener.local_addr().unwrap());
    axum::serve(listener, house.router).await.unwrap();
}
