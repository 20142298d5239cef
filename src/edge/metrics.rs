use worker::{Env, Response, ResponseBody, Result};

use super::{figures, wire};
use crate::metrics::{self, CONTENT_TYPE};

/// `GET /metrics`: the hub's figures. A part that does not answer is said to be down, and leaves the other one as it is.
pub async fn serve(env: &Env) -> Result<Response> {
    let (feed, broker) = figures::ask(env, wire::METRICS).await;
    let parts =
        [("broker", broker), ("feed", feed)].map(|(name, said)| (name, said.map(|text| text.to_string())));
    let text = metrics::join(&parts);
    let mut response = Response::from_body(ResponseBody::Body(text.into_bytes()))?;
    response.headers_mut().set("content-type", CONTENT_TYPE)?;
    Ok(response)
}
