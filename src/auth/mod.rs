//! Tokens: verification and what a claim allows. No I/O; the clock is an argument.

mod access;
mod claims;
mod error;
mod scopes;
mod seal;
mod verifier;

#[cfg(test)]
mod tests;

pub use access::{may_publish, may_read};
pub use claims::{Claims, MAX_SUBJECT_BYTES};
pub use error::{SecretError, TokenError};
pub use scopes::{Scope, Scopes};
pub use verifier::{LEEWAY_MS, MAX_TOKEN_BYTES, MIN_SECRET_BYTES, Verifier};
