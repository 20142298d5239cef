use std::collections::VecDeque;

use super::Publication;
use super::owner::Owner;

/// What is committed together has at most so many bytes, or is one publication: a row of storage takes 2 MB.
const COMMIT_BYTES: usize = 1 << 20;

/// What is committed together came to be within so many milliseconds of the first: a tick is as old as the oldest in it, and
/// what is sent again after a while would make all with it late in the figures.
const COMMIT_MS: u64 = 1_000;

/// Publications that wait to be committed, each with `T`, whoever is to be told where it went.
#[derive(Debug)]
pub struct Inbox<T> {
    feed: VecDeque<Waiting<T>>,
    others: VecDeque<Waiting<T>>,
}

#[derive(Debug)]
struct Waiting<T> {
    publication: Publication,
    bytes: usize,
    tell: T,
}

impl<T> Default for Inbox<T> {
    fn default() -> Self {
        Self {
            feed: VecDeque::new(),
            others: VecDeque::new(),
        }
    }
}

impl<T> Inbox<T> {
    /// Adds a publication that takes so many bytes, encoded.
    pub fn push(&mut self, publication: Publication, bytes: usize, tell: T) {
        let queue = match Owner::of_publication(&publication) {
            Owner::Feed => &mut self.feed,
            Owner::Others => &mut self.others,
        };
        queue.push_back(Waiting {
            publication,
            bytes,
            tell,
        });
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.feed.is_empty() && self.others.is_empty()
    }

    /// What to commit next, as one tick, and who is to be told; `None` if nothing waits.
    ///
    /// What is for the feed's channels comes first and by itself: it has storage of its own. No order is lost, since nobody
    /// has been told yet of anything that waits.
    pub fn next_part(&mut self) -> Option<(Vec<Publication>, Vec<T>)> {
        let queue = match self.feed.is_empty() {
            true => &mut self.others,
            false => &mut self.feed,
        };
        let mut part = (Vec::new(), Vec::new());
        let mut bytes = 0;
        let mut first_at = None;
        while let Some(next) = queue.front() {
            bytes += next.bytes;
            let at = next.publication.published_at.get();
            let apart = first_at.get_or_insert(at).abs_diff(at);
            if !part.0.is_empty() && (bytes > COMMIT_BYTES || apart > COMMIT_MS) {
                break;
            }
            if let Some(next) = queue.pop_front() {
                part.0.push(next.publication);
                part.1.push(next.tell);
            }
        }
        (!part.0.is_empty()).then_some(part)
    }
}

#[cfg(test)]
mod tests;
