//! Wallets: who they are before they are connected.

mod news;
mod prices;
mod rules;

use serde_json::{Value, json};

use super::*;
use crate::auth::{Claims, Scopes};
use crate::model::{BalanceUpdate, UserEvent, UserNews};

fn claims(subject: &str, scope: &str) -> Claims {
    Claims {
        subject: subject.to_owned(),
        scopes: Scopes::parse(scope),
        expires_at: START.plus(3_600_000),
        lapsed: false,
    }
}

impl Rig {
    /// A wallet that is connected.
    fn wallet(&mut self, subject: &str) -> ConnId {
        let conn = self.open_in(Dialect::Wallet, Some(claims(subject, "")));
        assert_eq!(words(&self.read(conn)), ["connected"]);
        conn
    }

    fn follow(&mut self, conn: ConnId, symbols: &[&str]) {
        self.say(
            conn,
            json!({"action": "subscribe", "channel": "prices", "symbols": symbols}),
        );
    }

    fn follow_user(&mut self, conn: ConnId, user: &str) {
        self.say(
            conn,
            json!({"action": "subscribe", "channel": "notifications", "user_id": user}),
        );
    }

    fn tell(&mut self, user: &str, wallet: &str) {
        let balance = BalanceUpdate {
            wallet_id: wallet.to_owned(),
            balance: "5.250".to_owned(),
            balance_usd: "1.00".to_owned(),
            symbol: "BTC".to_owned(),
        };
        let news = UserNews::Balance(balance);
        let user = user.into();
        self.publish_all(vec![Event::User(UserEvent { user, news })]);
    }

    fn pings(&mut self, conn: ConnId) -> Vec<Value> {
        self.say(conn, json!({"action": "ping"}));
        self.read(conn)
    }
}

fn words(messages: &[Value]) -> Vec<&str> {
    messages
        .iter()
        .map(|message| message["event"].as_str().unwrap())
        .collect()
}

/// Symbol and price of everything that was told, frame by frame.
fn prices(messages: &[Value]) -> Vec<Vec<(String, String)>> {
    let pair = |it: &Value| {
        let text = |field: &str| it[field].as_str().unwrap().to_owned();
        (text("symbol"), text("price_usd"))
    };
    let frame = |message: &Value| match message["event"].as_str().unwrap() {
        "price_update" => vec![pair(&message["data"])],
        "price_batch" => message["data"]["prices"]
            .as_array()
            .unwrap()
            .iter()
            .map(pair)
            .collect(),
        other => panic!("{other}"),
    };
    messages.iter().map(frame).collect()
}

fn one(symbol: &str, price: u64) -> Vec<(String, String)> {
    vec![(symbol.to_owned(), price.to_string())]
}

/// The wallets whose balances were told.
fn told(messages: &[Value]) -> Vec<&str> {
    messages
        .iter()
        .map(|message| message["data"]["wallet_id"].as_str().unwrap())
        .collect()
}
