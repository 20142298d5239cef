use serde_json::{Map, Value, json};
use worker::console_log;

use super::clock;

/// Writes one line of JSON: `event`, `time` and `fields`. Never a token, a key or a query string.
pub fn event(event: &str, fields: Value) {
    let mut line = Map::new();
    line.insert("event".to_owned(), json!(event));
    line.insert("time".to_owned(), json!(clock::now().to_string()));
    if let Value::Object(fields) = fields {
        line.extend(fields);
    }
    console_log!("{}", Value::Object(line));
}
