//! Stacks, modules and environments: from YAML and CEL to the desired graph.
