//! The one way in: a form or a typed line goes to the command language, its answer back to the page.

use axum::{
    Json,
    extract::{Form, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{
    Shared, alerts,
    frame::{self, Left, Said},
    home, incident, line, playbook, visitor,
};
use crate::{
    desk::{Answer, Caller},
    incident::{id::IncidentId, refusal::Refusal},
    people::Person,
};

/// What the script gets in place of a page.
#[derive(Serialize)]
struct Reply {
    ok: bool,
    text: String,
    instead: String,
    /// Another page to go to.
    goto: Option<String>,
}

fn wants_json(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"))
}

fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
}

/// The form's key, bound to who says what: a page gone back to and sent again with other words says something else.
fn once(fields: &[(String, String)], me: &Person, line: &str) -> Option<String> {
    let key = field(fields, "once").filter(|key| key.len() <= 200)?;
    let digest = hex::encode(Sha256::digest(format!("{key}\0{}\0{line}", me.id)));
    Some(format!("console-{digest}"))
}

pub fn path_of(incident: IncidentId) -> String {
    format!("/console/i/{incident}")
}

/// Which page a form was sent from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    /// The incident's own, or the first page where there is none.
    Incident,
    Playbook,
    Alerts,
}

impl Page {
    fn of(fields: &[(String, String)]) -> Page {
        match field(fields, "page") {
            Some(playbook::PAGE) => Page::Playbook,
            Some(alerts::PAGE) => Page::Alerts,
            _ => Page::Incident,
        }
    }

    fn path(self, incident: IncidentId) -> String {
        match self {
            Page::Incident => path_of(incident),
            Page::Playbook => format!("{}/playbook", path_of(incident)),
            Page::Alerts => alerts::PATH.to_owned(),
        }
    }

    async fn show(self, shared: &Shared, me: &Person, incident: IncidentId, left: Left) -> Response {
        match self {
            Page::Incident => incident::show(shared, me, incident, left).await,
            Page::Playbook => playbook::show(shared, me, incident, left).await,
            Page::Alerts => alerts::show(shared, me, left).await,
        }
    }
}

pub async fn say(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let is_script = wants_json(&headers);
    let here = field(&fields, "incident").map(str::parse::<IncidentId>);
    let Some(me) = shared.visitor(&headers) else {
        if is_script {
            let reply = Reply {
                ok: false,
                text: "The console does not know you any more.".into(),
                instead: "Load the page again.".into(),
                goto: None,
            };
            return (StatusCode::UNAUTHORIZED, Json(reply)).into_response();
        }
        return frame::who_are_you(&shared, "/console");
    };
    let (mut said, line) = match (here.clone().transpose(), line::line(&fields)) {
        (Err(why), line) => {
            (Err(Refusal::invalid(why, "Go back to the incident's page.")), line.unwrap_or_default())
        }
        (Ok(_), None) => {
            (Err(Refusal::invalid("Nothing was said.", "`help` lists what can be said.")), String::new())
        }
        (Ok(_), Some(line)) if line.len() > line::LINE_BYTES_MAX => (
            Err(Refusal::invalid("That is too long for one command.", "Put the long form behind a link.")),
            String::new(),
        ),
        (Ok(here), Some(line)) => {
            let key = once(&fields, &me, &line);
            let caller = Caller::person(me.clone(), "console").admin((shared.console.is_admin)(&headers));
            ((shared.console.say)(caller, here, line.clone(), key).await, line)
        }
    };
    let here = here.and_then(Result::ok);
    if let (Ok(answer), Some(here)) = (&mut said, here)
        && was_merged_into(&shared, &me, answer, here).await
    {
        answer.incident = Some(here);
    }
    let from = Page::of(&fields);
    if is_script {
        for_script(said, here, from)
    } else {
        for_page(&shared, &headers, me, said, (here, from), line).await
    }
}

/// Whether it was about one that ended as the incident of this page: whoever says so here stays with the one that goes on.
async fn was_merged_into(shared: &Shared, me: &Person, answer: &Answer, here: IncidentId) -> bool {
    let Some(id) = answer.incident.filter(|id| *id != here && answer.seq.is_some()) else { return false };
    let other = shared.console.desk.seen_by(me).incident(id).await;
    other.is_ok_and(|other| other.merged_into == Some(here))
}

fn for_script(said: Result<Answer, Refusal>, here: Option<IncidentId>, from: Page) -> Response {
    match said {
        Ok(answer) => {
            let is_elsewhere = |id: &IncidentId| answer.seq.is_some() && Some(*id) != here;
            let goto = answer.incident.filter(|id| from != Page::Alerts && is_elsewhere(id)).map(path_of);
            Json(Reply { ok: true, text: answer.text, instead: String::new(), goto }).into_response()
        }
        Err(refusal) => {
            let status = frame::status_of(refusal.because);
            let reply = Reply { ok: false, text: refusal.why, instead: refusal.instead, goto: None };
            (status, Json(reply)).into_response()
        }
    }
}

async fn for_page(
    shared: &Shared,
    headers: &HeaderMap,
    me: Person,
    said: Result<Answer, Refusal>,
    (here, from): (Option<IncidentId>, Page),
    line: String,
) -> Response {
    let (left, status) = match said {
        // What is arranged about alerts that belong to no incident has no entry.
        Ok(answer) if answer.seq.is_some() || from == Page::Alerts => {
            let to = match answer.incident.or(here) {
                _ if from == Page::Alerts => alerts::PATH.to_owned(),
                Some(id) if Some(id) == here => from.path(id),
                Some(id) => path_of(id),
                None => "/console".to_owned(),
            };
            let mut response = Redirect::to(&to).into_response();
            if let Some(carried) = visitor::carry(&answer.text) {
                response.headers_mut().append(header::SET_COOKIE, carried);
            }
            return response;
        }
        // A reading changes nothing: its answer stands on this very page.
        Ok(answer) => {
            let said = Said { text: answer.text, ..Said::default() };
            (Left { said: Some(said), typed: String::new() }, StatusCode::OK)
        }
        Err(refusal) => {
            let left = Left { said: Some(Said::from(&refusal)), typed: line };
            (left, frame::status_of(refusal.because))
        }
    };
    let mut response = match here {
        Some(id) => from.show(shared, &me, id, left).await,
        None if from == Page::Alerts => alerts::show(shared, &me, left).await,
        None => home::show(shared, headers, &me, left).await,
    };
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
    }
    response
}
