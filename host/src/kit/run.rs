//! One run of the kit: the adapter on the bench, what is known of its back end, and the book in which cases and findings are written down.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use data_encoding::BASE32;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::finding::{Finding, Kind};
use super::judge::Broken;
use super::report::{CaseLine, Cost, Verdict};
use super::tape::Tape;
use super::witness::{Witness, WitnessError};
use crate::adapter::ask::Ask;
use crate::adapter::bench::{Bench, Called, Scratch, Staged};
use crate::adapter::error::UNUSABLE;
use crate::config::ConformancePlan;
use crate::domain::{CallContext, Description, Purpose, Reference};
use crate::egress::{Act, EgressError, Heard, Tap};

pub(super) struct Run<'a> {
    pub bench: &'a Bench,
    pub plan: &'a ConformancePlan,
    pub description: &'a Description,
    pub witness: Option<Witness<'a>>,
    pub tape: &'a Tape,
    pub only: Option<&'a str>,
    pub seed: u64,
    pub started: Timestamp,
    book: Mutex<Book>,
}

/// What has been written down.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub cases: Vec<CaseLine>,
    pub findings: Vec<Finding>,
    pub notes: Vec<String>,
    pub costs: BTreeMap<&'static str, Cost>,
    /// Where a run that is made again differs from the first.
    pub strays: Vec<String>,
    pub unproved: Vec<String>,
    begun: u32,
}

/// How a call is made.
#[derive(Default)]
pub(super) struct How {
    /// What becomes of requests, by their place.
    pub acts: Vec<(Option<usize>, Act)>,
    pub deadline: Option<Duration>,
    /// How far the guest's time of day is ahead.
    pub ahead: Duration,
    /// The call whose replies and times it gets.
    pub again: Option<(Vec<Heard>, Vec<u64>)>,
    /// The caller looks itself at how the guest ended.
    pub may_be_ended: bool,
}

impl How {
    pub(super) fn plain() -> Self {
        Self::default()
    }

    pub(super) fn at(place: usize, act: Act) -> Self {
        Self { acts: vec![(Some(place), act)], ..Self::default() }
    }

    fn is_plain(&self) -> bool {
        self.acts.is_empty() && self.again.is_none()
    }
}

impl<'a> Run<'a> {
    pub(super) fn new(
        bench: &'a Bench,
        plan: &'a ConformancePlan,
        description: &'a Description,
        tape: &'a Tape,
        witness: Option<Witness<'a>>,
        only: Option<&'a str>,
    ) -> Self {
        let (seed, started) = (tape.seed(), tape.started());
        Self { bench, plan, description, witness, tape, only, seed, started, book: Mutex::default() }
    }

    /// Whether cases of the operation are reported.
    pub(super) fn wants(&self, operation: &str) -> bool {
        self.only.is_none_or(|only| only == operation)
    }

    /// Whether the adapter has the operation and its cases are wanted; notes it down when it has not.
    pub(super) fn tests(&self, operation: &'static str) -> bool {
        if !self.description.supports(operation) {
            self.skip(operation, operation, "not offered");
        }
        self.description.supports(operation) && self.wants(operation)
    }

    pub(super) fn skip(&self, operation: &'static str, case: &str, reason: &str) {
        if self.wants(operation) {
            let line = CaseLine { operation, case: case.to_owned(), verdict: Verdict::Skipped(reason.to_owned()) };
            let cases = &mut self.book.lock().cases;
            if !cases.contains(&line) {
                cases.push(line);
            }
        }
    }

    pub(super) fn note(&self, note: String) {
        self.book.lock().notes.push(note);
    }

    pub(super) fn begin(&self, operation: &'static str, case: impl Into<String>) -> Case<'_> {
        let mut book = self.book.lock();
        book.begun += 1;
        let id = format!("conformance-{}", book.begun);
        let scratch = self.bench.scratch();
        Case { run: self, operation, case: case.into(), id, step: AtomicU32::new(0), scratch, found: Mutex::default() }
    }

    pub(super) fn into_book(self) -> Book {
        self.book.into_inner()
    }

    fn count(&self, operation: &'static str, called: &Called) {
        let mut book = self.book.lock();
        let cost = book.costs.entry(operation).or_default();
        cost.calls += 1;
        cost.requests = cost.requests.max(called.heard.len());
        cost.cpu_ms = cost.cpu_ms.max(called.cpu.as_secs_f64() * 1_000.0);
        cost.memory_bytes = cost.memory_bytes.max(called.memory_bytes);
    }

    /// A number that is the same whenever the same is made with the same seed.
    fn drawn(&self, what: &str) -> [u8; 32] {
        Sha256::digest(format!("{} {what}", self.seed)).into()
    }
}

/// One case: calls that belong together, and what was found in them.
pub(super) struct Case<'a> {
    pub run: &'a Run<'a>,
    pub operation: &'static str,
    case: String,
    id: String,
    step: AtomicU32,
    scratch: Scratch,
    found: Mutex<Vec<Broken>>,
}

impl Case<'_> {
    /// One call. What can be told of any call is noted down.
    pub(super) async fn call(&self, ask: Ask, how: How) -> Called {
        let run = self.run;
        let id = format!("{}-{}", self.id, self.step.fetch_add(1, Ordering::Relaxed));
        let (is_plain, may_be_ended, operation) = (how.is_plain(), how.may_be_ended, ask.name());
        // What is made again begins without what the first call left behind.
        let scratch = if how.again.is_some() { run.bench.scratch() } else { self.scratch.clone() };
        let (tap, readings) = match how.again.or_else(|| run.tape.kept(&id)) {
            Some((heard, readings)) => (Tap::of_kept(heard), Some(readings)),
            None => (Tap::before_backend(how.acts), None),
        };
        let deadline = how.deadline.unwrap_or(Duration::from_millis(run.plan.calls.deadline_ms));
        let staged = Staged {
            context: self.context(id.clone(), purpose(operation), deadline),
            tap: Some(tap),
            scratch,
            ahead: how.ahead,
            seed: u64::from_le_bytes(first_eight(run.drawn(&id))),
            readings,
        };
        let called = run.bench.call(ask, staged).await;
        run.tape.keep(&id, &called);
        if is_plain {
            run.count(operation, &called);
        }
        self.check(&called, is_plain, may_be_ended);
        called
    }

    fn context(&self, request_id: String, purpose: Purpose, deadline: Duration) -> CallContext {
        let store = self.run.plan.buyer.store.clone();
        CallContext { store, channel: "web".into(), locale: "en".into(), request_id, trace_parent: None, purpose, deadline }
    }

    fn check(&self, called: &Called, is_plain: bool, may_be_ended: bool) {
        match called.ended {
            Some("cpu" | "wall") if may_be_ended => {}
            Some(kind @ ("cpu" | "wall")) => {
                let limit = if kind == "cpu" { "its CPU time was spent (limits.cpu_ms)" } else { "its time was over" };
                self.find(Kind::IgnoresDeadline, format!("the host had to end the call: {limit}"));
            }
            Some(kind) => {
                let detail = called.outcome.as_ref().err().and_then(|failure| failure.detail.clone()).unwrap_or_default();
                self.find(Kind::Traps, format!("the guest was ended ({kind}) {detail}"));
            }
            None => {}
        }
        let declared = &self.run.description.endpoints;
        if let Some(heard) = called.heard.iter().find(|heard| !declared.iter().any(|need| need.name == heard.endpoint)) {
            self.find(Kind::CallsUndeclared, format!("it sent a request to {:?}", heard.endpoint));
        }
        for heard in &called.heard {
            if let Some(Err(EgressError::Strays(difference))) = &heard.came
                && self.run.tape.is_replayed()
            {
                self.run.book.lock().strays.push(format!("{}, {}: {difference}", self.operation, self.case));
            }
        }
        if is_plain {
            self.check_usable(called);
        }
    }

    fn check_usable(&self, called: &Called) {
        let items = called.outcome.as_ref().ok().and_then(Value::as_array).into_iter().flatten();
        let of_items = items.filter_map(|item| serde_json::from_value(item.get("failure")?.clone()).ok());
        for failure in called.outcome.as_ref().err().cloned().into_iter().chain(of_items) {
            match failure.ext.get(UNUSABLE).map(String::as_str) {
                Some("another" | "number") => self.find(Kind::AnswersForOtherItem, failure.message.clone()),
                Some(_) => self.find(Kind::InvalidAnswer, failure.message.clone()),
                None => {}
            }
        }
    }

    pub(super) fn find(&self, kind: Kind, message: impl Into<String>) {
        let mut found = self.found.lock();
        if !found.iter().any(|(known, _)| *known == kind) {
            found.push((kind, message.into()));
        }
    }

    /// Something could not be counted; the run has not passed then.
    pub(super) fn unproved(&self, cause: &WitnessError) {
        self.run.book.lock().unproved.push(format!("{}, {}: {cause}", self.operation, self.case));
    }

    pub(super) fn found(&self, broken: Option<Broken>) {
        if let Some((kind, message)) = broken {
            self.find(kind, message);
        }
    }

    /// Whether something was found already.
    pub(super) fn is_broken(&self) -> bool {
        !self.found.lock().is_empty()
    }

    /// A reference of ours that nobody used before: the same in the same run of the same seed.
    pub(super) fn reference(&self, letter: char) -> Reference {
        let drawn = self.run.drawn(&format!("reference {} {}", self.id, self.step.fetch_add(1, Ordering::Relaxed)));
        let text: String = BASE32.encode(&drawn).chars().take(26).collect();
        Reference::new(format!("{letter}{text}"))
    }

    /// Writes the case down.
    pub(super) fn end(self) {
        if !self.run.wants(self.operation) {
            return;
        }
        let found = self.found.into_inner();
        let mut book = self.run.book.lock();
        let kinds: Vec<_> = found.iter().map(|(kind, _)| kind.id()).collect();
        let verdict = if kinds.is_empty() { Verdict::Passed } else { Verdict::Failed(kinds.join(", ")) };
        book.cases.push(CaseLine { operation: self.operation, case: self.case.clone(), verdict });
        for (kind, message) in found {
            let (operation, case) = (self.operation.to_owned(), self.case.clone());
            book.findings.push(Finding { rule: kind.rule(), finding: kind.id(), operation, case, message, hint: kind.hint() });
        }
    }

    /// Leaves the case out.
    pub(super) fn skip(self, reason: &str) {
        if self.is_broken() { self.end() } else { self.run.skip(self.operation, &self.case, reason) }
    }
}

fn first_eight(bytes: [u8; 32]) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = bytes;
    [a, b, c, d, e, f, g, h]
}

fn purpose(operation: &str) -> Purpose {
    match operation {
        "availability.check" | "pricing.offer-prices" => Purpose::Cart,
        "orders.get" | "orders.list" | "quotes.get" | "quotes.list" => Purpose::History,
        "health.probe" => Purpose::Probe,
        checkout if checkout.starts_with("checkout.") => Purpose::Checkout,
        _ => Purpose::Transfer,
    }
}
