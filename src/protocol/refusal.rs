/// Why the hub did not do what a client asked. `Display` is the sentence that the client reads;
/// each dialect has its own code for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The token is no good.
    #[error("The token was refused: {0}")]
    InvalidToken(&'static str),
    /// The token was good once.
    #[error("The token has expired; send 'auth' with a new one")]
    ExpiredToken,
    /// Needs an `auth` first.
    #[error("'{0}' needs authentication; send 'auth' with a token first")]
    AuthRequired(&'static str),
    /// Nobody authenticated in time.
    #[error("No valid 'auth' arrived within {0} s")]
    AuthTimeout(u64),
    /// A connection keeps its subject.
    #[error("The new token is for another subject; this connection stays with its own")]
    OtherSubject,
    /// There is no such channel.
    #[error("Channel '{0}' does not exist")]
    UnknownChannel(String),
    /// There are more such channels in the same message than are worth naming.
    #[error("{0} more of the channels do not exist")]
    MoreUnknownChannels(usize),
    /// The channel is somebody else's.
    #[error("Channel '{0}' is not for this token")]
    ForbiddenChannel(String),
    /// The channel needs a token, and none has come.
    #[error("Channel '{0}' needs a token; send 'auth' first")]
    ChannelNeedsToken(String),
    /// There are more such channels in the same message than are worth naming.
    #[error("{0} more of the channels are not for this token")]
    MoreForbiddenChannels(usize),
    /// The connection holds as many channels as it may.
    #[error(
        "A connection holds at most {limit} channels; {refused} of the channels were not subscribed, the first is '{first}'"
    )]
    TooManyChannels {
        /// `MAX_CHANNELS`
        limit: usize,
        /// How many were left out.
        refused: usize,
        /// The first of them.
        first: String,
    },
    /// Messages come too fast.
    #[error("More than {limit} messages a minute; this one was not read, try again in {retry_after_s} s")]
    TooManyMessages {
        /// `MESSAGES_PER_MINUTE`
        limit: u32,
        /// Seconds, rounded up.
        retry_after_s: u64,
    },
    /// Too much of what was asked for waits for the hub.
    #[error("Too many requests wait for their answers; this one was not read, try again in {0} s")]
    TooMuchWaits(u64),
    /// No room.
    #[error("The server is at its maximum of connections; retry with exponential backoff")]
    Full,
    /// The frame is no message of the dialect.
    #[error("{0}")]
    BadMessage(String),
    /// The message names far more channels than a connection may hold.
    #[error("'{field}' names at most {most} channels in one message, this one has {count}")]
    TooManyNames {
        /// Where: `channels`, `recover`.
        field: &'static str,
        /// How many there may be.
        most: usize,
        /// How many there are.
        count: usize,
    },
    /// A field has a value that it cannot have.
    #[error("Invalid {field}: {given}. Valid: {valid}")]
    BadValue {
        /// Its name.
        field: &'static str,
        /// The value, cut.
        given: String,
        /// What it may be.
        valid: String,
    },
    /// There are no candles of this pair.
    #[error("Invalid symbol: {symbol}. Only {} supported.", listed(.supported))]
    UnknownPair {
        /// What was asked for, cut.
        symbol: String,
        /// The pairs of `CANDLE_PAIRS`.
        supported: Vec<String>,
    },
    /// The candles that came before could not be read.
    #[error("Past candles are not available at the moment; updates follow")]
    NoHistory,
    /// Where channels stand is not known.
    #[error("Current values are not available at the moment; try again in {0} s")]
    NoValues(u64),
    /// The dialect needs a token from the beginning.
    #[error("A token is needed: connect with '?token='")]
    NoToken,
    /// Messages came too fast, and no others are read for a while.
    #[error(
        "More than {limit} {what} a minute; for {retry_after_s} s nothing you send is read, updates go on"
    )]
    Suspended {
        /// Of what there were too many.
        what: &'static str,
        /// How many there may be.
        limit: u32,
        /// Seconds, rounded up.
        retry_after_s: u64,
    },
}

fn listed(names: &[String]) -> String {
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", names.join(", "))
}
