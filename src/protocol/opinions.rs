use serde::Serialize;

use crate::model::SentimentSources;

/// What a mood is made of, on the wire: 0 where nothing is known.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Opinions {
    social: f64,
    news: f64,
    whale: f64,
    technical: f64,
}

impl From<&SentimentSources> for Opinions {
    fn from(of: &SentimentSources) -> Self {
        Self {
            social: of.social.unwrap_or(0.0),
            news: of.news.unwrap_or(0.0),
            whale: of.whale.unwrap_or(0.0),
            technical: of.technical.unwrap_or(0.0),
        }
    }
}

/// Those of them that are known: 0 says nothing in the others.
pub(super) fn known(of: &SentimentSources) -> Vec<&'static str> {
    let all = [
        ("social", of.social),
        ("news", of.news),
        ("whale", of.whale),
        ("technical", of.technical),
    ];
    let known = all.iter().filter(|(_, score)| score.is_some());
    known.map(|(name, _)| *name).collect()
}
