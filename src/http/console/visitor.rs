//! Who is at the console: whom the door recognized, or, where no logins are set up, the name that somebody gave.

use axum::http::{HeaderMap, HeaderValue, header};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::people::Person;

/// The cookie that keeps the name.
pub const NAME_COOKIE: &str = "commandpost_name";
/// The cookie that carries an answer over the redirect after a form.
pub const SAID_COOKIE: &str = "commandpost_said";
/// Bytes of a cookie's value at most, encoded.
const VALUE_BYTES_MAX: usize = 3_600;
/// Days that a name is kept.
const NAME_DAYS: u32 = 90;

/// A cookie's value, decoded.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let value = all
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))?;
    percent_decode_str(value.trim_matches('"')).decode_utf8().ok().map(Into::into)
}

fn set_cookie(name: &str, value: &str, max_age_seconds: u32) -> Option<HeaderValue> {
    let value = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
    if value.len() > VALUE_BYTES_MAX {
        return None;
    }
    HeaderValue::from_str(&format!(
        "{name}={value}; Path=/console; Max-Age={max_age_seconds}; HttpOnly; SameSite=Strict"
    ))
    .ok()
}

/// Keeps a name; an empty one forgets it.
pub fn keep_name(name: &str) -> Option<HeaderValue> {
    set_cookie(NAME_COOKIE, name, if name.is_empty() { 0 } else { NAME_DAYS * 24 * 3_600 })
}

/// Carries an answer to the next page; a long one is cut, it stands on the timeline in full.
pub fn carry(text: &str) -> Option<HeaderValue> {
    let short: String = text.chars().take(300).collect();
    set_cookie(SAID_COOKIE, &short, if text.is_empty() { 0 } else { 30 })
}

/// The person of a name that somebody gave.
///
/// # Errors
/// A sentence: not a name, or one that stands for something else on the timeline.
pub fn person(name: &str) -> Result<Person, String> {
    let person = Person::named(name)?;
    if person.id == Person::house().id {
        return Err(format!("«{}» is the house itself. Give your own name.", person.name));
    }
    if person.id.contains(':') {
        return Err("A name has no colon here: it marks accounts of a chat.".into());
    }
    Ok(person)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_survives_its_cookie() {
        let set = keep_name("Zoë; \"Q\" <b>").unwrap();
        let sent = set.to_str().unwrap().split(';').next().unwrap().to_owned();
        assert!(set.to_str().unwrap().contains("HttpOnly; SameSite=Strict"));
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, format!("a=b; {sent}; c=d").parse().unwrap());
        assert_eq!(cookie(&headers, NAME_COOKIE).as_deref(), Some("Zoë; \"Q\" <b>"));
        assert_eq!(cookie(&headers, "commandpost"), None);
    }

    #[test]
    fn nobody_can_call_themselves_the_house_or_a_chat_account() {
        for name in ["commandpost", " CommandPost", "@commandpost", "discord:80351110224678912", ""] {
            assert!(person(name).is_err(), "{name}");
        }
        assert_eq!(person("Ada").unwrap().id, "ada");
    }
}
