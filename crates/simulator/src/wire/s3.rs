//! What only S3 does on the wire: the bucket in the host's name, bodies in chunks, checksums.

use super::{Incoming, Malformed};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// The namespace of S3's documents.
pub(super) const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// The root elements of responses, which botocore's models do not tell. Source: Amazon S3 API Reference, "Response Syntax" of
/// each operation.
const ROOTS: &[(&str, &str)] = &[
    ("CompleteMultipartUpload", "CompleteMultipartUploadResult"),
    ("CreateMultipartUpload", "InitiateMultipartUploadResult"),
    ("DeleteObjects", "DeleteResult"),
    ("GetBucketAccelerateConfiguration", "AccelerateConfiguration"),
    ("GetBucketAcl", "AccessControlPolicy"),
    ("GetBucketCors", "CORSConfiguration"),
    ("GetBucketLifecycleConfiguration", "LifecycleConfiguration"),
    ("GetBucketLogging", "BucketLoggingStatus"),
    ("GetBucketNotificationConfiguration", "NotificationConfiguration"),
    ("GetBucketRequestPayment", "RequestPaymentConfiguration"),
    ("GetBucketTagging", "Tagging"),
    ("GetBucketVersioning", "VersioningConfiguration"),
    ("GetBucketWebsite", "WebsiteConfiguration"),
    ("GetObjectAcl", "AccessControlPolicy"),
    ("GetObjectTagging", "Tagging"),
    ("ListBucketAnalyticsConfigurations", "ListBucketAnalyticsConfigurationResult"),
    ("ListBucketInventoryConfigurations", "ListInventoryConfigurationsResult"),
    ("ListBucketMetricsConfigurations", "ListMetricsConfigurationsResult"),
    ("ListBuckets", "ListAllMyBucketsResult"),
    ("ListMultipartUploads", "ListMultipartUploadsResult"),
    ("ListObjectVersions", "ListVersionsResult"),
    ("ListObjects", "ListBucketResult"),
    ("ListObjectsV2", "ListBucketResult"),
    ("ListParts", "ListPartsResult"),
];

/// The root element of an operation's response.
pub(super) fn root(operation: &str) -> Option<&'static str> {
    ROOTS.iter().find(|(name, _)| *name == operation).map(|(_, root)| *root)
}

/// The path with the bucket in it, whether the request named it there or in its host.
pub(super) fn path_style<'a>(incoming: &Incoming<'a>) -> Cow<'a, str> {
    let host = incoming.header("host").unwrap_or_default();
    match bucket_of_host(host) {
        Some(bucket) => Cow::Owned(format!("/{bucket}{}", incoming.path)),
        None => Cow::Borrowed(incoming.path),
    }
}

fn bucket_of_host(host: &str) -> Option<&str> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let (bucket, _) = if name.ends_with(".amazonaws.com") || name.ends_with(".amazonaws.com.cn") {
        // `bucket.s3.us-east-1.amazonaws.com`, `bucket.s3-accelerate.amazonaws.com`; a bucket's name may hold dots.
        name.rsplit_once(".s3.").or_else(|| name.rsplit_once(".s3-"))?
    } else {
        name.split_once(".s3.localhost").or_else(|| name.split_once(".localhost"))?
    };
    Some(bucket).filter(|bucket| !bucket.is_empty() && *bucket != "s3")
}

/// A body out of its chunks, with the headers that came behind it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unchunked {
    pub(super) body: Vec<u8>,
    pub(super) trailers: Vec<(String, String)>,
}

/// Whether the body is in chunks of `aws-chunked`.
pub(super) fn is_chunked(incoming: &Incoming<'_>) -> bool {
    incoming.header("x-amz-content-sha256").is_some_and(|declared| declared.starts_with("STREAMING-"))
        || incoming
            .header("content-encoding")
            .is_some_and(|encoding| encoding.split(',').any(|each| each.trim() == "aws-chunked"))
}

/// Takes a body out of its chunks. The signatures of the chunks are passed over.
pub(super) fn unchunk(mut rest: &[u8]) -> Result<Unchunked, Malformed> {
    let wrong = || Malformed("The request body is not in chunks of aws-chunked".to_owned());
    let mut body = Vec::new();
    loop {
        let (line, after) = line(rest).ok_or_else(wrong)?;
        let size = line.split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size.trim(), 16).map_err(|_| wrong())?;
        rest = after;
        if size == 0 {
            break;
        }
        let (chunk, after) = rest.split_at_checked(size).ok_or_else(wrong)?;
        body.extend_from_slice(chunk);
        rest = after.strip_prefix(b"\r\n").ok_or_else(wrong)?;
    }
    let mut trailers = Vec::new();
    while let Some((text, after)) = line(rest) {
        if let Some((name, value)) = text.split_once(':') {
            trailers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
        rest = after;
    }
    Ok(Unchunked { body, trailers })
}

fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    let (line, rest) = bytes.split_at_checked(end)?;
    Some((std::str::from_utf8(line).ok()?, rest.get(2..)?))
}

/// The first checksum that the body does not have, by the name of its algorithm. Algorithms that are not known pass.
pub(super) fn wrong_checksum(
    incoming: &Incoming<'_>,
    body: &[u8],
    trailers: &[(String, String)],
) -> Option<&'static str> {
    let declared = |name: &str| {
        let trailer = trailers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        trailer.or_else(|| incoming.header(name)).map(str::to_owned)
    };
    if let Some(declared) = declared("x-amz-checksum-crc32") {
        let mut crc = flate2::Crc::new();
        crc.update(body);
        if STANDARD.encode(crc.sum().to_be_bytes()) != declared {
            return Some("CRC32");
        }
    }
    if let Some(declared) = declared("x-amz-checksum-sha256")
        && STANDARD.encode(Sha256::digest(body)) != declared
    {
        return Some("SHA256");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_found_in_hosts() {
        let cases = [
            ("b.s3.us-east-1.amazonaws.com", Some("b")),
            ("my.dotted.bucket.s3.amazonaws.com", Some("my.dotted.bucket")),
            ("s3.us-east-1.amazonaws.com", None),
            ("b.localhost:4566", Some("b")),
            ("b.s3.localhost:4566", Some("b")),
            ("127.0.0.1:4566", None),
            ("localhost:4566", None),
        ];
        for (host, bucket) in cases {
            assert_eq!(bucket_of_host(host), bucket, "{host}");
        }
    }

    #[test]
    fn chunks_and_trailers_are_taken_apart() {
        let unchunked =
            unchunk(b"5;chunk-signature=ab\r\nhello\r\n1\r\n!\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n").unwrap();
        assert_eq!(unchunked.body, b"hello!");
        assert_eq!(unchunked.trailers, [("x-amz-checksum-crc32".to_owned(), "AAAA".to_owned())]);
        assert!(unchunk(b"5\r\nhel").is_err());
        assert!(unchunk(b"zz\r\n").is_err());
    }
}
