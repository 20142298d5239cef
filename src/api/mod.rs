//! The REST API without its I/O: parameters in, JSON out. Documented in `docs/rest-api.md` and, for machines, in
//! [`DOCUMENT`].
//!
//! ```text
//! path ─▶ Route ─┐
//!                ├─▶ Question ─▶ what it is answered from ─▶ Answer, or a Problem
//! query ─────────┘               (latest events, rows of D1)
//! ```
//!
//! One file per question: [`coins`] (prices, moods), [`market`], [`signals`], [`candles`], [`messages`]; [`publish`] reads what other
//! back ends have to say, [`operator`] is for those who run the hub; [`fields`] and [`values`] read a body, [`known`]
//! says which coins it may name. `edge/api` fetches what a question needs and sends what comes of it.

mod answer;
mod candles;
mod coins;
mod fields;
mod known;
mod latest;
mod market;
mod messages;
mod operator;
mod pairs;
mod parameters;
mod problem;
mod publish;
mod question;
mod requests;
mod service;
mod signals;
mod values;

pub use answer::{Answer, matches_etag};
pub use candles::{CandleRow, Candles};
pub use coins::{Coins, Facet};
pub use known::Known;
pub use latest::Part;
pub use market::Figure;
pub use messages::{Messages, Wanted};
pub use operator::{Standings, closed, present, which, whom};
pub use pairs::pairs;
pub use problem::Problem;
pub use publish::{MAX_BODY, Message, Publishing};
pub use question::{Question, Route};
pub use requests::{Admission, RequestWindows, Standing, WINDOW_S};
pub use service::Service;
pub use signals::{Cursor, SignalRow, Signals};

/// The OpenAPI 3.1 description of all that is here.
pub const DOCUMENT: &str = include_str!("../../docs/openapi.json");
