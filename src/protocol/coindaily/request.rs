use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::topic::Topic;
use crate::model::{Clause, Decimal, Filter, MAX_FILTER_ID, MAX_FILTER_PARTS, MAX_FILTER_TOKEN, Severity};
use crate::protocol::fields::{read, shown};
use crate::protocol::{Command, Refusal};

/// What may stand beside a request's type, its fields still unread. Unknown fields are ignored.
#[derive(Default, Deserialize)]
struct Parameters<'a> {
    #[serde(borrow)]
    token: Option<&'a RawValue>,
    #[serde(borrow)]
    tokens: Option<&'a RawValue>,
    #[serde(borrow, rename = "minAmount")]
    min_amount: Option<&'a RawValue>,
    #[serde(borrow, rename = "taskId")]
    task_id: Option<&'a RawValue>,
    #[serde(borrow, rename = "pipelineId")]
    pipeline_id: Option<&'a RawValue>,
    #[serde(borrow, rename = "agentId")]
    agent_id: Option<&'a RawValue>,
    #[serde(borrow)]
    severity: Option<&'a RawValue>,
}

/// What a request of that type is about; `None` if there is no such type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `auth`, `authenticate`
    Authenticate,
    /// `subscribe_*`
    Subscribe(Topic),
    /// `unsubscribe_*`
    Unsubscribe(Topic),
    /// `get_market_sentiment`
    Latest,
    /// `ping`
    Ping,
}

impl Kind {
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "auth" | "authenticate" => Some(Self::Authenticate),
            "get_market_sentiment" => Some(Self::Latest),
            "ping" => Some(Self::Ping),
            _ => match name.strip_prefix("subscribe_") {
                Some(topic) => Topic::named(topic).map(Self::Subscribe),
                None => Topic::named(name.strip_prefix("unsubscribe_")?).map(Self::Unsubscribe),
            },
        }
    }
}

/// Reads a request: its type, and what stands beside it as `data`. `token` is one that stands elsewhere.
pub(super) fn request(
    name: &str,
    data: Option<&RawValue>,
    token: Option<&RawValue>,
) -> Result<Command, Refusal> {
    let kind = Kind::named(name).ok_or_else(|| {
        Refusal::BadMessage(format!(
            "'{}' is no message; there are 'auth', 'subscribe_*', 'unsubscribe_*', 'get_market_sentiment' and 'ping'",
            shown(name)
        ))
    })?;
    if kind == Kind::Ping {
        return Ok(Command::Ping);
    }
    let parameters = parameters(data)?;
    match kind {
        Kind::Ping => Ok(Command::Ping),
        Kind::Authenticate => {
            let token = read(parameters.token.or(token));
            let token = token.ok_or_else(|| Refusal::BadMessage("'token' must be a string".to_owned()))?;
            Ok(Command::Auth { token, batch: None })
        }
        Kind::Subscribe(topic) => Ok(Command::Subscribe {
            channels: channels(topic, &parameters)?,
            recover: Vec::new(),
            bars: None,
        }),
        Kind::Unsubscribe(topic) if is_about_all(topic, &parameters) => Ok(Command::Unsubscribe {
            channels: Vec::new(),
            family: Some(topic.family),
        }),
        Kind::Unsubscribe(topic) => Ok(Command::Unsubscribe {
            channels: channels(topic, &parameters)?,
            family: None,
        }),
        Kind::Latest => Ok(Command::Latest {
            channels: moods(&parameters)?,
        }),
    }
}

/// An object; nothing, and `null`, say nothing.
fn parameters(data: Option<&RawValue>) -> Result<Parameters<'_>, Refusal> {
    let Some(data) = data.filter(|data| data.get() != "null") else {
        return Ok(Parameters::default());
    };
    if !data.get().starts_with('{') {
        return Err(Refusal::BadMessage("'data' must be an object".to_owned()));
    }
    serde_json::from_str(data.get())
        .map_err(|error| Refusal::BadMessage(format!("'data' is not valid JSON: {error}")))
}

/// Whether nothing says what of a topic is meant.
fn is_about_all(topic: Topic, parameters: &Parameters<'_>) -> bool {
    match topic.family {
        "sentiment" => parameters.tokens.is_none(),
        "whale" => parameters.tokens.is_none() && parameters.min_amount.is_none(),
        "moderation" => parameters.severity.is_none(),
        _ => parameters.id_of(topic).is_none(),
    }
}

/// The hub's names of what is meant of a topic.
fn channels(topic: Topic, parameters: &Parameters<'_>) -> Result<Vec<String>, Refusal> {
    let clause = match topic.family {
        "sentiment" => return moods(parameters),
        "whale" => Clause {
            tokens: chosen_tokens(parameters)?,
            min_amount: least(parameters)?,
            ..Clause::default()
        },
        "moderation" => Clause {
            severity: severity(parameters)?,
            ..Clause::default()
        },
        _ => Clause {
            id: id(topic, parameters)?,
            ..Clause::default()
        },
    };
    let filter = Filter::from(clause);
    Ok(vec![if filter.is_all() {
        topic.family.to_owned()
    } else {
        format!("{}?{}", topic.family, filter.written(topic.family))
    }])
}

/// What stands before a coin in the name of its channel.
pub(super) const MOOD: &str = "sentiment:";

/// The channels of the moods about some coins.
fn moods(parameters: &Parameters<'_>) -> Result<Vec<String>, Refusal> {
    let tokens: Option<Vec<String>> = read(parameters.tokens);
    let tokens = tokens.filter(|tokens| !tokens.is_empty());
    let tokens =
        tokens.ok_or_else(|| bad("tokens", parameters.tokens, "a list of at least one token symbol"))?;
    Ok(tokens.into_iter().map(|token| format!("{MOOD}{token}")).collect())
}

/// The tickers that a client chose; none for any.
fn chosen_tokens(parameters: &Parameters<'_>) -> Result<BTreeSet<Box<str>>, Refusal> {
    let Some(field) = parameters.tokens else {
        return Ok(BTreeSet::new());
    };
    let tokens: Option<Vec<String>> = read(Some(field));
    let tokens: Option<BTreeSet<Box<str>>> = tokens
        .into_iter()
        .flatten()
        .map(|token| Clause::token(&token))
        .collect();
    tokens
        .filter(|tokens| (1..=MAX_FILTER_PARTS).contains(&tokens.len()))
        .ok_or_else(|| {
            let valid = format!(
                "a list of 1 to {MAX_FILTER_PARTS} token symbols of up to {MAX_FILTER_TOKEN} letters"
            );
            bad("tokens", parameters.tokens, &valid)
        })
}

fn least(parameters: &Parameters<'_>) -> Result<Option<Decimal>, Refusal> {
    let Some(field) = parameters.min_amount else {
        return Ok(None);
    };
    let amount: Option<Decimal> = read(Some(field));
    match amount.filter(|amount| !amount.is_negative()) {
        // Who wants everything wants no clause.
        Some(amount) => Ok(Some(amount).filter(|amount| !amount.is_zero())),
        None => Err(bad(
            "minAmount",
            parameters.min_amount,
            "a number of US dollars, not negative",
        )),
    }
}

fn severity(parameters: &Parameters<'_>) -> Result<Option<Severity>, Refusal> {
    let Some(field) = parameters.severity else {
        return Ok(None);
    };
    let word: Option<String> = read(Some(field));
    match word.and_then(|word| Severity::parse(&word)) {
        Some(severity) => Ok(Some(severity)),
        None => Err(bad("severity", parameters.severity, &Severity::WORDS.join(", "))),
    }
}

fn id(topic: Topic, parameters: &Parameters<'_>) -> Result<Option<Box<str>>, Refusal> {
    let Some((name, field)) = topic.id.zip(parameters.id_of(topic)) else {
        return Ok(None);
    };
    let id: Option<Box<str>> = read(Some(field));
    match id.filter(|id| (1..=MAX_FILTER_ID).contains(&id.len())) {
        Some(id) => Ok(Some(id)),
        None => Err(bad(
            name,
            Some(field),
            &format!("a string of 1 to {MAX_FILTER_ID} bytes"),
        )),
    }
}

impl<'a> Parameters<'a> {
    fn id_of(&self, topic: Topic) -> Option<&'a RawValue> {
        match topic.family {
            "tasks" => self.task_id,
            "pipelines" => self.pipeline_id,
            "budget" => self.agent_id,
            _ => None,
        }
    }
}

fn bad(field: &'static str, given: Option<&RawValue>, valid: &str) -> Refusal {
    Refusal::BadValue {
        field,
        given: given.map_or_else(|| "nothing".to_owned(), |given| shown(given.get())),
        valid: valid.to_owned(),
    }
}

#[cfg(test)]
mod tests;
