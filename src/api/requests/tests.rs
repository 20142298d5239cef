use proptest::prelude::*;

use super::*;

const START: UnixMillis = UnixMillis::from_secs(1_764_678_600);

fn network(n: u32) -> Network {
    Network::V4(n)
}

#[test]
fn a_window_admits_its_limit_and_opens_again_after_a_quarter_of_an_hour() {
    let mut windows = RequestWindows::default();
    for n in 1..=100 {
        let Admission { standing, save } = windows.admit(network(1), START.plus(u64::from(n)), 100);
        assert_eq!((standing.admitted, standing.remaining), (true, 100 - n));
        assert_eq!(save, n % 10 == 0, "{n}");
    }
    let refused = windows.admit(network(1), START.plus(1_500), 100);
    let expected = Standing {
        admitted: false,
        remaining: 0,
        reset_s: 899,
    };
    assert_eq!((refused.standing, refused.save), (expected, false));
    assert!(
        windows
            .admit(network(2), START.plus(1_500), 100)
            .standing
            .admitted
    );
    assert!(
        !windows
            .admit(network(1), START.plus(900_000), 100)
            .standing
            .admitted
    );
    assert!(
        windows
            .admit(network(1), START.plus(900_001), 100)
            .standing
            .admitted
    );
}

#[test]
fn a_full_window_is_stored_even_where_the_limit_is_small() {
    let mut windows = RequestWindows::default();
    assert!(!windows.admit(network(1), START, 2).save);
    assert!(windows.admit(network(1), START, 2).save);
    let mut woken = RequestWindows::decode(&windows.encode());
    assert!(!woken.admit(network(1), START.plus(5), 2).standing.admitted);
}

#[test]
fn what_is_damaged_or_of_another_version_is_begun_anew() {
    for bytes in [&[][..], &[0], &[2, 0], &[VERSION], &[VERSION, 0xff, 0xff]] {
        assert!(RequestWindows::decode(bytes).open.is_empty());
    }
}

#[test]
fn memory_is_bounded_and_a_flood_forgets_the_oldest_first() {
    let mut windows = RequestWindows::default();
    for n in 0..25_000 {
        windows.admit(network(n), START.plus(u64::from(n) / 100), 1);
    }
    assert!(windows.open.len() <= MAX_NETWORKS && windows.opened.len() <= MAX_NETWORKS);
    assert!(
        !windows
            .admit(network(24_999), START.plus(300), 1)
            .standing
            .admitted
    );
    assert!(windows.admit(network(0), START.plus(300), 1).standing.admitted);
    assert!(windows.encode().len() < 200_000);
}

#[test]
fn a_clock_that_was_set_back_locks_nobody_out() {
    let mut windows = RequestWindows::default();
    let tomorrow = START.plus(86_400_000);
    windows.admit(network(1), tomorrow, 1);
    assert!(windows.admit(network(1), START, 1).standing.admitted);
    assert!(!windows.admit(network(1), START.plus(1), 1).standing.admitted);
}

proptest! {
    #[test]
    fn an_eviction_forgets_fewer_than_ten_and_never_a_full_window(
        evictions in prop::collection::vec(any::<bool>(), 1..150),
        limit in 1..40u32,
    ) {
        let mut windows = RequestWindows::default();
        let mut stored = windows.encode();
        let (mut admitted, mut evicted, mut full) = (0, 0, false);
        for eviction in evictions {
            if eviction {
                windows = RequestWindows::decode(&stored);
                evicted += 1;
            }
            let Admission { standing, save } = windows.admit(network(1), START, limit);
            if save {
                stored = windows.encode();
            }
            prop_assert!(!(full && standing.admitted));
            full |= standing.remaining == 0;
            admitted += u32::from(standing.admitted);
        }
        prop_assert!(admitted <= limit + (SAVE_EVERY - 1) * evicted);
    }

    #[test]
    fn without_an_eviction_the_count_is_exact(
        steps in prop::collection::vec((0..3u32, 0..120_000u64), 1..200),
        limit in 1..12u32,
    ) {
        let mut windows = RequestWindows::default();
        let mut plain: BTreeMap<u32, (UnixMillis, u32)> = BTreeMap::new();
        let mut now = START;
        for (n, pause) in steps {
            now = now.plus(pause);
            let (opened_at, count) = plain.entry(n).or_insert((now, 0));
            if now.since(*opened_at) >= WINDOW_MS {
                (*opened_at, *count) = (now, 0);
            }
            let standing = windows.admit(network(n), now, limit).standing;
            prop_assert_eq!(standing.admitted, *count < limit);
            *count += u32::from(standing.admitted);
            prop_assert_eq!(standing.remaining, limit - *count);
            prop_assert_eq!(standing.reset_s, (WINDOW_MS - now.since(*opened_at)).div_ceil(1000));
        }
    }
}
