//! Help, unknown words, version, completion.

use crate::support::run;

const VERBS: [&str; 8] = ["create", "get", "list", "update", "delete", "perform", "introspect", "revoke"];

#[test]
fn a_verb_alone_or_with_an_unknown_object_prints_its_help() {
    for verb in VERBS {
        let help = run(&[verb], &[], "").output();
        assert!(help.contains(&format!("Usage:\n  hydra {verb} [OPTIONS] [COMMAND]\n")), "{help}");
        assert_eq!(run(&[verb, "nonsense"], &[], "").output(), help);
        assert_eq!(run(&["help", verb], &[], "").output(), help);
        assert_eq!(run(&[verb, "--help"], &[], "").output(), help);
    }
    assert!(run(&[], &[], "").output().contains("Available Commands:\n  "));
}

#[test]
fn a_help_page_has_its_sections_in_order() {
    let page = run(&["create", "client", "-h"], &[], "").output();
    let sections = [
        "\nUsage:\n",
        "\nAliases:\n  oauth2-client, client\n",
        "\nExamples:\n  hydra create oauth2-client ",
        "\nFlags:\n",
    ];
    let places: Vec<usize> = sections.iter().map(|section| page.find(section).unwrap()).collect();
    assert!(places.is_sorted(), "{page}");
    assert_eq!(run(&["help", "create", "client"], &[], "").output(), page);
}

#[test]
fn every_command_has_an_example() {
    let commands = [
        "create client",
        "create jwk",
        "get client",
        "get jwk",
        "list clients",
        "update client",
        "delete client",
        "delete jwk",
        "delete access-tokens",
        "perform authorization-code",
        "perform client-credentials",
        "introspect token",
        "revoke token",
        "migrate sql",
        "migrate sql up",
        "migrate sql down",
        "migrate sql status",
        "migrate status",
        "version",
        "completion",
        "help",
    ];
    for command in commands {
        let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let page = run(&words, &[], "").output();
        assert!(page.contains("\nExamples:\n  "), "{command}: {page}");
    }
}

#[test]
fn an_unknown_command_is_an_error_with_a_hint() {
    let error = run(&["creat"], &[], "").error();
    assert!(error.starts_with("Error: unknown command \"creat\" for \"hydra\"\n"), "{error}");
    assert!(error.contains("Did you mean this?\n\tcreate\n"), "{error}");
    assert!(error.contains("hydra --help"), "{error}");
}

#[test]
fn an_unknown_topic_is_no_error() {
    let help = run(&["help", "nope"], &[], "");
    assert_eq!((help.code, help.stdout.as_str()), (0, ""));
    assert!(help.stderr.contains("\"hydra nope\"") && help.stderr.contains("Usage: hydra"), "{}", help.stderr);
}

#[test]
fn words_that_do_not_fit_are_told_with_the_usage() {
    for words in [
        "get client",
        "update client a b",
        "create jwk",
        "create jwk a b c",
        "list clients foo",
        "get client x --bogus",
        "list clients --page-size x",
        "create client --name",
        "create client --contact a\"b",
        "introspect token",
    ] {
        let error = run(&words.split(' ').collect::<Vec<_>>(), &[], "").error();
        assert!(error.starts_with("Error: "), "{words}: {error}");
        assert!(error.contains("--help"), "{words}: {error}");
    }
}

#[test]
fn the_version_is_aligned() {
    let version = run(&["version", "whatever"], &[], "").output();
    let lines: Vec<&str> = version.lines().collect();
    assert!(lines[0].starts_with("Version:    v"), "{version}");
    assert!(lines[1].starts_with("Git Hash:   ") && lines[2].starts_with("Build Time: "), "{version}");
}

#[test]
fn completion_scripts_exist_for_four_shells() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        assert!(run(&["completion", shell], &[], "").output().contains("oauth2-client"), "{shell}");
    }
    let plain = run(&["completion", "zsh", "--no-descriptions"], &[], "").output();
    assert!(!plain.contains("Name to show to people"));
    run(&["completion", "tcsh"], &[], "").error();
}
