use super::Problem;
use crate::model::{Catalog, Channel, ChannelError};

/// The coins and pairs that have channels, as far as they are known to who reads a request.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// What is known.
    pub catalog: &'a Catalog,
    /// The feed has just said so. Else it may know coins that are not in `catalog`, and to name one is no mistake.
    pub is_all: bool,
}

impl Known<'_> {
    /// The channel of that name, or the problem that there is none.
    ///
    /// # Errors
    /// There is none; or only the feed can tell, as [`no_coin`](Self::no_coin) says.
    pub(super) fn channel(
        &self,
        name: &str,
        problem: impl FnOnce(ChannelError) -> Problem,
    ) -> Result<Channel, Problem> {
        Channel::parse(name, self.catalog).map_err(|error| match is_learned(name) {
            true => self.no_coin(problem(error)),
            false => problem(error),
        })
    }

    /// Whether there may be a channel of that name, though none was found: a coin that only the feed knows yet.
    pub(super) fn may_learn(&self, name: &str) -> bool {
        !self.is_all && is_learned(name)
    }

    /// What to say where a name is of no coin that is known: the feed is unavailable, unless it has said that there
    /// is none.
    pub(super) fn no_coin(&self, problem: Problem) -> Problem {
        match self.is_all {
            true => problem,
            false => Problem::Unavailable("The feed"),
        }
    }
}

/// Whether a channel of that name would be one of a coin that the feed teaches. Pairs are configured.
fn is_learned(name: &str) -> bool {
    matches!(Channel::family_of(name), Some("price" | "sentiment"))
}
