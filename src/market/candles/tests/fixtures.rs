//! Recorded trades and candles of XRP/ETH, 2019-10-11 to 13; a machine without the recordings has `handmade.rs`. All
//! amounts of the recording are whole numbers written as floats (`23.0`) and all prices have at most 8 places, so that
//! decimal sums equal the recorded numbers exactly, whatever the order of summation.

use super::*;

/// `[open_ms, open, high, low, close, volume]`
type Row = (u64, Decimal, Decimal, Decimal, Decimal, Decimal);
/// `[ms, id, side, price, amount]`
type TradeRow = (u64, String, String, Decimal, Decimal);

/// The recording's first four minutes and the candles that its makers have of them.
const FIRST_TRADES: &str = r#"[
[1570752011620, "13519807", "sell", 0.00141342, 23.0], [1570752011620, "13519808", "sell", 0.00141266, 54.0],
[1570752017964, "13519809", "sell", 0.00141266, 8.0], [1570752028907, "13519810", "buy", 0.00141379, 581.0],
[1570752028990, "13519811", "buy", 0.00141379, 590.0], [1570752033759, "13519812", "buy", 0.00141557, 11.0],
[1570752034552, "13519813", "sell", 0.00141536, 201.0], [1570752051054, "13519814", "sell", 0.0014148, 11.0],
[1570752051054, "13519815", "sell", 0.00141418, 3.0], [1570752072419, "13519816", "buy", 0.00141597, 11.0]]"#;
const FIRST_CANDLE: &str = "[[1570752000000, 0.00141342, 0.00141557, 0.00141266, 0.00141418, 1482.0]]";

/// The recording of that name; `None`, and a word about it, where the shared folder is not there.
fn recorded(name: &str) -> Option<String> {
    let path = format!("{}/../shared/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        println!("SKIPPED: there is no {path}");
    }
    text
}

fn trades_in(json: &str) -> Vec<Trade> {
    let rows: Vec<TradeRow> = serde_json::from_str(json).unwrap();
    let trades = rows.into_iter().map(|(ms, id, _, price, amount)| Trade {
        id: id.parse().unwrap(),
        at: UnixMillis::new(ms),
        price,
        amount,
    });
    trades.collect()
}

fn rows_in(json: &str) -> Vec<Row> {
    serde_json::from_str(json).unwrap()
}

/// The final states in order, which must be told once each.
fn finals(updates: &[CandleUpdate], interval: Interval) -> Vec<Row> {
    let closed: Vec<Row> = of(updates, interval)
        .into_iter()
        .filter(|update| update.closed)
        .map(|it| it.candle)
        .map(|c| (c.open_at.get(), c.open, c.high, c.low, c.close, c.volume))
        .collect();
    assert!(
        closed.windows(2).all(|two| two[0].0 < two[1].0),
        "one twice, or out of order"
    );
    closed
}

/// Feeds trades as a stream would bring them: a few at a time, at the time of the last.
fn fed(all: &[Trade]) -> Vec<CandleUpdate> {
    let mut market = market();
    let mut told = Vec::new();
    for batch in all.chunks(7) {
        market = restored(&market);
        let observation = Observation::Trades {
            pair: pair(),
            source: Source::Binance,
            trades: batch.to_vec(),
        };
        told.extend(updates(market.apply(observation, batch.last().unwrap().at)));
    }
    told.extend(updates(
        market.close_minutes(all.last().unwrap().at.plus(700_000)),
    ));
    told
}

fn interior(rows: &[Row]) -> &[Row] {
    &rows[1..rows.len() - 1]
}

/// Digit for digit: `23.0` is not `23`.
fn digits(rows: &[Row]) -> Vec<[String; 5]> {
    rows.iter()
        .map(|(_, o, h, l, c, v)| [o, h, l, c, v].map(Decimal::to_string))
        .collect()
}

#[test]
fn the_first_minute_of_the_recording() {
    let told = fed(&trades_in(FIRST_TRADES));
    let first = finals(&told, Interval::M1);
    assert_eq!(first[..1], rows_in(FIRST_CANDLE));
    assert_eq!(digits(&first[..1]), digits(&rows_in(FIRST_CANDLE)));
}

#[test]
fn the_recorded_trades_give_the_2467_interior_minutes() {
    let (Some(trades), Some(minutes)) = (recorded("xrp-eth-trades.json"), recorded("xrp-eth-1m.json")) else {
        return;
    };
    let (told, expected) = (fed(&trades_in(&trades)), rows_in(&minutes));
    let found = finals(&told, Interval::M1);
    assert_eq!(interior(&expected).len(), 2_467);
    assert_eq!(interior(&found), interior(&expected));
    assert_eq!(digits(interior(&found)), digits(interior(&expected)));
    // The recording is whole at both ends, too.
    assert_eq!(found, expected);
}

#[test]
fn the_recorded_trades_give_the_704_interior_bars_of_5_minutes() {
    let (Some(trades), Some(bars)) = (recorded("xrp-eth-trades.json"), recorded("xrp-eth-5m.json")) else {
        return;
    };
    let (told, expected) = (fed(&trades_in(&trades)), rows_in(&bars));
    assert_eq!(interior(&expected).len(), 704);
    assert_eq!(finals(&told, Interval::M5), expected);
}

#[test]
fn the_recorded_minutes_give_the_704_interior_bars_of_5_minutes() {
    let (Some(minutes), Some(bars)) = (recorded("xrp-eth-1m.json"), recorded("xrp-eth-5m.json")) else {
        return;
    };
    let (minutes, expected) = (rows_in(&minutes), rows_in(&bars));
    let mut market = market();
    let mut told = Vec::new();
    for (open_at, open, high, low, close, volume) in minutes {
        let candle = Candle {
            open_at: UnixMillis::new(open_at),
            open,
            high,
            low,
            close,
            volume,
            quote_volume: None,
        };
        told.extend(klines(&mut market, vec![Kline { candle, closed: true }]));
        market = restored(&market);
    }
    let found = finals(&told, Interval::M5);
    assert_eq!(interior(&found), interior(&expected));
    assert_eq!(digits(interior(&found)), digits(interior(&expected)));
}
