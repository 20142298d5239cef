//! Figures as clients see them: rounded, finite, and amounts in words.

use crate::model::Decimal;

/// `value` to `places` decimal places; 0 for what is not finite, and never -0.
pub(super) fn rounded(value: f64, places: i32) -> f64 {
    let scale = 10_f64.powi(places);
    let result = (value * scale).round() / scale;
    // Adding 0 turns -0 into 0.
    if result.is_finite() { result + 0.0 } else { 0.0 }
}

/// The change from `before` to `now` in per cent; 0 if there is no telling.
pub(super) fn per_cent_change(before: f64, now: f64) -> f64 {
    rounded((now / before - 1.0) * 100.0, 4)
}

/// US dollars in words: `31.2 billion USD`.
pub(super) fn dollars(amount: Decimal) -> String {
    let amount = amount.to_f64();
    let (unit, word) = match amount.abs() {
        a if a >= 1e12 => (1e12, " trillion"),
        a if a >= 1e9 => (1e9, " billion"),
        a if a >= 1e6 => (1e6, " million"),
        _ => (1.0, ""),
    };
    format!("{:.1}{word} USD", amount / unit)
}

/// A time in words: `5 s`, `3 min`.
pub(super) fn duration(millis: u64) -> String {
    let secs = millis.saturating_add(500) / 1000;
    if secs < 120 {
        format!("{} s", secs.max(1))
    } else {
        format!("{} min", secs.saturating_add(30) / 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_figure_is_ever_not_a_number_or_minus_zero() {
        for odd in [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MAX,
            -0.0,
            -0.00001,
        ] {
            assert!(
                rounded(odd, 4) == 0.0 && rounded(odd, 4).is_sign_positive(),
                "{odd}"
            );
        }
        assert_eq!(rounded(1.23456, 4), 1.2346);
        assert_eq!(per_cent_change(0.0, 1.0), 0.0);
        assert_eq!(per_cent_change(200.0, 205.0), 2.5);
    }

    #[test]
    fn amounts_and_times_are_words() {
        assert_eq!(dollars("31200000000".parse().unwrap()), "31.2 billion USD");
        assert_eq!(dollars("12.34".parse().unwrap()), "12.3 USD");
        assert_eq!((duration(5_000).as_str(), duration(0).as_str()), ("5 s", "1 s"));
        assert_eq!(
            (duration(60_100).as_str(), duration(300_000).as_str()),
            ("60 s", "5 min")
        );
    }
}
