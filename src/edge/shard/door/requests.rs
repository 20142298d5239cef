use futures_channel::oneshot;
use uuid::Uuid;
use web_sys::Response;
use worker::{Request, Result, WebSocketPair};

use super::Door;
use crate::edge::shard::accept::{full, refused, switching};
use crate::edge::shard::socket::Socket;
use crate::edge::wire::sessions::{TAKEN, UNKNOWN};
use crate::edge::wire::{self, Ask, Said};
use crate::socketio::{Input, Refusal, RequestId, Sid, SocketId, Standing};

impl Door {
    /// Answers the Worker: at once, or when there is something to say.
    pub async fn answer(&self, asked: Ask, request: web_sys::Request) -> Result<Response> {
        let said = match asked {
            Ask::Socket(sid) => return self.accept(sid).await,
            Ask::Open => {
                let sid = self.new_sid();
                self.ask(|request| Input::Open { request, sid }).await?
            }
            Ask::Poll(sid) => self.ask(|request| Input::Poll { request, sid }).await?,
            Ask::Post(sid) => {
                let body = Request::from(request).text().await?;
                self.ask(|request| Input::Post {
                    request,
                    sid,
                    body: &body,
                })
                .await?
            }
        };
        Ok(wire::encoded(&said)?.into())
    }

    /// Feeds a request, and waits until the application has answered it.
    async fn ask<'a>(&self, input: impl FnOnce(RequestId) -> Input<'a>) -> Result<Said> {
        let (sender, receiver) = oneshot::channel();
        // At most a few for each session.
        let request = self.with(|life, _| RequestId(life.requests.insert(sender) as u32))?;
        let wake_at = self.take(input(request))?;
        self.arm(wake_at).await?;
        let nobody = |_| {
            let refusal = Refusal::UnknownSid;
            (refusal.status(), refusal.body().to_owned())
        };
        Ok(receiver.await.unwrap_or_else(nobody))
    }

    async fn accept(&self, sid: Option<Sid>) -> Result<Response> {
        if let Some(sid) = sid {
            match self.with(|life, _| life.application.standing(sid))? {
                Standing::Unknown => return refused(UNKNOWN),
                Standing::Taken => return refused(TAKEN),
                Standing::Polling => {}
            }
        } else if self.with(|life, _| life.application.is_full())? {
            return full();
        }
        let pair = WebSocketPair::new()?;
        let socket = Socket::of(&pair.server);
        if socket.accept(&self.state).is_err() {
            return full();
        }
        let place = self.with(|life, _| life.sockets.admit(socket))?;
        let socket = SocketId(place.0);
        let wake_at = self.take(match sid {
            Some(sid) => Input::Probe { socket, sid },
            None => Input::Socket {
                socket,
                sid: self.new_sid(),
            },
        })?;
        self.arm(wake_at).await?;
        switching(pair.client.as_ref(), None)
    }

    fn new_sid(&self) -> Sid {
        let number = self.name.rsplit('-').next().and_then(|n| n.parse().ok());
        Sid::new(Uuid::new_v4(), number.unwrap_or_default())
    }
}
