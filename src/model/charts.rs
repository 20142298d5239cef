use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::UnixMillis;

/// How many look at which charts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charts {
    /// Connections, whether or not they look at something.
    pub connections: u64,
    /// Those that look at one chart or more.
    pub clients: u64,
    /// By pair and interval: `BTC/USDT:5m`. Only those that somebody looks at.
    pub rooms: BTreeMap<String, ChartRoom>,
}

/// One chart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartRoom {
    /// How many look at it.
    pub clients: u64,
    /// Whether it has had a candle.
    pub has_candle: bool,
    /// When they were told of one last; `None` if they were not.
    pub last_told: Option<UnixMillis>,
}

impl Charts {
    /// Adds who looks at charts elsewhere.
    pub fn add(&mut self, other: Self) {
        self.connections = self.connections.saturating_add(other.connections);
        self.clients = self.clients.saturating_add(other.clients);
        for (key, there) in other.rooms {
            let here = self.rooms.entry(key).or_default();
            here.clients = here.clients.saturating_add(there.clients);
            here.has_candle |= there.has_candle;
            here.last_told = here.last_told.max(there.last_told);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_of_two_shards_is_one() {
        let shard = |clients, last_told: Option<u64>| {
            let room = ChartRoom {
                clients,
                has_candle: last_told.is_some(),
                last_told: last_told.map(UnixMillis::new),
            };
            Charts {
                connections: 3,
                clients,
                rooms: BTreeMap::from([("BTC/USDT:5m".to_owned(), room)]),
            }
        };
        let mut charts = shard(2, None);
        charts.add(shard(1, Some(7)));
        charts.add(shard(1, Some(5)));
        assert_eq!((charts.connections, charts.clients), (9, 4));
        let expected = ChartRoom {
            clients: 4,
            has_candle: true,
            last_told: Some(UnixMillis::new(7)),
        };
        assert_eq!(charts.rooms["BTC/USDT:5m"], expected);
    }
}
