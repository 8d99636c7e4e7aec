//! The organization chart as a picture, after ICS 207: the commander above, officers of the command staff beside the line, sections
//! below it, and below each section who works for it.
//!
//! The picture is an SVG. Widths of letters are guessed, on the safe side; lines that do not fit are broken or cut.

use askama::Template;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::incident::{
    chart::{Chart, Position},
    role::Category,
};

/// Sizes in pixels.
const MARGIN: u32 = 24;
const HEADER: u32 = 84;
const BOX_WIDTH: u32 = 236;
const PADDING: u32 = 10;
const GAP: u32 = 28;
/// From one box to the next below it.
const STEP: u32 = 14;
/// A box below another stands so far to the right.
const INDENT: u32 = 22;
const SMALL_LINE: u32 = 16;
const NAME_LINE: u32 = 20;
/// Letters in a line of a box; one of East Asia counts for two.
const SMALL_WIDTH: usize = 30;
const NAME_WIDTH: usize = 24;
/// Pixels of a letter of the heading.
const HEADING_LETTER: u32 = 11;
const NAME_LINES_MAX: usize = 4;
const TITLE_LINES_MAX: usize = 2;
/// Boxes of one column; what is more is counted in one more box.
const COLUMN_MAX: usize = 24;
const COLUMNS_MAX: usize = 8;
/// Officers beside the line, and boxes of one of them with whoever works for them.
const STAFF_MAX: usize = 12;
const OFFICER_MAX: usize = 6;
/// Said beside the positions, below the picture.
const NOTES_MAX: usize = 12;

/// A picture: an SVG and its size in pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub svg: String,
    pub width: u32,
    pub height: u32,
}

struct Line {
    x: u32,
    y: u32,
    is_small: bool,
    text: String,
}

struct Block {
    class: &'static str,
    x: u32,
    y: u32,
    width: u32,
    height: u32,
    lines: Vec<Line>,
}

struct Note {
    y: u32,
    text: String,
}

#[derive(Template)]
#[template(path = "card/chart.svg")]
struct Drawing {
    width: u32,
    height: u32,
    margin: u32,
    heading: String,
    below_heading: String,
    wires: Vec<String>,
    boxes: Vec<Block>,
    notes: Vec<Note>,
}

/// The chart as a picture; `None` only if it cannot be written.
pub fn picture(chart: &Chart) -> Option<Picture> {
    let (mut staff, rest): (Vec<_>, Vec<_>) = chart.command.below.iter().partition(|one| is_staff(one));
    let (watchers, line): (Vec<_>, Vec<_>) =
        rest.into_iter().partition(|one| one.category == Category::Observer);
    let mut columns: Vec<Vec<&Position>> = line.into_iter().map(|one| vec![one]).collect();
    if !watchers.is_empty() {
        columns.push(watchers);
    }
    let beyond = columns.split_off(columns.len().min(COLUMNS_MAX)).into_iter().flatten();
    let beyond = beyond.chain(staff.split_off(staff.len().min(STAFF_MAX)));
    let left_out: usize = beyond.map(count).sum();

    let widths: Vec<u32> = columns.iter().map(|column| widest(column)).collect();
    let below: u32 = widths.iter().sum::<u32>() + GAP * (widths.len() as u32).saturating_sub(1);
    let wing = widest(&staff) + GAP;
    let beside = if staff.is_empty() { BOX_WIDTH } else { 2 * wing };
    let inner = below.max(beside).max(BOX_WIDTH * 2 + GAP);
    let trunk = MARGIN + inner / 2;

    let mut sheet = Sheet::default();
    let head = sheet.block(Words::of(&chart.command), trunk - BOX_WIDTH / 2, HEADER);
    let mut y = head + STEP;
    let mut trunk_end = head;
    for pair in staff.chunks(2) {
        let mut bottom = y;
        for (one, is_left) in pair.iter().zip([true, false]) {
            let x = if is_left { trunk - wing } else { trunk + GAP };
            let middle = y + Words::of(one).height() / 2;
            let edge = if is_left { x + BOX_WIDTH } else { x };
            sheet.wires.push(format!("M{trunk} {middle}H{edge}"));
            trunk_end = trunk_end.max(middle);
            bottom = bottom.max(sheet.column(&[one], x, y, OFFICER_MAX));
        }
        y = bottom + STEP;
    }
    if !columns.is_empty() {
        let bar = y + STEP;
        trunk_end = bar;
        y = bar + STEP;
        let mut x = MARGIN + (inner - below) / 2;
        let (mut first, mut last) = (trunk, trunk);
        let mut bottom = y;
        for (column, width) in columns.iter().zip(&widths) {
            let middle = x + BOX_WIDTH / 2;
            (first, last) = (first.min(middle), last.max(middle));
            sheet.wires.push(format!("M{middle} {bar}V{y}"));
            bottom = bottom.max(sheet.column(column, x, y, COLUMN_MAX));
            x += width + GAP;
        }
        sheet.wires.push(format!("M{first} {bar}H{last}"));
        y = bottom + STEP;
    }
    sheet.wires.push(format!("M{trunk} {head}V{trunk_end}"));

    let mut said: Vec<String> = chart.reports.iter().take(NOTES_MAX).map(|line| clean(line)).collect();
    let unsaid = left_out + chart.reports.len().saturating_sub(NOTES_MAX);
    if unsaid > 0 {
        said.push(format!("… and {unsaid} more, in the text of the chart"));
    }
    let notes: Vec<Note> = (1..).zip(said).map(|(n, text)| Note { y: y + n * SMALL_LINE, text }).collect();
    let height = notes.last().map_or(y, |note| note.y) + MARGIN;
    let width = inner + 2 * MARGIN;
    let period = chart.period.map_or_else(String::new, |n| format!(", operational period {n}"));
    let heading = format!("{} {}", chart.incident, chart.title);
    let drawing = Drawing {
        width,
        height,
        margin: MARGIN,
        heading: cut(&clean(&heading), (inner / HEADING_LETTER) as usize),
        below_heading: format!("Organization chart, {}{period}", chart.at.format("%-d %b %Y %H:%M UTC")),
        wires: sheet.wires,
        boxes: sheet.boxes,
        notes,
    };
    Some(Picture { svg: drawing.render().ok()?, width, height })
}

/// Whoever stands beside the line: officers of the command staff, and deputies.
fn is_staff(position: &Position) -> bool {
    matches!(position.category, Category::Command | Category::CommandStaff)
}

/// How far a column goes to the right.
fn widest(column: &[&Position]) -> u32 {
    fn steps(position: &Position) -> u32 {
        position.below.iter().map(|one| steps(one) + 1).max().unwrap_or(0)
    }
    // No more are drawn.
    let steps = column.iter().map(|one| steps(one)).max().unwrap_or(0).min(COLUMN_MAX as u32);
    BOX_WIDTH + INDENT * steps
}

/// What stands in a box.
struct Words {
    class: &'static str,
    title: Vec<String>,
    by: Vec<String>,
}

impl Words {
    fn of(position: &Position) -> Words {
        let (class, by) = match position {
            Position { is_vacant: true, by, .. } => ("vacant", format!("vacant, {by} does it")),
            Position { category: Category::Command, by, .. } => ("command", by.clone()),
            Position { by, .. } => ("held", by.clone()),
        };
        Words::new(class, &position.title, &by)
    }
    fn new(class: &'static str, title: &str, by: &str) -> Words {
        let (title, by) =
            (broken(title, SMALL_WIDTH, TITLE_LINES_MAX), broken(by, NAME_WIDTH, NAME_LINES_MAX));
        Words { class, title, by }
    }
    fn height(&self) -> u32 {
        2 * PADDING + SMALL_LINE * self.title.len() as u32 + NAME_LINE * self.by.len() as u32
    }
}

#[derive(Default)]
struct Sheet {
    wires: Vec<String>,
    boxes: Vec<Block>,
}

impl Sheet {
    /// Draws one box; returns where it ends.
    fn block(&mut self, words: Words, x: u32, y: u32) -> u32 {
        let height = words.height();
        let mut at = y + PADDING - 4;
        let mut lines = vec![];
        let title = words.title.into_iter().map(|text| (text, true));
        for (text, is_small) in title.chain(words.by.into_iter().map(|text| (text, false))) {
            at += if is_small { SMALL_LINE } else { NAME_LINE };
            lines.push(Line { x: x + PADDING, y: at, is_small, text });
        }
        self.boxes.push(Block { class: words.class, x, y, width: BOX_WIDTH, height, lines });
        y + height
    }

    /// Draws positions below each other, each with those below it, and at most so many; returns where the last one ends.
    fn column(&mut self, positions: &[&Position], x: u32, y: u32, most: usize) -> u32 {
        let (mut left, mut at) = (most, y);
        for position in positions {
            at = self.tree(position, x, at, &mut left);
        }
        let unseen = positions.iter().map(|one| count(one)).sum::<usize>().saturating_sub(most);
        if unseen > 0 {
            let more = Words::new("vacant", &format!("… and {unseen} more"), "in the text of the chart");
            at = self.block(more, x, at) + STEP;
        }
        at.saturating_sub(STEP)
    }

    /// Returns where the next one may begin.
    fn tree(&mut self, position: &Position, x: u32, y: u32, left: &mut usize) -> u32 {
        if *left == 0 {
            return y;
        }
        *left -= 1;
        let bottom = self.block(Words::of(position), x, y);
        let mut at = bottom + STEP;
        for one in &position.below {
            if *left == 0 {
                break;
            }
            let middle = at + Words::of(one).height() / 2;
            self.wires.push(format!("M{} {bottom}V{middle}H{}", x + INDENT / 2, x + INDENT));
            at = self.tree(one, x + INDENT, at, left);
        }
        at
    }
}

fn count(position: &Position) -> usize {
    1 + position.below.iter().map(count).sum::<usize>()
}

/// Without what no XML may hold, and without marks that turn the direction of writing.
fn clean(text: &str) -> String {
    let turns =
        |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}');
    text.chars().filter(|c| !c.is_control() && !turns(*c)).collect()
}

/// Cut to a width, with `…` where something is missing.
fn cut(text: &str, max: usize) -> String {
    let mut width = 0;
    let mut out = String::new();
    for c in text.chars() {
        width += c.width().unwrap_or(0);
        if width > max {
            while out.ends_with(' ') {
                out.pop();
            }
            out.push('…');
            return out;
        }
        out.push(c);
    }
    out
}

/// Broken into lines at blanks; the last one is cut where it does not fit.
fn broken(text: &str, max: usize, lines_max: usize) -> Vec<String> {
    let text = clean(text);
    let mut lines: Vec<String> = vec![];
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.width() + 1 + word.width() > max {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    if lines.len() > lines_max {
        let rest = lines.split_off(lines_max - 1).join(" ");
        lines.push(rest);
    }
    lines.iter().map(|line| cut(line, max)).collect()
}

#[cfg(test)]
pub mod tests {
    use chrono::DateTime;

    use super::*;

    fn position(title: &str, by: &str, category: Category, below: Vec<Position>) -> Position {
        let (by, is_vacant) = by.strip_prefix('?').map_or((by, false), |by| (by, true));
        Position { title: title.into(), by: by.into(), is_vacant, category, below }
    }

    /// What an incident of a bad night looks like.
    pub fn chart() -> Chart {
        use Category::*;
        let specialists = vec![
            position("Technical Specialist (api)", "Di", Specialist, vec![]),
            position("Technical Specialist (db)", "Cy and Grace", Specialist, vec![]),
        ];
        let network = vec![position("Technical Specialist (lb)", "Hal", Specialist, vec![])];
        let alpha = position("Group Supervisor (alpha)", "Flo", DivisionGroup, vec![]);
        let mut operations = vec![position("Branch Director (network)", "?Ada", Branch, network), alpha];
        operations.extend(specialists);
        let agency = vec![position("Agency Representative (acme)", "Gil of Acme", Specialist, vec![])];
        let scribes = vec![position("Documentation Unit Leader", "Eve and Kim", Unit, vec![])];
        Chart {
            incident: "INC-7".parse().unwrap(),
            title: "checkout fails for every second customer".into(),
            is_restricted: false,
            period: Some(2),
            at: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
            command: position(
                "Unified Command",
                "Ada (speaks for all), Zoe (Acme)",
                Command,
                vec![
                    position("Deputy Incident Commander", "Cy", Command, vec![]),
                    position("Public Information Officer", "Bo", CommandStaff, vec![]),
                    position("Safety Officer", "Jo", CommandStaff, vec![]),
                    position("Liaison Officer", "?Ada", CommandStaff, agency),
                    position("Operations Section Chief", "Max", GeneralStaff, operations),
                    position("Planning Section Chief", "?Ada", GeneralStaff, scribes),
                    position("Finance/Administration Section Chief", "Nguyễn Thị Minh", GeneralStaff, vec![]),
                    position("Trainee (ops)", "Nell", Observer, vec![]),
                    position("Observer", "Otto", Observer, vec![]),
                ],
            ),
            reports: vec!["Di reports to Cy".into()],
        }
    }

    fn boxes(svg: &str) -> usize {
        svg.matches("class=\"box\"").count()
    }

    #[test]
    fn every_position_and_what_was_said_beside_them_is_in_the_picture() {
        let picture = picture(&chart()).unwrap();
        assert_eq!(boxes(&picture.svg), count(&chart().command));
        for words in [
            "INC-7 checkout fails",
            "operational period 2",
            "vacant, Ada does it",
            "Nguyễn Thị Minh",
            "Di reports to Cy",
        ] {
            assert!(picture.svg.contains(words), "{words}");
        }
        insta::assert_snapshot!(picture.svg);
    }

    #[test]
    fn boxes_do_not_lie_over_each_other_and_none_lies_outside() {
        let picture = picture(&chart()).unwrap();
        let number = |text: &str, name: &str| {
            let value = text.split(&format!(" {name}=\"")).nth(1).unwrap();
            value.split('"').next().unwrap().parse::<u32>().unwrap()
        };
        let boxes: Vec<[u32; 4]> = picture
            .svg
            .split("class=\"box\"")
            .skip(1)
            .map(|text| ["x", "y", "width", "height"].map(|name| number(text, name)))
            .collect();
        for (n, [x, y, w, h]) in boxes.iter().enumerate() {
            assert!(x + w <= picture.width && y + h <= picture.height);
            for [x2, y2, w2, h2] in &boxes[n + 1..] {
                let apart = x + w <= *x2 || x2 + w2 <= *x || y + h <= *y2 || y2 + h2 <= *y;
                assert!(apart, "{x},{y} and {x2},{y2}");
            }
        }
    }

    #[test]
    fn names_are_words_whatever_is_in_them() {
        let mut chart = chart();
        chart.title = "<script>alert(1)</script>\u{0} \u{202e}&".into();
        chart.command.by = "\"/><image href=\"file:///etc/passwd\"/>".into();
        let svg = picture(&chart).unwrap().svg;
        assert!(!svg.contains("<script") && !svg.contains("<image") && !svg.contains('\u{0}'), "{svg}");
        assert!(!svg.contains('\u{202e}'));
    }

    #[test]
    fn a_crowd_makes_a_picture_of_bounded_size_that_counts_who_is_left_out() {
        let mut chart = chart();
        let one =
            |n: u32| position(&format!("Technical Specialist (s{n})"), "Ann", Category::Specialist, vec![]);
        chart.command.below[4].below = (0..500).map(one).collect();
        let more = (0..60).map(|_| position("Runbook Keeper", "Ann", Category::Unit, vec![]));
        chart.command.below.extend(more);
        let picture = picture(&chart).unwrap();
        assert!(picture.width < 4_000 && picture.height < 4_000, "{}x{}", picture.width, picture.height);
        assert!(picture.svg.contains("… and 477 more"));
        // Whoever stands in a column that is not drawn: 55 keepers, a trainee and an observer.
        assert!(picture.svg.contains("… and 57 more, in the text of the chart"), "{}", picture.svg);
    }

    #[test]
    fn a_crowd_of_officers_makes_a_picture_of_bounded_size_too() {
        let mut chart = chart();
        let agency =
            |n: u32| position(&format!("Agency Representative (a{n})"), "Ann", Category::Specialist, vec![]);
        chart.command.below[3].below = (0..100).map(agency).collect();
        let officer = |_| position("Duty Officer", "Ann", Category::CommandStaff, vec![]);
        chart.command.below.extend((0..300).map(officer));
        let picture = picture(&chart).unwrap();
        assert!(picture.height < 4_000, "{}", picture.height);
        for left_out in ["… and 292 more, in the text of the chart", "… and 95 more"] {
            assert!(picture.svg.contains(left_out), "{left_out}: {}", picture.svg);
        }
    }
}
