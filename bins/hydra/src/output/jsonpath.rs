//! `--format jsonpath=…`: a GJSON path (`client_id`, `items.#.client_id`, `grant_types.0`) over the result.

/// The JSON that `path` finds in `json`, or `null`. An empty path finds everything.
pub(super) fn find(json: &str, path: &str) -> String {
    if path.is_empty() {
        return json.to_owned();
    }
    let found = gjson::get(json, path);
    if found.exists() { found.json().to_owned() } else { "null".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn paths_reach_members_elements_and_columns() {
        let json = r#"{"items":[{"client_id":"a","n":1},{"client_id":"b","n":2}],"is_last_page":true}"#;
        assert_eq!(find(json, "is_last_page"), "true");
        assert_eq!(find(json, "items.1.client_id"), r#""b""#);
        assert_eq!(find(json, "items.#.client_id"), r#"["a","b"]"#);
        assert_eq!(find(json, "items.#"), "2");
        assert_eq!(find(json, "items.7"), "null");
        assert_eq!(find(json, ""), json);
    }
}
