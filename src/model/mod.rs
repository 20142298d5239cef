//! The nouns of the field, without behaviour: what every other layer talks about.
//!
//! Every type that crosses a boundary between objects or rests in storage derives serde and is
//! written as postcard; what a *client* sees is decided by `protocol` alone.

mod alarm;
mod candle;
mod catch_up;
mod channel;
mod charts;
mod coin;
mod decimal;
mod event;
mod filter;
mod health;
mod interval;
mod listing;
mod memecoin;
mod mention;
mod moderation;
mod network;
mod observation;
mod ordered;
mod pair;
mod position;
mod presence;
mod price;
#[cfg(test)]
pub(crate) mod samples;
mod selection;
mod signal;
mod sources;
mod statistics;
mod status;
mod target;
mod tick;
mod time;
mod timeframe;
mod user_event;
mod whale;
mod words;
mod work;

pub use alarm::Alarm;
pub use candle::{Candle, CandleUpdate, Kline, Trade};
pub use catch_up::CaughtUp;
pub use channel::{Channel, ChannelError, MAX_CHANNEL_NAME, MAX_USER_ID};
pub use charts::{ChartRoom, Charts};
pub use coin::{Catalog, Coin, CoinId, Symbol};
pub use decimal::{Decimal, ParseDecimalError};
pub use event::{Event, MarketEvent};
pub use filter::{Clause, Filter, MAX_FILTER_ID, MAX_FILTER_PARTS, MAX_FILTER_TOKEN};
pub use health::{DatabaseState, SystemHealth};
pub use interval::Interval;
pub use listing::{Listing, MAX_LISTED};
pub use memecoin::is_memecoin;
pub use mention::{MAX_ENTITY, Mention};
pub use moderation::{CaseState, ModerationCase, Severity};
pub use network::Network;
pub use observation::{GlobalStats, Observation, Quote, Source, Ticker, TrendingCoin, TrendingSearch};
pub use ordered::ordered;
pub use pair::Pair;
pub use position::{Epoch, Position};
pub use presence::Presence;
pub use price::Price;
pub use selection::Selection;
pub use signal::{Signal, SignalMetadata, SignalType};
pub use sources::Sources;
pub use statistics::{
    FearGreed, MarketSentiment, MarketSummary, MarketVolume, SentimentLevel, SentimentSources,
    TokenSentiment, Trending, TrendingRow, VolumeShare, VolumeTrend,
};
pub use status::{HealthStatus, SystemStatus};
pub use target::Target;
pub use tick::{Message, Tick};
pub use time::UnixMillis;
pub use timeframe::Timeframe;
pub use user_event::{BalanceUpdate, Notification, TransactionUpdate, UserEvent, UserNews};
pub use whale::{Impact, WhaleActivity, WhaleMove};
pub use work::{
    BudgetAlert, Period, PipelineProgress, PipelineStage, StageState, TaskState, TaskStatus, WorkEvent,
    WorkNews,
};
