use std::collections::BTreeMap;

use super::parameters::unknown;
use super::{Answer, Known, Problem};
use crate::auth::{Claims, may_read};
use crate::model::{CaughtUp, Channel, Position, Selection, UnixMillis};
use crate::protocol::{Dialect, Place, Refusal, Reply};
use crate::query::{self, Wrong};

/// So long a client may use an answer without asking again, seconds.
const MAX_AGE_S: u32 = 2;

/// A client may name so many times as many channels as it gets: it is told which ones it gets. Beyond that nobody reads on.
const NAMES: usize = 10;

/// When it is worth asking again for what is not known yet, seconds.
const RETRY_S: u64 = 5;

/// Whoever asks here is told what a WebSocket would have told, in the same words.
const DIALECT: Dialect = Dialect::CryptoIntel;

/// `GET /api/v1/messages`: what a client of some channels has not had yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Messages {
    names: Vec<String>,
    recover: Vec<(String, Position)>,
    max_channels: usize,
}

/// Which channels a client means, and which of them it may not have.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wanted {
    held: Vec<Held>,
    /// Other names of what is held.
    others: Vec<(String, Channel)>,
    refused: Vec<Refusal>,
}

#[derive(Debug, Clone, PartialEq)]
struct Held {
    selection: Selection,
    /// As the client spells it.
    name: String,
    since: Option<Position>,
}

impl From<Wrong> for Problem {
    fn from(Wrong { parameter, message }: Wrong) -> Self {
        Self::parameter(parameter, message)
    }
}

impl Messages {
    /// The names that its query may have.
    pub(super) const PARAMETERS: &'static [&'static str] = &["channels", "recover"];

    /// Reads a query as it stands in the address. An answer is about `max_channels` at most.
    ///
    /// # Errors
    /// The first parameter that is wrong.
    pub fn read(query: &str, max_channels: usize) -> Result<Self, Problem> {
        if let Some((name, _)) = query::pairs(query).find(|(name, _)| !Self::PARAMETERS.contains(&&**name)) {
            return Err(unknown(&name, Self::PARAMETERS));
        }
        Ok(Self {
            names: query::channels(query, NAMES * max_channels)?,
            recover: query::recover(query)?.unwrap_or_default(),
            max_channels,
        })
    }

    /// The channels that a client with these claims means. A name that only the feed can tell of is asked about, or, if the feed
    /// is `silent`, refused for the moment: it costs the others nothing.
    ///
    /// # Errors
    /// Only the feed can tell whether there is a coin of that name.
    pub fn wanted(&self, claims: Option<&Claims>, known: Known<'_>, silent: bool) -> Result<Wanted, Problem> {
        let places = self.places(claims, known);
        let mut wanted = Wanted::default();
        let mut over = Vec::new();
        for name in &self.names {
            match readable(name, claims, known) {
                Ok(selection) => {
                    let held = Held {
                        since: places.get(&selection.channel).copied(),
                        name: name.clone(),
                        selection,
                    };
                    if !wanted.hold(held, self.max_channels) {
                        over.push(name);
                    }
                }
                Err(Refusal::UnknownChannel(_)) if known.may_learn(name) => match silent {
                    true => wanted.refused.push(Refusal::NoValues(RETRY_S)),
                    false => return Err(Problem::Unavailable("The feed")),
                },
                Err(refusal) => wanted.refused.push(refusal),
            }
        }
        if let Some(first) = over.first() {
            wanted.refused.push(Refusal::TooManyChannels {
                limit: self.max_channels,
                refused: over.len(),
                first: (*first).clone(),
            });
        }
        Ok(wanted)
    }

    /// Where the client is, however it spells a channel there; of two places of one the first counts.
    fn places(&self, claims: Option<&Claims>, known: Known<'_>) -> BTreeMap<Channel, Position> {
        let mut places = BTreeMap::new();
        for (name, place) in &self.recover {
            if let Ok(selection) = Selection::parse(name, user(claims), known.catalog) {
                places.entry(selection.channel).or_insert(*place);
            }
        }
        places
    }
}

fn user(claims: Option<&Claims>) -> Option<&str> {
    claims.map(|claims| claims.subject.as_str())
}

/// What a client means by a name, if it may have it.
fn readable(name: &str, claims: Option<&Claims>, known: Known<'_>) -> Result<Selection, Refusal> {
    match Selection::parse(name, user(claims), known.catalog) {
        Ok(selection) if may_read(claims, &selection.channel) => Ok(selection),
        Ok(_) if claims.is_some() => Err(Refusal::ForbiddenChannel(name.to_owned())),
        Ok(_) => Err(Refusal::ChannelNeedsToken(name.to_owned())),
        Err(error) => Err(DIALECT.unknown_channel(error.name, known.catalog)),
    }
}

impl Wanted {
    /// Of two names of one channel the last one counts, in the place of the first. `false` if there is no room.
    fn hold(&mut self, new: Held, max_channels: usize) -> bool {
        let mut held = self.held.iter_mut();
        if let Some(known) = held.find(|it| it.selection.channel == new.selection.channel) {
            let channel = new.selection.channel.clone();
            self.others.push((std::mem::replace(known, new).name, channel));
            return true;
        }
        let has_room = self.held.len() < max_channels;
        if has_room {
            self.held.push(new);
        }
        has_room
    }

    /// What the broker is asked: what came on these channels after these places?
    pub fn question(&self) -> Vec<(Channel, Option<Position>)> {
        let held = self.held.iter();
        held.map(|it| (it.selection.channel.clone(), it.since)).collect()
    }

    /// The messages of the hub that answer it: what is held, what there is to tell of each, what was refused. `caught_up` has an answer
    /// to each part of the [`question`](Self::question).
    pub fn answer(&self, caught_up: &[CaughtUp], now: UnixMillis) -> Answer {
        let told = || self.held.iter().zip(caught_up);
        let places = told().map(|(held, it)| Place {
            name: &held.name,
            position: Some(it.position),
            recovered: it.recovered,
        });
        let aliases = self.others.iter().filter_map(|(name, channel)| {
            let held = self.held.iter().find(|held| held.selection.channel == *channel)?;
            Some((name.as_str(), held.name.as_str()))
        });
        let subscribed = Reply::Subscribed {
            held: self.held.iter().map(|held| held.name.as_str()).collect(),
            places: places.collect(),
            aliases: aliases.collect(),
        };
        let reply = |reply: &Reply<'_>| DIALECT.reply(reply, None, now).map(|answer| answer.text);
        let messages = told().flat_map(|(held, it)| {
            let chosen = it
                .messages
                .iter()
                .filter(|(_, event)| held.selection.filter.passes(event));
            chosen
                .filter_map(move |(place, event)| Some(DIALECT.event(event, now)?.frame(&held.name, *place)))
        });
        let refused = self
            .refused
            .iter()
            .filter_map(|refusal| reply(&Reply::Refused(refusal)));
        let all: Vec<String> = reply(&subscribed)
            .into_iter()
            .chain(messages)
            .chain(refused)
            .collect();
        Answer::list(&all, MAX_AGE_S)
    }
}

#[cfg(test)]
mod tests;
