use serde_json::Value;

use super::{Body, Malformed, Message, Packet};

/// What a message may bring along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Attachments of one message.
    pub count: usize,
    /// Bytes of all of them.
    pub bytes: usize,
}

/// A message whose attachments have not all come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partial {
    namespace: String,
    body: Body<'static>,
    expected: usize,
    bytes: usize,
    attachments: Vec<Vec<u8>>,
}

impl Partial {
    /// What waits for attachments; `None` if the packet has none.
    ///
    /// # Errors
    /// [`Malformed::Attachments`]: there are more than allowed, or the payload has a placeholder for none of them.
    pub fn begin(packet: &Packet<'_>, limits: Limits) -> Result<Option<Self>, Malformed> {
        let (message, wrap): (_, fn(Message<'static>) -> Body<'static>) = match &packet.body {
            Body::Event(message) => (message, Body::Event),
            Body::Ack(message) => (message, Body::Ack),
            Body::Connect(_) | Body::Disconnect => return Ok(None),
        };
        if message.attachments == 0 {
            return Ok(None);
        }
        let payload: Value = serde_json::from_str(&message.payload).map_err(|_| Malformed::Payload)?;
        if message.attachments > limits.count || !places_exist(&payload, message.attachments) {
            return Err(Malformed::Attachments);
        }
        let body = wrap(Message {
            id: message.id,
            payload: message.payload.clone().into_owned().into(),
            attachments: message.attachments,
        });
        Ok(Some(Self {
            namespace: packet.namespace.to_owned(),
            body,
            expected: message.attachments,
            bytes: 0,
            attachments: Vec::new(),
        }))
    }

    /// One more has come; `true` if that was the last.
    ///
    /// # Errors
    /// [`Malformed::Attachments`]: they are too large.
    pub fn add(&mut self, attachment: Vec<u8>, limits: Limits) -> Result<bool, Malformed> {
        self.bytes = self.bytes.saturating_add(attachment.len());
        if self.bytes > limits.bytes {
            return Err(Malformed::Attachments);
        }
        self.attachments.push(attachment);
        Ok(self.attachments.len() >= self.expected)
    }

    /// The whole.
    pub fn finish(self) -> (String, Body<'static>, Vec<Vec<u8>>) {
        (self.namespace, self.body, self.attachments)
    }
}

/// Whether every placeholder is for one of so many attachments.
fn places_exist(value: &Value, attachments: usize) -> bool {
    match value {
        Value::Array(values) => values.iter().all(|value| places_exist(value, attachments)),
        Value::Object(fields) if fields.get("_placeholder") == Some(&Value::Bool(true)) => {
            let place = fields.get("num").and_then(Value::as_u64);
            place.is_some_and(|place| place < attachments as u64)
        }
        Value::Object(fields) => fields.values().all(|value| places_exist(value, attachments)),
        _ => true,
    }
}
