//! The hub against a model of twenty lines: whatever clients do, and however often the object is evicted
//! in between, each gets exactly the events of what it holds, in order.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const COINS: [&str; 5] = ["bitcoin", "ethereum", "solana", "cardano", "tron"];

#[derive(Debug, Clone)]
enum Step {
    Open,
    Close(usize),
    Subscribe(usize, Vec<usize>),
    Unsubscribe(usize, Vec<usize>),
    Publish(Vec<usize>),
    Garbage(usize, String),
    Evict,
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let coins = || proptest::collection::vec(0..COINS.len(), 0..4);
    prop_oneof![
        2 => Just(Step::Open),
        1 => any::<usize>().prop_map(Step::Close),
        4 => (any::<usize>(), coins()).prop_map(|(who, coins)| Step::Subscribe(who, coins)),
        2 => (any::<usize>(), coins()).prop_map(|(who, coins)| Step::Unsubscribe(who, coins)),
        5 => coins().prop_map(Step::Publish),
        1 => (any::<usize>(), ".{0,20}").prop_map(|(who, text)| Step::Garbage(who, text)),
        1 => Just(Step::Evict),
        1 => (0_u64..20_000).prop_map(Step::Pass),
    ]
}

#[derive(Default)]
struct Client {
    holds: BTreeSet<usize>,
    /// By channel: there is an order within a channel, none between channels.
    expects: BTreeMap<String, Vec<String>>,
    got: BTreeMap<String, Vec<String>>,
}

impl Client {
    fn expect(&mut self, coin: usize, value: u64) {
        self.expects
            .entry(format!("price:{}", COINS[coin]))
            .or_default()
            .push(value.to_string());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn everybody_gets_what_they_hold_in_order(steps in proptest::collection::vec(step(), 1..80)) {
        let mut rig = Rig::with(|limits| { limits.public_read = true; limits.messages_per_minute = 0; });
        let mut clients: BTreeMap<ConnId, Client> = BTreeMap::new();
        let mut latest: BTreeMap<usize, u64> = BTreeMap::new();
        let mut clock = 0;
        for step in steps {
            let pick = |who: usize| clients.keys().nth(who % clients.len().max(1)).copied();
            let names = |coins: &[usize]| coins.iter().map(|n| format!("price:{}", COINS[*n])).collect::<Vec<_>>();
            match step {
                Step::Open => { clients.insert(rig.open(), Client::default()); }
                Step::Close(who) => if let Some(conn) = pick(who) {
                    clients.remove(&conn);
                    rig.inbox.remove(&conn);
                    rig.attachments.remove(&conn);
                    rig.input(Input::Closed { conn });
                },
                Step::Subscribe(who, coins) => if let Some(conn) = pick(who) {
                    rig.say(conn, json!({"type": "subscribe", "channels": names(&coins)}));
                    let client = clients.get_mut(&conn).unwrap();
                    for coin in coins {
                        if client.holds.insert(coin) && let Some(value) = latest.get(&coin) {
                            client.expect(coin, *value);
                        }
                    }
                },
                Step::Unsubscribe(who, coins) => if let Some(conn) = pick(who) {
                    rig.say(conn, json!({"type": "unsubscribe", "channels": names(&coins)}));
                    let client = clients.get_mut(&conn).unwrap();
                    client.holds.retain(|coin| !coins.contains(coin));
                },
                Step::Publish(coins) => {
                    let mut events = Vec::new();
                    for coin in coins {
                        clock += 1;
                        latest.insert(coin, clock);
                        events.push(price(COINS[coin], clock));
                        for client in clients.values_mut().filter(|client| client.holds.contains(&coin)) {
                            client.expect(coin, clock);
                        }
                    }
                    rig.publish(events);
                }
                Step::Garbage(who, text) => if let Some(conn) = pick(who) { rig.say_text(conn, &text) },
                Step::Evict => {
                    let renamed = rig.evict();
                    clients = clients.into_iter().map(|(conn, client)| (renamed[&conn], client)).collect();
                }
                Step::Pass(millis) => {
                    rig.pass(millis);
                    for (conn, _) in rig.closed.drain(..) {
                        clients.remove(&conn);
                        rig.inbox.remove(&conn);
                    }
                }
            }
            for (conn, client) in &mut clients {
                for (channel, value) in events(&rig.read(*conn)) {
                    client.got.entry(channel).or_default().push(value);
                }
                prop_assert_eq!(&client.got, &client.expects);
            }
        }
        prop_assert_eq!(rig.hub.len(), clients.len());
    }
}
