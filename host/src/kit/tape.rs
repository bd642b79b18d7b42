//! What a run got from outside, kept in a file (`--record`), so that the same run can be made again without network and secrets (`--replay`):
//! exchanges as the adapter saw them, readings of clocks, the seed of all randomness and references, and what the witness counted. What the host
//! adds to requests (credentials, cookies) never comes here, and a credential that a back end repeats is asterisks before.

mod cassette;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use parking_lot::Mutex;

pub use cassette::{Cassette, CassetteError};

use crate::adapter::bench::Called;
use crate::domain::Reference;
use crate::egress::Heard;

/// Where a run gets what comes from outside, and whether it is kept.
pub struct Tape {
    mode: Mode,
    cassette: Mutex<Cassette>,
}

enum Mode {
    Live,
    Recorded(PathBuf),
    Replayed(Box<Cassette>),
}

impl Tape {
    /// Nothing is kept.
    pub fn live(seed: u64) -> Self {
        Self { mode: Mode::Live, cassette: Mutex::new(Cassette::new(seed, Timestamp::now())) }
    }

    /// Everything is kept in that file.
    pub fn recorded(file: &Path, seed: u64) -> Self {
        Self { mode: Mode::Recorded(file.to_owned()), ..Self::live(seed) }
    }

    /// Everything comes from that file.
    pub fn replayed(file: &Path) -> Result<Self, CassetteError> {
        let cassette = Cassette::read(file)?;
        let made = Cassette::new(cassette.seed, cassette.started);
        Ok(Self { mode: Mode::Replayed(Box::new(cassette)), cassette: Mutex::new(made) })
    }

    pub fn is_replayed(&self) -> bool {
        matches!(self.mode, Mode::Replayed(_))
    }

    /// Of all randomness and references.
    pub fn seed(&self) -> u64 {
        self.cassette.lock().seed
    }

    /// The instant that orders are dated by.
    pub fn started(&self) -> Timestamp {
        self.cassette.lock().started
    }

    /// Whether the file is about that component.
    pub fn fits(&self, digest: &str) -> bool {
        match &self.mode {
            Mode::Replayed(cassette) => cassette.digest == digest,
            Mode::Live | Mode::Recorded(_) => true,
        }
    }

    /// Writes the file, when there is one to write.
    pub fn finish(&self, digest: &str, has_witness: bool) -> Result<(), CassetteError> {
        let Mode::Recorded(file) = &self.mode else { return Ok(()) };
        let mut cassette = self.cassette.lock();
        digest.clone_into(&mut cassette.digest);
        cassette.has_witness = has_witness;
        cassette.write(file)
    }

    pub(super) fn has_witness(&self) -> bool {
        matches!(&self.mode, Mode::Replayed(cassette) if cassette.has_witness)
    }

    /// What a call got then. A call that was not made then gets nothing.
    pub(super) fn kept(&self, call: &str) -> Option<(Vec<Heard>, Vec<u64>)> {
        match &self.mode {
            Mode::Replayed(cassette) => Some(cassette.call(call)),
            Mode::Live | Mode::Recorded(_) => None,
        }
    }

    pub(super) fn keep(&self, call: &str, called: &Called) {
        if matches!(self.mode, Mode::Recorded(_)) {
            self.cassette.lock().keep(call, called);
        }
    }

    pub(super) fn counted(&self, reference: &Reference) -> Option<usize> {
        match &self.mode {
            Mode::Replayed(cassette) => cassette.counted(reference),
            Mode::Live | Mode::Recorded(_) => None,
        }
    }

    pub(super) fn keep_count(&self, reference: &Reference, count: usize) {
        self.cassette.lock().keep_count(reference, count);
    }
}
