//! Who is behind a door.

use crate::model::UnixMillis;
use crate::socketio::{Effect, Input, Sid, Standing};

/// What sessions are for. It has them: each input goes through its [`crate::socketio::Server`], whose events it answers.
pub trait Application {
    /// One thing happens: what is to be done.
    fn handle(&mut self, now: UnixMillis, input: Input<'_>) -> Vec<Effect>;

    /// A socket closed while the object slept, and this was its attachment.
    fn departed(&mut self, _now: UnixMillis, _attachment: &[u8]) -> Vec<Effect> {
        Vec::new()
    }

    /// What a socket finds that asks for a session.
    fn standing(&self, sid: Sid) -> Standing;

    /// Whether nobody else is admitted.
    fn is_full(&self) -> bool;
}
