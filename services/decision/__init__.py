"""Decision: applies the policy in force to each detainer, and records what was decided and why."""
