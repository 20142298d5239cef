use super::Broker;
use super::shelf::Encoded;
use crate::hub::exchange::{History, Question, Recovery};
use crate::model::{Channel, Epoch, Position};

/// The messages of one answer have at most so many bytes: a shard decodes them all at once, beside what it holds already. 300 of
/// each price of 250 coins are some 8 MB.
pub(super) const ANSWER_BYTES: usize = 8 << 20;

/// What was missed of one channel, not decoded yet.
#[derive(Debug)]
pub(super) struct Missed<'a> {
    channel: &'a Channel,
    epoch: Epoch,
    /// By offset.
    messages: Vec<(u64, &'a Encoded)>,
    bytes: usize,
}

impl<'a> Missed<'a> {
    pub fn new(
        channel: &'a Channel,
        epoch: Epoch,
        messages: impl Iterator<Item = (u64, &'a Encoded)>,
    ) -> Self {
        let messages: Vec<_> = messages.collect();
        let bytes = messages.iter().map(|(_, event)| event.len()).sum();
        Self {
            channel,
            epoch,
            messages,
            bytes,
        }
    }

    fn history(self) -> (Channel, History) {
        let messages = self.messages.into_iter();
        let history = History {
            epoch: self.epoch,
            messages: messages
                .filter_map(|(offset, event)| Some((offset, event.event()?)))
                .collect(),
        };
        (self.channel.clone(), history)
    }
}

impl Broker {
    /// Answers a shard.
    pub fn answer(&self, question: &Question) -> Recovery {
        match question {
            Question::Since(places) => self.recover(places),
            Question::After(tick, channels) => {
                let missed = channels.iter();
                self.recovery(missed.filter_map(|channel| self.lines.after(channel, *tick)))
            }
        }
    }

    /// What followers of these channels have missed since the places they name.
    pub fn recover(&self, wanted: &[(Channel, Position)]) -> Recovery {
        let missed = wanted.iter();
        self.recovery(missed.filter_map(|(channel, since)| self.lines.since(channel, *since)))
    }

    /// As much of it as one answer holds, of as many channels as can be: the lightest first.
    fn recovery<'a>(&self, missed: impl Iterator<Item = Missed<'a>>) -> Recovery {
        let mut missed: Vec<Missed<'a>> = missed.collect();
        missed.sort_by_key(|missed| missed.bytes);
        let mut recovery = Recovery {
            newest: self.log.newest(),
            ..Recovery::default()
        };
        let mut bytes = 0;
        for mut missed in missed {
            if missed.bytes > ANSWER_BYTES {
                // No answer would ever hold it.
                missed.messages.clear();
                missed.bytes = 0;
            }
            bytes += missed.bytes;
            if bytes > ANSWER_BYTES {
                recovery.left_out.push(missed.channel.clone());
            } else {
                recovery.histories.push(missed.history());
            }
        }
        recovery
    }
}
