use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use worker::Env;

use super::latest::{self, Events};
use crate::api::{Known, Part, Problem};
use crate::model::{Catalog, MarketEvent};
use crate::settings::Settings;

thread_local! {
    static EMBEDDED: OnceCell<Rc<Catalog>> = const { OnceCell::new() };
    /// What the feed has taught, and the newest events that did.
    static LEARNED: RefCell<Option<(Events, Rc<Catalog>)>> = const { RefCell::new(None) };
}

/// Reads what names coins and pairs. Whoever names none that is new here does not wait for the feed, nor for what is
/// wrong with it.
///
/// # Errors
/// As `read` says; or a coin is new, and the feed does not answer whether there is one.
pub async fn read<T>(
    env: &Env,
    settings: &Settings,
    read: impl Fn(Known<'_>) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let here = here(settings);
    let outcome = read_here(settings, &read);
    if !matches!(outcome, Err(Problem::Unavailable(_))) {
        return outcome;
    }
    let all = learn(latest::part(env, Part::Coins).await?, &here);
    read(Known {
        catalog: &all,
        is_all: true,
    })
}

/// The same by what is known without the feed.
///
/// # Errors
/// As `read` says.
pub fn read_here<T>(
    settings: &Settings,
    read: impl Fn(Known<'_>) -> Result<T, Problem>,
) -> Result<T, Problem> {
    read(Known {
        catalog: &here(settings),
        is_all: false,
    })
}

/// The coins and pairs that this isolate knows: those that have had channels from the first, at least.
fn here(settings: &Settings) -> Rc<Catalog> {
    if let Some(catalog) = LEARNED.with_borrow(|learned| Some(Rc::clone(&learned.as_ref()?.1))) {
        return catalog;
    }
    let embedded = || Catalog::embedded().with_pairs(settings.feed.candle_pairs.iter().cloned());
    EMBEDDED.with(|catalog| Rc::clone(catalog.get_or_init(|| Rc::new(embedded()))))
}

/// Adds the coins that the feed has seen since.
fn learn(latest: Events, here: &Catalog) -> Rc<Catalog> {
    let known = LEARNED.with_borrow(|learned| {
        let (events, catalog) = learned.as_ref()?;
        Rc::ptr_eq(events, &latest).then(|| Rc::clone(catalog))
    });
    if let Some(catalog) = known {
        return catalog;
    }
    let mut catalog = here.clone();
    for event in latest.iter() {
        if let MarketEvent::Price(price) = event {
            catalog.learn(&price.coin, &price.symbol);
        }
    }
    let catalog = Rc::new(catalog);
    LEARNED.set(Some((latest, Rc::clone(&catalog))));
    catalog
}
