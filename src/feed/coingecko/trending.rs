use std::str::FromStr;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::call;
use crate::feed::FeedFault;
use crate::feed::exchange::{Answer, Call, Endpoint, Parsed};
use crate::feed::strict::{self, MAX_PRICE, MAX_VOLUME, Raw};
use crate::model::{CoinId, Decimal, Observation, Source, Symbol, TrendingCoin, TrendingSearch};

/// CoinGecko sends 15 coins, 30 to paid keys; of more than these the rest is left out.
const MAX_ROWS: usize = 100;

/// What to ask for the coins that most people look for: gives [`Observation::Trending`].
/// CoinGecko renews the list every 10 minutes.
pub(super) fn trending(endpoint: &Endpoint) -> Call {
    call(endpoint, "trending", "/api/v3/search/trending", read)
}

/// `/search/trending`, without its NFTs and categories
/// (<https://docs.coingecko.com/reference/trending-search>):
///
/// ```json
/// {"coins":[{"item":{"id":"bonk","symbol":"BONK","market_cap_rank":103,"score":0,
///  "data":{"price":5.938674704566297e-06,"price_change_percentage_24h":{"usd":-3.2712597351582655},
///          "total_volume":"$31,701,707"}}}]}
/// ```
#[derive(Deserialize)]
struct CoinGeckoTrending<'a> {
    #[serde(borrow)]
    coins: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    item: Item<'a>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    id: Raw<'a>,
    #[serde(borrow)]
    symbol: Raw<'a>,
    #[serde(borrow)]
    market_cap_rank: Raw<'a>,
    #[serde(borrow)]
    score: Raw<'a>,
    /// Descriptive as a whole: a coin is wanted whether or not it has figures.
    #[serde(borrow)]
    data: Raw<'a>,
}

#[derive(Default, Deserialize)]
struct Figures<'a> {
    #[serde(borrow)]
    price: Raw<'a>,
    #[serde(borrow)]
    price_change_percentage_24h: Raw<'a>,
    #[serde(borrow)]
    total_volume: Raw<'a>,
}

#[derive(Deserialize)]
struct InUsd<'a> {
    #[serde(borrow)]
    usd: Raw<'a>,
}

/// Reads `/search/trending`. Which coins, and how wanted, is needed; their figures may be missing.
fn read(answer: &Answer<'_>) -> Result<Parsed, FeedFault> {
    let CoinGeckoTrending { coins } = strict::body(answer.body, "coins")?;
    let coins = Parsed::rows(coins.into_iter().take(MAX_ROWS).map(coin))?;
    Ok(coins.map(|coins| {
        Observation::Trending(TrendingSearch {
            coins,
            source: Source::CoinGecko,
        })
    }))
}

fn coin(row: &RawValue) -> Result<TrendingCoin, FeedFault> {
    let Row { item } =
        serde_json::from_str(row.get()).map_err(|_| FeedFault::WrongShape { field: "item" })?;
    let coin = strict::text(item.id).and_then(|id| CoinId::new(&id));
    let symbol = strict::text(item.symbol).and_then(|symbol| Symbol::new(&symbol));
    let score = strict::count(item.score, "score")?;
    let rank = strict::count(item.market_cap_rank, "market_cap_rank").ok();
    let figures: Figures<'_> = item.data.and_then(object).unwrap_or_default();
    let change: Option<InUsd<'_>> = figures.price_change_percentage_24h.and_then(object);
    Ok(TrendingCoin {
        coin: coin.ok_or(FeedFault::WrongShape { field: "id" })?,
        symbol: symbol.ok_or(FeedFault::WrongShape { field: "symbol" })?,
        rank: rank.and_then(|rank| u32::try_from(rank).ok()),
        score: u32::try_from(score).map_err(|_| FeedFault::Implausible { field: "score" })?,
        price: strict::positive(figures.price, "price", MAX_PRICE).ok(),
        change_24h: strict::maybe_per_cent(change.and_then(|change| change.usd)),
        volume: dollars(figures.total_volume),
    })
}

fn object<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

/// `"$31,701,707"`, or a plain number.
fn dollars(raw: Raw<'_>) -> Option<Decimal> {
    let Some(text) = strict::text(raw) else {
        return strict::maybe_amount(raw, MAX_VOLUME);
    };
    let digits = text.strip_prefix('$')?.replace(',', "");
    let plain = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let amount = Decimal::from_str(&digits).ok().filter(|_| plain)?;
    (amount <= Decimal::from(MAX_VOLUME)).then_some(amount)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::UnixMillis;

    const TRENDING: &str = r#"{"coins":[
      {"item":{"id":"bonk","coin_id":28600,"name":"Bonk","symbol":"BONK","market_cap_rank":103,
        "price_btc":7.821066970851871e-11,"score":0,
        "data":{"price":5.938674704566297e-06,"price_btc":"0.00000000007821066970851871",
          "price_change_percentage_24h":{"usd":-3.2712597351582655,"btc":-1.2567575303632434},
          "market_cap":"$521,967,819","total_volume":"$31,701,707","content":null}}},
      {"item":{"id":"new-coin","symbol":"new","market_cap_rank":null,"score":1}}],
      "nfts":[],"categories":[]}"#;

    fn at(status: u16, body: &[u8]) -> Result<Parsed, FeedFault> {
        let endpoint = Endpoint {
            base_url: "https://api.coingecko.com".to_owned(),
            api_key: Some("CG-secret".to_owned()),
        };
        let call = trending(&endpoint);
        assert_eq!(
            call.request.url,
            "https://api.coingecko.com/api/v3/search/trending"
        );
        assert!(
            call.request
                .headers
                .contains(&("x-cg-demo-api-key", "CG-secret".to_owned()))
        );
        call.read(&Answer {
            status,
            retry_after: None,
            body,
            received_at: UnixMillis::from_secs(1_795_000_000),
        })
    }

    fn coins(body: &str) -> Vec<TrendingCoin> {
        match at(200, body.as_bytes()).unwrap().observation {
            Observation::Trending(search) => search.coins,
            _ => panic!("not trending"),
        }
    }

    #[test]
    fn a_trending_coin_keeps_its_digits_and_tolerates_what_is_missing() {
        let coins = coins(TRENDING);
        assert_eq!(
            (coins[0].coin.as_str(), coins[0].symbol.as_str()),
            ("bonk", "BONK")
        );
        assert_eq!((coins[0].rank, coins[0].score), (Some(103), 0));
        assert_eq!(coins[0].price.unwrap().to_string(), "0.000005938674704566297");
        assert_eq!(coins[0].change_24h.unwrap().to_string(), "-3.2712597351582655");
        assert_eq!(coins[0].volume.unwrap().to_string(), "31701707");
        assert_eq!(coins[1].symbol.as_str(), "NEW");
        assert_eq!(
            (coins[1].rank, coins[1].price, coins[1].volume),
            (None, None, None)
        );
    }

    #[test]
    fn a_figure_that_cannot_be_is_unknown() {
        for (good, bad) in [
            ("5.938674704566297e-06", "-1"),
            ("5.938674704566297e-06", "0"),
            ("5.938674704566297e-06", "1e13"),
            ("5.938674704566297e-06", "\"much\""),
        ] {
            assert_eq!(coins(&TRENDING.replace(good, bad))[0].price, None, "{bad}");
        }
        for bad in [
            r#""31,701""#,
            r#""$""#,
            r#""$-5""#,
            r#""$1e3""#,
            r#""$99,999,999,999,999,999""#,
            "{}",
        ] {
            let body = TRENDING.replace(r#""$31,701,707""#, bad);
            assert_eq!(coins(&body)[0].volume, None, "{bad}");
        }
        let plain = coins(&TRENDING.replace(r#""$31,701,707""#, "31701707.25"));
        assert_eq!(plain[0].volume.unwrap().to_string(), "31701707.25");
        let without = coins(&TRENDING.replace(r#"{"usd":-3.2712597351582655,"#, r#"{"#));
        assert_eq!(without[0].change_24h, None);
    }

    #[test]
    fn every_bad_list_is_a_fault_of_its_own_name() {
        let wrong = |field| FeedFault::WrongShape { field };
        for (body, fault) in [
            ("<html>", FeedFault::NotJson),
            (TRENDING.split_at(300).0, FeedFault::CutOff),
            ("", FeedFault::Empty),
            (r#"{"coins":[]}"#, FeedFault::Empty),
            (r#"{"nfts":[]}"#, wrong("coins")),
            ("[1]", wrong("coins")),
            (r#"{"coins":[{"item":5}]}"#, wrong("item")),
            (r#"{"coins":[{"item":{"id":"a","symbol":"A"}}]}"#, wrong("score")),
            (
                r#"{"coins":[{"item":{"id":"a b","symbol":"A","score":0}}]}"#,
                wrong("id"),
            ),
            (
                r#"{"coins":[{"item":{"id":"a","symbol":7,"score":0}}]}"#,
                wrong("symbol"),
            ),
        ] {
            assert_eq!(at(200, body.as_bytes()), Err(fault), "{body}");
        }
        assert_eq!(
            at(429, TRENDING.as_bytes()),
            Err(FeedFault::RateLimited { retry_after_ms: None })
        );
    }

    #[test]
    fn a_bad_row_is_left_out_and_counted() {
        let parsed = at(200, TRENDING.replace("new-coin", "New Coin").as_bytes()).unwrap();
        assert_eq!(parsed.refused, [FeedFault::WrongShape { field: "id" }]);
    }

    #[test]
    fn the_official_example_is_understood() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../shared/fixtures/coingecko_search_trending.json"
        );
        let Ok(body) = std::fs::read_to_string(path) else {
            println!("SKIPPED: {path} is not there");
            return;
        };
        assert_eq!(coins(&body)[0].coin.as_str(), "bonk");
    }

    proptest! {
        #[test]
        fn a_damaged_list_never_panics(at_byte in 0_usize..TRENDING.len(), byte: u8) {
            let mut body = TRENDING.as_bytes().to_vec();
            body[at_byte] = byte;
            let _ = at(200, &body);
        }

        #[test]
        fn hostile_bodies_never_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = at(200, &body);
        }
    }
}
