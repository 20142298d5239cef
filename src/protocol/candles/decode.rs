use serde::Deserialize;
use serde_json::value::RawValue;

use crate::model::{Catalog, Interval, Pair};
use crate::protocol::fields::{message, read, shown, wrong};
use crate::protocol::{Command, Refusal};

/// What stands before a pair and an interval in the name of their channel.
const CANDLES: &str = "candles:";

/// Bars that a client gets first unless it asks otherwise.
const BARS: u16 = 100;
/// Most that it may ask for.
const MAX_BARS: u16 = 1_000;

/// A client's message, its fields still unread. Unknown fields are ignored.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    symbol: Option<&'a RawValue>,
    #[serde(borrow)]
    interval: Option<&'a RawValue>,
    #[serde(borrow, rename = "initialBars")]
    initial_bars: Option<&'a RawValue>,
}

/// Reads one text frame. Every error names what is wrong.
pub(in crate::protocol) fn decode(text: &str) -> Result<Command, Refusal> {
    let message: Message<'_> = message(text, "type")?;
    let kind: String = read(message.kind).ok_or_else(|| wrong("'type' must be a string"))?;
    match kind.as_str() {
        "ping" => Ok(Command::Ping),
        "subscribe" => Ok(Command::Subscribe {
            channels: vec![channel(&message)?],
            recover: Vec::new(),
            bars: Some(bars(message.initial_bars)?),
        }),
        "unsubscribe" => Ok(Command::Unsubscribe {
            channels: vec![channel(&message)?],
            family: None,
        }),
        _ => Err(wrong("'type' must be 'subscribe', 'unsubscribe' or 'ping'")),
    }
}

/// The hub's name of what the message is about.
fn channel(message: &Message<'_>) -> Result<String, Refusal> {
    let symbol: String = read(message.symbol).ok_or_else(|| wrong("'symbol' must be a string"))?;
    let interval: String = read(message.interval).ok_or_else(|| wrong("'interval' must be a string"))?;
    if Interval::parse(&interval).is_none() {
        return Err(Refusal::BadValue {
            field: "interval",
            given: shown(&interval),
            valid: Interval::ALL.map(Interval::as_str).join(", "),
        });
    }
    Ok(format!("{CANDLES}{symbol}:{interval}"))
}

fn bars(field: Option<&RawValue>) -> Result<u16, Refusal> {
    let Some(field) = field else {
        return Ok(BARS);
    };
    // A number of JSON: some clients write 100 as 100.0.
    let asked: Option<f64> = read(Some(field));
    asked
        .filter(|bars| bars.fract() == 0.0 && (0.0..=f64::from(MAX_BARS)).contains(bars))
        .map(|bars| bars as u16) // exact
        .ok_or_else(|| Refusal::BadValue {
            field: "initialBars",
            given: shown(field.get()),
            valid: format!("0 to {MAX_BARS}"),
        })
}

/// Why there is no channel of that name: its interval is one, so that its symbol is none.
pub(in crate::protocol) fn unknown_symbol(channel: &str, catalog: &Catalog) -> Refusal {
    let name = channel.strip_prefix(CANDLES).unwrap_or(channel);
    let symbol = name.rsplit_once(':').map_or(name, |(symbol, _)| symbol);
    Refusal::UnknownPair {
        symbol: shown(symbol),
        supported: catalog.pairs().map(Pair::to_string).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(text: &str) -> String {
        decode(text).unwrap_err().to_string()
    }

    #[test]
    fn the_printed_messages_are_read() {
        assert_eq!(
            decode(r#"{"type":"subscribe","symbol":"BTC/USDT","interval":"5m","initialBars":250}"#),
            Ok(Command::Subscribe {
                channels: vec!["candles:BTC/USDT:5m".into()],
                recover: vec![],
                bars: Some(250),
            })
        );
        assert_eq!(
            decode(r#"{"type":"unsubscribe","symbol":"BTC/USDT","interval":"1W"}"#),
            Ok(Command::Unsubscribe {
                channels: vec!["candles:BTC/USDT:1W".into()],
                family: None,
            })
        );
        assert_eq!(decode(r#"{"type":"ping"}"#), Ok(Command::Ping));
    }

    #[test]
    fn a_hundred_bars_come_first_unless_asked_otherwise() {
        let bars = |field: &str| match decode(&format!(
            r#"{{"type":"subscribe","symbol":"BTC/USDT","interval":"1m"{field}}}"#
        )) {
            Ok(Command::Subscribe { bars, .. }) => Ok(bars),
            Ok(other) => panic!("{other:?}"),
            Err(refusal) => Err(refusal.to_string()),
        };
        assert_eq!(bars(""), Ok(Some(100)));
        assert_eq!(bars(r#","initialBars":0"#), Ok(Some(0)));
        assert_eq!(bars(r#","initialBars":1000"#), Ok(Some(1_000)));
        assert_eq!(bars(r#","initialBars":null"#), Ok(Some(100)));
        // The same numbers, as languages with floats write them.
        assert_eq!(bars(r#","initialBars":100.0"#), Ok(Some(100)));
        assert_eq!(bars(r#","initialBars":1e3"#), Ok(Some(1_000)));
        for bad in ["1001", "1000.5", "-1", "1.5", "\"100\"", "70000", "1e999", "true"] {
            let refused = bars(&format!(r#","initialBars":{bad}"#));
            assert_eq!(
                refused,
                Err(format!("Invalid initialBars: {bad}. Valid: 0 to 1000"))
            );
        }
    }

    #[test]
    fn errors_are_the_documented_ones_or_name_the_field() {
        assert_eq!(
            sentence(r#"{"type":"subscribe","symbol":"BTC/USDT","interval":"10m"}"#),
            "Invalid interval: 10m. Valid: 1m, 5m, 15m, 1h, 4h, 1D, 1W"
        );
        for (text, field) in [
            ("", "JSON object"),
            ("{", "not valid JSON"),
            (r#"["ping"]"#, "JSON object"),
            ("{}", "'type'"),
            (r#"{"type":"trade"}"#, "'type'"),
            (r#"{"type":"subscribe","interval":"1m"}"#, "'symbol'"),
            (r#"{"type":"subscribe","symbol":7,"interval":"1m"}"#, "'symbol'"),
            (r#"{"type":"subscribe","symbol":"BTC/USDT"}"#, "'interval'"),
            (
                r#"{"type":"unsubscribe","symbol":"BTC/USDT","interval":5}"#,
                "'interval'",
            ),
        ] {
            let error = sentence(text);
            assert!(error.contains(field), "{text}: {error}");
        }
    }

    #[test]
    fn a_symbol_without_candles_is_told_which_have_some() {
        let catalog = |pairs: &[&str]| {
            Catalog::embedded().with_pairs(pairs.iter().filter_map(|pair| Pair::parse(pair)))
        };
        let told = |pairs: &[&str]| unknown_symbol("candles:ETH/USDT:5m", &catalog(pairs)).to_string();
        assert_eq!(
            told(&["BTC/USDT"]),
            "Invalid symbol: ETH/USDT. Only BTC/USDT is supported."
        );
        assert_eq!(
            told(&["BTC/USDT", "SOL/USDT"]),
            "Invalid symbol: ETH/USDT. Only BTC/USDT, SOL/USDT are supported."
        );
    }
}
