//! `cargo xtask test`: installs what the tests need, builds what they start, runs the suites and sums them up. A suite that runs no test
//! counts as failed.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::cargo::{Network, Workspace, command_line};
use crate::failures::Failures;
use crate::{artifacts, authors, sdks, servers, tryton};

/// A part of the tests that can be run by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Suite {
    /// Every module by itself: state machines, freshness, keys, mappings.
    Unit,
    /// What every store must do, run on each kind of store.
    Contract,
    /// The SDKs in JavaScript and Python, each by itself.
    Sdk,
    /// A real host process before a real back-end process, over HTTP.
    Integration,
    /// Every adapter of this repository before the back end that it is for: `ordergate adapter test`.
    Conformance,
    /// Hosts that are killed without warning, for a short while; `cargo xtask torture` does it for long.
    Torture,
}

impl Suite {
    fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Contract => "contract",
            Self::Sdk => "sdk",
            Self::Integration => "integration",
            Self::Conformance => "conformance",
            Self::Torture => "torture",
        }
    }

    /// Whether adapters in other languages, or their tests, are a part of it.
    fn needs_authors(self) -> bool {
        matches!(self, Self::Sdk | Self::Integration | Self::Conformance)
    }

    fn commands(self, workspace: &Workspace) -> Vec<Command> {
        match self {
            Self::Sdk => sdks::commands(workspace),
            _ => self.runs().iter().map(|arguments| workspace.cargo(*arguments)).collect(),
        }
    }

    /// Always the whole workspace, so that every suite uses the same build of the dependencies.
    fn runs(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Unit => &[
                &["test", "--workspace", "--lib", "--bins", "--no-fail-fast", "--", "--skip", "store::contract"],
                &["test", "--workspace", "--doc", "--no-fail-fast"],
            ],
            Self::Contract => &[&["test", "--workspace", "--lib", "--no-fail-fast", "store::contract"]],
            Self::Sdk => &[],
            Self::Integration => &[
                &["test", "--workspace", "--test", "integration", "--no-fail-fast", "--", "--skip", "conformance::"],
                &["test", "--workspace", "--test", "compiling_process", "--no-fail-fast"],
            ],
            Self::Conformance => &[&["test", "--workspace", "--test", "integration", "--no-fail-fast", "conformance::"]],
            Self::Torture => &[&["test", "--workspace", "--test", "torture", "--no-fail-fast"]],
        }
    }
}

/// What came of one suite.
struct Outcome {
    suite: Suite,
    passed: u64,
    failed: u64,
    ignored: u64,
    took: Duration,
    succeeded: bool,
}

impl Outcome {
    fn is_good(&self) -> bool {
        self.succeeded && self.passed > 0
    }
}

/// Runs the named suites, or all of them. Goes on after a failing suite, so that one run shows everything.
pub(crate) fn run(only: &[Suite], network: Network) -> Result<()> {
    let workspace = Workspace::find(network)?;
    let chosen = if only.is_empty() { Suite::value_variants() } else { only };
    let needs_authors = chosen.iter().any(|suite| suite.needs_authors());
    servers::install(network)?;
    if needs_authors {
        servers::install_npm(network)?;
        servers::install_python(network)?;
    }
    if chosen.contains(&Suite::Integration) || chosen.contains(&Suite::Conformance) {
        tryton::install(&workspace)?;
    }
    let built = artifacts::build(&workspace)?;
    if needs_authors {
        authors::build(&workspace, &built.host)?;
    }
    let mut failures = Failures::default();
    let outcomes = chosen.iter().map(|suite| run_suite(&workspace, *suite, &mut failures)).collect::<Result<Vec<_>>>()?;
    eprint!("{}", failures.shown());
    summarize(&outcomes);
    let bad: Vec<_> = outcomes.iter().filter(|outcome| !outcome.is_good()).map(|outcome| outcome.suite.name()).collect();
    if bad.is_empty() { Ok(()) } else { bail!("failed: {}", bad.join(", ")) }
}

fn run_suite(workspace: &Workspace, suite: Suite, failures: &mut Failures) -> Result<Outcome> {
    let start = Instant::now();
    let mut outcome = Outcome { suite, passed: 0, failed: 0, ignored: 0, took: Duration::ZERO, succeeded: true };
    for mut command in suite.commands(workspace) {
        eprintln!("→ {}", command_line(&command));
        let mut child = command.stdout(Stdio::piped()).spawn().context("cannot run its program")?;
        for line in BufReader::new(child.stdout.take().context("it has no output")?).lines() {
            let line = line?;
            count(&mut outcome, &line);
            failures.read(&line);
            writeln!(std::io::stdout(), "{line}")?;
        }
        outcome.succeeded &= child.wait()?.success();
    }
    outcome.took = start.elapsed();
    Ok(outcome)
}

/// Adds up a line such as `test result: ok. 12 passed; 0 failed; 1 ignored; …`.
fn count(outcome: &mut Outcome, line: &str) {
    if let (Suite::Sdk, Some((passed, failed))) = (outcome.suite, sdks::counted(line)) {
        outcome.passed += passed;
        outcome.failed += failed;
    }
    let Some(counts) = line.strip_prefix("test result: ") else { return };
    let mut number = 0;
    for word in counts.split([' ', ';']) {
        match word {
            "passed" => outcome.passed += number,
            "failed" => outcome.failed += number,
            "ignored" => outcome.ignored += number,
            other => number = other.parse().unwrap_or(number),
        }
    }
}

fn summarize(outcomes: &[Outcome]) {
    eprintln!();
    for outcome in outcomes {
        let Outcome { suite, passed, failed, ignored, took, .. } = outcome;
        let verdict = match outcome {
            good if good.is_good() => "ok",
            Outcome { succeeded: true, .. } => "FAILED: it ran no test",
            Outcome { failed: 0, .. } => "FAILED: it could not be built or run, see above",
            _ => "FAILED",
        };
        let seconds = took.as_secs();
        eprintln!("{:<12} {passed:>4} passed {failed:>3} failed {ignored:>3} ignored {seconds:>4} s   {verdict}", suite.name());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_several_test_programs_add_up() {
        let mut outcome = Outcome { suite: Suite::Unit, passed: 0, failed: 0, ignored: 0, took: Duration::ZERO, succeeded: true };
        count(&mut outcome, "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s");
        count(&mut outcome, "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s");
        count(&mut outcome, "test domain::money::tests::passed ... ok");
        assert_eq!((outcome.passed, outcome.failed, outcome.ignored), (15, 2, 1));
    }

    #[test]
    fn a_suite_without_a_test_is_not_good() {
        let outcome = Outcome { suite: Suite::Contract, passed: 0, failed: 0, ignored: 0, took: Duration::ZERO, succeeded: true };
        assert!(!outcome.is_good());
    }
}
