//! What several providers say about one coin becomes one price.
//!
//! ```text
//! quote, ticker ─▶ voices   the latest quote of every provider; who speaks of another coin
//!                    └ choice   the one that is told, and who agrees with it
//! ```
//!
//! The rule, in this order; `market/tests/merge.rs` tests each point:
//!
//! 1. **The latest quote of every provider is kept.** One that is older than its provider's last is late.
//! 2. **Fresh** is a stream's quote for 30 s after its receipt, or until the stream is lost; a polled one for three
//!    poll intervals. Only fresh ones count.
//! 3. **Identity**: a stream names a coin by its ticker alone, and two coins may share one. A stream's quote more than
//!    20% away from every fresh polled one is of another coin; so are the stream's next ones while nothing is polled. A stream
//!    that was nearer once is known, and is not disowned again: neither a bad polled price nor a crash silences it.
//! 4. **Agreement**: where three or more that came within 10 s lie within 1% of their median, what lies further away is an
//!    outlier. If three or more of those that agree were made within 3 s, their median is the price, unless rule 7 forbids it: an
//!    aggregator that lags behind an exchange must not hold its price. Of the middle two of an even number the fresher one
//!    counts, so a price is always one that a provider said.
//! 5. **Otherwise the order decides**: the first provider of [`MarketConfig::prices_from`] that is fresh. Where that is a
//!    stream, the freshest of all streams speaks; where it is polled, the first that rule 7 lets speak and that answered when
//!    it was asked last.
//! 6. **Change, volume and market cap** are of the whole market, not of one exchange: from the first polled provider that is
//!    fresh, else the speaker's own.
//! 7. **Never out of order, never twice**: only a quote that arrives makes a price. What was received before what was told
//!    already is not told, nor what was so before it, by the clocks of the two providers, until that has gone stale: an
//!    aggregator's answer may be of a minute before the exchange that was lost. A told timestamp never goes back, what did
//!    not change is not told again.
//!
//! [`MarketConfig::prices_from`]: super::config::MarketConfig::prices_from

mod choice;
mod said;
mod voices;

pub(super) use choice::Choice;
pub(super) use said::Said;
pub(super) use voices::{Heard, Voices};
