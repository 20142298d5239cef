use crate::model::Position;

/// An event as a dialect writes it, all but what differs from channel to channel and from subscriber to subscriber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventBody {
    /// As a frame of its own.
    pub(super) alone: Parts,
    /// As one of several in a frame, if that is written otherwise.
    pub(super) among: Option<Parts>,
}

/// A text with a place for what differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts {
    pub before: String,
    pub address: Address,
    pub after: String,
}

/// What stands in that place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Address {
    /// The channel as the subscriber calls it, as text, then its offset and epoch.
    Channel,
    /// What follows the family in the channel's name: the coin as the subscriber calls it, as text.
    Coin,
    /// Nothing: the event says it all.
    Nothing,
}

/// A message, ready for whoever calls its channel alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// As a frame of its own.
    pub alone: String,
    /// As one of several in a frame, if that is written otherwise.
    pub among: Option<String>,
}

impl EventBody {
    /// An event whose frame is the same for everybody.
    pub(super) const fn whole(frame: String) -> Self {
        Self {
            alone: Parts {
                before: frame,
                address: Address::Nothing,
                after: String::new(),
            },
            among: None,
        }
    }

    /// The frame for subscribers that call the channel `spelling`, on which the event has that place.
    pub fn frame(&self, spelling: &str, position: Position) -> String {
        self.alone.addressed(spelling, position)
    }

    /// The same for a frame that may hold others.
    pub fn written(&self, spelling: &str, position: Position) -> Written {
        Written {
            alone: self.frame(spelling, position),
            among: self
                .among
                .as_ref()
                .map(|parts| parts.addressed(spelling, position)),
        }
    }
}

impl From<String> for Written {
    fn from(alone: String) -> Self {
        Self { alone, among: None }
    }
}

impl Parts {
    fn addressed(&self, spelling: &str, position: Position) -> String {
        let Self {
            before,
            address,
            after,
        } = self;
        match address {
            Address::Channel => {
                let name = text(spelling);
                let Position { epoch, offset } = position;
                format!(r#"{before}{name},"offset":{offset},"epoch":"{epoch}"{after}"#)
            }
            Address::Coin => {
                let coin = spelling.split_once(':').map_or(spelling, |(_, coin)| coin);
                format!("{before}{}{after}", text(coin))
            }
            Address::Nothing => format!("{before}{after}"),
        }
    }
}

/// As JSON has it.
fn text(plain: &str) -> String {
    serde_json::to_string(plain).unwrap_or_default()
}
