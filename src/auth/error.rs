use super::MIN_SECRET_BYTES;

/// Why a token was refused. Safe to show to anybody: it never holds a part of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// `exp` has passed, leeway included. A new token helps.
    #[error("the token has expired")]
    Expired,
    /// The token is not one that this hub accepts; the text says what is wrong with it.
    #[error("{0}")]
    Invalid(&'static str),
}

/// The key is too short for HS256 to be safe. Never shows the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("JWT_SECRET: expected at least {MIN_SECRET_BYTES} bytes, found {found}")]
pub struct SecretError {
    /// How many bytes it has.
    pub found: usize,
}
