"""How far readers are behind, judged by their progress and not by the size of the gap."""
