use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use memchr::memmem;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::cpu;
use crate::crowd::Crowd;
use crate::market;
use crate::publisher::Publisher;
use crate::server::Server;
use crate::tally::Tally;

const WARM_UP: usize = 5;

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
        let a_tick = (self.sockets * self.channels) as u64;
        let before = tally.updates();

        let mut market = Market { publisher, tick: 0 };
        for _ in 0..WARM_UP {
            market.publish().await?;
        }
        tally.reach(before + WARM_UP as u64 * a_tick).await?;

        let cpu = cpu::used_by(server.process);
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(self.seconds) {
            market.publish().await?;
            tally
                .reach(before + (market.tick - (UNDER_WAY - 1)) * a_tick)
                .await?;
        }
        tally.reach(before + market.tick * a_tick).await?;
        let busy = tally.last() - began;
        let delivered = (market.tick - WARM_UP as u64) * a_tick;
        Ok(json!({
            "updates_per_s": delivered as f64 / busy.as_secs_f64(),
            "cpu_us": cpu::us_each(server.process, cpu, delivered),
        }))
    }
}

struct Market {
    publisher: Publisher,
    tick: u64,
}

impl Market {
    /// One request with a new price of every coin.
    async fn publish(&mut self) -> Result<()> {
        self.tick += 1;
        let prices: Vec<Value> = market::coins()
            .map(|(id, symbol)| market::price(id, symbol, self.tick))
            .collect();
        self.publisher.publish(&prices).await
    }
}
