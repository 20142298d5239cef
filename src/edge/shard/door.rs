//! The way in for Socket.IO's clients, who are not always at a socket: what the Worker asks of a shard for them.

use std::rc::Rc;

use futures_channel::oneshot;
use uuid::Uuid;
use web_sys::Response;
use worker::{Env, Error, Request, Result, State, WebSocketPair};

use super::accept::{full, refused, switching};
use super::front::Front;
use super::socket::Socket;
use crate::edge::wire::{self, Ask, Said, sessions};
use crate::edge::{config, seal};
use crate::socketio::{Input, Refusal, RequestId, Sid, SocketId, Standing};

/// A shard whose clients speak Socket.IO, whoever is behind the sessions. It is awake.
pub(super) trait Door {
    /// What remains to be done after an input.
    type Tasks;

    /// The object's own.
    fn state(&self) -> &State;

    /// The deployment's.
    fn env(&self) -> &Env;

    /// Its clients.
    fn front<R>(&self, act: impl FnOnce(&mut Front) -> R) -> Result<R>;

    /// What a socket finds that asks for a session.
    fn standing(&self, sid: Sid) -> Result<Standing>;

    /// Whether nobody else is admitted.
    fn is_full(&self) -> Result<bool>;

    /// Lets something happen to a client.
    fn take(&self, input: Input<'_>) -> Result<Self::Tasks>;

    /// Does what remains.
    async fn complete(self: &Rc<Self>, tasks: Self::Tasks) -> Result<()>;
}

/// Answers the Worker: at once, or when there is something to say.
pub(super) async fn answer<D: Door>(door: &Rc<D>, asked: Ask, request: web_sys::Request) -> Result<Response> {
    let said = match asked {
        Ask::Socket(sid) => return accept(door, sid).await,
        Ask::Open => {
            let sid = new_sid(door)?;
            ask(door, |request| Input::Open { request, sid }).await?
        }
        Ask::Poll(sid) => ask(door, |request| Input::Poll { request, sid }).await?,
        Ask::Post(sid) => {
            let body = Request::from(request).text().await?;
            let input = |request| Input::Post {
                request,
                sid,
                body: &body,
            };
            ask(door, input).await?
        }
    };
    Ok(wire::encoded(&said)?.into())
}

/// What a socket sent, as an input.
pub(super) fn frame<'a>(
    socket: SocketId,
    text: Option<&'a str>,
    bytes: impl FnOnce() -> Vec<u8>,
) -> Input<'a> {
    match text {
        Some(text) => Input::Text { socket, text },
        None => Input::Binary {
            socket,
            bytes: bytes(),
        },
    }
}

/// Feeds a request, and waits until it is answered.
async fn ask<'a, D: Door>(door: &Rc<D>, input: impl FnOnce(RequestId) -> Input<'a>) -> Result<Said> {
    let (sender, receiver) = oneshot::channel();
    let request = door.front(|front| front.hold(sender))?;
    let tasks = door.take(input(request))?;
    door.complete(tasks).await?;
    let nobody = |_| {
        let refusal = Refusal::UnknownSid;
        (refusal.status(), refusal.body().to_owned())
    };
    Ok(receiver.await.unwrap_or_else(nobody))
}

async fn accept<D: Door>(door: &Rc<D>, sid: Option<Sid>) -> Result<Response> {
    match sid {
        Some(sid) => match door.standing(sid)? {
            Standing::Unknown => return refused(sessions::UNKNOWN),
            Standing::Taken => return refused(sessions::TAKEN),
            Standing::Polling => {}
        },
        None if door.is_full()? => return full(),
        None => {}
    }
    let pair = WebSocketPair::new()?;
    let socket = Socket::of(&pair.server);
    if socket.accept(door.state()).is_err() {
        return full();
    }
    let place = door.front(|front| front.sockets.admit(socket))?;
    let socket = SocketId(place.0);
    let tasks = door.take(match sid {
        Some(sid) => Input::Probe { socket, sid },
        None => Input::Socket {
            socket,
            sid: new_sid(door)?,
        },
    })?;
    door.complete(tasks).await?;
    switching(pair.client.as_ref(), None)
}

/// A name for a session, which says in which shard it is.
fn new_sid<D: Door>(door: &Rc<D>) -> Result<Sid> {
    let name = door.state().id().name().unwrap_or_default();
    let settings = config::settings(door.env()).map_err(|error| Error::RustError(error.to_string()))?;
    // At most 256 shards of a family.
    let sid = Sid::new(Uuid::new_v4(), wire::number_of(&name) as u16);
    seal::sealed(sid, &settings)
}
