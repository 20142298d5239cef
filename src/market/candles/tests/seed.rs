use proptest::prelude::*;

use super::*;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// A minute of a made-up market: never two alike, and none in some minutes.
fn minute(open_at: UnixMillis, closed: bool) -> Option<Kline> {
    let n = open_at.get() / MINUTE;
    if n.is_multiple_of(7) {
        return None;
    }
    let [open, high, low, close] = [100 + n % 13, 130 + n % 11, 70 + n % 17, 100 + n % 19].map(Decimal::from);
    let candle = Candle {
        open_at,
        open,
        high,
        low,
        close,
        volume: Decimal::from(n % 5 + 1),
        quote_volume: Some(Decimal::from(n % 3 + 1)),
    };
    Some(Kline { candle, closed })
}

fn minutes(from: UnixMillis, to: UnixMillis) -> Vec<Kline> {
    let mut at = from;
    let mut klines = Vec::new();
    while at < to {
        klines.extend(minute(at, true));
        at = at.plus(MINUTE);
    }
    klines
}

/// Who was asked for the past, and when.
fn asked(source: Source, observed_at: UnixMillis) -> Teller {
    Teller { source, observed_at }
}

/// A market that heard every minute of `all`, one by one.
fn heard(all: &[Kline]) -> Market {
    let mut market = market();
    for kline in all {
        klines(&mut market, vec![kline.clone()]);
    }
    market
}

/// The hours that those minutes make.
fn hours(of: &[Kline]) -> Vec<Candle> {
    let mut hours: BTreeMap<UnixMillis, bar::Bar> = BTreeMap::new();
    for kline in of {
        let open_at = Interval::H1.floor(kline.candle.open_at);
        let next = bar::Bar {
            candle: Candle {
                open_at,
                ..kline.candle.clone()
            },
            source: Source::Binance,
        };
        match hours.get_mut(&open_at) {
            Some(hour) => hour.join(&next),
            None => drop(hours.insert(open_at, next)),
        }
    }
    hours.into_values().map(|bar| bar.candle).collect()
}

/// What is told of the newest candles does not say who told them in which portions.
fn same_candles(a: &Market, b: &Market) {
    let candles = |market: &Market| {
        let all = latest(market).into_iter();
        all.map(|update| (update.interval, update.candle, update.closed))
            .collect::<Vec<_>>()
    };
    assert_eq!(candles(a), candles(b));
}

#[test]
fn running_days_and_weeks_are_whole_after_a_first_start_in_their_middle() {
    let monday = at("2025-12-01T00:00:00Z");
    let all = minutes(monday, NOON.plus(20 * MINUTE));
    let told_all = heard(&all);

    let begin = UnixMillis::new(NOON.get() - 900 * MINUTE); // not a whole hour less: 21:00 the day before
    let recent = minutes(begin.plus(13 * MINUTE), NOON.plus(20 * MINUTE));
    let mut seeded = market();
    let told = seeded.seed_candles(
        &pair(),
        asked(Source::Binance, NOON.plus(20 * MINUTE)),
        &hours(&all),
        &recent,
        NOON.plus(20 * MINUTE),
    );
    same_candles(&seeded, &told_all);
    assert_eq!(
        updates(told),
        latest(&seeded),
        "the newest are told and nothing else"
    );

    let next = minute(NOON.plus(21 * MINUTE), true).unwrap();
    let (mut a, mut b) = (told_all, seeded);
    assert_eq!(klines(&mut a, vec![next.clone()]), klines(&mut b, vec![next]));
}

#[test]
fn minutes_that_a_stream_told_since_stay() {
    let before = minutes(UnixMillis::new(NOON.get() - 3 * HOUR), NOON);
    let mut market = market();
    let live = kline(1, [10, 12, 9, 11], "1.5", false);
    klines(&mut market, vec![live]);
    market.seed_candles(
        &pair(),
        asked(Source::Bitget, NOON),
        &[],
        &before,
        NOON.plus(MINUTE),
    );
    let newest = latest(&market);
    assert_eq!(shown(&newest, Interval::M1), ["12:01 10 12 9 11 1.5"]);
    assert_eq!(shown(&newest, Interval::H1), ["12:00 10 12 9 11 1.5"]);
    let day = of(&newest, Interval::D1).remove(0).candle;
    let sum = before.iter().fold(decimal("1.5"), |sum, kline| {
        sum.saturating_add(kline.candle.volume)
    });
    assert_eq!(day.volume, sum);
}

#[test]
fn a_minute_that_a_stream_has_told_further_than_history_stays() {
    let mut market = market();
    let hour = minutes(UnixMillis::new(NOON.get() - HOUR), NOON);
    klines(&mut market, vec![kline(0, [10, 12, 9, 11], "50", true)]);
    klines(&mut market, vec![kline(1, [10, 12, 9, 11], "5", false)]);
    let asked_before = [
        kline(0, [10, 11, 9, 11], "40", false),
        kline(1, [10, 12, 9, 11], "6", false),
    ];
    let history = [hour, asked_before.to_vec()].concat();
    market.seed_candles(
        &pair(),
        asked(Source::Binance, time(1, 9)),
        &[],
        &history,
        time(1, 10),
    );
    let quarter = of(&latest(&market), Interval::M15).remove(0).candle;
    assert_eq!(quarter.volume, decimal("56"), "50 of the stream, 6 of history");
    assert_eq!(quarter.high, Decimal::from(12));
}

#[test]
fn of_two_exchanges_what_was_asked_before_a_stream_told_is_not_told_after_it() {
    let hour = minutes(UnixMillis::new(NOON.get() - HOUR), NOON);
    for (asked_at, close) in [(20, 11), (40, 12)] {
        let mut market = market();
        let live = vec![kline(0, [10, 12, 9, 11], "5", false)];
        klines_told_at(&mut market, Source::Binance, live, time(0, 30));
        let history = [hour.clone(), vec![kline(0, [10, 12, 9, 12], "90", false)]].concat();
        let teller = asked(Source::Bitget, time(0, asked_at));
        market.seed_candles(&pair(), teller, &[], &history, time(0, 50));
        let running = of(&latest(&market), Interval::M1).remove(0).candle;
        assert_eq!(running.close, Decimal::from(close), "asked after {asked_at} s");
    }
}

#[test]
fn a_history_without_a_credible_minute_changes_nothing() {
    let mut market = market();
    klines(&mut market, vec![kline(1, [10, 12, 9, 11], "1.5", false)]);
    let before = market.clone();
    let lies = kline(0, [10, 9, 12, 11], "1", true);
    for minutes in [vec![], vec![lies]] {
        assert_eq!(
            market.seed_candles(
                &pair(),
                asked(Source::Bitget, NOON),
                &[],
                &minutes,
                NOON.plus(MINUTE)
            ),
            []
        );
        assert_eq!(latest(&market), latest(&before));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn wherever_the_minutes_begin_and_the_stream_takes_over_the_candles_are_the_same(
        // Not before noon, or the market would be seeded before it was told.
        start in 0_u64..600, seam in 720_u64..1_300, amended in 0_u64..14,
    ) {
        let begin = at("2025-12-03T00:00:00Z");
        let end = begin.plus(1_320 * MINUTE);
        let all = minutes(begin, end);
        let told_all = heard(&all);
        let seam = begin.plus(seam * MINUTE);
        let history = minutes(begin.plus(start * MINUTE), seam);
        let mut market = market();
        // The stream began before the history came, and goes on after it.
        let overlap = minutes(UnixMillis::new(seam.get() - amended * MINUTE), seam.plus(2 * MINUTE));
        for kline in overlap {
            klines(&mut market, vec![kline]);
        }
        let teller = asked(Source::Binance, seam);
        market.seed_candles(&pair(), teller, &hours(&all), &history, seam.plus(2 * MINUTE));
        market = restored(&market);
        for kline in minutes(seam.plus(2 * MINUTE), end) {
            klines(&mut market, vec![kline]);
        }
        same_candles(&market, &told_all);
    }
}
