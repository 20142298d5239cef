use std::time::Duration;

use serde_json::json;
use worker::{Env, Error, Result};

use super::{Outcome, catalog};
use crate::api::{Known, Message, Problem, Publishing};
use crate::auth::Claims;
use crate::edge::outbound::within;
use crate::edge::{clock, log, wire};
use crate::hub::broker::{Item, MessageId, Publication, Receipt, Taken};
use crate::model::Event;
use crate::settings::Settings;

/// A broker that has not stored anything by then may have, or not.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Reads, checks and publishes what another back end has to say.
///
/// # Errors
/// Nothing was published; or it is not known, if the broker does not answer.
pub async fn publish(body: &str, claims: &Claims, env: &Env, settings: &Settings) -> Outcome {
    let read = |known: Known<'_>| {
        let publishing = Publishing {
            known,
            scopes: claims.scopes,
            high_confidence: settings.feed.high_confidence,
            now: clock::now(),
        };
        publishing.read(body)
    };
    let messages = catalog::read(env, settings, read).await?;
    let items = messages.iter().map(|message| Item {
        event: Event::clone(&message.event),
        id: message.id.clone().map(|id| MessageId {
            publisher: claims.subject.to_string(),
            id,
        }),
    });
    let publication = Publication {
        published_at: clock::now(),
        items: items.collect(),
        ..Publication::default()
    };
    let receipts = within(TIMEOUT, send(env, &publication)).await;
    let receipts = receipts.unwrap_or_else(|| Err(Error::RustError("no answer in 10 s".to_owned())));
    let receipts = receipts.map_err(|error| {
        log::event("publish_failed", json!({"error": error.to_string()}));
        Problem::BrokerSilent
    })?;
    let places = receipts
        .iter()
        .map(|receipt| (receipt.positions.as_slice(), receipt.repeated));
    Message::answer(&messages, places).ok_or(Problem::BrokerSilent)
}

async fn send(env: &Env, publication: &Publication) -> Result<Vec<Receipt>> {
    let body = wire::encode(publication)?;
    let taken: Taken = wire::broker(env)?.post(wire::PUBLISH, &body).await?.decode()?;
    Ok(taken.receipts)
}
