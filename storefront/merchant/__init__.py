"""The brand's own desk: orders to ship, deliver, complete and refund."""
