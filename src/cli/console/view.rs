//! The screen as it is drawn: of what is known, and nothing else. It fits 80 columns and 24 lines, and goes without colour.

use chrono::{DateTime, Utc};
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Position, Rect},
    style::{Color, Modifier, Style},
    text::{Line, Span},
    widgets::{Block, Borders, Paragraph},
};

use super::{
    feed::Entry,
    screen::{Opened, Screen, Told, Tone},
    waiting,
};
use crate::incident::{
    kind::Kind,
    names::Names,
    role::{Role, Words},
    severity::Severity,
    state::Incident,
};

/// Columns from which on tasks and alerts stand beside the timeline.
const BESIDE_MIN: u16 = 72;
const BESIDE: u16 = 30;
/// Lines about chats that do not answer.
const AWAY_MAX: usize = 6;
/// Lines about the server, where it does not answer.
const BAR_MAX: usize = 3;
/// Lines from which on roles, and what is due, have a second one.
const TALL: u16 = 16;
/// The stored name of the event that stops every action.
const STOP: &str = "actions.stopped";
/// Columns of the time before a line of the timeline.
const TIME: usize = 6;
const KEYS: &str = "q quit · ? help · Enter say · Tab complete · ↑↓ history · Esc back · PgUp PgDn";

/// Colours, where the terminal's owner wants them.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    pub is_coloured: bool,
}

impl Look {
    /// After <https://no-color.org>.
    pub fn of_environment() -> Look {
        Look { is_coloured: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) }
    }

    fn in_colour(self, style: Style, colour: Color) -> Style {
        if self.is_coloured { style.fg(colour) } else { style }
    }
    fn severity(self, severity: Severity) -> Style {
        let style = Style::new().add_modifier(Modifier::BOLD);
        match severity {
            Severity::Sev1 => self.in_colour(style, Color::Red),
            Severity::Sev2 => self.in_colour(style, Color::Yellow),
            _ => style,
        }
    }
    fn trouble(self) -> Style {
        self.in_colour(Style::new().add_modifier(Modifier::BOLD), Color::Red)
    }
}

const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);
const FAINT: Style = Style::new().add_modifier(Modifier::DIM);
const BAR: Style = Style::new().add_modifier(Modifier::REVERSED);

/// What would move the cursor, or turn the direction of writing, of whoever looks.
fn is_foul(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

/// Words of outside, in one line.
fn plain(text: &str) -> String {
    text.chars().map(|c| if is_foul(c) { ' ' } else { c }).collect()
}

/// How far what is shown can be moved.
#[derive(Debug, Default, Clone, Copy)]
pub struct Room {
    pub back_max: usize,
    pub on_max: usize,
}

pub fn draw(frame: &mut Frame<'_>, screen: &Screen, look: Look) -> Room {
    let mut room = Room::default();
    let area = frame.area();
    let told = screen.told.as_ref().map(|told| rows_of(told, area.width));
    let told_height = told.as_ref().map_or(0, |rows| rows.len().min(usize::from(area.height / 2)) + 1);
    let bar_rows = bar_of(screen, usize::from(area.width));
    let away = away_of(screen, usize::from(area.width));
    let [bar, chats, body, answer, line, keys] = Layout::vertical([
        Constraint::Length(length(&bar_rows)),
        Constraint::Length(length(&away)),
        Constraint::Min(3),
        Constraint::Length(u16::try_from(told_height).unwrap_or(u16::MAX)),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(area);
    let style = if screen.away.is_some() { look.trouble().patch(BAR) } else { BAR };
    frame.render_widget(Paragraph::new(lines_of(bar_rows)).style(style), bar);
    frame.render_widget(Paragraph::new(lines_of(away)).style(look.trouble()), chats);
    match &screen.opened {
        Some(opened) => room.back_max = draw_incident(frame, body, opened, screen, look),
        None => draw_list(frame, body, screen, look),
    }
    if let (Some(rows), Some(told)) = (told, &screen.told) {
        room.on_max = draw_told(
            frame,
            answer,
            rows,
            screen.on,
            if told.tone == Tone::Plain { Style::new() } else { look.trouble() },
        );
    }
    draw_line(frame, line, screen);
    frame.render_widget(Paragraph::new(KEYS).style(FAINT), keys);
    // Whatever the words were, and wherever they came from: nothing but signs gets to the terminal.
    for cell in &mut frame.buffer_mut().content {
        if cell.symbol().chars().any(is_foul) {
            cell.set_symbol(" ");
        }
    }
    room
}

fn length<T>(rows: &[T]) -> u16 {
    u16::try_from(rows.len()).unwrap_or(u16::MAX)
}

fn lines_of<'a>(rows: Vec<String>) -> Vec<Line<'a>> {
    rows.into_iter().map(Line::raw).collect()
}

/// A sentence a little to the right, in as many lines as it takes.
fn set_in(text: &str, width: usize) -> impl Iterator<Item = String> {
    wrapped(&plain(text), width.saturating_sub(1)).into_iter().map(|row| format!(" {row}"))
}

/// The time, and who looks at which server; or why it is not there.
fn bar_of(screen: &Screen, width: usize) -> Vec<String> {
    let now = screen.now.format("%H:%M:%S");
    match &screen.away {
        None => vec![format!(" {now} UTC · {} · {}", plain(&screen.me), plain(&screen.server))],
        Some(why) => set_in(&format!("{now} UTC · {why}"), width).take(BAR_MAX).collect(),
    }
}

fn away_of(screen: &Screen, width: usize) -> Vec<String> {
    screen.chats_away.iter().flat_map(|one| set_in(one, width)).take(AWAY_MAX).collect()
}

fn how_bad<'a>(names: &Names, kind: Kind, severity: Severity, look: Look) -> Span<'a> {
    Span::styled(names.how_bad(kind, severity), look.severity(severity))
}

fn draw_list(frame: &mut Frame<'_>, area: Rect, screen: &Screen, look: Look) {
    let mut lines = vec![Line::styled("Open incidents", BOLD)];
    if screen.list.is_empty() && screen.away.is_none() {
        lines.push(Line::raw("  None. `declare WHAT IS WRONG` opens one."));
    }
    for (n, item) in screen.list.iter().enumerate() {
        let is_chosen = n == screen.chosen;
        let restricted = if item.restricted { " (restricted)" } else { "" };
        let line = Line::from(vec![
            Span::raw(format!("{} {:<8} ", if is_chosen { '>' } else { ' ' }, item.id.to_string())),
            how_bad(&screen.names, item.id.kind, item.severity, look),
            Span::raw(format!(
                " {} – {}, {} commands{restricted}",
                plain(&item.title),
                screen.names.phase(item.phase),
                plain(&item.commander)
            )),
            Span::styled(if item.stopped { " · STOPPED" } else { "" }, look.trouble()),
        ]);
        lines.push(if is_chosen { line.style(BAR) } else { line });
    }
    if !screen.free.is_empty() {
        lines.push(Line::raw(""));
        lines.push(Line::styled("Alerts without an incident", BOLD));
    }
    for alerts in &screen.free {
        let (firing, total) = (alerts.situation.firing, alerts.situation.total);
        let text =
            format!("  S-{} {} – {firing} firing of {total}", alerts.id, plain(&alerts.situation.title));
        lines.push(Line::styled(text, if firing > 0 { look.trouble() } else { Style::new() }));
    }
    // The chosen one is in sight.
    let above = (screen.chosen + 2).saturating_sub(usize::from(area.height));
    let lines: Vec<Line<'_>> = lines.into_iter().skip(above).collect();
    frame.render_widget(Paragraph::new(lines), area);
}

fn draw_incident(frame: &mut Frame<'_>, area: Rect, opened: &Opened, screen: &Screen, look: Look) -> usize {
    let Some(incident) = &opened.incident else {
        frame.render_widget(Paragraph::new(format!("{} …", opened.id)), area);
        return 0;
    };
    let known = head_of(incident, screen, area, look);
    let [head, rest] = Layout::vertical([Constraint::Length(length(&known)), Constraint::Min(1)]).areas(area);
    frame.render_widget(Paragraph::new(known), head);
    let beside = if area.width >= BESIDE_MIN { BESIDE } else { 0 };
    let [timeline, side] = Layout::horizontal([Constraint::Min(10), Constraint::Length(beside)]).areas(rest);
    if beside > 0 {
        let block = Block::new().borders(Borders::LEFT);
        let inner = block.inner(side);
        frame.render_widget(block, side);
        frame.render_widget(
            Paragraph::new(beside_of(
                incident,
                screen.words,
                incident.time_at(screen.now),
                usize::from(inner.width),
                look,
            )),
            inner,
        );
    }
    draw_timeline(frame, timeline, &opened.entries, screen.back, look)
}

/// What holds now, in few lines: what it is, how bad, who has which part, what falls due.
fn head_of<'a>(incident: &Incident, screen: &Screen, area: Rect, look: Look) -> Vec<Line<'a>> {
    let (width, rows_max) = (usize::from(area.width), if area.height < TALL { 1 } else { 2 });
    let firing = match incident.firing() {
        0 => String::new(),
        1 => " · 1 alert firing".to_owned(),
        n => format!(" · {n} alerts firing"),
    };
    let stop = incident.standing_stop().map(|stop| format!(" · STOPPED by {}", plain(&stop.by.name)));
    let restricted = if incident.restricted.is_some() { " · restricted" } else { "" };
    let phase = screen.names.phase(incident.phase);
    let mut lines = vec![
        Line::from(vec![
            Span::styled(format!("{} ", incident.id), BOLD),
            Span::styled(plain(&incident.title), BOLD),
        ]),
        Line::from(vec![
            how_bad(&screen.names, incident.kind(), incident.severity, look),
            Span::raw(format!(" · {phase}{firing}{restricted}")),
            Span::styled(stop.unwrap_or_default(), look.trouble()),
        ]),
        Line::raw(format!("{}: {}", incident.command_title(screen.words), plain(&incident.command_words()))),
    ];
    let roles: Vec<_> = roles_of(incident, screen.words).into_iter().map(Span::raw).collect();
    lines.extend(listed("Roles: ", roles, "none given out", width, rows_max));
    let now = incident.time_at(screen.now);
    let due = waiting::due(incident, screen.words, now).into_iter().map(|(at, what)| {
        let is_late = at.is_some_and(|at| at <= now);
        let late = if is_late { " LATE" } else { "" };
        let at = at.map(|at| at.format(" %H:%M").to_string()).unwrap_or_default();
        let style = if is_late { look.trouble() } else { Style::new() };
        Span::styled(format!("{}{at}{late}", plain(&what)), style)
    });
    lines.extend(listed("Due: ", due.collect(), "nothing", width, rows_max));
    lines
}

fn roles_of(incident: &Incident, words: Words) -> Vec<String> {
    let mut roles: Vec<&Role> = incident.roles.iter().map(|held| &held.role).collect();
    roles.sort_by_key(|role| (role.rank(), role.slug().to_owned()));
    roles.dedup();
    let told = roles.into_iter().map(|role| {
        let names: Vec<String> = incident.given(role.slug()).map(|one| plain(&one.name)).collect();
        format!("{} {}", plain(&role.shown(words)), names.join(", "))
    });
    told.collect()
}

/// Columns that are kept for how many more there are.
const MORE: usize = 10;

/// What has a title before it, in so many lines at most; then how many more there are.
fn listed<'a>(
    title: &'static str,
    all: Vec<Span<'a>>,
    none: &'static str,
    width: usize,
    rows_max: usize,
) -> Vec<Line<'a>> {
    let (mut rows, mut row, mut used) = (Vec::new(), vec![Span::raw(title)], title.len());
    let count = all.len();
    if count == 0 {
        row.push(Span::raw(none));
    }
    for (n, one) in all.into_iter().enumerate() {
        let is_last_row = rows.len() + 1 >= rows_max;
        let kept = if is_last_row && n + 1 < count { MORE } else { 0 };
        let is_full = row.len() > 1 && used + 3 + one.width() + kept > width;
        if is_full && is_last_row {
            row.push(Span::raw(format!(" · {} more", count - n)));
            break;
        }
        if is_full {
            rows.push(Line::from(std::mem::replace(&mut row, vec![Span::raw(" ".repeat(title.len()))])));
            used = title.len();
        } else if row.len() > 1 {
            row.push(Span::raw(" · "));
            used += 3;
        }
        used += one.width();
        row.push(one);
    }
    rows.push(Line::from(row));
    rows
}

/// Returns how many lines it can be moved back.
fn draw_timeline(frame: &mut Frame<'_>, area: Rect, entries: &[Entry], back: usize, look: Look) -> usize {
    let [title, area] = Layout::vertical([Constraint::Length(1), Constraint::Min(1)]).areas(area);
    let width = usize::from(area.width).saturating_sub(1);
    // The number by which `correct`, `pin` and `redact` name it, and the time.
    let digits = entries.iter().map(|entry| entry.seq).max().map_or(0, |seq| seq.to_string().len());
    let indent = digits + 1 + TIME;
    let mut rows: Vec<Line<'_>> = Vec::new();
    for entry in entries.iter().filter(|entry| !entry.is_told_with(entries)) {
        let is_hidden = entry.redacted_by.is_some();
        let style = match entry.name.as_str() {
            _ if is_hidden => FAINT,
            STOP => look.trouble(),
            name if name.starts_with("alert") => {
                look.in_colour(if entry.important { BOLD } else { Style::new() }, Color::Cyan)
            }
            name if entry.important || name.starts_with("command.") => BOLD,
            "note" => Style::new(),
            _ => FAINT,
        };
        let corrected = entry.reworded_by.as_ref().map(|by| format!(" (corrected by {})", plain(by)));
        let text = format!(
            "{}{}: {}{}",
            plain(&entry.actor),
            plain(&entry.aside()),
            plain(&entry.text),
            corrected.unwrap_or_default()
        );
        for (n, part) in wrapped(&text, width.saturating_sub(indent)).into_iter().enumerate() {
            let head = match n {
                0 => format!("{:>digits$} {} ", entry.seq, entry.occurred_at.format("%H:%M")),
                _ => " ".repeat(indent),
            };
            rows.push(Line::from(vec![Span::styled(head, FAINT), Span::styled(part, style)]));
        }
    }
    let height = usize::from(area.height);
    // Never past the beginning.
    let back_max = rows.len().saturating_sub(height);
    let back = back.min(back_max);
    let later = if back == 0 { String::new() } else { format!(" – {back} lines further on") };
    frame.render_widget(Paragraph::new(Line::styled(format!("Timeline{later}"), BOLD)), title);
    let end = rows.len() - back;
    let shown: Vec<Line<'_>> = rows.drain(end.saturating_sub(height)..end).collect();
    frame.render_widget(Paragraph::new(shown), area);
    back_max
}

/// What waits for an answer, proposals, tasks, actions and alerts, the open ones.
fn beside_of<'a>(
    incident: &Incident,
    words: Words,
    now: DateTime<Utc>,
    width: usize,
    look: Look,
) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    let mut part = |title: &str, rows: Vec<(String, bool)>| {
        lines.push(Line::styled(title.to_owned(), BOLD));
        if rows.is_empty() {
            lines.push(Line::styled("none", FAINT));
        }
        for (text, is_late) in rows {
            let style = if is_late { look.trouble() } else { Style::new() };
            lines.extend(
                wrapped(&plain(&text), width).into_iter().take(2).map(|row| Line::styled(row, style)),
            );
        }
    };
    let state = |state: &str, at: Option<DateTime<Utc>>| match at {
        Some(at) => format!("{state}, {}", at.format("%H:%M")),
        None => state.to_owned(),
    };
    let until = |at: DateTime<Utc>| format!("until {}", at.format("%H:%M"));
    let asked = waiting::asked(incident, words, now).into_iter().map(|(at, what)| match at {
        Some(at) => (format!("{what}, {}", until(at)), false),
        None => (what, false),
    });
    let asked: Vec<_> = asked.collect();
    if !asked.is_empty() {
        part("Waits for an answer", asked);
    }
    let proposals = incident.open_proposals().map(|one| {
        let against = if one.objectors.is_empty() { "" } else { ", strong objection" };
        (format!("{} {} ({}{against}) {}", one.n, one.by, until(one.ends_at), one.text), !against.is_empty())
    });
    let proposals: Vec<_> = proposals.collect();
    if !proposals.is_empty() {
        part("Proposals", proposals);
    }
    let tasks = incident.open_tasks().map(|one| {
        let is_late = one.state.word() == "overdue";
        (
            format!("#{} {} ({}) {}", one.n, one.whose(), state(one.state.word(), one.due_at), one.text),
            is_late,
        )
    });
    part("Tasks", tasks.collect());
    let actions = incident.open_actions().map(|one| {
        let stands = incident.standing_of(one);
        let text = format!("{} {} ({}) {}", one.n, one.by, state(stands, one.due_at), one.text);
        (text, one.is_risky)
    });
    let actions: Vec<_> = actions.collect();
    if !actions.is_empty() {
        part("Actions", actions);
    }
    let alerts = incident
        .situations
        .values()
        .map(|one| (format!("S-{} {}/{} {}", one.id, one.firing, one.total, one.title), one.firing > 0));
    part("Alerts (firing/all)", alerts.collect());
    lines
}

/// What is told in lines of the screen's width.
fn rows_of(told: &Told, width: u16) -> Vec<String> {
    let width = usize::from(width);
    told.text.lines().flat_map(|line| wrapped(&plain(line), width)).collect()
}

/// Returns how many lines it can be moved on.
fn draw_told(frame: &mut Frame<'_>, area: Rect, rows: Vec<String>, on: usize, style: Style) -> usize {
    let [rule, area] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
    let height = usize::from(area.height);
    let on_max = rows.len().saturating_sub(height);
    let on = on.min(on_max);
    let more = rows.len().saturating_sub(on + height);
    let note = if more > 0 { format!(" {more} more lines: PgDn ") } else { String::new() };
    frame.render_widget(Block::new().borders(Borders::TOP).title(note), rule);
    let shown: Vec<Line<'_>> =
        rows.into_iter().skip(on).take(height).map(|row| Line::styled(row, style)).collect();
    frame.render_widget(Paragraph::new(shown), area);
    on_max
}

fn draw_line(frame: &mut Frame<'_>, area: Rect, screen: &Screen) {
    let prompt = match &screen.opened {
        Some(opened) => format!("{}> ", opened.id),
        None => "> ".to_owned(),
    };
    // A line longer than the screen is shown around its cursor.
    let room = usize::from(area.width).saturating_sub(prompt.len() + 1).max(1);
    let before = Span::raw(plain(screen.line.before())).width();
    let mut text = plain(screen.line.text());
    let mut hidden = 0;
    while before.saturating_sub(hidden) > room && !text.is_empty() {
        hidden += Span::raw(text.remove(0).to_string()).width();
    }
    let column = u16::try_from((prompt.len() + before).saturating_sub(hidden)).unwrap_or(u16::MAX);
    frame.render_widget(Paragraph::new(Line::from(vec![Span::styled(prompt, BOLD), Span::raw(text)])), area);
    frame.set_cursor_position(Position::new(area.x.saturating_add(column), area.y));
}

/// Broken between words; a word longer than the width is broken too. Blanks at the beginning stay.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let (mut rows, mut row, mut used) = (Vec::new(), String::new(), 0);
    for word in text.split_inclusive(' ') {
        let wide = Span::raw(word.trim_end()).width();
        if used > 0 && used + wide > width {
            rows.push(std::mem::take(&mut row).trim_end().to_owned());
            used = 0;
        }
        for c in word.chars() {
            let one = Span::raw(c.to_string()).width();
            if used + one > width {
                if c == ' ' {
                    continue;
                }
                rows.push(std::mem::take(&mut row));
                used = 0;
            }
            row.push(c);
            used += one;
        }
    }
    rows.push(row.trim_end().to_owned());
    rows
}
