//! What stands on every page: the head, who you are, the command box with its answer; and the pages that stand before
//! the others: the name form, refusals.

use askama::Template;
use axum::{
    extract::{Form, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{Shared, clock, visitor};
use crate::{
    incident::{
        id::IncidentId,
        refusal::{Because, Refusal},
    },
    people::Person,
};

/// An answer or a refusal beside the command box.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    pub text: String,
    /// What would work instead; only of a refusal.
    pub instead: String,
    pub is_refusal: bool,
}

impl From<&Refusal> for Said {
    fn from(refusal: &Refusal) -> Said {
        Said { text: refusal.why.clone(), instead: refusal.instead.clone(), is_refusal: true }
    }
}

/// What the last form left behind.
#[derive(Debug, Clone, Default)]
pub struct Left {
    pub said: Option<Said>,
    /// The line that was refused, to be mended.
    pub typed: String,
}

impl Left {
    /// What the redirect after a form carried here.
    pub fn carried(headers: &HeaderMap) -> Left {
        let text = visitor::cookie(headers, visitor::SAID_COOKIE).filter(|text| !text.is_empty());
        Left { said: text.map(|text| Said { text, ..Said::default() }), typed: String::new() }
    }
}

/// Everything around a page's own content.
pub struct Frame {
    pub organization: String,
    pub title: String,
    pub section: &'static str,
    /// `EXERCISE …`, or empty.
    pub banner: &'static str,
    /// Chats that do not answer, each in a sentence.
    pub away: Vec<String>,
    pub me: Option<String>,
    pub can_rename: bool,
    /// The page's own incident.
    pub incident: Option<String>,
    /// Where a form of this page leads back to, where that is not the incident's own page.
    pub page: &'static str,
    /// Which hints the script listens to; empty for none.
    pub events: String,
    pub zone: &'static str,
    pub now: String,
    pub help: String,
    pub words: Vec<String>,
    /// Lines that fit what is open on this page, offered first.
    pub words_here: Vec<String>,
    pub said: Option<Said>,
    pub typed: String,
    /// Part of the key of each form on this page.
    pub once: String,
}

impl Frame {
    pub fn new(
        shared: &Shared,
        me: Option<&Person>,
        title: impl Into<String>,
        section: &'static str,
    ) -> Frame {
        let console = &shared.console;
        Frame {
            organization: console.title.clone(),
            title: title.into(),
            section,
            banner: "",
            away: if me.is_some() { away(shared, me) } else { vec![] },
            me: me.map(|person| person.name.clone()),
            can_rename: console.asks_name,
            incident: None,
            page: "",
            events: if me.is_some() { "/console/events".into() } else { String::new() },
            zone: shared.zone(me).name(),
            now: clock::iso(console.desk.world.now()),
            help: (console.help)(None, (&console.desk.settings().policy).into()),
            words: console.words.clone(),
            words_here: vec![],
            said: None,
            typed: String::new(),
            once: console.desk.world.id().simple().to_string(),
        }
    }

    pub fn leave(mut self, left: Left) -> Frame {
        self.said = left.said;
        self.typed = left.typed;
        self
    }
}

fn away(shared: &Shared, me: Option<&Person>) -> Vec<String> {
    let desk = &shared.console.desk;
    let clock = clock::Clock { tz: shared.zone(me), now: desk.world.now() };
    desk.away().iter().map(|one| one.in_words(&clock.stamp(one.since).short)).collect()
}

/// The house's clock and the reader's zone.
pub fn clock_at(shared: &Shared, me: &Person, now: DateTime<Utc>) -> clock::Clock {
    clock::Clock { tz: shared.zone(Some(me)), now }
}

pub fn render(template: &impl Template, status: StatusCode) -> Response {
    match template.render() {
        Ok(html) => {
            let mut response = (status, Html(html)).into_response();
            if let Some(clear) = visitor::carry("") {
                response.headers_mut().append(header::SET_COOKIE, clear);
            }
            response
        }
        Err(error) => {
            tracing::error!(%error, "a page cannot be written");
            (StatusCode::INTERNAL_SERVER_ERROR, "The page cannot be written; the log has the reason.\n")
                .into_response()
        }
    }
}

pub fn status_of(because: Because) -> StatusCode {
    match because {
        Because::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Because::Forbidden => StatusCode::FORBIDDEN,
        Because::NotFound => StatusCode::NOT_FOUND,
        Because::Conflict => StatusCode::CONFLICT,
        Because::Limit => StatusCode::TOO_MANY_REQUESTS,
        Because::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

#[derive(Template)]
#[template(path = "console/refusal.html")]
struct RefusalPage {
    frame: Frame,
    why: String,
    instead: String,
}

pub fn refusal_page(shared: &Shared, me: Option<&Person>, refusal: &Refusal) -> Response {
    let frame = Frame::new(shared, me, "Not possible", "");
    let page = RefusalPage { frame, why: refusal.why.clone(), instead: refusal.instead.clone() };
    render(&page, status_of(refusal.because))
}

#[derive(Template)]
#[template(path = "console/name.html")]
struct NamePage {
    frame: Frame,
    back: String,
    typed_name: String,
    problem: Option<String>,
}

/// The incident that an address names.
///
/// # Errors
/// It is no incident's number.
pub fn incident_id(text: &str) -> Result<IncidentId, Refusal> {
    text.parse().map_err(|why| Refusal::not_found(why, "The incidents are on the first page."))
}

/// A page, or why there is none.
pub fn answer<P: Template>(shared: &Shared, me: &Person, built: Result<P, Refusal>) -> Response {
    match built {
        Ok(page) => render(&page, StatusCode::OK),
        Err(refusal) => refusal_page(shared, Some(me), &refusal),
    }
}

/// What a visitor sees of whom nothing is known: the name form, or that a login is needed.
pub fn who_are_you(shared: &Shared, back: &str) -> Response {
    if !shared.console.asks_name {
        let refusal = Refusal::forbidden(
            "This console is for people who are signed in.",
            "Open it with the token or login that you were given.",
        );
        let mut response = refusal_page(shared, None, &refusal);
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        return response;
    }
    let frame = Frame::new(shared, None, "Who are you?", "");
    let page = NamePage { frame, back: own_path(back), typed_name: String::new(), problem: None };
    render(&page, StatusCode::OK)
}

/// A path of the console; anything else leads to its first page.
fn own_path(path: &str) -> String {
    let is_own = path.starts_with("/console")
        && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_".contains(&b));
    if is_own { path.to_owned() } else { "/console".to_owned() }
}

pub async fn name_page(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    if !shared.console.asks_name {
        return Redirect::to("/console").into_response();
    }
    let me = shared.visitor(&headers);
    let frame = Frame::new(&shared, me.as_ref(), "Who are you?", "");
    let typed_name = me.map(|person| person.name).unwrap_or_default();
    render(&NamePage { frame, back: "/console".into(), typed_name, problem: None }, StatusCode::OK)
}

#[derive(Deserialize)]
pub struct NameForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    back: String,
}

pub async fn give_name(State(shared): State<Shared>, Form(form): Form<NameForm>) -> Response {
    if !shared.console.asks_name {
        return Redirect::to("/console").into_response();
    }
    let kept = visitor::person(&form.name).and_then(|person| {
        visitor::keep_name(&person.name).ok_or_else(|| "The name is too long to keep.".to_owned())
    });
    match kept {
        Ok(cookie) => ([(header::SET_COOKIE, cookie)], Redirect::to(&own_path(&form.back))).into_response(),
        Err(problem) => {
            let frame = Frame::new(&shared, None, "Who are you?", "");
            let page =
                NamePage { frame, back: own_path(&form.back), typed_name: form.name, problem: Some(problem) };
            render(&page, StatusCode::UNPROCESSABLE_ENTITY)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn after_the_name_form_nobody_is_led_elsewhere() {
        assert_eq!(own_path("/console/i/INC-1"), "/console/i/INC-1");
        for path in
            ["https://evil.example", "//evil.example", "/console\r\nX: y", "/console/../x", "/elsewhere", ""]
        {
            assert_eq!(own_path(path), "/console", "{path:?}");
        }
    }
}
