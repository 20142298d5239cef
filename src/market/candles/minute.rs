use serde::{Deserialize, Serialize};

use super::Teller;
use super::bar::{Bar, paid};
use crate::model::{Candle, Decimal, Kline, Source, Ticker, Trade, UnixMillis};

/// One minute, which late data may still amend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Minute {
    pub(super) bar: Bar,
    told_by: ToldBy,
}

/// What a minute rests on. Its number rests in snapshots: never reorder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum ToldBy {
    /// Single trades, the first and the last at these times.
    Trades { first: UnixMillis, last: UnixMillis },
    /// A kline of the minute while it ran, told at this time.
    RunningKline { at: UnixMillis },
    /// A kline of the whole minute.
    ClosedKline,
    /// Tickers of one provider, the last at this time: what it costs, and nothing of what was traded.
    Tickers { last: UnixMillis },
}

impl Minute {
    /// A minute, which begins at `open_at`, of one trade.
    pub(super) fn of_trade(open_at: UnixMillis, trade: &Trade, source: Source) -> Self {
        let candle = Candle {
            open_at,
            open: trade.price,
            high: trade.price,
            low: trade.price,
            close: trade.price,
            volume: trade.amount,
            quote_volume: paid(trade),
        };
        let (first, last) = (trade.at, trade.at);
        Self {
            bar: Bar { candle, source },
            told_by: ToldBy::Trades { first, last },
        }
    }

    /// Whether this is a later state of the minute than `other`: a final one, or one of more volume; of two providers,
    /// whose volumes do not compare, the one that was told later.
    pub(super) fn knows_more_than(&self, other: &Self) -> bool {
        match (&self.told_by, &other.told_by) {
            (ToldBy::ClosedKline, _) => true,
            (_, ToldBy::ClosedKline) => false,
            (ToldBy::RunningKline { at }, ToldBy::RunningKline { at: other_at })
                if self.bar.source != other.bar.source =>
            {
                at >= other_at
            }
            _ => self.bar.candle.volume >= other.bar.candle.volume,
        }
    }

    /// A minute as a provider tells it.
    pub(super) fn of_kline(kline: &Kline, teller: Teller) -> Self {
        Self {
            bar: Bar {
                candle: kline.candle.clone(),
                source: teller.source,
            },
            told_by: if kline.closed {
                ToldBy::ClosedKline
            } else {
                ToldBy::RunningKline {
                    at: teller.observed_at,
                }
            },
        }
    }

    /// A minute, which begins at `open_at`, of one ticker.
    pub(super) fn of_ticker(open_at: UnixMillis, ticker: &Ticker) -> Self {
        let price = ticker.price;
        let candle = Candle {
            open_at,
            open: price,
            high: price,
            low: price,
            close: price,
            volume: Decimal::ZERO,
            quote_volume: None,
        };
        Self {
            bar: Bar {
                candle,
                source: ticker.source,
            },
            told_by: ToldBy::Tickers {
                last: ticker.observed_at,
            },
        }
    }

    /// Whether nothing but tickers is known of it.
    pub(super) fn is_by_tickers(&self) -> bool {
        matches!(self.told_by, ToldBy::Tickers { .. })
    }

    /// Takes in one more ticker; `false` if it says nothing new, or if somebody else tells the minute.
    pub(super) fn follow(&mut self, ticker: &Ticker) -> bool {
        let ToldBy::Tickers { last } = &mut self.told_by else {
            return false;
        };
        let candle = &mut self.bar.candle;
        if self.bar.source != ticker.source || ticker.observed_at < *last {
            return false;
        }
        *last = ticker.observed_at;
        let is_new = candle.close != ticker.price;
        candle.high = candle.high.max(ticker.price);
        candle.low = candle.low.min(ticker.price);
        candle.close = ticker.price;
        is_new
    }

    /// Takes in the trade with the greatest number so far: the earliest is the open, the latest the close,
    /// and of two at one time the one with the greater number is the later. `false` if a kline told the
    /// minute, which has the trade already, or if the volume would be beyond reckoning.
    pub(super) fn add(&mut self, trade: &Trade, source: Source) -> bool {
        let ToldBy::Trades { first, last } = &mut self.told_by else {
            return false;
        };
        let candle = &mut self.bar.candle;
        let Some(volume) = candle.volume.checked_add(trade.amount) else {
            return false;
        };
        candle.volume = volume;
        candle.quote_volume = candle
            .quote_volume
            .zip(paid(trade))
            .and_then(|(a, b)| a.checked_add(b));
        candle.high = candle.high.max(trade.price);
        candle.low = candle.low.min(trade.price);
        if trade.at < *first {
            *first = trade.at;
            candle.open = trade.price;
        }
        if trade.at >= *last {
            *last = trade.at;
            candle.close = trade.price;
        }
        self.bar.source = source;
        true
    }

    /// Whether `kline` says something of this minute that is newer than what is known.
    pub(super) fn is_outdated_by(&self, kline: &Kline, teller: Teller) -> bool {
        let (known, next) = (&self.bar.candle, &kline.candle);
        let own = self.bar.source == teller.source;
        match self.told_by {
            ToldBy::Trades { .. } | ToldBy::Tickers { .. } => true,
            ToldBy::RunningKline { at } => {
                let is_later = match own {
                    true => next.volume >= known.volume,
                    // Volumes of two do not compare.
                    false => teller.observed_at > at,
                };
                kline.closed || (is_later && known != next)
            }
            ToldBy::ClosedKline => kline.closed && own && known != next,
        }
    }
}
