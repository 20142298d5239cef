use super::{Publishing, figures};
use crate::api::fields::Fields;
use crate::api::{Problem, values};
use crate::model::{
    Catalog, CoinId, MarketEvent, SentimentSources, Timeframe, TokenSentiment, Trending, TrendingRow,
};

const PERCENT: &str = "a number, in per cent";
const FRACTION: &str = "a number from 0 to 1";
const SCORE: &str = "a number from -1 to 1";
const RANK: &str = "a whole number from 1";

/// Coins in a ranking, at most.
const RANKED: usize = 20;
/// The kinds of opinion.
const OPINIONS: [&str; 4] = ["social", "news", "whale", "technical"];

/// `sentiment_update`
pub(super) fn mood(coin: &CoinId, catalog: &Catalog, mut data: Fields<'_>) -> Result<MarketEvent, Problem> {
    let ticker = catalog.symbol(coin).map_or("", |symbol| symbol.as_str());
    let symbol = data.required("token", format_args!("'{ticker}', the channel's coin"), |raw| {
        values::ticker_of(raw, coin, catalog)
    })?;
    let (level, score) = figures::mood(&mut data)?;
    let mood = TokenSentiment {
        coin: coin.clone(),
        symbol,
        level,
        score,
        confidence: data.required("confidence", FRACTION, |raw| values::within(raw, 0.0, 1.0))?,
        sources: opinions(&mut data)?,
        trending_rank: data.optional("trending_rank", RANK, |raw| {
            values::count(raw).filter(|rank| *rank > 0)
        })?,
        change_24h: data.optional("change_24h", PERCENT, values::decimal)?,
        timestamp: data.time("timestamp")?,
    };
    data.end()?;
    Ok(MarketEvent::TokenSentiment(mood))
}

/// What is not in `known` is 0, because nothing is known of it.
fn opinions(data: &mut Fields<'_>) -> Result<SentimentSources, Problem> {
    let what = format!("a list of {}", OPINIONS.join(", "));
    let known: Vec<String> = data.required("known", what, |raw| {
        let names: Vec<String> = serde_json::from_str(raw.get()).ok()?;
        let all_known = names.iter().all(|name| OPINIONS.contains(&name.as_str()));
        all_known.then_some(names)
    })?;
    let mut sources = data.object("sources")?;
    let mut opinion = |name: &str| {
        let score = sources.required(name, SCORE, |raw| values::within(raw, -1.0, 1.0))?;
        if known.iter().any(|known| known == name) {
            return Ok(Some(score));
        }
        let unknown = || sources.refuse(name, "expected 0, since 'known' does not have it");
        if score == 0.0 { Ok(None) } else { Err(unknown()) }
    };
    let opinions = SentimentSources {
        social: opinion("social")?,
        news: opinion("news")?,
        whale: opinion("whale")?,
        technical: opinion("technical")?,
    };
    sources.end()?;
    Ok(opinions)
}

/// `trending_update`
pub(super) fn ranking(
    timeframe: Timeframe,
    publishing: &Publishing<'_>,
    mut data: Fields<'_>,
) -> Result<MarketEvent, Problem> {
    data.required(
        "timeframe",
        format_args!("'{timeframe}', as the channel has it"),
        |raw| Timeframe::parse(&values::text(raw)?).filter(|given| *given == timeframe),
    )?;
    let rows = |listed: Vec<Fields<'_>>| {
        let rows = (1..).zip(listed);
        rows.map(|(rank, fields)| row(rank, publishing, fields))
            .collect::<Result<_, _>>()
    };
    let ranking = Trending {
        timeframe,
        coins: rows(data.objects("coins", RANKED)?)?,
        memecoins: rows(data.optional_objects("memecoins", RANKED)?)?,
        timestamp: data.time("timestamp")?,
    };
    data.end()?;
    Ok(MarketEvent::Trending(ranking))
}

fn row(rank: u32, publishing: &Publishing<'_>, mut row: Fields<'_>) -> Result<TrendingRow, Problem> {
    let (coin, symbol) = publishing.coin(&mut row, "token")?;
    let ranked = TrendingRow {
        coin,
        symbol,
        rank: row.required("rank", format_args!("{rank}, its place in the list"), |raw| {
            values::count(raw).filter(|given| *given == rank)
        })?,
        sentiment_score: row.optional("sentiment_score", SCORE, |raw| values::within(raw, -1.0, 1.0))?,
        volume_24h: row.optional(
            "volume_24h",
            "a number that is not negative",
            values::not_negative,
        )?,
        change: row.required("change", PERCENT, values::decimal)?,
        change_24h: row.optional("change_24h", PERCENT, values::decimal)?,
        trending_score: row.required("trending_score", FRACTION, |raw| values::within(raw, 0.0, 1.0))?,
    };
    row.end()?;
    Ok(ranked)
}
