use super::parameters::Parameters;
use super::{Candles, Coins, Facet, Figure, Messages, Problem, Signals};
use crate::model::Pair;
use crate::query;

/// A path of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// `/api/v1/openapi.json`
    Document,
    /// `/api/v1/prices`
    Prices,
    /// `/api/v1/sentiment`
    Moods,
    /// `/api/v1/market/summary`
    Summary,
    /// `/api/v1/market/volume`
    Volume,
    /// `/api/v1/market/sentiment`
    Sentiment,
    /// `/api/v1/trending`
    Trending,
    /// `/api/v1/signals`
    Signals,
    /// `/api/v1/candles`
    Candles,
    /// `/api/v1/pairs`
    Pairs,
    /// `/api/v1/messages`
    Messages,
}

/// What a request asks, read and checked.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// The description of the API.
    Document,
    /// About coins.
    Coins(Coins),
    /// One current value.
    Figure(Figure),
    /// What was alerted.
    Signals(Signals),
    /// What a pair's price did.
    Candles(Candles),
    /// Which pairs have candles.
    Pairs,
    /// What was published on channels.
    Messages(Messages),
}

impl Route {
    /// Every route there is.
    pub const ALL: [Self; 11] = [
        Self::Document,
        Self::Prices,
        Self::Moods,
        Self::Summary,
        Self::Volume,
        Self::Sentiment,
        Self::Trending,
        Self::Signals,
        Self::Candles,
        Self::Pairs,
        Self::Messages,
    ];

    /// The route of that path, if there is one.
    pub fn of(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|route| route.path() == path)
    }

    /// Where it is.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Document => "/api/v1/openapi.json",
            Self::Prices => "/api/v1/prices",
            Self::Moods => "/api/v1/sentiment",
            Self::Summary => "/api/v1/market/summary",
            Self::Volume => "/api/v1/market/volume",
            Self::Sentiment => "/api/v1/market/sentiment",
            Self::Trending => "/api/v1/trending",
            Self::Signals => "/api/v1/signals",
            Self::Candles => "/api/v1/candles",
            Self::Pairs => "/api/v1/pairs",
            Self::Messages => "/api/v1/messages",
        }
    }

    /// The names that its query may have.
    pub const fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::Document | Self::Summary | Self::Volume | Self::Sentiment | Self::Pairs => &[],
            Self::Prices => &["symbols"],
            Self::Moods => &["tokens"],
            Self::Trending => &["timeframe"],
            Self::Signals => &["type", "min_confidence", "since", "limit", "cursor"],
            Self::Candles => &["symbol", "interval", "limit", "before"],
            Self::Messages => Messages::PARAMETERS,
        }
    }

    /// Whether anybody may ask, as often as he likes: what is in the document is in the repository too.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Document)
    }
}

impl Question {
    /// Reads a query as it stands in the address. `pairs` are those that have candles; a question is about `max_channels` at most.
    ///
    /// # Errors
    /// The first parameter that is wrong.
    pub fn read(route: Route, query: &str, pairs: &[Pair], max_channels: usize) -> Result<Self, Problem> {
        let parameters = || {
            let decoded = query::pairs(query).map(|(name, value)| (name.into_owned(), value.into_owned()));
            Parameters::read(decoded, route.parameters())
        };
        Ok(match route {
            Route::Document => parameters().map(|_| Self::Document)?,
            Route::Prices => Self::Coins(Coins::read(Facet::Price, &parameters()?)?),
            Route::Moods => Self::Coins(Coins::read(Facet::Mood, &parameters()?)?),
            Route::Summary => parameters().map(|_| Self::Figure(Figure::Summary))?,
            Route::Volume => parameters().map(|_| Self::Figure(Figure::Volume))?,
            Route::Sentiment => parameters().map(|_| Self::Figure(Figure::Sentiment))?,
            Route::Trending => Self::Figure(Figure::trending(&parameters()?)?),
            Route::Signals => Self::Signals(Signals::read(&parameters()?)?),
            Route::Candles => Self::Candles(Candles::read(&parameters()?, pairs)?),
            Route::Pairs => parameters().map(|_| Self::Pairs)?,
            Route::Messages => Self::Messages(Messages::read(query, max_channels)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::api::{DOCUMENT, Service};
    use crate::model::Timeframe;

    /// The names that a query may have, by the document.
    fn documented(operation: &Value) -> Vec<&str> {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        parameters
            .filter(|it| it["in"] == "query")
            .map(|it| it["name"].as_str().unwrap())
            .collect()
    }

    #[test]
    fn the_document_has_every_route_with_its_parameters_and_no_other() {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let paths = document["paths"].as_object().unwrap();
        assert_eq!(paths.len(), Route::ALL.len() + Service::ALL.len());
        for route in Route::ALL {
            let get = &paths[route.path()]["get"];
            assert_eq!(documented(get), route.parameters(), "{}", route.path());
            assert_eq!(
                get["security"] == serde_json::json!([]),
                route.is_open(),
                "{}",
                route.path()
            );
        }
        for service in Service::ALL {
            let method = if service.is_post() { "post" } else { "get" };
            let operation = &paths[service.path()][method];
            assert_eq!(documented(operation), service.parameters(), "{}", service.path());
            let scope = operation["security"][0]["token"][0].as_str();
            assert_eq!(scope, Some(service.scope().as_str()), "{}", service.path());
        }
    }

    #[test]
    fn a_path_is_known_exactly() {
        for route in Route::ALL {
            assert_eq!(Route::of(route.path()), Some(route));
        }
        for path in [
            "/api/v1/",
            "/api/v1/prices/",
            "/api/v1/PRICES",
            "/api/v2/prices",
            "",
        ] {
            assert_eq!(Route::of(path), None, "{path}");
        }
    }

    #[test]
    fn a_ranking_is_of_a_day_unless_asked_otherwise() {
        let read = |value: &str| Question::read(Route::Trending, &format!("?timeframe={value}"), &[], 1);
        let trending = |timeframe| Ok(Question::Figure(Figure::Trending(timeframe)));
        assert_eq!(read(""), trending(Timeframe::H24));
        assert_eq!(read("1h"), trending(Timeframe::H1));
        assert!(read("1d").is_err());
    }

    #[test]
    fn a_figure_without_parameters_refuses_any() {
        let problem = Question::read(Route::Summary, "x=1", &[], 1).unwrap_err();
        assert_eq!(
            problem,
            Problem::parameter("x", "There is no parameter 'x' here, nor any other")
        );
    }
}
