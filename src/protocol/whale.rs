use serde::Serialize;

use super::json::{Millis, to_json};
use crate::model::{Decimal, WhaleActivity};

/// Writes the `data` of `whale_activity_alert`.
pub(super) fn data(activity: &WhaleActivity) -> String {
    to_json(&WhaleData {
        token: &activity.token,
        kind: activity.kind.as_str(),
        amount: activity.amount,
        amount_usd: activity.amount_usd,
        from: &activity.from,
        to: &activity.to,
        tx_hash: &activity.tx_hash,
        exchange: activity.exchange.as_deref(),
        impact: activity.impact.as_str(),
        timestamp: Millis(activity.timestamp),
    })
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct WhaleData<'a> {
    token: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    amount: Decimal,
    #[serde(rename = "amountUSD")]
    amount_usd: Decimal,
    from: &'a str,
    to: &'a str,
    tx_hash: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    exchange: Option<&'a str>,
    impact: &'static str,
    timestamp: Millis,
}
