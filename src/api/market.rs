use super::parameters::Parameters;
use super::{Answer, Part, Problem};
use crate::model::{MarketEvent, Timeframe};
use crate::protocol;

/// Figures of the whole market change with a poll of the providers, not with every cycle.
const MAX_AGE_S: u32 = 5;

/// A question whose answer is one current value: `/api/v1/market/{summary,volume,sentiment}`, `/api/v1/trending`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// The whole market in four figures.
    Summary,
    /// What is traded.
    Volume,
    /// The mood of the market.
    Sentiment,
    /// The coins that stand out.
    Trending(Timeframe),
}

impl Figure {
    pub(super) fn trending(parameters: &Parameters) -> Result<Self, Problem> {
        let names = Timeframe::ALL.map(Timeframe::as_str).join(", ");
        let timeframe = parameters.parsed("timeframe", format_args!("one of {names}"), Timeframe::parse)?;
        Ok(Self::Trending(timeframe.unwrap_or(Timeframe::H24)))
    }

    /// What of the feed it is in.
    pub const fn part(self) -> Part {
        match self {
            Self::Trending(_) => Part::Trending,
            _ => Part::Market,
        }
    }

    /// The current value.
    ///
    /// # Errors
    /// There is none yet.
    pub fn answer(self, latest: &[MarketEvent]) -> Result<Answer, Problem> {
        let event = latest
            .iter()
            .find(|event| self.is(event))
            .ok_or(Problem::NoData)?;
        Ok(Answer::one(&protocol::data(event), MAX_AGE_S))
    }

    fn is(self, event: &MarketEvent) -> bool {
        match (self, event) {
            (Self::Summary, MarketEvent::Summary(_))
            | (Self::Volume, MarketEvent::Volume(_))
            | (Self::Sentiment, MarketEvent::Sentiment(_)) => true,
            (Self::Trending(timeframe), MarketEvent::Trending(ranking)) => ranking.timeframe == timeframe,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MarketSummary, Source, Trending, UnixMillis};

    fn latest() -> Vec<MarketEvent> {
        let timestamp = UnixMillis::from_secs(1_764_678_600);
        let trending = |timeframe| {
            MarketEvent::Trending(Trending {
                timeframe,
                coins: vec![],
                memecoins: vec![],
                timestamp,
            })
        };
        vec![
            MarketEvent::Summary(MarketSummary {
                total_market_cap: "2450000000000.50".parse().unwrap(),
                total_volume_24h: 1.into(),
                bitcoin_dominance: 52.into(),
                active_cryptocurrencies: 9_875,
                market_cap_change_24h: None,
                source: Source::CoinGecko,
                timestamp,
                stale: false,
            }),
            trending(Timeframe::H1),
            trending(Timeframe::D7),
        ]
    }

    #[test]
    fn a_figure_is_the_event_of_its_kind_digit_for_digit() {
        let body = Figure::Summary.answer(&latest()).unwrap().body;
        assert!(
            body.starts_with(r#"{"data":{"total_market_cap":2450000000000.50,"#),
            "{body}"
        );
        assert_eq!(Figure::Volume.answer(&latest()), Err(Problem::NoData));
    }

    #[test]
    fn a_ranking_is_that_of_its_timeframe() {
        let body = Figure::Trending(Timeframe::D7).answer(&latest()).unwrap().body;
        assert!(body.contains(r#""timeframe":"7d""#), "{body}");
        assert_eq!(
            Figure::Trending(Timeframe::H4).answer(&latest()),
            Err(Problem::NoData)
        );
    }

    #[test]
    fn every_figure_is_in_the_part_that_it_asks_for() {
        for event in latest() {
            let part = match event {
                MarketEvent::Trending(_) => Figure::Trending(Timeframe::H1).part(),
                _ => Figure::Summary.part(),
            };
            assert!(part.holds(&event));
        }
    }
}
