use super::*;

fn parse(name: &str) -> Result<String, String> {
    let parsed = Channel::parse(name, &Catalog::embedded());
    parsed
        .map(|channel| channel.to_string())
        .map_err(|error| error.to_string())
}

#[test]
fn every_documented_channel_exists_under_its_own_name() {
    for name in [
        "price:bitcoin",
        "price:ethereum",
        "signals:all",
        "signals:high",
        "signals:type:price_anomaly",
        "signals:type:volume_spike",
        "market:summary",
        "market:volume",
        "market:sentiment",
        "sentiment:bitcoin",
        "trending:1h",
        "trending:4h",
        "trending:24h",
        "trending:7d",
        "health",
    ] {
        assert_eq!(parse(name).as_deref(), Ok(name));
    }
}

#[test]
fn a_family_is_known_by_the_name_alone() {
    let catalog = Catalog::embedded().with_pairs(Pair::parse("BTC/USDT"));
    for (name, family) in [
        ("price:BTC", "price"),
        ("signals:all", "signals"),
        ("signals:high", "signals"),
        ("signals:type:volume_spike", "signals"),
        ("market:summary", "market"),
        ("market:volume", "market"),
        ("market:sentiment", "market"),
        ("candles:btc/usdt:1m", "candles"),
        ("sentiment:BTC", "sentiment"),
        ("trending:1h", "trending"),
        ("mentions:price:x", "mentions"),
        ("user:market:x", "user"),
        ("whale", "whale"),
        ("tasks:alice", "tasks"),
        ("pipelines:a:b", "pipelines"),
        ("budget:alice", "budget"),
        ("moderation", "moderation"),
        ("health", "health"),
    ] {
        assert_eq!(Channel::parse(name, &catalog).unwrap().family(), family, "{name}");
        assert_eq!(Channel::family_of(name), Some(family), "{name}");
    }
    assert_eq!(Channel::family_of("price:nosuchcoin"), Some("price"));
    for name in [
        "",
        "price",
        "tasks",
        "whale:",
        "moderation:x",
        "health:x",
        "prices:BTC",
        "Price:BTC",
        ":price:BTC",
        "system",
    ] {
        assert_eq!(Channel::family_of(name), None, "{name}");
    }
}

#[test]
fn spellings_of_a_coin_are_one_channel() {
    for name in ["price:BTC", "price:btc", "price:Bitcoin"] {
        assert_eq!(parse(name).as_deref(), Ok("price:bitcoin"));
    }
    assert_eq!(parse("price:ADA").as_deref(), Ok("price:cardano"));
    for name in ["sentiment:BTC", "sentiment:btc", "sentiment:Bitcoin"] {
        assert_eq!(parse(name).as_deref(), Ok("sentiment:bitcoin"));
    }
}

#[test]
fn candles_are_of_the_known_pairs_and_intervals_alone() {
    let pairs = ["BTC/USDT", "ETH/BTC"].map(|pair| Pair::parse(pair).unwrap());
    let catalog = Catalog::embedded().with_pairs(pairs);
    let parse = |name: &str| Channel::parse(name, &catalog).map(|channel| channel.to_string());
    for interval in Interval::ALL {
        let name = format!("candles:BTC/USDT:{interval}");
        assert_eq!(parse(&name).as_ref(), Ok(&name));
    }
    assert_eq!(parse("candles:eth/btc:1D").as_deref(), Ok("candles:ETH/BTC:1D"));
    for name in [
        "candles:SOL/USDT:1m",
        "candles:BTC/USDT:1d",
        "candles:BTC/USDT",
        "candles:BTCUSDT:1m",
        "candles::1m",
        "candles:BTC/USDT:1m:1m",
        "candles:",
    ] {
        assert!(parse(name).is_err(), "{name}");
    }
    let channel = Channel::parse("candles:BTC/USDT:5m", &catalog).unwrap();
    assert_eq!((channel.family(), channel.has_state()), ("candles", true));
    assert!(Channel::parse("candles:BTC/USDT:5m", &Catalog::embedded()).is_err());
}

#[test]
fn moods_and_rankings_have_a_current_value_and_a_family_of_their_own() {
    for (name, family) in [("sentiment:ETH", "sentiment"), ("trending:24h", "trending")] {
        let channel = Channel::parse(name, &Catalog::embedded()).unwrap();
        assert_eq!((channel.family(), channel.has_state()), (family, true));
    }
}

#[test]
fn users_and_entities_have_channels_of_their_own_names_within_bounds() {
    for name in [
        "mentions:Bitcoin",
        "mentions:bitcoin",
        "user:alice",
        "user:a:b c",
        "user:ä",
        "tasks:alice",
        "pipelines:a:b",
        "budget:ä",
        "whale",
        "moderation",
    ] {
        assert_eq!(parse(name).as_deref(), Ok(name));
    }
    let entity = |length: usize| parse(&format!("mentions:{}", "x".repeat(length)));
    for family in ["user", "tasks", "pipelines", "budget"] {
        let user = |length: usize| parse(&format!("{family}:{}", "x".repeat(length)));
        assert!(user(MAX_USER_ID).is_ok() && user(MAX_USER_ID + 1).is_err() && user(0).is_err());
    }
    assert!(entity(MAX_ENTITY).is_ok() && entity(MAX_ENTITY + 1).is_err() && entity(0).is_err());
    assert!(parse("mentions:a\nb").is_err());
    let channel = Channel::parse("user:alice", &Catalog::embedded()).unwrap();
    assert_eq!((channel.family(), channel.has_state()), ("user", false));
}

#[test]
fn an_unknown_channel_is_named_in_the_error() {
    assert_eq!(
        parse("price:invalid").unwrap_err(),
        "Channel 'price:invalid' does not exist"
    );
    for name in [
        "",
        "price",
        "price:",
        "PRICE:bitcoin",
        "signals:type:",
        "signals:type:x",
        "market:",
        "sentiment",
        "sentiment:",
        "sentiment:invalid",
        "sentiment:24h",
        "trending:",
        "trending:2h",
        "trending:24H",
        "trending:1D",
        "trending:bitcoin",
        "trending:24h:24h",
        "whale:BTC",
        "Whale",
        "tasks",
        "tasks:",
        "pipelines",
        "budget",
        "moderation:high",
    ] {
        assert!(parse(name).is_err(), "{name}");
    }
}

#[test]
fn a_name_over_the_limit_is_cut_on_a_character_in_the_error() {
    let error = Channel::parse(&"ä".repeat(200), &Catalog::embedded()).unwrap_err();
    assert_eq!(error.name, "ä".repeat(64));
}
