use crate::api::fields::Fields;
use crate::api::{Problem, values};
use crate::model::{Catalog, CoinId, MarketEvent, Price};

/// `price_update`
pub(super) fn read(coin: &CoinId, catalog: &Catalog, mut data: Fields<'_>) -> Result<MarketEvent, Problem> {
    let ticker = catalog.symbol(coin).map_or("", |symbol| symbol.as_str());
    let symbol = data.required("symbol", format_args!("'{ticker}', the channel's coin"), |raw| {
        values::ticker_of(raw, coin, catalog)
    })?;
    let source = data.source()?;
    let mut sources = source.into();
    if let Some(mut metadata) = data.optional_object("metadata")? {
        sources = metadata.sources()?;
        sources.insert(source);
        metadata.end()?;
    }
    let price = Price {
        coin: coin.clone(),
        symbol,
        price: data.required(
            "price",
            "a number above zero of at most 28 digits",
            values::above_zero,
        )?,
        change_24h: data.optional("change_24h", "a number, in per cent", values::decimal)?,
        volume_24h: data.optional(
            "volume_24h",
            "a number that is not negative",
            values::not_negative,
        )?,
        source,
        sources,
        timestamp: data.time("timestamp")?,
        stale: data
            .optional("stale", "true or false", values::flag)?
            .unwrap_or(false),
    };
    data.end()?;
    Ok(MarketEvent::Price(price))
}
