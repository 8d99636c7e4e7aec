//! What every journal keeps, whatever engine is under it. [`suite`] is written against the port; an engine joins by
//! opening itself in a folder.

mod alerts;
mod doors;
mod entries;
mod grouping;
mod keeping;
mod outbox;
mod timers;

use std::{path::PathBuf, pin::Pin, sync::Arc};

use commandpost::{
    incident::{
        event::{Actor, Draft, Entry, Event, TimeSource},
        id::IncidentId,
        kind::Kind,
        severity::Severity,
        state::Incident,
    },
    journal::{Append, Journal, rows::*, sqlite::SqliteJournal},
    post::{self, Impact, PublicPhase},
};
use uuid::Uuid;

use crate::support::house::{at, person};

type Closing = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An open journal, and how it is closed for good.
struct Opened {
    journal: Arc<dyn Journal>,
    close: Box<dyn FnOnce() -> Closing + Send>,
}

type Opening = Pin<Box<dyn Future<Output = Opened>>>;

/// Opens the journal kept in a folder, making it where there is none.
type Open = Arc<dyn Fn(PathBuf) -> Opening + Send + Sync>;

fn sqlite() -> Open {
    Arc::new(|dir| {
        Box::pin(async move {
            let journal = SqliteJournal::open(&dir).await.unwrap();
            let closing = journal.clone();
            Opened { journal: Arc::new(journal), close: Box::new(move || Box::pin(closing.close())) }
        })
    })
}

/// Each promise of the journal on a fresh one.
macro_rules! suite {
    ($engine:ident: $($room:ident::$promise:ident),* $(,)?) => {
        mod $engine {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                let dir = tempfile::tempdir().unwrap();
                super::$room::$promise(super::$engine(), dir.path()).await;
            })*
        }
    };
}

suite!(sqlite:
    entries::an_append_holds_only_on_the_entry_it_was_decided_on,
    entries::one_hundred_callers_with_one_key_get_one_answer,
    entries::what_is_queued_first_is_written_first,
    alerts::a_repeated_alert_is_counted_and_not_told,
    alerts::alerts_gather_by_group_and_a_new_start_is_a_new_alert,
    alerts::of_many_alerts_those_that_fire_are_shown_first_and_then_the_newest,
    alerts::what_fires_again_after_closing_opens_another_situation,
    alerts::what_ends_after_closing_opens_nothing,
    alerts::what_was_said_before_the_end_opens_nothing_again,
    alerts::a_mere_acknowledgement_leaves_what_the_alert_says,
    alerts::any_order_and_repetition_of_the_same_bodies_ends_in_the_same_situations,
    alerts::of_a_storm_every_alert_is_counted_as_if_it_had_come_alone,
    alerts::what_a_storm_brought_is_placed_also_while_a_few_more_keep_coming,
    alerts::a_backup_holds_every_alert_that_was_acknowledged,
    alerts::who_cannot_wait_finds_the_alerts_in_their_situation,
    doors::alerts_under_a_key_are_taken_once_and_their_answer_is_kept,
    doors::a_quiet_source_is_looked_at_while_another_screams,
    doors::what_a_request_brought_is_found_by_its_receipt,
    doors::heartbeats_are_remembered_and_forgotten,
    alerts::a_link_does_not_hide_what_moved_meanwhile,
    outbox::a_lane_is_in_order_and_lanes_do_not_wait_for_each_other,
    outbox::what_was_being_sent_at_a_crash_is_unknown,
    outbox::a_person_retries_or_drops_what_waits,
    outbox::of_cards_that_wait_one_is_enough,
    timers::timers_are_due_in_order_and_done_once,
    timers::a_timer_set_anew_is_not_done_with_the_old_one,
    timers::a_timer_that_is_set_anew_as_it_goes_off_stays_at_whatever_moment,
    timers::a_timer_set_anew_is_not_put_off_with_the_old_one,
    timers::bindings_are_found_from_both_ends,
    keeping::pruning_keeps_what_is_needed,
    keeping::a_backup_is_a_whole_journal_and_overwrites_nothing,
    entries::a_long_incident_reads_the_same_from_its_snapshot_and_from_its_entries,
    keeping::rebuilding_makes_the_same_projections,
    keeping::what_was_written_is_there_after_reopening,
);

fn inc(number: u32) -> IncidentId {
    IncidentId::new(Kind::Real, number)
}

/// An incident as its desk would append it: state, last entry, and a count for ids.
struct Writing {
    state: Option<Incident>,
    id: IncidentId,
    last: Option<(u64, Uuid)>,
}

impl Writing {
    fn new(number: u32) -> Writing {
        Writing { state: None, id: inc(number), last: None }
    }

    fn next(&mut self, event: Event) -> Append {
        self.many(vec![event])
    }

    fn many(&mut self, events: Vec<Event>) -> Append {
        let after = self.last;
        let mut entries = Vec::new();
        for event in events {
            let seq = self.last.map_or(0, |(seq, _)| seq) + 1;
            let now = at(i64::try_from(seq).unwrap());
            let entry = Entry {
                incident: self.id,
                seq,
                id: Uuid::from_u128(u128::from(self.id.number) << 64 | u128::from(seq)),
                occurred_at: now,
                time_source: TimeSource::House,
                recorded_at: now,
                actor: Actor { person: person("Ada"), role: None, via: "test".into() },
                event,
            };
            match &mut self.state {
                None => self.state = Incident::open(&entry),
                Some(state) => state.apply(&entry),
            }
            self.last = Some((seq, entry.id));
            entries.push(entry);
        }
        let state = self.state.as_ref().unwrap();
        Append {
            incident: Some(self.id),
            after,
            row: Some(IncidentRow::of(state)),
            posts: PublicPostRow::of(state, &entries),
            salts: entries.iter().map(|entry| format!("{:032x}", entry.seq)).collect(),
            entries,
            ..Append::default()
        }
    }

    fn declared(&mut self) -> Append {
        self.next(Event::Declared {
            title: "Payments fail".into(),
            kind: Kind::Real,
            severity: Severity::Sev2,
            triage: false,
            drill_clock: None,
            began: None,
            ended: None,
            rated: None,
        })
    }

    fn noted(&mut self, text: impl Into<String>) -> Append {
        self.next(Event::Noted { text: text.into(), until: None, is_mark: false })
    }

    /// A public update, from draft to publication.
    fn published(&mut self, n: u32) -> Append {
        let draft = Draft {
            title: "Payments fail".into(),
            phase: PublicPhase::Investigating,
            impact: Impact::Major,
            text: format!("Update {n}"),
            components: vec![],
            next_update_minutes: None,
            corrects: None,
            texts: Default::default(),
        };
        let basis = post::basis(self.state.as_ref().unwrap(), &draft);
        self.many(vec![
            Event::UpdateDrafted { n, draft },
            Event::UpdateApproved { n, basis, expires_at: at(100_000), alone: None },
            Event::UpdatePublished {
                n,
                approved_at: at(1),
                next_update_at: None,
                destinations: vec!["page".into()],
            },
        ])
    }
}

async fn texts(journal: &dyn Journal, id: IncidentId) -> Vec<String> {
    let sealed = journal.entries(id, 1, 10_000).await.unwrap();
    sealed
        .iter()
        .filter_map(|sealed| match serde_json::from_str::<Entry>(&sealed.body).unwrap().event {
            Event::Noted { text, .. } => Some(text),
            _ => None,
        })
        .collect()
}
