use serde::Serialize;

use super::json::{Millis, to_json};
use crate::model::{BudgetAlert, Decimal, PipelineProgress, TaskStatus, WorkNews};

/// Writes the `data` of how a user's work gets on.
pub(super) fn data(news: &WorkNews) -> String {
    match news {
        WorkNews::Task(task) => to_json(&TaskData::from(task)),
        WorkNews::Pipeline(pipeline) => to_json(&PipelineData::from(pipeline)),
        WorkNews::Budget(alert) => to_json(&BudgetData::from(alert)),
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct TaskData<'a> {
    task_id: &'a str,
    agent_id: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quality_score: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<&'a str>,
    timestamp: Millis,
}

impl<'a> From<&'a TaskStatus> for TaskData<'a> {
    fn from(task: &'a TaskStatus) -> Self {
        Self {
            task_id: &task.task_id,
            agent_id: &task.agent_id,
            status: task.status.as_str(),
            progress: task.progress,
            quality_score: task.quality_score,
            cost: task.cost,
            error_message: task.error_message.as_deref(),
            timestamp: Millis(task.timestamp),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct PipelineData<'a> {
    pipeline_id: &'a str,
    article_id: &'a str,
    status: &'a str,
    current_stage: StageData<'a>,
    completed_stages: u32,
    total_stages: u32,
    timestamp: Millis,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct StageData<'a> {
    name: &'a str,
    status: &'static str,
    progress: Decimal,
}

impl<'a> From<&'a PipelineProgress> for PipelineData<'a> {
    fn from(pipeline: &'a PipelineProgress) -> Self {
        let stage = &pipeline.current_stage;
        Self {
            pipeline_id: &pipeline.pipeline_id,
            article_id: &pipeline.article_id,
            status: &pipeline.status,
            current_stage: StageData {
                name: &stage.name,
                status: stage.status.as_str(),
                progress: stage.progress,
            },
            completed_stages: pipeline.completed_stages,
            total_stages: pipeline.total_stages,
            timestamp: Millis(pipeline.timestamp),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct BudgetData<'a> {
    budget_limit_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_name: Option<&'a str>,
    amount: Decimal,
    current_spend: Decimal,
    remaining_budget: Decimal,
    threshold_reached: u32,
    period: &'static str,
    message: &'a str,
    timestamp: Millis,
}

impl<'a> From<&'a BudgetAlert> for BudgetData<'a> {
    fn from(alert: &'a BudgetAlert) -> Self {
        Self {
            budget_limit_id: &alert.budget_limit_id,
            agent_id: alert.agent_id.as_deref(),
            agent_name: alert.agent_name.as_deref(),
            amount: alert.amount,
            current_spend: alert.current_spend,
            remaining_budget: alert.remaining_budget,
            threshold_reached: alert.threshold_reached,
            period: alert.period.as_str(),
            message: &alert.message,
            timestamp: Millis(alert.timestamp),
        }
    }
}
