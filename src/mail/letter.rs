//! A letter, as far as an alert needs it: subject and text, of whatever parts and encodings it is made (RFC 5322, 2045 to 2047).

use mail_parser::MessageParser;
use sha2::{Digest, Sha256};

/// A letter, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    /// Plain; an HTML letter as text.
    pub text: String,
    pub from: String,
    pub message_id: Option<String>,
}

impl Letter {
    /// Reads what came after `DATA`. What cannot be read as a letter is its text.
    pub fn read(raw: &[u8]) -> Letter {
        let Some(message) = MessageParser::default().parse(raw) else {
            return Letter { text: String::from_utf8_lossy(raw).into_owned(), ..Letter::default() };
        };
        let from = message.from().and_then(|from| from.first()).and_then(|first| first.address());
        Letter {
            subject: message.subject().unwrap_or_default().trim().to_owned(),
            text: message.body_text(0).map(|text| text.trim().to_owned()).unwrap_or_default(),
            from: from.unwrap_or_default().to_owned(),
            message_id: message.message_id().map(str::to_owned),
        }
    }

    /// As the sender `text` reads it: the subject is the title.
    pub fn as_text(&self) -> Vec<u8> {
        format!("{}\n{}", self.subject, self.text).into_bytes()
    }

    /// As every other sender reads it: the text itself, where that is JSON; else its parts by customary names.
    pub fn as_json(&self) -> Vec<u8> {
        if self.text.starts_with('{') && serde_json::from_str::<serde_json::Value>(&self.text).is_ok() {
            return self.text.clone().into_bytes();
        }
        let parts = serde_json::json!({"title": self.subject, "description": self.text, "from": self.from});
        parts.to_string().into_bytes()
    }

    /// The same for the same letter, by whichever way it comes again.
    pub fn key(&self) -> Option<String> {
        let id = self.message_id.as_ref()?;
        let mut hash = Sha256::new();
        for part in [id, &self.subject, &self.text] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Some(hex::encode(hash.finalize()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subject_and_text_are_found_in_whatever_parts_and_encodings() {
        let plain = "From: Monit <monit@db1.example>\r\nMessage-ID: <1@db1>\r\nSubject: disk is full\r\n\r\n95 % on /\r\n";
        let read = Letter::read(plain.as_bytes());
        assert_eq!((read.subject.as_str(), read.text.as_str()), ("disk is full", "95 % on /"));
        assert_eq!((read.from.as_str(), read.message_id.as_deref()), ("monit@db1.example", Some("1@db1")));
        let encoded = "Subject: =?utf-8?q?Platte_ist_voll:_F=C3=BClle?=\r\nMIME-Version: 1.0\r\n\
            Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\
            Content-Transfer-Encoding: quoted-printable\r\n\r\nzu 95 % gef=FCllt\r\n--x\r\nContent-Type: text/html\r\n\r\n\
            <b>nicht das</b>\r\n--x--\r\n";
        let read = Letter::read(encoded.as_bytes());
        assert_eq!(
            (read.subject.as_str(), read.text.as_str()),
            ("Platte ist voll: Fülle", "zu 95 % gefüllt")
        );
        let html = "Subject: x\r\nContent-Type: text/html\r\n\r\n<p>disk &amp; more<script>alert(1)</script></p>\r\n";
        assert!(Letter::read(html.as_bytes()).text.contains("disk & more"));
    }

    #[test]
    fn a_letter_is_the_body_of_its_hook() {
        let letter = Letter { subject: "disk is full".into(), text: "95 %".into(), ..Letter::default() };
        assert_eq!(letter.as_text(), b"disk is full\n95 %");
        let json: serde_json::Value = serde_json::from_slice(&letter.as_json()).unwrap();
        assert_eq!((&json["title"], &json["description"]), (&"disk is full".into(), &"95 %".into()));
        let own = Letter { text: r#"{"check_id": 7}"#.into(), ..letter };
        assert_eq!(own.as_json(), br#"{"check_id": 7}"#);
        assert_eq!(Letter::read(b"\xff\xfe no letter").key(), None);
    }
}
