//! Which alerts have a row for certain not, without asking the database: in a storm most are new, and to look for each of them costs
//! as much as half of writing it.
//!
//! A key begins with the time at which the alert did. So what begins later than all that has a row is new, and of those that began
//! last every one is remembered here.

use std::collections::BTreeSet;

use sqlx::SqliteConnection;

use crate::alert::Key;

/// Keys that are remembered; then the older half is forgotten.
const KEPT_MAX: usize = if cfg!(test) { 64 } else { 65_536 };

#[derive(Debug, Default)]
pub(super) struct Recent {
    /// What is not greater may have a row; `None`: nothing has one that is not remembered.
    known_below: Option<Key>,
    /// All greater ones that have a row.
    keys: BTreeSet<Key>,
}

impl Recent {
    pub async fn new(conn: &mut SqliteConnection) -> Result<Recent, sqlx::Error> {
        let sql = "SELECT alert_key FROM alerts ORDER BY alert_key DESC LIMIT 1";
        let last: Option<Vec<u8>> = sqlx::query_scalar(sql).fetch_optional(conn).await?;
        // One that is no key would be greater or less than any, and tells nothing: then every one is asked for.
        let known_below = last.map(|last| Key::try_from(last.as_slice()).unwrap_or([u8::MAX; _]));
        Ok(Recent { known_below, keys: BTreeSet::new() })
    }

    /// Whether it may have a row.
    pub fn may_have(&self, key: &Key) -> bool {
        self.known_below.is_some_and(|known| *key <= known) || self.keys.contains(key)
    }

    /// It has a row now.
    pub fn add(&mut self, key: Key) {
        if self.known_below.is_none_or(|known| key > known) {
            self.keys.insert(key);
        }
        if self.keys.len() > KEPT_MAX
            && let Some(middle) = self.keys.iter().nth(KEPT_MAX / 2).copied()
        {
            self.keys = self.keys.split_off(&middle);
            self.keys.remove(&middle);
            self.known_below = Some(middle);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(number: u64) -> Key {
        let mut key = [0; 20];
        key[..8].copy_from_slice(&number.to_be_bytes());
        key
    }

    proptest! {
        #[test]
        fn whatever_has_a_row_may_have_one(numbers in prop::collection::vec(0_u64..2_000, 0..600)) {
            let mut recent = Recent::default();
            for (at, number) in numbers.iter().enumerate() {
                recent.add(key(*number));
                for before in &numbers[..=at] {
                    prop_assert!(recent.may_have(&key(*before)), "{before}");
                }
                prop_assert!(recent.keys.len() <= KEPT_MAX);
            }
        }
    }

    #[test]
    fn what_begins_later_than_all_that_have_a_row_is_new_however_many_there_have_been() {
        let mut recent = Recent::default();
        for number in 0..10_000 {
            assert!(!recent.may_have(&key(number)), "{number}");
            recent.add(key(number));
        }
        assert!(recent.may_have(&key(0)) && recent.may_have(&key(9_999)));
    }
}
