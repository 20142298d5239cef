//! Server-Sent Events: what a shard tells one connection, as the stream that `docs/sse.md` describes. No I/O.
//!
//! - [`Wish`]: what a request asks for, and what is said to the shard then
//! - [`Stream`]: what is made of the shard's frames: the beginning of a stream, or a refusal; events; its end
//! - [`Refused`]: why there is no stream

mod event;
mod frame;
mod places;
mod refused;
mod stream;
mod wish;

#[cfg(test)]
mod tests;

pub use refused::Refused;
pub use stream::{Heard, Stream};
pub use wish::Wish;
