use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use super::Problem;
use super::problem::shown;
use crate::model::UnixMillis;

/// 9999-12-31T23:59:59.999Z, the last time that [`UnixMillis`] displays.
const LATEST_MS: u64 = 253_402_300_799_999;

/// A number below this (1973, as milliseconds) is most likely seconds.
const LOOKS_LIKE_SECONDS: u64 = 100_000_000_000;

/// The query of a request. An empty parameter counts as not given, as with settings.
#[derive(Debug)]
pub struct Parameters {
    given: BTreeMap<String, String>,
}

impl Parameters {
    /// Takes the decoded pairs of a query; `known` are the names that the path has.
    ///
    /// # Errors
    /// One that the path does not have, or one that is given twice.
    pub fn read(pairs: impl IntoIterator<Item = (String, String)>, known: &[&str]) -> Result<Self, Problem> {
        let mut given = BTreeMap::new();
        for (name, value) in pairs {
            if !known.contains(&name.as_str()) {
                return Err(unknown(&name, known));
            }
            if given.contains_key(&name) {
                return Err(Problem::parameter(&name, format!("'{name}' is given twice")));
            }
            given.insert(name, value);
        }
        given.retain(|_, value| !value.trim().is_empty());
        Ok(Self { given })
    }

    /// The text without the space around it, if there is any.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.given.get(name).map(|value| value.trim())
    }

    /// What `parse` makes of the text, if there is any; `None` from it is an error.
    pub fn parsed<T>(
        &self,
        name: &str,
        expected: impl Display,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        parse(text).map(Some).ok_or_else(|| {
            Problem::parameter(
                name,
                format!("'{name}': expected {expected}, found '{}'", shown(text)),
            )
        })
    }

    /// As [`parsed`](Self::parsed), of a parameter that must be there.
    pub fn required<T>(
        &self,
        name: &str,
        expected: impl Display,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, Problem> {
        let missing = format!("'{name}' is missing: expected {expected}");
        self.parsed(name, expected, parse)?
            .ok_or_else(|| Problem::parameter(name, missing))
    }

    /// A whole number within `1..=max`.
    pub fn limit(&self, max: u16, default: u16) -> Result<u16, Problem> {
        let expected = format_args!("a whole number from 1 to {max}");
        let limit = self.parsed("limit", expected, |text| {
            whole(text).filter(|limit| (1..=max).contains(limit))
        })?;
        Ok(limit.unwrap_or(default))
    }

    /// A number within 0 to 1.
    pub fn fraction(&self, name: &str) -> Result<Option<f64>, Problem> {
        self.parsed(name, "a number from 0 to 1", |text| {
            text.parse().ok().filter(|value| (0.0..=1.0).contains(value))
        })
    }

    /// RFC 3339, or Unix milliseconds.
    pub fn time(&self, name: &str) -> Result<Option<UnixMillis>, Problem> {
        let expected = "a time like 2025-12-02T12:30:00Z, or Unix milliseconds";
        self.parsed(name, expected, |text| match whole::<u64>(text) {
            Some(0) => Some(UnixMillis::default()),
            Some(millis) => (LOOKS_LIKE_SECONDS..=LATEST_MS)
                .contains(&millis)
                .then(|| UnixMillis::new(millis)),
            None => UnixMillis::parse_rfc3339(text),
        })
    }

    /// One to `max` items separated by commas; none if it is not given.
    pub fn list(&self, name: &str, max: usize) -> Result<Vec<String>, Problem> {
        let expected = format_args!("1 to {max} names, separated by commas");
        let list = self.parsed(name, expected, |text| {
            let items: Vec<String> = text.split(',').map(|item| item.trim().to_owned()).collect();
            let fits = items.len() <= max && items.iter().all(|item| !item.is_empty());
            fits.then_some(items)
        })?;
        Ok(list.unwrap_or_default())
    }
}

/// There is no parameter of that name, but there are these.
pub(super) fn unknown(name: &str, known: &[&str]) -> Problem {
    // Without its value: it may be a token.
    let none = format!("There is no parameter '{}' here", shown(name));
    let detail = match known {
        [] => format!("{none}, nor any other"),
        known => format!("{none}; there are: {}", known.join(", ")),
    };
    Problem::parameter(name, detail)
}

/// Digits alone: `+5` is no number of a query.
pub(super) fn whole<T: FromStr>(text: &str) -> Option<T> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(query: &[(&str, &str)]) -> Result<Parameters, Problem> {
        let pairs = query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Parameters::read(pairs, &["limit", "since", "symbols", "min"])
    }

    fn named(problem: Problem) -> (String, String) {
        match problem {
            Problem::Parameter { name, detail } => (name, detail),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_unknown_parameter_is_named_and_its_value_is_not_shown() {
        let (name, detail) = named(read(&[("token", "eyJhbGciOi")]).unwrap_err());
        assert_eq!(name, "token");
        assert_eq!(
            detail,
            "There is no parameter 'token' here; there are: limit, since, symbols, min"
        );
    }

    #[test]
    fn a_parameter_given_twice_is_an_error_and_an_empty_one_is_not_given() {
        let (name, _) = named(read(&[("limit", "1"), ("limit", "1")]).unwrap_err());
        assert_eq!(name, "limit");
        let empty = read(&[("limit", ""), ("since", " "), ("symbols", ""), ("min", "")]).unwrap();
        assert_eq!(empty.limit(10, 7), Ok(7));
        assert_eq!(empty.time("since"), Ok(None));
        assert_eq!(empty.list("symbols", 3), Ok(vec![]));
        assert_eq!(empty.fraction("min"), Ok(None));
        assert!(empty.required("since", "a time", |_| Some(())).is_err());
    }

    #[test]
    fn a_limit_is_within_its_bounds() {
        for (text, limit) in [("1", Some(1)), ("10", Some(10)), ("0", None), ("11", None)] {
            assert_eq!(
                read(&[("limit", text)]).unwrap().limit(10, 5).ok(),
                limit,
                "{text}"
            );
        }
        for text in ["-1", "+1", "1.0", "1e1", "ten", "99999999999999999999"] {
            let (name, detail) = named(read(&[("limit", text)]).unwrap().limit(10, 5).unwrap_err());
            assert_eq!(name, "limit");
            assert!(
                detail.starts_with("'limit': expected a whole number from 1 to 10, found '"),
                "{detail}"
            );
        }
    }

    #[test]
    fn a_time_is_rfc_3339_or_milliseconds_but_not_seconds() {
        let time = |text: &str| read(&[("since", text)]).unwrap().time("since").ok().flatten();
        let noon = Some(UnixMillis::from_secs(1_764_678_600));
        assert_eq!(time("2025-12-02T12:30:00Z"), noon);
        assert_eq!(time("2025-12-02T13:30:00+01:00"), noon);
        assert_eq!(time("1764678600000"), noon);
        assert_eq!(time("0"), Some(UnixMillis::default()));
        for text in [
            "1764678600",
            "yesterday",
            "-1",
            "2025-12-02",
            "99999999999999999",
            "1969-12-31T23:59:59Z",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn a_fraction_is_a_number_from_0_to_1() {
        let fraction = |text: &str| read(&[("min", text)]).unwrap().fraction("min").ok().flatten();
        assert_eq!(
            (fraction("0"), fraction("0.75"), fraction("1")),
            (Some(0.0), Some(0.75), Some(1.0))
        );
        for text in ["1.1", "-0.1", "NaN", "inf", "high"] {
            assert_eq!(fraction(text), None, "{text}");
        }
    }

    #[test]
    fn a_list_has_no_empty_item_and_is_not_too_long() {
        let list = |text: &str| read(&[("symbols", text)]).unwrap().list("symbols", 3).ok();
        assert_eq!(list("BTC, eth"), Some(vec!["BTC".into(), "eth".into()]));
        for text in ["BTC,", ",", "a,b,c,d"] {
            assert_eq!(list(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_query_is_a_trap(text in ".{0,80}") {
            let given = read(&[("limit", &text), ("since", &text), ("symbols", &text), ("min", &text)]).unwrap();
            if let Ok(limit) = given.limit(10, 5) {
                prop_assert!((1..=10).contains(&limit));
            }
            if let Ok(Some(time)) = given.time("since") {
                prop_assert!(UnixMillis::parse_rfc3339(&time.to_string()).is_some());
            }
            if let Ok(Some(fraction)) = given.fraction("min") {
                prop_assert!(fraction.is_finite());
            }
            prop_assert!(given.list("symbols", 3).map_or(0, |list| list.len()) <= 3);
        }
    }
}
