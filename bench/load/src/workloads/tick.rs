use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use memchr::memmem;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::WARM_UP;
use crate::cpu;
use crate::crowd::Crowd;
use crate::market;
use crate::publisher::Publisher;
use crate::server::Server;
use crate::tally::Tally;

/// A tick is published when all but the one before it have arrived: no server waits for the publisher, none queues.
const UNDER_WAY: u64 = 2;

/// The prices of all coins, in one request a tick; each socket holds some of them.
#[derive(Debug, Deserialize)]
pub struct Tick {
    sockets: usize,
    /// Channels that each socket holds.
    channels: usize,
    /// Different sets of channels among the sockets, at most 1,000.
    sets: usize,
    seconds: u64,
}

impl Tick {
    /// `updates_per_s`, and `cpu_us` of the server for each.
    pub async fn run(&self, server: &Server) -> Result<Value> {
        let channels = market::price_channels();
        let crowd = Crowd::gather(server, self.sockets, |number| {
            market::choose(&channels, number % self.sets, self.channels)
        })
        .await?;
        let tally = Rc::new(Tally::new());
        let updates = memmem::Finder::new(market::PRICE_UPDATE);
        let _listeners = crowd.listen(&tally, move |tally, text| {
            tally.count(updates.find_iter(text).count() as u64);
        });
        let publisher = Publisher::connect(server).await?;
        let mut market = Market {
            publisher,
            ticks: 0,
            updates_each: (self.sockets * self.channels) as u64,
            heard: tally.updates(),
        };
        market.keep_ticking(&tally, WARM_UP).await?;

        let before = tally.updates();
        let cpu = cpu::used_by(server.process);
        let began = Instant::now();
        market
            .keep_ticking(&tally, Duration::from_secs(self.seconds))
            .await?;
        let busy = tally.last() - began;
        let delivered = tally.updates() - before;
        Ok(json!({
            "updates_per_s": delivered as f64 / busy.as_secs_f64(),
            "cpu_us": cpu::us_each(server.process, cpu, delivered),
        }))
    }
}

struct Market {
    publisher: Publisher,
    ticks: u64,
    /// Updates of a tick, of all sockets together.
    updates_each: u64,
    /// What the sockets had heard before the first tick.
    heard: u64,
}

impl Market {
    /// Publishes for so long, and waits until all sockets have all of it.
    async fn keep_ticking(&mut self, tally: &Tally, time: Duration) -> Result<()> {
        let began = Instant::now();
        while began.elapsed() < time {
            self.publish().await?;
            tally
                .reach(self.told() - (UNDER_WAY - 1) * self.updates_each)
                .await?;
        }
        tally.reach(self.told()).await
    }

    /// What the sockets have heard when they have all ticks.
    fn told(&self) -> u64 {
        self.heard + self.ticks * self.updates_each
    }

    /// One request with a new price of every coin.
    async fn publish(&mut self) -> Result<()> {
        self.ticks += 1;
        let prices: Vec<Value> = market::coins()
            .map(|(id, symbol)| market::price(id, symbol, self.ticks))
            .collect();
        self.publisher.publish(&prices).await
    }
}
