use super::{Effect, Hub};
use crate::model::{MarketEvent, UnixMillis};

/// After a failed attempt the shard waits so long before it tries again, doubling up to a minute.
const RETRY: u64 = 5_000;
const LONGEST_RETRY: u64 = 60_000;

/// The feed speaks to a shard with sockets at least every 30 s. After this silence it has forgotten the shard.
const LEASE: u64 = 90_000;

/// The shard's side of its link with the feed: whether the feed knows that it has sockets, and how far it got.
#[derive(Debug, Default)]
pub(super) struct Link {
    state: State,
    failures: u32,
    heard_at: UnixMillis,
    last_batch: u64,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Unknown,
    Asked,
    Attached,
}

impl Link {
    /// Everybody had left, so the feed dropped this shard.
    pub fn begin_anew(&mut self) {
        self.state = State::Unknown;
    }

    /// Notes a batch; `false` if it is not newer than what came before.
    pub fn take(&mut self, now: UnixMillis, number: u64) -> bool {
        let newer = number > self.last_batch;
        self.last_batch = self.last_batch.max(number);
        self.heard_at = now;
        newer
    }

    /// The number of the newest batch seen in this life.
    pub fn last_batch(&self) -> u64 {
        self.last_batch
    }
}

impl Hub {
    /// Makes the feed known to this shard and this shard to the feed, unless that is so or under way.
    pub(super) fn attach(&mut self, out: &mut Vec<Effect>) {
        if self.link.state == State::Unknown && !self.is_empty() {
            self.link.state = State::Asked;
            out.push(Effect::Attach);
        }
    }

    /// Attaches again if the feed seems to have forgotten this shard.
    pub(super) fn attach_if_forgotten(&mut self, now: UnixMillis, out: &mut Vec<Effect>) {
        if self.link.state == State::Attached && now.since(self.link.heard_at) > LEASE {
            self.link.state = State::Unknown;
        }
        self.attach(out);
    }

    pub(super) fn attached(&mut self, now: UnixMillis, events: Vec<MarketEvent>, out: &mut Vec<Effect>) {
        self.link.state = State::Attached;
        self.link.failures = 0;
        self.link.heard_at = now;
        self.learn(&events, out);
        self.latest_arrived(now, events, out);
    }

    pub(super) fn attach_failed(&mut self, now: UnixMillis) {
        self.link.state = State::Unknown;
        let wait = RETRY
            .saturating_mul(1 << self.link.failures.min(10))
            .min(LONGEST_RETRY);
        self.link.failures += 1;
        self.deadlines.want(now.plus(wait));
    }
}
