//! What is for one user: the structures are those that wallets know.

use super::{COUNT, MAX_NAME, MAX_TEXT, MAX_WORD};
use crate::api::fields::Fields;
use crate::api::{Problem, values};
use crate::model::{BalanceUpdate, Event, Notification, TransactionUpdate, UserEvent, UserNews};

/// Longest title of a notification, in bytes.
const MAX_TITLE: usize = 200;

const AMOUNT: &str = "a decimal number as text, of at most 80 bytes";

pub(super) fn read(user: &str, kind: &str, mut data: Fields<'_>) -> Result<Event, Problem> {
    let [notification, transaction, _] = UserNews::KINDS;
    let news = match kind {
        kind if kind == notification => UserNews::Notification(read_notification(&mut data)?),
        kind if kind == transaction => UserNews::Transaction(read_transaction(&mut data)?),
        _ => UserNews::Balance(read_balance(&mut data)?),
    };
    data.end()?;
    let user = user.into();
    Ok(Event::User(UserEvent { user, news }))
}

fn read_notification(data: &mut Fields<'_>) -> Result<Notification, Problem> {
    Ok(Notification {
        notification_id: data.text("notification_id", MAX_NAME)?,
        kind: data.text("type", MAX_WORD)?,
        title: data.text("title", MAX_TITLE)?,
        message: data.text("message", MAX_TEXT)?,
        priority: data.text("priority", MAX_WORD)?,
    })
}

fn read_transaction(data: &mut Fields<'_>) -> Result<TransactionUpdate, Problem> {
    Ok(TransactionUpdate {
        transaction_id: data.text("transaction_id", MAX_NAME)?,
        kind: data.text("type", MAX_WORD)?,
        amount: data.required("amount", AMOUNT, values::amount)?,
        symbol: data.text("symbol", MAX_WORD)?,
        status: data.text("status", MAX_WORD)?,
        confirmations: data.required("confirmations", COUNT, values::whole)?,
        from_address: data.text("from_address", MAX_NAME)?,
        tx_hash: data.text("tx_hash", MAX_NAME)?,
    })
}

fn read_balance(data: &mut Fields<'_>) -> Result<BalanceUpdate, Problem> {
    Ok(BalanceUpdate {
        wallet_id: data.text("wallet_id", MAX_NAME)?,
        balance: data.required("balance", AMOUNT, values::amount)?,
        balance_usd: data.required("balance_usd", AMOUNT, values::amount)?,
        symbol: data.text("symbol", MAX_WORD)?,
    })
}
