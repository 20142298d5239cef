use super::*;

fn minutes(count: u64, before: UnixMillis) -> Vec<CandleUpdate> {
    let begin = before.get() - count * 60_000;
    let opens = (0..count).map(|n| UnixMillis::new(begin + n * 60_000));
    opens.map(|open_at| candle(Interval::M5, open_at, 1)).collect()
}

fn sizes(chunks: &[Chunk]) -> Vec<(usize, usize)> {
    chunks
        .iter()
        .map(|chunk| (chunk.rows.len(), chunk.done))
        .collect()
}

#[test]
fn candles_are_cut_into_statements_in_order() {
    let now = at(NOON);
    let candles = minutes(2_500, now);
    let chunks = chunks(&candles, now);
    assert_eq!(sizes(&chunks), [(1_000, 1_000), (1_000, 2_000), (500, 2_500)]);
    assert_eq!(chunks[2].rows, Rows::Candles(candles[2_000..].to_vec()));
    assert_eq!(sizes(&super::chunks(&[], now)), []);
}

#[test]
fn what_one_call_cannot_hold_is_left_to_the_next() {
    let now = at(NOON);
    let candles = minutes(30_000, now);
    let first = chunks(&candles, now);
    let done = first.last().unwrap().done;
    assert_eq!((first.len(), done), (MAX_CHUNKS, 20_000));
    assert_eq!(chunks(&candles[done..], now).last().unwrap().done, 10_000);
}

#[test]
fn what_is_running_or_too_old_is_left_out_and_done_with() {
    let now = at(NOON);
    let mut candles = minutes(3, now);
    candles[0].closed = false;
    candles[2].interval = Interval::M1;
    candles[2].candle.open_at = at("2026-01-01T00:00:00Z");
    let kept = chunks(&candles, now);
    assert_eq!(sizes(&kept), [(1, 3)]);
    assert_eq!(kept[0].rows, Rows::Candles(vec![candles[1].clone()]));
}

#[test]
fn no_statement_comes_near_what_d1_takes() {
    let side = |filler: &str| Symbol::new(&filler.repeat(32)).unwrap();
    let long = number("-7.922816251426433759354395033");
    let mut longest = candle(Interval::M15, at(NOON), 1);
    longest.pair = Pair::new(side("\\"), side("\"")).unwrap();
    let figures = &mut longest.candle;
    (figures.open, figures.high, figures.low, figures.close) = (long, long, long, long);
    (figures.volume, figures.quote_volume) = (long, Some(long));
    // The row as `edge` spells it: the names of the columns, and these values.
    let values = [
        longest.pair.to_string(),
        "15m".to_owned(),
        at(NOON).get().to_string(),
    ];
    let spelled: usize = values
        .iter()
        .map(|text| serde_json::to_string(text).unwrap().len())
        .sum();
    let names =
        "{pair:,interval:,open_at:,open:,high:,low:,close:,volume:,quote_volume:,source:},".len() + 20;
    let row = spelled + names + 6 * (long.to_string().len() + 2) + Source::CoinMarketCap.as_str().len() + 2;
    assert!(row < 600, "{row} bytes");
    assert!(row * MAX_ROWS < 2_000_000 / 2);
}
