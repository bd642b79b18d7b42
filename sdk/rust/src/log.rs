//! Lines in the host's log, tagged there with adapter and request id. Never log names, addresses or tokens.

use crate::bindings::ordergate::adapter::log::Level;
use crate::host;

/// A fact about this call, as name and value.
pub type Field<'a> = (&'a str, String);

pub fn debug(message: &str, fields: &[Field<'_>]) {
    write(Level::Debug, message, fields);
}

pub fn info(message: &str, fields: &[Field<'_>]) {
    write(Level::Info, message, fields);
}

pub fn warn(message: &str, fields: &[Field<'_>]) {
    write(Level::Warn, message, fields);
}

pub fn error(message: &str, fields: &[Field<'_>]) {
    write(Level::Error, message, fields);
}

fn write(level: Level, message: &str, fields: &[Field<'_>]) {
    let fields: Vec<(String, String)> = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    host::log(level, message, &fields);
}
