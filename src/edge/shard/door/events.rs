use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use worker::Result;

use super::{Door, WakeAt};
use crate::edge::clock;
use crate::edge::shard::socket::Socket;
use crate::socketio::{Input, SocketId};

impl Door {
    /// The time of a deadline has come.
    pub async fn alarm(&self) -> Result<()> {
        let wake_at = self.with(|life, state| life.alarm(clock::now(), state))?;
        self.arm(wake_at).await
    }

    /// A client sent a frame. The alarm is to be armed for what comes back, if anything does.
    pub fn frame(&self, socket: &Socket, message: &JsValue) -> Result<WakeAt> {
        // Whoever it is, the application knows it when it is awake.
        self.with(|_, _| ())?;
        let Some(place) = socket.conn() else {
            return Ok(None);
        };
        let socket = SocketId(place.0);
        match message.as_string() {
            Some(text) => self.take(Input::Text { socket, text: &text }),
            None => {
                let bytes = Uint8Array::new(message).to_vec();
                self.take(Input::Binary { socket, bytes })
            }
        }
    }

    /// A socket is gone, or was gone when the object woke.
    pub fn gone(&self, socket: &Socket) -> Result<WakeAt> {
        self.with(|_, _| ())?;
        let Some(place) = socket.conn() else {
            return self.with(|life, _| life.departed(clock::now(), socket));
        };
        socket.attach(&[]);
        let wake_at = self.take(Input::Closed {
            socket: SocketId(place.0),
        })?;
        self.with(|life, _| life.sockets.release(place))?;
        Ok(wake_at)
    }

    /// Arms the alarm, if it is to be.
    pub async fn complete(&self, wake_at: WakeAt) -> Result<()> {
        self.arm(wake_at).await
    }
}
