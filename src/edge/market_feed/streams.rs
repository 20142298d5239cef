//! The outgoing WebSockets: open while somebody is connected. Each is a task of its own that takes frames in
//! as they come; what they bring goes out together, a moment later.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use futures_util::StreamExt;
use serde_json::json;

use worker::wasm_bindgen_futures::spawn_local;
use worker::{Result, WebSocket, WebsocketEvent};

use super::Object;
use crate::edge::{clock, log, outbound};
use crate::feed::FeedFault;
use crate::feed::providers::{Opening, Supply, Upkeep};
use crate::model::{Observation, Source};

/// Told to an exchange when nobody needs its stream any more.
const NORMAL: u16 = 1000;

/// The connections of this life.
#[derive(Default)]
pub(super) struct Sockets {
    open: BTreeMap<Source, (u64, WebSocket)>,
    /// Tells a connection from the one before it to the same exchange.
    next: Cell<u64>,
}

impl Object {
    /// Opens the connections that are due, and gives the open ones what they need.
    pub(super) fn keep_streams(self: &Rc<Self>, supply: &Rc<Supply>) -> Result<()> {
        let now = clock::now();
        let (openings, upkeep) = self.write(|feed| {
            let pairs = feed.ticker_pairs();
            let streams = &mut feed.ledger.providers.streams;
            (
                streams.take_due(supply, &pairs, now),
                streams.upkeep(supply, &pairs, now),
            )
        })?;
        for need in upkeep {
            match need {
                Upkeep::Say(source, text) => self.say(source, &text),
                Upkeep::HangUp(source) => self.hang_up(supply, source),
            }
        }
        for opening in openings {
            spawn_local(Rc::clone(self).stream(opening, Rc::clone(supply)));
        }
        Ok(())
    }

    /// Nobody is connected: no stream keeps the object awake.
    pub(super) fn close_streams(&self) -> Result<()> {
        for (_, (_, socket)) in std::mem::take(&mut self.sockets.borrow_mut().open) {
            let _ = socket.close(Some(NORMAL), Some("nobody is connected"));
        }
        self.write(|feed| feed.ledger.providers.streams.closed(clock::now()))
    }

    /// One connection, from its opening to its end.
    async fn stream(self: Rc<Self>, opening: Opening, supply: Rc<Supply>) {
        let source = opening.source;
        let fault = match outbound::connect(&opening.url).await {
            Ok(socket) => self.follow(&socket, &opening, &supply).await.err(),
            Err(fault) => Some(fault),
        };
        // `None`: it was closed by us, or followed by another.
        if let Some(fault) = fault {
            self.lost(&supply, source, fault).await;
        }
    }

    /// Takes in frames until the connection ends. `Err` if it was lost, with what is known of why.
    async fn follow(
        self: &Rc<Self>,
        socket: &WebSocket,
        opening: &Opening,
        supply: &Supply,
    ) -> std::result::Result<(), FeedFault> {
        let source = opening.source;
        let broken = |_| FeedFault::Unreachable;
        let mut events = socket.events().map_err(broken)?;
        socket.accept().map_err(broken)?;
        let life = self.sockets.borrow_mut().admit(source, socket);
        let nobody = self.read(|feed| feed.ledger.audience.is_empty()).unwrap_or(true);
        let _ = self.write(|feed| feed.ledger.providers.streams.opened(source, clock::now()));
        if nobody {
            // Everybody left while it was being opened.
            let _ = self.close_streams();
            return Ok(());
        }
        for hello in &opening.hello {
            socket.send_with_str(hello).map_err(broken)?;
        }
        loop {
            let event = events.next().await;
            if !self.sockets.borrow().is_current(source, life) {
                return Ok(());
            }
            match event {
                Some(Ok(WebsocketEvent::Message(message))) => {
                    if let Some(text) = message.text() {
                        self.hear(supply, source, &text);
                    }
                }
                Some(Ok(WebsocketEvent::Close(_)) | Err(_)) | None => return Err(FeedFault::Unreachable),
            }
        }
    }

    /// Takes in a frame; what it brings goes out with the next flush.
    fn hear(self: &Rc<Self>, supply: &Supply, source: Source, text: &str) {
        let now = clock::now();
        let heard = self.write(|feed| {
            (
                feed.hear(supply, source, text, now),
                !feed.ledger.outbox.is_empty(),
            )
        });
        let Ok((first, told)) = heard else {
            return;
        };
        if first {
            let _ = self.elect(supply);
        }
        if told {
            self.flush_soon();
        }
    }

    /// The connection is gone: what it said last counts no more, and it is opened again in time.
    async fn lost(&self, supply: &Supply, source: Source, fault: FeedFault) {
        let now = clock::now();
        self.sockets.borrow_mut().open.remove(&source);
        let reopen = self.write(|feed| {
            let seed = feed.ledger.since.get();
            let streams = &mut feed.ledger.providers.streams;
            streams.lost(source, now, &fault, seed);
            feed.take_in(vec![Observation::Lost(source)], now);
            feed.ledger.providers.streams.reopens_at(source)
        });
        let _ = self.elect(supply);
        if let Ok((losses, at)) = reopen {
            if losses == 1 {
                let why = fault.to_string();
                log::event("stream_lost", json!({"provider": source.as_str(), "fault": why}));
            }
            let _ = self.wake_by(at).await;
        }
    }

    fn say(&self, source: Source, text: &str) {
        if let Some((_, socket)) = self.sockets.borrow().open.get(&source) {
            // It can fail when the peer has just gone; the close event follows.
            let _ = socket.send_with_str(text);
        }
    }

    /// Ends a connection that has gone silent. Its task sees that it is no longer current.
    fn hang_up(self: &Rc<Self>, supply: &Rc<Supply>, source: Source) {
        let known = self.sockets.borrow_mut().open.remove(&source);
        if let Some((_, socket)) = known {
            let _ = socket.close(Some(NORMAL), Some("silent"));
        }
        let (object, supply) = (Rc::clone(self), Rc::clone(supply));
        spawn_local(async move { object.lost(&supply, source, FeedFault::Timeout).await });
    }
}

impl Sockets {
    fn admit(&mut self, source: Source, socket: &WebSocket) -> u64 {
        let life = self.next.get();
        self.next.set(life + 1);
        self.open.insert(source, (life, socket.clone()));
        life
    }

    fn is_current(&self, source: Source, life: u64) -> bool {
        self.open
            .get(&source)
            .is_some_and(|(current, _)| *current == life)
    }
}
