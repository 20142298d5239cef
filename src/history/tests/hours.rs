use super::*;

/// The hours that are over at `now`, as D1 would get them, and stored.
fn over(history: &mut History, now: UnixMillis) -> Vec<HourlyPrice> {
    let due = due(history, Table::PricesHourly, now);
    due.iter().for_each(|rows| history.stored(rows, now));
    let hours = due.into_iter().flat_map(|rows| match rows {
        Rows::PricesHourly(hours) => hours,
        _ => Vec::new(),
    });
    hours.collect()
}

fn figures(hour: &HourlyPrice) -> [String; 4] {
    [hour.open, hour.high, hour.low, hour.close].map(|price| price.to_string())
}

#[test]
fn an_hour_is_its_first_highest_lowest_and_last_price_and_is_written_once() {
    let mut history = History::default();
    for (minute, told) in [(0, "10"), (7, "12.5"), (30, "9"), (59, "11")] {
        let now = at(NOON).plus(minute * 60_000);
        history.note(&[price("bitcoin", told)], now);
        assert!(over(&mut history, now).is_empty());
    }
    history.note(&[price("bitcoin", "99")], at("2026-03-04T13:00:01Z"));
    let hours = over(&mut history, at("2026-03-04T13:00:01Z"));
    assert_eq!(hours.len(), 1);
    assert_eq!(figures(&hours[0]), ["10", "12.5", "9", "11"]);
    assert_eq!(hours[0].hour, at(NOON));
    assert!(over(&mut history, at("2026-03-04T13:59:59Z")).is_empty());
}

#[test]
fn an_hour_that_passed_in_sleep_is_written_on_waking_and_the_hours_slept_through_are_not() {
    let mut history = History::default();
    history.note(&[price("bitcoin", "10")], at(NOON));
    let mut history = evicted(&history);
    let woken = at("2026-03-04T17:20:00Z");
    history.note(&[price("bitcoin", "20")], woken);
    let hours = over(&mut history, woken);
    assert_eq!(hours.iter().map(|it| it.hour).collect::<Vec<_>>(), [at(NOON)]);
    assert_eq!(figures(&hours[0]), ["10"; 4]);
    let hours = over(&mut history, at("2026-03-04T18:00:00Z"));
    assert_eq!(figures(&hours[0]), ["20"; 4]);
    assert_eq!(hours[0].hour, at("2026-03-04T17:00:00Z"));
}

#[test]
fn a_price_that_is_only_confirmed_has_an_hour_and_one_that_is_stale_throughout_has_none() {
    let now = at(NOON);
    let mut history = History::default();
    let stale = Price {
        stale: true,
        ..told("lost", "3")
    };
    history.note(&[MarketEvent::Price(stale.clone())], now);
    let latest = || vec![price("tether", "1"), MarketEvent::Price(stale)];
    history.due(now, true, latest);
    let hours = over(&mut history, now.plus(3_600_000));
    assert_eq!(hours.len(), 1);
    assert_eq!(hours[0].coin.as_str(), "tether");
}

#[test]
fn a_clock_that_wavers_reopens_no_hour_and_one_that_was_set_back_forgets_the_running_one() {
    let mut history = History::default();
    history.note(&[price("bitcoin", "10")], at("2026-03-04T13:00:00.1Z"));
    history.note(&[price("bitcoin", "11")], at("2026-03-04T12:59:59.9Z"));
    let hours = over(&mut history, at("2026-03-04T14:00:00Z"));
    assert_eq!(hours[0].hour, at("2026-03-04T13:00:00Z"));
    assert_eq!(figures(&hours[0]), ["10", "11", "10", "11"]);

    history.note(&[price("bitcoin", "50")], at("2026-03-05T09:00:00Z"));
    history.note(&[price("bitcoin", "12")], at("2026-03-04T14:30:00Z"));
    let hours = over(&mut history, at("2026-03-04T15:00:00Z"));
    assert_eq!(hours.len(), 1);
    assert_eq!(figures(&hours[0]), ["12"; 4]);
    assert_eq!(hours[0].hour, at("2026-03-04T14:00:00Z"));
}

#[test]
fn simulated_and_real_prices_share_no_hour() {
    let mut history = History::default();
    let simulated = Price {
        source: Source::Simulated,
        ..told("bitcoin", "1000")
    };
    history.note(&[MarketEvent::Price(simulated)], at(NOON));
    history.note(&[price("bitcoin", "10")], at(NOON).plus(60_000));
    let hours = over(&mut history, at("2026-03-04T13:00:00Z"));
    assert_eq!(figures(&hours[0]), ["10"; 4]);
    assert_eq!(hours[0].source, Source::CoinGecko);
}
