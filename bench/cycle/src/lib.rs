//! One feed cycle without the network around it: what the `MarketFeed` object and one shard compute.
//! `run.mjs` calls it step by step and measures each step from outside, for the core reads no clock.

use cryptointel::feed::stream::StreamMessage;
use cryptointel::feed::{Answer, Call, Endpoint, binance, coingecko};
use cryptointel::market::{Market, MarketConfig};
use cryptointel::model::{Batch, Observation, UnixMillis};
use cryptointel::protocol::Dialect;
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

/// A feed and a shard. Each step takes what the one before left.
#[wasm_bindgen]
pub struct Cycle {
    calls: Vec<Call>,
    market: Market,
    observations: Vec<Observation>,
    batch: Batch,
    body: Vec<u8>,
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
        Self {
            calls: coingecko::plan(&endpoint, coins)
                .into_iter()
                .filter(|question| question.topic.is_vital())
                .flat_map(|question| question.calls)
                .collect(),
            market: Market::new(MarketConfig::default()),
            observations: Vec::new(),
            batch: Batch::default(),
            body: Vec::new(),
        }
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
        self.batch = Batch {
            number: self.batch.number.saturating_add(1),
            published_at: now,
            events,
            ..Batch::default()
        };
        self.batch.events.len()
    }

    /// Encodes the batch as the feed sends it. Gives its bytes.
    pub fn publish(&mut self) -> Result<usize, JsError> {
        self.body = postcard::to_stdvec(&self.batch)?;
        Ok(self.body.len())
    }

    /// Decodes the batch as a shard does.
    pub fn receive(&mut self) -> Result<(), JsError> {
        self.batch = postcard::from_bytes(&self.body)?;
        Ok(())
    }

    /// Every frame that the batch makes, one for each event and channel, as the texts that sockets take.
    pub fn frames(&self) -> Vec<String> {
        let mut frames = Vec::new();
        for event in &self.batch.events {
            let body = Dialect::CryptoIntel.event(event);
            for channel in event.channels() {
                frames.push(body.frame(&channel.to_string()));
            }
        }
        frames
    }

    /// What the feed stores once a cycle, in bytes.
    pub fn snapshot(&self) -> usize {
        self.market.snapshot().len()
    }
}

fn time(now: f64) -> UnixMillis {
    UnixMillis::new(now as u64)
}
