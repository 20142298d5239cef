use serde::{Deserialize, Serialize};

use super::{HealthStatus, UnixMillis};

/// How the hub is, and what is wrong with it: `health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemHealth {
    /// In a word.
    pub status: HealthStatus,
    /// How the store is.
    pub database: DatabaseState,
    /// A sentence for each thing that is wrong, in a stable order. What it says stays as long as that is wrong.
    pub alerts: Vec<String>,
    /// When it came to be so.
    pub timestamp: UnixMillis,
}

impl SystemHealth {
    /// The message's type on the wire.
    pub const KIND: &str = "system_health_update";

    /// Whether it says what `other` says, whenever that was.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        let Self {
            status,
            database,
            alerts,
            timestamp: _,
        } = self;
        (status, database, alerts) == (&other.status, &other.database, &other.alerts)
    }
}

/// How the store is. Its number rests in storage: never reorder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DatabaseState {
    /// Nothing was written yet.
    #[default]
    Unknown,
    /// It took what it was last given, of every kind.
    Healthy,
    /// It did not take some rows; they wait.
    Degraded,
    /// It takes nothing; everything waits.
    Down,
}

impl DatabaseState {
    /// The word on the wire: `healthy`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Down => "down",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_alone_is_no_news() {
        let known = SystemHealth {
            status: HealthStatus::Healthy,
            database: DatabaseState::Healthy,
            alerts: Vec::new(),
            timestamp: UnixMillis::from_secs(1),
        };
        let later = SystemHealth {
            timestamp: UnixMillis::from_secs(2),
            ..known.clone()
        };
        assert!(later.says_the_same_as(&known));
        let others = [
            SystemHealth {
                status: HealthStatus::Degraded,
                ..known.clone()
            },
            SystemHealth {
                database: DatabaseState::Down,
                ..known.clone()
            },
            SystemHealth {
                alerts: vec!["Something is wrong.".to_owned()],
                ..known.clone()
            },
        ];
        assert!(others.iter().all(|other| !other.says_the_same_as(&known)));
    }
}
