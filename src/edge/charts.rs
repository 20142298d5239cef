//! `GET /health/ws-stats`: who looks at which charts, in the words of the candles document.

use serde_json::{Value, json};
use worker::{Env, Response, Result};

use super::recent::Recent;
use super::refusal::RefusedRequest;
use super::{clock, figures, shards, wire};
use crate::model::{ChartRoom, Charts};
use crate::protocol::Dialect;

thread_local! {
    static RECENT: Recent<(), Option<Charts>> = const { Recent::new() };
}

/// Asks the shards that have charts' sockets; once a second, however many ask.
pub async fn serve(env: &Env) -> Result<Response> {
    let Some(charts) = charts(env).await else {
        return RefusedRequest::Silent("The hub").respond();
    };
    let (feed, _) = figures::ask(env, wire::STATS).await;
    let Some(feed) = feed else {
        return RefusedRequest::Silent("The feed").respond();
    };
    let feed: Value = serde_json::from_str(&feed)?;
    Response::from_json(&report(&charts, feed.pointer("/feed/one_minute_candles")))
}

fn report(charts: &Charts, minutes: Option<&Value>) -> Value {
    let rooms = charts.rooms.iter();
    let rooms: Vec<Value> = rooms.map(|(key, room)| room_report(key, room)).collect();
    json!({
        "connections": charts.connections,
        "broadcaster": {
            "totalRooms": rooms.len(),
            "totalClients": charts.clients,
            "rooms": rooms,
        },
        "aggregator": {"oneMinuteCandlesCount": minutes},
    })
}

fn room_report(key: &str, room: &ChartRoom) -> Value {
    json!({
        "key": key,
        "clientCount": room.clients,
        "hasCandle": room.has_candle,
        "lastBroadcast": room.last_told.map(|at| at.get()),
    })
}

async fn charts(env: &Env) -> Option<Charts> {
    if let Some(known) = RECENT.with(|recent| recent.get_or_ask(&())) {
        return known;
    }
    let asked_at = clock::now();
    let charts = ask(env).await;
    let at = if charts.is_some() { asked_at } else { clock::now() };
    RECENT.with(|recent| recent.put((), at, charts.clone()));
    charts
}

async fn ask(env: &Env) -> Option<Charts> {
    let family = Dialect::Candles.rules().family;
    let mut names = shards::listed(env).await.ok()?;
    names.retain(|name| wire::family_of(name) == family);
    let mut charts = Charts::default();
    let add = |there: Charts| charts.add(there);
    shards::ask(env, names, wire::CHARTS, &[], add).await.ok()?;
    Some(charts)
}
