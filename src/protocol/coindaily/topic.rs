/// One of the seven things that a client subscribes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Topic {
    /// As the document calls it: `market_sentiment` of `subscribe_market_sentiment`.
    pub name: &'static str,
    /// The family of the hub's channels that it means.
    pub family: &'static str,
    /// The field that names what of it is meant, where that is one thing: `taskId`.
    pub id: Option<&'static str>,
}

const fn topic(name: &'static str, family: &'static str, id: Option<&'static str>) -> Topic {
    Topic { name, family, id }
}

impl Topic {
    /// All there are.
    pub const ALL: [Self; 7] = [
        topic("market_sentiment", "sentiment", None),
        topic("whale_activity", "whale", None),
        topic("task_updates", "tasks", Some("taskId")),
        topic("pipeline_updates", "pipelines", Some("pipelineId")),
        topic("budget_alerts", "budget", Some("agentId")),
        topic("moderation_queue", "moderation", None),
        topic("system_health", "health", None),
    ];

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.name == name)
    }

    /// The one whose channels a name is of.
    pub fn of_channel(name: &str) -> Option<Self> {
        let family = name.split([':', '?']).next()?;
        Self::ALL.into_iter().find(|topic| topic.family == family)
    }
}
