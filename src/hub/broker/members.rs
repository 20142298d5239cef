use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Serialize;
use serde_bytes::Bytes;

use super::log::{self, Log};
use crate::model::UnixMillis;

/// After a failure a shard is tried again so much later, doubling, milliseconds.
const RETRY_MS: u64 = 500;
/// A shard that failed so often in a row rests: nobody waits for it any more ...
const MAX_FAILURES: u32 = 5;
/// ... but the first publication that comes so much later tries it again, milliseconds.
const REST_MS: u64 = 10_000;
/// A shard that failed for so long is dropped: what it lacks is kept no longer. If it is still there, it attaches again
/// when it notices the silence.
const DROPPED_MS: u64 = log::KEPT_MS;

/// One delivery has at most so many bytes, or one tick: a shard that is far behind gets several.
const DELIVERY_BYTES: usize = 512 << 10;

/// The shards that have sockets, by name.
#[derive(Debug, Default)]
pub(super) struct Members {
    members: BTreeMap<String, Member>,
    faults: u64,
    late: u64,
    /// The last delivery that was encoded: shards that keep up all get the same.
    encoded: Option<Encoded>,
}

#[derive(Debug, Clone, Default)]
struct Member {
    /// The newest tick that it has acknowledged; unknown after an eviction of the broker.
    cursor: Option<u64>,
    under_way: bool,
    failing: Option<Failing>,
}

#[derive(Debug, Clone, Copy)]
struct Failing {
    since: UnixMillis,
    last: UnixMillis,
    /// In a row.
    failures: u32,
}

impl Member {
    fn rests(&self, now: UnixMillis) -> bool {
        self.failing
            .is_some_and(|it| it.failures >= MAX_FAILURES && now.since(it.last) < REST_MS)
    }
}

#[derive(Debug)]
struct Encoded {
    after: u64,
    upto: u64,
    body: Rc<[u8]>,
}

/// How far a shard is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Lag {
    /// Ticks that it has not acknowledged.
    pub ticks: usize,
    /// For how long the oldest of them waits, milliseconds.
    pub millis: u64,
}

/// A [`Delivery`](crate::hub::exchange::Delivery), written without copying its ticks first.
#[derive(Serialize)]
struct Borrowed<'a> {
    after: u64,
    ticks: Vec<&'a Bytes>,
}

impl Members {
    /// A shard has sockets, and all ticks up to `newest`. `true` if it is new.
    pub fn join(&mut self, shard: &str, newest: u64) -> bool {
        let known = self.members.contains_key(shard);
        let member = self.members.entry(shard.to_owned()).or_default();
        member.cursor = Some(newest);
        member.failing = None;
        !known
    }

    /// A shard had sockets when that was stored, and all ticks up to `seen`, if that is known.
    pub fn restore(&mut self, shard: String, seen: Option<u64>) {
        let member = Member {
            cursor: seen,
            ..Member::default()
        };
        self.members.insert(shard, member);
    }

    /// Whether every shard has acknowledged that tick.
    pub fn have_all(&self, newest: u64) -> bool {
        self.members.values().all(|member| member.cursor == Some(newest))
    }

    pub fn leave(&mut self, shard: &str) {
        self.members.remove(shard);
    }

    pub fn knows(&self, shard: &str) -> bool {
        self.members.contains_key(shard)
    }

    pub fn len(&self) -> usize {
        self.members.len()
    }

    pub fn names(&self) -> Vec<String> {
        self.members.keys().cloned().collect()
    }

    /// Those that do not rest.
    pub fn due(&self, now: UnixMillis) -> Vec<String> {
        let due = self.members.iter().filter(|(_, member)| !member.rests(now));
        due.map(|(shard, _)| shard.clone()).collect()
    }

    /// Deliveries that were not acknowledged.
    pub fn faults(&self) -> u64 {
        self.faults
    }

    /// Deliveries that were not acknowledged in time, whatever became of them.
    pub fn lates(&self) -> u64 {
        self.late
    }

    /// Encodes what follows the shard's cursor, once for all shards that stand there.
    pub fn next_delivery(&mut self, shard: &str, log: &Log) -> Option<Rc<[u8]>> {
        let member = self.members.get_mut(shard).filter(|member| !member.under_way)?;
        // Unknown: it gets the newest tick alone, and says so if it lacks the one before.
        let from = member.cursor.unwrap_or_else(|| log.before(log.newest()));
        if log.count_after(from) == 0 {
            return None;
        }
        member.under_way = true;
        let upto = log.newest();
        if let Some(known) = self
            .encoded
            .as_ref()
            .filter(|it| (it.after, it.upto) == (from, upto))
        {
            return Some(Rc::clone(&known.body));
        }
        // What is lost cannot hold up what is not.
        let after = if log.reaches(from) { from } else { 0 };
        let body: Rc<[u8]> = encode(after, &log.after(from)).into();
        self.encoded = Some(Encoded {
            after: from,
            upto,
            body: Rc::clone(&body),
        });
        Some(body)
    }

    pub fn acknowledged(&mut self, shard: &str, seen: u64) {
        if let Some(member) = self.members.get_mut(shard) {
            member.under_way = false;
            member.failing = None;
            member.cursor = Some(seen);
        }
    }

    /// Counts what may yet be acknowledged.
    pub fn late(&mut self) {
        self.late += 1;
    }

    pub fn failed(&mut self, shard: &str, now: UnixMillis) -> Option<u64> {
        self.faults += 1;
        let member = self.members.get_mut(shard)?;
        member.under_way = false;
        let failing = member.failing.get_or_insert(Failing {
            since: now,
            last: now,
            failures: 0,
        });
        failing.last = now;
        failing.failures += 1;
        if now.since(failing.since) > DROPPED_MS {
            self.members.remove(shard);
            return None;
        }
        (failing.failures < MAX_FAILURES).then_some(RETRY_MS << (failing.failures - 1))
    }

    pub fn lags(&self, log: &Log, now: UnixMillis) -> Vec<(String, Lag)> {
        let lag = |member: &Member| {
            let cursor = member.cursor.unwrap_or_else(|| log.newest());
            Lag {
                ticks: log.count_after(cursor),
                millis: log.oldest_after(cursor).map_or(0, |at| now.since(at)),
            }
        };
        let lags = self
            .members
            .iter()
            .map(|(shard, member)| (shard.clone(), lag(member)));
        lags.collect()
    }
}

fn encode(after: u64, ticks: &[Rc<[u8]>]) -> Vec<u8> {
    let mut bytes = 0;
    let fitting = ticks.iter().take_while(|tick| {
        let first = bytes == 0;
        bytes += tick.len();
        first || bytes <= DELIVERY_BYTES
    });
    let delivery = Borrowed {
        after,
        ticks: fitting.map(|tick| Bytes::new(tick)).collect(),
    };
    // Numbers and bytes: neither can fail to be written.
    postcard::to_stdvec(&delivery).unwrap_or_default()
}
