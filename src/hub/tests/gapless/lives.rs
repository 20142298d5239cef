//! What begins and ends in the world: connections, lives of objects, time.

use super::*;

impl World {
    /// A client comes, or comes back, and goes on with what it wants.
    pub fn connect(&mut self, client: usize, shard: usize) {
        self.disconnect(client);
        let wants = std::mem::take(&mut self.clients[client].wanted);
        let conn = self.shards[shard].seat(client);
        self.clients[client].at = Some((shard, conn));
        let origin = Origin {
            id: Uuid::nil(),
            dialect: Dialect::CryptoIntel,
            pid: None,
            returned: None,
            is_durable: true,
            said: crate::hub::Said::default(),
            claims: None,
        };
        self.input(shard, Input::Opened { conn, origin });
        if self.clients[client].batch {
            let token = token("alice", START.secs() + 1_000_000);
            self.say(client, &json!({"type": "auth", "token": token, "batch": true}));
        }
        if !wants.is_empty() {
            self.subscribe(client, wants);
        }
    }

    pub fn disconnect(&mut self, client: usize) {
        if let Some((shard, conn)) = self.clients[client].at {
            self.clients[client].disconnected();
            self.shards[shard].unseat(conn);
            self.input(shard, Input::Closed { conn });
        }
    }

    pub fn subscribe(&mut self, client: usize, channels: Vec<&'static str>) {
        if self.can_speak(client) {
            let message = self.clients[client].subscribe(channels);
            self.say(client, &message);
        }
    }

    pub fn unsubscribe(&mut self, client: usize, channels: Vec<&'static str>) {
        if self.can_speak(client) {
            let message = self.clients[client].unsubscribe(channels);
            self.say(client, &message);
        }
    }

    fn can_speak(&self, client: usize) -> bool {
        self.clients[client].at.is_some() && !self.clients[client].deaf
    }

    fn say(&mut self, client: usize, message: &Value) {
        let (shard, conn) = self.clients[client].at.expect("a connection");
        let text = message.to_string();
        let frame = Frame::Text(&text);
        self.input(shard, Input::Frame { conn, frame });
    }

    /// An object sleeps only while it waits for nothing. Its sockets stay.
    pub fn evict_shard(&mut self, shard: usize) {
        let limits = self.limits();
        if self.shards[shard].is_idle() {
            self.shards[shard].sleep_and_wake(self.now, &limits);
        }
    }

    /// The shard wakes because the client is gone.
    pub fn leave_asleep(&mut self, client: usize) {
        let Some((shard, conn)) = self.clients[client].at else {
            return;
        };
        if !self.shards[shard].is_idle() {
            return;
        }
        let left = self.shards[shard].attachments[&conn].clone();
        self.clients[client].disconnected();
        self.shards[shard].unseat(conn);
        self.evict_shard(shard);
        self.input(shard, Input::Departed(Attachment::decode(&left).unwrap()));
    }

    /// A deploy, or a crash: its sockets are gone.
    pub fn restart_shard(&mut self, shard: usize) {
        let there: Vec<usize> = self.shards[shard].clients();
        for client in there {
            self.clients[client].disconnected();
        }
        let limits = self.limits();
        self.shards[shard].begin_anew(self.now, &limits);
    }

    pub fn pass(&mut self, millis: u64) {
        let until = self.now.plus(millis);
        let next = |world: &Self| {
            let alarms = world.shards.iter().enumerate();
            alarms
                .filter_map(|(n, it)| Some((it.alarm?, n)))
                .min()
                .filter(|(at, _)| *at <= until)
        };
        while let Some((at, shard)) = next(self) {
            self.now = self.now.max(at);
            self.shards[shard].alarm = None;
            self.input(
                shard,
                Input::Alarm {
                    last_heard: &|_| None,
                },
            );
        }
        self.now = until;
    }

    /// Everything that is on its way to a shard arrives.
    pub fn settle(&mut self, shard: usize) {
        while self.attach(shard, Fate::Arrives)
            | self.welcome(shard)
            | self.recover(shard, Fate::Arrives)
            | self.answer(shard)
            | self.deliver(shard, Fate::Arrives)
        {}
    }

    /// Nothing goes wrong any more: everybody comes to have everything.
    pub fn finish(&mut self) {
        for _ in 0..3 {
            (0..SHARDS).for_each(|shard| self.settle(shard));
            // Who was given up notices the silence.
            self.pass(45_000);
            self.publish(&[vec![What::Signal(true)]], Crash::Never);
        }
        (0..SHARDS).for_each(|shard| self.settle(shard));
        for client in self.clients.iter().filter(|it| it.at.is_some() && !it.deaf) {
            assert!(client.asked.is_empty(), "without an answer: {client:?}");
            for (channel, view) in client.views.iter().filter(|(_, view)| view.held) {
                if let Some((_, offset)) = &view.last {
                    assert_eq!(*offset, self.truth.head(channel), "{channel}: {client:?}");
                }
            }
        }
    }
}
