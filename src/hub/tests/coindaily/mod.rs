//! CoinDaily's clients, over JSON frames and as Socket.IO's packets.

mod choices;
mod entry;
mod events;
mod packets;

use serde_json::{Value, json};

use super::*;
use crate::model::samples::{task, whale};
use crate::model::{CaseState, ModerationCase, Severity};

impl Rig {
    /// A connection of which it is not said what it speaks.
    fn open_json(&mut self) -> ConnId {
        self.open_in(Dialect::Undecided, None)
    }

    /// A client that has said who it is, as the document prints it.
    fn coindaily(&mut self, subject: &str, scope: &str) -> ConnId {
        let conn = self.open_json();
        let token = scoped_token(subject, scope, self.now.secs() + 3600);
        self.say(conn, json!({"type": "auth", "data": {"token": token}}));
        assert_eq!(kinds(&self.read(conn)), ["auth_success"]);
        conn
    }

    fn ask(&mut self, conn: ConnId, kind: &str, data: Value) -> Vec<Value> {
        self.say(conn, json!({"type": kind, "data": data}));
        self.read(conn)
    }

    fn told(&mut self, conn: ConnId, event: Event) -> Vec<Value> {
        self.publish_all(vec![event]);
        self.read(conn)
    }
}

fn case(severity: Severity) -> Event {
    Event::Moderation(ModerationCase {
        violation_id: "v".into(),
        user_id: "u".into(),
        content_type: "article".into(),
        violation_type: "spam".into(),
        severity,
        confidence: Decimal::from(1),
        status: CaseState::Pending,
        queue_position: 1,
        timestamp: START,
    })
}
