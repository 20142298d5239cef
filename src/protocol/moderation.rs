use serde::Serialize;

use super::json::{Millis, to_json};
use crate::model::{Decimal, ModerationCase};

/// Writes the `data` of `moderation_queue_update`.
pub(super) fn data(case: &ModerationCase) -> String {
    to_json(&CaseData {
        violation_id: &case.violation_id,
        user_id: &case.user_id,
        content_type: &case.content_type,
        violation_type: &case.violation_type,
        severity: case.severity.as_str(),
        confidence: case.confidence,
        status: case.status.as_str(),
        queue_position: case.queue_position,
        timestamp: Millis(case.timestamp),
    })
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct CaseData<'a> {
    violation_id: &'a str,
    user_id: &'a str,
    content_type: &'a str,
    violation_type: &'a str,
    severity: &'static str,
    confidence: Decimal,
    status: &'static str,
    queue_position: u32,
    timestamp: Millis,
}
