use super::access::refused_token;
use super::allowance::Verdict;
use super::waiting::{Request, Wants};
use super::{CloseReason, ConnId, Effect, Frame, Hub, Returned};
use crate::model::UnixMillis;
use crate::protocol::{
    Allowance, Answer, Command, Dialect, Heartbeat, Refusal, Reply, Rules, Said, Since, Tag,
};

impl Hub {
    /// A client's frame, from its first byte to its answers.
    pub(super) fn frame(&mut self, now: UnixMillis, conn: ConnId, frame: Frame<'_>, out: &mut Vec<Effect>) {
        let Some(connection) = self.connections.get_mut(conn) else {
            return;
        };
        let rules = connection.dialect.rules();
        self.stats.received(match frame {
            Frame::Text(text) => text.len(),
            Frame::Binary { bytes, .. } => bytes,
        });
        let dialect = connection.dialect;
        // What is one too many is not read, unless that makes a difference.
        let counts_pings = matches!(rules.allowance, Allowance::Apart { .. });
        let is_readable = !connection.said.is_suspended(now) || may_be_ping(frame);
        let read = (counts_pings && is_readable).then(|| self.read(dialect, frame));
        let is_ping = matches!(&read, Some(said) if said.asks == Ok(Command::Ping));
        let verdict = self.count(now, conn, is_ping, rules);
        self.attach_if_due(now, out);
        match verdict {
            Verdict::Admitted => {
                let said = read.unwrap_or_else(|| self.read(dialect, frame));
                self.said(now, conn, said, out);
            }
            Verdict::Refused(refusal) => {
                self.refuse(now, conn, &refusal, &mut tag_of(dialect, frame), out);
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
        if is_ping || !matches!(rules.heartbeat, Heartbeat::Needed(_)) {
            connection.last_in = now;
        }
        let said = &mut connection.said;
        said.count(now, is_ping, rules.allowance, &self.limits)
    }

    fn read(&self, dialect: Dialect, frame: Frame<'_>) -> Said {
        let limit = self.limits.max_message_bytes;
        let wrong = |what: String| Said {
            asks: Err(Refusal::BadMessage(what)),
            tag: tag_of(dialect, frame),
            dialect,
        };
        match frame {
            Frame::Binary { .. } => wrong("Messages are JSON in text frames, not binary".to_owned()),
            Frame::Text(text) if text.len() > limit => wrong(format!(
                "A message has at most {limit} bytes, this one has {}",
                text.len()
            )),
            Frame::Text(text) => dialect.read(text),
        }
    }

    fn said(&mut self, now: UnixMillis, conn: ConnId, said: Said, out: &mut Vec<Effect>) {
        self.expire_if_due(now, conn, out);
        let Some(connection) = self.connections.get(conn) else {
            // It ended with its token, and its id may be another's soon.
            return;
        };
        let Said {
            asks,
            mut tag,
            dialect,
        } = said;
        let is_decided = connection.dialect != dialect;
        if is_decided {
            self.decide(conn, dialect);
        }
        let outcome = asks.and_then(|command| self.command(now, conn, command, &mut tag, out));
        if let Err(refusal) = outcome {
            self.refuse(now, conn, &refusal, &mut tag, out);
        }
        if is_decided {
            self.give(now, conn, out);
        }
    }

    /// It is known now which dialect a connection speaks.
    fn decide(&mut self, conn: ConnId, dialect: Dialect) {
        self.leave(conn);
        if let Some(connection) = self.connections.get_mut(conn) {
            connection.dialect = dialect;
            // Only where it is one dialect's do several messages share a frame.
            connection.batch &= dialect.has_batches();
        }
        self.join(conn);
    }

    fn command(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        command: Command,
        tag: &mut Option<Tag>,
        out: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        match command {
            Command::Ping => {
                if let Some(connection) = self.connections.get_mut(conn) {
                    connection.pings = connection.dialect.rules().heartbeat != Heartbeat::OfTransport;
                }
                self.arm(conn);
                self.answer(now, conn, &Reply::Pong, tag, out);
                Ok(())
            }
            Command::Auth { token, batch } => {
                let outcome = self.authenticate(now, conn, &token, batch, tag, out);
                if let Err(refusal) = outcome {
                    self.count_refusal(conn, &refusal);
                    self.answer(now, conn, &Reply::AuthRefused(&refusal), tag, out);
                }
                Ok(())
            }
            Command::Subscribe {
                channels: names,
                recover,
                bars,
            } => self.wants(now, conn, Wants::Subscribe { names, recover, bars }, tag, out),
            Command::Unsubscribe {
                channels: names,
                family,
            } => self.wants(now, conn, Wants::Unsubscribe { names, family }, tag, out),
            Command::Latest { channels: names } => self.wants(now, conn, Wants::Latest { names }, tag, out),
        }
    }

    fn wants(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        mut wants: Wants,
        tag: &mut Option<Tag>,
        out: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        self.may_speak(conn, wants.verb())?;
        wants.check(self.limits.max_channels)?;
        self.note_recovery(conn, &wants);
        self.drop_what_it_had(conn, &mut wants);
        self.request(now, Request::new(conn, wants), tag, out)
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
        tag: &mut Option<Tag>,
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
        let answer = connection.dialect.reply(&reply, tag.as_ref(), now);
        connection.identity = Some(Box::new(claims));
        self.send_answer(now, conn, answer, tag, out);
        self.leave(conn);
        if let Some(connection) = self.connections.get_mut(conn) {
            connection.batch = batch;
        }
        let forbidden = self.drop_forbidden(conn);
        self.join(conn);
        self.arm(conn);
        self.refuse_forbidden(now, conn, forbidden, &mut None, out);
        if resumes {
            self.send_latest_of_all(now, conn, out);
            self.settle_waiting(now, out);
        }
        self.give(now, conn, out);
        Ok(())
    }

    /// Gives who has said who he is what his dialect gives to everybody who has.
    pub(super) fn give(&mut self, now: UnixMillis, conn: ConnId, out: &mut Vec<Effect>) {
        let connection = self.connections.get(conn);
        let known = connection.filter(|it| it.identity.is_some() && it.paused_at.is_none());
        let given = known.map_or(&[] as &[&str], |it| it.dialect.rules().given);
        if given.is_empty() {
            return;
        }
        let wants = Wants::Subscribe {
            names: given.iter().map(|name| (*name).to_owned()).collect(),
            recover: Vec::new(),
            bars: None,
        };
        // Where too much waits, it gets none: the next token brings them.
        let _ = self.request(now, Request::new(conn, wants), &mut None, out);
    }

    /// A client has come back to what it held: it gets what it has missed.
    pub(super) fn come_back(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        returned: Returned,
        out: &mut Vec<Effect>,
    ) {
        let held = returned.held.into_iter();
        let (names, places): (Vec<String>, Vec<Option<(String, Since)>>) = held
            .map(|(name, place)| (name.clone(), place.map(|place| (name, place))))
            .unzip();
        let wants = Wants::Subscribe {
            names,
            recover: places.into_iter().flatten().collect(),
            bars: None,
        };
        self.note_recovery(conn, &wants);
        let mut request = Request::new(conn, wants);
        request.is_return = true;
        if self.request(now, request, &mut None, out).is_err() {
            // Too much waits: it begins anew.
            self.close(now, conn, CloseReason::Restart, out);
        }
    }

    /// Answers a client. Of all answers to a request the first that can acknowledges it, and takes its `tag`.
    pub(super) fn answer(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        reply: &Reply<'_>,
        tag: &mut Option<Tag>,
        out: &mut Vec<Effect>,
    ) {
        if matches!(reply, Reply::Missed { places, .. } if !places.is_empty()) {
            self.note_hole(conn);
        }
        let dialect = self.connections.get(conn).map(|connection| connection.dialect);
        let answer = dialect.and_then(|dialect| dialect.reply(reply, tag.as_ref(), now));
        self.send_answer(now, conn, answer, tag, out);
    }

    fn send_answer(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        answer: Option<Answer>,
        tag: &mut Option<Tag>,
        out: &mut Vec<Effect>,
    ) {
        let Some(answer) = answer else { return };
        self.send(now, conn, answer.text, out);
        if let Some(acknowledgement) = answer.acknowledgement {
            *tag = None;
            self.send(now, conn, acknowledgement, out);
        }
    }

    /// Tells a client why not, and counts it.
    pub(super) fn refuse(
        &mut self,
        now: UnixMillis,
        conn: ConnId,
        refusal: &Refusal,
        tag: &mut Option<Tag>,
        out: &mut Vec<Effect>,
    ) {
        self.count_refusal(conn, refusal);
        self.answer(now, conn, &Reply::Refused(refusal), tag, out);
    }

    fn count_refusal(&mut self, conn: ConnId, refusal: &Refusal) {
        if let Some(connection) = self.connections.get(conn) {
            self.stats.refused(connection.dialect.error_code(refusal));
        }
    }
}

/// What the answer to a frame that is not read is to bear.
fn tag_of(dialect: Dialect, frame: Frame<'_>) -> Option<Tag> {
    match frame {
        Frame::Text(text) => dialect.tag(text),
        Frame::Binary { ack, .. } => ack.map(Tag::from),
    }
}

/// Whether a frame is short enough for a ping: more is not read of a client that is suspended.
fn may_be_ping(frame: Frame<'_>) -> bool {
    matches!(frame, Frame::Text(text) if text.len() <= 256)
}
