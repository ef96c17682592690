//! IAM policy documents: build from grants, evaluate, prove.
