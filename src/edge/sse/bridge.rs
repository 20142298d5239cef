use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{ReadableStream, Request, Response};
use worker::Result;
use worker::wasm_bindgen_futures::JsFuture;

use crate::sse::{Heard, Refused, Stream};

/// Bytes that may wait for a client to read them, besides what the network holds. With more the stream ends, and the client resumes.
const MOST_UNREAD: u32 = 1 << 20;

/// A stream that has not begun after so long does not: the hub gives up on its broker sooner, milliseconds.
const PATIENCE_MS: u32 = 15_000;

#[wasm_bindgen(module = "/src/edge/sse/bridge.js")]
extern "C" {
    /// From a shard's socket to the body of an answer.
    type Bridge;

    #[wasm_bindgen(constructor)]
    fn new(response: &Response, request: &Request, hear: &JsValue, most: u32) -> Bridge;

    #[wasm_bindgen(method)]
    fn open(this: &Bridge, frames: &Array, patience: u32) -> Promise;

    #[wasm_bindgen(method)]
    fn begin(this: &Bridge, bytes: &Uint8Array);

    #[wasm_bindgen(method)]
    fn write(this: &Bridge, bytes: &Uint8Array);

    #[wasm_bindgen(method)]
    fn end(this: &Bridge);
}

/// What becomes of a stream.
pub enum Outcome {
    /// It has begun.
    Body(ReadableStream),
    /// The hub said no.
    Refused(Refused),
    /// The hub said nothing, or the client has gone.
    Silent,
}

/// Says `hello` to the shard that answered with a socket, and lets `stream` hear it from then on.
pub async fn open(
    response: &Response,
    request: &Request,
    hello: Vec<String>,
    stream: Stream,
) -> Result<Outcome> {
    let refused = Rc::new(RefCell::new(None));
    let bridge = Bridge::new(response, request, &hear(stream, Rc::clone(&refused)), MOST_UNREAD);
    let frames: Array = hello.into_iter().map(JsValue::from).collect();
    let body = JsFuture::from(bridge.open(&frames, PATIENCE_MS)).await?;
    if !body.is_undefined() {
        return Ok(Outcome::Body(body.unchecked_into()));
    }
    let refused = refused.borrow_mut().take();
    Ok(refused.map_or(Outcome::Silent, Outcome::Refused))
}

/// What the bridge calls with each frame, and once without one when all is over. It holds nothing of JavaScript's, which
/// would hold each other then, and is dropped with it.
fn hear(stream: Stream, refused: Rc<RefCell<Option<Refused>>>) -> JsValue {
    let stream = RefCell::new(Some(stream));
    let hear = move |bridge: Bridge, frame: Option<String>| {
        let Some(frame) = frame else {
            // Now, and not when JavaScript comes to collect it.
            stream.take();
            return;
        };
        // Not borrowed any more when the bridge is called, which may say that all is over.
        let heard = stream.borrow_mut().as_mut().map(|stream| stream.hear(&frame));
        match heard {
            None | Some(Heard::Nothing) => {}
            Some(Heard::Begins(text)) => bridge.begin(&bytes(&text)),
            Some(Heard::Events(text)) => bridge.write(&bytes(&text)),
            Some(Heard::Ends(text)) => {
                bridge.write(&bytes(&text));
                bridge.end();
            }
            Some(Heard::Refused(why)) => {
                refused.replace(Some(why));
                bridge.end();
            }
        }
    };
    Closure::<dyn Fn(Bridge, Option<String>)>::new(hear).into_js_value()
}

fn bytes(text: &str) -> Uint8Array {
    Uint8Array::from(text.as_bytes())
}
