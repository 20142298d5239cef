use super::event::{event, retry};
use super::frame::Message;
use super::places::Places;
use super::refused::Refused;

/// Goes to everybody, and may come before the answer to what was asked.
const STATUS: &str = "system_status";

/// One stream: from the frames of a shard to events, and how far its client is.
#[derive(Debug)]
pub struct Stream {
    places: Places,
    has_token: bool,
    stage: Stage,
    /// How the hub is, told before the stream began.
    status: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The hub has not answered yet.
    Asked,
    /// It holds nothing for the client: why not comes next.
    Empty,
    Begun,
    Over,
}

/// What is to be done after a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Nothing.
    Nothing,
    /// Answer the client: here is how the stream begins.
    Begins(String),
    /// Send these events.
    Events(String),
    /// Send these, and end the stream.
    Ends(String),
    /// There will be no stream.
    Refused(Refused),
}

impl Stream {
    pub(super) const fn new(places: Places, has_token: bool) -> Self {
        Self {
            places,
            has_token,
            stage: Stage::Asked,
            status: None,
        }
    }

    /// A frame of the shard. One that is no message of the hub is passed over.
    pub fn hear(&mut self, frame: &str) -> Heard {
        let Some(message) = Message::read(frame) else {
            return Heard::Nothing;
        };
        match self.stage {
            Stage::Asked | Stage::Empty => self.begin(&message, frame),
            Stage::Begun => self.go_on(&message, frame),
            Stage::Over => Heard::Nothing,
        }
    }

    /// Until the hub has said what the client holds, and that is anything, there is no stream.
    fn begin(&mut self, message: &Message<'_>, frame: &str) -> Heard {
        match message.kind.as_ref() {
            "subscribed" if message.holds_any() => {
                self.stage = Stage::Begun;
                let mut stream = String::new();
                retry(&mut stream);
                self.add(&mut stream, message, frame);
                if let Some(status) = self.status.take() {
                    event(&mut stream, STATUS, None, &status);
                }
                Heard::Begins(stream)
            }
            "subscribed" => {
                self.stage = Stage::Empty;
                Heard::Nothing
            }
            "error" => {
                self.stage = Stage::Over;
                match message.fault() {
                    Some((code, message)) => Heard::Refused(Refused::told(code, message, self.has_token)),
                    None => Heard::Nothing,
                }
            }
            STATUS => {
                self.status = Some(frame.to_owned());
                Heard::Nothing
            }
            _ => Heard::Nothing,
        }
    }

    fn go_on(&mut self, message: &Message<'_>, frame: &str) -> Heard {
        let mut stream = String::new();
        if message.kind == "batch" {
            for one in &message.messages {
                if let Some(message) = Message::read(one.get()) {
                    self.add(&mut stream, &message, one.get());
                }
            }
        } else {
            self.add(&mut stream, message, frame);
        }
        if message.kind == "error" && message.fault().is_some_and(|(code, _)| code == "EXPIRED_TOKEN") {
            // Nobody can say a new token here: the client comes back with one.
            self.stage = Stage::Over;
            return Heard::Ends(stream);
        }
        Heard::Events(stream)
    }

    /// Writes a message as an event, with how far the client is after it.
    fn add(&mut self, stream: &mut String, message: &Message<'_>, raw: &str) {
        let is_placed = if message.kind == "subscribed" {
            for (channel, position) in message.positions() {
                self.places.set(&channel, position);
            }
            true
        } else if let Some((channel, position)) = message.place() {
            self.places.advance(channel, position);
            true
        } else {
            false
        };
        let id = if is_placed { self.places.id() } else { None };
        event(stream, &message.kind, id.as_deref(), raw);
    }
}
