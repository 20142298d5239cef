//! Reading JSON numbers with their digits: strict where a price depends on them, tolerant elsewhere.

use std::str::FromStr;

use serde::Deserialize;
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::FeedFault;
use crate::model::{Decimal, UnixMillis};

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
        Category::Syntax | Category::Io => FeedFault::NotJson,
    })
}

/// A number above zero and at most `max`; anything else is a fault that names `field`.
pub(super) fn positive(raw: Raw<'_>, field: &'static str, max: u64) -> Result<Decimal, FeedFault> {
    let value = not_negative(raw, field, max)?;
    if value.is_zero() {
        Err(FeedFault::Implausible { field })
    } else {
        Ok(value)
    }
}

/// A number from zero to `max`; anything else is a fault that names `field`.
pub(super) fn not_negative(raw: Raw<'_>, field: &'static str, max: u64) -> Result<Decimal, FeedFault> {
    let text = raw.map(RawValue::get).filter(|text| is_number(text));
    let text = text.ok_or(FeedFault::WrongShape { field })?;
    // A JSON number that is no `Decimal` is beyond all reason, like 1e999.
    let value = Decimal::from_str(text).map_err(|_| FeedFault::Implausible { field })?;
    let sane = !value.is_negative() && value <= Decimal::from(max);
    if sane {
        Ok(value)
    } else {
        Err(FeedFault::Implausible { field })
    }
}

/// A whole number; anything else is a fault that names `field`.
pub(super) fn count(raw: Raw<'_>, field: &'static str) -> Result<u64, FeedFault> {
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

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
}

fn parse<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}
