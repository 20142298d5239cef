use proptest::prelude::*;

use super::*;

const NOW: UnixMillis = UnixMillis::from_secs(1_795_000_000); // 2026-11-18T11:06:40Z
const DAY_MS: u64 = 86_400_000;

const LISTINGS: &str = r#"{"status":{"timestamp":"2026-05-18T12:49:30.000Z","error_code":0,"error_message":null,
  "elapsed":12,"credit_count":1},"data":[
  {"id":1,"name":"Bitcoin","symbol":"BTC","slug":"bitcoin","cmc_rank":1,"quote":{"USD":{
    "price":77671.12345678901,"volume_24h":33235034316.5,"volume_change_24h":-3.1,"percent_change_1h":0.1,
    "percent_change_24h":-0.95302,"percent_change_7d":2.5,"market_cap":1555886872303.1,
    "last_updated":"2026-05-18T12:49:00.000Z"}}},
  {"id":5805,"symbol":"AVAX","slug":"avalanche","cmc_rank":12,"quote":{"USD":{
    "price":7.821066970851871e-11,"volume_24h":null,"percent_change_24h":null,"market_cap":null}}}]}"#;

const GLOBAL: &str = r#"{"status":{"error_code":"0"},"data":{"active_cryptocurrencies":9876,
  "btc_dominance":57.9539332566265,"eth_dominance":11.2,"quote":{"USD":{"total_market_cap":2621040321355.0405,
  "total_volume_24h":95133256404.37308,"total_market_cap_yesterday_percentage_change":-1.6081983639177684}},
  "last_updated":"2026-05-18T12:49:00.000Z"}}"#;

fn endpoint(key: Option<&str>) -> Endpoint {
    Endpoint {
        base_url: "https://pro-api.coinmarketcap.com/".to_owned(),
        api_key: key.map(str::to_owned),
    }
}

fn calls(endpoint: &Endpoint, coins: u32) -> Vec<Call> {
    plan(endpoint, coins)
        .into_iter()
        .flat_map(|it| it.calls)
        .collect()
}

fn ask(call: usize, status: u16, retry_after: Option<&str>, body: &[u8]) -> Result<Parsed, FeedFault> {
    calls(&endpoint(None), 100)[call].read(&Answer {
        status,
        retry_after,
        body,
        received_at: NOW,
    })
}

fn listings(body: &str) -> Result<Parsed, FeedFault> {
    ask(1, 200, None, body.as_bytes())
}

fn global(body: &str) -> Result<Parsed, FeedFault> {
    ask(0, 200, None, body.as_bytes())
}

fn quotes(parsed: Parsed) -> Vec<Quote> {
    match parsed.observation {
        Observation::Quotes(quotes) => quotes,
        _ => panic!("not quotes"),
    }
}

fn error(code: &str) -> String {
    format!(r#"{{"status":{{"error_code":{code},"error_message":"no"}}}}"#)
}

fn limited(wait: Option<u64>) -> FeedFault {
    FeedFault::RateLimited { retry_after_ms: wait }
}

#[test]
fn the_whole_market_is_asked_for_first_then_the_coins_with_the_key_in_its_header() {
    let endpoint = endpoint(Some("cmc-secret"));
    let asked = calls(&endpoint, 100);
    let base = "https://pro-api.coinmarketcap.com/v1";
    assert_eq!(
        asked[0].request.url,
        format!("{base}/global-metrics/quotes/latest?convert=USD")
    );
    assert_eq!(
        asked[1].request.url,
        format!("{base}/cryptocurrency/listings/latest?start=1&limit=100&convert=USD")
    );
    let key = ("x-cmc_pro_api_key", "cmc-secret".to_owned());
    assert!(asked.iter().all(|call| call.request.headers.contains(&key)));
    assert!(!format!("{endpoint:?} {asked:?}").contains("secret"));
    for (coins, limit) in [(0, "limit=1&"), (9_999, "limit=500&")] {
        assert!(calls(&endpoint, coins)[1].request.url.contains(limit), "{coins}");
    }
}

#[test]
fn the_listings_cost_a_credit_for_every_200_coins() {
    for (coins, cost) in [(0, 1), (200, 1), (201, 2), (500, 3), (9_999, 3)] {
        assert_eq!(plan(&endpoint(None), coins)[1].cost, cost, "{coins}");
    }
}

#[test]
fn a_listing_keeps_its_digits_and_becomes_the_coin_that_is_known() {
    let quotes = quotes(listings(LISTINGS).unwrap());
    assert_eq!(
        (quotes[0].coin.as_str(), quotes[0].symbol.as_str()),
        ("bitcoin", "BTC")
    );
    assert_eq!(quotes[0].price.to_string(), "77671.12345678901");
    assert_eq!(quotes[0].volume_24h.unwrap().to_string(), "33235034316.5");
    assert_eq!(quotes[0].change_24h.unwrap().to_string(), "-0.95302");
    assert_eq!(quotes[0].observed_at.to_string(), "2026-05-18T12:49:00Z");
    assert_eq!(quotes[0].source, Source::CoinMarketCap);
    assert_eq!(quotes[1].coin.as_str(), "avalanche-2");
    assert_eq!(quotes[1].price.to_string(), "0.00000000007821066970851871");
    assert_eq!(
        (quotes[1].volume_24h, quotes[1].market_cap, quotes[1].change_24h),
        (None, None, None)
    );
    assert_eq!(quotes[1].observed_at, NOW);
}

#[test]
fn a_coin_whose_own_row_is_refused_is_not_replaced_by_one_that_borrows_its_ticker() {
    let body = LISTINGS
        .replace("77671.12345678901", "-1")
        .replace("AVAX", "BTC")
        .replace("avalanche", "batcat");
    let parsed = listings(&body).unwrap();
    assert_eq!(parsed.refused, [FeedFault::Implausible { field: "price" }]);
    assert_eq!(quotes(parsed)[0].coin.as_str(), "batcat");
}

#[test]
fn the_whole_market_keeps_its_digits() {
    let Observation::Global(stats) = global(GLOBAL).unwrap().observation else {
        panic!("not global")
    };
    assert_eq!(stats.total_market_cap.to_string(), "2621040321355.0405");
    assert_eq!(stats.total_volume_24h.to_string(), "95133256404.37308");
    assert_eq!(stats.bitcoin_dominance.to_string(), "57.9539332566265");
    assert_eq!(stats.active_cryptocurrencies, 9_876);
    assert_eq!(
        stats.market_cap_change_24h.unwrap().to_string(),
        "-1.6081983639177684"
    );
    assert_eq!(stats.observed_at.to_string(), "2026-05-18T12:49:00Z");
}

#[test]
fn an_error_code_is_a_fault_even_on_200_as_a_number_or_as_text() {
    let until_midnight = DAY_MS - NOW.get() % DAY_MS;
    let december = UnixMillis::parse_rfc3339("2026-12-01T00:00:00Z").unwrap();
    for (code, fault) in [
        ("1008", limited(Some(60_000))),
        ("1009", limited(Some(until_midnight))),
        ("1010", limited(Some(december.since(NOW)))),
        ("1011", limited(None)),
        ("1002", FeedFault::ProviderError { code: Some(1_002) }),
        ("500", FeedFault::ProviderError { code: Some(500) }),
        ("-1", FeedFault::ProviderError { code: Some(-1) }),
    ] {
        for spelling in [code.to_owned(), format!("\"{code}\"")] {
            assert_eq!(listings(&error(&spelling)), Err(fault.clone()), "{spelling}");
            assert_eq!(global(&error(&spelling)), Err(fault.clone()), "{spelling}");
        }
        let with_data = LISTINGS.replace("\"error_code\":0", &format!("\"error_code\":{code}"));
        assert_eq!(listings(&with_data), Err(fault), "{code}");
    }
}

#[test]
fn a_429_tells_the_limit_that_was_hit_and_the_longer_wait_counts() {
    let ask = |retry_after, code: &str| ask(1, 429, retry_after, error(code).as_bytes());
    let until_midnight = DAY_MS - NOW.get() % DAY_MS;
    assert_eq!(ask(None, "1009"), Err(limited(Some(until_midnight))));
    assert_eq!(ask(Some("30"), "1009"), Err(limited(Some(until_midnight))));
    assert_eq!(ask(Some("90"), "1008"), Err(limited(Some(90_000))));
    assert_eq!(ask(Some("90"), "1011"), Err(limited(Some(90_000))));
    assert_eq!(ask(None, "1011"), Err(limited(None)));
}

#[test]
fn every_unwanted_status_is_a_fault_of_its_own_name() {
    let status = |status| FeedFault::HttpStatus {
        status,
        retry_after_ms: None,
    };
    assert_eq!(ask(1, 429, None, b"<html>"), Err(limited(None)));
    assert_eq!(ask(1, 401, None, error("1001").as_bytes()), Err(status(401)));
    assert_eq!(ask(1, 500, None, b"<html>"), Err(status(500)));
    assert_eq!(ask(1, 503, None, LISTINGS.as_bytes()), Err(status(503)));
}

#[test]
fn every_bad_body_is_a_fault_of_its_own_name() {
    let wrong = |field| FeedFault::WrongShape { field };
    let good = r#"{"status":{"error_code":0}"#;
    for (body, fault) in [
        ("<!DOCTYPE html>".to_owned(), FeedFault::NotJson),
        (
            LISTINGS.split_at(LISTINGS.len() / 2).0.to_owned(),
            FeedFault::CutOff,
        ),
        (String::new(), FeedFault::Empty),
        (format!(r#"{good},"data":[]}}"#), FeedFault::Empty),
        ("{}".to_owned(), wrong("status")),
        ("null".to_owned(), wrong("status")),
        (r#"{"status":{},"data":[]}"#.to_owned(), wrong("error_code")),
        (error("null"), wrong("error_code")),
        (error("\"none\""), wrong("error_code")),
        (format!("{good}}}"), wrong("data")),
        (format!(r#"{good},"data":{{}}}}"#), wrong("data")),
        (format!(r#"{good},"data":[7]}}"#), wrong("row")),
        (format!(r#"{good},"data":[{{}}]}}"#), wrong("slug")),
    ] {
        assert_eq!(listings(&body), Err(fault), "{body}");
    }
}

#[test]
fn a_row_without_a_credible_price_is_left_out_and_the_rest_stays() {
    let wrong = |field| FeedFault::WrongShape { field };
    let implausible = FeedFault::Implausible { field: "price" };
    for (good, bad, fault) in [
        ("77671.12345678901", "-1", implausible.clone()),
        ("77671.12345678901", "0", implausible.clone()),
        ("77671.12345678901", "1000000000001", implausible.clone()),
        ("77671.12345678901", "1e999", implausible.clone()),
        ("77671.12345678901", "null", wrong("price")),
        ("77671.12345678901", r#""77671""#, wrong("price")),
        (r#""bitcoin""#, r#""Bit coin""#, wrong("slug")),
        (r#""bitcoin""#, "1", wrong("slug")),
        (r#""BTC""#, r#""""#, wrong("symbol")),
    ] {
        let parsed = listings(&LISTINGS.replacen(good, bad, 1)).unwrap();
        assert_eq!(parsed.refused, [fault], "{bad}");
        assert_eq!(quotes(parsed).len(), 1, "{bad}");
    }
    let parsed = listings(&LISTINGS.replacen("USD", "EUR", 1)).unwrap();
    assert_eq!(parsed.refused, [wrong("quote")]);
}

#[test]
fn the_whole_market_needs_its_four_figures() {
    let wrong = |field| FeedFault::WrongShape { field };
    let implausible = |field| FeedFault::Implausible { field };
    for (good, bad, fault) in [
        ("2621040321355.0405", "-1", implausible("total_market_cap")),
        ("2621040321355.0405", r#""x""#, wrong("total_market_cap")),
        ("95133256404.37308", "1e20", implausible("total_volume_24h")),
        ("57.9539332566265", "101", implausible("btc_dominance")),
        ("9876", "null", wrong("active_cryptocurrencies")),
        ("USD", "EUR", wrong("quote")),
        (r#""data""#, r#""date""#, wrong("data")),
    ] {
        assert_eq!(global(&GLOBAL.replace(good, bad)), Err(fault), "{bad}");
    }
}

proptest! {
    #[test]
    fn a_damaged_answer_is_a_fault_or_loses_rows_but_never_panics(at in 0_usize..LISTINGS.len(), byte: u8) {
        let mut body = LISTINGS.as_bytes().to_vec();
        body[at] = byte;
        let _ = ask(1, 200, None, &body);
        let _ = ask(0, 429, Some("1"), &body);
    }

    #[test]
    fn hostile_bodies_never_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = ask(0, 200, None, &body);
        let _ = ask(1, 200, None, &body);
    }
}
