//! The feed's way to D1. What is due there is [`crate::history`]'s to say; the feed goes on whatever D1 does.

use serde_json::json;
use worker::Result;

use super::Object;
use super::state::FeedState;
use crate::edge::{clock, log, store};
use crate::model::CandleUpdate;

impl Object {
    /// Writes to D1 what is due there. Gives whether that went well; the feed goes on either way.
    pub(super) async fn store(&self) -> Result<bool> {
        let now = clock::now();
        let due = self.write(|FeedState { market, ledger, .. }| {
            let somebody = !ledger.audience.is_empty();
            ledger.history.due(now, somebody, || market.latest().collect())
        })?;
        let outcomes = store::write_all(&self.env, due).await;
        let now = clock::now();
        self.write(|feed| {
            let mut stored = true;
            for (rows, outcome) in outcomes {
                match outcome {
                    Ok(()) => feed.ledger.history.stored(&rows, now),
                    Err(error) => {
                        let line = json!({"table": rows.table().as_str(), "error": error.to_string()});
                        log::event("storage_fault", line);
                        feed.ledger.history.failed(&rows, now);
                        stored = false;
                    }
                }
            }
            stored
        })
    }

    /// Writes closed candles of the past to D1, past the waiting list. Gives whether it took them all: what is missing
    /// otherwise is asked for again.
    pub(super) async fn store_past(&self, closed: &[CandleUpdate]) -> bool {
        let (done, outcome) = store::backfill(&self.env, closed, clock::now()).await;
        if let Err(error) = outcome {
            log::event(
                "storage_fault",
                json!({"table": "candles", "error": error.to_string()}),
            );
        }
        done == closed.len()
    }

    /// Deletes from D1 the next few of the rows that are too old.
    pub(super) async fn expire(&self) -> Result<()> {
        let due = self.write(|feed| feed.ledger.history.expired(clock::now()))?;
        if due.is_empty() {
            return Ok(());
        }
        let outcome = store::expire(&self.env, &due).await;
        self.write(|feed| match outcome {
            Ok(expired) => {
                let rows: u32 = expired.iter().map(|it| it.rows).sum();
                let rows_read: usize = expired.iter().map(|it| it.rows_read).sum();
                log::event("expired", json!({"rows": rows, "rows_read": rows_read}));
                for it in expired {
                    feed.ledger.history.deleted(it.what, it.rows);
                }
            }
            Err(error) => {
                log::event(
                    "storage_fault",
                    json!({"table": "old rows", "error": error.to_string()}),
                );
                feed.ledger.history.not_deleted();
            }
        })
    }
}
