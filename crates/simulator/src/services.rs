//! The behaviour of services: one module each, and the list of them.

mod iam;
mod rds;
mod secrets_manager;
mod shared;
mod sts;
#[cfg(test)]
mod testing;

use crate::service::Service;

/// The behaviour of a service, by its folder name in botocore. None: every call is answered as not simulated.
pub(crate) fn behaviour(service: &str) -> Option<&'static dyn Service> {
    match service {
        "iam" => Some(&iam::Iam),
        "rds" => Some(&rds::Rds),
        "sts" => Some(&sts::Sts),
        _ => None,
    }
}
