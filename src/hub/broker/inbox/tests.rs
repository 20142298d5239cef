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
        inbox.push(publication, 10, n as u32);
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
        inbox.push(publication(vec![mention()]), bytes, n as u32);
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
        inbox.push(publication, 10, n as u32);
    }
    assert_eq!(parts(inbox), [vec![0], vec![1, 2, 3], vec![4], vec![5]]);
}
