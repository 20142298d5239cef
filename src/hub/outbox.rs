use serde::{Deserialize, Serialize};

use super::broker::{Item, Publication, Sender};
use crate::model::{Event, MarketEvent, SystemHealth, SystemStatus, UnixMillis};

/// Events that wait for a broker that does not answer, or not fast enough: beyond this many, and again when there are twice as
/// many as were left, those that a newer one replaces are dropped ...
const CROWDED: usize = 1_000;
/// ... and of what nothing replaces, signals and closed candles, the oldest. Two days of a pair's minutes that come at once are some
/// 3,700 candles, half a megabyte.
const MAX_LASTING: usize = 4_000;

/// What a publisher has to say, until the broker has taken it. Rests in the publisher's storage, so that neither's
/// eviction loses or doubles anything.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Outbox {
    events: Vec<MarketEvent>,
    status: Option<SystemStatus>,
    health: Option<SystemHealth>,
    /// When the oldest of `events` came to be.
    since: Option<UnixMillis>,
    /// On its way to the broker. It is sent again, as it is, until the broker has taken it.
    sealed: Option<Publication>,
    sequence: u64,
    /// How many were left when it was crowded last.
    #[serde(skip)]
    left: usize,
}

impl Outbox {
    /// Adds events that came to be at `now`.
    pub fn extend(&mut self, events: Vec<MarketEvent>, now: UnixMillis) {
        if events.is_empty() {
            return;
        }
        self.since.get_or_insert(now);
        self.events.extend(events);
        if self.events.len() > CROWDED.max(2 * self.left) {
            self.thin_out();
            self.left = self.events.len();
        }
    }

    /// Adds the hub's condition, for every client.
    pub fn set_status(&mut self, status: SystemStatus) {
        self.since.get_or_insert(status.timestamp);
        self.status = Some(status);
    }

    /// Adds how the hub is, for who subscribed to that; the newest word stands for those before.
    pub fn set_health(&mut self, health: SystemHealth, now: UnixMillis) {
        self.since.get_or_insert(now);
        self.health = Some(health);
    }

    /// Whether the broker has taken everything.
    pub fn is_empty(&self) -> bool {
        self.since.is_none() && self.sealed.is_none()
    }

    /// What to send now: what was sent last, if it was not taken; else everything that waits, under the name `sender`.
    pub fn seal(&mut self, sender: &str, now: UnixMillis) -> Option<&Publication> {
        if self.sealed.is_none()
            && let Some(published_at) = self.since.take()
        {
            // Greater than all before, even if what was known of those is lost.
            self.sequence = now.get().max(self.sequence + 1);
            let events = std::mem::take(&mut self.events).into_iter().map(Event::from);
            let health = self.health.take().map(Event::Health);
            self.left = 0;
            self.sealed = Some(Publication {
                published_at,
                items: events.chain(health).map(Item::from).collect(),
                status: self.status.take(),
                sender: Some(Sender {
                    name: sender.to_owned(),
                    sequence: self.sequence,
                }),
            });
        }
        self.sealed.as_ref()
    }

    /// The broker took what was sealed.
    pub fn taken(&mut self) {
        self.sealed = None;
    }

    fn thin_out(&mut self) {
        let mut kept: Vec<MarketEvent> = Vec::with_capacity(self.events.len());
        for event in std::mem::take(&mut self.events) {
            kept.retain(|earlier| !event.replaces(earlier));
            kept.push(event);
        }
        let mut excess = kept
            .iter()
            .filter(|it| lasts(it))
            .count()
            .saturating_sub(MAX_LASTING);
        kept.retain(|event| {
            let drop = excess > 0 && lasts(event);
            excess -= usize::from(drop);
            !drop
        });
        self.events = kept;
    }
}

/// Nothing newer makes up for it.
fn lasts(event: &MarketEvent) -> bool {
    match event {
        MarketEvent::Signal(_) => true,
        MarketEvent::Candle(update) => update.closed,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::tests::{price, signal};
    use crate::model::{DatabaseState, HealthStatus};

    const NOW: UnixMillis = UnixMillis::from_secs(1_764_678_600);

    fn items(publication: Option<&Publication>) -> usize {
        publication.map_or(0, |it| it.items.len())
    }

    #[test]
    fn what_was_not_taken_is_sent_again_as_it_was() {
        let mut outbox = Outbox::default();
        outbox.extend(vec![price("bitcoin", 1)], NOW);
        let first = outbox.seal("feed", NOW).cloned();
        outbox.extend(vec![price("bitcoin", 2), price("ethereum", 3)], NOW.plus(1));
        assert_eq!(outbox.seal("feed", NOW.plus(2)), first.as_ref());
        outbox.taken();
        let second = outbox.seal("feed", NOW.plus(2)).cloned();
        assert_eq!(items(second.as_ref()), 2);
        let sequence = |it: &Option<Publication>| it.as_ref().unwrap().sender.as_ref().unwrap().sequence;
        assert!(sequence(&second) > sequence(&first));
        outbox.taken();
        assert!(outbox.is_empty());
        assert_eq!(outbox.seal("feed", NOW.plus(3)), None);
    }

    #[test]
    fn of_how_the_hub_is_only_the_newest_word_is_sent_after_the_rest() {
        let health = |alert: &str| SystemHealth {
            status: HealthStatus::Degraded,
            database: DatabaseState::Healthy,
            alerts: vec![alert.to_owned()],
            timestamp: NOW,
        };
        let mut outbox = Outbox::default();
        outbox.set_health(health("first"), NOW);
        assert!(!outbox.is_empty(), "it is reason enough to publish");
        outbox.extend(vec![price("bitcoin", 1)], NOW);
        outbox.set_health(health("second"), NOW.plus(1));
        let sealed = outbox.seal("feed", NOW.plus(2)).cloned().unwrap();
        let events: Vec<Event> = sealed.items.into_iter().map(|item| item.event).collect();
        assert_eq!(
            events,
            [Event::from(price("bitcoin", 1)), Event::Health(health("second"))]
        );
        outbox.taken();
        assert!(outbox.is_empty());
    }

    #[test]
    fn what_waits_long_is_bounded_and_keeps_the_newest() {
        let mut outbox = Outbox::default();
        for n in 0..20_000 {
            let id = format!("signal-{n}");
            outbox.extend(vec![price("bitcoin", n), signal(&id, false)], NOW);
        }
        assert!(outbox.events.len() <= 2 * MAX_LASTING + 2);
        let newest = outbox.seal("feed", NOW).unwrap().items.last().cloned();
        assert_eq!(
            newest,
            Some(Item::from(Event::from(signal("signal-19999", false))))
        );
    }
}
