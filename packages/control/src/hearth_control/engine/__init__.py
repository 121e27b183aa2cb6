"""What carries plans out: one port, an adapter each for compose and embedded, and a memory one."""
