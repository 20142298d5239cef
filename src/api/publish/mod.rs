//! `POST /api/v1/publish`: from a request's body to messages that are checked to the last field, or to what is
//! wrong with the first bad one. All of a request is published or nothing.
//!
//! [`prices`], [`signals`], [`figures`], [`moods`], [`candles`], [`mentions`], [`users`], [`whale`], [`work`],
//! [`moderation`]: what each channel takes.

mod answer;
mod candles;
mod figures;
mod mentions;
mod moderation;
mod moods;
mod prices;
mod signals;
#[cfg(test)]
mod tests;
mod users;
mod whale;
mod work;

use serde_json::value::RawValue;

use super::fields::{self, Fields};
use super::problem::shown;
use super::{Known, Problem, values};
use crate::auth::{Scopes, may_publish};
use crate::model::{
    BudgetAlert, Channel, CoinId, Event, ModerationCase, PipelineProgress, Symbol, SystemHealth, TaskStatus,
    UnixMillis, UserNews, WhaleActivity,
};

/// A request's body has at most so many bytes.
pub const MAX_BODY: usize = 1 << 20;
/// A message has at most so many bytes, as it was sent.
const MAX_MESSAGE: usize = 64 << 10;
/// A request has at most so many messages.
const MAX_MESSAGES: usize = 1_000;
/// Longest `id` of a message, in bytes.
const MAX_ID: usize = 128;

/// Longest name of a thing, address or hash, in bytes.
const MAX_NAME: usize = 128;
/// Longest of the publisher's own words, in bytes.
const MAX_WORD: usize = 64;
/// Longest text, in bytes.
const MAX_TEXT: usize = 10_000;
/// `health` is the hub's word about itself, which nobody else has.
const HEALTH_IS_OWN: &str = "nobody but the hub itself publishes on 'health'";
const COUNT: &str = "a whole number that is not negative";
const AMOUNT: &str = "a number that is not negative";

/// The clocks of publishers may be so far ahead of ours, milliseconds. The hub sends what comes in the order in which it
/// comes; but clients that keep the newest by its time would believe what is of the future until then.
const AHEAD_MS: u64 = 5 * 60_000;

/// What a publisher's words are held against.
#[derive(Debug, Clone, Copy)]
pub struct Publishing<'a> {
    /// The coins and pairs that have channels.
    pub known: Known<'a>,
    /// What the token allows.
    pub scopes: Scopes,
    /// `SIGNAL_HIGH_CONFIDENCE`
    pub high_confidence: f64,
    /// Nothing that is published is of a time more than five minutes later.
    pub now: UnixMillis,
}

/// A message that may be published.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The channel that it was addressed to; the event may be on others too.
    pub channel: Channel,
    /// That channel as the publisher spelled it.
    pub name: String,
    /// What it says.
    pub event: Event,
    /// Makes it one that may be sent again; of this publisher alone.
    pub id: Option<String>,
}

impl Publishing<'_> {
    /// Reads one message, a list of them, or `{"messages": [ … ]}`.
    ///
    /// # Errors
    /// The first field that is wrong, the first scope that is missing, what is too large; or a coin that perhaps the
    /// feed knows.
    pub fn read(&self, body: &str) -> Result<Vec<Message>, Problem> {
        let body = values::json(body)?;
        if values::is_list(body) {
            return self.list("", body);
        }
        let mut fields = Fields::read(String::new(), body)?;
        match fields.take("messages") {
            Some(list) => {
                fields.end()?;
                self.list("messages", list)
            }
            None => Ok(vec![self.message(fields, body)?]),
        }
    }

    fn list(&self, name: &str, list: &RawValue) -> Result<Vec<Message>, Problem> {
        let items = fields::items(name, list)?;
        if items.is_empty() {
            return Err(Problem::field(name, "There is no message"));
        }
        if items.len() > MAX_MESSAGES {
            let found = items.len();
            return Err(Problem::TooLarge(format!(
                "A request has at most {MAX_MESSAGES} messages, this one has {found}"
            )));
        }
        let messages = items.into_iter().map(|(path, item)| {
            let fields = Fields::read(path, item)?;
            self.message(fields, item)
        });
        messages.collect()
    }

    fn message(&self, mut fields: Fields<'_>, raw: &RawValue) -> Result<Message, Problem> {
        let size = raw.get().len();
        if size > MAX_MESSAGE {
            let which = match fields.path() {
                "" => "this one".to_owned(),
                path => format!("'{path}'"),
            };
            return Err(Problem::TooLarge(format!(
                "A message has at most {MAX_MESSAGE} bytes, {which} has {size}"
            )));
        }
        let name = fields.required("channel", "the name of a channel", values::text)?;
        // Before the coin is looked up: without the scope it is no matter which ones there are.
        if let Some(family) = Channel::family_of(&name) {
            may_publish(self.scopes, family).map_err(|scope| Problem::ScopeMissing {
                scope: scope.as_str(),
                what: format!("publish on '{}'", shown(&name)),
            })?;
        }
        let channel = self
            .known
            .channel(&name, |error| fields.refuse("channel", error))?;
        if channel == Channel::Health {
            return Err(fields.refuse("channel", HEALTH_IS_OWN));
        }
        let kind = self.kind(&channel, &mut fields)?;
        let id = fields.optional_text("id", MAX_ID)?;
        let data = fields.object("data")?.until(Some(self.now.plus(AHEAD_MS)));
        fields.end()?;
        Ok(Message {
            event: self.event(&channel, kind, data)?,
            channel,
            name,
            id,
        })
    }

    /// The message's type, which need not be given where there is but one.
    fn kind(&self, channel: &Channel, fields: &mut Fields<'_>) -> Result<&'static str, Problem> {
        let kinds = kinds(channel);
        let given = fields.word("type", kinds, |word| {
            kinds.iter().copied().find(|kind| *kind == word)
        });
        match (given?, kinds) {
            (Some(kind), _) | (None, &[kind]) => Ok(kind),
            (None, _) => Err(fields.missing("type", &format!("one of {}", kinds.join(", ")))),
        }
    }

    /// The coin whose ticker the field has.
    fn coin(&self, data: &mut Fields<'_>, name: &str) -> Result<(CoinId, Symbol), Problem> {
        let expected = "the ticker of a known coin";
        let symbol = data.required(name, expected, values::ticker)?;
        match values::coin_of(&symbol, self.known.catalog) {
            Some(coin) => Ok((coin.clone(), symbol)),
            None => {
                let why = format_args!("expected {expected}, found '{symbol}'");
                Err(self.known.no_coin(data.refuse(name, why)))
            }
        }
    }

    fn event(&self, channel: &Channel, kind: &str, data: Fields<'_>) -> Result<Event, Problem> {
        let event = match channel {
            Channel::Price(coin) => prices::read(coin, self.known.catalog, data)?,
            Channel::SignalsAll | Channel::SignalsHigh | Channel::SignalsOfType(_) => {
                signals::read(channel, self, data)?
            }
            Channel::MarketSummary => figures::summary(data)?,
            Channel::MarketVolume => figures::volume(data)?,
            Channel::MarketSentiment => figures::sentiment(data)?,
            Channel::Candles(pair, interval) => candles::read(pair, *interval, data)?,
            Channel::Sentiment(coin) => moods::mood(coin, self.known.catalog, data)?,
            Channel::Trending(timeframe) => moods::ranking(*timeframe, self, data)?,
            Channel::Mentions(entity) => return mentions::read(entity, data),
            Channel::User(id) => return users::read(id, kind, data),
            Channel::Whale => return whale::read(data),
            Channel::Tasks(id) => return work::task(id, data),
            Channel::Pipelines(id) => return work::pipeline(id, data),
            Channel::Budget(id) => return work::budget(id, data),
            Channel::Moderation => return moderation::read(data),
            Channel::Health => return Err(Problem::field("channel", HEALTH_IS_OWN)),
        };
        Ok(event.into())
    }
}

/// The types of messages that a channel has, as clients see them.
const fn kinds(channel: &Channel) -> &'static [&'static str] {
    match channel {
        Channel::Price(_) => &["price_update"],
        Channel::SignalsAll | Channel::SignalsHigh | Channel::SignalsOfType(_) => &["signal_alert"],
        Channel::MarketSummary | Channel::MarketVolume | Channel::MarketSentiment => &["market_data"],
        Channel::Candles(..) => &["candle_update"],
        Channel::Sentiment(_) => &["sentiment_update"],
        Channel::Trending(_) => &["trending_update"],
        Channel::Mentions(_) => &["mention_alert"],
        Channel::User(_) => &UserNews::KINDS,
        Channel::Whale => &[WhaleActivity::KIND],
        Channel::Tasks(_) => &[TaskStatus::KIND],
        Channel::Pipelines(_) => &[PipelineProgress::KIND],
        Channel::Budget(_) => &[BudgetAlert::KIND],
        Channel::Moderation => &[ModerationCase::KIND],
        Channel::Health => &[SystemHealth::KIND],
    }
}
