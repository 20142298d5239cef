//! What the hub wants done: at once, or when the borrow of the hub is over.

use serde_json::json;
use uuid::Uuid;
use worker::State;

use super::front::{Front, left_behind};
use super::socket::Socket;
use super::sockets::Sockets;
use crate::edge::{log, wire};
use crate::gateway::{self, Gateway, Outcome};
use crate::hub::exchange::Question;
use crate::hub::{CloseReason, ConnId, Effect, Hub, Input};
use crate::model::{Interval, Pair, UnixMillis};
use crate::socketio::{self, SocketId};

/// The hub and its clients.
pub(super) struct Shard {
    /// The object's own: `json-0`.
    pub name: String,
    pub hub: Hub,
    pub clients: Clients,
    /// What the alarm is to be armed for. One event's tasks may be carried out after another's, and the newest counts.
    pub wake_at: Option<UnixMillis>,
}

/// How clients are reached.
pub(super) enum Clients {
    /// A connection is a socket.
    Sockets(Sockets),
    /// A connection is a session, which may poll.
    Sessions(Box<Gateway>, Front),
}

/// What an effect needs that cannot be done at once.
pub(super) enum Task {
    /// For the time that [`Shard::wake_at`] says when it is carried out.
    Arm,
    SaveCatalog(Vec<u8>),
    Attach,
    Recover(Question),
    ReadCandles(Pair, Interval, u16),
}

impl Shard {
    /// The sockets, whosever they are.
    pub fn sockets(&mut self) -> &mut Sockets {
        match &mut self.clients {
            Clients::Sockets(sockets) => sockets,
            Clients::Sessions(_, front) => &mut front.sockets,
        }
    }

    /// Takes back a socket that outlived the last life, or notes what one left that closed in the meantime; gives what remains
    /// to be done.
    pub fn restore(&mut self, now: UnixMillis, socket: Socket, state: &State) -> Vec<Task> {
        // After a panic the object is built anew beside the same sockets: the places that they remember are void.
        socket.set_conn(None);
        let has_sessions = matches!(self.clients, Clients::Sessions(..));
        match (socket.is_open(), has_sessions) {
            (true, true) => self.restore_session(now, socket, state),
            (true, false) => {
                self.restore_socket(socket);
                Vec::new()
            }
            (false, true) => match left_behind(&socket) {
                Some(left) => self.handle_clients(now, gateway::Input::Departed(&left)),
                None => Vec::new(),
            },
            (false, false) => match socket.left_behind() {
                Some(left) => self.handle(now, Input::Departed(left)),
                None => Vec::new(),
            },
        }
    }

    fn restore_session(&mut self, now: UnixMillis, socket: Socket, state: &State) -> Vec<Task> {
        let attachment = socket.attached_bytes().unwrap_or_default();
        let heard = socket.last_heard(state);
        let place = self.sockets().admit(socket);
        let input = socketio::Input::Restored {
            socket: SocketId(place.0),
            attachment: &attachment,
            heard,
        };
        self.handle_clients(now, gateway::Input::Client(input))
    }

    fn restore_socket(&mut self, socket: Socket) {
        match socket.attached() {
            Some(attachment) => {
                let conn = self.sockets().admit(socket);
                self.hub.restore(conn, attachment);
            }
            // Written by another version of this program: the client connects anew and is served again.
            None => socket.hang_up(CloseReason::Restart.code(), CloseReason::Restart.as_str()),
        }
    }

    /// One input through the hub: does what can be done at once and returns what cannot.
    pub fn handle(&mut self, now: UnixMillis, input: Input<'_>) -> Vec<Task> {
        match &mut self.clients {
            Clients::Sockets(_) => {
                let effects = self.hub.handle(now, input);
                self.carry_out(effects)
            }
            Clients::Sessions(..) => self.handle_clients(now, gateway::Input::Hub(input)),
        }
    }

    /// The same where clients have sessions, of whatever is about them.
    pub fn handle_clients(&mut self, now: UnixMillis, input: gateway::Input<'_>) -> Vec<Task> {
        let Clients::Sessions(gateway, _) = &mut self.clients else {
            return Vec::new();
        };
        let outcome = gateway.handle(&mut self.hub, now, input, &mut Uuid::new_v4);
        self.settle(outcome)
    }

    /// The time of a deadline has come.
    pub fn alarm(&mut self, now: UnixMillis, state: &State) -> Vec<Task> {
        match &mut self.clients {
            Clients::Sockets(sockets) => {
                let last_heard = |conn: ConnId| sockets.get(conn).and_then(|socket| socket.last_heard(state));
                let last_heard = &last_heard;
                let effects = self.hub.handle(now, Input::Alarm { last_heard });
                self.carry_out(effects)
            }
            Clients::Sessions(gateway, front) => {
                let last_heard = |socket| front.last_heard(socket, state);
                let last_heard = &last_heard;
                let input = gateway::Input::Client(socketio::Input::Alarm { last_heard });
                let outcome = gateway.handle(&mut self.hub, now, input, &mut Uuid::new_v4);
                self.settle(outcome)
            }
        }
    }

    /// Does at once what can be, of what the gateway wants.
    fn settle(&mut self, outcome: Outcome) -> Vec<Task> {
        if let Clients::Sessions(_, front) = &mut self.clients {
            front.carry_out(outcome.clients);
        }
        let mut tasks = self.carry_out(outcome.rest);
        if let Some(at) = outcome.wake_at {
            self.wake_at = Some(at);
            tasks.push(Task::Arm);
        }
        tasks
    }

    fn carry_out(&mut self, effects: Vec<Effect>) -> Vec<Task> {
        let Self {
            name, hub, clients, ..
        } = self;
        let sockets = match clients {
            Clients::Sockets(sockets) => sockets,
            // What is for sessions was done by the gateway.
            Clients::Sessions(_, front) => &mut front.sockets,
        };
        let mut tasks = Vec::new();
        let mut refused = 0;
        for effect in effects {
            match effect {
                Effect::Send { to, text } => refused += sockets.send(to, &text),
                Effect::Broadcast { to, text } => refused += sockets.broadcast(&to, &text),
                Effect::Batch { to, batch } => {
                    refused += batch.text().map_or(0, |text| sockets.broadcast(&to, &text));
                }
                Effect::Close { conn, reason } => {
                    if let Some(socket) = sockets.release(conn) {
                        socket.attach(&[]);
                        socket.hang_up(reason.code(), reason.as_str());
                    }
                }
                Effect::Save { conn, attachment } => {
                    if let Some(socket) = sockets.get(conn) {
                        socket.attach(&attachment);
                    }
                }
                Effect::WakeAt(at) => {
                    self.wake_at = Some(at);
                    tasks.push(Task::Arm);
                }
                Effect::SaveCatalog => {
                    tasks.extend(wire::encode(&hub.catalog().learned()).ok().map(Task::SaveCatalog));
                }
                Effect::Attach => tasks.push(Task::Attach),
                Effect::Recover(wanted) => tasks.push(Task::Recover(wanted)),
                Effect::ReadCandles { pair, interval, bars } => {
                    tasks.push(Task::ReadCandles(pair, interval, bars));
                }
            }
        }
        if refused > 0 {
            // A gap, of which its client learns by the next offset.
            log::event("frames_refused", json!({"shard": name, "frames": refused}));
        }
        tasks
    }
}
