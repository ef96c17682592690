//! Durations as people write them. Imports nothing.

use std::time::Duration;

/// A week; no AWS operation takes longer.
const LONGEST: u64 = 7 * 24 * 3600;

/// Reads `90s`, `30m`, `1h30m`: units in falling order, each once.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = 0_u64;
    for (unit, seconds) in [('h', 3600), ('m', 60), ('s', 1)] {
        let digits = rest.len() - rest.trim_start_matches(|each: char| each.is_ascii_digit()).len();
        let (number, after) = rest.split_at_checked(digits)?;
        if let Some(after) = after.strip_prefix(unit) {
            total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(seconds)?)?;
            rest = after;
        }
    }
    (rest.is_empty() && (1..=LONGEST).contains(&total)).then(|| Duration::from_secs(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        let seconds = |text: &str| duration(text).map(|each| each.as_secs());
        assert_eq!(seconds("90s"), Some(90));
        assert_eq!(seconds("30m"), Some(1800));
        assert_eq!(seconds("1h30m"), Some(5400));
        assert_eq!(seconds("1h5s"), Some(3605));
        for text in ["", "5", "0s", "m", "30m1h", "1d", "-1s", "1.5h", "99999999999999999999s", "500h"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
