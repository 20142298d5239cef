use std::rc::Rc;

use super::groups::{GroupId, Groups};
use super::{ConnId, Effect};
use crate::protocol::Dialect;

/// One frame of several messages. It is written when it is sent: a delivery to a thousand groups holds its messages
/// once, not once for each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    dialect: Dialect,
    /// All messages of the delivery, each as a frame of its own would have it.
    messages: Rc<[String]>,
    /// Which of them are in this frame, in order.
    which: Vec<u32>,
}

impl Batch {
    /// The text frame.
    pub fn text(&self) -> String {
        let messages = self.which.iter().filter_map(|at| self.messages.get(*at as usize));
        self.dialect.batch(messages.map(String::as_str))
    }
}

/// What a delivery has for the groups that want one frame.
#[derive(Debug, Default)]
pub(super) struct Batches {
    messages: Vec<String>,
    /// The groups that something is for.
    groups: Vec<GroupId>,
}

impl Batches {
    /// Adds a message for groups of one dialect.
    pub fn add<'a>(
        &mut self,
        message: String,
        groups: impl IntoIterator<Item = &'a GroupId>,
        all: &mut Groups,
    ) {
        // A delivery has thousands of messages at most.
        let at = self.messages.len() as u32;
        self.messages.push(message);
        for id in groups {
            let Some(group) = all.get_mut(*id) else { continue };
            if group.batch.is_empty() {
                self.groups.push(*id);
                group.batch.reserve(group.subscriptions());
            }
            group.batch.push(at);
        }
    }

    /// One frame for each group that something is for.
    pub fn send(self, groups: &mut Groups, out: &mut Vec<Effect>) {
        let messages: Rc<[String]> = self.messages.into();
        for id in self.groups {
            let Some(group) = groups.get_mut(id) else { continue };
            let to: Rc<[ConnId]> = group.members.as_slice().into();
            let batch = Batch {
                dialect: group.dialect(),
                messages: Rc::clone(&messages),
                which: std::mem::take(&mut group.batch),
            };
            out.push(Effect::Batch { to, batch });
        }
    }
}
