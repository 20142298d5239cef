//! What travels between the broker and its shards.

use super::*;

impl World {
    pub fn deliver(&mut self, shard: usize, fate: Fate) -> bool {
        let name = self.shards[shard].name.clone();
        let Some(body) = self.broker.next_delivery(&name) else {
            return false;
        };
        match fate {
            Fate::Lost => {}
            Fate::Late => self.shards[shard].stragglers.push_back(body),
            Fate::Arrives | Fate::AnswerLost => {
                self.delivered(shard, &body);
            }
        }
        if fate == Fate::Arrives {
            let hub = &mut self.shards[shard].hub;
            let seen = hub.seen();
            let report = hub.stats();
            self.broker.acknowledged(&name, Ack { seen, report });
        } else {
            self.broker.failed(&name, self.now);
        }
        true
    }

    pub fn straggle(&mut self, shard: usize) {
        if let Some(body) = self.shards[shard].stragglers.pop_front() {
            self.delivered(shard, &body);
        }
    }

    fn delivered(&mut self, shard: usize, body: &[u8]) {
        let delivery: Delivery = postcard::from_bytes(body).unwrap();
        let ticks = delivery.decode().unwrap();
        self.note_cut(shard, delivery.after, ticks[0].number);
        let after = delivery.after;
        self.input(shard, Input::Delivery { after, ticks });
    }

    /// Ticks that follow nothing are sent to shards that were cut off for long, and to no others.
    fn note_cut(&mut self, shard: usize, after: u64, first: u64) {
        let seen = self.shards[shard].hub.seen();
        if after > 0 || seen == 0 || !self.truth.has_tick_between(seen, first) {
            return;
        }
        assert!(
            self.truth.is_cut_off(seen, self.now),
            "everything since {seen} was kept"
        );
        for client in self
            .clients
            .iter_mut()
            .filter(|it| it.at.is_some_and(|(at, _)| at == shard))
        {
            client
                .views
                .values_mut()
                .for_each(|view| view.is_cut_off = view.held);
        }
    }

    /// The shard's question whether it is known travels.
    pub fn attach(&mut self, shard: usize, fate: Fate) -> bool {
        let it = &mut self.shards[shard];
        if it.asks == 0 {
            return false;
        }
        it.asks -= 1;
        if fate != Fate::Lost {
            let seen = it.hub.seen();
            let (welcome, is_new) = self.broker.attach(&it.name, seen, it.hub.stats());
            if fate != Fate::AnswerLost {
                it.welcomes.push_back(welcome);
            }
            if is_new {
                self.checkpoint = self.broker.checkpoint(self.now);
            }
        }
        if matches!(fate, Fate::Lost | Fate::AnswerLost) {
            self.unanswered(shard, Input::AttachFailed);
        }
        true
    }

    pub fn welcome(&mut self, shard: usize) -> bool {
        let Some(welcome) = self.shards[shard].welcomes.pop_front() else {
            return false;
        };
        let missed: Vec<Tick> = welcome
            .missed
            .iter()
            .map(|tick| postcard::from_bytes(tick).unwrap())
            .collect();
        let first = missed.first().map_or(welcome.newest + 1, |tick| tick.number);
        self.note_cut(shard, welcome.after, first);
        self.input(shard, Input::Welcome { welcome, missed });
        true
    }

    /// The shard's question what was missed travels.
    pub fn recover(&mut self, shard: usize, fate: Fate) -> bool {
        let it = &mut self.shards[shard];
        let Some(wanted) = it.question.take() else {
            return false;
        };
        match fate {
            Fate::Arrives | Fate::Late => it.answer = Some(self.broker.answer(&wanted)),
            Fate::Lost | Fate::AnswerLost => self.unanswered(shard, Input::RecoverFailed),
        }
        true
    }

    pub fn answer(&mut self, shard: usize) -> bool {
        let Some(answer) = self.shards[shard].answer.take() else {
            return false;
        };
        self.input(shard, Input::Recovered(answer));
        true
    }

    /// Who waits for the answer need not get what it missed, be it its own or the shard's fault.
    fn unanswered(&mut self, shard: usize, input: Input<'_>) {
        self.excuse(shard, true);
        self.input(shard, input);
        self.excuse(shard, false);
    }
}
