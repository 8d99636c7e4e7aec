//! What a card says besides the alerts themselves: what users feel and why, what changed before, and what people made of it.

use super::{Card, Field, Value, button, long, short};
use crate::alert::{
    cause::{Side, Story},
    judgement::{Judgement, Verdict},
    text::cut,
};

/// Lines of one list on a card.
const LINES_MAX: usize = 3;
/// Longest line, in bytes.
const LINE_MAX_BYTES: usize = 190;

impl Card {
    /// With what changed before, what users feel and why: before all else that is long.
    pub fn with_story(mut self, story: &Story) -> Card {
        // Of a single thing of which nothing can be said, nothing is said.
        let is_told = |title: &str| title != Side::Unclear.title();
        let lists = story.lists().into_iter().filter(|(title, _)| is_told(title)).map(|(title, lines)| {
            let more = lines.len().saturating_sub(LINES_MAX);
            let mut shown: Vec<String> =
                lines.iter().take(LINES_MAX).map(|line| cut(line, LINE_MAX_BYTES).into_owned()).collect();
            if more > 0 {
                shown.push(format!("… and {more} more"));
            }
            long(title, shown.join("\n"))
        });
        let place = self.fields.iter().position(|field| !field.is_short).unwrap_or(self.fields.len());
        self.fields.splice(place..place, lists.collect::<Vec<Field>>());
        self
    }

    /// With the mark that holds for a situation, and buttons to set one.
    pub fn with_mark(mut self, situation: i64, mark: Option<&Judgement>) -> Card {
        if let Some(mark) = mark {
            let place = self.fields.iter().position(|field| !field.is_short).unwrap_or(self.fields.len());
            let words = cut(&mark.words(), LINE_MAX_BYTES).into_owned();
            self.fields.insert(place, Field { value: Value::Text(words), ..short("Marked", "") });
        }
        for (id, label, verdict) in [
            ("actionable", "It was right", Verdict::Actionable),
            ("noise", "Noise", Verdict::Noise),
            ("late", "Too late", Verdict::Late),
        ] {
            if mark.is_none_or(|mark| mark.verdict != verdict) {
                let command = format!("alert mark S-{situation} {}", verdict.word());
                self.buttons.push(button(id, label, &command, vec![], false));
            }
        }
        self
    }
}
