//! Text tables whose cells end in tabs, so that both people and `cut` can read them.
//!
//! A column is as wide as its longest cell plus one, rounded up to a multiple of eight; every cell, the last of a line
//! too, is followed by as many tabs as reach the next column. A column reaches over neighbouring lines that have it: a
//! shorter line between them starts it anew.

const TAB_STOP: usize = 8;

/// Lines of cells.
#[derive(Debug, Default)]
pub(crate) struct Table {
    lines: Vec<Vec<String>>,
}

impl Table {
    /// One object: a line per column with its header and its value.
    pub(crate) fn row<const N: usize>(headers: &[&str; N], cells: [String; N]) -> Self {
        let lines = headers.iter().zip(cells).map(|(header, cell)| vec![(*header).to_owned(), cell]).collect();
        Self { lines }
    }

    /// A collection: a header line and a line per element.
    pub(crate) fn list<const N: usize>(headers: &[&str; N], rows: impl IntoIterator<Item = [String; N]>) -> Self {
        let header = headers.iter().map(|header| (*header).to_owned()).collect();
        Self { lines: std::iter::once(header).chain(rows.into_iter().map(Vec::from)).collect() }
    }

    /// Adds a line below, with cells of its own number.
    pub(crate) fn push<const N: usize>(&mut self, cells: [&str; N]) {
        self.lines.push(cells.map(str::to_owned).into());
    }

    /// The text, each line with its newline.
    pub(crate) fn render(&self) -> String {
        let mut text = String::new();
        for (at, line) in self.lines.iter().enumerate() {
            for (column, cell) in line.iter().enumerate() {
                text.push_str(cell);
                let gap = self.width(at, column) - cell.chars().count();
                text.extend(std::iter::repeat_n('\t', gap.div_ceil(TAB_STOP)));
            }
            text.push('\n');
        }
        text
    }

    /// Width of a column in the run of lines around `at` that have it.
    fn width(&self, at: usize, column: usize) -> usize {
        let has_column = |line: &&Vec<String>| line.len() > column;
        let above = self.lines[..at].iter().rev().take_while(has_column);
        let below = self.lines[at..].iter().take_while(has_column);
        let longest = above.chain(below).map(|line| line[column].chars().count()).max().unwrap_or(0);
        (longest + 1).next_multiple_of(TAB_STOP)
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    const CLIENT: [&str; 7] =
        ["CLIENT ID", "CLIENT SECRET", "GRANT TYPES", "RESPONSE TYPES", "SCOPE", "AUDIENCE", "REDIRECT URIS"];

    fn cells<const N: usize>(cells: [&str; N]) -> [String; N] {
        cells.map(str::to_owned)
    }

    fn with_arrows(table: &Table) -> String {
        table.render().replace('\t', "→")
    }

    #[test]
    fn an_object_has_a_line_per_column() {
        let row = cells(["c-1", "s3cr3t-value", "client_credentials", "code", "api", "", ""]);
        let expected = "\
CLIENT ID→c-1→→→
CLIENT SECRET→s3cr3t-value→→
GRANT TYPES→client_credentials→
RESPONSE TYPES→code→→→
SCOPE→→api→→→
AUDIENCE→→→→
REDIRECT URIS→→→→
";
        assert_eq!(with_arrows(&Table::row(&CLIENT, row)), expected);
    }

    #[test]
    fn a_list_has_a_line_per_element_and_a_short_line_starts_columns_anew() {
        let mut table = Table::list(&CLIENT, [cells(["c-1", "", "client_credentials", "code", "api", "", ""])]);
        table.push([""]);
        table.push(["NEXT PAGE TOKEN", ""]);
        table.push(["IS LAST PAGE", "true"]);
        let expected = "\
CLIENT ID→CLIENT SECRET→GRANT TYPES→→RESPONSE TYPES→SCOPE→AUDIENCE→REDIRECT URIS→
c-1→→→→client_credentials→code→→api→→→→→
→→
NEXT PAGE TOKEN→→
IS LAST PAGE→true→
";
        assert_eq!(with_arrows(&table), expected);
    }

    #[test]
    fn width_is_counted_in_characters() {
        let table = Table::list(&["A", "B"], [cells(["ééééééé", "x"]), cells(["éééééééé", "x"])]);
        assert_eq!(with_arrows(&table), "A→→B→\nééééééé→→x→\néééééééé→x→\n");
    }

    #[test]
    fn an_empty_list_has_its_header() {
        assert_eq!(with_arrows(&Table::list(&["ID"], [])), "ID→\n");
    }
}
