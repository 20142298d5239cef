use serde_json::value::RawValue;

use super::call;
use crate::feed::FeedFault;
use crate::feed::exchange::{Answer, Call, Endpoint, Parsed};
use crate::feed::strict::{self, MAX_PRICE, Raw};
use crate::model::{CoinId, Decimal, UnixMillis};

/// The spans that CoinGecko takes, in days.
const SPANS: [u32; 7] = [1, 7, 14, 30, 90, 180, 365];
/// A clock that runs ahead by more than this, milliseconds, is not believed.
const MAX_AHEAD_MS: u64 = 60_000;

/// A bar of CoinGecko's chart: prices only, without a volume.
///
/// Nobody asks for it in the hub, for it is no [`Candle`](crate::model::Candle). A candle has a volume, which is added up from
/// minutes, and is one exchange's, of one pair; a bar is a coin's in dollars over all exchanges, from prices that
/// CoinGecko samples, and lasts 30 minutes, 4 hours or 4 days. As a candle of 4h it would have to claim a volume of 0,
/// and would stand beside candles of an exchange at another level. It also costs a call for each coin, of the one a
/// minute that a caller without a key has. So a pair without an exchange's history begins empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OhlcBar {
    /// When the bar ends; that of the last one may be the present instead.
    pub close_at: UnixMillis,
    /// First price, US dollars, above zero, like the other three.
    pub open: Decimal,
    /// Highest price.
    pub high: Decimal,
    /// Lowest price.
    pub low: Decimal,
    /// Last price.
    pub close: Decimal,
}

/// What to ask for the bars of `coin` over the last `days` (the next larger of 1, 7, 14, 30, 90,
/// 180 and 365), oldest first. CoinGecko decides how long a bar is: 30 minutes for 1 day, 4 hours
/// for up to 30, 4 days for more.
pub fn ohlc(endpoint: &Endpoint, coin: &CoinId, days: u32) -> Call<Vec<OhlcBar>> {
    let days = SPANS.into_iter().find(|span| *span >= days).unwrap_or(365);
    let path = format!("/api/v3/coins/{coin}/ohlc?vs_currency=usd&days={days}");
    call(endpoint, "ohlc", &path, read)
}

/// Reads `/coins/{id}/ohlc` (<https://docs.coingecko.com/reference/coins-id-ohlc>), rows of end,
/// open, high, low and close:
///
/// ```json
/// [[1779199200000,76769.0,76889.0,76744.0,76818.0],[1779201000000,76712.0,76712.0,76321.0,76422.0]]
/// ```
fn read(answer: &Answer<'_>) -> Result<Parsed<Vec<OhlcBar>>, FeedFault> {
    let rows: Vec<&RawValue> = strict::body(answer.body, "rows")?;
    Parsed::rows(rows.into_iter().map(|row| bar(row, answer.received_at)))
}

fn bar(row: &RawValue, received_at: UnixMillis) -> Result<OhlcBar, FeedFault> {
    let [at, open, high, low, close]: [Raw<'_>; 5] =
        serde_json::from_str(row.get()).map_err(|_| FeedFault::WrongShape { field: "row" })?;
    let close_at = UnixMillis::new(strict::count(at, "time")?);
    if close_at > received_at.plus(MAX_AHEAD_MS) {
        return Err(FeedFault::Implausible { field: "time" });
    }
    let bar = OhlcBar {
        close_at,
        open: strict::positive(open, "open", MAX_PRICE)?,
        high: strict::positive(high, "high", MAX_PRICE)?,
        low: strict::positive(low, "low", MAX_PRICE)?,
        close: strict::positive(close, "close", MAX_PRICE)?,
    };
    strict::check_bar(bar.open, bar.high, bar.low, bar.close)?;
    Ok(bar)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OHLC: &str = "[[1779199200000,76769.0,76889.0,76744.0,76818.0],
        [1779201000000,76712.0,76712.0,76321.0,76422.0]]";

    fn call_for(days: u32) -> Call<Vec<OhlcBar>> {
        let endpoint = Endpoint {
            base_url: "https://api.coingecko.com/".to_owned(),
            api_key: None,
        };
        ohlc(&endpoint, &CoinId::new("bitcoin").unwrap(), days)
    }

    fn at(status: u16, body: &[u8]) -> Result<Parsed<Vec<OhlcBar>>, FeedFault> {
        call_for(1).read(&Answer {
            status,
            retry_after: None,
            body,
            received_at: UnixMillis::from_secs(1_795_000_000),
        })
    }

    #[test]
    fn the_span_is_one_that_coingecko_takes() {
        for (days, asked) in [(0, 1), (1, 1), (2, 7), (30, 30), (31, 90), (9_999, 365)] {
            let expected =
                format!("https://api.coingecko.com/api/v3/coins/bitcoin/ohlc?vs_currency=usd&days={asked}");
            assert_eq!(call_for(days).request.url, expected);
        }
    }

    #[test]
    fn bars_keep_their_digits_and_end_when_they_say() {
        let bars = at(200, OHLC.as_bytes()).unwrap().observation;
        assert_eq!(bars.len(), 2);
        assert_eq!(bars[0].close_at, UnixMillis::new(1_779_199_200_000));
        let prices = [bars[0].open, bars[0].high, bars[0].low, bars[0].close].map(|price| price.to_string());
        assert_eq!(prices, ["76769.0", "76889.0", "76744.0", "76818.0"]);
    }

    #[test]
    fn every_bad_chart_is_a_fault_of_its_own_name() {
        let wrong = |field| FeedFault::WrongShape { field };
        let implausible = |field| FeedFault::Implausible { field };
        for (body, fault) in [
            ("<html>", FeedFault::NotJson),
            (OHLC.split_at(40).0, FeedFault::CutOff),
            ("", FeedFault::Empty),
            ("[]", FeedFault::Empty),
            (r#"{"error":"coin not found"}"#, wrong("rows")),
            ("[1]", wrong("row")),
            ("[[1,2,3,4]]", wrong("row")),
            ("[[1,2,3,4,5,6]]", wrong("row")),
            (r#"[["1",2,3,1,2]]"#, wrong("time")),
            (r#"[[1,"2",3,1,2]]"#, wrong("open")),
            ("[[1,2,3,1,null]]", wrong("close")),
            ("[[-1,2,3,1,2]]", wrong("time")),
            ("[[9999999999999,2,3,1,2]]", implausible("time")),
            ("[[1,-2,3,1,2]]", implausible("open")),
            ("[[1,2,3,0,2]]", implausible("low")),
            ("[[1,2,1e13,1,2]]", implausible("high")),
            ("[[1,2,1.5,1,1.2]]", implausible("high")),
            ("[[1,2,3,1.9,1.8]]", implausible("low")),
        ] {
            assert_eq!(at(200, body.as_bytes()), Err(fault), "{body}");
        }
        let fault = FeedFault::HttpStatus {
            status: 404,
            retry_after_ms: None,
        };
        assert_eq!(at(404, OHLC.as_bytes()), Err(fault));
    }

    #[test]
    fn a_bad_bar_is_left_out_and_counted() {
        let parsed = at(200, OHLC.replace("76321.0", "-1").as_bytes()).unwrap();
        assert_eq!(parsed.observation.len(), 1);
        assert_eq!(parsed.refused, [FeedFault::Implausible { field: "low" }]);
    }

    #[test]
    fn the_official_example_is_understood() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../shared/fixtures/coingecko_coins_id_ohlc.json"
        );
        let Ok(body) = std::fs::read(path) else {
            println!("SKIPPED: {path} is not there");
            return;
        };
        assert_eq!(at(200, &body).unwrap().observation.len(), 2);
    }

    proptest! {
        #[test]
        fn a_damaged_chart_never_panics(at_byte in 0_usize..OHLC.len(), byte: u8) {
            let mut body = OHLC.as_bytes().to_vec();
            body[at_byte] = byte;
            let _ = at(200, &body);
        }
    }
}
