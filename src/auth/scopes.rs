use serde::{Deserialize, Serialize};

/// Something that a token may allow beyond reading public channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// `publish`: may use the publish API.
    Publish,
    /// `feed`: may publish on the feed's own channels.
    Feed,
    /// `admin`: may read every user's channels.
    Admin,
    /// `moderator`: may read the moderation channel.
    Moderator,
}

impl Scope {
    /// Every scope there is.
    pub const ALL: [Self; 4] = [Self::Publish, Self::Feed, Self::Admin, Self::Moderator];

    /// The name in a token's `scope` claim.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Feed => "feed",
            Self::Admin => "admin",
            Self::Moderator => "moderator",
        }
    }

    // Attachments outlive deployments: a bit, once given, keeps its meaning.
    const fn bit(self) -> u8 {
        match self {
            Self::Publish => 1,
            Self::Feed => 2,
            Self::Admin => 4,
            Self::Moderator => 8,
        }
    }
}

/// A set of [`Scope`]s, one byte wherever it rests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scopes(u8);

impl Scopes {
    /// No scope at all.
    pub const NONE: Self = Self(0);

    /// Reads a `scope` claim: names with spaces between. Unknown names are another system's and ignored.
    pub fn parse(text: &str) -> Self {
        text.split_ascii_whitespace().collect()
    }

    /// This set and `scope`.
    #[must_use]
    pub const fn with(self, scope: Scope) -> Self {
        Self(self.0 | scope.bit())
    }

    /// Whether `scope` is in the set.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }
}

impl<'a> FromIterator<&'a str> for Scopes {
    fn from_iter<I: IntoIterator<Item = &'a str>>(names: I) -> Self {
        let known = names
            .into_iter()
            .filter_map(|name| Scope::ALL.into_iter().find(|s| s.as_str() == name));
        known.fold(Self::NONE, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_is_parsed_by_its_name_and_stays_apart_from_the_others() {
        for scope in Scope::ALL {
            let parsed = Scopes::parse(scope.as_str());
            for other in Scope::ALL {
                assert_eq!(parsed.contains(other), scope == other, "{scope:?} {other:?}");
            }
        }
    }

    #[test]
    fn unknown_names_and_other_spellings_are_ignored() {
        assert_eq!(
            Scopes::parse(" publish  openid admin\t"),
            Scopes::NONE.with(Scope::Publish).with(Scope::Admin)
        );
        for text in ["", "ADMIN", "admin,publish", "adminn", "*"] {
            assert_eq!(Scopes::parse(text), Scopes::NONE, "{text}");
        }
    }

    #[test]
    fn rests_as_one_byte() {
        assert_eq!(
            postcard::to_stdvec(&Scopes::parse("publish feed admin moderator")).unwrap(),
            [15]
        );
    }
}
