//! Patterns with `*` and `?`.

/// Whether `text` is what `pattern` says; time is bounded by the product of their lengths.
pub fn glob(pattern: &str, text: &str) -> bool {
    // Most that do not fit differ before the first sign that stands for others.
    let (literal, rest) = pattern.split_at(pattern.find(['*', '?']).unwrap_or(pattern.len()));
    match text.strip_prefix(literal) {
        Some(text) if rest.is_empty() => text.is_empty(),
        Some(text) => wild(rest, text),
        None => false,
    }
}

fn wild(pattern: &str, text: &str) -> bool {
    let (mut p, mut t) = (pattern.chars(), text.chars());
    // Where to go on if the rest fails: the pattern after the last star, the text one character further on.
    let mut retry: Option<(std::str::Chars, std::str::Chars)> = None;
    loop {
        let before = t.clone();
        let matched = match (p.next(), t.next()) {
            (Some('*'), _) => {
                retry = Some((p.clone(), before.clone()));
                t = before;
                true
            }
            (Some('?'), Some(_)) => true,
            (Some(a), Some(b)) => a == b,
            (None, None) => return true,
            (Some(_), None) => return false,
            (None, Some(_)) => false,
        };
        if !matched {
            let Some((after_star, from)) = &mut retry else { return false };
            if from.next().is_none() {
                return false;
            }
            (p, t) = (after_star.clone(), from.clone());
        }
    }
}
