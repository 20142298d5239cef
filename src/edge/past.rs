//! The candles of one pair that are over, and the running one: from D1, and from the feed what D1 does not have yet.

use worker::Env;

use super::api::{latest, stored};
use crate::api::{Candles, Part, Problem};
use crate::model::{CandleUpdate, Interval, Pair};

/// So many of the newest candles, oldest first.
///
/// # Errors
/// The feed or D1 does not answer.
pub async fn newest(
    env: &Env,
    pair: Pair,
    interval: Interval,
    bars: u16,
) -> Result<Vec<CandleUpdate>, Problem> {
    let asked = Candles::newest(pair, interval, bars);
    // Before the database: what it takes in between is in one of the two answers. Nor an answer of a moment ago, for what
    // closed since would be in neither.
    let latest = latest::now(env, Part::Candles).await?;
    let rows = stored::candles(env, &asked).await?;
    Ok(asked.joined(&rows, &latest))
}
