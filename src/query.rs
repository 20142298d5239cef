//! Channels in an address: which ones a client asks for, and where it is on them. `GET /sse` and `GET /api/v1/messages` share it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::model::{Epoch, Position};

/// A parameter is not what it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Which one.
    pub parameter: &'static str,
    /// What is wrong, in a sentence that names it.
    pub message: String,
}

/// The names in all `channels` of a query, each once, `max` at most. A comma stands between names, unless it is encoded.
///
/// # Errors
/// There are none, or too many.
pub fn channels(query: &str, max: usize) -> Result<Vec<String>, Wrong> {
    let all = raw(query, "channels").flat_map(|value| value.split(',').map(decoded));
    let mut seen = BTreeSet::new();
    let names: Vec<String> = all
        .filter(|name| !name.is_empty() && seen.insert(name.clone()))
        .collect();
    let message = match names.len() {
        0 => "'channels': expected one or more names".to_owned(),
        found if found > max => format!("'channels': expected at most {max} names, found {found}"),
        _ => return Ok(names),
    };
    Err(Wrong {
        parameter: "channels",
        message,
    })
}

/// Where a client says in `recover` that it is, by channel as it spells it; `None` if it does not say. A place of an epoch that
/// is none is of no use, and left out.
///
/// # Errors
/// It is no JSON object of places.
pub fn recover(query: &str) -> Result<Option<Vec<(String, Position)>>, Wrong> {
    let Some(text) = parameter(query, "recover") else {
        return Ok(None);
    };
    let is_place = |it: &Value| {
        it.get("epoch").is_some_and(Value::is_string) && it.get("offset").is_some_and(Value::is_u64)
    };
    let named: Option<Map<String, Value>> = serde_json::from_str(&text).ok();
    let named = named.filter(|named| named.values().all(is_place));
    let named = named.ok_or_else(|| Wrong {
        parameter: "recover",
        message: "'recover': expected a JSON object of channels, each with 'epoch' (a string) and 'offset' (a whole number)"
            .to_owned(),
    })?;
    let places = named
        .into_iter()
        .filter_map(|(name, it)| Some((name, place(&it)?)));
    Ok(Some(places.collect()))
}

/// The place in an object with `epoch` and `offset`.
pub fn place(object: &Value) -> Option<Position> {
    Some(Position {
        epoch: Epoch::parse(object.get("epoch")?.as_str()?)?,
        offset: object.get("offset")?.as_u64()?,
    })
}

/// The first parameter of that name that is not empty, decoded.
pub fn parameter(query: &str, name: &str) -> Option<String> {
    raw(query, name).find(|value| !value.is_empty()).map(decoded)
}

/// The names and values of a query, decoded, as they come.
pub fn pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    form_urlencoded::parse(query.trim_start_matches('?').as_bytes())
}

/// The values of all parameters of that name, as they stand in the query.
fn raw<'a>(query: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let pairs = query
        .trim_start_matches('?')
        .split('&')
        .filter_map(|pair| pair.split_once('='));
    pairs.filter_map(move |(key, value)| (decoded(key) == name).then_some(value))
}

/// A part of a query, decoded as forms are: `+` is a space.
fn decoded(text: &str) -> String {
    // Of a pair without a `&` the name is all there is, with what would stand between name and value encoded.
    let one = text.replace('&', "%26").replace('=', "%3D");
    let pair = form_urlencoded::parse(one.as_bytes()).next();
    pair.map(|(text, _)| text.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(query: &str) -> Vec<String> {
        channels(query, 50).unwrap()
    }

    #[test]
    fn names_are_split_before_they_are_decoded() {
        assert_eq!(
            names("?channels=price:bitcoin,signals%3Aall"),
            ["price:bitcoin", "signals:all"]
        );
        assert_eq!(
            names("channels=whale%3Ftokens%3DBTC%2CETH%26minAmount%3D5,mentions:a%2Cb+c&x=1"),
            ["whale?tokens=BTC,ETH&minAmount=5", "mentions:a,b c"]
        );
        assert_eq!(
            names("channels=a,,b,&channels=c,a&cha%6Enels=d"),
            ["a", "b", "c", "d"]
        );
    }

    #[test]
    fn no_channels_and_too_many_are_refused_by_name() {
        for query in ["", "?", "channels", "channels=", "channels=,,", "channel=a"] {
            let wrong = channels(query, 1).unwrap_err();
            assert_eq!(wrong.parameter, "channels", "{query}");
            assert!(wrong.message.contains("'channels'"), "{query}");
        }
        assert_eq!(
            channels("channels=a,b,c", 2).unwrap_err().message,
            "'channels': expected at most 2 names, found 3"
        );
        assert!(channels("channels=a,b,a", 2).is_ok());
    }

    #[test]
    fn places_are_read_by_name() {
        assert_eq!(recover("channels=a"), Ok(None));
        assert_eq!(recover("recover="), Ok(None));
        let encoded: String = form_urlencoded::byte_serialize(
            br#"{"a":{"epoch":"7","offset":3,"recovered":true},"b":{"epoch":"none","offset":1}}"#,
        )
        .collect();
        let there = Position {
            epoch: Epoch::new(7),
            offset: 3,
        };
        assert_eq!(
            recover(&format!("recover={encoded}")),
            Ok(Some(vec![("a".to_owned(), there)]))
        );
        for wrong in [
            "[]",
            "1",
            "{",
            r#"{"a":1}"#,
            r#"{"a":{"epoch":7,"offset":1}}"#,
            r#"{"a":{"epoch":"7","offset":-1}}"#,
        ] {
            let refused = recover(&format!("recover={wrong}")).unwrap_err();
            assert_eq!(refused.parameter, "recover", "{wrong}");
        }
    }
}
