//! What a client sends, as far as it is not too much.

use futures_util::StreamExt;
use worker::{Request, Result};

use crate::api::Problem;

/// The text of a JSON body of at most `max` bytes. More is not read, unless it comes under a false announcement.
pub async fn read(request: &mut Request, max: usize) -> Result<std::result::Result<String, Problem>> {
    if !is_json(request)? {
        return Ok(Err(Problem::NotJson));
    }
    if request.inner().body().is_none() {
        return Ok(Ok(String::new()));
    }
    let announced = request.headers().get("content-length")?;
    if announced
        .and_then(|length| length.parse().ok())
        .is_some_and(|length: usize| length <= max)
    {
        let bytes = request.bytes().await?;
        // The runtime holds senders to what they announce, unless they send chunks all the same.
        return Ok(if bytes.len() > max {
            Err(too_large(max))
        } else {
            text(bytes)
        });
    }
    let mut bytes = Vec::new();
    let mut chunks = request.stream()?;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        if bytes.len() + chunk.len() > max {
            return Ok(Err(too_large(max)));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(text(bytes))
}

fn too_large(max: usize) -> Problem {
    Problem::TooLarge(format!("A body has at most {max} bytes"))
}

fn text(bytes: Vec<u8>) -> std::result::Result<String, Problem> {
    String::from_utf8(bytes).map_err(|_| Problem::not_utf8())
}

fn is_json(request: &Request) -> Result<bool> {
    let header = request.headers().get("content-type")?.unwrap_or_default();
    let kind = header.split(';').next().unwrap_or_default();
    // Nobody unpacks it: without bounds that is how little becomes much.
    let coding = request.headers().get("content-encoding")?;
    let is_plain = coding.is_none_or(|coding| coding.trim().eq_ignore_ascii_case("identity"));
    Ok(is_plain && kind.trim().eq_ignore_ascii_case("application/json"))
}
