//! Which partition a region belongs to.

use charter_model::Region;

/// Prefixes of region names, the longer ones first. Source: `regionRegex` of each partition in botocore's
/// `data/partitions.json`; whatever is not listed is in the commercial partition.
const PARTITIONS: &[(&str, &str)] = &[
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-iso-", "aws-iso"),
    ("us-gov-", "aws-us-gov"),
    ("eusc-", "aws-eusc"),
    ("cn-", "aws-cn"),
];

/// The partition of a region: the second part of every ARN there.
pub(crate) fn partition_of(region: &Region) -> &'static str {
    PARTITIONS.iter().find(|(prefix, _)| region.as_str().starts_with(prefix)).map_or("aws", |(_, partition)| partition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_is_told_by_its_regions() {
        for (region, partition) in [
            ("us-east-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-isob-east-1", "aws-iso-b"),
            ("us-iso-east-1", "aws-iso"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(partition_of(&Region::new(region).unwrap()), partition);
        }
    }
}
