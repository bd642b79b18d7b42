//! `ordergate orders replay`: an attempt as it was, and as it would be now.

use std::path::{Path, PathBuf};

use anyhow::Context;
use bytes::Bytes;
use clap::Args;
use data_encoding::BASE64;
use http::Method;
use serde_json::Value;

use super::shown::{exchange, lines};
use crate::adapter::trust::signature_path;
use crate::cli::running_host::{RunningHost, encoded, list_in, text};
use crate::cli::{CliError, print};

#[derive(Debug, Args)]
pub(in crate::cli) struct ReplayArgs {
    /// Our reference.
    reference: String,
    /// The component that maps and reads now, in the place of the configured one.
    #[arg(long, value_name = "FILE")]
    adapter: Option<PathBuf>,
    /// Number of the attempt or look-up, as `orders show` has it; the last one of which something was kept when absent.
    #[arg(long, value_name = "NUMBER")]
    attempt: Option<u32>,
    #[command(flatten)]
    host: RunningHost,
    /// As JSON, with the bodies of both.
    #[arg(long)]
    json: bool,
}

impl ReplayArgs {
    pub(super) async fn run(self) -> Result<(), CliError> {
        let attempt = self.attempt.map(|number| format!("?attempt={number}")).unwrap_or_default();
        let path = format!("/ops/v1/orders/{}/replay{attempt}", encoded(&self.reference));
        let report = match &self.adapter {
            None => self.host.send(Method::POST, &path, &[], Bytes::new()).await?,
            Some(file) => {
                let component = std::fs::read(file).with_context(|| format!("--adapter: cannot read {}", file.display()))?;
                let signature = signature(file)?;
                let mut headers = vec![("content-type", "application/wasm")];
                headers.extend(signature.as_deref().map(|signature| ("x-component-signature", signature)));
                self.host.send(Method::POST, &path, &headers, component.into()).await?
            }
        };
        if self.json { print(&report.to_string()) } else { print(&show(&report)) }
    }
}

/// In base64; none when there is no such file.
fn signature(component: &Path) -> Result<Option<String>, CliError> {
    let path = signature_path(component);
    match std::fs::read(&path) {
        Ok(signature) => Ok(Some(BASE64.encode(&signature))),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(CliError::Failed(anyhow::anyhow!("cannot read {}: {cause}", path.display()))),
    }
}

/// What it came to then and now, and every request with what differs in it.
fn show(report: &Value) -> String {
    let of = |field: &str| text(report.get(field));
    let head = format!("{}  {}  {} {}", of("reference"), of("operation"), of("kind"), of("attempt"));
    let requests = lines(list_in(report, "exchanges"), compared);
    [head, came(report, "then"), came(report, "now"), requests]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

fn came(report: &Value, when: &str) -> String {
    let of = |field: &str| text(report.pointer(&format!("/{when}/{field}")));
    let digest: String = of("digest").chars().take(12).collect();
    let state = Some(of("state")).filter(|state| !state.is_empty()).unwrap_or_else(|| "not ended".to_owned());
    let more = [of("number"), of("failure/code"), of("failure/message"), of("failure/detail")];
    let more = more.iter().filter(|text| !text.is_empty()).map(|text| format!("  {text}")).collect::<String>();
    format!("{when:<4}  {state:<9}  {digest:<12}{more}")
}

fn compared(pair: &Value) -> String {
    let word = match text(pair.get("request")).as_str() {
        "same" => "same",
        "other-body" => "differs",
        "new" => "new",
        _ => "gone",
    };
    let shown = pair.get("now").filter(|now| now.is_object()).or_else(|| pair.get("then"));
    let line = format!("{word:<7} {}", exchange(shown.unwrap_or(&Value::Null), false).trim_start());
    let places = list_in(pair, "differences").iter().map(|place| {
        let of =
            |field: &str| Some(text(place.get(field))).filter(|text| !text.is_empty()).unwrap_or_else(|| "nothing".to_owned());
        format!("        {}: {} → {}", of("place"), of("then"), of("now"))
    });
    std::iter::once(line).chain(places).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn t11_both_outcomes_and_every_difference_are_lines() {
        let asked = |target: &str| json!({"endpoint": "api", "method": "POST", "target": target, "status": 422});
        let report = json!({
            "reference": "O1", "operation": "submit-order", "kind": "send", "attempt": 2,
            "then": {"digest": "0123456789abcdef", "state": "rejected", "number": null, "failure": {"code": "rejected", "message": "no unit"}},
            "now": {"digest": "fedcba9876543210", "state": "confirmed", "number": "SO-1", "failure": null},
            "exchanges": [
                {"request": "other-body", "then": asked("/orders"), "now": asked("/orders"),
                 "differences": [{"place": "/unit", "then": null, "now": "\"C62\""}]},
                {"request": "gone", "then": asked("/old"), "now": null, "differences": []},
            ],
        });
        let expected = "O1  submit-order  send 2\n\
                        then  rejected   0123456789ab  rejected  no unit\n\
                        now   confirmed  fedcba987654  SO-1\n\
                        differs api  POST /orders  422\n        /unit: nothing → \"C62\"\n\
                        gone    api  POST /old  422";
        assert_eq!(show(&report), expected);
    }
}
