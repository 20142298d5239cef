//! Reckons anew what `docs/COSTS.md` says: rows and figures from the code's constants and the defaults of the settings,
//! and holds the document's lines against them, word for word. What is assumed in it is assumed here, by name.

// All of it is a test: to panic is to fail.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod costs {
    pub mod day;
    pub mod document;
    pub mod rows;
}

use cryptointel::history::{KEPT_DAYS, Kept, Table};

use costs::day::{Day, GB, PINGS_A_REQUEST, SESSION_PING_MS, days};
use costs::document::{grouped, rounded, row, says};
use costs::rows::{DAY_MS, ROWS_A_SIGNAL, SIGNALS, coins, deleted_a_day, deleted_of, pairs, rows_a_day};

/// D1 on the free plan, each day.
const FREE_ROWS_WRITTEN: u64 = 100_000;

#[test]
fn what_is_kept_and_what_is_deleted() {
    let (idle, busy) = (rows_a_day(false), rows_a_day(true));
    let latest = [idle, busy].map(|written| grouped(written[&Table::PricesLatest]));
    says(&format!(
        "| `prices_latest` | the last price | {} idle, {} with somebody connected | {} coins × every 5 minutes, or every minute |",
        latest[0],
        latest[1],
        coins()
    ));
    says(&format!(
        "| `prices_hourly` | | {} | {} coins × 24 hours |",
        grouped(idle[&Table::PricesHourly]),
        coins()
    ));
    assert_eq!(idle[&Table::Candles], busy[&Table::Candles]);
    says(&format!(
        "| `candles` | | {} | {} pairs ×",
        grouped(idle[&Table::Candles]),
        pairs()
    ));
    says(&format!(
        "| `signals` | | {} | {SIGNALS} signals (a lively day)",
        SIGNALS * ROWS_A_SIGNAL
    ));
    for (what, days) in KEPT_DAYS {
        let name = match what {
            Kept::Candles(interval) => format!("`candles`, `{}`", interval.as_str()),
            Kept::PricesHourly => "`prices_hourly`".to_owned(),
            Kept::Signals => "`signals`".to_owned(),
        };
        row(&name, &[days.to_string(), grouped(deleted_of(what))]);
    }
    says(&format!(
        "Together {}, {} of them without the signals.",
        grouped(deleted_a_day()),
        grouped(deleted_a_day() - SIGNALS)
    ));
    says(&format!(
        "each pair is {} rows of candles a day",
        grouped(idle[&Table::Candles] / pairs())
    ));
    says(&format!(
        "each coin is {} rows of D1 a day idle, {} with somebody connected, and 24 of hours",
        idle[&Table::PricesLatest] / coins(),
        grouped(busy[&Table::PricesLatest] / coins())
    ));
}

#[test]
fn a_day() {
    let days = days();
    let cells = |of: fn(&Day) -> u64| days.each_ref().map(|day| grouped(of(day)));
    row(
        "Worker requests | 1,440 of the cron + 5 connections a client",
        &cells(|day| day.worker_requests),
    );
    row(
        "requests to objects: the feed | 1,440 of the cron + 17,280 alarms",
        &cells(|day| day.feed_requests),
    );
    row(
        "… the broker | what the feed publishes: once a minute, or B",
        &cells(|day| day.publications),
    );
    row(
        "… the shards: batches | B × shards (1; 16 with 10,000 clients)",
        &cells(|day| day.batches),
    );
    row(
        "… the shards: alarms | every 45 s at most, to see who still sends pings",
        &cells(|day| day.shard_alarms),
    );
    row(
        "… the shards: clients | (5 connections + 2,880 pings / 20) each",
        &cells(|day| day.client_requests),
    );
    row("requests to objects |", &cells(Day::object_requests));
    let seconds = |of: fn(&Day) -> f64| days.each_ref().map(|day| format!("{} s", rounded(of(day))));
    row(
        "time: the feed | 1,440 cycles × 2 s; awake all day with a stream",
        &seconds(|day| day.feed_seconds),
    );
    row(
        "time: the broker | 10 ms a batch, the wait for the shards among it",
        &seconds(|day| day.broker_seconds),
    );
    let [_, ten, thousands] = seconds(|day| day.shard_seconds);
    row(
        "time: the shards | 2 ms a batch of each + 0.1 ms a socket and second",
        &["0".to_owned(), ten, thousands],
    );
    row(
        "time of objects, GB-s | seconds × 0.128",
        &days.each_ref().map(|day| rounded(day.gb_seconds())),
    );
    row(
        "rows written by objects | 1 state a cycle, 1 alarm a cycle with somebody connected; 1 state a minute before questions leave, every 10 minutes for candles with nobody; 1 tick a batch and 1 checkpoint a minute, or after each batch where none came for 15 s before; the shards' alarms",
        &cells(|day| day.object_rows_written),
    );
    row(
        "D1: rows written | the two tables above",
        &cells(|day| day.rows_written),
    );
    row(
        "D1: rows read | 1 a row offered, whether it is new or not, and 8 a row deleted",
        &cells(|day| day.rows_read),
    );
}

#[test]
fn clients_of_socket_io() {
    let pings = DAY_MS / SESSION_PING_MS;
    says(&format!(
        "{} requests to objects and as many rows written a day",
        grouped(2 * pings)
    ));
    says(&format!(
        "{} a day, or {} requests",
        grouped(pings),
        grouped(pings.div_ceil(PINGS_A_REQUEST))
    ));
    says(&format!(
        "are {} Worker requests and as many to objects",
        grouped(2 * pings)
    ));
    let awake = DAY_MS as f64 / 1e3 * GB;
    says(&format!("{} GB-s a day and shard", rounded(awake)));
}

#[test]
fn the_free_plan() {
    let [nobody, ten, _] = days();
    let percent = |used: f64, of: f64| format!("{:.0}%", used / of * 100.0);
    let rows = |day: &Day| percent(day.rows_written as f64, FREE_ROWS_WRITTEN as f64);
    let time = |day: &Day| percent(day.gb_seconds(), 13_000.0);
    assert!(nobody.rows_written < FREE_ROWS_WRITTEN / 2);
    assert!(ten.rows_written > FREE_ROWS_WRITTEN);
    says(&format!(
        "it takes {} of the rows that may be written to D1 each day, and 6% at most of everything else",
        rows(&nobody)
    ));
    says(&format!(
        "D1 writes are {} of what the plan has, object time {} and rows of objects {}, all else at most 3%",
        rows(&nobody),
        time(&nobody),
        percent(nobody.object_rows_written as f64, 1e5)
    ));
    for used in [nobody.worker_requests, nobody.object_requests()] {
        assert!(used < 100_000 / 33);
    }
    let requests = percent(ten.object_requests() as f64, 1e5);
    says(&format!(
        "requests to objects ({requests}), rows that they write ({}) and rows written to D1 ({})",
        percent(ten.object_rows_written as f64, 1e5),
        rows(&ten)
    ));
    says(&format!("Time of objects fits ({})", time(&ten)));
    // For a part of the day.
    let an_hour = ten.object_requests() / 24;
    let more_rows = (ten.rows_written - nobody.rows_written) / 24;
    let hours = 100_000 / an_hour;
    assert!(hours <= (FREE_ROWS_WRITTEN - nobody.rows_written) / more_rows);
    says(&format!(
        "takes {} requests to objects, so that there are {hours} such hours in a day's 100,000",
        grouped(an_hour / 100 * 100)
    ));
    assert!(hours <= 100_000 / (ten.object_rows_written / 24));
    says(&format!(
        "{} rows of D1 more than an idle hour would allow {}",
        grouped(more_rows),
        (FREE_ROWS_WRITTEN - nobody.rows_written) / more_rows
    ));
    says(&format!("about {hours} hours a day with somebody connected do"));
}

#[test]
fn a_month_on_the_paid_plan() {
    let days = days();
    let millions = |number: u64| {
        let number = number as f64 * 30.0 / 1e6;
        if number < 0.1 {
            format!("{number:.2} M")
        } else {
            format!("{number:.1} M")
        }
    };
    let cells = |of: fn(&Day) -> u64| days.each_ref().map(|day| millions(of(day)));
    let with = |text: String, dollars: f64| {
        if dollars > 0.0 {
            format!("{text}: ${dollars:.2}")
        } else {
            text
        }
    };
    row("Worker requests", &cells(|day| day.worker_requests));
    row(
        "requests to objects",
        &days
            .each_ref()
            .map(|day| with(millions(day.object_requests()), day.beyond()[0])),
    );
    row(
        "time of objects, GB-s",
        &days
            .each_ref()
            .map(|day| with(rounded(day.gb_seconds() * 30.0), day.beyond()[1])),
    );
    row("rows written by objects", &cells(|day| day.object_rows_written));
    row("D1: rows written", &cells(|day| day.rows_written));
    let [nobody, ten, thousands] = days.each_ref().map(|day| 5.0 + day.beyond().iter().sum::<f64>());
    row(
        "dollars",
        &[
            format!("{nobody:.2}, or 0 on the free plan"),
            format!("{ten:.2}"),
            format!("{thousands:.2}"),
        ],
    );
    says(&format!("Ten thousand cost about {thousands:.0} dollars"));
}
