//! What operators ask of the broker, and of each shard that has sockets.

use std::collections::BTreeSet;

use worker::Env;

use super::{Outcome, catalog};
use crate::api::{self, Problem, Standings};
use crate::edge::shards::{self, Silent};
use crate::edge::wire;
use crate::hub::exchange::Places;
use crate::model::{Listing, Presence, Target};
use crate::settings::Settings;

impl From<Silent> for Problem {
    fn from(Silent(who): Silent) -> Self {
        Self::Unavailable(who)
    }
}

/// Closes a user's connections, or one connection, wherever they are.
pub async fn disconnect(target: &Target, env: &Env, settings: &Settings) -> Outcome {
    let mut names = shards::listed(env).await?;
    let known: BTreeSet<String> = names.iter().cloned().collect();
    // Also those that the broker does not know yet, or has given up: who is to go may be there. They come last: where an
    // invocation has too few requests for all, those that are known to have connections are asked at least.
    for family in wire::families() {
        let all = (0..settings.shards.max_shards).map(|n| wire::shard_name(family, n));
        names.extend(all.filter(|name| !known.contains(name)));
    }
    let mut closed = 0;
    let add = |here: u64| closed += here;
    shards::ask(env, names, wire::DISCONNECT, &encoded(target)?, add).await?;
    Ok(api::closed(closed))
}

/// Every channel, with who holds it and where it stands.
pub async fn channels(env: &Env) -> Outcome {
    let places: Places = shards::ask_broker(env, wire::PLACES, &[]).await?;
    let mut standings = Standings::new(places.channels, places.fresh);
    let add = |held: Listing<u64>| standings.add(held);
    shards::ask(env, shards::listed(env).await?, wire::CHANNELS, &[], add).await?;
    Ok(standings.answer())
}

/// Who holds one channel.
pub async fn presence(query: Vec<(String, String)>, env: &Env, settings: &Settings) -> Outcome {
    let (channel, name) = catalog::read(env, settings, |known| api::which(query.clone(), known)).await?;
    let mut presence = Presence::default();
    let add = |here: Presence| presence.add(here);
    shards::ask(
        env,
        shards::listed(env).await?,
        wire::PRESENCE,
        &encoded(&channel)?,
        add,
    )
    .await?;
    Ok(api::present(&name, &presence))
}

fn encoded(value: &impl serde::Serialize) -> std::result::Result<Vec<u8>, Problem> {
    wire::encode(value).map_err(|_| Problem::Unavailable("The hub"))
}
