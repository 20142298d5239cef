use serde::Serialize;

use super::json::{Millis, to_json};
use crate::model::SystemHealth;

/// The hub has no such service, and says so.
const NOT_USED: &str = "not_used";

/// Writes the `data` of `system_health_update`.
pub(super) fn data(health: &SystemHealth) -> String {
    to_json(&HealthData {
        status: health.status.as_str(),
        services: Services {
            database: health.database.as_str(),
            redis: NOT_USED,
            ai_agents: Agents::default(),
        },
        alerts: &health.alerts,
        timestamp: Millis(health.timestamp),
    })
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct HealthData<'a> {
    status: &'static str,
    services: Services,
    alerts: &'a [String],
    timestamp: Millis,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Services {
    database: &'static str,
    redis: &'static str,
    ai_agents: Agents,
}

/// The hub has none.
#[derive(Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Agents {
    total: u32,
    active: u32,
    inactive: u32,
}
