use crate::api::fields::Fields;
use crate::api::{Problem, values};
use crate::model::{Candle, CandleUpdate, Interval, MarketEvent, Pair};

const PRICE: &str = "a number above zero of at most 28 digits";
const VOLUME: &str = "a number that is not negative";

/// `candle_update`
pub(super) fn read(pair: &Pair, interval: Interval, mut data: Fields<'_>) -> Result<MarketEvent, Problem> {
    let pair = data.required("pair", format_args!("'{pair}', as the channel has it"), |raw| {
        Pair::parse(&values::text(raw)?).filter(|given| given == pair)
    })?;
    data.required(
        "interval",
        format_args!("'{interval}', as the channel has it"),
        |raw| Interval::parse(&values::text(raw)?).filter(|given| *given == interval),
    )?;
    let candle = candle(interval, &mut data)?;
    let update = CandleUpdate {
        pair,
        interval,
        candle,
        closed: data.required("closed", "true or false", values::flag)?,
        source: data.source()?,
    };
    data.end()?;
    Ok(MarketEvent::Candle(update))
}

fn candle(interval: Interval, data: &mut Fields<'_>) -> Result<Candle, Problem> {
    let open_at = data.time("time")?;
    let begin = interval.floor(open_at);
    if begin != open_at {
        return Err(data.refuse(
            "time",
            format_args!("expected the begin of a candle, as {begin} is"),
        ));
    }
    let candle = Candle {
        open_at,
        open: data.required("open", PRICE, values::above_zero)?,
        high: data.required("high", PRICE, values::above_zero)?,
        low: data.required("low", PRICE, values::above_zero)?,
        close: data.required("close", PRICE, values::above_zero)?,
        volume: data.required("volume", VOLUME, values::not_negative)?,
        quote_volume: data.optional("quote_volume", VOLUME, values::not_negative)?,
    };
    if candle.high < candle.open.max(candle.close).max(candle.low) {
        return Err(data.refuse("high", "expected the highest of the four prices"));
    }
    if candle.low > candle.open.min(candle.close) {
        return Err(data.refuse("low", "expected the lowest of the four prices"));
    }
    Ok(candle)
}
