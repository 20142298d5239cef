//! The `Retry-After` header: seconds, or an HTTP date.

use chrono::DateTime;

use crate::model::UnixMillis;

/// Milliseconds to wait from `now` on; 0 for a date that has passed, `None` for neither form.
/// <https://www.rfc-editor.org/rfc/rfc9110#name-retry-after>
pub(super) fn wait_ms(header: &str, now: UnixMillis) -> Option<u64> {
    let text = header.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // Digits that do not fit are a very long wait, and the caller caps it.
        return Some(text.parse().unwrap_or(u64::MAX).saturating_mul(1000));
    }
    let until = DateTime::parse_from_rfc2822(text).ok()?.timestamp_millis();
    Some(UnixMillis::new(u64::try_from(until).unwrap_or(0)).since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::from_secs(1_445_412_420); // 2015-10-21T07:27:00Z

    #[test]
    fn seconds_and_http_dates_are_both_waits() {
        assert_eq!(wait_ms("120", NOW), Some(120_000));
        assert_eq!(wait_ms(" 0 ", NOW), Some(0));
        assert_eq!(wait_ms("Wed, 21 Oct 2015 07:28:00 GMT", NOW), Some(60_000));
        assert_eq!(wait_ms("Wed, 21 Oct 2015 07:20:00 GMT", NOW), Some(0));
    }

    #[test]
    fn what_is_neither_says_nothing() {
        for bad in [
            "",
            "soon",
            "-5",
            "1.5",
            "21 Oct",
            "Wed, 41 Oct 2015 07:28:00 GMT",
            "\u{0}",
        ] {
            assert_eq!(wait_ms(bad, NOW), None, "{bad}");
        }
        assert_eq!(wait_ms("99999999999999999999999", NOW), Some(u64::MAX));
    }
}
