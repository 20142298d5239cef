use serde::{Deserialize, Serialize};

use super::Supply;
use crate::model::Source;

/// Who is believed, of prices and of candles: the first in the order that is well.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Leaders {
    price: Option<Source>,
    candle: Option<Source>,
    switches: u64,
}

/// Another provider leads now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switch {
    /// Of what: `price` or `candle`.
    pub of: &'static str,
    /// Who led; `None` at first, or when nobody was well.
    pub from: Option<Source>,
    /// Who leads; `None` when nobody is well.
    pub to: Option<Source>,
}

impl Leaders {
    /// Looks who leads now, and returns what has changed.
    pub(super) fn elect(&mut self, supply: &Supply, is_well: impl Fn(Source) -> bool) -> Vec<Switch> {
        let first = |order: &[Source]| order.iter().copied().find(|source| is_well(*source));
        let seats = [
            ("price", &mut self.price, first(&supply.price_order)),
            ("candle", &mut self.candle, first(&supply.candle_order)),
        ];
        let mut switches = Vec::new();
        for (of, seat, to) in seats {
            let from = std::mem::replace(seat, to);
            if from != to {
                switches.push(Switch { of, from, to });
            }
        }
        // The first leader is nobody's successor.
        let successions = switches.iter().filter(|switch| switch.from.is_some()).count();
        self.switches = self.switches.saturating_add(successions as u64);
        switches
    }

    /// Whose prices lead.
    pub fn price(&self) -> Option<Source> {
        self.price
    }

    /// Whose candles lead.
    pub fn candle(&self) -> Option<Source> {
        self.candle
    }

    /// How often a leader was followed by another, or by nobody.
    pub fn switches(&self) -> u64 {
        self.switches
    }
}
