"""Leadership: one operator at a time writes, the holder of a Lease (protocol: Leadership)."""
