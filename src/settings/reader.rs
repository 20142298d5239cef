use std::fmt::Display;
use std::str::FromStr;

use super::Secret;
use crate::model::{Pair, Source};

/// How much of a bad value an error shows, in characters.
const SHOWN: usize = 60;

/// A setting is missing or out of range. Safe to show: it never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: expected {expected}, found {found}")]
pub struct SettingError {
    /// The variable.
    pub name: &'static str,
    /// What it may be.
    pub expected: String,
    /// What it is, or for a secret only its length.
    pub found: String,
}

/// Reads variables of the few shapes that there are.
pub(super) struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a> Reader<'a> {
    pub fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup }
    }

    /// The text without the space around it, if there is any text.
    pub fn text(&self, name: &str) -> Option<String> {
        let text = (self.lookup)(name)?;
        let trimmed = text.trim();
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    /// What `parse` makes of the text; `None` from it is an error.
    pub fn parsed<T>(
        &self,
        name: &'static str,
        expected: impl Display,
        default: T,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, SettingError> {
        let Some(text) = self.text(name) else {
            return Ok(default);
        };
        parse(&text).ok_or_else(|| SettingError {
            name,
            expected: expected.to_string(),
            found: quoted(&text),
        })
    }

    /// A whole number within `min..=max`.
    pub fn whole<T: FromStr + PartialOrd + Display>(
        &self,
        name: &'static str,
        min: T,
        max: T,
        default: T,
    ) -> Result<T, SettingError> {
        let expected = format_args!("a whole number from {min} to {max}");
        self.parsed(name, expected, default, |text| {
            let digits = text.bytes().all(|b| b.is_ascii_digit());
            text.parse()
                .ok()
                .filter(|value| digits && *value >= min && *value <= max)
        })
    }

    /// Whole seconds within `1..=max`, in milliseconds.
    pub fn seconds(&self, name: &'static str, max: u64, default: u64) -> Result<u64, SettingError> {
        self.whole(name, 1, max, default)
            .map(|secs| secs.saturating_mul(1000))
    }

    /// A number within 0 to 1.
    pub fn fraction(&self, name: &'static str, default: f64) -> Result<f64, SettingError> {
        self.parsed(name, "a number from 0 to 1", default, |text| {
            text.parse().ok().filter(|value| (0.0..=1.0).contains(value))
        })
    }

    /// One of the words in `choices`.
    pub fn choice<T: Copy>(
        &self,
        name: &'static str,
        choices: &[(&str, T)],
        default: T,
    ) -> Result<T, SettingError> {
        let words: Vec<String> = choices.iter().map(|(word, _)| format!("'{word}'")).collect();
        self.parsed(name, words.join(" or "), default, |text| {
            choices
                .iter()
                .find(|(word, _)| *word == text)
                .map(|(_, value)| *value)
        })
    }

    /// One to `max` different pairs separated by commas; the error shows the one that is wrong.
    pub fn pairs(&self, name: &'static str, max: usize, default: &str) -> Result<Vec<Pair>, SettingError> {
        let text = self.text(name).unwrap_or_else(|| default.to_owned());
        let error = |found: String| SettingError {
            name,
            expected: format!("1 to {max} different pairs like BTC/USDT, separated by commas"),
            found,
        };
        let mut pairs = Vec::new();
        for part in text.split(',').map(str::trim) {
            match Pair::parse(part) {
                Some(pair) if !pairs.contains(&pair) => pairs.push(pair),
                _ => return Err(error(quoted(part))),
            }
        }
        if pairs.len() > max {
            return Err(error(format!("{} pairs", pairs.len())));
        }
        Ok(pairs)
    }

    /// At least `min` different ones of the sources in `all`, separated by commas; `none` for none.
    pub fn sources(
        &self,
        name: &'static str,
        all: &[Source],
        min: usize,
    ) -> Result<Vec<Source>, SettingError> {
        let words: Vec<&str> = all.iter().map(|source| source.as_str()).collect();
        let words = words.join(", ");
        let or_none = if min == 0 { ", or none" } else { "" };
        let expected = format_args!("different ones of {words}, separated by commas{or_none}");
        self.parsed(name, expected, all.to_vec(), |text| {
            if text == "none" {
                return (min == 0).then(Vec::new);
            }
            let mut sources = Vec::new();
            for word in text.split(',').map(str::trim) {
                let known =
                    Source::parse(word).filter(|source| all.contains(source) && !sources.contains(source));
                sources.push(known?);
            }
            Some(sources)
        })
    }

    /// `ws://` or `wss://`, a host, and maybe a path, without the slash at the end.
    pub fn stream_url(&self, name: &'static str, default: &str) -> Result<String, SettingError> {
        let expected = "a URL like wss://host or ws://host:port/path, without user, query and fragment";
        self.url(name, expected, default, &["ws", "wss"])
    }

    /// `http://` or `https://`, a host, and maybe a path, without the slash at the end.
    pub fn base_url(&self, name: &'static str, default: &str) -> Result<String, SettingError> {
        let expected = "a URL like https://host or http://host:port/path, without user, query and fragment";
        self.url(name, expected, default, &["http", "https"])
    }

    fn url(
        &self,
        name: &'static str,
        expected: &str,
        default: &str,
        schemes: &[&str],
    ) -> Result<String, SettingError> {
        let found = self.parsed(name, expected, default.to_owned(), |text| base_url(text, schemes));
        // What is wrong may be a password in front of the host, or a key behind it: it is not shown.
        found.map_err(|error| SettingError {
            found: "another text".into(),
            ..error
        })
    }

    /// A secret of at least `min_bytes`, taken as it is.
    pub fn required_secret(&self, name: &'static str, min_bytes: usize) -> Result<Secret, SettingError> {
        let text = (self.lookup)(name).unwrap_or_default();
        if text.len() >= min_bytes {
            return Ok(Secret::new(text));
        }
        let found = if text.is_empty() {
            "none".to_owned()
        } else {
            format!("{} bytes", text.len())
        };
        Err(SettingError {
            name,
            expected: format!("a secret of at least {min_bytes} bytes"),
            found,
        })
    }
}

fn base_url(text: &str, schemes: &[&str]) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let host = rest.split('/').next()?;
    let known = schemes.contains(&scheme);
    let clean = !rest.contains(|c: char| c.is_whitespace() || c.is_control() || "@?#\\".contains(c));
    (known && clean && !host.is_empty() && !host.starts_with(':'))
        .then(|| text.trim_end_matches('/').to_owned())
}

fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("'{shown}'")
}
