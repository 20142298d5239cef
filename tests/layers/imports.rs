//! Reads what a Rust file imports: a small lexer, and a walk over `crate::`, `super::` and `self::`
//! paths that resolves them to paths from the crate's root.

/// A path from the crate's root, and where it stands.
#[derive(Debug, PartialEq)]
pub struct Import {
    /// `["hub", "Effect"]` for `crate::hub::Effect`; empty for the root itself.
    pub path: Vec<String>,
    /// From 1.
    pub line: usize,
}

/// A word, `::`, or one other character, outside comments and literals.
#[derive(Debug, PartialEq)]
pub struct Token {
    pub text: String,
    /// From 1.
    pub line: usize,
}

/// The tokens of `source`.
pub fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let (mut found, mut i, mut line) = (Vec::new(), 0, 1);
    while i < chars.len() {
        let end = match at(i) {
            '/' if at(i + 1) == '/' => find(&chars, i, '\n'),
            '/' if at(i + 1) == '*' => block_comment(&chars, i),
            '"' => string(&chars, i),
            'r' | 'b' | 'c' if raw_string(&chars, i).is_some() => raw_string(&chars, i).unwrap_or(i + 1),
            '\'' if at(i + 1) == '\\' => find(&chars, i + 3, '\'') + 1,
            '\'' if at(i + 2) == '\'' => i + 3,
            c if c.is_alphanumeric() || c == '_' => {
                let end = (i..)
                    .find(|&n| !at(n).is_alphanumeric() && at(n) != '_')
                    .unwrap_or(i + 1);
                found.push(Token {
                    text: chars[i..end].iter().collect(),
                    line,
                });
                end
            }
            ':' if at(i + 1) == ':' => {
                found.push(Token {
                    text: "::".into(),
                    line,
                });
                i + 2
            }
            c => {
                if !c.is_whitespace() {
                    found.push(Token { text: c.into(), line });
                }
                i + 1
            }
        };
        let end = end.min(chars.len());
        line += chars[i..end].iter().filter(|c| **c == '\n').count();
        i = end;
    }
    found
}

fn find(chars: &[char], from: usize, wanted: char) -> usize {
    (from..chars.len())
        .find(|&i| chars[i] == wanted)
        .unwrap_or(chars.len())
}

/// The end of a comment that starts at `i`; block comments nest.
fn block_comment(chars: &[char], i: usize) -> usize {
    let (mut depth, mut n) = (0, i);
    while n < chars.len() {
        match (chars[n], chars.get(n + 1)) {
            ('/', Some('*')) => (depth, n) = (depth + 1, n + 2),
            ('*', Some('/')) if depth == 1 => return n + 2,
            ('*', Some('/')) => (depth, n) = (depth - 1, n + 2),
            _ => n += 1,
        }
    }
    n
}

/// The end of a string whose opening quote is at `i`.
fn string(chars: &[char], i: usize) -> usize {
    let mut n = i + 1;
    while n < chars.len() && chars[n] != '"' {
        n += if chars[n] == '\\' { 2 } else { 1 };
    }
    n + 1
}

/// The end of `r"..."`, `br#"..."#` and the like, if one starts at `i`.
fn raw_string(chars: &[char], i: usize) -> Option<usize> {
    let starts_word = i == 0 || !(chars[i - 1].is_alphanumeric() || chars[i - 1] == '_');
    let r = if chars[i] == 'r' { i } else { i + 1 };
    if !starts_word || chars.get(r) != Some(&'r') {
        return None;
    }
    let hashes = chars[r + 1..].iter().take_while(|c| **c == '#').count();
    let open = r + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return None;
    }
    let closes =
        |n: usize| chars[n] == '"' && chars[n + 1..].iter().take_while(|c| **c == '#').count() >= hashes;
    (open + 1..chars.len())
        .find(|&n| closes(n))
        .map(|n| n + 1 + hashes)
}

/// The module that a file is: `["hub", "index"]` for `src/hub/index.rs`.
pub fn module_of(file: &str) -> Vec<String> {
    let inner = file.trim_start_matches("src/").trim_end_matches(".rs");
    let inner = inner
        .strip_suffix("mod")
        .map_or(inner, |folder| folder.trim_end_matches('/'));
    inner
        .split('/')
        .filter(|part| !part.is_empty() && *part != "lib")
        .map(str::to_owned)
        .collect()
}

/// All that `file` names by a `crate::`, `super::` or `self::` path.
pub fn imports(file: &str, tokens: &[Token]) -> Vec<Import> {
    let text = |i: usize| tokens.get(i).map_or("", |token| token.text.as_str());
    let (mut module, mut open, mut found) = (module_of(file), Vec::new(), Vec::new());
    for i in 0..tokens.len() {
        let names_module = i >= 2 && text(i) == "{" && text(i - 2) == "mod";
        let starts_path = text(i + 1) == "::" && (i == 0 || text(i - 1) != "::");
        match text(i) {
            "{" => {
                if names_module {
                    module.push(text(i - 1).to_owned());
                }
                open.push(names_module);
            }
            "}" if open.pop() == Some(true) => drop(module.pop()),
            // Inside a group, the walk of the whole tree has it.
            "crate" | "super" | "self" if starts_path && !in_group(tokens, i) => {
                follow(tokens, i, module.clone(), &mut found);
            }
            _ => {}
        }
    }
    found
}

/// Whether the token at `i` stands inside the braces of a `use` tree.
fn in_group(tokens: &[Token], i: usize) -> bool {
    let statement = tokens[..i]
        .iter()
        .rposition(|t| matches!(t.text.as_str(), ";" | "}" | "use"));
    let Some(start) = statement.filter(|&n| tokens[n].text == "use") else {
        return false;
    };
    tokens[start..i].iter().any(|t| t.text == "{")
}

/// Walks one path, or one branch of a `use` tree, from the token at `i`; returns what follows it.
fn follow(tokens: &[Token], mut i: usize, mut at: Vec<String>, found: &mut Vec<Import>) -> usize {
    let line = tokens.get(i).map_or(0, |token| token.line);
    while let Some(token) = tokens.get(i) {
        match token.text.as_str() {
            "crate" => at.clear(),
            "super" => drop(at.pop()),
            "self" => {}
            "{" => {
                i += 1;
                while tokens.get(i).is_some_and(|t| t.text != "}") {
                    i = if tokens[i].text == "," {
                        i + 1
                    } else {
                        follow(tokens, i, at.clone(), found)
                    };
                }
                return i + 1;
            }
            "*" if at.is_empty() => at.push("*".into()),
            "*" => {}
            word => at.push(word.to_owned()),
        }
        i += 1;
        let goes_on =
            tokens.get(i).is_some_and(|t| t.text == "::") && tokens.get(i + 1).is_some_and(|t| t.text != "<");
        if !goes_on {
            break;
        }
        i += 1;
    }
    found.push(Import { path: at, line });
    // `as name`
    if tokens.get(i).is_some_and(|t| t.text == "as") {
        i + 2
    } else {
        i
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(file: &str, source: &str) -> Vec<String> {
        imports(file, &tokens(source))
            .iter()
            .map(|import| import.path.join("::"))
            .collect()
    }

    #[test]
    fn comments_and_literals_are_no_code() {
        let source = r####"
            // crate::a::A
            /* crate::b::B /* crate::c::C */ crate::d::D */
            let x = "crate::e::E \" crate::f::F"; let y = r#"crate::g::G " "#; let z = b"crate::h";
            let quote = '"'; let tick = '\''; fn lifetime<'a>(x: &'a str) -> crate::i::I<'a> {}
        "####;
        assert_eq!(paths("src/hub/mod.rs", source), ["i::I"]);
    }

    #[test]
    fn use_trees_and_inline_paths_are_followed() {
        let source = "use crate::{feed::Provider, model::{Price, Coin as C}, market};
            pub(crate) fn f(x: crate::auth::Claims) { crate::hub::go::<u8>(); self::own::x() }";
        let expected = [
            "feed::Provider",
            "model::Price",
            "model::Coin",
            "market",
            "auth::Claims",
            "hub::go",
            "hub::own::x",
        ];
        assert_eq!(paths("src/hub/mod.rs", source), expected);
    }

    #[test]
    fn super_is_resolved_from_where_it_stands() {
        assert_eq!(
            paths("src/hub/index.rs", "use super::groups::Group;"),
            ["hub::groups::Group"]
        );
        assert_eq!(
            paths("src/hub/index.rs", "use super::super::feed::X;"),
            ["feed::X"]
        );
        assert_eq!(paths("src/hub/mod.rs", "use super::feed::X;"), ["feed::X"]);
        assert_eq!(
            paths("src/a/b.rs", "mod tests { use super::*; } use super::c;"),
            ["a::b", "a::c"]
        );
        assert_eq!(
            paths("src/a/b.rs", "use super::{super::feed::{X, Y}, c};"),
            ["feed::X", "feed::Y", "a::c"]
        );
        assert_eq!(paths("src/a/b.rs", "use crate::*;"), ["*"]);
    }

    #[test]
    fn the_line_is_that_of_the_path() {
        let found = imports("src/a.rs", &tokens("/* \n */ \"\n\"\n\nuse crate::b;"));
        assert_eq!(
            found,
            [Import {
                path: vec!["b".into()],
                line: 5
            }]
        );
    }
}
