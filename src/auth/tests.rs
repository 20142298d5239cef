use jwt_compact::alg::{Hs256, Hs256Key, Hs384, Hs384Key, Hs512, Hs512Key};
use jwt_compact::{AlgorithmExt, Claims as JwtClaims, Header, Renamed};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::model::UnixMillis;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const NOW_SECS: u64 = 1_764_678_600;
const NOW: UnixMillis = UnixMillis::from_secs(NOW_SECS);

fn verifier() -> Verifier {
    Verifier::new(SECRET, None, None).unwrap()
}

fn sign(claims: &Value) -> String {
    Hs256
        .token(&Header::empty(), &JwtClaims::new(claims), &Hs256Key::new(SECRET))
        .unwrap()
}

/// `alice`, valid for an hour, with `changes` on top; a `null` removes a claim.
fn claims(changes: &Value) -> Value {
    let mut claims = json!({"sub": "alice", "exp": NOW_SECS + 3600});
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims
                .as_object_mut()
                .unwrap()
                .insert(name.clone(), value.clone()),
        };
    }
    claims
}

fn verify(changes: &Value) -> Result<Claims, String> {
    verifier()
        .verify(&sign(&claims(changes)), NOW)
        .map_err(|e| e.to_string())
}

fn refused(token: &str) -> String {
    let error = verifier()
        .verify(token, NOW)
        .expect_err("must be refused")
        .to_string();
    assert!(
        token.len() < 8 || !error.contains(token),
        "the error shows the token"
    );
    error
}

fn header_claims_signature(token: &str) -> [String; 3] {
    token
        .split('.')
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .try_into()
        .unwrap()
}

#[test]
fn a_valid_token_yields_its_claims() {
    let verified =
        verify(&json!({"scope": "publish openid admin", "iat": NOW_SECS, "nbf": NOW_SECS, "name": "A"}));
    let scopes = Scopes::NONE.with(Scope::Publish).with(Scope::Admin);
    let expires_at = UnixMillis::from_secs(NOW_SECS + 3600);
    assert_eq!(
        verified.unwrap(),
        Claims {
            subject: "alice".into(),
            scopes,
            expires_at,
            lapsed: false,
        }
    );
}

#[test]
fn a_token_made_elsewhere_verifies() {
    // Made with Node's crypto: {"alg":"HS256","typ":"JWT"} {"sub":"alice","exp":1764682200}
    let token = concat!(
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
        ".eyJzdWIiOiJhbGljZSIsImV4cCI6MTc2NDY4MjIwMH0",
        ".PF5to6HHsV3eMBFbqWOafczS1s4BenxhbBw9vgxwBgw"
    );
    assert_eq!(verifier().verify(token, NOW).unwrap().subject, "alice");
}

#[test]
fn a_short_secret_is_refused_and_not_shown() {
    let error = Verifier::new("short-secret", None, None).err().unwrap();
    assert_eq!(
        error.to_string(),
        "JWT_SECRET: expected at least 32 bytes, found 12"
    );
    assert!(Verifier::new(&SECRET.replace("0f", "0"), None, None).is_ok());
    let mut one_less = SECRET.to_owned();
    one_less.pop();
    assert!(Verifier::new(&one_less, None, None).is_err());
}

#[test]
fn algorithm_none_is_refused_signed_or_not() {
    for name in ["none", "None", "NONE"] {
        let alg = Renamed::new(Hs256, name);
        let signed = alg
            .token(
                &Header::empty(),
                &JwtClaims::new(claims(&json!({}))),
                &Hs256Key::new(SECRET),
            )
            .unwrap();
        assert_eq!(
            refused(&signed),
            "the token's algorithm is 'none', expected HS256"
        );
        let [header, claims, _] = header_claims_signature(&signed);
        assert_eq!(
            refused(&format!("{header}.{claims}.")),
            "the token's algorithm is 'none', expected HS256"
        );
        assert_eq!(
            refused(&format!("{header}.{claims}")),
            "the token does not have three parts"
        );
    }
}

#[test]
fn every_other_algorithm_is_refused_by_name() {
    let claims = JwtClaims::new(claims(&json!({})));
    let hs384 = Hs384
        .token(&Header::empty(), &claims, &Hs384Key::new(SECRET))
        .unwrap();
    let hs512 = Hs512
        .token(&Header::empty(), &claims, &Hs512Key::new(SECRET))
        .unwrap();
    assert_eq!(
        refused(&hs384),
        "the token's algorithm is 'HS384', expected HS256"
    );
    assert_eq!(
        refused(&hs512),
        "the token's algorithm is 'HS512', expected HS256"
    );
    for name in ["RS256", "ES256", "EdDSA", "hs256", "HS256 ", "", "<script>"] {
        let alg = Renamed::new(Hs256, name);
        let error = refused(
            &alg.token(&Header::empty(), &claims, &Hs256Key::new(SECRET))
                .unwrap(),
        );
        assert!(error.starts_with("the token's algorithm is "), "{name}: {error}");
        assert!(!error.contains("script"), "{error}");
    }
}

#[test]
fn a_wrong_key_is_refused() {
    let key = Hs256Key::new("another-secret-of-more-than-32-bytes");
    let token = Hs256
        .token(&Header::empty(), &JwtClaims::new(claims(&json!({}))), &key)
        .unwrap();
    assert_eq!(refused(&token), "the token's signature does not match");
}

#[test]
fn changed_claims_are_refused() {
    let [header, _, signature] = header_claims_signature(&sign(&claims(&json!({}))));
    let [_, admin, _] = header_claims_signature(&sign(&claims(&json!({"scope": "admin"}))));
    assert_eq!(
        refused(&format!("{header}.{admin}.{signature}")),
        "the token's signature does not match"
    );
}

#[test]
fn every_truncation_is_refused() {
    let token = sign(&claims(&json!({})));
    for keep in 0..token.len() {
        refused(&token.chars().take(keep).collect::<String>());
    }
}

#[test]
fn padding_and_appended_bytes_are_refused() {
    let token = sign(&claims(&json!({})));
    for tail in [
        "=", "==", "A", "AA", "AAA", "AAAA", ".", ".A", " ", "\n", "\0", "%3D", "é",
    ] {
        refused(&format!("{token}{tail}"));
        refused(&format!("{tail}{token}"));
    }
    let [header, claims, signature] = header_claims_signature(&token);
    for tail in ["=", "==", "\n", " "] {
        refused(&format!("{header}{tail}.{claims}.{signature}"));
        refused(&format!("{header}.{claims}{tail}.{signature}"));
    }
    refused(&format!("Bearer {token}"));
}

#[test]
fn empty_huge_and_garbage_are_refused() {
    assert_eq!(refused(""), "the token is empty");
    assert_eq!(
        refused(&"A".repeat(MAX_TOKEN_BYTES + 1)),
        "the token is longer than 8192 bytes"
    );
    let padded = sign(&claims(&json!({"note": "x".repeat(MAX_TOKEN_BYTES)})));
    assert_eq!(refused(&padded), "the token is longer than 8192 bytes");
    for garbage in [
        ".",
        "..",
        "...",
        "a.b.c",
        "e30.e30.",
        "e30.e30.e30",
        "null",
        "{}",
        "\u{0}",
        "💥.💥.💥",
    ] {
        refused(garbage);
    }
    refused(&"[".repeat(MAX_TOKEN_BYTES));
}

#[test]
fn a_critical_header_is_refused() {
    let header = Header::new(json!({"crit": ["b64"], "b64": false}));
    let token = Hs256
        .token(
            &header,
            &JwtClaims::new(claims(&json!({}))),
            &Hs256Key::new(SECRET),
        )
        .unwrap();
    assert_eq!(
        refused(&token),
        "the token's header has 'crit', which is not supported"
    );
}

#[test]
fn a_payload_that_is_no_object_is_refused() {
    let [header, _, signature] = header_claims_signature(&sign(&claims(&json!({}))));
    // [], 1, null, "" and {"exp":"1"}, in base64url
    for payload in ["W10", "MQ", "bnVsbA", "IiI", "eyJleHAiOiIxIn0"] {
        let error = refused(&format!("{header}.{payload}.{signature}"));
        assert!(
            error.starts_with("the token's payload is not a JSON object"),
            "{payload}: {error}"
        );
    }
}

#[test]
fn expiry_counts_to_the_millisecond_with_leeway() {
    let token = sign(&claims(&json!({"exp": NOW_SECS})));
    let exp = NOW;
    let before = UnixMillis::new(exp.get() - 1);
    assert_eq!(verifier().verify(&token, before).unwrap().expires_at, exp);
    assert!(!verifier().verify(&token, before).unwrap().lapsed);
    assert!(verifier().verify(&token, exp).unwrap().lapsed);
    let end = exp.plus(LEEWAY_MS);
    assert_eq!(verifier().verify(&token, exp).unwrap().expires_at, end);
    assert_eq!(
        verifier()
            .verify(&token, UnixMillis::new(end.get() - 1))
            .unwrap()
            .expires_at,
        end
    );
    assert_eq!(verifier().verify(&token, end), Err(TokenError::Expired));
    assert_eq!(TokenError::Expired.to_string(), "the token has expired");
}

#[test]
fn an_expired_token_with_a_wrong_key_is_invalid_not_expired() {
    let other = Hs256Key::new("another-secret-of-more-than-32-bytes");
    let token = Hs256
        .token(
            &Header::empty(),
            &JwtClaims::new(claims(&json!({"exp": 1}))),
            &other,
        )
        .unwrap();
    assert_eq!(refused(&token), "the token's signature does not match");
}

#[test]
fn nbf_and_iat_may_be_ahead_by_the_leeway_only() {
    for name in ["nbf", "iat"] {
        assert!(verify(&json!({name: NOW_SECS + 30})).is_ok(), "{name}");
        assert!(verify(&json!({name: NOW_SECS + 31})).is_err(), "{name}");
        assert!(verify(&json!({name: -1})).is_ok(), "{name}");
    }
    assert_eq!(
        verify(&json!({"nbf": NOW_SECS + 31})).unwrap_err(),
        "the token is not valid yet (nbf)"
    );
    assert_eq!(
        verify(&json!({"iat": NOW_SECS + 31})).unwrap_err(),
        "the token is issued in the future (iat)"
    );
}

#[test]
fn exp_is_required_and_must_be_a_sane_number() {
    assert_eq!(
        verify(&json!({"exp": null})).unwrap_err(),
        "the token has no expiry (exp)"
    );
    for exp in [
        json!(-1),
        json!(0),
        json!(-62_135_596_800_i64),
        json!(0.0),
        json!(-0.5),
    ] {
        assert_eq!(
            verify(&json!({"exp": exp})).unwrap_err(),
            "the token has expired",
            "{exp}"
        );
    }
    let numbers = [
        json!(1e300),
        json!(-1e300),
        json!(u64::MAX),
        json!(i64::MAX),
        json!(i64::MIN),
    ];
    let late = [json!(253_402_207_201_u64), json!(1_764_678_600_000_u64)];
    let types = [
        json!("1764682200"),
        json!(true),
        json!([NOW_SECS + 60]),
        json!({}),
    ];
    for exp in numbers.iter().chain(&late).chain(&types) {
        let error = verify(&json!({"exp": exp})).unwrap_err();
        assert!(error.contains("seconds since 1970"), "{exp}: {error}");
    }
    let float = verify(&json!({"exp": NOW_SECS as f64 + 60.75})).unwrap();
    assert_eq!(float.expires_at, UnixMillis::from_secs(NOW_SECS + 60));
    let last = verify(&json!({"exp": 253_402_207_200_u64})).unwrap();
    assert_eq!(last.expires_at.to_string(), "9999-12-30T22:00:00Z");
}

#[test]
fn the_extremes_of_nbf_and_iat_do_not_panic() {
    // The earliest and latest instants that chrono holds, where `nbf - leeway` used to overflow.
    for secs in [
        -8_334_601_228_800_i64,
        -8_334_601_228_799,
        8_210_266_876_799,
        i64::MIN,
        i64::MAX,
    ] {
        let _ = verify(&json!({"nbf": secs}));
        let _ = verify(&json!({"iat": secs}));
        let _ = verify(&json!({"exp": secs}));
    }
}

#[test]
fn the_subject_is_a_string_of_1_to_128_bytes() {
    assert_eq!(
        verify(&json!({"sub": null})).unwrap_err(),
        "the token has no subject (sub)"
    );
    assert_eq!(
        verify(&json!({"sub": ""})).unwrap_err(),
        "the token's subject (sub) is empty"
    );
    assert_eq!(
        verify(&json!({"sub": 7})).unwrap_err(),
        "the token's subject (sub) is not a string"
    );
    assert!(verify(&json!({"sub": "é".repeat(64)})).is_ok());
    let long = verify(&json!({"sub": "é".repeat(65)})).unwrap_err();
    assert_eq!(long, "the token's subject (sub) is longer than 128 bytes");
}

#[test]
fn the_issuer_is_checked_when_configured() {
    let strict = Verifier::new(SECRET, Some("https://id.example".into()), None).unwrap();
    let check = |iss: Value| strict.verify(&sign(&claims(&json!({"iss": iss}))), NOW).is_ok();
    assert!(check(json!("https://id.example")));
    for iss in [
        json!("https://id.example/"),
        json!(""),
        json!(["https://id.example"]),
        json!(1),
        Value::Null,
    ] {
        assert!(!check(iss.clone()), "{iss}");
    }
    assert!(verify(&json!({"iss": "anybody"})).is_ok());
}

#[test]
fn the_audience_is_checked_when_configured_as_string_or_array() {
    let strict = Verifier::new(SECRET, None, Some("hub".into())).unwrap();
    let check = |aud: Value| strict.verify(&sign(&claims(&json!({"aud": aud}))), NOW).is_ok();
    assert!(check(json!("hub")) && check(json!(["other", "hub"])));
    for aud in [
        json!("hub2"),
        json!([]),
        json!(["other"]),
        json!([["hub"]]),
        json!({"hub": 1}),
        Value::Null,
    ] {
        assert!(!check(aud.clone()), "{aud}");
    }
    assert!(verify(&json!({"aud": ["anybody"]})).is_ok());
}

#[test]
fn scope_is_a_string_or_an_array() {
    let both = Scopes::NONE.with(Scope::Feed).with(Scope::Moderator);
    for scope in [
        json!("feed moderator"),
        json!(["feed", "moderator", "x", 1]),
        json!("moderator x feed feed"),
    ] {
        assert_eq!(verify(&json!({"scope": scope})).unwrap().scopes, both);
    }
    for scope in [json!(""), json!([]), json!(["feed moderator"]), Value::Null] {
        assert_eq!(verify(&json!({"scope": scope})).unwrap().scopes, Scopes::NONE);
    }
    assert!(verify(&json!({"scope": {"admin": true}})).is_err());
}

#[test]
fn claims_survive_storage() {
    let claims = verify(&json!({"scope": "admin"})).unwrap();
    let bytes = postcard::to_stdvec(&claims).unwrap();
    assert_eq!(postcard::from_bytes::<Claims>(&bytes).unwrap(), claims);
}

proptest! {
    #[test]
    fn random_text_never_verifies(text in any::<String>()) {
        prop_assert!(verifier().verify(&text, NOW).is_err());
    }

    #[test]
    fn random_token_shapes_never_verify(text in "[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_=-]{0,200}\\.[A-Za-z0-9_=-]{0,90}") {
        prop_assert!(verifier().verify(&text, NOW).is_err());
    }

    #[test]
    fn a_valid_token_with_any_byte_changed_never_verifies(at in 0_usize..120, new in 0_u8..128) {
        let token = sign(&claims(&json!({})));
        let mut bytes = token.clone().into_bytes();
        let at = at % bytes.len();
        prop_assume!(bytes[at] != new);
        bytes[at] = new;
        prop_assert!(verifier().verify(&String::from_utf8(bytes).unwrap(), NOW).is_err());
    }

    #[test]
    fn a_valid_token_with_text_inserted_never_verifies(at in 0_usize..120, new in "\\PC{1,5}") {
        let token = sign(&claims(&json!({})));
        let at = at % token.len();
        let mutated: String = token.chars().take(at).chain(new.chars()).chain(token.chars().skip(at)).collect();
        prop_assert!(verifier().verify(&mutated, NOW).is_err());
    }

    #[test]
    fn signed_claims_of_any_numbers_never_panic(exp in any::<f64>(), nbf in any::<i64>(), iat in any::<u64>(), now in any::<u64>()) {
        let token = sign(&json!({"sub": "alice", "exp": exp, "nbf": nbf, "iat": iat}));
        let _ = verifier().verify(&token, UnixMillis::new(now));
    }
}
