use serde::{Deserialize, Serialize};

use crate::model::{Candle, Decimal, Source, Trade};

/// A candle, and who told the last minute of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Bar {
    pub(super) candle: Candle,
    pub(super) source: Source,
}

impl Bar {
    /// Takes in the bar of a later time. In whatever groups minutes are joined, the result is the same.
    pub(super) fn join(&mut self, later: &Self) {
        let (candle, next) = (&mut self.candle, &later.candle);
        candle.high = candle.high.max(next.high);
        candle.low = candle.low.min(next.low);
        candle.close = next.close;
        candle.volume = candle.volume.saturating_add(next.volume);
        candle.quote_volume = candle
            .quote_volume
            .zip(next.quote_volume)
            .and_then(|(a, b)| a.checked_add(b));
        self.source = later.source;
    }
}

/// What a trade moved in the pair's quote, if 28 digits hold it.
pub(super) fn paid(trade: &Trade) -> Option<Decimal> {
    trade.price.checked_mul(trade.amount)
}

/// Whether a trade can be reckoned with: price and amount above zero.
pub(super) fn is_credible_trade(trade: &Trade) -> bool {
    is_above_zero(trade.price) && is_above_zero(trade.amount)
}

/// Whether a candle can be reckoned with: prices above zero and in their order, no negative volume.
pub(super) fn is_credible(candle: &Candle) -> bool {
    let within = |price: Decimal| candle.low <= price && price <= candle.high;
    is_above_zero(candle.low)
        && within(candle.open)
        && within(candle.close)
        && !candle.volume.is_negative()
        && !candle.quote_volume.is_some_and(Decimal::is_negative)
}

/// Whether it can be a price or an amount.
pub(super) fn is_above_zero(value: Decimal) -> bool {
    !value.is_zero() && !value.is_negative()
}
