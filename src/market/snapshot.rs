use super::assets::MAX_ASSETS;
use super::config::MarketConfig;
use super::state::{Market, State};

/// The layout of [`State`]; raise it whenever that changes.
const VERSION: u8 = 7;

/// A stored snapshot is of no use; begin with an empty market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Written by another version of the model.
    #[error("the snapshot is of version {0:?}, this is version {VERSION}")]
    Version(Option<u8>),
    /// Not a snapshot, or damaged.
    #[error("the snapshot is damaged")]
    Damaged,
}

impl Market {
    /// All that the market remembers: a version byte, then postcard; about 1 KB a coin and
    /// 2 KB a pair with candles.
    pub fn snapshot(&self) -> Vec<u8> {
        // Writing to memory cannot fail; should it ever, an empty snapshot is refused by `restore`.
        postcard::to_extend(&self.state, vec![VERSION]).unwrap_or_default()
    }

    /// The market that wrote `bytes`, under today's settings.
    pub fn restore(bytes: &[u8], config: MarketConfig) -> Result<Self, SnapshotError> {
        let body = match bytes.split_first() {
            Some((&VERSION, body)) => body,
            other => return Err(SnapshotError::Version(other.map(|(version, _)| *version))),
        };
        let state: State = postcard::from_bytes(body).map_err(|_| SnapshotError::Damaged)?;
        if state.is_sane() {
            Ok(Self { config, state })
        } else {
            Err(SnapshotError::Damaged)
        }
    }
}

impl State {
    /// Whether it could have come about by itself: a damaged figure must not live on.
    fn is_sane(&self) -> bool {
        let assets = self.assets.len() <= MAX_ASSETS && self.assets.iter().all(|asset| asset.is_sane());
        assets && self.statistics.is_sane() && self.candles.is_sane()
    }
}
