use super::connection::Connection;
use super::index::{Index, Subscription};
use super::{ConnId, Effect, Frame, Hub, MAX_ATTACHMENT};
use crate::auth::TokenError;
use crate::model::{Channel, UnixMillis};
use crate::protocol::{Command, Dialect, Refusal, Reply};

/// Bad channels of one message that are named one by one; the rest is counted.
const NAMED_REFUSALS: usize = 10;

/// What an attachment needs besides its subscriptions, at most: a subject of 128 bytes and a handful of numbers.
const ATTACHMENT_BASE: usize = 256;

impl Hub {
    /// A client's frame, from its first byte to its answers.
    pub(super) fn frame(&mut self, now: UnixMillis, conn: ConnId, frame: Frame<'_>, out: &mut Vec<Effect>) {
        let Some(connection) = self.connections.get_mut(conn) else {
            return;
        };
        connection.last_in = now;
        self.stats.received(match frame {
            Frame::Text(text) => text.len(),
            Frame::Binary(bytes) => bytes,
        });
        let dialect = connection.dialect;
        let admitted = connection.messages.admit(now, self.limits.messages_per_minute);
        self.attach_if_forgotten(now, out);
        if let Err(retry_after_s) = admitted {
            let limit = self.limits.messages_per_minute;
            // Not worth a new attachment: the full window is in the last one.
            return self.refuse(now, conn, &Refusal::TooManyMessages { limit, retry_after_s }, out);
        }
        match self.read(dialect, frame) {
            Ok(command) => self.command(now, conn, command, out),
            Err(refusal) => self.refuse(now, conn, &refusal, out),
        }
        self.save(conn, out);
    }

    fn read(&self, dialect: Dialect, frame: Frame<'_>) -> Result<Command, Refusal> {
        let limit = self.limits.max_message_bytes;
        match frame {
            Frame::Binary(_) => Err(Refusal::BadMessage(
                "Messages are JSON in text frames, not binary".to_owned(),
            )),
            Frame::Text(text) if text.len() > limit => Err(Refusal::BadMessage(format!(
                "A message has at most {limit} bytes, this one has {}",
                text.len()
            ))),
            Frame::Text(text) => dialect.decode(text).map_err(|error| Refusal::BadMessage(error.0)),
        }
    }

    fn command(&mut self, now: UnixMillis, conn: ConnId, command: Command, out: &mut Vec<Effect>) {
        self.expire_if_due(now, conn, out);
        let outcome = match command {
            Command::Ping => {
                self.answer(now, conn, &Reply::Pong, out);
                Ok(())
            }
            Command::Auth { token } => self.authenticate(now, conn, &token, out),
            Command::Subscribe { channels } => self
                .may_speak(conn, "subscribe")
                .map(|()| self.subscribe(now, conn, channels, out)),
            Command::Unsubscribe { channels } => self
                .may_speak(conn, "unsubscribe")
                .map(|()| self.unsubscribe(now, conn, channels, out)),
        };
        if let Err(refusal) = outcome {
            self.refuse(now, conn, &refusal, out);
        }
    }

    fn may_speak(&self, conn: ConnId, request: &'static str) -> Result<(), Refusal> {
        match self.connections.get(conn) {
            Some(connection) if connection.paused_at.is_some() => Err(Refusal::ExpiredToken),
            Some(connection) if connection.identity.is_none() && !self.limits.public_read => {
                Err(Refusal::AuthRequired(request))
            }
            _ => Ok(()),
        }
    }

    fn authenticate(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        token: &str,
        out: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        let claims = self.verifier.verify(token, now).map_err(|error| match error {
            TokenError::Expired => Refusal::ExpiredToken,
            TokenError::Invalid(reason) => Refusal::InvalidToken(reason),
        })?;
        let Some(connection) = self.connections.get_mut(conn) else {
            return Ok(());
        };
        let known = connection.identity.as_deref();
        if known.is_some_and(|known| known.subject != claims.subject) {
            return Err(Refusal::OtherSubject);
        }
        if known.is_some() && claims.lapsed {
            return Err(Refusal::ExpiredToken);
        }
        if known.is_none() && self.returning.came_back(&claims.subject, now) {
            self.stats.reconnected();
        }
        let resumes = connection.paused_at.take().is_some();
        let reply = Reply::AuthSuccess {
            connection: connection.id,
            subject: &claims.subject,
            expires_at: claims.expires_at,
        };
        let text = connection.dialect.reply(&reply, now);
        connection.identity = Some(Box::new(claims));
        self.send(now, conn, text, out);
        self.join(conn);
        self.arm(conn);
        if resumes {
            self.send_latest_of_all(now, conn, out);
        }
        Ok(())
    }

    fn subscribe(&mut self, now: UnixMillis, conn: ConnId, names: Vec<String>, out: &mut Vec<Effect>) {
        let (channels, unknown) = self.resolve(names);
        self.leave(conn);
        let mut fresh = Vec::new();
        let mut over: Vec<String> = Vec::new();
        for (channel, name) in channels {
            match self.hold(conn, channel.clone(), &name) {
                Ok(true) => fresh.push(channel),
                Ok(false) => {}
                Err(Full) => over.push(name),
            }
        }
        self.join(conn);
        self.answer(
            now,
            conn,
            &Reply::Subscribed {
                held: self.held(conn).iter().map(String::as_str).collect(),
            },
            out,
        );
        let refused = over.len();
        if let Some(first) = over.into_iter().next() {
            let limit = self.limits.max_channels;
            self.refuse(
                now,
                conn,
                &Refusal::TooManyChannels {
                    limit,
                    refused,
                    first,
                },
                out,
            );
        }
        self.refuse_unknown(now, conn, unknown, out);
        for channel in fresh {
            self.send_latest(now, conn, &channel, out);
        }
    }

    fn unsubscribe(&mut self, now: UnixMillis, conn: ConnId, names: Vec<String>, out: &mut Vec<Effect>) {
        let (channels, unknown) = self.resolve(names);
        self.leave(conn);
        for (channel, _) in channels {
            self.drop_channel(conn, &channel);
        }
        self.join(conn);
        let held = self.held(conn);
        self.answer(
            now,
            conn,
            &Reply::Unsubscribed {
                held: held.iter().map(String::as_str).collect(),
            },
            out,
        );
        self.refuse_unknown(now, conn, unknown, out);
    }

    /// The channels among `names`, each with the client's spelling, and the names that mean nothing.
    fn resolve(&self, names: Vec<String>) -> (Vec<(Channel, String)>, Vec<String>) {
        let mut channels = Vec::new();
        let mut unknown = Vec::new();
        for name in names {
            match Channel::parse(&name, &self.catalog) {
                Ok(channel) => channels.push((channel, name)),
                Err(error) => unknown.push(error.name),
            }
        }
        (channels, unknown)
    }

    fn refuse_unknown(&mut self, now: UnixMillis, conn: ConnId, names: Vec<String>, out: &mut Vec<Effect>) {
        let unnamed = names.len().saturating_sub(NAMED_REFUSALS);
        for name in names.into_iter().take(NAMED_REFUSALS) {
            self.refuse(now, conn, &Refusal::UnknownChannel(name), out);
        }
        if unnamed > 0 {
            self.refuse(now, conn, &Refusal::MoreUnknownChannels(unnamed), out);
        }
    }

    /// Adds a channel to what the connection holds, or gives it the newer spelling. `true` if it was not held.
    fn hold(&mut self, conn: ConnId, channel: Channel, name: &str) -> Result<bool, Full> {
        let Some(connection) = self.connections.get_mut(conn) else {
            return Ok(false);
        };
        let index = &mut self.index;
        let held = |id: &_| index.get(*id).is_some_and(|held| held.channel == channel);
        let known = connection.subscriptions.iter().position(held);
        let count = connection.subscriptions.len();
        if known.is_none() && (count >= self.limits.max_channels || !fits(connection, index, &channel, name))
        {
            return Err(Full);
        }
        let id = index.hold(Subscription::new(channel, name));
        match known.and_then(|at| connection.subscriptions.get_mut(at)) {
            Some(slot) => {
                index.release(std::mem::replace(slot, id));
                Ok(false)
            }
            None => {
                connection.subscriptions.push(id);
                Ok(true)
            }
        }
    }

    fn drop_channel(&mut self, conn: ConnId, channel: &Channel) {
        let Some(connection) = self.connections.get_mut(conn) else {
            return;
        };
        let index = &self.index;
        let held = |id: &_| index.get(*id).is_some_and(|held| held.channel == *channel);
        if let Some(at) = connection.subscriptions.iter().position(held) {
            let id = connection.subscriptions.remove(at);
            self.index.release(id);
            self.latest.forget(channel, conn);
        }
    }

    /// What the connection holds, as the client spelled it, oldest first.
    fn held(&self, conn: ConnId) -> Vec<String> {
        let ids = self
            .connections
            .get(conn)
            .into_iter()
            .flat_map(|connection| &connection.subscriptions);
        ids.filter_map(|id| self.index.get(*id))
            .map(Subscription::name)
            .collect()
    }

    fn answer(&mut self, now: UnixMillis, conn: ConnId, reply: &Reply<'_>, out: &mut Vec<Effect>) {
        if let Some(connection) = self.connections.get(conn) {
            let text = connection.dialect.reply(reply, now);
            self.send(now, conn, text, out);
        }
    }

    /// Tells a client why not, and counts it.
    pub(super) fn refuse(&mut self, now: UnixMillis, conn: ConnId, refusal: &Refusal, out: &mut Vec<Effect>) {
        if let Some(connection) = self.connections.get(conn) {
            self.stats.refused(connection.dialect.error_code(refusal));
            let text = connection.dialect.reply(&Reply::Refused(refusal), now);
            self.send(now, conn, text, out);
        }
    }
}

/// The connection holds as much as it may, or as its attachment takes.
struct Full;

/// Whether the attachment has room for one more channel.
fn fits(connection: &Connection, index: &Index, channel: &Channel, name: &str) -> bool {
    let held = connection.subscriptions.iter().filter_map(|id| index.get(*id));
    let size: usize = held.map(Subscription::max_size).sum();
    ATTACHMENT_BASE + size + Subscription::new(channel.clone(), name).max_size() <= MAX_ATTACHMENT
}
