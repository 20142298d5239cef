use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::event::event;
use super::places::Places;
use super::{Heard, Refused, Stream, Wish};
use crate::model::{Epoch, Position};

const EPOCH: &str = "1795265368362";

fn wish(query: &str, last_event_id: Option<&str>) -> Wish {
    Wish::read(query, last_event_id, 50).unwrap()
}

fn stream(query: &str, last_event_id: Option<&str>) -> Stream {
    wish(query, last_event_id).stream(true)
}

/// What the last frame of the greeting says.
fn subscribe(wish: &Wish) -> Value {
    let hello = wish.hello(Some("a.b.c"), 65_536);
    serde_json::from_str(hello.last().unwrap()).unwrap()
}

/// One event as a browser understands it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Event {
    kind: String,
    data: String,
    /// The id that the client keeps from then on.
    id: Option<String>,
}

/// Reads a stream as the HTML standard says.
fn parsed(text: &str) -> Vec<Event> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut events = Vec::new();
    let (mut kind, mut data, mut id) = (String::new(), Vec::new(), None);
    for line in text.split_terminator('\n') {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => kind = value.to_owned(),
            "data" => data.push(value),
            "id" => id = Some(value.to_owned()),
            "" if line.is_empty() && !data.is_empty() => events.push(Event {
                kind: std::mem::take(&mut kind),
                data: std::mem::take(&mut data).join("\n"),
                id: id.clone(),
            }),
            _ => {}
        }
    }
    events
}

fn subscribed(positions: &Value) -> String {
    let names: Vec<&String> = positions.as_object().unwrap().keys().collect();
    json!({"type": "subscribed", "channels": names, "positions": positions}).to_string()
}

fn fresh(offset: u64) -> Value {
    json!({"recovered": false, "epoch": EPOCH, "offset": offset})
}

fn message(channel: &str, offset: u64) -> String {
    format!(
        r#"{{"type":"mention_alert","channel":"{channel}","offset":{offset},"epoch":"{EPOCH}","data":{{"n": 1.50}}}}"#
    )
}

fn begun(stream: &mut Stream, frame: &str) -> String {
    match stream.hear(frame) {
        Heard::Begins(text) => text,
        other => panic!("{other:?}"),
    }
}

fn events(stream: &mut Stream, frame: &str) -> Vec<Event> {
    match stream.hear(frame) {
        Heard::Events(text) => parsed(&text),
        other => panic!("{other:?}"),
    }
}

fn refused(has_token: bool, frames: &[&str]) -> Refused {
    let mut stream = wish("channels=a", None).stream(has_token);
    let last = frames.iter().map(|frame| stream.hear(frame)).last().unwrap();
    match last {
        Heard::Refused(refused) => refused,
        other => panic!("{other:?}"),
    }
}

fn error(code: &str, channel: Option<&str>) -> String {
    json!({"type": "error", "error": {"code": code, "message": "No.", "channel": channel, "timestamp": "2025-12-02T12:30:00Z"}}).to_string()
}

/// Where a request resumes from, by channel.
fn resumed(wish: &Wish) -> BTreeMap<String, u64> {
    let said = subscribe(wish);
    let recover = said["recover"].as_object().cloned().unwrap_or_default();
    recover
        .into_iter()
        .map(|(name, place)| (name, place["offset"].as_u64().unwrap()))
        .collect()
}

#[test]
fn a_request_without_channels_is_refused_by_name() {
    let refused = Wish::read("channel=a", None, 1).unwrap_err();
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (400, "INVALID_PARAMETER")
    );
    assert!(refused.message.contains("'channels'"), "{refused:?}");
}

#[test]
fn the_shard_is_told_a_token_and_that_batches_are_welcome() {
    let said = wish("channels=a", None).hello(Some("x.\"y"), 1_000);
    let [auth, subscribe] = said.as_slice() else {
        panic!("{said:?}")
    };
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(
        read(auth),
        json!({"type": "auth", "token": "x.\"y", "batch": true})
    );
    assert_eq!(read(subscribe), json!({"type": "subscribe", "channels": ["a"]}));
    assert_eq!(
        wish("channels=a", None).hello(None, 1_000),
        std::slice::from_ref(subscribe)
    );
}

#[test]
fn the_first_event_says_what_is_held_and_when_to_come_back() {
    let mut stream = stream("channels=a,b", None);
    assert_eq!(
        stream.hear(r#"{"type":"auth_success","data":{}}"#),
        Heard::Nothing
    );
    let status = r#"{"type":"system_status","data":{}}"#;
    assert_eq!(stream.hear(status), Heard::Nothing);
    let frame = subscribed(&json!({"a": fresh(3), "b": fresh(0)}));
    let text = begun(&mut stream, &frame);
    assert!(text.starts_with("retry: 3000\nevent: subscribed\nid: "), "{text}");
    let told = parsed(&text);
    let told: Vec<_> = told
        .iter()
        .map(|event| (event.kind.as_str(), event.data.as_str()))
        .collect();
    assert_eq!(told, [("subscribed", frame.as_str()), ("system_status", status)]);
}

#[test]
fn a_batch_is_taken_apart_and_each_event_bears_all_places_as_they_are_after_it() {
    let mut stream = stream("channels=a,b", None);
    begun(&mut stream, &subscribed(&json!({"a": fresh(3), "b": fresh(16)})));
    let [one, two] = [message("a", 4), message("b", 17)];
    let frame = format!(r#"{{"type":"batch","messages":[{one}, {two} ]}}"#);
    let events = events(&mut stream, &frame);
    assert_eq!(
        events.iter().map(|event| event.data.as_str()).collect::<Vec<_>>(),
        [one, two],
        "digit by digit"
    );
    assert!(events.iter().all(|event| event.kind == "mention_alert"));
    let places: Vec<_> = events
        .iter()
        .map(|event| resumed(&wish("channels=a,b", event.id.as_deref())))
        .collect();
    let at = |a, b| BTreeMap::from([("a".to_owned(), a), ("b".to_owned(), b)]);
    assert_eq!(places, [at(4, 16), at(4, 17)]);
}

#[test]
fn an_event_without_a_place_leaves_the_client_where_it_is() {
    let mut stream = stream("channels=a", None);
    begun(&mut stream, &subscribed(&json!({"a": fresh(3)})));
    for frame in [
        r#"{"type":"system_status","data":{"status":"healthy"}}"#,
        &error("INVALID_CHANNEL", Some("c")),
        &message("elsewhere", 7).replace("\"epoch\"", "\"age\""),
    ] {
        let [event] = events(&mut stream, frame).try_into().unwrap();
        assert_eq!(event.id, None);
        assert_eq!(event.data, frame);
    }
    assert_eq!(stream.hear("nothing that the hub would say"), Heard::Nothing);
}

#[test]
fn who_comes_back_is_where_it_was_until_it_has_got_what_it_missed() {
    let mut first = stream("channels=a,b", None);
    begun(&mut first, &subscribed(&json!({"a": fresh(3), "b": fresh(3)})));
    let [event] = events(&mut first, &message("a", 4)).try_into().unwrap();
    let again = wish("channels=a,b", event.id.as_deref());
    assert_eq!(
        resumed(&again),
        BTreeMap::from([("a".into(), 4), ("b".into(), 3)])
    );

    let mut again = again.stream(true);
    let recovered = json!({"recovered": true, "epoch": EPOCH, "offset": 9});
    let text = begun(&mut again, &subscribed(&json!({"a": recovered, "b": fresh(20)})));
    let [told] = parsed(&text).try_into().unwrap();
    // It breaks here: what was missed of `a` has not come, and what was lost of `b` will not.
    let at = resumed(&wish("channels=a,b", told.id.as_deref()));
    assert_eq!(at, BTreeMap::from([("a".into(), 4), ("b".into(), 20)]));
    let [missed] = events(&mut again, &message("a", 5)).try_into().unwrap();
    assert_eq!(resumed(&wish("channels=a,b", missed.id.as_deref()))["a"], 5);
}

#[test]
fn a_value_that_is_older_than_where_its_channel_stands_takes_nothing_back() {
    let mut stream = stream("channels=a", None);
    begun(&mut stream, &subscribed(&json!({"a": fresh(9)})));
    let [value] = events(&mut stream, &message("a", 7)).try_into().unwrap();
    assert_eq!(resumed(&wish("channels=a", value.id.as_deref()))["a"], 9);
    let other = message("a", 1).replace(EPOCH, "5");
    let [value] = events(&mut stream, &other).try_into().unwrap();
    assert_eq!(resumed(&wish("channels=a", value.id.as_deref()))["a"], 1);
}

#[test]
fn where_the_hub_cannot_tell_a_place_the_client_keeps_its_own() {
    let mut first = stream("channels=a,b", None);
    let blind = json!({"recovered": false});
    let text = begun(&mut first, &subscribed(&json!({"a": blind, "b": blind})));
    assert_eq!(parsed(&text)[0].id, None);
    let [event] = events(&mut first, &message("b", 2)).try_into().unwrap();
    let again = wish("channels=a,b", event.id.as_deref());
    assert_eq!(resumed(&again), BTreeMap::from([("b".into(), 2)]));
    let text = begun(
        &mut again.stream(true),
        &subscribed(&json!({"a": blind, "b": blind})),
    );
    assert_eq!(parsed(&text)[0].id, event.id);
}

#[test]
fn an_id_of_other_channels_or_none_at_all_is_as_if_there_was_none() {
    let mut stream = stream("channels=a,b", None);
    let text = begun(&mut stream, &subscribed(&json!({"a": fresh(3), "b": fresh(16)})));
    let id = parsed(&text)[0].id.clone().unwrap();
    assert!(id.len() < 30, "compact: {id}");
    assert_eq!(resumed(&wish("channels=a,b", Some(&id))).len(), 2);
    for query in ["channels=b,a", "channels=a", "channels=a,b,c", "channels=a,d"] {
        assert!(resumed(&wish(query, Some(&id))).is_empty(), "{query}");
    }
    let (check, rest) = id.split_once('.').unwrap();
    for id in [
        String::new(),
        "7".into(),
        check.into(),
        format!("{check}."),
        format!("{id}."),
        format!("{check}.+{rest}"),
        format!("{id}-"),
        format!("{id}-1-2"),
        format!("{check}.1.fffffffffffffffff.2"),
        format!("{id}{}", " ".repeat(5_000)),
        format!("{check}.1.{}1.2", "0".repeat(5_000)),
    ] {
        assert!(resumed(&wish("channels=a,b", Some(&id))).is_empty(), "{id}");
    }
}

#[test]
fn the_header_goes_before_the_query_and_places_of_its_own_before_both() {
    let id = |offset| {
        let mut stream = stream("channels=a", None);
        let text = begun(&mut stream, &subscribed(&json!({"a": fresh(offset)})));
        parsed(&text)[0].id.clone().unwrap()
    };
    let query = format!("channels=a&lastEventId={}", id(2));
    assert_eq!(resumed(&wish(&query, None))["a"], 2);
    assert_eq!(resumed(&wish(&query, Some("")))["a"], 2);
    assert_eq!(resumed(&wish(&query, Some(&id(3))))["a"], 3);
    let place = format!("{query}&recover=%7B%22a%22:%7B%22epoch%22:%227%22,%22offset%22:4%7D%7D");
    assert_eq!(resumed(&wish(&place, Some(&id(3))))["a"], 4);
    for wrong in [
        "1",
        "%5B%5D",
        "%7B%22a%22:4%7D",
        "%7B%22a%22:%7B%22epoch%22:7,%22offset%22:4%7D%7D",
        "%7B",
    ] {
        let refused = Wish::read(&format!("channels=a&recover={wrong}"), None, 50).unwrap_err();
        assert_eq!(refused.status, 400, "{wrong}");
        assert!(refused.message.contains("'recover'"), "{wrong}");
    }
}

#[test]
fn places_that_do_not_fit_a_frame_are_left_out_rather_than_refused() {
    let mut stream = stream("channels=a", None);
    let text = begun(&mut stream, &subscribed(&json!({"a": fresh(3)})));
    let wish = wish("channels=a", parsed(&text)[0].id.as_deref());
    let long = wish.hello(None, 1_000);
    assert!(long[0].contains("recover"));
    let short = wish.hello(None, long[0].len() - 1);
    assert_eq!(short, [r#"{"channels":["a"],"type":"subscribe"}"#]);
}

#[test]
fn who_may_hold_nothing_gets_the_status_of_the_first_refusal() {
    let nothing = r#"{"type":"subscribed","channels":[],"positions":{}}"#;
    for (code, has_token, status) in [
        ("INVALID_CHANNEL", true, 400),
        ("UNAUTHORIZED", true, 403),
        ("UNAUTHORIZED", false, 401),
        ("INVALID_MESSAGE", true, 400),
    ] {
        let refused = refused(has_token, &[nothing, &error(code, Some("a"))]);
        assert_eq!((refused.status, refused.code.as_str()), (status, code));
        assert_eq!(refused.message, "No.");
        assert!(refused.is_counted);
    }
    for (code, status) in [
        ("EXPIRED_TOKEN", 401),
        ("INVALID_TOKEN", 401),
        ("RATE_LIMITED", 429),
        ("CONNECTION_FULL", 503),
    ] {
        assert_eq!(refused(true, &[&error(code, None)]).status, status, "{code}");
    }
}

#[test]
fn a_stream_ends_with_its_token() {
    let mut stream = stream("channels=a", None);
    begun(&mut stream, &subscribed(&json!({"a": fresh(3)})));
    let frame = error("EXPIRED_TOKEN", None);
    let Heard::Ends(text) = stream.hear(&frame) else {
        panic!("it goes on")
    };
    let [event] = parsed(&text).try_into().unwrap();
    assert_eq!(
        (event.kind.as_str(), event.data.as_str()),
        ("error", frame.as_str())
    );
    assert_eq!(stream.hear(&message("a", 4)), Heard::Nothing);
}

fn places() -> impl Strategy<Value = Vec<Option<(u64, u64)>>> {
    let epoch = prop_oneof![Just(1_795_265_368_362), any::<u64>()];
    prop::collection::vec(prop::option::of((epoch, any::<u64>())), 1..100)
}

proptest! {
    #[test]
    fn an_id_is_read_as_it_was_written(known in places()) {
        let names: Vec<String> = (0..known.len()).map(|n| format!("price:{n}")).collect();
        let mut places = Places::of(names.clone());
        for (name, place) in names.iter().zip(&known) {
            if let Some((epoch, offset)) = place {
                places.set(name, Position { epoch: Epoch::new(*epoch), offset: *offset });
            }
        }
        let mut read = Places::of(names);
        if let Some(id) = places.id() {
            prop_assert!(id.bytes().all(|byte| byte.is_ascii_graphic()));
            read.resume(&id);
        }
        prop_assert_eq!(read, places);
    }

    #[test]
    fn rubbish_is_no_id(id in "\\PC{0,60}", tail in "[0-9a-f.-]{0,40}") {
        for id in [id, tail.clone(), format!("{:x}.{tail}", 0xdead_beef_u32)] {
            let mut places = Places::of(vec!["a".into(), "b".into()]);
            places.resume(&id);
            prop_assert_eq!(places, Places::of(vec!["a".into(), "b".into()]));
        }
    }

    #[test]
    fn one_event_is_one_event(kind in "[a-z_\\r\\n]{1,20}", id in "[0-9a-f.]{1,20}", data in "(\\PC|[\\r\\n:]){1,60}") {
        let mut text = String::new();
        event(&mut text, &kind, Some(&id), &data);
        event(&mut text, "next", None, "{}");
        let read = parsed(&text);
        prop_assert_eq!(read.len(), 2, "{}", text);
        prop_assert_eq!(&read[0].kind, &kind.replace(['\r', '\n'], ""));
        prop_assert_eq!(&read[0].data, &data.replace('\r', "\n"));
        prop_assert_eq!(read[0].id.as_deref(), Some(id.as_str()));
    }

    #[test]
    fn never_panics(query in "\\PC*", id in "\\PC*", frames in prop::collection::vec("\\PC*", 0..4)) {
        if let Ok(wish) = Wish::read(&query, Some(&id), 50) {
            let mut stream = wish.stream(false);
            for frame in frames {
                stream.hear(&frame);
            }
        }
    }

    #[test]
    fn whatever_comes_of_nearly_right_frames_no_event_is_lost(
        offsets in prop::collection::vec((0_u64..3, 1_u64..1_000), 1..20),
    ) {
        let mut stream = stream("channels=a,b,c", None);
        begun(&mut stream, &subscribed(&json!({"a": fresh(0), "b": fresh(0), "c": fresh(0)})));
        let names = ["a", "b", "c"];
        let mut seen = BTreeMap::from(names.map(|name| (name.to_owned(), 0)));
        let messages: Vec<String> = offsets.iter().map(|(n, offset)| message(names[*n as usize], *offset)).collect();
        let told = events(&mut stream, &format!(r#"{{"type":"batch","messages":[{}]}}"#, messages.join(",")));
        prop_assert_eq!(told.len(), messages.len());
        for ((n, offset), event) in offsets.iter().zip(&told) {
            let place = seen.get_mut(names[*n as usize]).unwrap();
            *place = (*place).max(*offset);
            prop_assert_eq!(&resumed(&wish("channels=a,b,c", event.id.as_deref())), &seen);
        }
    }
}
