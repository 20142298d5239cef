use super::{COUNT, MAX_NAME, MAX_WORD};
use crate::api::fields::Fields;
use crate::api::{Problem, values};
use crate::model::{CaseState, Event, ModerationCase, Severity};

/// `moderation_queue_update`
pub(super) fn read(mut data: Fields<'_>) -> Result<Event, Problem> {
    let case = ModerationCase {
        violation_id: data.text("violationId", MAX_NAME)?,
        user_id: data.text("userId", MAX_NAME)?,
        content_type: data.text("contentType", MAX_WORD)?,
        violation_type: data.text("violationType", MAX_WORD)?,
        severity: data.required_word("severity", Severity::WORDS, Severity::parse)?,
        confidence: data.required("confidence", "a number from 0 to 1", |raw| values::up_to(raw, 1))?,
        status: data.required_word("status", CaseState::WORDS, CaseState::parse)?,
        queue_position: data.required("queuePosition", COUNT, values::count)?,
        timestamp: data.millis("timestamp")?,
    };
    data.end()?;
    Ok(Event::Moderation(case))
}
