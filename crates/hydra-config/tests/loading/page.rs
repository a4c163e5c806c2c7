//! The page `docs/configuration.md` shows the key table: all of it, and nothing else.

use hydra_config::keys::{GROUPS, Group, Key};

const PAGE: &str = include_str!("../../../../docs/configuration.md");

fn row(key: &Key) -> String {
    format!("| `{}` | {} | {} | `{}` | {} |", key.path, key.kind, key.default, key.variable(), key.meaning)
}

fn section(group: &Group) -> String {
    let rows: String = group.keys.iter().map(|key| row(key) + "\n").collect();
    format!(
        "### {}\n\n| Key | Type | Default | Variable | Meaning |\n| --- | --- | --- | --- | --- |\n{rows}",
        group.title
    )
}

#[test]
fn every_key_stands_on_the_page_with_its_type_default_variable_and_meaning() {
    for group in GROUPS {
        let section = section(group);
        assert!(PAGE.contains(&section), "docs/configuration.md should have this section:\n\n{section}");
    }
}

#[test]
fn nothing_else_stands_in_the_tables() {
    let rows = PAGE.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows, GROUPS.iter().map(|group| group.keys.len()).sum::<usize>());
}

#[test]
fn the_examples_of_the_page_are_accepted() {
    let blocks: Vec<&str> = PAGE.split("```").skip(1).step_by(2).collect();
    let yaml = blocks.iter().filter_map(|block| block.strip_prefix("yaml\n"));
    for text in yaml {
        crate::support::basics().yaml(text).config();
    }
    let variables = blocks.iter().find_map(|block| block.strip_prefix("sh\n")).unwrap();
    let given = variables
        .lines()
        .filter_map(|line| line.strip_prefix("export ")?.split_once('='))
        .fold(crate::support::nothing(), |given, (name, value)| given.variable(name, value.trim_matches('\'')));
    let loaded = given.loaded();
    assert_eq!(loaded.config.issuer(), "https://auth.example.com/");
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
}
