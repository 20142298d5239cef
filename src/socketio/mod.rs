//! Socket.IO without sockets: Engine.IO 4 and, on top of it, Socket.IO protocol 5. No I/O, no clock, no randomness.
//!
//! - [`engine`]: sessions and their transports: handshake, polling, WebSocket, the upgrade between them, heartbeat
//! - [`packet`]: Socket.IO packets: text to [`packet::Packet`] and back, binary attachments
//! - [`server`]: namespaces on top of sessions, and what the application is told and says
//! - [`sid`]: what names a session; [`refusal`]: the answers to requests that are wrong
//!
//! A shell gives [`Server::handle`] every [`Input`], lets the application answer each [`Event`], and then carries out
//! what [`Server::drain`] gives.

pub mod engine;
pub mod packet;
mod refusal;
mod server;
mod sid;

pub use engine::{Answer, Effect, Engine, Input, LastHeard, RequestId, Rules, SessionId, SocketId, Standing};
pub use refusal::Refusal;
pub use server::{Event, MAX_KEPT, Server};
pub use sid::Sid;

#[cfg(test)]
mod tests;
