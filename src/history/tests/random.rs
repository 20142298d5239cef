use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// What happens to the hub, and what becomes of what it writes.
#[derive(Debug, Clone)]
enum Step {
    /// A candle closes or is amended: its minute, and its volume grows by one.
    Candle(u64),
    Price(u64),
    Signal,
    /// A cycle; D1 takes the statements whose bit is set. One that it is said not to have taken, it may have.
    Cycle {
        takes: u8,
        took_anyway: bool,
        somebody: bool,
    },
    Pause(u64),
    Eviction,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_u64..40).prop_map(Step::Candle),
        4 => (1_u64..1_000).prop_map(Step::Price),
        1 => Just(Step::Signal),
        6 => (any::<u8>(), any::<bool>(), any::<bool>())
            .prop_map(|(takes, took_anyway, somebody)| Step::Cycle { takes, took_anyway, somebody }),
        3 => (1_u64..3_000_000).prop_map(Step::Pause),
        1 => Just(Step::Eviction),
    ]
}

/// D1, as far as it matters: each row by its key, and how often a row became another.
#[derive(Default)]
struct Database {
    candles: BTreeMap<UnixMillis, CandleUpdate>,
    hours: BTreeMap<UnixMillis, HourlyPrice>,
    signals: BTreeMap<String, Signal>,
}

impl Database {
    fn take(&mut self, rows: &Rows) {
        match rows {
            Rows::Candles(rows) => {
                for row in rows {
                    let known = self.candles.insert(row.candle.open_at, row.clone());
                    assert!(known.is_none_or(|known| known.candle.volume <= row.candle.volume));
                }
            }
            Rows::PricesHourly(rows) => {
                for row in rows {
                    let known = self.hours.insert(row.hour, row.clone());
                    assert!(known.is_none_or(|known| known == *row), "an hour is told once");
                }
            }
            Rows::Signals(rows) => {
                self.signals
                    .extend(rows.iter().map(|row| (row.id.clone(), row.clone())));
            }
            Rows::PricesLatest(_) => {}
        }
    }
}

proptest! {
    /// Whatever fails, sleeps or comes twice: in the end D1 has the newest state of every candle, every signal,
    /// and of every hour exactly what was told in it.
    #[test]
    fn in_the_end_d1_has_all_that_was_told(steps in proptest::collection::vec(step(), 1..120)) {
        let begin = at(NOON);
        let (mut history, mut database) = (History::default(), Database::default());
        let mut now = begin;
        let mut candles: BTreeMap<UnixMillis, u64> = BTreeMap::new();
        let mut hours: BTreeMap<UnixMillis, Vec<u64>> = BTreeMap::new();
        let mut signals = 0;
        for step in steps {
            match step {
                Step::Candle(minute) => {
                    let open_at = begin.plus(minute * 60_000);
                    let volume = candles.entry(open_at).or_default();
                    *volume += 1;
                    history.note(&[MarketEvent::Candle(candle(Interval::M1, open_at, *volume))], now);
                }
                Step::Price(dollars) => {
                    hours.entry(Interval::H1.floor(now)).or_default().push(dollars);
                    history.note(&[price("bitcoin", &dollars.to_string())], now);
                }
                Step::Signal => {
                    signals += 1;
                    history.note(&[signal(signals, now)], now);
                }
                Step::Cycle { takes, took_anyway, somebody } => {
                    for (bit, rows) in history.due(now, somebody, Vec::new).into_iter().enumerate() {
                        prop_assert!(!rows.is_empty() && rows.len() <= MAX_ROWS);
                        let takes = takes & (1 << bit.min(7)) != 0;
                        if takes || took_anyway {
                            database.take(&rows);
                        }
                        if takes {
                            history.stored(&rows, now);
                        } else {
                            history.failed(&rows, now);
                        }
                    }
                }
                Step::Pause(millis) => now = now.plus(millis),
                Step::Eviction => {
                    let next = evicted(&history);
                    prop_assert_eq!(&next, &history);
                    history = next;
                }
            }
        }
        now = now.plus(7_200_000);
        for rows in history.due(now, true, Vec::new) {
            database.take(&rows);
            history.stored(&rows, now);
        }
        prop_assert_eq!(history.waiting(), 0);
        let volumes = database.candles.into_iter().map(|(open, row)| (open, row.candle.volume));
        let told = candles.into_iter().map(|(open, volume)| (open, Decimal::from(volume)));
        prop_assert_eq!(volumes.collect::<Vec<_>>(), told.collect::<Vec<_>>());
        prop_assert_eq!(database.signals.len() as u64, signals);
        let stored = database.hours.into_iter().map(|(hour, row)| (hour, [row.open, row.high, row.low, row.close]));
        let told = hours.into_iter().map(|(hour, prices)| {
            let ohlc = [prices[0], *prices.iter().max().unwrap(), *prices.iter().min().unwrap(), prices[prices.len() - 1]];
            (hour, ohlc.map(Decimal::from))
        });
        prop_assert_eq!(stored.collect::<Vec<_>>(), told.collect::<Vec<_>>());
    }
}
