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
