//! The running company: the books behind one lock, the clock, the pace, faults and statistics. Every request reads or writes through it;
//! what time has changed is brought up to date first, and a write is on disk before it is answered.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicI64, Ordering},
};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use crate::{
    books::Books,
    calendar, data,
    faults::Faults,
    options::Options,
    passing_time::{self, Pace},
    push::Push,
    refusal::{Code, Refusal},
    save::{self, Progress, SaveError},
    stats::Stats,
};

pub(crate) struct Shop {
    books: Mutex<Books>,
    /// Held while the file is written, so that an older state never overwrites a newer one.
    saving: Mutex<()>,
    progress: Progress,
    options: Options,
    pace: Pace,
    /// The clock runs so many seconds ahead, set by `/control/clock`.
    ahead_secs: AtomicI64,
    /// Lists and details show another customer's document too, set by `/control/foreign`.
    pub(crate) leaks: AtomicBool,
    pub(crate) faults: Faults,
    pub(crate) push: Arc<Push>,
    pub(crate) stats: Mutex<Stats>,
}

impl Shop {
    /// Opens the data file, or fresh books when there is none.
    pub(crate) fn open(options: Options) -> Result<Arc<Self>, SaveError> {
        let kept = options.data.as_deref().map(save::load).transpose()?.flatten();
        let mut books = kept.unwrap_or_else(|| data::opened(Timestamp::now(), options.seed));
        data::add_customers(&mut books, options.more_customers);
        let shop = Self {
            books: Mutex::new(books),
            saving: Mutex::new(()),
            progress: Progress::new(),
            pace: options.pace(),
            ahead_secs: AtomicI64::new(0),
            leaks: AtomicBool::new(false),
            faults: Faults::new(options.seed),
            push: Arc::new(Push::new(options.push_to.clone(), &options.push_secret)),
            stats: Mutex::new(Stats::default()),
            options,
        };
        shop.save_now()?;
        Ok(Arc::new(shop))
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_secs(self.ahead_secs.load(Ordering::Relaxed));
        calendar::to_the_millisecond(Timestamp::now().saturating_add(ahead).unwrap_or(Timestamp::MAX))
    }

    /// Sets how far the clock runs ahead.
    pub(crate) fn set_ahead(&self, secs: u32) {
        self.ahead_secs.store(i64::from(secs), Ordering::Relaxed);
    }

    /// Looks something up in the books of this moment.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Books, Timestamp) -> T) -> T {
        let now = self.now();
        let mut books = self.books.lock();
        self.settle(&mut books, now);
        look(&books, now)
    }

    /// Changes the books and waits until the change is kept. A refused change must have changed nothing.
    pub(crate) async fn write<T>(&self, change: impl FnOnce(&mut Books, Timestamp) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let (done, revision) = {
            let now = self.now();
            let mut books = self.books.lock();
            self.settle(&mut books, now);
            let done = change(&mut books, now)?;
            self.push.notice(&books, now);
            (done, self.progress.changed())
        };
        if self.options.data.is_some() {
            let not_saved = |reason| Refusal::new(Code::NotSaved, reason);
            self.progress.saved(revision).await.map_err(not_saved)?;
        }
        Ok(done)
    }

    /// Brings the books up to date without being asked; the ticker calls it.
    pub(crate) fn tick(&self) {
        self.read(|books, now| self.push.notice(books, now));
    }

    /// Some shelves change.
    pub(crate) fn move_stock(&self) {
        let now = self.now();
        let mut books = self.books.lock();
        passing_time::move_stock(&mut books, now);
        self.push.notice(&books, now);
        self.progress.changed();
    }

    pub(crate) fn pace(&self) -> Pace {
        self.pace
    }

    /// Writes the data file after every change, for ever; ends at once without one.
    pub(crate) async fn keep_saving(self: Arc<Self>) {
        while self.options.data.is_some() {
            self.progress.due().await;
            let shop = Arc::clone(&self);
            let outcome = tokio::task::spawn_blocking(move || shop.save_now()).await;
            if let Ok(Err(error)) = outcome {
                eprintln!("demo-backend: {error}");
            }
        }
    }

    /// Writes the data file as the books are now; does nothing without one.
    pub(crate) fn save_now(&self) -> Result<(), SaveError> {
        let Some(path) = &self.options.data else { return Ok(()) };
        let _saving = self.saving.lock();
        // A copy, so that nobody waits for the lock while the text is made.
        let (books, revision) = {
            let books = self.books.lock();
            (books.clone(), self.progress.revision())
        };
        let written = serde_json::to_vec(&books)
            .map_err(|source| SaveError::Content { path: path.clone(), source })
            .and_then(|bytes| save::write(path, &bytes));
        self.progress.tried(revision, written.as_ref().err().map(ToString::to_string));
        written
    }

    fn settle(&self, books: &mut Books, now: Timestamp) {
        if passing_time::settle(books, &self.pace, now) {
            self.progress.changed();
        }
    }
}
