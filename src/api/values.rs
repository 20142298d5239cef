//! One JSON value, as a type of the model's; `None` for anything else. A [`Decimal`] is never rounded on the way.

use serde_json::value::RawValue;

use super::Problem;
use crate::model::{Catalog, CoinId, Decimal, Symbol};

/// Digits that a [`Decimal`] keeps, and places after its point.
const DIGITS: usize = 28;
/// Longest amount that is kept as text, in bytes: 256 bits, and a point.
const MAX_AMOUNT: usize = 80;

/// A body, whatever is in it.
pub(super) fn json(body: &str) -> Result<&RawValue, Problem> {
    serde_json::from_str(body).map_err(|error| Problem::field("", format!("The body is not JSON: {error}")))
}

/// Whether it is a list, which a text that is JSON shows by its first byte.
pub(super) fn is_list(raw: &RawValue) -> bool {
    raw.get().starts_with('[')
}

/// A text, whatever is in it.
pub(super) fn text(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

/// A text of 1 to `max` bytes.
pub(super) fn text_within(raw: &RawValue, max: usize) -> Option<String> {
    text(raw).filter(|text| (1..=max).contains(&text.len()))
}

/// A flag.
pub(super) fn flag(raw: &RawValue) -> Option<bool> {
    serde_json::from_str(raw.get()).ok()
}

/// A whole number, not negative.
pub(super) fn whole(raw: &RawValue) -> Option<u64> {
    serde_json::from_str(raw.get()).ok()
}

/// A whole number, not negative, below 2^32.
pub(super) fn count(raw: &RawValue) -> Option<u32> {
    serde_json::from_str(raw.get()).ok()
}

/// A number, of which the nearest `f64` will do.
pub(super) fn number(raw: &RawValue) -> Option<f64> {
    serde_json::from_str(raw.get())
        .ok()
        .filter(|value: &f64| value.is_finite())
}

/// A number from `low` to `high`.
pub(super) fn within(raw: &RawValue, low: f64, high: f64) -> Option<f64> {
    number(raw).filter(|value| (low..=high).contains(value))
}

/// A number with every digit that it has, written as one or as text.
pub(super) fn decimal(raw: &RawValue) -> Option<Decimal> {
    let unquoted = text(raw);
    let digits = unquoted.as_deref().unwrap_or(raw.get());
    let exact = is_number(digits) && keeps_digits(digits);
    digits.parse().ok().filter(|_| exact)
}

/// As [`decimal`], above zero.
pub(super) fn above_zero(raw: &RawValue) -> Option<Decimal> {
    decimal(raw).filter(|value| *value > Decimal::ZERO)
}

/// As [`decimal`], from zero to `high`.
pub(super) fn up_to(raw: &RawValue, high: u64) -> Option<Decimal> {
    not_negative(raw).filter(|value| *value <= Decimal::from(high))
}

/// As [`decimal`], not negative.
pub(super) fn not_negative(raw: &RawValue) -> Option<Decimal> {
    decimal(raw).filter(|value| !value.is_negative())
}

/// A decimal number as text, which stays that: balances may have more digits than a [`Decimal`].
pub(super) fn amount(raw: &RawValue) -> Option<String> {
    let plain = |text: &str| is_number(text) && !text.contains(['e', 'E']);
    text_within(raw, MAX_AMOUNT).filter(|text| plain(text))
}

/// A ticker, whether or not a coin has it.
pub(super) fn ticker(raw: &RawValue) -> Option<Symbol> {
    Symbol::new(&text(raw)?)
}

/// The coin that this is the ticker of.
pub(super) fn coin_of<'a>(symbol: &Symbol, catalog: &'a Catalog) -> Option<&'a CoinId> {
    let coin = catalog.resolve(symbol.as_str())?;
    (catalog.symbol(coin)? == symbol).then_some(coin)
}

/// The ticker of this very coin, which it may share.
pub(super) fn ticker_of(raw: &RawValue, coin: &CoinId, catalog: &Catalog) -> Option<Symbol> {
    let symbol = ticker(raw)?;
    (catalog.symbol(coin)? == &symbol).then_some(symbol)
}

/// Whether it is a number as JSON writes it, and nothing else.
fn is_number(text: &str) -> bool {
    let raw: Option<&RawValue> = serde_json::from_str(text).ok();
    let begins = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    begins && raw.is_some_and(|raw| raw.get() == text)
}

/// Whether a [`Decimal`] holds the number without rounding it.
fn keeps_digits(number: &str) -> bool {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let Ok(exponent) = exponent.parse::<i64>() else {
        return false;
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = whole.bytes().chain(fraction.bytes());
    let significant = digits.skip_while(|b| matches!(b, b'-' | b'0')).count();
    let places = i64::try_from(fraction.len())
        .unwrap_or(i64::MAX)
        .saturating_sub(exponent);
    significant <= DIGITS && places <= DIGITS as i64
}
