//! `cargo fuzz run engine_io`: no body makes the parser panic, and what bytes it finds are written as they were read.
#![no_main]

use cryptointel::socketio::engine::packet::{Outgoing, Packet};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &str| {
    let Ok(packets) = Packet::parse_all(body) else {
        return;
    };
    for packet in packets {
        if let Packet::Binary(bytes) = packet {
            let written = Outgoing::payload(&[Outgoing::Binary(bytes.clone().into())]);
            assert_eq!(Packet::parse(&written), Ok(Packet::Binary(bytes)));
        }
    }
});
