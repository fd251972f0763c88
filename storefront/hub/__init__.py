"""The partner's desk: own links, earnings with the sum behind each, team, payout details."""
