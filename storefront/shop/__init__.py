"""The shop as shoppers see it: home, the KOCs' shop pages, products and their pictures."""
