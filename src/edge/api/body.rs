//! JSON that a client sends.

use worker::{Request, Result};

use crate::api::Problem;
use crate::edge::bounded;

/// The text of a JSON body of at most `max` bytes.
pub async fn read(request: &mut Request, max: usize) -> Result<std::result::Result<String, Problem>> {
    if !is_json(request)? {
        return Ok(Err(Problem::NotJson));
    }
    Ok(match bounded::read(request, max).await? {
        Some(bytes) => text(bytes),
        None => Err(too_large(max)),
    })
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
