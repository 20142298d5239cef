use worker::Date;

use crate::model::UnixMillis;

/// The runtime's clock: it stands still while code runs and moves on with every I/O.
pub fn now() -> UnixMillis {
    UnixMillis::new(Date::now().as_millis())
}
