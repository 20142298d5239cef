use std::collections::BTreeSet;

use super::{Decimal, Event, Severity, WhaleActivity, WorkNews};

/// Longest name of a task, pipeline or agent in a filter, in bytes.
pub const MAX_FILTER_ID: usize = 128;

/// Longest ticker in a filter, in bytes.
pub const MAX_FILTER_TOKEN: usize = 32;

/// Clauses of a filter, and tickers of a clause.
pub const MAX_FILTER_PARTS: usize = 50;

/// Which of a channel's messages a subscriber wants: those that fit any clause, and all of them if there is none.
///
/// As text, `tokens=BTC,ETH&minAmount=1000000`: the fields of a clause as in a query, `;` between clauses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter(BTreeSet<Clause>);

/// A message fits it that fits all that it names.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clause {
    /// Tickers, whatever their case; empty: of any.
    pub tokens: BTreeSet<Box<str>>,
    /// At least so many US dollars.
    pub min_amount: Option<Decimal>,
    /// The task's, pipeline's or agent's name.
    pub id: Option<Box<str>>,
    /// How bad a violation is.
    pub severity: Option<Severity>,
}

/// What a channel's messages may be chosen by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Tokens,
    MinAmount,
    Id,
    Severity,
}

/// The fields of the channels of a family, as its clients call them; none if its messages cannot be chosen from.
const fn fields(family: &str) -> &'static [(&'static str, Field)] {
    match family.as_bytes() {
        b"whale" => &[("tokens", Field::Tokens), ("minAmount", Field::MinAmount)],
        b"tasks" => &[("taskId", Field::Id)],
        b"pipelines" => &[("pipelineId", Field::Id)],
        b"budget" => &[("agentId", Field::Id)],
        b"moderation" => &[("severity", Field::Severity)],
        _ => &[],
    }
}

impl Filter {
    /// Whether the messages of that family's channels can be chosen from.
    pub const fn is_for(family: &str) -> bool {
        !fields(family).is_empty()
    }

    /// Reads the text of a filter for a channel of that family; `None` if it is none.
    pub fn parse(text: &str, family: &str) -> Option<Self> {
        let clauses: Option<BTreeSet<Clause>> = text
            .split(';')
            .map(|clause| Clause::parse(clause, family))
            .collect();
        clauses
            .filter(|clauses| clauses.len() <= MAX_FILTER_PARTS)
            .map(Self::of)
    }

    /// A filter of these clauses. One that everything fits makes the others superfluous.
    fn of(clauses: BTreeSet<Clause>) -> Self {
        if clauses.iter().any(|clause| *clause == Clause::default()) {
            Self::default()
        } else {
            Self(clauses)
        }
    }

    /// It as text, with the names of that family.
    pub fn written(&self, family: &str) -> String {
        let clauses: Vec<String> = self.0.iter().map(|clause| clause.written(family)).collect();
        clauses.join(";")
    }

    /// Whether everything fits.
    pub fn is_all(&self) -> bool {
        self.0.is_empty()
    }

    /// Its clauses.
    pub fn clauses(&self) -> impl Iterator<Item = &Clause> {
        self.0.iter()
    }

    /// What fits either.
    pub fn or(mut self, mut other: Self) -> Self {
        if self.is_all() || other.is_all() {
            return Self::default();
        }
        self.0.append(&mut other.0);
        self
    }

    /// What is left without what `other` names: its tickers in clauses of the same amount (of any, if it names none), clauses of
    /// its name or severity. `None` if nothing is. Of everything, nothing can be taken but everything.
    pub fn without(self, other: &Self) -> Option<Self> {
        if other.is_all() {
            return None;
        }
        if self.is_all() {
            return Some(self);
        }
        let left = |clause: Clause| other.0.iter().try_fold(clause, Clause::without);
        let clauses: BTreeSet<Clause> = self.0.into_iter().filter_map(left).collect();
        (!clauses.is_empty()).then_some(Self(clauses))
    }

    /// Whether a message of the channel is wanted.
    pub fn passes(&self, event: &Event) -> bool {
        self.is_all() || self.0.iter().any(|clause| clause.passes(event))
    }
}

impl From<Clause> for Filter {
    fn from(clause: Clause) -> Self {
        Self::of(BTreeSet::from([clause]))
    }
}

impl Clause {
    /// A ticker as a clause has it, in capitals; `None` if the text can be none.
    pub fn token(text: &str) -> Option<Box<str>> {
        let is_one = (1..=MAX_FILTER_TOKEN).contains(&text.len())
            && text.chars().all(|c| c.is_ascii_graphic() && c != ',');
        is_one.then(|| text.to_ascii_uppercase().into())
    }

    fn parse(text: &str, family: &str) -> Option<Self> {
        let mut clause = Self::default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            let (_, field) = fields(family).iter().find(|(known, _)| *known == name)?;
            match field {
                Field::Tokens => clause.tokens = tokens(&value)?,
                Field::MinAmount => clause.min_amount = Some(amount(&value)?),
                Field::Id if (1..=MAX_FILTER_ID).contains(&value.len()) => clause.id = Some(value.into()),
                Field::Id => return None,
                Field::Severity => clause.severity = Some(Severity::parse(&value)?),
            }
        }
        (clause != Self::default()).then_some(clause)
    }

    fn written(&self, family: &str) -> String {
        let mut text = form_urlencoded::Serializer::new(String::new());
        for (name, field) in fields(family) {
            let value = match field {
                Field::Tokens => self.tokens_written(),
                Field::MinAmount => self.min_amount.map(|amount| amount.to_string()),
                Field::Id => self.id.as_deref().map(str::to_owned),
                Field::Severity => self.severity.map(|severity| severity.as_str().to_owned()),
            };
            if let Some(value) = value {
                text.append_pair(name, &value);
            }
        }
        text.finish()
    }

    fn tokens_written(&self) -> Option<String> {
        let tokens: Vec<&str> = self.tokens.iter().map(|token| &**token).collect();
        (!tokens.is_empty()).then(|| tokens.join(","))
    }

    /// What is left of it; `None` if nothing is.
    fn without(self, other: &Self) -> Option<Self> {
        let is_meant = other
            .min_amount
            .is_none_or(|amount| self.min_amount == Some(amount))
            && other.id.as_ref().is_none_or(|id| self.id.as_ref() == Some(id))
            && other
                .severity
                .is_none_or(|severity| self.severity == Some(severity));
        if !is_meant {
            return Some(self);
        }
        if other.tokens.is_empty() {
            return None;
        }
        if self.tokens.is_empty() {
            return Some(self);
        }
        let tokens: BTreeSet<Box<str>> = self.tokens.difference(&other.tokens).cloned().collect();
        (!tokens.is_empty()).then_some(Self { tokens, ..self })
    }

    fn passes(&self, event: &Event) -> bool {
        match event {
            Event::Whale(activity) => self.passes_whale(activity),
            Event::Work(event) => {
                let id = match &event.news {
                    WorkNews::Task(task) => Some(&task.task_id),
                    WorkNews::Pipeline(pipeline) => Some(&pipeline.pipeline_id),
                    WorkNews::Budget(alert) => alert.agent_id.as_ref(),
                };
                let wanted = self.id.as_deref();
                wanted.is_none_or(|wanted| id.is_some_and(|id| id == wanted))
            }
            Event::Moderation(case) => self.severity.is_none_or(|severity| severity == case.severity),
            _ => true,
        }
    }

    fn passes_whale(&self, activity: &WhaleActivity) -> bool {
        let mut tokens = self.tokens.iter();
        let is_token =
            self.tokens.is_empty() || tokens.any(|token| token.eq_ignore_ascii_case(&activity.token));
        is_token && self.min_amount.is_none_or(|least| activity.amount_usd >= least)
    }
}

/// Tickers of a clause.
fn tokens(text: &str) -> Option<BTreeSet<Box<str>>> {
    let tokens: Option<BTreeSet<Box<str>>> = text.split(',').map(Clause::token).collect();
    tokens.filter(|tokens| tokens.len() <= MAX_FILTER_PARTS)
}

fn amount(text: &str) -> Option<Decimal> {
    text.parse().ok().filter(|amount: &Decimal| !amount.is_negative())
}

#[cfg(test)]
mod tests;
