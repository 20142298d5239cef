use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Supply;
use crate::feed::stream::SILENCE_MS;
use crate::feed::{Archive, Call, FeedFault, Poll};
use crate::model::{Candle, CandleUpdate, Interval, Kline, Pair, Source, UnixMillis};

const MINUTE_MS: u64 = 60_000;
/// A pair is asked for at most this often, and after a failed attempt ever less often, milliseconds.
const RETRY_MS: u64 = 15_000;
/// While nobody is connected no stream is open: minutes are asked for when this long was missed, milliseconds.
const IDLE_MS: u64 = 10 * MINUTE_MS;
/// What came and was not stored is asked for again after this long, milliseconds: a store that is out of order is so for
/// minutes.
const NOT_STORED_MS: u64 = 5 * MINUTE_MS;
/// A pair that an exchange does not trade is asked for again after a day, milliseconds: it may have been listed.
const UNLISTED_MS: u64 = 24 * 60 * MINUTE_MS;
/// The market amends minutes that began less than 15 minutes before the newest: a gap up to here is closed by
/// minutes alone, a longer one by building the candles anew.
const SHORT_MS: u64 = 14 * MINUTE_MS;
/// Hours that a running week is built from.
const HOURS: u64 = 200;
/// Minutes join on to whole hours.
const MINUTES_OF_AN_HOUR: u64 = 60;

/// The candles that are missing, to be asked of an exchange's [archive](Archive). Rests in the feed's snapshot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Backfill {
    /// Since when candles of a pair are missing; 0 for all of them.
    gaps: BTreeMap<Pair, UnixMillis>,
    /// How asking for each pair is going; what one of them cannot have holds up no other.
    polls: BTreeMap<Pair, Poll>,
    filled: u64,
}

/// Candles of one pair that are missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Which pair.
    pub pair: Pair,
    /// From when on; 0 for everything.
    pub since: UnixMillis,
}

/// What came to close a gap.
#[derive(Debug, Clone, PartialEq)]
pub enum Filling {
    /// Minutes, to be taken in like any others.
    Minutes(Vec<Kline>),
    /// Everything that the candles are to be built from anew, and the closed ones for the store.
    History {
        /// Whole hours, oldest first; they reach further back than the minutes.
        hours: Vec<Candle>,
        /// Oldest first.
        minutes: Vec<Kline>,
        /// Closed candles of every interval since the gap began.
        closed: Vec<CandleUpdate>,
    },
}

impl Backfill {
    /// Candles of `pair` are missing from `since` on.
    pub fn miss(&mut self, pair: &Pair, since: UnixMillis) {
        let known = self.gaps.entry(pair.clone()).or_insert(since);
        *known = since.min(*known);
    }

    /// A stream left something out, and the newest minute of `pair` began at `newest`. What began longer ago than
    /// minutes of the past can be had is not missed.
    pub fn gap(&mut self, archive: &Archive, pair: &Pair, newest: Option<UnixMillis>, now: UnixMillis) {
        let reach = u64::from(archive.most) * MINUTE_MS;
        if let Some(newest) = newest.filter(|newest| now.since(*newest) < reach) {
            self.miss(pair, newest);
        }
    }

    /// Another stream leads now, and the newest minute of `pair` began at `newest`: that minute and the one before may be
    /// half told, since a silence is noticed late, and those up to now are missing.
    pub fn resume(&mut self, pair: &Pair, newest: Option<UnixMillis>, now: UnixMillis) {
        match newest {
            None => self.miss(pair, UnixMillis::default()),
            Some(newest) if now.since(newest) < SILENCE_MS => {}
            Some(newest) => self.miss(pair, UnixMillis::new(newest.get().saturating_sub(MINUTE_MS))),
        }
    }

    /// Looks whether candles of `pair`, whose newest minute is `newest`, are missing, though no stream said
    /// so: at first, while nobody is connected, and where no stream is live (`live`) to tell them.
    pub fn look(
        &mut self,
        supply: &Supply,
        pair: &Pair,
        newest: Option<UnixMillis>,
        live: bool,
        somebody: bool,
        now: UnixMillis,
    ) {
        let patience = if somebody {
            supply.poll_interval_ms.max(MINUTE_MS)
        } else {
            IDLE_MS
        };
        match newest {
            None => self.miss(pair, UnixMillis::default()),
            Some(newest) if !live && now.since(newest) > MINUTE_MS + patience => self.miss(pair, newest),
            Some(_) => {}
        }
    }

    /// What to ask for now: one long gap, or all that are short, so that a cycle stays short. They count as asked: what
    /// follows for each is [`filled`](Self::filled), [`not_stored`](Self::not_stored) or [`failed`](Self::failed), or it
    /// is due again after a while.
    pub fn take_due(&mut self, now: UnixMillis) -> Vec<Gap> {
        let gaps = self.due(now);
        for gap in &gaps {
            self.poll(&gap.pair).asked(now);
        }
        gaps
    }

    fn due(&self, now: UnixMillis) -> Vec<Gap> {
        let waits = |pair: &Pair| self.polls.get(pair).is_some_and(|poll| !poll.due(now));
        let gaps = self.gaps.iter().filter(|(pair, _)| !waits(pair));
        let gaps = gaps.map(|(pair, since)| Gap {
            pair: pair.clone(),
            since: *since,
        });
        let (short, long): (Vec<_>, Vec<_>) = gaps.partition(|gap| gap.is_short(now));
        // Those that were asked for in vain take turns with the others.
        let next = long
            .into_iter()
            .min_by_key(|gap| self.polls.get(&gap.pair).map(Poll::due_at));
        if short.is_empty() {
            next.into_iter().collect()
        } else {
            short
        }
    }

    /// The candles of that pair are known.
    pub fn filled(&mut self, pair: &Pair, now: UnixMillis) {
        self.gaps.remove(pair);
        self.poll(pair).succeeded(now);
        self.filled = self.filled.saturating_add(1);
    }

    /// They did not come.
    pub fn failed(&mut self, pair: &Pair, now: UnixMillis, fault: &FeedFault, seed: u64) {
        self.poll(pair).failed(now, fault, seed);
        if *fault == FeedFault::NotListed {
            self.unlisted(pair, now);
        }
    }

    /// They came, and the store did not take them: no fault of the exchange's.
    pub fn not_stored(&mut self, pair: &Pair, now: UnixMillis) {
        self.poll(pair).hold_back(now.plus(NOT_STORED_MS));
    }

    /// The exchange says that it does not trade `pair`: not to be asked in vain for the next day.
    pub fn unlisted(&mut self, pair: &Pair, now: UnixMillis) {
        self.poll(pair).hold_back(now.plus(UNLISTED_MS));
    }

    /// Forgets the gaps of all pairs but these: the settings name others now.
    pub fn retain(&mut self, pairs: &[Pair]) {
        self.gaps.retain(|pair, _| pairs.contains(pair));
        self.polls.retain(|pair, _| pairs.contains(pair));
    }

    /// How many pairs have a gap that is known and not closed.
    pub fn pending(&self) -> usize {
        self.gaps.len()
    }

    /// How many gaps were closed.
    pub fn fills(&self) -> u64 {
        self.filled
    }

    /// How often each fault has occurred.
    pub fn faults(&self) -> BTreeMap<&str, u64> {
        let mut faults = BTreeMap::new();
        for (fault, count) in self.polls.values().flat_map(Poll::faults) {
            *faults.entry(fault.as_str()).or_default() += count;
        }
        faults
    }

    /// Why candles that are missing cannot be had, where they were asked for in vain; not that of a pair that the
    /// exchange does not trade.
    pub fn failing(&self) -> Option<&str> {
        let polls = self.gaps.keys().filter_map(|pair| self.polls.get(pair));
        let mut causes = polls.filter_map(Poll::last_cause);
        causes.find(|cause| *cause != FeedFault::NotListed.cause())
    }

    fn poll(&mut self, pair: &Pair) -> &mut Poll {
        self.polls
            .entry(pair.clone())
            .or_insert_with(|| Poll::new(RETRY_MS))
    }
}

impl Gap {
    /// The candles that `pair`, whose newest minute is `newest`, lacks while nobody was there to tell them; `None` if that is not worth
    /// the question.
    pub fn since(pair: &Pair, newest: Option<UnixMillis>, now: UnixMillis) -> Option<Self> {
        let since = newest.unwrap_or_default();
        (now.since(since) > IDLE_MS).then(|| Self {
            pair: pair.clone(),
            since,
        })
    }

    /// The questions that close it, each with the interval of its candles. None for a pair that the exchange cannot
    /// have.
    pub fn calls(&self, archive: &Archive, now: UnixMillis) -> Vec<(Interval, Call<Vec<Kline>>)> {
        let intervals = if self.is_short(now) {
            &[Interval::M1][..]
        } else {
            &Interval::ALL
        };
        let ask = |interval: Interval| {
            let missing = now.since(self.since) / interval.millis() + 2;
            let enough = match interval {
                Interval::M1 if !self.is_short(now) => missing.saturating_add(MINUTES_OF_AN_HOUR),
                Interval::H1 => missing.max(HOURS),
                _ => missing,
            };
            let limit = u32::try_from(enough).unwrap_or(archive.most).min(archive.most);
            Some((interval, archive.latest(&self.pair, interval, limit)?))
        };
        intervals.iter().copied().filter_map(ask).collect()
    }

    /// What the answers of an archive close it with.
    pub fn fill(&self, source: Source, answers: Vec<(Interval, Vec<Kline>)>, now: UnixMillis) -> Filling {
        let of = |wanted: Interval| {
            let klines = answers.iter().find(|(interval, _)| *interval == wanted);
            klines.map(|(_, klines)| klines.clone()).unwrap_or_default()
        };
        if self.is_short(now) {
            return Filling::Minutes(of(Interval::M1));
        }
        let closed_hours = of(Interval::H1).into_iter().filter(|hour| hour.closed);
        let closed = answers.iter().flat_map(|(interval, klines)| {
            let since = interval.floor(self.since);
            let missing = klines
                .iter()
                .filter(move |kline| kline.closed && kline.candle.open_at >= since);
            missing.map(|kline| CandleUpdate {
                pair: self.pair.clone(),
                interval: *interval,
                candle: kline.candle.clone(),
                closed: true,
                source,
            })
        });
        Filling::History {
            closed: closed.collect(),
            hours: closed_hours.map(|hour| hour.candle).collect(),
            minutes: of(Interval::M1),
        }
    }

    fn is_short(&self, now: UnixMillis) -> bool {
        now.since(self.since) <= SHORT_MS
    }
}
