use super::*;
use crate::people::Person;
use proptest::prelude::*;
use uuid::Uuid;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_205_600 + minute * 60, 0).unwrap()
}

fn fired(situation: i64, rule: &str, minute: i64) -> Fired {
    Fired {
        situation,
        source: "alertmanager".into(),
        rule: rule.into(),
        severity: AlertSeverity::Error,
        first_seen: at(minute),
        last_seen: at(minute + 5),
        is_firing: false,
        is_acknowledged: false,
        is_linked: false,
    }
}

fn mark(n: u128, subject: Subject, verdict: Verdict, reason: &str) -> Judgement {
    let by = Person::named("Ada").unwrap();
    let at = at(i64::try_from(n).unwrap());
    Judgement { id: Uuid::from_u128(n), subject, verdict, reason: reason.into(), by, via: "cli".into(), at }
}

fn incident(id: &str, minute: i64, situations: &[i64]) -> Declared {
    Declared {
        id: id.into(),
        title: "Checkout fails".into(),
        declared_at: at(minute),
        began_at: None,
        situations: situations.iter().copied().collect(),
    }
}

fn of(fired: &[Fired], marks: &[Judgement], incidents: &[Declared]) -> Report {
    report((at(-1_000), at(1_000)), fired, marks, incidents)
}

#[test]
fn a_rule_cries_wolf_when_people_say_so_or_when_nobody_ever_acts() {
    let mut all = vec![];
    for n in 0..4 {
        all.push(fired(10 + n, "DiskAlmostFull", n));
        all.push(fired(20 + n, "Flaps", n));
        all.push(Fired { is_linked: n == 0, ..fired(30 + n, "ErrorRate", n) });
        all.push(Fired { is_acknowledged: true, ..fired(40 + n, "Acked", n) });
    }
    all.push(fired(50, "Once", 0));
    // A storm of one rule is one occasion, to which nobody may have come yet.
    all.extend((0..40).map(|n| fired(70, "Storm", n)));
    all.push(fired(60, "Named", 0));
    let marks = [
        mark(1, Subject::Situation(20), Verdict::Noise, ""),
        mark(2, Subject::Situation(21), Verdict::Noise, ""),
        mark(3, Subject::Situation(22), Verdict::Actionable, ""),
        mark(4, Subject::Rule("Named".into()), Verdict::Late, ""),
        mark(5, Subject::Rule("Named".into()), Verdict::Noise, "the disk cleans itself"),
    ];
    let told: Vec<String> = of(&all, &marks, &[])
        .rules
        .iter()
        .map(|line| format!("{} {}: {}", if line.cries_wolf { "wolf" } else { "-" }, line.rule, line.why))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    wolf DiskAlmostFull: fired 4 times, and nobody ever acted on it
    wolf Flaps: fired 4 times, marked noise 2 times
    wolf Named: marked noise (Ada: the disk cleans itself)
    - Storm: fired 40 times, not acted on
    - ErrorRate: fired 4 times, acted on once
    - Once: fired once, not acted on
    - Acked: fired 4 times, acted on 4 times
    ");
    let never: Vec<String> = of(&all, &marks, &[]).never_acted_on().map(|line| line.rule.clone()).collect();
    assert_eq!(never, ["DiskAlmostFull", "Named", "Storm", "Once"]);
}

#[test]
fn of_each_incident_it_says_what_first_told_and_what_should_have() {
    let linked = |one: Fired| Fired { is_linked: true, ..one };
    let all = [
        linked(fired(1, "ErrorRate", 95)),
        linked(fired(1, "Latency", 99)),
        linked(fired(2, "ErrorRate", 204)),
        fired(3, "QueueLong", 290),
        fired(4, "Old", 200),
    ];
    let incidents = [
        Declared { began_at: Some(at(90)), ..incident("INC-1", 100, &[1]) },
        incident("INC-2", 200, &[2]),
        incident("INC-3", 300, &[]),
        incident("INC-4", 900, &[]),
    ];
    let told: Vec<String> = of(&all, &[], &incidents)
        .incidents
        .iter()
        .map(|one| format!("{} {}", one.incident, one.sentence))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    INC-4 A person told first, and no alert fired: there is none that could have told.
    INC-3 A person told first; QueueLong fired within the hour before, and nobody took it up.
    INC-2 A person told first; ErrorRate came 4 min after the declaration and should have told.
    INC-1 ErrorRate (alertmanager) told first, 5 min before the declaration, 5 min after it began.
    ");
}

#[test]
fn what_was_marked_late_is_listed_with_who_said_so() {
    let all = [fired(1, "ErrorRate", 0), fired(1, "Latency", 1)];
    let marks = [
        mark(1, Subject::Situation(1), Verdict::Late, "a customer called first"),
        mark(2, Subject::Situation(7), Verdict::Late, "taken back"),
        mark(3, Subject::Situation(7), Verdict::Actionable, ""),
    ];
    let late = of(&all, &marks, &[]).late;
    assert_eq!(late.len(), 1);
    assert_eq!((late[0].subject.as_str(), late[0].by.as_str()), ("S-1", "Ada"));
    assert_eq!(late[0].rules, ["ErrorRate", "Latency"]);
}

fn any_fired() -> impl Strategy<Value = Fired> {
    (0i64..6, 0usize..4, 0i64..500, any::<bool>(), any::<bool>()).prop_map(
        |(situation, rule, minute, linked, acked)| Fired {
            is_linked: linked,
            is_acknowledged: acked,
            ..fired(situation, ["A", "B", "C", "D"][rule], minute)
        },
    )
}

fn any_mark() -> impl Strategy<Value = Judgement> {
    (1u128..400, 0i64..6, 0usize..3, any::<bool>()).prop_map(|(n, situation, verdict, is_rule)| {
        let subject = if is_rule { Subject::Rule("A".into()) } else { Subject::Situation(situation) };
        mark(n, subject, Verdict::ALL[verdict], "")
    })
}

proptest! {
    /// Every firing is counted once, none is acted on more often than it fired, and the order of telling is nothing.
    #[test]
    fn the_counts_add_up_in_whatever_order_things_were_told(
        all in prop::collection::vec(any_fired(), 0..40),
        mut marks in prop::collection::vec(any_mark(), 0..12),
        seed in any::<u64>(),
    ) {
        marks.sort_by_key(|mark| mark.id);
        marks.dedup_by_key(|mark| mark.id);
        let incidents = [incident("INC-1", 100, &[1, 2]), incident("INC-2", 100, &[])];
        let one = of(&all, &marks, &incidents);
        let mut other = all.clone();
        other.sort_by_key(|fired| (fired.first_seen.timestamp() as u64).wrapping_mul(seed | 1));
        marks.reverse();
        let two = of(&other, &marks, &incidents);
        prop_assert_eq!(&one.rules, &two.rules);
        prop_assert_eq!(one.rules.iter().map(|line| line.fired).sum::<u64>(), all.len() as u64);
        prop_assert_eq!(one.fired, all.len() as u64);
        for line in &one.rules {
            prop_assert!(line.acted_on <= line.fired && !line.why.is_empty(), "{:?}", line);
        }
        prop_assert!(one.rules.iter().map(|line| !line.cries_wolf).is_sorted());
    }
}
