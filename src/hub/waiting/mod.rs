//! Subscriptions that wait for the broker: for where their channels stand, or for what their client has missed.
//!
//! A client's requests are answered in its order, and what is published in the meantime waits behind the answer.
//! The broker is asked in rounds: however many clients come back at once, one question is under way.

mod load;
mod request;
mod round;

pub(super) use request::{Request, Wants};
pub(super) use round::{Round, place};

use std::collections::BTreeSet;
use std::rc::Rc;

use load::Load;

use super::{ConnId, Effect, Hub};
use crate::model::{Channel, Event, Position, UnixMillis};
use crate::protocol::{Refusal, Since, Tag};

/// Who asks for too much while the broker is silent may try again so much later, seconds.
pub(super) const RETRY_S: u64 = 5;

/// What a shard was asked for and could not answer at once.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    requests: Vec<Request>,
    /// Of all requests that are not answered.
    pub load: Load,
    round: Option<Round>,
    /// The answer that is under way is to a question that is out of date.
    void: bool,
    /// The last question was not answered: the next one has to wait for a sign of the broker.
    rests: bool,
    /// Answered without the broker: they get the channel's value once it is known.
    blind: BTreeSet<(ConnId, Channel)>,
}

impl Waiting {
    /// A connection is gone; its id may be another's soon.
    pub fn forget(&mut self, conn: ConnId) {
        let load = &mut self.load;
        let mut of_others = |request: &Request| {
            let is_its = request.conn == conn;
            if is_its {
                load.release(request);
            }
            !is_its
        };
        self.requests.retain(&mut of_others);
        if let Some(round) = &mut self.round {
            round.requests.retain(of_others);
        }
        self.blind.retain(|(blind, _)| *blind != conn);
    }

    /// A message was published: whoever is about to come back to its channel must not miss it, and whoever is owed
    /// the channel's value has got a newer one.
    pub fn keep(&mut self, channel: &Channel, position: Position, event: &Rc<Event>) {
        self.blind.retain(|(_, owed)| owed != channel);
        let round = self.round.as_mut();
        if let Some(live) = round.and_then(|round| round.live.get_mut(channel)) {
            live.push((position, Rc::clone(event)));
        }
    }

    /// The broker is there: what it did not answer may be asked again.
    pub fn ask_again(&mut self) {
        self.rests = false;
    }

    /// The answer that is under way is of no use any more.
    pub fn disown_answer(&mut self) {
        self.void = true;
    }

    /// Whether such an answer is still to come: until then nothing else can be asked.
    pub fn awaits_void_answer(&self) -> bool {
        self.void
    }

    /// Ticks were left out, of which the round knows nothing: its requests begin anew.
    pub fn ask_anew(&mut self) {
        if let Some(round) = self.round.take() {
            self.void |= round.answer.is_none();
            let later = std::mem::replace(&mut self.requests, round.requests);
            self.requests.extend(later);
        }
    }

    /// Notes who was told what they hold before its value was known.
    pub fn owe(&mut self, conn: ConnId, channel: Channel) {
        self.blind.insert((conn, channel));
    }

    /// The round, if its answer is complete: ticks up to `newest` that are still to come would bring its messages
    /// a second time.
    fn finished(&mut self, seen: u64) -> Option<Round> {
        let answer = self.round.as_ref()?.answer.as_ref()?;
        if answer.newest <= seen {
            self.round.take()
        } else {
            None
        }
    }

    /// Whether the round has an answer that speaks of ticks which have not come yet.
    fn is_ahead(&self) -> bool {
        self.round.as_ref().is_some_and(|round| round.answer.is_some())
    }

    /// Whether something that a client asked for by itself waits, and not that it has come back.
    pub fn holds_of_its_own(&self, conn: ConnId) -> bool {
        let in_round = self.round.iter().flat_map(|round| &round.requests);
        let mut all = in_round.chain(&self.requests);
        all.any(|request| request.conn == conn && !request.is_return)
    }

    /// Whether a request of that connection waits: what it asks for next waits behind it.
    fn holds(&self, conn: ConnId) -> bool {
        let in_round = self.round.iter().flat_map(|round| &round.requests);
        in_round.chain(&self.requests).any(|request| request.conn == conn)
    }
}

impl Hub {
    /// What is kept of a channel that a connection holds it has had, and a part of it would come after what is newer.
    pub(super) fn drop_what_it_had(&self, conn: ConnId, wants: &mut Wants) {
        let Wants::Subscribe { recover, .. } = wants else {
            return;
        };
        recover.retain(|(name, since)| {
            let channel = self.channel(conn, name);
            *since != Since::Kept || !channel.is_some_and(|channel| self.holds(conn, &channel))
        });
    }

    fn holds(&self, conn: ConnId, channel: &Channel) -> bool {
        let held = self.connections.get(conn).into_iter();
        let mut held = held.flat_map(|connection| &connection.subscriptions);
        held.any(|id| self.index.get(*id).is_some_and(|held| held.channel == *channel))
    }

    /// Takes a request in its turn, with its tag.
    ///
    /// # Errors
    /// Too much waits already.
    pub(super) fn request(
        &mut self,
        now: UnixMillis,
        mut request: Request,
        tag: &mut Option<Tag>,
        out: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        request.tag = tag.take();
        if !self.waiting.load.admit(&request) {
            *tag = request.tag;
            return Err(Refusal::TooMuchWaits(RETRY_S));
        }
        if let Some(request) = self.wait_for_past(now, request, out) {
            self.take_in_turn(now, request, out);
        }
        Ok(())
    }

    /// Answers a request, once the broker has told what it needs.
    pub(super) fn take_in_turn(&mut self, now: UnixMillis, request: Request, out: &mut Vec<Effect>) {
        if self.waiting.round.is_none() || !self.heads.are_known() {
            self.waiting.requests.push(request);
            return self.settle_waiting(now, out);
        }
        // However many come during a round, each is looked at now, and again when the round is over.
        if self.waiting.holds(request.conn) || !self.missing(&request).is_empty() {
            self.waiting.requests.push(request);
        } else {
            self.carry_out(now, request, None, out);
        }
    }

    /// Answers all requests that can be answered, and asks the broker for what the others need.
    pub(super) fn settle_waiting(&mut self, now: UnixMillis, out: &mut Vec<Effect>) {
        if !self.heads.are_known() {
            return self.settle_unknown(now, out);
        }
        if !self.close_gap(now, out) {
            return;
        }
        self.read_pasts(now, out);
        for (conn, channel) in std::mem::take(&mut self.waiting.blind) {
            self.send_latest(now, conn, &channel, out);
        }
        self.finish_round(now, out);
        if self.waiting.is_ahead() {
            if self.link.has_failed() {
                return self.answer_blindly(now, out);
            }
            // An object that waits for nothing may be put to sleep, and would forget who waits here.
            self.attach_again(out);
        }
        self.begin_round(now, out);
    }

    /// Where channels stand is not known: without the broker nothing can be answered, or not well.
    fn settle_unknown(&mut self, now: UnixMillis, out: &mut Vec<Effect>) {
        let is_awaited = !self.waiting.requests.is_empty()
            || !self.waiting.blind.is_empty()
            || self.rooms.are_awaited()
            || self.gap.is_some()
            || self.paces.have_forgotten();
        if !is_awaited {
            return;
        }
        if self.link.has_failed() {
            self.answer_blindly(now, out);
        } else {
            self.attach_again(out);
        }
    }

    /// The broker cannot be reached: clients are told what they hold, though not where it stands.
    pub(super) fn answer_blindly(&mut self, now: UnixMillis, out: &mut Vec<Effect>) {
        if self.gap.is_some() {
            self.give_up_gap(now, out);
            if self.heads.are_known() {
                return self.settle_waiting(now, out);
            }
        }
        if self.heads.are_known() {
            if self.waiting.is_ahead() {
                self.recover_failed(now, out);
            }
            return;
        }
        self.read_pasts(now, out);
        let round = self.waiting.round.as_mut();
        let mut requests = round
            .map(|round| std::mem::take(&mut round.requests))
            .unwrap_or_default();
        requests.append(&mut self.waiting.requests);
        let mut behind = BTreeSet::new();
        for request in requests {
            // What is kept only the broker can tell, and nobody could ask for it later.
            if behind.contains(&request.conn) || request.wants_kept() {
                behind.insert(request.conn);
                self.waiting.requests.push(request);
            } else {
                self.carry_out(now, request, None, out);
            }
        }
    }
}
