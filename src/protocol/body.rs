use crate::model::{Position, Selection};

/// An event as a dialect writes it, all but what differs from channel to channel and from subscriber to subscriber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventBody {
    /// As a frame of its own.
    pub(super) alone: Template,
    /// As one of several in a frame, if that is written otherwise.
    pub(super) among: Option<Template>,
}

/// A text with places for what differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

/// A part of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// The same for everybody.
    Text(String),
    /// The channel as the subscriber calls it, as text, then its offset and epoch.
    Channel,
    /// The channel as the subscriber calls it, without what it chose of its messages, as text.
    Room,
    /// Epoch and offset, as one text.
    Place,
    /// What follows the family in the channel's name: the coin as the subscriber calls it, as text.
    Coin,
}

impl From<String> for Piece {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
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
    pub(super) fn whole(frame: String) -> Self {
        Self {
            alone: Template::of([frame.into()]),
            among: None,
        }
    }

    /// The frame for subscribers that call the channel `spelling`, on which the event has that place.
    pub fn frame(&self, spelling: &str, position: Position) -> String {
        self.alone.addressed(spelling, position)
    }

    /// What the frame shows of that spelling: it is one frame for all of whose spellings it shows the same. `None` if that is
    /// nobody else.
    pub fn shows<'a>(&self, spelling: &'a str) -> Option<&'a str> {
        let mut shown = "";
        for piece in &self.alone.0 {
            match piece {
                Piece::Text(_) | Piece::Place => {}
                Piece::Room => shown = Selection::plain(spelling),
                Piece::Coin | Piece::Channel => return None,
            }
        }
        Some(shown)
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

impl Template {
    /// These, one after the other.
    pub fn of(pieces: impl IntoIterator<Item = Piece>) -> Self {
        Self(pieces.into_iter().collect())
    }

    fn addressed(&self, spelling: &str, position: Position) -> String {
        let Position { epoch, offset } = position;
        let mut whole = String::with_capacity(self.size() + spelling.len() + 64);
        for piece in &self.0 {
            match piece {
                Piece::Text(same) => whole.push_str(same),
                Piece::Channel => {
                    whole.push_str(&text(spelling));
                    whole.push_str(&format!(r#","offset":{offset},"epoch":"{epoch}""#));
                }
                Piece::Room => whole.push_str(&text(Selection::plain(spelling))),
                Piece::Place => whole.push_str(&format!(r#""{epoch}:{offset}""#)),
                Piece::Coin => {
                    let coin = spelling.split_once(':').map_or(spelling, |(_, coin)| coin);
                    whole.push_str(&text(coin));
                }
            }
        }
        whole
    }

    fn size(&self) -> usize {
        let sizes = self.0.iter().map(|piece| match piece {
            Piece::Text(same) => same.len(),
            _ => 0,
        });
        sizes.sum()
    }
}

/// As JSON has it.
fn text(plain: &str) -> String {
    serde_json::to_string(plain).unwrap_or_default()
}
