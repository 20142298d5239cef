use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Who holds a channel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// Connections.
    pub subscribers: u64,
    /// The users among them, each once; at most [`MAX_USERS`](Self::MAX_USERS), the first in alphabetical order.
    pub users: BTreeSet<String>,
}

impl Presence {
    /// More users than these are counted, not named.
    pub const MAX_USERS: usize = 1_000;

    /// One more connection, and whose it is.
    pub fn note(&mut self, user: Option<&str>) {
        self.subscribers += 1;
        self.users.extend(user.map(str::to_owned));
        self.cut();
    }

    /// Adds who holds it elsewhere.
    pub fn add(&mut self, other: Self) {
        self.subscribers = self.subscribers.saturating_add(other.subscribers);
        self.users.extend(other.users);
        self.cut();
    }

    fn cut(&mut self) {
        while self.users.len() > Self::MAX_USERS {
            self.users.pop_last();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_named_once_and_too_many_are_only_counted() {
        let mut here = Presence::default();
        for user in [Some("bob"), None, Some("alice"), Some("bob")] {
            here.note(user);
        }
        assert_eq!(here.subscribers, 4);
        assert!(here.users.iter().eq(["alice", "bob"]));
        let mut crowd = Presence::default();
        for n in 0..2_000 {
            crowd.note(Some(&format!("user-{n:04}")));
        }
        here.add(crowd);
        assert_eq!((here.subscribers, here.users.len()), (2_004, Presence::MAX_USERS));
        assert!(here.users.contains("user-0000") && !here.users.contains("user-1999"));
    }
}
