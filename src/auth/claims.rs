use serde::{Deserialize, Serialize};

use super::Scopes;
use crate::model::{MAX_USER_ID, UnixMillis};

/// Longest `sub` that is accepted, in bytes: it rests in every socket's attachment.
pub const MAX_SUBJECT_BYTES: usize = MAX_USER_ID;

/// What a verified token says about its bearer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The token's `sub`: who this is, 1 to [`MAX_SUBJECT_BYTES`] bytes.
    pub subject: String,
    /// What the bearer may do beyond reading.
    pub scopes: Scopes,
    /// When delivery must pause: the token's `exp`; for a token that was already past it but
    /// within the leeway when it was verified, the end of the leeway.
    pub expires_at: UnixMillis,
    /// The token was past its `exp` already, though within the leeway: good enough to begin with,
    /// not to renew with.
    pub lapsed: bool,
}
