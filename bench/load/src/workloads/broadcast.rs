use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, ensure};
use memchr::memmem;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::WARM_UP;
use crate::cpu;
use crate::crowd::{Crowd, Listeners};
use crate::market;
use crate::publisher::Publisher;
use crate::quantiles::quantile_ms;
use crate::server::Server;
use crate::tally::Tally;

/// For the throughput a message is published when all but the one before it have arrived: no server waits for the
/// publisher, none queues.
const UNDER_WAY: u64 = 2;

/// One message after the other on one channel.
#[derive(Debug, Deserialize)]
pub struct Broadcast {
    sockets: usize,
    seconds: u64,
}

impl Broadcast {
    /// `p50_ms` and `p99_ms` from the publisher's sending to a client's reading, of messages that go out one at a time; then, two
    /// under way, `deliveries_per_s` and `cpu_us` of the server for each.
    pub async fn run(&self, server: &Server) -> Result<Value> {
        let mut audience = Audience::gather(server, self.sockets).await?;
        audience.tell_one_by_one(WARM_UP).await?;
        audience.latencies();
        audience
            .tell_one_by_one(Duration::from_secs(self.seconds))
            .await?;
        let mut latencies = audience.latencies();
        let cpu = cpu::used_by(server.process);
        let (deliveries, busy) = audience.keep_telling(Duration::from_secs(self.seconds)).await?;
        Ok(json!({
            "deliveries_per_s": deliveries as f64 / busy.as_secs_f64(),
            "cpu_us": cpu::us_each(server.process, cpu, deliveries),
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
        let began = Instant::now();
        self.sent.set(began);
        self.tell(0).await?;
        Ok(self.tally.last() - began)
    }

    /// Publishes for so long, one message when all sockets have the last.
    async fn tell_one_by_one(&mut self, time: Duration) -> Result<()> {
        let mut busy = Duration::ZERO;
        while busy < time {
            busy += self.tell_all().await?;
        }
        Ok(())
    }

    /// Publishes for so long. Returns how many deliveries there were, and in what time.
    async fn keep_telling(&mut self, time: Duration) -> Result<(u64, Duration)> {
        let before = self.tally.updates();
        let began = Instant::now();
        while began.elapsed() < time {
            self.tell(UNDER_WAY - 1).await?;
        }
        self.tally.reach(self.rounds * self.size).await?;
        Ok((self.tally.updates() - before, self.tally.last() - began))
    }

    /// Publishes one message and waits until all sockets have all messages but so many.
    async fn tell(&mut self, under_way: u64) -> Result<()> {
        self.rounds += 1;
        let message = market::price("bitcoin", "BTC", self.rounds);
        let goal = (self.rounds - under_way) * self.size;
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
        Ok(())
    }

    /// The latencies of all deliveries since the last call.
    pub(super) fn latencies(&self) -> Vec<Duration> {
        self.tally.latencies()
    }
}
