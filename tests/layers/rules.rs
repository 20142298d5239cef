//! The rules, and the check of one file against them.

use std::collections::BTreeMap;

use super::imports::{Import, Token, imports, module_of, tokens};

/// Longest file, in lines.
const MAX_LINES: usize = 500;

/// Crates that only `edge` may name. `worker` is a common word, so it counts only as a path.
const SHELL_CRATES: [&str; 6] = [
    "worker_macros",
    "web_sys",
    "js_sys",
    "wasm_bindgen",
    "wasm_bindgen_futures",
    "console_error_panic_hook",
];

/// What the house allows.
pub struct Rules {
    /// Layer to the layers that it may import; `None` for all.
    table: BTreeMap<String, Option<Vec<String>>>,
    /// Folders of `protocol`, which never import each other.
    pub dialects: Vec<String>,
    /// Modules of `feed`, which never import each other.
    pub providers: Vec<String>,
}

impl Rules {
    /// The table is that of `lib`'s doc comment; a provider is what has a name in `model::Source`,
    /// whose text `observation` is.
    pub fn new(lib: &str, dialects: Vec<String>, observation: &str) -> Self {
        let table: BTreeMap<_, _> = lib.lines().filter_map(row).collect();
        assert!(
            table.len() > 1,
            "src/lib.rs has no table of layers in its doc comment"
        );
        let named = observation
            .lines()
            .filter_map(|line| line.trim().strip_prefix("Self::")?.split_once(" => \""));
        let providers = named
            .filter_map(|(_, name)| Some(name.split_once('"')?.0.to_owned()))
            .collect();
        Self {
            table,
            dialects,
            providers,
        }
    }

    /// The layers, in alphabetical order.
    pub fn layers(&self) -> impl Iterator<Item = &str> {
        self.table.keys().map(String::as_str)
    }

    fn allows(&self, layer: &str, other: &str) -> bool {
        let Some(allowed) = self.table.get(layer) else {
            return false;
        };
        layer == other
            || allowed
                .as_ref()
                .is_none_or(|names| names.iter().any(|name| name == other))
    }
}

/// `//! | [`hub`] | what it is | `model`, `auth` |`
fn row(line: &str) -> Option<(String, Option<Vec<String>>)> {
    let cells: Vec<&str> = line.strip_prefix("//! |")?.split('|').map(str::trim).collect();
    let [name, _, imports, _] = cells.as_slice() else {
        return None;
    };
    let name = name.trim_matches(['[', ']', '`']);
    if name == "module" || name.starts_with('-') {
        return None;
    }
    let allowed = match *imports {
        "everything" => None,
        "nothing" => Some(Vec::new()),
        list => Some(
            list.split(',')
                .map(|item| item.trim().trim_matches('`').to_owned())
                .collect(),
        ),
    };
    Some((name.to_owned(), allowed))
}

/// All that is wrong with `file` (`src/hub/mod.rs`), as `file:line: what`.
pub fn violations(file: &str, source: &str, rules: &Rules) -> Vec<String> {
    let mut broken = Vec::new();
    let lines = source.lines().count();
    if lines > MAX_LINES {
        broken.push(format!(
            "{file}:{lines}: more than {MAX_LINES} lines: two ideas, two files"
        ));
    }
    let tokens = tokens(source);
    let module = module_of(file);
    let layer = module.first().map_or("", String::as_str);
    if layer != "edge" {
        broken.extend(
            shell_names(&tokens).map(|t| format!("{file}:{}: only `edge` may name `{}`", t.line, t.text)),
        );
    }
    // The root wires the layers together and is free to name them.
    if !module.is_empty() {
        let found = imports(file, &tokens);
        broken.extend(found.iter().filter_map(|import| {
            let what = wrong_layer(layer, import, rules).or_else(|| sibling(&module, import, rules))?;
            Some(format!("{file}:{}: {what}", import.line))
        }));
    }
    broken
}

fn shell_names(tokens: &[Token]) -> impl Iterator<Item = &Token> {
    let text = |i: usize| tokens.get(i).map_or("", |token| token.text.as_str());
    tokens.iter().enumerate().filter_map(move |(i, token)| {
        let before = if i == 0 { "" } else { text(i - 1) };
        let worker_crate = token.text == "worker"
            && before != "::"
            && (text(i + 1) == "::" || matches!(before, "use" | "crate"));
        (worker_crate || SHELL_CRATES.contains(&token.text.as_str())).then_some(token)
    })
}

fn wrong_layer(layer: &str, import: &Import, rules: &Rules) -> Option<String> {
    match import.path.first() {
        Some(other) if rules.allows(layer, other) => None,
        Some(other) => Some(format!("`{layer}` may not import `{other}`")),
        None => Some(format!("`{layer}` may not import the crate's root")),
    }
}

/// Dialects and providers do not know each other, and layers other than `edge` do not know dialects.
fn sibling(module: &[String], import: &Import, rules: &Rules) -> Option<String> {
    let [family, other, ..] = import.path.as_slice() else {
        return None;
    };
    let own = module.get(1);
    match family.as_str() {
        "protocol" if rules.dialects.contains(other) => match module.first().map(String::as_str) {
            Some("protocol") => (own != Some(other) && own.is_some_and(|own| rules.dialects.contains(own)))
                .then(|| format!("a dialect may not import the dialect `{other}`")),
            Some("edge") => None,
            _ => Some(format!(
                "the dialect `{other}` is reached by the root of `protocol` alone"
            )),
        },
        "feed" if rules.providers.contains(other) && own != Some(other) => {
            let is_provider = own.is_some_and(|own| rules.providers.contains(own));
            let is_test = module.iter().any(|name| name == "tests");
            let all_of_them = own.is_some_and(|own| own == "providers") && !is_test;
            (is_provider || all_of_them).then(|| {
                format!(
                    "`feed::{}` may not import the provider `{other}`",
                    own.map_or("", String::as_str)
                )
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIB: &str = "//! | module | is | may import |\n//! |---|---|---|
//! | [`model`] | nouns | nothing |\n//! | [`feed`] | providers | `model` |\n//! | [`auth`] | tokens | `model` |
//! | [`protocol`] | dialects | `model` |\n//! | [`hub`] | it | `model`, `auth`, `protocol` |\n//! | `edge` | shell | everything |";

    fn check(file: &str, source: &str) -> Vec<String> {
        let providers = "Self::CoinGecko => \"coingecko\",\n    Self::Simulated => \"simulated\",";
        violations(
            file,
            source,
            &Rules::new(LIB, vec!["wallet".into(), "candles".into()], providers),
        )
    }

    #[test]
    fn what_the_table_allows_passes() {
        assert!(
            check(
                "src/hub/mod.rs",
                "use crate::{auth::Claims, model::Price, protocol::Dialect};"
            )
            .is_empty()
        );
        assert!(
            check(
                "src/hub/index.rs",
                "use super::groups::Group; use crate::hub::Hub;"
            )
            .is_empty()
        );
        assert!(
            check(
                "src/edge/mod.rs",
                "use crate::feed::coingecko; use worker::Env; use js_sys::Array;"
            )
            .is_empty()
        );
        assert!(check("src/lib.rs", "pub mod hub; mod edge;").is_empty());
    }

    #[test]
    fn what_it_does_not_allow_is_reported_with_file_and_line() {
        assert_eq!(
            check("src/hub/x.rs", "\nuse crate::feed::F;"),
            ["src/hub/x.rs:2: `hub` may not import `feed`"]
        );
        assert_eq!(check("src/model/x.rs", "use super::super::hub::H;").len(), 1);
        assert_eq!(check("src/feed/mod.rs", "fn f() { super::hub::run() }").len(), 1);
        assert_eq!(
            check("src/auth/x.rs", "use crate::{\n model::M,\n edge::E };"),
            ["src/auth/x.rs:3: `auth` may not import `edge`"]
        );
        assert_eq!(check("src/hub/x.rs", "use crate::*;").len(), 1);
        assert_eq!(
            check(
                "src/hub/x.rs",
                "#[cfg(test)] mod tests { use super::super::super::feed::F; }"
            )
            .len(),
            1
        );
        assert_eq!(check("src/stranger/mod.rs", "use crate::model::M;").len(), 1);
    }

    #[test]
    fn the_shell_stays_in_edge() {
        for source in [
            "use worker::Env;",
            "fn f(x: worker::Env) {}",
            "use web_sys as w;",
            "#[wasm_bindgen] fn f() {}",
        ] {
            assert_eq!(check("src/hub/x.rs", source).len(), 1, "{source}");
        }
        assert!(check("src/hub/x.rs", "let worker = 1; f(worker); // worker::Env").is_empty());
    }

    #[test]
    fn dialects_and_providers_do_not_know_each_other() {
        assert_eq!(
            check("src/protocol/wallet/mod.rs", "use super::candles::C;"),
            ["src/protocol/wallet/mod.rs:1: a dialect may not import the dialect `candles`"]
        );
        assert!(
            check(
                "src/protocol/wallet/a.rs",
                "use super::b; use crate::protocol::wallet::c;"
            )
            .is_empty()
        );
        assert!(
            check(
                "src/protocol/mod.rs",
                "use self::wallet::W; use crate::protocol::candles::C;"
            )
            .is_empty()
        );
        assert_eq!(
            check("src/hub/mod.rs", "use crate::protocol::wallet::W;").len(),
            1
        );
        assert_eq!(
            check("src/feed/coingecko.rs", "use super::simulated::S;").len(),
            1
        );
        assert!(check("src/feed/coingecko.rs", "use super::fault::F;").is_empty());
        assert!(check("src/feed/mod.rs", "use self::simulated::S;").is_empty());
        let by_name = "use crate::feed::coingecko;";
        assert_eq!(check("src/feed/providers/polls.rs", by_name).len(), 1);
        assert!(check("src/feed/providers/tests/polls.rs", by_name).is_empty());
    }

    #[test]
    fn a_long_file_is_reported() {
        assert!(check("src/hub/x.rs", &"\n".repeat(500)).is_empty());
        assert_eq!(check("src/hub/x.rs", &"\n".repeat(501)).len(), 1);
    }
}
