//! Who is behind a door.

use crate::model::UnixMillis;
use crate::socketio::{Effect, Input, Sid};

/// What sessions are for. It has them: each input goes through its [`crate::socketio::Server`], whose events it answers.
pub trait Application {
    /// One thing happens: what is to be done.
    fn handle(&mut self, now: UnixMillis, input: Input<'_>) -> Vec<Effect>;

    /// Whether there is a session that a socket may ask for.
    fn knows(&self, sid: Sid) -> bool;

    /// Whether nobody else is admitted.
    fn is_full(&self) -> bool;
}
