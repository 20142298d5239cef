use proptest::prelude::*;

use super::*;

const NOW: UnixMillis = UnixMillis::from_secs(1_795_000_000);

const MARKETS: &str = r#"[
  {"id":"bitcoin","symbol":"btc","name":"Bitcoin","current_price":77671,"market_cap":1555886872303,
   "market_cap_rank":1,"total_volume":33235034316,"price_change_percentage_24h":-0.95302,
   "circulating_supply":20030493.0,"roi":null,"last_updated":"2026-05-18T12:49:21.599Z"},
  {"id":"shiba-inu","symbol":"shib","current_price":0.00000000007821066970851871,"market_cap":null,
   "total_volume":null,"price_change_percentage_24h":null,"last_updated":null}]"#;

const GLOBAL: &str = r#"{"data":{"active_cryptocurrencies":17397,"markets":1476,
  "total_market_cap":{"btc":34570737.199462704,"usd":2621040321355.0405},
  "total_volume":{"usd":95133256404.37308},"market_cap_percentage":{"btc":57.9539332566265},
  "market_cap_change_percentage_24h_usd":-1.6081983639177684,"updated_at":1779878351}}"#;

fn endpoint(base_url: &str, key: Option<&str>) -> Endpoint {
    Endpoint {
        base_url: base_url.to_owned(),
        api_key: key.map(str::to_owned),
    }
}

fn calls(endpoint: &Endpoint, coins: u32) -> Vec<Call> {
    plan(endpoint, coins)
        .into_iter()
        .flat_map(|it| it.calls)
        .collect()
}

fn answer(status: u16, retry_after: Option<&'static str>, body: &str) -> Result<Parsed, FeedFault> {
    let calls = calls(&endpoint("http://127.0.0.1:9", None), 100);
    calls[1].read(&Answer {
        status,
        retry_after,
        body: body.as_bytes(),
        received_at: NOW,
    })
}

fn markets(body: &str) -> Result<Parsed, FeedFault> {
    answer(200, None, body)
}

fn global(body: &str) -> Result<Parsed, FeedFault> {
    read_global(&Answer {
        status: 200,
        retry_after: None,
        body: body.as_bytes(),
        received_at: NOW,
    })
}

fn quotes(parsed: Parsed) -> Vec<Quote> {
    match parsed.observation {
        Observation::Quotes(quotes) => quotes,
        _ => panic!("not quotes"),
    }
}

fn row(field: &str, value: &str) -> String {
    let mut fields = vec![
        ("id", r#""bitcoin""#),
        ("symbol", r#""btc""#),
        ("current_price", "1.5"),
    ];
    fields.retain(|(name, _)| *name != field);
    if !value.is_empty() {
        fields.push((field, value));
    }
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!(r#""{name}":{value}"#))
        .collect();
    format!("{{{}}}", fields.join(","))
}

#[test]
fn the_whole_market_is_asked_for_first_then_the_coins() {
    let calls = calls(&endpoint("https://api.coingecko.com/", None), 100);
    let urls: Vec<&str> = calls.iter().map(|call| call.request.url.as_str()).collect();
    assert_eq!(urls[0], "https://api.coingecko.com/api/v3/global");
    assert_eq!(
        urls[1],
        "https://api.coingecko.com/api/v3/coins/markets?vs_currency=usd&order=market_cap_desc\
         &per_page=100&page=1&price_change_percentage=1h,7d"
    );
    assert_eq!(urls[2], "https://api.coingecko.com/api/v3/search/trending");
    assert_eq!(urls.len(), 3);
    assert!(
        calls
            .iter()
            .all(|call| call.request.headers.iter().any(|(name, _)| *name == "user-agent"))
    );
}

#[test]
fn more_coins_than_a_page_holds_are_asked_for_in_pages_of_one_size() {
    for (coins, pages, per_page) in [
        (0, 1, 1),
        (250, 1, 250),
        (251, 2, 126),
        (500, 2, 250),
        (9_999, 2, 250),
    ] {
        let calls = calls(&endpoint("http://x", None), coins);
        assert_eq!(calls.len(), pages + 2, "{coins}");
        assert!(
            calls[pages]
                .request
                .url
                .contains(&format!("per_page={per_page}&page={pages}&")),
            "{coins}"
        );
    }
}

#[test]
fn a_key_goes_into_the_header_of_its_host_and_nowhere_else() {
    for (host, header) in [
        ("https://api.coingecko.com", "x-cg-demo-api-key"),
        ("https://pro-api.coingecko.com", "x-cg-pro-api-key"),
    ] {
        let endpoint = endpoint(host, Some("CG-secret"));
        let calls = calls(&endpoint, 100);
        let request = &calls[0].request;
        assert!(request.headers.contains(&(header, "CG-secret".to_owned())));
        assert!(!request.url.contains("secret"));
        assert!(!format!("{endpoint:?} {calls:?}").contains("secret"));
    }
}

#[test]
fn a_market_row_keeps_its_digits_and_tolerates_null() {
    let quotes = quotes(markets(MARKETS).unwrap());
    assert_eq!(quotes[0].price.to_string(), "77671");
    assert_eq!(quotes[0].change_24h.unwrap().to_string(), "-0.95302");
    assert_eq!(quotes[0].symbol.as_str(), "BTC");
    assert_eq!(quotes[0].observed_at.to_string(), "2026-05-18T12:49:21.599Z");
    assert_eq!(quotes[1].price.to_string(), "0.00000000007821066970851871");
    assert_eq!(
        (quotes[1].volume_24h, quotes[1].market_cap, quotes[1].change_24h),
        (None, None, None)
    );
    assert_eq!(quotes[1].observed_at, NOW);
}

#[test]
fn the_whole_market_keeps_its_digits() {
    let Observation::Global(stats) = global(GLOBAL).unwrap().observation else {
        panic!("not global")
    };
    assert_eq!(stats.total_market_cap.to_string(), "2621040321355.0405");
    assert_eq!(stats.total_volume_24h.to_string(), "95133256404.37308");
    assert_eq!(stats.bitcoin_dominance.to_string(), "57.9539332566265");
    assert_eq!(stats.active_cryptocurrencies, 17_397);
    assert_eq!(stats.observed_at, UnixMillis::from_secs(1_779_878_351));
}

#[test]
fn a_provider_whose_clock_runs_ahead_is_not_believed() {
    let body = MARKETS.replace("2026-05-18", "2226-05-18");
    assert_eq!(quotes(markets(&body).unwrap())[0].observed_at, NOW);
}

#[test]
fn every_unwanted_status_is_a_fault_of_its_own_name() {
    let wait = |ms| FeedFault::RateLimited { retry_after_ms: ms };
    assert_eq!(answer(429, None, MARKETS), Err(wait(None)));
    assert_eq!(answer(429, Some("30"), MARKETS), Err(wait(Some(30_000))));
    assert_eq!(answer(418, Some("30"), ""), Err(wait(Some(30_000))));
    for status in [301, 403, 500, 503] {
        assert_eq!(
            answer(status, None, MARKETS),
            Err(FeedFault::HttpStatus {
                status,
                retry_after_ms: None
            })
        );
    }
}

#[test]
fn every_bad_body_is_a_fault_of_its_own_name() {
    let half = MARKETS.split_at(MARKETS.len() / 2).0;
    for (body, fault) in [
        ("<!DOCTYPE html><html>", FeedFault::NotJson),
        ("[{}] trailing", FeedFault::NotJson),
        (half, FeedFault::CutOff),
        ("", FeedFault::Empty),
        (" \n", FeedFault::Empty),
        ("[]", FeedFault::Empty),
        (
            r#"{"status":{"error_code":429}}"#,
            FeedFault::WrongShape { field: "rows" },
        ),
        ("null", FeedFault::WrongShape { field: "rows" }),
        ("[1,2]", FeedFault::WrongShape { field: "row" }),
        ("[{}]", FeedFault::WrongShape { field: "id" }),
    ] {
        assert_eq!(markets(body), Err(fault), "{body}");
    }
}

#[test]
fn a_row_without_a_credible_price_is_left_out_and_the_rest_stays() {
    let wrong = |field| FeedFault::WrongShape { field };
    let implausible = FeedFault::Implausible {
        field: "current_price",
    };
    for (field, value, fault) in [
        ("current_price", "", wrong("current_price")),
        ("current_price", "null", wrong("current_price")),
        ("current_price", r#""77671""#, wrong("current_price")),
        ("current_price", "[1]", wrong("current_price")),
        ("current_price", "true", wrong("current_price")),
        ("current_price", "-1", implausible.clone()),
        ("current_price", "0", implausible.clone()),
        ("current_price", "0e0", implausible.clone()),
        ("current_price", "1000000000001", implausible.clone()),
        ("current_price", "1e999", implausible.clone()),
        ("current_price", "1e-99999999999", implausible.clone()),
        ("id", r#""Bit coin""#, wrong("id")),
        ("id", "1", wrong("id")),
        ("symbol", r#""""#, wrong("symbol")),
    ] {
        let bad = row(field, value);
        assert_eq!(markets(&format!("[{bad}]")), Err(fault.clone()), "{bad}");
        let parsed = markets(&format!("[{bad},{}]", row("name", "null"))).unwrap();
        assert_eq!(parsed.refused, [fault], "{bad}");
        assert_eq!(quotes(parsed).len(), 1);
    }
}

#[test]
fn a_descriptive_field_that_makes_no_sense_is_unknown() {
    for field in [
        "market_cap",
        "total_volume",
        "price_change_percentage_24h",
        "last_updated",
    ] {
        for value in [r#""much""#, "{}", "1e99", "true"] {
            let quote = quotes(markets(&format!("[{}]", row(field, value))).unwrap()).remove(0);
            assert_eq!(
                (quote.market_cap, quote.volume_24h, quote.change_24h),
                (None, None, None)
            );
            assert_eq!(quote.observed_at, NOW);
        }
    }
}

#[test]
fn the_whole_market_needs_its_four_figures() {
    for (good, bad, fault) in [
        (
            "2621040321355.0405",
            "-1",
            FeedFault::Implausible {
                field: "total_market_cap",
            },
        ),
        (
            "2621040321355.0405",
            "\"x\"",
            FeedFault::WrongShape {
                field: "total_market_cap",
            },
        ),
        (
            "95133256404.37308",
            "1e20",
            FeedFault::Implausible {
                field: "total_volume",
            },
        ),
        (
            "57.9539332566265",
            "101",
            FeedFault::Implausible {
                field: "market_cap_percentage",
            },
        ),
        (
            "17397",
            "null",
            FeedFault::WrongShape {
                field: "active_cryptocurrencies",
            },
        ),
        ("\"data\"", "\"status\"", FeedFault::WrongShape { field: "data" }),
    ] {
        assert_eq!(global(&GLOBAL.replace(good, bad)), Err(fault), "{bad}");
    }
}

#[test]
fn the_official_examples_come_out_with_their_digits() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/fixtures");
    let read = |name: &str| std::fs::read_to_string(format!("{folder}/{name}"));
    let (Ok(rows), Ok(whole)) = (
        read("coingecko_coins_markets.json"),
        read("coingecko_global.json"),
    ) else {
        println!("SKIPPED: {folder} is not there");
        return;
    };
    let quotes = quotes(markets(&rows).unwrap());
    assert_eq!(
        (quotes[0].coin.as_str(), quotes[0].price.to_string().as_str()),
        ("bitcoin", "77671")
    );
    let Observation::Global(stats) = global(&whole).unwrap().observation else {
        panic!("not global")
    };
    assert_eq!(stats.total_market_cap.to_string(), "2621040321355.0405");
}

proptest! {
    #[test]
    fn hostile_bodies_never_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let answer = Answer { status: 200, retry_after: None, body: &body, received_at: NOW };
        let _ = read_markets(&answer);
        let _ = read_global(&answer);
    }

    #[test]
    fn a_price_is_above_zero_and_bounded_or_refused(number in "-?[0-9]{1,40}(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,12})?") {
        if let Ok(parsed) = markets(&format!("[{}]", row("current_price", &number))) {
            let price = quotes(parsed)[0].price;
            prop_assert!(!price.is_zero() && !price.is_negative());
            prop_assert!(price <= crate::model::Decimal::from(MAX_PRICE));
        }
    }

    #[test]
    fn a_damaged_answer_is_a_fault_or_loses_rows_but_never_panics(at in 0_usize..MARKETS.len(), byte: u8) {
        let mut body = MARKETS.as_bytes().to_vec();
        body[at] = byte;
        let _ = read_markets(&Answer { status: 200, retry_after: None, body: &body, received_at: NOW });
    }
}
