use worker::Env;

use super::latest;
use crate::api::Part;
use crate::model::{Catalog, MarketEvent};
use crate::settings::Settings;

/// The coins and pairs that have had channels from the first.
pub fn embedded(settings: &Settings) -> Catalog {
    Catalog::embedded().with_pairs(settings.feed.candle_pairs.iter().cloned())
}

/// The coins and pairs that have channels now: also what the feed has seen since, if it answers.
pub async fn known(env: &Env, settings: &Settings) -> Catalog {
    let mut catalog = embedded(settings);
    let latest = latest::part(env, Part::Coins).await.unwrap_or_default();
    for event in latest.iter() {
        if let MarketEvent::Price(price) = event {
            catalog.learn(&price.coin, &price.symbol);
        }
    }
    catalog
}
