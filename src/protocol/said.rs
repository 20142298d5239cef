use super::{Command, Dialect, Refusal};

/// A client's message, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What it asks for; or what is wrong with it, the connection being none the worse for it.
    pub asks: Result<Command, Refusal>,
    /// What its answers are to bear.
    pub tag: Option<Tag>,
    /// The dialect that it is in, and that its connection speaks from now on: where that was open, a message may decide.
    pub dialect: Dialect,
}

/// What a client marked a request with, so that it knows the answers; as it stands in the message that bears it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag(pub(super) Box<str>);

impl Tag {
    /// Bytes.
    pub fn size(&self) -> usize {
        self.0.len()
    }
}

impl From<u64> for Tag {
    fn from(number: u64) -> Self {
        Self(number.to_string().into())
    }
}

/// What a client is told in answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// A frame.
    pub text: String,
    /// The frame that acknowledges the request, if its client waits for one: of all its answers, one has it.
    pub acknowledgement: Option<String>,
}

impl From<String> for Answer {
    fn from(text: String) -> Self {
        Self {
            text,
            acknowledgement: None,
        }
    }
}
