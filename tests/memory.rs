//! What a connection costs: bytes of heap in the hub, counted by the allocator, so the same on every run.
//! On wasm32 pointers are half as wide and it is less.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use cryptointel::auth::Verifier;
use cryptointel::hub::exchange::Welcome;
use cryptointel::hub::{ConnId, Effect, Frame, Hub, Input, Limits, Origin};
use cryptointel::model::{Catalog, UnixMillis};
use cryptointel::protocol::Dialect;
use uuid::Uuid;

struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        IN_USE.fetch_add(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const CONNECTIONS: u32 = 10_000;
const NOW: UnixMillis = UnixMillis::from_secs(1_764_678_600);

fn hub() -> Hub {
    let limits = Limits {
        public_read: true,
        ..Limits::default()
    };
    Hub::new(
        NOW,
        Verifier::new(&"k".repeat(32), None, None).unwrap(),
        limits,
        Catalog::embedded(),
    )
}

/// Opens 10,000 connections of 10 channels each; `set` picks the channels of the nth.
fn fill(hub: &mut Hub, set: impl Fn(usize) -> Vec<usize>) {
    let coins: Vec<String> = Catalog::embedded()
        .coins()
        .map(|(id, _)| format!("\"price:{id}\""))
        .collect();
    for n in 0..CONNECTIONS {
        let conn = ConnId(n);
        let origin = Origin {
            id: Uuid::from_u128(u128::from(n)),
            dialect: Dialect::CryptoIntel,
            pid: None,
            returned: None,
            is_durable: true,
            said: cryptointel::hub::Said::default(),
            claims: None,
        };
        let _: Vec<Effect> = hub.handle(NOW, Input::Opened { conn, origin });
        if n == 0 {
            let welcome = Welcome::default();
            let missed = Vec::new();
            hub.handle(NOW, Input::Welcome { welcome, missed });
        }
        let names: Vec<&str> = set(n as usize)
            .into_iter()
            .map(|coin| coins[coin].as_str())
            .collect();
        let text = format!(r#"{{"type":"subscribe","channels":[{}]}}"#, names.join(","));
        hub.handle(
            NOW,
            Input::Frame {
                conn,
                frame: Frame::Text(&text),
            },
        );
    }
}

fn empty(hub: &mut Hub) {
    for n in 0..CONNECTIONS {
        hub.handle(NOW, Input::Closed { conn: ConnId(n) });
    }
}

/// Ten channels, another set for each connection.
fn distinct(n: usize) -> Vec<usize> {
    (0..10).map(|k| (n + k * (1 + n / 100 % 9)) % 100).collect()
}

// One test: the allocator counts for the whole process.
#[test]
fn a_connection_of_ten_channels_takes_under_a_kilobyte_and_gives_it_back() {
    for (what, set) in [
        (
            "one set for all",
            (|_| (0..10).collect()) as fn(usize) -> Vec<usize>,
        ),
        ("distinct sets", distinct),
    ] {
        let mut hub = hub();
        fill(&mut hub, set);
        empty(&mut hub);
        let before = IN_USE.load(Ordering::Relaxed);
        fill(&mut hub, set);
        let each = IN_USE.load(Ordering::Relaxed).saturating_sub(before) / CONNECTIONS as usize;
        let whole = IN_USE.load(Ordering::Relaxed);
        println!("{what}: {each} bytes a connection");
        assert!(each < 1024, "{what}: {each} bytes a connection");
        for _ in 0..3 {
            empty(&mut hub);
            fill(&mut hub, set);
        }
        let grown = IN_USE.load(Ordering::Relaxed).saturating_sub(whole);
        assert!(
            grown < 64 * 1024,
            "{what}: {grown} bytes more after three rounds of churn"
        );
    }
}
