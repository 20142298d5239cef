use std::cell::RefCell;
use std::collections::BTreeMap;

use super::clock;
use crate::model::UnixMillis;

/// So long an answer is good for all who ask the same, milliseconds.
const FRESH_MS: u64 = 1_000;

/// What objects said a moment ago, to few questions: thousands of requests are one a second for an isolate.
///
/// Answers, and no promises of them: on Workers a request may not await what another one began.
pub struct Recent<Q, A>(RefCell<BTreeMap<Q, (UnixMillis, A)>>);

impl<Q: Ord, A: Clone> Recent<Q, A> {
    /// Nothing has been said.
    pub const fn new() -> Self {
        Self(RefCell::new(BTreeMap::new()))
    }

    /// The answer, if it is at most a second old.
    pub fn get(&self, question: &Q) -> Option<A> {
        let known = self.0.borrow();
        let (at, answer) = known.get(question)?;
        (clock::now().since(*at) < FRESH_MS).then(|| answer.clone())
    }

    /// As [`get`](Self::get); but of those who find the answer too old one a second is told so, and asks. To the others it
    /// is good until there is a new one.
    pub fn get_or_ask(&self, question: &Q) -> Option<A> {
        let mut known = self.0.borrow_mut();
        let (at, answer) = known.get_mut(question)?;
        let now = clock::now();
        if now.since(*at) < FRESH_MS {
            return Some(answer.clone());
        }
        *at = now;
        None
    }

    /// The answer is this, as of `at`.
    pub fn put(&self, question: Q, at: UnixMillis, answer: A) {
        self.0.borrow_mut().insert(question, (at, answer));
    }
}
