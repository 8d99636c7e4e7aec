//! Chats that do not answer: what is told of it, on which timelines, and how often.

use std::sync::{Arc, Mutex};

use chrono::Duration;
use commandpost::{
    card::Missed,
    desk::{
        Desk, Settings,
        absence::{Absences, Look, Standing},
        clock::World,
    },
    incident::{command::Command, id::IncidentId, phase::Phase},
    journal::rows::DeliveryFilter,
    outbox::port::{BoxFuture, Content, Courier, Errand, Outcome, Reconciled},
};

use crate::support::{
    courier::pump_all,
    house::{House, note},
};

/// A door that is opened and shut by hand.
#[derive(Clone, Default)]
struct Door(Arc<Mutex<Standing>>);

impl Door {
    fn look(&self) -> Look {
        let door = self.0.clone();
        Arc::new(move || door.lock().unwrap().clone())
    }
    fn is_there(&self, house: &House, is_there: bool) {
        let why = (!is_there).then(|| "no answer in time".to_owned());
        *self.0.lock().unwrap() =
            Standing { is_there, since: Some(house.world.now()), why, ..Standing::default() };
    }
}

struct Watched {
    house: House,
    door: Door,
    absences: Absences,
}

impl Watched {
    async fn open() -> Watched {
        let chats = vec!["discord".into(), "slack".into()];
        let house = House::open(Settings { chats, ..Settings::default() }).await;
        let door = Door::default();
        door.is_there(&house, true);
        let absences = Absences::new(house.desk.clone(), vec![("discord".into(), door.look())]);
        Watched { house, door, absences }
    }

    fn restarted(self) -> Watched {
        let house = self.house.restarted();
        let absences = Absences::new(house.desk.clone(), vec![("discord".into(), self.door.look())]);
        Watched { house, door: self.door, absences }
    }

    /// Looks every five seconds, for so long.
    async fn pass(&self, seconds: i64) {
        for _ in 0..seconds / 5 {
            self.house.world.later(Duration::seconds(5));
            self.absences.look().await.unwrap();
        }
    }

    /// What the timeline has of the chat.
    async fn told(&self, id: IncidentId) -> Vec<String> {
        self.house.sound(id).await;
        self.house.texts(id).await.into_iter().filter(|text| text.starts_with("Discord ")).collect()
    }

    /// How many lines a chat was given, or is to be.
    async fn lines(&self, id: IncidentId, chat: &str) -> usize {
        let of = self.house.journal.deliveries(DeliveryFilter::Of { incident: id }).await.unwrap();
        of.iter().filter(|one| one.destination == chat && one.key.matches('/').count() == 1).count()
    }
}

#[tokio::test]
async fn a_chat_that_is_away_is_told_once_after_a_minute_and_once_when_it_is_back() {
    let watched = Watched::open().await;
    let house = &watched.house;
    let id = house.incident().await;
    let over = house.incident().await;
    house.say("Ada", over, Command::Enter { phase: Phase::Resolved, reason: "mended".into() }).await;
    watched.pass(30).await;
    watched.door.is_there(house, false);
    watched.pass(55).await;
    assert!(watched.told(id).await.is_empty() && house.desk.away().is_empty(), "it may be a blink");
    watched.pass(300).await;
    let told = watched.told(id).await;
    assert!(told.len() == 1 && told[0].starts_with("Discord has not answered since "), "{told:?}");
    let away = house.desk.away();
    assert_eq!(away.len(), 1);
    assert_eq!(away[0].in_words("12:00"), "Discord has not answered since 12:00: no answer in time.");
    assert!(watched.told(over).await.is_empty(), "there is nothing to do any more");
    // Whoever declares meanwhile should know.
    let later = house.incident().await;
    watched.pass(10).await;
    assert_eq!(watched.told(later).await.len(), 1);

    watched.door.is_there(house, true);
    watched.pass(5).await;
    assert!(house.desk.away().is_empty(), "no banner once it is there");
    watched.pass(300).await;
    let told = watched.told(id).await;
    assert!(told.len() == 2 && told[1] == "Discord answers again, after 6 min.", "{told:?}");
    assert_eq!(watched.told(later).await.len(), 2);
    assert!(watched.told(over).await.is_empty());
    // It is said where people are: not in the chat that it is about.
    assert_eq!((watched.lines(id, "slack").await, watched.lines(id, "discord").await), (2, 0));
}

#[tokio::test]
async fn a_blink_says_nothing_and_a_chat_that_comes_and_goes_is_away_once() {
    let watched = Watched::open().await;
    let house = &watched.house;
    let id = house.incident().await;
    for _ in 0..10 {
        watched.door.is_there(house, false);
        watched.pass(40).await;
        watched.door.is_there(house, true);
        watched.pass(20).await;
    }
    assert!(watched.told(id).await.is_empty(), "{:?}", watched.told(id).await);
    watched.door.is_there(house, false);
    watched.pass(70).await;
    for _ in 0..10 {
        watched.door.is_there(house, true);
        watched.pass(30).await;
        watched.door.is_there(house, false);
        watched.pass(90).await;
    }
    assert_eq!(watched.told(id).await.len(), 1, "{:?}", watched.told(id).await);
    watched.door.is_there(house, true);
    watched.pass(70).await;
    assert_eq!(watched.told(id).await.len(), 2, "{:?}", watched.told(id).await);
}

#[tokio::test]
async fn an_absence_goes_on_over_a_restart_and_one_that_ended_meanwhile_is_told() {
    let watched = Watched::open().await;
    let id = watched.house.incident().await;
    watched.door.is_there(&watched.house, false);
    watched.pass(120).await;
    assert_eq!(watched.told(id).await.len(), 1);
    let watched = watched.restarted();
    let begun = watched.house.desk.incident(id).await.unwrap().away["discord"].since;
    // The door of the next run does not know since when.
    *watched.door.0.lock().unwrap() = Standing::default();
    watched.pass(120).await;
    assert_eq!(watched.told(id).await.len(), 1, "{:?}", watched.told(id).await);
    assert_eq!(watched.house.desk.away()[0].since, begun);
    let watched = watched.restarted();
    watched.door.is_there(&watched.house, true);
    watched.pass(70).await;
    let told = watched.told(id).await;
    assert!(told.len() == 2 && told[1] == "Discord answers again, after 4 min.", "{told:?}");
    assert!(watched.house.desk.incident(id).await.unwrap().away.is_empty());
    // Nothing is said of it a second time, whatever else happens.
    watched.house.say("Ada", id, note("we go on")).await;
    watched.pass(300).await;
    assert_eq!(watched.told(id).await.len(), 2);
}

#[tokio::test]
async fn a_chat_that_takes_lines_and_hears_nothing_is_not_said_to_be_silent() {
    let watched = Watched::open().await;
    let house = &watched.house;
    let id = house.incident().await;
    watched.door.is_there(house, false);
    watched.door.0.lock().unwrap().is_deaf = true;
    watched.pass(70).await;
    let told = watched.told(id).await;
    assert!(told.len() == 1 && told[0].starts_with("Discord is not heard since "), "{told:?}");
    assert!(told[0].ends_with(": what is typed there does nothing."), "{told:?}");
    let away = house.desk.away()[0].in_words("12:00");
    let expected =
        "Discord is not heard since 12:00, so what is typed there does nothing: no answer in time.";
    assert_eq!(away, expected);
    // It takes its lines as they are said: it missed none of them.
    let says = Arc::new(Says { desk: house.desk.clone(), said: Mutex::default() });
    for n in 0..6 {
        house.say("Ada", id, note(format!("{n}"))).await;
    }
    pump_all(&house.desk, &[says.clone() as Arc<dyn Courier>]).await;
    assert_eq!(*says.said.lock().unwrap(), [""; 0]);
    watched.door.is_there(house, true);
    watched.pass(10).await;
    house.say("Ada", id, note("before it is told that it is back")).await;
    pump_all(&house.desk, &[says.clone() as Arc<dyn Courier>]).await;
    assert_eq!(*says.said.lock().unwrap(), [""; 0]);
    watched.pass(60).await;
    let told = watched.told(id).await;
    assert!(told.len() == 2 && told[1] == "Discord is heard again, after 1 min.", "{told:?}");
    // Who types there should know.
    assert_eq!(watched.lines(id, "discord").await, watched.lines(id, "slack").await);
}

#[tokio::test]
async fn lines_that_waited_over_a_restart_are_announced_though_nobody_told_of_the_absence() {
    let watched = Watched::open().await;
    let id = watched.house.incident().await;
    let pumped = async |watched: &Watched| {
        let desk = watched.house.desk.clone();
        let says = Arc::new(Says { desk: desk.clone(), said: Mutex::default() });
        pump_all(&desk, &[says.clone() as Arc<dyn Courier>]).await;
        std::mem::take(&mut *says.said.lock().unwrap())
    };
    let notes = async |watched: &Watched| {
        for n in 0..6 {
            watched.house.say("Ada", id, note(format!("{n}"))).await;
        }
    };
    pumped(&watched).await;
    watched.door.is_there(&watched.house, false);
    notes(&watched).await;
    watched.pass(20).await;
    let watched = watched.restarted();
    // The door of the next run does not know since when.
    watched.door.is_there(&watched.house, false);
    watched.pass(50).await;
    watched.door.is_there(&watched.house, true);
    assert!(watched.told(id).await.is_empty(), "neither run saw a minute of it");
    let told = pumped(&watched).await;
    assert!(matches!(told.as_slice(), [one] if one.starts_with("Back after 1 min away.")), "{told:?}");
    assert!(told[0].ends_with("What was missed follows: 6 lines."), "{told:?}");
    notes(&watched).await;
    watched.pass(40).await;
    assert_eq!(pumped(&watched).await, [""; 0], "what this run was slow to say was not missed");
}

/// Says lines as a chat does: before the first of those that waited what is to be said of them, which is remembered.
struct Says {
    desk: Arc<Desk>,
    said: Mutex<Vec<String>>,
}

impl Courier for Says {
    fn destination(&self) -> &str {
        "discord"
    }
    fn deliver<'a>(&'a self, errand: &'a Errand) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            if let Content::Line(said) = &errand.content
                && let Some(missed) = &said.missed
            {
                self.said.lock().unwrap().extend(missed.in_words());
                let incident = said.incident.to_string();
                self.desk.journal.bind("discord", &incident, Missed::NAME, &missed.mark()).await.unwrap();
            }
            Outcome::Sent { external_id: None, url: None }
        })
    }
    fn reconcile<'a>(&'a self, _: &'a Errand) -> BoxFuture<'a, Reconciled> {
        Box::pin(async { Reconciled::Absent })
    }
}

#[tokio::test]
async fn what_waited_for_a_chat_that_went_away_again_at_once_has_a_word_of_its_own() {
    let watched = Watched::open().await;
    let house = &watched.house;
    let id = house.incident().await;
    let says = Arc::new(Says { desk: house.desk.clone(), said: Mutex::default() });
    let pumped = async || {
        pump_all(&house.desk, &[says.clone() as Arc<dyn Courier>]).await;
        std::mem::take(&mut *says.said.lock().unwrap())
    };
    let notes = async |count: usize| {
        for n in 0..count {
            house.say("Ada", id, note(format!("{n}"))).await;
        }
    };
    pumped().await;
    watched.door.is_there(house, false);
    watched.pass(120).await;
    notes(2).await;
    watched.door.is_there(house, true);
    assert_eq!(pumped().await, [""; 0], "two lines need no word");
    watched.pass(30).await;
    notes(6).await;
    assert_eq!(pumped().await, [""; 0], "they are said as they are written");

    watched.door.is_there(house, false);
    watched.pass(5).await;
    notes(6).await;
    watched.pass(70).await;
    watched.door.is_there(house, true);
    let told = pumped().await;
    assert!(matches!(told.as_slice(), [one] if one.starts_with("Back after 1 min away.")), "{told:?}");
    assert!(told[0].ends_with("What was missed follows: 6 lines."), "{told:?}");
    watched.pass(30).await;
    notes(6).await;
    assert_eq!(pumped().await, [""; 0], "of one absence it is told once");
}
