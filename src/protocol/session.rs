use serde::Serialize;
use uuid::Uuid;

use super::json::{Rfc3339, to_json};
use crate::model::UnixMillis;

/// Who a connection is: one object for two dialects, whose clients begin alike.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Session<'a> {
    #[cfg_attr(test, schemars(with = "String"))]
    connection_id: Uuid,
    subject: &'a str,
    expires_at: Rfc3339,
}

/// Writes the `data` of `auth_success`.
pub(super) fn data(connection: Uuid, subject: &str, expires_at: UnixMillis) -> String {
    to_json(&Session {
        connection_id: connection,
        subject,
        expires_at: Rfc3339(expires_at),
    })
}
