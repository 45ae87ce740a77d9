"""What the measurements of exchanges between directories share: services on one engine, under names of their own."""
