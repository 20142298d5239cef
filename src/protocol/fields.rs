use serde::Deserialize;
use serde_json::value::RawValue;

use super::Refusal;

/// Characters of a client's word that an error repeats.
const SHOWN: usize = 40;

/// A client's message, its fields still unread; `kind` is the field that says what it is.
pub(super) fn message<'a, T: Deserialize<'a>>(text: &'a str, kind: &str) -> Result<T, Refusal> {
    // serde would also read a JSON list into a struct, field by field.
    if !text.trim_start().starts_with('{') {
        return Err(Refusal::BadMessage(format!(
            "A message is a JSON object with '{kind}'"
        )));
    }
    serde_json::from_str(text)
        .map_err(|error| Refusal::BadMessage(format!("The message is not valid JSON: {error}")))
}

/// What is wrong with a message, for the person who wrote the client.
pub(super) fn wrong(what: &str) -> Refusal {
    Refusal::BadMessage(what.to_owned())
}

/// The field's value, if it is there and of the right type.
pub(super) fn read<T: for<'de> Deserialize<'de>>(field: Option<&RawValue>) -> Option<T> {
    field.and_then(|raw| serde_json::from_str(raw.get()).ok())
}

/// A client's word as an error repeats it: not at any length.
pub(super) fn shown(word: &str) -> String {
    word.chars().take(SHOWN).collect()
}
