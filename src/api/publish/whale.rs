use super::{AMOUNT, MAX_NAME, MAX_WORD};
use crate::api::fields::Fields;
use crate::api::{Problem, values};
use crate::model::{Event, Impact, WhaleActivity, WhaleMove};

/// `whale_activity_alert`
pub(super) fn read(mut data: Fields<'_>) -> Result<Event, Problem> {
    let activity = WhaleActivity {
        token: data.text("token", MAX_WORD)?,
        kind: data.required_word("type", WhaleMove::WORDS, WhaleMove::parse)?,
        amount: data.required("amount", AMOUNT, values::not_negative)?,
        amount_usd: data.required("amountUSD", AMOUNT, values::not_negative)?,
        from: data.text("from", MAX_NAME)?,
        to: data.text("to", MAX_NAME)?,
        tx_hash: data.text("txHash", MAX_NAME)?,
        exchange: data.optional_text("exchange", MAX_WORD)?,
        impact: data.required_word("impact", Impact::WORDS, Impact::parse)?,
        timestamp: data.millis("timestamp")?,
    };
    data.end()?;
    Ok(Event::Whale(activity))
}
