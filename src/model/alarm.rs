use super::UnixMillis;

/// One that is so late does not come any more, milliseconds: the runtime gives an alarm up that fails again and again.
const LOST: u64 = 60_000;

/// An object's one alarm, as far as is known: armed for the earliest of what is due, or for a time before it. It may ring
/// early, since what is due moves back without touching it: arming it is a billed write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Alarm {
    armed: Option<UnixMillis>,
}

impl Alarm {
    /// What the runtime says that it is armed for, when the object wakes at `now`. An earlier life may have armed it for later than
    /// can be reckoned from what is left of it. Of a time that has passed nobody knows whether it still rings.
    pub fn found(now: UnixMillis, armed: Option<UnixMillis>) -> Self {
        let armed = armed.filter(|armed| *armed > now);
        Self { armed }
    }

    /// It has rung.
    pub fn rang(&mut self) {
        self.armed = None;
    }

    /// Something is due then: what the alarm is to be armed for, if for another time.
    pub fn arm(&mut self, now: UnixMillis, due: Option<UnixMillis>) -> Option<UnixMillis> {
        let is_to_come = |armed: &UnixMillis| now.since(*armed) < LOST;
        let armed = self.armed.filter(is_to_come);
        let sooner = due.filter(|due| armed.is_none_or(|armed| *due < armed));
        self.armed = sooner.or(armed);
        sooner
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::new(1_000_000);

    fn at(seconds: u64) -> Option<UnixMillis> {
        Some(NOW.plus(seconds * 1000))
    }

    #[test]
    fn it_is_armed_for_what_is_sooner_and_not_for_what_is_later() {
        let mut alarm = Alarm::default();
        assert_eq!(alarm.arm(NOW, None), None);
        assert_eq!(alarm.arm(NOW, at(30)), at(30));
        assert_eq!(alarm.arm(NOW, at(40)), None);
        assert_eq!(alarm.arm(NOW, at(30)), None);
        assert_eq!(alarm.arm(NOW, at(20)), at(20));
        alarm.rang();
        assert_eq!(alarm.arm(NOW, at(40)), at(40));
    }

    #[test]
    fn one_that_is_late_is_waited_for_and_one_that_never_came_is_armed_anew() {
        let mut alarm = Alarm::default();
        assert_eq!(alarm.arm(NOW, at(0)), at(0));
        assert_eq!(alarm.arm(NOW.plus(59_999), at(0)), None);
        assert_eq!(alarm.arm(NOW.plus(60_000), at(0)), at(0));
    }

    #[test]
    fn what_an_earlier_life_armed_counts_and_not_what_it_would_have() {
        let mut alarm = Alarm::found(NOW, at(20));
        assert_eq!(alarm.arm(NOW, at(1)), at(1));
        let mut alarm = Alarm::found(NOW, at(20));
        assert_eq!(alarm.arm(NOW, at(25)), None);
        let mut alarm = Alarm::found(NOW, at(0));
        assert_eq!(alarm.arm(NOW, at(25)), at(25));
    }
}
