//! How figures are printed: tables, and each figure beside its goal.

/// Prints the first line of a table's run: what, by which command.
pub fn headline(what: &str, bench: &str) {
    println!("\n{what}\n`cargo bench --bench {bench}`\n");
}

/// Prints a Markdown table.
pub fn table(head: &[&str], rows: &[Vec<String>]) {
    println!("| {} |", head.join(" | "));
    println!("|{}", "---|".repeat(head.len()));
    for row in rows {
        println!("| {} |", row.join(" | "));
    }
    println!();
}

pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// The value that this part of them does not exceed.
pub fn percentile(values: &[f64], part: f64) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let at = (values.len().saturating_sub(1) as f64 * part).round() as usize;
    values.get(at).copied().unwrap_or(0.0)
}

/// `12,345`
pub fn thousands(n: f64) -> String {
    let digits = format!("{n:.0}");
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// The value in the middle, and the one that is no better than any other (`worst` of two).
pub fn median_and(values: &[f64], worst: fn(f64, f64) -> f64) -> String {
    match values.iter().copied().reduce(worst) {
        Some(worst) => format!("{:.2} ({worst:.2})", median(values)),
        None => "–".into(),
    }
}

/// What a figure is to reach.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    Below(f64),
    AtLeast(f64),
    /// No number was set.
    Told(&'static str),
}

/// A figure of a run, to stand beside its goal.
pub struct Figure {
    what: String,
    /// `None`: not measured in this run.
    value: Option<f64>,
    unit: &'static str,
    goal: Goal,
}

impl Figure {
    pub fn new(what: impl Into<String>, value: Option<f64>, unit: &'static str, goal: Goal) -> Figure {
        Figure { what: what.into(), value, unit, goal }
    }

    fn row(&self) -> Vec<String> {
        let with_unit = |n: f64| match self.unit {
            "" => number(n),
            unit => format!("{} {unit}", number(n)),
        };
        let goal = match self.goal {
            Goal::Below(limit) => format!("below {}", with_unit(limit)),
            Goal::AtLeast(limit) => format!("at least {}", with_unit(limit)),
            Goal::Told(words) => words.to_owned(),
        };
        let reached = match (self.value, self.goal) {
            (Some(value), Goal::Below(limit)) => Some(value < limit),
            (Some(value), Goal::AtLeast(limit)) => Some(value >= limit),
            _ => None,
        };
        let reached = reached.map_or("–", |reached| if reached { "yes" } else { "NO" });
        let measured = self.value.map_or_else(|| "not measured".to_owned(), with_unit);
        vec![self.what.clone(), measured, goal, reached.to_owned()]
    }
}

/// `0.71`, `12.3`, `1,234`
fn number(n: f64) -> String {
    match n {
        n if n.abs() < 10.0 => format!("{n:.2}"),
        n if n.abs() < 100.0 => format!("{n:.1}"),
        n => thousands(n),
    }
}

/// A line for each figure, its goal beside it.
pub fn goals(figures: &[Figure]) {
    table(&["figure", "measured", "goal", "reached"], &figures.iter().map(Figure::row).collect::<Vec<_>>());
}
