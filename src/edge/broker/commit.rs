//! From a publication to its places: what comes while the last commit reaches the disk is committed together.

use std::rc::Rc;

use futures_channel::oneshot;
use serde_json::json;
use worker::wasm_bindgen_futures::{JsFuture, spawn_local};
use worker::{Error, Result};

use super::{Object, storage};
use crate::edge::{clock, log, wire};
use crate::hub::broker::{Publication, Taken};
use crate::model::UnixMillis;

/// Nobody waits for a commit that is not on the disk by then, milliseconds: the runtime broke off whoever was told, or
/// the disk is slow.
const LOST_MS: u64 = 1_000;

/// Who is to be told where a publication went.
pub type Tell = oneshot::Sender<Taken>;

impl Object {
    /// Publishes, and answers once it is stored.
    pub(super) async fn publish(self: &Rc<Self>, body: &[u8]) -> Result<Taken> {
        let publication = wire::decode(body)?;
        let (tell, told) = oneshot::channel();
        if !self.inbox.borrow_mut().push(publication, body.len(), tell) {
            return Err(Error::RustError("too much waits for the disk".to_owned()));
        }
        let now = clock::now();
        if self.syncing.get().is_none_or(|since| now.since(since) >= LOST_MS) {
            self.commit();
        }
        // Whatever became of the others: what is stored is answered.
        told.await
            .map_err(|_| Error::RustError("the publication was not stored".to_owned()))
    }

    /// Commits all that waits, in as many parts as it takes. What was stored before a part that failed reaches its
    /// shards like any other; who waits for the rest learns of the failure by the end of the channel.
    fn commit(self: &Rc<Self>) {
        let now = clock::now();
        let mut inbox = self.inbox.take();
        inbox.retain(|tell| !tell.is_canceled());
        let mut stored = 0;
        let mut outcome = Ok(());
        while outcome.is_ok()
            && let Some((publications, told)) = inbox.next_part()
        {
            outcome = self.commit_part(publications, told, now);
            stored += usize::from(outcome.is_ok());
        }
        if stored > 0 {
            let sent = self.send_out(now);
            outcome = outcome.and(sent);
        }
        if let Err(error) = outcome {
            log::event("commit_failed", json!({"error": error.to_string()}));
        }
    }

    fn commit_part(&self, publications: Vec<Publication>, told: Vec<Tell>, now: UnixMillis) -> Result<()> {
        self.may_write(now)?;
        let mut commit = self.write(|core| core.publish(publications, now))?;
        self.rest_on(storage::store(&self.state.storage(), &mut commit), now)?;
        self.note_row(now);
        let (audience, born) = self.read(|core| (core.audience(now), core.born()))?;
        for (tell, receipts) in told.into_iter().zip(commit.receipts) {
            // Whoever asked may be gone.
            let _ = tell.send(Taken {
                receipts,
                audience,
                born,
            });
        }
        Ok(())
    }

    /// What is stored goes to the disk and to every shard.
    fn send_out(self: &Rc<Self>, now: UnixMillis) -> Result<()> {
        let syncing = self.sync(now);
        // Also if that could not be asked for: it is stored.
        self.serve_all().and(syncing)
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
            if object.syncing.get() != Some(now) {
                // It took so long that somebody has committed since: what waits now waits for that commit.
                return;
            }
            object.syncing.set(None);
            if !object.inbox.borrow().is_empty() {
                object.commit();
            }
        });
        Ok(())
    }
}
