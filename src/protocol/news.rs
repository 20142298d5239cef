use serde::Serialize;

use super::json::to_json;
use crate::model::{BalanceUpdate, Notification, TransactionUpdate, UserNews};

/// Writes the `data` of what is for one user.
pub(super) fn data(news: &UserNews) -> String {
    match news {
        UserNews::Notification(notification) => to_json(&NotificationData::from(notification)),
        UserNews::Transaction(transaction) => to_json(&TransactionData::from(transaction)),
        UserNews::Balance(balance) => to_json(&BalanceData::from(balance)),
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct NotificationData<'a> {
    notification_id: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    title: &'a str,
    message: &'a str,
    priority: &'a str,
}

impl<'a> From<&'a Notification> for NotificationData<'a> {
    fn from(notification: &'a Notification) -> Self {
        Self {
            notification_id: &notification.notification_id,
            kind: &notification.kind,
            title: &notification.title,
            message: &notification.message,
            priority: &notification.priority,
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct TransactionData<'a> {
    transaction_id: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    amount: &'a str,
    symbol: &'a str,
    status: &'a str,
    confirmations: u64,
    from_address: &'a str,
    tx_hash: &'a str,
}

impl<'a> From<&'a TransactionUpdate> for TransactionData<'a> {
    fn from(transaction: &'a TransactionUpdate) -> Self {
        Self {
            transaction_id: &transaction.transaction_id,
            kind: &transaction.kind,
            amount: &transaction.amount,
            symbol: &transaction.symbol,
            status: &transaction.status,
            confirmations: transaction.confirmations,
            from_address: &transaction.from_address,
            tx_hash: &transaction.tx_hash,
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct BalanceData<'a> {
    wallet_id: &'a str,
    balance: &'a str,
    balance_usd: &'a str,
    symbol: &'a str,
}

impl<'a> From<&'a BalanceUpdate> for BalanceData<'a> {
    fn from(balance: &'a BalanceUpdate) -> Self {
        Self {
            wallet_id: &balance.wallet_id,
            balance: &balance.balance,
            balance_usd: &balance.balance_usd,
            symbol: &balance.symbol,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::{Channel, Event, Position, UnixMillis, UserEvent};
    use crate::protocol::Dialect;

    #[test]
    fn news_for_a_user_have_a_type_of_their_own_and_amounts_keep_their_digits() {
        let balance = BalanceUpdate {
            wallet_id: "w-1".into(),
            balance: "5.250".into(),
            balance_usd: "168000.00".into(),
            symbol: "BTC".into(),
        };
        let told = Event::User(UserEvent {
            user: "alice".into(),
            news: UserNews::Balance(balance),
        });
        assert_eq!(told.channels(), [Channel::User("alice".into())]);
        let body = Dialect::CryptoIntel.event(&told, UnixMillis::default()).unwrap();
        let text = body.frame("user:alice", Position::default().next());
        let expected = json!({
            "type": "balance_update",
            "channel": "user:alice",
            "offset": 1,
            "epoch": "0",
            "data": {"wallet_id": "w-1", "balance": "5.250", "balance_usd": "168000.00", "symbol": "BTC"},
        });
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
    }
}
