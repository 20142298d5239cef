//! What a client sends, as far as it is not too much.

use futures_util::StreamExt;
use worker::{Request, Result};

/// A body of at most `max` bytes; `None` if it is longer. More is not read, unless it comes under a false announcement.
pub async fn read(request: &mut Request, max: usize) -> Result<Option<Vec<u8>>> {
    if request.inner().body().is_none() {
        return Ok(Some(Vec::new()));
    }
    let announced = request.headers().get("content-length")?;
    if announced
        .and_then(|length| length.parse().ok())
        .is_some_and(|length: usize| length <= max)
    {
        let bytes = request.bytes().await?;
        // The runtime holds senders to what they announce, unless they send chunks all the same.
        return Ok((bytes.len() <= max).then_some(bytes));
    }
    let mut bytes = Vec::new();
    let mut chunks = request.stream()?;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        if bytes.len() + chunk.len() > max {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(bytes))
}
