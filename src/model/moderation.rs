use serde::{Deserialize, Serialize};

use super::words::words;
use super::{Decimal, UnixMillis};

/// A case of the moderation queue, on `moderation`: `moderation_queue_update`. Published by other back ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModerationCase {
    /// The publisher's own name for it.
    pub violation_id: String,
    /// Who is said to have done it.
    pub user_id: String,
    /// What it is in: the publisher's words, and any.
    pub content_type: String,
    /// What it is: the publisher's words, and any.
    pub violation_type: String,
    /// How bad it is.
    pub severity: Severity,
    /// How sure that is, 0 to 1.
    pub confidence: Decimal,
    /// How the case stands.
    pub status: CaseState,
    /// Its place in the queue.
    pub queue_position: u32,
    /// When.
    pub timestamp: UnixMillis,
}

impl ModerationCase {
    /// The message's type on the wire.
    pub const KIND: &str = "moderation_queue_update";
}

words! {
    /// How bad a violation is.
    Severity {
        /// Hardly.
        Low = "low",
        /// Somewhat.
        Medium = "medium",
        /// Very.
        High = "high",
        /// At once.
        Critical = "critical",
    }
}

words! {
    /// How a case of the moderation queue stands.
    CaseState {
        /// Nobody has looked at it.
        Pending = "pending",
        /// Somebody looks at it.
        UnderReview = "under_review",
        /// It is one.
        Confirmed = "confirmed",
        /// It is none.
        FalsePositive = "false_positive",
    }
}
