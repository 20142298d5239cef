use super::access::refused_token;
use super::allowance::Verdict;
use super::waiting::{Request, Wants};
use super::{ConnId, Effect, Frame, Hub};
use crate::model::UnixMillis;
use crate::protocol::{Allowance, Command, Dialect, Heartbeat, Refusal, Reply, Rules};

impl Hub {
    /// A client's frame, from its first byte to its answers.
    pub(super) fn frame(&mut self, now: UnixMillis, conn: ConnId, frame: Frame<'_>, out: &mut Vec<Effect>) {
        let Some(connection) = self.connections.get_mut(conn) else {
            return;
        };
        let rules = connection.dialect.rules();
        self.stats.received(match frame {
            Frame::Text(text) => text.len(),
            Frame::Binary(bytes) => bytes,
        });
        let dialect = connection.dialect;
        // What is one too many is not read, unless that makes a difference.
        let counts_pings = matches!(rules.allowance, Allowance::Apart { .. });
        let is_readable = !connection.said.is_suspended(now) || may_be_ping(frame);
        let read = (counts_pings && is_readable).then(|| self.read(dialect, frame));
        let is_ping = matches!(read, Some(Ok(Command::Ping)));
        let verdict = self.count(now, conn, is_ping, rules);
        self.attach_if_due(now, out);
        match verdict {
            Verdict::Admitted => match read.unwrap_or_else(|| self.read(dialect, frame)) {
                Ok(command) => self.command(now, conn, command, out),
                Err(refusal) => self.refuse(now, conn, &refusal, out),
            },
            Verdict::Refused(refusal) => {
                self.refuse(now, conn, &refusal, out);
                if !counts_pings {
                    // Not worth a new attachment: the full window is in the last one.
                    return;
                }
            }
            // A ping is to be remembered as a sign of life; nothing else has changed.
            Verdict::Ignored if !is_ping => return,
            Verdict::Ignored => {}
        }
        self.save(conn, out);
    }

    /// Counts a message, and takes it for a sign of life if it is one.
    fn count(&mut self, now: UnixMillis, conn: ConnId, is_ping: bool, rules: &Rules) -> Verdict {
        let Some(connection) = self.connections.get_mut(conn) else {
            return Verdict::Ignored;
        };
        if is_ping || rules.heartbeat == Heartbeat::Welcome {
            connection.last_in = now;
        }
        let said = &mut connection.said;
        said.count(now, is_ping, rules.allowance, &self.limits)
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
            Frame::Text(text) => dialect.decode(text),
        }
    }

    fn command(&mut self, now: UnixMillis, conn: ConnId, command: Command, out: &mut Vec<Effect>) {
        self.expire_if_due(now, conn, out);
        if self.connections.get(conn).is_none() {
            // It ended with its token, and its id may be another's soon.
            return;
        }
        let outcome = match command {
            Command::Ping => {
                if let Some(connection) = self.connections.get_mut(conn) {
                    connection.pings = true;
                }
                self.arm(conn);
                self.answer(now, conn, &Reply::Pong, out);
                Ok(())
            }
            Command::Auth { token, batch } => self.authenticate(now, conn, &token, batch, out),
            Command::Subscribe {
                channels: names,
                recover,
                bars,
            } => self.wants(now, conn, Wants::Subscribe { names, recover, bars }, out),
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
        mut wants: Wants,
        out: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        self.may_speak(conn, wants.verb())?;
        wants.check(self.limits.max_channels)?;
        self.note_recovery(conn, &wants);
        self.drop_what_it_had(conn, &mut wants);
        self.request(now, Request::new(conn, wants), out)
    }

    pub(super) fn may_speak(&self, conn: ConnId, request: &'static str) -> Result<(), Refusal> {
        match self.connections.get(conn) {
            None => Err(Refusal::AuthRequired(request)),
            Some(connection) if connection.paused_at.is_some() => Err(Refusal::ExpiredToken),
            Some(connection) if !connection.is_served(&self.limits) => Err(Refusal::AuthRequired(request)),
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
        let claims = self.verifier.verify(token, now).map_err(refused_token)?;
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
        if let Some(text) = text {
            self.send(now, conn, text, out);
        }
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
        let dialect = self.connections.get(conn).map(|connection| connection.dialect);
        if let Some(text) = dialect.and_then(|dialect| dialect.reply(reply, now)) {
            self.send(now, conn, text, out);
        }
    }

    /// Tells a client why not, and counts it.
    pub(super) fn refuse(&mut self, now: UnixMillis, conn: ConnId, refusal: &Refusal, out: &mut Vec<Effect>) {
        if let Some(connection) = self.connections.get(conn) {
            self.stats.refused(connection.dialect.error_code(refusal));
            self.answer(now, conn, &Reply::Refused(refusal), out);
        }
    }
}

/// Whether a frame is short enough for a ping: more is not read of a client that is suspended.
fn may_be_ping(frame: Frame<'_>) -> bool {
    matches!(frame, Frame::Text(text) if text.len() <= 256)
}
