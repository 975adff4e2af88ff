"""What ``coterie serve`` does besides serving."""
