use super::parameters::Parameters;
use super::problem::shown;
use super::{Answer, Problem};
use crate::model::{Catalog, CoinId, MarketEvent, Symbol};
use crate::protocol;

/// Coins that one question may name.
const MAX_NAMES: usize = 100;

/// Prices change with every cycle of the feed.
const MAX_AGE_S: u32 = 2;

/// What is asked about coins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Facet {
    /// What each costs.
    Price,
    /// The mood about each.
    Mood,
}

impl Facet {
    /// The parameter that names the coins.
    pub(super) const fn parameter(self) -> &'static str {
        match self {
            Self::Price => "symbols",
            Self::Mood => "tokens",
        }
    }

    /// The coin that `event` is about, if it tells this of it.
    fn of(self, event: &MarketEvent) -> Option<&CoinId> {
        match (self, event) {
            (Self::Price, MarketEvent::Price(price)) => Some(&price.coin),
            (Self::Mood, MarketEvent::TokenSentiment(mood)) => Some(&mood.coin),
            _ => None,
        }
    }
}

/// `/api/v1/prices`, `/api/v1/sentiment`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coins {
    facet: Facet,
    /// Ids or tickers, as the client spelled them; none for all coins.
    names: Vec<String>,
}

impl Coins {
    pub(super) fn read(facet: Facet, parameters: &Parameters) -> Result<Self, Problem> {
        let names = parameters.list(facet.parameter(), MAX_NAMES)?;
        Ok(Self { facet, names })
    }

    /// The coins in the order asked for, each once; all of them as they come, by market cap, if none is named. What is
    /// not known of a coin yet is left out.
    ///
    /// # Errors
    /// A name that no coin has, and a feed that knows nothing yet.
    pub fn answer(&self, latest: &[MarketEvent]) -> Result<Answer, Problem> {
        if latest.is_empty() {
            return Err(Problem::NoData);
        }
        let found: Vec<(&CoinId, &MarketEvent)> = latest
            .iter()
            .filter_map(|event| self.facet.of(event).map(|coin| (coin, event)))
            .collect();
        let items: Vec<String> = if self.names.is_empty() {
            found.iter().map(|(coin, event)| item(coin, event)).collect()
        } else {
            let wanted = self.resolve(latest)?;
            let known = wanted
                .iter()
                .filter_map(|coin| found.iter().find(|(found, _)| *found == coin));
            known.map(|(coin, event)| item(coin, event)).collect()
        };
        Ok(Answer::list(&items, MAX_AGE_S))
    }

    /// The coins that are named, each once.
    fn resolve(&self, latest: &[MarketEvent]) -> Result<Vec<CoinId>, Problem> {
        let mut catalog = Catalog::embedded();
        for (coin, symbol) in latest.iter().filter_map(names_of) {
            catalog.learn(coin, symbol);
        }
        let mut coins = Vec::new();
        for name in &self.names {
            let Some(coin) = catalog.resolve(name) else {
                let parameter = self.facet.parameter();
                let detail = format!("'{parameter}': there is no coin '{}'", shown(name));
                return Err(Problem::parameter(parameter, detail));
            };
            if !coins.contains(coin) {
                coins.push(coin.clone());
            }
        }
        Ok(coins)
    }
}

fn names_of(event: &MarketEvent) -> Option<(&CoinId, &Symbol)> {
    match event {
        MarketEvent::Price(price) => Some((&price.coin, &price.symbol)),
        MarketEvent::TokenSentiment(mood) => Some((&mood.coin, &mood.symbol)),
        _ => None,
    }
}

/// An event's data with the coin's own id in front: several coins may share a ticker.
pub(super) fn item(coin: &CoinId, event: &MarketEvent) -> String {
    let data = protocol::data(event);
    let fields = data.strip_prefix('{').unwrap_or_default();
    format!(r#"{{"coin":"{coin}",{fields}"#)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::model::{Price, SentimentLevel, SentimentSources, Source, TokenSentiment, UnixMillis};

    fn price(coin: &str, symbol: &str, price: &str) -> MarketEvent {
        MarketEvent::Price(Price {
            coin: CoinId::new(coin).unwrap(),
            symbol: Symbol::new(symbol).unwrap(),
            price: price.parse().unwrap(),
            change_24h: None,
            volume_24h: None,
            source: Source::CoinGecko,
            sources: Source::CoinGecko.into(),
            timestamp: UnixMillis::from_secs(1_764_678_600),
            stale: false,
        })
    }

    fn mood(coin: &str, symbol: &str) -> MarketEvent {
        MarketEvent::TokenSentiment(TokenSentiment {
            coin: CoinId::new(coin).unwrap(),
            symbol: Symbol::new(symbol).unwrap(),
            level: SentimentLevel::Bullish,
            score: 0.3,
            confidence: 0.5,
            sources: SentimentSources::default(),
            trending_rank: None,
            change_24h: None,
            timestamp: UnixMillis::from_secs(1_764_678_600),
        })
    }

    fn latest() -> Vec<MarketEvent> {
        vec![
            price("bitcoin", "BTC", "43250.750"),
            price("ethereum", "ETH", "2135.41"),
            price("newcoin", "NEW", "0.00000000007821066970851871"),
            mood("ethereum", "ETH"),
        ]
    }

    fn ask(facet: Facet, names: &[&str]) -> Result<String, Problem> {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Coins { facet, names }.answer(&latest()).map(|answer| answer.body)
    }

    fn coins(body: &str) -> Vec<String> {
        let body: Value = serde_json::from_str(body).unwrap();
        let items = body["data"].as_array().unwrap();
        items
            .iter()
            .map(|item| item["coin"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn prices_come_in_the_order_asked_for_each_coin_once() {
        let body = ask(Facet::Price, &["new", "BTC", "bitcoin", "btc"]).unwrap();
        assert_eq!(coins(&body), ["newcoin", "bitcoin"]);
    }

    #[test]
    fn without_names_all_come_as_the_feed_has_them() {
        assert_eq!(
            coins(&ask(Facet::Price, &[]).unwrap()),
            ["bitcoin", "ethereum", "newcoin"]
        );
        assert_eq!(coins(&ask(Facet::Mood, &[]).unwrap()), ["ethereum"]);
    }

    #[test]
    fn digits_come_out_as_they_went_in() {
        let body = ask(Facet::Price, &[]).unwrap();
        assert!(
            body.contains(r#""coin":"bitcoin","symbol":"BTC","price":43250.750,"#),
            "{body}"
        );
        assert!(
            body.contains(r#""price":0.00000000007821066970851871,"#),
            "{body}"
        );
    }

    #[test]
    fn a_name_that_no_coin_has_is_an_error_that_shows_it() {
        let problem = ask(Facet::Mood, &["ETH", "nonsense"]).unwrap_err();
        assert_eq!(
            problem,
            Problem::parameter("tokens", "'tokens': there is no coin 'nonsense'")
        );
    }

    #[test]
    fn a_coin_of_which_nothing_is_known_yet_is_left_out() {
        assert_eq!(coins(&ask(Facet::Price, &["ADA", "ETH"]).unwrap()), ["ethereum"]);
        assert_eq!(ask(Facet::Mood, &["BTC"]).unwrap(), r#"{"data":[]}"#);
    }

    #[test]
    fn a_feed_that_has_not_run_has_no_data() {
        let all = Coins {
            facet: Facet::Price,
            names: vec![],
        };
        assert_eq!(all.answer(&[]), Err(Problem::NoData));
    }
}
