use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, ensure};
use memchr::memmem;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::cpu;
use crate::crowd::{Crowd, Listeners};
use crate::market;
use crate::publisher::Publisher;
use crate::quantiles::quantile_ms;
use crate::server::Server;
use crate::tally::Tally;

const WARM_UP: usize = 5;

/// One message after the other on one channel; the next one when all sockets have the last one.
#[derive(Debug, Deserialize)]
pub struct Broadcast {
    sockets: usize,
    seconds: u64,
}

impl Broadcast {
    /// `deliveries_per_s`, `cpu_us` of the server for each, and `p50_ms` and `p99_ms` from the publisher's sending to a client's reading.
    pub async fn run(&self, server: &Server) -> Result<Value> {
        let mut audience = Audience::gather(server, self.sockets).await?;
        for _ in 0..WARM_UP {
            audience.tell_all().await?;
        }
        audience.latencies();
        let cpu = cpu::used_by(server.process);
        let mut busy = Duration::ZERO;
        let mut rounds = 0;
        while busy < Duration::from_secs(self.seconds) {
            busy += audience.tell_all().await?;
            rounds += 1;
        }
        let deliveries = self.sockets as u64 * rounds;
        let cpu_us = cpu::us_each(server.process, cpu, deliveries);
        let mut latencies = audience.latencies();
        Ok(json!({
            "deliveries_per_s": deliveries as f64 / busy.as_secs_f64(),
            "cpu_us": cpu_us,
            "p50_ms": quantile_ms(&mut latencies, 0.5),
            "p99_ms": quantile_ms(&mut latencies, 0.99),
        }))
    }
}

/// Sockets that all hold the price of Bitcoin, and who publishes it.
pub(super) struct Audience {
    size: u64,
    tally: Rc<Tally>,
    publisher: Publisher,
    rounds: u64,
    sent: Rc<Cell<Instant>>,
    _listeners: Listeners,
}

impl Audience {
    pub(super) async fn gather(server: &Server, size: usize) -> Result<Self> {
        let crowd = Crowd::gather(server, size, |_| vec!["price:bitcoin".to_owned()]).await?;
        let tally = Rc::new(Tally::new());
        let sent = Rc::new(Cell::new(Instant::now()));
        let clock = Rc::clone(&sent);
        let listeners = crowd.listen(&tally, move |tally, text| {
            if memmem::find(text, market::PRICE_UPDATE).is_some() {
                tally.took(clock.get().elapsed());
                tally.count(1);
            }
        });
        Ok(Self {
            size: size as u64,
            tally,
            publisher: Publisher::connect(server).await?,
            rounds: 0,
            sent,
            _listeners: listeners,
        })
    }

    /// Publishes one message and returns how long it took until the last socket had it.
    pub(super) async fn tell_all(&mut self) -> Result<Duration> {
        self.rounds += 1;
        let message = market::price("bitcoin", "BTC", self.rounds);
        let goal = self.tally.updates() + self.size;
        let began = Instant::now();
        self.sent.set(began);
        let (published, reached) = tokio::join!(
            self.publisher.publish(std::slice::from_ref(&message)),
            self.tally.reach(goal)
        );
        published?;
        reached?;
        ensure!(
            self.tally.closed() == 0,
            "{} connections were closed",
            self.tally.closed()
        );
        Ok(self.tally.last() - began)
    }

    /// The latencies of all deliveries since the last call.
    pub(super) fn latencies(&self) -> Vec<Duration> {
        self.tally.latencies()
    }
}
