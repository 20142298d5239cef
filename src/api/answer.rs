use std::fmt::Write;

use serde_json::Value;
use sha2::{Digest, Sha256};

/// Bytes of the hash that make an `ETag`: enough that two bodies never share one.
const ETAG_BYTES: usize = 12;

/// What a question is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// JSON.
    pub body: String,
    /// So long a client may use it without asking again, seconds.
    pub max_age_s: u32,
}

impl Answer {
    /// `{"data": …}`
    pub(super) fn one(data: &str, max_age_s: u32) -> Self {
        Self {
            body: format!(r#"{{"data":{data}}}"#),
            max_age_s,
        }
    }

    /// `{"data": [ … ]}`
    pub(super) fn list(items: &[String], max_age_s: u32) -> Self {
        Self::one(&format!("[{}]", items.join(",")), max_age_s)
    }

    /// `{"data": [ … ], "next": … }`: a page, and where the next one begins, if there is one.
    pub(super) fn page(items: &[String], next: Option<String>, max_age_s: u32) -> Self {
        let next = next.map_or(Value::Null, Value::String);
        Self {
            body: format!(r#"{{"data":[{}],"next":{next}}}"#, items.join(",")),
            max_age_s,
        }
    }

    /// The strong `ETag` of the body, in its quotes.
    pub fn etag(&self) -> String {
        let mut tag = String::with_capacity(2 * ETAG_BYTES + 2);
        tag.push('"');
        for byte in Sha256::digest(&self.body).iter().take(ETAG_BYTES) {
            // Writing to a string cannot fail.
            let _ = write!(tag, "{byte:02x}");
        }
        tag.push('"');
        tag
    }
}

/// Whether `If-None-Match` names `etag`: `*`, or a list with it. A proxy that compresses marks a tag as weak, and the
/// comparison is the weak one anyway (RFC 9110, section 13.1.2).
pub fn matches_etag(if_none_match: &str, etag: &str) -> bool {
    let same = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag) == etag;
    // No tag of ours has a comma, so that a stranger's tag that has one cannot become one of ours.
    if_none_match.trim() == "*" || if_none_match.split(',').map(str::trim).any(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_holds_its_items_as_they_are() {
        assert_eq!(Answer::one(r#"{"a":1.10}"#, 1).body, r#"{"data":{"a":1.10}}"#);
        let items = ["1.0".to_owned(), "2".to_owned()];
        assert_eq!(Answer::list(&items, 1).body, r#"{"data":[1.0,2]}"#);
        let page = Answer::page(&items, Some("a\"b".to_owned()), 1);
        assert_eq!(page.body, r#"{"data":[1.0,2],"next":"a\"b"}"#);
        assert_eq!(Answer::page(&[], None, 1).body, r#"{"data":[],"next":null}"#);
    }

    #[test]
    fn the_same_body_has_the_same_tag_and_another_has_another() {
        let tag = Answer::one("1", 1).etag();
        assert_eq!(tag.len(), 26);
        assert_eq!(tag, Answer::one("1", 9).etag());
        assert_ne!(tag, Answer::one("2", 1).etag());
    }

    #[test]
    fn a_tag_is_found_in_whatever_form_it_comes_back() {
        let etag = r#""abc""#;
        for header in [
            "*",
            r#""abc""#,
            r#"W/"abc""#,
            r#""x", "abc""#,
            r#" "x" , W/"abc" "#,
        ] {
            assert!(matches_etag(header, etag), "{header}");
        }
        for header in ["", "abc", r#""ab""#, r#""abc"x"#, r#"w/"abc""#, r#""*""#] {
            assert!(!matches_etag(header, etag), "{header}");
        }
    }
}
