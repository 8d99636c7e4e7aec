//! A mailbox that is read from, by IMAP: what lies in it is taken as a letter is that comes by SMTP.
//!
//! Each letter is taken once: first it is on disk, then marked as read or moved, then its place is remembered (UIDVALIDITY and UID).
//! Whatever breaks off in between, it is found again and known by its number. A word of the server that something is new is a hint; it
//! is looked again on a period as well.

use std::{collections::BTreeMap, future::Future, pin::Pin, sync::Arc, time::Duration};

use rustls::pki_types::ServerName;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

use super::{
    Letter, Outcome,
    imap::{Fetched, Imap, Trouble, Wire},
};
use crate::{
    alert::text::one_line,
    config::{MailGuard, Secret},
};

const CONNECT: Duration = Duration::from_secs(20);
/// Between two tries, at first and at most.
const PAUSE: Duration = Duration::from_secs(2);
const PAUSE_MAX: Duration = Duration::from_secs(300);

/// Of a trouble, the server's words in it, so many characters are told.
const TROUBLE_CHARS_MAX: usize = 300;
/// Looks in which a letter was not given out, before it is passed over.
const LOOKS_MAX: u32 = 5;

/// Letters that the server has and does not give out, by UID: in how many looks it did not.
type Withheld = BTreeMap<u32, u32>;

#[derive(Debug, Clone)]
pub struct Mailbox {
    pub host: String,
    pub port: u16,
    pub guard: MailGuard,
    pub account: String,
    pub password: Secret,
    pub folder: String,
    /// Where letters go that were taken; otherwise they stay, marked as read.
    pub move_to: Option<String>,
    /// Between two looks.
    pub every: Duration,
    pub letter_bytes_max: usize,
}

/// How far a folder was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// As long as the folder has this, its numbers mean what they meant.
    pub validity: u32,
    /// The last letter that was taken.
    pub uid: u32,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.validity, self.uid)
    }
}

impl std::str::FromStr for Place {
    type Err = ();
    fn from_str(text: &str) -> Result<Place, ()> {
        let (validity, uid) = text.split_once('.').ok_or(())?;
        Ok(Place { validity: validity.parse().map_err(drop)?, uid: uid.parse().map_err(drop)? })
    }
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What stands behind a mailbox.
pub trait Shelf: Send + Sync {
    /// On disk when it is taken; the same letter has the same place, whenever it comes again.
    fn take<'a>(&'a self, letter: Letter, place: Place) -> Answer<'a, Outcome>;
    /// How far the folder was read.
    fn place(&self) -> Answer<'_, Result<Option<Place>, String>>;
    fn remember(&self, place: Place) -> Answer<'_, Result<(), String>>;
    /// How it stands, after each look and each failure.
    fn stands(&self, trouble: Option<String>);
}

impl Mailbox {
    /// Reads it until told to stop.
    pub async fn watch(self: Arc<Self>, tls: TlsConnector, shelf: Arc<dyn Shelf>, stop: CancellationToken) {
        let (mut pause, mut withheld) = (PAUSE, Withheld::new());
        loop {
            let mut was_read = false;
            let read = self.read(&tls, &*shelf, &mut withheld, &mut was_read);
            // Whatever is under way then is found again.
            let trouble = tokio::select! {
                () = stop.cancelled() => return,
                trouble = read => trouble,
            };
            shelf.stands(Some(self.told(&trouble)));
            pause = if was_read { PAUSE } else { (pause * 2).min(PAUSE_MAX) };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Reads it for as long as that goes; then says what is in the way.
    async fn read(
        &self,
        tls: &TlsConnector,
        shelf: &dyn Shelf,
        withheld: &mut Withheld,
        was_read: &mut bool,
    ) -> String {
        let outcome: Result<(), Trouble> = async {
            let mut imap = self.connect(tls).await?;
            imap.login(&self.account, self.password.expose()).await?;
            let opened = imap.open(&self.folder).await?;
            if opened.is_read_only {
                return Err(Trouble::Refused(
                    "the folder can be read only, and what was taken must be marked".to_owned(),
                ));
            }
            loop {
                let left = self.look(&mut imap, opened.validity, opened.next, shelf, withheld).await?;
                *was_read = true;
                shelf.stands(left.map(|why| self.told(&why)));
                if imap.can("IDLE") {
                    imap.wait(self.every).await?;
                } else {
                    tokio::time::sleep(self.every).await;
                    imap.nudge().await?;
                }
            }
        }
        .await;
        outcome.err().map(Trouble::why).unwrap_or_default()
    }

    /// A trouble as it is told: the server may say again what it was told.
    fn told(&self, trouble: &str) -> String {
        one_line(&self.password.redact(trouble), TROUBLE_CHARS_MAX)
    }

    async fn connect(&self, tls: &TlsConnector) -> Result<Imap, Trouble> {
        let lost = |why: String| Trouble::Lost(format!("{} cannot be reached: {why}", self.host));
        let connected = timeout(CONNECT, TcpStream::connect((self.host.as_str(), self.port))).await;
        let stream = connected.map_err(|_| lost("no answer".to_owned()))?.map_err(|e| lost(e.to_string()))?;
        let name = ServerName::try_from(self.host.clone()).map_err(|e| lost(e.to_string()))?;
        let wire: Box<dyn Wire> = match self.guard {
            MailGuard::Tls => {
                let shaken = timeout(CONNECT, tls.connect(name.clone(), stream)).await;
                let shaken = shaken.map_err(|_| lost("no answer".to_owned()))?;
                Box::new(shaken.map_err(|e| lost(e.to_string()))?)
            }
            MailGuard::StartTls | MailGuard::Bare => Box::new(stream),
        };
        let imap = Imap::greeted(wire, self.letter_bytes_max).await?;
        match self.guard {
            MailGuard::StartTls => imap.under_tls(tls, name).await,
            MailGuard::Tls | MailGuard::Bare => Ok(imap),
        }
    }

    /// Takes what is new. Returns what was left, and why.
    async fn look(
        &self,
        imap: &mut Imap,
        validity: u32,
        next: Option<u32>,
        shelf: &dyn Shelf,
        withheld: &mut Withheld,
    ) -> Result<Option<String>, Trouble> {
        let known = shelf.place().await.map_err(Trouble::Lost)?;
        let known = known.filter(|place| place.validity == validity);
        let uids = match known {
            Some(place) => match place.uid.checked_add(1) {
                Some(next) => imap.since(next).await?,
                None => vec![],
            },
            // It was never read, or the server numbered it anew: what nobody has read is new.
            None => imap.unread().await?,
        };
        let before = next.unwrap_or_default().saturating_sub(1);
        let last = uids.iter().copied().chain([before]).max().unwrap_or_default();
        withheld.retain(|uid, _| uids.contains(uid));
        let (mut left, mut is_withheld, mut is_awaited) = (None, false, false);
        for uid in uids {
            let place = Place { validity, uid };
            let fetched = imap.letter(uid).await;
            // It may be this letter, or the server for now: it is passed over when it was asked for often, and one behind it can be had.
            is_withheld = matches!(fetched, Err(Trouble::Refused(_)));
            if is_withheld {
                let looks = withheld.entry(uid).or_default();
                *looks += 1;
                is_awaited |= *looks < LOOKS_MAX;
            }
            let why = match fetched {
                Ok(Some(fetched)) => self.take(imap, fetched, place, shelf).await?,
                // Somebody took it away meanwhile.
                Ok(None) => None,
                Err(Trouble::Refused(why)) => Some(format!("a letter could not be fetched: {why}")),
                Err(lost) => return Err(lost),
            };
            left = why.or(left);
            if known.is_some() && !is_withheld && !is_awaited {
                shelf.remember(place).await.map_err(Trouble::Lost)?;
            }
        }
        // Between what nobody has read lies what somebody has: so only when all of it is done.
        if known.is_none() && last > 0 && !is_withheld && !is_awaited {
            shelf.remember(Place { validity, uid: last }).await.map_err(Trouble::Lost)?;
        }
        Ok(left)
    }

    /// Takes one letter. Returns why it could not be taken, or put away.
    async fn take(
        &self,
        imap: &mut Imap,
        fetched: Fetched,
        place: Place,
        shelf: &dyn Shelf,
    ) -> Result<Option<String>, Trouble> {
        let mut letter = Letter::read(&fetched.raw);
        let more = fetched.bytes.saturating_sub(fetched.raw.len() as u64);
        if more > 0 {
            letter.text.push_str(&format!("\n(The rest of this letter, {more} bytes, was left out.)"));
        }
        match shelf.take(letter, place).await {
            Outcome::Taken => {}
            Outcome::Refused(why) => return Ok(Some(format!("a letter was left where it is: {why}"))),
            Outcome::Later(why) => return Err(Trouble::Lost(why)),
        }
        let put_away = async {
            imap.mark_read(place.uid).await?;
            match &self.move_to {
                Some(folder) => imap.put_into(folder, place.uid).await,
                None => Ok(()),
            }
        };
        match put_away.await {
            Ok(()) => Ok(None),
            Err(Trouble::Refused(why)) => {
                Ok(Some(format!("a letter was taken and could not be put away: {why}")))
            }
            Err(lost) => Err(lost),
        }
    }
}

/// Trusts whom this machine trusts.
///
/// # Errors
/// A sentence: it trusts nobody.
pub fn trusting() -> Result<TlsConnector, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err("this machine trusts no certificate: install ca-certificates".to_owned());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|e| e.to_string())?.with_root_certificates(roots).with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::mail::imap::tests::talk;

    /// Takes every letter, and keeps its place.
    #[derive(Default)]
    struct Kept {
        taken: Mutex<Vec<u32>>,
        place: Mutex<Option<Place>>,
    }

    impl Shelf for Kept {
        fn take<'a>(&'a self, _: Letter, place: Place) -> Answer<'a, Outcome> {
            self.taken.lock().unwrap().push(place.uid);
            Box::pin(async { Outcome::Taken })
        }
        fn place(&self) -> Answer<'_, Result<Option<Place>, String>> {
            let place = *self.place.lock().unwrap();
            Box::pin(async move { Ok(place) })
        }
        fn remember(&self, place: Place) -> Answer<'_, Result<(), String>> {
            *self.place.lock().unwrap() = Some(place);
            Box::pin(async { Ok(()) })
        }
        fn stands(&self, _: Option<String>) {}
    }

    fn mailbox() -> Mailbox {
        Mailbox {
            host: "mail.example.org".into(),
            port: 993,
            guard: MailGuard::Tls,
            account: "ada".into(),
            password: Secret::default(),
            folder: "INBOX".into(),
            move_to: None,
            every: Duration::from_secs(60),
            letter_bytes_max: 1_000,
        }
    }

    #[tokio::test]
    async fn a_letter_that_the_server_does_not_give_is_asked_for_five_times_and_those_behind_it_are_taken_meanwhile()
     {
        const DAMAGED: (&str, &str) =
            ("UID FETCH 5 (RFC822.SIZE BODY.PEEK[]<0.1000>)", "T NO [SERVERBUG] it is damaged\r\n");
        let mut said = vec![("UID SEARCH UID 5:*", "* SEARCH 5\r\nT OK done\r\n"), DAMAGED];
        for _ in 1..LOOKS_MAX {
            said.extend([
                ("UID SEARCH UID 5:*", "* SEARCH 5 6\r\nT OK done\r\n"),
                DAMAGED,
                (
                    "UID FETCH 6 (RFC822.SIZE BODY.PEEK[]<0.1000>)",
                    "* 2 FETCH (UID 6 RFC822.SIZE 4 BODY[]<0> \"a: b\")\r\nT OK done\r\n",
                ),
                ("UID STORE 6 +FLAGS.SILENT (\\Seen)", "T OK done\r\n"),
            ]);
        }
        said.push(("UID SEARCH UID 7:*", "* SEARCH 6\r\nT OK done\r\n"));
        let (mut imap, played) = talk(said).await;
        let (mailbox, shelf, mut withheld) = (mailbox(), Kept::default(), Withheld::new());
        let at = |uid| Some(Place { validity: 1, uid });
        *shelf.place.lock().unwrap() = at(4);
        let damaged = Some("a letter could not be fetched: the server says «it is damaged»".to_owned());
        for look in 1..=LOOKS_MAX {
            // It could be the server that is in trouble: what it withholds now is asked for again.
            assert_eq!(*shelf.place.lock().unwrap(), at(4), "look {look}");
            assert_eq!(mailbox.look(&mut imap, 1, None, &shelf, &mut withheld).await, Ok(damaged.clone()));
        }
        assert_eq!(*shelf.place.lock().unwrap(), at(6));
        assert_eq!(mailbox.look(&mut imap, 1, None, &shelf, &mut withheld).await, Ok(None));
        assert_eq!(
            *shelf.taken.lock().unwrap(),
            [6; LOOKS_MAX as usize - 1],
            "the shelf knows it by its number"
        );
        assert_eq!(played.await.unwrap(), [""; 0]);
    }
}
