use proptest::prelude::*;

use super::*;

fn asked(kind: &str, data: &str) -> Result<Command, Refusal> {
    let data: &RawValue = serde_json::from_str(data).unwrap();
    request(kind, Some(data), None)
}

fn subscribed(kind: &str, data: &str) -> Vec<String> {
    match asked(kind, data) {
        Ok(Command::Subscribe { channels, .. }) => channels,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_seven_subscriptions_are_read_with_their_parameters() {
    for (kind, data, channels) in [
        (
            "market_sentiment",
            r#"{"tokens":["BTC","eth"]}"#,
            vec!["sentiment:BTC", "sentiment:eth"],
        ),
        ("whale_activity", "{}", vec!["whale"]),
        (
            "whale_activity",
            r#"{"tokens":["BTC","eth"],"minAmount":1000000}"#,
            vec!["whale?tokens=BTC%2CETH&minAmount=1000000"],
        ),
        ("whale_activity", r#"{"minAmount":0}"#, vec!["whale"]),
        (
            "whale_activity",
            r#"{"minAmount":1e6}"#,
            vec!["whale?minAmount=1000000"],
        ),
        (
            "task_updates",
            r#"{"taskId":"task 1&2"}"#,
            vec!["tasks?taskId=task+1%262"],
        ),
        ("task_updates", "null", vec!["tasks"]),
        (
            "pipeline_updates",
            r#"{"pipelineId":"p"}"#,
            vec!["pipelines?pipelineId=p"],
        ),
        (
            "budget_alerts",
            r#"{"agentId":"a","other":7}"#,
            vec!["budget?agentId=a"],
        ),
        (
            "moderation_queue",
            r#"{"severity":"high"}"#,
            vec!["moderation?severity=high"],
        ),
        ("system_health", "{}", vec!["health"]),
    ] {
        assert_eq!(
            subscribed(&format!("subscribe_{kind}"), data),
            channels,
            "{kind} {data}"
        );
    }
}

#[test]
fn what_is_dropped_is_a_part_or_all_of_its_kind() {
    let dropped = |kind: &str, data: &str| match asked(kind, data) {
        Ok(Command::Unsubscribe { channels, family }) => (channels, family),
        other => panic!("{other:?}"),
    };
    for topic in Topic::ALL {
        let kind = format!("unsubscribe_{}", topic.name);
        for data in ["null", "{}"] {
            assert_eq!(dropped(&kind, data), (vec![], Some(topic.family)), "{kind}");
        }
        assert_eq!(
            request(&kind, None, None),
            Ok(Command::Unsubscribe {
                channels: vec![],
                family: Some(topic.family)
            })
        );
    }
    assert_eq!(
        dropped("unsubscribe_market_sentiment", r#"{"tokens":["BTC"]}"#),
        (vec!["sentiment:BTC".to_owned()], None)
    );
    assert_eq!(
        dropped("unsubscribe_task_updates", r#"{"taskId":"t"}"#),
        (vec!["tasks?taskId=t".to_owned()], None)
    );
}

#[test]
fn a_token_may_stand_in_the_data_or_beside_it() {
    let token: &RawValue = serde_json::from_str(r#""beside""#).unwrap();
    let read = |data, beside| match request("auth", data, beside) {
        Ok(Command::Auth { token, batch: None }) => token,
        other => panic!("{other:?}"),
    };
    let data: &RawValue = serde_json::from_str(r#"{"token":"within"}"#).unwrap();
    assert_eq!(read(Some(data), None), "within");
    assert_eq!(read(None, Some(token)), "beside");
    assert_eq!(read(Some(data), Some(token)), "within");
    assert!(matches!(
        asked("authenticate", r#"{"token":"a"}"#),
        Ok(Command::Auth { .. })
    ));
}

#[test]
fn an_error_names_the_field_that_is_wrong() {
    for (kind, data, field) in [
        ("subscribe_market_sentiment", "{}", "tokens"),
        ("subscribe_market_sentiment", r#"{"tokens":[]}"#, "tokens"),
        ("subscribe_market_sentiment", r#"{"tokens":"BTC"}"#, "tokens"),
        ("subscribe_market_sentiment", r#"{"tokens":[1]}"#, "tokens"),
        ("unsubscribe_market_sentiment", r#"{"tokens":[]}"#, "tokens"),
        ("get_market_sentiment", "{}", "tokens"),
        ("subscribe_whale_activity", r#"{"tokens":[]}"#, "tokens"),
        ("subscribe_whale_activity", r#"{"tokens":["a b"]}"#, "tokens"),
        ("subscribe_whale_activity", r#"{"tokens":["a,b"]}"#, "tokens"),
        ("subscribe_whale_activity", r#"{"minAmount":"1"}"#, "minAmount"),
        ("subscribe_whale_activity", r#"{"minAmount":-1}"#, "minAmount"),
        ("subscribe_whale_activity", r#"{"minAmount":1e99}"#, "minAmount"),
        ("subscribe_task_updates", r#"{"taskId":7}"#, "taskId"),
        ("subscribe_task_updates", r#"{"taskId":""}"#, "taskId"),
        ("subscribe_pipeline_updates", r#"{"pipelineId":[]}"#, "pipelineId"),
        ("subscribe_budget_alerts", r#"{"agentId":null}"#, "agentId"),
        (
            "subscribe_moderation_queue",
            r#"{"severity":"awful"}"#,
            "severity",
        ),
        ("subscribe_moderation_queue", r#"{"severity":3}"#, "severity"),
        ("auth", "{}", "token"),
        ("auth", r#"{"token":7}"#, "token"),
        ("subscribe_task_updates", "[]", "data"),
        ("subscribe_task_updates", "7", "data"),
        ("subscribe_everything", "{}", "subscribe_everything"),
        ("dance", "{}", "dance"),
    ] {
        match asked(kind, data) {
            Err(refusal) => assert!(refusal.to_string().contains(field), "{kind} {data}: {refusal}"),
            Ok(command) => assert!(field == "agentId", "{kind} {data}: {command:?}"),
        }
    }
}

#[test]
fn as_many_tokens_as_a_filter_holds_and_no_more() {
    let whales = |count: usize| {
        let tokens: Vec<String> = (0..count).map(|n| format!("T{n}")).collect();
        let data = serde_json::json!({ "tokens": tokens }).to_string();
        asked("subscribe_whale_activity", &data)
    };
    assert!(whales(MAX_FILTER_PARTS).is_ok());
    assert!(whales(MAX_FILTER_PARTS + 1).is_err());
}

proptest! {
    #[test]
    fn never_panics(
        kind in "(subscribe_|unsubscribe_|get_)?(market_sentiment|whale_activity|task_updates|moderation_queue|auth|\\PC{0,6})",
        field in "(tokens|minAmount|taskId|severity|token)",
        value in "(\"[a-z,;&]{0,8}\"|\\[(\"[a-z]{0,4}\",?){0,3}\\]|[0-9e.-]{1,6}|null|\\{\\})",
    ) {
        let data = format!(r#"{{"{field}":{value}}}"#);
        if let Ok(data) = serde_json::from_str::<&RawValue>(&data) {
            let _ = request(&kind, Some(data), None);
        }
    }
}
