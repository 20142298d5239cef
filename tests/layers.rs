//! Holds the table of layers in `src/lib.rs`, the house's other import rules and the size of files
//! against the code. A violation is reported as `file:line: what is wrong`.

// All of it is a test: to panic is to fail.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod layers {
    pub mod imports;
    pub mod rules;
}

use std::fs;
use std::path::{Path, PathBuf};

use layers::rules::{Rules, violations};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Every `.rs` file below `folder`, as `src/hub/mod.rs`.
fn sources(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<String> = entries
        .flat_map(|path| match path.is_dir() {
            true => sources(&path),
            false => vec![
                path.strip_prefix(root())
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .replace('\\', "/"),
            ],
        })
        .filter(|path| path.ends_with(".rs"))
        .collect();
    found.sort();
    found
}

/// The names of the folders in `folder`.
fn folders(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap());
    entries
        .filter(|e| e.path().is_dir())
        .map(|e| e.file_name().into_string().unwrap())
        .collect()
}

fn rules() -> Rules {
    Rules::new(
        &read("src/lib.rs"),
        folders("src/protocol"),
        &read("src/model/observation.rs"),
    )
}

#[test]
fn the_code_keeps_the_rules() {
    let files = sources(&root().join("src"));
    assert!(files.len() > 20, "the walk finds the sources: {files:?}");
    let rules = rules();
    let broken: Vec<String> = files
        .iter()
        .flat_map(|file| violations(file, &read(file), &rules))
        .collect();
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn every_module_has_its_row_in_the_table_and_every_row_its_module() {
    let mut modules: Vec<String> = sources(&root().join("src"))
        .iter()
        .filter_map(|file| {
            file.strip_prefix("src/")?
                .split('/')
                .next()?
                .strip_suffix(".rs")
                .map(str::to_owned)
        })
        .filter(|name| name != "lib")
        .chain(folders("src"))
        .collect();
    modules.sort();
    let rows: Vec<String> = rules().layers().map(str::to_owned).collect();
    assert_eq!(rows, modules);
}

#[test]
fn the_dialects_and_providers_that_the_rules_know_are_those_of_the_code() {
    let rules = rules();
    assert!(
        rules.dialects.iter().any(|name| name == "cryptointel"),
        "{:?}",
        rules.dialects
    );
    assert!(
        ["simulated", "coingecko"]
            .iter()
            .all(|name| rules.providers.iter().any(|p| p == name))
    );
}
