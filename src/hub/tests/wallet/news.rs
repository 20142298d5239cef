//! News, for one user alone.

use super::*;

#[test]
fn news_reach_every_connection_of_their_user_in_order_and_nobody_else() {
    let mut rig = Rig::new();
    let (alice, tablet, bob) = (rig.wallet("alice"), rig.wallet("alice"), rig.wallet("bob"));
    rig.follow_user(alice, "alice");
    rig.follow_user(tablet, "alice");
    rig.follow_user(bob, "bob");
    rig.follow_user(bob, "alice");
    let refused = rig.read(bob);
    assert_eq!(words(&refused), ["error"]);
    assert_eq!(refused[0]["data"]["code"], "UNAUTHORIZED");
    for wallet in ["w-1", "w-2", "w-3"] {
        rig.tell("alice", wallet);
    }
    assert_eq!(told(&rig.read(alice)), ["w-1", "w-2", "w-3"]);
    assert_eq!(told(&rig.read(tablet)), ["w-1", "w-2", "w-3"]);
    assert_eq!(rig.read(bob), [] as [Value; 0]);
    let admin = rig.open_in(Dialect::Wallet, Some(claims("root", "admin")));
    rig.read(admin);
    rig.follow_user(admin, "bob");
    rig.tell("bob", "w-9");
    assert_eq!(
        (told(&rig.read(admin)), told(&rig.read(bob))),
        (vec!["w-9"], vec!["w-9"])
    );
}

#[test]
fn who_comes_back_gets_what_was_published_meanwhile_before_what_comes_live() {
    let mut rig = Rig::new();
    rig.tell("alice", "w-1");
    rig.tell("alice", "w-2");
    let conn = rig.wallet("alice");
    rig.answers = false;
    rig.follow_user(conn, "alice");
    rig.tell("alice", "w-3");
    rig.pump();
    rig.tell("alice", "w-4");
    rig.pump();
    rig.answer_recover();
    rig.tell("alice", "w-5");
    rig.pump();
    assert_eq!(told(&rig.read(conn)), ["w-1", "w-2", "w-3", "w-4", "w-5"]);
}

#[test]
fn what_is_older_than_five_minutes_does_not_come_again() {
    let mut rig = Rig::new();
    rig.tell("alice", "w-1");
    rig.pass(6 * 60_000);
    rig.tell("alice", "w-2");
    let conn = rig.wallet("alice");
    rig.follow_user(conn, "alice");
    assert_eq!(told(&rig.read(conn)), ["w-2"]);
    let bob = rig.wallet("bob");
    rig.follow_user(bob, "bob");
    assert_eq!(rig.read(bob), [] as [Value; 0]);
}

#[test]
fn what_one_answer_has_no_room_for_comes_with_the_next() {
    let mut rig = Rig::new();
    let users: Vec<String> = (0..11).map(|n| format!("user-{n}")).collect();
    // A megabyte for each of them, and an answer holds eight.
    for user in &users {
        for _ in 0..100 {
            rig.tell(user, &"w".repeat(10_000));
        }
    }
    let conns: Vec<ConnId> = users.iter().map(|user| rig.wallet(user)).collect();
    rig.answers = false;
    for (conn, user) in conns.iter().zip(&users) {
        rig.follow_user(*conn, user);
    }
    let mut rounds = 0;
    while rig.recovering.is_some() {
        rig.answer_recover();
        rounds += 1;
    }
    assert!(rounds > 2, "{rounds}");
    for conn in conns {
        assert_eq!(rig.read(conn).len(), 100);
    }
}

#[test]
fn what_is_kept_comes_though_the_broker_does_not_answer_at_first() {
    let mut rig = Rig::new();
    rig.tell("alice", "w-1");
    let conn = rig.wallet("alice");
    rig.answers = false;
    rig.follow_user(conn, "alice");
    rig.recovering = None;
    rig.input(Input::RecoverFailed);
    assert_eq!(rig.recovering, None, "not at once");
    assert_eq!(rig.read(conn), [] as [Value; 0]);
    rig.tell("alice", "w-2");
    rig.pump();
    rig.answer_recover();
    assert_eq!(told(&rig.read(conn)), ["w-1", "w-2"]);
}

#[test]
fn what_is_kept_comes_though_the_broker_cannot_be_reached_at_first() {
    let mut rig = Rig::new();
    rig.tell("alice", "w-1");
    let conn = rig.wallet("alice");
    let conn = rig.evict()[&conn];
    rig.answers = false;
    rig.follow_user(conn, "alice");
    rig.attaching = false;
    rig.input(Input::AttachFailed);
    assert_eq!(rig.read(conn), [] as [Value; 0]);
    rig.pass(30_000);
    rig.say(conn, json!({"action": "ping"}));
    rig.answer_attach();
    rig.answer_recover();
    let messages = rig.read(conn);
    assert_eq!(words(&messages), ["pong", "balance_update"]);
}

#[test]
fn who_holds_its_news_and_subscribes_again_gets_nothing_a_second_time() {
    let mut rig = Rig::new();
    rig.tell("alice", "w-1");
    let conn = rig.wallet("alice");
    rig.follow_user(conn, "alice");
    rig.tell("alice", "w-2");
    rig.answers = false;
    rig.follow_user(conn, "alice");
    assert_eq!(rig.recovering, None);
    rig.tell("alice", "w-3");
    rig.pump();
    assert_eq!(told(&rig.read(conn)), ["w-1", "w-2", "w-3"]);
}

#[test]
fn who_subscribes_to_its_news_twice_before_the_answer_gets_nothing_a_second_time() {
    let mut rig = Rig::new();
    rig.tell("alice", "w-1");
    rig.tell("alice", "w-2");
    let conn = rig.wallet("alice");
    rig.answers = false;
    rig.follow_user(conn, "alice");
    rig.follow_user(conn, "alice");
    rig.tell("alice", "w-3");
    rig.pump();
    while rig.recovering.is_some() {
        rig.answer_recover();
    }
    assert_eq!(told(&rig.read(conn)), ["w-1", "w-2", "w-3"]);
}

#[test]
fn who_leaves_its_news_and_comes_back_before_the_answer_gets_what_is_kept() {
    let mut rig = Rig::new();
    rig.tell("alice", "w-1");
    let conn = rig.wallet("alice");
    rig.follow_user(conn, "alice");
    rig.answers = false;
    rig.say(
        conn,
        json!({"action": "unsubscribe", "channel": "notifications", "user_id": "alice"}),
    );
    rig.follow_user(conn, "alice");
    rig.tell("alice", "w-2");
    rig.pump();
    while rig.recovering.is_some() {
        rig.answer_recover();
    }
    rig.tell("alice", "w-3");
    rig.pump();
    assert_eq!(told(&rig.read(conn)), ["w-1", "w-1", "w-2", "w-3"]);
}
