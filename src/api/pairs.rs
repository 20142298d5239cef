use serde_json::json;

use super::Answer;
use crate::model::{Interval, Pair};

/// Pairs change with a deployment alone.
const MAX_AGE_S: u32 = 300;

/// `/api/v1/pairs`: those that have candles, in the order of the setting, and of which intervals.
pub fn pairs(pairs: &[Pair]) -> Answer {
    let intervals = Interval::ALL.map(Interval::as_str);
    let items: Vec<String> = pairs
        .iter()
        .map(|pair| json!({"pair": pair.to_string(), "intervals": intervals}).to_string())
        .collect();
    Answer::list(&items, MAX_AGE_S)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn each_has_its_name_and_every_interval_in_the_order_given() {
        let given = ["sol/usdt", "BTC/EUR"].map(|name| Pair::parse(name).unwrap());
        let data: Value = serde_json::from_str(&pairs(&given).body).unwrap();
        let intervals = ["1m", "5m", "15m", "1h", "4h", "1D", "1W"];
        let expected = ["SOL/USDT", "BTC/EUR"].map(|pair| json!({"pair": pair, "intervals": intervals}));
        assert_eq!(data, json!({"data": expected}));
        assert_eq!(pairs(&[]).body, r#"{"data":[]}"#);
    }
}
