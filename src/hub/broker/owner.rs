use super::Publication;
use crate::model::{Channel, Event, Tick};

/// Whose channel a message is on. Each has a budget of its own, in memory and in storage: no flood of the others takes
/// anything from the feed's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// The feed. The catalog bounds the number of its channels; who has the scope `feed` publishes there, too.
    Feed,
    /// Other back ends, whose channels have as many names as they think of.
    Others,
}

impl Owner {
    /// Whose channel that is.
    pub fn of(channel: &Channel) -> Self {
        match channel.is_of_others() {
            true => Self::Others,
            false => Self::Feed,
        }
    }

    /// Whose storage takes a publication.
    pub fn of_publication(publication: &Publication) -> Self {
        let items = publication.items.iter();
        Self::of_all(publication.status.is_some(), items.map(|item| &item.event))
    }

    /// Whose storage takes a tick.
    pub fn of_tick(tick: &Tick) -> Self {
        let messages = tick.messages.iter();
        Self::of_all(tick.status.is_some(), messages.map(|message| &message.event))
    }

    /// That of the feed, if anything is of the feed.
    fn of_all<'a>(has_status: bool, mut events: impl Iterator<Item = &'a Event>) -> Self {
        if has_status || events.any(|event| matches!(event, Event::Market(_))) {
            Self::Feed
        } else {
            Self::Others
        }
    }
}
