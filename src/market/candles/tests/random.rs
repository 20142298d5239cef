use proptest::prelude::*;

use super::super::series::AMENDABLE_MS;
use super::*;

/// A trade: its number, seconds since noon, price, amount in hundredths.
type Raw = (u64, u64, u64, u64);

fn raw(hours: u64) -> impl Strategy<Value = Raw> {
    (1_u64..400, 0..hours * 3_600, 1_u64..50, 1_u64..100_000)
}

/// Trades that mostly go forward in time as their numbers do, some of them late.
fn forward() -> impl Strategy<Value = Vec<Raw>> {
    let step = (
        0_u64..90,
        prop_oneof![6 => Just(0_u64), 2 => 0_u64..600, 1 => 0_u64..2_000],
        1_u64..50,
        1_u64..100_000,
    );
    proptest::collection::vec(step, 1..200).prop_map(|steps| {
        let mut clock = 3_000;
        let trades = (1..).zip(steps).map(|(id, (pause, delay, price, amount))| {
            clock += pause;
            (id, clock - delay, price, amount)
        });
        trades.collect()
    })
}

fn built((id, seconds, price, hundredths): Raw) -> Trade {
    trade(
        id,
        time(0, seconds),
        price,
        &format!("{}.{:02}", hundredths / 100, hundredths % 100),
    )
}

/// What counts, by the rules as they are written: greater numbers only, and not 15 minutes behind.
fn counted(batches: &[Vec<Trade>]) -> Vec<Trade> {
    let (mut last, mut newest, mut kept) = (0, UnixMillis::default(), Vec::new());
    for batch in batches {
        let mut batch = batch.clone();
        batch.sort_by_key(|trade| trade.id);
        for trade in batch {
            if trade.id <= last {
                continue;
            }
            last = trade.id;
            let minute = Interval::M1.floor(trade.at);
            if newest.since(minute) < AMENDABLE_MS {
                newest = newest.max(minute);
                kept.push(trade);
            }
        }
    }
    kept
}

/// Every candle anew from all trades that count.
fn recomputed(trades: &[Trade]) -> BTreeMap<(Interval, UnixMillis), Candle> {
    let mut sorted = trades.to_vec();
    sorted.sort_by_key(|trade| (trade.at, trade.id));
    let mut candles: BTreeMap<(Interval, UnixMillis), Vec<Trade>> = BTreeMap::new();
    for interval in Interval::ALL {
        for trade in &sorted {
            let key = (interval, interval.floor(trade.at));
            candles.entry(key).or_default().push(trade.clone());
        }
    }
    let sum =
        |all: &mut dyn Iterator<Item = Decimal>| all.fold(Decimal::ZERO, |a, b| a.checked_add(b).unwrap());
    let candle = |open_at: UnixMillis, of: Vec<Trade>| Candle {
        open_at,
        open: of[0].price,
        high: of.iter().map(|trade| trade.price).max().unwrap(),
        low: of.iter().map(|trade| trade.price).min().unwrap(),
        close: of[of.len() - 1].price,
        volume: sum(&mut of.iter().map(|trade| trade.amount)),
        quote_volume: Some(sum(&mut of
            .iter()
            .map(|trade| trade.price.checked_mul(trade.amount).unwrap()))),
    };
    candles
        .into_iter()
        .map(|((interval, open), of)| ((interval, open), candle(open, of)))
        .collect()
}

/// Applies the batches; where `evictions` has a bit, the market is written and read again before.
fn run(batches: &[Vec<Trade>], evictions: u64) -> (Market, Vec<CandleUpdate>) {
    let (mut market, mut told) = (market(), Vec::new());
    for (n, batch) in batches.iter().enumerate() {
        if evictions >> (n % 64) & 1 == 1 {
            market = restored(&market);
        }
        let observation = Observation::Trades {
            pair: pair(),
            source: Source::Binance,
            trades: batch.clone(),
        };
        told.extend(updates(market.apply(observation, time(100_000, 0))));
    }
    (market, told)
}

fn check(batches: &[Vec<Trade>], evictions: u64) -> Result<(), TestCaseError> {
    let (market, told) = run(batches, evictions);
    let found: BTreeMap<_, _> = last_states(&told)
        .into_iter()
        .map(|(key, update)| (key, update.candle))
        .collect();
    let expected = recomputed(&counted(batches));
    prop_assert_eq!(&found, &expected);
    prop_assert_eq!(&run(batches, 0).1, &told);
    for update in latest(&market) {
        let of = of(&told, update.interval);
        prop_assert_eq!(
            of.last(),
            Some(&update),
            "a channel's last message is its newest candle"
        );
    }
    Ok(())
}

proptest! {
    #[test]
    fn trades_in_any_order_with_duplicates_and_evictions_give_what_a_recomputation_gives(
        rows in proptest::collection::vec(raw(3), 1..120), size in 1_usize..20, evictions: u64,
    ) {
        let trades: Vec<Trade> = rows.into_iter().map(built).collect();
        let batches: Vec<Vec<Trade>> = trades.chunks(size).map(<[Trade]>::to_vec).collect();
        check(&batches, evictions)?;
    }

    #[test]
    fn a_stream_with_late_trades_and_repeated_batches_gives_what_a_recomputation_gives(
        rows in forward(), size in 1_usize..20, repeated: u64, evictions: u64,
    ) {
        let trades: Vec<Trade> = rows.into_iter().map(built).collect();
        let mut batches: Vec<Vec<Trade>> = Vec::new();
        for (n, batch) in trades.chunks(size).enumerate() {
            batches.push(batch.to_vec());
            if repeated >> (n % 64) & 1 == 1 {
                batches.push(batch.to_vec());
            }
        }
        check(&batches, evictions)?;
    }

    #[test]
    fn without_late_trades_every_candle_is_told_closed_once_and_then_no_more(
        rows in forward(), size in 1_usize..20, clock in 0..=CLOSE_GRACE_MS,
    ) {
        let mut trades: Vec<Trade> = rows.into_iter().map(built).collect();
        trades.sort_by_key(|trade| trade.at);
        for (id, trade) in (1..).zip(&mut trades) {
            trade.id = id;
        }
        let (mut market, mut told) = (market(), Vec::new());
        for batch in trades.chunks(size) {
            let now = batch[batch.len() - 1].at;
            told.extend(super::trades(&mut market, batch.to_vec()));
            told.extend(updates(market.close_minutes(now.plus(clock))));
        }
        told.extend(updates(market.close_minutes(time(100_000, 0))));
        let mut running: BTreeMap<Interval, (UnixMillis, bool)> = BTreeMap::new();
        for update in &told {
            let open = update.candle.open_at;
            let before = running.insert(update.interval, (open, update.closed));
            if let Some((known, closed)) = before {
                let same = known == open && !closed;
                prop_assert!(same || (known < open && closed), "{} {open}", update.interval);
            }
        }
        prop_assert!(running.values().all(|(_, closed)| *closed));
    }
}
