//! Marks: what a client that comes back says of how far it got.

use std::collections::VecDeque;

use uuid::Uuid;

use crate::model::{Channel, Position, UnixMillis};

/// Events whose marks are remembered.
const KEPT: usize = 20_000;

/// What this life of the shard has told those whose events bear marks, oldest first. A mark is a number; as text, this life's
/// name stands before it.
#[derive(Debug)]
pub(super) struct Marks {
    /// When this life began: its name.
    life: UnixMillis,
    next: u64,
    told: VecDeque<Told>,
}

#[derive(Debug)]
struct Told {
    mark: u64,
    channel: Channel,
    position: Position,
    /// Told to one client alone, what all others had been told: its name.
    only: Option<Uuid>,
}

impl Marks {
    /// Nothing was told yet.
    pub fn new(now: UnixMillis) -> Self {
        Self {
            life: now,
            next: 1,
            told: VecDeque::new(),
        }
    }

    /// Gives an event the next mark, as text.
    pub fn note(&mut self, channel: &Channel, position: Position, only: Option<Uuid>) -> String {
        let mark = self.next;
        self.next += 1;
        if self.told.len() >= KEPT {
            self.told.pop_front();
        }
        self.told.push_back(Told {
            mark,
            channel: channel.clone(),
            position,
            only,
        });
        format!("{:x}-{mark:x}", self.life.get())
    }

    /// The mark before the next one.
    pub fn last(&self) -> u64 {
        self.next - 1
    }

    /// Whether all that was told in this life is remembered.
    pub fn remember_all(&self) -> bool {
        self.told.front().is_none_or(|first| first.mark == 1)
    }

    /// The number of a mark of this life after which everything is remembered.
    pub fn read(&self, text: &str) -> Option<u64> {
        let (life, mark) = text.split_once('-')?;
        let is_ours = u64::from_str_radix(life, 16).ok()? == self.life.get();
        let mark = u64::from_str_radix(mark, 16).ok()?;
        let oldest = self.told.front().map_or(self.next, |told| told.mark);
        (is_ours && mark < self.next && mark + 1 >= oldest).then_some(mark)
    }

    /// Where a channel stood before the first of its events that the client of that name was told after one mark and up to another.
    pub fn place_at(&self, (after, until): (u64, u64), channel: &Channel, client: Uuid) -> Option<Position> {
        let known = self.told.partition_point(|told| told.mark <= after);
        let told = self.told.iter().skip(known);
        let mut told = told.take_while(|told| told.mark <= until);
        let first =
            told.find(|told| told.channel == *channel && told.only.is_none_or(|only| only == client))?;
        let offset = first.position.offset.saturating_sub(1);
        Some(Position {
            offset,
            ..first.position
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: UnixMillis = UnixMillis::from_secs(1_000);
    const ANNE: Uuid = Uuid::from_u128(1);
    const BEN: Uuid = Uuid::from_u128(2);

    fn at(offset: u64) -> Position {
        Position {
            offset,
            ..Position::default()
        }
    }

    #[test]
    fn a_mark_says_where_every_channel_stood() {
        let mut marks = Marks::new(START);
        let first = marks.note(&Channel::Whale, at(7), None);
        let second = marks.note(&Channel::Moderation, at(3), None);
        let third = marks.note(&Channel::Whale, at(8), None);
        let place =
            |text: &str, channel| marks.place_at((marks.read(text).unwrap(), marks.last()), &channel, ANNE);
        assert_eq!(place(&first, Channel::Whale), Some(at(7)));
        assert_eq!(place(&first, Channel::Moderation), Some(at(2)));
        assert_eq!(place(&second, Channel::Whale), Some(at(7)));
        assert_eq!(place(&third, Channel::Whale), None, "nothing was told since");
    }

    #[test]
    fn what_was_told_to_one_alone_says_nothing_of_others() {
        let mut marks = Marks::new(START);
        let first = marks.note(&Channel::Whale, at(9), None);
        marks.note(&Channel::Whale, at(4), Some(ANNE));
        let mark = marks.read(&first).unwrap();
        assert_eq!(marks.place_at((mark, 2), &Channel::Whale, ANNE), Some(at(3)));
        assert_eq!(marks.place_at((mark, 2), &Channel::Whale, BEN), None);
    }

    #[test]
    fn a_mark_of_another_life_or_of_none_is_no_mark() {
        let mut marks = Marks::new(START);
        let mark = marks.note(&Channel::Whale, at(1), None);
        assert_eq!(Marks::new(START.plus(1)).read(&mark), None);
        for bad in ["", "-", "pong", "1-2", "f-", &format!("{mark}0")] {
            assert_eq!(marks.read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_mark_that_is_forgotten_is_no_mark() {
        let mut marks = Marks::new(START);
        let first = marks.note(&Channel::Whale, at(1), None);
        let second = marks.note(&Channel::Whale, at(2), None);
        for offset in 3..=KEPT as u64 + 2 {
            marks.note(&Channel::Whale, at(offset), None);
        }
        assert_eq!(marks.read(&first), None);
        assert!(marks.read(&second).is_some());
    }
}
