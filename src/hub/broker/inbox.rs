use std::collections::VecDeque;

use super::Publication;
use super::owner::Owner;

/// Of each kind so many bytes may wait, or one publication: an object has 128 MB for everything.
const WAITING_BYTES: usize = 4 << 20;

/// What is committed together has at most so many bytes, or is one publication: a row of storage takes 2 MB.
const COMMIT_BYTES: usize = 1 << 20;

/// What is committed together came to be within so many milliseconds of the first: a tick is as old as the oldest in it, and
/// what is sent again after a while would make all with it late in the figures.
const COMMIT_MS: u64 = 1_000;

/// Publications that wait to be committed, each with `T`, whoever is to be told where it went.
///
/// What is for the feed's channels waits by itself: others that publish too much hold up each other.
#[derive(Debug)]
pub struct Inbox<T> {
    feed: Queue<T>,
    others: Queue<T>,
}

impl<T> Default for Inbox<T> {
    fn default() -> Self {
        Self {
            feed: Queue::default(),
            others: Queue::default(),
        }
    }
}

impl<T> Inbox<T> {
    /// Takes in a publication of so many `bytes`, encoded; `false` if too much waits already.
    #[must_use]
    pub fn push(&mut self, publication: Publication, bytes: usize, tell: T) -> bool {
        let queue = match Owner::of_publication(&publication) {
            Owner::Feed => &mut self.feed,
            Owner::Others => &mut self.others,
        };
        queue.push(Waiting {
            publication,
            bytes,
            tell,
        })
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.feed.waiting.is_empty() && self.others.waiting.is_empty()
    }

    /// Drops the publications of all whom it is no use to tell anything.
    pub fn retain(&mut self, is_there: impl Fn(&T) -> bool) {
        self.feed.retain(&is_there);
        self.others.retain(&is_there);
    }

    /// What to commit next, as one tick, and who is to be told; `None` if nothing waits.
    ///
    /// What is for the feed's channels comes first and by itself: it has storage of its own. No order is lost, since nobody
    /// has been told yet of anything that waits.
    pub fn next_part(&mut self) -> Option<(Vec<Publication>, Vec<T>)> {
        self.feed.next_part().or_else(|| self.others.next_part())
    }
}

/// Publications of one kind, in order.
#[derive(Debug)]
struct Queue<T> {
    waiting: VecDeque<Waiting<T>>,
    bytes: usize,
}

#[derive(Debug)]
struct Waiting<T> {
    publication: Publication,
    /// Its size, encoded.
    bytes: usize,
    tell: T,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            bytes: 0,
        }
    }
}

impl<T> Queue<T> {
    fn push(&mut self, next: Waiting<T>) -> bool {
        let fits = self.waiting.is_empty() || self.bytes.saturating_add(next.bytes) <= WAITING_BYTES;
        if fits {
            self.bytes += next.bytes;
            self.waiting.push_back(next);
        }
        fits
    }

    fn retain(&mut self, is_there: impl Fn(&T) -> bool) {
        self.waiting.retain(|it| is_there(&it.tell));
        self.bytes = self.waiting.iter().map(|it| it.bytes).sum();
    }

    fn next_part(&mut self) -> Option<(Vec<Publication>, Vec<T>)> {
        let first = self.waiting.pop_front()?;
        let first_at = first.publication.published_at.get();
        let mut bytes = first.bytes;
        let mut part = (vec![first.publication], vec![first.tell]);
        let fits = |next: &Waiting<T>, bytes: usize| {
            bytes.saturating_add(next.bytes) <= COMMIT_BYTES
                && next.publication.published_at.get().abs_diff(first_at) <= COMMIT_MS
        };
        while self.waiting.front().is_some_and(|next| fits(next, bytes))
            && let Some(next) = self.waiting.pop_front()
        {
            bytes += next.bytes;
            part.0.push(next.publication);
            part.1.push(next.tell);
        }
        self.bytes -= bytes;
        Some(part)
    }
}

#[cfg(test)]
mod tests;
