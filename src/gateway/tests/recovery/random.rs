//! Connections that break anywhere.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Publish(u32),
    Connect(usize),
    Hear(usize),
    Lose(usize, usize),
    Pass(u64),
    Evict,
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0_usize..4;
    prop_oneof![
        4 => (1_u32..4).prop_map(Step::Publish),
        3 => who.clone().prop_map(Step::Connect),
        3 => who.clone().prop_map(Step::Hear),
        4 => (who, 0_usize..8).prop_map(|(who, arrives)| Step::Lose(who, arrives)),
        1 => (1_u64..20_000).prop_map(Step::Pass),
        1 => Just(Step::Evict),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    /// As long as a client is told that it has come back, it has everything since it subscribed, once and in order,
    /// wherever its connections broke.
    #[test]
    fn whoever_comes_back_has_no_gap_and_no_repetition(polls in any::<bool>(), steps in prop::collection::vec(step(), 1..80)) {
        let mut world = World::new();
        if polls {
            world.polling("comes first");
        }
        let mut subscribed_at = [0; 4];
        let mut clients: Vec<Client> = (0..4).map(|n| Client::new(&format!("user {n}"))).collect();
        let mut count = 0;
        for step in steps {
            match step {
                Step::Publish(more) => {
                    world.whales(count..count + more);
                    count += more;
                }
                Step::Connect(n) => {
                    if clients[n].socket.is_none() {
                        clients[n].connect(&mut world);
                        if !clients[n].recovered {
                            subscribed_at[n] = count;
                        }
                    }
                }
                Step::Hear(n) => clients[n].hear(&mut world),
                Step::Lose(n, arrives) => clients[n].lose(&mut world, arrives),
                Step::Pass(millis) => {
                    let alive: Vec<SocketId> = clients.iter().filter_map(|client| client.socket).collect();
                    world.pass(millis, &alive);
                }
                Step::Evict => world.evict(),
            }
            for (client, first) in clients.iter().zip(subscribed_at) {
                let expected = names(first..first + client.got.len() as u32);
                prop_assert_eq!(&client.got, &expected, "{:?}", client);
            }
        }
        for (client, first) in clients.iter_mut().zip(subscribed_at) {
            if client.socket.is_some() {
                client.hear(&mut world);
                prop_assert_eq!(&client.got, &names(first..count), "{:?}", client);
            }
        }
    }
}
