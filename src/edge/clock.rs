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

/// Arms an object's one alarm, in place of the time it was armed for. It is always in the future: of an alarm
/// that is armed anew, while it runs, for its own time the runtime believes that it has run.
pub async fn arm(storage: &Storage, at: UnixMillis) -> Result<()> {
    let at = at.max(now().plus(1));
    let at = js_sys::Date::new(&JsValue::from_f64(at.get() as f64));
    storage.set_alarm(ScheduledTime::new(at)).await
}
