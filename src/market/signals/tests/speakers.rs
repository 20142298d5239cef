use super::*;

#[test]
fn another_speakers_level_is_no_move() {
    let sources = [Source::CoinGecko, Source::Binance];
    let mut coin = Coin::begin(quote(2_000.0, Source::CoinGecko, T0));
    for n in 1..600_u64 {
        // They take turns every seven minutes: the exchange is 0.8% dearer and trades a third.
        let exchange = n / 7 % 2 == 1;
        let (level, volume) = if exchange { (1.008, 3e8) } else { (1.0, 9e8) };
        let price = 2_000.0 * level * (1.0 + 0.000_3 * (n % 5) as f64);
        let told = coin.tell(Quote {
            volume_24h: Decimal::from_f64(volume, 9),
            ..quote(price, sources[usize::from(exchange)], minute(n))
        });
        assert_eq!(told, [], "{n}");
    }
}

#[test]
fn what_is_known_outlives_a_change_of_speaker() {
    let (mut coin, next) = Coin::quiet(swinging(0.000_5, 60));
    assert_eq!(coin.tell(quote(2_016.0, Source::Binance, minute(next))), []);
    let told = coin.tell(quote(2_036.0, Source::Binance, minute(next).plus(5_000)));
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].kind, SignalType::PriceAnomaly);
    assert_eq!(told[0].metadata.price_change, 0.9921);
}

#[test]
fn a_fall_in_many_small_steps_is_an_alert() {
    let mut coin = Coin::begin(quote(2_000.0, Source::Binance, T0));
    let mut price = 2_000.0;
    let mut told = Vec::new();
    for n in 1..700_u64 {
        let swing = if n % 2 == 0 { 0.000_1 } else { -0.000_1 };
        price *= 1.0 + swing - if n > 600 { 0.000_8 } else { 0.0 };
        told.extend(coin.tell(quote(price, Source::Binance, T0.plus(n * 1_000))));
    }
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].kind, SignalType::PriceAnomaly);
    assert!(told[0].timestamp <= T0.plus(606_000), "{}", told[0].timestamp);
}

#[test]
fn who_says_the_same_is_named_and_who_says_other_is_not() {
    let (mut coin, next) = Coin::quiet(swinging(0.000_5, 60));
    let rivals = [
        (Source::CoinGecko, 2_100.0),
        (Source::Binance, 2_099.0),
        (Source::Bitget, 2_000.0),
    ];
    let told = coin.tell_with(quote(2_100.0, Source::CoinGecko, minute(next)), &rivals);
    assert_eq!(told[0].metadata.sources, [Source::CoinGecko, Source::Binance]);
}

#[test]
fn the_same_price_of_the_same_time_is_no_new_sample() {
    let (mut coin, _) = Coin::quiet(swinging(0.000_5, 60));
    let moves = coin.watch.moves;
    let again = Quote {
        volume_24h: Decimal::from_f64(1.01e9, 12),
        ..coin.before.clone()
    };
    assert_eq!(coin.tell(again), []);
    assert_eq!(coin.watch.moves, moves);
}
