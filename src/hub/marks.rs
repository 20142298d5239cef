//! Marks: what a client that comes back says of how far it got.

use std::collections::VecDeque;
use std::rc::Rc;

use uuid::Uuid;

use crate::model::{Channel, Position};

/// Events whose marks are remembered; of what was told to some alone as many again.
const KEPT: usize = 20_000;

/// Names that are remembered of those who were told something alone. Who are told several messages count once.
const NAMES: usize = 200_000;

/// Some clients, by their names; sorted.
pub(super) type Names = Rc<[Uuid]>;

/// What this life of the shard has told those whose events bear marks. A mark is a number; as text, this life's name stands
/// before it.
#[derive(Debug)]
pub(super) struct Marks {
    /// This life's name, which no other life of any shard has.
    life: u64,
    next: u64,
    /// To all who held the channel.
    told: Kept<()>,
    /// To some alone, by their names, what all others had been told: apart, so that whoever comes back again and again makes
    /// nothing be forgotten of what others were told.
    told_alone: Kept<Names>,
    /// How many names these are.
    names: usize,
}

/// Events with their marks, oldest first.
#[derive(Debug)]
struct Kept<T> {
    events: VecDeque<Told<T>>,
    /// The newest mark that is forgotten, or 0.
    forgotten: u64,
}

#[derive(Debug)]
struct Told<T> {
    mark: u64,
    channel: Channel,
    position: Position,
    to: T,
}

/// A mark that a client shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// Of this life.
    Ours(u64),
    /// Of another life, or of another shard: it says nothing here.
    Foreign,
}

impl Marks {
    /// Nothing was told yet in the life of that name.
    pub fn new(life: u64) -> Self {
        Self {
            life,
            next: 1,
            told: Kept::default(),
            told_alone: Kept::default(),
            names: 0,
        }
    }

    /// Gives an event the next mark, as text.
    pub fn note(&mut self, channel: &Channel, position: Position) -> String {
        let mark = self.take();
        if self.told.events.len() >= KEPT {
            self.told.forget();
        }
        self.told.push(mark, channel, position, ());
        self.text(mark)
    }

    /// The same of an event that only those of these names are told.
    pub fn note_alone(&mut self, channel: &Channel, position: Position, to: Names) -> String {
        let mark = self.take();
        let told_alone = &mut self.told_alone;
        let last = told_alone.events.back();
        if !last.is_some_and(|last| Rc::ptr_eq(&last.to, &to)) {
            self.names += to.len();
        }
        told_alone.push(mark, channel, position, to);
        while told_alone.events.len() > KEPT || (self.names > NAMES && told_alone.events.len() > 1) {
            let Some(first) = told_alone.forget() else { break };
            let next = told_alone.events.front();
            if !next.is_some_and(|next| Rc::ptr_eq(&next.to, &first)) {
                self.names -= first.len();
            }
        }
        self.text(mark)
    }

    /// The next mark, of something that is no event: whoever shows a later one has got it.
    pub fn take(&mut self) -> u64 {
        let mark = self.next;
        self.next += 1;
        mark
    }

    fn text(&self, mark: u64) -> String {
        format!("{:x}-{mark:x}", self.life)
    }

    /// The mark before the next one.
    pub fn last(&self) -> u64 {
        self.next - 1
    }

    /// Reads a mark; `None` if it is none.
    pub fn read(&self, text: &str) -> Option<Shown> {
        let (life, mark) = text.split_once('-')?;
        let life = u64::from_str_radix(life, 16).ok()?;
        let mark = u64::from_str_radix(mark, 16).ok()?;
        match life == self.life {
            true => (mark < self.next).then_some(Shown::Ours(mark)),
            false => Some(Shown::Foreign),
        }
    }

    /// Whether everything is remembered that a client was told after one mark, to whom alone something was told last with another.
    pub fn remember(&self, after: u64, last_alone: u64) -> bool {
        self.told.forgotten <= after && (last_alone <= after || self.told_alone.forgotten <= after)
    }

    /// Where a channel stood before the first of its events that the client of that name was told after one mark and up to another.
    pub fn place_at(&self, (after, until): (u64, u64), channel: &Channel, client: Uuid) -> Option<Position> {
        let of_all = self.told.first((after, until), channel, |()| true);
        let of_it = self
            .told_alone
            .first((after, until), channel, |to| to.binary_search(&client).is_ok());
        let (_, first) = [of_all, of_it]
            .into_iter()
            .flatten()
            .min_by_key(|(mark, _)| *mark)?;
        let offset = first.offset.saturating_sub(1);
        Some(Position { offset, ..first })
    }
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self {
            events: VecDeque::new(),
            forgotten: 0,
        }
    }
}

impl<T> Kept<T> {
    fn push(&mut self, mark: u64, channel: &Channel, position: Position, to: T) {
        let channel = channel.clone();
        self.events.push_back(Told {
            mark,
            channel,
            position,
            to,
        });
    }

    /// Forgets the oldest, and gives whom it was for.
    fn forget(&mut self) -> Option<T> {
        let first = self.events.pop_front()?;
        self.forgotten = first.mark;
        Some(first.to)
    }

    /// The first event on that channel after one mark and up to another, and its mark.
    fn first(
        &self,
        (after, until): (u64, u64),
        channel: &Channel,
        is_for: impl Fn(&T) -> bool,
    ) -> Option<(u64, Position)> {
        let known = self.events.partition_point(|told| told.mark <= after);
        let told = self.events.iter().skip(known);
        let mut told = told.take_while(|told| told.mark <= until);
        let first = told.find(|told| told.channel == *channel && is_for(&told.to))?;
        Some((first.mark, first.position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNE: Uuid = Uuid::from_u128(1);
    const BEN: Uuid = Uuid::from_u128(2);

    fn at(offset: u64) -> Position {
        Position {
            offset,
            ..Position::default()
        }
    }

    fn number(marks: &Marks, text: &str) -> u64 {
        match marks.read(text) {
            Some(Shown::Ours(mark)) => mark,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_mark_says_where_every_channel_stood() {
        let mut marks = Marks::new(7);
        let first = marks.note(&Channel::Whale, at(7));
        let second = marks.note(&Channel::Moderation, at(3));
        let third = marks.note(&Channel::Whale, at(8));
        let place =
            |text: &str, channel| marks.place_at((number(&marks, text), marks.last()), &channel, ANNE);
        assert_eq!(place(&first, Channel::Whale), Some(at(7)));
        assert_eq!(place(&first, Channel::Moderation), Some(at(2)));
        assert_eq!(place(&second, Channel::Whale), Some(at(7)));
        assert_eq!(place(&third, Channel::Whale), None, "nothing was told since");
    }

    #[test]
    fn what_was_told_to_one_alone_says_nothing_of_others() {
        let mut marks = Marks::new(7);
        marks.note(&Channel::Whale, at(9));
        marks.note_alone(&Channel::Whale, at(4), Rc::new([ANNE]));
        assert_eq!(marks.place_at((1, 2), &Channel::Whale, ANNE), Some(at(3)));
        assert_eq!(marks.place_at((1, 2), &Channel::Whale, BEN), None);
    }

    #[test]
    fn a_mark_of_another_life_says_nothing_and_rubbish_is_no_mark() {
        let mut marks = Marks::new(7);
        let mark = marks.note(&Channel::Whale, at(1));
        assert_eq!(Marks::new(8).read(&mark), Some(Shown::Foreign));
        for bad in ["", "-", "pong", "f-", "7-2", &format!("{mark}0")] {
            assert_eq!(marks.read(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_forgotten_is_known_to_be() {
        let mut marks = Marks::new(7);
        for offset in 1..=KEPT as u64 + 1 {
            marks.note(&Channel::Whale, at(offset));
        }
        assert!(!marks.remember(0, 0));
        assert!(marks.remember(1, 0));
    }

    #[test]
    fn what_is_told_to_some_makes_nothing_be_forgotten_of_what_all_are_told() {
        let mut marks = Marks::new(7);
        marks.note(&Channel::Whale, at(1));
        for offset in 1..=KEPT as u64 + 1 {
            marks.note_alone(&Channel::Whale, at(offset), Rc::new([ANNE]));
        }
        assert!(marks.remember(0, 0), "of whom nothing was told alone");
        assert!(!marks.remember(0, marks.last()));
        assert!(marks.remember(2, marks.last()));
    }

    #[test]
    fn names_are_bounded_however_many_are_told_and_those_of_one_message_and_the_next_count_once() {
        let mut marks = Marks::new(7);
        let many =
            |from: usize| -> Names { (from..from + 1_000).map(|n| Uuid::from_u128(n as u128)).collect() };
        let same = many(0);
        for offset in 1..=300 {
            marks.note_alone(&Channel::Whale, at(offset), Rc::clone(&same));
        }
        assert_eq!(marks.names, 1_000);
        for n in 1..=400 {
            marks.note_alone(&Channel::Whale, at(1), many(n));
            assert!(marks.names <= NAMES);
        }
        assert!(!marks.remember(300, marks.last()));
        assert!(marks.remember(500, marks.last()));
    }
}
