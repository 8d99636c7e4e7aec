//! Woken until somebody answers: rosters, the clock, the outbox and the pagers' models, with the house dying in between.

mod rules;
mod sources;

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use chrono::Duration;
use commandpost::{
    alert::Alert,
    config::Config,
    desk::{Along, Caller, Desk, clock::World},
    incident::{
        command::{Command, Declare, DrillStart, Whom},
        event::DrillClock,
        id::IncidentId,
        kind::Kind,
        phase::Phase,
        refusal::Refusal,
        severity::Severity,
    },
    journal::rows::{DeliveryFilter, DeliveryState, SituationFilter},
    model::{
        fault::Fault,
        pagers::{PagersModel, Rung, TOKEN},
    },
    outbox::port::Courier,
    pager::Paging,
    people::Person,
};
use tower::ServiceExt;

use crate::support::{
    courier::pump_all,
    house::{House, Manual, at},
};

/// Two layers, three people, four pagers; the tests' clock begins on 2026-01-02 at 12:00 UTC.
fn settings(pagers: &str, dir: &std::path::Path) -> String {
    let file = |name: &str, secret: &str| {
        let file = dir.join(name);
        std::fs::write(&file, secret).unwrap();
        file.display().to_string()
    };
    let (token, calendar) = (file("token", TOKEN), file("calendar", &format!("{pagers}/calendar.ics")));
    let pager = |name: &str, kind: &str, path: &str| {
        format!("[pagers.{name}]\nkind = \"{kind}\"\ntoken_file = \"{token}\"\nurl = \"{pagers}{path}\"\n")
    };
    format!(
        "[organization]\npublic_url = \"https://post.example.com\"\n\
         [[person]]\nid = \"ann\"\nname = \"Ann\"\npage = [\"ntfy:ann-topic\", \"hook:ann\"]\n\
         [[person]]\nid = \"bo\"\nname = \"Bo\"\npage = [\"ntfy:bo-topic\"]\n\
         [[person]]\nid = \"cy\"\nname = \"Cy\"\npage = [\"sms:+491701234567\"]\n\
         {}{}{}{}account = \"AC00\"\nfrom = \"+15005550006\"\n\
         [[roster]]\nname = \"web\"\n\
         [[roster.rotation]]\npeople = [\"ann\"]\nstart = \"2025-12-01\"\n\
         [[roster.rotation]]\nlayer = \"secondary\"\npeople = [\"bo\", \"cy\"]\nstart = \"2025-12-29\"\n\
         [[escalation]]\nname = \"default\"\nseverities = [\"sev1\"]\nrounds = 2\nagain_minutes = 10\n\
         [[escalation.step]]\nto = [\"roster:web\", \"pager:pd\"]\n\
         [[escalation.step]]\nto = [\"roster:web/secondary\"]\nafter_minutes = 5\n\
         [[roster]]\nname = \"db\"\n[roster.source]\nkind = \"ical\"\ncalendar_file = \"{calendar}\"\n",
        pager("ntfy", "ntfy", "/ntfy/"),
        pager("hook", "webhook", "/webhook"),
        pager("pd", "pagerduty", ""),
        pager("sms", "twilio", ""),
    )
}

struct Night {
    house: House,
    model: PagersModel,
    config: Config,
}

impl Night {
    async fn begin() -> Night {
        Self::with(|settings| settings).await
    }

    async fn with(change: impl FnOnce(String) -> String) -> Night {
        drop(rustls::crypto::ring::default_provider().install_default());
        let world = Manual::new();
        let clock = world.clone();
        let model = PagersModel::start(Arc::new(move || clock.now())).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("commandpost.toml");
        std::fs::write(&file, change(settings(&model.url(), dir.path()))).unwrap();
        let config = Config::load(Some(&file), std::iter::empty())
            .unwrap_or_else(|all| panic!("{}", all.iter().map(|one| one.render()).collect::<String>()));
        let house = House::at(world, commandpost::cli::house::settings(&config)).await;
        Night { house, model, config }
    }

    fn couriers(&self) -> Vec<Arc<dyn Courier>> {
        let paging = |(name, settings): (&String, &commandpost::config::Pager)| {
            let clock = self.house.world.clone();
            Arc::new(Paging::new(name, settings, Arc::new(move || clock.now())).unwrap()) as Arc<dyn Courier>
        };
        self.config.pagers.iter().map(paging).collect()
    }

    /// Time passes; then the clock and the outbox do what is due.
    async fn later(&self, by: Duration) {
        self.house.world.later(by);
        self.house.desk.fire_due_timers().await.unwrap();
        pump_all(&self.house.desk, &self.couriers()).await;
    }

    async fn declare(&self, kind: Kind) -> IncidentId {
        let mut declare = Declare::new("Checkout is down", Severity::Sev1, kind);
        if kind == Kind::Drill {
            let clock = DrillClock { started_real: at(0), started_virtual: at(0), speed: 1.0 };
            declare.drill = Some(DrillStart { scenario: "s".into(), sha256: "0".into(), clock });
        }
        let declared = self.house.desk.declare(Caller::house("rule"), declare, Along::default()).await;
        declared.unwrap().incident.unwrap()
    }

    /// What somebody types, by the settings' people.
    async fn type_in(&self, who: &str, words: &str) -> Result<String, Refusal> {
        let resolve = commandpost::cli::house::resolve(&self.config);
        let words = commandpost::desk::words::Words::Text(words.to_owned());
        let caller = Caller::person(Person { id: who.to_lowercase(), name: who.into() }, "test");
        self.house.desk.say(caller, None, words, None, &resolve).await.map(|answer| answer.text)
    }

    /// Alerts come, and are followed.
    async fn take(&self, alerts: Vec<Alert>) {
        if !alerts.is_empty() {
            self.house.desk.take_alerts(alerts).await.unwrap();
        }
        while self.house.desk.follow_once().await.unwrap() > 0 {}
    }

    /// What was decided of a situation, and why.
    async fn decided(&self, id: i64) -> (String, String) {
        let row = self.house.journal.situations(SituationFilter::One(id)).await.unwrap().remove(0);
        (row.decided.unwrap(), row.verdict.unwrap().reason)
    }

    /// Who was reached by which pager, in order.
    fn rung(&self) -> Vec<String> {
        let mut all: Vec<Rung> =
            ["ntfy", "webhook", "twilio"].iter().flat_map(|name| self.model.rung(name)).collect();
        all.sort_by_key(|rung| rung.at);
        all.iter().map(|rung| format!("{} {}", rung.service, rung.to)).collect()
    }

    async fn said(&self, id: IncidentId) -> Vec<String> {
        let lines = self.house.texts(id).await;
        lines.into_iter().filter(|line| line.contains("page") || line.contains("call 1")).collect()
    }

    async fn restarted(self) -> Night {
        let house = self.house.restarted();
        house.journal.orphans_to_unknown().await.unwrap();
        Night { house, ..self }
    }
}

async fn ask(desk: &Arc<Desk>, method: &str, link: &str) -> (StatusCode, String) {
    let path = link.strip_prefix("https://post.example.com").unwrap();
    let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    let answer = commandpost::http::acknowledge::router(desk.clone()).oneshot(request).await.unwrap();
    let status = answer.status();
    let body = to_bytes(answer.into_body(), 100_000).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn who_is_on_call_is_woken_then_the_next_until_one_acknowledges_by_the_link_each_once_over_restarts() {
    let night = Night::begin().await;
    let id = night.declare(Kind::Real).await;
    // The process dies before a single page is out.
    let night = night.restarted().await;
    night.later(Duration::seconds(1)).await;
    assert_eq!(night.rung(), ["ntfy ann-topic", "webhook ann"]);
    assert_eq!(night.model.alerts("pagerduty").len(), 1);
    // More alerts and more notes of the same incident wake nobody again.
    night.house.say("Ada", id, Command::Note { text: "it got worse".into(), at: None }).await;
    night.later(Duration::seconds(1)).await;
    assert_eq!(night.rung().len(), 2);
    // Nobody answers. It dies again, and comes back after the time of the next step.
    let night = night.restarted().await;
    night.later(Duration::seconds(301)).await;
    assert_eq!(night.rung()[2..], ["ntfy bo-topic"], "Bo has the first week of the secondary layer");
    let link = night.model.rung("ntfy")[1].link.clone().unwrap();
    // A chat looks what is behind the link; nothing happens.
    let (status, page) = ask(&night.house.desk, "GET", &link).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        page.contains("SEV1 INC-1")
            && page.contains("Bo is being paged")
            && page.contains("<form method=\"post\">"),
        "{page}"
    );
    let (status, _) = ask(&night.house.desk, "HEAD", &link).await;
    assert_eq!(status, StatusCode::OK);
    assert!(!night.house.names(id).await.contains(&"page.acknowledged"));
    let (status, page) = ask(&night.house.desk, "POST", &link).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("You have it") && !page.contains("<form"), "{page}");
    let night = night.restarted().await;
    night.later(Duration::hours(3)).await;
    assert_eq!(night.rung().len(), 3, "nobody else is woken");
    assert_eq!(night.model.alerts("pagerduty")[0].state, "acknowledged");
    // The link did what it can do; Ann's tells her who has it.
    let (_, again) = ask(&night.house.desk, "POST", &link).await;
    assert!(again.contains("You have it"), "{again}");
    let (_, hers) = ask(&night.house.desk, "POST", &night.model.rung("ntfy")[0].link.clone().unwrap()).await;
    assert!(hers.contains("Bo has it already"), "{hers}");
    assert_eq!(night.house.names(id).await.iter().filter(|name| **name == "page.acknowledged").count(), 1);
    assert_eq!(
        night.said(id).await,
        [
            "Waking people («default», call 1): web/primary and pd, after 5 minutes web/secondary.",
            "Ann (hook, ntfy) and pd are paged.",
            "Bo (ntfy) is paged.",
            "The page is acknowledged; nobody else is called."
        ]
    );
    assert!(night.house.journal.deliveries(DeliveryFilter::Open).await.unwrap().is_empty());
    let resolved = Command::Enter { phase: Phase::Resolved, reason: "rolled back".into() };
    night.house.say("Bo", id, Command::TakeCommand { force: false, reason: String::new() }).await;
    night.house.say("Bo", id, resolved).await;
    night.later(Duration::seconds(1)).await;
    assert_eq!(night.model.alerts("pagerduty")[0].state, "resolved");
}

#[tokio::test]
async fn everybody_is_called_again_as_often_as_the_settings_say_and_then_the_chat_is_told() {
    let night = Night::begin().await;
    let id = night.declare(Kind::Real).await;
    for minutes in [0, 5, 10, 5, 10, 60] {
        night.later(Duration::minutes(minutes) + Duration::seconds(1)).await;
    }
    let rung = night.rung();
    assert_eq!(rung.iter().filter(|one| *one == "ntfy ann-topic").count(), 2);
    assert_eq!(rung.iter().filter(|one| *one == "ntfy bo-topic").count(), 2);
    assert_eq!((night.model.alerts("pagerduty").len(), night.model.alerts("pagerduty")[0].times), (1, 2));
    let said = night.said(id).await;
    assert_eq!(
        said.last().unwrap(),
        "Everybody was paged, and nobody acknowledged (call 1). To begin again: `page`."
    );
}

#[tokio::test]
async fn what_fails_for_good_is_told_and_the_next_step_comes_all_the_same() {
    let night = Night::with(|settings| {
        settings.replace("page = [\"ntfy:ann-topic\", \"hook:ann\"]", "page = [\"sms:+4912345678\"]")
    })
    .await;
    let id = night.declare(Kind::Real).await;
    night.model.faults().next_writes(2, Fault::Refuse);
    night.later(Duration::seconds(1)).await;
    let said = night.said(id).await;
    assert!(
        said.iter()
            .any(|line| line
                .starts_with("The page to Ann by sms did not go out: Twilio refused our token (403")),
        "{said:?}"
    );
    assert!(!said.iter().any(|line| line.contains("12345678")), "a number is nobody's to read: {said:?}");
    night.later(Duration::seconds(301)).await;
    assert_eq!(night.rung(), ["ntfy bo-topic"]);
}

#[tokio::test]
async fn a_page_that_comes_too_late_is_not_sent_any_more() {
    let night = Night::begin().await;
    let id = night.declare(Kind::Real).await;
    night.model.faults().next_writes(3, Fault::Limit);
    night.later(Duration::seconds(1)).await;
    assert_eq!(night.rung(), Vec::<String>::new());
    night.house.say("Bo", id, Command::AcknowledgePages).await;
    night.later(Duration::minutes(10)).await;
    assert_eq!(night.rung(), Vec::<String>::new(), "Bo has it: Ann sleeps on");
}

#[tokio::test]
async fn an_exercise_wakes_nobody_unless_the_settings_call_the_pager_safe() {
    let night = Night::begin().await;
    let id = night.declare(Kind::Drill).await;
    night.later(Duration::seconds(1)).await;
    night.later(Duration::seconds(301)).await;
    assert_eq!((night.rung().len(), night.model.alerts("pagerduty").len()), (0, 0));
    assert_eq!(night.said(id).await[1..], ["Ann would be paged.", "Bo would be paged."]);
    let night = Night::with(|settings| {
        settings.replacen("kind = \"webhook\"", "kind = \"webhook\"\nsafe_for_drills = true", 1)
    })
    .await;
    night.declare(Kind::Drill).await;
    night.later(Duration::seconds(1)).await;
    assert_eq!(night.rung(), ["webhook ann"]);
    assert!(night.model.rung("webhook")[0].text.starts_with("EXERCISE"));
}

#[tokio::test]
async fn who_said_that_they_take_over_for_a_while_is_the_one_who_is_woken_after_a_restart_too() {
    let night = Night::begin().await;
    let say = async |night: &Night, who: &str, words: &str| {
        let resolve = commandpost::cli::house::resolve(&night.config);
        let words = commandpost::desk::words::Words::Text(words.to_owned());
        let caller = Caller::person(Person { id: who.to_lowercase(), name: who.into() }, "test");
        night
            .house
            .desk
            .say(caller, None, words, Some("once".to_owned() + who), &resolve)
            .await
            .map(|answer| answer.text)
    };
    // Twice, as a chat that repeats itself.
    for _ in 0..2 {
        let said = say(&night, "Bo", "oncall override web @cy 4h").await.unwrap();
        assert!(said.starts_with("Override 1: Cy is on call in web/primary from Fri 2026-01-02 12:00 UTC to Fri 2026-01-02 16:00 UTC."), "{said}");
    }
    let night = night.restarted().await;
    assert_eq!(
        say(&night, "Ada", "oncall").await.unwrap(),
        "web/primary: Cy (override by Bo) until Fri 2026-01-02 16:00 UTC, then Ann\n\
         web/secondary: Bo until Mon 2026-01-05 09:00 UTC, then Cy\n\
         db/primary: nobody – it was never read yet"
    );
    let overrides = say(&night, "Ada", "oncall overrides").await.unwrap();
    assert!(overrides.starts_with("1 web/primary") && overrides.ends_with("Cy, said by Bo"), "{overrides}");
    night.declare(Kind::Real).await;
    night.later(Duration::seconds(1)).await;
    assert_eq!(night.rung(), ["twilio +491701234567"]);
    assert_eq!(say(&night, "Cy", "oncall withdraw 1").await.unwrap(), "Override 1 holds no more.");
    night.house.world.later(Duration::seconds(1));
    assert!(
        say(&night, "Dee", "oncall withdraw 1").await.unwrap_err().why.contains("There is no override 1")
    );
    assert!(say(&night, "Eve", "oncall").await.unwrap().starts_with("web/primary: Ann until"));
    let refused = say(&night, "Fay", "oncall override web @cy 22:00").await.unwrap_err();
    assert!(refused.why.contains("is no stretch of time"), "{refused}");
}

#[tokio::test]
async fn a_slip_in_a_name_puts_nobody_on_call_and_who_cannot_be_paged_is_told_and_stands_in_no_calls_way() {
    let night = Night::with(|settings| settings + "[[person]]\nid = \"dee\"\nname = \"Dee\"\n").await;
    let refused = night.type_in("Bo", "oncall override web @cyy 2d").await.unwrap_err();
    assert_eq!(refused.why, "The settings name nobody called cyy: no page would reach them.");
    assert!(refused.instead.starts_with("Name one of those there are: @cy, "), "the likest first: {refused}");
    assert!(!refused.instead.contains("@dee"), "she cannot be paged either: {refused}");
    let setting = "Somebody new is added to the settings as a [[person]] with `page = [\"PAGER:ADDRESS\"]`.";
    assert!(refused.instead.ends_with(setting), "no command that a chat would show: {refused}");
    let overrides = night.type_in("Bo", "oncall overrides").await.unwrap();
    assert!(overrides.starts_with("Nothing is overridden"), "{overrides}");

    let said = night.type_in("Bo", "oncall override web @dee 2d").await.unwrap();
    assert!(said.ends_with("Mind: Dee cannot be paged, the settings name no way to reach them."), "{said}");
    let told = night.type_in("Bo", "oncall web").await.unwrap();
    assert!(told.contains("web/primary: Dee (override by Bo)"), "{told}");
    assert!(
        told.contains(" – cannot be paged: the settings name no way to reach them\nweb/secondary: Bo"),
        "{told}"
    );
    let id = night.house.incident().await;
    let begin = || Command::BeginPaging { whom: Whom::Named("web".into()), about: String::new() };
    night.house.say("Ada", id, begin()).await;
    night.later(Duration::seconds(1)).await;
    assert!(night.rung().is_empty(), "{:?}", night.rung());
    // With somebody on call who can be reached, nobody waits for the next round.
    night.type_in("Bo", "oncall withdraw 1").await.unwrap();
    night.house.say("Ada", id, begin()).await;
    night.later(Duration::seconds(1)).await;
    assert_eq!(night.rung(), ["ntfy ann-topic", "webhook ann"]);
    let again = night.house.try_say("Ada", id, begin()).await.unwrap_err();
    assert_eq!(again.why, "Ann is being paged already, in call 2.");
    let said = night.house.texts(id).await.join("\n");
    assert!(said.contains("Nobody is paged any more: call 1 reached nobody, and is begun anew."), "{said}");
    night.later(Duration::seconds(301)).await;
    assert_eq!(night.rung().len(), 4, "called again by the second call alone");
}

#[tokio::test]
async fn who_is_rung_at_again_and_again_sleeps_on_as_soon_as_somebody_else_has_it_or_it_is_stopped() {
    let night = Night::with(|settings| {
        let line =
            |is_it: &dyn Fn(&str) -> bool| settings.lines().find(|line| is_it(line)).unwrap().to_owned();
        let token = line(&|line: &str| line.starts_with("token_file"));
        let url = line(&|line: &str| {
            line.starts_with("url") && !line.contains("ntfy") && !line.contains("webhook")
        });
        let key = "uQiRzpo4DXghDmr9QzzfQu27cmVRsG";
        settings.replace("ntfy:bo-topic", &format!("push:{key}"))
            + &format!("[pagers.push]\nkind = \"pushover\"\n{token}\n{url}\n")
    })
    .await;
    for (n, stop) in [None, Some("it was a false alarm")].into_iter().enumerate() {
        let id = night.declare(Kind::Real).await;
        night.later(Duration::seconds(1)).await;
        night.later(Duration::seconds(301)).await;
        let rings =
            |night: &Night| night.model.rung("pushover").iter().map(|one| one.is_silent).collect::<Vec<_>>();
        assert_eq!(rings(&night)[n..], [false], "Bo is rung at, each minute");
        match stop {
            None => night.house.say("Ann", id, Command::AcknowledgePages).await,
            Some(reason) => {
                let take = Command::TakeCommand { force: false, reason: String::new() };
                night.house.say("Ann", id, take).await;
                night.house.say("Ann", id, Command::StopPaging { reason: reason.into() }).await
            }
        };
        night.later(Duration::seconds(1)).await;
        assert_eq!(rings(&night)[n..], [true], "and sleeps on");
    }
}

#[tokio::test]
async fn a_link_that_is_cut_or_made_up_acknowledges_nothing() {
    let night = Night::begin().await;
    let id = night.declare(Kind::Real).await;
    night.later(Duration::seconds(1)).await;
    let link = night.model.rung("ntfy")[0].link.clone().unwrap();
    for bad in [
        &link[..link.len() - 2],
        "https://post.example.com/ack/SU5DLTEvMS9hbm4.00000000000000000000000000000000",
    ] {
        for method in ["GET", "POST"] {
            assert_eq!(ask(&night.house.desk, method, bad).await.0, StatusCode::NOT_FOUND);
        }
    }
    assert!(!night.house.names(id).await.contains(&"page.acknowledged"));
    // Another house has another key.
    let other = Night::begin().await;
    other.house.world.salt();
    other.declare(Kind::Real).await;
    other.later(Duration::seconds(1)).await;
    assert_eq!(ask(&other.house.desk, "POST", &link).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_responder_wakes_somebody_by_name_and_an_answer_that_was_lost_rings_once() {
    let night = Night::begin().await;
    let id = night.house.incident().await;
    night.model.faults().next_writes(1, Fault::LoseAnswer);
    let cy = Person { id: "cy".into(), name: "Cy".into() };
    let begin = Command::BeginPaging { whom: Whom::Person(cy), about: "the replicas are gone".into() };
    night.house.say("Ada", id, begin).await;
    night.later(Duration::seconds(1)).await;
    let unknown = night.house.journal.deliveries(DeliveryFilter::Open).await.unwrap();
    assert_eq!(unknown.iter().map(|d| d.state).collect::<Vec<_>>(), [DeliveryState::Unknown]);
    night.later(Duration::minutes(2)).await;
    assert_eq!(night.rung(), ["twilio +491701234567"]);
    let text = &night.model.rung("twilio")[0].text;
    assert!(
        text.starts_with(
            "SEV2 INC-1: Payments fail. the replicas are gone. Acknowledge: https://post.example.com/ack/"
        ),
        "{text}"
    );
}
