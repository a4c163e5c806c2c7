//! No input panics.

use crate::support::nothing;
use hydra_config::{Dsn, keys};
use proptest::prelude::*;

/// Text that often is a configuration, nearly.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        keys().prop_map(|path| path.replace('.', ": {") + ": "),
        "[\\[\\]{}:,&*#|>'\"\n\t -]{1,3}",
        "-?0?[0-9a-fx._]{1,20}",
        "\\PC{0,6}",
        Just("<<: *a\n".to_owned()),
        Just("&a ".to_owned()),
        Just("true".to_owned()),
        Just("1h30m".to_owned()),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn keys() -> impl Strategy<Value = String> {
    prop::sample::select(keys::all().map(|key| key.path.to_owned()).collect::<Vec<_>>())
}

fn variables() -> impl Strategy<Value = String> {
    let names: Vec<_> = keys::all().map(|key| key.variable()).collect();
    prop_oneof![
        3 => prop::sample::select(names.clone()),
        1 => (prop::sample::select(names), 0..3_u32).prop_map(|(name, index)| format!("{name}_{index}")),
        1 => prop::sample::select(keys::all().filter_map(|key| key.path.rsplit_once('.')).map(|(map, _)| keys::variable(map)).collect::<Vec<_>>()),
        1 => "[A-Za-z_0-9éß]{0,20}",
    ]
}

proptest! {
    #[test]
    fn any_file_is_read_or_refused(text in text(), name in prop::sample::select(vec!["h.yml", "h.json", "h.toml"])) {
        let _ = nothing().file(name, &text).load();
    }

    #[test]
    fn any_value_of_any_key_is_read_or_refused(path in keys(), value in "\\PC{0,12}|-?[0-9.x]{1,25}|\\[\\[?[a-z1, ]*\\]|\\{[a-z]?\\}") {
        let yaml = path.replace('.', ": {") + ": " + &value + &"}".repeat(path.matches('.').count());
        let _ = nothing().yaml(&yaml).load();
    }

    #[test]
    fn any_environment_is_read_or_refused(given in prop::collection::vec((variables(), text()), 0..6)) {
        let _ = given.iter().fold(nothing(), |all, (name, value)| all.variable(name, value)).load();
    }

    #[test]
    fn any_dsn_is_printed_without_its_password(start in "(sqlite|postgres|mysql|crdb)://u:", middle in "[a-z@?/:&=]{0,6}", rest in "@[a-z/?&=]{0,12}") {
        let dsn = format!("{start}hunter2{middle}{rest}");
        if let Ok(dsn) = Dsn::parse(&dsn) {
            prop_assert!(!dsn.to_string().contains("hunter2"), "{}", dsn);
        }
    }
}

#[test]
fn deep_and_exploding_files_are_refused() {
    for deep in ["[".repeat(100_000), "a: {".repeat(100_000), "- ".repeat(100_000)] {
        assert!(nothing().yaml(&deep).load().is_err());
    }
    let bomb: String = (1..40).map(|n| format!("a{n}: &x{n} [*x{m}, *x{m}, *x{m}, *x{m}]\n", m = n - 1)).collect();
    assert!(nothing().yaml(&format!("a0: &x0 [1]\n{bomb}")).mistake().contains("too many values"));
    assert!(nothing().file("h.toml", &format!("a = {}", "[".repeat(100_000))).load().is_err());
    assert!(nothing().file("h.json", &"[".repeat(100_000)).load().is_err());
}
