//! Gap-free delivery against everything that can go wrong: whatever is lost, late, evicted or restarted, what a client
//! sees of a channel is without a gap and without a repetition, or it was told so.

mod client;
mod lives;
mod network;
mod shard;
mod truth;
mod world;

use std::rc::Rc;

use proptest::prelude::*;

use super::*;
use crate::hub::broker::Row;
use client::Client;
use shard::Shard;
use truth::Truth;
use world::World;

const CHANNELS: [&str; 5] = [
    "price:bitcoin",
    "price:ethereum",
    "signals:all",
    "signals:high",
    "mentions:SEC",
];
const SHARDS: usize = 3;
const CLIENTS: usize = 4;

/// What becomes of a message on its way between broker and shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Arrives,
    Lost,
    AnswerLost,
    /// It arrives when nobody waits for it any more.
    Late,
}

/// When the broker dies over a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Crash {
    Never,
    BeforeStoring,
    BeforeAnswering,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Price(usize),
    Signal(bool),
    Mention,
}

#[derive(Debug, Clone)]
enum Step {
    Publish(Vec<Vec<What>>, Crash),
    Deliver(usize, Fate),
    Straggle(usize),
    Attach(usize, Fate),
    Welcome(usize),
    Recover(usize, Fate),
    Answer(usize),
    /// All goes well for a while.
    Settle(usize),
    EvictBroker,
    EvictShard(usize),
    /// A client goes while its shard sleeps.
    LeaveAsleep(usize),
    RestartShard(usize),
    Connect(usize, usize),
    Deafen(usize),
    Disconnect(usize),
    Subscribe(usize, Vec<&'static str>),
    Unsubscribe(usize, Vec<&'static str>),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let shard = || 0..SHARDS;
    let client = || 0..CLIENTS;
    let fate = || {
        prop_oneof![
            4 => Just(Fate::Arrives), 1 => Just(Fate::Lost), 1 => Just(Fate::AnswerLost), 1 => Just(Fate::Late)
        ]
    };
    let crash = prop_oneof![6 => Just(Crash::Never), 1 => Just(Crash::BeforeStoring), 1 => Just(Crash::BeforeAnswering)];
    let what = prop_oneof![
        (0..2_usize).prop_map(What::Price),
        any::<bool>().prop_map(What::Signal),
        Just(What::Mention)
    ];
    let parts = proptest::collection::vec(proptest::collection::vec(what, 1..4), 1..3);
    let channels = || proptest::sample::subsequence(CHANNELS.to_vec(), 1..4);
    prop_oneof![
        8 => (parts, crash).prop_map(|(parts, crash)| Step::Publish(parts, crash)),
        5 => (shard(), fate()).prop_map(|(shard, fate)| Step::Deliver(shard, fate)),
        1 => shard().prop_map(Step::Straggle),
        3 => (shard(), fate()).prop_map(|(shard, fate)| Step::Attach(shard, fate)),
        3 => shard().prop_map(Step::Welcome),
        3 => (shard(), fate()).prop_map(|(shard, fate)| Step::Recover(shard, fate)),
        3 => shard().prop_map(Step::Answer),
        4 => shard().prop_map(Step::Settle),
        1 => Just(Step::EvictBroker),
        2 => shard().prop_map(Step::EvictShard),
        2 => client().prop_map(Step::LeaveAsleep),
        1 => shard().prop_map(Step::RestartShard),
        6 => (client(), shard()).prop_map(|(client, shard)| Step::Connect(client, shard)),
        1 => client().prop_map(Step::Deafen),
        2 => client().prop_map(Step::Disconnect),
        4 => (client(), channels()).prop_map(|(client, channels)| Step::Subscribe(client, channels)),
        1 => (client(), channels()).prop_map(|(client, channels)| Step::Unsubscribe(client, channels)),
        2 => (0_u64..15_000).prop_map(Step::Pass),
        1 => (0_u64..240_000).prop_map(Step::Pass),
    ]
}

fn carry_out(world: &mut World, step: Step) {
    match step {
        Step::Publish(parts, crash) => world.publish(&parts, crash),
        Step::Deliver(shard, fate) => drop(world.deliver(shard, fate)),
        Step::Straggle(shard) => world.straggle(shard),
        Step::Attach(shard, fate) => drop(world.attach(shard, fate)),
        Step::Welcome(shard) => drop(world.welcome(shard)),
        Step::Recover(shard, fate) => drop(world.recover(shard, fate)),
        Step::Answer(shard) => drop(world.answer(shard)),
        Step::Settle(shard) => world.settle(shard),
        Step::EvictBroker => world.evict_broker(),
        Step::EvictShard(shard) => world.evict_shard(shard),
        Step::LeaveAsleep(client) => world.leave_asleep(client),
        Step::RestartShard(shard) => world.restart_shard(shard),
        Step::Connect(client, shard) => world.connect(client, shard),
        Step::Deafen(client) => world.clients[client].deaf = world.clients[client].at.is_some(),
        Step::Disconnect(client) => world.disconnect(client),
        Step::Subscribe(client, channels) => world.subscribe(client, channels),
        Step::Unsubscribe(client, channels) => world.unsubscribe(client, channels),
        Step::Pass(millis) => world.pass(millis),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn no_gap_and_no_repetition_whatever_goes_wrong(steps in proptest::collection::vec(step(), 1..120)) {
        let mut world = World::new(SHARDS, CLIENTS);
        for step in steps {
            carry_out(&mut world, step);
        }
        world.finish();
    }
}
