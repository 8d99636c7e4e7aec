//! What the public is told: written by one, approved by another, published word for word.

use super::*;
use crate::{
    incident::command::{DraftText, SituationFacts},
    incident::kind::{Drill, Real},
    post::{Approved, ComponentState, PublicPhase},
};

pub(super) fn draft(text: &str) -> Command {
    Command::Draft(DraftText { text: text.into(), ..DraftText::default() })
}

fn with(text: &str, change: impl FnOnce(&mut DraftText)) -> Command {
    let mut draft = DraftText { text: text.into(), ..DraftText::default() };
    change(&mut draft);
    Command::Draft(draft)
}

fn approve(n: u32) -> Command {
    Command::Approve { n, alone: None }
}

fn publish(n: u32) -> Command {
    Command::Publish { n }
}

/// Bo writes what Ada, who commands, has to approve.
fn drafted() -> Stage {
    let mut stage = Stage::new();
    stage.ok("Bo", Command::TakeRole { role: role("pio") });
    stage.ok("Bo", draft("We are looking into failing payments."));
    stage
}

#[test]
fn nobody_approves_alone_what_they_wrote() {
    let mut stage = drafted();
    assert_eq!(stage.no("Bo", publish(1)), Because::Conflict, "not approved");
    assert_eq!(stage.no("Bo", approve(1)), Because::Forbidden, "the author");
    assert_eq!(stage.no("Cy", approve(1)), Because::Forbidden);
    assert_eq!(stage.no(HOUSE, approve(1)), Because::Forbidden);
    stage.ok("Ada", approve(1));
    assert_eq!(stage.no("Cy", publish(1)), Because::Forbidden);
    stage.ok("Bo", publish(1));

    stage.ok("Ada", draft("More is known."));
    assert_eq!(stage.no("Ada", approve(2)), Because::Forbidden);
    assert_eq!(stage.no("Ada", Command::Approve { n: 2, alone: Some(" ".into()) }), Because::Invalid);
    let events = stage.ok("Ada", Command::Approve { n: 2, alone: Some("nobody is awake".into()) });
    assert!(
        matches!(&events[..], [Event::UpdateApproved { alone: Some(why), .. }] if why == "nobody is awake")
    );
    // Another's wording makes another the author.
    stage.ok("Bo", with("More is known now.", |d| d.replaces = Some(2)));
    assert_eq!(stage.incident.post(2).unwrap().author, who("Bo"));
    assert_eq!(stage.no("Ada", publish(2)), Because::Conflict);
    stage.ok("Ada", approve(2));

    stage.policy.two_person = false;
    stage.ok("Ada", draft("Alone is fine here."));
    let events = stage.ok("Ada", approve(3));
    assert!(matches!(&events[..], [Event::UpdateApproved { alone: None, .. }]));
    stage.aloud("approve");
}

#[test]
fn an_approval_is_void_once_text_severity_or_phase_change_and_after_ten_minutes() {
    type Change = fn(&mut Stage);
    let changes: [(&str, Change); 6] = [
        ("text", |s| drop(s.ok("Bo", with("Other words.", |d| d.replaces = Some(1))))),
        ("same text said again", |s| {
            drop(s.ok("Bo", with("We are looking into failing payments.", |d| d.replaces = Some(1))))
        }),
        ("severity", |s| drop(s.ok("Bo", Command::Severity { to: Severity::Sev1, reason: String::new() }))),
        ("severity, there and back", |s| {
            s.ok("Ada", Command::Severity { to: Severity::Sev1, reason: String::new() });
            s.ok("Ada", Command::Severity { to: Severity::Sev2, reason: String::new() });
        }),
        ("phase", |s| drop(s.ok("Ada", Command::Enter { phase: Phase::Identified, reason: String::new() }))),
        ("phase, there and back", |s| {
            s.ok("Ada", Command::Enter { phase: Phase::Identified, reason: String::new() });
            s.ok("Ada", Command::Enter { phase: Phase::Investigating, reason: String::new() });
        }),
    ];
    let mut stage = drafted();
    for (what, change) in changes {
        stage.ok("Ada", approve(1));
        change(&mut stage);
        assert_eq!(stage.no("Bo", publish(1)), Because::Conflict, "{what}");
        let refused = stage.refused;
        stage = Stage { refused, ..drafted() };
    }
    // Whoever does it is told so where there was one, and only there.
    let worse = Command::Severity { to: Severity::Sev1, reason: String::new() };
    assert!(!stage.ask("Ada", &worse).unwrap().reply.contains("void"));
    stage.ok("Ada", approve(1));
    assert!(stage.ask("Ada", &worse).unwrap().reply.contains("Approvals given before are void."));
    stage.later(10);
    assert!(!stage.ask("Ada", &worse).unwrap().reply.contains("void"));
    assert_eq!(stage.no("Bo", publish(1)), Because::Conflict);
    stage.ok("Ada", approve(1));
    stage.later(9);
    // What leaves the text, severity and phase alone leaves the approval alone.
    stage.ok("Ada", Command::Retitle { title: "Payments fail in Europe".into() });
    stage.ok("Bo", publish(1));
    stage.aloud("approval_void");
}

/// Declared by a rule from an alert, under its name.
fn from_an_alert(title: &str) -> Stage {
    with_an_alert(title, "CheckoutErrors: 5xx above 5 %")
}

fn with_an_alert(title: &str, alert: &str) -> Stage {
    let mut stage = Stage::declared("Ada", &Declare::new(title, Severity::Sev2, Kind::Real)).unwrap();
    let facts = SituationFacts {
        id: 1,
        title: alert.into(),
        source: "alertmanager".into(),
        firing: 1,
        total: 1,
        ..SituationFacts::default()
    };
    stage.ok(HOUSE, Command::LinkSituation { situation: 1, facts: Some(facts) });
    stage.ok("Bo", Command::TakeRole { role: role("pio") });
    stage
}

#[test]
fn a_title_in_which_an_alerts_name_stands_by_chance_is_public_as_it_was_written() {
    for (title, alert, is_neutral) in [
        ("Feedback form broken", "db", false),
        ("The db is down", "db", false),
        ("db", "db", true),
        ("Checkouts fail", "Checkout", false),
        ("Paying fails (HighLatency)", "HighLatency", true),
    ] {
        let stage = with_an_alert(title, alert);
        let told = stage.ask("Bo", &draft("It fails.")).unwrap().reply;
        assert_eq!(told.contains("«Problems with our service»"), is_neutral, "{title}: {told}");
    }
}

#[test]
fn an_alerts_own_name_is_never_the_public_title_unless_somebody_says_it() {
    let outage = |name: &str| (name.to_owned(), ComponentState::MajorOutage);
    for title in
        ["CheckoutErrors: 5xx above 5 %", "[prod] CheckoutErrors: 5xx above 5 %", "CheckoutErrors: 5xx"]
    {
        let mut stage = from_an_alert(title);
        let told = stage.ask("Bo", &draft("Payments fail.")).unwrap().reply;
        assert!(told.contains("«Problems with our service»") && told.contains("--title TITLE"), "{told}");
        let named = |stage: &Stage, n: u32| stage.incident.post(n).unwrap().draft.title.clone();
        stage.ok("Bo", with("Payments fail.", |d| d.components = vec![outage("Checkout")]));
        assert_eq!(named(&stage, 1), "Problems with Checkout");
        stage.ok(
            "Bo",
            with("Payments fail.", |d| {
                d.replaces = Some(1);
                d.title = Some("Paying fails".into());
            }),
        );
        assert_eq!(named(&stage, 1), "Paying fails");
        // What is said once stands for the updates after it.
        stage.ok("Ada", approve(1));
        stage.ok("Bo", publish(1));
        let again = stage.ask("Bo", &draft("It goes on.")).unwrap().reply;
        assert!(!again.contains("title"), "{again}");
        stage.ok("Bo", draft("It goes on."));
        assert_eq!(named(&stage, 2), "Paying fails");
    }
    // A title that somebody gave it is the public's too.
    let mut stage = from_an_alert("Checkout fails");
    stage.ok("Bo", draft("Payments fail."));
    assert_eq!(stage.incident.post(1).unwrap().draft.title, "Checkout fails");
}

#[test]
fn another_wording_keeps_what_is_not_said_anew() {
    let mut stage = Stage::new();
    stage.policy.components.push("API".into());
    let outage = |name: &str| (name.to_owned(), ComponentState::MajorOutage);
    stage.ok(
        "Bo",
        with("Checkout fails.", |d| {
            d.title = Some("Trouble with checkout".into());
            d.impact = Some(crate::post::Impact::Critical);
            d.phase = Some(PublicPhase::Identified);
            d.components = vec![outage("Checkout"), outage("API")];
            d.next_update_minutes = Some(45);
        }),
    );
    let before = stage.incident.post(1).unwrap().draft.clone();
    stage.ok("Bo", with("Checkout fails for all.", |d| d.replaces = Some(1)));
    let reworded = stage.incident.post(1).unwrap().draft.clone();
    assert_eq!(reworded, crate::incident::event::Draft { text: "Checkout fails for all.".into(), ..before });
    let working = ("API".to_owned(), ComponentState::Operational);
    stage.ok(
        "Bo",
        with("Only checkout fails.", |d| {
            d.replaces = Some(1);
            d.components = vec![working.clone()];
            d.title = Some("Checkout".into());
            d.next_update_minutes = Some(0);
        }),
    );
    let changed = stage.incident.post(1).unwrap().draft.clone();
    assert_eq!((changed.title.as_str(), changed.next_update_minutes), ("Checkout", None));
    assert_eq!(changed.components, [outage("Checkout"), working]);
    assert_eq!((changed.impact, changed.phase), (reworded.impact, reworded.phase));
}

#[test]
fn what_is_published_cannot_be_changed_but_corrected() {
    let mut stage = drafted();
    stage.no("Bo", with("Correction.", |d| d.corrects = Some(1)));
    stage.ok("Ada", approve(1));
    stage.ok("Bo", publish(1));
    assert_eq!(stage.no("Bo", with("Changed.", |d| d.replaces = Some(1))), Because::Conflict);
    stage.no("Ada", approve(1));
    stage.no("Bo", publish(1));
    stage.no("Bo", Command::DropPost { n: 1, reason: "oops".into() });
    assert_eq!(stage.no("Bo", with("Correction.", |d| d.corrects = Some(9))), Because::NotFound);
    stage.ok("Bo", with("Correction: only card payments.", |d| d.corrects = Some(1)));
    stage.ok("Bo", with("Correction: only cards.", |d| d.replaces = Some(2)));
    assert_eq!(stage.incident.post(2).unwrap().draft.corrects, Some(1), "another wording corrects it still");
    stage.ok("Ada", approve(2));
    stage.ok("Bo", publish(2));
    let post = Approved::<Real>::published(&stage.incident, 2, None).unwrap();
    assert_eq!((post.corrects.as_deref(), post.is_first), (Some("INC-1/p1"), false));

    stage.ok("Bo", draft("Never mind."));
    stage.no("Bo", Command::DropPost { n: 3, reason: String::new() });
    stage.ok("Bo", Command::DropPost { n: 3, reason: "not needed".into() });
    for command in [approve(3), publish(3), with("x", |d| d.replaces = Some(3)), approve(4), publish(4)] {
        stage.no("Ada", command);
    }
    stage.aloud("published");
}

#[test]
fn the_public_is_told_nothing_that_is_not_so() {
    let mut stage = drafted();
    let resolved = |text: &str| with(text, |d| d.phase = Some(PublicPhase::Resolved));
    assert_eq!(stage.no("Bo", resolved("It is over.")), Because::Conflict);
    stage.no("Bo", with("A", |d| d.components = vec![("Chekout".into(), ComponentState::MajorOutage)]));
    stage.no("Bo", with("A", |d| d.next_update_minutes = Some(7 * 24 * 60 + 1)));
    stage.no("Bo", draft(" \n "));
    assert_eq!(stage.no("Bo", draft(&"x".repeat(4_001))), Because::Invalid);
    stage.ok("Bo", with("A", |d| d.components = vec![("Checkout".into(), ComponentState::MajorOutage)]));
    // Written when it was over, and reopened before anybody approved it.
    stage.ok("Ada", Command::Enter { phase: Phase::Resolved, reason: "fixed".into() });
    stage.ok("Bo", resolved("It is over."));
    stage.ok("Ada", Command::Enter { phase: Phase::Investigating, reason: "it is not".into() });
    let n = stage.incident.posts.last().unwrap().n;
    assert_eq!(stage.no("Ada", approve(n)), Because::Conflict);
    stage.no("Bo", publish(n));
    stage.policy.components.clear();
    stage.no("Bo", with("A", |d| d.components = vec![("Checkout".into(), ComponentState::MajorOutage)]));
    stage.aloud("drafts");
}

#[test]
fn the_next_update_is_promised_by_severity_unless_somebody_says_otherwise() {
    let mut stage = drafted();
    stage.ok("Ada", approve(1));
    stage.ok("Bo", publish(1));
    assert_eq!(stage.incident.next_update_due, Some(stage.now + Duration::minutes(30)));
    stage.ok("Bo", with("No promise.", |d| d.next_update_minutes = Some(0)));
    stage.ok("Ada", approve(2));
    stage.ok("Bo", publish(2));
    assert_eq!(stage.incident.next_update_due, None);
}

#[test]
fn what_is_not_real_goes_nowhere_but_the_sandbox() {
    for kind in [Kind::Drill, Kind::Test] {
        let mut stage = Stage::of("Ada", kind, false);
        stage.policy.destinations = vec!["x".into(), "statuspage".into()];
        stage.ok("Bo", with("Over.", |d| d.phase = Some(PublicPhase::Resolved)));
        stage.ok("Ada", approve(1));
        let events = stage.ok("Ada", publish(1));
        assert!(
            matches!(&events[..], [Event::UpdatePublished { destinations, .. }] if *destinations == ["sandbox"])
        );
        assert!(Approved::<Real>::published(&stage.incident, 1, None).is_err());
        assert_eq!(Approved::<Drill>::published(&stage.incident, 1, None).is_ok(), kind == Kind::Drill);
    }
    let mut real = Stage::new();
    real.policy.destinations = vec!["x".into()];
    real.ok("Bo", Command::TakeRole { role: role("pio") });
    real.ok("Bo", draft("We are looking into failing payments."));
    real.ok("Ada", approve(1));
    let events = real.ok("Bo", publish(1));
    assert!(
        matches!(&events[..], [Event::UpdatePublished { destinations, .. }] if *destinations == ["page", "x"])
    );
}

#[test]
fn what_is_approved_is_what_each_destination_is_sent_whatever_becomes_of_the_templates() {
    use crate::post::wording::{Templates, Wording};
    let worded = |body: &str| {
        let templates = [("x".to_owned(), Templates::body(body))].into();
        Wording::new(templates, Some("https://status.example.com/status".into()), []).unwrap()
    };
    let mut stage = Stage::new();
    stage.policy.destinations = vec!["x".into(), "statuspage".into()];
    stage.policy.wording = worded("{{upper phase}}: {{text}}");
    let answer = stage.ask("Bo", &draft("Payments fail.")).unwrap().reply;
    assert!(answer.ends_with("X is sent, 29 of 280 characters:\nINVESTIGATING: Payments fail."), "{answer}");
    stage.ok("Bo", draft("Payments fail."));
    stage.ok("Ada", approve(1));
    stage.policy.wording = worded("Something else: {{text}}");
    stage.ok("Ada", publish(1));
    let post = Approved::<Real>::published(&stage.incident, 1, None).unwrap();
    assert_eq!(post.texts["x"], "INVESTIGATING: Payments fail.");
    assert_eq!(post.texts["statuspage"], "Payments fail.");

    // What does not fit, or would call somebody, is refused while it can still be written otherwise.
    assert_eq!(stage.no("Bo", draft(&"x".repeat(300))), Because::Invalid);
    assert_eq!(stage.no("Bo", draft("Thanks to @eve for telling us.")), Because::Invalid);

    // A destination that came after the approval: nobody has read what it would be sent.
    stage.ok("Bo", draft("Payments fail in part."));
    stage.ok("Ada", approve(2));
    stage.policy.destinations.push("elsewhere".into());
    assert_eq!(stage.no("Ada", publish(2)), Because::Conflict);
    stage.ok("Bo", with("Payments fail in part.", |d| d.replaces = Some(2)));
    stage.ok("Ada", approve(2));
    stage.ok("Ada", publish(2));
}

#[test]
fn whoever_takes_over_reads_of_every_update_that_waits() {
    let mut stage = drafted();
    let briefed = stage.reads("Ada", Command::Briefing);
    let waits = "Update 1 of Bo waits for approval: `update approve 1`";
    assert!(briefed.contains(&format!("11. Public information: {waits}\n")), "{briefed}");
    assert!(!briefed.contains("Public information (`update draft TEXT`)"), "{briefed}");
    let status = stage.reads("Ada", Command::Status);
    assert!(status.contains(&format!("The public has not been told anything yet.\n{waits}")), "{status}");
    let next = stage.reads("Ada", Command::Next);
    assert!(next.contains("Public update 1 waits for approval: read it, then `approve 1`."), "{next}");

    stage.ok("Cy", draft("Some payments fail."));
    let next = stage.reads("Ada", Command::Next);
    let both = "Public updates 1 and 2 wait for approval: read each, then `approve 1`.";
    assert!(next.contains(both), "{next}");
    stage.ok("Ada", approve(1));
    let next = stage.reads("Bo", Command::Next);
    assert!(next.contains("Public update 1 is approved: `publish 1`."), "{next}");
    let status = stage.reads("Bo", Command::Status);
    for line in ["Update 1 of Bo is approved: `update publish 1`", "Update 2 of Cy waits for approval"] {
        assert!(status.contains(line), "{status}");
    }
    stage.ok("Bo", publish(1));
    stage.ok("Ada", Command::DropPost { n: 2, reason: "said already".into() });
    let briefed = stage.reads("Ada", Command::Briefing);
    assert!(briefed.contains("11. Public information: Update 1 (investigating) is public"), "{briefed}");
    assert!(!briefed.contains("waits for approval"), "{briefed}");
}

#[test]
fn a_draft_whose_words_are_redacted_is_dropped_and_waits_for_nobody() {
    let mut stage = drafted();
    let seq = stage.incident.seq;
    let redact = |target| Command::Redact { target, reason: "a customer's name".into() };
    let told = stage.ask("Ada", &redact(seq)).unwrap().reply;
    assert!(
        told.ends_with(" Public update 1 had these words and is dropped; it was never public."),
        "{told}"
    );
    stage.ok("Ada", redact(seq));
    assert_eq!(stage.incident.open_posts().count(), 0);
    assert_eq!(stage.no("Ada", approve(1)), Because::Conflict);
    assert_eq!(stage.no("Bo", publish(1)), Because::Conflict);
    assert_eq!(stage.no("Bo", with("Again.", |draft| draft.replaces = Some(1))), Because::Conflict);
    for reading in [Command::Next, Command::Status] {
        assert!(!stage.reads("Ada", reading).contains("pdate 1"));
    }
    // Words that others have taken the place of are no draft's any more.
    stage.ok("Bo", draft("A name."));
    let seq = stage.incident.seq;
    stage.ok("Bo", with("No name.", |draft| draft.replaces = Some(2)));
    stage.ok("Ada", redact(seq));
    stage.ok("Ada", approve(2));
    stage.ok("Bo", publish(2));
}
