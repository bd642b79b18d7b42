//! What a run came to, for people and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;
use serde_json::{Value, json};

use super::finding::Finding;
use crate::config::LimitsConfig;

/// The whole report.
#[derive(Debug)]
pub struct Report {
    pub adapter: String,
    pub version: String,
    /// SHA-256 of the component.
    pub digest: String,
    pub seed: u64,
    pub cases: Vec<CaseLine>,
    pub findings: Vec<Finding>,
    /// What is worth knowing and is no finding.
    pub notes: Vec<String>,
    /// By operation.
    pub costs: BTreeMap<&'static str, Cost>,
    pub limits: Ceilings,
    /// Where a run that was made again differs from the first.
    pub strays: Vec<String>,
    /// What could not be counted, because the witness did not answer.
    pub unproved: Vec<String>,
}

/// A case and what it came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseLine {
    pub operation: &'static str,
    pub case: String,
    pub verdict: Verdict,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Passed,
    /// Names of findings.
    Failed(String),
    /// Why.
    Skipped(String),
}

/// The most that a call of an operation took, without faults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Cost {
    pub calls: u64,
    pub requests: usize,
    pub cpu_ms: f64,
    pub memory_bytes: usize,
}

/// What a call may take.
#[derive(Clone, Copy, Debug)]
pub struct Ceilings {
    pub requests: u32,
    pub cpu_ms: f64,
    pub memory_bytes: usize,
}

impl Ceilings {
    pub(super) fn of(limits: &LimitsConfig) -> Self {
        let cpu_ms = limits.cpu().as_secs_f64() * 1_000.0;
        Self { requests: limits.egress_requests, cpu_ms, memory_bytes: limits.memory_bytes }
    }
}

impl Report {
    pub fn has_passed(&self) -> bool {
        self.findings.is_empty() && self.strays.is_empty() && self.unproved.is_empty()
    }

    /// One line per case, then findings, notes and costs.
    pub fn to_text(&self) -> String {
        let mut text = format!("{} {} ({})\n\n", self.adapter, self.version, self.digest.get(..12).unwrap_or(&self.digest));
        for line in &self.cases {
            let verdict = match &line.verdict {
                Verdict::Passed => "ok".to_owned(),
                Verdict::Failed(kinds) => format!("FAILED {kinds}"),
                Verdict::Skipped(reason) => format!("skipped: {reason}"),
            };
            let name = if line.case == line.operation { line.case.clone() } else { format!("{}: {}", line.operation, line.case) };
            let _ = writeln!(text, "{name} ... {verdict}");
        }
        for finding in &self.findings {
            let Finding { rule, finding, operation, case, message, hint } = finding;
            let _ = write!(text, "\n{finding} [{rule}] {operation}\n  done:  {case}\n  found: {message}\n  mend:  {hint}\n");
        }
        for stray in &self.strays {
            let _ = write!(text, "\nnot as it was recorded: {stray}\n");
        }
        for unproved in &self.unproved {
            let _ = write!(text, "\nnot proved: {unproved}\n");
        }
        for note in &self.notes {
            let _ = write!(text, "\nnote: {note}\n");
        }
        text + "\n" + &self.costs_text() + "\n" + &self.sum()
    }

    pub fn to_json(&self) -> String {
        let skipped = self.cases.iter().filter_map(|line| match &line.verdict {
            Verdict::Skipped(reason) => Some(json!({"operation": line.operation, "case": line.case, "reason": reason})),
            Verdict::Passed | Verdict::Failed(_) => None,
        });
        json!({
            "adapter": self.adapter,
            "version": self.version,
            "digest": self.digest,
            "seed": self.seed,
            "passed": self.has_passed(),
            "cases": self.ran(),
            "findings": self.findings,
            "skipped": skipped.collect::<Vec<Value>>(),
            "notes": self.notes,
            "costs": self.costs,
            "strays": self.strays,
            "unproved": self.unproved,
        })
        .to_string()
    }

    /// What is above half of a limit.
    pub fn warnings(&self) -> Vec<String> {
        let Ceilings { requests, cpu_ms, memory_bytes } = self.limits;
        let is_much = |value: f64, limit: f64| value * 2.0 > limit;
        let warn = |(operation, cost): (&&str, &Cost)| {
            let found = [
                is_much(cost.requests as f64, f64::from(requests))
                    .then(|| format!("{operation}: {} requests of {requests} (limits.egress_requests)", cost.requests)),
                is_much(cost.cpu_ms, cpu_ms)
                    .then(|| format!("{operation}: {:.0} ms of CPU time of {cpu_ms:.0} (limits.cpu_ms)", cost.cpu_ms)),
                is_much(cost.memory_bytes as f64, memory_bytes as f64).then(|| {
                    format!("{operation}: {} bytes of memory of {memory_bytes} (limits.memory_bytes)", cost.memory_bytes)
                }),
            ];
            found.into_iter().flatten().collect::<Vec<_>>()
        };
        self.costs.iter().flat_map(warn).collect()
    }

    fn costs_text(&self) -> String {
        let mut text = format!("{:<26} {:>8} {:>10} {:>10}\n", "most in one call", "requests", "CPU ms", "memory KiB");
        for (operation, cost) in &self.costs {
            let _ = writeln!(text, "{operation:<26} {:>8} {:>10.1} {:>10}", cost.requests, cost.cpu_ms, cost.memory_bytes / 1024);
        }
        text
    }

    fn sum(&self) -> String {
        let verdict = if self.has_passed() { "passed" } else { "FAILED" };
        format!(
            "{verdict}: {} cases, {} findings, {} skipped (seed {})",
            self.ran(),
            self.findings.len(),
            self.cases.len() - self.ran(),
            self.seed
        )
    }

    fn ran(&self) -> usize {
        self.cases.iter().filter(|line| !matches!(line.verdict, Verdict::Skipped(_))).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::finding::Kind;

    fn report(findings: Vec<Finding>) -> Report {
        let line = |case: &str, verdict| CaseLine { operation: "orders.submit", case: case.into(), verdict };
        Report {
            adapter: "erp".into(),
            version: "1.0.0".into(),
            digest: "ab".repeat(32),
            seed: 7,
            cases: vec![
                line("plain", Verdict::Passed),
                line("lost", Verdict::Failed("x".into())),
                line("orders.submit", Verdict::Skipped("not offered".into())),
            ],
            findings,
            notes: vec![],
            costs: BTreeMap::from([("orders.submit", Cost { calls: 1, requests: 2, cpu_ms: 200.0, memory_bytes: 1024 })]),
            limits: Ceilings { requests: 32, cpu_ms: 250.0, memory_bytes: 1 << 26 },
            strays: vec![],
            unproved: vec![],
        }
    }

    fn finding() -> Finding {
        let kind = Kind::DuplicatesOnRetry;
        Finding {
            rule: kind.rule(),
            finding: kind.id(),
            operation: "orders.submit".into(),
            case: "lost".into(),
            message: "two".into(),
            hint: kind.hint(),
        }
    }

    #[test]
    fn an_adapter_with_a_finding_has_not_passed() {
        assert!(report(vec![]).has_passed() && !report(vec![finding()]).has_passed());
        let strayed = Report { strays: vec!["x".into()], ..report(vec![]) };
        assert!(!strayed.has_passed());
        assert!(!Report { unproved: vec!["x".into()], ..report(vec![]) }.has_passed());
    }

    #[test]
    fn people_read_case_by_case_what_was_done_and_how_to_mend_it() {
        let text = report(vec![finding()]).to_text();
        for expected in [
            "orders.submit: plain ... ok",
            "orders.submit: lost ... FAILED x",
            "\norders.submit ... skipped: not offered",
            "duplicates-on-retry [T4] orders.submit\n  done:  lost\n  found: two\n  mend:  Never send",
            "FAILED: 2 cases, 1 findings, 1 skipped (seed 7)",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
    }

    #[test]
    fn the_json_has_what_tools_go_by() {
        let json: Value = serde_json::from_str(&report(vec![finding()]).to_json()).unwrap();
        assert_eq!((json["passed"].as_bool(), json["cases"].as_u64(), json["seed"].as_u64()), (Some(false), Some(2), Some(7)));
        assert_eq!(json["findings"][0]["finding"], "duplicates-on-retry");
        assert_eq!(json["skipped"][0]["reason"], "not offered");
        assert_eq!(json["costs"]["orders.submit"]["requests"], 2);
    }

    #[test]
    fn what_takes_more_than_half_of_a_limit_is_warned_about() {
        assert_eq!(report(vec![]).warnings(), ["orders.submit: 200 ms of CPU time of 250 (limits.cpu_ms)"]);
    }
}
