//! `ordergate adapter test`, the conformance kit, before real back ends: every adapter of this repository passes, and one that breaks a promise is
//! told which. A suite of its own (`cargo xtask test --only conformance`).

mod adapters;
mod broken;
mod command;
mod wrong;

use std::path::Path;
use std::time::Duration;

use ordergate_tests::{Ended, HostConfig, run_host_within};
use serde_json::Value;
use tempfile::TempDir;

/// Of one run, on a machine that compiles an adapter at the same time.
const LONGEST: Duration = Duration::from_secs(600);

/// A configuration and a plan in a folder of their own.
struct Proof {
    folder: TempDir,
    config: HostConfig,
    adapter: &'static str,
}

/// What came of a run.
struct Proven {
    ended: Ended,
    report: Value,
}

impl Proof {
    fn new(config: HostConfig, adapter: &'static str, plan: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ordergate.toml"), config.toml()).unwrap();
        std::fs::write(folder.path().join("conformance.toml"), plan).unwrap();
        Self { folder, config, adapter }
    }

    fn path(&self, name: &str) -> String {
        Path::new(self.folder.path()).join(name).to_str().unwrap().to_owned()
    }

    /// Runs the kit to its end.
    async fn run(&self, arguments: &[&str]) -> Ended {
        let (config, plan) = (self.path("ordergate.toml"), self.path("conformance.toml"));
        let own = ["adapter", "test", "--adapter", self.adapter, "--config", &config, "--plan", &plan];
        run_host_within(LONGEST, &self.config, &[&own, arguments].concat()).await
    }

    /// With the report as JSON.
    async fn prove(&self, arguments: &[&str]) -> Proven {
        let ended = self.run(&[&["--json"], arguments].concat()).await;
        let report: Option<Value> = serde_json::from_str(&ended.stdout).ok();
        assert!(report.is_some(), "no report: {}{}", ended.stdout, ended.stderr);
        Proven { ended, report: report.unwrap() }
    }
}

impl Proven {
    /// Every finding, with what was done and found.
    fn findings(&self) -> Vec<String> {
        let text = |finding: &Value, field: &str| finding[field].as_str().unwrap().to_owned();
        let line = |finding: &Value| ["finding", "operation", "case", "message"].map(|field| text(finding, field)).join(" | ");
        self.report["findings"].as_array().unwrap().iter().map(line).collect()
    }

    fn kinds(&self) -> Vec<&str> {
        let mut kinds: Vec<_> =
            self.report["findings"].as_array().unwrap().iter().map(|finding| finding["finding"].as_str().unwrap()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// Passed, with so many cases at least.
    fn has_passed(&self, cases: u64) {
        assert!(self.findings().is_empty(), "{:#?}", self.findings());
        assert_eq!(self.report["passed"], Value::Bool(true), "{:#}", self.report);
        assert_eq!(self.ended.code, Some(0), "{}", self.ended.stderr);
        assert!(self.report["cases"].as_u64().unwrap() >= cases, "{:#}", self.report);
    }

    /// A finding of that kind and operation, and the exit code of one that does not pass.
    fn has_found(&self, kind: &str, operation: &str) {
        assert_eq!(self.ended.code, Some(1), "{}", self.ended.stderr);
        let found = self.findings();
        let begin = format!("{kind} | {operation} | ");
        assert!(found.iter().any(|line| line.starts_with(&begin)), "{kind} of {operation} is not in {found:#?}");
    }
}
