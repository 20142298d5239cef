use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::Instant;

use crate::client::Client;
use crate::server::Server;
use crate::tally::Tally;

/// So many clients connect at the same time.
const AT_ONCE: usize = 64;

/// Many clients of one server.
pub struct Crowd {
    clients: Vec<Client>,
    /// What each took to connect, authenticate and subscribe.
    pub joins: Vec<Duration>,
}

impl Crowd {
    /// Connects `size` clients, [`AT_ONCE`] at the same time; `channels` says what each subscribes to.
    pub async fn gather(
        server: &Server,
        size: usize,
        channels: impl Fn(usize) -> Vec<String>,
    ) -> Result<Self> {
        let joined = stream::iter(0..size)
            .map(|number| {
                let channels = channels(number);
                async move {
                    let began = Instant::now();
                    let client = Client::join(server, number, &channels).await?;
                    anyhow::Ok((client, began.elapsed()))
                }
            })
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<_>>()
            .await?;
        let (clients, joins) = joined.into_iter().unzip();
        Ok(Self { clients, joins })
    }

    /// Lets every client listen from now on; `hear` is told of each text frame.
    pub fn listen(self, tally: &Rc<Tally>, hear: impl Fn(&Tally, &[u8]) + Clone + 'static) -> Listeners {
        let listen = |mut client: Client| {
            let (tally, hear) = (Rc::clone(tally), hear.clone());
            spawn_local(async move {
                while client.hear(|text| hear(&tally, text)).await.is_ok() {}
                tally.close();
            })
        };
        Listeners {
            _tasks: self.clients.into_iter().map(listen).collect(),
        }
    }

    /// Closes all connections.
    pub async fn leave(self) {
        let leaving = self.clients.into_iter().map(Client::leave);
        // A server that went first closes, too.
        stream::iter(leaving)
            .buffer_unordered(AT_ONCE)
            .for_each(|_| async {})
            .await;
    }
}

/// Clients that listen as long as this lives.
pub struct Listeners {
    _tasks: Vec<JoinHandle<()>>,
}
