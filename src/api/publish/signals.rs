use super::Publishing;
use crate::api::fields::Fields;
use crate::api::{Problem, values};
use crate::model::{Channel, MarketEvent, Signal, SignalMetadata, SignalType, Source};

/// Longest id of a signal, in bytes.
const MAX_ID: usize = 200;
/// Longest description of a signal, in bytes.
const MAX_DESCRIPTION: usize = 1_000;

/// `signal_alert`. It goes out on every channel of signals that it fits, so it must fit the one it was addressed to.
pub(super) fn read(
    channel: &Channel,
    publishing: &Publishing<'_>,
    mut data: Fields<'_>,
) -> Result<MarketEvent, Problem> {
    let id = data.text("id", MAX_ID)?;
    let types = SignalType::ALL.map(SignalType::as_str);
    let kind = data.word("type", &types, SignalType::parse)?;
    let kind = kind.ok_or_else(|| data.missing("type", &"the type of the signal"))?;
    if let Channel::SignalsOfType(wanted) = channel
        && *wanted != kind
    {
        return Err(data.refuse("type", format_args!("expected '{wanted}', as the channel has it")));
    }
    let (coin, symbol) = publishing.coin(&mut data, "symbol")?;
    let confidence = data.required("confidence", "a number from 0 to 1", |raw| {
        values::within(raw, 0.0, 1.0)
    })?;
    let threshold = publishing.high_confidence;
    let high = confidence >= threshold;
    if *channel == Channel::SignalsHigh && !high {
        return Err(data.refuse(
            "confidence",
            format_args!("expected at least {threshold} on 'signals:high'"),
        ));
    }
    let description = data.text("description", MAX_DESCRIPTION)?;
    let timestamp = data.time("timestamp")?;
    let metadata = figures(data.object("metadata")?)?;
    data.end()?;
    Ok(MarketEvent::Signal(Signal {
        id,
        kind,
        coin,
        symbol,
        confidence,
        high,
        description,
        timestamp,
        metadata,
    }))
}

fn figures(mut metadata: Fields<'_>) -> Result<SignalMetadata, Problem> {
    let price_change = metadata.required("price_change", "a number, in per cent", values::number)?;
    let volume_spike = metadata.required("volume_spike", "a number that is not negative", |raw| {
        values::within(raw, 0.0, f64::MAX)
    })?;
    let mut sources = metadata.sources()?;
    metadata.end()?;
    if sources.is_empty() {
        sources.insert(Source::Published);
    }
    Ok(SignalMetadata {
        price_change,
        volume_spike,
        sources: sources.iter().collect(),
    })
}
