//! Signature version 4: read from a request, and made again to compare.
//!
//! Source: IAM User Guide, "Create a signed AWS API request",
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use super::Incoming;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};

/// What SigV4 does not encode: letters, digits and `-._~`.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const UNRESERVED_AND_SLASH: &AsciiSet = &UNRESERVED.remove(b'/');

/// The signature of a request, as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Signature {
    pub(crate) access_key: String,
    /// `20260102`
    date: String,
    pub(crate) region: String,
    /// The name that the service signs as.
    pub(crate) service: String,
    signed_headers: Vec<String>,
    signature: String,
    /// `20260102T030405Z`
    moment: String,
    /// When the caller signed, by its own clock.
    pub(crate) caller_now: Timestamp,
    pub(crate) session_token: Option<String>,
}

/// Why a request has no usable signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SignatureError {
    /// There is none.
    Missing,
    /// There is something else.
    Malformed(&'static str),
}

impl Signature {
    /// Reads the `Authorization` header and those that belong to it.
    pub(crate) fn parse(incoming: &Incoming<'_>) -> Result<Self, SignatureError> {
        let authorization = incoming.header("authorization").ok_or(SignatureError::Missing)?;
        let fields = authorization
            .strip_prefix("AWS4-HMAC-SHA256")
            .ok_or(SignatureError::Malformed("the algorithm must be AWS4-HMAC-SHA256"))?;
        let field = |name: &str| {
            fields
                .split(',')
                .filter_map(|field| field.trim().split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value)
        };
        let credential = field("Credential").ok_or(SignatureError::Malformed("Credential is missing"))?;
        let signed = field("SignedHeaders").ok_or(SignatureError::Malformed("SignedHeaders is missing"))?;
        let signature = field("Signature").ok_or(SignatureError::Malformed("Signature is missing"))?;
        let scope: Vec<&str> = credential.split('/').collect();
        let [access_key, date, region, service, "aws4_request"] = scope.as_slice() else {
            return Err(SignatureError::Malformed("Credential must be KEY/DATE/REGION/SERVICE/aws4_request"));
        };
        let moment = incoming.header("x-amz-date").ok_or(SignatureError::Malformed("X-Amz-Date is missing"))?;
        let caller_now = read_moment(moment).ok_or(SignatureError::Malformed("X-Amz-Date must be YYYYMMDDTHHMMSSZ"))?;
        if !moment.starts_with(date) {
            return Err(SignatureError::Malformed("the date of Credential must be that of X-Amz-Date"));
        }
        let signed_headers: Vec<String> = signed.split(';').map(str::to_owned).collect();
        if !signed_headers.iter().any(|name| name == "host") {
            return Err(SignatureError::Malformed("SignedHeaders must hold host"));
        }
        Ok(Self {
            access_key: (*access_key).to_owned(),
            date: (*date).to_owned(),
            region: (*region).to_owned(),
            service: (*service).to_owned(),
            signed_headers,
            signature: signature.to_owned(),
            moment: moment.to_owned(),
            caller_now,
            session_token: incoming.header("x-amz-security-token").map(str::to_owned),
        })
    }

    /// Whether the secret makes the same signature.
    pub(crate) fn is_made_with(&self, secret: &str, incoming: &Incoming<'_>) -> bool {
        let canonical = self.canonical_request(incoming);
        let scope = format!("{}/{}/{}/aws4_request", self.date, self.region, self.service);
        let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", self.moment, hex::encode(Sha256::digest(canonical)));
        let parts = [self.date.as_str(), &self.region, &self.service, "aws4_request"];
        let key = parts.iter().fold(format!("AWS4{secret}").into_bytes(), |key, part| keyed(&key, part.as_bytes()));
        hex::encode(keyed(&key, text.as_bytes())) == self.signature
    }

    fn canonical_request(&self, incoming: &Incoming<'_>) -> String {
        // S3 takes the path as it is; every other service has it encoded once more.
        let path = if self.service == "s3" {
            let decoded: Vec<u8> = percent_decode_str(incoming.path).collect();
            percent_encoding::percent_encode(&decoded, UNRESERVED_AND_SLASH).to_string()
        } else {
            utf8_percent_encode(incoming.path, UNRESERVED_AND_SLASH).to_string()
        };
        let mut parameters: Vec<String> = incoming
            .query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                format!("{}={}", encoded_again(key), encoded_again(value))
            })
            .collect();
        parameters.sort();
        let headers: String =
            self.signed_headers.iter().map(|name| format!("{name}:{}\n", header_values(incoming, name))).collect();
        let body = match incoming.header("x-amz-content-sha256") {
            Some(declared) => declared.to_owned(),
            None => hex::encode(Sha256::digest(incoming.body)),
        };
        format!(
            "{}\n{path}\n{}\n{headers}\n{}\n{body}",
            incoming.method,
            parameters.join("&"),
            self.signed_headers.join(";")
        )
    }
}

/// Whether the body is the one that was signed; what a caller leaves unsigned is taken as it is.
pub(crate) fn body_is_as_declared(incoming: &Incoming<'_>) -> bool {
    match incoming.header("x-amz-content-sha256") {
        Some(declared) if declared.len() == 64 => hex::encode(Sha256::digest(incoming.body)) == declared,
        _ => true,
    }
}

fn encoded_again(text: &str) -> String {
    let decoded: Vec<u8> = percent_decode_str(text).collect();
    percent_encoding::percent_encode(&decoded, UNRESERVED).to_string()
}

fn header_values(incoming: &Incoming<'_>, name: &str) -> String {
    let values: Vec<String> = incoming
        .headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .map(|value| value.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    values.join(",")
}

fn keyed(key: &[u8], text: &[u8]) -> Vec<u8> {
    // A key of any length is taken.
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mac| mac.chain_update(text).finalize().into_bytes().to_vec())
        .unwrap_or_default()
}

fn read_moment(text: &str) -> Option<Timestamp> {
    let moment = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    Some(moment.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderName, HeaderValue};

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    /// The example of AWS's own test suite for signature version 4, "get-vanilla-query-order-key-case".
    #[test]
    fn the_signature_is_that_of_awss_test_suite() {
        let authorization = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500";
        let headers = headers(&[
            ("host", "example.amazonaws.com"),
            ("x-amz-date", "20150830T123600Z"),
            ("authorization", authorization),
        ]);
        let incoming =
            Incoming { method: "GET", path: "/", query: "Param2=value2&Param1=value1", headers: &headers, body: b"" };
        let signature = Signature::parse(&incoming).unwrap();
        assert!(signature.is_made_with("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", &incoming));
        assert!(!signature.is_made_with("another", &incoming));
        assert_eq!((signature.region.as_str(), signature.service.as_str()), ("us-east-1", "service"));
    }

    #[test]
    fn what_is_no_signature_is_told_apart_from_none() {
        let parse = |list: &[(&'static str, &'static str)]| {
            let headers = headers(list);
            Signature::parse(&Incoming { method: "GET", path: "/", query: "", headers: &headers, body: b"" })
        };
        assert_eq!(parse(&[]), Err(SignatureError::Missing));
        assert!(matches!(parse(&[("authorization", "Bearer x")]), Err(SignatureError::Malformed(_))));
        assert!(matches!(
            parse(&[("authorization", "AWS4-HMAC-SHA256 Credential=a/b")]),
            Err(SignatureError::Malformed(_))
        ));
    }
}
