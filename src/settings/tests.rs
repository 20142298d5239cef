mod providers;

use super::*;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn read(vars: &[(&str, &str)]) -> Result<Settings, String> {
    let lookup = |name: &str| {
        let given = vars
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned());
        given.or_else(|| (name == "JWT_SECRET").then(|| SECRET.to_owned()))
    };
    Settings::read(lookup).map_err(|e| e.to_string())
}

fn pairs(names: &[&str]) -> Vec<Pair> {
    names.iter().map(|name| Pair::parse(name).unwrap()).collect()
}

fn error(name: &str, value: &str) -> String {
    read(&[(name, value)]).expect_err(name)
}

#[test]
fn the_defaults_are_the_documented_ones() {
    let expected = Settings {
        auth: AuthSettings {
            secret: Secret::new(SECRET.into()),
            issuer: None,
            audience: None,
            public_read: false,
        },
        feed: FeedSettings {
            source: FeedSource::Live,
            interval_ms: 5_000,
            poll_interval_ms: 60_000,
            tracked_coins: 100,
            candle_pairs: pairs(&["BTC/USDT", "ETH/USDT", "SOL/USDT"]),
            providers: ProviderSettings::read(&Reader::new(&|_| None)).unwrap(),
            high_confidence: 0.8,
            simulation_seed: DEFAULT_SEED,
        },
        limits: LimitSettings {
            connections_per_minute: Some(10),
            api_requests_per_15_min: Some(100),
            messages_per_minute: Some(100),
            max_channels: 50,
            max_message_bytes: 65_536,
            idle_timeout_ms: 300_000,
            heartbeat_interval_ms: 30_000,
            auth_timeout_ms: 10_000,
        },
        shards: ShardSettings {
            shards: 1,
            max_shards: 16,
            max_connections: 10_000,
        },
        origins: Origins::SameOrigin,
        dashboard_token: None,
    };
    assert_eq!(read(&[]), Ok(expected));
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let names = [
        "JWT_ISSUER",
        "JWT_AUDIENCE",
        "DASHBOARD_TOKEN",
        "PUBLIC_READ",
        "FEED_SOURCE",
        "FEED_INTERVAL_MS",
        "POLL_INTERVAL_S",
        "TRACKED_COINS",
        "CANDLE_PAIRS",
        "COINGECKO_URL",
        "COINGECKO_API_KEY",
        "SIGNAL_HIGH_CONFIDENCE",
        "SHARDS",
        "MAX_SHARDS",
        "MAX_CONNECTIONS",
        "CONNECTIONS_PER_MINUTE",
        "API_REQUESTS_PER_15_MIN",
        "MESSAGES_PER_MINUTE",
        "MAX_CHANNELS",
        "MAX_MESSAGE_BYTES",
        "IDLE_TIMEOUT_S",
        "HEARTBEAT_INTERVAL_S",
        "AUTH_TIMEOUT_S",
        "ALLOWED_ORIGINS",
        "SIMULATION_SEED",
    ];
    for name in names {
        assert_eq!(read(&[(name, "")]), read(&[]), "{name}");
        assert_eq!(read(&[(name, "  ")]), read(&[]), "{name}");
    }
}

#[test]
fn every_setting_reaches_its_field() {
    let settings = read(&[
        ("JWT_ISSUER", "id"),
        ("JWT_AUDIENCE", "hub"),
        ("PUBLIC_READ", "1"),
        ("FEED_SOURCE", "simulated"),
        ("FEED_INTERVAL_MS", "250"),
        ("POLL_INTERVAL_S", "2"),
        ("TRACKED_COINS", "500"),
        ("CANDLE_PAIRS", "xrp/eth, BTC/USD"),
        ("COINGECKO_URL", "http://127.0.0.1:9999/mirror/"),
        ("COINGECKO_API_KEY", "key"),
        ("SIGNAL_HIGH_CONFIDENCE", "0.5"),
        ("SIMULATION_SEED", "7"),
        ("CONNECTIONS_PER_MINUTE", "0"),
        ("API_REQUESTS_PER_15_MIN", "0"),
        ("MESSAGES_PER_MINUTE", "0"),
        ("MAX_CHANNELS", "100"),
        ("MAX_MESSAGE_BYTES", "1024"),
        ("IDLE_TIMEOUT_S", "3"),
        ("HEARTBEAT_INTERVAL_S", "7"),
        ("AUTH_TIMEOUT_S", "4"),
        ("SHARDS", "2"),
        ("MAX_SHARDS", "3"),
        ("MAX_CONNECTIONS", "10"),
        ("ALLOWED_ORIGINS", "*"),
    ])
    .unwrap();
    let auth = AuthSettings {
        issuer: Some("id".into()),
        audience: Some("hub".into()),
        public_read: true,
        ..settings.auth
    };
    assert_eq!(
        read(&[
            ("JWT_ISSUER", "id"),
            ("JWT_AUDIENCE", "hub"),
            ("PUBLIC_READ", "1")
        ])
        .unwrap()
        .auth,
        auth
    );
    let feed = FeedSettings {
        source: FeedSource::Simulated,
        interval_ms: 250,
        poll_interval_ms: 2_000,
        tracked_coins: 500,
        candle_pairs: pairs(&["XRP/ETH", "BTC/USD"]),
        providers: ProviderSettings {
            coingecko_url: "http://127.0.0.1:9999/mirror".into(),
            coingecko_api_key: Some(Secret::new("key".into())),
            coingecko_calls_per_month: Some(10_000),
            ..read(&[]).unwrap().feed.providers
        },
        high_confidence: 0.5,
        simulation_seed: 7,
    };
    assert_eq!(settings.feed, feed);
    let limits = LimitSettings {
        connections_per_minute: None,
        api_requests_per_15_min: None,
        messages_per_minute: None,
        max_channels: 100,
        max_message_bytes: 1_024,
        idle_timeout_ms: 3_000,
        heartbeat_interval_ms: 7_000,
        auth_timeout_ms: 4_000,
    };
    assert_eq!(settings.limits, limits);
    assert_eq!(
        settings.shards,
        ShardSettings {
            shards: 2,
            max_shards: 3,
            max_connections: 10
        }
    );
    assert_eq!(settings.origins, Origins::Any);
}

#[test]
fn an_error_names_the_setting_what_was_expected_and_what_was_found() {
    let cases = [
        ("FEED_INTERVAL_MS", "abc", "a whole number from 250 to 3600000"),
        ("FEED_INTERVAL_MS", "249", "a whole number from 250 to 3600000"),
        (
            "FEED_INTERVAL_MS",
            "3600001",
            "a whole number from 250 to 3600000",
        ),
        ("FEED_INTERVAL_MS", "5e3", "a whole number from 250 to 3600000"),
        ("POLL_INTERVAL_S", "0", "a whole number from 1 to 86400"),
        ("TRACKED_COINS", "501", "a whole number from 1 to 500"),
        (
            "SIMULATION_SEED",
            "-1",
            "a whole number from 0 to 18446744073709551615",
        ),
        (
            "SIMULATION_SEED",
            "18446744073709551616",
            "a whole number from 0 to 18446744073709551615",
        ),
        ("CONNECTIONS_PER_MINUTE", "-1", "a whole number from 0 to 1000000"),
        ("MESSAGES_PER_MINUTE", "1.5", "a whole number from 0 to 1000000"),
        ("MAX_CHANNELS", "101", "a whole number from 1 to 100"),
        ("MAX_CHANNELS", "+5", "a whole number from 1 to 100"),
        ("MAX_MESSAGE_BYTES", "1023", "a whole number from 1024 to 1048576"),
        ("IDLE_TIMEOUT_S", "0", "a whole number from 1 to 86400"),
        ("HEARTBEAT_INTERVAL_S", "3601", "a whole number from 1 to 3600"),
        ("AUTH_TIMEOUT_S", "3601", "a whole number from 1 to 3600"),
        ("MAX_SHARDS", "257", "a whole number from 1 to 256"),
        ("SHARDS", "17", "a whole number from 1 to 16"),
        ("MAX_CONNECTIONS", "0", "a whole number from 1 to 524288"),
        ("SIGNAL_HIGH_CONFIDENCE", "1.01", "a number from 0 to 1"),
        ("SIGNAL_HIGH_CONFIDENCE", "NaN", "a number from 0 to 1"),
        ("PUBLIC_READ", "yes", "'0' or '1'"),
        ("FEED_SOURCE", "Live", "'live' or 'simulated'"),
        ("ALLOWED_ORIGINS", "app.example", Origins::EXPECTED),
    ];
    for (name, value, expected) in cases {
        assert_eq!(
            error(name, value),
            format!("{name}: expected {expected}, found '{value}'")
        );
    }
}

#[test]
fn an_error_in_a_list_of_pairs_names_the_one_that_is_wrong() {
    let many: Vec<String> = (0..21).map(|n| format!("C{n}/USDT")).collect();
    for (value, found) in [
        ("BTC/USDT,ETHUSDT", "'ETHUSDT'"),
        ("BTC/USDT,", "''"),
        ("BTC/USDT,btc/usdt", "'btc/usdt'"),
        ("BTC/USDT;ETH/USDT", "'BTC/USDT;ETH/USDT'"),
        (many.join(",").as_str(), "21 pairs"),
    ] {
        let expected = "1 to 20 different pairs like BTC/USDT, separated by commas";
        assert_eq!(
            error("CANDLE_PAIRS", value),
            format!("CANDLE_PAIRS: expected {expected}, found {found}")
        );
    }
}

#[test]
fn a_base_url_has_a_scheme_and_a_host_and_nothing_after_the_path() {
    for url in [
        "api.example",
        "ftp://a",
        "https://",
        "http:///x",
        "http://:80",
        "http://a?k=v",
        "http://a#x",
        "http://a b",
    ] {
        assert!(
            error("COINGECKO_URL", url).starts_with("COINGECKO_URL: expected a URL"),
            "{url}"
        );
    }
    assert!(!error("COINGECKO_URL", "https://user:password@host").contains("password"));
}

#[test]
fn a_long_value_is_cut_in_the_error() {
    assert!(error("PUBLIC_READ", &"é".repeat(10_000)).chars().count() < 150);
}

#[test]
fn a_missing_or_short_secret_is_an_error_that_does_not_show_it() {
    assert_eq!(
        error("JWT_SECRET", ""),
        "JWT_SECRET: expected a secret of at least 32 bytes, found none"
    );
    assert_eq!(
        error("JWT_SECRET", "hunter2"),
        "JWT_SECRET: expected a secret of at least 32 bytes, found 7 bytes"
    );
}

#[test]
fn debug_output_shows_no_secret() {
    let shown = format!("{:?}", read(&[("COINGECKO_API_KEY", "key-of-mine")]).unwrap());
    assert!(
        !shown.contains(SECRET) && !shown.contains("key-of-mine"),
        "{shown}"
    );
    assert!(shown.contains("hidden"));
}

#[test]
fn the_parts_of_the_shards_add_up() {
    for (max_shards, max_connections) in [(1, 1), (16, 10_000), (16, 3), (3, 10)] {
        let shards = ShardSettings {
            shards: 1,
            max_shards,
            max_connections,
        };
        let parts: Vec<u32> = (0..=max_shards).map(|n| shards.part_of(n)).collect();
        assert_eq!(parts.iter().sum::<u32>(), max_connections);
        assert_eq!(parts.last(), Some(&0), "there is no shard beyond the last");
        assert!(parts[0] >= 1);
    }
}
