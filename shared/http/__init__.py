"""What every service's HTTP has in common: who asks, strict bodies, problems, health, alarms."""
