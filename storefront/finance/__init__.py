"""The finance console: review, payouts by two people, books, and the trail of every order."""
