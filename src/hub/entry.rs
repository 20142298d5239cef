use super::{Hub, refused_token};
use crate::auth::Claims;
use crate::model::UnixMillis;
use crate::protocol::{Dialect, Refusal, refused_entry, token_of_entry};

impl Hub {
    /// Who a client of Socket.IO is, by the JSON object that it says as it connects: nobody yet, if that has no token.
    ///
    /// # Errors
    /// Why it may not connect, for it to read: a JSON object.
    pub fn identify(&mut self, now: UnixMillis, entry: &str) -> Result<Option<Claims>, String> {
        let verified = |token: String| self.verifier.verify(&token, now).map_err(refused_token);
        let claims = token_of_entry(entry).and_then(|token| token.map(verified).transpose());
        claims.map_err(|refusal: Refusal| {
            self.stats.refused(Dialect::CoinDailyIo.error_code(&refusal));
            refused_entry(&refusal, now)
        })
    }
}
