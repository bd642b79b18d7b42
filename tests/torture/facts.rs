//! Everything that was seen in a storm and after it: by customers, on the network, in the back end, in the host's store. What the verdict
//! goes by. Instants are milliseconds since the storm began.

use std::collections::{BTreeMap, BTreeSet};

/// One customer's dealings about one cart. A cart's number is its quantity: no two carts have the same content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Story {
    pub(crate) cart: usize,
    pub(crate) account: String,
    pub(crate) tries: Vec<Try>,
    /// The order that was acknowledged.
    pub(crate) reference: Option<String>,
    /// Bodies of all acknowledgements.
    pub(crate) answers: Vec<String>,
    /// What the customer was told and should not have been.
    pub(crate) complaints: Vec<String>,
}

/// One request of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Try {
    pub(crate) request: &'static str,
    pub(crate) host: usize,
    pub(crate) began: u64,
    pub(crate) ended: u64,
    /// The status and code, or why there was no answer.
    pub(crate) told: String,
    pub(crate) was_answered: bool,
}

/// A host was ended without warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kill {
    pub(crate) host: usize,
    pub(crate) at: u64,
}

/// A host stood still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pause {
    pub(crate) host: usize,
    pub(crate) from: u64,
    pub(crate) until: u64,
}

/// One request that came to the network from a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Passage {
    pub(crate) at: u64,
    pub(crate) request: String,
    pub(crate) cart: Option<usize>,
    pub(crate) reference: Option<String>,
    /// What the network did to it.
    pub(crate) fate: String,
    /// What the back end said to each delivery: status, and the number of what it made.
    pub(crate) replies: Vec<(u16, Option<String>)>,
    /// The back end's last reply went whole to the host.
    pub(crate) was_answered: bool,
    pub(crate) took: u64,
}

/// An order that the back end has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) number: String,
    pub(crate) reference: Option<String>,
    pub(crate) account: String,
    pub(crate) cart: usize,
}

/// Stock that the back end still holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reserved {
    pub(crate) id: String,
    pub(crate) cart: usize,
}

/// A row of the store's transfers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Transfer {
    pub(crate) id: i64,
    pub(crate) reference: String,
    pub(crate) operation: String,
    pub(crate) account: String,
    pub(crate) state: String,
    pub(crate) attempts: i64,
    pub(crate) lookups: i64,
    /// The reservation that it gives back, or that its order has.
    pub(crate) held: Option<String>,
    pub(crate) last_failure: Option<String>,
    pub(crate) was_resent: bool,
    /// What the back end's number is, for a transfer that carries an order.
    pub(crate) number: Option<String>,
    pub(crate) timeline: Vec<Attempt>,
}

/// A line of a transfer's timeline; instants by the store's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) number: i64,
    pub(crate) kind: String,
    pub(crate) started: i64,
    pub(crate) ended: Option<i64>,
    pub(crate) outcome: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) stories: Vec<Story>,
    pub(crate) kills: Vec<Kill>,
    pub(crate) pauses: Vec<Pause>,
    /// Of the database server.
    pub(crate) crashes: usize,
    pub(crate) passages: Vec<Passage>,
    pub(crate) taken: Vec<Taken>,
    pub(crate) reserved: Vec<Reserved>,
    pub(crate) transfers: Vec<Transfer>,
    /// Reservations that a checkout has, as the store knows it.
    pub(crate) sealed: BTreeSet<String>,
    /// References that each account is shown as its own.
    pub(crate) listed: BTreeMap<String, BTreeSet<String>>,
    /// References of another account that one could read.
    pub(crate) strangers: Vec<String>,
    /// What the desk shows as parked, with the reason.
    pub(crate) parked: BTreeMap<String, String>,
    /// Accounts that the back end takes no orders of.
    pub(crate) blocked: BTreeSet<String>,
    pub(crate) logs: Vec<String>,
    pub(crate) storm_ms: u64,
    pub(crate) drain_ms: u64,
}

impl Facts {
    /// The transfer that carries an order.
    pub(crate) fn carrier(&self, reference: &str) -> Option<&Transfer> {
        self.transfers.iter().find(|transfer| transfer.reference == reference && transfer.operation == "submit-order")
    }

    /// Counts, for people.
    pub(crate) fn summary(&self) -> String {
        let count = |names: &mut dyn Iterator<Item = String>| {
            let mut counted = BTreeMap::<String, usize>::new();
            names.for_each(|name| *counted.entry(name).or_default() += 1);
            counted.into_iter().map(|(name, number)| format!("{name} {number}")).collect::<Vec<_>>().join(", ")
        };
        let acknowledged = self.stories.iter().filter(|story| story.reference.is_some()).count();
        let tries: usize = self.stories.iter().map(|story| story.tries.len()).sum();
        let unanswered = self.stories.iter().flat_map(|story| &story.tries).filter(|attempt| !attempt.was_answered).count();
        let orders = self.transfers.iter().filter(|transfer| transfer.operation == "submit-order");
        let releases = self.transfers.iter().filter(|transfer| transfer.operation == "release-reservation");
        format!(
            "  {acknowledged} orders acknowledged in {tries} requests ({unanswered} without an answer), {} kills, {} pauses, {} crashes of the database, storm {} s, drained in {} s\n  \
             orders: {}; releases: {}; {} reservations left\n  network: {}",
            self.kills.len(),
            self.pauses.len(),
            self.crashes,
            self.storm_ms / 1_000,
            self.drain_ms / 1_000,
            count(&mut orders.map(|transfer| transfer.state.clone())),
            count(&mut releases.map(|transfer| transfer.state.clone())),
            self.reserved.len(),
            count(&mut self.passages.iter().map(|passage| passage.fate.clone())),
        )
    }
}
