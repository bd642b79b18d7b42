//! An entity that is about to be sent. What is not set is left out: an empty text would overwrite what the back end determines.

use serde_json::{Map, Value};

#[derive(Debug, Default)]
pub(crate) struct Draft(Map<String, Value>);

impl Draft {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn text(self, field: &str, value: impl Into<String>) -> Self {
        self.part(field, Value::String(value.into()))
    }

    pub(crate) fn optional(self, field: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.text(field, value),
            None => self,
        }
    }

    /// An expanded navigation, or a value that is no text.
    pub(crate) fn part(mut self, field: &str, value: Value) -> Self {
        self.0.insert(field.to_owned(), value);
        self
    }

    /// A to-many navigation; left out when it is empty.
    pub(crate) fn list(self, field: &str, list: Vec<Value>) -> Self {
        if list.is_empty() { self } else { self.part(field, Value::Array(list)) }
    }

    pub(crate) fn done(self) -> Value {
        Value::Object(self.0)
    }
}
