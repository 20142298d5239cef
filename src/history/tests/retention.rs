use super::*;

const FULL: u32 = MAX_DELETED;

fn whats(expired: &[Expiry]) -> Vec<Kept> {
    expired.iter().map(|expiry| expiry.what).collect()
}

#[test]
fn a_round_goes_on_until_each_step_finds_less_than_it_may_delete_and_comes_once_a_day() {
    let now = at(NOON);
    let mut history = History::default();
    let all = history.expired(now);
    assert_eq!(whats(&all), KEPT_DAYS.map(|(what, _)| what));
    for expiry in &all {
        let minutes = expiry.what == Kept::Candles(Interval::M1);
        history.deleted(expiry.what, if minutes { FULL } else { FULL - 1 });
    }
    let mut history = evicted(&history);
    assert_eq!(
        whats(&history.expired(now.plus(60_000))),
        [Kept::Candles(Interval::M1)]
    );
    history.deleted(Kept::Candles(Interval::M1), 0);
    assert_eq!(history.expired(at("2026-03-04T23:59:59Z")), []);
    assert_eq!(history.expired(at("2026-03-05T00:00:00Z")).len(), KEPT_DAYS.len());
}

#[test]
fn a_step_that_failed_comes_again_and_is_counted() {
    let mut history = History::default();
    let first = history.expired(at(NOON));
    history.not_deleted();
    assert_eq!(history.expired(at(NOON).plus(60_000)), first);
    assert_eq!(history.faults(), 1);
}

#[test]
fn the_documented_days_are_those_of_the_table() {
    let expired = History::default().expired(at(NOON));
    let before: Vec<String> = expired.iter().map(|it| it.before.to_string()).collect();
    assert_eq!(
        before,
        [
            "2026-02-25T00:00:00Z", // 1m, 7 days
            "2026-02-02T00:00:00Z", // 5m, 30 days
            "2025-12-04T00:00:00Z", // 15m, 90 days
            "2024-03-04T00:00:00Z", // 1h, 2 years
            "2024-03-04T00:00:00Z", // hourly prices, 2 years
            "2025-12-04T00:00:00Z", // signals, 90 days
        ]
    );
    let costs = include_str!("../../../docs/COSTS.md");
    for (what, days) in KEPT_DAYS {
        let name = match what {
            Kept::Candles(interval) => format!("`candles`, `{interval}`"),
            Kept::PricesHourly => "`prices_hourly`".to_owned(),
            Kept::Signals => "`signals`".to_owned(),
        };
        let row = format!("| {name} | {days} |");
        assert!(costs.contains(&row), "docs/COSTS.md has no row {row}");
    }
}

#[test]
fn what_is_kept_is_what_the_round_of_the_same_day_leaves() {
    let now = at(NOON);
    for expiry in History::default().expired(now) {
        if let Kept::Candles(interval) = expiry.what {
            assert!(is_kept(interval, expiry.before, now));
            let older = UnixMillis::new(expiry.before.get() - 1);
            assert!(!is_kept(interval, older, now));
        }
    }
    for interval in [Interval::H4, Interval::D1, Interval::W1] {
        assert!(is_kept(interval, UnixMillis::default(), now));
    }
}
