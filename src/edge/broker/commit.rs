//! From a publication to its places: what comes in a burst is committed together.

use std::rc::Rc;
use std::time::Duration;

use futures_channel::oneshot;
use worker::wasm_bindgen_futures::spawn_local;
use worker::{Delay, Error, Result};

use super::{Object, storage};
use crate::edge::clock;
use crate::hub::broker::{Publication, Receipt, Taken};

/// The first publication is committed at once; those that follow within this wait for each other, since every
/// commit is a row of storage and a delivery to every shard.
const GATHER_MS: u64 = 5;

/// Publications that wait, each with who is to be told.
#[derive(Default)]
pub struct Inbox {
    publications: Vec<Publication>,
    waiting: Vec<oneshot::Sender<Vec<Receipt>>>,
}

impl Object {
    /// Publishes, and answers once it is stored.
    pub(super) async fn publish(self: &Rc<Self>, publication: Publication) -> Result<Taken> {
        let (tell, told) = oneshot::channel();
        let is_first = {
            let mut inbox = self.inbox.borrow_mut();
            inbox.publications.push(publication);
            inbox.waiting.push(tell);
            inbox.waiting.len() == 1
        };
        if is_first {
            if clock::now().since(self.committed_at.get()) >= GATHER_MS {
                self.commit()?;
            } else {
                let object = Rc::clone(self);
                spawn_local(async move {
                    Delay::from(Duration::from_millis(GATHER_MS)).await;
                    // Whoever waits learns of a failure by the end of the channel.
                    let _ = object.commit();
                });
            }
        }
        let receipts = told
            .await
            .map_err(|_| Error::RustError("the publication was not stored".to_owned()))?;
        self.read(|core| Taken {
            receipts,
            audience: core.audience(),
            born: core.born(),
        })
    }

    fn commit(self: &Rc<Self>) -> Result<()> {
        let Inbox {
            publications,
            waiting,
        } = self.inbox.take();
        let now = clock::now();
        self.committed_at.set(now);
        let mut commit = self.write(|core| core.publish(publications, now))?;
        if let Err(error) = storage::store(&self.state.storage().sql(), &mut commit) {
            // What is in memory now is more than what is stored: the next event reads what is.
            self.core.replace(None);
            return Err(error);
        }
        for (tell, receipts) in waiting.into_iter().zip(commit.receipts) {
            // Whoever asked may be gone.
            let _ = tell.send(receipts);
        }
        self.serve_all()
    }
}
