//! What we give Mattermost to bring back, sealed: a button's name and where a form was opened are known to be ours.
//!
//! The seal is an HMAC-SHA-256 under the bot's token, which besides us only Mattermost has. A button's context is never
//! shown to people; a form's is, so that its seal holds for one person and one day only.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::config::Secret;

/// A form that is open for longer is asked for again.
const FORM_SECONDS: i64 = 86_400;

pub(super) struct Seal(Secret);

impl Seal {
    pub fn new(key: Secret) -> Self {
        Self(key)
    }

    fn mac(&self, parts: &[&str]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose().as_bytes()).ok()?;
        for part in parts {
            // With its length, so that no part runs into the next.
            mac.update(format!("{} {part}\n", part.len()).as_bytes());
        }
        Some(mac)
    }
    fn of(&self, parts: &[&str]) -> String {
        self.mac(parts).map(|mac| hex::encode(mac.finalize().into_bytes())).unwrap_or_default()
    }
    fn fits(&self, seal: &Value, parts: &[&str]) -> bool {
        let given = seal.as_str().and_then(|digits| hex::decode(digits).ok()).unwrap_or_default();
        // Constant time.
        !self.0.is_empty() && self.mac(parts).is_some_and(|mac| mac.verify_slice(&given).is_ok())
    }

    /// What comes back with a press.
    pub fn button(&self, name: &str) -> Value {
        json!({"button": name, "seal": self.of(&["button", name])})
    }
    /// The button's name; `None`: forged.
    pub fn read_button<'v>(&self, context: &'v Value) -> Option<&'v str> {
        let name = context["button"].as_str()?;
        self.fits(&context["seal"], &["button", name]).then_some(name)
    }

    /// What comes back with a form's answers. `note`: where it was opened; `now` in seconds.
    pub fn form(&self, name: &str, user: &str, note: &str, now: i64) -> String {
        let at = now.to_string();
        let seal = self.of(&["form", name, user, note, &at]);
        json!({"user": user, "note": note, "at": at, "seal": seal}).to_string()
    }
    /// The note of a form that was opened for this person today; `None`: forged, of somebody else, or too old.
    pub fn read_form(&self, name: &str, user: &str, state: &str, now: i64) -> Option<String> {
        let state: Value = serde_json::from_str(state).ok()?;
        let (note, at) = (state["note"].as_str()?, state["at"].as_str()?);
        let is_ours = self.fits(&state["seal"], &["form", name, user, note, at]);
        let is_fresh = at.parse::<i64>().is_ok_and(|at| at.abs_diff(now) <= FORM_SECONDS.unsigned_abs());
        (is_ours && is_fresh && state["user"] == user).then(|| note.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal() -> Seal {
        Seal::new(Secret::new("9xuqwrwgstrb3mzrxb83nb357a"))
    }

    #[test]
    fn a_button_that_was_not_made_here_is_none() {
        let good = seal().button("cp1|INC-1|note");
        assert_eq!(seal().read_button(&good), Some("cp1|INC-1|note"));
        for (key, value) in [
            ("button", json!("cp1|INC-2|note")),
            ("seal", json!("")),
            ("seal", json!("00")),
            ("seal", json!("zz")),
            ("seal", Value::Null),
            ("button", Value::Null),
            ("button", json!(7)),
        ] {
            let mut bad = good.clone();
            bad[key] = value;
            assert_eq!(seal().read_button(&bad), None, "{bad}");
        }
        assert_eq!(Seal::new(Secret::new("another")).read_button(&good), None);
        assert_eq!(Seal::new(Secret::default()).read_button(&good), None);
        for other in [Value::Null, json!([]), json!("x")] {
            assert_eq!(seal().read_button(&other), None);
        }
    }

    #[test]
    fn a_form_is_of_one_person_and_one_day() {
        let state = seal().form("cp1|verb|declare", "ada", "{}", 1_000_000);
        let read = |name: &str, user: &str, now| seal().read_form(name, user, &state, now);
        assert_eq!(read("cp1|verb|declare", "ada", 1_000_060).as_deref(), Some("{}"));
        assert_eq!(read("cp1|verb|declare", "bob", 1_000_060), None, "whoever sees it may not pass it on");
        assert_eq!(read("cp1|INC-1|close", "ada", 1_000_060), None);
        assert_eq!(read("cp1|verb|declare", "ada", 1_000_000 + FORM_SECONDS + 1), None);
        assert_eq!(seal().read_form("cp1|verb|declare", "ada", "not JSON", 0), None);
        // What stands in one part cannot be pushed into the next.
        assert_ne!(seal().of(&["a", "bc"]), seal().of(&["ab", "c"]));
    }
}
