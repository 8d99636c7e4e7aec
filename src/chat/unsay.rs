//! Taking back what was said of an entry that was redacted: the bot's own lines, and how a card read before.

use std::{borrow::Cow, collections::BTreeSet, ops::Range};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    bindings::Spot,
    bring::{FORMER, GONE, Halt, Place, Step, put_card},
    follow,
    space::redacted_title,
};
use crate::{
    card::{self, Said},
    incident::{id::IncidentId, sentence::Part, state::Incident},
    journal::rows::{Delivery, What},
    outbox::port::{Outcome, Unsaid},
};

/// What is left of a line where not everybody who reads it may see its incident any more.
const REDACTED: &str = "[redacted]";
/// A chat's clock may be behind by this much.
const SKEW: TimeDelta = TimeDelta::minutes(1);

/// Takes the words of lines out of sight, wherever they were said: where their address says, or where they are found.
pub(super) async fn unsay(
    place: &impl Place,
    id: IncidentId,
    lines: &[Unsaid],
    delivery: &Delivery,
) -> Step<()> {
    let once = &delivery.key;
    let incident = match place.desk().incident(id).await {
        Ok(incident) => incident,
        Err(refusal) => return Err(Outcome::Retry { after: None, why: refusal.to_string() }.into()),
    };
    let is_restricted = incident.restricted.is_some();
    let mut spaces = Vec::new();
    for spot in [Spot::open(id), Spot::private(id)] {
        let space = place.bindings().bound(&spot.to_string(), "space").await?;
        spaces.extend(space.map(|space| (spot, space)));
    }
    for line in lines {
        let may_be_at =
            |at: &str| line.url.as_ref().is_none_or(|url| is_same_place(url, &place.link(at, &line.message)));
        let there: Vec<&(Spot, String)> = spaces.iter().filter(|(_, at)| may_be_at(at)).collect();
        for (spot, at) in there {
            let said = left_of(&line.said, *spot, is_restricted);
            match place.unsay(at, &line.message, &said, &format!("{once}/{}", line.said.seq)).await {
                Ok(true) => break,
                // It went with its place.
                Ok(false) | Err(Halt::SpaceGone) => {}
                Err(halt) => return Err(halt),
            }
        }
    }
    let What::Unsay { seq } = delivery.what else { return Ok(()) };
    if !place.keeps_versions() {
        return Ok(());
    }
    let written_at = match place.desk().entry(id, seq).await {
        Ok(entry) => entry.map_or(DateTime::UNIX_EPOCH, |entry| entry.recorded_at),
        Err(refusal) => return Err(Outcome::Retry { after: None, why: refusal.to_string() }.into()),
    };
    let readable = written_at - SKEW..delivery.created_at;
    let is_title = redacted_title(place.desk(), &incident).await? == Some(seq);
    for (spot, at) in &spaces {
        let done = match unsay_on_card(place, *spot, at, &incident, &readable, once).await {
            Ok(()) if is_title => place.unsay_names(*spot, at, &incident, once).await,
            done => done,
        };
        match done {
            Ok(()) | Err(Halt::SpaceGone) => {}
            Err(halt) => return Err(halt),
        }
    }
    Ok(())
}

/// Takes the words that a card had before out of sight. `readable`: when they were to be read; a card that was posted then may have
/// begun with them, so it is posted anew.
async fn unsay_on_card(
    place: &impl Place,
    spot: Spot,
    at: &str,
    incident: &Incident,
    readable: &Range<DateTime<Utc>>,
    once: &str,
) -> Step<()> {
    let (subject, bindings) = (spot.to_string(), place.bindings());
    let now = match (spot.is_private, incident.restricted.is_some()) {
        (false, true) => Some(card::cover(incident)),
        (true, false) => None,
        _ => Some(card::incident(incident, &place.desk().settings().policy)),
    };
    if let Some(message) = bindings.bound(&subject, "card").await?
        && let Some(card) = now
    {
        if place.is_card_of(at, &message, readable).await? {
            follow::forget_card(place, spot, &message).await;
        }
        // What stands there now is left, so that has to be without them.
        put_card(place, spot, at, &card, &format!("{once}/card"), false).await?;
    }
    if let Some(message) = bindings.bound(&subject, "card").await? {
        place.unsay_versions(at, &message, false, once).await?;
    }
    let all = bindings.all(&subject).await?;
    let former = |(name, value): &(String, String)| match name.strip_prefix(FORMER) {
        None if name == GONE => Some(value.clone()),
        message => message.map(str::to_owned),
    };
    let former: BTreeSet<String> = all.iter().filter_map(former).collect();
    for message in former {
        place.unsay_versions(at, &message, true, once).await?;
        // Nothing is left of it.
        bindings.bind(&subject, &format!("{FORMER}{message}"), "").await?;
    }
    Ok(())
}

/// A line that was taken back, as it may be read there: where not everybody may see its incident any more, neither is the reason
/// for everybody, nor what the line would tell by now.
fn left_of(said: &Said, spot: Spot, is_restricted: bool) -> Cow<'_, Said> {
    if spot.is_private || !is_restricted {
        return Cow::Borrowed(said);
    }
    Cow::Owned(Said { text: vec![Part::Text(REDACTED.to_owned())], goes_on: false, ..said.clone() })
}

/// Whether two addresses of messages lead to the same one. The chat's own name in them is known only once it has answered, and what
/// stands behind a `?` is no part of where it is.
fn is_same_place(one: &str, other: &str) -> bool {
    fn place_in(address: &str) -> &str {
        let behind_host = address.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
        let place = behind_host.map_or(address, |(_, place)| place);
        place.split_once('?').map_or(place, |(place, _)| place)
    }
    place_in(one) == place_in(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::testing::said;

    #[test]
    fn what_is_left_in_the_open_of_a_line_of_a_restricted_incident_says_nothing_of_it() {
        let line = said("[redacted: names ACME's breach]");
        let id = line.incident;
        let text = |spot, is_restricted| left_of(&line, spot, is_restricted).text.clone();
        assert_eq!(text(Spot::open(id), true), [Part::Text("[redacted]".into())]);
        for (spot, is_restricted) in
            [(Spot::open(id), false), (Spot::private(id), true), (Spot::private(id), false)]
        {
            assert_eq!(text(spot, is_restricted), line.text, "{spot} {is_restricted}");
        }
    }

    #[test]
    fn where_a_line_stands_is_known_before_the_chat_has_told_its_own_name() {
        for (then, now, is_same) in [
            ("https://matrix.to/#/%21r%3As/%24e?via=s", "https://matrix.to/#/%21r%3As/%24e?via=", true),
            ("https://matrix.to/#/%21r%3As/%24e?via=s", "https://matrix.to/#/%21other%3As/%24e?via=s", false),
            ("https://acme.slack.com/archives/C1/p2", "https://slack.com/archives/C1/p2", true),
            ("https://acme.slack.com/archives/C1/p2", "https://acme.slack.com/archives/C2/p2", false),
            ("https://acme.slack.com/archives/C1/p2", "https://acme.slack.com/archives/C1/p3", false),
        ] {
            assert_eq!(is_same_place(then, now), is_same, "{then} {now}");
        }
    }
}
