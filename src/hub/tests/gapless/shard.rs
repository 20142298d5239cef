use std::collections::{BTreeMap, VecDeque};

use super::*;
use crate::hub::exchange::Recovery;

/// One shard, and what is on its way to it.
pub struct Shard {
    pub name: String,
    pub hub: Hub,
    pub attachments: BTreeMap<ConnId, Vec<u8>>,
    pub owners: BTreeMap<ConnId, usize>,
    pub next: u32,
    pub alarm: Option<UnixMillis>,
    pub asks: usize,
    pub welcomes: VecDeque<Welcome>,
    pub question: Option<Question>,
    pub answer: Option<Recovery>,
    /// Deliveries that the broker has given up, and that arrive nevertheless.
    pub stragglers: VecDeque<Rc<[u8]>>,
}

impl Shard {
    pub fn new(n: usize, limits: &Limits) -> Self {
        Self {
            name: format!("json-{n}"),
            hub: hub(START, limits),
            attachments: BTreeMap::new(),
            owners: BTreeMap::new(),
            next: 0,
            alarm: None,
            asks: 0,
            welcomes: VecDeque::new(),
            question: None,
            answer: None,
            stragglers: VecDeque::new(),
        }
    }

    /// A socket for a client.
    pub fn seat(&mut self, client: usize) -> ConnId {
        let conn = ConnId(self.next);
        self.next += 1;
        self.owners.insert(conn, client);
        conn
    }

    pub fn unseat(&mut self, conn: ConnId) {
        self.owners.remove(&conn);
        self.attachments.remove(&conn);
    }

    pub fn clients(&self) -> Vec<usize> {
        self.owners.values().copied().collect()
    }

    pub fn is_idle(&self) -> bool {
        self.asks == 0 && self.welcomes.is_empty() && self.question.is_none() && self.answer.is_none()
    }

    /// Memory is lost; sockets, their attachments and the alarm are not.
    pub fn sleep_and_wake(&mut self, now: UnixMillis, limits: &Limits) {
        self.hub = hub(now, limits);
        for (conn, bytes) in &self.attachments {
            let attachment = Attachment::decode(bytes).expect("what was written");
            self.hub.restore(*conn, attachment);
        }
    }

    /// All is lost but the alarm, and what is on its way to the object of that name.
    pub fn begin_anew(&mut self, now: UnixMillis, limits: &Limits) {
        self.hub = hub(now, limits);
        self.attachments.clear();
        self.owners.clear();
        self.asks = 0;
        self.welcomes.clear();
        self.question = None;
        self.answer = None;
    }
}
