use std::collections::{BTreeMap, VecDeque};

use super::*;

/// A place as clients know it.
pub type Place = (String, u64);

/// What a client knows of one channel.
#[derive(Debug, Default)]
pub struct View {
    /// It was told that it holds the channel.
    pub held: bool,
    /// The last message that it got, or the place at which it was told to begin.
    pub last: Option<Place>,
    /// The shard was cut off for longer than ticks are kept: what is not kept of the channel, either, may be lacking.
    pub is_cut_off: bool,
    /// ... and could not ask the broker: the next offset may be any later one.
    pub may_jump: bool,
}

/// A request that has no answer yet: the channels, and where the client was on those that it wants recovered.
#[derive(Debug)]
pub struct Asked {
    channels: Vec<&'static str>,
    recover: BTreeMap<&'static str, Place>,
}

/// A client that trusts nothing: every frame is held against what it was told before.
#[derive(Debug, Default)]
pub struct Client {
    pub at: Option<(usize, ConnId)>,
    /// Its connection is broken and nobody has noticed: frames go nowhere.
    pub deaf: bool,
    /// It wants all of a delivery in one frame.
    pub batch: bool,
    pub views: BTreeMap<&'static str, View>,
    pub asked: VecDeque<Asked>,
    /// What it held, or had asked for, when it lost its connection.
    pub wanted: Vec<&'static str>,
    /// The broker could not be asked, or what it knew was too old.
    pub excused: bool,
}

impl View {
    /// It knows its place.
    fn stands_still(&mut self) {
        self.is_cut_off = false;
        self.may_jump = false;
    }
}

impl Client {
    /// The request with which it goes on where it was.
    pub fn subscribe(&mut self, channels: Vec<&'static str>) -> Value {
        let place = |channel: &&'static str| {
            // What it has asked for once it does not ask for again.
            let asked = self.asked.iter().any(|asked| asked.channels.contains(channel));
            let view = self.views.get(channel).filter(|view| !view.held && !asked)?;
            Some((*channel, view.last.clone()?))
        };
        let recover: BTreeMap<_, _> = channels.iter().filter_map(place).collect();
        let named = recover.iter();
        let named: Value = named
            .map(|(channel, (epoch, offset))| {
                (channel.to_string(), json!({"epoch": epoch, "offset": offset}))
            })
            .collect::<serde_json::Map<_, _>>()
            .into();
        let message = json!({"type": "subscribe", "channels": channels, "recover": named});
        self.asked.push_back(Asked { channels, recover });
        message
    }

    pub fn unsubscribe(&mut self, channels: Vec<&'static str>) -> Value {
        let message = json!({"type": "unsubscribe", "channels": channels});
        let recover = BTreeMap::new();
        self.asked.push_back(Asked { channels, recover });
        message
    }

    /// What it holds, or will once it is answered.
    fn wants(&self) -> Vec<&'static str> {
        let asked = self.asked.iter().flat_map(|asked| asked.channels.iter().copied());
        let held = self
            .views
            .iter()
            .filter(|(_, view)| view.held)
            .map(|(channel, _)| *channel);
        let all: std::collections::BTreeSet<_> = asked.chain(held).collect();
        all.into_iter().collect()
    }

    /// The connection is gone; what it knows stays.
    pub fn disconnected(&mut self) {
        self.wanted = self.wants();
        self.at = None;
        self.deaf = false;
        self.excused = false;
        self.asked.clear();
        for view in self.views.values_mut() {
            view.held = false;
            view.stands_still();
        }
    }

    pub fn receive(&mut self, frame: &Value, truth: &Truth, now: UnixMillis) {
        match frame["type"].as_str().unwrap() {
            "batch" => {
                assert!(self.batch, "unasked: {frame}");
                for message in frame["messages"].as_array().unwrap() {
                    self.receive(message, truth, now);
                }
            }
            "subscribed" => self.subscribed(frame, truth, now),
            "unsubscribed" => {
                let asked = self.asked.pop_front().expect("it asked");
                for channel in asked.channels {
                    *self.views.entry(channel).or_default() = View::default();
                }
            }
            "auth_success" | "system_status" => {}
            "error" => panic!("{frame}"),
            _ => self.message(frame, truth, now),
        }
    }

    /// Where channels stand whose messages cannot be shown, though nobody asked.
    fn is_told_unasked(&self, answer: &Value) -> bool {
        let told = answer["positions"].as_object().unwrap();
        let asked = self.asked.front();
        let is_answer = asked.is_some_and(|asked| asked.channels.iter().all(|it| told.contains_key(*it)));
        let is_news = |(channel, place): (&String, &Value)| {
            let view = self.views.get(channel.as_str());
            let view = view.filter(|view| view.held && view.is_cut_off);
            view.and_then(|view| view.last.as_ref())
                .is_some_and(|(_, last)| *last != place["offset"])
        };
        !is_answer || told.iter().all(is_news)
    }

    fn told_unasked(&mut self, answer: &Value, truth: &Truth, now: UnixMillis) {
        for (channel, place) in answer["positions"].as_object().unwrap() {
            assert!(!channel.starts_with("price"), "it has a value: {answer}");
            let view = self.views.get_mut(channel.as_str()).expect("held");
            let (epoch, last) = view.last.take().expect("a place");
            let may_jump = view.may_jump || truth.is_lost(channel, last, now);
            assert!(
                view.held && view.is_cut_off && may_jump,
                "{channel}: {last} {answer}"
            );
            assert_eq!(place["recovered"], false);
            view.last = Some((epoch, place["offset"].as_u64().unwrap()));
            view.stands_still();
        }
    }

    fn subscribed(&mut self, answer: &Value, truth: &Truth, now: UnixMillis) {
        if self.is_told_unasked(answer) {
            return self.told_unasked(answer, truth, now);
        }
        let mut asked = self.asked.pop_front().expect("it asked");
        for channel in asked.channels {
            let told = &answer["positions"][channel];
            let place = told["offset"]
                .as_u64()
                .map(|offset| (told["epoch"].as_str().unwrap().to_owned(), offset));
            let since = asked.recover.remove(channel);
            let view = self.views.entry(channel).or_default();
            let had_it = std::mem::replace(&mut view.held, true);
            if told["recovered"] == true {
                // What it missed follows, and nothing of it may be missing.
                let since = since.expect("nothing was to be recovered");
                assert_eq!(view.last, Some(since.clone()), "{channel}");
                let (epoch, offset) = place.expect("a place to recover to");
                assert!(
                    since.0 == epoch && since.1 <= offset,
                    "{channel}: {since:?} {answer}"
                );
                continue;
            }
            if let Some(since) = since {
                let lost = truth.is_lost(channel, since.1, now);
                assert!(
                    lost || self.excused,
                    "{channel}: all since {since:?} was kept, yet {answer}"
                );
            } else if had_it {
                continue;
            }
            // The current value of a state channel has the place that was told, and follows.
            let before_first = |(epoch, offset): Place| match channel.starts_with("price") {
                true => (epoch, offset.saturating_sub(1)),
                false => (epoch, offset),
            };
            view.last = place.map(before_first);
            view.stands_still();
        }
    }

    fn message(&mut self, message: &Value, truth: &Truth, now: UnixMillis) {
        let channel = message["channel"].as_str().unwrap();
        let place = (
            message["epoch"].as_str().unwrap().to_owned(),
            message["offset"].as_u64().unwrap(),
        );
        let view = self.views.get_mut(channel).filter(|view| view.held);
        let view = view.unwrap_or_else(|| panic!("not held: {message}"));
        match &view.last {
            // The current value, where nobody can say what came before it.
            Some(known) if view.may_jump && *known == place => {}
            Some((epoch, last)) if view.may_jump || view.is_cut_off && truth.is_lost(channel, *last, now) => {
                assert!(*epoch == place.0 && *last < place.1, "after {last}: {message}");
            }
            Some((epoch, last)) => assert_eq!((epoch, last + 1), (&place.0, place.1), "{message}"),
            None => {}
        }
        truth.check(channel, place.1, &message["data"]);
        view.last = Some(place);
        view.stands_still();
    }
}
