use serde::{Deserialize, Serialize};

use super::words::words;
use super::{Channel, Decimal, UnixMillis};

/// How the work of one user gets on, on `tasks:{user}`, `pipelines:{user}` and `budget:{user}`. Published by other back
/// ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkEvent {
    /// Whose: a token's `sub`.
    pub user: Box<str>,
    /// What.
    pub news: WorkNews,
}

impl WorkEvent {
    /// Where it is published.
    pub fn channel(&self) -> Channel {
        let user = self.user.clone();
        match self.news {
            WorkNews::Task(_) => Channel::Tasks(user),
            WorkNews::Pipeline(_) => Channel::Pipelines(user),
            WorkNews::Budget(_) => Channel::Budget(user),
        }
    }
}

/// What a user is told of work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum WorkNews {
    /// The newest state of a task: `task_status_update`.
    Task(TaskStatus),
    /// How far a pipeline is: `pipeline_progress_update`.
    Pipeline(PipelineProgress),
    /// A budget is nearly or wholly spent: `budget_alert`.
    Budget(BudgetAlert),
}

impl WorkNews {
    /// The message's type on the wire: `budget_alert`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Task(_) => TaskStatus::KIND,
            Self::Pipeline(_) => PipelineProgress::KIND,
            Self::Budget(_) => BudgetAlert::KIND,
        }
    }
}

/// The newest state of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskStatus {
    /// The publisher's own name for the task.
    pub task_id: String,
    /// Who works on it.
    pub agent_id: String,
    /// How it stands.
    pub status: TaskState,
    /// 0 to 100.
    pub progress: Option<Decimal>,
    /// 0 to 1.
    pub quality_score: Option<Decimal>,
    /// What it has cost, not negative, in the publisher's currency.
    pub cost: Option<Decimal>,
    /// Why it failed.
    pub error_message: Option<String>,
    /// When.
    pub timestamp: UnixMillis,
}

impl TaskStatus {
    /// The message's type on the wire.
    pub const KIND: &str = "task_status_update";
}

words! {
    /// How a task stands.
    TaskState {
        /// It waits.
        Queued = "queued",
        /// It is worked on.
        Processing = "processing",
        /// It is done.
        Completed = "completed",
        /// It could not be done.
        Failed = "failed",
        /// It is not wanted any more.
        Cancelled = "cancelled",
    }
}

/// How far a pipeline is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PipelineProgress {
    /// The publisher's own name for the pipeline.
    pub pipeline_id: String,
    /// What goes through it.
    pub article_id: String,
    /// How it stands: the publisher's words, and any.
    pub status: String,
    /// Where it is.
    pub current_stage: PipelineStage,
    /// Stages that are done: at most `total_stages`.
    pub completed_stages: u32,
    /// All stages.
    pub total_stages: u32,
    /// When.
    pub timestamp: UnixMillis,
}

impl PipelineProgress {
    /// The message's type on the wire.
    pub const KIND: &str = "pipeline_progress_update";
}

/// One stage of a pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PipelineStage {
    /// Its name.
    pub name: String,
    /// How it stands.
    pub status: StageState,
    /// 0 to 100.
    pub progress: Decimal,
}

words! {
    /// How a stage of a pipeline stands.
    StageState {
        /// It has not begun.
        Pending = "pending",
        /// It is worked on.
        Processing = "processing",
        /// It is done.
        Completed = "completed",
        /// It could not be done.
        Failed = "failed",
    }
}

/// A budget is nearly or wholly spent. Amounts are in the publisher's currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BudgetAlert {
    /// The publisher's own name for the limit.
    pub budget_limit_id: String,
    /// Whose spending is limited, if one agent's is.
    pub agent_id: Option<String>,
    /// What that agent is called.
    pub agent_name: Option<String>,
    /// What may be spent, not negative.
    pub amount: Decimal,
    /// What has been spent, not negative.
    pub current_spend: Decimal,
    /// What is left; below zero where more was spent.
    pub remaining_budget: Decimal,
    /// Per cent: one of [`BudgetAlert::THRESHOLDS`].
    pub threshold_reached: u32,
    /// What the limit is of.
    pub period: Period,
    /// It in words.
    pub message: String,
    /// When.
    pub timestamp: UnixMillis,
}

impl BudgetAlert {
    /// The message's type on the wire.
    pub const KIND: &str = "budget_alert";
    /// Shares of a budget that are told of, in per cent.
    pub const THRESHOLDS: [u32; 3] = [80, 90, 100];
}

words! {
    /// What a budget is of.
    Period {
        /// A day.
        Daily = "daily",
        /// A week.
        Weekly = "weekly",
        /// A month.
        Monthly = "monthly",
    }
}
