//! The fence around a template: what it may name, call and nest, looked at when it is read.

use handlebars::{
    Template,
    template::{HelperTemplate, Parameter, TemplateElement},
};

use super::{FIELDS, Mistake, TEMPLATE_CHARS_MAX};
use crate::post::PublicPhase;

/// What it may name within `{{#each components}}`.
const ITEM_FIELDS: [&str; 5] = ["name", "state", "@first", "@last", "@index"];
/// What makes a value of values.
const INLINE: [&str; 12] =
    ["upper", "lower", "truncate", "eq", "ne", "gt", "gte", "lt", "lte", "and", "or", "not"];
/// What stands around text.
const BLOCKS: [&str; 3] = ["if", "unless", "each"];
/// Brackets and blocks within each other; deeper ones only burden the parser.
const NESTING_MAX: usize = 12;

/// What is wrong with a template, and what would do.
pub(super) struct Fault {
    pub at: Option<(usize, usize)>,
    pub what: String,
    pub hint: String,
}

impl Fault {
    pub fn whole(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { at: None, what: what.into(), hint: hint.into() }
    }
    pub fn within(self, destination: &str, phase: Option<PublicPhase>) -> Mistake {
        Mistake { destination: destination.to_owned(), phase, at: self.at, what: self.what, hint: self.hint }
    }
}

pub(super) fn first_line(text: &str) -> String {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned()
}

/// Reads a template, and refuses what the fence keeps out.
pub(super) fn compiled(source: &str) -> Result<Template, Fault> {
    if source.chars().count() > TEMPLATE_CHARS_MAX {
        return Err(Fault::whole(
            format!("the template is longer than {TEMPLATE_CHARS_MAX} characters"),
            "Shorten it.",
        ));
    }
    if nesting(source) > NESTING_MAX {
        return Err(Fault::whole(
            format!("more than {NESTING_MAX} blocks or brackets stand within each other"),
            "Take it apart.",
        ));
    }
    let template = Template::compile(source).map_err(|error| {
        let what = match error.reason() {
            handlebars::TemplateErrorReason::InvalidSyntax(_) => {
                "what stands here is no expression of a template".to_owned()
            }
            other => first_line(&other.to_string()),
        };
        let hint = "Write `{{field}}`, or `{{#if field}}...{{/if}}`; every `{{#` needs its `{{/`.";
        Fault { at: error.pos(), what, hint: hint.to_owned() }
    })?;
    fence(&template, false)?;
    Ok(template)
}

/// How deep blocks and brackets stand within each other, at most.
fn nesting(source: &str) -> usize {
    let (mut blocks, mut brackets, mut most) = (0_usize, 0_usize, 0_usize);
    let mut rest = source;
    while let Some(open) = rest.find("{{") {
        let inner = rest.get(open + 2..).unwrap_or_default();
        let end = inner.find("}}").unwrap_or(inner.len());
        let tag = inner.get(..end).unwrap_or_default();
        match tag.trim_start_matches(['{', '~']).chars().next() {
            Some('#' | '^') => blocks += 1,
            Some('/') => blocks = blocks.saturating_sub(1),
            _ => {}
        }
        for c in tag.chars() {
            match c {
                '(' => brackets += 1,
                ')' => brackets = brackets.saturating_sub(1),
                _ => {}
            }
            most = most.max(blocks + brackets);
        }
        most = most.max(blocks);
        rest = inner.get(end..).unwrap_or_default();
    }
    most
}

/// Refuses everything that a template may not do, on every way through it, also those that no sample takes.
fn fence(template: &Template, in_each: bool) -> Result<(), Fault> {
    for (index, element) in template.elements.iter().enumerate() {
        let at = template.mapping.get(index).map(|mapping| (mapping.0, mapping.1));
        let here = |fault: Fault| Fault { at: fault.at.or(at), ..fault };
        match element {
            TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
            TemplateElement::Expression(one) | TemplateElement::HtmlExpression(one) => {
                if one.params.is_empty() && one.hash.is_empty() {
                    field(&one.name, in_each).map_err(here)?;
                } else {
                    call(one, in_each).map_err(here)?;
                }
            }
            TemplateElement::HelperBlock(block) => {
                let inside = opened(block, in_each).map_err(here)?;
                if let Some(template) = &block.template {
                    fence(template, inside).map_err(here)?;
                }
                if let Some(template) = &block.inverse {
                    fence(template, in_each).map_err(here)?;
                }
            }
            _ => {
                return Err(here(Fault::whole(
                    "a template may not include another one (`{{>` and `{{*`)",
                    "Write it out.",
                )));
            }
        }
    }
    Ok(())
}

/// Whether what this block holds stands within a loop.
fn opened(block: &HelperTemplate, in_each: bool) -> Result<bool, Fault> {
    let name = block.name.as_name().unwrap_or_default();
    if !BLOCKS.contains(&name) {
        return Err(Fault::whole(
            format!("`{{{{#{}}}}}` is not known", short(name)),
            "Blocks are `{{#if x}}`, `{{#unless x}}`, both with `{{else}}`, and `{{#each components}}`.",
        ));
    }
    if block.block_param.is_some() || !block.hash.is_empty() || block.params.len() != 1 {
        return Err(Fault::whole(
            format!("`{{{{#{name}}}}}` takes one value here and nothing else"),
            "Write `{{#if link}}`, or `{{#each components}}`.",
        ));
    }
    if name != "each" {
        block.params.iter().try_for_each(|param| value(param, in_each))?;
        return Ok(in_each);
    }
    let what = block.params.first().and_then(Parameter::as_name).unwrap_or_default();
    if in_each || what != "components" {
        return Err(Fault::whole(
            "only the components can be gone through, once",
            "Write `{{#each components}}{{name}}: {{state}}{{/each}}`.",
        ));
    }
    Ok(true)
}

fn call(one: &HelperTemplate, in_each: bool) -> Result<(), Fault> {
    let name = one.name.as_name().unwrap_or_default();
    if !INLINE.contains(&name) || !one.hash.is_empty() || one.block_param.is_some() {
        return Err(Fault::whole(
            format!("`{}` is not known here", short(name)),
            format!("Helpers are {}: `{{{{truncate text 100}}}}`.", INLINE.join(", ")),
        ));
    }
    one.params.iter().try_for_each(|param| value(param, in_each))
}

fn value(param: &Parameter, in_each: bool) -> Result<(), Fault> {
    match param {
        Parameter::Literal(_) => Ok(()),
        Parameter::Subexpression(inner) => match inner.as_element() {
            TemplateElement::Expression(one) => call(one, in_each),
            _ => Err(Fault::whole("this cannot stand in brackets", "Write `(eq impact \"critical\")`.")),
        },
        _ => field(param, in_each),
    }
}

fn field(name: &Parameter, in_each: bool) -> Result<(), Fault> {
    let name = name.as_name().unwrap_or_default();
    let known = if in_each {
        let item = name.strip_prefix("this.").unwrap_or(name);
        let outer = name.strip_prefix("../").or_else(|| name.strip_prefix("@root."));
        ITEM_FIELDS.contains(&item) || outer.is_some_and(|outer| FIELDS.contains(&outer))
    } else {
        FIELDS.contains(&name)
    };
    if known {
        return Ok(());
    }
    let there = if in_each {
        format!("A component has {}; the post's own fields are written `../text`.", ITEM_FIELDS.join(", "))
    } else {
        format!("A post has {}.", FIELDS.join(", "))
    };
    Err(Fault::whole(format!("there is no field `{}`", short(name)), there))
}

fn short(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}
