use super::{Claims, Scope, Scopes};
use crate::model::Channel;

/// Whether who has these claims, or no token at all, may read a channel. What any token may read is open to those
/// without one too, where reading is public.
pub fn may_read(claims: Option<&Claims>, channel: &Channel) -> bool {
    let has = |scope| claims.is_some_and(|claims| claims.scopes.contains(scope));
    match channel {
        Channel::Moderation => has(Scope::Moderator) || has(Scope::Admin),
        other => other
            .user()
            .is_none_or(|id| has(Scope::Admin) || claims.is_some_and(|claims| claims.subject == id)),
    }
}

/// Whether who has these scopes may publish on the channels of a family. What the feed says is what clients act upon,
/// so that it takes a scope of its own.
///
/// # Errors
/// The first scope that is missing.
pub fn may_publish(scopes: Scopes, family: &str) -> Result<(), Scope> {
    let own = Channel::is_family_of_others(family);
    let needed = [Some(Scope::Publish), (!own).then_some(Scope::Feed)];
    let missing = needed
        .into_iter()
        .flatten()
        .find(|scope| !scopes.contains(*scope));
    missing.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Catalog, Pair, UnixMillis};

    fn claims(subject: &str, scopes: &str) -> Claims {
        Claims {
            subject: subject.to_owned(),
            scopes: Scopes::parse(scopes),
            expires_at: UnixMillis::from_secs(1),
            lapsed: false,
        }
    }

    fn channel(name: &str) -> Channel {
        let catalog = Catalog::embedded().with_pairs(Pair::parse("BTC/USDT"));
        Channel::parse(name, &catalog).unwrap()
    }

    #[test]
    fn a_user_reads_what_is_for_him_alone_and_an_admin_reads_all() {
        let alice = channel("user:alice");
        assert!(may_read(Some(&claims("alice", "")), &alice));
        assert!(may_read(Some(&claims("root", "admin")), &alice));
        for other in ["bob", "Alice", "alice ", "alic", "alicee"] {
            assert!(
                !may_read(Some(&claims(other, "publish feed moderator")), &alice),
                "{other}"
            );
        }
        assert!(!may_read(None, &alice));
        for open in ["price:bitcoin", "mentions:bitcoin", "whale", "health"] {
            assert!(may_read(None, &channel(open)), "{open}");
        }
        for family in ["tasks", "pipelines", "budget"] {
            let own = channel(&format!("{family}:alice"));
            assert!(
                may_read(Some(&claims("alice", "")), &own) && may_read(Some(&claims("root", "admin")), &own)
            );
            assert!(!may_read(Some(&claims("bob", "publish feed moderator")), &own) && !may_read(None, &own));
        }
    }

    #[test]
    fn cases_are_for_moderators_and_admins() {
        let cases = channel("moderation");
        for scopes in ["moderator", "admin", "publish moderator"] {
            assert!(may_read(Some(&claims("alice", scopes)), &cases), "{scopes}");
        }
        assert!(!may_read(Some(&claims("alice", "publish feed")), &cases) && !may_read(None, &cases));
    }

    #[test]
    fn the_feed_is_forged_by_nobody_without_its_scope() {
        let (own, feed): (Vec<_>, Vec<_>) = Channel::FAMILIES.into_iter().partition(|family| {
            [
                "mentions",
                "user",
                "whale",
                "tasks",
                "pipelines",
                "budget",
                "moderation",
            ]
            .contains(family)
        });
        assert_eq!((own.len(), feed.len()), (7, 7));
        let may = |scopes: &str, family| may_publish(Scopes::parse(scopes), family);
        for family in feed {
            assert_eq!(may("publish admin", family), Err(Scope::Feed), "{family}");
            assert_eq!(may("feed admin", family), Err(Scope::Publish), "{family}");
            assert_eq!(may("publish feed", family), Ok(()), "{family}");
        }
        for family in own {
            assert_eq!(may("publish", family), Ok(()), "{family}");
            assert_eq!(may("feed admin", family), Err(Scope::Publish), "{family}");
        }
    }
}
