use anyhow::{Result, ensure};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::spawn_local;

use crate::server::Server;

/// A back end that publishes, over one connection.
pub struct Publisher {
    requests: SendRequest<Full<Bytes>>,
    address: String,
    token: String,
}

impl Publisher {
    /// Connects as a back end that may publish on every channel.
    pub async fn connect(server: &Server) -> Result<Self> {
        let address = server.address();
        let requests = dial(&address).await?;
        let token = server.token("back-end", "publish feed")?;
        Ok(Self {
            requests,
            address,
            token,
        })
    }

    /// `POST /api/v1/publish`. Fails unless all messages were accepted.
    pub async fn publish(&mut self, messages: &[Value]) -> Result<()> {
        let body = json!({"messages": messages}).to_string();
        self.ask(Method::POST, "/api/v1/publish", body).await?;
        Ok(())
    }

    /// `GET /ws/stats`.
    pub async fn stats(&mut self) -> Result<Value> {
        let answer = self.ask(Method::GET, "/ws/stats", String::new()).await?;
        Ok(serde_json::from_slice(&answer)?)
    }

    async fn ask(&mut self, method: Method, path: &str, body: String) -> Result<Bytes> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.address)
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))?;
        if self.requests.is_closed() {
            self.requests = dial(&self.address).await?; // servers close a connection that was silent for seconds
        }
        self.requests.ready().await?;
        let response = self.requests.send_request(request).await?;
        let status = response.status();
        let answer = response.into_body().collect().await?.to_bytes();
        ensure!(
            status.is_success(),
            "{path} answered {status}: {}",
            String::from_utf8_lossy(&answer)
        );
        Ok(answer)
    }
}

async fn dial(address: &str) -> Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (requests, connection) = handshake(TokioIo::new(stream)).await?;
    spawn_local(connection);
    Ok(requests)
}
