//! The lines of `docs/COSTS.md`.

const DOCUMENT: &str = include_str!("../../docs/COSTS.md");

/// `1,440`
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap())
        .collect();
    groups.join(",")
}

pub fn rounded(number: f64) -> String {
    grouped(number.round() as u64)
}

/// A row of the document that begins with `label` must end with these cells; emphasis does not count.
#[track_caller]
pub fn row(label: &str, cells: &[String]) {
    let plain = DOCUMENT.replace("**", "");
    let found: Vec<&str> = plain
        .lines()
        .filter(|line| line.starts_with(&format!("| {label} |")))
        .collect();
    let end = format!("| {} |", cells.join(" | "));
    assert!(
        found.iter().any(|line| line.ends_with(&end)),
        "no `{end}` in {found:#?}"
    );
}

#[track_caller]
pub fn says(words: &str) {
    let text = DOCUMENT.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(words), "docs/COSTS.md does not say: {words}");
}
