//! How the work of one user gets on: tasks, pipelines, budgets.

use super::{AMOUNT, COUNT, MAX_NAME, MAX_TEXT, MAX_WORD};
use crate::api::fields::Fields;
use crate::api::{Problem, values};
use crate::model::{
    BudgetAlert, Event, Period, PipelineProgress, PipelineStage, StageState, TaskState, TaskStatus,
    WorkEvent, WorkNews,
};

const SHARE: &str = "a number from 0 to 1";
const PER_CENT: &str = "a number from 0 to 100";

/// `task_status_update`
pub(super) fn task(user: &str, mut data: Fields<'_>) -> Result<Event, Problem> {
    let task = TaskStatus {
        task_id: data.text("taskId", MAX_NAME)?,
        agent_id: data.text("agentId", MAX_NAME)?,
        status: data.required_word("status", TaskState::WORDS, TaskState::parse)?,
        progress: data.optional("progress", PER_CENT, |raw| values::up_to(raw, 100))?,
        quality_score: data.optional("qualityScore", SHARE, |raw| values::up_to(raw, 1))?,
        cost: data.optional("cost", AMOUNT, values::not_negative)?,
        error_message: data.optional_text("errorMessage", MAX_TEXT)?,
        timestamp: data.millis("timestamp")?,
    };
    data.end()?;
    Ok(told(user, WorkNews::Task(task)))
}

/// `pipeline_progress_update`
pub(super) fn pipeline(user: &str, mut data: Fields<'_>) -> Result<Event, Problem> {
    let pipeline = PipelineProgress {
        pipeline_id: data.text("pipelineId", MAX_NAME)?,
        article_id: data.text("articleId", MAX_NAME)?,
        status: data.text("status", MAX_WORD)?,
        current_stage: stage(data.object("currentStage")?)?,
        completed_stages: data.required("completedStages", COUNT, values::count)?,
        total_stages: data.required("totalStages", COUNT, values::count)?,
        timestamp: data.millis("timestamp")?,
    };
    if pipeline.completed_stages > pipeline.total_stages {
        let total = pipeline.total_stages;
        return Err(data.refuse(
            "completedStages",
            format_args!("expected at most {total}, as 'totalStages' says"),
        ));
    }
    data.end()?;
    Ok(told(user, WorkNews::Pipeline(pipeline)))
}

fn stage(mut data: Fields<'_>) -> Result<PipelineStage, Problem> {
    let stage = PipelineStage {
        name: data.text("name", MAX_WORD)?,
        status: data.required_word("status", StageState::WORDS, StageState::parse)?,
        progress: data.required("progress", PER_CENT, |raw| values::up_to(raw, 100))?,
    };
    data.end()?;
    Ok(stage)
}

/// `budget_alert`
pub(super) fn budget(user: &str, mut data: Fields<'_>) -> Result<Event, Problem> {
    let alert = BudgetAlert {
        budget_limit_id: data.text("budgetLimitId", MAX_NAME)?,
        agent_id: data.optional_text("agentId", MAX_NAME)?,
        agent_name: data.optional_text("agentName", MAX_NAME)?,
        amount: data.required("amount", AMOUNT, values::not_negative)?,
        current_spend: data.required("currentSpend", AMOUNT, values::not_negative)?,
        remaining_budget: data.required("remainingBudget", "a number", values::decimal)?,
        threshold_reached: data.required("thresholdReached", "80, 90 or 100", |raw| {
            values::count(raw).filter(|reached| BudgetAlert::THRESHOLDS.contains(reached))
        })?,
        period: data.required_word("period", Period::WORDS, Period::parse)?,
        message: data.text("message", MAX_TEXT)?,
        timestamp: data.millis("timestamp")?,
    };
    data.end()?;
    Ok(told(user, WorkNews::Budget(alert)))
}

fn told(user: &str, news: WorkNews) -> Event {
    let user = user.into();
    Event::Work(WorkEvent { user, news })
}
