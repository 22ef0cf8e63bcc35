"""The services: each hears, decides or tells one thing; none imports another."""
