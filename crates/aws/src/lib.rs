//! The provider for AWS: native adapters, Cloud Control, accounts, throttling.
