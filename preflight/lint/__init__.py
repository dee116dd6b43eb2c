"""What policies are asked: rules on grammar, names, security, style and trust, over one policy at a time."""
