//! Providers: what to ask and how to read the answer. No I/O, no clock.
//!
//! ```text
//! Poll::due(now) ─▶ coingecko::plan(endpoint, n) ─▶ [Question] ── edge fetches ──▶ Answer
//!        ▲                                                                      │
//!        └─ succeeded / failed / note_refused ◀── Result<Parsed, FeedFault> ◀── call.read(answer)
//! ```
//!
//! A provider is one file (or folder) that gives [`Question`]s, made of [`Call`]s: a request, and the function that
//! reads its answer.
//! An exchange's [stream] is a [`Venue`](stream::Venue): a URL, messages to send, and a function that reads what comes; its
//! past is an [`Archive`].
//! [`simulated`] needs no request: it is a function of a seed and the time.

pub mod alternative_me;
mod archive;
pub mod binance;
pub mod bitget;
pub mod coingecko;
pub mod coinmarketcap;
mod exchange;
mod fault;
mod health;
mod jitter;
mod poll;
pub mod providers;
mod question;
mod retry_after;
mod schedule;
pub mod simulated;
pub mod stream;
mod strict;

pub use archive::Archive;
pub use exchange::{Answer, Call, Endpoint, MAX_ANSWER, Parsed, Request, user_agent};
pub use fault::FeedFault;
pub use health::Circumstances;
pub use poll::{Poll, STALE_INTERVALS};
pub use question::{Question, Topic};
pub use schedule::{Schedule, Trigger};
