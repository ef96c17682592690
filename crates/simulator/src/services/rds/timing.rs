//! How long RDS takes, in virtual seconds.
//!
//! From the usual run of Terraform's and CloudFormation's public logs for Aurora clusters and `db.serverless` instances
//! (<https://github.com/hashicorp/terraform-provider-aws>, acceptance tests of `aws_rds_cluster` and `aws_rds_cluster_instance`):
//! a cluster takes about as long as its endpoints need, an instance longer, a deletion as long as its last backup.

/// `creating` → `available` of a cluster.
pub(super) const CLUSTER_CREATION: f64 = 300.0;
/// `deleting` → gone.
pub(super) const CLUSTER_DELETION: f64 = 180.0;
/// What a final snapshot adds to it.
pub(super) const FINAL_SNAPSHOT: f64 = 120.0;
/// `creating` → `available` of an instance.
pub(super) const INSTANCE_CREATION: f64 = 480.0;
/// The last part of it, in which an instance is `configuring-enhanced-monitoring` or `backing-up`.
pub(super) const INSTANCE_CONFIGURATION: f64 = 90.0;
/// `deleting` → gone.
pub(super) const INSTANCE_DELETION: f64 = 300.0;
/// After ModifyDBCluster answers, the cluster stays `available` for a moment, then is `modifying`.
pub(super) const MODIFICATION_LAG: f64 = 10.0;
/// `modifying` → `available`.
pub(super) const MODIFICATION: f64 = 60.0;
/// A change of the engine's version.
pub(super) const UPGRADE: f64 = 600.0;
/// `stopping` → `stopped`, `starting` → `available`.
pub(super) const STOP: f64 = 300.0;
pub(super) const START: f64 = 420.0;
/// `rebooting` → `available`.
pub(super) const REBOOT: f64 = 45.0;
/// `creating` → `active` of a managed master user secret.
pub(super) const SECRET_CREATION: f64 = 20.0;
/// How long a paused Serverless v2 cluster (minimum 0 ACU) takes to resume
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html>: about 15 seconds).
pub(crate) const RESUME: f64 = 15.0;
/// The idle time after which it pauses, where `SecondsUntilAutoPause` does not say.
pub(crate) const IDLE_UNTIL_PAUSE: f64 = 300.0;
