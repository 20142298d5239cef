use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use memchr::memmem;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::WARM_UP;
use crate::crowd::Crowd;
use crate::market;
use crate::publisher::Publisher;
use crate::quantiles::quantile_ms;
use crate::server::Server;
use crate::tally::Tally;

/// Connections of the back end: a slow answer does not hold up the next request.
const PUBLISHERS: usize = 16;

const CHANNELS: usize = 100;
const SUBSCRIBERS: usize = 10;

/// Messages at a steady rate over 100 channels with 10 subscribers each.
#[derive(Debug, Deserialize)]
pub struct Publish {
    /// Messages a second.
    rate: usize,
    /// Messages in one request.
    per_request: usize,
    seconds: usize,
}

/// When each message was due, and the next one to send.
struct Plan {
    began: Instant,
    every: Duration,
    requests: usize,
    next: usize,
}

impl Publish {
    /// `messages_per_s` that arrived, `p50_ms` and `p99_ms` from when a message was due to a client's reading, `lost`.
    pub async fn run(&self, server: &Server) -> Result<Value> {
        let entities: Vec<&str> = market::coins().map(|(id, _)| id).take(CHANNELS).collect();
        let crowd = Crowd::gather(server, CHANNELS * SUBSCRIBERS, |number| {
            vec![format!("mentions:{}", entities[number % CHANNELS])]
        })
        .await?;
        let tally = Rc::new(Tally::new());
        let epoch = Instant::now();
        let _listeners = crowd.listen(&tally, move |tally, text| hear(tally, text, epoch));

        let warmed = self.warm_up(server, &entities, epoch).await? * SUBSCRIBERS as u64;
        tally.reach(warmed).await?;
        tally.latencies();

        let plan = Rc::new(RefCell::new(Plan {
            began: Instant::now(),
            every: Duration::from_secs_f64(self.per_request as f64 / self.rate as f64),
            requests: self.rate * self.seconds / self.per_request,
            next: 0,
        }));
        let sent = plan.borrow().requests * self.per_request;
        let began = plan.borrow().began;
        let work = (0..PUBLISHERS).map(|_| self.work(server, Rc::clone(&plan), &entities, epoch));
        try_join_all(work).await?;
        let goal = warmed + (sent * SUBSCRIBERS) as u64;
        let outcome = tally.reach(goal).await;
        let lost = goal as i64 - tally.updates() as i64;
        if tally.updates() == warmed {
            outcome.context("nothing came")?;
        }
        let took = tally.last() - began;
        let mut latencies = tally.latencies();
        Ok(json!({
            "messages_per_s": sent as f64 / took.as_secs_f64(),
            "p50_ms": quantile_ms(&mut latencies, 0.5),
            "p99_ms": quantile_ms(&mut latencies, 0.99),
            "lost": lost,
        }))
    }

    /// Publishes one request after the other for a while; returns how many messages that were.
    async fn warm_up(&self, server: &Server, entities: &[&str], epoch: Instant) -> Result<u64> {
        let mut publisher = Publisher::connect(server).await?;
        let began = Instant::now();
        let mut requests = 0;
        while began.elapsed() < WARM_UP {
            let messages = self.messages(requests, entities, epoch.elapsed());
            publisher.publish(&messages).await?;
            requests += 1;
        }
        Ok((requests * self.per_request) as u64)
    }

    /// What one request tells, which was due then.
    fn messages(&self, number: usize, entities: &[&str], due: Duration) -> Vec<Value> {
        (0..self.per_request)
            .map(|n| entities[(number * self.per_request + n) % CHANNELS])
            .map(|entity| market::mention(entity, due.as_nanos().to_string()))
            .collect()
    }

    /// One connection of the back end, which takes the next request when it is free.
    async fn work(
        &self,
        server: &Server,
        plan: Rc<RefCell<Plan>>,
        entities: &[&str],
        epoch: Instant,
    ) -> Result<()> {
        let mut publisher = Publisher::connect(server).await?;
        loop {
            let (number, due) = {
                let mut plan = plan.borrow_mut();
                if plan.next == plan.requests {
                    return Ok(());
                }
                plan.next += 1;
                (plan.next - 1, plan.began + plan.every * (plan.next - 1) as u32)
            };
            sleep_until(due).await;
            publisher
                .publish(&self.messages(number, entities, due - epoch))
                .await?;
        }
    }
}

/// Takes the latency of each mention from its title.
fn hear(tally: &Tally, text: &[u8], epoch: Instant) {
    const TITLE: &[u8] = b"\"title\":\"";
    let now = epoch.elapsed();
    let mentions = memmem::find_iter(text, market::MENTION_ALERT).count();
    for at in memmem::find_iter(text, TITLE) {
        let digits = text[at + TITLE.len()..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit());
        let due = digits.fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
        tally.took(now.saturating_sub(Duration::from_nanos(due)));
    }
    tally.count(mentions as u64);
}
