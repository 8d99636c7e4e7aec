//! How a longer text begins, in one line.

/// Characters of a text that a sentence repeats; the whole stands where it was said.
const CHARS_MAX: usize = 80;

/// The beginning of a step's text, a task's, an action's.
pub(crate) fn brief(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut short: String = line.chars().take(CHARS_MAX).collect();
    if short.len() == line.len() {
        return short;
    }
    // A mark of code that lost its other half would pair with the next one in the sentence.
    if short.matches('`').count() % 2 == 1
        && let Some(at) = short.rfind('`')
    {
        short.remove(at);
    }
    format!("{}…", short.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_into_one_line_and_leaves_no_half_of_a_code() {
        assert_eq!(brief("Stop\n the backup."), "Stop the backup.");
        let long = brief(&format!("Run `find {} -name core`", "x".repeat(100)));
        assert!(long.starts_with("Run find xxx") && long.ends_with("x…") && !long.contains('`'), "{long}");
        assert_eq!(brief(&"ä".repeat(81)), format!("{}…", "ä".repeat(80)));
        assert_eq!(brief(&"ä".repeat(80)), "ä".repeat(80));
    }
}
