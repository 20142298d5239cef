//! The frames as the client library knows them: `client/src/frames.ts` is written from the wire types, and this test fails
//! when it is not what they are. `UPDATE_FRAMES=1 cargo test --lib frames` writes it anew.
//!
//! What the derived schemas cannot know (the envelopes, which are put together by hand, and that the samples leave nothing
//! out) is held against real frames.

mod samples;
mod typescript;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::{env, fs};

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use super::statistics::{SentimentData, SummaryData, TokenSentimentData, TrendingData, VolumeData};
use super::{CandleData, MentionData, PriceData, SignalData, StatusData, batch, event, status};
use crate::model::{Epoch, Position, UnixMillis};
use crate::protocol::body::Written;
use crate::protocol::cryptointel::reply::{ErrorMessage, Subscribed, Unsubscribed, error_code, reply};
use crate::protocol::health::HealthData;
use crate::protocol::moderation::CaseData;
use crate::protocol::news::{BalanceData, NotificationData, TransactionData};
use crate::protocol::session::Session;
use crate::protocol::whale::WhaleData;
use crate::protocol::work::{BudgetData, PipelineData, TaskData};
use crate::protocol::{Place, Refusal, Reply};
use samples::samples;
use typescript::{checked, declaration, shape};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/client/src/frames.ts");
const NOW: UnixMillis = UnixMillis::from_secs(1_764_678_600);

const HEAD: &str =
    "// Generated from the hub's wire types by `UPDATE_FRAMES=1 cargo test --lib frames`. Do not edit.

/** A message of a channel, with its place in the order there. */
export interface Envelope<Type extends string, Data> {
  type: Type;
  /** As the subscriber calls it. */
  channel: string;
  /** 1, 2, 3, … within the epoch. */
  offset: number;
  /** Opaque. */
  epoch: string;
  data: Data;
}
";

/// A kind of message: what TypeScript calls it, and the type of its `data`.
fn messages(generator: &mut SchemaGenerator) -> Vec<(&'static str, Schema)> {
    fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
    vec![
        ("PriceUpdate", of::<PriceData<'_>>(generator)),
        ("SignalAlert", of::<SignalData<'_>>(generator)),
        ("MarketSummary", of::<SummaryData>(generator)),
        ("MarketVolume", of::<VolumeData<'_>>(generator)),
        ("MarketSentiment", of::<SentimentData<'_>>(generator)),
        ("CandleUpdate", of::<CandleData<'_>>(generator)),
        ("SentimentUpdate", of::<TokenSentimentData<'_>>(generator)),
        ("TrendingUpdate", of::<TrendingData<'_>>(generator)),
        ("MentionAlert", of::<MentionData<'_>>(generator)),
        ("Notification", of::<NotificationData<'_>>(generator)),
        ("TransactionUpdate", of::<TransactionData<'_>>(generator)),
        ("BalanceUpdate", of::<BalanceData<'_>>(generator)),
        ("WhaleActivityAlert", of::<WhaleData<'_>>(generator)),
        ("TaskStatusUpdate", of::<TaskData<'_>>(generator)),
        ("PipelineProgressUpdate", of::<PipelineData<'_>>(generator)),
        ("BudgetAlert", of::<BudgetData<'_>>(generator)),
        ("ModerationQueueUpdate", of::<CaseData<'_>>(generator)),
        ("SystemHealthUpdate", of::<HealthData<'_>>(generator)),
    ]
}

/// One refusal of each code.
fn refusals() -> Vec<Refusal> {
    vec![
        Refusal::InvalidToken("it is no good"),
        Refusal::ExpiredToken,
        Refusal::NoToken,
        Refusal::UnknownChannel("price:invalid".into()),
        Refusal::TooManyMessages {
            limit: 100,
            retry_after_s: 7,
        },
        Refusal::Full,
        Refusal::BadMessage("it is none".into()),
    ]
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn answer(it: &Reply<'_>) -> Value {
    parsed(&reply(it, NOW).unwrap())
}

fn keys(frame: &Value) -> Vec<&str> {
    frame.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Writes the file, and checks on the way whatever the types say against frames.
fn written() -> String {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let messages = messages(&mut generator);
    let session = generator.subschema_for::<Session<'_>>();
    let condition = generator.subschema_for::<StatusData>();
    let answers = [
        generator.subschema_for::<Subscribed<'_>>(),
        generator.subschema_for::<Unsubscribed<'_>>(),
        generator.subschema_for::<ErrorMessage<'_>>(),
    ];
    let types = generator.take_definitions(true);
    let mut file = HEAD.to_owned();

    let mut envelopes = String::new();
    let mut names = Vec::new();
    for (name, data) in messages {
        let position = Position {
            epoch: Epoch::new(7),
            offset: 42,
        };
        let samples = samples(name);
        let frames = samples.iter().map(|it| parsed(&event(it).frame("a", position)));
        let frames: Vec<Value> = frames.collect();
        for frame in &frames {
            assert_eq!(keys(frame), ["channel", "data", "epoch", "offset", "type"]);
        }
        let kind = checked(&types, &data, frames.iter().map(|frame| &frame["data"]), &frames);
        let data = shape(data.as_value());
        writeln!(envelopes, "export type {name} = Envelope<'{kind}', {data}>;").unwrap();
        names.push(name);
    }

    let mut literals: Vec<(&str, String)> = Vec::new();
    let place = |recovered, position| Place {
        name: "a",
        position,
        recovered,
    };
    let known = Some(Position::default());
    let of = |(places, aliases)| {
        answer(&Reply::Subscribed {
            held: vec!["a"],
            places,
            aliases,
        })
    };
    let lists = [
        (vec![], vec![]),
        (vec![place(true, known)], vec![]),
        (vec![place(false, None)], vec![("b", "a")]),
    ];
    let lists: Vec<Value> = lists.into_iter().map(of).collect();
    let [subscribed, unsubscribed, error] = &answers;
    let kind = checked(&types, subscribed, lists.iter(), &lists);
    literals.push(("Subscribed", kind));
    let left = [answer(&Reply::Unsubscribed {
        held: vec!["a"],
        dropped: vec![],
        family: None,
    })];
    literals.push(("Unsubscribed", checked(&types, unsubscribed, left.iter(), &left)));
    let errors: Vec<Value> = refusals().iter().map(|it| answer(&Reply::Refused(it))).collect();
    literals.push(("ErrorMessage", checked(&types, error, errors.iter(), &errors)));
    let codes: BTreeSet<String> = refusals()
        .iter()
        .map(|it| format!("'{}'", error_code(it)))
        .collect();
    assert_eq!(codes.len(), 7);
    let codes: Vec<String> = codes.into_iter().collect();

    for (name, schema) in &types {
        let kind = literals
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, kind)| kind.as_str());
        file.push_str(&declaration(name, schema, kind));
    }
    file.push('\n');
    file.push_str(&envelopes);
    write!(
        file,
        "\n/** A message of a channel. */\nexport type Message =\n  | {};\n",
        names.join("\n  | ")
    )
    .unwrap();

    let success = answer(&Reply::AuthSuccess {
        connection: uuid::Uuid::nil(),
        subject: "alice",
        expires_at: NOW,
    });
    assert_eq!(keys(&success), ["data", "timestamp", "type"]);
    assert!(success["timestamp"].is_u64());
    checked(
        &types,
        &session,
        [&success["data"]].into_iter(),
        std::slice::from_ref(&success),
    );
    let told = parsed(&status(&samples::system_status()));
    assert_eq!(keys(&told), ["data", "type"]);
    checked(
        &types,
        &condition,
        [&told["data"]].into_iter(),
        std::slice::from_ref(&told),
    );
    let several = parsed(&batch([Written::from(told.to_string())].iter()));
    assert_eq!(several, serde_json::json!({"type": "batch", "messages": [told]}));
    let pong = answer(&Reply::Pong);
    assert_eq!(keys(&pong), ["type"]);
    let kind = |frame: &Value| frame["type"].as_str().unwrap().to_owned();
    write!(
        file,
        "
/** To everybody, every 30 s. */
export interface SystemStatus {{
  type: '{}';
  data: {};
}}

/** What a tick has for a client that asked for batches. */
export interface Batch {{
  type: '{}';
  messages: (Message | SystemStatus)[];
}}

export interface AuthSuccess {{
  type: '{}';
  data: {};
  /** Milliseconds since 1970. */
  timestamp: number;
}}

export interface Pong {{
  type: '{}';
}}

export type ErrorCode = {};

/** Whatever the hub sends. */
export type Frame = Message | SystemStatus | Batch | Subscribed | Unsubscribed | AuthSuccess | Pong | ErrorMessage;
",
        kind(&told),
        shape(condition.as_value()),
        kind(&several),
        kind(&success),
        shape(session.as_value()),
        kind(&pong),
        codes.join(" | "),
    )
    .unwrap();
    file
}

#[test]
fn the_client_library_knows_the_frames_as_they_are() {
    let written = written();
    if env::var_os("UPDATE_FRAMES").is_some() {
        fs::write(FILE, &written).unwrap();
    }
    let kept = fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        kept == written,
        "client/src/frames.ts is not what the hub sends: UPDATE_FRAMES=1 cargo test --lib frames"
    );
}
