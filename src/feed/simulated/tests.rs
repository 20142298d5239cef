use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const T0: UnixMillis = UnixMillis::from_secs(1_795_200_000);

fn quotes(seed: u64, now: UnixMillis) -> Vec<Quote> {
    let found = observe(seed, now, 100)
        .into_iter()
        .find_map(|observation| match observation {
            Observation::Quotes(quotes) => Some(quotes),
            _ => None,
        });
    found.unwrap()
}

#[test]
fn every_coin_of_the_table_is_in_the_embedded_list() {
    let catalog = crate::model::Catalog::embedded();
    for base in &COINS {
        assert_eq!(catalog.resolve(base.id).map(CoinId::as_str), Some(base.id));
        let known = catalog.coins().find(|(id, _)| id.as_str() == base.id).unwrap();
        assert_eq!(known.1.as_str(), base.ticker);
    }
    assert_eq!(
        COINS.iter().map(|base| base.id).collect::<BTreeSet<_>>().len(),
        COIN_COUNT
    );
}

#[test]
fn all_coins_are_quoted_as_simulated_and_the_first_of_them_on_request() {
    let all = quotes(1, T0);
    assert_eq!(all.len(), COIN_COUNT);
    assert!(
        all.iter()
            .all(|quote| quote.source == Source::Simulated && quote.observed_at == T0)
    );
    let Some(Observation::Quotes(some)) = observe(1, T0, 7).pop() else {
        panic!("no quotes")
    };
    assert_eq!(some, all[..7]);
}

#[test]
fn nearly_every_price_moves_at_every_step_and_by_little() {
    let (mut same, mut moves) = (0, 0);
    for step in 0..60 {
        let now = T0.plus(step * 5_000);
        for (before, after) in quotes(1, now).iter().zip(&quotes(1, now.plus(5_000))) {
            let change = (after.price.to_f64() / before.price.to_f64()).ln().abs();
            assert!(change < 0.05, "{} moved by {change}", after.coin);
            same += usize::from(before.price == after.price);
            moves += 1;
        }
    }
    assert!(same * 100 < moves, "{same} of {moves} stood still");
}

#[test]
fn a_change_is_the_one_that_the_prices_show() {
    for (at, millis) in [HOUR_MS, DAY_MS, 7 * DAY_MS].into_iter().enumerate() {
        let before = quotes(1, UnixMillis::new(T0.get() - millis));
        for (now, before) in quotes(1, T0).iter().zip(&before) {
            let told = [now.change_1h, now.change_24h, now.change_7d][at];
            let change = (now.price.to_f64() / before.price.to_f64() - 1.0) * 100.0;
            let off = (told.unwrap().to_f64() - change).abs();
            assert!(off < 0.001, "{} over {millis} ms", now.coin);
        }
    }
}

#[test]
fn prices_stay_near_where_they_began_for_years() {
    for day in (0..3_650).step_by(37) {
        for (quote, base) in quotes(9, T0.plus(day * DAY_MS)).iter().zip(&COINS) {
            let ratio = quote.price.to_f64() / base.price;
            assert!((0.5..2.0).contains(&ratio), "{}: {ratio}", quote.coin);
        }
    }
}

proptest! {
    #[test]
    fn any_seed_at_any_time_gives_a_whole_market(seed: u64, now: u64, coins in 0_usize..200) {
        let now = UnixMillis::new(now);
        let observations = observe(seed, now, coins);
        prop_assert_eq!(observations.len(), 4);
        prop_assert_eq!(&observations, &observe(seed, now, coins));
        if let Some(Observation::Quotes(quotes)) = observations.last() {
            prop_assert_eq!(quotes.len(), coins.min(COIN_COUNT));
            for quote in quotes {
                prop_assert!(!quote.price.is_zero() && !quote.price.is_negative());
                prop_assert!(quote.volume_24h.is_some() && quote.market_cap.is_some() && quote.change_24h.is_some());
            }
        }
    }
}
