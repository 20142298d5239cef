//! The `Broker` object: it gives messages their order, keeps the newest, and sees to it that every shard gets them.

mod commit;
mod deliver;
mod report;
mod settle;
mod storage;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::json;
use worker::{DurableObject, Env, Error, Request, Response, Result, State, durable_object};

use super::tally::Tally;
use super::{clock, log, wire};
use crate::hub::broker::{Audience, Broker as Core, Inbox};
use crate::hub::exchange::{Ack, Question, Welcome};
use crate::model::{Channel, Position, UnixMillis};
use commit::Tell;

/// After a write that failed none is tried for so long, milliseconds: each failure costs reading all that is stored.
const PAUSE_MS: u64 = 1_000;

/// One order for every channel.
#[durable_object(fetch)]
pub struct Broker {
    object: Rc<Object>,
}

struct Object {
    state: State,
    env: Env,
    /// `None` until the first event of this life.
    core: RefCell<Option<Core>>,
    /// Publications that wait for the last commit to reach the disk.
    inbox: RefCell<Inbox<Tell>>,
    /// Since when a commit is on its way to the disk.
    syncing: Cell<Option<UnixMillis>>,
    /// When a write failed last.
    failed_at: Cell<Option<UnixMillis>>,
    /// Shards that somebody delivers to.
    served: RefCell<BTreeSet<String>>,
    /// Whether the feed was told that somebody listens.
    told_feed: Cell<Option<bool>>,
    /// When a row was written last, or what was counted by itself ...
    wrote_at: Cell<UnixMillis>,
    /// ... and whether that row came after a pause.
    quiet: Cell<bool>,
}

impl DurableObject for Broker {
    fn new(state: State, env: Env) -> Self {
        Self {
            object: Rc::new(Object {
                state,
                env,
                core: RefCell::new(None),
                inbox: RefCell::default(),
                syncing: Cell::default(),
                failed_at: Cell::default(),
                served: RefCell::default(),
                told_feed: Cell::default(),
                wrote_at: Cell::default(),
                quiet: Cell::default(),
            }),
        }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let object = &self.object;
        if object.wake()? {
            object.resume();
        }
        match request.path().as_str() {
            wire::PUBLISH => {
                let body = request.bytes().await?;
                wire::encoded(&object.publish(&body).await?)
            }
            wire::ATTACH => {
                let (shard, ack): (String, Ack) = wire::decode(&request.bytes().await?)?;
                wire::encoded(&object.attach(&shard, ack)?)
            }
            wire::RECOVER => {
                let question: Question = wire::decode(&request.bytes().await?)?;
                wire::encoded(&object.read(|core| core.answer(&question))?)
            }
            wire::CATCH_UP => {
                let wanted: Vec<(Channel, Option<Position>)> = wire::decode(&request.bytes().await?)?;
                wire::encoded(&object.read(|core| core.catch_up(&wanted))?)
            }
            wire::REFUSED => {
                let tally: Tally = wire::decode(&request.bytes().await?)?;
                object.write(|core| core.count_refused(&tally))?;
                object.settle();
                Response::empty()
            }
            wire::SHARD_NAMES => wire::encoded(&object.read(Core::shards)?),
            wire::PLACES => wire::encoded(&object.read(report::places)?),
            wire::METRICS => Response::ok(object.read(|core| report::metrics(core, clock::now()))?),
            wire::STATS => Response::from_json(&object.read(|core| report::report(core, clock::now()))?),
            _ => Response::error("Not found", 404),
        }
    }
}

impl Object {
    /// Reads what was stored at the first event of a life; whether this was it.
    fn wake(&self) -> Result<bool> {
        let sleeps = self.core.borrow().is_none();
        if sleeps {
            let core = storage::load(&self.state.storage(), clock::now())?;
            self.core.replace(Some(core));
        }
        Ok(sleeps)
    }

    /// An earlier life may have ended between storing and delivering: whatever woke this one, shards get what they lack,
    /// while it is answered.
    fn resume(self: &Rc<Self>) {
        let outcome = match self.read(Core::is_delivered) {
            Ok(false) => self.serve_all(),
            other => other.map(|_| ()),
        };
        if let Err(error) = outcome {
            log::event("resume_failed", json!({"error": error.to_string()}));
        }
    }

    /// A shard has sockets: it gets every tick from now on, and where all channels stand at once.
    fn attach(self: &Rc<Self>, shard: &str, ack: Ack) -> Result<Welcome> {
        let now = clock::now();
        let is_known = self.read(|core| core.shards().iter().any(|it| it == shard))?;
        if !is_known {
            self.may_write(now)?;
        }
        let (welcome, checkpoint) = self.write(|core| {
            let (welcome, joined) = core.attach(shard, ack.seen, ack.report);
            (welcome, joined.then(|| core.checkpoint(now)))
        })?;
        if let Some(checkpoint) = checkpoint {
            // With the answer at the latest: from then on the shard relies on being known.
            self.rest_on(storage::store_checkpoint(&self.state.storage(), &checkpoint), now)?;
        }
        self.tell_feed();
        self.settle();
        Ok(welcome)
    }

    /// # Errors
    /// A write has failed just now.
    fn may_write(&self, now: UnixMillis) -> Result<()> {
        match self.failed_at.get() {
            // A clock that is put back holds up nothing.
            Some(at) if (at..at.plus(PAUSE_MS)).contains(&now) => Err(Error::RustError(format!(
                "a write failed less than {PAUSE_MS} ms ago"
            ))),
            _ => Ok(()),
        }
    }

    /// What is in memory is more than what is stored, if that failed: it is what is stored that counts.
    fn rest_on(&self, stored: Result<()>, now: UnixMillis) -> Result<()> {
        stored.or_else(|error| {
            self.failed_at.set(Some(now));
            self.core.replace(None);
            // At once: whoever is delivering goes on. If it cannot be read either, the next event tries again.
            self.wake()?;
            Err(error)
        })
    }

    /// Lets the feed know when somebody begins to listen, and when nobody does any more.
    fn tell_feed(self: &Rc<Self>) {
        let Ok(audience) = self.read(|core| core.audience(clock::now())) else {
            return;
        };
        let somebody = !audience.is_empty();
        if self.told_feed.replace(Some(somebody)) == Some(somebody) {
            return;
        }
        let object = Rc::clone(self);
        self.state.wait_until(async move {
            if let Err(error) = tell(&object.env, audience).await {
                // It hears of it with the answer to its next publication.
                log::event("feed_not_told", json!({"error": error.to_string()}));
                object.told_feed.set(None);
            }
        });
    }

    fn read<T>(&self, look: impl FnOnce(&Core) -> T) -> Result<T> {
        self.core.borrow().as_ref().map(look).ok_or_else(asleep)
    }

    fn write<T>(&self, change: impl FnOnce(&mut Core) -> T) -> Result<T> {
        self.core.borrow_mut().as_mut().map(change).ok_or_else(asleep)
    }
}

async fn tell(env: &Env, audience: Audience) -> Result<()> {
    wire::feed(env)?
        .post(wire::AUDIENCE, &wire::encode(&audience)?)
        .await?;
    Ok(())
}

fn asleep() -> Error {
    Error::RustError("the broker sleeps".to_owned())
}
