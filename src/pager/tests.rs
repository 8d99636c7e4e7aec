//! Every pager against its model: what arrives, and that it rings once, whatever becomes of an answer.

use chrono::{DateTime, Utc};

use super::*;
use crate::{
    incident::{
        event::{Actor, Entry, Event, TimeSource},
        id::IncidentId,
        kind::{Drill, Kind, KindOf, Real},
        paging::{Act, Called, Means, Page, Step, Target},
        severity::Severity,
        state::Incident,
    },
    model::{
        fault::Fault,
        official::{description, violations},
        pagers::{PagersModel, SCHEDULE, TOKEN},
    },
    people::Person,
};

const LINK: &str = "https://post.example.com/ack/SU5DLTEvMS9hbm4.00112233445566778899aabbccddeeff";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_176_000, 0).unwrap()
}

/// An incident that calls Ann.
fn incident(kind: Kind) -> Incident {
    let ann = Person::named("Ann").unwrap();
    let entry = |seq: u64, event: Event| Entry {
        incident: IncidentId::new(kind, 1),
        seq,
        id: uuid::Uuid::from_u128(seq.into()),
        occurred_at: now(),
        time_source: TimeSource::House,
        recorded_at: now(),
        actor: Actor { person: Person::named("Ada").unwrap(), role: None, via: "cli".into() },
        event,
    };
    let declared = Event::Declared {
        title: "Checkout is down".into(),
        kind,
        severity: Severity::Sev1,
        triage: false,
        drill_clock: None,
        began: None,
        ended: None,
        rated: None,
    };
    let mut incident = Incident::open(&entry(1, declared)).unwrap();
    incident.apply(&entry(
        2,
        Event::PagingBegun {
            n: 1,
            escalation: None,
            about: "the card form".into(),
            steps: vec![Step { to: vec![Target::Person(ann.clone())], after_minutes: 0 }],
            rounds: 1,
            again_minutes: 5,
            is_automatic: false,
        },
    ));
    let called = vec![Called { person: ann, by: vec![] }];
    let (pagers, missed) = (vec![], vec![]);
    incident.apply(&entry(
        3,
        Event::Paged { n: 1, step: 0, round: 0, called, pagers, missed, is_rehearsal: false },
    ));
    incident
}

fn page<K: KindOf>(act: Act, address: &str) -> Page<K> {
    let page = Page::<K>::of(&incident(K::KIND), 1, act).unwrap();
    page.to(Some(LINK.into()), "INC-1-1-0a1b2c3d".into(), address.into())
}

fn real(act: Act, address: &str) -> Cleared {
    Cleared::real(page::<Real>(act, address))
}

struct Stage {
    model: PagersModel,
    pager: Paging,
    address: &'static str,
    name: &'static str,
}

async fn stage(kind: PagerKind, token: &str) -> Stage {
    drop(rustls::crypto::ring::default_provider().install_default());
    let model = PagersModel::start(Arc::new(now)).await.unwrap();
    let (name, path, address) = match kind {
        PagerKind::Ntfy => ("ntfy", "/ntfy/", "ann-topic"),
        PagerKind::Pushover => ("pushover", "", "uQiRzpo4DXghDmr9QzzfQu27cmVRsG"),
        PagerKind::Twilio => ("twilio", "", "+491701234567"),
        PagerKind::Webhook => ("webhook", "/webhook", "ann"),
        PagerKind::Pagerduty => ("pagerduty", "", ""),
        PagerKind::Opsgenie => ("opsgenie", "", ""),
        PagerKind::Goalert => ("goalert", "", ""),
        PagerKind::Email => panic!("a mail server is a program of its own"),
    };
    let settings = config::Pager {
        kind,
        token: Some(token.into()),
        token_file: None,
        url: Some(format!("{}{path}", model.url())),
        account: Some("AC00".into()),
        from: Some("+15005550006".into()),
        safe_for_drills: false,
    };
    let pager = Paging::new(name, &settings, Arc::new(now)).unwrap();
    Stage { model, pager, address, name }
}

const SERVICES: [PagerKind; 3] = [PagerKind::Pagerduty, PagerKind::Opsgenie, PagerKind::Goalert];
const PEOPLE: [PagerKind; 4] = [PagerKind::Ntfy, PagerKind::Pushover, PagerKind::Twilio, PagerKind::Webhook];
const KEY: &str = "INC-1/page/1/0.0/ann";

impl Stage {
    async fn send(&self, act: Act) -> Outcome {
        self.pager.pager.page(&real(act, self.address), KEY).await
    }
    async fn look(&self) -> Reconciled {
        self.pager.pager.reconcile(&real(Act::Trigger, self.address), KEY, now()).await
    }
    /// Sends, and when the answer is lost looks, and sends again if it is not there: as the outbox does.
    async fn see_through(&self) {
        if !matches!(self.send(Act::Trigger).await, Outcome::Sent { .. })
            && !matches!(self.look().await, Reconciled::Arrived { .. })
        {
            assert!(matches!(self.send(Act::Trigger).await, Outcome::Sent { .. }), "{}", self.name);
        }
    }
}

#[tokio::test]
async fn a_page_whose_answer_is_lost_rings_once_all_the_same() {
    for kind in PEOPLE {
        for fault in [Fault::LoseAnswer, Fault::Break, Fault::Garble] {
            let stage = stage(kind, TOKEN).await;
            stage.model.faults().next_writes(1, fault);
            stage.see_through().await;
            let rings: Vec<_> =
                stage.model.rung(stage.name).into_iter().filter(|one| !one.is_silent).collect();
            assert_eq!(rings.len(), 1, "{} {fault:?}", stage.name);
            assert_eq!(rings[0].to, stage.address);
            assert!(
                rings[0].text.starts_with("SEV1 INC-1: Checkout is down. the card form"),
                "{}",
                rings[0].text
            );
            assert!(rings[0].text.ends_with(LINK));
        }
    }
    for kind in SERVICES {
        for fault in [Fault::LoseAnswer, Fault::Break, Fault::Garble] {
            let stage = stage(kind, TOKEN).await;
            stage.model.faults().next_writes(1, fault);
            stage.see_through().await;
            let alerts = stage.model.alerts(stage.name);
            assert_eq!(alerts.len(), 1, "{} {fault:?}", stage.name);
            assert_eq!(
                (alerts[0].state, alerts[0].summary.as_str()),
                ("triggered", "SEV1 INC-1: Checkout is down")
            );
        }
    }
}

#[tokio::test]
async fn a_service_is_told_that_somebody_has_it_and_that_it_is_over() {
    for kind in SERVICES {
        let stage = stage(kind, TOKEN).await;
        let mut seen = Vec::new();
        for act in [Act::Trigger, Act::Acknowledge, Act::Resolve] {
            assert!(matches!(stage.send(act).await, Outcome::Sent { .. }), "{} {act:?}", stage.name);
            seen.push(stage.model.alerts(stage.name)[0].state);
        }
        // GoAlert has no word for an acknowledgement from outside.
        let expected = if kind == PagerKind::Goalert { "triggered" } else { "acknowledged" };
        assert_eq!(seen, ["triggered", expected, "resolved"], "{}", stage.name);
    }
}

#[tokio::test]
async fn what_pushover_rings_at_somebody_for_one_call_is_silenced_when_it_is_answered_or_over() {
    let other = "u".repeat(30);
    for act in [Act::Acknowledge, Act::Resolve] {
        let stage = stage(PagerKind::Pushover, TOKEN).await;
        // Two steps ring at her, and one of them at somebody else.
        for (key, address) in [
            (KEY, stage.address),
            ("INC-1/page/1/1.0/ann", stage.address),
            ("INC-1/page/1/1.0/bo", other.as_str()),
        ] {
            let sent = stage.pager.pager.page(&real(Act::Trigger, address), key).await;
            assert!(matches!(sent, Outcome::Sent { .. }));
        }
        assert!(matches!(stage.send(act).await, Outcome::Sent { .. }), "{act:?}");
        let rung = stage.model.rung("pushover");
        let silent: Vec<bool> = rung.iter().map(|one| one.is_silent).collect();
        assert_eq!(silent, [true, true, false], "{act:?}: what rings at others is told to theirs");
        assert!(rung.iter().all(|one| !one.tag.contains(&one.to)), "a user key is nobody's to read");
        // Whose key the settings have no more cannot be told, and is no trouble.
        let nobody = stage.pager.pager.page(&real(act, ""), KEY).await;
        assert!(matches!(nobody, Outcome::Sent { .. }));
    }
}

#[tokio::test]
async fn a_limit_is_waited_for_and_a_wrong_token_is_told_without_it_and_without_the_number() {
    for kind in SERVICES.into_iter().chain(PEOPLE) {
        let limited = stage(kind, TOKEN).await;
        limited.model.faults().next_writes(1, Fault::Limit);
        assert!(
            matches!(limited.send(Act::Trigger).await, Outcome::Retry { after: Some(_), .. }),
            "{}",
            limited.name
        );
        let wrong = stage(kind, "whsec_d3JvbmctY2FuYXJ5").await;
        let Outcome::Failed { why } = wrong.send(Act::Trigger).await else { panic!("{}", wrong.name) };
        assert!(!why.contains("canary") && !why.contains("d3Jvbmc"), "{why}");
        if !wrong.address.is_empty() {
            assert!(!why.contains(wrong.address), "{why}");
        }
    }
    let stage = stage(PagerKind::Twilio, TOKEN).await;
    let Outcome::Failed { why } = stage.pager.pager.page(&real(Act::Trigger, "0170-1234567"), KEY).await
    else {
        panic!("such a number is none")
    };
    assert!(why.contains("Invalid 'To'") && !why.contains("1234567"), "{why}");
}

#[tokio::test]
async fn events_are_as_pagerduty_describes_them() {
    let Some(doc) = description("events_are_as_pagerduty_describes_them", "pagerduty/events-v2.openapi.json")
    else {
        return;
    };
    let stage = stage(PagerKind::Pagerduty, TOKEN).await;
    for act in [Act::Trigger, Act::Acknowledge, Act::Resolve] {
        stage.send(act).await;
    }
    assert_eq!(violations(&doc, "/v2", &stage.model.requests()), Vec::<String>::new());
}

#[tokio::test]
async fn an_exercise_pages_only_by_what_the_settings_call_safe() {
    // `Cleared::real` takes a `Page<Real>` alone: with this one it does not compile.
    let exercise = page::<Drill>(Act::Trigger, "ann-topic");
    assert!(Page::<Real>::of(&incident(Kind::Drill), 1, Act::Trigger).is_err());
    assert!(Means::default().safe_for_drills("ntfy").is_none());
    let means = Means { safe_for_drills: ["ntfy".to_owned()].into(), ..Means::default() };
    let cleared = Cleared::rehearsal(exercise, means.safe_for_drills("ntfy").unwrap());
    let stage = stage(PagerKind::Ntfy, TOKEN).await;
    assert!(matches!(stage.pager.pager.page(&cleared, KEY).await, Outcome::Sent { .. }));
    assert!(stage.model.rung("ntfy")[0].text.starts_with("EXERCISE EXERCISE EXERCISE SEV1 DRILL-1"));
}

/// The source of a roster that is kept in the model, by these lines of its settings.
fn source_of(model: &PagersModel, lines: &str) -> source::Source {
    let dir = tempfile::tempdir().unwrap();
    let (file, key) = (dir.path().join("commandpost.toml"), dir.path().join("key"));
    std::fs::write(&key, TOKEN).unwrap();
    let settings = format!(
        "[[person]]\nid = \"ann\"\nname = \"Ann\"\npage = [\"mail:ann@example.org\"]\n\
         [[person]]\nid = \"bo\"\nname = \"Bo Berg\"\n\
         [pagers.mail]\nkind = \"email\"\nurl = \"smtp://localhost\"\nfrom = \"a@example.org\"\n\
         [[roster]]\nname = \"db\"\n[roster.source]\ntoken_file = \"{}\"\n{}\n",
        key.display(),
        lines.replace("{url}", &model.url())
    );
    std::fs::write(&file, settings).unwrap();
    let config = crate::config::Config::load(Some(&file), std::iter::empty())
        .unwrap_or_else(|all| panic!("{}", all.iter().map(|one| one.render()).collect::<String>()));
    source::Source::all(&config).unwrap().remove(0)
}

fn turns(spans: &[crate::roster::Span]) -> Vec<(&str, i64)> {
    spans.iter().map(|span| (span.person.id.as_str(), (span.from - now()).num_hours())).collect()
}

#[tokio::test]
async fn a_schedule_of_goalert_is_asked_by_the_query_that_its_key_is_made_for() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let model = PagersModel::start(Arc::new(now)).await.unwrap();
    let at = |hours: i64| now() + chrono::Duration::hours(hours);
    let shift = |from: i64, user: serde_json::Value| serde_json::json!({ "start": at(from), "end": at(from + 12), "userID": "00000000-0000", "user": user });
    let ann = serde_json::json!({ "name": "A. N. Other", "email": "Ann@example.org" });
    let bo = serde_json::json!({ "name": "Bo Berg", "email": "" });
    model.write_shifts(vec![shift(12, bo), shift(-6, ann), shift(24, serde_json::Value::Null)]);
    let settings = format!("kind = \"goalert\"\nurl = \"{{url}}\"\nschedule = \"{SCHEDULE}\"");
    let source = source_of(&model, &settings);
    let spans = source.ask(now()).await.unwrap();
    assert_eq!(turns(&spans), [("ann", -6), ("bo", 12), ("00000000-0000", 24)]);
    // What is refused is told in its words, without the key.
    let other = source_of(&model, "kind = \"goalert\"\nurl = \"{url}\"\nschedule = \"other\"");
    assert_eq!(other.ask(now()).await.unwrap_err(), "GoAlert knows no such schedule");
    model.faults().next_writes(1, Fault::Refuse);
    assert_eq!(source.ask(now()).await.unwrap_err(), "GoAlert answered 403: Forbidden");
    let page = include_str!("../../docs/oncall.md");
    assert!(page.contains(source::GOALERT_QUERY), "the query to make the key for");
}

#[tokio::test]
async fn a_schedule_of_grafana_oncall_is_asked_page_by_page() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let model = PagersModel::start(Arc::new(now)).await.unwrap();
    let at = |hours: i64| now() + chrono::Duration::hours(hours);
    let shift = |from: i64, name: &str, mail: &str| {
        serde_json::json!({ "user_pk": "UC2CHRT5SD34X", "user_email": mail, "user_username": name,
            "shift_start": at(from), "shift_end": at(from + 8) })
    };
    let mut shifts: Vec<_> = (0..60).map(|n| shift(8 * (n + 1), "bo berg", "")).collect();
    shifts.push(shift(0, "whoever", "ANN@example.org"));
    model.write_shifts(shifts);
    let settings = format!("kind = \"grafana_oncall\"\nurl = \"{{url}}/oncall\"\nschedule = \"{SCHEDULE}\"");
    let source = source_of(&model, &settings);
    let spans = source.ask(now()).await.unwrap();
    assert_eq!(spans.len(), 61, "both pages");
    assert_eq!(turns(&spans)[..2], [("ann", 0), ("bo", 8)]);
    let asked: Vec<String> = model.requests().iter().map(|one| one.path.clone()).collect();
    assert!(asked.iter().all(|path| path.ends_with(&format!("/{SCHEDULE}/final_shifts"))), "{asked:?}");
    model.faults().next_reads(1, Fault::Limit);
    let why = source.ask(now()).await.unwrap_err();
    assert!(why.starts_with("Grafana OnCall answered 429") && !why.contains(TOKEN), "{why}");
    model.write_shifts((0..50 * 20 + 1).map(|n| shift(8 * n, "bo berg", "")).collect());
    let why = source.ask(now()).await.unwrap_err();
    assert_eq!(why, "Grafana OnCall has more than 20 pages of turns for 37 days", "not a part of it");
}

#[tokio::test]
async fn a_schedule_of_pagerduty_is_asked_page_by_page_as_its_api_is_described() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let model = PagersModel::start(Arc::new(now)).await.unwrap();
    let row = |day: i64, name: &str, mail: &str| {
        let (start, end) = (now() + chrono::Duration::days(day), now() + chrono::Duration::days(day + 1));
        serde_json::json!({ "user": { "id": "P1", "type": "user", "summary": name, "email": mail }, "start": start, "end": end })
    };
    let mut rows: Vec<_> = (0..120).map(|day| row(day, "Tim Wright", "tim@example.org")).collect();
    rows.push(row(0, "Somebody else's name", "ANN@example.org"));
    model.write_oncalls(rows);
    let dir = tempfile::tempdir().unwrap();
    let (file, key) = (dir.path().join("commandpost.toml"), dir.path().join("key"));
    std::fs::write(&key, TOKEN).unwrap();
    let settings = format!(
        "[[person]]\nid = \"ann\"\nname = \"Ann\"\npage = [\"mail:ann@example.org\"]\n\
         [pagers.mail]\nkind = \"email\"\nurl = \"smtp://localhost\"\nfrom = \"a@example.org\"\n\
         [[roster]]\nname = \"db\"\n[roster.source]\nkind = \"pagerduty\"\nurl = \"{}\"\ntoken_file = \"{}\"\nschedule = \"PI7DH85\"\n",
        model.url(),
        key.display()
    );
    std::fs::write(&file, settings).unwrap();
    let config = crate::config::Config::load(Some(&file), std::iter::empty()).unwrap();
    let source = source::Source::all(&config).unwrap().remove(0);
    let spans = source.ask(now()).await.unwrap();
    assert_eq!(spans.len(), 121);
    let of_today: Vec<_> =
        spans.iter().filter(|span| span.from == now()).map(|span| span.person.id.as_str()).collect();
    assert_eq!(of_today, ["tim-wright", "ann"], "by the address of their mail, whatever they are called");
    model.faults().next_reads(1, Fault::Refuse);
    assert_eq!(source.ask(now()).await.unwrap_err(), "PagerDuty answered 403: Forbidden");
    model.write_oncalls((0..100 * 20 + 1).map(|day| row(day, "Tim Wright", "tim@example.org")).collect());
    let why = source.ask(now()).await.unwrap_err();
    assert_eq!(why, "PagerDuty has more than 20 pages of turns for 37 days", "not a part of it");
    if let Some(doc) = description(
        "a_schedule_of_pagerduty_is_asked_page_by_page_as_its_api_is_described",
        "pagerduty/rest.openapi.json",
    ) {
        assert_eq!(violations(&doc, "", &model.requests()), Vec::<String>::new());
    }
}
