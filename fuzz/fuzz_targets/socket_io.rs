//! `cargo fuzz run socket_io`: no text makes the parser panic, and what it reads as an event or an acknowledgement is read as
//! the same when it is written again.
#![no_main]

use cryptointel::socketio::packet::{self, Body, Limits, Packet, Partial};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(packet) = Packet::parse(text) else {
        return;
    };
    let limits = Limits { count: 16, bytes: 1_000 };
    if let Ok(Some(mut partial)) = Partial::begin(&packet, limits) {
        let _ = partial.add(vec![0; 10], limits);
    }
    let written = match &packet.body {
        Body::Event(message) => packet::event(packet.namespace, message.id, &message.payload, message.attachments),
        Body::Ack(message) => packet::ack(packet.namespace, message.id.unwrap_or(0), &message.payload, message.attachments),
        Body::Connect(_) | Body::Disconnect => return,
    };
    assert_eq!(Packet::parse(&written).as_ref(), Ok(&packet));
});
