//! alternative.me: the fear and greed index, once a day
//! (<https://alternative.me/crypto/fear-and-greed-index/#api>).

use serde::Deserialize;
use serde_json::value::RawValue;

use super::exchange::{Answer, Call, Endpoint, Parsed, Request};
use super::fault::FeedFault;
use super::question::{Question, Topic};
use super::strict::{self, Raw};
use crate::model::{FearGreed, Observation, Source, UnixMillis};

/// The index ends here.
const MAX_VALUE: i64 = 100;
/// Longer words are none of the index's.
const MAX_WORDS: usize = 32;

/// What to ask for the latest value: gives [`Observation::FearGreed`]. It changes once a day, after
/// midnight UTC, and at most 60 questions a minute are allowed.
pub fn plan(endpoint: &Endpoint) -> Vec<Question> {
    let request = Request::get(endpoint, "/fng/?limit=1");
    let call = Call::new("fear_greed", request, read);
    vec![Question::new(Topic::FearGreed, vec![call])]
}

/// `/fng/?limit=1`; numbers are text, the time is in seconds:
///
/// ```json
/// {"name":"Fear and Greed Index","data":[{"value":"47","value_classification":"Neutral",
///  "timestamp":"1777248000","time_until_update":"27137"}],"metadata":{"error":null}}
/// ```
#[derive(Deserialize)]
struct AlternativeMeIndex<'a> {
    #[serde(borrow, default)]
    data: Vec<&'a RawValue>,
    #[serde(borrow)]
    metadata: Option<Metadata<'a>>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    error: Raw<'a>,
}

#[derive(Deserialize)]
struct Day<'a> {
    #[serde(borrow)]
    value: Raw<'a>,
    #[serde(borrow)]
    value_classification: Raw<'a>,
    #[serde(borrow)]
    timestamp: Raw<'a>,
}

/// Reads `/fng/`. The value is needed; the words and the time may be missing.
fn read(answer: &Answer<'_>) -> Result<Parsed, FeedFault> {
    let index: AlternativeMeIndex<'_> = strict::body(answer.body, "data")?;
    if index.metadata.is_some_and(|metadata| metadata.error.is_some()) {
        return Err(FeedFault::ProviderError { code: None });
    }
    let latest = index.data.first().ok_or(FeedFault::Empty)?;
    let day: Day<'_> =
        serde_json::from_str(latest.get()).map_err(|_| FeedFault::WrongShape { field: "data" })?;
    let value = strict::integer(day.value, "value")?;
    let value = u8::try_from(value).ok().filter(|_| value <= MAX_VALUE);
    let said = strict::integer(day.timestamp, "timestamp").ok();
    let said = said
        .and_then(|secs| u64::try_from(secs).ok())
        .map(UnixMillis::from_secs);
    let words = strict::text(day.value_classification);
    Ok(Parsed::whole(Observation::FearGreed(FearGreed {
        value: value.ok_or(FeedFault::Implausible { field: "value" })?,
        classification: words.filter(|words| (1..=MAX_WORDS).contains(&words.len())),
        source: Source::AlternativeMe,
        observed_at: strict::observed_at(said, answer.received_at),
    })))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: UnixMillis = UnixMillis::from_secs(1_795_000_000);
    const INDEX: &str = r#"{"name":"Fear and Greed Index","data":[{"value":"47","value_classification":"Neutral",
      "timestamp":"1777248000","time_until_update":"27137"}],"metadata":{"error":null}}"#;

    fn at(status: u16, body: &[u8]) -> Result<Parsed, FeedFault> {
        let endpoint = Endpoint {
            base_url: "https://api.alternative.me".to_owned(),
            api_key: None,
        };
        let [question] = &plan(&endpoint)[..] else {
            panic!("one question");
        };
        let call = &question.calls[0];
        assert_eq!(call.request.url, "https://api.alternative.me/fng/?limit=1");
        call.read(&Answer {
            status,
            retry_after: None,
            body,
            received_at: NOW,
        })
    }

    fn index(body: &str) -> (u8, Option<String>, UnixMillis) {
        match at(200, body.as_bytes()).unwrap().observation {
            Observation::FearGreed(index) => {
                assert_eq!(index.source, Source::AlternativeMe);
                (index.value, index.classification, index.observed_at)
            }
            _ => panic!("not the index"),
        }
    }

    #[test]
    fn the_index_is_a_number_in_text_of_a_day() {
        let day = UnixMillis::from_secs(1_777_248_000);
        assert_eq!(index(INDEX), (47, Some("Neutral".to_owned()), day));
        assert_eq!(index(&INDEX.replace(r#""47""#, "47")).0, 47);
        assert_eq!(index(&INDEX.replace(r#""47""#, r#""0""#)).0, 0);
        assert_eq!(index(&INDEX.replace(r#""47""#, r#""100""#)).0, 100);
    }

    #[test]
    fn words_and_time_may_be_missing_and_the_future_is_not_believed() {
        let bare = r#"{"data":[{"value":"9"}]}"#;
        assert_eq!(index(bare), (9, None, NOW));
        assert_eq!(index(&INDEX.replace("1777248000", "9777248000")).2, NOW);
        assert_eq!(index(&INDEX.replace("1777248000", "-5")).2, NOW);
        assert_eq!(index(&INDEX.replace("Neutral", &"N".repeat(33))).1, None);
    }

    #[test]
    fn every_bad_answer_is_a_fault_of_its_own_name() {
        let wrong = |field| FeedFault::WrongShape { field };
        let implausible = FeedFault::Implausible { field: "value" };
        for (body, fault) in [
            ("<html>", FeedFault::NotJson),
            (INDEX.split_at(60).0, FeedFault::CutOff),
            ("", FeedFault::Empty),
            (r#"{"data":[],"metadata":{"error":null}}"#, FeedFault::Empty),
            ("{}", FeedFault::Empty),
            (r#"{"data":{}}"#, wrong("data")),
            (r#"{"data":[7]}"#, wrong("data")),
            (r#"{"data":[{}]}"#, wrong("value")),
            (r#"{"data":[{"value":null}]}"#, wrong("value")),
            (r#"{"data":[{"value":"high"}]}"#, wrong("value")),
            (r#"{"data":[{"value":"47.5"}]}"#, wrong("value")),
            (r#"{"data":[{"value":"-1"}]}"#, implausible.clone()),
            (r#"{"data":[{"value":"101"}]}"#, implausible.clone()),
            (r#"{"data":[{"value":9000}]}"#, implausible.clone()),
            (
                r#"{"data":[{"value":"47"}],"metadata":{"error":"Too many"}}"#,
                FeedFault::ProviderError { code: None },
            ),
            (
                r#"{"metadata":{"error":"Out of order"}}"#,
                FeedFault::ProviderError { code: None },
            ),
        ] {
            assert_eq!(at(200, body.as_bytes()), Err(fault), "{body}");
        }
        let fault = FeedFault::HttpStatus {
            status: 502,
            retry_after_ms: None,
        };
        assert_eq!(at(502, INDEX.as_bytes()), Err(fault));
    }

    proptest! {
        #[test]
        fn a_damaged_answer_never_panics(at_byte in 0_usize..INDEX.len(), byte: u8) {
            let mut body = INDEX.as_bytes().to_vec();
            body[at_byte] = byte;
            let _ = at(200, &body);
        }
    }
}
