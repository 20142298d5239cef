use serde::{Deserialize, Serialize};

use super::limits::{Limits, Window};
use crate::model::UnixMillis;
use crate::protocol::{Allowance, Refusal};

/// What a client has said lately, against what it may say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// All messages, or all but pings where these are counted apart.
    messages: Window,
    pings: Window,
    /// It said too much: until then nothing is read.
    suspended_until: Option<UnixMillis>,
}

/// What becomes of a client's message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is carried out.
    Admitted,
    /// The client is told why not.
    Refused(Refusal),
    /// The client has been told.
    Ignored,
}

impl Said {
    /// Whether nothing but signs of life is looked for.
    pub(super) fn is_suspended(&self, now: UnixMillis) -> bool {
        self.suspended_until.is_some_and(|until| now < until)
    }

    /// Counts one more message.
    pub(super) fn count(
        &mut self,
        now: UnixMillis,
        is_ping: bool,
        allowance: Allowance,
        limits: &Limits,
    ) -> Verdict {
        let limit = match allowance {
            Allowance::AsSet => limits.messages_per_minute,
            Allowance::Messages(limit) => limit,
            Allowance::Apart {
                pings,
                requests,
                suspension,
            } => return self.count_apart(now, is_ping, pings, requests, suspension),
        };
        match self.messages.admit(now, limit) {
            Ok(()) => Verdict::Admitted,
            Err(retry_after_s) => Verdict::Refused(Refusal::TooManyMessages { limit, retry_after_s }),
        }
    }

    fn count_apart(
        &mut self,
        now: UnixMillis,
        is_ping: bool,
        pings: u32,
        requests: u32,
        suspension: u64,
    ) -> Verdict {
        if self.is_suspended(now) {
            return Verdict::Ignored;
        }
        self.suspended_until = None;
        let (window, limit, what) = match is_ping {
            true => (&mut self.pings, pings, "pings"),
            false => (&mut self.messages, requests, "subscribe and unsubscribe actions"),
        };
        if window.admit(now, limit).is_ok() {
            return Verdict::Admitted;
        }
        // After it everything is counted anew.
        *self = Self {
            suspended_until: Some(now.plus(suspension)),
            ..Self::default()
        };
        Verdict::Refused(Refusal::Suspended {
            what,
            limit,
            retry_after_s: suspension / 1_000,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APART: Allowance = Allowance::Apart {
        pings: 60,
        requests: 100,
        suspension: 60_000,
    };
    const START: UnixMillis = UnixMillis::from_secs(1_000);

    fn count(said: &mut Said, at: u64, is_ping: bool) -> Verdict {
        said.count(START.plus(at), is_ping, APART, &Limits::default())
    }

    #[test]
    fn pings_and_requests_have_limits_of_their_own() {
        let mut said = Said::default();
        for n in 0..100 {
            assert_eq!(count(&mut said, n, false), Verdict::Admitted);
        }
        for n in 100..160 {
            assert_eq!(count(&mut said, n, true), Verdict::Admitted);
        }
        assert!(matches!(
            count(&mut said, 160, true),
            Verdict::Refused(Refusal::Suspended {
                what: "pings",
                limit: 60,
                retry_after_s: 60
            })
        ));
    }

    #[test]
    fn a_violation_is_told_once_suspends_all_for_a_minute_and_is_forgotten() {
        let mut said = Said::default();
        let refused = |verdict: Verdict| matches!(verdict, Verdict::Refused(_));
        assert_eq!(
            (0..101).filter(|_| refused(count(&mut said, 10, false))).count(),
            1
        );
        for at in [11, 30_000, 60_009] {
            assert_eq!(count(&mut said, at, false), Verdict::Ignored);
            assert_eq!(count(&mut said, at, true), Verdict::Ignored);
        }
        assert_eq!(
            (0..100)
                .filter(|_| count(&mut said, 60_010, false) == Verdict::Admitted)
                .count(),
            100
        );
        assert!(refused(count(&mut said, 60_011, false)));
    }

    #[test]
    fn where_there_is_one_limit_a_message_too_many_is_refused_each_time() {
        let mut said = Said::default();
        let limits = Limits {
            messages_per_minute: 2,
            ..Limits::default()
        };
        let mut next = |allowance| said.count(START, false, allowance, &limits);
        assert_eq!(next(Allowance::AsSet), Verdict::Admitted);
        assert_eq!(next(Allowance::AsSet), Verdict::Admitted);
        for _ in 0..2 {
            assert!(matches!(
                next(Allowance::AsSet),
                Verdict::Refused(Refusal::TooManyMessages { limit: 2, .. })
            ));
        }
        assert_eq!(next(Allowance::Messages(600)), Verdict::Admitted);
    }
}
