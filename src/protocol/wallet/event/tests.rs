//! The document's own examples, field for field.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::model::{
    BalanceUpdate, CoinId, Notification, Position, Source, Symbol, TransactionUpdate, UserNews,
};

const NOW: UnixMillis = UnixMillis::from_secs(1_760_437_800);

fn price(digits: &str) -> Price {
    Price {
        coin: CoinId::new("bitcoin").unwrap(),
        symbol: Symbol::new("btc").unwrap(),
        price: digits.parse().unwrap(),
        change_24h: Some("2.5".parse().unwrap()),
        volume_24h: Some("25000000000.00".parse().unwrap()),
        source: Source::CoinGecko,
        sources: Source::CoinGecko.into(),
        timestamp: NOW,
        stale: false,
    }
}

fn written(price: Price, name: &str) -> Written {
    let body = event(&Event::Market(MarketEvent::Price(price)), NOW).unwrap();
    body.written(name, Position::default())
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_price_alone_is_the_documented_one() {
    let expected = json!({
        "event": "price_update",
        "data": {
            "symbol": "BTC",
            "price_usd": "50000.00",
            "price_change_24h": "2.5",
            "volume_24h": "25000000000.00",
            "timestamp": "2025-10-14T10:30:00Z",
        },
        "timestamp": "2025-10-14T10:30:00Z",
    });
    let only = written(price("50000.00"), "price:BTC");
    assert_eq!(read(&only.alone), expected);
    assert_eq!(read(&batch([&only].into_iter(), NOW)), expected);
}

#[test]
fn several_prices_are_one_documented_batch() {
    let both = [
        written(price("50000.00"), "price:BTC"),
        written(price("3200.00"), "price:eth"),
    ];
    assert_eq!(
        read(&batch(both.iter(), NOW)),
        json!({
            "event": "price_batch",
            "data": {"prices": [
                {"symbol": "BTC", "price_usd": "50000.00", "price_change_24h": "2.5"},
                {"symbol": "eth", "price_usd": "3200.00", "price_change_24h": "2.5"},
            ]},
            "timestamp": "2025-10-14T10:30:00Z",
        })
    );
}

#[test]
fn what_is_not_known_is_null_and_what_is_stale_says_so() {
    let vague = Price {
        change_24h: None,
        volume_24h: None,
        stale: true,
        ..price("0.00000001")
    };
    let frame = read(&written(vague, "price:BTC").alone);
    assert_eq!(
        frame["data"],
        json!({
            "symbol": "BTC", "price_usd": "0.00000001", "price_change_24h": null, "volume_24h": null,
            "timestamp": "2025-10-14T10:30:00Z", "stale": true,
        })
    );
}

fn told(news: UserNews) -> Value {
    let user = "7b0e".into();
    let body = event(&Event::User(UserEvent { user, news }), NOW).unwrap();
    read(&body.frame("user:7b0e", Position::default()))
}

#[test]
fn news_for_a_user_are_the_documented_ones() {
    let transaction = TransactionUpdate {
        transaction_id: "t-1".into(),
        kind: "receive".into(),
        amount: "1.50".into(),
        symbol: "ETH".into(),
        status: "confirmed".into(),
        confirmations: 12,
        from_address: "0xa".into(),
        tx_hash: "0xb".into(),
    };
    assert_eq!(
        told(UserNews::Transaction(transaction)),
        json!({
            "event": "transaction_update",
            "data": {
                "transaction_id": "t-1", "type": "receive", "amount": "1.50", "symbol": "ETH",
                "status": "confirmed", "confirmations": 12, "from_address": "0xa", "tx_hash": "0xb",
            },
            "timestamp": "2025-10-14T10:30:00Z",
        })
    );
    let balance = BalanceUpdate {
        wallet_id: "w-1".into(),
        balance: "5.25".into(),
        balance_usd: "168000.00".into(),
        symbol: "BTC".into(),
    };
    assert_eq!(
        told(UserNews::Balance(balance))["data"],
        json!({"wallet_id": "w-1", "balance": "5.25", "balance_usd": "168000.00", "symbol": "BTC"})
    );
    let notification = Notification {
        notification_id: "n-1".into(),
        kind: "kyc_approved".into(),
        title: "KYC Verification Approved".into(),
        message: "Your identity verification has been approved".into(),
        priority: "high".into(),
    };
    let notification = told(UserNews::Notification(notification));
    assert_eq!(notification["event"], "notification");
    assert_eq!(notification["data"]["type"], "kyc_approved");
}

proptest! {
    #[test]
    fn a_price_keeps_its_digits_whatever_the_client_calls_the_coin(
        digits in "[1-9][0-9]{0,9}(\\.[0-9]{1,12})?",
        coin in any::<String>(),
    ) {
        let written = written(price(&digits), &format!("price:{coin}"));
        let alone = read(&written.alone);
        let among = read(written.among.as_deref().unwrap());
        for told in [&alone["data"], &among] {
            prop_assert_eq!(&told["price_usd"], &json!(digits));
            prop_assert_eq!(&told["symbol"], &json!(coin));
        }
    }
}
