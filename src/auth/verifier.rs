use jwt_compact::alg::{Hs256, Hs256Key};
use jwt_compact::{AlgorithmExt, ParseError, UntrustedToken, ValidationError};
use serde::Deserialize;
use serde_json::Value;

use super::{Claims, MAX_SUBJECT_BYTES, Scopes, SecretError, TokenError};
use crate::model::UnixMillis;

/// How far the clocks of issuer and hub may differ, in milliseconds.
pub const LEEWAY_MS: u64 = 30_000;

/// A longer token is refused before it is parsed, in bytes.
pub const MAX_TOKEN_BYTES: usize = 8_192;

/// Shortest key that is accepted, in bytes: that of the hash (RFC 7518, section 3.2).
pub const MIN_SECRET_BYTES: usize = 32;

/// 9999-12-30T22:00:00Z, the last second that [`UnixMillis`] displays. An `exp` beyond it is a
/// mistake, milliseconds for seconds most likely.
const LATEST_SECS: i64 = 253_402_207_200;

/// Checks HS256 tokens against one key. `Debug` does not show the key.
#[derive(Debug, Clone)]
pub struct Verifier {
    pub(super) key: Hs256Key,
    issuer: Option<String>,
    audience: Option<String>,
}

/// The claims that are read beyond `exp`, `nbf` and `iat`. All are loosely typed so that a wrong
/// type is reported by the claim's name.
#[derive(Deserialize)]
struct OtherClaims {
    sub: Option<Value>,
    iss: Option<Value>,
    aud: Option<Value>,
    scope: Option<Value>,
}

/// The header field that may change how a token must be read (RFC 7515, section 4.1.11).
#[derive(Clone, Deserialize)]
struct Critical {
    crit: Option<Value>,
}

impl Verifier {
    /// A verifier for tokens signed with `secret`; with an `issuer` or an `audience`, tokens must
    /// carry it.
    ///
    /// Fails if `secret` is shorter than [`MIN_SECRET_BYTES`].
    pub fn new(secret: &str, issuer: Option<String>, audience: Option<String>) -> Result<Self, SecretError> {
        if secret.len() < MIN_SECRET_BYTES {
            return Err(SecretError { found: secret.len() });
        }
        Ok(Self {
            key: Hs256Key::new(secret),
            issuer,
            audience,
        })
    }

    /// The claims of `token`, if it is genuine and valid at `now`.
    pub fn verify(&self, token: &str, now: UnixMillis) -> Result<Claims, TokenError> {
        let claims = self.check_signature(token)?;
        let (expires_at, lapsed) = check_times(&claims, now)?;
        self.check_party(&claims.custom)?;
        let subject = subject(claims.custom.sub)?;
        let scopes = scopes(claims.custom.scope.as_ref())?;
        Ok(Claims {
            subject,
            scopes,
            expires_at,
            lapsed,
        })
    }

    fn check_signature(&self, token: &str) -> Result<jwt_compact::Claims<OtherClaims>, TokenError> {
        if token.is_empty() {
            return Err(TokenError::Invalid("the token is empty"));
        }
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Invalid("the token is longer than 8192 bytes"));
        }
        let untrusted = UntrustedToken::<Critical>::try_from(token).map_err(|e| parse_error(&e))?;
        if untrusted.header().other_fields.crit.is_some() {
            return Err(TokenError::Invalid(
                "the token's header has 'crit', which is not supported",
            ));
        }
        let verified = Hs256.validator::<OtherClaims>(&self.key).validate(&untrusted);
        verified
            .map(|token| token.into_parts().1)
            .map_err(|e| validation_error(&e))
    }

    fn check_party(&self, claims: &OtherClaims) -> Result<(), TokenError> {
        if let Some(issuer) = &self.issuer
            && !names(claims.iss.as_ref(), issuer)
        {
            return Err(TokenError::Invalid(
                "the token's issuer (iss) is not the one expected",
            ));
        }
        if let Some(audience) = &self.audience
            && !is_or_holds(claims.aud.as_ref(), audience)
        {
            return Err(TokenError::Invalid(
                "the token's audience (aud) does not include this hub",
            ));
        }
        Ok(())
    }
}

/// When delivery must pause, and whether `exp` has passed already, if the token is valid at `now`.
fn check_times(
    claims: &jwt_compact::Claims<OtherClaims>,
    now: UnixMillis,
) -> Result<(UnixMillis, bool), TokenError> {
    // Not jwt-compact's own checks: `nbf` minus leeway can overflow there, which panics.
    let Some(expiration) = claims.expiration else {
        return Err(TokenError::Invalid("the token has no expiry (exp)"));
    };
    if expiration.timestamp() > LATEST_SECS {
        return Err(TokenError::Invalid(
            "the token's expiry (exp) is out of range: it counts seconds since 1970",
        ));
    }
    let expiration = instant(expiration.timestamp());
    let last_moment = expiration.plus(LEEWAY_MS);
    if now >= last_moment {
        return Err(TokenError::Expired);
    }
    let latest_start = now.plus(LEEWAY_MS);
    if claims
        .not_before
        .is_some_and(|t| instant(t.timestamp()) > latest_start)
    {
        return Err(TokenError::Invalid("the token is not valid yet (nbf)"));
    }
    if claims
        .issued_at
        .is_some_and(|t| instant(t.timestamp()) > latest_start)
    {
        return Err(TokenError::Invalid("the token is issued in the future (iat)"));
    }
    let lapsed = now >= expiration;
    Ok((if lapsed { last_moment } else { expiration }, lapsed))
}

/// `secs` since 1970; what lies before is 1970, long past either way.
fn instant(secs: i64) -> UnixMillis {
    UnixMillis::from_secs(u64::try_from(secs).unwrap_or(0))
}

fn subject(claim: Option<Value>) -> Result<String, TokenError> {
    match claim {
        Some(Value::String(text)) if text.is_empty() => {
            Err(TokenError::Invalid("the token's subject (sub) is empty"))
        }
        Some(Value::String(text)) if text.len() > MAX_SUBJECT_BYTES => Err(TokenError::Invalid(
            "the token's subject (sub) is longer than 128 bytes",
        )),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(TokenError::Invalid("the token's subject (sub) is not a string")),
        None => Err(TokenError::Invalid("the token has no subject (sub)")),
    }
}

fn scopes(claim: Option<&Value>) -> Result<Scopes, TokenError> {
    match claim {
        None => Ok(Scopes::NONE),
        Some(Value::String(text)) => Ok(Scopes::parse(text)),
        Some(Value::Array(items)) => Ok(items.iter().filter_map(Value::as_str).collect()),
        Some(_) => Err(TokenError::Invalid(
            "the token's scope is neither a string nor an array",
        )),
    }
}

fn names(claim: Option<&Value>, expected: &str) -> bool {
    claim.and_then(Value::as_str) == Some(expected)
}

fn is_or_holds(claim: Option<&Value>, expected: &str) -> bool {
    match claim {
        Some(Value::Array(items)) => items.iter().any(|item| names(Some(item), expected)),
        other => names(other, expected),
    }
}

fn parse_error(error: &ParseError) -> TokenError {
    TokenError::Invalid(match error {
        ParseError::InvalidTokenStructure => "the token does not have three parts",
        ParseError::InvalidBase64Encoding => "the token is not base64url without padding",
        ParseError::MalformedHeader(_) => "the token's header is not a JSON object with a string alg",
        ParseError::UnsupportedContentType(_) => "the token's content type (cty) is not JSON",
        _ => "the token is malformed",
    })
}

fn validation_error(error: &ValidationError) -> TokenError {
    TokenError::Invalid(match error {
        ValidationError::AlgorithmMismatch { actual, .. } => wrong_algorithm(actual),
        ValidationError::InvalidSignatureLen { .. } | ValidationError::MalformedSignature(_) => {
            "the token's signature has the wrong length"
        }
        ValidationError::InvalidSignature => "the token's signature does not match",
        ValidationError::MalformedClaims(_) => {
            "the token's payload is not a JSON object in which exp, nbf and iat are seconds since 1970"
        }
        _ => "the token is malformed",
    })
}

/// Names the algorithm if it is one that issuers use; never echoes what a stranger wrote.
fn wrong_algorithm(algorithm: &str) -> &'static str {
    match algorithm {
        "HS384" => "the token's algorithm is 'HS384', expected HS256",
        "HS512" => "the token's algorithm is 'HS512', expected HS256",
        "RS256" => "the token's algorithm is 'RS256', expected HS256",
        "ES256" => "the token's algorithm is 'ES256', expected HS256",
        "EdDSA" => "the token's algorithm is 'EdDSA', expected HS256",
        other if other.eq_ignore_ascii_case("none") => "the token's algorithm is 'none', expected HS256",
        _ => "the token's algorithm is not HS256",
    }
}
