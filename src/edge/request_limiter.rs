//! The `RequestLimiter` object: counts the API's requests for a share of all networks.

use std::cell::RefCell;

use worker::{DurableObject, Env, Error, Request, Response, Result, State, durable_object};

use super::{clock, log, wire};
use crate::api::{Admission, RequestWindows};
use crate::model::Network;

/// Where the windows rest in the object's storage.
const WINDOWS: &str = "windows";

/// Counts in memory, and writes down every tenth request of a network and the last one that it has: what an eviction
/// forgets is less than that.
#[durable_object(fetch)]
pub struct RequestLimiter {
    state: State,
    /// `None` until the first event of this life.
    windows: RefCell<Option<RequestWindows>>,
}

impl DurableObject for RequestLimiter {
    fn new(state: State, _env: Env) -> Self {
        Self {
            state,
            windows: RefCell::new(None),
        }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        if request.path() != wire::COUNT {
            return Response::error("Not found", 404);
        }
        let (network, limit): (Network, u32) = wire::decode(&request.bytes().await?)?;
        self.wake().await?;
        let Admission { standing, save } =
            self.write(|windows| windows.admit(network, clock::now(), limit))?;
        if save {
            self.save().await?;
        }
        wire::encoded(&standing)
    }
}

impl RequestLimiter {
    /// Reads the windows at the first event of a life.
    async fn wake(&self) -> Result<()> {
        if self.windows.borrow().is_none() {
            let stored = self.state.storage().get::<serde_bytes::ByteBuf>(WINDOWS).await?;
            let known = stored.map(|bytes| RequestWindows::decode(&bytes));
            self.windows
                .borrow_mut()
                .get_or_insert_with(|| known.unwrap_or_default());
        }
        Ok(())
    }

    /// Keeps the windows beyond this life. A failure is logged: counting goes on.
    async fn save(&self) -> Result<()> {
        let bytes = self.write(|windows| windows.encode())?;
        if let Err(error) = self.state.storage().put_raw(WINDOWS, wire::stored(&bytes)).await {
            log::event(
                "windows_not_saved",
                serde_json::json!({"error": error.to_string()}),
            );
        }
        Ok(())
    }

    fn write<T>(&self, change: impl FnOnce(&mut RequestWindows) -> T) -> Result<T> {
        let mut windows = self.windows.borrow_mut();
        let awake = windows.as_mut().map(change);
        awake.ok_or_else(|| Error::RustError("the limiter sleeps".to_owned()))
    }
}
