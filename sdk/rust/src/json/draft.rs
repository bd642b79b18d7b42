//! An object that is about to be sent. What is not set is left out: an empty text would overwrite what the back end determines.

use serde_json::{Map, Value};

/// An object under construction.
#[derive(Debug, Default)]
pub struct Draft(Map<String, Value>);

impl Draft {
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn text(self, field: &str, value: impl Into<String>) -> Self {
        self.part(field, Value::String(value.into()))
    }

    #[must_use]
    pub fn optional(self, field: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.text(field, value),
            None => self,
        }
    }

    /// A part of its own, or a value that is no text.
    #[must_use]
    pub fn part(mut self, field: &str, value: Value) -> Self {
        self.0.insert(field.to_owned(), value);
        self
    }

    /// A list of parts; left out when it is empty.
    #[must_use]
    pub fn list(self, field: &str, list: Vec<Value>) -> Self {
        if list.is_empty() { self } else { self.part(field, Value::Array(list)) }
    }

    pub fn done(self) -> Value {
        Value::Object(self.0)
    }
}
