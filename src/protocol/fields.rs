use serde::Deserialize;
use serde_json::value::RawValue;

/// Characters of a client's word that an error repeats.
const SHOWN: usize = 40;

/// The field's value, if it is there and of the right type.
pub(super) fn read<T: for<'de> Deserialize<'de>>(field: Option<&RawValue>) -> Option<T> {
    field.and_then(|raw| serde_json::from_str(raw.get()).ok())
}

/// A client's word as an error repeats it: not at any length.
pub(super) fn shown(word: &str) -> String {
    word.chars().take(SHOWN).collect()
}
