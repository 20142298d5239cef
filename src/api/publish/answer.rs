use serde::Serialize;

use super::Message;
use crate::api::Answer;
use crate::model::Position;

#[derive(Serialize)]
struct Published<'a> {
    messages: Vec<Place<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    channel: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    epoch: String,
    offset: u64,
    repeated: bool,
}

impl Message {
    /// Says where messages went, in their order. A receipt has the message's place in each of its event's channels,
    /// and whether it had been published before; `None` if there are not as many receipts as messages.
    pub fn answer<'a>(
        messages: &[Self],
        receipts: impl ExactSizeIterator<Item = (&'a [Position], bool)>,
    ) -> Option<Answer> {
        if messages.len() != receipts.len() {
            return None;
        }
        let places = messages
            .iter()
            .zip(receipts)
            .map(|(message, (positions, repeated))| {
                let Position { epoch, offset } = message.place(positions)?;
                Some(Place {
                    channel: &message.name,
                    id: message.id.as_deref(),
                    epoch: epoch.to_string(),
                    offset,
                    repeated,
                })
            });
        let messages = places.collect::<Option<Vec<_>>>()?;
        let body = serde_json::to_string(&Published { messages }).ok()?;
        Some(Answer { body, max_age_s: 0 })
    }

    /// Its place in the channel that it was addressed to, among those in all of its event's channels.
    fn place(&self, positions: &[Position]) -> Option<Position> {
        let channels = self.event.channels();
        let mut places = channels.iter().zip(positions);
        places
            .find(|(channel, _)| **channel == self.channel)
            .map(|(_, place)| *place)
    }
}
