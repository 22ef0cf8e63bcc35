"""Measurements that one runs by hand: what the service promises of its speed."""
