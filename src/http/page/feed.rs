//! The Atom feed (RFC 4287): one entry a published post, newest first, so that a reader shows each update.

use atom_syndication::{Content, Entry, Feed, FixedDateTime, Generator, Link, Person, Text};
use chrono::{DateTime, Utc};

use super::{PageSettings, model::PublicView};

/// Entries at most.
const ENTRIES_MAX: usize = 100;

fn fixed(at: DateTime<Utc>) -> FixedDateTime {
    at.fixed_offset()
}

fn link(rel: &str, href: String, mime: &str) -> Link {
    Link { href, rel: rel.into(), mime_type: Some(mime.into()), ..Link::default() }
}

/// Markup characters as entities: the content is declared as HTML and may be shown as such.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

pub fn atom(view: &PublicView, settings: &PageSettings) -> String {
    // RFC 4151 tags: they stay the same wherever the page moves to below its host.
    let host = settings.public_url.as_ref().and_then(|url| url.host_str()).unwrap_or("commandpost.invalid");
    let mut entries: Vec<(DateTime<Utc>, Entry)> = Vec::new();
    for incident in view.open.iter().chain(&view.planned).chain(&view.past) {
        for post in &incident.posts {
            let body: Vec<String> = super::paragraphs(&post.text)
                .into_iter()
                .map(|lines| {
                    format!("<p>{}</p>", lines.iter().map(|l| escaped(l)).collect::<Vec<_>>().join("<br>"))
                })
                .collect();
            let content = Content {
                value: Some(body.concat()),
                content_type: Some("html".into()),
                ..Content::default()
            };
            let entry = Entry {
                title: Text::plain(format!("{}: {}", post.phase.title(), incident.title)),
                id: format!("tag:{host},2026:{}/p{}", incident.id, post.n),
                updated: fixed(post.at),
                published: Some(fixed(post.at)),
                links: vec![link(
                    "alternate",
                    format!("{}#{}", settings.page_url(), incident.id),
                    "text/html",
                )],
                content: Some(content),
                ..Entry::default()
            };
            entries.push((post.at, entry));
        }
    }
    entries.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let feed = Feed {
        title: Text::plain(settings.title.clone()),
        id: format!("tag:{host},2026:status"),
        updated: fixed(view.updated_at.unwrap_or_default()),
        authors: vec![Person { name: settings.organization.clone(), ..Person::default() }],
        generator: Some(Generator { value: "commandpost".into(), ..Generator::default() }),
        links: vec![
            link("self", format!("{}/feed.atom", settings.page_url()), "application/atom+xml"),
            link("alternate", settings.page_url(), "text/html"),
        ],
        entries: entries.into_iter().take(ENTRIES_MAX).map(|(_, entry)| entry).collect(),
        ..Feed::default()
    };
    feed.to_string()
}
