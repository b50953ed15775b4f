"""Training: one visible loop, what it reads, and what it leaves behind."""
