use crate::api::fields::Fields;
use crate::api::{Problem, values};
use crate::model::{Event, Mention};

/// Longest headline, in bytes.
const MAX_TITLE: usize = 500;
/// Longest address, in bytes: what every browser takes.
const MAX_URL: usize = 2_000;
/// Longest name of who wrote it, in bytes.
const MAX_SOURCE: usize = 100;

/// `mention_alert`
pub(super) fn read(entity: &str, mut data: Fields<'_>) -> Result<Event, Problem> {
    let mention = Mention {
        entity: data.required(
            "entity",
            format_args!("'{entity}', as the channel has it"),
            |raw| values::text(raw).filter(|given| given == entity),
        )?,
        title: data.text("title", MAX_TITLE)?,
        url: data.required(
            "url",
            format_args!("an http(s) address of at most {MAX_URL} bytes"),
            |raw| values::text_within(raw, MAX_URL).filter(|url| is_address(url)),
        )?,
        source: data.text("source", MAX_SOURCE)?,
        timestamp: data.time("timestamp")?,
    };
    data.end()?;
    Ok(Event::Mention(mention))
}

/// Whether it may stand behind a link: `javascript:` may not, nor may what ends the attribute of a careless page; no
/// address has such characters (RFC 3986). What it leads to is the publisher's business.
fn is_address(url: &str) -> bool {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    let is_foreign = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '\\');
    host.is_some_and(|host| !host.is_empty()) && !url.contains(is_foreign)
}
