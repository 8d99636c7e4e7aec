//! When Discord may be asked again: one brake for everything, and one for each of its buckets.
//!
//! <https://discord.com/developers/docs/topics/rate-limits>: routes that share a limit name the same `X-RateLimit-Bucket`, which
//! leaves out the channel, guild or webhook of the path; of each of those there is a budget of its own. Which bucket a route has
//! is known only from an answer; until then it counts as one of its own.
//!
//! How much is left of the limit of the whole bot Discord tells in no header. It is kept (`pace.rs`), and may be reached all the same where
//! the bot's token is in use elsewhere too. All that waits for it may then go at the same moment, and would be refused together, over and
//! over; and Discord shuts out who is refused too often. So for a while after it was reached, requests go one by one: whoever is refused
//! by it holds all behind them.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use reqwest::Method;

/// Brakes remembered at once, and routes whose bucket is.
const REMEMBERED_MAX: usize = 10_000;
/// Requests that Discord takes of a bot in a second, but for those that belong to interactions.
pub(super) const IN_A_SECOND: u32 = 50;
/// So many must get through, one by one, before they go side by side again.
const ONE_BY_ONE: u32 = IN_A_SECOND;
/// Where there are not so many, they go side by side again so long after the limit: all that was refused is tried again within five
/// minutes (`outbox/plan.rs`), and must not come together.
const ONE_BY_ONE_FOR: Duration = Duration::minutes(10);

/// A bucket, and the channel, guild or webhook whose budget of it is meant.
pub(super) type Budget = (String, String);

/// What a request goes to, as its budget sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    /// The method, and the path with every id struck out.
    way: String,
    /// The channel, guild or webhook of the path.
    major: String,
    /// A limit within that of its bucket, of which the headers do not tell.
    within: bool,
}

impl Route {
    pub fn of(method: &Method, path: &str) -> Self {
        let path = path.split('?').next().unwrap_or_default();
        // Those have their token beside their id.
        let majors = if path.starts_with("/webhooks/") || path.starts_with("/interactions/") { 3 } else { 2 };
        let is_id = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let (mut way, mut major) = (method.to_string(), String::new());
        for (at, part) in path.split('/').enumerate().skip(1) {
            way.push('/');
            if (2..=majors).contains(&at) {
                major.push('/');
                major.push_str(part);
                way.push('_');
            } else {
                way.push_str(if is_id(part) { "_" } else { part });
            }
        }
        Self { way, major, within: false }
    }

    /// Another name or topic: Discord allows two in ten minutes, which must not hold up what else is changed there.
    pub fn of_name(method: &Method, path: &str) -> Self {
        let mut route = Self::of(method, path);
        route.way.push_str(" name");
        route.within = true;
        route
    }
}

/// What an answer said of the budget that it was paid from.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Left<'a> {
    pub bucket: Option<&'a str>,
    /// Set when the last call was spent: the next would be refused before this.
    pub none_until: Option<DateTime<Utc>>,
}

/// Until when nothing, or nothing of one bucket, is to be asked.
#[derive(Debug, Default)]
pub(super) struct Brakes {
    all: Option<DateTime<Utc>>,
    /// Requests that are still to go one by one, and until when they do at most.
    one_by_one: u32,
    one_by_one_until: Option<DateTime<Utc>>,
    buckets: HashMap<String, String>,
    held: HashMap<Budget, DateTime<Utc>>,
}

impl Brakes {
    /// How long `route` must wait; `free` is what the limit of the whole bot does not hold.
    pub fn wait(&mut self, route: &Route, free: bool, now: DateTime<Utc>) -> Option<Duration> {
        self.held.retain(|_, until| *until > now);
        self.all = self.all.filter(|until| *until > now);
        let until = self.all.filter(|_| !free).max(self.held.get(&self.budget(route)).copied())?;
        Some(until - now)
    }

    pub fn hold_all(&mut self, until: DateTime<Utc>) {
        self.all = self.all.max(Some(until));
        self.one_by_one = ONE_BY_ONE;
        self.one_by_one_until = self.all.map(|until| until + ONE_BY_ONE_FOR);
    }

    pub fn is_one_by_one(&self, now: DateTime<Utc>) -> bool {
        self.one_by_one > 0 && self.one_by_one_until.is_some_and(|until| until > now)
    }

    /// One of those that go one by one was not refused by the limit.
    pub fn got_through(&mut self) {
        self.one_by_one = self.one_by_one.saturating_sub(1);
    }

    pub fn hold(&mut self, route: &Route, until: DateTime<Utc>) {
        if self.held.len() >= REMEMBERED_MAX {
            self.held.clear();
        }
        let budget = self.budget(route);
        let held = self.held.entry(budget).or_insert(until);
        *held = until.max(*held);
    }

    pub fn note(&mut self, route: &Route, left: Left<'_>) {
        if let Some(bucket) = left.bucket.filter(|_| !route.within)
            && self.buckets.get(&route.way).is_none_or(|known| known != bucket)
        {
            if self.buckets.len() >= REMEMBERED_MAX {
                self.buckets.clear();
            }
            self.buckets.insert(route.way.clone(), bucket.to_owned());
        }
        if let Some(until) = left.none_until {
            self.hold(route, until);
        }
    }

    /// That a request is paid from, as far as is known yet.
    pub fn budget(&self, route: &Route) -> Budget {
        let bucket = self.buckets.get(&route.way).unwrap_or(&route.way);
        (bucket.clone(), route.major.clone())
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    fn at(second: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 3, 1, 3, 0, second).unwrap()
    }
    fn put(path: &str) -> Route {
        Route::of(&Method::PUT, path)
    }
    fn spent(bucket: &str) -> Left<'_> {
        Left { bucket: Some(bucket), none_until: Some(at(5)) }
    }

    #[test]
    fn what_shares_a_budget_shares_a_brake() {
        let get = |path| Route::of(&Method::GET, path);
        assert_eq!(get("/channels/1/messages/2"), get("/channels/1/messages/3"));
        assert_ne!(get("/channels/1/messages/2"), get("/channels/9/messages/2"));
        assert_eq!(get("/channels/1/messages?after=1"), get("/channels/1/messages"));
        assert_ne!(get("/webhooks/1/a"), get("/webhooks/1/b"), "each interaction has its own");
    }

    #[test]
    fn routes_that_name_one_bucket_wait_together_but_not_those_of_another_channel() {
        let mut brakes = Brakes::default();
        let (pin, unpin) = (put("/channels/1/pins/7"), Route::of(&Method::DELETE, "/channels/1/pins/7"));
        let elsewhere = put("/channels/2/pins/7");
        brakes.note(&unpin, Left { bucket: Some("b"), none_until: None });
        brakes.note(&pin, spent("b"));
        assert_eq!(brakes.wait(&unpin, false, at(1)), Some(Duration::seconds(4)));
        assert_eq!(brakes.wait(&elsewhere, false, at(1)), None);
        assert_eq!(brakes.wait(&unpin, false, at(5)), None, "the time is over");
    }

    #[test]
    fn a_route_that_changes_its_bucket_is_held_by_the_new_one() {
        let mut brakes = Brakes::default();
        let pin = put("/channels/1/pins/7");
        brakes.note(&pin, spent("old"));
        brakes.note(&pin, Left { bucket: Some("new"), none_until: None });
        assert_eq!(brakes.wait(&pin, false, at(1)), None);
    }

    #[test]
    fn a_name_that_must_wait_holds_up_nothing_else_of_its_channel() {
        let mut brakes = Brakes::default();
        let (name, place) =
            (Route::of_name(&Method::PATCH, "/channels/1"), Route::of(&Method::PATCH, "/channels/1"));
        brakes.note(&place, Left { bucket: Some("b"), none_until: None });
        brakes.note(&name, Left { bucket: Some("b"), none_until: None });
        brakes.hold(&name, at(30));
        assert_eq!(brakes.wait(&place, false, at(1)), None);
        assert_eq!(brakes.wait(&name, false, at(1)), Some(Duration::seconds(29)));
    }

    #[test]
    fn the_limit_of_the_whole_bot_holds_everything_but_answers_to_interactions() {
        let mut brakes = Brakes::default();
        brakes.hold_all(at(9));
        assert_eq!(brakes.wait(&put("/channels/1/pins/7"), false, at(1)), Some(Duration::seconds(8)));
        assert_eq!(brakes.wait(&put("/webhooks/1/t"), true, at(1)), None);
    }

    #[test]
    fn after_the_limit_of_the_whole_bot_requests_go_one_by_one_until_enough_of_them_got_through() {
        let mut brakes = Brakes::default();
        assert!(!brakes.is_one_by_one(at(0)));
        for until in [at(3), at(9)] {
            brakes.hold_all(until);
            (1..ONE_BY_ONE).for_each(|_| brakes.got_through());
            assert!(brakes.is_one_by_one(at(9)));
        }
        brakes.got_through();
        assert!(!brakes.is_one_by_one(at(9)));
    }

    #[test]
    fn where_few_requests_are_made_they_go_side_by_side_again_a_while_after_the_limit() {
        let mut brakes = Brakes::default();
        for until in [at(9), at(30)] {
            brakes.hold_all(until);
            brakes.got_through();
            assert!(brakes.is_one_by_one(until + ONE_BY_ONE_FOR - Duration::milliseconds(1)));
            assert!(!brakes.is_one_by_one(until + ONE_BY_ONE_FOR));
        }
    }
}
