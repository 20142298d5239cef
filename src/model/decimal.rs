use std::fmt;
use std::str::FromStr;

use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A number that keeps the digits it came with, up to 28 of them: prices, volumes, market caps.
///
/// `0.00000000007821066970851871` stays that, and never becomes `7.821066970851871e-11`.
/// In JSON it is a number with exactly these digits; in postcard it is 16 bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Decimal(#[cfg_attr(test, schemars(with = "f64"))] rust_decimal::Decimal);

/// The text is not a decimal number, or its magnitude is beyond 7.9e28.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number within ±7.9e28")]
pub struct ParseDecimalError;

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self(rust_decimal::Decimal::ZERO);

    /// The nearest `f64`, for statistics. Never for what a client sees.
    pub fn to_f64(self) -> f64 {
        self.0.to_f64().unwrap_or(0.0)
    }

    /// From a computed value, cut to `digits` significant digits; `None` if not finite or out of range.
    pub fn from_f64(value: f64, digits: u32) -> Option<Self> {
        let exact = rust_decimal::Decimal::from_f64(value)?;
        exact.round_sf(digits).map(|rounded| Self(rounded.normalize()))
    }

    /// The sum, with every digit of both: exact wherever 28 digits hold it, else rounded to as many.
    /// `None` beyond 7.9e28.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// As [`checked_add`](Self::checked_add), and ±7.9e28 beyond that.
    pub fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The product: exact wherever 28 digits hold it, else rounded to as many. `None` beyond 7.9e28.
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        self.0.checked_mul(other.0).map(Self)
    }

    /// Whether the value is below zero.
    pub fn is_negative(self) -> bool {
        self.0.is_sign_negative() && !self.0.is_zero()
    }

    /// Whether the value is zero.
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }
}

impl From<u64> for Decimal {
    fn from(value: u64) -> Self {
        Self(value.into())
    }
}

impl FromStr for Decimal {
    type Err = ParseDecimalError;

    /// Accepts plain (`12.50`) and scientific (`7.8e-11`) notation.
    fn from_str(text: &str) -> Result<Self, ParseDecimalError> {
        let parsed = if text.contains(['e', 'E']) {
            // The exact reading fails where plain notation would round: past 28 places.
            rust_decimal::Decimal::from_scientific(text)
                .or_else(|_| rust_decimal::Decimal::from_scientific_lossy(text))
        } else {
            rust_decimal::Decimal::from_str(text)
        };
        parsed.map(Self).map_err(|_| ParseDecimalError)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return self.0.serialize().serialize(serializer);
        }
        let raw = RawValue::from_string(self.0.to_string()).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return <[u8; 16]>::deserialize(deserializer)
                .map(|b| Self(rust_decimal::Decimal::deserialize(b)));
        }
        let raw = <&RawValue>::deserialize(deserializer)?;
        raw.get()
            .parse()
            .map_err(|_| D::Error::custom(NotADecimal(raw.get())))
    }
}

/// Words the error as serde words its own, with the offending value cut short.
struct NotADecimal<'a>(&'a str);

impl fmt::Display for NotADecimal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.0.chars().take(40).collect();
        write!(f, "expected a decimal number, found {shown}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_every_digit_through_json() {
        for digits in [
            "0.00000000007821066970851871",
            "2621040321355.0405",
            "77671",
            "-0.95302",
            "20030493.0",
        ] {
            let parsed: Decimal = serde_json::from_str(digits).unwrap();
            assert_eq!(serde_json::to_string(&parsed).unwrap(), digits);
        }
    }

    #[test]
    fn scientific_notation_becomes_plain() {
        let parsed: Decimal = serde_json::from_str("7.821e-11").unwrap();
        assert_eq!(parsed.to_string(), "0.00000000007821");
    }

    #[test]
    fn scientific_notation_past_28_places_is_rounded_not_refused() {
        let parsed: Decimal = serde_json::from_str("7.821066970851871e-20").unwrap();
        assert_eq!(parsed.to_string(), "0.0000000000000000000782106697");
    }

    #[test]
    fn anything_but_a_number_is_refused() {
        for bad in ["\"1\"", "null", "true", "1e999", "[1]", "{}"] {
            assert!(serde_json::from_str::<Decimal>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn survives_postcard() {
        let value: Decimal = "-0.00000000007821066970851871".parse().unwrap();
        let bytes = postcard::to_stdvec(&value).unwrap();
        assert_eq!(bytes.len(), 16);
        assert_eq!(postcard::from_bytes::<Decimal>(&bytes).unwrap(), value);
    }

    #[test]
    fn sums_and_products_keep_every_digit_that_28_can_hold() {
        let decimal = |text: &str| text.parse::<Decimal>().unwrap();
        let sum = decimal("1482.0")
            .checked_add(decimal("0.00000000000000000001"))
            .unwrap();
        assert_eq!(sum.to_string(), "1482.00000000000000000001");
        assert_eq!(decimal("0.1").checked_add(decimal("0.2")), Some(decimal("0.3")));
        let product = decimal("0.00141342").checked_mul(decimal("23.0")).unwrap();
        assert_eq!(product, decimal("0.03250866"));
        let rounded = decimal("50000000000000000000000000000").checked_add(decimal("0.4"));
        assert_eq!(rounded, Some(decimal("50000000000000000000000000000")));
        let largest = decimal("79228162514264337593543950335");
        assert_eq!(largest.checked_add(decimal("1")), None);
        assert_eq!(largest.saturating_add(decimal("1")), largest);
        assert_eq!(largest.checked_mul(decimal("2")), None);
    }

    #[test]
    fn computed_values_are_cut_to_significant_digits() {
        assert_eq!(
            Decimal::from_f64(77_671.123_456_789, 8).unwrap().to_string(),
            "77671.123"
        );
        assert_eq!(
            Decimal::from_f64(0.000_012_345_678, 4).unwrap().to_string(),
            "0.00001235"
        );
        assert_eq!(Decimal::from_f64(f64::NAN, 4), None);
    }
}
