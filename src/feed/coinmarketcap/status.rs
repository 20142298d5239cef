//! What went wrong, in CoinMarketCap's numbers.

use chrono::{DateTime, Datelike, Months, NaiveTime};
use serde::Deserialize;

use super::{Answer, FeedFault, Raw, strict};
use crate::model::UnixMillis;

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 86_400_000;

/// The head of every answer, good or bad; the number may be text
/// (<https://coinmarketcap.com/api/documentation/guides/errors-and-rate-limits>):
///
/// ```json
/// {"timestamp":"2026-05-18T12:49:21.599Z","error_code":1008,
///  "error_message":"You've exceeded your API Key's HTTP request rate limit.","elapsed":0,"credit_count":0}
/// ```
#[derive(Deserialize)]
pub(super) struct CoinMarketCapStatus<'a> {
    #[serde(borrow)]
    error_code: Raw<'a>,
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    status: CoinMarketCapStatus<'a>,
}

/// A fault if the head of the body says so.
pub(super) fn check(answer: &Answer<'_>) -> Result<(), FeedFault> {
    let Head { status } = strict::body(answer.body, "status")?;
    match strict::integer(status.error_code, "error_code")? {
        0 => Ok(()),
        code => Err(fault(code, answer)),
    }
}

/// What the body of a refusal says: limits come as 429 and are told apart by the number only.
/// Other refusals keep their status, which says as much.
pub(super) fn explain(answer: &Answer<'_>) -> Option<FeedFault> {
    let fault = check(answer).err()?;
    matches!(fault, FeedFault::RateLimited { .. }).then_some(fault)
}

/// The limits: 1008 a minute's, 1009 a day's, 1010 a month's, 1011 an IP's. The wait is until the
/// quota renews (quotas follow UTC), or what the header asks for if that is longer.
fn fault(code: i64, answer: &Answer<'_>) -> FeedFault {
    let now = answer.received_at;
    let renews_in = match code {
        1008 => Some(MINUTE_MS),
        1009 => Some(DAY_MS - now.get() % DAY_MS),
        1010 => until_next_month(now),
        1011 => None,
        code => return FeedFault::ProviderError { code: Some(code) },
    };
    FeedFault::RateLimited {
        retry_after_ms: renews_in.max(answer.wait_ms()),
    }
}

/// `None` past the years that a calendar has.
fn until_next_month(now: UnixMillis) -> Option<u64> {
    let now_ms = i64::try_from(now.get()).ok()?;
    let today = DateTime::from_timestamp_millis(now_ms)?.date_naive();
    let first = today.with_day(1)?.checked_add_months(Months::new(1))?;
    let begins = first.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
    Some(UnixMillis::new(u64::try_from(begins).ok()?).since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(now: &str) -> Option<String> {
        let now = UnixMillis::parse_rfc3339(now).unwrap();
        until_next_month(now).map(|wait| now.plus(wait).to_string())
    }

    #[test]
    fn a_months_quota_renews_at_midnight_utc_of_the_first() {
        for (now, renews) in [
            ("2026-05-18T12:49:21.599Z", "2026-06-01T00:00:00Z"),
            ("2026-12-31T23:59:59.999Z", "2027-01-01T00:00:00Z"),
            ("2028-02-29T00:00:00Z", "2028-03-01T00:00:00Z"),
            ("2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z"),
        ] {
            assert_eq!(wait(now).as_deref(), Some(renews), "{now}");
        }
        assert_eq!(until_next_month(UnixMillis::new(u64::MAX)), None);
    }
}
