//! From a publication to its places: what comes while the last commit reaches the disk is committed together.

use std::collections::VecDeque;
use std::rc::Rc;

use futures_channel::oneshot;
use worker::wasm_bindgen_futures::{JsFuture, spawn_local};
use worker::{Error, Result};

use super::{Object, storage};
use crate::edge::{clock, wire};
use crate::hub::broker::{Publication, Receipt, Taken};
use crate::model::UnixMillis;

/// Nobody waits for a commit that is not on the disk by then, milliseconds: the runtime broke off whoever was told.
const LOST_MS: u64 = 1_000;

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
        self.inbox.borrow_mut().push_back(Waiting {
            publication,
            bytes,
            tell,
        });
        let now = clock::now();
        if self.syncing.get().is_none_or(|since| now.since(since) >= LOST_MS) {
            self.commit()?;
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
        self.sync(now)?;
        self.serve_all()
    }

    /// Until the commit is on the disk nobody is told of it anyway, so what comes meanwhile waits and is the next one:
    /// every commit is a row of storage and a delivery to every shard.
    fn sync(self: &Rc<Self>, now: UnixMillis) -> Result<()> {
        let synced = self.state.storage().as_raw().sync()?;
        self.syncing.set(Some(now));
        let object = Rc::clone(self);
        spawn_local(async move {
            // After a write that failed the runtime breaks the object off, with all who wait.
            let _ = JsFuture::from(synced).await;
            object.syncing.set(None);
            if !object.inbox.borrow().is_empty() {
                // Whoever waits learns of a failure by the end of the channel.
                let _ = object.wake().and_then(|()| object.commit());
            }
        });
        Ok(())
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
