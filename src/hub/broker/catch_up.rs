use super::Broker;
use super::shelf::Encoded;
use crate::model::{CaughtUp, Channel, Position};

/// The messages of one answer have about so many bytes, some four times that as JSON: what is left comes with the next.
const ANSWER_BYTES: usize = 256 << 10;

/// What one channel has to say.
struct Found<'a> {
    recovered: bool,
    messages: Vec<(Position, &'a Encoded)>,
    bytes: usize,
}

impl Broker {
    /// What clients of these channels have not had yet, who are at these places, or at none. One answer to each, in this order.
    ///
    /// If that is too much, the lightest channels get all of theirs, and each gets one message at least: who asks again and again
    /// gets everything, in order.
    pub fn catch_up(&self, wanted: &[(Channel, Option<Position>)]) -> Vec<CaughtUp> {
        let mut found: Vec<Found<'_>> = wanted
            .iter()
            .map(|(channel, since)| self.find(channel, *since))
            .collect();
        let mut lightest_first: Vec<&mut Found<'_>> = found.iter_mut().collect();
        lightest_first.sort_by_key(|it| it.bytes);
        let mut room = ANSWER_BYTES;
        for it in lightest_first {
            it.shorten(room);
            room = room.saturating_sub(it.bytes);
        }
        let answered = wanted.iter().zip(found);
        answered
            .map(|((channel, since), found)| self.caught_up(channel, *since, found))
            .collect()
    }

    fn find(&self, channel: &Channel, since: Option<Position>) -> Found<'_> {
        let line = self.lines.line(channel);
        let missed = match (line, since) {
            (Some(line), Some(since)) => line.missed(since),
            // Nothing has been there, and nothing was missed.
            (None, Some(since)) => (since == self.lines.position(channel)).then(Vec::new),
            (_, None) => None,
        };
        let recovered = missed.is_some();
        let messages = missed.unwrap_or_else(|| line.and_then(|line| line.value()).into_iter().collect());
        Found {
            recovered,
            bytes: messages.iter().map(|(_, event)| event.len()).sum(),
            messages,
        }
    }

    fn caught_up(&self, channel: &Channel, since: Option<Position>, found: Found<'_>) -> CaughtUp {
        let last = found.messages.last().map(|(position, _)| *position);
        let position = match found.recovered {
            true => last.or(since),
            false => None,
        };
        let messages = found.messages.into_iter();
        CaughtUp {
            position: position.unwrap_or_else(|| self.lines.position(channel)),
            recovered: found.recovered,
            messages: messages
                .filter_map(|(position, event)| Some((position, event.event()?)))
                .collect(),
        }
    }
}

impl Found<'_> {
    /// Keeps the oldest messages that have no more than so many bytes, and one at least.
    fn shorten(&mut self, room: usize) {
        let mut bytes = 0;
        let fitting = self.messages.iter().take_while(|(_, event)| {
            let is_first = bytes == 0;
            bytes += event.len();
            is_first || bytes <= room
        });
        let kept = fitting.count();
        self.messages.truncate(kept);
        self.bytes = self.messages.iter().map(|(_, event)| event.len()).sum();
    }
}
