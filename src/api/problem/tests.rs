use super::*;

#[test]
fn a_parameter_is_named_and_what_a_client_wrote_is_cut() {
    let problem = Problem::parameter(&"x".repeat(100), "There is no such parameter");
    let body: serde_json::Value = serde_json::from_str(&problem.to_json()).unwrap();
    assert_eq!(body["type"], "urn:problem-type:cryptointel:invalid-parameter");
    assert_eq!(body["status"], 400);
    assert_eq!(body["parameter"], format!("{}…", "x".repeat(40)));
    assert_eq!(body["detail"], "There is no such parameter");
}

#[test]
fn only_a_parameter_has_a_name_and_only_what_passes_has_a_time() {
    let problem = Problem::TooManyRequests {
        limit: 100,
        retry_after_s: 7,
    };
    let body: serde_json::Value = serde_json::from_str(&problem.to_json()).unwrap();
    assert!(body.get("parameter").is_none());
    assert_eq!(problem.retry_after_s(), Some(7));
    assert_eq!(Problem::NotFound.retry_after_s(), None);
}

#[test]
fn a_challenge_is_one_header_whatever_the_reason_says() {
    assert_eq!(
        Problem::TokenMissing.challenge().unwrap(),
        r#"Bearer realm="cryptointel""#
    );
    let refused = Problem::TokenRefused(r#"a "quoted" \ reason"#.to_owned());
    let expected =
        r#"Bearer realm="cryptointel", error="invalid_token", error_description="a 'quoted' ' reason""#;
    assert_eq!(refused.challenge().unwrap(), expected);
    assert_eq!(Problem::NotFound.challenge(), None);
}

#[test]
fn a_field_is_named_with_its_path_and_a_missing_scope_by_its_name() {
    let problem = Problem::field("messages[3].data.price", "'messages[3].data.price' is missing");
    let body: serde_json::Value = serde_json::from_str(&problem.to_json()).unwrap();
    assert_eq!(body["type"], "urn:problem-type:cryptointel:invalid-field");
    assert_eq!(body["field"], "messages[3].data.price");
    assert!(body.get("parameter").is_none());
    let problem = Problem::ScopeMissing {
        scope: "feed",
        what: "publish on 'price:bitcoin'".to_owned(),
    };
    let challenge = problem.challenge().unwrap();
    assert!(
        challenge.ends_with(r#"error="insufficient_scope", scope="feed""#),
        "{challenge}"
    );
    let body: serde_json::Value = serde_json::from_str(&problem.to_json()).unwrap();
    assert_eq!((&body["status"], body.get("field")), (&403.into(), None));
    assert!(
        body["detail"]
            .as_str()
            .unwrap()
            .contains("'feed' to publish on 'price:bitcoin'"),
        "{body}"
    );
}
