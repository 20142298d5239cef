use super::exchange::Welcome;
use super::{Effect, Hub};
use crate::model::{Tick, UnixMillis};

/// After a failed attempt the shard waits so long before it tries again, doubling up to a minute.
const RETRY: u64 = 5_000;
const LONGEST_RETRY: u64 = 60_000;

/// The broker speaks to a shard with sockets at least every 30 s. After this silence it has forgotten the shard.
const LEASE: u64 = 90_000;

/// The shard's side of its link with the broker: whether the broker knows that it has sockets, and how far it got.
#[derive(Debug, Default)]
pub(super) struct Link {
    state: State,
    failures: u32,
    heard_at: UnixMillis,
    seen: u64,
    /// No tick after this one was left out.
    unbroken_since: u64,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Unknown,
    Asked,
    /// The broker could not be reached, and is left alone until then.
    Failed {
        until: UnixMillis,
    },
    Attached,
}

impl Link {
    /// Everybody had left, so the broker dropped this shard.
    pub fn begin_anew(&mut self) {
        if !self.has_failed() {
            self.state = State::Unknown;
        }
        self.seen = 0;
        self.unbroken_since = 0;
    }

    /// Whether a delivery that follows the tick `after` leaves nothing out.
    pub fn follows(&self, after: u64) -> bool {
        // Without a tick nobody here has been told anything that could be incomplete.
        after <= self.seen || self.seen == 0
    }

    /// Ticks come next of which the first is `first`, and which follow `after`. `true` if some before were left out,
    /// because nobody has kept them.
    pub fn skips(&mut self, after: u64, first: u64) -> bool {
        let skips = after == 0 && first > self.seen;
        if skips {
            self.unbroken_since = first.saturating_sub(1);
        } else if self.seen == 0 {
            self.unbroken_since = after;
        }
        skips && self.seen > 0
    }

    /// Whether what the broker said then, with the ticks taken since, leaves nothing out.
    fn completes(&self, welcome: &Welcome) -> bool {
        self.follows(welcome.after) && welcome.newest >= self.unbroken_since
    }

    /// Notes a tick; `false` if it has been seen.
    pub fn take(&mut self, number: u64) -> bool {
        let newer = number > self.seen;
        self.seen = self.seen.max(number);
        newer
    }

    /// All up to this tick is known: of an earlier life, or because the broker told where everything stands.
    pub fn skip_to(&mut self, number: u64) {
        self.seen = self.seen.max(number);
    }

    /// Whether the broker could not be reached, so that nobody should wait for it.
    pub fn has_failed(&self) -> bool {
        matches!(self.state, State::Failed { .. })
    }

    /// The newest tick that the sockets were told.
    pub fn seen(&self) -> u64 {
        self.seen
    }
}

impl Hub {
    /// The newest tick that this shard's sockets were told; 0 if there was none.
    pub fn seen(&self) -> u64 {
        self.link.seen()
    }

    /// The broker was heard.
    pub(super) fn heard(&mut self, now: UnixMillis) {
        self.waiting.ask_again();
        self.link.heard_at = now;
    }

    /// Makes this shard known to the broker, unless that is so, under way or was tried in vain just now.
    fn attach(&mut self, out: &mut Vec<Effect>) {
        if self.link.state == State::Unknown && !self.is_empty() {
            self.link.state = State::Asked;
            out.push(Effect::Attach);
        }
    }

    /// Asks where the channels stand: an object that was evicted does not know it any more.
    pub(super) fn attach_again(&mut self, out: &mut Vec<Effect>) {
        if self.link.state == State::Attached {
            self.link.state = State::Unknown;
        }
        self.attach(out);
    }

    /// Attaches if nobody has, if the broker seems to have forgotten this shard, or if it is time to try again.
    pub(super) fn attach_if_due(&mut self, now: UnixMillis, out: &mut Vec<Effect>) {
        let due = match self.link.state {
            State::Attached => now.since(self.link.heard_at) > LEASE,
            State::Failed { until } => until <= now,
            State::Unknown | State::Asked => false,
        };
        if due {
            self.link.state = State::Unknown;
        }
        self.attach(out);
        self.watch_link();
    }

    /// Listeners alone would notice neither that the broker has fallen silent nor that it is time to try again.
    fn watch_link(&mut self) {
        if self.is_empty() {
            return;
        }
        match self.link.state {
            State::Attached => self.deadlines.want(self.link.heard_at.plus(LEASE + 1)),
            State::Failed { until } => self.deadlines.want(until),
            State::Unknown | State::Asked => {}
        }
    }

    /// The broker knows this shard; `missed` is what its sockets have missed.
    pub(super) fn welcomed(
        &mut self,
        now: UnixMillis,
        welcome: Welcome,
        missed: Vec<Tick>,
        out: &mut Vec<Effect>,
    ) {
        self.link.failures = 0;
        self.heard(now);
        if !self.link.completes(&welcome) {
            // Ticks have come since it was asked, and not all of those before.
            self.link.state = State::Unknown;
            return self.attach(out);
        }
        self.link.state = State::Attached;
        self.watch_link();
        if self.is_cut_off(&welcome, &missed) {
            self.fall_behind();
        }
        self.pass_on(now, missed, out);
        self.take_heads(now, welcome, out);
        self.settle_waiting(now, out);
        self.save_cursor(out);
    }

    pub(super) fn attach_failed(&mut self, now: UnixMillis, out: &mut Vec<Effect>) {
        let wait = RETRY
            .saturating_mul(1 << self.link.failures.min(10))
            .min(LONGEST_RETRY);
        self.link.failures += 1;
        self.link.state = State::Failed {
            until: now.plus(wait),
        };
        self.watch_link();
        self.answer_blindly(now, out);
    }
}
