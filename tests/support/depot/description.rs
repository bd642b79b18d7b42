//! Requests held against the OpenAPI description.

use std::collections::BTreeMap;

use http::request::Parts;
use serde_json::Value;

use crate::repository;

pub(super) struct Description(Value);

/// A request that the description allows.
pub(super) struct Call {
    /// `operationId`.
    pub operation: String,
    pub path: BTreeMap<String, String>,
    pub query: Vec<(String, String)>,
    pub idempotency_key: String,
    pub body: Value,
}

impl Description {
    pub(super) fn read() -> Self {
        let file = repository().join("adapters/rest/profiles/depot.openapi.json");
        Self(serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap())
    }

    pub(super) fn admit(&self, head: &Parts, body: &[u8]) -> Result<Call, String> {
        let target = head.uri.path().strip_prefix("/v2").ok_or("the path does not begin with /v2")?;
        let (operation, path) = self.find(head.method.as_str(), target).ok_or("there is no such path and method")?;
        let parameters = self.parameters(operation);
        let query = query(head.uri.query().unwrap_or_default());
        let named = |place: &str, name: &str| parameters.iter().any(|one| one["in"] == place && one["name"] == name);
        if let Some((name, _)) = query.iter().find(|(name, _)| !named("query", name)) {
            return Err(format!("the parameter {name} is not described"));
        }
        for parameter in parameters.iter().filter(|one| one["required"] == true) {
            let name = parameter["name"].as_str().unwrap();
            let there = match parameter["in"].as_str() {
                Some("query") => query.iter().any(|(key, _)| key == name),
                Some("header") => head.headers.contains_key(name),
                _ => true,
            };
            if !there {
                return Err(format!("the parameter {name} is required"));
            }
        }
        let body = self.body(operation, body)?;
        let idempotency_key = head.headers.get("idempotency-key").map(|key| key.to_str().unwrap().to_owned()).unwrap_or_default();
        Ok(Call { operation: operation["operationId"].as_str().unwrap().to_owned(), path, query, idempotency_key, body })
    }

    /// The operation for a path, and the values of its template.
    fn find(&self, method: &str, target: &str) -> Option<(&Value, BTreeMap<String, String>)> {
        let paths = self.0["paths"].as_object().unwrap();
        paths.iter().find_map(|(template, methods)| {
            let values = values(template, target)?;
            Some((methods.get(method.to_lowercase())?, values))
        })
    }

    fn parameters(&self, operation: &Value) -> Vec<Value> {
        let listed = operation["parameters"].as_array().cloned().unwrap_or_default();
        listed.iter().map(|one| self.resolved(one).clone()).collect()
    }

    /// Follows a `$ref` into the document.
    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(place) => self.0.pointer(place.trim_start_matches('#')).unwrap(),
            None => value,
        }
    }

    fn body(&self, operation: &Value, body: &[u8]) -> Result<Value, String> {
        let Some(schema) = operation.pointer("/requestBody/content/application~1json/schema") else {
            return if body.is_empty() { Ok(Value::Null) } else { Err("a body is not described".to_owned()) };
        };
        let value = serde_json::from_slice(body).map_err(|cause| format!("the body is no JSON: {cause}"))?;
        self.check(schema, &value, "body").map(|()| value)
    }

    /// Required fields are there, others are described, and types fit.
    fn check(&self, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
        let schema = self.resolved(schema);
        let fits = match schema["type"].as_str() {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("number") => value.is_number(),
            Some("string") => value.is_string(),
            _ => true,
        };
        if !fits {
            return Err(format!("{place} is no {}", schema["type"]));
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            value.get(name).ok_or_else(|| format!("{place}.{name} is required"))?;
        }
        for (name, member) in value.as_object().into_iter().flatten() {
            let schema = schema["properties"].get(name).ok_or_else(|| format!("{place}.{name} is not described"))?;
            self.check(schema, member, &format!("{place}.{name}"))?;
        }
        value.as_array().into_iter().flatten().try_for_each(|item| self.check(&schema["items"], item, &format!("{place}[]")))
    }
}

/// The values of a template's parameters, when the target fits it.
fn values(template: &str, target: &str) -> Option<BTreeMap<String, String>> {
    let (names, parts): (Vec<_>, Vec<_>) = (template.split('/').collect(), target.split('/').collect());
    let pairs = names.iter().zip(&parts);
    let name = |segment: &str| Some(segment.strip_prefix('{')?.strip_suffix('}')?.to_owned());
    let fits = names.len() == parts.len() && pairs.clone().all(|(segment, part)| name(segment).is_some() || segment == part);
    fits.then(|| pairs.filter_map(|(segment, part)| Some((name(segment)?, (*part).to_owned()))).collect())
}

fn query(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
