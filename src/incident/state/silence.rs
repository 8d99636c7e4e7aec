//! Who was last heard: anybody, and whoever has command; and to whom a silence was brought.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use crate::incident::event::Whom;

/// The longest time from one nudge to the next, unless a silence itself may be longer.
const APART_MINUTES_MAX: i64 = 120;
/// A nudge waits no longer than this for other lines of the house to end.
const WAIT_MINUTES_MAX: i64 = 3;

/// How long nobody has written, how long whoever has command has not, and who has been asked about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// When somebody last wrote, whatever it was.
    pub heard_at: DateTime<Utc>,
    /// Nudges since then.
    pub nudges: u32,
    /// The same of whoever has command: others may write meanwhile.
    pub command: OfCommand,
    /// When the house last reminded of something.
    pub reminded_at: Option<DateTime<Utc>>,
    /// How far up the silence was brought since the commander last wrote, and when first.
    pub unanswered: Option<(Whom, DateTime<Utc>)>,
    pub quiet_until: Option<DateTime<Utc>>,
}

/// The silence of whoever has command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfCommand {
    /// When one of them last wrote; `None` while a rule's declaration has nobody in command.
    pub heard_at: Option<DateTime<Utc>>,
    /// Nudges since then, each to somebody further up or to everybody.
    pub nudges: u32,
    /// When the last of these was.
    pub nudged_at: Option<DateTime<Utc>>,
}

/// A silence that is to be brought up now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unbroken {
    /// How often it was brought up before.
    pub nudges: u32,
    /// Others write: since when whoever has command does not.
    pub of_command: Option<DateTime<Utc>>,
}

impl Silence {
    pub fn from(heard_at: DateTime<Utc>) -> Silence {
        Silence {
            heard_at,
            nudges: 0,
            command: OfCommand::default(),
            reminded_at: None,
            unanswered: None,
            quiet_until: None,
        }
    }

    /// When the next nudge is due, where one is owed after so many minutes without a word of anybody, or of whoever has
    /// command: the commander then, the deputy and everybody after half of that again each, then less and less often; a minute
    /// after another line of the house, unless those do not end.
    pub fn next_nudge(&self, minutes: u32) -> DateTime<Utc> {
        let apart = self.reminded_at.map(|at| self.waiting_for(at + Duration::minutes(1), minutes));
        [apart, self.quiet_until].into_iter().flatten().fold(self.due(minutes), DateTime::max)
    }

    /// How long what can wait comes after another line of the house. Nudges may come every minute for a while: between those there
    /// is no whole minute, and it would not come at all.
    pub fn waits_behind(&self) -> Duration {
        let nudges = self.nudges.max(self.command.nudges);
        if nudges > 1 { Duration::seconds(30) } else { Duration::minutes(1) }
    }

    /// When a nudge that is to come after another line, at `until`, does come.
    pub fn waiting_for(&self, until: DateTime<Utc>, minutes: u32) -> DateTime<Utc> {
        until.min(self.due(minutes) + Duration::minutes(WAIT_MINUTES_MAX))
    }

    fn due(&self, minutes: u32) -> DateTime<Utc> {
        let due = self.of_all_due(minutes);
        self.of_command_due(minutes).map_or(due, |of_command| of_command.min(due))
    }

    /// What is brought up now, if anything is. Where nobody writes the commander does not either: then it goes to whoever is
    /// further up.
    pub fn unbroken(&self, minutes: u32, now: DateTime<Utc>) -> Option<Unbroken> {
        if now < self.next_nudge(minutes) {
            return None;
        }
        let of_command = self.of_command_due(minutes).is_some_and(|due| due <= now);
        let before = if of_command { self.command.nudges } else { 0 };
        // However late a reminder of the house made it: only where somebody was heard in this time do others write.
        let others_write = now < self.heard_at + Duration::minutes(i64::from(minutes.max(1)));
        Some(if others_write {
            Unbroken { nudges: before, of_command: self.command.heard_at }
        } else {
            Unbroken { nudges: before.max(self.nudges), of_command: None }
        })
    }

    fn of_all_due(&self, minutes: u32) -> DateTime<Utc> {
        due(self.heard_at, self.nudges, self.reminded_at, minutes)
    }

    /// From its own nudges on: who may take command does not wait for the reminders of a busy incident to end.
    fn of_command_due(&self, minutes: u32) -> Option<DateTime<Utc>> {
        let OfCommand { heard_at, nudges, nudged_at } = self.command;
        heard_at.map(|heard_at| due(heard_at, nudges, nudged_at, minutes))
    }

    pub(super) fn hear(&mut self, at: DateTime<Utc>) {
        self.heard_at = self.heard_at.max(at);
        self.nudges = 0;
    }

    pub(super) fn hear_command(&mut self, at: DateTime<Utc>) {
        self.command = OfCommand { heard_at: self.command.heard_at.max(Some(at)), ..OfCommand::default() };
        self.unanswered = None;
    }

    /// It was brought to somebody, because of the commander or because nobody writes.
    pub(super) fn bring(&mut self, whom: Whom, is_of_command: bool, at: DateTime<Utc>) {
        self.nudges += 1;
        // After others wrote the commander is asked anew about the timeline; their own silence goes on from where it was.
        let is_further = self.unanswered.is_none_or(|(furthest, _)| whom > furthest);
        if is_of_command || is_further || whom == Whom::Everyone {
            self.command.nudges += 1;
            self.command.nudged_at = Some(at);
        }
        let (furthest, since) = self.unanswered.unwrap_or((whom, at));
        self.unanswered = Some((furthest.max(whom), since));
    }
}

/// When a silence since `heard_at` is brought up, after it was so many times already, the last time at `before`.
fn due(heard_at: DateTime<Utc>, nudges: u32, before: Option<DateTime<Utc>>, minutes: u32) -> DateTime<Utc> {
    let minutes = i64::from(minutes.max(1));
    let silent = heard_at + Duration::minutes(minutes);
    let wait = match nudges {
        0 => return silent,
        1 | 2 => (minutes / 2).max(1),
        n => minutes.saturating_mul(1 << (n - 3).min(10)).min(APART_MINUTES_MAX.max(minutes)),
    };
    silent.max(before.unwrap_or(heard_at) + Duration::minutes(wait))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::minutes(minute)
    }

    /// Everybody was heard at the beginning.
    fn silence() -> Silence {
        let mut silence = Silence::from(at(0));
        silence.hear_command(at(0));
        silence
    }

    #[test]
    fn who_has_command_is_listened_for_while_others_write() {
        let mut silence = silence();
        silence.hear(at(9));
        assert_eq!(silence.unbroken(10, at(9)), None);
        assert_eq!(silence.unbroken(10, at(10)), Some(Unbroken { nudges: 0, of_command: Some(at(0)) }));
        silence.bring(Whom::Commander, true, at(10));
        silence.hear(at(14));
        assert_eq!(silence.next_nudge(10), at(15));
        assert_eq!(silence.unbroken(10, at(15)), Some(Unbroken { nudges: 1, of_command: Some(at(0)) }));
        silence.hear_command(at(16));
        assert_eq!((silence.next_nudge(10), silence.unanswered), (at(24), None));
        // Where nobody of flesh and blood has command, the timeline alone is looked at.
        assert_eq!(Silence::from(at(0)).unbroken(10, at(12)), Some(Unbroken { nudges: 0, of_command: None }));
    }

    #[test]
    fn where_nobody_else_writes_a_reminder_of_the_house_does_not_make_it_said_that_others_do() {
        let mut silence = silence();
        silence.bring(Whom::Commander, false, at(10));
        silence.reminded_at = Some(at(13));
        assert_eq!(silence.unbroken(10, at(15)), Some(Unbroken { nudges: 1, of_command: None }));
        // Nor does a word of somebody else that is as old as a silence.
        silence.hear(at(3));
        silence.bring(Whom::Everyone, false, at(15));
        silence.reminded_at = Some(at(19));
        assert_eq!(silence.unbroken(10, at(20)), Some(Unbroken { nudges: 2, of_command: None }));
        silence.hear(at(14));
        assert_eq!(silence.unbroken(10, at(20)), Some(Unbroken { nudges: 2, of_command: Some(at(0)) }));
    }

    #[test]
    fn a_commander_who_is_asked_a_second_time_is_not_asked_less() {
        let mut silence = silence();
        silence.hear(at(3));
        silence.bring(Whom::Commander, false, at(10));
        // Nobody has written since: the commander is asked about that, and the deputy about the commander all the same.
        silence.nudges = 0;
        silence.bring(Whom::Commander, false, at(13));
        assert_eq!(silence.command.nudges, 1);
        assert_eq!(silence.unbroken(10, at(15)).map(|one| one.nudges), Some(1));
        silence.bring(Whom::Deputy, false, at(15));
        assert_eq!(silence.unbroken(10, at(20)).map(|one| one.nudges), Some(2));
    }

    #[test]
    fn lines_that_do_not_end_put_off_a_nudge_by_three_minutes_at_most() {
        let mut silence = silence();
        for minute in [9, 10, 11] {
            silence.reminded_at = Some(at(minute));
            assert_eq!(silence.next_nudge(10), at(minute + 1));
        }
        silence.reminded_at = Some(at(12) + Duration::seconds(30));
        assert_eq!(silence.next_nudge(10), at(13));
        assert_eq!(silence.waiting_for(at(20), 10), at(13));
    }

    #[test]
    fn every_nudge_about_the_commander_is_counted() {
        let mut silence = silence();
        silence.unanswered = Some((Whom::Deputy, at(5)));
        silence.bring(Whom::Deputy, true, at(10));
        assert_eq!((silence.command.nudges, silence.command.nudged_at), (1, Some(at(10))));
    }

    #[test]
    fn reminders_put_off_a_nudge_by_a_minute_and_no_longer() {
        let mut silence = silence();
        silence.bring(Whom::Commander, false, at(10));
        silence.hear(at(13));
        silence.reminded_at = Some(at(14));
        assert_eq!(silence.next_nudge(10), at(15));
        silence.reminded_at = Some(at(15));
        assert_eq!(silence.next_nudge(10), at(16));
        silence.quiet_until = Some(at(40));
        assert_eq!(silence.next_nudge(10), at(40));
    }

    #[test]
    fn a_state_that_was_kept_before_command_was_listened_for_is_folded_anew() {
        let mut stored = serde_json::to_value(silence()).unwrap();
        assert!(serde_json::from_value::<Silence>(stored.clone()).is_ok());
        stored.as_object_mut().unwrap().remove("command");
        assert!(serde_json::from_value::<Silence>(stored).is_err());
    }
}
