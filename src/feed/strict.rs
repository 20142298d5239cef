//! Reading JSON numbers with their digits: strict where a price depends on them, tolerant elsewhere.

use std::str::FromStr;

use serde::Deserialize;
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::FeedFault;
use crate::model::{Decimal, UnixMillis};

/// US dollars: no coin costs more, no coin is traded more in a day, no market is worth more.
pub(super) const MAX_PRICE: u64 = 1_000_000_000_000;
pub(super) const MAX_VOLUME: u64 = 1_000_000_000_000_000;
pub(super) const MAX_CAP: u64 = 10_000_000_000_000_000;

/// A field as it was sent; `None` for a missing one and for `null`.
pub(super) type Raw<'a> = Option<&'a RawValue>;

/// The whole body as `T`; `root` names it where it is JSON of another shape.
pub(super) fn body<'a, T: Deserialize<'a>>(bytes: &'a [u8], root: &'static str) -> Result<T, FeedFault> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(FeedFault::Empty);
    }
    serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        Category::Eof => FeedFault::CutOff,
        Category::Data => FeedFault::WrongShape { field: root },
        Category::Syntax if ends_within_a_number(bytes, &error) => FeedFault::CutOff,
        Category::Syntax | Category::Io => FeedFault::NotJson,
    })
}

/// Of a body that ends in `-3.` the parser says that it is a bad number, not that it ends too early.
fn ends_within_a_number(bytes: &[u8], error: &serde_json::Error) -> bool {
    let last_line = bytes.rsplit(|b| *b == b'\n').next().unwrap_or_default();
    let at_the_end = error.column() >= last_line.len();
    at_the_end && matches!(bytes.last(), Some(b'-' | b'+' | b'.' | b'e' | b'E'))
}

/// A number above zero and at most `max`; anything else is a fault that names `field`.
pub(super) fn positive(raw: Raw<'_>, field: &'static str, max: u64) -> Result<Decimal, FeedFault> {
    above_zero(not_negative(raw, field, max)?, field)
}

/// A number from zero to `max`; anything else is a fault that names `field`.
pub(super) fn not_negative(raw: Raw<'_>, field: &'static str, max: u64) -> Result<Decimal, FeedFault> {
    bounded(raw.map(RawValue::get), field, max)
}

/// Text that holds a number above zero and at most `max`; anything else is a fault that names `field`.
pub(super) fn positive_text(raw: Raw<'_>, field: &'static str, max: u64) -> Result<Decimal, FeedFault> {
    above_zero(not_negative_text(raw, field, max)?, field)
}

/// Text that holds a number from zero to `max`; anything else is a fault that names `field`.
pub(super) fn not_negative_text(raw: Raw<'_>, field: &'static str, max: u64) -> Result<Decimal, FeedFault> {
    bounded(raw.and_then(parse::<&str>), field, max)
}

/// Whether the four prices can be those of one bar; a fault that names `high` or `low` if not.
pub(super) fn check_bar(open: Decimal, high: Decimal, low: Decimal, close: Decimal) -> Result<(), FeedFault> {
    if high < open.max(close) {
        return Err(FeedFault::Implausible { field: "high" });
    }
    if low > open.min(close) {
        return Err(FeedFault::Implausible { field: "low" });
    }
    Ok(())
}

/// A whole number; anything else is a fault that names `field`.
pub(super) fn count(raw: Raw<'_>, field: &'static str) -> Result<u64, FeedFault> {
    raw.and_then(parse).ok_or(FeedFault::WrongShape { field })
}

/// A whole number, or text that holds one, with a sign or without; anything else is a fault that names `field`.
pub(super) fn integer(raw: Raw<'_>, field: &'static str) -> Result<i64, FeedFault> {
    let number = raw.and_then(parse::<i64>);
    let number = number.or_else(|| raw.and_then(parse::<&str>)?.parse().ok());
    number.ok_or(FeedFault::WrongShape { field })
}

/// `true` or `false`; anything else is a fault that names `field`.
pub(super) fn flag(raw: Raw<'_>, field: &'static str) -> Result<bool, FeedFault> {
    raw.and_then(parse).ok_or(FeedFault::WrongShape { field })
}

/// A descriptive number from zero to `max`; `None` for anything else.
pub(super) fn maybe_amount(raw: Raw<'_>, max: u64) -> Option<Decimal> {
    not_negative(raw, "", max).ok()
}

/// A descriptive change in per cent, of at most a billion; `None` for anything else.
pub(super) fn maybe_per_cent(raw: Raw<'_>) -> Option<Decimal> {
    let text = raw.map(RawValue::get).filter(|text| is_number(text))?;
    let value = Decimal::from_str(text).ok()?;
    (value.to_f64().abs() <= 1e9).then_some(value)
}

/// Text; `None` for anything else.
pub(super) fn text(raw: Raw<'_>) -> Option<String> {
    raw.and_then(parse)
}

/// When the provider last updated a value, but never after it was received: one clock that runs
/// ahead would otherwise make every later value look late. `received_at` where it does not say.
pub(super) fn observed_at(said: Option<UnixMillis>, received_at: UnixMillis) -> UnixMillis {
    said.map_or(received_at, |said| said.min(received_at))
}

fn bounded(text: Option<&str>, field: &'static str, max: u64) -> Result<Decimal, FeedFault> {
    let text = text.filter(|text| is_number(text));
    let text = text.ok_or(FeedFault::WrongShape { field })?;
    // A number that is no `Decimal` is beyond all reason, like 1e999.
    let value = Decimal::from_str(text).map_err(|_| FeedFault::Implausible { field })?;
    let sane = !value.is_negative() && value <= Decimal::from(max);
    if sane {
        Ok(value)
    } else {
        Err(FeedFault::Implausible { field })
    }
}

fn above_zero(value: Decimal, field: &'static str) -> Result<Decimal, FeedFault> {
    if value.is_zero() {
        Err(FeedFault::Implausible { field })
    } else {
        Ok(value)
    }
}

/// Whether `text` looks like a JSON number; of other texts `Decimal` would take `1_000`, too.
fn is_number(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    begins
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'))
}

fn parse<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_is_cut_anywhere_is_cut_off() {
        let whole = "{\"a\":[-1.5e-7,true,null,\n\"x\\n\",0.25],\n\"b\":{\"c\":-3.0}}";
        for at in 1..whole.len() {
            let cut = whole.split_at(at).0;
            let read = body::<serde_json::Value>(cut.as_bytes(), "root");
            assert_eq!(read, Err(FeedFault::CutOff), "{cut}");
        }
    }

    #[test]
    fn a_bad_number_elsewhere_and_words_are_not_json() {
        for bad in ["[-]", "[1.,2]", "{\"a\":1.e}", "<p>-", "Service\nUnavailable."] {
            let read = body::<serde_json::Value>(bad.as_bytes(), "root");
            assert_eq!(read, Err(FeedFault::NotJson), "{bad}");
        }
    }

    #[test]
    fn text_holds_a_number_or_it_does_not() {
        let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
        for (json, number) in [("\"1.50\"", "1.50"), ("\"0\"", "0"), ("\"7e-3\"", "0.007")] {
            let read = not_negative_text(Some(&raw(json)), "f", 10).unwrap();
            assert_eq!(read.to_string(), number);
        }
        for json in [
            "1", "\"\"", "\"1_0\"", "\" 1\"", "\"+1\"", "\"0x1\"", "\"NaN\"", "null", "\"1,5\"",
        ] {
            let read = not_negative_text(Some(&raw(json)), "f", 10);
            assert_eq!(read, Err(FeedFault::WrongShape { field: "f" }), "{json}");
        }
    }
}
