//! The REST API: from a request to an answer. What it means is [`crate::api`]'s business.
//!
//! - [`respond`]: answers and problems with their headers; [`limit`]: how many a network may ask
//! - [`latest`]: what the feed knows now; [`messages`]: what the broker keeps; [`stored`]: what D1 has; [`catalog`]: which coins there are
//! - [`services`]: what needs a scope; [`body`] reads what is sent, [`publish`] and [`operator`] do it

mod body;
mod catalog;
pub mod latest;
mod limit;
mod messages;
mod operator;
mod publish;
mod respond;
mod services;
pub mod stored;

use serde_json::json;
use worker::{Env, Headers, Method, Request, Response, Result};

use super::refusal::RefusedRequest;
use super::url::Url;
use super::{clock, config, log, tally, visitor};
use crate::api::{self, Answer, DOCUMENT, Part, Problem, Question, Route, Service, Standing};
use crate::auth::Claims;
use crate::settings::Settings;

/// What begins like this is the API's.
pub const PREFIX: &str = "/api/";

/// The description changes with a deployment alone.
const DOCUMENT_MAX_AGE_S: u32 = 300;

type Outcome = std::result::Result<Answer, Problem>;

/// Answers a request for the API.
pub async fn serve(request: &mut Request, url: &Url, env: &Env, settings: &Settings) -> Result<Response> {
    let headers = request.headers();
    let allowed = visitor::origin_allowed(headers, url, settings)?;
    let origin = if allowed { headers.get("origin")? } else { None };
    let mut response = if !allowed {
        problem(&Problem::OriginNotAllowed)?
    } else if let Some(route) = Route::of(url.path()) {
        match request.method() {
            Method::Options => respond::preflight(respond::GET)?,
            Method::Get | Method::Head => question(route, url, headers, env, settings).await?,
            _ => problem(&Problem::MethodNotAllowed(respond::GET))?,
        }
    } else if let Some(service) = Service::of(url.path()) {
        services::serve(service, request, url, env, settings).await?
    } else {
        problem(&Problem::NotFound)?
    };
    respond::add_cors(&mut response, origin.as_deref())?;
    Ok(response)
}

/// Says no to a request that the router does not admit.
pub fn refuse(refused: &RefusedRequest) -> Result<Response> {
    match refused {
        RefusedRequest::BadSetting(what) => problem(&Problem::BadSetting(what.clone())),
        _ => problem(&Problem::NotEncrypted),
    }
}

/// Counts the request, if there is a limit, and answers it if there is room.
async fn question(
    route: Route,
    url: &Url,
    headers: &Headers,
    env: &Env,
    settings: &Settings,
) -> Result<Response> {
    let limit = settings.limits.api_requests_per_15_min;
    let (Some(limit), false) = (limit, route.is_open()) else {
        return respond_to(ask(route, url, headers, env, settings).await?, headers);
    };
    let standing = limit::count(env, visitor::network(headers)?, limit).await;
    let outcome = match standing {
        Some(Standing {
            admitted: false,
            reset_s: retry_after_s,
            ..
        }) => Err(Problem::TooManyRequests { limit, retry_after_s }),
        _ => ask(route, url, headers, env, settings).await?,
    };
    let mut response = respond_to(outcome, headers)?;
    if let Some(standing) = standing {
        respond::add_limits(&mut response, limit, standing)?;
    }
    Ok(response)
}

fn respond_to(outcome: Outcome, headers: &Headers) -> Result<Response> {
    match outcome {
        Ok(answer) => respond::answer(&answer, headers),
        Err(why) => problem(&why),
    }
}

/// Whether the client may ask, what it asks, and the answer, in this order.
async fn ask(route: Route, url: &Url, headers: &Headers, env: &Env, settings: &Settings) -> Result<Outcome> {
    let claims = match route.is_open() {
        true => None,
        false => match reader(headers, settings)? {
            Ok(claims) => claims,
            Err(refused) => return Ok(Err(refused)),
        },
    };
    let (pairs, max_channels) = (&settings.feed.candle_pairs, settings.limits.max_channels);
    Ok(match Question::read(route, url.query(), pairs, max_channels) {
        Ok(question) => answer(question, claims.as_ref(), env, settings).await,
        Err(problem) => Err(problem),
    })
}

fn query(url: &Url) -> Vec<(String, String)> {
    let pairs = url.query_pairs();
    let owned = pairs.map(|(name, value)| (name.into_owned(), value.into_owned()));
    owned.collect()
}

/// The rules of the WebSocket: a token where one is needed, and a good one wherever one is given.
fn reader(headers: &Headers, settings: &Settings) -> Result<std::result::Result<Option<Claims>, Problem>> {
    let open = settings.auth.public_read;
    Ok(match claims(headers, settings)? {
        Ok(None) if !open => Err(Problem::TokenMissing),
        other => other,
    })
}

/// What the token allows, if there is one.
fn claims(headers: &Headers, settings: &Settings) -> Result<std::result::Result<Option<Claims>, Problem>> {
    let Some(credentials) = headers.get("authorization")? else {
        return Ok(Ok(None));
    };
    let token = match credentials.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => {
            let why = "the Authorization header is not 'Bearer' with a token";
            return Ok(Err(Problem::TokenRefused(why.to_owned())));
        }
    };
    let verified = config::verifier(settings)?.verify(token, clock::now());
    Ok(verified
        .map(Some)
        .map_err(|error| Problem::TokenRefused(error.to_string())))
}

async fn answer(question: Question, claims: Option<&Claims>, env: &Env, settings: &Settings) -> Outcome {
    match question {
        Question::Document => Ok(document()),
        Question::Coins(coins) => coins.answer(&latest::part(env, Part::Coins).await?),
        Question::Figure(figure) => figure.answer(&latest::part(env, figure.part()).await?),
        Question::Pairs => Ok(api::pairs(&settings.feed.candle_pairs)),
        Question::Messages(messages) => messages::answer(&messages, claims, env, settings).await,
        Question::Signals(signals) => Ok(signals.answer(&stored::signals(env, &signals).await?)),
        Question::Candles(candles) => {
            // Before the database: what it takes in between is in one of the two answers.
            let latest = match candles.asks_feed(clock::now()) {
                true => latest::part(env, Part::Candles).await?,
                false => latest::Events::default(),
            };
            let rows = stored::candles(env, &candles).await?;
            Ok(candles.answer(&rows, &latest, clock::now()))
        }
    }
}

fn document() -> Answer {
    Answer {
        body: DOCUMENT.to_owned(),
        max_age_s: DOCUMENT_MAX_AGE_S,
    }
}

/// A problem's answer, logged and counted like every refusal.
fn problem(problem: &Problem) -> Result<Response> {
    // What strangers try out costs neither a line nor a count.
    if !matches!(problem, Problem::NotFound | Problem::MethodNotAllowed(_)) {
        tally::count(problem.code());
        log::event(
            "refused",
            json!({"code": problem.code(), "status": problem.status()}),
        );
    }
    respond::problem(problem)
}
