/// What a dialect holds its clients to, and what it does for them, beyond its words: its document's own rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Its sockets are in shards of this family: `json` of `json-0`. One answer to a ping serves a family.
    pub family: &'static str,
    /// Who may connect.
    pub entry: Entry,
    /// Whether a silent client is one that has gone.
    pub heartbeat: Heartbeat,
    /// Whether who holds a channel stays connected however long there is nothing to tell: an outage of the market is not the
    /// listener's, and its document's clients do not come back.
    pub listeners_stay: bool,
    /// How much a client may say.
    pub allowance: Allowance,
    /// A client's ping and its answer, if they are always the same: the runtime answers without waking the shard.
    pub ping: Option<(&'static str, &'static str)>,
    /// What a client gets that subscribes again to what it holds.
    pub again: Again,
    /// Whether what it chooses of a channel's messages is wanted besides what it chose before; else instead.
    pub choices_add_up: bool,
    /// The channels that whoever has said who he is gets without asking.
    pub given: &'static [&'static str],
}

/// When a client says who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// In a message, or never where reading is public.
    Later,
    /// Before it is connected, and not again: the connection ends with its token.
    WithToken,
    /// Never.
    Open,
}

/// What a client's pings are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heartbeat {
    /// It may send them; once it has, it is expected to go on. One that sends none may stay silent for the idle time.
    Welcome,
    /// None: the transport asks whether it is there, and ends who is not.
    OfTransport,
    /// Without one for so long, milliseconds, it is gone, whatever else it sends.
    Needed(u64),
}

/// What a client may say in a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// As many messages as `MESSAGES_PER_MINUTE`; one more is refused.
    AsSet,
    /// So many messages; one more is refused.
    Messages(u32),
    /// So many pings and so many other messages; one more, and none is read for so long.
    Apart {
        /// Pings.
        pings: u32,
        /// All else.
        requests: u32,
        /// Milliseconds.
        suspension: u64,
    },
}

/// What a client gets that subscribes again to what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// The answer says what it holds; values come by themselves.
    Nothing,
    /// What a new subscriber gets first: there is no other answer.
    First,
}
