//! From a publication to its places: what comes in a burst is committed together.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use futures_channel::oneshot;
use worker::wasm_bindgen_futures::spawn_local;
use worker::{Delay, Error, Result};

use super::{Object, storage};
use crate::edge::{clock, wire};
use crate::hub::broker::{Publication, Receipt, Taken};

/// The first publication is committed at once; those that follow within this wait for each other, since every
/// commit is a row of storage and a delivery to every shard.
const GATHER_MS: u64 = 5;

/// What is committed together has at most so many bytes, or is one publication: a row of storage takes 2 MB.
const COMMIT_BYTES: usize = 1 << 20;

/// Publications that wait, in order.
pub type Inbox = VecDeque<Waiting>;

/// A publication, and who is to be told where it went.
pub struct Waiting {
    publication: Publication,
    /// Its size, encoded.
    bytes: usize,
    tell: oneshot::Sender<Vec<Receipt>>,
}

impl Object {
    /// Publishes, and answers once it is stored.
    pub(super) async fn publish(self: &Rc<Self>, body: &[u8]) -> Result<Taken> {
        let publication = wire::decode(body)?;
        let bytes = body.len();
        let (tell, told) = oneshot::channel();
        let is_first = {
            let mut inbox = self.inbox.borrow_mut();
            inbox.push_back(Waiting {
                publication,
                bytes,
                tell,
            });
            inbox.len() == 1
        };
        if clock::now().since(self.committed_at.get()) >= GATHER_MS {
            // With all that waits: also what a timer that never rang was to commit.
            self.commit()?;
        } else if is_first {
            let object = Rc::clone(self);
            spawn_local(async move {
                Delay::from(Duration::from_millis(GATHER_MS)).await;
                // Whoever waits learns of a failure by the end of the channel.
                let _ = object.commit();
            });
        }
        let receipts = told
            .await
            .map_err(|_| Error::RustError("the publication was not stored".to_owned()))?;
        self.read(|core| Taken {
            receipts,
            audience: core.audience(clock::now()),
            born: core.born(),
        })
    }

    /// Commits all that waits, in as many parts as it takes.
    fn commit(self: &Rc<Self>) -> Result<()> {
        let now = clock::now();
        self.committed_at.set(now);
        let mut inbox = self.inbox.take();
        while !inbox.is_empty() {
            let (publications, told) = first_part(&mut inbox);
            let mut commit = self.write(|core| core.publish(publications, now))?;
            self.rest_on(storage::store(&self.state.storage(), &mut commit))?;
            for (tell, receipts) in told.into_iter().zip(commit.receipts) {
                // Whoever asked may be gone.
                let _ = tell.send(receipts);
            }
        }
        self.serve_all()
    }
}

fn first_part(inbox: &mut Inbox) -> (Vec<Publication>, Vec<oneshot::Sender<Vec<Receipt>>>) {
    let mut room = COMMIT_BYTES;
    let mut part = (Vec::new(), Vec::new());
    while let Some(next) = inbox.front() {
        if next.bytes > room && !part.0.is_empty() {
            break;
        }
        room = room.saturating_sub(next.bytes);
        if let Some(next) = inbox.pop_front() {
            part.0.push(next.publication);
            part.1.push(next.tell);
        }
    }
    part
}
