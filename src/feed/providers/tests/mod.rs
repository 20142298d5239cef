//! Several providers at once: what is asked and opened when, and who is believed.

mod backfill;
mod polls;
mod streams;

use super::*;
use crate::feed::{
    Endpoint, FeedFault, Parsed, Topic, alternative_me, binance, bitget, coingecko, coinmarketcap,
};
use crate::model::{Observation, Pair, Source, UnixMillis};

const NOW: UnixMillis = UnixMillis::from_secs(1_764_763_200); // a Wednesday, 12:00 UTC
const SEED: u64 = 7;

fn endpoint(host: &str) -> Endpoint {
    Endpoint {
        base_url: format!("https://{host}"),
        api_key: None,
    }
}

fn pair(name: &str) -> Pair {
    Pair::parse(name).unwrap()
}

/// CoinGecko without a key, both streams, two pairs; asked every minute.
fn supply() -> Supply {
    let streamed = |venue, base_url: &str| Streamed {
        venue,
        base_url: base_url.to_owned(),
    };
    Supply {
        price_order: vec![
            Source::Binance,
            Source::Bitget,
            Source::CoinGecko,
            Source::CoinMarketCap,
        ],
        candle_order: vec![Source::Bitget, Source::Binance],
        candle_pairs: vec![pair("BTC/USDT"), pair("ETH/USDT")],
        poll_interval_ms: 60_000,
        polled: vec![gecko(Quota::Keyless, 100), fear_greed()],
        streams: vec![
            streamed(&binance::VENUE, "wss://binance"),
            streamed(&bitget::VENUE, "wss://bitget"),
        ],
        archive: bitget::archive(endpoint("bitget-rest")),
    }
}

fn gecko(quota: Quota, coins: u32) -> Polled {
    Polled {
        source: Source::CoinGecko,
        quota,
        questions: coingecko::plan(&endpoint("gecko"), coins),
    }
}

fn fear_greed() -> Polled {
    Polled {
        source: Source::AlternativeMe,
        quota: Quota::Unlimited,
        questions: alternative_me::plan(&endpoint("fng")),
    }
}

/// An answer that says little, to whatever was asked.
fn fine() -> Result<Parsed, FeedFault> {
    Ok(Parsed {
        observation: Observation::Lost(Source::Simulated),
        refused: Vec::new(),
    })
}

/// Answers every question of one provider alike.
fn answer(
    providers: &mut Providers,
    provider: Source,
    asks: &[Ask],
    at: UnixMillis,
    outcome: impl Fn() -> Result<Parsed, FeedFault>,
) {
    let of_provider = asks.iter().filter(|ask| ask.provider == provider);
    let outcomes = of_provider.map(|ask| (ask.topic, outcome()));
    providers.polls.answered(provider, at, outcomes.collect(), SEED);
}

fn ticker_frame(price: &str) -> String {
    format!(
        r#"{{"stream":"btcusdt@miniTicker","data":{{"e":"24hrMiniTicker","E":{},"s":"BTCUSDT","c":"{price}",
           "o":"1","h":"9","l":"1","v":"10","q":"10"}}}}"#,
        NOW.get()
    )
}

#[test]
fn the_first_in_the_order_that_is_well_leads_and_a_change_is_told_once() {
    let (mut providers, supply) = (Providers::default(), supply());
    assert_eq!(providers.elect(&supply, NOW), []);

    let asks = providers.polls.take_due(&supply, true, NOW);
    answer(&mut providers, Source::CoinGecko, &asks, NOW, fine);
    let to_gecko = Switch {
        of: "price",
        from: None,
        to: Some(Source::CoinGecko),
    };
    assert_eq!(providers.elect(&supply, NOW), [to_gecko]);
    assert_eq!(providers.elect(&supply, NOW), []);
    assert_eq!(providers.leaders.switches(), 0, "the first leader follows nobody");

    providers.streams.take_due(&supply, &[], NOW);
    providers.streams.opened(Source::Binance, NOW);
    assert_eq!(providers.elect(&supply, NOW), [], "it has not said anything");
    providers
        .streams
        .hear(&supply, Source::Binance, &ticker_frame("5"), NOW);
    let switches = providers.elect(&supply, NOW);
    assert_eq!(switches[0].from, Some(Source::CoinGecko));
    assert_eq!(switches[0].to, Some(Source::Binance));
    assert_eq!(providers.leaders.candle(), Some(Source::Binance));

    providers
        .streams
        .lost(Source::Binance, NOW, &FeedFault::Unreachable, SEED);
    providers.elect(&supply, NOW);
    assert_eq!(providers.leaders.price(), Some(Source::CoinGecko));
    assert_eq!(providers.leaders.candle(), None);
    assert_eq!(providers.leaders.switches(), 3);

    let much_later = NOW.plus(240_001);
    providers.elect(&supply, much_later);
    assert_eq!(providers.leaders.price(), None, "nobody has confirmed anything");
}

#[test]
fn a_snapshot_keeps_it_all_but_what_dies_with_connections() {
    let (mut providers, supply) = (Providers::default(), supply());
    let asks = providers.polls.take_due(&supply, true, NOW);
    answer(&mut providers, Source::CoinGecko, &asks, NOW, || {
        Err(FeedFault::Timeout)
    });
    providers.streams.take_due(&supply, &[], NOW);
    providers
        .streams
        .lost(Source::Bitget, NOW, &FeedFault::Unreachable, SEED);
    providers.backfill.miss(&pair("BTC/USDT"), NOW);
    providers.elect(&supply, NOW);
    let bytes = postcard::to_stdvec(&providers).unwrap();
    let mut again: Providers = postcard::from_bytes(&bytes).unwrap();
    assert_eq!(again.polls, providers.polls);
    assert_eq!(again.backfill, providers.backfill);
    assert_eq!(again.leaders, providers.leaders);
    let openings = again.streams.take_due(&supply, &[], NOW);
    assert_eq!(
        openings.len(),
        1,
        "what was being opened is begun again; what was lost waits"
    );
}
