//! Key moments: the entries that somebody marked for whoever reads later.

use super::*;

#[test]
fn a_key_moment_is_marked_by_who_has_a_part_and_unmarked_again() {
    let mut stage = Stage::new();
    stage.ok("Bo", Command::Note { text: "the first customer called".into(), at: None });
    let seq = stage.last();
    assert_eq!(stage.no("Bo", Command::Pin { target: seq }), Because::Forbidden);
    stage.ok("Ada", Command::Pin { target: seq });
    stage.no("Ada", Command::Pin { target: seq });
    stage.no("Ada", Command::Pin { target: 99 });
    assert!(stage.incident.pins.contains(&seq));
    stage.ok("Ada", Command::Unpin { target: seq });
    stage.no("Ada", Command::Unpin { target: seq });
    stage.ok("Ada", Command::Pin { target: seq });
    stage.ok("Bo", Command::Redact { target: seq, reason: "a customer's name".into() });
    assert!(stage.incident.pins.is_empty(), "what is hidden is no key moment");
    stage.no("Ada", Command::Pin { target: seq });
    stage.ok("Ada", Command::Enter { phase: Phase::Resolved, reason: "it is back".into() });
    let resolved = stage.last();
    stage.ok("Ada", Command::Enter { phase: Phase::Closed, reason: String::new() });
    stage.ok("Ada", Command::Pin { target: resolved });
    stage.aloud("pins");
}
