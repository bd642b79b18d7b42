//! What the host does after a submit, with its own decisions (`adapter::error`): look up, send again, leave it to a person. Without waiting longer
//! than the back end needs.

use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

use super::finding::Kind;
use super::goods::Goods;
use super::paper::{Paper, documents, text};
use super::run::{Case, How};
use crate::adapter::bench::Called;
use crate::adapter::error::{look_up_verdict, verdict};
use crate::domain::{Deduplication, Failure, FailureCode, Reference, Verdict};

/// Attempts, and look-ups after each, before a person decides.
const MOST: usize = 4;
/// The longest propagation delay that is waited for.
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// One document on its way, under one reference.
pub(super) struct Transfer<'a> {
    pub case: &'a Case<'a>,
    pub paper: Paper,
    pub goods: &'a Goods<'a>,
    pub reference: &'a Reference,
}

/// How it ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Settled {
    /// Under that number.
    Confirmed(String),
    /// A business refusal.
    Refused,
    /// A person decides.
    Parked,
}

enum Looked {
    Found(String),
    Absent,
    Parked,
}

impl Transfer<'_> {
    pub(super) async fn submit(&self, how: How) -> Called {
        self.case.call(self.paper.submit(self.goods, self.goods.account(), self.reference), how).await
    }

    /// Goes on from what the first attempt came to.
    pub(super) async fn settle(&self, first: Result<Value, Failure>) -> Settled {
        let mut outcome = first;
        for _ in 0..MOST {
            let failure = match outcome {
                Ok(accepted) => return Settled::Confirmed(text(&accepted, "number").unwrap_or_default().to_owned()),
                Err(failure) => failure,
            };
            match verdict(&failure, self.paper.transfer(), self.class()) {
                Verdict::Reject => return Settled::Refused,
                Verdict::Park => return Settled::Parked,
                Verdict::SendAgain => {}
                Verdict::LookUp | Verdict::AlreadyThere => match self.look_up().await {
                    Looked::Found(number) => return Settled::Confirmed(number),
                    Looked::Parked => return Settled::Parked,
                    Looked::Absent => {}
                },
            }
            outcome = self.submit(How::plain()).await.outcome;
        }
        match outcome {
            Ok(accepted) => Settled::Confirmed(text(&accepted, "number").unwrap_or_default().to_owned()),
            Err(_) => Settled::Parked,
        }
    }

    /// How many documents there are under the reference: by the witness, else by the adapter's own history.
    pub(super) async fn count(&self) -> usize {
        if let Some(witness) = self.case.run.witness.as_ref().filter(|_| self.paper == Paper::Order) {
            match witness.count(self.reference).await {
                Ok(count) => return count,
                Err(cause) => self.case.unproved(&cause),
            }
        }
        let found = self.find().await.ok().filter(|found| !found.is_null()).map_or(0, |_| 1);
        if !self.case.run.description.supports(self.paper.listing()) {
            return found;
        }
        let page =
            self.case.call(self.paper.list(self.goods.account(), 50, None), How::plain()).await.outcome.unwrap_or_default();
        let listed = documents(&page).iter().filter(|document| text(document, "reference") == Some(self.reference.as_str()));
        listed.count().max(found)
    }

    /// The document with the reference.
    pub(super) async fn find(&self) -> Result<Value, Failure> {
        if !self.case.run.description.supports(self.paper.finding()) {
            return Err(Failure::new(FailureCode::Unsupported, "not offered"));
        }
        self.case.call(self.paper.find(self.goods.account(), self.reference), How::plain()).await.outcome
    }

    async fn look_up(&self) -> Looked {
        if self.class() == Deduplication::None {
            return Looked::Parked;
        }
        let mut has_waited = false;
        for _ in 0..MOST {
            match self.find().await {
                Ok(Value::Null) if has_waited => {
                    self.is_really_absent().await;
                    return Looked::Absent;
                }
                Ok(Value::Null) => {
                    self.wait().await;
                    has_waited = true;
                }
                Ok(document) => return Looked::Found(text(&document, "number").unwrap_or_default().to_owned()),
                Err(failure) => match look_up_verdict(&failure, self.paper.transfer(), self.class()) {
                    Verdict::SendAgain => return Looked::Absent,
                    Verdict::Park | Verdict::Reject => return Looked::Parked,
                    Verdict::LookUp | Verdict::AlreadyThere => {}
                },
            }
        }
        Looked::Parked
    }

    /// None is believed: it must be true.
    async fn is_really_absent(&self) {
        let Some(witness) = self.case.run.witness.as_ref().filter(|_| self.paper == Paper::Order) else { return };
        let message = "find-by-reference said none after the propagation delay, while the back end has the order";
        match witness.count(self.reference).await {
            Ok(0) => {}
            Ok(_) => self.case.find(Kind::NotFoundAfterCommit, message),
            Err(cause) => self.case.unproved(&cause),
        }
    }

    /// So long as the back end may need to show what it has taken.
    pub(super) async fn wait(&self) {
        if !self.case.run.tape.is_replayed() {
            sleep(self.case.run.description.propagation_delay.min(LONGEST_DELAY)).await;
        }
    }

    fn class(&self) -> Deduplication {
        self.case.run.description.deduplication
    }
}
