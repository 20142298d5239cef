use serde::{Deserialize, Serialize};

/// News for one user alone, on `user:{id}`. Published by other back ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserEvent {
    /// Whose: a token's `sub`.
    pub user: Box<str>,
    /// What.
    pub news: UserNews,
}

/// What a user is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserNews {
    /// Something to read: `notification`.
    Notification(Notification),
    /// Something was sent or received: `transaction_update`.
    Transaction(TransactionUpdate),
    /// A wallet holds more or less: `balance_update`.
    Balance(BalanceUpdate),
}

impl UserNews {
    /// The names of all kinds, as clients see them.
    pub const KINDS: [&str; 3] = ["notification", "transaction_update", "balance_update"];

    /// The name on the wire: `notification`.
    pub const fn kind(&self) -> &'static str {
        let [notification, transaction, balance] = Self::KINDS;
        match self {
            Self::Notification(_) => notification,
            Self::Transaction(_) => transaction,
            Self::Balance(_) => balance,
        }
    }
}

/// Something to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// The publisher's own name for it.
    pub notification_id: String,
    /// What it is about: `kyc_approved`. The publisher's words, and any.
    pub kind: String,
    /// One line.
    pub title: String,
    /// All of it.
    pub message: String,
    /// How urgent: `high`. The publisher's words, and any.
    pub priority: String,
}

/// The newest state of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionUpdate {
    /// The publisher's own name for it.
    pub transaction_id: String,
    /// `receive`, `send`: the publisher's words, and any.
    pub kind: String,
    /// A decimal number as text, digit for digit as it was published.
    pub amount: String,
    /// Of which coin.
    pub symbol: String,
    /// `confirmed`: the publisher's words, and any.
    pub status: String,
    /// Blocks on top of its own.
    pub confirmations: u64,
    /// Who sent it.
    pub from_address: String,
    /// Its name on the chain.
    pub tx_hash: String,
}

/// What a wallet holds now of one coin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceUpdate {
    /// The publisher's own name for the wallet.
    pub wallet_id: String,
    /// A decimal number as text, digit for digit as it was published.
    pub balance: String,
    /// The same in US dollars, likewise.
    pub balance_usd: String,
    /// Of which coin.
    pub symbol: String,
}
