//! What an operator is told of charts.

use std::collections::BTreeSet;

use crate::hub::Hub;
use crate::model::{Channel, Charts, Interval, Pair};

impl Hub {
    /// How many look at which charts.
    pub fn charts(&self) -> Charts {
        let mut charts = Charts::default();
        for (_, connection) in self.connections.iter() {
            charts.connections += 1;
            let held = connection
                .subscriptions
                .iter()
                .filter_map(|id| self.index.get(*id));
            let rooms = held.filter_map(|held| match &held.channel {
                channel @ Channel::Candles(pair, interval) => Some((pair, interval, channel)),
                _ => None,
            });
            let rooms: BTreeSet<(&Pair, &Interval, &Channel)> = rooms.collect();
            charts.clients += u64::from(!rooms.is_empty());
            for (pair, interval, channel) in rooms {
                let room = charts.rooms.entry(format!("{pair}:{interval}")).or_default();
                room.clients += 1;
                room.last_told = self.paces.last_told(connection.dialect, channel);
                room.has_candle = room.last_told.is_some() || self.heads.latest(channel).is_some();
            }
        }
        charts
    }
}
