//! What may be written in the settings: the JSON schema that schemars makes of the types, as a tree that is easy
//! to walk beside a document. One source for the check of the file, the environment and the reference.

use std::cell::Cell;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::de::{Deserialize, Deserializer, Visitor};
use serde_json::Value;

use super::format::Format;
use super::{Config, RosterFile, RulesFile};

/// Words of a choice that a mistake is answered with.
const WORDS_SHOWN: usize = 12;

/// What may stand in one place.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    /// These keys and no others.
    Table(Vec<Field>),
    /// Any name, each with the same shape.
    Named(Box<Shape>),
    List(Box<Shape>),
    Text(Format),
    Choice(Vec<Choice>),
    /// One of these words, or a table with one of these keys.
    WordOrTable(Vec<Choice>, Vec<Field>),
    /// A whole number within these bounds.
    Whole {
        min: i64,
        max: i64,
    },
    Switch,
    /// Whatever its reader makes of it.
    Anything,
}

/// One key of a table.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub key: String,
    /// The doc comment.
    pub doc: String,
    pub shape: Shape,
    pub default: Option<Value>,
    /// For the example file, where there is no default.
    pub example: Option<Value>,
    pub required: bool,
    pub secret: bool,
}

/// One of several words.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub word: String,
    pub doc: String,
}

impl Shape {
    /// The shape of the whole configuration.
    pub(super) fn of_config() -> Shape {
        let defaults = serde_json::to_value(Config::default()).unwrap_or_default();
        read(schema_of::<Config>().as_value(), Some(&defaults))
    }

    /// The shape of a file of rules.
    pub(super) fn of_rules() -> Shape {
        read(schema_of::<RulesFile>().as_value(), None)
    }

    /// The shape of a file of rosters.
    pub(super) fn of_rosters() -> Shape {
        read(schema_of::<RosterFile>().as_value(), None)
    }

    /// What is wanted here, for a sentence: `a whole number from 1 to 10`.
    pub(super) fn wanted(&self) -> String {
        match self {
            Shape::Table(_) | Shape::Named(_) => "a table".to_owned(),
            Shape::List(item) => match **item {
                Shape::Table(_) => "a list of tables".to_owned(),
                Shape::Text(_) => "a list of texts".to_owned(),
                _ => "a list".to_owned(),
            },
            Shape::Text(_) => "a text".to_owned(),
            Shape::Choice(choices) => {
                let words: Vec<_> = choices.iter().map(|choice| format!("`{}`", choice.word)).collect();
                match words.get(..WORDS_SHOWN) {
                    Some(shown) if words.len() > WORDS_SHOWN => {
                        let more = words.len() - WORDS_SHOWN;
                        format!(
                            "one of {} and {more} others (`commandpost config reference`)",
                            shown.join(", ")
                        )
                    }
                    _ => format!("one of {}", words.join(", ")),
                }
            }
            Shape::WordOrTable(choices, fields) => {
                let words: Vec<_> = choices.iter().map(|choice| format!("`{}`", choice.word)).collect();
                let keys: Vec<_> = fields.iter().map(|field| format!("`{}`", field.key)).collect();
                format!("one of {}, or a table with {}", words.join(", "), keys.join(" or "))
            }
            Shape::Whole { min, max } => format!("a whole number from {min} to {max}"),
            Shape::Switch => "`true` or `false`".to_owned(),
            Shape::Anything => "any value".to_owned(),
        }
    }

    /// The shape one step further in: a key of a table, a name, a place in a list.
    pub(super) fn step(&self, key: &str) -> Option<&Shape> {
        match self {
            Shape::Table(fields) | Shape::WordOrTable(_, fields) => {
                fields.iter().find(|field| field.key == key).map(|field| &field.shape)
            }
            Shape::Named(shape) => Some(shape),
            Shape::List(item) => Some(item),
            _ => None,
        }
    }
}

fn schema_of<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>()
}

fn read(schema: &Value, default: Option<&Value>) -> Shape {
    let nullable = |schema: &&Value| schema.get("type").and_then(Value::as_str) == Some("null");
    if let Some(options) = schema.get("anyOf").and_then(Value::as_array) {
        return match options.iter().find(|option| !nullable(option)) {
            Some(option) => read(option, default),
            None => Shape::Anything,
        };
    }
    if let Some(options) = schema.get("oneOf").and_then(Value::as_array) {
        let words = options.iter().flat_map(choices).collect();
        let tables: Vec<Field> = options
            .iter()
            .filter_map(|option| Some(fields(option, option.get("properties")?.as_object()?, None)))
            .flatten()
            // Of several ways only one is taken, so none is required.
            .map(|field| Field { required: false, ..field })
            .collect();
        return if tables.is_empty() { Shape::Choice(words) } else { Shape::WordOrTable(words, tables) };
    }
    if schema.get("enum").is_some() || schema.get("const").is_some() {
        return Shape::Choice(choices(schema));
    }
    match type_of(schema) {
        Some("object") => match schema.get("properties").and_then(Value::as_object) {
            Some(properties) => Shape::Table(fields(schema, properties, default)),
            None => match schema.get("additionalProperties") {
                Some(inner) => Shape::Named(Box::new(read(inner, None))),
                None => Shape::Anything,
            },
        },
        Some("array") => {
            let mut item = schema.get("items").map_or(Shape::Anything, |items| read(items, None));
            if let (Shape::Text(format), Some(name)) = (&mut item, text(schema, "x-item-format")) {
                *format = Format::named(name);
            }
            Shape::List(Box::new(item))
        }
        Some("string") => Shape::Text(text(schema, "format").map_or(Format::Plain, Format::named)),
        Some("integer") => {
            let bound = |key: &str| schema.get(key).and_then(Value::as_i64);
            Shape::Whole {
                min: bound("minimum").unwrap_or(i64::MIN),
                max: bound("maximum").unwrap_or(i64::MAX),
            }
        }
        Some("boolean") => Shape::Switch,
        _ => Shape::Anything,
    }
}

fn fields(
    schema: &Value,
    properties: &serde_json::Map<String, Value>,
    default: Option<&Value>,
) -> Vec<Field> {
    let listed = |key: &str, list: &str| {
        schema.get(list).and_then(Value::as_array).is_some_and(|keys| keys.iter().any(|other| other == key))
    };
    let mut fields: Vec<Field> = properties
        .iter()
        .map(|(key, property)| {
            // Where a whole section has a default, a key that it leaves out has none.
            let default = match default {
                Some(section) => section.get(key),
                None => property.get("default").filter(|value| !value.is_null()),
            };
            let secret = property.get("x-secret").is_some();
            let shape = match secret {
                true => Shape::Text(Format::Secret),
                false => read(property, default.filter(|value| value.is_object())),
            };
            Field {
                key: key.clone(),
                doc: text(property, "description").unwrap_or_default().replace('\n', " "),
                shape,
                required: listed(key, "required") && default.is_none(),
                default: default.cloned(),
                example: property.get("x-example").cloned(),
                secret,
            }
        })
        .collect();
    let order = schema.get("x-order").and_then(Value::as_array);
    fields
        .sort_by_key(|field| order.and_then(|order| order.iter().position(|key| *key == field.key.as_str())));
    fields
}

fn choices(schema: &Value) -> Vec<Choice> {
    let doc = text(schema, "description").unwrap_or_default().to_owned();
    let words = match (schema.get("const"), schema.get("enum").and_then(Value::as_array)) {
        (Some(word), _) => vec![word],
        (None, Some(words)) => words.iter().collect(),
        (None, None) => vec![],
    };
    words
        .into_iter()
        .filter_map(Value::as_str)
        .map(|word| Choice { word: word.to_owned(), doc: doc.clone() })
        .collect()
}

/// `string` of `"string"` and of `["string", "null"]`.
fn type_of(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::String(name) => Some(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        _ => None,
    }
}

fn text<'v>(schema: &'v Value, key: &str) -> Option<&'v str> {
    schema.get(key).and_then(Value::as_str)
}

/// Notes in the schema the order in which a struct's fields are declared: JSON objects are sorted by name, and the
/// reference is to read as the code does.
pub(super) fn in_order<T: for<'de> Deserialize<'de> + JsonSchema>(schema: &mut Schema) {
    let seen = Cell::new(&[] as &'static [&'static str]);
    // The attempt always fails, right after it has told its fields.
    let _ = T::deserialize(FieldNames(&seen));
    schema.insert("x-order".to_owned(), Value::from(seen.get()));
}

/// Is asked for a struct, and notes the names of its fields.
struct FieldNames<'c>(&'c Cell<&'static [&'static str]>);

impl<'de> Deserializer<'de> for FieldNames<'_> {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(serde::de::Error::custom("only the names of fields are asked for"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.set(fields);
        self.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_field<'s>(shape: &'s Shape, path: &str, see: &mut dyn FnMut(&str, &[Field], &'s Field)) {
        match shape {
            Shape::Table(fields) => {
                for field in fields {
                    let path = format!("{path}.{}", field.key);
                    see(&path, fields, field);
                    every_field(&field.shape, &path, see);
                }
            }
            Shape::Named(inner) | Shape::List(inner) => every_field(inner, path, see),
            _ => {}
        }
    }

    #[test]
    fn every_setting_is_explained() {
        every_field(&Shape::of_config(), "", &mut |path, _, field| {
            assert!(!field.doc.is_empty(), "{path}");
        });
    }

    #[test]
    fn every_secret_can_be_given_by_a_file() {
        let mut secrets = 0;
        every_field(&Shape::of_config(), "", &mut |path, siblings, field| {
            if field.secret {
                secrets += 1;
                let file = siblings.iter().find(|other| other.key == format!("{}_file", field.key));
                let shape = file.map(|file| &file.shape);
                assert!(matches!(shape, Some(Shape::Text(Format::SecretFile))), "{path}");
            }
        });
        assert_eq!(
            secrets, 26,
            "auth, four of hooks, their mailboxes, two of heartbeat, senders, three of rosters, pagers, discord, matrix, two of mattermost, three of slack, five of x, statuspage"
        );
    }

    #[test]
    fn settings_are_told_in_the_order_in_which_they_are_declared() {
        let Shape::Table(sections) = Shape::of_config() else { panic!("a table") };
        let keys: Vec<_> = sections.iter().map(|section| section.key.as_str()).collect();
        assert_eq!(&keys[..5], ["organization", "http", "auth", "storage", "person"]);
        assert_eq!(keys.len(), 37);
    }
}
