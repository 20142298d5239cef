//! Events for tests of whatever layer: only what they are told apart by is an argument.

use super::{
    Decimal, Event, Impact, TaskState, TaskStatus, UnixMillis, WhaleActivity, WhaleMove, WorkEvent, WorkNews,
};

/// A purchase of that coin, for so many US dollars.
pub fn whale(token: &str, dollars: u64) -> Event {
    Event::Whale(WhaleActivity {
        token: token.into(),
        kind: WhaleMove::Buy,
        amount: Decimal::from(1),
        amount_usd: Decimal::from(dollars),
        from: "a".into(),
        to: "b".into(),
        tx_hash: "c".into(),
        exchange: None,
        impact: Impact::Low,
        timestamp: UnixMillis::default(),
    })
}

/// A task of that user and name.
pub fn task(user: &str, id: &str) -> Event {
    Event::Work(WorkEvent {
        user: user.into(),
        news: WorkNews::Task(TaskStatus {
            task_id: id.into(),
            agent_id: "agent".into(),
            status: TaskState::Queued,
            progress: None,
            quality_score: None,
            cost: None,
            error_message: None,
            timestamp: UnixMillis::default(),
        }),
    })
}
