use super::Problem;
use super::parameters::Parameters;
use crate::auth::Scope;

/// A path of the API for other back ends and for operators: each needs a scope, and none counts for a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// `/api/v1/publish`
    Publish,
    /// `/api/v1/disconnect`
    Disconnect,
    /// `/api/v1/channels`
    Channels,
    /// `/api/v1/presence`
    Presence,
}

impl Service {
    /// Every service there is.
    pub const ALL: [Self; 4] = [Self::Publish, Self::Disconnect, Self::Channels, Self::Presence];

    /// The service of that path, if there is one.
    pub fn of(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.path() == path)
    }

    /// Where it is.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Publish => "/api/v1/publish",
            Self::Disconnect => "/api/v1/disconnect",
            Self::Channels => "/api/v1/channels",
            Self::Presence => "/api/v1/presence",
        }
    }

    /// Whether it changes something: `POST`, else `GET`.
    pub const fn is_post(self) -> bool {
        matches!(self, Self::Publish | Self::Disconnect)
    }

    /// The names that its query may have.
    pub const fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::Presence => &["channel"],
            _ => &[],
        }
    }

    /// Refuses what its query may not have.
    ///
    /// # Errors
    /// A parameter that the path does not have, or one that is given twice.
    pub fn check(self, query: impl IntoIterator<Item = (String, String)>) -> Result<(), Problem> {
        Parameters::read(query, self.parameters()).map(drop)
    }

    /// What a token must allow.
    pub const fn scope(self) -> Scope {
        match self {
            Self::Publish => Scope::Publish,
            _ => Scope::Admin,
        }
    }

    /// What that is needed for, in words.
    pub const fn purpose(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Disconnect => "disconnect others",
            Self::Channels | Self::Presence => "see who listens",
        }
    }
}
