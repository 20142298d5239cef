use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::hub::broker::Item;
use crate::hub::tests::{START, price, signal};
use crate::model::{Event, HealthStatus, Mention, SystemStatus, UnixMillis};

fn mention() -> Event {
    Event::Mention(Mention {
        entity: "x".to_owned(),
        title: String::new(),
        url: String::new(),
        source: String::new(),
        timestamp: START,
    })
}

fn publication(events: Vec<Event>) -> Publication {
    Publication {
        published_at: START,
        items: events.into_iter().map(Item::from).collect(),
        ..Publication::default()
    }
}

/// Who is told of each part.
fn parts(mut inbox: Inbox<u32>) -> Vec<Vec<u32>> {
    let parts = std::iter::from_fn(|| inbox.next_part());
    let parts = parts.inspect(|(publications, tell)| assert_eq!(publications.len(), tell.len()));
    parts.map(|(_, tell)| tell).collect()
}

#[test]
fn what_is_for_the_feeds_channels_is_committed_by_itself() {
    let mut inbox = Inbox::default();
    let status = Publication {
        status: Some(SystemStatus {
            status: HealthStatus::Healthy,
            active_connections: 1,
            messages_per_second: 0.0,
            uptime: 100.0,
            timestamp: START,
        }),
        ..publication(vec![])
    };
    for (n, publication) in [
        publication(vec![mention()]),
        publication(vec![price("bitcoin", 1).into()]),
        publication(vec![mention(), mention()]),
        publication(vec![mention(), signal("s", true).into()]),
        status,
    ]
    .into_iter()
    .enumerate()
    {
        assert!(inbox.push(publication, 10, n as u32));
    }
    assert!(!inbox.is_empty());
    assert_eq!(parts(inbox), [vec![1, 3, 4], vec![0, 2]]);
    assert!(Inbox::<u32>::default().is_empty());
    assert!(Inbox::<u32>::default().next_part().is_none());
}

#[test]
fn what_is_committed_together_fits_a_row() {
    let mut inbox = Inbox::default();
    for (n, bytes) in [2 << 20, 600_000, 400_000, 100_000, 10].into_iter().enumerate() {
        assert!(inbox.push(publication(vec![mention()]), bytes, n as u32));
    }
    assert_eq!(parts(inbox), [vec![0], vec![1, 2], vec![3, 4]]);
}

#[test]
fn what_is_sent_again_late_makes_nothing_else_late() {
    let mut inbox = Inbox::default();
    for (n, late) in [5_000, 0, 900, 1_000, 1_001, 0].into_iter().enumerate() {
        let publication = Publication {
            published_at: UnixMillis::new(START.get() - late),
            ..publication(vec![price("bitcoin", 1).into()])
        };
        assert!(inbox.push(publication, 10, n as u32));
    }
    assert_eq!(parts(inbox), [vec![0], vec![1, 2, 3], vec![4], vec![5]]);
}

#[test]
fn others_that_publish_too_much_are_refused_and_the_feed_is_not() {
    let mut inbox = Inbox::default();
    let mentions = || publication(vec![mention()]);
    let prices = || publication(vec![price("bitcoin", 1).into()]);
    assert!(inbox.push(mentions(), WAITING_BYTES, 0));
    assert!(!inbox.push(mentions(), 1, 1));
    assert!(inbox.push(prices(), 1, 2));
    assert_eq!(parts(inbox), [[2], [0]]);
}

#[derive(Debug, Clone)]
struct Sent {
    is_feeds: bool,
    bytes: usize,
    late: u64,
    /// Nobody waits for it any more.
    gone: bool,
}

impl Sent {
    fn publication(&self) -> Publication {
        Publication {
            published_at: UnixMillis::new(START.get() - self.late),
            ..publication(vec![match self.is_feeds {
                true => price("bitcoin", 1).into(),
                false => mention(),
            }])
        }
    }
}

fn sent() -> impl Strategy<Value = Sent> {
    let bytes = prop_oneof![0..2_000_usize, 100_000..1_500_000_usize, Just(20 << 20)];
    let late = prop_oneof![4 => 0..1_500_u64, 1 => Just(5_000)];
    (any::<bool>(), bytes, late, any::<bool>()).prop_map(|(is_feeds, bytes, late, gone)| Sent {
        is_feeds,
        bytes,
        late,
        gone,
    })
}

proptest! {
    #[test]
    fn parts_are_in_order_and_bounded_and_what_is_too_much_is_refused(sent in vec(sent(), 1..60)) {
        let mut inbox = Inbox::default();
        // By kind: the feed's, then all others.
        let mut waiting = [vec![], vec![]];
        for (n, next) in sent.iter().enumerate() {
            let waiting = &mut waiting[usize::from(!next.is_feeds)];
            let bytes: usize = waiting.iter().map(|n: &usize| sent[*n].bytes).sum();
            let fits = waiting.is_empty() || bytes + next.bytes <= WAITING_BYTES;
            prop_assert_eq!(inbox.push(next.publication(), next.bytes, n), fits);
            if fits {
                waiting.push(n);
            }
        }
        inbox.retain(|n| !sent[*n].gone);
        waiting.iter_mut().for_each(|it| it.retain(|n| !sent[*n].gone));
        let mut taken: Vec<Vec<usize>> = Vec::new();
        while let Some((publications, part)) = inbox.next_part() {
            let expected: Vec<_> = part.iter().map(|n| sent[*n].publication()).collect();
            prop_assert_eq!(publications, expected);
            taken.push(part);
        }
        prop_assert!(inbox.is_empty());
        prop_assert_eq!(taken.concat(), waiting.concat());
        let is_one_part = |part: &[usize]| {
            let first = &sent[part[0]];
            let bytes: usize = part.iter().map(|n| sent[*n].bytes).sum();
            let mut all = part.iter().map(|n| &sent[*n]);
            let alike = all.all(|it| it.is_feeds == first.is_feeds && it.late.abs_diff(first.late) <= COMMIT_MS);
            part.len() == 1 || bytes <= COMMIT_BYTES && alike
        };
        prop_assert!(taken.iter().all(|part| is_one_part(part)), "{taken:?}");
        for (part, next) in taken.iter().zip(taken.iter().skip(1)) {
            let more: Vec<usize> = part.iter().chain(next.first()).copied().collect();
            prop_assert!(!is_one_part(&more), "{part:?} is not all that fits");
        }
        // What was taken waits no more.
        for is_feeds in [false, true] {
            let next = Sent { is_feeds, bytes: 0, late: 0, gone: false }.publication();
            prop_assert!(inbox.push(next.clone(), 1, 0));
            prop_assert!(inbox.push(next.clone(), WAITING_BYTES - 1, 0));
            prop_assert!(!inbox.push(next, 1, 0));
        }
    }
}
