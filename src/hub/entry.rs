use super::{ConnId, Hub, Returned, refused_token};
use crate::auth::Claims;
use crate::model::UnixMillis;
use crate::protocol::{Dialect, Refusal, SocketIoEntry, entry, refused_entry};

/// Who comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// Who it is; nobody yet, if it has said no token.
    pub claims: Option<Claims>,
    /// It wants to come back when its connection breaks.
    pub recovery: bool,
    /// It has come back, to this.
    pub returned: Option<Returned>,
    /// By this connection it was still taken to be there: it is over, and no longer the hub's.
    pub broken: Option<ConnId>,
}

impl Hub {
    /// Lets a client of Socket.IO in, by the JSON object that it says as it connects.
    ///
    /// # Errors
    /// Why it may not connect, for it to read: a JSON object.
    pub fn admit(&mut self, now: UnixMillis, said: &str) -> Result<Admission, String> {
        self.identify(now, said).map_err(|refusal| {
            self.stats.refused(Dialect::CoinDailyIo.error_code(&refusal));
            refused_entry(&refusal, now)
        })
    }

    fn identify(&mut self, now: UnixMillis, said: &str) -> Result<Admission, Refusal> {
        let SocketIoEntry {
            token,
            recovery,
            came_back,
        } = entry(said)?;
        let claims = match token {
            Some(token) => Some(self.verifier.verify(&token, now).map_err(refused_token)?),
            None => None,
        };
        let came_back = came_back.filter(|_| recovery);
        let came_back = came_back.as_ref();
        let broken = came_back.and_then(|(pid, _)| self.notice_break(now, pid, claims.as_ref()));
        let returned =
            came_back.and_then(|(pid, mark)| self.take_back(now, pid, mark.as_deref(), claims.as_ref()));
        Ok(Admission {
            claims,
            recovery,
            returned,
            broken,
        })
    }
}
