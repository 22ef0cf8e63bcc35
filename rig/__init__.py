"""The fault rig: the real services under load while everything they stand on is broken, and a judge at the end."""

# Before any module of the product is loaded.
from rig import plant as plant
