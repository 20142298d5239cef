use std::cell::{Cell, RefCell};
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

/// A server that has not delivered by then has lost something.
const PATIENCE: Duration = Duration::from_secs(30);

/// What all clients together have received.
pub struct Tally {
    updates: Cell<u64>,
    goal: Cell<u64>,
    reached: Notify,
    latencies: RefCell<Vec<Duration>>,
    closed: Cell<u64>,
    last: Cell<Instant>,
}

impl Tally {
    /// Nothing received yet.
    pub fn new() -> Self {
        Self {
            updates: Cell::new(0),
            goal: Cell::new(u64::MAX),
            reached: Notify::new(),
            latencies: RefCell::default(),
            closed: Cell::new(0),
            last: Cell::new(Instant::now()),
        }
    }

    /// A client received so many updates.
    pub fn count(&self, updates: u64) {
        self.updates.set(self.updates.get() + updates);
        self.last.set(Instant::now());
        if self.updates.get() >= self.goal.get() {
            self.reached.notify_one();
        }
    }

    /// One update took so long.
    pub fn took(&self, latency: Duration) {
        self.latencies.borrow_mut().push(latency);
    }

    /// A server closed a connection.
    pub fn close(&self) {
        self.closed.set(self.closed.get() + 1);
    }

    /// How many updates came, ever.
    pub fn updates(&self) -> u64 {
        self.updates.get()
    }

    /// When the last one came.
    pub fn last(&self) -> Instant {
        self.last.get()
    }

    /// How many connections a server closed.
    pub fn closed(&self) -> u64 {
        self.closed.get()
    }

    /// The latencies since the last call.
    pub fn latencies(&self) -> Vec<Duration> {
        self.latencies.take()
    }

    /// Waits until `goal` updates have come, ever. Fails when they do not.
    pub async fn reach(&self, goal: u64) -> Result<()> {
        self.goal.set(goal);
        let all = async {
            while self.updates.get() < goal {
                self.reached.notified().await;
            }
        };
        if timeout(PATIENCE, all).await.is_err() {
            let (came, closed) = (self.updates.get(), self.closed.get());
            bail!("{came} of {goal} updates came in {PATIENCE:?}; {closed} connections were closed");
        }
        Ok(())
    }
}
