use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Poll, ready};

use anyhow::{Context, Result, bail, ensure};
use memchr::memmem;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

use crate::frames::{self, Frame, Frames};
use crate::server::{Dialect, Server};

/// One buffer for all clients: 10,000 of their own would be read into memory that is in no cache.
const BUFFER_BYTES: usize = 256 * 1024;

/// No answer to an upgrade is longer.
const MAX_HEAD_BYTES: usize = 8 * 1024;

thread_local! {
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; BUFFER_BYTES].into());
}

/// One WebSocket client.
pub struct Client {
    stream: TcpStream,
    frames: Frames,
    dialect: Dialect,
}

impl Client {
    /// Connects, authenticates as `user-{number}` and subscribes, and waits for the answer to each step.
    pub async fn join(server: &Server, number: usize, channels: &[String]) -> Result<Self> {
        let mut client = Self::connect(server).await?;
        let token = server.token(&format!("user-{number}"), "")?;
        match server.dialect {
            Dialect::Json => {
                let auth = match server.batch {
                    true => json!({"type": "auth", "token": token, "batch": true}),
                    false => json!({"type": "auth", "token": token}),
                };
                client.say(&auth.to_string()).await?;
                client.hear_of("\"auth_success\"").await?;
                let subscribe = json!({"type": "subscribe", "channels": channels});
                client.say(&subscribe.to_string()).await?;
            }
            Dialect::SocketIo => {
                client.say(&format!("40{}", json!({"token": token}))).await?;
                client.hear_of("40{").await?;
                let subscribe = json!(["subscribe", {"channels": channels}]);
                client.say(&format!("42{subscribe}")).await?;
            }
        }
        client.hear_of("\"subscribed\"").await?;
        Ok(client)
    }

    /// Reads once, answers Socket.IO's ping and hands the payloads of text frames to `visit`. Fails when the server
    /// has closed.
    pub async fn hear(&mut self, mut visit: impl FnMut(&[u8])) -> Result<()> {
        let mut pinged = false;
        let mut closed = false;
        let read = poll_fn(|context| {
            BUFFER.with_borrow_mut(|buffer| {
                let mut space = ReadBuf::new(buffer);
                ready!(Pin::new(&mut self.stream).poll_read(context, &mut space))?;
                self.frames.push(space.filled(), |frame| match frame {
                    Frame::Text(b"2") if self.dialect == Dialect::SocketIo => pinged = true,
                    Frame::Text(text) => visit(text),
                    Frame::Close(_) => closed = true,
                    Frame::Other => {}
                });
                Poll::Ready(std::io::Result::Ok(space.filled().len()))
            })
        })
        .await?;
        ensure!(read > 0 && !closed, "the server closed the connection");
        if pinged {
            self.say("3").await?;
        }
        Ok(())
    }

    /// Closes the connection, with the handshake.
    pub async fn leave(mut self) -> Result<()> {
        self.stream.write_all(&frames::GOODBYE).await?;
        while self.hear(|_| ()).await.is_ok() {}
        Ok(())
    }

    async fn connect(server: &Server) -> Result<Self> {
        let address = server.address();
        let mut stream = TcpStream::connect(&address).await?;
        stream.set_nodelay(true)?;
        let path = match server.dialect {
            Dialect::Json => "/ws",
            Dialect::SocketIo => "/socket.io/?EIO=4&transport=websocket",
        };
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;

        let mut head = Vec::with_capacity(512);
        let end = loop {
            ensure!(stream.read_buf(&mut head).await? > 0, "closed during the upgrade");
            match memmem::find(&head, b"\r\n\r\n") {
                Some(end) => break end + 4,
                None => ensure!(head.len() < MAX_HEAD_BYTES, "an endless answer to the upgrade"),
            }
        };
        if !head.starts_with(b"HTTP/1.1 101") {
            bail!("the upgrade was answered: {}", String::from_utf8_lossy(&head));
        }
        let mut frames = Frames::default();
        // Behind the head there can be Socket.IO's greeting, which says nothing that is needed.
        frames.push(&head[end..], |_| ());
        Ok(Self {
            stream,
            frames,
            dialect: server.dialect,
        })
    }

    async fn say(&mut self, text: &str) -> Result<()> {
        Ok(self.stream.write_all(&frames::text(text)).await?)
    }

    /// Reads until a frame has `what` in it; a message of type `error` is an error.
    async fn hear_of(&mut self, what: &str) -> Result<()> {
        let mut heard = false;
        let mut refused = None;
        while !heard {
            self.hear(|text| {
                heard |= memmem::find(text, what.as_bytes()).is_some();
                if memmem::find(text, b"\"type\":\"error\"").is_some() {
                    refused = Some(String::from_utf8_lossy(text).into_owned());
                }
            })
            .await
            .with_context(|| format!("waiting for {what}"))?;
            if let Some(refused) = &refused {
                bail!("refused: {refused}");
            }
        }
        Ok(())
    }
}
