use serde_bytes::ByteBuf;

use super::owner::Owner;
use super::shelf::Encoded;
use super::{Broker, Commit, Item, Publication, Receipt, Row, Sender, StoredRow, receipts};
use crate::model::{Channel, Message, Tick, UnixMillis};

impl Broker {
    /// Gives the publications their places, as one tick.
    ///
    /// The commit's rows are to be stored before anybody is told of it, and before the next delivery.
    pub fn publish(&mut self, publications: Vec<Publication>, now: UnixMillis) -> Commit {
        let number = self.log.next_number(now);
        let mut tick = Tick {
            number,
            published_at: now,
            ..Tick::default()
        };
        let mut row = StoredRow::default();
        let mut receipts = Vec::with_capacity(publications.len());
        for publication in publications {
            receipts.push(self.take_in(publication, &mut tick, &mut row, now));
        }
        if tick.messages.is_empty() && tick.status.is_none() {
            return Commit {
                receipts,
                row: None,
                checkpoint: None,
            };
        }
        let (row, checkpoint) = self.commit(&tick, row, now);
        Commit {
            receipts,
            row: Some(row),
            checkpoint,
        }
    }

    fn take_in(
        &mut self,
        publication: Publication,
        tick: &mut Tick,
        row: &mut StoredRow,
        now: UnixMillis,
    ) -> Vec<Receipt> {
        if let Some(Sender { name, sequence }) = publication.sender {
            let known = self.senders.entry(name.clone()).or_default();
            if sequence <= *known {
                // It was stored; only the answer was lost.
                self.totals.count_repeated(publication.items.len());
                return Vec::new();
            }
            *known = sequence;
            row.senders.push((name, sequence));
        }
        tick.published_at = tick.published_at.min(publication.published_at);
        if publication.status.is_some() {
            tick.status = publication.status;
        }
        let items = publication.items.into_iter();
        items.map(|item| self.place(item, tick, row, now)).collect()
    }

    fn place(&mut self, item: Item, tick: &mut Tick, row: &mut StoredRow, now: UnixMillis) -> Receipt {
        let channels = item.event.channels();
        let key = item.id.as_ref().map(|id| receipts::key(&channels, id));
        if let Some(known) = key.and_then(|key| self.receipts.get(key, now)) {
            self.totals.count_repeated(1);
            return Receipt {
                positions: known.to_vec(),
                repeated: true,
            };
        }
        let event = Encoded::new(&item.event);
        let mut positions = Vec::with_capacity(channels.len());
        self.count(channels.first());
        for channel in channels {
            positions.push(self.lines.append(channel, &event, tick.number, now));
        }
        if let Some(key) = key {
            self.receipts.put(key, positions.as_slice().into(), now);
            row.ids.push((tick.messages.len() as u32, key));
        }
        tick.messages.push(Message {
            event: item.event,
            positions: positions.clone(),
        });
        Receipt {
            positions,
            repeated: false,
        }
    }

    /// Counts a message by the first of its channels: all are of one family.
    pub(super) fn count(&mut self, channel: Option<&Channel>) {
        if let Some(channel) = channel {
            self.totals.count_published(channel.family());
        }
    }

    /// The row of a tick, and the checkpoint that has to go along with it.
    fn commit(&mut self, tick: &Tick, mut row: StoredRow, now: UnixMillis) -> (Row, Option<Vec<Vec<u8>>>) {
        // None of its types can fail to be written.
        let bytes = postcard::to_stdvec(tick).unwrap_or_default();
        row.number = tick.number;
        row.after = self.log.newest();
        row.at = now;
        row.counters.clone_from(self.totals.store());
        self.lines.trim(now);
        let has_forgotten = self.lines.forget_silent(now);
        self.log.push(tick.number, bytes.clone(), now);
        row.tick = ByteBuf::from(bytes);
        let bytes = row.encode();
        let owner = Owner::of_tick(tick);
        let (slot, needs_checkpoint) = self.slots.take(owner, tick.number, bytes.len(), now);
        let checkpoint = (needs_checkpoint || has_forgotten).then(|| self.checkpoint(now));
        (Row { slot, bytes }, checkpoint)
    }
}
