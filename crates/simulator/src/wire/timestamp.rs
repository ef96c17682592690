//! Timestamps on the wire. Inside, they are RFC 3339 text.

use crate::model::TimestampFormat;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use serde_json::Value;

/// Reads text of any of the formats: callers differ from the models, and so do AWS's services.
pub(super) fn parse(text: &str) -> Option<Value> {
    let moment = if let Ok(seconds) = text.parse::<f64>() {
        from_seconds(seconds)?
    } else if let Ok(moment) = text.parse::<Timestamp>() {
        moment
    } else if let Ok(date) = text.parse::<jiff::civil::Date>() {
        date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp()
    } else {
        static PARSER: DateTimeParser = DateTimeParser::new();
        PARSER.parse_timestamp(text).ok()?
    };
    Some(Value::String(moment.to_string()))
}

/// Reads a number of seconds since 1970.
pub(super) fn from_seconds(seconds: f64) -> Option<Timestamp> {
    let whole = seconds.floor();
    if !(-1e11..=3e11).contains(&whole) {
        return None;
    }
    let nanoseconds = ((seconds - whole) * 1e9).round();
    Timestamp::new(whole as i64, (nanoseconds as i32).clamp(0, 999_999_999)).ok()
}

/// Writes RFC 3339 text in a format. None if it is not such text.
pub(super) fn format(text: &str, format: TimestampFormat) -> Option<Value> {
    let moment: Timestamp = text.parse().ok()?;
    Some(match format {
        TimestampFormat::Iso8601 => Value::String(
            moment
                .strftime(if moment.subsec_nanosecond() == 0 { "%Y-%m-%dT%H:%M:%SZ" } else { "%Y-%m-%dT%H:%M:%S%.3fZ" })
                .to_string(),
        ),
        TimestampFormat::Rfc822 => Value::String(moment.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()),
        TimestampFormat::UnixTimestamp => {
            // Milliseconds, as AWS writes them.
            let milliseconds = moment.as_millisecond();
            if milliseconds % 1000 == 0 { (milliseconds / 1000).into() } else { (milliseconds as f64 / 1000.0).into() }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_read_and_written() {
        let moment = Value::String("2026-01-02T03:04:05Z".to_owned());
        for text in ["1767323045", "2026-01-02T03:04:05Z", "Fri, 02 Jan 2026 03:04:05 GMT"] {
            assert_eq!(parse(text), Some(moment.clone()), "{text}");
        }
        let written = |kind| format("2026-01-02T03:04:05Z", kind).unwrap();
        assert_eq!(written(TimestampFormat::Iso8601), "2026-01-02T03:04:05Z");
        assert_eq!(written(TimestampFormat::Rfc822), "Fri, 02 Jan 2026 03:04:05 GMT");
        assert_eq!(written(TimestampFormat::UnixTimestamp), 1_767_323_045);
        assert_eq!(format("2026-01-02T03:04:05.25Z", TimestampFormat::UnixTimestamp), Some(1_767_323_045.25.into()));
    }

    #[test]
    fn nonsense_is_no_timestamp() {
        assert_eq!(parse("yesterday"), None);
        assert_eq!(parse("1e300"), None);
        assert_eq!(parse("NaN"), None);
    }
}
