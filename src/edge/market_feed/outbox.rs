use crate::model::{MarketEvent, SystemStatus, UnixMillis};

/// What waits to be published, in order.
#[derive(Debug, Default)]
pub struct Outbox {
    events: Vec<MarketEvent>,
    status: Option<SystemStatus>,
    /// When the oldest of it came to be.
    since: Option<UnixMillis>,
}

impl Outbox {
    /// Adds events that came to be at `now`.
    pub fn extend(&mut self, events: Vec<MarketEvent>, now: UnixMillis) {
        if !events.is_empty() {
            self.since.get_or_insert(now);
        }
        self.events.extend(events);
    }

    /// Adds the hub's condition, for every client.
    pub fn set_status(&mut self, status: SystemStatus) {
        self.since.get_or_insert(status.timestamp);
        self.status = Some(status);
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.since.is_none()
    }

    /// Everything that waits, with when the oldest of it came to be; `None` if nothing does.
    pub fn take(&mut self) -> Option<(UnixMillis, Vec<MarketEvent>, Option<SystemStatus>)> {
        let since = self.since.take()?;
        Some((since, std::mem::take(&mut self.events), self.status.take()))
    }
}
