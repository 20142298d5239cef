use std::collections::VecDeque;

use super::Publication;

/// What is committed together has at most so many bytes, or is one publication: a row of storage takes 2 MB.
const COMMIT_BYTES: usize = 1 << 20;
/// So many bytes may wait, or one publication: an object has 128 MB for everything.
const WAITING_BYTES: usize = 8 << 20;

/// Publications that wait to be committed, in order, each with whom to tell (`T`) where it went.
#[derive(Debug)]
pub struct Inbox<T> {
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

impl<T> Default for Inbox<T> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            bytes: 0,
        }
    }
}

impl<T> Inbox<T> {
    /// Takes in a publication of so many `bytes`, encoded; `false` if too much waits already.
    #[must_use]
    pub fn push(&mut self, publication: Publication, bytes: usize, tell: T) -> bool {
        let fits = self.waiting.is_empty() || self.bytes.saturating_add(bytes) <= WAITING_BYTES;
        if fits {
            self.bytes += bytes;
            self.waiting.push_back(Waiting {
                publication,
                bytes,
                tell,
            });
        }
        fits
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Drops the publications of all whom it is no use to tell anything.
    pub fn retain(&mut self, is_there: impl Fn(&T) -> bool) {
        self.waiting.retain(|it| is_there(&it.tell));
        self.bytes = self.waiting.iter().map(|it| it.bytes).sum();
    }

    /// The first of those that wait, as many as are committed together; none if nobody waits.
    pub fn first_part(&mut self) -> (Vec<Publication>, Vec<T>) {
        let mut room = COMMIT_BYTES;
        let mut part = (Vec::new(), Vec::new());
        while self
            .waiting
            .front()
            .is_some_and(|next| next.bytes <= room || part.0.is_empty())
            && let Some(next) = self.waiting.pop_front()
        {
            room = room.saturating_sub(next.bytes);
            self.bytes -= next.bytes;
            part.0.push(next.publication);
            part.1.push(next.tell);
        }
        part
    }
}
