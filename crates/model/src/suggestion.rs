//! "Did you mean".

/// The candidate nearest to `word`, if one is near enough to be a likely slip: equal but for case, or within a third of its
/// length in edits.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let distance = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
            let allowed = (word.chars().count().max(candidate.chars().count()) / 3).max(1);
            (distance <= allowed).then_some((distance, candidate))
        })
        .min_by(|left, right| left.cmp(right))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_seen_and_strangers_are_not() {
        assert_eq!(did_you_mean("Editon", ["Edition", "Name"]), Some("Edition"));
        assert_eq!(did_you_mean("rolearn", ["RoleArn", "Name"]), Some("RoleArn"));
        assert_eq!(did_you_mean("Colour", ["Edition", "Name"]), None);
    }
}
