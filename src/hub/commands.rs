use super::connection::Heartbeats;
use super::waiting::{Request, Wants};
use super::{ConnId, Effect, Frame, Hub};
use crate::auth::TokenError;
use crate::model::UnixMillis;
use crate::protocol::{Command, Dialect, Refusal, Reply};

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
        self.attach_if_due(now, out);
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
                if let Some(connection) = self.connections.get_mut(conn) {
                    connection.heartbeats = Heartbeats::Sends;
                }
                self.arm(conn);
                self.answer(now, conn, &Reply::Pong, out);
                Ok(())
            }
            Command::Auth { token, batch } => self.authenticate(now, conn, &token, batch, out),
            Command::Subscribe {
                channels: names,
                recover,
            } => self.wants(now, conn, Wants::Subscribe { names, recover }, out),
            Command::Unsubscribe { channels: names } => {
                self.wants(now, conn, Wants::Unsubscribe { names }, out)
            }
        };
        if let Err(refusal) = outcome {
            self.refuse(now, conn, &refusal, out);
        }
    }

    fn wants(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        wants: Wants,
        out: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        self.may_speak(conn, wants.verb())?;
        wants.check(self.limits.max_channels)?;
        self.note_recovery(conn, &wants);
        self.request(now, Request { conn, wants }, out)
    }

    pub(super) fn may_speak(&self, conn: ConnId, request: &'static str) -> Result<(), Refusal> {
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
        batch: Option<bool>,
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
        if known.is_none() {
            self.note_subject(conn, &claims.subject, now);
        }
        let Some(connection) = self.connections.get_mut(conn) else {
            return Ok(());
        };
        let resumes = connection.paused_at.take().is_some();
        let batch = batch.unwrap_or(connection.batch);
        let reply = Reply::AuthSuccess {
            connection: connection.id,
            subject: &claims.subject,
            expires_at: claims.expires_at,
        };
        let text = connection.dialect.reply(&reply, now);
        connection.identity = Some(Box::new(claims));
        self.send(now, conn, text, out);
        self.leave(conn);
        if let Some(connection) = self.connections.get_mut(conn) {
            connection.batch = batch;
        }
        let forbidden = self.drop_forbidden(conn);
        self.join(conn);
        self.arm(conn);
        self.refuse_forbidden(now, conn, forbidden, out);
        if resumes {
            self.send_latest_of_all(now, conn, out);
            self.settle_waiting(now, out);
        }
        Ok(())
    }

    pub(super) fn answer(&mut self, now: UnixMillis, conn: ConnId, reply: &Reply<'_>, out: &mut Vec<Effect>) {
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
