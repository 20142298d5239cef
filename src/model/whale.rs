use serde::{Deserialize, Serialize};

use super::words::words;
use super::{Decimal, UnixMillis};

/// A large transaction, on `whale`: `whale_activity_alert`. Published by other back ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WhaleActivity {
    /// Of which coin: a ticker in the publisher's spelling.
    pub token: String,
    /// What was done.
    pub kind: WhaleMove,
    /// How many coins; not negative.
    pub amount: Decimal,
    /// What they are worth, in US dollars; not negative.
    pub amount_usd: Decimal,
    /// The address that they left.
    pub from: String,
    /// The address that they went to.
    pub to: String,
    /// The transaction's name on the chain.
    pub tx_hash: String,
    /// Where it was traded, if it was.
    pub exchange: Option<String>,
    /// What it may do to the price.
    pub impact: Impact,
    /// When.
    pub timestamp: UnixMillis,
}

impl WhaleActivity {
    /// The message's type on the wire.
    pub const KIND: &str = "whale_activity_alert";
}

words! {
    /// What a whale did.
    WhaleMove {
        /// Coins were bought.
        Buy = "buy",
        /// Coins were sold.
        Sell = "sell",
        /// Coins went from one address to another.
        Transfer = "transfer",
    }
}

words! {
    /// What a whale's move may do to the price.
    Impact {
        /// Little.
        Low = "low",
        /// Something.
        Medium = "medium",
        /// Much.
        High = "high",
    }
}
