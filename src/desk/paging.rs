//! Pages on their way out, and the links by which they are acknowledged.
//!
//! A link holds what it is about and a seal over that, made with a key of this installation: nobody can guess one, and
//! none need be stored. It does one thing, once: when the call is answered it only says by whom.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::{Along, Answer, Caller, Desk, refuse};
use crate::{
    incident::{
        command::Command,
        id::IncidentId,
        kind::{Drill, Kind, Real},
        paging::{Act, Cleared, Page},
        refusal::Refusal,
        severity::Severity,
        state::{Paging, PagingState},
    },
    journal::rows::Delivery,
    outbox::port::Content,
    people::Person,
};

/// Where the journal keeps the key.
const DESTINATION: &str = "pager";
const SUBJECT: &str = "links";
const NAME: &str = "key";
/// Bytes of a seal: 128 bits that nobody guesses.
const SEAL_BYTES: usize = 16;
/// What stands before a pager's name where a destination is named, and where it stands for whoever it woke.
pub const PAGER: &str = "pager:";

/// What somebody sees who follows the link of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    pub incident: IncidentId,
    pub severity: Severity,
    /// Empty of a restricted incident: who has the link may have it from somebody.
    pub title: String,
    pub person: Person,
    /// Who answered, if somebody did; and whether it is over without that.
    pub answered_by: Option<Person>,
    pub is_over: bool,
}

/// What a link is about.
struct About {
    incident: IncidentId,
    n: u32,
    to: String,
}

impl Desk {
    /// A page as it is to be sent now; nothing where somebody answered meanwhile, or an exercise must not use this pager.
    pub(super) async fn page(
        &self,
        delivery: &Delivery,
        id: IncidentId,
        n: u32,
        to: Option<&Person>,
        act: Act,
    ) -> Result<Content, Refusal> {
        let incident = self.incident(id).await?;
        let is_open = incident.paging(n).is_some_and(Paging::is_open);
        if act == Act::Trigger && !is_open {
            return Ok(Content::Nothing);
        }
        let pager = delivery.destination.strip_prefix(PAGER).unwrap_or(&delivery.destination);
        let address = match to {
            Some(person) => {
                let key = (person.id.clone(), pager.to_owned());
                self.settings().addresses.get(&key).cloned().unwrap_or_default()
            }
            None => String::new(),
        };
        let key = self.key().await?;
        let whom = to.map_or_else(|| delivery.destination.clone(), |person| person.id.clone());
        let settings = self.settings();
        let link = settings.acknowledge_url.as_ref().and_then(|base| {
            base.join(&format!("ack/{}", token(&key, &format!("{id}/{n}/{whom}")))).ok().map(String::from)
        });
        // Two installations may page by the same service, each with an INC-1.
        let house = hex::encode(Sha256::digest(key.as_bytes()));
        let call = format!("{id}-{n}-{}", house.get(..8).unwrap_or_default());
        let cleared = match id.kind {
            Kind::Real => {
                Page::<Real>::of(&incident, n, act).map(|page| Cleared::real(page.to(link, call, address)))
            }
            Kind::Drill => match settings.policy.paging.safe_for_drills(pager) {
                Some(safe) => Page::<Drill>::of(&incident, n, act)
                    .map(|page| Cleared::rehearsal(page.to(link, call, address), safe)),
                None => return Ok(Content::Nothing),
            },
            Kind::Test | Kind::Planned => return Ok(Content::Nothing),
        };
        Ok(cleared.map_or(Content::Nothing, Content::Page))
    }

    /// What the link of a page is about.
    ///
    /// # Errors
    /// It is none of ours.
    pub async fn page_behind(&self, token: &str) -> Result<Linked, Refusal> {
        let (about, person) = self.open_link(token).await?;
        let incident = self.incident(about.incident).await.map_err(|_| no_link())?;
        let paging = incident.paging(about.n).ok_or_else(no_link)?;
        let answered_by = match &paging.state {
            PagingState::Acknowledged { by, .. } => Some(by.clone()),
            _ => None,
        };
        let title = if incident.restricted.is_some() { String::new() } else { incident.title.clone() };
        Ok(Linked {
            incident: about.incident,
            severity: incident.severity,
            title,
            person,
            is_over: !paging.is_open() && answered_by.is_none(),
            answered_by,
        })
    }

    /// Acknowledges in the name of whom the link was sent to.
    ///
    /// # Errors
    /// It is none of ours, or somebody answered before.
    pub async fn acknowledge_by_link(self: &Arc<Self>, token: &str) -> Result<Answer, Refusal> {
        let (about, person) = self.open_link(token).await?;
        let incident = self.incident(about.incident).await.map_err(|_| no_link())?;
        if incident.paging(about.n).is_none_or(|paging| !paging.is_open()) {
            return Err(Refusal::conflict(
                "This call was answered, or is over.",
                "Nothing is left to acknowledge.",
            ));
        }
        let caller = Caller::person(person, "link");
        self.submit(caller, about.incident, Command::AcknowledgePages, Along::default()).await
    }

    async fn open_link(&self, text: &str) -> Result<(About, Person), Refusal> {
        let about = read(&self.key().await?, text).ok_or_else(no_link)?;
        let incident = self.incident(about.incident).await.map_err(|_| no_link())?;
        let paging = incident.paging(about.n).ok_or_else(no_link)?;
        let person = match about.to.strip_prefix(PAGER) {
            Some(pager) => Person { id: about.to.clone(), name: format!("whoever {pager} woke") },
            None => paging.people.iter().find(|one| one.id == about.to).cloned().ok_or_else(no_link)?,
        };
        Ok((about, person))
    }

    /// The key of the seals: made once, and kept.
    async fn key(&self) -> Result<String, Refusal> {
        let made = self.seal_key.get_or_try_init(|| async {
            let bound = self.journal.bound(DESTINATION, SUBJECT).await.map_err(refuse)?;
            if let Some((_, key)) = bound.into_iter().find(|(name, _)| name == NAME) {
                return Ok(key);
            }
            let key = format!("{}{}", self.world.salt(), self.world.salt());
            self.journal.bind(DESTINATION, SUBJECT, NAME, &key).await.map_err(refuse)?;
            Ok(key)
        });
        made.await.cloned()
    }
}

fn no_link() -> Refusal {
    Refusal::not_found(
        "This link is none of ours, or is cut short.",
        "Open it as it was sent, or say `ack` in the chat.",
    )
}

fn seal(key: &str, about: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok()?;
    mac.update(b"acknowledge/");
    mac.update(about.as_bytes());
    Some(mac)
}

fn token(key: &str, about: &str) -> String {
    let sealed = seal(key, about).map(|mac| mac.finalize().into_bytes()).unwrap_or_default();
    let sealed = sealed.get(..SEAL_BYTES).map(hex::encode).unwrap_or_default();
    format!("{}.{sealed}", URL_SAFE_NO_PAD.encode(about))
}

fn read(key: &str, token: &str) -> Option<About> {
    let (about, given) = token.split_once('.')?;
    let about = String::from_utf8(URL_SAFE_NO_PAD.decode(about).ok()?).ok()?;
    let given = hex::decode(given).ok().filter(|given| given.len() == SEAL_BYTES)?;
    // Constant time.
    seal(key, &about)?.verify_truncated_left(&given).ok()?;
    let mut parts = about.splitn(3, '/');
    Some(About {
        incident: parts.next()?.parse().ok()?,
        n: parts.next()?.parse().ok()?,
        to: parts.next()?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_what_it_was_made_for_and_nothing_else() {
        let made = token("key", "INC-1/2/ann");
        let about = read("key", &made).unwrap();
        assert_eq!((about.incident.to_string().as_str(), about.n, about.to.as_str()), ("INC-1", 2, "ann"));
        assert!(read("another key", &made).is_none());
        let forged = format!("{}.{}", URL_SAFE_NO_PAD.encode("INC-1/2/bo"), made.split_once('.').unwrap().1);
        assert!(read("key", &forged).is_none());
        for bad in ["", ".", "a.b", &made[..made.len() - 1], &made[..made.len() - 2], &format!("{made}00")] {
            assert!(read("key", bad).is_none(), "{bad}");
        }
    }
}
