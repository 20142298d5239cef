/// Whose browser pages may connect (`ALLOWED_ORIGINS`). A request without an `Origin` does not
/// come from a browser and always passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// `*`: every page.
    Any,
    /// Unset: only pages of the hub's own host.
    SameOrigin,
    /// These alone, in lower case: `https://app.example`.
    Listed(Vec<String>),
}

impl Origins {
    pub(super) const EXPECTED: &'static str =
        "'*' or a list of origins like https://app.example,http://localhost:3000";

    /// Reads `*` or a list with commas between; `None` if an item is not an origin.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Any);
        }
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        let origins: Vec<String> = items.map(normal_origin).collect::<Option<_>>()?;
        (!origins.is_empty()).then_some(Self::Listed(origins))
    }

    /// Whether a request with this `Origin` header, sent to `host` (the `Host` header: with the
    /// port, if it is not the scheme's own), may go on.
    pub fn allows(&self, origin: Option<&str>, host: &str) -> bool {
        let Some(origin) = origin else { return true };
        match self {
            Self::Any => true,
            Self::Listed(allowed) => allowed.iter().any(|item| item.eq_ignore_ascii_case(origin)),
            // The scheme is left out: behind a proxy that ends TLS, the hub sees `http`.
            Self::SameOrigin => authority(origin).is_some_and(|own| own.eq_ignore_ascii_case(host)),
        }
    }
}

/// Host and port of an origin.
fn authority(origin: &str) -> Option<&str> {
    origin
        .split_once("://")
        .map(|(_, authority)| authority)
        .filter(|authority| !authority.is_empty())
}

/// As browsers write it: lower case, no path.
fn normal_origin(text: &str) -> Option<String> {
    let origin = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
    let (scheme, authority) = origin.split_once("://")?;
    let clean = |c: char| c.is_alphanumeric() || "-._:[]".contains(c);
    let fits = !scheme.is_empty()
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    (fits && !authority.is_empty() && authority.chars().all(clean)).then_some(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(setting: &Origins, origin: &str) -> bool {
        setting.allows(Some(origin), "hub.example:8787")
    }

    #[test]
    fn a_request_without_an_origin_passes_everywhere() {
        for setting in [
            Origins::Any,
            Origins::SameOrigin,
            Origins::parse("https://a.example").unwrap(),
        ] {
            assert!(setting.allows(None, "hub.example"));
        }
    }

    #[test]
    fn a_star_admits_every_page() {
        let any = Origins::parse("*").unwrap();
        assert!(check(&any, "https://evil.example") && check(&any, "null"));
    }

    #[test]
    fn same_origin_compares_host_and_port() {
        let same = Origins::SameOrigin;
        assert!(check(&same, "http://hub.example:8787") && check(&same, "https://HUB.example:8787"));
        for origin in [
            "http://hub.example",
            "http://hub.example:87870",
            "https://evil.example",
            "https://evil.example/hub.example:8787",
            "https://evil.example@hub.example:8787",
            "https://hub.example:8787.evil.example",
            "hub.example:8787",
            "null",
            "",
        ] {
            assert!(!check(&same, origin), "{origin}");
        }
        assert!(!same.allows(Some("https://"), ""), "no host matches no origin");
    }

    #[test]
    fn a_list_admits_its_origins_alone() {
        let list =
            Origins::parse(" https://App.example/ , http://localhost:3000,capacitor://localhost,").unwrap();
        assert!(check(&list, "https://app.example") && check(&list, "http://localhost:3000"));
        assert!(check(&list, "capacitor://localhost"));
        for origin in [
            "http://app.example",
            "https://app.example:444",
            "https://app.example.evil.example",
            "null",
        ] {
            assert!(!check(&list, origin), "{origin}");
        }
        assert!(
            !check(&list, "http://hub.example:8787"),
            "the list replaces the hub's own origin"
        );
    }

    #[test]
    fn what_is_no_origin_is_refused_when_read() {
        for text in [
            "app.example",
            "https://",
            "https://a.example/path",
            "https://*.example",
            "*,https://a.example",
            ",",
        ] {
            assert_eq!(Origins::parse(text), None, "{text}");
        }
    }
}
