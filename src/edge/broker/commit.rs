//! From a publication to its places: what comes while the last commit reaches the disk is committed together.

use std::rc::Rc;

use futures_channel::oneshot;
use worker::wasm_bindgen_futures::{JsFuture, spawn_local};
use worker::{Error, Result};

use super::{Object, storage};
use crate::edge::{clock, wire};
use crate::hub::broker::Taken;
use crate::model::UnixMillis;

/// Nobody waits for a commit that is not on the disk by then, milliseconds: the runtime broke off whoever was told.
const LOST_MS: u64 = 1_000;

impl Object {
    /// Publishes, and answers once it is stored.
    pub(super) async fn publish(self: &Rc<Self>, body: &[u8]) -> Result<Taken> {
        let publication = wire::decode(body)?;
        let (tell, told) = oneshot::channel();
        self.inbox.borrow_mut().push(publication, body.len(), tell);
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
        while let Some((publications, told)) = inbox.next_part() {
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
