use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use worker::Env;

use super::latest::{self, Events};
use crate::api::Part;
use crate::model::{Catalog, MarketEvent};
use crate::settings::Settings;

thread_local! {
    static EMBEDDED: OnceCell<Rc<Catalog>> = const { OnceCell::new() };
    /// What these events taught.
    static KNOWN: RefCell<Option<(Events, Rc<Catalog>)>> = const { RefCell::new(None) };
}

/// The coins and pairs that have had channels from the first.
pub fn embedded(settings: &Settings) -> Rc<Catalog> {
    let read = || Catalog::embedded().with_pairs(settings.feed.candle_pairs.iter().cloned());
    EMBEDDED.with(|embedded| Rc::clone(embedded.get_or_init(|| Rc::new(read()))))
}

/// The coins and pairs that have channels now: also what the feed has seen since, if it answers.
pub async fn known(env: &Env, settings: &Settings) -> Rc<Catalog> {
    let latest = latest::part(env, Part::Coins).await.unwrap_or_default();
    let known = KNOWN.with_borrow(|known| {
        let (events, catalog) = known.as_ref()?;
        Rc::ptr_eq(events, &latest).then(|| Rc::clone(catalog))
    });
    if let Some(catalog) = known {
        return catalog;
    }
    let mut catalog = Catalog::clone(&embedded(settings));
    for event in latest.iter() {
        if let MarketEvent::Price(price) = event {
            catalog.learn(&price.coin, &price.symbol);
        }
    }
    let catalog = Rc::new(catalog);
    KNOWN.set(Some((latest, Rc::clone(&catalog))));
    catalog
}
