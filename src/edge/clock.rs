use wasm_bindgen::JsValue;
use worker::{Date, Result, ScheduledTime, Storage};

use crate::model::{Alarm, UnixMillis};

/// The runtime's clock: it stands still while code runs and moves on with every I/O.
pub fn now() -> UnixMillis {
    UnixMillis::new(Date::now().as_millis())
}

/// What an object's one alarm is armed for. While it runs, it is not.
pub async fn alarm(storage: &Storage) -> Result<Alarm> {
    let armed = storage.get_alarm().await?;
    let armed = armed.and_then(|at| u64::try_from(at).ok());
    Ok(Alarm::found(now(), armed.map(UnixMillis::new)))
}

/// An alarm may ring that much before its time by the clock that [`now`] reads, milliseconds: the runtime waits by another one.
const EARLY_MS: u64 = 10;

/// Arms an object's one alarm, in place of the time it was armed for. It is never its own time while it rings: of an alarm that is
/// armed anew for that the runtime believes that it has run, and nothing rings any more.
pub async fn arm(storage: &Storage, at: UnixMillis) -> Result<()> {
    let at = at.max(now().plus(EARLY_MS));
    let at = js_sys::Date::new(&JsValue::from_f64(at.get() as f64));
    storage.set_alarm(ScheduledTime::new(at)).await
}
