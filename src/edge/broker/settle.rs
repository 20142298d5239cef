//! What was counted after the last tick of a while: nothing is told of it before it is stored, and no row comes soon that
//! would take it along.

use std::rc::Rc;

use serde_json::json;
use worker::Result;

use super::{Object, storage};
use crate::edge::{clock, log};
use crate::hub::broker::Broker as Core;
use crate::model::UnixMillis;

/// Where so long nothing was written, it is stored by itself, milliseconds. A hub whose feed has its cycle every five seconds
/// never comes to that, or it would write two rows for each; and no timer keeps the object awake.
const QUIET_MS: u64 = 15_000;

impl Object {
    /// A row is written now, which takes along what was counted before. After a pause, what comes of it is stored by itself.
    pub(super) fn note_row(&self, now: UnixMillis) {
        self.quiet.set(self.is_quiet(now));
        self.wrote_at.set(now);
    }

    /// Stores what is not stored, once every shard has answered, if it is quiet.
    pub(super) fn settle(self: &Rc<Self>) {
        let now = clock::now();
        let is_due = self.quiet.get() || self.is_quiet(now);
        if !is_due || !self.served.borrow().is_empty() || !self.read(Core::has_news).unwrap_or_default() {
            return;
        }
        self.quiet.set(false);
        self.wrote_at.set(now);
        if let Err(error) = self.store_news(now) {
            log::event("figures_not_stored", json!({"error": error.to_string()}));
        }
    }

    fn is_quiet(&self, now: UnixMillis) -> bool {
        now.since(self.wrote_at.get()) >= QUIET_MS
    }

    fn store_news(&self, now: UnixMillis) -> Result<()> {
        self.may_write(now)?;
        let checkpoint = self.write(|core| core.checkpoint(now))?;
        self.rest_on(storage::store_checkpoint(&self.state.storage(), &checkpoint), now)
    }
}
