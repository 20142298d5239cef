use super::{Klines, StreamMessage, TradeSpan};
use crate::feed::FeedFault;
use crate::model::{Pair, Source, UnixMillis};

/// An exchange, as far as listening to it goes: all that is particular about its stream. It lies with the exchange's
/// parser; whoever listens knows no exchange by name.
#[derive(Debug)]
pub struct Venue {
    /// Who it is.
    pub source: Source,
    /// The names of the streams that tell what is wanted. A pair that the exchange cannot have is left out.
    pub streams: fn(&Wanted<'_>) -> Vec<String>,
    /// The URL of a connection that has the streams of these names from the start; the first argument is scheme and
    /// host.
    pub url: fn(&str, &[String]) -> String,
    /// The message that asks for the streams of these names; the number tells it from the others of a connection.
    pub subscribe: fn(&[String], u64) -> String,
    /// What the exchange takes.
    pub limits: Limits,
    /// What to say so that the connection stays; `None` where the frames of WebSocket do.
    pub ping: Option<Ping>,
    /// Reads a frame, received at that time. A fault is one frame's: the stream goes on.
    pub read: fn(&str, UnixMillis) -> Result<StreamMessage, FeedFault>,
    /// What of these candles is numbered without a hole, for [`StreamHealth::follow`](super::StreamHealth::follow).
    pub numbered: fn(&Klines) -> Vec<TradeSpan>,
    /// Whether the close of a candle that runs is the price of now, since no other stream tells it.
    pub candles_tell_prices: bool,
}

/// How much an exchange takes at once.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Streams of a connection.
    pub streams: usize,
    /// Streams that an URL names, so that it stays well below what servers take; the others are asked for after.
    pub streams_in_url: usize,
    /// Streams that one message asks for.
    pub streams_a_message: usize,
}

/// A text that shows that we are there.
#[derive(Debug, Clone, Copy)]
pub struct Ping {
    /// What to send.
    pub text: &'static str,
    /// How often, milliseconds.
    pub every_ms: u64,
}

/// What is wanted of an exchange.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The pairs that have candles, whether or not this exchange is believed on them.
    pub candle_pairs: &'a [Pair],
    /// The pairs that price the coins that are known.
    pub ticker_pairs: &'a [Pair],
    /// Whether its candles are believed.
    pub candles: bool,
    /// Whether its prices are.
    pub prices: bool,
}
