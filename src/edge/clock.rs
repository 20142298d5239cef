use wasm_bindgen::JsValue;
use worker::{Date, Result, ScheduledTime, Storage};

use crate::model::UnixMillis;

/// The runtime's clock: it stands still while code runs and moves on with every I/O.
pub fn now() -> UnixMillis {
    UnixMillis::new(Date::now().as_millis())
}

/// Arms an object's one alarm, in place of the time it was armed for. It is always in the future: of an alarm
/// that is armed anew, while it runs, for its own time the runtime believes that it has run.
pub async fn arm(storage: &Storage, at: UnixMillis) -> Result<()> {
    let at = at.max(now().plus(1));
    let at = js_sys::Date::new(&JsValue::from_f64(at.get() as f64));
    storage.set_alarm(ScheduledTime::new(at)).await
}
