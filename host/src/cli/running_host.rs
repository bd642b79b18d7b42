//! A running host, asked over its operations port.

use anyhow::{Context, anyhow};
use bytes::Bytes;
use clap::{Args, ValueEnum};
use http::{Method, Request, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use serde_json::Value;

use super::CliError;
use super::failure::chain;

#[derive(Debug, Args)]
pub(super) struct RunningHost {
    /// The host's operations port.
    #[arg(long, env = "ORDERGATE_OPS_URL", default_value = "http://127.0.0.1:9090", value_name = "URL")]
    ops: String,
    /// Environment variable that holds the key of the operations port.
    #[arg(long, default_value = "ORDERGATE_OPS_KEY", value_name = "NAME")]
    key_env: String,
}

#[derive(Debug, Args)]
pub(super) struct By {
    /// Who does it, for the audit log.
    #[arg(long, env = "USER", default_value = "unknown")]
    pub(super) actor: String,
    /// Why, for the audit log.
    #[arg(long)]
    pub(super) reason: String,
}

impl RunningHost {
    pub(super) async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, CliError> {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        self.send(method, path, &[(header::CONTENT_TYPE.as_str(), "application/json")], Bytes::from(body)).await
    }

    /// With a body of any kind; its headers say which.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Value, CliError> {
        let key = std::env::var(&self.key_env).map_err(|_| {
            CliError::Refused(format!(
                "{} is not set: put the key of the operations port in it, or name another variable with --key-env",
                self.key_env
            ))
        })?;
        let url = format!("{}{path}", self.ops.trim_end_matches('/'));
        let request = Request::builder().method(method).uri(&url).header(header::AUTHORIZATION, format!("Bearer {}", key.trim()));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let request = request
            .body(Full::new(body))
            .map_err(|cause| CliError::Refused(format!("{url}: {cause}: --ops must be such as http://127.0.0.1:9090")))?;
        let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
        let unreachable =
            |cause: &(dyn std::error::Error + 'static)| CliError::NoHost { address: self.ops.clone(), cause: chain(cause) };
        let response = client.request(request).await.map_err(|cause| unreachable(&cause))?;
        let status = response.status();
        let bytes = response.into_body().collect().await.map_err(|cause| unreachable(&cause))?.to_bytes();
        let answer: Value = serde_json::from_slice(&bytes).with_context(|| format!("{url} answered {status} without JSON"))?;
        if status.is_success() { Ok(answer) } else { Err(anyhow!(refusal(&answer)).into()) }
    }
}

/// A problem in lines: its title, its detail, and each error with its place.
fn refusal(problem: &Value) -> String {
    let errors = list_in(problem, "errors").iter();
    let errors = errors.map(|error| format!("{}: {}", text(error.get("pointer")), text(error.get("detail"))));
    let lines = [text(problem.get("title")), text(problem.get("detail"))].into_iter().filter(|line| !line.is_empty());
    lines.chain(errors).collect::<Vec<_>>().join("\n")
}

/// A path with a query of what was said.
pub(super) fn query<'a>(path: &str, parameters: impl IntoIterator<Item = (&'a str, Option<String>)>) -> String {
    let said = parameters.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let pairs: Vec<_> = said.map(|(name, value)| format!("{name}={}", encoded(&value))).collect();
    format!("{path}?{}", pairs.join("&"))
}

/// One segment or parameter of a URL.
pub(super) fn encoded(part: &str) -> PercentEncode<'_> {
    const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(part, ESCAPED)
}

pub(super) fn list_in<'a>(document: &'a Value, name: &str) -> &'a [Value] {
    document.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A text without quotes, anything else as JSON, nothing as nothing.
pub(super) fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// As it is written on the command line, and in the API alike.
pub(super) fn word(value: impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_is_shown_with_every_place() {
        let problem = json!({"title": "Refused", "errors": [{"pointer": "adapters.erp.sha256", "detail": "another file"}]});
        assert_eq!(refusal(&problem), "Refused\nadapters.erp.sha256: another file");
    }

    #[test]
    fn what_is_asked_for_cannot_become_another_question() {
        let asked = [("q", Some("a&state=all b".to_owned())), ("store", None), ("limit", Some("7".to_owned()))];
        assert_eq!(query("/p", asked), "/p?q=a%26state%3Dall%20b&limit=7");
        assert_eq!(encoded("NW-1014").to_string(), "NW-1014");
        assert_eq!(encoded("A/B ü?&#%").to_string(), "A%2FB%20%C3%BC%3F%26%23%25");
    }
}
