//! The `MarketFeed` object: one for the whole hub, it runs the feed's cycle.

mod archive;
mod ask;
mod cycle;
mod publish;
mod report;
mod simulate;
mod state;
mod streams;
mod supply;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use worker::{DurableObject, Env, Error, Request, Response, Result, State, durable_object};

use super::{clock, config, log, wire};
use crate::api::Part;
use crate::feed::Trigger;
use crate::hub::broker::Audience;
use crate::model::UnixMillis;
use crate::settings::Settings;
use state::FeedState;
use streams::Sockets;

/// Where the state rests in the object's storage.
const STATE: &str = "state";

/// Runs the cycle and knows the latest values.
#[durable_object(alarm)]
pub struct MarketFeed {
    object: Rc<Object>,
}

struct Object {
    state: State,
    env: Env,
    /// `None` until the first event of this life.
    feed: RefCell<Option<FeedState>>,
    /// A cycle is under way and the next one waits for it, but not beyond this: a cycle that the
    /// runtime broke off must not silence the feed.
    busy_until: Cell<UnixMillis>,
    /// Somebody is publishing.
    publishing: Cell<bool>,
    /// Somebody will, in a moment.
    flush_is_due: Cell<bool>,
    /// The outgoing connections.
    sockets: RefCell<Sockets>,
}

impl DurableObject for MarketFeed {
    fn new(state: State, env: Env) -> Self {
        Self {
            object: Rc::new(Object {
                state,
                env,
                feed: RefCell::new(None),
                busy_until: Cell::default(),
                publishing: Cell::default(),
                flush_is_due: Cell::default(),
                sockets: RefCell::default(),
            }),
        }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let object = &self.object;
        let settings = object.wake().await?;
        match request.path().as_str() {
            wire::CYCLE => {
                object.tick(&settings, Trigger::Cron).await?;
                Response::empty()
            }
            wire::AUDIENCE => {
                let audience: Audience = wire::decode(&request.bytes().await?)?;
                object.listen(audience).await?;
                Response::empty()
            }
            wire::LATEST => {
                let part: Part = wire::decode(&request.bytes().await?)?;
                wire::encoded(&object.read(|feed| feed.part(part))?)
            }
            wire::METRICS => {
                Response::ok(object.read(|feed| report::metrics(feed, &settings, clock::now()))?)
            }
            wire::STATS => {
                Response::from_json(&object.read(|feed| report::report(feed, &settings, clock::now()))?)
            }
            _ => Response::error("Not found", 404),
        }
    }

    async fn alarm(&self) -> Result<Response> {
        let settings = self.object.wake().await?;
        self.object.tick(&settings, Trigger::Alarm).await?;
        Response::empty()
    }
}

impl Object {
    /// Reads the state at the first event of a life.
    async fn wake(&self) -> Result<Rc<Settings>> {
        let settings = config::settings(&self.env).map_err(|error| Error::RustError(error.to_string()))?;
        if self.feed.borrow().is_none() {
            let stored = self.state.storage().get::<serde_bytes::ByteBuf>(STATE).await?;
            let known = stored.and_then(|bytes| FeedState::decode(&bytes, &settings.feed, clock::now()));
            let mut feed = self.feed.borrow_mut();
            feed.get_or_insert_with(|| known.unwrap_or_else(|| FeedState::new(clock::now(), &settings.feed)));
        }
        Ok(settings)
    }

    /// Somebody listens, or nobody does any more.
    async fn listen(&self, told: Audience) -> Result<()> {
        let (was_idle, is_idle) = self.write(|feed| {
            let audience = &mut feed.ledger.audience;
            let was_idle = audience.is_empty();
            audience.update(told);
            (was_idle, audience.is_empty())
        })?;
        if is_idle {
            return self.close_streams();
        }
        if was_idle && self.busy_until.get() <= clock::now() {
            self.wake_at(clock::now()).await?;
        }
        Ok(())
    }

    /// Sees to it that the object wakes at `at`, or before.
    async fn wake_by(&self, at: UnixMillis) -> Result<()> {
        let armed = self.state.storage().get_alarm().await?;
        let later = armed.is_none_or(|armed| at.get() < armed.max(0) as u64);
        if later { self.wake_at(at).await } else { Ok(()) }
    }

    async fn wake_at(&self, at: UnixMillis) -> Result<()> {
        clock::arm(&self.state.storage(), at).await
    }

    /// Keeps the state beyond this life. A failure is logged: the live feed goes on.
    async fn save(&self) {
        if let Err(error) = self.try_save().await {
            // What is told once waits for the next time.
            let _ = self.write(|feed| feed.is_unsaved = true);
            log::event("state_not_saved", serde_json::json!({"error": error.to_string()}));
        }
    }

    async fn try_save(&self) -> Result<()> {
        let bytes = self.write(|feed| {
            feed.is_unsaved = false;
            feed.encode()
        })??;
        self.state.storage().put_raw(STATE, wire::stored(&bytes)).await
    }

    fn read<T>(&self, look: impl FnOnce(&FeedState) -> T) -> Result<T> {
        self.feed.borrow().as_ref().map(look).ok_or_else(asleep)
    }

    fn write<T>(&self, change: impl FnOnce(&mut FeedState) -> T) -> Result<T> {
        self.feed.borrow_mut().as_mut().map(change).ok_or_else(asleep)
    }
}

fn asleep() -> Error {
    Error::RustError("the feed sleeps".to_owned())
}
