//! Subscriptions that wait for the broker: for where their channels stand, or for what their client has missed.
//!
//! A client's requests are answered in its order, and what is published in the meantime waits behind the answer.
//! The broker is asked in rounds: however many clients come back at once, one question is under way.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::exchange::{Question, Recovery};
use super::queue::Load;
use super::round::{Answer, Round, place};
use super::{ConnId, Effect, Hub};
use crate::model::{Channel, Event, Position, UnixMillis};
use crate::protocol::{Refusal, Since};

/// Who asks for too much while the broker is silent may try again so much later, seconds.
const RETRY_S: u64 = 5;

/// A message may name so many times the channels that a connection may hold.
const NAMES: usize = 20;

/// A request that changes what a connection holds.
#[derive(Debug)]
pub(super) struct Request {
    pub conn: ConnId,
    pub wants: Wants,
    /// What it wants to begin with cannot be read: it is answered without.
    pub is_without_past: bool,
}

#[derive(Debug)]
pub(super) enum Wants {
    /// Names as the client spells them, and where it was on some of them.
    Subscribe {
        names: Vec<String>,
        recover: Vec<(String, Since)>,
        /// Candles that it begins with, where a dialect has them.
        bars: Option<u16>,
    },
    Unsubscribe {
        names: Vec<String>,
    },
}

impl Wants {
    /// # Errors
    /// It names far more channels than a connection may hold.
    pub fn check(&self, max_channels: usize) -> Result<(), Refusal> {
        let most = NAMES * max_channels;
        let (names, places) = match self {
            Self::Subscribe { names, recover, .. } => (names.len(), recover.len()),
            Self::Unsubscribe { names } => (names.len(), 0),
        };
        for (field, count) in [("channels", names), ("recover", places)] {
            if count > most {
                return Err(Refusal::TooManyNames { field, most, count });
            }
        }
        Ok(())
    }

    /// What a client calls it.
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Subscribe { .. } => "subscribe",
            Self::Unsubscribe { .. } => "unsubscribe",
        }
    }
}

impl Request {
    pub fn new(conn: ConnId, wants: Wants) -> Self {
        let is_without_past = false;
        Self {
            conn,
            wants,
            is_without_past,
        }
    }

    fn wants_kept(&self) -> bool {
        self.kept().next().is_some()
    }

    /// The channels of which its client wants what is kept.
    fn kept(&self) -> impl Iterator<Item = &str> {
        let recover = match &self.wants {
            Wants::Subscribe { recover, .. } => recover.as_slice(),
            Wants::Unsubscribe { .. } => &[],
        };
        let kept = recover.iter().filter(|(_, since)| *since == Since::Kept);
        kept.map(|(name, _)| name.as_str())
    }
}

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
            let channel = Channel::parse(name, &self.catalog);
            *since != Since::Kept || !channel.is_ok_and(|channel| self.holds(conn, &channel))
        });
    }

    fn holds(&self, conn: ConnId, channel: &Channel) -> bool {
        let held = self.connections.get(conn).into_iter();
        let mut held = held.flat_map(|connection| &connection.subscriptions);
        held.any(|id| self.index.get(*id).is_some_and(|held| held.channel == *channel))
    }

    /// Takes a request in its turn.
    ///
    /// # Errors
    /// Too much waits already.
    pub(super) fn request(
        &mut self,
        now: UnixMillis,
        request: Request,
        out: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        if !self.waiting.load.admit(&request) {
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
            let nothing_waits = self.waiting.requests.is_empty() && self.waiting.blind.is_empty();
            if nothing_waits
                && !self.rooms.are_awaited()
                && self.gap.is_none()
                && !self.paces.have_forgotten()
            {
                return;
            }
            if self.link.has_failed() {
                return self.answer_blindly(now, out);
            }
            return self.attach_again(out);
        }
        if !self.close_gap(now, out) {
            return;
        }
        self.read_pasts(now, out);
        for (conn, channel) in std::mem::take(&mut self.waiting.blind) {
            self.send_latest(now, conn, &channel, out);
        }
        if let Some(mut round) = self.waiting.finished(self.link.seen()) {
            let mut behind = BTreeSet::new();
            let mut once_more = Vec::new();
            for request in std::mem::take(&mut round.requests) {
                if behind.contains(&request.conn) || self.is_unanswered(&request, &round) {
                    behind.insert(request.conn);
                    once_more.push(request);
                    continue;
                }
                if round.replay.owes(request.conn) {
                    self.send_missed(now, std::mem::take(&mut round.replay), out);
                }
                self.carry_out(now, request, Some(&mut round), out);
            }
            self.send_missed(now, round.replay, out);
            // Before what their clients have asked for since.
            once_more.append(&mut self.waiting.requests);
            self.waiting.requests = once_more;
        }
        if self.waiting.is_ahead() {
            if self.link.has_failed() {
                return self.answer_blindly(now, out);
            }
            // An object that waits for nothing may be put to sleep, and would forget who waits here.
            self.attach_again(out);
        }
        if self.waiting.round.is_some() || self.waiting.void {
            return;
        }
        let rests = self.waiting.rests;
        let mut behind = BTreeSet::new();
        let mut next = Round::default();
        let mut wanted = Vec::new();
        let mut asking = BTreeSet::new();
        for request in std::mem::take(&mut self.waiting.requests) {
            if rests && (behind.contains(&request.conn) || request.wants_kept()) {
                behind.insert(request.conn);
                self.waiting.requests.push(request);
                continue;
            }
            let missing = self.missing(&request);
            if missing.is_empty() && !asking.contains(&request.conn) {
                self.carry_out(now, request, None, out);
                continue;
            }
            // Who has everything now may have missed something when the answer comes.
            let named = self.places(&request).into_iter();
            next.live.extend(named.map(|(channel, _)| (channel, Vec::new())));
            wanted.extend(missing);
            asking.insert(request.conn);
            next.requests.push(request);
        }
        if next.requests.is_empty() {
            return;
        }
        // Of several places on one channel the earliest serves all: they are of one run, or nobody would ask.
        wanted.sort_unstable_by(|(a, from), (b, other)| (a, from.offset).cmp(&(b, other.offset)));
        wanted.dedup_by(|(later, _), (earlier, _)| later == earlier);
        self.waiting.round = Some(next);
        out.push(Effect::Recover(Question::Since(wanted)));
    }

    /// Whether a request wants what is kept of a channel for which the answer had no room. Nobody could tell that something
    /// is missing: it is asked for again, in an answer that has room, for there are fewer who ask.
    fn is_unanswered(&self, request: &Request, round: &Round) -> bool {
        let Some(answer) = &round.answer else { return false };
        request.kept().any(|name| {
            let channel = Channel::parse(name, &self.catalog);
            answer.failed || channel.is_ok_and(|channel| answer.left_out.contains(&channel))
        })
    }

    /// The histories that a request cannot be answered without. Who has everything has missed nothing.
    fn missing(&self, request: &Request) -> Vec<(Channel, Position)> {
        let mut places = self.places(request);
        places.retain(|(channel, since)| self.heads.position(channel) != Some(*since));
        places
    }

    /// Where a request's client was on the channels that it names and may hold. Of another run there is nothing to ask.
    fn places(&self, request: &Request) -> Vec<(Channel, Position)> {
        let Wants::Subscribe { names, recover, .. } = &request.wants else {
            return Vec::new();
        };
        if recover.is_empty() {
            return Vec::new();
        }
        let mut wanted = BTreeSet::new();
        for name in names {
            if wanted.len() >= self.limits.max_channels {
                break;
            }
            let channel = Channel::parse(name, &self.catalog).ok();
            wanted.extend(channel.filter(|channel| self.may_hold(request.conn, channel)));
        }
        let places = recover.iter().filter_map(|(name, since)| {
            let channel = Channel::parse(name, &self.catalog).ok()?;
            if !wanted.contains(&channel) {
                return None;
            }
            let head = self.heads.position(&channel)?;
            let since = place(since, head)?;
            (since.epoch == head.epoch).then_some((channel, since))
        });
        places.collect()
    }

    /// The broker answered what was asked.
    pub(super) fn recovered(&mut self, now: UnixMillis, answer: Recovery, out: &mut Vec<Effect>) {
        if !std::mem::take(&mut self.waiting.void)
            && let Some(answer) = self.take_missed(answer)
            && let Some(round) = &mut self.waiting.round
        {
            round.answer = Some(answer.into());
        }
        self.settle_waiting(now, out);
    }

    /// The broker did not answer: who asked gets what is known here.
    pub(super) fn recover_failed(&mut self, now: UnixMillis, out: &mut Vec<Effect>) {
        if !self.waiting.void && self.missed_is_not_told(now, out) {
            return self.settle_waiting(now, out);
        }
        if !std::mem::take(&mut self.waiting.void)
            && let Some(answer) = self.take_missed(Recovery::default())
            && let Some(round) = &mut self.waiting.round
        {
            round.answer = Some(Answer {
                failed: true,
                ..answer.into()
            });
            // Who cannot do without an answer asks again, though not at once.
            self.waiting.rests = true;
        }
        self.settle_waiting(now, out);
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
