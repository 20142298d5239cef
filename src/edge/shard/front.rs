use futures_channel::oneshot;
use js_sys::Uint8Array;
use serde_json::json;
use slab::Slab;
use worker::State;

use super::socket::Socket;
use super::sockets::Sockets;
use crate::edge::log;
use crate::edge::wire::Said;
use crate::hub::ConnId;
use crate::model::UnixMillis;
use crate::socketio::{Answer, Effect, RequestId, SocketId};

/// Sockets of a session that the server ends are closed with this code: to clients of Socket.IO all codes say the same.
const CLOSED: u16 = 1000;

/// The clients of Socket.IO as the shell has them: sockets, and requests that wait for their answers.
#[derive(Default)]
pub(super) struct Front {
    /// A socket's number is its place.
    pub sockets: Sockets,
    requests: Slab<oneshot::Sender<Said>>,
}

impl Front {
    /// A request waits for its answer.
    pub fn hold(&mut self, sender: oneshot::Sender<Said>) -> RequestId {
        // At most a few for each session.
        RequestId(self.requests.insert(sender) as u32)
    }

    /// When the runtime last took a pong of a socket without waking the object.
    pub fn last_heard(&self, socket: SocketId, state: &State) -> Option<UnixMillis> {
        self.sockets.get(ConnId(socket.0))?.last_heard(state)
    }

    /// Does it all at once.
    pub fn carry_out(&mut self, effects: Vec<Effect>) {
        let mut refused = 0;
        for effect in effects {
            match effect {
                Effect::Answer { request, answer } => self.answer(request, answer),
                Effect::Send { socket, text } => refused += self.sockets.send(ConnId(socket.0), &text),
                Effect::SendBinary { socket, bytes } => {
                    let socket = self.sockets.get(ConnId(socket.0));
                    let bytes = Uint8Array::from(&*bytes);
                    refused += socket.map_or(0, |socket| u32::from(!socket.deliver_bytes(&bytes)));
                }
                Effect::Broadcast { to, text } => {
                    let places: Vec<u32> = to.iter().map(|socket| socket.0).collect();
                    refused += self.sockets.send_to(&places, &text);
                }
                Effect::Close { socket } => {
                    if let Some(socket) = self.sockets.release(ConnId(socket.0)) {
                        socket.attach(&[]);
                        socket.hang_up(CLOSED, "");
                    }
                }
                Effect::Save { socket, attachment } => {
                    if let Some(socket) = self.sockets.get(ConnId(socket.0)) {
                        socket.attach(&attachment);
                    }
                }
            }
        }
        if refused > 0 {
            log::event("frames_refused", json!({"frames": refused}));
        }
    }

    fn answer(&mut self, request: RequestId, answer: Answer) {
        let Some(sender) = self.requests.try_remove(request.0 as usize) else {
            return;
        };
        let said = match answer {
            Answer::Payload(body) => (200, body),
            Answer::Taken => (200, "ok".to_owned()),
            Answer::Refused(refusal) => (refusal.status(), refusal.body().to_owned()),
        };
        // Whoever asked may be gone.
        let _ = sender.send(said);
    }
}

/// What the attachment of a socket that has closed said. It is taken away, so that nobody departs twice.
pub(super) fn left_behind(socket: &Socket) -> Option<Vec<u8>> {
    let attachment = socket.attached_bytes().filter(|bytes| !bytes.is_empty())?;
    socket.attach(&[]);
    Some(attachment)
}
