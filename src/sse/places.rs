use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::model::{Epoch, Position};

/// Longest id that is read, in bytes: 100 channels with an epoch of their own each have less.
const MAX_ID: usize = 4_096;

/// How far a client is on each of its channels.
///
/// As an id: `{channels}.{epoch}.{place}.{place}…`, numbers in hexadecimal. `channels` tells other lists of channels from this one; `epoch`
/// is that of the first place; a place is an offset, with `-{epoch}` behind it where that is another, or nothing where it is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    channels: Vec<String>,
    check: u32,
    places: Vec<Option<Position>>,
}

impl Places {
    /// Nothing is known yet of these channels.
    pub fn of(channels: Vec<String>) -> Self {
        Self {
            check: check(&channels),
            places: vec![None; channels.len()],
            channels,
        }
    }

    /// The channels, as the client spells them, in its order.
    pub fn channels(&self) -> &[String] {
        &self.channels
    }

    /// What is known, by channel.
    pub fn known(&self) -> impl Iterator<Item = (&str, Position)> {
        let channels = self.channels.iter().map(String::as_str);
        channels
            .zip(&self.places)
            .filter_map(|(name, place)| Some((name, (*place)?)))
    }

    /// The client is there now, whatever was known.
    pub fn set(&mut self, channel: &str, position: Position) {
        if let Some(place) = self.place(channel) {
            *place = Some(position);
        }
    }

    /// The client has got the message of that place. A value that is older than where the channel stands takes nothing back.
    pub fn advance(&mut self, channel: &str, position: Position) {
        if let Some(place) = self.place(channel) {
            let is_behind = place.is_some_and(|it| it.epoch == position.epoch && it.offset > position.offset);
            if !is_behind {
                *place = Some(position);
            }
        }
    }

    fn place(&mut self, channel: &str) -> Option<&mut Option<Position>> {
        let at = self.channels.iter().position(|name| name == channel)?;
        self.places.get_mut(at)
    }

    /// All places as one id; `None` if none is known.
    pub fn id(&self) -> Option<String> {
        let epoch = self.places.iter().flatten().next()?.epoch;
        let mut id = format!("{:x}.{:x}", self.check, epoch.get());
        for place in &self.places {
            id.push('.');
            // A string takes everything.
            let _ = match place {
                None => Ok(()),
                Some(place) if place.epoch == epoch => write!(id, "{:x}", place.offset),
                Some(place) => write!(id, "{:x}-{:x}", place.offset, place.epoch.get()),
            };
        }
        Some(id)
    }

    /// Takes over the places of an id. One that does not fit these channels, or is none, changes nothing.
    pub fn resume(&mut self, id: &str) {
        if let Some(places) = self.read(id) {
            self.places = places;
        }
    }

    fn read(&self, id: &str) -> Option<Vec<Option<Position>>> {
        if id.len() > MAX_ID {
            return None;
        }
        let mut parts = id.split('.');
        if hexadecimal(parts.next()?)? != u64::from(self.check) {
            return None;
        }
        let epoch = Epoch::new(hexadecimal(parts.next()?)?);
        let places: Option<Vec<_>> = parts
            .map(|part| match part {
                "" => Some(None),
                part => place(part, epoch).map(Some),
            })
            .collect();
        places.filter(|places| places.len() == self.channels.len())
    }
}

fn place(text: &str, epoch: Epoch) -> Option<Position> {
    let (offset, epoch) = match text.split_once('-') {
        Some((offset, epoch)) => (offset, Epoch::new(hexadecimal(epoch)?)),
        None => (text, epoch),
    };
    let offset = hexadecimal(offset)?;
    Some(Position { epoch, offset })
}

fn hexadecimal(text: &str) -> Option<u64> {
    // The standard library would take a sign.
    let is_plain = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    u64::from_str_radix(text, 16).ok().filter(|_| is_plain)
}

/// Tells the lists of channels apart that a client may have had an id of.
fn check(channels: &[String]) -> u32 {
    let digest: [u8; 32] = Sha256::digest(channels.join("\n")).into();
    let [a, b, c, d, ..] = digest;
    u32::from_be_bytes([a, b, c, d])
}
