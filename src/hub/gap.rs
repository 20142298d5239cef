//! What the shard itself lacks: it was told that ticks which it has not seen are not kept any more.
//!
//! The broker keeps the messages of a channel longer than ticks, so that it is asked for them, for all channels that
//! somebody holds. Until they are there, newer messages of those channels wait behind them, and so do the clients'
//! requests. A message that follows the last one of its channel waits for nothing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use super::exchange::{History, Question, Recovery, Welcome};
use super::heads::{Heads, is_before};
use super::{ConnId, Effect, Hub};
use crate::model::{Channel, Event, Position, Tick, UnixMillis};
use crate::protocol::{Dialect, Place, Reply};

/// Newer messages of a channel that wait: of more the broker keeps none, either.
const WAITING: usize = 300;

/// Messages of one channel, oldest first.
pub(super) type Messages = Vec<(Position, Rc<Event>)>;

/// The channels of which this shard lacks messages, as far as it knows.
#[derive(Debug)]
pub(super) struct Gap {
    /// All up to this tick the sockets have been told.
    since: u64,
    channels: BTreeMap<Channel, Lacking>,
    question: Asked,
}

#[derive(Debug)]
enum Asked {
    Not,
    UnderWay,
    Answered(Recovery),
}

/// What is known here of a channel.
#[derive(Debug, Default)]
struct Lacking {
    /// Where its followers are; `None` if that was in an earlier life.
    last: Option<Position>,
    /// Messages since, which do not follow that place.
    newer: VecDeque<(Position, Rc<Event>)>,
}

impl Lacking {
    /// What its followers get: what was missed, and what has come since.
    fn messages(self, history: History) -> Messages {
        let epoch = history.epoch;
        let told = history.messages.into_iter().map(|(offset, event)| {
            let position = Position { epoch, offset };
            (position, Rc::new(event))
        });
        let mut last = self.last;
        let mut messages = Messages::new();
        for (position, event) in told.chain(self.newer) {
            if last.is_none_or(|last| is_before(last, position)) {
                last = Some(position);
                messages.push((position, event));
            }
        }
        messages
    }
}

/// What the followers of a channel get late.
struct Line {
    channel: Channel,
    /// `None` if it cannot be shown, though the channel has moved.
    messages: Option<Messages>,
    /// Something of it cannot be shown.
    has_hole: bool,
}

impl Line {
    /// For followers that are at `last`.
    fn new(channel: Channel, last: Option<Position>, messages: Option<Messages>) -> Self {
        let has_hole = match (last, messages.as_deref()) {
            (_, None) => true,
            (Some(last), Some([(first, _), ..])) => last.next() != *first,
            (None, Some(_)) | (_, Some([])) => false,
        };
        Self {
            channel,
            messages,
            has_hole,
        }
    }
}

impl Gap {
    /// Forgets the channels on which nothing was missed; gives the question for the others.
    fn ask(&mut self, heads: &Heads) -> Option<Question> {
        self.channels
            .retain(|channel, lacking| lacking.last.is_none() || lacking.last != heads.position(channel));
        if self.channels.is_empty() {
            return None;
        }
        self.question = Asked::UnderWay;
        Some(Question::After(
            self.since,
            self.channels.keys().cloned().collect(),
        ))
    }

    fn is_asked(&self) -> bool {
        matches!(self.question, Asked::UnderWay)
    }
}

impl Hub {
    /// Whether a welcome and the ticks that it brings leave out some that nobody has kept.
    pub(super) fn is_cut_off(&self, welcome: &Welcome, missed: &[Tick]) -> bool {
        let seen = self.link.seen();
        let first = missed.first().map(|tick| tick.number);
        welcome.after == 0 && seen > 0 && welcome.newest > seen && first.is_none_or(|first| first > seen)
    }

    /// Ticks were left out: from now on the channels that somebody holds lack what these told. To be called before newer
    /// ones are taken.
    pub(super) fn fall_behind(&mut self) {
        let since = self.link.seen();
        let gap = self.gap.get_or_insert_with(|| Gap {
            since,
            channels: BTreeMap::new(),
            question: Asked::Not,
        });
        for (channel, _) in self.index.channels() {
            let last = || Lacking {
                last: self.heads.last(channel),
                ..Lacking::default()
            };
            gap.channels.entry(channel.clone()).or_insert_with(last);
        }
        if gap.is_asked() {
            self.waiting.disown_answer();
        }
        gap.question = Asked::Not;
        self.waiting.ask_anew();
        self.rooms.clear();
    }

    /// Nobody is there any more who lacks anything.
    pub(super) fn forget_gap(&mut self) {
        if self.gap.take().is_some_and(|gap| gap.is_asked()) {
            self.waiting.disown_answer();
        }
    }

    /// Whether messages of that channel are lacking.
    pub(super) fn lacks(&self, channel: &Channel) -> bool {
        self.gap
            .as_ref()
            .is_some_and(|gap| gap.channels.contains_key(channel))
    }

    /// Up to where the followers of a channel have been told what was on it, as far as this life knows.
    pub(super) fn told_up_to(&self, channel: &Channel) -> Option<Position> {
        let gap = self.gap.as_ref();
        match gap.and_then(|gap| gap.channels.get(channel)) {
            Some(lacking) => lacking.last,
            None => self.heads.position(channel),
        }
    }

    /// Whether a message has to wait for what was missed before it.
    pub(super) fn holds_back(&mut self, channel: &Channel, position: Position, event: &Rc<Event>) -> bool {
        let Some(gap) = &mut self.gap else {
            return false;
        };
        let Some(lacking) = gap.channels.get_mut(channel) else {
            return false;
        };
        if lacking.newer.is_empty() && lacking.last.is_some_and(|last| last.next() == position) {
            lacking.last = Some(position);
            return false;
        }
        if self.link.has_failed() {
            // Nobody can be asked what was before.
            gap.channels.remove(channel);
            return false;
        }
        if lacking.newer.len() >= WAITING {
            lacking.newer.pop_front();
        }
        lacking.newer.push_back((position, Rc::clone(event)));
        true
    }

    /// Takes the answer, if it was this that was asked for.
    pub(super) fn take_missed(&mut self, answer: Recovery) -> Option<Recovery> {
        match &mut self.gap {
            Some(gap) if gap.is_asked() => {
                gap.question = Asked::Answered(answer);
                None
            }
            _ => Some(answer),
        }
    }

    /// Brings the gap further; where channels stand is known. `true` if nothing is lacking now.
    pub(super) fn close_gap(&mut self, now: UnixMillis, out: &mut Vec<Effect>) -> bool {
        let seen = self.link.seen();
        let Some(gap) = &mut self.gap else {
            return true;
        };
        match std::mem::replace(&mut gap.question, Asked::Not) {
            Asked::Answered(answer) if answer.newest <= seen => self.send_missed_of_all(now, answer, out),
            // It speaks of ticks which would bring its messages a second time.
            Asked::Answered(_) if self.link.has_failed() => self.give_up_gap(now, out),
            pending @ Asked::Answered(_) => {
                gap.question = pending;
                self.attach_again(out);
                return false;
            }
            Asked::UnderWay => {
                gap.question = Asked::UnderWay;
                return false;
            }
            Asked::Not => {}
        }
        if self.waiting.awaits_void_answer() {
            return false;
        }
        match self.gap.as_mut().and_then(|gap| gap.ask(&self.heads)) {
            Some(question) => out.push(Effect::Recover(question)),
            None => self.gap = None,
        }
        self.gap.is_none()
    }

    /// Sends what was missed. What the answer had no room for lacks as before.
    fn send_missed_of_all(&mut self, now: UnixMillis, answer: Recovery, out: &mut Vec<Effect>) {
        let Some(gap) = &mut self.gap else { return };
        let left_out = answer.left_out.iter();
        let left_out = left_out.filter_map(|channel| gap.channels.remove_entry(channel));
        let left_out = left_out.collect();
        let mut answered = std::mem::replace(&mut gap.channels, left_out);
        let mut lines = Vec::new();
        for (channel, history) in answer.histories {
            if let Some(lacking) = answered.remove(&channel) {
                let shown = !history.messages.is_empty() || !lacking.newer.is_empty();
                let last = lacking.last;
                lines.push(Line::new(channel, last, shown.then(|| lacking.messages(history))));
            }
        }
        // Of the others nothing was missed, or of what this life knows to have been nothing is left.
        for (channel, lacking) in answered {
            let stays = lacking.last.is_none() || lacking.last == self.heads.position(&channel);
            let shown = stays || !lacking.newer.is_empty();
            let last = lacking.last;
            lines.push(Line::new(channel, last, shown.then(|| lacking.newer.into())));
        }
        self.send_lines(now, lines, out);
    }

    /// Nobody says what was missed: what has come since waits no longer. Once it is known where channels stand, the
    /// followers of the others are told, and that is the end of it.
    pub(super) fn give_up_gap(&mut self, now: UnixMillis, out: &mut Vec<Effect>) {
        let Some(mut gap) = self.gap.take() else { return };
        if gap.is_asked() {
            self.waiting.disown_answer();
        }
        let mut lines = Vec::new();
        let known = self.heads.are_known();
        gap.channels.retain(|channel, lacking| {
            let newer: Messages = std::mem::take(&mut lacking.newer).into();
            if newer.is_empty() && !known {
                return true;
            }
            let stays = lacking.last.is_some() && lacking.last == self.heads.position(channel);
            if !stays {
                let newer = (!newer.is_empty()).then_some(newer);
                lines.push(Line::new(channel.clone(), lacking.last, newer));
            }
            false
        });
        if !known {
            gap.question = Asked::Not;
            self.gap = Some(gap);
        }
        self.send_lines(now, lines, out);
    }

    /// The question was not answered.
    pub(super) fn missed_is_not_told(&mut self, now: UnixMillis, out: &mut Vec<Effect>) -> bool {
        match &mut self.gap {
            Some(gap) if gap.is_asked() => {
                gap.question = Asked::Not;
                self.give_up_gap(now, out);
                true
            }
            _ => false,
        }
    }

    /// Sends the followers of each channel its messages; `None` if these cannot be shown, though the channel has moved:
    /// then its current value, or else its place.
    fn send_lines(&mut self, now: UnixMillis, lines: Vec<Line>, out: &mut Vec<Effect>) {
        let holes = lines.iter().filter(|line| line.has_hole);
        let holes: BTreeSet<Channel> = holes.map(|line| line.channel.clone()).collect();
        let mut unseen = BTreeSet::new();
        let mut shown = Vec::new();
        for Line {
            channel, messages, ..
        } in lines
        {
            let messages = messages.or_else(|| Some(vec![self.heads.latest(&channel)?]));
            match messages {
                Some(messages) => shown.push((channel, messages)),
                None => drop(unseen.insert(channel)),
            }
        }
        // Whose messages bear no place does not see by the next one that something is missing.
        self.tell_places(now, &holes, |dialect| !dialect.shows_places(), out);
        self.deliver_late(now, shown, out);
        self.tell_places(now, &unseen, Dialect::shows_places, out);
    }

    /// Tells whoever holds some of these channels, and speaks such a dialect, where they stand now, as if it had subscribed anew.
    fn tell_places(
        &mut self,
        now: UnixMillis,
        channels: &BTreeSet<Channel>,
        is_for: impl Fn(Dialect) -> bool,
        out: &mut Vec<Effect>,
    ) {
        if channels.is_empty() {
            return;
        }
        let served = self.connections.iter();
        let served = served.filter(|(_, it)| it.seat.is_some() && is_for(it.dialect));
        let conns: Vec<ConnId> = served.map(|(conn, _)| conn).collect();
        for conn in conns {
            let moved = self.held_among(conn, channels);
            if moved.is_empty() {
                continue;
            }
            let held = self.held(conn);
            let places = moved.iter().map(|(channel, name)| Place {
                name,
                position: self.heads.position(channel),
                recovered: false,
            });
            let reply = Reply::Missed {
                held: held.iter().map(String::as_str).collect(),
                places: places.collect(),
            };
            self.answer(now, conn, &reply, &mut None, out);
        }
    }

    fn held_among(&self, conn: ConnId, channels: &BTreeSet<Channel>) -> Vec<(Channel, String)> {
        let connection = self.connections.get(conn);
        let ids = connection.into_iter().flat_map(|it| &it.subscriptions);
        let held = ids.filter_map(|id| self.index.get(*id));
        let held = held.filter(|held| channels.contains(&held.channel));
        held.map(|held| (held.channel.clone(), held.name())).collect()
    }
}
