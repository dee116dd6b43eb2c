"""Explaining a refusal: from what AWS said to who was refused what, by which policy, and the smallest change."""
