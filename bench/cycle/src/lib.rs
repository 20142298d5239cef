//! One feed cycle without the network around it: what the `MarketFeed` object and one shard compute.
//! `run.mjs` calls it step by step and measures each step from outside, for the core reads no clock.

use cryptointel::feed::stream::StreamMessage;
use cryptointel::feed::{Answer, Call, Endpoint, binance, coingecko};
use cryptointel::hub::broker::{Broker, Item, Publication};
use cryptointel::hub::exchange::{Ack, Delivery};
use cryptointel::hub::stats::{Gauges, ShardReport};
use cryptointel::market::{Market, MarketConfig};
use cryptointel::model::{Event, Observation, Tick, UnixMillis};
use cryptointel::protocol::Dialect;
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

/// The one shard's name.
const SHARD: &str = "json-0";

/// A feed, a broker and a shard. Each step takes what the one before left.
#[wasm_bindgen]
pub struct Cycle {
    calls: Vec<Call>,
    market: Market,
    observations: Vec<Observation>,
    publication: Publication,
    broker: Broker,
    acks: u64,
    body: Vec<u8>,
    ticks: Vec<Tick>,
}

#[wasm_bindgen]
impl Cycle {
    /// A market that knows nothing yet, of so many coins.
    #[wasm_bindgen(constructor)]
    pub fn new(coins: u32) -> Self {
        let endpoint = Endpoint {
            base_url: "https://api.coingecko.com".to_owned(),
            api_key: None,
        };
        let mut cycle = Self {
            calls: coingecko::plan(&endpoint, coins)
                .into_iter()
                .filter(|question| question.topic.is_vital())
                .flat_map(|question| question.calls)
                .collect(),
            market: Market::new(MarketConfig::default()),
            observations: Vec::new(),
            publication: Publication::default(),
            broker: Broker::new(UnixMillis::new(1)),
            acks: 0,
            body: Vec::new(),
            ticks: Vec::new(),
        };
        let report = cycle.report();
        cycle.broker.attach(SHARD, 0, report);
        cycle
    }

    /// The paths to ask for, in order.
    pub fn questions(&self) -> Vec<String> {
        let path = |call: &Call| call.request.url.replacen("https://api.coingecko.com", "", 1);
        self.calls.iter().map(path).collect()
    }

    /// Reads the answer to the nth question, received at `now`, Unix milliseconds.
    pub fn parse(&mut self, nth: usize, body: &[u8], now: f64) -> Result<(), JsError> {
        let call = self
            .calls
            .get(nth)
            .ok_or_else(|| JsError::new("no such question"))?;
        let answer = Answer {
            status: 200,
            retry_after: None,
            body,
            received_at: time(now),
        };
        self.observations.push(call.read(&answer)?.observation);
        Ok(())
    }

    /// Reads one frame of an exchange's stream.
    pub fn read_frame(&mut self, text: &str, now: f64) -> Result<(), JsError> {
        let StreamMessage::Ticker(ticker) = binance::read(text, time(now))? else {
            return Err(JsError::new("not a ticker"));
        };
        self.observations.push(Observation::Tickers(vec![ticker]));
        Ok(())
    }

    /// Applies what was read. Gives how many events that makes.
    pub fn apply(&mut self, now: f64) -> usize {
        let now = time(now);
        let mut events = Vec::new();
        for observation in std::mem::take(&mut self.observations) {
            events.extend(self.market.apply(observation, now));
        }
        events.extend(self.market.close_minutes(now));
        events.extend(self.market.mark_stale(now));
        events.extend(self.market.assess(now));
        self.publication = Publication {
            published_at: now,
            items: events
                .into_iter()
                .map(|event| Item::from(Event::from(event)))
                .collect(),
            ..Publication::default()
        };
        self.publication.items.len()
    }

    /// Gives the events their places, as the broker does, what it stores and what it sends. Gives the bytes sent.
    pub fn publish(&mut self, now: f64) -> Result<usize, JsError> {
        let publication = std::mem::take(&mut self.publication);
        self.broker.publish(vec![publication], time(now));
        let body = self.broker.next_delivery(SHARD);
        self.body = body.map(|body| body.to_vec()).unwrap_or_default();
        Ok(self.body.len())
    }

    /// Decodes the delivery as a shard does, and acknowledges it.
    pub fn receive(&mut self) -> Result<(), JsError> {
        let delivery: Delivery = postcard::from_bytes(&self.body)?;
        self.ticks = delivery.decode().ok_or_else(|| JsError::new("no ticks"))?;
        let seen = self.ticks.last().map_or(0, |tick| tick.number);
        let report = self.report();
        self.broker.acknowledged(SHARD, Ack { seen, report });
        Ok(())
    }

    /// Every frame that the delivery makes, one for each message and channel, as the texts that sockets take.
    pub fn frames(&self) -> Vec<String> {
        let mut frames = Vec::new();
        for message in self.ticks.iter().flat_map(|tick| &tick.messages) {
            let Some(body) = Dialect::CryptoIntel.event(&message.event, UnixMillis::default()) else {
                continue;
            };
            for (channel, position) in message.places() {
                frames.push(body.frame(&channel.to_string(), position));
            }
        }
        frames
    }

    fn report(&mut self) -> ShardReport {
        self.acks += 1;
        ShardReport {
            life: 1,
            sequence: self.acks,
            gauges: Gauges {
                connections: 1,
                ..Gauges::default()
            },
            ..ShardReport::default()
        }
    }

    /// What the feed stores once a cycle, in bytes.
    pub fn snapshot(&self) -> usize {
        self.market.snapshot().len()
    }
}

fn time(now: f64) -> UnixMillis {
    UnixMillis::new(now as u64)
}
