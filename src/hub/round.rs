//! One question to the broker for what clients have missed.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::exchange::{History, Recovery};
use super::replay::Replay;
use super::waiting::Request;
use crate::model::{Channel, Epoch, Event, Position, ordered};
use crate::protocol::Since;

/// A question to the broker, and all that hangs on its answer.
#[derive(Debug, Default)]
pub(super) struct Round {
    pub requests: Vec<Request>,
    /// Messages published since the question, of the channels that it is about.
    pub live: BTreeMap<Channel, Vec<(Position, Rc<Event>)>>,
    pub answer: Option<Answer>,
    /// What its clients have missed and have not been sent.
    pub replay: Replay,
}

/// A [`Recovery`], as it is looked through for every client.
#[derive(Debug)]
pub(super) struct Answer {
    pub newest: u64,
    pub histories: BTreeMap<Channel, (Epoch, Numbered)>,
    /// Channels for which it had no room.
    pub left_out: BTreeSet<Channel>,
    /// Nobody answered.
    pub failed: bool,
}

/// Messages by offset.
type Numbered = Vec<(u64, Rc<Event>)>;

impl From<Recovery> for Answer {
    fn from(recovery: Recovery) -> Self {
        let histories = recovery.histories.into_iter();
        let histories = histories.map(|(channel, History { epoch, messages })| {
            let messages = messages.into_iter();
            let messages = messages.map(|(offset, event)| (offset, Rc::new(event)));
            (channel, (epoch, messages.collect()))
        });
        Self {
            newest: recovery.newest,
            histories: ordered(histories),
            left_out: ordered(recovery.left_out),
            failed: false,
        }
    }
}

/// Where a client was, whose channel stands at `head`; `None` if no message ever had such a place.
pub(super) fn place(since: &Since, head: Position) -> Option<Position> {
    match since {
        Since::Place { epoch, offset } => Some(Position {
            epoch: Epoch::parse(epoch)?,
            offset: *offset,
        }),
        Since::Kept => Some(Position { offset: 0, ..head }),
    }
}

impl Round {
    /// What came after `since`, in order and without a gap up to `head`; `None` if that cannot be shown. Of who wants
    /// what is kept, nobody knows whether there was something before.
    pub fn missed(
        &self,
        channel: &Channel,
        since: &Since,
        head: Position,
    ) -> Option<Vec<(Position, Rc<Event>)>> {
        let is_kept = *since == Since::Kept;
        let since = place(since, head)?;
        let answer = self.answer.as_ref();
        let history = answer.and_then(|answer| answer.histories.get(channel));
        let told = history
            .filter(|(epoch, _)| *epoch == since.epoch)
            .into_iter()
            .flat_map(|(epoch, messages)| {
                let position = |offset| Position {
                    epoch: *epoch,
                    offset,
                };
                let known = messages.partition_point(|(offset, _)| *offset <= since.offset);
                let missed = messages.iter().skip(known);
                missed.map(move |(offset, event)| (position(*offset), Rc::clone(event)))
            });
        let live = self.live.get(channel).into_iter().flatten().cloned();
        let mut missed = Vec::new();
        let mut last = since;
        for (position, event) in told.chain(live) {
            if position == last.next() || (is_kept && missed.is_empty()) {
                last = position;
                missed.push((position, event));
            }
        }
        (last == head || (is_kept && missed.is_empty())).then_some(missed)
    }
}
