//! "Did you mean …?"

/// The candidate closest to what was written, if one is close enough to be meant.
pub(crate) fn nearest<'c>(written: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let slips = |candidate: &str| strsim::osa_distance(&written.to_lowercase(), &candidate.to_lowercase());
    let allowed = (written.chars().count() / 3).clamp(1, 3);
    candidates
        // The distance is quadratic in the lengths, and a name out of a file can be long.
        .filter(|candidate| written.len().abs_diff(candidate.len()) <= allowed)
        .map(|candidate| (slips(candidate), candidate))
        .filter(|(slips, _)| *slips <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}
