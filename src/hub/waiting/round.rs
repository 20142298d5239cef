//! One question to the broker for what clients have missed.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{Request, Wants};
use crate::hub::exchange::{History, Question, Recovery};
use crate::hub::replay::Replay;
use crate::hub::{Effect, Hub};
use crate::model::{Channel, Epoch, Event, Position, UnixMillis, ordered};
use crate::protocol::Since;

/// A question to the broker, and all that hangs on its answer.
#[derive(Debug, Default)]
pub struct Round {
    pub requests: Vec<Request>,
    /// Messages published since the question, of the channels that it is about.
    pub live: BTreeMap<Channel, Vec<(Position, Rc<Event>)>>,
    pub answer: Option<Answer>,
    /// What its clients have missed and have not been sent.
    pub replay: Replay,
}

/// A [`Recovery`], as it is looked through for every client.
#[derive(Debug)]
pub struct Answer {
    pub newest: u64,
    pub histories: BTreeMap<Channel, (Epoch, Numbered)>,
    /// Channels for which it had no room.
    pub left_out: BTreeSet<Channel>,
    /// Nobody answered.
    pub failed: bool,
}

/// Messages by offset.
type Numbered = Vec<(u64, Rc<Event>)>;

impl From<Recovery> for Answer {
    fn from(recovery: Recovery) -> Self {
        let histories = recovery.histories.into_iter();
        let histories = histories.map(|(channel, History { epoch, messages })| {
            let messages = messages.into_iter();
            let messages = messages.map(|(offset, event)| (offset, Rc::new(event)));
            (channel, (epoch, messages.collect()))
        });
        Self {
            newest: recovery.newest,
            histories: ordered(histories),
            left_out: ordered(recovery.left_out),
            failed: false,
        }
    }
}

/// Where a client was, whose channel stands at `head`; `None` if no message ever had such a place.
pub fn place(since: &Since, head: Position) -> Option<Position> {
    match since {
        Since::Place { epoch, offset } => Some(Position {
            epoch: Epoch::parse(epoch)?,
            offset: *offset,
        }),
        Since::Kept => Some(Position { offset: 0, ..head }),
    }
}

impl Round {
    /// What came after `since`, in order and without a gap up to `head`; `None` if that cannot be shown. Of who wants
    /// what is kept, nobody knows whether there was something before.
    pub fn missed(
        &self,
        channel: &Channel,
        since: &Since,
        head: Position,
    ) -> Option<Vec<(Position, Rc<Event>)>> {
        let is_kept = *since == Since::Kept;
        let since = place(since, head)?;
        let answer = self.answer.as_ref();
        let history = answer.and_then(|answer| answer.histories.get(channel));
        let told = history
            .filter(|(epoch, _)| *epoch == since.epoch)
            .into_iter()
            .flat_map(|(epoch, messages)| {
                let position = |offset| Position {
                    epoch: *epoch,
                    offset,
                };
                let known = messages.partition_point(|(offset, _)| *offset <= since.offset);
                let missed = messages.iter().skip(known);
                missed.map(move |(offset, event)| (position(*offset), Rc::clone(event)))
            });
        let live = self.live.get(channel).into_iter().flatten().cloned();
        let mut missed = Vec::new();
        let mut last = since;
        for (position, event) in told.chain(live) {
            if position == last.next() || (is_kept && missed.is_empty()) {
                last = position;
                missed.push((position, event));
            }
        }
        (last == head || (is_kept && missed.is_empty())).then_some(missed)
    }
}

impl Hub {
    /// Answers the requests of the round whose answer has come.
    pub(super) fn finish_round(&mut self, now: UnixMillis, out: &mut Vec<Effect>) {
        let Some(mut round) = self.waiting.finished(self.link.seen()) else {
            return;
        };
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

    /// Asks the broker what the clients of all requests that wait have missed, and answers those who missed nothing.
    pub(super) fn begin_round(&mut self, now: UnixMillis, out: &mut Vec<Effect>) {
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
            let channel = self.channel(request.conn, name);
            answer.failed || channel.is_some_and(|channel| answer.left_out.contains(&channel))
        })
    }

    /// The histories that a request cannot be answered without. Who has everything has missed nothing.
    pub(super) fn missing(&self, request: &Request) -> Vec<(Channel, Position)> {
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
            // What a client comes back to it held, and some of it does not count.
            if wanted.len() >= self.limits.max_channels && !request.is_return {
                break;
            }
            let channel = self.channel(request.conn, name);
            wanted.extend(channel.filter(|channel| self.may_hold(request.conn, channel)));
        }
        let places = recover.iter().filter_map(|(name, since)| {
            let channel = self.channel(request.conn, name)?;
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
    pub(in crate::hub) fn recovered(&mut self, now: UnixMillis, answer: Recovery, out: &mut Vec<Effect>) {
        if !std::mem::take(&mut self.waiting.void)
            && let Some(answer) = self.take_missed(answer)
            && let Some(round) = &mut self.waiting.round
        {
            round.answer = Some(answer.into());
        }
        self.settle_waiting(now, out);
    }

    /// The broker did not answer: who asked gets what is known here.
    pub(in crate::hub) fn recover_failed(&mut self, now: UnixMillis, out: &mut Vec<Effect>) {
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
}
