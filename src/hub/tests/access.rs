//! Who may hold which channel.

use proptest::prelude::*;

use super::*;
use crate::model::{BalanceUpdate, UserEvent, UserNews};

fn news(user: &str) -> Event {
    Event::User(UserEvent {
        user: user.into(),
        news: UserNews::Balance(BalanceUpdate {
            wallet_id: format!("wallet of {user}"),
            balance: "1.0".into(),
            balance_usd: "2.0".into(),
            symbol: "BTC".into(),
        }),
    })
}

fn scoped(rig: &Rig, subject: &str, scope: &str) -> Value {
    json!({"type": "auth", "token": scoped_token(subject, scope, rig.now.secs() + 3600)})
}

#[test]
fn news_for_a_user_reach_him_and_nobody_else() {
    let mut rig = Rig::new();
    let (alice, bob) = (rig.open_as("alice"), rig.open_as("bob"));
    rig.subscribe(alice, &["user:alice"]);
    rig.subscribe(bob, &["user:alice", "user:bob", "price:bitcoin"]);
    assert_eq!(kinds(&rig.read(alice)), ["subscribed"]);
    let answers = rig.read(bob);
    assert_eq!(kinds(&answers), ["subscribed", "error"]);
    assert_eq!(answers[0]["channels"], json!(["user:bob", "price:bitcoin"]));
    assert_eq!(answers[1]["error"]["code"], "UNAUTHORIZED");
    assert_eq!(answers[1]["error"]["channel"], "user:alice");
    rig.publish_all(vec![news("alice")]);
    assert_eq!(kinds(&rig.read(alice)), ["balance_update"]);
    assert!(rig.read(bob).is_empty());
}

#[test]
fn without_a_token_no_user_can_be_read_even_where_reading_is_public() {
    let mut rig = Rig::public();
    let conn = rig.open();
    rig.subscribe(conn, &["user:alice"]);
    let answers = rig.read(conn);
    assert_eq!(codes(&answers), ["UNAUTHORIZED"]);
    assert_eq!(answers[0]["channels"], json!([]));
    rig.publish_all(vec![news("alice")]);
    assert!(rig.read(conn).is_empty());
}

#[test]
fn what_was_missed_is_not_told_to_others_either() {
    let mut rig = Rig::new();
    let bob = rig.open_as("bob");
    rig.publish_all(vec![news("alice"), news("alice")]);
    let (_, place) = rig
        .broker
        .channels()
        .find(|(channel, _)| channel.family() == "user")
        .unwrap();
    let epoch = place.epoch.to_string();
    let recover = json!({"user:alice": {"epoch": epoch, "offset": 1}});
    rig.say(
        bob,
        json!({"type": "subscribe", "channels": ["user:alice"], "recover": recover}),
    );
    let answers = rig.read(bob);
    assert_eq!(kinds(&answers), ["subscribed", "error"]);
    assert_eq!(answers[0]["positions"], json!({}));
}

#[test]
fn a_token_that_may_less_takes_what_it_may_not_read() {
    let mut rig = Rig::new();
    let root = rig.open();
    rig.say(root, scoped(&rig, "root", "admin"));
    rig.subscribe(root, &["user:alice", "price:bitcoin", "user:root"]);
    rig.publish_all(vec![news("alice")]);
    assert_eq!(
        kinds(&rig.read(root)),
        ["auth_success", "subscribed", "balance_update"]
    );
    rig.say(root, scoped(&rig, "root", ""));
    let answers = rig.read(root);
    assert_eq!(kinds(&answers), ["auth_success", "error"]);
    assert_eq!(answers[1]["error"]["channel"], "user:alice");
    rig.publish_all(vec![news("alice"), news("root")]);
    assert_eq!(rig.read(root)[0]["channel"], "user:root");
    assert!(rig.read(root).is_empty());
    let renamed = rig.evict();
    rig.unsubscribe(renamed[&root], &[]);
    assert_eq!(
        rig.read(renamed[&root])[0]["channels"],
        json!(["price:bitcoin", "user:root"])
    );
}

#[test]
fn many_forbidden_channels_are_counted() {
    let mut rig = Rig::new();
    let conn = rig.open_as("bob");
    let names: Vec<String> = (0..13).map(|n| format!("user:u{n}")).collect();
    rig.subscribe(conn, &names.iter().map(String::as_str).collect::<Vec<_>>());
    let answers = rig.read(conn);
    assert_eq!(codes(&answers), ["UNAUTHORIZED"; 11]);
    let last = answers.last().unwrap()["error"]["message"].as_str().unwrap();
    assert!(last.starts_with("3 more"), "{last}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is asked in whatever order, and however often the shard is evicted: nobody hears what is another's.
    #[test]
    fn nobody_ever_hears_what_is_anothers(steps in prop::collection::vec((0..3usize, 0..3usize, 0..5u8), 1..40)) {
        let users = ["alice", "bob", "carol"];
        let mut rig = Rig::new();
        let mut conns: Vec<ConnId> = users.iter().map(|user| rig.open_as(user)).collect();
        for (who, whose, what) in steps {
            let name = format!("user:{}", users[whose]);
            match what {
                0 | 1 => rig.subscribe(conns[who], &[&name]),
                2 => rig.unsubscribe(conns[who], &[&name]),
                3 => rig.publish_all(vec![news(users[whose])]),
                _ => {
                    let renamed = rig.evict();
                    conns.iter_mut().for_each(|conn| *conn = renamed[conn]);
                }
            }
            for (user, conn) in users.iter().zip(&conns) {
                for message in rig.read(*conn).iter().filter(|message| message["type"] == "balance_update") {
                    prop_assert_eq!(&message["channel"], &json!(format!("user:{user}")));
                }
            }
        }
    }
}
