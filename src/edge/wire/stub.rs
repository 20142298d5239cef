use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use js_sys::{Promise, Uint8Array};
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use web_sys::{RequestInit, Response};
use worker::wasm_bindgen_futures::JsFuture;
use worker::{Context, Delay, Env, Error, Result};

use super::{HOST, decode};

thread_local! {
    /// The same for every upgrade.
    static UPGRADE: RequestInit = {
        let headers = js_sys::Object::new();
        // A plain object takes any property.
        let _ = js_sys::Reflect::set(&headers, &"upgrade".into(), &"websocket".into());
        let init = RequestInit::new();
        init.set_headers(&headers);
        init
    };
}

#[wasm_bindgen]
extern "C" {
    /// The objects of one class.
    type Namespace;

    #[wasm_bindgen(method, catch, js_name = getByName)]
    fn get_by_name(this: &Namespace, name: &str) -> std::result::Result<Stub, JsValue>;

    /// Another object, as it is reached from here. Bound by hand: `worker` makes a `Request` of every question and
    /// reads every answer chunk by chunk, which costs more than what is asked.
    pub type Stub;

    #[wasm_bindgen(method, catch)]
    fn fetch(this: &Stub, url: &str, init: &RequestInit) -> std::result::Result<Promise, JsValue>;
}

impl Stub {
    /// The object of that name in the namespace that is bound as `binding`.
    pub(super) fn of(env: &Env, binding: &str, name: &str) -> Result<Self> {
        let namespace = js_sys::Reflect::get(env, &JsValue::from_str(binding))?;
        Ok(namespace.unchecked_ref::<Namespace>().get_by_name(name)?)
    }

    /// Sends `body` to an internal path and reads what comes back.
    ///
    /// # Errors
    /// The object cannot be reached, or answers anything but 200.
    pub async fn post(&self, path: &str, body: &[u8]) -> Result<Answer> {
        let init = RequestInit::new();
        init.set_method("POST");
        init.set_body(&Uint8Array::from(body));
        let response = self.send(path, &init).await?;
        // Whatever it is: an answer that nobody reads stays open until the garbage is collected, and keeps both awake.
        let bytes = JsFuture::from(response.array_buffer()?).await?;
        if response.status() != 200 {
            return Err(Error::RustError(format!("status {}", response.status())));
        }
        Ok(Answer(Uint8Array::new(&bytes).to_vec()))
    }

    /// Asks for a WebSocket. The answer is the client's to read and passed on as it comes; `None` if there is none
    /// within `time`.
    ///
    /// # Errors
    /// The object cannot be reached.
    pub async fn upgrade(&self, path: &str, time: Duration, context: &Context) -> Result<Option<Response>> {
        let init = UPGRADE.with(RequestInit::clone);
        match select(self.ask(path, &init)?, pin!(Delay::from(time))).await {
            Either::Left((answer, _)) => Ok(Some(answer?.unchecked_into())),
            Either::Right((_, late)) => {
                context.wait_until(hang_up(late));
                Ok(None)
            }
        }
    }

    async fn send(&self, path: &str, init: &RequestInit) -> Result<Response> {
        Ok(self.ask(path, init)?.await?.unchecked_into())
    }

    fn ask(&self, path: &str, init: &RequestInit) -> Result<JsFuture> {
        Ok(self.fetch(&format!("{HOST}{path}"), init)?.into())
    }
}

/// Closes a socket that comes when its client is elsewhere: it would hold a place in the shard, and nobody would read
/// it. One that comes when the runtime has ended this Worker's event is closed by the hub, since it says nothing.
async fn hang_up(late: JsFuture) {
    let Ok(answer) = late.await else { return };
    let answer = worker::Response::from(answer.unchecked_into::<Response>());
    if let Some(socket) = answer.websocket()
        && socket.accept().is_ok()
    {
        let _ = socket.close(Some(1000), Some("too late"));
    }
}

/// What an object answered.
pub struct Answer(Vec<u8>);

impl Answer {
    /// Postcard, as `encoded` writes it.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T> {
        decode(&self.0)
    }

    /// JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        Ok(serde_json::from_slice(&self.0)?)
    }

    /// Text.
    pub fn text(self) -> Result<String> {
        String::from_utf8(self.0).map_err(|error| Error::RustError(error.to_string()))
    }
}
